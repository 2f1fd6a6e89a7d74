"""What runs on the computer there: JupyterLab, as long as somebody holds the other end.

:mod:`envboot.launchers.ssh.lab` hands this text to the Python of the environment there, which knows
nothing of envboot: the standard library alone, Python 3.7 and newer, and no shell. The server ends
when standard input does (Ctrl-C here, a closed terminal, a cut connection), or when nobody reads
any more what is printed. It keeps what it needs in a folder of its own, which goes with it.

Source: jupyter_server's ``ServerApp`` (``jpserver-PID.json`` is written once it listens) and
``IdentityProvider``.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import json
import os
import select
import signal
import socket
import sys
import tempfile
import time
import traceback
from pathlib import Path

MARK = "envboot-lab: "
"""What a line begins with that is for the other end."""
BEAT = 15.0  # seconds between two signs of life: where they cannot be sent, the connection is cut
PATIENCE = 8.0  # seconds for a server to end, with its kernels
_PR_SET_PDEATHSIG = 1


def main(order: dict[str, object]) -> int:
    """Do what was asked: ``look`` or ``serve``; return an exit code."""
    if order["do"] == "look":
        return look()
    return serve(str(order["token"]), int(str(order["port"])))


def look() -> int:
    """Print as JSON whether JupyterLab is in this environment, and a port that is free."""
    found = all(importlib.util.find_spec(n) for n in ("jupyterlab", "jupyter_server"))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    _tell(json.dumps({"lab": found, "port": port}))
    return 0


def serve(token: str, port: int) -> int:
    """Run JupyterLab on that port of loopback, until the other end is gone; return its status."""
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, _over)
    with tempfile.TemporaryDirectory(prefix="envboot-lab-") as folder:
        pid = os.fork()
        if not pid:
            os._exit(_child(token, port, folder))
        try:
            return _watch(pid, Path(folder))
        finally:
            _end(pid)


def _child(token: str, port: int, folder: str) -> int:
    """Return the status of JupyterLab; nothing of it gets back into the watching part."""
    status: object = 1
    try:
        _jupyter(token, port, folder)
        status = 0
    except SystemExit as end:
        status = end.code or 0
    except BaseException:  # noqa: BLE001 - it is told, and it ends
        traceback.print_exc()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError):
            stream.flush()
    return status if isinstance(status, int) else 1


def _over(_number: int, _frame: object) -> None:
    raise SystemExit(0)


def _jupyter(token: str, port: int, folder: str) -> None:
    """Become JupyterLab; the token is in no argument, and in no variable that kernels inherit."""
    os.setsid()
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    if sys.platform == "linux":  # not to outlive whoever watches over it
        with contextlib.suppress(Exception):  # a second rope, no more
            import ctypes

            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM))
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.environ.update(JUPYTER_RUNTIME_DIR=folder)
    lab = importlib.import_module("jupyterlab.labapp").main
    version = str(importlib.import_module("jupyter_server").__version__)
    newer = version.partition(".")[0] not in {"0", "1"}
    owners = ["IdentityProvider", "PasswordIdentityProvider"] if newer else ["ServerApp"]
    password = "PasswordIdentityProvider.hashed_password" if newer else "ServerApp.password"
    settings = {
        "ServerApp.ip": "127.0.0.1",
        "ServerApp.port": str(port),
        "ServerApp.port_retries": "0",
        "ServerApp.open_browser": "False",
        "ServerApp.base_url": "/",
        "ServerApp.sock": "",
        "ServerApp.certfile": "",
        "ServerApp.keyfile": "",
        "ServerApp.root_dir": str(Path.cwd()),
        "ServerApp.allow_root": str(not os.geteuid()),  # somebody who logs in as root knows it
        "Application.log_level": "WARN",
        password: "",
        **{f"{name}.token": token for name in owners},
    }
    sys.argv = ["jupyter-lab"]
    sys.exit(lab([f"--{name}={value}" for name, value in settings.items()]))


def _watch(pid: int, folder: Path) -> int:
    """Wait for the end of the server (its status) or of the other end (0)."""
    ready, told = False, time.monotonic()
    while True:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return 128 + (status & 127) if status & 127 else status >> 8
        if not ready and list(folder.glob("jpserver-*.json")):
            ready = True
            _tell("ready")
        if select.select([0], [], [], 0.2)[0] and not os.read(0, 4096):
            return 0
        if time.monotonic() - told > BEAT:
            told = time.monotonic()
            _tell("alive")


def _end(pid: int) -> None:
    """End the server with its kernels, in peace where that is possible."""
    for number, patience in ((signal.SIGTERM, PATIENCE), (signal.SIGKILL, 2.0)):
        for send in (os.killpg, os.kill):  # the group may not be there yet
            with contextlib.suppress(OSError):
                send(pid, number)
        until = time.monotonic() + patience
        while time.monotonic() < until:
            if _gone(pid):
                return
            time.sleep(0.05)


def _gone(pid: int) -> bool:
    try:
        return os.waitpid(pid, os.WNOHANG)[0] != 0
    except OSError:  # it was waited for already
        return True


def _tell(text: str) -> None:
    try:
        os.write(1, (MARK + text + "\n").encode())
    except OSError:
        raise SystemExit(0) from None  # nobody reads it: the connection is cut
