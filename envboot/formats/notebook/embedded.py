"""What a notebook carries, as a value."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Git:
    """Where the notebook's repository is."""

    path: str
    """https or ssh; never with a password."""
    commit: str = ""
    """7 to 64 hexadecimal digits; "" where it is not known."""
    subdir: str = ""
    """The notebook's folder in it, POSIX; "" for its root."""
    dirty: bool = False
    """What was packed differed from that commit."""


@dataclass(frozen=True)
class Embedded:
    """What a notebook carries."""

    version: str = "0.2"
    """``env_ver``; "" where the key is somebody else's."""
    files: Mapping[str, str] = field(default_factory=dict)
    """The name on disk → its text: requirements.txt, environment.yml, setup.sh, apt.txt … POSIX,
    relative to the notebook's folder."""
    container: str = ""
    git: Git | None = None
    machine: Mapping[str, Any] = field(default_factory=dict)
    """devcontainer's ``hostRequirements``."""
    clouds: tuple[Mapping[str, Any], ...] = ()
    """``env_name``, ``handler_url``, ``cloud_ver``, ``metadata``, each; as they stand there."""
    whose: str = "ours"
    """ours | google | conda | foreign"""
    unknown: Mapping[str, Any] = field(default_factory=dict)
    """Keys that nobody here knows: kept."""
