"""What is asked of the computer: read as people write it, and what packages imply."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from envboot.spec import EnvironmentSpec, Need, Origin


def read(mapping: Mapping[str, object], locate: Callable[[str], Origin]) -> tuple[Need, ...]:
    """Return the needs in ``mapping``; ``locate("recommended.memory")`` says where a key stands.

    Raises InvalidFile for an unknown key, unit or type.
    """
    raise NotImplementedError


def complete(
    spec: EnvironmentSpec, environment: Mapping[str, str] | None = None
) -> EnvironmentSpec:
    """Return ``spec`` with the needs that its packages imply; declared ones win.

    ``environment`` holds the values of PEP 508 markers (default: this interpreter's).
    """
    raise NotImplementedError


def asked(spec: EnvironmentSpec) -> frozenset[str]:
    """Return the slow facts that the needs of ``spec`` ask for: what to give to ``probe``."""
    raise NotImplementedError
