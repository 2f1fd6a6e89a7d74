"""One thing that may hang: watched, ended when it stalls, tried again where that can help.

py-rattler's client repeats a request three times, and its time-out covers the whole request: that
suits the lists of packages, which are small, and no package. So packages are fetched without one,
and watched here: a try during which no byte comes is cancelled, which py-rattler survives.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from dataclasses import dataclass
from posixpath import basename
from typing import TYPE_CHECKING, Any, TypeVar

from envboot.engines.rattler.work import causes
from envboot.engines.rattler.work.progress import Rate, Reporter, State, line, server

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

T = TypeVar("T")
_IDLE = 0.05
"""The share of one core below which it counts as being at rest."""
_WINDOW = 0.2
"""Seconds for which it is looked at; it has to be at rest for some in a row."""
_CALM = 2
_SETTLING = 20.0
"""Seconds after which a new try begins all the same."""
_BUSY = 0.2
"""The share of one core from which on a process counts as computing."""
_OFTEN = 10.0
"""Seconds between two lines of what has nothing to count."""


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


async def installing(
    make: Callable[[Reporter], Awaitable[T]],
    records: Sequence[Any],
    say: Callable[[str], None],
    waits: Patience,
) -> T:
    """Return what ``make(reporter)`` does, usually ``rattler.install(…, reporter=reporter)``.

    It is watched, its progress is said in lines, a try that stalls is cancelled, and what a new
    try may mend is tried again. The last error is raised as it is; TimeoutError, with a sentence
    that names the server, when the last try stalled. An error in a reporter is raised too.
    """

    async def once() -> T:
        reporter = Reporter(records)
        work = asyncio.ensure_future(make(reporter))
        try:
            await _watch(work, _Packages(reporter, say, waits))
        finally:
            await _end(work)
        if reporter.error:
            raise reporter.error
        return work.result()

    return await _again(once, say, waits)


async def attempt(
    make: Callable[[], Awaitable[T]],
    what: str,
    urls: Sequence[str],
    say: Callable[[str], None],
    waits: Patience,
) -> T:
    """Return what ``make()`` does, for what reports no progress.

    ``what`` is "solving", or "reading the lists of packages"; ``urls`` are the channels that are
    asked: their servers are named when nothing comes, and a try is given up. () for work that asks
    no server: it is never given up. Retries and errors are those of :func:`installing`.
    """

    async def once() -> T:
        work = asyncio.ensure_future(make())
        try:
            await _watch(work, _Silent(what, urls, say, waits))
        finally:
            await _end(work)
        return work.result()

    say(what)
    return await _again(once, say, waits)


async def _again(
    once: Callable[[], Awaitable[T]], say: Callable[[str], None], waits: Patience
) -> T:
    """Return what ``once()`` does, at the first try that succeeds."""
    pause = waits.pause
    cleanly = False
    for number in range(1, waits.tries + 1):
        try:
            return await once()
        except Exception as error:
            cause = causes.of(error)
            if number == waits.tries or not (cause.passing or (cause.damaged and not cleanly)):
                raise
            cleanly = cleanly or cause.damaged
            wait = pause * random.uniform(1, 1.25)  # noqa: S311 - so that many do not come at once
            await _settled()
            say(f"{cause.short}: trying again in {wait:.0f} s (try {number + 1} of {waits.tries})")
        await asyncio.sleep(wait)
        pause *= 2
    raise AssertionError("unreachable")


class _Packages:
    """Watches an installation."""

    def __init__(self, reporter: Reporter, say: Callable[[str], None], waits: Patience) -> None:
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


class _Silent:
    """Watches what has nothing to count; while this process computes, it waits for nobody."""

    def __init__(
        self, what: str, urls: Sequence[str], say: Callable[[str], None], waits: Patience
    ) -> None:
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


async def _watch(work: asyncio.Future[Any], watcher: _Packages | _Silent) -> None:
    """Return when ``work`` has ended well. Raises its error, or TimeoutError."""
    while not work.done():
        await asyncio.wait((work,), timeout=watcher.every)
        if not work.done():
            watcher.look(time.monotonic())
    work.result()
    watcher.finish()


async def _settled() -> None:
    """Wait until the threads of a failed try are at rest, for some time at most.

    py-rattler's threads go on with what they unpack and link when a try has failed, without telling
    anybody: the next one must not meet them in the same folders. They work, so they are seen by the
    processor time that this process takes.
    """
    until = time.monotonic() + _SETTLING
    calm = 0
    while calm < _CALM and time.monotonic() < until:
        before = time.process_time()
        await asyncio.sleep(_WINDOW)
        calm = calm + 1 if time.process_time() - before < _WINDOW * _IDLE else 0


async def _end(work: asyncio.Future[Any]) -> None:
    """Cancel what has not ended; a work that does not listen is not waited for."""
    if work.done():
        return
    work.cancel()
    with contextlib.suppress(asyncio.CancelledError, Exception):
        await asyncio.wait((work,), timeout=5)
