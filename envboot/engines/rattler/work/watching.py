"""One thing that may hang: watched, ended when it stalls, tried again where that can help."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from envboot.engines.rattler.work.progress import Reporter

T = TypeVar("T")


@dataclass(frozen=True)
class Patience:
    """How long is waited, in seconds."""

    stall: float = 30.0
    """Without a byte or a package for so long: said, with the server's name."""
    end: float = 120.0
    """Without one for so long: this try is given up."""
    tries: int = 4
    pause: float = 1.0
    """Before the second try; doubled before each further one, and up to a quarter longer."""
    every: float = 1.0
    """Between two lines of progress."""


def patience(environ: Mapping[str, str]) -> Patience:
    """Return how long to wait; ``ENVBOOT_STALL`` says the seconds of ``stall``, ``end`` is 4 times
    as long.
    """
    raise NotImplementedError


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
    raise NotImplementedError


async def attempt(
    make: Callable[[], Awaitable[T]],
    what: str,
    urls: Sequence[str],
    say: Callable[[str], None],
    waits: Patience,
) -> T:
    """Return what ``make()`` does, for what reports no progress: ``what`` is "solving", or "reading
    the lists of packages".

    ``urls`` are the channels that are asked: their servers are named when nothing comes; () for
    work that asks no server, which is never cancelled. Retries and errors as :func:`installing`.
    """
    raise NotImplementedError
