"""conda, mamba and micromamba: which of them are on this computer, and where they live.

Nothing is run for it. Sources: conda's documentation ("Environment variables"), the installers'
default folders, micromamba's user guide.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envboot.shell import Shell

_PROGRAMS = ("conda", "mamba", "micromamba")
_HOMES = ("miniforge3", "miniconda3", "mambaforge", "anaconda3", "conda", "micromamba")


@dataclass(frozen=True)
class Program:
    """One of the three."""

    path: Path
    kind: str
    """conda | mamba | micromamba"""


def find(shell: Shell) -> Program | None:
    """Return the program to use: the one of the person's shell, on PATH, in a usual place."""
    return next((p for p in _candidates(shell) if shell.kind(p.path) == "file"), None)


def _candidates(shell: Shell) -> Iterator[Program]:
    for variable in ("CONDA_EXE", "MAMBA_EXE"):
        if own := shell.environ.get(variable):
            kind = Path(own).stem.lower()
            yield Program(Path(own), kind if kind in _PROGRAMS else "conda")
    for name in _PROGRAMS:
        if found := shell.which(name):
            yield Program(found, name)
    windows = shell.platform.system == "Windows"
    for home in _homes(shell):
        for name in _PROGRAMS:
            folder = ("Scripts" if name == "conda" else "Library/bin") if windows else "bin"
            yield Program(home / folder / (f"{name}.exe" if windows else name), name)
    if shell.home:
        yield Program(shell.home / ".local" / "bin" / "micromamba", "micromamba")


def _homes(shell: Shell) -> list[Path]:
    """Return the folders that installers offer."""
    windows = shell.platform.system == "Windows"
    shared = [Path(f"C:/ProgramData/{h}") if windows else Path(f"/opt/{h}") for h in _HOMES]
    return [*(shell.home / h for h in _HOMES), *shared] if shell.home else shared


def root_of(program: Program, shell: Shell) -> Path | None:
    """Return the installation: micromamba's is a folder of its own, wherever the program is."""
    if program.kind == "micromamba":
        if own := shell.environ.get("MAMBA_ROOT_PREFIX"):
            return Path(own)
        if shell.home is None:
            return None
        older = shell.home / "micromamba"
        return older if shell.kind(older) else shell.home / ".local" / "share" / "mamba"
    path, link = program.path, shell.target(program.path)
    path = link if link and link.is_absolute() else path
    return path.parent.parent


def root(shell: Shell) -> Path | None:
    """Return the installation of the program to use; None without one."""
    program = find(shell)
    return root_of(program, shell) if program else None


def roots(shell: Shell) -> tuple[Path, ...]:
    """Return the installations, the one of the person's shell first; some may not be there."""
    environ = shell.environ
    named = [Path(environ[v]) for v in ("CONDA_EXE", "MAMBA_EXE") if environ.get(v)]
    found = [p.parent.parent for p in named if p.stem.lower() != "micromamba"]
    found += [Path(environ[v]) for v in ("MAMBA_ROOT_PREFIX", "CONDA_ROOT") if environ.get(v)]
    on_path = [program for name in ("conda", "mamba") if (program := shell.which(name))]
    found += [(shell.target(program) or program).parent.parent for program in on_path]
    homes = _homes(shell)
    if shell.home:
        homes.append(shell.home / ".local" / "share" / "mamba")
    usual = [h for h in homes if shell.kind(h) == "folder"]
    return tuple(p for p in dict.fromkeys((*found, *usual)) if p.is_absolute())
