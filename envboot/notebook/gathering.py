"""What a notebook should carry: read from the files beside it, git, the needs, or its imports."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from envboot.formats.notebook.environment import Embedded
    from envboot.shell import Shell


def folder(notebook: Path, root: Path, shell: Shell) -> Path | None:
    """Return the folder whose dependency files are the notebook's.

    Its own or the nearest one above it, not above ``root`` (its repository); None where nothing is
    declared.
    """
    raise NotImplementedError


def files(place: Path, shell: Shell) -> Mapping[str, str]:
    """Return the files of ``place`` that a notebook carries: name → text.

    Only names that the format allows, regular files, UTF-8, at most 256 KiB. Raises InvalidFile for
    one with a password or a token in it: packing publishes. Cheap: a few ``stat`` and reads.
    """
    raise NotImplementedError


def gather(notebook: Path, root: Path, shell: Shell) -> tuple[Embedded, tuple[str, ...]]:
    """Return all that the notebook should carry, and sentences on what was left out or guessed.

    Without dependency files its own imports say what it needs, as ``package-env`` would write it.
    """
    raise NotImplementedError
