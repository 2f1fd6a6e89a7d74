"""What is local to a file: the modules that its repository holds, not a distribution.

A module is looked for where Python would find it when the importing file runs: in the file's own
folders up to the root, in ``src`` and ``lib`` beside them, and in folders put on ``sys.path``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from envboot import names

if TYPE_CHECKING:
    from envboot.infer.sources import Source
    from envboot.infer.syntax import Reading, Seen
    from envboot.shell import Shell

_MODULES = (".py", ".pyx", ".so", ".pyd", ".pyi")


def everywhere(files: list[Source]) -> frozenset[str]:
    """Return the names that some file or package of the repository could be imported by."""
    tops: set[str] = set()
    for source in files:
        path = PurePosixPath(source.relative)
        if path.suffix != ".ipynb":
            tops |= {path.stem, path.parent.name}
    return frozenset(tops - {"", "__init__"})


@dataclass
class Locator:
    """Knows what is local to a file: looked up on the disk, each path once."""

    root: Path
    shell: Shell
    everywhere: frozenset[str]
    kinds: dict[Path, str] = field(default_factory=dict)
    inside: dict[Path, bool] = field(default_factory=dict)

    def kind(self, path: Path) -> str:
        """Return "file", "folder", ... as :meth:`envboot.shell.Shell.kind` says it."""
        if path not in self.kinds:
            self.kinds[path] = self.shell.kind(path)
        return self.kinds[path]

    def holds_python(self, folder: Path) -> bool:
        """Return whether a folder has Python directly inside: a folder of data hides nothing."""
        if folder not in self.inside:
            self.inside[folder] = any(e.suffix in _MODULES for e in self.shell.folder(folder))
        return self.inside[folder]

    def place(self, path: Path, reading: Reading) -> Place:
        """Return where the file ``path`` finds its modules, nearest folder first."""
        above = [p for p in path.parents if p == self.root or self.root in p.parents]
        extra = [
            Path(plain(a / text))
            for text in reading.paths
            for a in above
            if len(text) < 300  # noqa: PLR2004
        ]
        folders = [*above, *(a / "src" for a in above), *(a / "lib" for a in above)]
        folders += [e for e in extra if e == self.root or self.root in e.parents]
        unique = tuple(dict.fromkeys(folders))
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


def plain(path: Path) -> str:
    """Return a path with ``..`` taken out, without looking at the disk."""
    out: list[str] = []
    for part in path.parts:
        if part == ".." and len(out) > 1:
            out.pop()
        elif part not in {".", ".."}:
            out.append(part)
    return str(Path(*out))
