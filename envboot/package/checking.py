"""``package-env --check``: which files are not what they have to be, and why. Nothing is written.

The code and the files decide, no live environment: versions are taken as they are written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envboot import formats
from envboot.errors import InvalidFile
from envboot.formats.parts import encoding
from envboot.package.changes import stale
from envboot.spec import Origin

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from envboot.console import Console
    from envboot.derive import Derived
    from envboot.package.changes import Change
    from envboot.package.setupfile import Block


def check(
    changes: Sequence[Change],
    old: Block | None,
    new: Block,
    derived: Derived,
    console: Console,
    *,
    locks: Mapping[str, str],
) -> tuple[dict[str, str], ...]:
    """Return path, state and why of each stale file, and say them; ``locks``: path → why."""
    used = {row.name: row.used for row in derived.rows}
    whys = {c.path: why for c in changes if c.before != c.after and (why := _why(c, used))}
    rows = stale(changes, old, new, whys)
    for row in rows:
        console.warn(f"{row['path']}: {row['why']}", hint="`envboot package-env` renews it")
    for path, why in locks.items():
        console.warn(f"{path}: {why}", hint="`envboot package-env --lock` renews it")
        rows = (*rows, {"path": path, "state": "stale", "why": why})
    if not rows:
        console.say("setup.py, the archive and the files that they carry are up to date")
    return rows


def _why(change: Change, used: Mapping[str, str]) -> str:
    """Return what a dependency file lacks or has too much; "" for other files."""
    if change.before is None or change.path.endswith(".pyz"):
        return ""
    before, after = _lines(change.path, change.before), _lines(change.path, change.after or b"")
    if before is None or after is None:
        return ""
    said = [
        f"`{name}` is missing" + (f" ({used[name]})" if used.get(name) else "")
        for name in sorted(after.keys() - before.keys())
    ]
    said += [f"`{name}` is not needed any more" for name in sorted(before.keys() - after.keys())]
    both = before.keys() & after.keys()
    said += [f"`{before[n]}` has to be `{after[n]}`" for n in sorted(both) if before[n] != after[n]]
    return "; ".join(said)


def _lines(path: str, data: bytes) -> dict[str, str] | None:
    """Return name → line of a dependency file; None of any other."""
    reader = formats.reader_for(path.rpartition("/")[2]) if path.endswith(_ENDS) else None
    if reader is None or not path.rpartition("/")[2].startswith(_STARTS):
        return None
    try:
        text = encoding.decode(data, path)
        spec = reader.parse(text, Origin(path)) if text.strip() else None
    except InvalidFile:
        return None
    return {d.name or d.text: d.text for d in spec.dependencies} if spec else {}


_ENDS = (".yml", ".yaml", ".txt")
_STARTS = ("environment", "requirements", "dev-")
