"""The ways into an environment: variables, the one line, a subshell."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from envboot.plan import Plan
    from envboot.shell import Shell
    from envboot.spec import Notice

Variables = "Sequence[tuple[str, str]]"


def checked(
    variables: Sequence[tuple[str, str]],
) -> tuple[tuple[tuple[str, str], ...], tuple[Notice, ...]]:
    """Return the variables that may be set, and a notice for each that may not."""
    raise NotImplementedError


def environ(prefix: Path, variables: Sequence[tuple[str, str]], shell: Shell) -> dict[str, str]:
    """Return the whole environment of a program that runs inside ``prefix``."""
    raise NotImplementedError


def line(prefix: Path, name: str, shell: Shell) -> str:
    """Return the line that activates it in the person's own shell."""
    raise NotImplementedError


def lines(prefix: Path, name: str, shell: Shell) -> dict[str, str]:
    """Return the line for each shell: bash, zsh, fish, powershell, cmd, csh."""
    raise NotImplementedError


def variables(prefix: Path, values: Sequence[tuple[str, str]], shell: Shell) -> Plan:
    """Return the steps that make the environment's own activation set ``values``."""
    raise NotImplementedError


def subshell(
    prefix: Path, name: str, values: Sequence[tuple[str, str]], shell: Shell
) -> tuple[tuple[str, ...], dict[str, str], Plan]:
    """Return a shell inside the environment: its command, its variables, and what to do first."""
    raise NotImplementedError
