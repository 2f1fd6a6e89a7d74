"""The stamp: what a finished environment says of itself, and by which envboot knows its own."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from envboot.shell import Shell

STAMP = "envboot-stamp.json"


@dataclass(frozen=True)
class Stamp:
    """What a finished environment says of itself."""

    fingerprint: str
    """Of the spec that it was made from: :func:`envboot.spec.fingerprint`."""
    lines: tuple[str, ...]
    """:func:`envboot.spec.lines` of that spec, to say later what changed."""
    name: str
    engine: str
    python: str
    """Version, "3.11.7"."""
    prefix: str
    root: str
    """The repository that it belongs to."""
    version: str
    """Of envboot."""
    created: str
    """Local time, ISO 8601."""
    seconds: float = 0.0
    """What its creation took."""
    packages: int = 0
    proved: bool = False
    variables: tuple[tuple[str, str], ...] = ()
    notebook: str = ""
    """The notebook that it was made for, by its file's name; "" for a repository's own."""


def read_stamp(prefix: Path, shell: Shell) -> Stamp | None:
    """Return the stamp of a finished environment; None when envboot did not make it."""
    found = read_json(prefix / STAMP, shell)
    try:
        stamp = Stamp(
            **{
                **{f.name: found[f.name] for f in fields(Stamp) if f.name in found},
                "lines": tuple(found["lines"]),
                "variables": tuple((str(k), str(v)) for k, v in found.get("variables", ())),
            }
        )
    except (TypeError, KeyError, ValueError):
        return None
    texts = (getattr(stamp, f.name) for f in fields(Stamp) if f.type == "str")
    whole = all(isinstance(text, str) for text in (*texts, *stamp.lines))
    return stamp if whole and isinstance(stamp.packages, int) else None


def text(stamp: Stamp) -> str:
    """Return the stamp as it is written."""
    return json.dumps(asdict(stamp), indent=1)


def read_json(path: Path, shell: Shell) -> dict[str, Any]:
    """Return the object that a file holds, {} when it holds none."""
    try:
        found = json.loads(shell.read(path) or b"{}")
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
