"""Formats: how a spec is written down. One module a file format, which reads and may write it.

Plug-ins: entry points ``envboot.readers`` (and ``envboot.writers``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from envboot.spec import EnvironmentSpec, Origin


class Reader(Protocol):
    """A module that reads one kind of file."""

    PATTERNS: tuple[str, ...]
    """File names (fnmatch) that it reads, ``environment.y*ml``."""

    def parse(self, text: str, origin: Origin) -> EnvironmentSpec:
        """Return what ``text`` declares; pure, no other file is opened (see ``spec.includes``).

        ``origin.path`` names the file. Raises InvalidFile with file, line and hint.
        """


class Writer(Protocol):
    """A module that writes one kind of file."""

    FILENAME: str

    def render(self, spec: EnvironmentSpec, before: str = "") -> str:
        """Return the file's text; ``parse(render(spec))`` means what ``spec`` means.

        ``before`` is the text of the file so far: its comments survive.
        """
