"""Python literals for people: ASCII, one source line for each line of a text, as black has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_STEP = "    "


def assignment(name: str, value: Mapping[str, Any]) -> str:
    """Return ``name = {…}``; values are mappings, tuples, texts, numbers, or what repr renders."""
    return "".join(f"{row}\n" for row in _rows(f"{name} = ", value, "", ""))


def literal(text: str) -> str:
    """Return an ASCII literal in the quotes that formatters choose: those with fewer escapes."""
    plain = text.encode("unicode_escape").decode("ascii")
    if plain.count('"') > plain.count("'"):
        return "'" + plain.replace("'", "\\'") + "'"
    return '"' + plain.replace('"', '\\"') + '"'


def _rows(head: str, value: object, indent: str, comma: str) -> Iterator[str]:
    if isinstance(value, dict):
        if not value:
            yield f"{indent}{head}{{}}{comma}"
            return
        yield f"{indent}{head}{{"
        for key, inner in value.items():
            yield from _rows(f"{literal(str(key))}: ", inner, indent + _STEP, ",")
        yield f"{indent}}}{comma}"
    elif isinstance(value, (tuple, list)) and any(isinstance(v, str) for v in value):
        opened, closed = "()" if isinstance(value, tuple) else "[]"
        yield f"{indent}{head}{opened}"
        for inner in value:
            yield from _rows("", inner, indent + _STEP, ",")
        yield f"{indent}{closed}{comma}"
    elif isinstance(value, str):
        lines = value.split("\n")
        whole = [line + "\n" for line in lines[:-1]] + lines[-1:]
        texts = [literal(line) for line in whole if line] or ['""']
        yield from (f"{indent}{text}" for text in texts[:-1] if not head)
        shown = texts[-1] if not head else literal(value)
        yield f"{indent}{head}{shown}{comma}"
    else:
        yield f"{indent}{head}{value!r}{comma}"
