"""From a repository to the readings of its files: which they are, and each given to its reader."""

from __future__ import annotations

import contextlib
import gc
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from envboot.infer import remembering, sources, syntax
from envboot.infer.reading import EMPTY, Reading
from envboot.infer.sources import Source

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from envboot.infer.remembering import Memory
    from envboot.shell import Shell

LIMIT = 128 << 20  # bytes of one file
MANY = 600  # files; below it a child takes longer to start than to read its share
_FIRST = 1 << 20  # bytes that are read at first: a buffer of LIMIT for each file takes time


class Opened(NamedTuple):
    """One file, read."""

    reading: Reading
    why: str = ""
    """Why it was not looked into at all; "" when it was."""
    key: str = ""
    """What a memory knows it by; "" without one."""


def chosen(files: list[Source], root: Path, only: Path | None, shell: Shell) -> list[Source]:
    """Return the files in ``only``; a file that is named counts even if it is ignored."""
    if only is None or only == root:
        return files
    named = [replace(s, apart=False) for s in files if s.path == only]
    found = named or [s for s in files if only in s.path.parents]
    if not found and shell.kind(only) == "file" and root in only.parents:
        found = [Source(only, only.relative_to(root).as_posix())]
    return found


def everything(root: Path, only: Path | None, shell: Shell) -> list[Source]:
    """Return the files of a repository that a scan of ``only`` reads, in order."""
    return chosen(list(sources.walk(root, shell)), root, only, shell)


def read(path: Path, shell: Shell, memory: Memory | None = None, *, keyed: bool = False) -> Opened:
    """Return what a file says, from ``memory`` where it knows it; ``keyed``: with its key."""
    data = shell.read(path, _FIRST)
    if data is not None and len(data) == _FIRST:
        data = shell.read(path, LIMIT + 1)
    if data is None:
        return Opened(EMPTY, "cannot be opened")
    if len(data) > LIMIT:
        return Opened(EMPTY, f"larger than {LIMIT >> 20} MB: not looked into")
    suffix = path.suffix.lower()
    key = remembering.key(data, suffix) if memory or keyed else ""
    found = memory.recall(key) if memory else None
    if found is None:
        found = _reading(data, suffix)
        if memory:
            memory.keep(key, found)
    return Opened(found, "", key)


def _reading(data: bytes, suffix: str) -> Reading:
    if suffix == ".ipynb":
        from envboot.infer import notebook  # a script needs none, and it takes time to start

        return notebook.read(data)
    if suffix in {".pyx", ".pxd"}:
        from envboot.infer import cython

        return cython.read(data)
    return syntax.read(data)


@contextlib.contextmanager
def few_collections() -> Iterator[None]:
    """Let the collector of garbage rest: trees have no cycles, and it would walk them all."""
    before = gc.get_threshold()
    gc.set_threshold(1_000_000, 50, 50)
    try:
        yield
    finally:
        gc.set_threshold(*before)
