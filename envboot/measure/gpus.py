"""How much memory of the GPUs a program holds, as NVML says through nvidia-smi."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from envboot.shell import Shell

QUERY = ("--query-compute-apps=pid,used_memory", "--format=csv,noheader,nounits")
_ROW = re.compile(r"\s*(\d{1,10})\s*,\s*(\d{1,9})\s*")
_PATIENCE = 5.0  # seconds for one answer
_FAILURES = 3  # in a row, then nothing more is asked
_MIB = 2**20


def asking(shell: Shell) -> Callable[[frozenset[int]], int | None] | None:
    """Return what to ask while a program runs; None without nvidia-smi.

    It takes the ids of the program's processes and returns bytes, None for no answer. In a
    container the driver knows other ids than the program has, or none: then all that was not held
    at the first answer counts.
    """
    program = shell.which("nvidia-smi")
    if program is None:
        return None
    failures, before = 0, None

    def ask(pids: frozenset[int]) -> int | None:
        nonlocal failures, before
        if failures >= _FAILURES:
            return None
        answer = shell.query((str(program), *QUERY), timeout=_PATIENCE)
        if answer.out is None:
            failures += 1
            return None
        failures = 0
        held = rows(answer.out)
        if before is None:
            before = {pid: size for pid, size in held.items() if pid not in pids}
        if pids & held.keys():
            return sum(size for pid, size in held.items() if pid in pids)
        foreign = {p for p in held if shell.kind(_process(p)) != "folder"}
        return sum(size for pid, size in held.items() if pid in foreign and pid not in before)

    return ask


def _process(pid: int) -> Path:
    return Path(f"/proc/{pid}")


def rows(text: str) -> dict[int, int]:
    """Return process id → bytes; ``[N/A]`` and lines that say nothing are left out."""
    out: dict[int, int] = {}
    for line in text.splitlines():
        if match := _ROW.fullmatch(line):
            pid = int(match.group(1))  # once for each GPU that it uses
            out[pid] = out.get(pid, 0) + int(match.group(2)) * _MIB
    return out
