"""The files of one repository as text and as specs, with the files that they include."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from envboot import formats
from envboot.errors import InvalidFile
from envboot.formats.parts import encoding
from envboot.spec import Dependency, EnvironmentSpec, Notice, Origin

if TYPE_CHECKING:
    from collections.abc import Mapping

    from envboot.shell import Shell
    from envboot.spec import Include

_LINKS = 40  # as many as Linux follows
# Formats by the end of the name, for files that a person names or another file includes.
_BY_SUFFIX = {
    ".txt": "requirements.txt",
    ".in": "requirements.txt",
    ".yml": "environment.yml",
    ".yaml": "environment.yml",
    ".toml": "pyproject.toml",
}


@dataclass(frozen=True)
class Repository:
    """A folder that is only looked at; paths are POSIX and relative to ``root``."""

    root: Path
    shell: Shell
    embedded: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """What setup.py carries: name → (sha256, text); a file on disk wins."""
    overlay: Mapping[str, str | None] = field(default_factory=dict)
    """Texts that are about to be written count as if they were on the disk; None: it will go."""
    only: frozenset[str] | None = None
    """The files that count, for a notebook that carries them; None: whatever lies there."""
    _specs: dict[str, EnvironmentSpec] = field(default_factory=dict, compare=False)

    def on_disk(self, path: str) -> bool:
        """Return whether the file is there."""
        if self.only is not None and path not in self.only:
            return False
        if path in self.overlay:
            return self.overlay[path] is not None
        return self.shell.kind(self.root / path) == "file"

    def has(self, path: str) -> bool:
        """Return whether the file is there, or setup.py carries it."""
        return self.on_disk(path) or path in self.embedded

    def text(self, path: str) -> str | None:
        """Return the file's text; None when it is absent. Raises InvalidFile for a binary."""
        if self.overlay.get(path) is not None:
            return self.overlay[path]
        if not self.on_disk(path):
            return self.embedded[path][1] if path in self.embedded else None
        data = self.shell.read(self.root / path, encoding.LIMIT + 1)
        if data is None:
            raise InvalidFile(
                "the file cannot be read",
                hint="check its permissions",
                origin=Origin(path),
            )
        return encoding.decode(data, path)

    def bytes(self, path: str, limit: int) -> bytes | None:
        """Return up to ``limit`` bytes of a file on the disk, whatever they are; None: absent."""
        return self.shell.read(self.root / path, limit) if self.on_disk(path) else None

    def names(self, folder: str = "") -> tuple[str, ...]:
        """Return the names in a folder."""
        if self.only is not None:
            beginning = f"{folder.rstrip('/')}/" if folder else ""
            below = (p[len(beginning) :] for p in sorted(self.only) if p.startswith(beginning))
            return tuple(dict.fromkeys(p.partition("/")[0] for p in below))
        return tuple(p.name for p in self.shell.folder(self.root / folder))

    def holds(self, folder: str) -> bool:
        """Return whether the folder is there, with something in it that counts."""
        if self.only is not None:
            return any(path.startswith(f"{folder.rstrip('/')}/") for path in self.only)
        return self.shell.kind(self.root / folder) == "folder"

    def spec(self, path: str) -> EnvironmentSpec:
        """Return what a file declares, with all that it includes. Raises InvalidFile."""
        if path not in self._specs:
            text = self.text(path)
            name = path.rsplit("/", 1)[-1]
            reader = formats.reader_for(name)
            if reader is None:
                alike = _BY_SUFFIX.get(posixpath.splitext(name)[1].lower())
                reader = formats.reader_for(alike) if alike else None
            if text is None or reader is None:
                why = "does not exist" if text is None else "is of no format that is known"
                raise InvalidFile(f"the file {why}", hint="check its name", origin=Origin(path))
            found = reader.parse(text, Origin(path))
            if found.includes:
                found = self._resolved(found, path, (path,), set())
            self._specs[path] = replace(found, includes=())
        return self._specs[path]

    # -------------------------------------------------------------- includes

    def _resolved(
        self, spec: EnvironmentSpec, path: str, chain: tuple[str, ...], seen: set[tuple[str, str]]
    ) -> EnvironmentSpec:
        """Return ``spec`` with the files that it includes read in, each once."""
        for include in spec.includes:
            if re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", include.path):
                spec = _remote(spec, include)
                continue
            target = self._target(include, posixpath.dirname(path))
            if target in chain:
                names = " → ".join((*chain[chain.index(target) :], target))
                raise InvalidFile(
                    f"the files include each other: {names}",
                    hint="take one of these lines out",
                    origin=include.origin,
                )
            if (target, include.kind) in seen:
                continue
            seen.add((target, include.kind))
            text = self.text(target)
            if text is None:
                raise InvalidFile(
                    f"`{include.path}` does not exist",
                    hint="paths are relative to the file that names them",
                    origin=include.origin,
                )
            reader = formats.reader_for("requirements.txt")
            assert reader is not None  # noqa: S101 - it is built in
            inner = reader.parse(text, Origin(target))
            inner = self._resolved(inner, target, (*chain, target), seen)
            spec = _joined(spec, inner, include)
        return spec

    def leads_out(self, path: str) -> bool:
        """Return whether a link leads from a path in the repository to a place outside."""
        root, real = self._real(self.root), self._real(self.root / path)
        return root is None or real is None or (real != root and root not in real.parents)

    def _target(self, include: Include, folder: str) -> str:
        """Return the included path, relative to the root. Raises InvalidFile if it lies outside."""
        path = Path(include.path)
        whole = path if path.is_absolute() else self.root / folder / path
        root = self._real(self.root)
        real = self._real(Path(posixpath.normpath(whole.as_posix())))
        if real is None or root is None or (real != root and root not in real.parents):
            raise InvalidFile(
                f"`{include.path}` lies outside the repository",
                hint="move the file into the repository",
                origin=include.origin,
            )
        return real.relative_to(root).as_posix()

    def _real(self, path: Path) -> Path | None:
        """Return the path with its links followed; None when they go round in circles."""
        left, done = list(path.parts[1:]), Path(path.anchor)
        links = 0
        while left:
            part = left.pop(0)
            if part == "..":
                done = done.parent
                continue
            target = self.shell.target(done / part)
            if target is None:
                done /= part
                continue
            links += 1
            if links > _LINKS:
                return None
            done, left = Path(target.anchor), [*target.parts[1:], *left]
        return done


def _remote(spec: EnvironmentSpec, include: Include) -> EnvironmentSpec:
    """Return ``spec`` with a line for pip: nothing is downloaded to look at it."""
    flag = "-r" if include.kind == "requirements" else "-c"
    line = Dependency("", f"{flag} {include.path}", "pypi", include.origin)
    notice = Notice("a file on the network is included: its content is not known", include.origin)
    return replace(spec, dependencies=(*spec.dependencies, line), notices=(*spec.notices, notice))


def _joined(spec: EnvironmentSpec, inner: EnvironmentSpec, include: Include) -> EnvironmentSpec:
    constraints = (*spec.constraints, *inner.constraints)
    notices = (*spec.notices, *inner.notices)
    options = tuple({o.text: o for o in (*spec.options, *inner.options)}.values())
    if include.kind == "constraints":
        constraints = (*constraints, *inner.dependencies)
        return replace(spec, constraints=constraints, notices=notices, options=options)
    known = {d.text for d in spec.dependencies}
    added = tuple(d for d in inner.dependencies if d.text not in known)
    return replace(
        spec,
        dependencies=(*spec.dependencies, *added),
        constraints=constraints,
        options=options,
        notices=notices,
        python=spec.python or inner.python,
        python_origin=spec.python_origin or inner.python_origin,
        as_written=spec.as_written and inner.as_written,
    )
