"""What was read of one file, as values that a cache can keep: no path and no label yet.

Made by the thousand, so the small ones are named tuples: three times as fast as frozen dataclasses.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Optional

Kind = Literal["asked", "program", "back end", "variable", "device"]
Broken = tuple[str, Optional[int], Optional[int]]


class Seen(NamedTuple):
    """One import statement, or a call that means the same."""

    module: str
    """Dotted, as written; "" for ``from . import x``."""
    line: int
    names: tuple[str, ...] = ()
    """What ``from module import`` takes; () for ``import module``."""
    level: int = 0
    """Leading dots: above 0 the import is relative, and local."""
    guarded: bool = False
    """The code lives without it: try/except, TYPE_CHECKING, a test for its presence."""
    cell: int | None = None


class Fact(NamedTuple):
    """Something else that the code says."""

    kind: Kind
    text: str
    """A requirement line, a program, a distribution, the name of a variable, a call."""
    more: str
    """Ecosystem, distribution, or call; of variables and devices "required" or ""."""
    line: int
    guarded: bool = False
    cell: int | None = None


@dataclass(frozen=True)
class Reading:
    """What was read of one file."""

    seen: tuple[Seen, ...] = ()
    paths: tuple[str, ...] = ()
    """What it adds to ``sys.path``, as far as it is written out: ``../src``."""
    made: tuple[str, ...] = ()
    """Modules that a notebook writes itself (``%%writefile name.py``)."""
    errors: tuple[Broken, ...] = ()
    """(why, line, cell) of each part that could not be parsed."""
    facts: tuple[Fact, ...] = ()


EMPTY = Reading()


def dumped(reading: Reading) -> list[Any]:
    """Return a reading as lists that JSON can hold; [] for one that says nothing."""
    if reading == EMPTY:
        return []
    return [reading.seen, reading.paths, reading.made, reading.errors, reading.facts]


def loaded(rows: list[Any]) -> Reading:
    """Return what :func:`dumped` was given. Raises ValueError or TypeError for anything else."""
    if not rows:
        return EMPTY
    seen, paths, made, errors, facts = rows
    return Reading(
        tuple(Seen(m, n, tuple(names), level, g, c) for m, n, names, level, g, c in seen),
        tuple(paths),
        tuple(made),
        tuple((why, line, cell) for why, line, cell in errors),
        tuple(Fact(*row) for row in facts),
    )
