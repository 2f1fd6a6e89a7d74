"""Waiting until a job is ready or has ended: asked again and again, less and less often."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from envboot.jobs import WAITING
from envboot.launching.telling import TAIL
from envboot.survey import durations

if TYPE_CHECKING:
    from envboot.console import Console
    from envboot.jobs import Report
    from envboot.launching.errand import Errand

PAUSES = (1.0, 1.0, 2.0, 3.0, 5.0, 7.0, 10.0)
"""Seconds between two looks; the last one again and again. News begin anew."""
_TICK = 1.0  # seconds
LOST = 60
"""Looks in a row without an answer before the waiting is given up: ten minutes and more."""


def wait(errand: Errand) -> tuple[Errand, Report]:
    """Return the job as it is when nothing follows by itself, and what was found then.

    Its state is ``unknown`` where it could not be asked for long. What it prints is shown; the
    report's ``log`` is the last lines of that.
    """
    console, started = errand.console, time.monotonic()
    seen = lost = turn = 0
    before = ("", "")
    tail: list[str] = []
    while True:
        found = errand.look(seen)
        errand = errand.noted(found)
        lost = lost + 1 if found.state == "unknown" else 0
        for row in found.log.splitlines():
            tail = [*tail[1 - TAIL :], row]
        news = bool(found.log) or (found.state, found.said) != before
        if found.state not in WAITING or lost >= LOST:
            break
        if found.state != before[0]:
            console.say(_state(found))
        elif found.said != before[1] or not found.log:
            console.line(found.said or found.state)
        for row in found.log.splitlines():
            console.line(row)
        seen, before = max(seen, found.seen), (found.state, found.said)
        turn = 0 if news and found.state != "unknown" else turn + 1
        last = (found.log.splitlines() or [found.said or found.state])[-1]
        _pause(PAUSES[min(turn, len(PAUSES) - 1)], last, console)
    for row in found.log.splitlines():
        console.line(row)
    passed = time.monotonic() - started
    if before[0]:  # it was waited for
        console.say(f"that took {durations.said(passed)}")
    return errand, replace(found, log="\n".join(tail))


def _pause(seconds: float, text: str, console: Console) -> None:
    """Sleep; the line of a terminal says all the while how long it has been."""
    while seconds > _TICK:
        time.sleep(_TICK)
        seconds -= _TICK
        if not console.verbose:  # each is kept there
            console.line(text)
    time.sleep(seconds)


def _state(found: Report) -> str:
    if found.state == "unknown":
        return f"it cannot be asked just now ({found.said}); asked again"
    return found.state.replace("-", " ") + (f": {found.said}" if found.said else "")
