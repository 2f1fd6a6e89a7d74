"""Tools that envboot fetches for itself, after a yes: py-rattler and uv, from pinned wheels.

Each pinned set lies unpacked in a folder of its own in the person's cache, named by the digest of
the set and filled by one atomic rename, so that several first runs at once are safe. A wheel is a
zip: no pip is needed. What is there already is used offline too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from envboot.plan import Run
    from envboot.shell import Shell


@dataclass(frozen=True)
class Wheel:
    """One wheel that is trusted, by its digest on the Python package index."""

    filename: str
    sha256: str
    size: int
    """Bytes."""


@dataclass(frozen=True)
class Tool:
    """One tool at one version: the wheel for each platform, and what it asks of Python."""

    name: str
    """As the package index calls it: ``py-rattler``."""
    version: str
    python: tuple[int, int]
    """The oldest Python that it runs on."""
    wheels: tuple[tuple[str, Wheel], ...]
    """By conda's name of the platform, ``linux-64``; with musl ``linux-64-musl``."""


def folder(tool: Tool, shell: Shell) -> Path | None:
    """Return where the unpacked tool is on this computer; None when it is not there, or in part."""
    raise NotImplementedError


def why_not(tool: Tool, shell: Shell, *, offline: bool) -> str | None:
    """Return None when the tool is there or can be fetched, else a sentence that says why not."""
    raise NotImplementedError


def step(tool: Tool, into: Path, *, offline: bool = False) -> Run:
    """Return the step that fetches and unpacks the tool; ``into`` is what :func:`place` said."""
    raise NotImplementedError


def place(tool: Tool, shell: Shell, beside: Path) -> Path:
    """Return where the tool is, or will be unpacked: in the cache, else below ``beside``.

    ``beside`` is the state folder of the environment: a read-only home must not stop anybody.
    """
    raise NotImplementedError
