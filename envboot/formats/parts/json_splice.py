"""Missing keys put into somebody's JSON with comments, and taken out again byte for byte.

What is put in stands first in its object, between two marks, so that nothing of the rest has to
change: no comma, no comment, no line end.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from envboot.errors import InvalidFile
from envboot.formats.parts import json_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from envboot.spec import Origin

BEGIN, END = "/* >>> envboot >>> */", "/* <<< envboot <<< */"
_BLOCK = re.compile(
    r"\r?\n[ \t]*" + re.escape(BEGIN) + r".*?" + re.escape(END), re.DOTALL
)  # no string of JSON holds a line end, so no block begins in one
_BLANK = re.compile(r"[ \t\r\n]*")
_STEP = "  "
_NO_NOTES: dict[str, str] = {}


def render(
    value: Any,  # noqa: ANN401 - any JSON may be written
    notes: Mapping[str, str] = _NO_NOTES,
    *,
    indent: str = "",
    step: str = _STEP,
    path: str = "",
) -> str:
    """Return JSON, one member a line; ``notes`` maps dotted keys to the comment behind theirs."""
    if isinstance(value, dict) and value:
        rows = list(_members(value, notes, indent + step, step, path))
        return "\n".join(["{", *rows, f"{indent}}}"])
    return json.dumps(value, ensure_ascii=False)


def add(
    text: str, wanted: Mapping[str, Any], origin: Origin, notes: Mapping[str, str] = _NO_NOTES
) -> str:
    """Return ``text`` with those keys of ``wanted`` that its objects lack, at any depth.

    A key that is there keeps its value, whatever it is. :func:`strip` gives back ``text`` byte for
    byte. Raises InvalidFile for a text that is no JSON object, or holds such a block already.
    """
    if BEGIN in text or END in text:
        raise InvalidFile(
            "the marks of envboot's block do not pair",
            hint="take the block out by hand, or restore the file",
            origin=origin,
        )
    bare = _bare(text)
    json_text.loads(bare, origin)
    edits = list(_edits(bare, bare.index("{"), wanted, notes, ""))
    for at, block in sorted(edits, reverse=True):
        text = text[:at] + block.replace("\n", "\r\n" if "\r\n" in text else "\n") + text[at:]
    return text


def keys(text: str, origin: Origin) -> frozenset[str]:
    """Return the keys of the outermost object. Raises InvalidFile."""
    return frozenset(json_text.loads(_bare(text), origin))


def strip(text: str) -> str:
    """Return ``text`` without what :func:`add` put in."""
    return _BLOCK.sub("", text)


def _bare(text: str) -> str:
    """Return the text without comments; every character stays at its place."""
    return json_text.without_comments(text.replace("\ufeff", " ", 1))


def _members(
    value: Mapping[str, Any], notes: Mapping[str, str], indent: str, step: str, path: str
) -> Iterator[str]:
    last = len(value) - 1
    for number, (key, inner) in enumerate(value.items()):
        here = f"{path}.{key}" if path else key
        text = render(inner, notes, indent=indent, step=step, path=here)
        comma = "," if number < last else ""
        note = f"  // {notes[here]}" if here in notes else ""
        yield f"{indent}{json.dumps(key, ensure_ascii=False)}: {text}{comma}{note}"


def _edits(
    bare: str, at: int, wanted: Mapping[str, Any], notes: Mapping[str, str], path: str
) -> Iterator[tuple[int, str]]:
    """Yield (offset, text to put there) for the object that begins at ``at``, and those in it."""
    there = dict(_keys(bare, at))
    missing = {key: value for key, value in wanted.items() if key not in there}
    if missing:
        indent, step = _indent(bare, at, there)
        rows = list(_members(missing, notes, indent, step, path))
        if there:
            rows[-1] = _with_comma(rows[-1])
        whole = [f"{indent}{BEGIN}", *rows, f"{indent}{END}"]
        yield at + 1, "".join(f"\n{row}" for row in whole)
    for key, value in wanted.items():
        start = there.get(key)
        if isinstance(value, dict) and start is not None and bare[start] == "{":
            yield from _edits(bare, start, value, notes, f"{path}.{key}" if path else key)


def _with_comma(row: str) -> str:
    """Return the last member, followed by a comma that stands before its comment."""
    bare = json_text.without_comments(row).rstrip()
    return f"{row[: len(bare)]},{row[len(bare) :]}"


def _keys(bare: str, at: int) -> Iterator[tuple[str, int]]:
    """Yield each key of the object at ``at``, and where its value begins; JSON that was read."""
    decoder = json.JSONDecoder()
    at = _skip(bare, at + 1)
    while bare[at] == '"':
        key, at = decoder.raw_decode(bare, at)
        at = _skip(bare, _skip(bare, at) + 1)  # the colon
        yield key, at
        _, at = decoder.raw_decode(bare, at)
        at = _skip(bare, at)
        at = _skip(bare, at + 1) if bare[at] == "," else at


def _skip(bare: str, at: int) -> int:
    found = _BLANK.match(bare, at)
    return found.end() if found else at


def _indent(bare: str, at: int, there: Mapping[str, int]) -> tuple[str, str]:
    """Return the indentation of the members of the object at ``at``, and one step of it."""
    outer = _leading(bare, at)
    first = _skip(bare, at + 1)
    if there and "\n" in bare[at:first]:
        inner = _leading(bare, first)
        deeper = inner.startswith(outer) and len(inner) > len(outer)
        return inner, inner[len(outer) :] if deeper else _STEP
    return outer + _STEP, _STEP


def _leading(bare: str, at: int) -> str:
    row = bare[bare.rfind("\n", 0, at) + 1 : at]
    return row[: len(row) - len(row.lstrip(" \t"))]
