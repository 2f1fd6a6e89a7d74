"""What becomes of the text that a person wrote, before it is changed: git has it, or a backup."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envboot import git, transaction
from envboot.package.changes import Change

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from envboot.shell import Shell

FOLDER = ".envboot/backup"
_IGNORE = ".envboot/.gitignore"


def draft(
    root: Path, changes: Sequence[Change], shell: Shell
) -> tuple[tuple[Change, ...], tuple[str, ...]]:
    """Return the backups to write, and a sentence for each file about where its old text is.

    A text that is in the last commit as it is on disk needs none. Backups are numbered, and none
    is ever written over.
    """
    foreign = [c for c in changes if not c.ours and c.before]
    if not foreign:
        return (), ()
    now = git.state(root, shell, [c.path for c in foreign])
    kept = frozenset(now.kept) if now else frozenset()
    saved: list[Change] = []
    notes = []
    for change in foreign:
        if change.path in kept:
            notes.append(f"{change.path}: its old text is in the last commit")
            continue
        place, there = _place(root, change, shell)
        notes.append(f"{change.path}: its old text is kept as {place}")
        if not there:
            saved.append(Change(place, None, change.before))
    if saved and not any(c.path == _IGNORE for c in changes):
        before = shell.read(root / _IGNORE)
        if before is None:
            saved.insert(0, Change(_IGNORE, None, transaction.IGNORE.encode()))
    return tuple(saved), tuple(notes)


def _place(root: Path, change: Change, shell: Shell) -> tuple[str, bool]:
    """Return the path of the backup, and whether it holds this very text already."""
    number = 0
    while True:
        number += 1
        place = _name(change.path, number)
        found = shell.read(root / place)
        if found is None and not shell.kind(root / place):
            return place, False
        if found == change.before:
            return place, True


def _name(path: str, number: int) -> str:
    return f"{FOLDER}/{path}" + (f".{number}" if number > 1 else "")


def redundant(root: Path, changes: Sequence[Change], shell: Shell) -> tuple[Change, ...]:
    """Return the removal of each backup whose text its file has again once ``changes`` are made."""
    after = {c.path: c.after for c in changes}
    out = []
    for place in _files(root / FOLDER, shell):
        path = place.relative_to(root / FOLDER).as_posix()
        kept = shell.read(place)
        path = re.sub(r"\.[0-9]+$", "", path) if not shell.kind(root / path) else path
        now = after[path] if path in after else shell.read(root / path)
        if kept is not None and kept == now:
            out.append(Change(place.relative_to(root).as_posix(), kept, None))
    return tuple(out)


def of(root: Path, path: str, shell: Shell) -> Iterator[bytes]:
    """Yield the backups of a file, the latest first."""
    found = []
    number = 1
    while (text := shell.read(root / _name(path, number))) is not None:
        found.append(text)
        number += 1
    yield from reversed(found)


def number(root: Path, shell: Shell) -> int:
    """Return how many backups there are."""
    return sum(1 for _ in _files(root / FOLDER, shell))


def _files(folder: Path, shell: Shell) -> Iterator[Path]:
    for entry in shell.folder(folder):
        if shell.target(entry) is not None:
            continue
        if shell.kind(entry) == "folder":
            yield from _files(entry, shell)
        else:
            yield entry
