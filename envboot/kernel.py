"""The Jupyter kernelspec of an environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from envboot.plan import Plan
    from envboot.shell import Shell


def data_dir(shell: Shell) -> Path | None:
    """Return the person's Jupyter data folder; None without a home."""
    raise NotImplementedError


def name(prefix: Path) -> str:
    """Return the kernel's name: ``envboot-<12 hex digits>``."""
    raise NotImplementedError


def installed(prefix: Path, shell: Shell) -> bool:
    """Return whether ipykernel is in the environment."""
    raise NotImplementedError


def plan(prefix: Path, name: str, variables: Sequence[tuple[str, str]], shell: Shell) -> Plan:
    """Return the step that writes the kernelspec."""
    raise NotImplementedError


def prove(prefix: Path, shell: Shell, *, timeout: float = 60.0) -> str:
    """Start the kernel once; return "" when it works, else why not."""
    raise NotImplementedError


def registered(prefix: Path, shell: Shell) -> tuple[Path, ...]:
    """Return the folders of our kernelspecs that start the environment at ``prefix``."""
    raise NotImplementedError


def stale(shell: Shell) -> tuple[Path, ...]:
    """Return the folders of our kernelspecs whose environment is gone."""
    raise NotImplementedError
