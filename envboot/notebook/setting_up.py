"""From unpacked files to a proven environment and a kernel that the notebook names."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from envboot.console import Console
    from envboot.notebook.showing import Sight
    from envboot.request import Request
    from envboot.result import Result
    from envboot.shell import Shell


def set_up(
    notebook: Path, sight: Sight, request: Request, shell: Shell, console: Console
) -> Result:
    """Set up what was unpacked, as :func:`envboot.bootstrap.up` does, the yes being given.

    The needs are the notebook's, its own imports are proved, ipykernel is there, and
    ``metadata.kernelspec`` names the kernel that was registered; the one before is kept in
    ``metadata.envboot.kernelspec``, and :mod:`envboot.notebook.packing` puts it back.
    """
    raise NotImplementedError
