"""What preflight finds out, as values: one row a target and Python, one cell an aspect."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

Mark = Literal["pass", "fail", "warn", "unknown", "none"]
"""none: there is nothing to judge."""
ASPECTS = ("needs", "python", "conda", "pip", "disk")
_WORST: tuple[Mark, ...] = ("fail", "unknown", "warn", "pass", "none")


@dataclass(frozen=True)
class Finding:
    """One line of a file, and what is the matter with it on one target."""

    verdict: Mark
    """fail, warn or unknown."""
    text: str
    """``there is no package `pyTorch` in conda-forge``"""
    at: str = ""
    """``environment.yml:5``; "" where no line of a file is to blame."""
    spec: str = ""
    """As its author wrote it: ``pyTorch=2.8``."""
    hint: str = ""
    """The nearest that would pass, as advice: ``write `pytorch=2.8```; "" where none is known."""
    nearest: str = ""
    """The replacement alone: ``pytorch=2.8``."""

    @property
    def line(self) -> str:
        """Return it as one line: ``environment.yml:5: pyTorch=2.8: no such package; write …``."""
        spec = "" if f"`{self.spec}`" in self.text else self.spec
        head = ": ".join(part for part in (self.at, spec, self.text) if part)
        return f"{head}; {self.hint}" if self.hint else head


@dataclass(frozen=True)
class Cell:
    """One aspect of one target."""

    aspect: str
    """One of :data:`ASPECTS`."""
    verdict: Mark
    text: str = ""
    """A few words for the table: ``24 packages``."""
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class Row:
    """One target with one Python."""

    target: str
    """As the person called it."""
    platform: str
    """conda's name."""
    python: str
    """The Python that it was judged with, "3.11"; "" where nothing chose one."""
    verdict: Mark
    cells: tuple[Cell, ...] = ()
    label: str = ""
    """How the row is headed: the target, and the Python where there are several."""

    def cell(self, aspect: str) -> Cell:
        """Return the cell of an aspect; an empty one where it was not judged."""
        return next((c for c in self.cells if c.aspect == aspect), Cell(aspect, "none"))


@dataclass(frozen=True)
class Forecast:
    """What came of it; the schema is ``docs/reference/preflight.schema.json``."""

    outcome: str
    """passes | falls-short | unknown (nothing fails, and not all is known) | planned"""
    exit_code: int
    source: str | None = None
    """The dependency file that won, relative to the repository."""
    targets: tuple[Row, ...] = ()
    notices: tuple[str, ...] = ()
    """What was not looked at, and why."""
    plan: tuple[str, ...] = field(default=())
    """What would be asked and fetched."""


def packages(number: int) -> str:
    """Return how many packages there are, in words."""
    return "1 package" if number == 1 else f"{number} packages"


def worst(marks: tuple[Mark, ...]) -> Mark:
    """Return the verdict of several: a failure beats what is not known, which beats a warning."""
    return min(marks, key=_WORST.index, default="none")


def count(findings: Sequence[Finding]) -> str:
    """Return how many there are of the worst kind: ``2 fail``; "" of none."""
    verdict = worst(tuple(f.verdict for f in findings))
    number = sum(f.verdict == verdict for f in findings)
    words = {"fail": "fail", "unknown": "not known", "warn": "to mind"}
    return f"{number} {words[verdict]}" if verdict in words else ""


def cell(aspect: str, findings: tuple[Finding, ...], text: str, *, when: Mark = "pass") -> Cell:
    """Return a cell with the verdict of its findings, ``when`` there are none; ``text`` then."""
    verdict = worst(tuple(f.verdict for f in findings) + ((when,) if when != "none" else ()))
    return Cell(aspect, verdict, text, findings)
