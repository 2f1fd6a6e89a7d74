"""What a command found and did: one value, rendered as text or as ``--json``."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, is_dataclass
from pathlib import PurePath
from typing import Any, Protocol


class Outcome(Protocol):
    """What every command returns: a frozen dataclass with at least these two."""

    @property
    def outcome(self) -> str:
        """Return what came of it, in a word."""

    @property
    def exit_code(self) -> int:
        """Return the command's exit code."""


@dataclass(frozen=True)
class Environment:
    """The environment that a command speaks of."""

    prefix: str
    python: str
    """Version, "" when it is not known."""
    engine: str
    name: str = ""
    packages: int = 0


@dataclass(frozen=True)
class Result:
    """The outcome of ``up`` and ``check``; the schema is ``docs/reference/up.schema.json``."""

    outcome: str
    """created | up-to-date | updated | planned | falls-short | not-working | launched | failed"""
    exit_code: int
    source: str | None = None
    """The file that won, relative to the repository."""
    environment: Environment | None = None
    shortfalls: tuple[dict[str, str], ...] = ()
    """need, wanted, found, evidence"""
    ways: tuple[dict[str, Any], ...] = ()
    """name, here, why_not (null: open)"""
    report: dict[str, Any] = field(default_factory=lambda: {"imported": [], "failed": []})
    files: tuple[dict[str, str], ...] = ()
    """path, role, why"""
    notices: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    """What differs between the environment and the files: "+ pypi six==1.16.0"."""
    plan: tuple[str, ...] = ()
    activate: str = ""
    kernel: str = ""
    error: dict[str, str] | None = None
    """message, hint"""
    launched: dict[str, Any] | None = None
    """Where it went, when the machine fell short: launcher, handle, state, link, result (what
    setup.py said there)"""


def to_json(value: object) -> str:
    """Return any result value as indented JSON, with a trailing newline."""
    return json.dumps(_plain(value), indent=2, ensure_ascii=False) + "\n"


def _plain(value: object) -> object:
    if is_dataclass(value) and not isinstance(value, type):
        return _plain(asdict(value))
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    if isinstance(value, PurePath):
        return str(value)
    return value
