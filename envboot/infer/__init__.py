"""What the code and the notebooks of a repository say: imports first, and all else they tell.

One pass over the repository's own files: :mod:`envboot.infer.sources` says which they are;
:mod:`envboot.infer.syntax`, :mod:`envboot.infer.notebook` and :mod:`envboot.infer.cython` what
each of them says. Here it is decided what is local, what belongs to Python itself, and how much
the repository needs the rest.
"""

from __future__ import annotations

import contextlib
import gc
import re
from typing import TYPE_CHECKING

from envboot import names
from envboot.infer import locality, remembering, sources, syntax
from envboot.infer.facts import Imported, Scan
from envboot.infer.labels import label
from envboot.infer.merging import Merging
from envboot.infer.reading import Reading
from envboot.infer.sources import Source
from envboot.infer.stdlib import is_stdlib
from envboot.spec import Notice, Origin

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from envboot.infer.facts import Label
    from envboot.infer.locality import Place
    from envboot.infer.reading import Seen
    from envboot.infer.remembering import Memory
    from envboot.shell import Shell

LIMIT = 128 << 20  # bytes of one file
_FIRST = 1 << 20  # bytes that are read at first: a buffer of LIMIT for each file takes time
_GENERATED = re.compile(r"_pb2(_grpc)?$")
_IDENTIFIER = re.compile(r"[^\W\d]\w*$")


def imports(
    root: Path, shell: Shell, *, only: Path | None = None, cache: Path | None = None
) -> Scan:
    """Return what the files below ``root`` import, ask for, call and read.

    Nothing is executed and no file stops the scan: what cannot be read is in ``unreadable``.
    Ignored files, environments, dot folders, vendored and built code are not looked at, nor are
    nested repositories; what only a folder with dependency files of its own imports is "guarded".
    ``only`` is a file or a folder below ``root`` that alone is read; what is local is looked for
    everywhere. ``cache``: a folder, :func:`envboot.infer.remembering.folder`, where readings are
    kept; None: nothing is written.
    """
    files = list(sources.walk(root, shell))
    locator = locality.Locator(root, shell, locality.everywhere(files))
    if only is not None and only != root:
        files = list(_only(files, root, only, shell))
    memory = remembering.open_memory(cache, root, shell) if cache else None
    merging = Merging()
    with _few_collections():
        for source in files:
            _take(source, merging, locator, memory, shell)
    if memory:
        memory.save(whole=only is None)
    return merging.scan()


def _only(files: list[Source], root: Path, only: Path, shell: Shell) -> Iterator[Source]:
    """Yield the files in ``only``; a file that is named counts even if it is ignored."""
    found = [s for s in files if s.path == only or only in s.path.parents]
    if not found and shell.kind(only) == "file" and root in only.parents:
        found = [Source(only, only.relative_to(root).as_posix())]
    yield from found


@contextlib.contextmanager
def _few_collections() -> Iterator[None]:
    """Let the collector of garbage rest: trees have no cycles, and it would walk them all."""
    before = gc.get_threshold()
    gc.set_threshold(1_000_000, 50, 50)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _take(
    source: Source,
    merging: Merging,
    locator: locality.Locator,
    memory: Memory | None,
    shell: Shell,
) -> None:
    relative = source.relative
    if relative.endswith(".ipynb"):
        merging.notebooks.append(relative)
    reading, notice = _read(source.path, relative, memory, shell)
    if notice:
        merging.unreadable.append(notice)
    for why, line, cell in reading.errors:
        text = f"could not be read whole: {why}"
        merging.unreadable.append(Notice(text, Origin(relative, line, cell)))
    merging.made |= set(reading.made)
    kind = label(relative)
    kind = "guarded" if source.apart and kind == "production" else kind
    if reading.seen:
        place = locator.place(source.path, reading)
        merging.take_modules(
            m for s in reading.seen for m in _third_party(s, relative, kind, place)
        )
        merging.made |= {s.module for s in reading.seen if _is_made(s, place)}
    if reading.facts:
        merging.take_facts(reading.facts, relative, kind)


def _read(
    path: Path, relative: str, memory: Memory | None, shell: Shell
) -> tuple[Reading, Notice | None]:
    data = shell.read(path, _FIRST)
    if data is not None and len(data) == _FIRST:
        data = shell.read(path, LIMIT + 1)
    if data is None:
        return Reading(), Notice("cannot be opened", Origin(relative))
    if len(data) > LIMIT:
        return Reading(), Notice(f"larger than {LIMIT >> 20} MB: not looked into", Origin(relative))
    suffix = path.suffix.lower()
    key, found = memory.recall(data, suffix) if memory else ("", None)
    if found is None:
        found = _reading(data, suffix)
        if memory:
            memory.keep(key, found)
    return found, None


def _reading(data: bytes, suffix: str) -> Reading:
    if suffix == ".ipynb":
        from envboot.infer import notebook  # half a script's start, and scripts need none

        return notebook.read(data)
    if suffix in {".pyx", ".pxd"}:
        from envboot.infer import cython

        return cython.read(data)
    return syntax.read(data)


def _is_made(seen: Seen, place: Place) -> bool:
    """Return whether a module exists only at run time: what protoc makes, and nobody committed."""
    made = not seen.level and _GENERATED.search(seen.module.rpartition(".")[2])
    return bool(made) and place.locate(seen) != "local"


def _third_party(seen: Seen, relative: str, of_file: Label, place: Place) -> list[Imported]:
    if seen.level or is_stdlib(seen.module):
        return []
    out = []
    for module in names.canonical(seen.module, seen.names):
        top = module.partition(".")[0]
        if not _IDENTIFIER.match(top) or _GENERATED.search(seen.module.rpartition(".")[2]):
            continue
        where = place.locate(seen)
        if where == "local":
            continue
        hosted = module in names.HOSTED or top in names.HOSTED
        doubtful = seen.guarded or where == "perhaps" or hosted
        kind: Label = "guarded" if of_file == "production" and doubtful else of_file
        out.append(Imported(module, Origin(relative, seen.line, seen.cell), kind))
    return out


__all__ = ["LIMIT", "Imported", "Scan", "imports", "label"]
