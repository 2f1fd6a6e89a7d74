"""The job there: one folder with a script, its log, what setup.py answered, and the status.

Below ``~/.local/state/envboot/work/HANDLE`` on that computer; the tree is at
``~/envboot/HANDLE``. The script goes on when the connection is cut, and is looked at again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from envboot.plan import Run
    from envboot.remote import Place
    from envboot.shell import Shell

TREES = "envboot"
"""Below the home there: the copied trees, one folder a handle."""
STATE = ".local/state/envboot/work"
"""Below the home there: script, log, result.json, status; one folder a handle."""


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
    log: str = ""
    """From the byte that was asked for."""
    size: int = 0
    """Bytes of the whole log."""
    more: Mapping[str, str] = field(default_factory=dict)


def script(work: Work) -> str:
    """Return the POSIX sh script that does it: setup.py, then the command, each noted.

    The same text is what Slurm is given: it needs nothing but sh and a Python 3.
    """
    raise NotImplementedError


def begin(work: Work, where: Place) -> Run:
    """Return the step that writes the script there and starts it, free of this connection.

    Doing it twice starts it once.
    """
    raise NotImplementedError


def look(handle: str, where: Place, shell: Shell, seen: int = 0) -> Seen | str:
    """Return what is there, in one round trip; a sentence when it cannot be asked."""
    raise NotImplementedError


def end(handle: str, where: Place) -> Run:
    """Return the step that ends it there with all that it started; ended already is no error."""
    raise NotImplementedError


def clear(handle: str, where: Place) -> Run:
    """Return the step that removes its folder, its tree and its environment there."""
    raise NotImplementedError
