"""Lock files: named and handed whole to an engine that understands them, never read here.

Whether one fits is known to :mod:`envboot.locks`.
"""

from __future__ import annotations

import hashlib

from envboot.spec import EnvironmentSpec, Lock, Origin

PATTERNS = (
    "uv.lock",
    "pylock.toml",
    "pylock.*.toml",
    "poetry.lock",
    "pdm.lock",
    "conda-lock.yml",
    "pixi.lock",
)


def parse(text: str, origin: Origin) -> EnvironmentSpec:
    """Return the lock by name, with the sha256 of its text in UTF-8."""
    name = origin.path.rsplit("/", 1)[-1]
    kind = "pylock.toml" if name.startswith("pylock.") else name
    digest = hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()
    return EnvironmentSpec(lock=Lock(kind, origin.path, digest), source=origin)
