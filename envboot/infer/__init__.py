"""Which third-party modules the code and the notebooks of a repository import.

One pass over the repository's own files: :mod:`envboot.infer.sources` says which they are,
:mod:`envboot.infer.syntax` and :mod:`envboot.infer.notebook` what each of them imports. Here it is
decided what is local, what belongs to Python itself, and how much the repository needs the rest.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from envboot import names
from envboot.infer import locality, notebook, sources, syntax
from envboot.infer.facts import ORDER, Imported, Label, Scan
from envboot.infer.stdlib import is_stdlib
from envboot.spec import Notice, Origin

if TYPE_CHECKING:
    from pathlib import Path

    from envboot.infer.locality import Place
    from envboot.infer.sources import Source
    from envboot.infer.syntax import Reading, Seen
    from envboot.shell import Shell

LIMIT = 100_000_000  # bytes of one file
_GENERATED = re.compile(r"_pb2(_grpc)?$")
_IDENTIFIER = re.compile(r"[^\W\d]\w*$")


def imports(root: Path, shell: Shell) -> Scan:
    """Return the third-party modules that the files below ``root`` import.

    Nothing is executed and no file stops the scan: what cannot be read is in ``unreadable``.
    Ignored files, environments, dot folders, vendored and built code are not looked at, nor are
    nested repositories; what only a folder with dependency files of its own imports is "guarded".
    """
    files = list(sources.walk(root, shell))
    locator = locality.Locator(root, shell, locality.everywhere(files))
    found: dict[str, Imported] = {}
    unreadable: list[Notice] = []
    for source in files:
        path, relative = source.path, source.relative
        if relative.endswith(".pyx"):
            continue
        reading, notice = _read(path, relative, shell)
        if notice:
            unreadable.append(notice)
        unreadable += [
            Notice(f"could not be read whole: {why}", Origin(relative, line, cell))
            for why, line, cell in reading.errors
        ]
        place = locator.place(path, reading)
        for seen in reading.seen:
            for item in _third_party(seen, source, place):
                before = found.get(item.module)
                if before is None or ORDER.index(item.label) < ORDER.index(before.label):
                    found[item.module] = item
    return Scan(
        tuple(found[name] for name in sorted(found, key=lambda n: (n.lower(), n))),
        tuple(unreadable),
        tuple(s.relative for s in files if s.relative.endswith(".ipynb")),
    )


def _read(path: Path, relative: str, shell: Shell) -> tuple[Reading, Notice | None]:
    data = shell.read(path, LIMIT + 1)
    if data is None:
        return syntax.Reading(), Notice("cannot be opened", Origin(relative))
    if len(data) > LIMIT:
        return syntax.Reading(), Notice("larger than 100 MB: not looked into", Origin(relative))
    return (notebook.read(data) if relative.endswith(".ipynb") else syntax.read(data)), None


def label(relative: str) -> Label:
    """Return what a file is for, by where it lies and what it is called."""
    path = PurePosixPath(relative)
    folders, name = {p.lower() for p in path.parts[:-1]}, path.name.lower()
    if folders & {"test", "tests", "testing"} or name in {"conftest.py", "noxfile.py"}:
        return "test"
    if name.startswith("test_") or name.endswith("_test.py"):
        return "test"
    if folders & {"doc", "docs"} or name == "setup.py":
        return "docs"
    return "production"


def _third_party(seen: Seen, source: Source, place: Place) -> list[Imported]:
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
        kind = label(source.relative)
        hosted = module in names.HOSTED or top in names.HOSTED
        doubtful = seen.guarded or source.apart or where == "perhaps" or hosted
        if kind == "production" and doubtful:
            kind = "guarded"
        out.append(Imported(module, Origin(source.relative, seen.line, seen.cell), kind))
    return out
