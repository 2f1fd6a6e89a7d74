"""A process and all that it started: which there are, and the memory that each holds.

Linux: ``/proc/PID/stat``, ``smaps_rollup`` and ``status`` (proc(5)); elsewhere psutil, else only
the process itself. A process that left its parent (a daemon) is found again on Linux, because
orphans come to us meanwhile (PR_SET_CHILD_SUBREAPER, prctl(2)).
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

LINUX = sys.platform == "linux"
_SUBREAPER = 36
_PAGE = os.sysconf("SC_PAGE_SIZE") if LINUX else 4096
_OURS = b"nvidia-smi"  # a child of our own meanwhile, and none of the program's


@dataclass(frozen=True)
class Tree:
    """Processes, and the bytes that each holds in memory."""

    resident: dict[int, int]
    """Process id → resident bytes; pages that several share are counted for each."""


@contextlib.contextmanager
def adopting() -> Iterator[frozenset[int]]:
    """Become the parent of orphans below us for a while, where that is possible.

    Yields the children that we have before: they are none of those orphans.
    """
    told = _subreaper(1)
    try:
        yield frozenset(_own())
    finally:
        if told:
            _subreaper(0)


def _own() -> Iterator[int]:
    """Yield the children that we have, also those whose end nobody has noted."""
    with contextlib.suppress(OSError):
        us = os.getpid()
        yield from (row.pid for row in _table() if LINUX and row.parent == us)


def _subreaper(on: int) -> bool:
    if not LINUX:
        return False
    with contextlib.suppress(Exception):
        import ctypes

        return bool(ctypes.CDLL(None).prctl(_SUBREAPER, on, 0, 0, 0) == 0)
    return False


def below(pid: int, apart: frozenset[int] = frozenset()) -> Tree:
    """Return the process and all below it; it may have ended, then its orphans are left.

    ``apart`` are children of ours that have nothing to do with it.
    """
    with contextlib.suppress(OSError, ValueError, IndexError):  # no /proc, or a strange one
        return Tree(_linux(pid, apart) if LINUX else _psutil(pid))
    return Tree({})


class _Row(NamedTuple):
    """One line of the kernel's table of processes."""

    pid: int
    parent: int
    name: bytes
    ended: bool
    """Nobody has taken note of its end yet."""
    resident: int


def _table() -> Iterator[_Row]:
    for entry in os.listdir("/proc"):  # noqa: PTH208 - thousands of names, many times
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/stat", "rb") as file:  # noqa: PTH123
                name, _, rest = file.read().partition(b"(")[2].rpartition(b")")
        except OSError:
            continue
        fields = rest.split()
        ended, resident = fields[0] == b"Z", int(fields[21]) * _PAGE
        yield _Row(int(entry), int(fields[1]), name, ended, resident)


def _linux(pid: int, apart: frozenset[int]) -> dict[int, int]:
    children: dict[int, list[_Row]] = defaultdict(list)
    us = os.getpid()
    out: dict[int, int] = {}
    for row in _table():
        if row.pid == pid and not row.ended:
            out[pid] = row.resident
        orphan = row.parent == us and row.pid != pid
        if orphan and (row.pid in apart or row.name == _OURS):
            continue
        if orphan and row.ended:
            _bury(row.pid)
        children[row.parent].append(row)
    todo = [*children[pid], *(row for row in children[us] if row.pid != pid)]
    while todo:
        row = todo.pop()
        if not row.ended:
            out[row.pid] = row.resident
        todo += children.get(row.pid, ())
    return out


def _bury(pid: int) -> None:
    """Take note of an orphan's end: nobody else will."""
    with contextlib.suppress(OSError):
        os.waitpid(pid, os.WNOHANG)


def _psutil(pid: int) -> dict[int, int]:
    out: dict[int, int] = {}
    try:
        import psutil

        first = psutil.Process(pid)
        for one in (first, *first.children(recursive=True)):
            with contextlib.suppress(psutil.Error):
                out[one.pid] = int(one.memory_info().rss)
    except Exception:  # noqa: BLE001 - no psutil, or a process that has ended
        return out
    return out


def shared_once(tree: Tree) -> int:
    """Return the bytes of all together; what several processes share is counted once (PSS)."""
    if len(tree.resident) == 1 or not LINUX:
        return sum(tree.resident.values())
    return sum(_proportional(pid, size) for pid, size in tree.resident.items())


def _proportional(pid: int, resident: int) -> int:
    return _field(f"/proc/{pid}/smaps_rollup", b"Pss:") or resident


def high_water(pid: int) -> int:
    """Return the most bytes that a process ever held; 0 where that is not known."""
    return _field(f"/proc/{pid}/status", b"VmHWM:") if LINUX else 0


def _field(path: str, name: bytes) -> int:
    """Return a field of /proc in bytes; 0 where it cannot be read: it ended, or is another's."""
    with contextlib.suppress(OSError, ValueError, IndexError), open(path, "rb") as file:  # noqa: PTH123
        for line in file:
            if line.startswith(name):
                return int(line.split()[1]) * 1024
    return 0


def largest(maxrss: int) -> int:
    """Return ru_maxrss in bytes: macOS counts bytes, Linux KiB.

    0 where it is no more than our own: Linux counts what a child was before it became the program.
    """
    import resource

    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    if maxrss <= own:
        return 0
    return maxrss if sys.platform == "darwin" else maxrss * 1024
