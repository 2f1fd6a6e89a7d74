"""Needs that envboot wrote into a file: how they are written, and how they are known again.

A comment on the line above says where the figure comes from, and repeats it::

    # envboot: measured with python train.py (12 GB)
    memory = "12 GB"

Whoever changes the figure, or takes the comment away, has declared it: the two no longer agree.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from envboot.shell import redact

if TYPE_CHECKING:
    from envboot.spec import Evidence, Need

_SAID = re.compile(r"\s*[#;]\s*envboot: (inferred from|measured with) (.*) \(([^()]*)\)\s*")
_EVIDENCE: dict[str, Evidence] = {"inferred from": "inferred", "measured with": "measured"}
_UNITS = (("GB", 10**9), ("GiB", 2**30), ("MB", 10**6), ("MiB", 2**20))
_PLACE = re.compile(r"(?::\d+|, cell \d+(?:, line \d+)?)\Z")
"""Where in a file something stands, as an Origin says it."""
_LONGEST = 160  # characters of a comment's reason


def recover(needs: tuple[Need, ...], text: str) -> tuple[Need, ...]:
    """Return the needs that were read from ``text``, those that envboot wrote labelled so."""
    if "envboot: " not in text:
        return needs
    rows = re.split(r"\r\n|\r|\n", text)
    return tuple(_labelled(need, rows) for need in needs)


def _labelled(need: Need, rows: list[str]) -> Need:
    line = need.origin.line or 0
    match = _SAID.fullmatch(rows[line - 2]) if 2 <= line <= len(rows) else None  # noqa: PLR2004
    if match is None or match.group(3) != need.text:
        return need
    return replace(need, evidence=_EVIDENCE[match.group(1)], why=match.group(2))


def comment(need: Need) -> str:
    """Return the comment for the line above a need: one line, without any secret.

    What was inferred from code names the file and not the line, which is another after the next
    edit: to renew it would change the file with nearly every commit.
    """
    said = next(said for said, evidence in _EVIDENCE.items() if evidence == need.evidence)
    why = redact(" ".join((need.why or need.text).split()))
    if need.evidence == "inferred":
        why = _PLACE.sub("", why)
    plain = "".join(char if char.isprintable() else "?" for char in why)
    short = plain if len(plain) <= _LONGEST else plain[: _LONGEST - 2] + " …"
    return f"# envboot: {said} {short} ({written(need)})"


def written(need: Need) -> str:
    """Return the value as a person would write it: ``12 GB``, ``>= 12.0``, ``optional``."""
    if need.key == "gpu":
        return str(need.value) if need.value else "optional"
    if isinstance(need.value, tuple):
        return ", ".join(need.value)
    if need.key in {"memory", "disk", "gpu_memory"}:
        size = cast("int", need.value)
        return next((f"{size // u} {name}" for name, u in _UNITS if size % u == 0), str(size))
    return str(need.value) if need.key == "cpus" else f">= {need.value}"
