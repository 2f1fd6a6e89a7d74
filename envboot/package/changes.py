"""What ``package-env`` would change: one value a file, its difference, and what is stale."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from envboot.plan import Remove, Write

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from envboot.package.setupfile import Block


@dataclass(frozen=True)
class Change:
    """One file before and after; None: it is not there."""

    path: str
    before: bytes | None
    after: bytes | None
    ours: bool = True
    """Nothing that someone else wrote is changed."""
    executable: bool = False

    @property
    def state(self) -> str:
        """Return what happens to the file, in a word."""
        if self.before == self.after:
            return "unchanged"
        return "removed" if self.after is None else "written"

    def step(self, root: Path) -> Write | Remove:
        """Return the step that makes the change."""
        if self.after is None:
            return Remove(root / self.path)
        return Write(root / self.path, self.after, executable=self.executable)


def diff(change: Change) -> str:
    """Return the change as a unified diff; one line for a binary file."""
    before, after = change.before or b"", change.after or b""
    if b"\0" in before + after:
        return f"{change.path}: {len(after)} bytes, binary"
    rows = difflib.unified_diff(
        before.decode("utf-8", "replace").splitlines(),
        after.decode("utf-8", "replace").splitlines(),
        change.path if change.before is not None else "(none)",
        change.path if change.after is not None else "(none)",
        lineterm="",
    )
    return "\n".join(rows)


def stale(
    changes: Sequence[Change], old: Block | None, new: Block, known: Mapping[str, str] | None = None
) -> tuple[dict[str, str], ...]:
    """Return path, state and why of each file that is not what it has to be.

    ``known`` are reasons that somebody else found: path → why.
    """
    rows = []
    for change in changes:
        if change.before != change.after:
            found = (known or {}).get(change.path)
            whys = list(_whys(change, old, new)) if change.path == "setup.py" else []
            whys += [found] if found else []
            why = "; ".join(whys) or ("it is missing" if change.before is None else _other(change))
            rows.append({"path": change.path, "state": "stale", "why": why})
    return tuple(rows)


def _other(change: Change) -> str:
    if change.path.endswith(".pyz"):
        return "it is of another version of envboot, or damaged"
    return "it is not what envboot writes"


def _whys(change: Change, old: Block | None, new: Block) -> Iterator[str]:
    if change.before is None:
        return
    if old is None:
        yield "it has no block of envboot"
        return
    for name in sorted({*old.files, *new.files}):
        if old.files.get(name) != new.files.get(name):
            yield f"its copy of {name} is {'stale' if name in old.files else 'missing'}"
    if dict(old.needs) != dict(new.needs):
        yield "its copy of the needs is stale"
    if old.version != new.version:
        yield f"it was written by envboot {old.version or '?'}"
    if old.sha256 != new.sha256:
        yield "it names another archive than the one beside it"
