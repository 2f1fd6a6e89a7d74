"""A real Jupyter server of one's own, with envboot in it, and a person who talks to it by HTTP.

All of it lies in one folder: home, settings, data, notebooks. The port is the system's, the token
the test's. The extension is this checkout's, enabled by the file that the wheel installs.

    with jupyterq.running(tmp_path) as server:
        server.get("envboot/api/notebook", path="a.ipynb").json()
        server.save("a.ipynb", jupyterq.notebook("import attrs"))
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
EXTENSION = REPOSITORY / "envboot" / "jupyter"
_KEPT = ("PIP_", "SSL_", "UV_", "HTTP", "NO_PROXY", "REQUESTS_")
"""Where the index is and how it is reached is this machine's own affair."""
SECONDS = 90.0
"""How long anything may take that a busy computer does in two."""


def notebook(*cells, **metadata):
    """Return a notebook of these cells of code, as the contents API takes it."""
    return {
        "cells": [
            {
                "cell_type": "code",
                "execution_count": None,
                "id": f"cell-{number}",
                "metadata": {},
                "outputs": [],
                "source": text,
            }
            for number, text in enumerate(cells)
        ],
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
            **metadata,
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }


@dataclass
class Reply:
    """What the server answered."""

    status: int
    headers: dict[str, str]
    text: str

    def json(self):
        return json.loads(self.text)


@dataclass
class Server:
    """The server that runs."""

    process: subprocess.Popen[bytes]
    url: str
    """``http://127.0.0.1:8888/some/base/``"""
    token: str
    root: Path
    """Where its notebooks are."""
    home: Path
    log: Path
    environ: dict[str, str] = field(default_factory=dict)

    def address(self, path, /, **query):
        """Return the whole address of a path below the server's, for a browser: with the token."""
        return self._address(path, {**query, "token": self.token})

    def get(self, path, /, *, token="", **query):
        """Ask. ``token``: another one than the server's, None for none."""
        return self._ask("GET", path, query, None, token)

    def post(self, path, value=None, /, *, token="", **query):
        """Send JSON."""
        return self._ask("POST", path, query, value or {}, token)

    def put(self, path, value, /, *, token="", **query):
        """Put JSON."""
        return self._ask("PUT", path, query, value, token)

    def save(self, path, content):
        """Save a notebook as every front end does; return the bytes on the disk."""
        value = {"type": "notebook", "format": "json", "content": content}
        done = self.put("api/contents/" + urllib.parse.quote(path), value)
        assert done.status in {200, 201}, done.text
        return (self.root / path).read_bytes()

    def said(self):
        """Return the server's log."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def stop(self, number=signal.SIGTERM):
        """End it, and wait for its end."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            self.process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(SECONDS)
            raise

    def _address(self, path, query):
        words = urllib.parse.urlencode(query)
        return self.url + path + (f"?{words}" if words else "")

    def _ask(self, method, path, query, value, token):
        headers = {"Accept": "application/json"}
        if token is not None:
            headers["Authorization"] = f"token {token or self.token}"
        data = None if value is None else json.dumps(value).encode()
        return ask(method, self._address(path, query), data, headers)


class _Stay(urllib.request.HTTPRedirectHandler):
    """Follows no redirection: a login page is an answer too."""

    def redirect_request(self, *_words):
        return None


def ask(method, address, data=None, headers=()):
    """Return what a server answers, whatever its status."""
    request = urllib.request.Request(address, data, dict(headers), method=method)  # noqa: S310
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _Stay())
    try:
        with opener.open(request, timeout=SECONDS) as reply:
            return Reply(reply.status, dict(reply.headers), reply.read().decode())
    except urllib.error.HTTPError as error:
        with error:
            return Reply(error.code, dict(error.headers), error.read().decode())


def environ_of(folder: Path, *, checkout: bool = True, without=()):
    """Return the variables of a person whose Jupyter has envboot, all below ``folder``.

    ``without``: extensions of the server that are switched off, by their module's name.
    ``checkout``: False where the environment's own envboot counts.
    """
    home = folder / "home"
    config, data = home / "jupyter-config", home / "jupyter-data"
    for place in (config, data, home / "jupyter-runtime"):
        place.mkdir(parents=True, exist_ok=True)
    enabled = config / "jupyter_server_config.d"
    enabled.mkdir(exist_ok=True)
    off = {"ServerApp": {"jpserver_extensions": dict.fromkeys(without, False)}}
    (config / "jupyter_server_config.json").write_text(json.dumps(off))
    usual = {"PATH", "LANG", "LC_ALL", "TZ"}
    found = {k: v for k, v in os.environ.items() if k in usual or k.upper().startswith(_KEPT)}
    if uv := shutil.which("uv", path=f"{Path(sys.executable).parent}{os.pathsep}{found['PATH']}"):
        (home / "bin").mkdir(exist_ok=True)
        with contextlib.suppress(FileExistsError):
            (home / "bin" / "uv").symlink_to(uv)
        cache = subprocess.run([uv, "cache", "dir"], capture_output=True, text=True, check=True)
        found["PATH"] = f"{home / 'bin'}{os.pathsep}{found['PATH']}"
        found["UV_CACHE_DIR"] = cache.stdout.strip()
    found |= {
        "HOME": str(home),
        "JUPYTER_CONFIG_DIR": str(config),
        "JUPYTER_DATA_DIR": str(data),
        "JUPYTER_RUNTIME_DIR": str(home / "jupyter-runtime"),
        "IPYTHONDIR": str(home / "ipython"),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "lab" / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "lab" / "workspaces"),
        "JUPYTER_PLATFORM_DIRS": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    if checkout:
        found["PYTHONPATH"] = str(REPOSITORY)
        shutil.copy(EXTENSION / "envboot.json", enabled / "envboot.json")
        lab = EXTENSION / "labextension"
        if lab.is_dir():
            shutil.copytree(lab, data / "labextensions" / "envboot", dirs_exist_ok=True)
    return found


@contextlib.contextmanager
def running(
    folder: Path,
    *words: str,
    app: str = "jupyter_server",
    python: str = sys.executable,
    checkout: bool = True,
    without=(),
    environ=None,
    base: str = "/",
):
    """Run a server below ``folder`` until the block ends.

    ``app``: jupyter_server, jupyterlab, notebook or nbclassic, of that ``python``; ``words`` are
    more of its arguments; ``environ``: variables on top; ``base``: its ``base_url``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    own = {**environ_of(folder, checkout=checkout, without=without), **(environ or {})}
    root = folder / "notebooks"
    root.mkdir(exist_ok=True)
    token = secrets.token_hex(16)
    log = folder / "server.log"
    argv = [python, "-m", app, "--no-browser", "--ServerApp.ip=127.0.0.1", "--allow-root"]
    argv += [f"--ServerApp.port={_port()}", f"--ServerApp.root_dir={root}"]
    argv += [f"--ServerApp.base_url={base}", *words]
    with log.open("wb") as file:
        process = subprocess.Popen(
            argv,
            cwd=folder,
            env={**own, "JUPYTER_TOKEN": token},
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    server = Server(process, "", token, root, Path(own["HOME"]), log, own)
    try:
        _wait(server)
        yield server
    finally:
        server.stop()


def _port():
    """Return a port that is free now; a server that finds it taken goes on to another one."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def _wait(server: Server):
    """Wait until it answers, and note where."""
    until = time.monotonic() + SECONDS
    place = server.home / "jupyter-runtime"
    while time.monotonic() < until:
        assert server.process.poll() is None, server.said()
        for path in place.glob(f"jpserver-{server.process.pid}.json"):
            with contextlib.suppress(OSError, ValueError):
                server.url = json.loads(path.read_text())["url"]
                if server.get("api/status").status == 200:
                    return
        time.sleep(0.05)
    pytest.fail("the server does not answer: " + server.said())
