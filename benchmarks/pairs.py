"""Times of two programs, taken in turns, and what may be said of them.

A busy machine slows both of a pair, so the ratio of each pair is what is compared, and its median
over all pairs is what is reported. Nothing here asserts a time.
"""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


@dataclass
class Pairs:
    """The seconds of two things done in turns."""

    what: str
    against: str
    seconds: list[tuple[float, float]] = field(default_factory=list)
    note: str = ""

    @property
    def ratios(self) -> list[float]:
        """Return the first of each pair, divided by the second."""
        return sorted(a / b for a, b in self.seconds)

    def row(self) -> str:
        """Return the row of the table."""
        ours, theirs = (statistics.median(x) for x in zip(*self.seconds))
        ratios = self.ratios
        middle, spread = statistics.median(ratios), f"{ratios[0]:.2f} to {ratios[-1]:.2f}"
        more = statistics.median(a - b for a, b in self.seconds)
        times = (f"{ours:.2f} s", self.against, f"{theirs:.2f} s", f"{more:+.2f} s")
        cells = (self.what, *times, f"{middle:.2f}")
        return f"| {' | '.join((*cells, spread, str(len(ratios)), self.note))} |"


HEADER = (
    "| A | median | B | median | A minus B, median | A/B, median | A/B, all | pairs | note |\n"
    "|---|---|---|---|---|---|---|---|---|"
)


def take(
    pairs: Pairs,
    ours: Callable[[], float],
    theirs: Callable[[], float],
    number: int,
    *,
    warm: bool = True,
) -> Pairs:
    """Fill ``pairs`` with ``number`` pairs, A B A B; ``warm``: after a pair that is not counted."""
    if warm:
        ours()
        theirs()
    for _ in range(number):
        pairs.seconds.append((ours(), theirs()))
        print(".", end="", file=sys.stderr, flush=True)
    print(f" {pairs.what}", file=sys.stderr)
    return pairs


def timed(*commands: Sequence[str], cwd: Path, env: Mapping[str, str], status: int = 0) -> float:
    """Run commands one after the other with nobody to ask; return their seconds together.

    Ends the benchmark when one of them does not end with ``status``.
    """
    start = time.perf_counter()
    for argv in commands:
        done = subprocess.run(
            list(argv),
            cwd=cwd,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        if done.returncode != status:
            said = done.stdout.decode("utf-8", "replace")
            sys.exit(f"{' '.join(argv)}: status {done.returncode}, not {status}\n{said}")
    return time.perf_counter() - start


def machine() -> str:
    """Return one line that says where the times were taken."""
    brand = platform.processor() or platform.machine()
    memory = ""
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                brand = line.partition(":")[2].strip()
                break
        pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        memory = f", {pages / 2**30:.0f} GiB of memory"
    except (OSError, ValueError, AttributeError):
        pass
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    try:
        load = f", load {os.getloadavg()[0]:.1f}"
    except (OSError, AttributeError):
        load = ""
    return f"{platform.system()} {platform.machine()}, {brand}, {cores} cores{memory}{load}"
