"""Which environment is meant: the one that was named, else the active one, else the repository's.

An environment is read, not run. One interpreter may be asked where its packages are: the one that
``--python`` names, when it is of no environment (``/usr/bin/python3``, a shim); and not if the
repository brought it along.
"""

from __future__ import annotations

import json
import os.path
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from envboot.conda import environments
from envboot.errors import NothingFound, UsageError
from envboot.freeze import layout
from envboot.infer import tracked
from envboot.transaction import read_stamp

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envboot.shell import Shell

_ASK = (
    "import json,site,sys;"
    "print(json.dumps(['.'.join(map(str,sys.version_info[:3])),sys.prefix,site.getsitepackages()]))"
)
_BESIDE = (".venv", "venv")


@dataclass(frozen=True)
class Choice:
    """The environment to look at."""

    prefix: Path
    why: str
    """How it was chosen, for people."""
    version: str = ""
    """What its interpreter said, where it was asked."""
    packages: tuple[Path, ...] = ()
    """Where it said that its packages are; () where it was not asked."""


def choose(
    shell: Shell,
    root: Path,
    *,
    python: str | None = None,
    prefix: Path | None = None,
    env: str | None = None,
) -> Choice | None:
    """Return the environment that is meant; None when none was named and none is there.

    Raises UsageError for what does not exist and for two names at once, NothingFound for a place
    without an environment.
    """
    given = {"--python": python, "--prefix": prefix, "--env": env}
    named = [flag for flag, value in given.items() if value is not None]
    if len(named) > 1:
        raise UsageError(f"{' and '.join(named)} name two environments", hint="give one of them")
    if python is not None:
        return _of_python(python, root, shell)
    if prefix is not None:
        return _of_prefix(prefix, "named by --prefix", shell)
    if env is not None:
        return Choice(environments.find(env, shell), f"the conda environment {env} (--env)")
    return next(_unasked(root, shell), None)


def passed_over(shell: Shell) -> str:
    """Return which active environment is not taken unless it is named, and why; "" for none."""
    active = _active(shell, "CONDA_PREFIX")
    if active and environments.is_base(active, shell):
        return (
            "conda's base environment is active, which belongs to no project: `--env base` takes it"
        )
    return ""


def _unasked(root: Path, shell: Shell) -> Iterator[Choice]:
    """Yield the environments that nobody named, the likeliest first."""
    found = []
    venv, conda = _active(shell, "VIRTUAL_ENV"), _active(shell, "CONDA_PREFIX")
    if venv and layout.kind(venv, shell):
        found.append(Choice(venv, "the active virtual environment (VIRTUAL_ENV)"))
    if conda and layout.kind(conda, shell) and not environments.is_base(conda, shell):
        found.append(Choice(conda, "the active conda environment (CONDA_PREFIX)"))
    # The one that was activated last is first on PATH; the other's variable stays behind.
    yield from sorted(found, key=lambda c: _on_path(c.prefix, shell))
    aside = passed_over(shell)
    note = f"; {aside}" if aside else ""
    made = _made_here(root, shell)
    if made:
        yield Choice(made, f"envboot made it for this repository{note}")
    for name in _BESIDE:
        place = root / name
        if layout.kind(place, shell) in {"venv", "conda"} and not came_along(place, root, shell):
            yield Choice(place, f"`{name}` in the repository{note}")


def _active(shell: Shell, variable: str) -> Path | None:
    text = shell.environ.get(variable, "")
    return Path(text) if text and Path(text).is_absolute() else None


def _on_path(prefix: Path, shell: Shell) -> int:
    """Return the place of an environment's programs on PATH; those not on it come last."""
    separator = ";" if shell.platform.system == "Windows" else ":"
    entries = shell.environ.get("PATH", "").split(separator)
    own = {str(prefix / "bin"), str(prefix / "Scripts"), str(prefix)}
    return next((n for n, entry in enumerate(entries) if entry in own), len(entries))


def _made_here(root: Path, shell: Shell) -> Path | None:
    """Return the environment that envboot made for the repository, by the environment's own word.

    The pointer may have come with the repository, and may point to anything.
    """
    data = shell.read(root / ".envboot" / "environment.json", 1 << 16)
    try:
        text = json.loads(data or b"{}").get("prefix")
    except (ValueError, AttributeError, RecursionError):
        return None
    if not isinstance(text, str) or "\0" in text or not Path(text).is_absolute():
        return None
    prefix = Path(text)
    stamp = read_stamp(prefix, shell)
    if stamp is None or not layout.kind(prefix, shell):
        return None
    ours = stamp.root == str(root) or not shell.kind(Path(stamp.root))
    return prefix if ours and not came_along(prefix, root, shell) else None


def came_along(place: Path, root: Path, shell: Shell) -> bool:
    """Return whether git tracks a file or folder of the repository: then a stranger made it.

    Links count both ways: one that is tracked, and one that leads to what is tracked. So does a
    name that differs in case alone, which is the same to macOS and Windows.
    """
    ways = {(Path(os.path.normpath(place)), root), (_real(place), _real(root))}
    return any(_tracked(place, root, shell) for place, root in ways)


def _tracked(place: Path, root: Path, shell: Shell) -> bool:
    if root not in place.parents:
        return False
    for top in (root, *root.parents):
        if shell.kind(top / ".git"):
            inside = place.relative_to(top).as_posix().casefold()
            known = {name.casefold() for name in tracked.files(top, shell)}
            return inside in known or any(name.startswith(f"{inside}/") for name in known)
    return False


def _real(path: Path) -> Path:
    try:
        return path.resolve()
    except (OSError, RuntimeError):  # links in a circle
        return path


def _of_prefix(prefix: Path, why: str, shell: Shell) -> Choice:
    if layout.kind(prefix, shell):
        return Choice(prefix, why)
    if not shell.kind(prefix):
        raise NothingFound(f"there is no folder {prefix}", hint="name the environment's own folder")
    raise NothingFound(
        f"{prefix} is no environment: it has no conda-meta, no pyvenv.cfg, no site-packages",
        hint="name the folder that has `bin` or `Scripts` in it",
    )


def _of_python(text: str, root: Path, shell: Shell) -> Choice:
    path = _program(text, shell)
    why = f"the environment of {path} (--python)"
    if shell.kind(path) == "folder":
        return _of_prefix(path, "named by --python", shell)
    if shell.kind(path) != "file":
        raise UsageError(f"there is no Python at {path}", hint="give the path of an interpreter")
    for place in (path.parent.parent, path.parent):
        if layout.kind(place, shell) in {"venv", "conda"}:
            return Choice(place, why)
    if came_along(path, root, shell):
        raise NothingFound(
            f"{path} came with the repository: it is not run",
            hint="name an environment that you made yourself",
        )
    answer = shell.query((str(path), "-I", "-c", _ASK))
    try:
        version, prefix, packages = json.loads((answer.out or "").strip().rpartition("\n")[2])
        places = tuple(p for p in map(Path, packages) if p.is_absolute())
        told = Choice(Path(prefix), why, str(version), places)
    except (ValueError, TypeError) as error:
        said = answer.why or "it said something else"
        raise NothingFound(
            f"{path} does not answer as a Python does: {said}",
            hint="does it start? Python 3 is needed",
        ) from error
    # A shim, or a link to an interpreter: what it starts may be an environment's.
    inside = layout.kind(told.prefix, shell) in {"venv", "conda"}
    return Choice(told.prefix, told.why) if inside else told


def _program(text: str, shell: Shell) -> Path:
    """Return the file that a path or the name of a program means."""
    if text.startswith("~/") and shell.home:
        return shell.home / text[2:]
    bare = "/" not in text and "\\" not in text
    found = shell.which(text) if bare else None
    try:
        return found or Path(text).absolute()
    except OSError as error:
        raise UsageError(f"{text} cannot be found", hint="give a whole path") from error
