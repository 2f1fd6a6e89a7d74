"""What a preflight has at hand: the repository, its targets, the tools, and a folder of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from envboot.console import Console
    from envboot.preflight.targets import Target
    from envboot.shell import Shell
    from envboot.spec import EnvironmentSpec


@dataclass(frozen=True)
class Asked:
    """One question, and what it may be answered with."""

    spec: EnvironmentSpec
    root: Path
    work: Path
    """Absolute: what is written for the answer, and removed behind it."""
    shell: Shell
    console: Console
    offline: bool = False
    uv: Path | None = None
    """None: there is none, and none may be fetched."""
    rattler: Path | None = None
    """The folder of py-rattler; None as for ``uv``."""
    python: str = ""
    """The interpreter that py-rattler runs on, absolute."""


@dataclass(frozen=True)
class Case:
    """One target with one Python."""

    target: Target
    python: str = ""
    """"3.11"; "" where conda's solver chooses."""
    given: bool = False
    """The person named the Python with ``--python``."""
