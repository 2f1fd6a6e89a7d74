"""``envboot export``: the task file of an engine that somebody uses already.

sky: SkyPilot's task; devcontainer: ``.devcontainer/devcontainer.json``; sbatch: a script for Slurm.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from envboot.console import Console
    from envboot.request import Request
    from envboot.result import Outcome
    from envboot.shell import Shell

KINDS = ("sky", "devcontainer", "sbatch")


def export(
    options: argparse.Namespace, request: Request, shell: Shell, console: Console
) -> Outcome:
    """Write the file that ``options.kind`` names, or print it where ``options.output`` is ``-``."""
    raise NotImplementedError
