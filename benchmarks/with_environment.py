"""``with_environment.py REPOSITORY PYTHON``: what the code asks for, its names from metadata.

What ``package-env`` does before it writes: the code's modules get the distributions that the
environment of PYTHON has for them, and only where it has none the tables' ones.
"""

from __future__ import annotations

import sys
from pathlib import Path

from envboot import freeze, infer
from envboot.derive import naming, which
from envboot.shell.local import LocalShell


def main(repository: str, python: str) -> None:
    """Print the distributions of production code."""
    shell = LocalShell()
    root = Path(repository).resolve()
    live = freeze.look(shell, root, python=python)
    table = naming.of(live)
    scan = infer.imports(root, shell)
    requests = which.requests(scan.asked, table)
    heard = which.hear(scan, which.Witnesses({}, frozenset(), table, {}, requests))
    for use in heard.uses.values():
        if use.label == "production" and use.module:
            print(use.name)


if __name__ == "__main__":
    main(*sys.argv[1:3])
