"""Code cells out of a notebook that is no valid JSON: cut off, or with the marks of a merge."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_PARTS = re.compile(r'"cell_type"\s*:\s*"(\w+)"|"(?:source|input)"\s*:\s*(?=[\["])')
_LANGUAGE = re.compile(r'"language"\s*:\s*"(\w+)"')
_DECODER = json.JSONDecoder()


def cells(data: bytes) -> Iterator[dict[str, Any]]:
    """Yield a cell for each ``cell_type``; of code cells with what they hold, if it is whole."""
    text = data.decode("utf-8", "replace")
    language = _LANGUAGE.search(text)
    if language and not language[1].lower().startswith(("python", "ipython")):
        return
    cell: dict[str, Any] = {}
    for found in _PARTS.finditer(text):
        if found[1]:
            if cell:
                yield cell
            cell = {"cell_type": found[1], "source": ""}
        elif cell.get("cell_type") == "code" and not cell["source"]:
            try:
                cell["source"], _ = _DECODER.raw_decode(text, found.end())
            except (ValueError, RecursionError):
                cell["cell_type"] = "broken"
    if cell:
        yield cell
