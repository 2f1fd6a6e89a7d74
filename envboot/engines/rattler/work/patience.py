"""How long is waited for servers, in seconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Patience:
    """How long is waited, in seconds."""

    stall: float = 30.0
    """Without a byte or a package for so long: said, with the server's name."""
    end: float = 120.0
    """Without one for so long: this try is given up."""
    silent: float = 300.0
    """The same for what reports no progress, where bytes may come unseen."""
    tries: int = 4
    pause: float = 1.0
    """Before the second try; doubled before each further one, and up to a quarter longer."""
    every: float = 1.0
    """Between two lines of progress."""


def patience(environ: Mapping[str, str]) -> Patience:
    """Return how long to wait: ``ENVBOOT_STALL`` says after how many seconds a stall is told.

    A try is given up after four times as long, after ten times where nothing is counted. What is
    no positive number is ignored.
    """
    try:
        stall = float(environ.get("ENVBOOT_STALL", ""))
    except ValueError:
        return Patience()
    if not 0 < stall < 86_400:  # noqa: PLR2004 - a day; also neither nan nor infinite
        return Patience()
    return Patience(
        stall=stall,
        end=4 * stall,
        silent=10 * stall,
        pause=min(1.0, stall),
        every=min(1.0, stall / 2),
    )
