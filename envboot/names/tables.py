"""The wide tables of names: data files beside this module, read when they are first asked.

They are facts of the package indexes, filtered by ``benchmarks/name_tables.py``; NOTICE names
their sources. ``pkgutil`` reads them from a folder and from the travelling archive alike.
"""

from __future__ import annotations

import pkgutil
from functools import lru_cache


@lru_cache(maxsize=8)
def column(file: str) -> frozenset[str]:
    """Return the words of a list, one a line; without the file, which some copies lack, none."""
    return frozenset(_text(file).split())


@lru_cache(maxsize=8)
def table(file: str) -> dict[str, str]:
    """Return a table of two words a line."""
    return dict(line.split() for line in _text(file).splitlines())


def _text(file: str) -> str:
    try:
        data = pkgutil.get_data(__package__ or "envboot.names", file)
    except OSError:
        data = None
    return (data or b"").decode("utf-8")
