"""Where the parts of a notebook are: its bytes, and what stands where in them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from envboot import json_bytes
from envboot.errors import InvalidFile
from envboot.spec import Origin

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

BOM = b"\xef\xbb\xbf"
_NOT = "is this the notebook that you mean?"
_CONFLICT = re.compile(rb"^<<<<<<< ", re.MULTILINE)


@dataclass(frozen=True)
class Member:
    """One key of an object, and where it is: offsets into the bytes."""

    key: str
    begin: int
    """Of the key's opening quote."""
    value: int
    """Where the value begins."""
    end: int
    """Where the value ends."""


@dataclass(frozen=True)
class Table:
    """One object, and where its keys are."""

    begin: int
    """Of the opening brace."""
    members: tuple[Member, ...] = field(default=())
    end: int = 0
    """Behind the closing brace."""

    def get(self, key: str) -> Member | None:
        """Return a key's place, None without it."""
        return next((m for m in self.members if m.key == key), None)


def top(data: bytes, origin: Origin | None) -> Table:
    """Return the outermost object. Raises InvalidFile: no UTF-8, no object, a key twice."""
    if not data.isascii():
        _decodable(data, origin)
    try:
        at = json_bytes.blank_end(data, len(BOM) if data.startswith(BOM) else 0)
        found = _table(data, at)
    except ValueError as error:
        raise _broken(data, origin, error) from error
    if json_bytes.blank_end(data, found.end) != len(data):
        raise _broken(data, origin, ValueError("something follows the object"))
    _unique(data, found, origin)
    return found


def table(data: bytes, at: int, origin: Origin | None) -> Table:
    """Return the object that begins at ``at``. Raises InvalidFile: no JSON, a key twice."""
    try:
        found = _table(data, at)
    except ValueError as error:
        raise _broken(data, origin, error) from error
    _unique(data, found, origin)
    return found


def decoded(data: bytes, begin: int, end: int, origin: Origin | None) -> Any:  # noqa: ANN401 - JSON
    """Return a value. Raises InvalidFile: no JSON, a key twice in any of its objects, too deep."""
    try:
        return json.loads(data[begin:end].decode(), object_pairs_hook=_once)
    except _Twice as error:
        place = _twice(data, begin, error.key)
        raise _repeated(data, place, error.key, origin) from error
    except RecursionError as error:
        raise InvalidFile(
            "the values are nested too deeply", hint=_NOT, origin=at(data, begin, origin)
        ) from error
    except json.JSONDecodeError as error:
        place = begin + len(error.doc[: error.pos].encode("utf-8", "surrogatepass"))
        raise InvalidFile(
            f"not valid JSON: {error.msg.lower()}",
            hint="correct this line, or open and save the notebook in Jupyter",
            origin=at(data, place, origin),
        ) from error
    except ValueError as error:  # Python reads no number of more than 4300 digits
        raise InvalidFile(
            "a number has too many digits", hint=_NOT, origin=at(data, begin, origin)
        ) from error


def at(data: bytes, offset: int, origin: Origin | None) -> Origin | None:
    """Return the place of a byte, with its line; None where the file has no name."""
    return Origin(origin.path, data.count(b"\n", 0, offset) + 1) if origin else None


class _Twice(ValueError):
    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise _Twice(key)
            seen.add(key)
    return found


def _twice(data: bytes, begin: int, key: str) -> int:
    """Return where ``key`` stands for the second time in one object within the value."""
    todo = [begin]
    while todo:
        place = todo.pop()
        seen: set[str] = set()
        if data[place : place + 1] == b"[":
            todo += [first for first, _ in json_bytes.items(data, place)]
            continue
        if data[place : place + 1] != b"{":
            continue
        for name, first, value, _ in json_bytes.members(data, place):
            if name == key and name in seen:
                return first
            seen.add(name)
            todo.append(value)
    return begin


def _table(data: bytes, begin: int) -> Table:
    found = tuple(Member(*row) for row in json_bytes.members(data, begin))
    last = found[-1].end if found else begin + 1
    return Table(begin, found, json_bytes.blank_end(data, last) + 1)


def _unique(data: bytes, found: Table, origin: Origin | None) -> None:
    seen: set[str] = set()
    for member in found.members:
        if member.key in seen:
            raise _repeated(data, member.begin, member.key, origin)
        seen.add(member.key)


def _repeated(data: bytes, place: int, key: str, origin: Origin | None) -> InvalidFile:
    return InvalidFile(
        f"the key {json.dumps(key)} stands there twice in one object",
        hint="take one of them out: programs differ in which one they read",
        origin=at(data, place, origin),
    )


def _decodable(data: bytes, origin: Origin | None) -> None:
    try:
        data.decode()
    except UnicodeDecodeError as error:
        raise InvalidFile(
            "the notebook is not UTF-8",
            hint="open and save it in Jupyter, which writes UTF-8",
            origin=at(data, error.start, origin),
        ) from error


def _broken(data: bytes, origin: Origin | None, error: ValueError) -> InvalidFile:
    """Return what is wrong with a text that is no JSON object, with the line where it is known."""
    conflict = _CONFLICT.search(data)
    if conflict:
        return InvalidFile(
            "the notebook holds the marks of a merge conflict",
            hint="resolve it first (`nbdime mergetool`)",
            origin=at(data, conflict.start(), origin),
        )
    try:
        found = json.loads(data.decode("utf-8-sig"))
    except json.JSONDecodeError as exact:
        said = f"not a notebook: {exact.msg.lower()}"
        line: int | None = exact.lineno
    except (ValueError, RecursionError):
        said, line = f"not a notebook: {error}", None
    else:
        said, line = f"not a notebook: {error}", None
        if not isinstance(found, dict):
            said = "not a notebook: it must be a JSON object"
    return InvalidFile(said, hint=_NOT, origin=Origin(origin.path, line) if origin else None)


def depths(metadata: Mapping[str, Any], keys: tuple[str, ...]) -> Iterator[tuple[str, int]]:
    """Yield each of ``keys`` that is there, and how deeply its value is nested."""
    for key in keys:
        if key in metadata:
            depth, todo = 0, [metadata[key]]
            while todo:
                depth += 1
                todo = [
                    inner
                    for value in todo
                    if isinstance(value, (dict, list))
                    for inner in (value.values() if isinstance(value, dict) else value)
                ]
            yield key, depth
