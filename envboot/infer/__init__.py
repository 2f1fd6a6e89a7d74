"""What the code and the notebooks of a repository say: imports first, and all else they tell.

One pass over the repository's own files: :mod:`envboot.infer.sources` says which they are;
:mod:`envboot.infer.syntax`, :mod:`envboot.infer.notebook` and :mod:`envboot.infer.cython` what
each of them says. Here it is decided what is local, what belongs to Python itself, and how much
the repository needs the rest.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envboot import names
from envboot.infer import locality, opening, remembering, sources
from envboot.infer.facts import Imported, Scan
from envboot.infer.labels import label
from envboot.infer.merging import Merging
from envboot.infer.opening import LIMIT
from envboot.infer.stdlib import is_stdlib
from envboot.spec import Notice, Origin

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from envboot.infer.facts import Label
    from envboot.infer.locality import Place
    from envboot.infer.opening import Opened
    from envboot.infer.reading import Seen
    from envboot.infer.remembering import Memory
    from envboot.infer.sources import Source
    from envboot.shell import Shell

_GENERATED = re.compile(r"_pb2(_grpc)?$")
_IDENTIFIER = re.compile(r"[^\W\d]\w*$")


def imports(
    root: Path,
    shell: Shell,
    *,
    only: Path | None = None,
    cache: Path | None = None,
    wide: bool = True,
) -> Scan:
    """Return what the files below ``root`` import, ask for, call and read.

    Nothing is executed and no file stops the scan: what cannot be read is in ``unreadable``.
    Ignored files, environments, dot folders, vendored and built code are not looked at, nor are
    nested repositories; what only a folder with dependency files of its own imports is "guarded".
    ``only`` is a file or a folder below ``root`` that alone is read; what is local is looked for
    everywhere, or (not ``wide``) around that file. ``cache``: a folder,
    :func:`envboot.infer.remembering.folder`, where readings are kept; None: nothing is written.
    """
    every = list(sources.walk(root, shell)) if wide else []
    locator = locality.Locator(root, shell, locality.everywhere(every))
    files = opening.chosen(every, root, only, shell)
    memory = remembering.open_memory(cache, root, shell) if cache else None
    merging = Merging()
    with opening.few_collections():
        for source, found in _opened(files, root, only, memory, shell):
            _take(source, found, merging, locator)
    if memory:
        memory.save(whole=only is None)
    return merging.scan()


def _opened(
    files: list[Source], root: Path, only: Path | None, memory: Memory | None, shell: Shell
) -> Iterator[tuple[Source, Opened]]:
    """Yield each file with what it says: remembered, read by a child ahead, or read here."""
    if len(files) < opening.MANY or (memory and memory.known):
        for source in files:
            yield source, opening.read(source.path, shell, memory)
        return
    from envboot.infer import parallel  # most repositories are small

    known = parallel.ahead(files, root, only, shell)
    for source in files:
        packed = known.pop(source.relative, None)
        found = parallel.opened(packed) if packed else None
        if found is None:
            found = opening.read(source.path, shell, memory)
        elif memory and found.key:
            memory.keep(found.key, found.reading)
        yield source, found


def _take(source: Source, found: Opened, merging: Merging, locator: locality.Locator) -> None:
    relative = source.relative
    if relative.endswith(".ipynb"):
        merging.notebooks.append(relative)
    reading = found.reading
    if found.why:
        merging.unreadable.append(Notice(found.why, Origin(relative)))
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
