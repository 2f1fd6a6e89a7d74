"""TOML with line numbers: the standard library's reader keeps none."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any

from envboot.errors import InvalidFile
from envboot.formats.parts.encoding import lines
from envboot.spec import Origin

if TYPE_CHECKING:
    from collections.abc import Callable

_KEY = r"(?:[A-Za-z0-9_-]+|\"(?:[^\"\\]|\\.)*\"|'[^']*')"
_DOTTED = rf"{_KEY}(?:\s*\.\s*{_KEY})*"
_HEADER = re.compile(rf"\s*\[\[?\s*({_DOTTED})\s*\]")
_ENTRY = re.compile(rf"\s*({_DOTTED})\s*=\s*(.*)")
_STRING = re.compile(r"\"(?:[^\"\\]|\\.)*\"?|'[^']*'?|#.*")
_AHEAD = 2000  # lines to look for an item of a list: beyond, its list is named


def loads(text: str, origin: Origin) -> dict[str, Any]:
    """Return the document. Raises InvalidFile with the line."""
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise InvalidFile(
            "the values are nested too deeply",
            hint="is this the file that you mean?",
            origin=origin,
        ) from error
    except ValueError as error:  # TOMLDecodeError, and the limit on the digits of an integer
        found = re.search(r"\(at line (\d+)", str(error))
        line = int(found.group(1)) if found else None
        if "end of document" in str(error):
            line = len(lines(text.rstrip())) or 1
        what = re.sub(r"\s*\(at .*\)$", "", str(error)).lower()
        raise InvalidFile(
            f"not valid TOML: {what}",
            hint="correct this line",
            origin=Origin(origin.path, line),
        ) from error


class Lines:
    """Where the keys of a document stand."""

    def __init__(self, text: str, origin: Origin) -> None:
        """Look at each line once; the text is known to be valid TOML."""
        self._origin = origin
        self._lines = lines(text)
        self._at: dict[tuple[str, ...], int] = {}
        self._headers: set[tuple[str, ...]] = set()
        self._last: dict[int, int] = {}
        table: tuple[str, ...] = ()
        depth, quote = 0, ""
        for number, row in enumerate(self._lines, 1):
            if quote:
                if quote not in row:
                    continue
                row = row[row.index(quote) + 3 :]  # noqa: PLW2901 - what follows a long string
                quote = ""
            elif depth == 0:
                header, entry = _HEADER.match(row), _ENTRY.match(row)
                if header:
                    table = _split(header.group(1))
                    self._at.setdefault(table, number)
                    self._headers.add(table)
                    continue
                if entry:
                    self._at.setdefault((*table, *_split(entry.group(1))), number)
                    row = entry.group(2)  # noqa: PLW2901
            opened = re.search(r'"""|\'\'\'', row)
            if opened and row.count(opened.group()) % 2:
                quote, row = opened.group(), row[: opened.start()]  # noqa: PLW2901
            bare = _STRING.sub("", row)
            depth += sum(bare.count(c) for c in "[{") - sum(bare.count(c) for c in "]}")

    def origin(self, *keys: str, item: str = "") -> Origin:
        """Return where the key (``item``: a string of its array) stands, or the nearest above."""
        for end in range(len(keys), 0, -1):
            start = self._at.get(keys[:end])
            if start is None:
                continue
            if item:
                return Origin(self._origin.path, self._item(start, item))
            return Origin(self._origin.path, start)
        return self._origin

    def places(self) -> tuple[tuple[tuple[str, ...], int, bool], ...]:
        """Return each key with its 1-based line, and whether it is the header of a table."""
        return tuple((path, line, path in self._headers) for path, line in self._at.items())

    def under(self, *keys: str) -> Callable[[str], Origin]:
        """Return the locator of dotted names below a table, as ``needs.read`` takes it."""
        return lambda name: self.origin(*keys, *name.split("."))

    def _item(self, start: int, item: str) -> int:
        begin = self._last.get(start, start)  # the items are asked for in their order
        for number, row in enumerate(self._lines[begin - 1 : begin + _AHEAD], begin):
            if item in row or item in row.replace("\\", ""):
                self._last[start] = number
                return number
            if number > start and _HEADER.match(row):
                break
        return start


def _split(dotted: str) -> tuple[str, ...]:
    return tuple(k.strip("\"'") for k in re.findall(_KEY, dotted))
