"""JSON with line numbers in its errors, and the comments that editors allow in it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from envboot.errors import InvalidFile
from envboot.spec import Origin

if TYPE_CHECKING:
    from collections.abc import Collection

# Each alternative also takes what is left open, so that no place is looked at twice.
_TOKEN = re.compile(r'"(?:[^"\\\n]|\\[^\n])*"?|//[^\n]*|/\*(?:.*?\*/|.*)|,(?=\s*[}\]])', re.DOTALL)
_KEY = re.compile(r'"((?:[^"\\\n]|\\[^\n])*)"?(\s*:)?')


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
        raise InvalidFile(
            "the values are nested too deeply",
            hint="is this the file that you mean?",
            origin=origin,
        ) from error
    if not isinstance(found, dict):
        raise InvalidFile("the file must be a JSON object", hint="begin with `{`", origin=origin)
    return found


def without_comments(text: str) -> str:
    """Return the text with comments and trailing commas blanked, lines kept."""
    for _ in range(2):  # a comment may stand between a comma and its bracket
        text = _TOKEN.sub(_blank, text)
    return text


def key_lines(text: str, sections: Collection[str]) -> dict[tuple[str, str], int]:
    """Return the line of each key: by its section (one of ``sections``, else "") and its name."""
    found: dict[tuple[str, str], int] = {}
    section, line, at = "", 1, 0
    for match in _KEY.finditer(text):
        line, at = line + text.count("\n", at, match.start()), match.start()
        if match.group(2):
            name = match.group(1)
            if name in sections and ("", name) not in found:
                section = name
                found["", name] = line
            found.setdefault((section, name), line)
    return found


def _blank(found: re.Match[str]) -> str:
    token = found.group()
    return token if token.startswith('"') else re.sub(r"[^\n]", " ", token)
