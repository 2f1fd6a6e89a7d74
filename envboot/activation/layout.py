"""Where things lie inside an environment: the layouts of venv and of conda."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from envboot.shell import Shell


def kind(prefix: Path, shell: Shell) -> str:
    """Return "conda" or "venv"; before anything is there, by where conda keeps environments."""
    if shell.kind(prefix / "conda-meta") == "folder":
        return "conda"
    if shell.kind(prefix / "pyvenv.cfg"):
        return "venv"
    return "conda" if prefix.parent.name == "envs" else "venv"


def folders(prefix: Path, shell: Shell) -> tuple[Path, ...]:
    """Return the folders that activation puts on PATH, first ones first."""
    if shell.platform.system != "Windows":
        return (prefix / "bin",)
    if kind(prefix, shell) == "venv":
        return (prefix / "Scripts",)
    library = prefix / "Library"
    inner = (library / "mingw-w64" / "bin", library / "usr" / "bin", library / "bin")
    return (prefix, *inner, prefix / "Scripts", prefix / "bin")


def script(prefix: Path, *, fish: bool = False) -> Path:
    """Return where the script lies that activates an environment without conda, there or not."""
    return prefix / "etc" / "envboot" / ("activate.fish" if fish else "activate")


def site_packages(prefix: Path, shell: Shell) -> tuple[Path, ...]:
    """Return the folders that hold the installed distributions, those that exist."""
    if shell.platform.system == "Windows":
        places = [prefix / "Lib" / "site-packages"]
    else:
        places = [
            entry / "site-packages"
            for library in (prefix / "lib", prefix / "lib64")
            if shell.target(library) is None
            for entry in shell.folder(library)
            if entry.name.startswith(("python", "pypy")) and shell.target(entry) is None
        ]
    return tuple(p for p in places if shell.kind(p) == "folder")
