"""What the code cells of a notebook say, cell by cell: pure over its bytes.

Formats 3 and 4 (nbformat's documentation). What cannot be parsed costs that one cell. Outputs are
never decoded in a large notebook: a hundred megabytes of pictures hold no code.
"""

from __future__ import annotations

import ast
import json
import re
from typing import TYPE_CHECKING, Any

from envboot import json_bytes
from envboot.infer import ipython, rows, salvage, syntax
from envboot.infer.gathering import Gathering
from envboot.infer.reading import Reading

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envboot.infer.ipython import Cell
    from envboot.infer.reading import Broken

LARGE = 8 << 20  # bytes; above it the outputs are cut out before anything is decoded
_CUT = frozenset({b'"outputs"', b'"attachments"'})
_VALUE = re.compile(rb"\s*:\s*([\[{])")


def read(data: bytes) -> Reading:
    """Return what a notebook says; nothing for a notebook of another language."""
    errors: list[Broken] = []
    found = _document(data, errors)
    if not isinstance(found, dict):
        return Reading(
            errors=tuple(errors) or (("not a notebook: no object at the top", None, None),)
        )
    if not _is_python(_table(found, "metadata")):
        return Reading()
    cells = []
    for number, raw in enumerate(_cells(found), 1):
        source = _source(raw, number, errors)
        if source:
            cells.append(ipython.cell(source, number))
    return _gathered(cells, errors)


def _document(data: bytes, errors: list[Broken]) -> object:
    """Return what the JSON says; of a broken one, the cells that are whole."""
    try:
        small = without_outputs(data) if len(data) > LARGE else data
        return json.loads(small.decode("utf-8-sig") if small[:3] == b"\xef\xbb\xbf" else small)
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", None)
        errors.append((f"not a notebook: {str(error).splitlines()[0]}", line, None))
    if len(data) > LARGE:
        return None
    return {"cells": list(salvage.cells(data))}


def _gathered(cells: list[Cell], errors: list[Broken]) -> Reading:
    """Return what the cells say together: a name imported in one means the same in the next."""
    found = Gathering()
    trees = {c.number: _first(c, found, errors) for c in cells}
    for item, lines in _holding(cells, found.words()):
        tree = trees[item.number] or _parsed(item.text)
        if isinstance(tree, ast.Module):
            found.calls(tree, lines, item.number)
    made = tuple(c.made for c in cells if c.made)
    return found.reading(tuple(sorted(errors, key=lambda e: e[2] or 0)), made)


def _holding(cells: list[Cell], words: tuple[bytes, ...]) -> Iterator[tuple[Cell, rows.Rows]]:
    """Yield the cells that hold one of ``words``, with the lines; all are searched at once."""
    texts = [rows.plain(c.text.encode("utf-8", "replace")) for c in cells]
    lines = rows.holding(b"\n".join(texts), words)
    before = 0
    for item, data in zip(cells, texts):
        after = before + data.count(b"\n") + 1
        if lines.touch(before + 1, after):
            yield item, lines.between(before, after)
        before = after


def _first(item: Cell, found: Gathering, errors: list[Broken]) -> ast.Module | None:
    """Take in the imports and the magics of a cell; return its tree if it was needed."""
    for number, row in enumerate(item.shell.split("\n"), 1) if item.shell else ():
        found.take_all(ipython.of_shell(row, number, guarded=False), item.number)
    text = item.text
    imports, asks = "import" in text, ipython.MAY_ASK.search(text)
    if not (imports or asks):
        return None
    tree = syntax.parse(text) if len(text) < syntax.BIG else syntax.Broken("too large")
    if isinstance(tree, syntax.Broken):
        if asks:
            found.take_all(ipython.asked(text), item.number)
        broken, tree = tree, _parsed(text)
        if isinstance(tree, syntax.Broken):
            if imports:
                data = ipython.plain(text).encode("utf-8", "replace")
                errors.append((syntax.why(data, tree), tree.line or broken.line, item.number))
                found.take_all(syntax.by_lines(data), item.number)
            return None
    if imports:
        data = text.encode("utf-8", "replace")
        found.imports(tree, rows.holding(data, (b"import",)), item.number)
    return tree


def _parsed(text: str) -> ast.Module | syntax.Broken:
    """Return the tree of a cell without its magics."""
    if len(text) > syntax.BIG:
        return syntax.Broken("too large")
    tree = syntax.parse(text)
    return syntax.parse(ipython.plain(text)) if isinstance(tree, syntax.Broken) else tree


def _source(raw: object, number: int, errors: list[Broken]) -> str:
    """Return the text of a code cell; "" for any other."""
    if not isinstance(raw, dict):
        errors.append(("not a cell", None, number))
        return ""
    said = str(raw.get("language", "python")).lower()
    if raw.get("cell_type") != "code" or not said.startswith("python"):
        return ""
    source = raw.get("source", raw.get("input", ""))
    if isinstance(source, list):
        source = "".join(s for s in source if isinstance(s, str))
    if not isinstance(source, str):
        errors.append(("the source is not text", None, number))
        return ""
    return source


def without_outputs(data: bytes) -> bytes:
    """Return a notebook without the values of ``outputs`` and ``attachments``.

    A scan over brackets and strings, for which nothing is decoded or copied. Raises ValueError
    where a string or a bracket has no end.
    """
    out: list[bytes] = []
    at = kept = 0
    while found := json_bytes.STRUCTURE.search(data, at):
        at = found.end()
        if found[0] != b'"':
            continue
        at = json_bytes.string_end(data, at)
        if at - found.start() > len(b'"attachments"') or data[found.start() : at] not in _CUT:
            continue
        value = _VALUE.match(data, at)
        if value:
            end = json_bytes.bracket_end(data, value.end())
            out += [data[kept : value.start(1)], b"[]" if value[1] == b"[" else b"{}"]
            at = kept = end
    out.append(data[kept:])
    return b"".join(out)


def _is_python(metadata: dict[str, Any]) -> bool:
    """Return whether the cells are Python; a notebook that does not say is."""
    spec, info = _table(metadata, "kernelspec"), _table(metadata, "language_info")
    said = spec.get("language") or info.get("name") or metadata.get("language")
    if not said:
        name = str(spec.get("name") or "python")
        other = {"ir", "irkernel", "bash", "sos", "javascript", "rust", "deno", "octave", "scala"}
        return name not in other and not name.startswith(("julia", "xcpp", ".net", "ijava"))
    return str(said).lower().startswith(("python", "ipython", "cython"))


def _cells(found: dict[str, Any]) -> Iterator[Any]:
    for holder in (found, *(_list(found.get("worksheets")))):
        if isinstance(holder, dict):
            yield from _list(holder.get("cells"))


def _table(found: dict[str, Any], key: str) -> dict[str, Any]:
    value = found.get(key)
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
