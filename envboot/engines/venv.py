"""The standard library's ``venv`` and pip: the engine that needs nothing installed.

Where the interpreter has no ``ensurepip`` (Debian's python3 without python3-venv), pip's own wheel
is fetched by pinned digest and run from its zip; see :mod:`envboot.virtualenv.pip_wheel`. Packages
are built in isolation, as pip does. Offline, pip is left with folders of this computer: it cannot
use its cache of the network without asking the network.
"""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

from envboot import cuda, index, interpreters, virtualenv
from envboot.plan import Plan, Remove, Run
from envboot.shell.processes import WINDOWS
from envboot.virtualenv import locked, pip_wheel

if TYPE_CHECKING:
    from pathlib import Path

    from envboot.interpreters import Interpreter
    from envboot.plan import Step
    from envboot.site import Site
    from envboot.spec import EnvironmentSpec

TITLE = "venv and pip"
RELOCATABLE = not WINDOWS  # the launchers of Windows are programs with the path inside
LOCKS: frozenset[str] = frozenset()
_PIP_WITH_DATES = 26  # its documentation: `--uploaded-prior-to`
_PARTS = "import importlib.util as u;print(*[m for m in ('venv','ensurepip') if u.find_spec(m)])"


def prefix(spec: EnvironmentSpec, site: Site) -> Path:  # noqa: ARG001 - the family's signature
    """Return ``.venv`` in the repository, where editors and people look for it."""
    return site.root / ".venv"


def why_not(spec: EnvironmentSpec, site: Site) -> str | None:
    """Return why pip cannot install ``spec`` here: conda packages, or no fitting Python."""
    reason = virtualenv.why_not(spec, site, LOCKS)
    if reason:
        return reason
    chosen = virtualenv.interpreter(spec, site)
    parts = _parts(chosen, site) if chosen else ()
    if "venv" not in parts:
        return f"{chosen.path if chosen else 'python'} has no venv module"
    if site.as_of and chosen and (old := _pip(chosen, parts, site)):
        return f"{old} cannot leave out what is newer than a date; uv can: `--engine uv`"
    if chosen and "ensurepip" not in parts and not pip_wheel.pin(chosen.version):
        return f"Python {chosen.text} has no ensurepip, and no pip is pinned for it"
    return None


def plan(spec: EnvironmentSpec, site: Site) -> Plan:
    """Return: make the environment, bring pip into it, install."""
    chosen = virtualenv.interpreter(spec, site)
    if chosen is None:
        return Plan(TITLE)
    python = virtualenv.python_in(site.prefix, site)
    bare = "ensurepip" not in _parts(chosen, site)
    make = Run(
        (
            *(str(chosen.path), "-I", "-m", "venv", f"--prompt={virtualenv.prompt(site)}"),
            *(("--without-pip",) if bare else ()),
            str(site.prefix),
        ),
        why=f"making the environment with Python {chosen.text}",
    )
    steps: list[Step] = [make]
    if bare:
        steps += _bring_pip(chosen, python, site)
    spec, backend = cuda.fitted(spec, site)
    if backend:
        steps.append(_frameworks(spec, site, python, backend))
    for wanted in locked.requirements(spec, site):
        if wanted.arguments:
            where = virtualenv.where_from(spec, site)
            env = index.pip_environ(where)
            if site.offline:
                env.update(index.pip_offline_environ(where))
            argv = (
                *virtualenv.pip(python, where, site.prefix),
                *((f"--uploaded-prior-to={site.as_of}",) if site.as_of else ()),
                *wanted.arguments,
            )
            install = Run(argv, wanted.cwd, tuple(env.items()), wanted.why)
            steps += [*wanted.before, install, *wanted.after]
    return Plan(TITLE, tuple(steps), site.prefix)


def _frameworks(spec: EnvironmentSpec, site: Site, python: Path, backend: str) -> Run:
    """Return the step that installs PyTorch's family from its own index, and from there alone.

    As a further index for everything, it could serve any name that somebody registers elsewhere.
    """
    texts = [d.text for d in cuda.family(spec)]
    where = virtualenv.where_from(spec, site)
    argv = (
        *virtualenv.pip(python, where, site.prefix),
        *("--index-url", f"{cuda.INDEX}{backend}", "--", *texts),
    )
    env = tuple(index.pip_environ(where).items())
    return Run(argv, site.root, env, f"installing {texts[0]} from PyTorch's index {backend}")


def _pip(chosen: Interpreter, parts: tuple[str, ...], site: Site) -> str:
    """Return the pip that the environment will have where it is too old for a date, else ""."""
    wanted = pip_wheel.pin(chosen.version)
    said = wanted.version if wanted else ""
    if "ensurepip" in parts:
        argv = (str(chosen.path), "-I", "-c", "import ensurepip;print(ensurepip.version())")
        said = (site.shell.query(argv).out or "").strip()
    number = said.partition(".")[0]
    return "" if number.isdigit() and int(number) >= _PIP_WITH_DATES else f"pip {said or '?'}"


def _bring_pip(chosen: Interpreter, python: Path, site: Site) -> list[Step]:
    """Return the steps that install pip from its own wheel."""
    wanted = pip_wheel.pin(chosen.version) or pip_wheel.PINS[-1]
    folder = site.prefix / "envboot-pip"
    nothing = "nul" if site.shell.platform.system == "Windows" else "/dev/null"
    install = Run(
        (
            *(str(python), "-u", str(folder / wanted.filename / "pip"), "install"),
            *("--no-index", "--no-deps", "--find-links", str(folder)),
            *("--disable-pip-version-check", "--no-input", f"pip=={wanted.version}"),
        ),
        env=tuple({**index.pip_environ(index.Index()), "PIP_CONFIG_FILE": nothing}.items()),
        why="installing pip",
    )
    fetch = pip_wheel.step(wanted, folder, offline=site.offline)
    return [fetch, install, Remove(folder)]


def _parts(chosen: Interpreter, site: Site) -> tuple[str, ...]:
    """Return which of ``venv`` and ``ensurepip`` an interpreter has."""
    if chosen == interpreters.running():
        return tuple(m for m in ("venv", "ensurepip") if importlib.util.find_spec(m))
    argv = (str(chosen.path), "-I", "-c", _PARTS)
    return tuple((site.shell.query(argv).out or "").split())
