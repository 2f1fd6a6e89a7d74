"""JSON with line numbers in its errors, and the comments that editors allow in it."""

from __future__ import annotations

import json
import re
from typing import Any

from envboot.errors import InvalidFile
from envboot.spec import Origin

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|//[^\n]*|/\*.*?\*/|,(?=\s*[}\]])', re.DOTALL)


def loads(text: str, origin: Origin) -> dict[str, Any]:
    """Return the object. Raises InvalidFile with the line."""
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        raise InvalidFile(
            f"not valid JSON: {error.msg.lower()}",
            hint="correct this line",
            origin=Origin(origin.path, error.lineno),
        ) from error
    except (ValueError, RecursionError) as error:
        raise InvalidFile("the values are nested too deeply", origin=origin) from error
    if not isinstance(found, dict):
        raise InvalidFile("the file must be a JSON object", hint="begin with `{`", origin=origin)
    return found


def without_comments(text: str) -> str:
    """Return the text with comments and trailing commas blanked, lines kept."""
    for _ in range(2):  # a comment may stand between a comma and its bracket
        text = _TOKEN.sub(_blank, text)
    return text


def line_of(text: str, key: str, start: str = "") -> int | None:
    """Return the line where a key stands, behind the key ``start`` if one is given."""
    begin = 0
    for name in (start, key) if start else (key,):
        found = re.compile(rf'"{re.escape(name)}"\s*:').search(text, begin)
        if not found:
            return None
        begin = found.start()
    return text.count("\n", 0, begin) + 1


def _blank(found: re.Match[str]) -> str:
    token = found.group()
    return token if token.startswith('"') else re.sub(r"[^\n]", " ", token)
