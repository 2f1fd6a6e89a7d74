"""The child: ``python -m envboot.engines.rattler ORDER [--tools FOLDER]``.

It ends with ``os._exit`` after flushing: the threads of py-rattler can crash the interpreter while
it closes down, though the work is done (2 to 15 of 100 runs of 0.28, measured).
"""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

INTERRUPTED = 130


def main(argv: Sequence[str]) -> int:
    """Do the order in the file ``argv[0]``; return the exit code, as :mod:`envboot.errors` has it.

    ``--tools FOLDER``: where py-rattler lies unpacked.
    """
    if len(argv) not in (1, 3) or (argv[1:] and argv[1] != "--tools"):
        sys.stderr.write("usage: python -m envboot.engines.rattler ORDER [--tools FOLDER]\n")
        return 2
    if argv[1:]:
        sys.path.insert(0, argv[2])
    from envboot.engines.rattler.work import running
    from envboot.shell.local import LocalShell

    return running.from_file(argv[0], LocalShell(), _say)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _interrupted(_number: int, _frame: object) -> None:
    os._exit(INTERRUPTED)  # what is half made is marked, and its owner clears it away


if __name__ == "__main__":
    signal.signal(signal.SIGINT, _interrupted)
    status = 1
    try:
        status = main(sys.argv[1:])
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        if sys.exc_info()[0] is None:
            os._exit(status)
