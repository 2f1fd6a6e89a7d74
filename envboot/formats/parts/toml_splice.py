"""Values put into somebody's TOML: one entry replaced or added, no other byte touched.

Where an entry begins and ends is found by reading strings, comments and brackets of a text that is
known to be valid. What comes out is read again and compared with what was meant: a text that is
written in another way than is known here is refused, never broken.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from envboot.errors import InvalidFile
from envboot.formats.parts import toml

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from envboot.spec import Origin

_KEY = r"(?:[A-Za-z0-9_-]+|\"(?:[^\"\\\n]|\\.)*\"|'[^'\n]*')"
_DOTTED = rf"{_KEY}(?:[ \t]*\.[ \t]*{_KEY})*"
_HEADER = re.compile(rf"[ \t]*(\[\[?)[ \t]*({_DOTTED})[ \t]*\]")
_ENTRY = re.compile(rf"[ \t]*({_DOTTED})[ \t]*=[ \t]*")
_TOKEN = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'|#[^\n]*|[\[\]{}\n]|[^\[\]{}\n"\'#]+',
    re.DOTALL,
)
_OPENING, _CLOSING = frozenset("[{"), frozenset("]}")
_BARE = re.compile(r"[A-Za-z0-9_-]+")


class _Entry(NamedTuple):
    """One ``key = value``."""

    path: tuple[str, ...]
    start: int
    """Offset of its value."""
    end: int
    """Offset behind its value."""


class _Table(NamedTuple):
    """One ``[header]``."""

    path: tuple[str, ...]
    end: int
    """Offset behind the line of its last entry, or of its header."""


def put(text: str, path: tuple[str, ...], value: str, origin: Origin) -> str:
    """Return ``text`` with ``value`` (TOML) at the key ``path``: (table …, key).

    Raises InvalidFile where the file says the table in a form that nothing can be put into.
    """
    entries, tables = _scan(text)
    old = next((e for e in entries if e.path == path), None)
    there = [t for t in tables if t.path == path[:-1]]
    if old:
        made = text[: old.start] + value + text[old.end :]
    elif there:
        row = f"\n{key(path[-1])} = {value}"
        made = text[: there[0].end] + row + text[there[0].end :]
    else:
        lead = "" if not text.strip() else text if text.endswith("\n") else f"{text}\n"
        blank = "\n" if lead and not lead.endswith("\n\n") else ""
        made = f"{lead}{blank}[{'.'.join(key(k) for k in path[:-1])}]\n{key(path[-1])} = {value}\n"
    if not _is_meant(text, made, path, value, origin):
        name = ".".join(path)
        raise InvalidFile(
            f"`{name}` cannot be put into this file as it is written",
            hint=f"write `[{'.'.join(path[:-1])}]` as a table of its own, or convert to a new file",
            origin=origin,
        )
    return made


def key(name: str) -> str:
    """Return a key as TOML has it."""
    return name if _BARE.fullmatch(name) else quoted(name)


def quoted(text: str) -> str:
    """Return a string as TOML has it, on one line."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def listed(texts: Iterable[str], margin: str = "") -> str:
    """Return a list of strings, one a line; a short one in one line."""
    rows = [quoted(text) for text in texts]
    short = f"[{', '.join(rows)}]"
    if len(rows) <= 1 or len(short) <= 60:  # noqa: PLR2004 - what fits beside a key
        return short
    return "\n".join(["[", *(f"{margin}    {row}," for row in rows), f"{margin}]"])


def _is_meant(text: str, made: str, path: tuple[str, ...], value: str, origin: Origin) -> bool:
    wanted: Any = toml.loads(text, origin)
    inner = wanted
    for name in path[:-1]:
        inner = inner.setdefault(name, {})
        if not isinstance(inner, dict):
            return False
    inner[path[-1]] = toml.loads(f"x = {value}", origin)["x"]
    try:
        return bool(toml.loads(made, origin) == wanted)
    except InvalidFile:
        return False


def _scan(text: str) -> tuple[list[_Entry], list[_Table]]:
    """Return the entries and the tables of a valid text, in their order."""
    entries: list[_Entry] = []
    tables = []
    path: tuple[str, ...] = ()
    for kind, names, start, end in _rows(text):
        if kind:
            path = names
            tables.append(_Table(path if kind == "[" else (), end))
        else:
            entries.append(_Entry((*path, *names), start, end))
            if tables:
                behind = text.find("\n", end)
                tables[-1] = _Table(tables[-1].path, len(text) if behind < 0 else behind)
    return entries, tables


def _rows(text: str) -> Iterator[tuple[str, tuple[str, ...], int, int]]:
    """Yield ("[" or "[[" or "", names, offset of the value, offset behind it)."""
    at = 0
    while at < len(text):
        header, entry = _HEADER.match(text, at), _ENTRY.match(text, at)
        if header:
            behind = text.find("\n", header.end())
            at = len(text) if behind < 0 else behind
            yield header.group(1), _names(header.group(2)), at, at
        elif entry:
            end = _value_end(text, entry.end())
            yield "", _names(entry.group(1)), entry.end(), end
            at = end
        behind = text.find("\n", at)
        at = len(text) if behind < 0 else behind + 1


def _value_end(text: str, at: int) -> int:
    """Return the offset behind the value that begins at ``at``: no comment, no blanks."""
    depth, end = 0, at
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            return len(text)
        piece = found.group()
        if depth == 0 and piece[0] in "\n#":
            return end
        depth += (piece in _OPENING) - (piece in _CLOSING)
        at = found.end()
        end = at - len(piece) + len(piece.rstrip()) if piece.strip() else end
    return end


def _names(dotted: str) -> tuple[str, ...]:
    found = re.findall(_KEY, dotted)
    return tuple(json.loads(k) if k[0] == '"' and "\\" in k else k.strip("\"'") for k in found)
