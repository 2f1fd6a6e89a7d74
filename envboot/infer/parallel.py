"""Reading a large repository with all cores: children of our own read shares of it ahead.

A child is ``python -m envboot.infer.parallel``, started by the Shell like any program, so it works
from the archive, on every system, and in a ``setup.py`` that has no guard. It walks the repository
itself, reads every n-th file, and prints one line for each. Nothing depends on it: what a child
did not read, this process reads. When this process is gone, so is the pipe, and the child ends at
its next line.
"""

from __future__ import annotations

import json
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from envboot import plan
from envboot.infer import opening, reading
from envboot.infer.opening import Opened
from envboot.shell.local import LocalShell

if TYPE_CHECKING:
    from envboot.infer.sources import Source
    from envboot.shell import Shell

_MOST = 16  # children
_PATIENCE = 600.0  # seconds for one share
_FLUSHED = 32  # lines that are written together


def ahead(
    files: list[Source], root: Path, only: Path | None, shell: Shell
) -> dict[str, tuple[str, str]]:
    """Return (key, line of JSON) by relative path of what the children read; our share included.

    {} where it is not worth it: few files, or one core.
    """
    shares = min(shell.cores(), _MOST, len(files) * 2 // opening.MANY)
    if shares < 2:  # noqa: PLR2004 - one share is no sharing
        return {}
    found: dict[str, tuple[str, str]] = {}

    def ask(share: int) -> None:
        argv = plan.child(__name__, str(root), str(only or ""), str(share), str(shares)).argv
        answer = shell.query(argv, timeout=_PATIENCE)
        for row in (answer.out or "").splitlines():
            relative, _, line = row.partition("\t")
            key, _, rest = line.partition("\t")
            found[_name(relative)] = key, rest

    # Daemons: Ctrl-C must not wait for them, and with this process their children end.
    threads = [threading.Thread(target=ask, args=(n,), daemon=True) for n in range(1, shares)]
    for thread in threads:
        thread.start()
    for source in files[::shares]:
        found[source.relative] = _packed(opening.read(source.path, shell, keyed=True))
    for thread in threads:
        while thread.is_alive():
            thread.join(0.2)  # without a time Ctrl-C would wait too, on Windows
    return found


def opened(packed: tuple[str, str]) -> Opened | None:
    """Return what a child read; None for a line that is cut off or broken."""
    try:
        why, rows = json.loads(packed[1])
        return Opened(reading.loaded(rows), str(why), packed[0])
    except (ValueError, TypeError, RecursionError):
        return None


def _packed(found: Opened) -> tuple[str, str]:
    return found.key, json.dumps([found.why, reading.dumped(found.reading)])


def _name(text: str) -> str:
    try:
        return str(json.loads(text))
    except ValueError:
        return ""


def main(arguments: list[str]) -> int:
    """Print what one share of a repository says: root, only, share, shares."""
    root, only, share, shares = arguments
    shell = LocalShell()
    files = opening.everything(Path(root), Path(only) if only else None, shell)
    with opening.few_collections():
        for number, source in enumerate(files[int(share) :: int(shares)], 1):
            key, line = _packed(opening.read(source.path, shell, keyed=True))
            sys.stdout.write(f"{json.dumps(source.relative)}\t{key}\t{line}\n")
            if number % _FLUSHED == 0:
                sys.stdout.flush()
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (BrokenPipeError, KeyboardInterrupt):  # nobody waits for it any more
        sys.stderr.close()
        import os

        os._exit(1)
