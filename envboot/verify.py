"""Prove an environment: import in it what the repository imports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from envboot.infer import Scan
    from envboot.shell import Shell
    from envboot.spec import EnvironmentSpec, Origin


@dataclass(frozen=True)
class Failure:
    """One module that does not import."""

    module: str
    origin: Origin
    why: str
    hint: str = ""


@dataclass(frozen=True)
class Report:
    """What was proved."""

    imported: tuple[str, ...] = ()
    failed: tuple[Failure, ...] = ()
    notes: tuple[Failure, ...] = ()
    """Guarded modules that do not import: the code says that it lives without them."""
    conflicts: tuple[str, ...] = ()
    """What ``pip check`` would say."""
    gpu: tuple[str, ...] = ()

    @property
    def works(self) -> bool:
        """Return whether everything that the code needs was imported."""
        return not self.failed


def prove(
    scan: Scan,
    prefix: Path,
    shell: Shell,
    *,
    spec: EnvironmentSpec,
    root: Path,
    said: Callable[[str], None] = lambda _line: None,
    timeout: float = 120.0,
) -> Report:
    """Import every production module of ``scan`` in the environment at ``prefix``."""
    raise NotImplementedError


def render(report: Report) -> str:
    """Return the report as a table for people."""
    raise NotImplementedError


def version(python: Path, shell: Shell) -> str:
    """Return the version of an interpreter, "3.11.7"; "" when it does not answer."""
    raise NotImplementedError


def count(prefix: Path, shell: Shell) -> int:
    """Return how many packages are installed at ``prefix``, pip and setuptools included."""
    raise NotImplementedError
