"""The cells of a notebook: read without their outputs, and one of ours put in front of them.

A cell is ours when the ``envboot`` of its metadata holds a mark (``{"pep723": true}``). It is put
in and taken out by splicing, as a key is: no other byte is moved.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from envboot import json_bytes
from envboot.errors import InvalidFile
from envboot.formats.notebook import layout
from envboot.formats.notebook.splicing import changed, replaced
from envboot.formats.notebook.style import Style, behind, inside, is_escaped, render, wrapped

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from envboot.formats.notebook.layout import Table
    from envboot.spec import Origin

_WANTED = frozenset({"cell_type", "source", "input", "metadata"})
_WITH_IDS = (4, 5)  # the first format whose cells have an id
_NO_ID = re.compile(r"[^A-Za-z0-9_-]")


class Cell(NamedTuple):
    """One cell, without its outputs."""

    kind: str
    """code | markdown | raw | heading"""
    source: str
    metadata: Mapping[str, Any]


class _Array(NamedTuple):
    """Where an array of cells is, and each of them."""

    holder: Table
    """The notebook, or in format 3 a worksheet."""
    begin: int
    items: tuple[tuple[int, int], ...]
    end: int


def cells(data: bytes, origin: Origin | None = None) -> Iterator[Cell]:
    """Yield the cells, of formats 3 and 4; outputs and attachments are not decoded.

    Raises InvalidFile for what is no notebook.
    """
    for array in _arrays(data, layout.top(data, origin), origin):
        for begin, _ in array.items:
            yield _cell(data, begin, origin)


def put_cell(
    data: bytes, source: str, mark: Mapping[str, Any], origin: Origin | None = None
) -> bytes:
    """Return ``data`` with a code cell of ours in front; one that is there gets this source.

    Raises InvalidFile for what is no notebook, or has no place for a cell.
    """
    top = layout.top(data, origin)
    array, at = _ours(data, top, mark, origin)
    if at is not None:
        return _with_source(data, array.items[at][0], source, origin)
    style = inside(data, top, Style(escaped=is_escaped(data, source)))
    if array.holder != top:
        style = inside(data, array.holder, style.deeper().deeper())
    new = _new(data, top, source, mark, origin)
    if not array.items:
        blank = data[array.begin + 1 : array.end - 1]
        if blank:
            text = blank + render(new, style).encode() + blank
            return replaced(data, array.begin + 1, array.end - 1, text)
        text = wrapped("[", [render(new, style.deeper())], "]", style).encode()
        return replaced(data, array.begin, array.end, text)
    first = array.items[0][0]
    blank = data[array.begin + 1 : first]
    style = behind(blank, style.deeper())
    comma = b"," + blank if style.line else style.comma.encode()
    there = layout.table(data, first, origin)
    local = replace(inside(data, there, style.deeper()), inner=style.inner)
    text = render(_as_there(new, data, there), local).encode()
    return replaced(data, first, first, text + comma)


def take_cell(data: bytes, mark: Mapping[str, Any], origin: Origin | None = None) -> bytes:
    """Return ``data`` without our cell; ``take_cell(put_cell(data, s, m), m) == data``."""
    array, at = _ours(data, layout.top(data, origin), mark, origin)
    if at is None:
        return data
    begin, end = array.items[at]
    if at + 1 < len(array.items):
        return replaced(data, begin, array.items[at + 1][0], b"")
    if at:
        return replaced(data, array.items[at - 1][1], end, b"")
    before, after = data[array.begin + 1 : begin], data[end : array.end - 1]
    return replaced(data, array.begin + 1, array.end - 1, before if before == after else b"")


def _arrays(data: bytes, top: Table, origin: Origin | None) -> Iterator[_Array]:
    """Yield the arrays of cells: one, and in format 3 one a worksheet."""
    tables = [top]
    sheets = top.get("worksheets")
    if sheets and data[sheets.value : sheets.value + 1] == b"[":
        tables += [layout.table(data, at, origin) for at, _ in _items(data, sheets.value, origin)]
    for table in tables:
        found = table.get("cells")
        if found and data[found.value : found.value + 1] == b"[":
            yield _Array(table, found.value, _items(data, found.value, origin), found.end)


def _items(data: bytes, begin: int, origin: Origin | None) -> tuple[tuple[int, int], ...]:
    try:
        return tuple(json_bytes.items(data, begin))
    except ValueError as error:
        raise InvalidFile(
            f"not a notebook: {error}", hint="open and save the notebook in Jupyter", origin=origin
        ) from error


def _ours(
    data: bytes, top: Table, mark: Mapping[str, Any], origin: Origin | None
) -> tuple[_Array, int | None]:
    """Return the array of our cell and its place in it; of the first array where it is absent."""
    arrays = list(_arrays(data, top, origin))
    if not arrays:
        raise InvalidFile(
            "the notebook has no list of cells",
            hint="open and save the notebook in Jupyter",
            origin=origin,
        )
    if b'"envboot"' in data:
        for array in arrays:
            for at, (begin, end) in enumerate(array.items):
                if data.find(b'"envboot"', begin, end) < 0:
                    continue
                own = _cell(data, begin, origin).metadata.get("envboot")
                if isinstance(own, dict) and mark.items() <= own.items():
                    return array, at
    return arrays[0], None


def _cell(data: bytes, begin: int, origin: Origin | None) -> Cell:
    if data[begin : begin + 1] != b"{":
        return Cell("", "", {})
    found = {
        m.key: layout.decoded(data, m.value, m.end, origin)
        for m in layout.table(data, begin, origin).members
        if m.key in _WANTED
    }
    source = found.get("source", found.get("input", ""))
    if isinstance(source, list):
        source = "".join(line for line in source if isinstance(line, str))
    metadata = found.get("metadata")
    return Cell(
        str(found.get("cell_type", "")),
        source if isinstance(source, str) else "",
        metadata if isinstance(metadata, dict) else {},
    )


def _new(
    data: bytes, top: Table, source: str, mark: Mapping[str, Any], origin: Origin | None
) -> dict[str, Any]:
    """Return a code cell as the notebook's format has it, keys sorted as Jupyter does."""
    lines = source.splitlines(keepends=True)
    version = [_number(data, top, key, origin) for key in ("nbformat", "nbformat_minor")]
    cell: dict[str, Any] = {"cell_type": "code"}
    if version[0] == 3:  # noqa: PLR2004 - a format
        cell |= {"collapsed": False, "input": lines, "language": "python"}
        return {**cell, "metadata": {"envboot": dict(mark)}, "outputs": []}
    cell["execution_count"] = None
    if tuple(version) >= _WITH_IDS:
        cell["id"] = _free(data, "-".join(("envboot", *sorted(mark))))
    return {**cell, "metadata": {"envboot": dict(mark)}, "outputs": [], "source": lines}


def _number(data: bytes, top: Table, key: str, origin: Origin | None) -> int:
    member = top.get(key)
    found = layout.decoded(data, member.value, member.end, origin) if member else 0
    return found if isinstance(found, int) else 0


def _free(data: bytes, name: str) -> str:
    """Return an id that no cell has: the same one again and again for the same notebook."""
    name = _NO_ID.sub("-", name)[:60]
    number = 0
    while f'"{name}{number or ""}"'.encode() in data:
        number += 1
    return f"{name}{number or ''}"


def _as_there(new: dict[str, Any], data: bytes, there: Table) -> dict[str, Any]:
    """Return the cell with its keys in the order of one that is there, its source as that one's."""
    order = [m.key for m in there.members if m.key in new]
    new = {key: new[key] for key in [*order, *(key for key in new if key not in order)]}
    for key in ("source", "input"):
        member = there.get(key)
        if key in new and member and data[member.value : member.value + 1] == b'"':
            new[key] = "".join(new[key])
    return new


def _with_source(data: bytes, begin: int, source: str, origin: Origin | None) -> bytes:
    """Return ``data`` with another source in our cell, a text or an array as it was."""
    there = layout.table(data, begin, origin)
    if _cell(data, begin, origin).source == source:
        return data
    member = there.get("source") or there.get("input")
    if member is None:
        raise InvalidFile("our cell has no source", hint="take the cell out by hand", origin=origin)
    lines = data[member.value : member.value + 1] == b"["
    new: object = source.splitlines(keepends=True) if lines else source
    style = inside(data, there, Style(escaped=is_escaped(data, source)))
    text = changed(data[member.value : member.end], new, style)
    return replaced(data, member.value, member.end, text)
