"""``envboot convert FROM TO``: the same environment in another file, with what is lost listed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from envboot.console import Console
    from envboot.request import Request
    from envboot.result import Outcome
    from envboot.shell import Shell


def convert(
    options: argparse.Namespace, request: Request, shell: Shell, console: Console
) -> Outcome:
    """Write ``options.target`` from ``options.source``; names are translated, losses are listed.

    Raises UsageError for a kind of file that it cannot write, InvalidFile for one it cannot read.
    """
    raise NotImplementedError
