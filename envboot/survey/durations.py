"""How long each engine took the last time for this repository: told where there is a choice.

The repository remembers it beside the place of its environment; where that cannot be written, the
person's cache does.
"""

from __future__ import annotations

import hashlib
import json
import math
from typing import TYPE_CHECKING

from envboot import caches
from envboot.survey.existing import pointer

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from envboot.shell import Shell

_LARGEST = 1 << 16
_MINUTE = 60
_LONGEST = 1e6
"""Seconds; who takes longer does not choose by it."""


def taken(root: Path, shell: Shell) -> dict[str, float]:
    """Return the seconds by engine; what cannot be meant is left out."""
    found: dict[str, float] = {}
    for path in filter(None, (elsewhere(root, shell), pointer(root))):
        try:
            said = json.loads(shell.read(path, _LARGEST) or b"{}")["seconds"].items()
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            continue
        found.update({n: float(s) for n, s in said if _is_time(s)})
    return found


def _is_time(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return math.isfinite(value) and 0 < value < _LONGEST


def with_one(known: Mapping[str, float], engine: str, seconds: float) -> dict[str, float]:
    """Return the times with that of the engine that just worked."""
    return {**known, **({engine: round(seconds, 1)} if engine and _is_time(seconds) else {})}


def elsewhere(root: Path, shell: Shell) -> Path | None:
    """Return the file for a repository that cannot be written; None where there is no home."""
    cache = caches.folder(shell)
    digest = hashlib.sha256(str(root).encode("utf-8", "surrogateescape")).hexdigest()
    return cache / "repositories" / f"{digest[:16]}.json" if cache else None


def said(seconds: float) -> str:
    """Return a time for people: ``8 s``, ``3 min``."""
    if seconds < 2 * _MINUTE:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / _MINUTE)} min"
