"""environment.yml and requirements.txt, and what tests and docs need beyond them.

A file that envboot made is made anew each time, with the lines and comments that people added. One
that a person wrote is hers: lines are put in and taken out, and no other is touched.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from envboot.errors import InvalidFile
from envboot.formats import environment_yml, requirements_txt
from envboot.formats.parts import comments, encoding
from envboot.package import splicing
from envboot.package.changes import Change
from envboot.spec import Origin

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from envboot.derive import Derived
    from envboot.package import Packing
    from envboot.shell import Shell
    from envboot.spec import EnvironmentSpec

HEAD = f"{comments.MARK} `envboot package-env` writes and renews this file; your own lines stay"
"""The first line of a file that envboot made."""


@dataclass(frozen=True)
class Places:
    """The names of the four files: those that are there, else the usual ones."""

    conda: str = "environment.yml"
    pip: str = "requirements.txt"
    conda_dev: str = "environment-dev.yml"
    pip_dev: str = "requirements-dev.txt"

    def all(self) -> tuple[str, ...]:
        """Return the four."""
        return self.conda, self.pip, self.conda_dev, self.pip_dev


_SPELLINGS = Places(
    "environment.yml environment.yaml",
    "requirements.txt",
    "environment-dev.yml environment-dev.yaml dev-environment.yml environment_dev.yml",
    "requirements-dev.txt dev-requirements.txt requirements_dev.txt",
)


def places(root: Path, shell: Shell) -> Places:
    """Return the names of the files in the repository."""

    def there(names: str) -> str:
        known = names.split()
        return next((n for n in known if shell.kind(root / n) == "file"), known[0])

    return Places(*(there(names) for names in _SPELLINGS.all()))


def draft(
    root: Path,
    at: Places,
    derived: Derived,
    request: Packing,
    remembered: Mapping[str, str],
    shell: Shell,
) -> tuple[Change, ...]:
    """Return the changes of the four files, of those that change or are as they should be."""
    rows = (
        (at.conda, derived.conda, not request.pip_only),
        (at.pip, derived.pip, not request.conda_only),
        (at.conda_dev, derived.conda_dev, not request.pip_only),
        (at.pip_dev, derived.pip_dev, not request.conda_only),
    )
    return tuple(
        _changes(root, rows, remembered, shell, fill=request.pin is not None, lenient=request.check)
    )


def _changes(
    root: Path,
    rows: tuple[tuple[str, EnvironmentSpec, bool], ...],
    remembered: Mapping[str, str],
    shell: Shell,
    *,
    fill: bool,
    lenient: bool,
) -> Iterator[Change]:
    """Yield the changes; ``lenient``: evidence alone, which moves with every line, is none."""
    for path, spec, wanted in rows:
        before = shell.read(root / path)
        if before is None and shell.kind(root / path) == "file":
            raise InvalidFile(
                "the file cannot be read", hint="check its permissions", origin=Origin(path)
            )
        if wanted and spec.dependencies:
            after: bytes | None = written(before, path, spec, fill=fill)
            if lenient and before and after and _bare(before, path) == _bare(after, path):
                after = before
        elif before is not None:
            after = cleared(before, path)
        else:
            continue
        yield Change(path, before, after, ours=_ours(before, after, path, remembered))


def written(before: bytes | None, path: str, spec: EnvironmentSpec, *, fill: bool = False) -> bytes:
    """Return the file as it should be; ``fill``: see :mod:`envboot.package.splicing`."""
    conda = path.endswith((".yml", ".yaml"))
    writer = environment_yml if conda else requirements_txt
    if before is None:
        return f"{_head(path)}\n{writer.render(spec)}".encode()
    text = encoding.decode(before, path)
    if is_made(text):
        after = f"{_head(path)}\n{writer.render(spec, text)}"
    else:
        splice = splicing.environment if conda else splicing.requirements
        after = splice(text, spec, fill=fill)
    return before if after == text else encoding.encode(after, before, path)


def _head(path: str) -> str:
    """Return what stands at the head of a file that envboot makes."""
    if not path.endswith(("-dev.yml", "-dev.yaml")):
        return HEAD
    return f"{HEAD}\n{comments.MARK} it adds to the environment: `conda env update -f {path}`"


def cleared(before: bytes, path: str) -> bytes | None:
    """Return the file without what envboot put in; None when nothing of a person's is left."""
    text = encoding.decode(before, path)
    if comments.MARK not in text:
        return before
    after = splicing.strip(text)
    if is_made(text):
        if not _is_somebodys(after, path):
            return None
        after = _whole(after, text, path)
    return before if after == text else encoding.encode(after, before, path)


def _bare(data: bytes, path: str) -> list[str]:
    rows = encoding.decode(data, path).split("\n")
    return [row.partition(comments.MARK)[0].rstrip() for row in rows]


def is_made(text: str) -> bool:
    """Return whether envboot made the file, and not a person."""
    return any(row.strip() == HEAD for row in text.split("\n", 5)[:5])


def _is_somebodys(text: str, path: str) -> bool:
    """Return whether a person's line or comment is in what is left of a file that envboot made."""
    if any(row.strip().startswith("#") or " #" in row for row in text.split("\n")):
        return True
    if not path.endswith((".yml", ".yaml")):
        own = [row for row in text.split("\n") if row.strip() and not row.startswith("-r ")]
        return bool(own)
    try:
        spec = environment_yml.parse(text, Origin(path))
    except InvalidFile:
        return False  # a list without items, a key without a value: the bones alone
    return any(d.name not in {"python", "pip"} for d in spec.dependencies)


def _whole(after: str, before: str, path: str) -> str:
    """Return what is left so that it can be read: a list that lost its items is made anew."""
    if not path.endswith((".yml", ".yaml")):
        return after
    try:
        environment_yml.parse(after, Origin(path))
    except InvalidFile:
        spec = environment_yml.parse(before, Origin(path))
        own = tuple(d for d in spec.dependencies if not splicing.is_ours(d.why))
        return environment_yml.render(replace(spec, dependencies=own, twin=""), before)
    return after


def _ours(
    before: bytes | None, after: bytes | None, path: str, remembered: Mapping[str, str]
) -> bool:
    """Return whether no line goes that a person wrote, and the file is one that envboot made."""
    if before is None or before == after:
        return True
    old = encoding.decode(before, path)
    if not is_made(old):
        return False
    if after is None:  # nothing of a person's is left in it
        return True
    gone = Counter(_bare(before, path)) - Counter(_bare(after, path))
    known = {*remembered.get(path, "").split("\n"), ""}
    ours = {row.partition(comments.MARK)[0].rstrip() for row in old.split("\n") if _is_ours(row)}
    return all(row in known or row in ours for row in gone)


def _is_ours(row: str) -> bool:
    return row.startswith("-r ") or splicing.is_ours(comments.why(row))
