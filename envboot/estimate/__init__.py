"""Needs that nobody declared, from what lies there: wheels, model files, data, the code's devices.

Each is labelled ``inferred`` and says from what. The computer that the owner works on says nothing:
it is an upper bound. A minimum, which stops a set-up, is claimed only where the code itself does
not ask; all else is recommended, and warns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envboot.estimate import floors, graphics, volume, weights
from envboot.spec import Need, Origin

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from envboot.freeze import Live
    from envboot.infer.facts import Scan
    from envboot.shell import Shell

GB = 10**9


def estimate(root: Path, scan: Scan, live: Live | None, shell: Shell) -> tuple[Need, ...]:
    """Return the needs that the repository and its environment show, one for each key."""
    return tuple(_needs(root, scan, live, shell))


def _needs(root: Path, scan: Scan, live: Live | None, shell: Shell) -> Iterator[Need]:
    sizes = volume.tracked(root, shell)
    required = False
    for need in graphics.needs(scan, live):
        required = required or (need.key == "gpu" and need.value == 1)
        yield need
    largest = weights.largest(root, sizes, shell)
    if largest and largest.size >= GB // 2:
        why = f"{largest.path}: {volume.shown(largest.size)} of {largest.what}"
        amount, origin = rounded(largest.size), Origin(largest.path)
        for key in ("memory", "gpu_memory") if required else ("memory",):
            yield Need(key, amount, "", origin, "recommended", "inferred", why)
    room = volume.environment(live, shell) if live else 0
    data = sum(sizes.values())
    if room + data >= GB:
        told = ((room, "an environment of"), (data, "tracked files of"))
        why = " and ".join(f"{what} {volume.shown(size)}" for size, what in told if size)
        yield Need("disk", rounded(room + data), "", Origin("."), "recommended", "inferred", why)
    yield from floors.needs(live)


def rounded(size: int) -> int:
    """Return bytes rounded up to a figure that a person would name: 3, 8, 15, 40, 250 GB."""
    step = GB
    for bound, wider in ((10, 5), (50, 10), (100, 50), (500, 100)):
        if size > bound * GB:
            step = wider * GB
    return -(-size // step) * step
