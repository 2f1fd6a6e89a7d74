"""How a file writes JSON: its line ends, its indentation, its separators, its escapes."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from envboot import json_bytes

if TYPE_CHECKING:
    from envboot.formats.notebook.layout import Table

_LINE = re.compile(rb"\r\n|\n|\r")
# A character above ASCII; control characters have no other way to be written.
_ABOVE = re.compile(rb"\\u(?:00[89a-fA-F]|0[1-9a-fA-F]|[1-9a-fA-F])")
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Style:
    """How an object of the file is written."""

    line: str = ""
    """The line end between its keys; "" where all is on one line."""
    inner: str = ""
    """The indentation of its keys."""
    step: str = ""
    """What one level more is indented."""
    colon: str = ": "
    comma: str = ", "
    """Between two values on one line."""
    escaped: bool = False
    """Characters above ASCII are written as escapes."""

    def deeper(self) -> Style:
        """Return the style of an object in this one."""
        return replace(self, inner=self.inner + self.step)


def render(value: object, style: Style) -> str:
    """Return ``value`` as it stands behind a key of an object that is written in ``style``."""
    if isinstance(value, dict) and value:
        rows = [pair(str(key), inner, style.deeper()) for key, inner in value.items()]
        return wrapped("{", rows, "}", style)
    if isinstance(value, (list, tuple)) and value:
        return wrapped("[", [render(inner, style.deeper()) for inner in value], "]", style)
    return text_of(value, style)


def pair(key: str, value: object, style: Style) -> str:
    """Return a key and its value."""
    return f"{text_of(key, style)}{style.colon}{render(value, style)}"


def wrapped(opening: str, rows: list[str], closing: str, style: Style) -> str:
    """Return the rows of an object or array that stands in an object of this style."""
    if not (style.line and style.step):
        return opening + style.comma.join(rows) + closing
    inner = style.line + style.deeper().inner
    return f"{opening}{inner}{f',{inner}'.join(rows)}{style.line}{style.inner}{closing}"


def text_of(value: object, style: Style) -> str:
    """Return a value that is no object and no array, or is empty."""
    text = json.dumps(value, ensure_ascii=style.escaped)
    return _SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def inside(data: bytes, found: Table, style: Style) -> Style:
    """Return how the object ``found`` is written; where it is empty, as ``style`` says."""
    if not found.members:
        return style
    first = found.members[0]
    colon = data[json_bytes.string_end(data, first.begin + 1) : first.value].decode()
    if not colon.strip(": "):
        style = replace(style, colon=colon)
    if len(found.members) > 1:
        comma = data[first.end : found.members[1].begin].decode()
        if not comma.strip(", "):
            style = replace(style, comma=comma)
    return behind(data[found.begin + 1 : first.begin], style)


def behind(blank: bytes, style: Style) -> Style:
    """Return the style, with line end and indentation as the white space behind a bracket says."""
    line = _LINE.search(blank)
    if not line:
        return replace(style, line="")
    inner = re.split(r"[\r\n]", blank.decode())[-1]
    outer = style.inner[: len(style.inner) - len(style.step)]
    deeper = inner.startswith(outer) and len(inner) > len(outer)
    step = inner[len(outer) :] if deeper else style.step
    return replace(style, line=line[0].decode(), inner=inner, step=step)


def is_escaped(data: bytes, value: object) -> bool:
    """Return whether the file writes characters above ASCII as escapes, if that matters."""
    if not data.isascii() or json.dumps(value, ensure_ascii=False).isascii():
        return False
    return any(
        (found.start() - _slashes(data, found.start())) % 2 == 0 for found in _ABOVE.finditer(data)
    )


def _slashes(data: bytes, at: int) -> int:
    """Return where the backslashes begin that end at ``at``: an odd number of them is text."""
    while data[at - 1] == ord("\\"):
        at -= 1
    return at
