"""What becomes of the text that a person wrote, before it is changed: git has it, or a backup."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envboot import git, transaction
from envboot.package.changes import Change

if TYPE_CHECKING:
    from collections.abc import Sequence
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
        place = f"{FOLDER}/{change.path}" + (f".{number}" if number > 1 else "")
        found = shell.read(root / place)
        if found is None and not shell.kind(root / place):
            return place, False
        if found == change.before:
            return place, True
