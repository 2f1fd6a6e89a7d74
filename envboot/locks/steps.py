"""The steps that bring pip's part of a lock into an environment that has conda's part already."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envboot import index
from envboot.locks.fitting import rest
from envboot.locks.handing import requirements
from envboot.plan import Remove, Run, Write

if TYPE_CHECKING:
    from pathlib import Path

    from envboot.index import Index
    from envboot.locks.values import Contents
    from envboot.plan import Step
    from envboot.shell import Shell
    from envboot.site import Site
    from envboot.spec import EnvironmentSpec


def pip_steps(
    spec: EnvironmentSpec, contents: Contents, site: Site, where: Index, base: Path
) -> list[Step]:
    """Return: the locked files with their digests and nothing else, then what no lock can have.

    ``where`` are the indexes in force, ``base`` is the folder that relative paths are meant from.
    """
    from envboot.site import python_of

    folder, name = site.prefix.parent / ".envboot", site.prefix.name
    python = python_of(site.prefix, site.shell)
    steps: list[Step] = []
    if text := requirements(contents):
        file = folder / f"{name}.locked.txt"
        count = text.count("\n")
        why = f"installing {count} {'package' if count == 1 else 'packages'} of {contents.path}"
        flags = ("--no-deps", "--require-hashes", "-r", str(file))
        run = Run(_pip(python, where, site, flags), base, _env(where, site), why)
        steps += [Write(file, text), run, Remove(file)]
    if lines := rest(spec):
        file = folder / f"{name}.unlocked.txt"
        why = "installing what no lock has: " + ", ".join(d.text for d in lines)[:60]
        run = Run(_pip(python, where, site, ("-r", str(file))), base, _env(where, site), why)
        steps += [Write(file, "".join(f"{d.text}\n" for d in lines)), run, Remove(file)]
    return steps


def _pip(python: Path, where: Index, site: Site, flags: tuple[str, ...]) -> tuple[str, ...]:
    return (
        # -I: no module of the repository may stand in for one of pip's; -u: lines as they come
        *(str(python), "-I", "-u", "-m", "pip", "install", "--no-input"),
        *("--disable-pip-version-check", "--progress-bar", "off"),
        *index.pip_arguments(where, site.prefix),
        *flags,
    )


def _env(where: Index, site: Site) -> tuple[tuple[str, str], ...]:
    env = index.pip_environ(where)
    if site.offline:
        env.update(index.pip_offline_environ(where))
    return tuple(env.items())


def of(spec: EnvironmentSpec, root: Path, shell: Shell) -> Contents | None:
    """Return what the lock of ``spec`` says of this platform; None without a lock of conda's.

    Raises InvalidFile.
    """
    from envboot import locks, platforms

    lock = spec.lock
    if lock is None or lock.format not in locks.FORMATS:
        return None
    data = shell.read(root / lock.path, locks.LIMIT)
    text = (data or b"").decode("utf-8", "replace")
    return locks.read(text, lock.path, platforms.here(shell))
