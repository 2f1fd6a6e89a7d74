"""How far an installation is, as a line for people: packages, bytes, a rate, the slowest named."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from urllib.parse import urlsplit

_WINDOW = 5.0
"""Seconds over which a rate is taken."""


@dataclass(frozen=True)
class State:
    """How far an installation is."""

    done: int = 0
    """Packages."""
    total: int = 0
    got: int = 0
    """Bytes."""
    size: int = 0
    """Bytes to fetch in all, as far as it is known."""
    slowest: str = ""
    """The package with the most bytes still to come, while it is being fetched."""
    slowest_got: int = 0
    slowest_size: int = 0
    waiting: tuple[str, ...] = ()
    """The addresses of the packages that are being fetched."""
    busy: tuple[str, ...] = ()
    """The packages that are being unpacked, checked or linked: no server is waited for."""


class Rate:
    """Bytes a second over the last seconds."""

    def __init__(self) -> None:
        """Know no figure yet."""
        self._seen: deque[tuple[float, int]] = deque()

    def of(self, now: float, got: int) -> float:
        """Return the rate at ``now`` (seconds of any clock), when ``got`` bytes have come."""
        if self._seen and got < self._seen[-1][1]:  # a retry began again
            self._seen.clear()
        self._seen.append((now, got))
        while len(self._seen) > 2 and now - self._seen[0][0] > _WINDOW:  # noqa: PLR2004
            self._seen.popleft()
        seconds = now - self._seen[0][0]
        return (got - self._seen[0][1]) / seconds if seconds > 0 else 0.0


def line(state: State, rate: float = 0.0) -> str:
    """Return the state as a person reads it; ``rate`` in bytes a second.

    ``14 of 40 packages, 34.1 of 210 MB, 8.1 MB/s, slowest: mkl (3 of 120 MB)``.
    """
    parts = [f"{state.done} of {state.total} packages"]
    if state.size:
        parts.append(_of(state.got, state.size))
    if state.waiting and rate > 0:
        unit, name = _unit(rate)
        parts.append(f"{_figure(rate / unit)} {name}/s")
    if state.slowest:
        parts.append(f"slowest: {state.slowest} ({_of(state.slowest_got, state.slowest_size)})")
    return ", ".join(parts)


def server(url: str) -> str:
    """Return the host of an address, ``conda.anaconda.org``, without a login; a path as it is."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "a server"
    return f"{parts.hostname}{port}" if parts.hostname else parts.path


def _of(got: int, size: int) -> str:
    unit, name = _unit(max(size, got))
    if not size:
        return f"{_figure(got / unit)} {name}"
    return f"{_figure(got / unit)} of {_figure(size / unit)} {name}"


def _unit(size: float) -> tuple[int, str]:
    return next(
        (pair for pair in ((10**9, "GB"), (10**6, "MB"), (10**3, "kB")) if size >= pair[0]),
        (1, "B"),
    )


def _figure(value: float) -> str:
    """Return a figure with at most one decimal, none from a hundred on: 34.1, 3, 210."""
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}".removesuffix(".0")  # noqa: PLR2004
