"""A program on the person's terminal, and what it takes: memory, processor time, processes.

A thread looks at the tree of processes from time to time, for at most a twentieth of the time. On
Linux that is ``/proc`` (proc(5)), elsewhere psutil where it is installed; the kernel's own account
of the largest single process (getrusage(2)) is asked at the end, for what no look has seen.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from typing import TYPE_CHECKING, Optional

from envboot.shell import Usage, trees
from envboot.shell.processes import GRACE, on_terminal

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from envboot.shell.trees import Tree

_Ended = tuple[int, Optional[float], int]

SHARE = 20
"""After a look of some length nothing is looked at for that many times as long."""
_SHORTEST, _LONGEST = 0.01, 0.2  # seconds between two looks, growing: short programs count too
_GPU = 1.0  # seconds between two questions to the GPUs
_KILL = getattr(signal, "SIGKILL", signal.SIGTERM)


def watch(
    argv: Sequence[str],
    env: Mapping[str, str],
    cwd: Path | None,
    *,
    gpu: Callable[[frozenset[int]], int | None] | None,
    aside: bool,
) -> Usage:
    """See :meth:`envboot.shell.Shell.watch`. Raises OSError or ValueError when it cannot start."""
    started = time.monotonic()
    with trees.adopting() as apart:
        process = on_terminal(argv, env, cwd, aside=aside)
        observer = _Observer(process.pid, apart, gpu)
        observer.start()
        interrupted = False
        try:
            ended = _wait(process) or (0, None, 0)
        except KeyboardInterrupt:
            interrupted = True
            ended = _stop(process, observer)
        seconds = time.monotonic() - started
        left = observer.finish()
        if interrupted:
            _signal(left, _KILL)
    status, cpu, largest = ended
    memory = max(observer.memory, largest) or None
    count = 0 if interrupted else len(left)
    return Usage(
        status if status >= 0 else 128 - status,
        seconds,
        cpu,
        memory,
        observer.gpu_memory,
        max(1, observer.processes),
        count,
        interrupted,
    )


class _Observer:
    """The threads that look, and the most that they have seen."""

    def __init__(
        self,
        pid: int,
        apart: frozenset[int],
        gpu: Callable[[frozenset[int]], int | None] | None,
    ) -> None:
        self.memory = 0
        self.processes = 0
        self.gpu_memory: int | None = None
        self._pid, self._apart, self._gpu = pid, apart, gpu
        self._pids: frozenset[int] = frozenset({pid})
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._look_on, daemon=True)]
        if gpu:
            self._threads.append(threading.Thread(target=self._ask_on, daemon=True))

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def tree(self) -> Tree:
        """Return the processes as they are now."""
        return trees.below(self._pid, self._apart)

    def finish(self) -> list[int]:
        """End the looking; return the processes that go on."""
        self._over.set()
        self._threads[0].join(GRACE)
        for thread in self._threads[1:]:
            thread.join(GRACE)  # a GPU that does not answer is not waited for
        return [pid for pid in self.tree().resident if pid != self._pid]

    def _look_on(self) -> None:
        pause = _SHORTEST
        while True:
            begun = time.monotonic()
            with contextlib.suppress(Exception):  # what ends while it is looked at
                self._look()
            took = time.monotonic() - begun
            pause = min(pause * 1.2, _LONGEST)
            if self._over.wait(max(pause, took * SHARE)):
                return

    def _look(self) -> None:
        tree = self.tree()
        self._pids = frozenset(tree.resident)
        self.processes = max(self.processes, len(tree.resident))
        together = sum(tree.resident.values())
        if together > self.memory:  # only then is the dearer figure worth its price
            self.memory = max(self.memory, trees.shared_once(tree))
        for pid, size in tree.resident.items():
            if size * 2 > self.memory:
                self.memory = max(self.memory, trees.high_water(pid))

    def _ask_on(self) -> None:
        assert self._gpu is not None  # noqa: S101 - else there is no such thread
        while True:
            begun = time.monotonic()
            held = self._gpu(self._pids)
            if held is not None:
                self.gpu_memory = max(self.gpu_memory or 0, held)
            if self._over.wait(max(_GPU, time.monotonic() - begun)):
                return


def _wait(process: subprocess.Popen[bytes], patience: float | None = None) -> _Ended | None:
    """Return status, seconds of processor time, and the bytes of the largest process.

    None: it has not ended after ``patience`` seconds.
    """
    begun = time.monotonic()
    while True:
        ended = _ended(process, wait=patience is None)
        if ended:
            return ended
        if patience is not None and time.monotonic() - begun > patience:
            return None
        time.sleep(0.01)


def _ended(process: subprocess.Popen[bytes], *, wait: bool) -> _Ended | None:
    if not hasattr(os, "wait4"):
        status = process.wait() if wait else process.poll()
        return None if status is None else (status, None, 0)
    pid, code, used = os.wait4(process.pid, 0 if wait else os.WNOHANG)
    if not pid:
        return None
    process.returncode = os.waitstatus_to_exitcode(code)
    return process.returncode, used.ru_utime + used.ru_stime, trees.largest(used.ru_maxrss)


def _stop(process: subprocess.Popen[bytes], observer: _Observer) -> _Ended:
    """End a program and all that it started; the terminal has told it of Ctrl-C already."""
    ended: _Ended | None = None
    for number, patience in ((0, 1.0), (signal.SIGINT, GRACE), (signal.SIGTERM, GRACE)):
        with contextlib.suppress(KeyboardInterrupt):  # impatience: the next step, at once
            _signal(observer.tree().resident, number)
            ended = _wait(process, patience)
        if ended:
            break
    _signal(observer.tree().resident, signal.SIGTERM if ended else _KILL)
    return ended or _wait(process) or (-int(_KILL), None, 0)


def _signal(pids: Iterable[int], number: int) -> None:
    for pid in pids:
        with contextlib.suppress(OSError, ValueError):
            if number:
                os.kill(pid, number)
