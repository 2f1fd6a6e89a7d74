"""``package-env --lock``: pylock.toml (PEP 751) with hashes, solved by uv for each platform."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from envboot.console import Console
    from envboot.package.changes import Change
    from envboot.shell import Shell


def lock(
    root: Path,
    requirements: str,
    python: str,
    platforms: Sequence[str],
    shell: Shell,
    console: Console,
) -> tuple[Change, ...]:
    """Return the change of each lock file. Raises FallsShort without uv, CommandFailed."""
    raise NotImplementedError
