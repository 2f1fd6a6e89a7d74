"""Which third-party modules the code and the notebooks of a repository import.

One pass over the repository's own files: :mod:`envboot.infer.sources` says which they are,
:mod:`envboot.infer.syntax` and :mod:`envboot.infer.notebook` what each of them imports. Here it is
decided what is local, what belongs to Python itself, and how much the repository needs the rest.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from envboot import names
from envboot.infer import notebook, sources, syntax
from envboot.infer.facts import ORDER, Imported, Label, Scan
from envboot.infer.stdlib import is_stdlib
from envboot.spec import Notice, Origin

if TYPE_CHECKING:
    from envboot.infer.sources import Source
    from envboot.infer.syntax import Reading, Seen
    from envboot.shell import Shell

LIMIT = 100_000_000  # bytes of one file
_MODULES = (".py", ".pyx", ".so", ".pyd", ".pyi")
_GENERATED = re.compile(r"_pb2(_grpc)?$")
_IDENTIFIER = re.compile(r"[^\W\d]\w*$")


def imports(root: Path, shell: Shell) -> Scan:
    """Return the third-party modules that the files below ``root`` import.

    Nothing is executed and no file stops the scan: what cannot be read is in ``unreadable``.
    Ignored files, environments, dot folders, vendored and built code are not looked at, nor are
    nested repositories; what only a folder with dependency files of its own imports is "guarded".
    """
    files = list(sources.walk(root, shell))
    locator = _Locator(root, shell, _everywhere(files))
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


def _third_party(seen: Seen, source: Source, place: _Place) -> list[Imported]:
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


def _everywhere(files: list[Source]) -> frozenset[str]:
    """Return the names that some file or package of the repository could be imported by."""
    tops: set[str] = set()
    for source in files:
        path = PurePosixPath(source.relative)
        if path.suffix != ".ipynb":
            tops |= {path.stem, path.parent.name}
    return frozenset(tops - {"", "__init__"})


@dataclass
class _Locator:
    """Knows what is local to a file: looked up on the disk, each path once."""

    root: Path
    shell: Shell
    everywhere: frozenset[str]
    kinds: dict[Path, str] = field(default_factory=dict)
    inside: dict[Path, bool] = field(default_factory=dict)

    def kind(self, path: Path) -> str:
        if path not in self.kinds:
            self.kinds[path] = self.shell.kind(path)
        return self.kinds[path]

    def holds_python(self, folder: Path) -> bool:
        """Return whether a folder has Python directly inside: a folder of data hides nothing."""
        if folder not in self.inside:
            self.inside[folder] = any(e.suffix in _MODULES for e in self.shell.folder(folder))
        return self.inside[folder]

    def place(self, path: Path, reading: Reading) -> _Place:
        above = [p for p in path.parents if p == self.root or self.root in p.parents]
        extra = [
            Path(_plain(a / text))
            for text in reading.paths
            for a in above
            if len(text) < 300  # noqa: PLR2004
        ]
        folders = [*above, *(a / "src" for a in above), *(a / "lib" for a in above)]
        folders += [e for e in extra if e == self.root or self.root in e.parents]
        unique = tuple(dict.fromkeys(folders))
        return _Place(self, path, unique, frozenset(reading.made))


@dataclass
class _Place:
    """The folders from which one file finds its modules."""

    locator: _Locator
    path: Path
    folders: tuple[Path, ...]
    made: frozenset[str]
    known: dict[Seen, str] = field(default_factory=dict)

    def locate(self, seen: Seen) -> str:
        """Return "local", "perhaps" (a module of that name is somewhere here) or ""."""
        if seen not in self.known:
            self.known[seen] = self._locate(seen.module.partition(".")[0], seen)
        return self.known[seen]

    def _locate(self, top: str, seen: Seen) -> str:
        if top in self.made:
            return "local"
        well_known = names.is_known(seen.module)
        for folder in self.folders:
            found = self._look(folder, top, seen)
            if found == "strong" or (found == "weak" and not well_known):
                return "local"
        return "perhaps" if top in self.locator.everywhere and not well_known else ""

    def _look(self, folder: Path, top: str, seen: Seen) -> str:
        """Return how surely ``folder`` holds the module: "strong", "weak" or "".

        Weak is what an installed distribution would win against: a folder without
        ``__init__.py`` (PEP 420), or a neighbour inside a package, which only a script run
        from there would see.
        """
        locator = self.locator
        packaged = (
            folder != locator.root
            and folder in self.path.parents
            and locator.kind(folder / "__init__.py") == "file"
        )
        sure = "weak" if packaged else "strong"
        for suffix in _MODULES:
            candidate = folder / f"{top}{suffix}"
            if candidate != self.path and locator.kind(candidate) == "file":
                return sure
        package = folder / top
        if locator.kind(package) != "folder":
            return ""
        if locator.kind(package / "__init__.py") == "file":
            return sure
        if locator.holds_python(package):
            return "weak"
        rest = seen.module.split(".")[1:2] or [n for n in seen.names if n != "*"][:20]
        below = any(
            locator.kind(package / f"{n}.py") == "file" or locator.holds_python(package / n)
            for n in rest
        )
        return "weak" if below else ""


def _plain(path: Path) -> str:
    """Return a path with ``..`` taken out, without looking at the disk."""
    out: list[str] = []
    for part in path.parts:
        if part == ".." and len(out) > 1:
            out.pop()
        elif part not in {".", ".."}:
            out.append(part)
    return str(Path(*out))
