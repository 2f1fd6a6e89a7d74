"""The job there: one folder with a script, its log, what setup.py answered, and the status.

Below ``~/.local/state/envboot/work/HANDLE`` on that computer; the tree is at
``~/envboot/HANDLE``. The script goes on when the connection is cut, and is looked at again.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from envboot import remote
from envboot.errors import UsageError
from envboot.remote import quoting, scripts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from envboot.plan import Run
    from envboot.remote import Place
    from envboot.shell import Shell

TREES = "envboot"
"""Below the home there: the copied trees, one folder a handle."""
STATE = ".local/state/envboot/work"
"""Below the home there: script, log, result.json, status; one folder a handle."""
CHUNK = 1 << 16
"""Bytes of the log that one look brings."""
_HANDLE = re.compile(r"[a-z0-9][a-z0-9-]{0,39}(/\d{1,9})?")
_ENDS = "--- log ---\n"


@dataclass(frozen=True)
class Work:
    """What is to be done there."""

    handle: str
    tree: str
    """The repository there: absolute, or relative to the home."""
    setup: tuple[str, ...] = ()
    """More words for ``python3 setup.py --yes --json``: ``--anyway``, ``--engine``, ``uv``."""
    command: tuple[str, ...] = ()
    """What is run in the environment afterwards; (): nothing."""


@dataclass(frozen=True)
class Seen:
    """What is there of it."""

    phase: str
    """absent | setting-up | running | ended | killed (it ended without saying how)"""
    result: Mapping[str, Any] | None = None
    """What ``setup.py --json`` printed."""
    status: int | None = None
    """Of setup.py where it failed, else of the command; None until it has ended."""
    log: str = ""
    """From the byte that was asked for; whole lines, as long as more will come."""
    size: int = 0
    """Bytes of the whole log."""
    seen: int = 0
    """Bytes of the log up to the end of ``log``: where the next look goes on."""
    more: Mapping[str, str] = field(default_factory=dict)
    """``setup``: "0" once setting up went well; ``stopped``: "yes" when :func:`end` ended it;
    ``pid``: the computer it runs on and its process there; ``tree``; ``left``: "yes" where
    something of it is there."""


def script(work: Work) -> str:
    """Return the POSIX sh script that does it: setup.py, then the command, each noted.

    The same text is what Slurm is given: it needs nothing but sh and a Python 3. A task of an
    array notes below ``HANDLE/TASK``, and :func:`look` takes that for a handle.
    """
    words = [quoting.posix(w) for w in work.setup]
    rows = [
        "#!/bin/sh",
        "# Written by envboot: sets up a repository on this computer, and notes what became of it.",
        f"handle={_checked(work.handle)}",
        f"tree={quoting.posix(work.tree)}",
        f"set -- {' '.join(words)}",
        scripts.WORK.strip("\n"),
    ]
    if work.command:
        command = " ".join(quoting.posix(w) for w in work.command)
        rows += [f'"$python" setup.py run -- {command} &', "child=$!", 'wait "$child"', "finish $?"]
    else:
        rows.append("finish 0")
    return "\n".join(rows) + "\n"


def begin(work: Work, where: Place) -> Run:
    """Return the step that writes the script there and starts it, free of this connection.

    Doing it twice starts it once.
    """
    words = " ".join(quoting.posix(w) for w in ("python3", "setup.py", "--yes", *work.setup))
    why = f"starting on {where}: {words}"
    return remote.run(where, scripts.BEGIN, _checked(work.handle), script(work), why=why)


def look(handle: str, where: Place, shell: Shell, seen: int = 0) -> Seen | str:
    """Return what is there, in one round trip; a sentence when it cannot be asked."""
    words = (_checked(handle, task=True), str(max(seen, 0)), str(CHUNK))
    said = remote.ask(where, scripts.LOOK, *words, shell=shell)
    return said.why if said.out is None else read(said.out, where)


def read(out: str, where: Place) -> Seen | str:
    """Return what :data:`envboot.remote.scripts.LOOK` printed; a sentence where it did not."""
    head, ends, dump = out.partition(_ENDS)
    head, _, text = head.partition("\nresult\n")
    facts = dict(row.partition(" ")[::2] for row in head.splitlines())
    phase = facts.pop("phase", "")
    if phase == "absent" and not ends:
        return Seen("absent", more=facts)
    if phase not in {"absent", "setting-up", "running", "ended", "killed"} or not ends:
        return f"{where} gave an answer that is none"
    size, start = _number(facts.pop("size", "")) or 0, _number(facts.pop("from", "")) or 0
    log = _bytes(dump)
    whole = log.rfind(b"\n") + 1
    if whole and (start + len(log) < size or phase in {"setting-up", "running"}):
        log = log[:whole]
    shown = log.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
    status = _number(facts.pop("status", ""))
    return Seen(phase, _result(text), status, shown, size, start + len(log), facts)


def tail(handle: str, where: Place, *, follow: bool) -> Run:
    """Return the step that prints the log there; ``follow``: until the job has ended.

    It comes through us, not to the terminal itself: what a log holds could command that.
    """
    words = (_checked(handle, task=True), "follow" if follow else "")
    return remote.run(where, scripts.TAIL, *words, why=f"the log on {where}")


def end(handle: str, where: Place) -> Run:
    """Return the step that ends it there with all that it started; ended already is no error."""
    return remote.run(where, scripts.END, _checked(handle), why=f"ending it on {where}")


def clear(handle: str, where: Place) -> Run:
    """Return the step that removes its folder, its tree and its environment there."""
    why = f"removing it from {where}"
    return remote.run(where, scripts.CLEAR, _checked(handle), why=why)


def _checked(handle: str, *, task: bool = False) -> str:
    found = _HANDLE.fullmatch(handle)
    if not found or (found[1] and not task):
        raise UsageError(f"this is no handle: {handle!a}")
    return handle


def _number(text: str) -> int | None:
    return int(text) if re.fullmatch(r"\d{1,15}", text) else None


def _bytes(dump: str) -> bytes:
    try:
        return bytes.fromhex("".join(dump.split()))
    except ValueError:
        return b""


def _result(text: str) -> Mapping[str, Any] | None:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
