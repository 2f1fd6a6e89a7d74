"""One value put into JSON, or taken out, in the style of the file, no other byte moved.

What :func:`put` adds :func:`take` removes: a key goes in front of the first one that sorts behind
it, with the white space of its neighbours, else to the end. Whether an object that becomes empty
was there before is told by white space alone, since the bytes are all that a notebook keeps:

- ``{`` and ``}`` are on lines of their own, or close to the key: the usual way to write it;
- the same white space on both sides: an object that was empty but for that white space;
- one blank, and none on the other side: the unusual case (``metadata`` that was not there, or any
  other object that was there, and empty).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from envboot.errors import InvalidFile
from envboot.formats.notebook import layout
from envboot.formats.notebook.style import (
    Style,
    inside,
    is_escaped,
    pair,
    render,
    text_of,
    wrapped,
)

if TYPE_CHECKING:
    from envboot.formats.notebook.layout import Member, Table
    from envboot.spec import Origin

_UNUSUAL = (b" ", b"")


def put(data: bytes, path: tuple[str, ...], value: object, origin: Origin | None = None) -> bytes:
    """Return ``data`` with ``value`` at ``path``; see :func:`envboot.formats.notebook.put`."""
    found = layout.top(data, origin)
    style = inside(data, found, Style(escaped=is_escaped(data, value)))
    for depth, key in enumerate(path):
        member, rest = found.get(key), path[depth + 1 :]
        if member is None:
            for name in reversed(rest[1:]):
                value = {name: value}
            text = pair(rest[0], value, style.deeper()) if rest else render(value, style)
            if rest:  # the object of this key has to be made
                text = f"{{ {text}}}" if depth == 0 else wrapped("{", [text], "}", style)
            return _added(data, found, key, text, style, depth)
        if not rest:
            layout.decoded(data, member.value, member.end, origin)  # a key twice, with its line
            new = changed(data[member.value : member.end], value, style)
            return replaced(data, member.value, member.end, new)
        if data[member.value : member.value + 1] != b"{":
            raise InvalidFile(
                f"`{'.'.join(path[: depth + 1])}` of the notebook is no object",
                hint="correct it, or take it out",
                origin=layout.at(data, member.begin, origin),
            )
        found = layout.table(data, member.value, origin)
        style = inside(data, found, style.deeper())
    return data


def take(data: bytes, path: tuple[str, ...], origin: Origin | None = None) -> bytes:
    """Return ``data`` without the key at ``path``; see :func:`envboot.formats.notebook.take`."""
    found = layout.top(data, origin)
    way: list[tuple[Table, Member]] = []
    for key in path:
        if way:
            place = way[-1][1].value
            if data[place : place + 1] != b"{":
                return data
            found = layout.table(data, place, origin)
        member = found.get(key)
        if member is None:
            return data
        way.append((found, member))
    for depth in range(len(way) - 1, 0, -1):
        found, member = way[depth]
        if len(found.members) > 1:
            break
        before, after = data[found.begin + 1 : member.begin], data[member.end : found.end - 1]
        was_blank = before == after and before != b""
        if was_blank or ((before, after) == _UNUSUAL) != (depth == 1):
            return replaced(data, found.begin + 1, found.end - 1, before if was_blank else b"")
        way.pop()
    return _without(data, *way[-1])


def _added(data: bytes, found: Table, key: str, text: str, style: Style, depth: int) -> bytes:
    """Return ``data`` with a key more in the object ``found``, to which ``depth`` keys lead."""
    pair = f"{text_of(key, style)}{style.colon}{text}".encode()
    if not found.members:
        blank = data[found.begin + 1 : found.end - 1]
        if blank or depth > 1:
            before, after = (blank, blank) if blank else _UNUSUAL
            return replaced(data, found.begin + 1, found.end - 1, before + pair + after)
        outer = style.inner[: len(style.inner) - len(style.step)]
        whole = wrapped("{", [pair.decode()], "}", replace(style, inner=outer)).encode()
        return replaced(data, found.begin, found.end, whole)
    comma = f",{style.line}{style.inner}".encode() if style.line else style.comma.encode()
    for member in found.members:
        if member.key > key:
            return replaced(data, member.begin, member.begin, pair + comma)
    end = found.members[-1].end
    return replaced(data, end, end, comma + pair)


def _without(data: bytes, found: Table, member: Member) -> bytes:
    """Return ``data`` without a key, and without the comma that came with it."""
    number = found.members.index(member)
    if number + 1 < len(found.members):
        return replaced(data, member.begin, found.members[number + 1].begin, b"")
    if number:
        return replaced(data, found.members[number - 1].end, member.end, b"")
    return replaced(data, found.begin + 1, found.end - 1, b"")


def changed(old: bytes, value: object, style: Style) -> bytes:
    """Return a value's bytes, changed to mean ``value``; of an object only the keys that differ."""
    there = layout.decoded(old, 0, len(old), None)
    if _same(there, value):
        return old
    if not isinstance(there, dict) or not isinstance(value, dict) or not (set(there) & set(value)):
        return render(value, style).encode()
    for key in [k for k in there if k not in value]:
        found = layout.table(old, 0, None)
        old = _without(old, found, _found(found, key))
    style = inside(old, layout.table(old, 0, None), style.deeper())
    for key, inner in value.items():
        found = layout.table(old, 0, None)
        member = found.get(key)
        if member is None:
            old = _added(old, found, key, render(inner, style), style, 0)
        else:
            new = changed(old[member.value : member.end], inner, style)
            old = replaced(old, member.value, member.end, new)
    return old


def _found(found: Table, key: str) -> Member:
    return next(m for m in found.members if m.key == key)


def _same(one: object, other: object) -> bool:
    """Return whether two values are the same JSON; the order of keys does not count."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[k], other[k]) for k in one)
    if isinstance(one, list) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, float) and isinstance(other, float):
        return repr(one) == repr(other)  # NaN, and zero with a sign
    return type(one) is type(other) and one == other


def replaced(data: bytes, begin: int, end: int, new: bytes) -> bytes:
    """Return ``data`` with other bytes from ``begin`` to ``end``."""
    if data[begin:end] == new:
        return data
    return b"".join((data[:begin], new, data[end:]))
