"""Pip's own wheel, for a Python that has neither pip nor ensurepip (Debian's python3).

The releases that are trusted stand here with their digests; a child fetches one of them, see
:mod:`envboot.virtualenv.pip_download`. This module is imported before the first question, that one
is not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from envboot.plan import child

if TYPE_CHECKING:
    from pathlib import Path

    from envboot.plan import Run


@dataclass(frozen=True)
class Pin:
    """One release of pip that is trusted, by its digest on PyPI."""

    version: str
    sha256: str
    python: tuple[int, int]
    """The oldest Python that it runs on."""

    @property
    def filename(self) -> str:
        """Return the name of the wheel; pip can be run from it only under this name."""
        return f"pip-{self.version}-py3-none-any.whl"


PINS = (
    Pin("25.3", "9655943313a94722b7774661c21049070f6bbb0a1516bf02f7c8d5d9201514cd", (3, 9)),
    Pin("25.0.1", "c46efd13b6aa8279f33f2864459c8ce587ea6a1a59ee20de055868d8f7688f7f", (3, 8)),
)


def pin(version: tuple[int, int, int]) -> Pin | None:
    """Return the pinned pip for a Python of that version; None when it is too old for all."""
    return next((p for p in PINS if version[:2] >= p.python), None)


def step(wanted: Pin, into: Path, *, offline: bool = False) -> Run:
    """Return the step that puts the wheel into the folder ``into``."""
    arguments = ["--version", wanted.version, *(["--offline"] if offline else []), "--", str(into)]
    return child("envboot.virtualenv.pip_download", *arguments, why="fetching pip")
