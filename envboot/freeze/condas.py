"""conda's environments by name, found without running conda.

Sources: conda's documentation ("Managing environments", "Specify environment directories"),
``~/.conda/environments.txt``, in which conda notes every environment that it makes.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from envboot.errors import UsageError
from envboot.freeze import condarc, layout

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envboot.shell import Shell

_PROGRAMS = ("conda", "mamba")
_HOMES = ("miniforge3", "miniconda3", "mambaforge", "anaconda3", "conda", "micromamba")
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
        for root in roots(shell):
            if layout.kind(root, shell) == "conda":
                return root
        raise UsageError("no conda is installed here", hint="name a folder with --prefix")
    for folder in folders(shell):
        if layout.kind(folder / name, shell) == "conda":
            return folder / name
    others = [p for p in noted(shell) if p.name == name and layout.kind(p, shell) == "conda"]
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
        yield from (p.name for p in shell.folder(folder) if layout.kind(p, shell) == "conda")
    yield from (p.name for p in noted(shell) if layout.kind(p, shell) == "conda")


def roots(shell: Shell) -> tuple[Path, ...]:
    """Return conda's installations, the one of the person's shell first; some may not be there."""
    environ = shell.environ
    programs = [Path(environ[v]) for v in ("CONDA_EXE", "MAMBA_EXE") if environ.get(v)]
    found = [p.parent.parent for p in programs if p.stem.lower() != "micromamba"]
    found += [Path(environ[v]) for v in ("MAMBA_ROOT_PREFIX", "CONDA_ROOT") if environ.get(v)]
    on_path = [program for name in _PROGRAMS if (program := shell.which(name))]
    found += [(shell.target(program) or program).parent.parent for program in on_path]
    windows = shell.platform.system == "Windows"
    homes = [Path(f"C:/ProgramData/{h}") if windows else Path(f"/opt/{h}") for h in _HOMES]
    if shell.home:
        homes = [*(shell.home / h for h in _HOMES), *homes]
        homes.append(shell.home / ".local" / "share" / "mamba")
    usual = [h for h in homes if shell.kind(h) == "folder"]
    return tuple(p for p in dict.fromkeys((*found, *usual)) if p.is_absolute())


def is_base(prefix: Path, shell: Shell) -> bool:
    """Return whether a prefix is conda's own environment, which belongs to no project."""
    if shell.environ.get("CONDA_PREFIX") == str(prefix):
        name = shell.environ.get("CONDA_DEFAULT_ENV")
        if name in _BASE:
            return True
    return prefix in roots(shell)


def root_of(prefix: Path, shell: Shell) -> Path | None:
    """Return the installation whose settings hold for an environment; None without any."""
    if prefix.parent.name == "envs" and layout.kind(prefix.parent.parent, shell) == "conda":
        return prefix.parent.parent
    return next((r for r in roots(shell) if layout.kind(r, shell) == "conda"), None)


def folders(shell: Shell) -> tuple[Path, ...]:
    """Return the folders in which conda looks for environments, in its order."""
    separator = ";" if shell.platform.system == "Windows" else ":"
    found = []
    for variable in ("CONDA_ENVS_PATH", "CONDA_ENVS_DIRS"):
        texts = re.split(f"[,{separator}]", shell.environ.get(variable, ""))
        found += [Path(t) for t in texts if t]
    installed = roots(shell)
    found += condarc.folders_of_environments(shell, installed[0] if installed else None)
    found += [root / "envs" for root in installed]
    if shell.home:
        found.append(shell.home / ".conda" / "envs")
    return tuple(p for p in dict.fromkeys(found) if p.is_absolute())


def noted(shell: Shell) -> tuple[Path, ...]:
    """Return the environments that conda has noted, wherever they are; some may be gone."""
    if shell.home is None:
        return ()
    data = shell.read(shell.home / ".conda" / "environments.txt", 1 << 20) or b""
    rows = (line.strip() for line in data.decode("utf-8", "surrogateescape").splitlines())
    places = (Path(row) for row in rows if row and "\0" not in row)
    return tuple(dict.fromkeys(p for p in places if p.is_absolute()))
