"""What came of a command on notebooks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Packed:
    """What came of ``pack``."""

    outcome: str
    """packed | removed | up-to-date | planned | stale"""
    exit_code: int
    notebooks: tuple[dict[str, Any], ...] = ()
    """path, state (written, removed, planned, unchanged, stale, kept, opted-out, unreadable), why,
    digest (what ``--approve`` takes)"""
    notices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Shown:
    """What a notebook carries, and what would be done with it."""

    outcome: str
    """shown | nothing"""
    exit_code: int
    path: str
    digest: str = ""
    """What ``--approve`` takes."""
    environment: dict[str, Any] | None = None
    """As it stands in the notebook."""
    files: tuple[dict[str, Any], ...] = ()
    """path, bytes, state (absent, same, differs), warnings: of each file that would be written"""
    warnings: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    """What would be run, each on a yes of its own."""
    clouds: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True)
class Unpacked:
    """What came of ``unpack`` and ``run``."""

    outcome: str
    """unpacked | planned | declined | created | up-to-date | updated | not-working | falls-short |
    ran | failed"""
    exit_code: int
    path: str
    folder: str = ""
    """Where the files went."""
    files: tuple[dict[str, str], ...] = ()
    """path, state (written, unchanged, replaced), backup"""
    result: dict[str, Any] | None = None
    """What setting up found and did, as ``docs/reference/up.schema.json``."""
    output: str = ""
    """The executed notebook."""
    plan: tuple[str, ...] = ()
    error: dict[str, str] | None = field(default=None)


@dataclass(frozen=True)
class Differing:
    """How what a notebook carries differs from the files here and the live environment."""

    outcome: str
    """same | differs | nothing"""
    exit_code: int
    path: str
    folder: str = ""
    """Whose files it was compared with."""
    files: tuple[dict[str, Any], ...] = ()
    """path, key (where it stands in metadata.environment), state (same, differs, only-here,
    only-there), diff"""
    packages: tuple[dict[str, str], ...] = ()
    """name, ecosystem, wanted (the line), found (the version), state (same, differs, missing)"""
    live: str = ""
    """The environment that was looked at; "" for none."""
    notices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Opened:
    """Where a notebook can be opened, and what came of opening it there."""

    outcome: str
    """listed | planned | declined | opened, or what became of a launch"""
    exit_code: int
    path: str
    where: str = ""
    """The handler or launcher that was named."""
    clouds: tuple[dict[str, Any], ...] = ()
    """env_name, handler_url, cloud_ver, metadata, handler ("": nobody here knows it), why_not"""
    handlers: tuple[dict[str, Any], ...] = ()
    """name, title, why_not (null: open)"""
    launchers: tuple[dict[str, Any], ...] = ()
    """name, title, why_not (null: open), pays"""
    plan: tuple[str, ...] = ()
    link: str = ""
    launched: dict[str, Any] | None = None
    """What became of it, as ``docs/reference/launch.schema.json``."""
