"""What differs between what a notebook carries and what it should; and between its bytes."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

from envboot.formats.notebook import cells, environment
from envboot.formats.parts import comments
from envboot.notebook import pep723

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

ABOUT = frozenset({"env_ver", "sources"})
_MOVING = ABOUT | {"git", "cloud"}
"""What is another on each computer, or after each commit: no reason to call a notebook stale."""
_SPELLINGS = {"environment.yml": "environment.yaml"}
_LONGEST = 500  # characters of a line of a difference: a picture is one line
_SHOWN = 3  # lines of a difference that a sentence names


def flat(value: Mapping[str, Any]) -> dict[str, Any]:
    """Return key → value, each of the ``files`` as a key of its own: ``files/apt.txt``."""
    out: dict[str, Any] = {}
    for key, what in value.items():
        if key == "files" and isinstance(what, dict):
            out.update({f"files/{name}": text for name, text in what.items()})
        else:
            out[_SPELLINGS.get(key, key)] = what
    return out


def stale(old: Mapping[str, Any], new: Mapping[str, Any], place: Path) -> Iterator[str]:
    """Yield a sentence for each key that is not what it should be."""
    before, after = flat(old), flat(new)
    for key in dict.fromkeys((*before, *after)):
        name = key.rpartition("/")[2]
        if key in _MOVING:
            continue
        if key not in after:
            yield f"{name}: it is carried, and {place} has no such file"
        elif key not in before:
            yield f"{name}: it is not carried yet"
        elif before[key] != after[key]:
            yield f"{name}: {_how(before[key], after[key], key, place)}"


def diff(before: bytes, after: bytes, name: str) -> str:
    """Return the changed lines of a notebook as a unified diff; long lines are cut."""
    old, new = (data.decode("utf-8", "replace").splitlines() for data in (before, after))
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    end = 0  # a notebook has a million lines that did not change: they are not compared
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
    first, last = max(0, start - 3), max(0, end - 3)
    old, new = (rows[first : len(rows) - last] for rows in (old, new))
    rows = difflib.unified_diff(old, new, name, name, lineterm="")
    return "\n".join(_moved(row, first) for row in rows)


def cell(data: bytes) -> str:
    """Return the source of our PEP 723 cell; "" without one."""
    if not pep723.is_there(data):
        return ""
    for one in cells.cells(data):
        own = one.metadata.get("envboot")
        if isinstance(own, dict) and own.get("pep723") is True:
            return one.source
    return ""


def _moved(row: str, first: int) -> str:
    """Return a row of a diff; line numbers count from the top of the whole file."""
    if row.startswith("@@ ") and first:
        parts = row.split(" ")
        for at in (1, 2):
            number, comma, count = parts[at][1:].partition(",")
            parts[at] = f"{parts[at][0]}{int(number) + first}{comma}{count}"
        return " ".join(parts)
    return row if len(row) <= _LONGEST else f"{row[:_LONGEST]}…"


def _how(old: object, new: object, key: str, place: Path) -> str:
    if not isinstance(old, str) or not isinstance(new, str):
        return f"it says {old!r}, and should say {new!r}"
    if key not in environment.TOP and not key.startswith("files/"):
        return f"it says `{old}`, and should say `{new}`"
    rows = difflib.ndiff(_bare(old), _bare(new))
    changed = [row for row in rows if row.startswith(("+ ", "- ")) and row[2:].strip()]
    if not changed:
        return f"blanks or comments differ from the file in {place}"
    more = f" and {len(changed) - _SHOWN} more" if len(changed) > _SHOWN else ""
    return ", ".join(f"`{row}`" for row in changed[:_SHOWN]) + more


def _bare(text: str) -> list[str]:
    return [row.partition(comments.MARK)[0].rstrip() for row in text.splitlines()]
