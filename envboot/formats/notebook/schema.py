r"""``environment.schema.json``, and whether a value keeps to it.

Exactly those keywords of JSON Schema (draft 2020-12) that the file uses; an unknown one is an error
of ours. Patterns are written to mean the same in ECMAScript and in Python (their end is
``(?![\s\S])``, since Python's ``$`` also stands before a last line end).
"""

from __future__ import annotations

import json
import pkgutil
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

FILE = "environment.schema.json"
_SAID = {
    "object": "an object",
    "array": "an array",
    "string": "text",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
}
_LONGEST = 60  # characters of somebody's value in a message


class Fault(NamedTuple):
    """One place where a value does not keep to the schema."""

    path: tuple[str, ...]
    """The keys that lead there; an index of an array as its digits."""
    said: str
    """What must be there, as the rest of a sentence: ``must be text``."""
    hint: str
    """What to do: ``$comment`` of the rule, where it has one."""


@lru_cache(maxsize=1)
def schema() -> Mapping[str, Any]:
    """Return the schema, read when it is first asked for: from a folder, or from the archive."""
    found: Mapping[str, Any] = json.loads(pkgutil.get_data(__package__ or "", FILE) or b"{}")
    return found


def faults(value: object, rule: Mapping[str, Any] | None = None) -> Iterator[Fault]:
    """Yield where ``value`` does not keep to ``rule``, by default to the whole schema."""
    for fault in _faults(value, schema() if rule is None else rule, ()):
        yield fault if fault.hint else fault._replace(hint="correct it, or take it out")


def resolved(rule: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a rule with what its ``$ref`` names; what it says itself wins."""
    if "$ref" not in rule:
        return rule
    name = rule["$ref"].rpartition("/")[2]
    return {**schema()["$defs"][name], **{k: v for k, v in rule.items() if k != "$ref"}}


def _faults(value: object, rule: Any, path: tuple[str, ...]) -> Iterator[Fault]:  # noqa: ANN401
    if isinstance(rule, bool):
        if not rule:
            yield Fault(path, "must not be there", "take it out")
        return
    if "$ref" in rule:
        rest = {k: v for k, v in rule.items() if k != "$ref"}
        named = schema()["$defs"][rule["$ref"].rpartition("/")[2]]
        yield from _faults(value, named, path)
        yield from _faults(value, rest, path)
        return
    hint = str(rule.get("$comment", ""))
    asked = [k for k in rule if k not in _NOTES and (k not in _PAIRS or _PAIRS[k] not in rule)]
    for keyword in asked:
        said = rule[keyword]
        for fault in _KEYWORDS[keyword](value, said, path, rule):
            yield fault if fault.hint else fault._replace(hint=hint)


def _type(value: object, said: Any, path: tuple[str, ...], _: Any) -> Iterator[Fault]:  # noqa: ANN401
    kinds = [said] if isinstance(said, str) else said
    if not any(_is(value, kind) for kind in kinds):
        wanted = " or ".join(_SAID[kind] for kind in kinds)
        yield Fault(path, f"must be {wanted}, and is {_shown(value)}", "")


def _is(value: object, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    if kind == "integer":
        return isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    return isinstance(value, _TYPES[kind])


_TYPES: Mapping[str, Any] = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "number": (int, float),
}


def _required(value: object, said: Any, path: tuple[str, ...], _: Any) -> Iterator[Fault]:  # noqa: ANN401
    if isinstance(value, dict):
        for key in said:
            if key not in value:
                yield Fault((*path, key), "is missing", "add it")


def _object(value: object, _said: Any, path: tuple[str, ...], rule: Any) -> Iterator[Fault]:  # noqa: ANN401
    """Check ``properties`` and ``additionalProperties`` of one rule."""
    if not isinstance(value, dict):
        return
    named = rule.get("properties", {})
    for key, inner in value.items():
        below = named.get(key, rule.get("additionalProperties", True))
        yield from _faults(inner, below, (*path, key))


def _names(value: object, said: Any, path: tuple[str, ...], _: Any) -> Iterator[Fault]:  # noqa: ANN401
    if isinstance(value, dict):
        for key in value:
            if any(_faults(key, said, ())):
                yield Fault((*path, key), "is not a name that may stand here", "")


def _items(value: object, said: Any, path: tuple[str, ...], _: Any) -> Iterator[Fault]:  # noqa: ANN401
    if isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _faults(inner, said, (*path, str(number)))


def _pattern(value: object, said: Any, path: tuple[str, ...], _: Any) -> Iterator[Fault]:  # noqa: ANN401
    if isinstance(value, str) and not re.search(said, value):
        # what has an address in it may have a password in it, which is never shown
        shown = "this address" if re.search("[@/:=?]", value) else _shown(value)
        yield Fault(path, f"must not be {shown}", "")


def _length(value: object, _said: Any, path: tuple[str, ...], rule: Any) -> Iterator[Fault]:  # noqa: ANN401
    if isinstance(value, str):
        least, most = rule.get("minLength", 0), rule.get("maxLength", len(value))
        if len(value) < least:
            yield Fault(path, "must not be empty", "")
        if len(value) > most:
            yield Fault(path, f"must have at most {most} characters, and has {len(value)}", "")


def _minimum(value: object, said: Any, path: tuple[str, ...], _: Any) -> Iterator[Fault]:  # noqa: ANN401
    if _is(value, "number") and value < said:
        yield Fault(path, f"must be at least {said}, and is {_shown(value)}", "")


def _enum(value: object, said: Any, path: tuple[str, ...], _: Any) -> Iterator[Fault]:  # noqa: ANN401
    if value not in said:
        yield Fault(path, f"must be one of {', '.join(map(_shown, said))}", "")


def _const(value: object, said: Any, path: tuple[str, ...], _: Any) -> Iterator[Fault]:  # noqa: ANN401
    if value != said:
        yield Fault(path, f"must be {_shown(said)}", "")


def _any(value: object, said: Any, path: tuple[str, ...], _: Any) -> Iterator[Fault]:  # noqa: ANN401
    """Check ``anyOf``, and ``oneOf``: no value fits two of ours."""
    found = [list(_faults(value, branch, path)) for branch in said]
    if all(found):
        nearest = max(found, key=lambda faults: len(faults[0].path))
        if len(nearest[0].path) > len(path):
            yield nearest[0]
        else:
            wanted = " or ".join(_meant(branch) for branch in said)
            yield Fault(path, f"must be {wanted}, and is {_shown(value)}", "")


def _not(value: object, said: Any, path: tuple[str, ...], rule: Any) -> Iterator[Fault]:  # noqa: ANN401
    if not any(_faults(value, said, path)):
        yield Fault(path, "holds what does not go together", str(rule["not"].get("$comment", "")))


def _meant(branch: Mapping[str, Any]) -> str:
    whole = resolved(branch)
    return _SAID[whole["type"]] if "type" in whole else _shown(whole["const"])


def _shown(value: object) -> str:
    """Return a value as a message shows it: short, ASCII, its kind where it is large."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "an array"
    text = json.dumps(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


_KEYWORDS: Mapping[str, Callable[[object, Any, tuple[str, ...], Any], Iterator[Fault]]] = {
    "type": _type,
    "required": _required,
    "properties": _object,
    "additionalProperties": _object,
    "propertyNames": _names,
    "items": _items,
    "pattern": _pattern,
    "minLength": _length,
    "maxLength": _length,
    "minimum": _minimum,
    "enum": _enum,
    "const": _const,
    "anyOf": _any,
    "oneOf": _any,
    "not": _not,
}
_PAIRS = {"additionalProperties": "properties", "maxLength": "minLength"}
"""Keywords that are checked together with another one, where it is there."""
_NOTES = frozenset(
    {"$schema", "$id", "$defs", "$comment", "title", "description", "examples", "x-since"}
)
"""Keywords that ask for nothing."""
