"""What a person asked for, as one value: made by the command line, read by every command."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True)
class Request:
    """What a person asked for: the flags of every command, one field each."""

    root: Path
    """The repository, absolute."""
    yes: bool = False
    dry_run: bool = False
    anyway: bool = False
    """Set up here although the machine falls short."""
    manual: bool = False
    """Print the commands instead of running them."""
    offline: bool = False
    rebuild: bool = False
    """Make the environment anew although it is up to date."""
    file: str | None = None
    engine: str | None = None
    name: str | None = None
    prefix: Path | None = None
    groups: tuple[str, ...] = ()
    launch: str | None = None
    """The launcher to take when the machine falls short."""
    kernel: bool | None = None
    """Register a Jupyter kernel; None: when the repository has notebooks."""
    subshell: bool | None = None
    """Offer a shell inside the environment at the end; None: at a terminal."""
    apt: bool = False
    """Install the packages of apt.txt."""
    post_build: bool = False
    """Run postBuild."""
    link_scripts: bool = False
    """Run the post-link scripts of conda packages."""
    locked: bool = True
    """Take a lock file that fits; False: solve anew."""
    as_of: str | None = None
    """Nothing newer than this date counts; as the person wrote it."""
    notebook: Path | None = None
    """The notebook whose environment this is: only its imports count, and ipykernel is there."""
    only: frozenset[str] | None = None
    """The files that count, POSIX from ``root``; None: whatever lies there."""
    overlay: Mapping[str, str | None] | None = None
    """Texts that are about to be written: path → text. For a look ahead only."""
    agreed: bool = False
    """The yes was given to a question that told it all: it is not asked for again."""
    embedded: Mapping[str, tuple[str, str]] | None = None
    """Files that setup.py carries: name → (sha256, text)."""
    embedded_needs: Mapping[str, Any] | None = None
