"""The comment block of a script that names its dependencies. Source: PEP 723."""

from __future__ import annotations

import re
import sys
from typing import Any

from envboot.infer import commands
from envboot.infer.reading import Fact

_START = b"# /// script"


def asked(data: bytes) -> tuple[Fact, ...]:
    """Return what the block ``# /// script`` asks for; () without one, or with a broken one."""
    if _START not in data:
        return ()
    text = data.decode("utf-8", "replace")
    rows = text.replace("\r\n", "\n").split("\n")
    if rows.count("# /// script") != 1:
        return ()
    start = rows.index("# /// script") + 1
    end = start
    while end < len(rows) and (rows[end] == "#" or rows[end].startswith("# ")):
        end += 1
    closing = [n for n in range(start, end) if rows[n] == "# ///"]
    if not closing:
        return ()
    inside = rows[start : closing[-1]]
    wanted = _table("\n".join(row[2:] for row in inside)).get("dependencies")
    found = []
    for item in wanted if isinstance(wanted, list) else ():
        line = commands.requirement(item) if isinstance(item, str) else None
        if line:
            at = next((n for n, row in enumerate(inside, start + 1) if item in row), start)
            found.append(Fact("asked", line, "pypi", at))
    return tuple(found)


def _table(text: str) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        return tomllib.loads(re.sub(r"[\x00-\x08]", "", text))
    except (tomllib.TOMLDecodeError, RecursionError):
        return {}
