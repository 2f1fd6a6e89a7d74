"""What is local to a file: the modules that its repository holds, not a distribution.

A module is looked for where Python would find it when the importing file runs: in the file's own
folders up to the root, in ``src`` and ``lib`` beside them, in folders that the project declares
as its packages', and in those that the file puts on ``sys.path``.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from envboot import names
from envboot.infer import declared

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from envboot.infer.reading import Reading, Seen
    from envboot.infer.sources import Source
    from envboot.shell import Shell

_MODULES = (".py", ".pyx", ".so", ".pyd", ".pyi")
_LONG = 300  # letters of a path written in code; beyond it is none
_READ = 1 << 20  # bytes of a module that are searched for a name


def everywhere(files: Iterable[Source]) -> dict[str, frozenset[str]]:
    """Return the names that the repository's modules and packages could be imported by.

    Each with the places of that name: files, and folders with Python directly inside (POSIX,
    relative to the root).
    """
    found: dict[str, set[str]] = defaultdict(set)
    for source in files:
        path = PurePosixPath(source.relative)
        if path.suffix == ".ipynb":
            continue
        if path.stem != "__init__":
            found[path.stem].add(source.relative)
        if path.parent.name:
            found[path.parent.name].add(str(path.parent))
    return {name: frozenset(places) for name, places in found.items()}


@dataclass
class Locator:
    """Knows what is local to a file: looked up on the disk, each path once."""

    root: Path
    shell: Shell
    everywhere: Mapping[str, frozenset[str]]
    kinds: dict[Path, str] = field(default_factory=dict)
    inside: dict[Path, bool] = field(default_factory=dict)
    texts: dict[Path, str] = field(default_factory=dict)
    stems: dict[Path, frozenset[str]] = field(default_factory=dict)
    around: dict[Path, tuple[Path, ...]] = field(default_factory=dict)
    verdicts: dict[tuple[str, tuple[str, ...]], str] = field(default_factory=dict)
    """Of the folder ``of``: its files find the same modules, and come one after the other."""
    of: Path | None = None
    _declared: declared.Declared | None = None

    def kind(self, path: Path) -> str:
        """Return "file", "folder", ... as :meth:`envboot.shell.Shell.kind` says it."""
        if path not in self.kinds:
            self.kinds[path] = self.shell.kind(path)
        return self.kinds[path]

    def could_hold(self, folder: Path, top: str) -> bool:
        """Return whether a module or a folder of that name can be in ``folder``: listed once.

        It spares a look at every suffix in every folder, for each import of each file.
        """
        found = self.stems.get(folder)
        if found is None:
            entries = (e.name for e in self.shell.folder(folder))
            found = frozenset(
                n.partition(".")[0] for n in entries if "." not in n or n.endswith(_MODULES)
            )
            self.stems[folder] = found
        return top in found

    def holds_python(self, folder: Path) -> bool:
        """Return whether a folder has Python directly inside: a folder of data hides nothing."""
        if folder not in self.inside:
            self.inside[folder] = any(e.suffix in _MODULES for e in self.shell.folder(folder))
        return self.inside[folder]

    def defines(self, place: Path, name: str) -> bool:
        """Return whether a module or package shows a name: as a module inside it, or in its text.

        Of a folder without ``__init__.py`` only modules count.
        """
        if self.kind(place) != "folder":
            return self._says(place, name)
        inside = any(self.kind(place / f"{name}{suffix}") == "file" for suffix in _MODULES)
        return inside or self.holds_python(place / name) or self._says(place / "__init__.py", name)

    def _says(self, file: Path, name: str) -> bool:
        if file not in self.texts:
            self.texts[file] = (self.shell.read(file, _READ) or b"").decode("utf-8", "replace")
        return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", self.texts[file]) is not None

    def declares(self) -> declared.Declared:
        """Return what the project's own files say of its packages; read once."""
        if self._declared is None:
            self._declared = declared.read(self.root, self.shell)
        return self._declared

    def place(self, path: Path, reading: Reading) -> Place:
        """Return where the file ``path`` finds its modules, nearest folder first."""
        unique = self.around.get(path.parent)
        if unique is None:
            above = [p for p in path.parents if p == self.root or self.root in p.parents]
            folders = [*above, *(a / "src" for a in above), *(a / "lib" for a in above)]
            folders += [self.root / folder for folder in self.declares().folders]
            unique = self.around[path.parent] = tuple(dict.fromkeys(folders))
        if reading.paths:
            above = [p for p in path.parents if p == self.root or self.root in p.parents]
            extra = [
                Path(plain(a / text)) for text in reading.paths for a in above if len(text) < _LONG
            ]
            inside = [e for e in extra if e == self.root or self.root in e.parents]
            unique = tuple(dict.fromkeys((*unique, *inside)))
        return Place(self, path, unique, frozenset(reading.made))


@dataclass
class Place:
    """The folders from which one file finds its modules."""

    locator: Locator
    path: Path
    folders: tuple[Path, ...]
    made: frozenset[str]
    known: dict[Seen, str] = field(default_factory=dict)

    def locate(self, seen: Seen) -> str:
        """Return "local", "perhaps" (a module of that name is somewhere here) or ""."""
        locator, folder = self.locator, self.path.parent
        top = seen.module.partition(".")[0]
        if top == self.path.stem or self.made or self.folders is not locator.around.get(folder):
            if seen not in self.known:
                self.known[seen] = self._locate(top, seen)
            return self.known[seen]
        if locator.of != folder:
            locator.verdicts, locator.of = {}, folder
        key = seen.module, seen.names
        if key not in locator.verdicts:
            locator.verdicts[key] = self._locate(top, seen)
        return locator.verdicts[key]

    def _locate(self, top: str, seen: Seen) -> str:
        declares = self.locator.declares()
        if top in self.made or top in declares.modules:
            return "local"
        well_known = names.is_known(seen.module)
        for folder in self.folders:
            found = self._look(folder, top, seen)
            if found == "strong" or (found == "weak" and not well_known):
                return "local"
        if well_known:
            return ""
        if top in declares.submodules:
            return "perhaps"
        return "perhaps" if self._elsewhere(top, seen) else ""

    def _elsewhere(self, top: str, seen: Seen) -> bool:
        """Return whether a module of that name, not reachable from here, is likely to be meant.

        The file's own name and its own folders' are no evidence: ``helpers/plip.py`` imports
        plip. Where the import says what it takes, a place that has none of it is none either.
        """
        root = self.locator.root
        own = {self.path, *self.path.parents}
        places = {root / p for p in self.locator.everywhere.get(top, ())} - own
        wanted = _taken(seen)
        if not places or not wanted or names.distribution(seen.module) is None:
            return bool(places)
        return any(self.locator.defines(p, name) for p in places for name in wanted)

    def _look(self, folder: Path, top: str, seen: Seen) -> str:
        """Return how surely ``folder`` holds the module: "strong", "weak" or "".

        Weak is what an installed distribution would win against: a folder without
        ``__init__.py`` (PEP 420), or a neighbour inside a package, which only a script run
        from there would see.
        """
        locator = self.locator
        if not locator.could_hold(folder, top):
            return ""
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
        return "weak" if any(self._below(package, name) for name in _taken(seen)) else ""

    def _below(self, package: Path, name: str) -> bool:
        locator = self.locator
        return locator.kind(package / f"{name}.py") == "file" or locator.holds_python(
            package / name
        )


def _taken(seen: Seen) -> list[str]:
    """Return what an import takes out of its top-level module: the next part, or the names."""
    return seen.module.split(".")[1:2] or [n for n in seen.names if n != "*"][:20]


def plain(path: Path) -> str:
    """Return a path with ``..`` taken out, without looking at the disk."""
    out: list[str] = []
    for part in path.parts:
        if part == ".." and len(out) > 1:
            out.pop()
        elif part not in {".", ".."}:
            out.append(part)
    return str(Path(*out))
