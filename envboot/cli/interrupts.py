"""Ctrl-C, SIGTERM and SIGHUP end a command in one way, wherever they come.

Python raises them as KeyboardInterrupt between two instructions. Where nothing can be raised (in a
finalizer, in what runs beside a fork) it prints and forgets them; here they are raised once more.
"""

from __future__ import annotations

import atexit
import contextlib
import signal
import sys
import threading
from typing import TYPE_CHECKING, Any

from envboot.errors import ENDING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_AGAIN = 0.02  # seconds: a finalizer is over by then, and if not, it is raised again


@contextlib.contextmanager
def heard() -> Iterator[Callable[[], None]]:
    """Let SIGTERM and SIGHUP end a command as Ctrl-C does: children stopped, nothing half made.

    Yields what is to be called when the command ends for that reason: an impatient second Ctrl-C
    is not heard from then on, also not while Python itself ends.
    """
    ears = _Ears()
    try:
        yield ears.close
    finally:
        if not ears.closed:
            ears.give_back()


class _Ears:
    def __init__(self) -> None:
        self.closed = self.lost = False
        self.before: dict[int, Any] = {}
        self.said, sys.unraisablehook = sys.unraisablehook, self.unraisable
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            number = getattr(signal, name, None)
            with contextlib.suppress(ValueError, OSError):  # not the main thread, or not known
                if number is not None and signal.getsignal(number) is not signal.SIG_IGN:  # nohup
                    self.before[number] = signal.signal(number, self.hear)

    def hear(self, number: int, _frame: object) -> None:
        if not (self.closed or self.lost):
            # Whoever could ask a person about it sees that none is behind it.
            raise KeyboardInterrupt(*([] if number == signal.SIGINT else [ENDING]))

    def unraisable(self, what: sys.UnraisableHookArgs) -> None:
        if not isinstance(what.exc_value, KeyboardInterrupt):
            self.said(what)
            return
        self.lost = True
        number = signal.SIGTERM if ENDING in what.exc_value.args else signal.SIGINT
        later = threading.Timer(_AGAIN, self.again, (number, threading.get_ident()))
        later.daemon = True
        later.start()

    def again(self, number: int, thread: int) -> None:
        self.lost = False
        if hasattr(signal, "pthread_kill"):  # it may be waiting for a program
            signal.pthread_kill(thread, number)
        else:
            signal.raise_signal(number)

    def close(self) -> None:
        self.closed = True
        atexit.register(_listen, dict.fromkeys(self.before, signal.SIG_IGN))

    def give_back(self) -> None:
        sys.unraisablehook = self.said
        _listen(self.before)


def _listen(handlers: Mapping[int, Any]) -> None:
    for number, handler in handlers.items():
        with contextlib.suppress(ValueError, OSError, TypeError):
            signal.signal(number, handler)
