"""Compiled files kept beside the packages: what was compiled once is linked again, not compiled.

A folder a package and Python. A module's compiled file is taken only while the module has the size
and the time of change that it was compiled with, as Python itself checks; a module with the prefix
written into it is never kept. The files are hard links, as those of packages are: Python replaces
compiled files and never writes into them. Nothing depends on them: what is missing is compiled.
"""

from __future__ import annotations

import contextlib
import json
import zlib
from secrets import token_hex
from typing import TYPE_CHECKING

from envboot.errors import CommandFailed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from envboot.engines.rattler.work.metadata import Document
    from envboot.shell import Shell

_LARGEST = 1 << 28  # bytes of one compiled file
_LIST = "files.json"


def place(document: Document, python: Document, folder: Path) -> Path | None:
    """Return the folder for a package and a ``python``; None for a package without a digest."""
    digest = str(document.get("sha256") or document.get("md5") or "")
    if not digest.isalnum():
        return None
    of = f"{python['version']}-{python['build']}".replace("/", "")
    return folder / f"{digest[:32]}-{of}"


def restore(prefix: Path, folder: Path, pairs: Mapping[str, str], shell: Shell) -> set[str]:
    """Return the modules whose compiled file was put into the environment.

    ``folder`` is what :func:`place` said; ``pairs``: a module's path from the prefix and that of
    its compiled file.
    """
    try:
        said = json.loads(shell.read(folder / _LIST, _LARGEST) or b"")
        rows = [(str(n), int(size), int(time), int(crc)) for n, size, time, crc in said]
    except (ValueError, TypeError, OverflowError, RecursionError):
        return set()
    sources: dict[str, Path] = {}
    done: set[str] = set()
    for number, (name, size, time, crc) in enumerate(rows):
        file = folder / f"{number}.pyc"
        if name not in pairs or _state(prefix / name) != (size, time):
            continue
        if zlib.crc32(shell.read(file, _LARGEST) or b"") == crc:
            sources[pairs[name]] = file
            done.add(name)
    shell.share(prefix, sources)
    return done


def keep(prefix: Path, folder: Path, pairs: Mapping[str, str], shell: Shell) -> None:
    """Keep the compiled files of ``pairs`` (see :func:`restore`) that exist; a failure is none."""
    rows: list[tuple[str, int, int, int]] = []
    sources: dict[str, Path] = {}
    for name, target in pairs.items():
        data, state = shell.read(prefix / target, _LARGEST), _state(prefix / name)
        if data and state:
            sources[f"{len(rows)}.pyc"] = prefix / target
            rows.append((name, *state, zlib.crc32(data)))
    if not rows:
        return
    part = folder.with_name(f"{folder.name}.{token_hex(4)}.part")
    with contextlib.suppress(CommandFailed):  # no room, no rights, another run was first
        try:
            shell.share(part, sources)
            shell.write(part / _LIST, json.dumps(rows), lasting=False)
            shell.remove(folder)
            shell.rename(part, folder)
        finally:
            shell.remove(part)


def movable(document: Document, names: Sequence[str]) -> list[str]:
    """Return the modules of a package that are the same in every environment."""
    paths: Iterable[Document] = document.get("paths_data", {}).get("paths", ())
    fixed = {str(p.get("_path")) for p in paths if p.get("prefix_placeholder")}
    return [n for n in names if n not in fixed]


def _state(path: Path) -> tuple[int, int] | None:
    """Return bytes and the second of the last change."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_size, int(found.st_mtime)
