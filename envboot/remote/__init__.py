"""A computer that is reached by ssh, or this one: lines run there, a tree copied there, a job.

ssh and rsync are the system's own, and ``~/.ssh/config`` counts: names, keys, jumps. No agent is
forwarded. :mod:`envboot.remote.work` is the job there: a folder with a script, its log, setup.py's
answer, its status.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from envboot.plan import Run
    from envboot.shell import Answer, Shell

SECONDS = 20.0  # for one question


@dataclass(frozen=True)
class Place:
    """Where lines run: this computer, or one behind ssh."""

    host: str = ""
    """As ssh takes it: ``box``, ``ann@box``, an alias of ``~/.ssh/config``; "": this computer."""

    def argv(self, script: str, *words: str, terminal: bool = False) -> tuple[str, ...]:
        """Return the command that runs a POSIX sh script there; ``words`` are its $1, $2 …

        Whatever the person's shell there is; ``terminal``: with a terminal of its own (``-t``).
        Without one nothing is ever asked (``BatchMode``).
        """
        raise NotImplementedError


def place(text: str) -> Place:
    """Return the place that a person or a file named; ``local`` and "" are this computer.

    Raises UsageError for what ssh could take for an option, or a shell for more than a name.
    """
    raise NotImplementedError


def ask(
    where: Place,
    script: str,
    *words: str,
    shell: Shell,
    timeout: float = SECONDS,
    feed: bytes = b"",
) -> Answer:
    """Return what a script prints there; ``feed`` is its standard input.

    ``why`` is a sentence that a person understands: unreachable, refused key, unknown host key.
    """
    raise NotImplementedError


def run(where: Place, script: str, *words: str, why: str = "", terminal: bool = False) -> Run:
    """Return the step that runs a script there."""
    raise NotImplementedError


def copy(root: Path, where: Place, folder: str, shell: Shell) -> Run:
    """Return the step that makes ``folder`` there the same as the repository here.

    What git ignores is left out (also without git: the rules of ``.gitignore``), ``.git`` too; what
    was made there, the environment and its journal, stays. An interrupted copy goes on.
    """
    raise NotImplementedError


def why(said: str, where: Place) -> str:
    """Return the sentence that ssh's or rsync's last words mean; "" for what is not of them."""
    raise NotImplementedError
