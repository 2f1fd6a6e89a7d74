"""Programs: started in a process group of their own, read to the end, and ended when asked.

A process group dies with us, as far as the system allows, so that nothing goes on unseen.
"""

from __future__ import annotations

import contextlib
import os
import queue
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from envboot.errors import Interrupted
from envboot.shell import Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

WINDOWS = os.name == "nt"
GRACE = 4.0  # seconds between SIGINT, SIGTERM and SIGKILL
PATIENCE = 20.0  # seconds for a program that ends when nobody holds its input any more
# Colours, cursor movements and window titles of a program's output, and stray control bytes.
_CONTROL = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|[\x00-\x08\x0b-\x1f\x7f-\x9f]"
)
_LONGEST = 1 << 16  # bytes of a line without end before it is cut
_WORDS = 4000  # characters of what a failed program said that are kept
_KILL = getattr(signal, "SIGKILL", signal.SIGTERM)
_PR_SET_PDEATHSIG = 1


def start(
    argv: Sequence[str],
    cwd: Path | None,
    env: Mapping[str, str],
    *,
    inherit: tuple[int, ...] = (),
    merged: bool = False,
    fed: bool = False,
) -> subprocess.Popen[bytes]:
    """Start a program; ``inherit`` are file descriptors that it keeps open.

    ``merged``: standard error goes into standard output; ``fed``: it is given something to read.
    Raises OSError or ValueError.
    """
    _never_from_here()
    return subprocess.Popen(
        list(argv),
        stdin=subprocess.PIPE if fed else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT if merged else subprocess.PIPE,
        cwd=cwd or neutral(),
        env=dict(env),
        **_own_group(inherit),
    )


def ask(argv: Sequence[str], env: Mapping[str, str], timeout: float, feed: bytes = b"") -> Answer:
    """Return what a program prints; it may be absent, fail, or hang (then it is killed)."""
    name = Path(argv[0]).name
    try:
        process = start(argv, None, env, fed=bool(feed))
    except (OSError, ValueError) as error:
        return Answer(None, f"{argv[0]} cannot be started: {plain(error)}")
    try:
        out, err = process.communicate(feed or None, timeout=timeout)
    except subprocess.TimeoutExpired:
        _signal_group(process, _KILL)
        with contextlib.suppress(subprocess.TimeoutExpired):  # it may hang in the kernel
            process.communicate(timeout=0.5)
        return Answer(None, f"{name} gave no answer in {timeout:g} s")
    except BaseException:
        _signal_group(process, _KILL)
        raise
    text = out.decode("utf-8", "replace")
    if process.returncode:
        wrong = err.decode("utf-8", "replace").strip()
        said = (text.strip() or wrong).splitlines()
        why = f"{name} {ending(process.returncode)}"
        return Answer(None, f"{why}: {said[-1]}" if said else why, wrong[-_WORDS:])
    return Answer(text)


def attend(argv: Sequence[str], env: Mapping[str, str], cwd: Path | None) -> int:
    """Run a program on the person's own terminal; return its status. Ctrl-C is the program's.

    What was sent to us alone, to end, is passed on. Signals are heard without an exception: two
    within an instant would make one of the other, and the word to end would be lost with it.
    """
    attended: list[subprocess.Popen[bytes]] = []
    told: list[int] = []

    def hear(number: int, _frame: object) -> None:
        if number == signal.SIGINT:  # the terminal tells Ctrl-C to the program by itself
            return
        told.append(number)
        for process in attended:
            process.terminate()

    with _heard_by(hear):
        process = on_terminal(argv, env, cwd)
        attended.append(process)
        if told:  # before there was one
            process.terminate()
        status = process.wait()
    return status if status >= 0 else 128 - status


@contextlib.contextmanager
def _heard_by(handler: Callable[[int, Any], None]) -> Iterator[None]:
    """Let SIGINT, SIGTERM and SIGHUP call ``handler``; those that are ignored stay so (nohup)."""
    before: dict[int, Any] = {}
    try:
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            number = getattr(signal, name, None)
            with contextlib.suppress(ValueError, OSError):  # not the main thread
                if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
                    before[number] = signal.getsignal(number)
                    signal.signal(number, handler)
        yield
    finally:
        for number, old in before.items():
            with contextlib.suppress(ValueError, OSError, TypeError):
                signal.signal(number, old)


def on_terminal(
    argv: Sequence[str], env: Mapping[str, str], cwd: Path | None, *, aside: bool = False
) -> subprocess.Popen[bytes]:
    """Start a program on the person's terminal; ``aside``: it prints to standard error only."""
    _never_from_here()
    return subprocess.Popen(list(argv), env=dict(env), cwd=cwd, stdout=2 if aside else None)


def _never_from_here() -> None:
    """Let Windows take no program from the current folder: that is a stranger's repository.

    The variable counts in the process that starts another one; children get their own environment.
    Source: Windows' NeedCurrentDirectoryForExePath.
    """
    if WINDOWS:
        os.environ.setdefault("NoDefaultCurrentDirectoryInExePath", "1")


def neutral() -> str:
    """Return a folder where no stray module of a repository lies."""
    return os.environ.get("SYSTEMROOT", "C:\\") if WINDOWS else "/"


def plain(error: Exception) -> str:
    """Return what the system says of an error, in lower case."""
    return (getattr(error, "strerror", None) or str(error)).lower()


def ending(status: int) -> str:
    """Return how a program ended, in words; a negative status is the signal that killed it."""
    if status >= 0:
        return f"ended with status {status}"
    with contextlib.suppress(ValueError):
        return f"was killed by {signal.Signals(-status).name}"
    return f"was killed by signal {-status}"


def _own_group(inherit: tuple[int, ...] = ()) -> dict[str, Any]:
    """Return the Popen arguments for a process group of its own that dies with us."""
    if WINDOWS:
        return {"creationflags": getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)}
    group: dict[str, Any] = {"start_new_session": True, "pass_fds": inherit}
    if sys.platform == "linux" and inherit:
        with contextlib.suppress(Exception):
            import ctypes

            prctl = ctypes.CDLL(None).prctl
            group["preexec_fn"] = lambda: prctl(_PR_SET_PDEATHSIG, int(_KILL))
    return group


def _signal_group(process: subprocess.Popen[bytes], number: int) -> None:
    with contextlib.suppress(OSError, ValueError):
        if WINDOWS:
            process.send_signal(number)
        else:
            os.killpg(process.pid, number)


def give(process: subprocess.Popen[bytes], data: bytes) -> None:
    """Give a program something to read; it may have ended before."""
    if process.stdin:
        with contextlib.suppress(OSError):
            process.stdin.write(data)
            process.stdin.flush()


def leave(process: subprocess.Popen[bytes], patience: float = 0.0) -> None:
    """Close what a program reads from, and wait for so many seconds that it ends for that."""
    if process.stdin and not process.stdin.closed:
        with contextlib.suppress(OSError):
            process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired, KeyboardInterrupt):  # impatience
            process.wait(patience)


def end(process: subprocess.Popen[bytes]) -> None:
    """End a program and all that it started: the end of its input, SIGINT, SIGTERM, SIGKILL."""
    leave(process, PATIENCE)
    first = getattr(signal, "CTRL_BREAK_EVENT", signal.SIGINT) if WINDOWS else signal.SIGINT
    for number in (first, signal.SIGTERM, _KILL):
        with contextlib.suppress(subprocess.TimeoutExpired, KeyboardInterrupt):  # impatience
            _signal_group(process, number)
            process.wait(GRACE)
            break
    _signal_group(process, _KILL)  # grandchildren that ignored the first signals


def lines(
    process: subprocess.Popen[bytes], halt: Callable[[], bool] | None = None
) -> Iterator[str]:
    """Yield the decoded lines of a program, split at CR and LF, until it has ended.

    Raises Interrupted as soon as ``halt`` says so.
    """
    rest = b""
    for chunk in _chunks(process, halt):
        *whole, rest = re.split(rb"[\r\n]+", rest + chunk)
        if len(rest) > _LONGEST:
            whole, rest = [*whole, rest], b""
        yield from filter(None, map(_text, whole))
    if last := _text(rest):
        yield last


def _chunks(process: subprocess.Popen[bytes], halt: Callable[[], bool] | None) -> Iterator[bytes]:
    """Yield what a program writes until it has ended.

    A grandchild may keep the pipe open after that (a daemon), and go on writing: what was in the
    pipe at the end is still read, then nothing more is waited for than one second of silence.
    """
    chunks: queue.Queue[bytes] = queue.Queue(maxsize=64)  # a slow reader slows the program
    left = threading.Event()

    def pump() -> None:
        assert process.stdout is not None  # noqa: S101 - Popen was given a pipe
        with process.stdout as pipe, contextlib.suppress(OSError, ValueError):
            while chunk := os.read(pipe.fileno(), 65536):
                if not left.is_set():  # else nobody listens, but a closed pipe would end a daemon
                    chunks.put(chunk)
        if not left.is_set():
            chunks.put(b"")

    threading.Thread(target=pump, daemon=True).start()
    ended, more = 0.0, 1
    try:
        while more:
            _obey(halt)
            if not ended and process.poll() is not None:
                ended, more = time.monotonic(), chunks.qsize() + 8
            with contextlib.suppress(queue.Empty):
                chunk = chunks.get(timeout=0.1)
                if not chunk:
                    break
                more -= bool(ended)
                yield chunk
                continue
            if ended and time.monotonic() - ended > 1:
                break
    finally:
        left.set()
        with contextlib.suppress(queue.Empty):
            while True:  # the pump may be waiting for a place
                chunks.get_nowait()


def _obey(halt: Callable[[], bool] | None) -> None:
    if halt and halt():
        raise Interrupted("interrupted")


def _text(line: bytes) -> str:
    return _CONTROL.sub("", line.decode("utf-8", "replace")).rstrip()
