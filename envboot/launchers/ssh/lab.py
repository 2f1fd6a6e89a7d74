"""The child that holds JupyterLab: ``python -m envboot.launchers.ssh.lab HOST TREE [PORT [PORT]]``.

One connection holds both, the server there and the tunnel to it, and both end with it. The token is
made here for this once. It goes there by standard input, and to the person's browser by a page that
nobody else can read: never on a command line, which ``ps`` shows to everybody. The ports, here and
there, are those to try first.
"""

from __future__ import annotations

import contextlib
import http.client
import re
import secrets
import signal
import socket
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from envboot import remote
from envboot.console import TerminalConsole
from envboot.errors import CommandFailed, EnvbootError
from envboot.launchers.ssh import inside, serving
from envboot.shell.local import LocalShell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from envboot.console import Console
    from envboot.remote import Place
    from envboot.shell import Shell

TRIES = 5
"""Ports that are tried, here or there, before it is given up."""
PATIENCE = 60.0
"""Seconds that a server which listens may take for its first answer."""
# A connection that she keeps open (ControlPath) would keep the tunnel open too.
_OPTIONS = ("ExitOnForwardFailure=yes", "ClearAllForwardings=no", "ControlPath=none")
_TAKEN_HERE = re.compile(r"cannot listen to port: (\d+)|\[127\.0\.0\.1\]:(\d+): Address already")
_TAKEN_THERE = re.compile(r"port \d+ is (?:already in use|not available)|Address already in use")
_BROKEN = 255  # ssh's own status
_DENIED = (401, 403)
_PAGE = '<!doctype html><meta http-equiv="refresh" content="0; url={}"><title>JupyterLab</title>\n'


def main(argv: Sequence[str]) -> int:
    """Serve JupyterLab of a tree on a host until the person ends it; return an exit code."""
    host, tree, *ports = argv
    here, there = ([int(port) for port in ports] + [0, 0])[:2]
    shell = LocalShell()
    console = TerminalConsole(shell.environ)
    try:
        where = remote.place(host)
        with _ended_by_signals(lambda: console.say(f"ending JupyterLab on {where} ...")):
            return hold(where, tree, shell, console, here=here, there=there)
    except EnvbootError as error:
        console.fail(error)
        return error.exit_code
    except KeyboardInterrupt:
        return 130


def hold(
    where: Place, tree: str, shell: Shell, console: Console, *, here: int = 0, there: int = 0
) -> int:
    """Serve until the person ends it, or the server does (0). Raises CommandFailed otherwise.

    ``here`` and ``there`` are the ports to try first; 0: one that is free.
    """
    options: tuple[str, ...] = _OPTIONS
    free = inside.look(where, tree, shell)
    here, there = here or free_port(), there or free
    for _ in range(TRIES):
        session = Session(where, here, secrets.token_urlsafe(32), shell, console)
        try:
            session.run(tunnel(where, tree, here, there, options), there)
        except KeyboardInterrupt:
            if not session.ready:
                raise
        except CommandFailed as error:
            said = "\n".join(error.tail)
            if session.ready:
                raise session.cut(error) from error
            if taken := _TAKEN_HERE.search(said):
                if int(taken[1] or taken[2]) != here:  # one that her own settings ask for
                    options = ("ExitOnForwardFailure=no", *options)
                here = free_port()
                continue
            if _TAKEN_THERE.search(said):
                there = inside.look(where, tree, shell)
                continue
            meant = remote.why(said, where) if error.returncode == _BROKEN else ""
            raise session.failed(error, meant) from error
        console.say(f"JupyterLab on {where} has ended, and the tunnel with it")
        return 0
    raise CommandFailed(f"no port could be had for the tunnel to {where}", hint="try again")


def tunnel(
    where: Place, tree: str, here: int, there: int, options: tuple[str, ...] = _OPTIONS
) -> tuple[str, ...]:
    """Return ssh's command that runs the server there, and leads the port here to its port."""
    line = where.argv(inside.SETUP, tree, *inside.STARTER)[-1]
    words = (w for option in options for w in ("-o", option))
    return (*where.ssh("-T", *words, "-L", f"127.0.0.1:{here}:127.0.0.1:{there}"), line)


def free_port() -> int:
    """Return a port of loopback that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Session:
    """One server there and the tunnel to it, from the first line to the last."""

    def __init__(self, where: Place, port: int, token: str, shell: Shell, console: Console) -> None:
        """Take where it is, and the port here; nothing is started yet."""
        self.ready = False
        """Whether it was reached, and the link told."""
        self._where, self._port, self._token = where, port, token
        self._shell, self._console = shell, console
        self._page: Path | None = None

    def run(self, argv: tuple[str, ...], there: int) -> None:
        """Serve until it ends. Raises CommandFailed, and KeyboardInterrupt once it has ended."""
        self._console.say(f"starting JupyterLab on {self._where} ...")
        feed = inside.order(do="serve", token=self._token, port=there)
        try:
            self._shell.do(argv, hold=feed, said=self._said, why=f"JupyterLab on {self._where}")
        finally:
            if self._page:
                self._shell.remove(self._page.parent)

    def cut(self, error: CommandFailed) -> CommandFailed:
        """Return what to say of one that had been reached, and failed later."""
        if error.returncode == _BROKEN:
            message = f"the connection to {self._where} was cut; JupyterLab there ends by itself"
        else:
            message = error.message
        tail = self._told(error) if error.returncode != _BROKEN else ()
        return CommandFailed(message, hint="open it again", tail=tail)

    def failed(self, error: CommandFailed, meant: str) -> CommandFailed:
        """Return what to say of one that was never reached."""
        return CommandFailed(meant or error.message, tail=() if meant else self._told(error))

    def _told(self, error: CommandFailed) -> tuple[str, ...]:
        rows = (row for row in error.tail if not row.startswith(serving.MARK))
        return tuple(row.replace(self._token, "***") for row in rows)

    def _said(self, line: str) -> None:
        if line == f"{serving.MARK}ready":
            self._arrived()
        elif not line.startswith(serving.MARK):
            self._console.say(f"  {line.replace(self._token, '***')}")

    def _arrived(self) -> None:
        """See that it answers, then tell the link and open it."""
        status = answer(self._port, self._token)
        if status in _DENIED:
            raise EnvbootError(
                f"JupyterLab on {self._where} refuses the token that it was given",
                hint="a setting of Jupyter's there decides who may come in: `jupyter --paths`",
            )
        if status != http.client.OK:
            what = f"status {status}" if status else "no answer"
            raise CommandFailed(f"JupyterLab on {self._where} gives {what} through the tunnel")
        self.ready = True
        url = f"http://127.0.0.1:{self._port}/lab?token={self._token}"
        if self._has_browser():
            folder = Path(tempfile.gettempdir()) / f"envboot-lab-{secrets.token_hex(8)}"
            self._page = folder / "open.html"
            self._shell.write(self._page, _PAGE.format(url), private=True)
            self._console.say("opening the browser")
            self._shell.open(self._page.as_uri())
        sys.stderr.flush()
        sys.stdout.write(f"{'or ' if self._page else ''}open this link: {url}\n")
        sys.stdout.flush()
        self._console.say("Ctrl-C ends JupyterLab there, and this tunnel")

    def _has_browser(self) -> bool:
        environ = self._shell.environ
        if environ.get("CI"):
            return False
        named = any(environ.get(n) for n in ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY"))
        return named or self._shell.platform.system != "Linux"


def answer(port: int, token: str, seconds: float = PATIENCE) -> int:
    """Return the HTTP status that the server says to the token; 0: none in that time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=10.0)
        with contextlib.closing(line), contextlib.suppress(OSError, http.client.HTTPException):
            line.request("GET", "/api/status", headers={"Authorization": f"token {token}"})
            return line.getresponse().status
        time.sleep(0.2)
    return 0


@contextlib.contextmanager
def _ended_by_signals(told: Callable[[], None]) -> Iterator[None]:
    """Let SIGTERM and SIGHUP end it as Ctrl-C does: the server there first."""

    def over(_number: int, _frame: object) -> None:
        with contextlib.suppress(Exception):  # the terminal may be gone
            told()
        raise KeyboardInterrupt

    names = ("SIGINT", "SIGTERM", "SIGHUP")
    numbers = [getattr(signal, n) for n in names if hasattr(signal, n)]
    before = {n: signal.signal(n, over) for n in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
