"""``envboot infer``: what the code asks for, as requirement lines, and nothing written."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from envboot.console import Console
    from envboot.result import Outcome
    from envboot.shell import Shell
    from envboot.survey import Request


def infer(options: argparse.Namespace, request: Request, shell: Shell, console: Console) -> Outcome:
    """Print what the code at ``options.path`` asks for; needs no environment and no network."""
    raise NotImplementedError
