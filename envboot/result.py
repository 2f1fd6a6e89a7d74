"""What a command found and did: one value, rendered as text or as ``--json``."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, field, is_dataclass
from pathlib import PurePath
from typing import Any, Protocol

_UNSEEN = re.compile(
    "[\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
"""What a terminal obeys or nobody sees; strings of JSON may hold it as escapes alone."""


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
    """Return any result value as indented JSON, with a trailing newline.

    Texts of a stranger's file stay what they are, and their unseen characters are escaped.
    """
    text = json.dumps(_plain(value), indent=2, ensure_ascii=False)
    return _UNSEEN.sub(lambda found: json.dumps(found.group())[1:-1], text) + "\n"


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
