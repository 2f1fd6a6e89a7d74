"""What a person asked for, and what came of it: the two ends of :mod:`envboot.package`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from envboot.derive import Pin


@dataclass(frozen=True)
class Packing:
    """What a person asked for: the flags of ``package-env``, one field each."""

    root: Path
    """The repository, absolute."""
    climbed: bool = False
    """The root was found above the current folder, and nobody named it."""
    file: str | None = None
    yes: bool = False
    dry_run: bool = False
    check: bool = False
    """Say what is stale, and write nothing."""
    remove: bool = False
    """Take out what was written."""
    readme: bool = False
    """Write the onboarding section of README.md too."""
    python: str | None = None
    """The live environment is this interpreter's, …"""
    prefix: Path | None = None
    """… or the one at this prefix, …"""
    env: str | None = None
    """… or conda's of this name; else the active one."""
    no_live: bool = False
    """Leave the live environment out; ``check`` always does: CI has none."""
    pin: Pin | None = None
    """None: as settled (``[tool.envboot.package]``), else compatible."""
    pip_only: bool | None = None
    conda_only: bool | None = None
    provides: tuple[str, ...] = ()
    """``MODULE=DISTRIBUTION``, each."""
    variable: tuple[str, ...] = ()
    """Names of environment variables to carry with their values."""
    companions: tuple[str, ...] = ()
    """Kinds of files to write too: see :mod:`envboot.package.companions`."""
    lock: bool = False
    platform: tuple[str, ...] = ()
    """conda's names of platforms to lock for; () this one and the usual ones."""
    no_cache: bool = False
    commit: bool = False
    message: str | None = None
    push: bool = False
    offline: bool = False


@dataclass(frozen=True)
class Packed:
    """What came of it."""

    outcome: str
    """packed | up-to-date | planned | declined | stale | removed"""
    exit_code: int
    files: tuple[dict[str, str], ...] = ()
    """path, state (written, removed, unchanged, stale), why"""
    source: str | None = None
    """The dependency file that wins afterwards."""
    notices: tuple[str, ...] = ()
    plan: tuple[str, ...] = ()
    rows: tuple[dict[str, str], ...] = ()
    """name, declared, used, installed, verdict, why: one a distribution"""
    unknown: tuple[dict[str, Any], ...] = ()
    """module, origin, namesake: left out, because nobody knows the distribution"""
    suggestions: tuple[str, ...] = ()
    variables: tuple[dict[str, Any], ...] = ()
    """name, required, origin of the environment variables that the code reads; never a value"""
