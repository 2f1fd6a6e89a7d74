"""Compiled files kept beside the packages: what was compiled once is written again, not compiled.

One file a package and Python. A module's compiled file is taken only while the module has the size
and the time of change that it was compiled with, as Python itself checks; a module with the prefix
written into it is never kept. Nothing depends on these files: what is missing is compiled.
"""

from __future__ import annotations

import json
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from envboot.engines.rattler.work.metadata import Document
    from envboot.shell import Shell

_LARGEST = 1 << 28  # bytes of one package's compiled files


def place(document: Document, python: Document, folder: Path) -> Path | None:
    """Return the file for a package and a ``python``; None for a package without a digest."""
    digest = str(document.get("sha256") or document.get("md5") or "")
    if not digest.isalnum():
        return None
    of = f"{python['version']}-{python['build']}".replace("/", "")
    return folder / f"{digest[:32]}-{of}"


def restore(prefix: Path, path: Path, pairs: Mapping[str, str], shell: Shell) -> dict[str, int]:
    """Return the modules whose compiled file was written, and its bytes.

    ``pairs``: a module's path from the prefix and that of its compiled file.
    """
    head, _, body = (shell.read(path, _LARGEST) or b"").partition(b"\n")
    try:
        said = json.loads(head)
        if zlib.crc32(body) != said["crc32"]:
            return {}
        files = [(str(n), int(size), int(time), int(ln)) for n, size, time, ln in said["files"]]
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return {}
    done: dict[str, int] = {}
    contents: dict[str, bytes] = {}
    start = 0
    for name, size, time, length in files:
        data = body[start : start + length]
        start += length
        if name in pairs and _state(prefix / name) == (size, time):
            contents[pairs[name]] = data
            done[name] = length
    shell.fill(prefix, contents)
    return done


def keep(prefix: Path, path: Path, pairs: Mapping[str, str], shell: Shell) -> None:
    """Keep the compiled files of ``pairs`` (see :func:`restore`) that exist."""
    files: list[tuple[str, int, int, int]] = []
    parts: list[bytes] = []
    for name, target in pairs.items():
        data, state = shell.read(prefix / target), _state(prefix / name)
        if data and state:
            files.append((name, *state, len(data)))
            parts.append(data)
    body = b"".join(parts)
    if files and len(body) < _LARGEST // 2:
        head = json.dumps({"crc32": zlib.crc32(body), "files": files})
        shell.write(path, head.encode() + b"\n" + body, lasting=False)


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
