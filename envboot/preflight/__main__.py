"""The child: ``python -m envboot.preflight QUESTION ANSWER``, two files.

A hanging index or Ctrl-C ends it as any program.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from envboot import index
from envboot.preflight.pages import look
from envboot.shell.local import LocalShell

if TYPE_CHECKING:
    from collections.abc import Sequence

INTERRUPTED = 130


def main(arguments: Sequence[str]) -> int:
    """Answer the question in the first file in the second; asked are pip's indexes and its own."""
    shell = LocalShell()
    asked = json.loads(Path(arguments[0]).read_text(encoding="utf-8"))
    where = index.amended(index.settings(shell), asked["options"])
    if asked["offline"]:
        where = index.offline(where, shell)
    found = look([str(name) for name in asked["names"]], where, shell)
    text = json.dumps({name: asdict(page) for name, page in found.items()})
    shell.write(Path(arguments[1]), text, lasting=False)
    return 0


def _interrupted(_number: int, _frame: object) -> None:
    os._exit(INTERRUPTED)  # else the threads would be waited for, and the index hangs


if __name__ == "__main__":
    signal.signal(signal.SIGINT, _interrupted)
    raise SystemExit(main(sys.argv[1:]))
