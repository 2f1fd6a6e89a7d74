"""Which Pythons this computer has, and the one to build an environment with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from envboot.shell import Shell


@dataclass(frozen=True)
class Interpreter:
    """One CPython, outside any virtual environment."""

    path: Path
    """Absolute."""
    version: tuple[int, int, int]
    source: str
    """Where it was found, for people: running, PATH, pyenv, conda, uv, launcher, system."""


def find(shell: Shell) -> tuple[Interpreter, ...]:
    """Return every working stable CPython, the running one first, then the newest."""
    raise NotImplementedError


def choose(specifier: str, shell: Shell) -> Interpreter | None:
    """Return the running interpreter if it satisfies the PEP 440 set, else the newest that does."""
    raise NotImplementedError


def said(shell: Shell) -> str:
    """Return the versions that there are, oldest first: ``3.9.18, 3.10.13, 3.11.7``."""
    raise NotImplementedError
