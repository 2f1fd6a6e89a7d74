"""Fetch pip's own wheel by its digest, with nothing but the standard library.

Started as a child (``plan.child``). The wheel counts only when its sha256 is the one in
:mod:`envboot.virtualenv.pip_wheel`; how it is fetched is in :mod:`envboot.tools.fetching`.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from envboot.tools import fetching
from envboot.virtualenv.pip_wheel import PINS

if TYPE_CHECKING:
    from envboot.index import Index
    from envboot.shell import Shell
    from envboot.virtualenv.pip_wheel import Pin

_HINT = "install Python's venv package (Debian, Ubuntu: `apt install python3-venv`), or uv"


def fetch(wanted: Pin, into: Path, where: Index, shell: Shell) -> Path:
    """Put the wheel into ``into`` and return its path.

    Raises FallsShort when no place has it, CommandFailed when what came is not that wheel.
    """
    wheel = fetching.Wanted("pip", wanted.version, wanted.filename, wanted.sha256, hint=_HINT)
    path = into / wanted.filename
    shell.write(path, fetching.fetch(wheel, where, shell, fetching.say))
    return path


def main(arguments: list[str]) -> int:
    """Fetch the wheel; the last line that is printed says what went wrong."""
    parser = argparse.ArgumentParser(
        prog="python -m envboot.virtualenv.pip_download", description=__doc__
    )
    parser.add_argument("--version", required=True, choices=[p.version for p in PINS])
    parser.add_argument("--offline", action="store_true", help="use folders of this computer only")
    parser.add_argument("into", type=Path)
    given = parser.parse_args(arguments)
    wanted = next(p for p in PINS if p.version == given.version)
    return fetching.ended(
        lambda where, shell: fetch(wanted, given.into, where, shell),
        f"{wanted.filename} fetched",
        offline=given.offline,
    )


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
