"""Which line of the files is to blame where no set of packages fits, and what would."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from envboot.preflight import lines
from envboot.preflight.values import Finding

if TYPE_CHECKING:
    from envboot.preflight.asked import Case
    from envboot.preflight.pages import Page
    from envboot.preflight.resolving import Resolved
    from envboot.preflight.values import Mark
    from envboot.spec import Dependency


def blamed(result: Resolved, kept: list[Dependency], found: dict[str, Page], case: Case) -> Finding:
    """Return the reason with the line that it names; the last one of them can be mended best.

    ``kept`` are the lines that uv was asked about, ``found`` what the index has of their names.
    """
    verdict: Mark = "unknown" if result.unknown else "fail"
    named = [d for d in kept if _mentions(result.whole, d.name)]
    if not named:
        return Finding(verdict, result.why, hint="" if result.unknown else _other(case))
    pinned = [d for d in named if "==" in d.text or "<" in d.text] or named
    line = pinned[-1]
    nearest = _nearest(result.why, line, found, case)
    others = [f"`{d.text}` ({d.origin})" for d in named if d != line]
    hint = f"change {others[-1]}" if others else ""
    hint = f"write `{nearest}`" if nearest else hint
    return Finding(verdict, result.why, str(line.origin), line.text, hint, nearest)


def _nearest(why: str, line: Dependency, found: dict[str, Page], case: Case) -> str:
    """Return the version of what is blamed that the others would take; "" where nobody says."""
    name = re.escape(line.name).replace(r"\-", "[-_.]")
    asks = re.search(rf"(?i) needs? {name}((?:[<>=!~]=?\s*[0-9][\w.*+]*,?)+)", why)
    page = found.get(line.name)
    clash = re.search(rf"(?i) the files ask for {name}(?![\w-])", why)
    if not asks or not clash or page is None:
        return ""
    asked = lines.line(replace(line, text=line.name + asks[1].rstrip(",")))
    if asked is None:
        return ""
    version = lines.best(asked, page, case.target, case.python)
    return f"{line.name}=={version}" if version else ""


def _other(case: Case) -> str:
    return f"another Python than {case.python} may do: `--python` tries one"


def _mentions(text: str, name: str) -> bool:
    spelt = text.lower().replace("_", "-")
    return bool(re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w-])", spelt))
