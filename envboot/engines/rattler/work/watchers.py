"""What looks at work that goes on: says how far it is, and that it has stalled."""

from __future__ import annotations

import time
from posixpath import basename
from typing import TYPE_CHECKING

from envboot.engines.rattler.work.telling import Rate, State, line, server

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from envboot.engines.rattler.work.patience import Patience
    from envboot.engines.rattler.work.progress import Reporter

_OFTEN = 10.0
"""Seconds between two lines of what has nothing to count."""
_BUSY = 0.2
"""The share of one core from which on a process counts as computing."""


class Packages:
    """Watches an installation."""

    def __init__(self, reporter: Reporter, say: Callable[[str], None], waits: Patience) -> None:
        """Look at what ``reporter`` counts."""
        self.every = waits.every
        self._reporter, self._say, self._waits = reporter, say, waits
        self._rate = Rate()
        self._moves, self._moved, self._told = -1, time.monotonic(), False
        self._begun, self._last = time.monotonic(), ""

    def look(self, now: float) -> None:
        """Say what is new. Raises TimeoutError when it has stalled for too long."""
        state = self._reporter.state()
        rate = self._rate.of(now, state.got)
        if self._reporter.moves != self._moves:
            self._moves, self._moved, self._told = self._reporter.moves, now, False
        still = now - self._moved
        if still >= self._waits.stall:
            if not self._told:
                self._told = True
                self._say(f"no progress for {self._waits.stall:g} s: {_what(state)}")
            if state.waiting and not state.busy and still >= self._waits.end:
                raise TimeoutError(f"no byte came for {self._waits.end:g} s: {_what(state)}")
            return
        text = line(state, rate)
        if state.total and text != self._last:
            self._last = text
            self._say(text)

    def finish(self) -> None:
        """Say what it came to."""
        state = self._reporter.state()
        if not state.total:
            return
        seconds = time.monotonic() - self._begun
        self._say(f"{line(state)} in {seconds:.0f} s" if seconds >= 1 else line(state))


def _what(state: State) -> str:
    """Return what a stalled installation waits for: the server and the package."""
    if state.busy:
        return f"still at work on {', '.join(state.busy[:3])}"
    if not state.waiting:
        return "waiting for the package cache, which another program may be using"
    first = state.waiting[0]
    more = f" and {len(state.waiting) - 1} more" if len(state.waiting) > 1 else ""
    return f"waiting for {server(first)} ({basename(first)}{more})"


class Silent:
    """Watches what has nothing to count; while this process computes, it waits for nobody."""

    def __init__(
        self, what: str, urls: Sequence[str], say: Callable[[str], None], waits: Patience
    ) -> None:
        """Look at ``what``, which asks the channels at ``urls``."""
        self.every = waits.every
        self._what, self._say, self._waits = what, say, waits
        self._servers = ", ".join(dict.fromkeys(map(server, urls)))
        self._begun = self._said = self._moved = self._looked = time.monotonic()
        self._computed = time.process_time()
        self._told = False

    def look(self, now: float) -> None:
        """Say how long it takes. Raises TimeoutError when a server has kept silent for long."""
        if self._busy(now):
            self._moved, self._told = now, False
        still = now - self._moved
        if self._servers and still >= self._waits.silent:
            raise TimeoutError(
                f"no answer for {self._waits.silent:g} s: waiting for {self._servers}"
            )
        if self._servers and still >= self._waits.stall and not self._told:
            self._told = True
            self._said = now
            self._say(f"no progress for {self._waits.stall:g} s: waiting for {self._servers}")
        elif now - self._said >= _OFTEN:
            self._said = now
            self._say(f"{self._what} ({now - self._begun:.0f} s)")

    def _busy(self, now: float) -> bool:
        """Return whether the processor has worked for us since the last look."""
        computed, seconds = time.process_time() - self._computed, now - self._looked
        self._computed, self._looked = self._computed + computed, now
        return computed > _BUSY * seconds

    def finish(self) -> None:
        """Say nothing: what follows speaks for itself."""
