"""Files on request (``--with``), made from what was derived. One module a kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from envboot.derive import Derived
    from envboot.infer.facts import Scan
    from envboot.package.changes import Change
    from envboot.shell import Shell
    from envboot.spec import Need

KINDS = ("devcontainer", "dockerfile", "install", "readme")


@dataclass(frozen=True)
class Picture:
    """All that a companion file may say of the repository."""

    root: Path
    name: str
    python: str
    """The minor in use: ``3.11``."""
    derived: Derived
    scan: Scan
    needs: tuple[Need, ...]


def draft(kinds: tuple[str, ...], picture: Picture, shell: Shell) -> tuple[Change, ...]:
    """Return the changes of the companion files of those kinds; of a file of ours also without.

    Raises UsageError for a kind that does not exist.
    """
    raise NotImplementedError
