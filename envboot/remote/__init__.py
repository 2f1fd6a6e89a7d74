"""A computer that is reached by ssh, or this one: lines run there, a tree copied there, a job.

ssh and rsync are the system's own, and ``~/.ssh/config`` counts: names, keys, jumps. No agent is
forwarded. :mod:`envboot.remote.work` is the job there: a folder with a script, its log, setup.py's
answer, its status.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from envboot import plan
from envboot.errors import UsageError
from envboot.plan import Run
from envboot.remote import quoting, wording
from envboot.shell import Answer

if TYPE_CHECKING:
    from pathlib import Path

    from envboot.shell import Shell

SECONDS = 20.0  # for one question
_MARK = "--- envboot asks ---"
# Forwardings of the person's own would be asked for a second time, and fail. A connection that she
# keeps open (ControlPath) is used: with a second factor it is the only way. None is made, for one
# with ControlPersist would go on when the command has ended.
_OPTIONS = (
    "ConnectTimeout=10",
    "ServerAliveInterval=15",
    "ServerAliveCountMax=4",
    "ForwardAgent=no",
    "ForwardX11=no",
    "PermitLocalCommand=no",
    "RemoteCommand=none",
    "ControlMaster=no",
    "ControlPersist=no",
)
_USER = re.compile(r"[\w][\w.@%+=-]*")
_NAME = re.compile(r"[\w][\w.-]*")
_URL = re.compile(r"ssh://(?P<login>[^/?#]+?)(?::(?P<port>\d{1,5}))?/?")


@dataclass(frozen=True)
class Place:
    """Where lines run: this computer, or one behind ssh."""

    host: str = ""
    """As ssh takes it: ``box``, ``ann@box``, an alias of ``~/.ssh/config``; "": this computer."""

    def __str__(self) -> str:
        """Return its name for people."""
        return self.host or "this computer"

    def argv(self, script: str, *words: str, terminal: bool = False) -> tuple[str, ...]:
        """Return the command that runs a POSIX sh script there; ``words`` are $1 and so on.

        Whatever the person's shell there is; ``terminal``: with a terminal of its own (``-t``).
        Without one nothing is ever asked (``BatchMode``).
        """
        if not self.host:
            return ("sh", "-c", script, "sh", *words)
        try:
            line = quoting.line(script, words)
        except ValueError as error:
            raise UsageError(f"{self} cannot be told that: {error}") from error
        return (*self.ssh("-t" if terminal else "-T", "-o", "ClearAllForwardings=yes"), line)

    def ssh(self, *options: str) -> tuple[str, ...]:
        """Return ssh's command up to the host: what follows is the line that runs there.

        With ``-t`` among ``options`` a person is at it, and may be asked.
        """
        own = _OPTIONS if "-t" in options else ("BatchMode=yes", *_OPTIONS)
        return ("ssh", *options, *(w for o in own for w in ("-o", o)), "--", self.host)

    def rsync(self, folder: str) -> tuple[tuple[str, ...], str]:
        """Return ssh's words for rsync's ``-e``, and a folder there as rsync takes it."""
        port, host = "", self.host
        if found := _URL.fullmatch(host):
            host, port = found["login"], found["port"] or ""
        user, at, name = host.rpartition("@")
        host = f"{user}{at}[{name}]" if ":" in name and not name.startswith("[") else host
        more = ("-p", port) if port else ()
        words = self.ssh(*more, "-o", "ClearAllForwardings=yes")[:-2]
        return words, f"{host}:{folder}"


def place(text: str) -> Place:
    """Return the place that a person or a file named; ``local`` and "" are this computer.

    Raises UsageError for what ssh could take for an option, or a shell for more than a name.
    """
    text = text.strip(" ")
    if text in {"", "local"}:
        return Place()
    found = _URL.fullmatch(text)
    user, at, name = (found["login"] if found else text).rpartition("@")
    hint = "`box`, `ann@box`, `ssh://box:2222`, or a `Host` of ~/.ssh/config"
    if found and int(found["port"] or 22) not in range(1, 65536):
        raise UsageError(f"a computer has no port {found['port']}", hint=hint)
    if (at and not _USER.fullmatch(user)) or not _named(name) or len(text) > 255:  # noqa: PLR2004
        raise UsageError(f"this is no name of a computer: {text!a}", hint=hint)
    if not found and name.startswith("["):
        return Place(f"{user}{at}{name[1:-1]}")
    return Place(text)


def _named(name: str) -> bool:
    if ":" not in name:
        return bool(_NAME.fullmatch(name))
    bare = name[1:-1] if name.startswith("[") and name.endswith("]") else name
    address, percent, zone = bare.partition("%")
    try:
        ipaddress.IPv6Address(address)
    except ValueError:
        return False
    return not percent or bool(_NAME.fullmatch(zone))


def ask(
    where: Place,
    script: str,
    *words: str,
    shell: Shell,
    timeout: float = SECONDS,
    feed: bytes = b"",
) -> Answer:
    """Return what a script prints there; ``feed`` is its standard input.

    What the account's start-up files print before it is left out. ``why`` is a sentence that a
    person understands: unreachable, refused key, unknown host key.
    """
    marked = f"printf '%s\\n' '{_MARK}'\n{script}" if where.host else script
    said = shell.query(where.argv(marked, *words), timeout=timeout, feed=feed)
    if said.out is None:
        meant = why(f"{said.err}\n{said.why}", where)
        last = said.err.strip().splitlines()[-1:]
        return replace(said, why=meant or (f"{where}: {last[0]}" if last else said.why))
    before, mark, after = said.out.partition(f"{_MARK}\n")
    return Answer(after, err=before) if mark else said


def run(where: Place, script: str, *words: str, why: str = "", terminal: bool = False) -> Run:
    """Return the step that runs a script there."""
    return Run(where.argv(script, *words, terminal=terminal), why=why, terminal=terminal)


def copy(root: Path, where: Place, folder: str, shell: Shell) -> Run:  # noqa: ARG001 - for members that must look
    """Return the step that makes ``folder`` there the same as the repository here.

    ``folder`` is absolute, or relative to the home there. What git ignores is left out (also
    without git: the rules of ``.gitignore``), ``.git`` too; what was made there, the environment
    and its journal, stays. An interrupted copy goes on.
    """
    words = (str(root), where.host or "local", folder)
    why = f"copying the repository to {where}: {folder}"
    return plan.child("envboot.remote.copying", *words, why=why)


def why(said: str, where: Place) -> str:
    """Return the sentence that ssh's or rsync's last words mean; "" for what is not of them."""
    return wording.meaning(said, where.host) if where.host else ""
