"""JSON as bytes: where a value begins and ends, for which nothing is decoded or copied.

A notebook may have fifty megabytes of pictures; who wants a key of its metadata, or everything but
the outputs, walks over brackets and quotes alone. Source: RFC 8259.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

STRUCTURE = re.compile(rb'["{}\[\]]')
"""What a walk stops at."""
# Many texts at once, which is most of a notebook: a quote behind one backslash belongs to the text,
# one behind none ends it, and one behind more is left to `string_end`, which counts them. Bounded
# everywhere, so that a long text (a picture) is left to `bytes.find`.
_TEXTS = re.compile(
    rb'(?:[^"{}\[\]]*"[^"]{0,1000}(?:(?<=[^\\]\\)"[^"]{0,1000}){0,64}(?<!\\)"){0,256}'
)
_BLANK = re.compile(rb"[ \t\r\n]*")
_SCALAR = re.compile(rb"-?(?:[0-9][0-9.eE+-]*|Infinity)|true|false|null|NaN")
_BACKSLASH = ord("\\")


def string_end(data: bytes, at: int) -> int:
    """Return where the string ends in which ``at`` lies: behind its closing quote.

    Raises ValueError where it has no end.
    """
    while (end := data.find(b'"', at)) >= 0:
        slashes = end
        while data[slashes - 1] == _BACKSLASH:
            slashes -= 1
        if (end - slashes) % 2 == 0:
            return end + 1
        at = end + 1
    raise ValueError("a text has no end")


def bracket_end(data: bytes, at: int) -> int:
    """Return where the bracket ends that was opened before ``at``. Raises ValueError."""
    depth = 1
    while depth:
        texts = _TEXTS.match(data, at)
        found = STRUCTURE.search(data, texts.end() if texts else at)
        if not found:
            raise ValueError("a bracket has no end")
        at = found.end()
        if found[0] == b'"':
            at = string_end(data, at)
        else:
            depth += 1 if found[0] in b"[{" else -1
    return at


def value_end(data: bytes, at: int) -> int:
    """Return where the value ends that begins at ``at``. Raises ValueError."""
    first = data[at : at + 1]
    if first == b'"':
        return string_end(data, at + 1)
    if first in (b"{", b"["):
        return bracket_end(data, at + 1)
    found = _SCALAR.match(data, at)
    if not found:
        raise ValueError(f"no value at byte {at}")
    return found.end()


def blank_end(data: bytes, at: int) -> int:
    """Return where the white space ends that begins at ``at``."""
    found = _BLANK.match(data, at)
    return found.end() if found else at


def members(data: bytes, at: int) -> Iterator[tuple[str, int, int, int]]:
    """Yield (key, where it begins, where its value begins, where that ends) of an object.

    ``at`` is the place of its ``{``. Raises ValueError for what is no JSON; a key that stands
    there twice is yielded twice.
    """
    if data[at : at + 1] != b"{":
        raise ValueError(f"no object at byte {at}")
    at = blank_end(data, at + 1)
    if data[at : at + 1] == b"}":
        return
    while True:
        if data[at : at + 1] != b'"':
            raise ValueError(f"no key at byte {at}")
        end = string_end(data, at + 1)
        key = json.loads(data[at:end].decode())
        colon = blank_end(data, end)
        if data[colon : colon + 1] != b":":
            raise ValueError(f"no colon at byte {colon}")
        value = blank_end(data, colon + 1)
        end = value_end(data, value)
        yield key, at, value, end
        at = blank_end(data, end)
        if data[at : at + 1] == b"}":
            return
        if data[at : at + 1] != b",":
            raise ValueError(f"no comma at byte {at}")
        at = blank_end(data, at + 1)


def items(data: bytes, at: int) -> Iterator[tuple[int, int]]:
    """Yield where each value of an array begins and ends; ``at`` is the place of its ``[``.

    Raises ValueError for what is no JSON.
    """
    if data[at : at + 1] != b"[":
        raise ValueError(f"no array at byte {at}")
    at = blank_end(data, at + 1)
    if data[at : at + 1] == b"]":
        return
    while True:
        end = value_end(data, at)
        yield at, end
        at = blank_end(data, end)
        if data[at : at + 1] == b"]":
            return
        if data[at : at + 1] != b",":
            raise ValueError(f"no comma at byte {at}")
        at = blank_end(data, at + 1)
