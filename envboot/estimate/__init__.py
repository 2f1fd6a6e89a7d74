"""Needs that nobody declared, from what lies there: wheels, model files, data, the code's devices.

Each is labelled ``inferred`` and says from what.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from envboot.freeze import Live
    from envboot.infer.facts import Scan
    from envboot.shell import Shell
    from envboot.spec import Need


def estimate(root: Path, scan: Scan, live: Live | None, shell: Shell) -> tuple[Need, ...]:
    """Return the needs that the repository and its environment show, one for each key."""
    raise NotImplementedError
