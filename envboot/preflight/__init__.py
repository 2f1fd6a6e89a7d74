"""``envboot preflight --for …``: will it run there? This repository against other machines."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from envboot.console import Console
    from envboot.request import Request
    from envboot.result import Outcome
    from envboot.shell import Shell


def preflight(
    options: argparse.Namespace, request: Request, shell: Shell, console: Console
) -> Outcome:
    """Print the matrix of the repository against ``options.targets``; 6 when one falls short.

    What has to be fetched for the answer (py-rattler, uv) is fetched after a yes. Raises UsageError
    for a target that is not known.
    """
    raise NotImplementedError
