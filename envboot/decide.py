"""What is missing, and what can be done: needs against machine, and the ways forward."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from envboot.machine import Machine
    from envboot.site import Site, Target
    from envboot.spec import EnvironmentSpec, Level, Need

Judgement = Literal["ok", "short", "low", "unknown"]
MANUAL = "manual"
ANYWAY = "anyway"


@dataclass(frozen=True)
class Shortfall:
    """One need that the machine does not meet."""

    need: str
    wanted: str
    found: str
    evidence: str


@dataclass(frozen=True)
class Row:
    """One line of the table; callers may add their own ("conda", "python")."""

    need: str
    wanted: str
    found: str
    verdict: Judgement
    """ok; short: below the minimum; low: below what is recommended; unknown: not learnt."""
    evidence: str
    """``file:line``, where the need was read."""
    level: Level = "minimum"
    by: str = ""
    """By how much it falls short: ``2 cores``."""


@dataclass(frozen=True)
class Verdict:
    """Needs against machine."""

    rows: tuple[Row, ...]

    @property
    def shortfalls(self) -> tuple[Shortfall, ...]:
        """Return the rows that are short."""
        raise NotImplementedError

    @property
    def sentence(self) -> str:
        """Return the shortfalls as one sentence, "" when there is none."""
        raise NotImplementedError


@dataclass(frozen=True)
class Way:
    """One way forward; ``why_not`` is "" when it is open."""

    name: str
    title: str
    here: bool
    why_not: str = ""


def judge(needs: tuple[Need, ...], machine: Machine) -> Verdict:
    """Return the verdict, one row a need."""
    raise NotImplementedError


def table(verdict: Verdict) -> str:
    """Return the rows as an aligned table: need, have, verdict, evidence; "" without rows."""
    raise NotImplementedError


def ways(
    spec: EnvironmentSpec,
    site: Site,
    engines: Sequence[tuple[str, Target]],
    launchers: Sequence[tuple[str, Target]],
    *,
    short: bool,
) -> tuple[Way, ...]:
    """Return all ways forward, each closed one with its reason."""
    raise NotImplementedError


def best(ways: Sequence[Way]) -> Way | None:
    """Return the first open engine."""
    raise NotImplementedError


def free_gpu(machine: Machine) -> int | None:
    """Return the GPU to suggest for CUDA_VISIBLE_DEVICES when some of several are busy."""
    raise NotImplementedError
