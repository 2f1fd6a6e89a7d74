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
from typing import TYPE_CHECKING, Any, TypeVar

from envboot.engines.rattler.work import causes
from envboot.engines.rattler.work.patience import Patience, patience
from envboot.engines.rattler.work.progress import Reporter
from envboot.engines.rattler.work.watchers import Packages, Silent

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

__all__ = ["Patience", "attempt", "installing", "patience"]

T = TypeVar("T")
_IDLE = 0.05
"""The share of one core below which it counts as being at rest."""
_WINDOW = 0.2
"""Seconds for which it is looked at; it has to be at rest for some in a row."""
_CALM = 2
_SETTLING = 20.0
"""Seconds after which a new try begins all the same."""


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
            await _watch(work, Packages(reporter, say, waits))
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
            await _watch(work, Silent(what, urls, say, waits))
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


async def _watch(work: asyncio.Future[Any], watcher: Packages | Silent) -> None:
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
