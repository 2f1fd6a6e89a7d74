"""Where things lie in an environment, and which Python it has: read from files, nothing is run.

Sources: PEP 405 (pyvenv.cfg), the ``sysconfig`` schemes of CPython, Debian's Python policy
(``dist-packages``), conda's layout. Both layouts are looked for on every system, so that a
prefix of another one can be read too.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from envboot.conda import environments

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from envboot.shell import Shell

Kind = Literal["conda", "venv", "system", ""]
_LIBRARY = re.compile(r"(?:python|pypy)(\d\.\d+|3)?t?")
_VERSION = re.compile(r"\d+\.\d+(?:\.\d+(?:(?:a|b|rc)\d+)?)?")
_RECORD = re.compile(r"python-(\d[^-]*)-[^-]*\.json")
_PATCHLEVEL = re.compile(r'#define\s+PY_VERSION\s+"(\d+\.\d+[^"\s+]*)')


def kind(prefix: Path, shell: Shell) -> Kind:
    """Return what kind of environment a folder is; "" when it is none."""
    if environments.there(prefix, shell):
        return "conda"
    if shell.kind(prefix / "pyvenv.cfg") == "file":
        return "venv"
    return "system" if packages(prefix, shell) else ""


def settings(prefix: Path, shell: Shell) -> dict[str, str]:
    """Return what pyvenv.cfg says, keys in lower case; {} without one."""
    text = (shell.read(prefix / "pyvenv.cfg", 1 << 16) or b"").decode("utf-8", "replace")
    rows = (line.partition("=") for line in text.splitlines())
    return {key.strip().lower(): value.strip() for key, equals, value in rows if equals}


def packages(prefix: Path, shell: Shell, minor: str = "") -> tuple[Path, ...]:
    """Return the folders with installed distributions, those that exist, nearest first.

    ``minor`` (``3.11``) leaves out those of other Pythons, of which ``/usr`` may have several.
    """
    found = []
    for library in _libraries(prefix, shell):
        match = _LIBRARY.fullmatch(library.name)
        if match and minor and match[1] not in {minor, "3", None}:
            continue
        found += [library / "site-packages", library / "dist-packages"]
    found += [e / "site-packages" for e in shell.folder(prefix) if e.name == "Lib"]
    return tuple(p for p in found if shell.kind(p) == "folder")


def _libraries(prefix: Path, shell: Shell) -> Iterator[Path]:
    """Yield ``lib/python3.11`` and its like; a link (lib64, conda's python3.1) is no second one."""
    for library in (prefix / "local" / "lib", prefix / "lib", prefix / "lib64"):
        if library.name == "lib64" and shell.target(library) is not None:
            continue
        for entry in shell.folder(library):
            if _LIBRARY.fullmatch(entry.name) and shell.target(entry) is None:
                yield entry


def above(prefix: Path, shell: Shell) -> Path | None:
    """Return the installation whose packages a virtual environment sees too; None: it does not."""
    said = settings(prefix, shell)
    home = said.get("home", "")
    if said.get("include-system-site-packages", "").lower() != "true" or not home:
        return None
    program = prefix.__class__(home)
    if not program.is_absolute():
        return None
    return program.parent if program.name.lower() in {"bin", "scripts"} else program


def version(prefix: Path, shell: Shell) -> str:
    """Return the version of the interpreter, ``3.11.7``; the minor alone where no file says more.

    "" without an interpreter. conda's record and pyvenv.cfg say it whole; of a plain
    installation the C header ``patchlevel.h`` does.
    """
    for record in shell.folder(prefix / "conda-meta"):
        if match := _RECORD.fullmatch(record.name):
            return match[1]
    said = settings(prefix, shell)
    for key in ("version_info", "version"):
        if match := _VERSION.match(said.get(key, "")):
            return match[0]
    minors = []
    for library in _libraries(prefix, shell):
        match = _LIBRARY.fullmatch(library.name)
        if match and match[1] and "." in match[1]:
            minors.append(match[1])
    # The name of the folder, with the `t` of a build without the lock.
    for place in (*(f"include/python{m}" for m in reversed(minors)), "include"):
        text = (shell.read(prefix / place / "patchlevel.h", 1 << 16) or b"").decode("latin-1")
        if match := _PATCHLEVEL.search(text):
            return match[1]
    return max(minors, key=lambda m: tuple(map(int, m.split("."))), default="")


def minor(text: str) -> str:
    """Return ``3.11`` of ``3.11.7``; "" of what is no version."""
    match = re.match(r"\d+\.\d+", text)
    return match[0] if match else ""
