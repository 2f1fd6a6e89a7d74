"""A stranger's texts, fit to be seen: nothing hidden, nothing that a terminal obeys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from envboot.formats.notebook.environment import Embedded
    from envboot.shell import Shell


def visible(text: str) -> str:
    """Return ``text`` with control, bidirectional and other invisible characters as escapes.

    Line ends and tabs stay.
    """
    raise NotImplementedError


def doubtful(name: str, text: str) -> tuple[str, ...]:
    """Return a sentence for each line of a file that somebody should look at.

    An index, a URL, an editable or local path, a find-links, a password: ``requirements.txt:3: …``.
    """
    raise NotImplementedError


@dataclass(frozen=True)
class File:
    """One file that would be written."""

    name: str
    text: str
    state: str
    """absent | same | differs"""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sight:
    """All that unpacking a notebook would write and run, before anything is done."""

    folder: Path
    embedded: Embedded
    digest: str
    files: tuple[File, ...]
    warnings: tuple[str, ...] = ()
    scripts: tuple[str, ...] = ()
    """setup.sh, postBuild, start: files that run only on a yes of their own."""


def look(notebook: Path, to: Path | None, shell: Shell) -> Sight | None:
    """Return what unpacking ``notebook`` (into ``to``, by default its folder) would do.

    None where it carries nothing. Raises InvalidFile, with the reason, for what must not be
    unpacked: see ``docs/explanation/security.md``.
    """
    raise NotImplementedError


def lines(sight: Sight) -> tuple[str, ...]:
    """Return the sight as a person reads it, every text of the stranger's made visible."""
    raise NotImplementedError
