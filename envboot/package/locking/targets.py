"""The platforms that a lock is made for: those that were asked for, else the usual ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envboot.errors import UsageError
from envboot.platforms import ALL, USUAL, here

if TYPE_CHECKING:
    from collections.abc import Sequence

    from envboot.shell import Shell


def chosen(asked: Sequence[str], shell: Shell) -> tuple[str, ...]:
    """Return conda's names of the platforms, each once, this computer's first.

    Raises UsageError for one that is none.
    """
    for name in asked:
        if name not in ALL:
            hint = f"platforms: {', '.join(ALL)}"
            raise UsageError(f"there is no platform `{name[:40]}` to lock for", hint=hint)
    own = [here(shell)] if here(shell) in ALL else []
    return tuple(dict.fromkeys(asked or (*own, *USUAL)))
