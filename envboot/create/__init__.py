"""``envboot create NAME --ml``: a new git repository, laid out, packed, and perhaps on GitHub."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from envboot.console import Console
    from envboot.result import Outcome
    from envboot.shell import Shell
    from envboot.survey import Request


def create(
    options: argparse.Namespace, request: Request, shell: Shell, console: Console
) -> Outcome:
    """Make the repository ``options.directory``."""
    raise NotImplementedError
