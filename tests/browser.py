"""Jupyter front ends of several versions, each in an environment of its own, and a browser.

An environment is made by uv with envboot's wheel, which is built of this checkout; the server is
the real one, in a home of its own; the browser is Debian's Chromium, driven by Playwright.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from envboot import index
from envboot.shell.local import LocalShell
from tests import once

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
TRAVELS = (
    "envboot",
    "templates",
    "setup.cfg",
    "pyproject.toml",
    "setup.py",
    "README.md",
    "LICENSE",
)
"""What a wheel is built of, beside the page of the manual."""
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
LONG = 90_000
"""Milliseconds that a condition may take to come true on a busy machine; most take one second."""
# Where the index is and how it is reached is this machine's own affair.
KEPT = ("PIP_", "SSL_", "UV_", "HTTP", "NO_PROXY", "REQUESTS_", "XDG_CACHE", "PYENV_ROOT")


@dataclass(frozen=True)
class FrontEnd:
    """A front end, and what is installed for it."""

    name: str
    title: str
    """As the documentation calls it."""
    pins: tuple[str, ...]
    app: str = "lab"
    """The command behind ``jupyter``: lab | notebook."""


FRONT_ENDS = (
    FrontEnd("oldest", "JupyterLab, the oldest", ("jupyterlab==4.0.13", "jupyter_server==2.10.1")),
    FrontEnd("newest", "JupyterLab, the newest", ("jupyterlab==4.6.6", "jupyter_server==2.21.1")),
    FrontEnd(
        "notebook",
        "Notebook 7",
        ("notebook==7.6.5", "jupyterlab==4.6.6", "jupyter_server==2.21.1"),
        "notebook",
    ),
    FrontEnd("jupytext", "with jupytext", ("jupyterlab==4.6.6", "jupytext==1.19.6")),
    FrontEnd(
        "collaboration",
        "with jupyter-collaboration",
        ("jupyterlab==4.6.6", "jupyter-collaboration==5.0.4"),
    ),
)
"""All that is tried; ``docs/how-to/use-it-in-jupyter.md`` shows the same table."""


def missing() -> str:
    """Return what this machine lacks for these tests, as a sentence; "" for nothing."""
    if chromium() is None:
        return "there is no chromium here"
    if uv() is None:
        return "there is no uv here"
    try:
        import playwright  # noqa: F401
    except ImportError:
        return "playwright is not installed"
    return ""


def chromium() -> str | None:
    """Return the browser."""
    return next((found for name in CHROMIUM if (found := shutil.which(name))), None)


def uv() -> str | None:
    """Return uv: that of the tests' own environment, or one on PATH."""
    beside = Path(sys.executable).with_name("uv")
    return str(beside) if beside.exists() else shutil.which("uv")


def variables(home: Path) -> dict[str, str]:
    """Return those of a person with an empty home, on this machine's network."""
    kept = {k: v for k, v in os.environ.items() if k.upper().startswith(KEPT)}
    cache = subprocess.run([str(uv()), "cache", "dir"], capture_output=True, text=True, check=True)
    path = os.pathsep.join((str(home / "bin"), os.environ.get("PATH", os.defpath)))
    kept.setdefault("PYENV_ROOT", str(Path(os.environ.get("HOME", "/nowhere")) / ".pyenv"))
    kept["UV_CACHE_DIR"] = cache.stdout.strip()
    return {**kept, "HOME": str(home), "PATH": path, "LC_ALL": "C.UTF-8"}


def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return envboot's wheel of this checkout, built once in a test run."""
    return next(once.made(tmp_path_factory, "wheel-of-envboot", build_wheel).glob("*.whl"))


def prefix(front: FrontEnd, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the environment of a front end, made once in a test run."""
    of = wheel(tmp_path_factory)
    folder = once.made(tmp_path_factory, f"front-{front.name}", lambda f: install(front, f, of))
    return folder / front.name


def build_wheel(folder: Path) -> Path:
    """Build envboot's wheel of a copy of this checkout; return it."""
    copy = folder / "copy"
    hidden = shutil.ignore_patterns("__pycache__", "*.egg-info")
    for name in (*TRAVELS, "docs/man"):
        source, target = REPOSITORY / name, copy / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=hidden)
        else:
            shutil.copy(source, target)
    _run(str(uv()), "build", "--quiet", "--wheel", "--out-dir", str(folder), str(copy))
    shutil.rmtree(copy)
    return next(folder.glob("*.whl"))


def install(front: FrontEnd, folder: Path, wheel: Path) -> Path:
    """Make the environment of a front end; return its prefix."""
    prefix = folder / front.name
    _run(str(uv()), "venv", "--quiet", "--python", sys.executable, str(prefix))
    words = ("pip", "install", "--quiet", "--python", str(prefix / "bin" / "python"))
    _run(str(uv()), *words, *front.pins, "ipykernel", f"envboot[jupyter] @ {wheel.as_uri()}")
    return prefix


def _run(*words: str) -> None:
    """Run uv, which reaches the index as pip is configured to."""
    shell = LocalShell(dict(os.environ))
    env = {**os.environ, **index.uv_environ(index.settings(shell), shell)}
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=300, env=env)
    assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"


@dataclass
class Server:
    """A Jupyter server that runs."""

    front: FrontEnd
    root: Path
    """What it serves."""
    home: Path
    url: str
    """It ends with a slash."""
    token: str
    log: Path

    def address(self, path: str) -> str:
        """Return where a browser opens a notebook, as it is after a fresh start."""
        if self.front.app == "notebook":
            return f"{self.url}notebooks/{path}?token={self.token}"
        return f"{self.url}lab/tree/{path}?reset&token={self.token}"


@contextlib.contextmanager
def serving(
    front: FrontEnd, prefix: Path, root: Path, home: Path, *settings: str, **more: str
) -> Iterator[Server]:
    """Start a server on ``root``; it ends, with its kernels, when the block does.

    ``settings`` are flags, ``more`` are variables of it.
    """
    (home / "bin").mkdir(parents=True, exist_ok=True)
    (home / "bin" / "uv").symlink_to(str(uv()))
    quiet = home / ".jupyter/lab/user-settings/@jupyterlab/apputils-extension"
    quiet.mkdir(parents=True, exist_ok=True)
    news = {"fetchNews": "false", "checkForUpdates": False}
    (quiet / "notification.jupyterlab-settings").write_text(json.dumps(news))
    log = home / "server.log"
    words = (
        f"--ServerApp.root_dir={root}",
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={_free()}",  # another one where that is taken by now
        "--ServerApp.open_browser=False",
        "--ServerApp.allow_root=True",
        *settings,
    )
    with log.open("wb") as sink:
        child = subprocess.Popen(
            # Not `jupyter lab`: that would start the first one on PATH.
            [str(prefix / "bin" / f"jupyter-{front.app}"), *words],
            env={**variables(home), **more},
            cwd=root,
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
        )
        try:
            known = _known(child, home, log)
            yield Server(front, root, home, known["url"], known["token"], log)
        finally:
            child.terminate()
            try:
                child.wait(30)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


def _free() -> int:
    """Return a port that is free now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _known(child: subprocess.Popen[bytes], home: Path, log: Path) -> dict[str, Any]:
    """Wait until a server has said in its home where it listens; return that."""
    runtime = home / ".local" / "share" / "jupyter" / "runtime"
    until = time.monotonic() + LONG / 1000
    while time.monotonic() < until and child.poll() is None:
        for said in runtime.glob(f"jpserver-{child.pid}.json"):
            with contextlib.suppress(ValueError):  # half written
                found: dict[str, Any] = json.loads(said.read_text())
                return found
        time.sleep(0.05)
    raise AssertionError(f"the server did not start:\n{log.read_text()}")


@dataclass
class Seen:
    """A page of the browser, and what it complained of."""

    page: Any
    complaints: list[str] = field(default_factory=list)
    """Warnings and errors of the console that name envboot."""
    remarks: list[str] = field(default_factory=list)
    """What else the console said of it."""


@contextlib.contextmanager
def looking(folder: Path) -> Iterator[Any]:
    """Start the browser, its profile and files in ``folder``; yield Playwright's browser."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=chromium(),
            args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"],
            env={**os.environ, "HOME": str(folder), "TMPDIR": str(folder)},
        )
        try:
            yield browser
        finally:
            browser.close()


@contextlib.contextmanager
def opened(browser: Any, server: Server, path: str) -> Iterator[Seen]:
    """Open a notebook in a fresh context; at the end nothing of ours may have complained."""
    context = browser.new_context(viewport={"width": 1180, "height": 720}, locale="en-US")
    context.set_default_timeout(LONG)
    seen = Seen(context.new_page())

    def note(text: str, kept: list[str]) -> None:
        if "envboot" in text:
            kept.append(text)

    def hear(message: Any) -> None:
        bad = message.type in {"warning", "error"}
        note(message.text, seen.complaints if bad else seen.remarks)

    seen.page.on("console", hear)
    seen.page.on("pageerror", lambda e: note(f"{e} {e.stack or ''}", seen.complaints))
    try:
        seen.page.goto(server.address(path))
        yield seen
    except Exception:
        with contextlib.suppress(Exception):
            seen.page.screenshot(path=str(server.home / "failed.png"))
        print(server.home / "failed.png", seen.complaints, server.log.read_text()[-4000:])  # noqa: T201
        raise
    finally:
        context.close()
