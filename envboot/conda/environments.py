"""conda's environments: where they go, which there are, found without running conda.

Sources: conda's documentation ("Managing environments", "Specify environment directories"),
``~/.conda/environments.txt``, in which conda notes every environment that it makes.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from envboot.conda import programs
from envboot.conda.settings import settings
from envboot.errors import UsageError
from envboot.plan import Write

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from envboot.shell import Shell

_BASE = frozenset({"base", "root"})
_SHOWN = 8  # names in a hint


def find(name: str, shell: Shell) -> Path:
    """Return the prefix of the environment called ``name``. Raises UsageError.

    The folders for environments come first, in conda's order; then any other place that conda
    has noted, if it is the only one with that name.
    """
    if not name or name in {".", ".."} or re.search(r"[/\\:]", name):
        raise UsageError(f"`{name}` is no name of a conda environment", hint="for a path: --prefix")
    if name in _BASE:
        for root in programs.roots(shell):
            if there(root, shell):
                return root
        raise UsageError("no conda is installed here", hint="name a folder with --prefix")
    for folder in folders(shell):
        if there(folder / name, shell):
            return folder / name
    others = [p for p in noted(shell) if p.name == name and there(p, shell)]
    if len(others) > 1:
        places = ", ".join(map(str, others))
        raise UsageError(f"there are several environments called {name}: {places}",
                         hint="name one with --prefix")  # fmt: skip
    if others:
        return others[0]
    known = sorted(set(_names(shell)))
    more = f" and {len(known) - _SHOWN} more" if len(known) > _SHOWN else ""
    raise UsageError(
        f"there is no conda environment called {name}",
        hint=f"known here: {', '.join(known[:_SHOWN])}{more}"
        if known
        else "name a folder with --prefix",
    )


def _names(shell: Shell) -> Iterator[str]:
    for folder in folders(shell):
        yield from (p.name for p in shell.folder(folder) if there(p, shell))
    yield from (p.name for p in noted(shell) if there(p, shell))


def is_base(prefix: Path, shell: Shell) -> bool:
    """Return whether a prefix is conda's own environment, which belongs to no project."""
    if shell.environ.get("CONDA_PREFIX") == str(prefix):
        name = shell.environ.get("CONDA_DEFAULT_ENV")
        if name in _BASE:
            return True
    return prefix in programs.roots(shell)


def root_of(prefix: Path, shell: Shell) -> Path | None:
    """Return the installation whose settings hold for an environment; None without any."""
    if prefix.parent.name == "envs" and there(prefix.parent.parent, shell):
        return prefix.parent.parent
    return next((r for r in programs.roots(shell) if there(r, shell)), None)


def folders(shell: Shell) -> tuple[Path, ...]:
    """Return the folders in which conda looks for environments, in its order."""
    installed = programs.roots(shell)
    found = [*settings(shell, root=installed[0] if installed else None).envs_dirs]
    found += [root / "envs" for root in installed]
    if shell.home:
        found.append(shell.home / ".conda" / "envs")
    return tuple(p for p in dict.fromkeys(found) if p.is_absolute())


def place(shell: Shell) -> Path | None:
    """Return the first folder for environments that this user may write to.

    Without a conda that is its folder in the home, where a conda that is installed later finds
    it. None where no place can be named: there is neither a conda nor a home.
    """
    program = programs.find(shell)
    root = programs.root_of(program, shell) if program else None
    places = [*settings(shell, root=root).envs_dirs]
    places += [root / "envs"] if root else []
    places += [shell.home / ".conda" / "envs"] if shell.home else []
    places += [program.path.parent.parent / "envs"] if program else []
    return next((p for p in places if shell.writable(p)), places[0] if places else None)


def folder_name(name: str) -> str:
    """Return the folder for an environment called ``name``, which comes from a file.

    Only letters, digits, ``_``, ``.`` and ``-`` of it become a path.
    """
    return re.sub(r"[^\w.-]+", "-", name).strip("-.") or "env"


def there(prefix: Path, shell: Shell) -> bool:
    """Return whether a folder is one of conda's environments."""
    records = shell.folder(prefix / "conda-meta")
    return any(r.name == "history" or r.suffix == ".json" for r in records)


def noted(shell: Shell) -> tuple[Path, ...]:
    """Return the environments that conda has noted, wherever they are; some may be gone."""
    places = (Path(row) for row in _rows(shell))
    return tuple(dict.fromkeys(p for p in places if p.is_absolute()))


def forgotten(prefixes: Iterable[Path], shell: Shell) -> tuple[Write, ...]:
    """Return the step that takes prefixes out of conda's notes; () where nothing has to be done."""
    gone, rows = {str(p) for p in prefixes}, _rows(shell)
    kept = [row for row in rows if row not in gone]
    if shell.home is None or kept == rows or not shell.writable(_notes(shell.home)):
        return ()
    text = "".join(f"{row}\n" for row in kept).encode("utf-8", "surrogateescape")
    return (Write(_notes(shell.home), text),)


def _notes(home: Path) -> Path:
    return home / ".conda" / "environments.txt"


def _rows(shell: Shell) -> list[str]:
    if shell.home is None:
        return []
    data = shell.read(_notes(shell.home), 1 << 20) or b""
    rows = (line.strip() for line in data.decode("utf-8", "surrogateescape").splitlines())
    return [row for row in rows if row and "\0" not in row]
