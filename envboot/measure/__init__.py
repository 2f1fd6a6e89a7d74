"""``envboot measure -- command``: what it needed of the computer, and the needs to write for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from envboot.console import Console
    from envboot.request import Request
    from envboot.result import Outcome
    from envboot.shell import Shell


def measure(
    options: argparse.Namespace, request: Request, shell: Shell, console: Console
) -> Outcome:
    """Run ``options.argv``, watch its process tree, and offer to write needs with a margin."""
    raise NotImplementedError
