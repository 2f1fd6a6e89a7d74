"""The environment that worked then, for real: a dated commit, and an index with and without dates.

The index is on loopback (PEP 691 as JSON, PEP 700 for the dates), so nothing depends on what a
public one, or a mirror of it, says today.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from wheels import make_wheel

pytestmark = pytest.mark.real
ROOT = Path(__file__).resolve().parents[2]
UPLOADED = {
    "greeting-1.0": "2021-05-01T12:00:00Z",
    "greeting-2.0": "2024-05-01T12:00:00Z",
}
JSON = "application/vnd.pypi.simple.v1+json"


class Index:
    """A package index with two releases of one project."""

    def __init__(self, folder: Path, *, dated: bool) -> None:
        files = []
        for stem, when in UPLOADED.items():
            name, version = stem.split("-")
            wheel = make_wheel(folder, name, version)
            digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
            row = {"filename": wheel.name, "url": f"/files/{wheel.name}"}
            row |= {"hashes": {"sha256": digest}, "size": wheel.stat().st_size}
            files.append(row | ({"upload-time": when} if dated else {}))
        page = {"meta": {"api-version": "1.1"}, "name": "greeting", "files": files}
        page["versions"] = ["1.0", "2.0"]
        pages = {"/simple/greeting/": json.dumps(page).encode()}

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = pages.get(self.path)
                if self.path.startswith("/files/"):
                    wheel = folder / self.path.rsplit("/", 1)[-1]
                    body = wheel.read_bytes() if wheel.is_file() else None
                self.send_response(200 if body else 404)
                self.send_header("Content-Type", JSON if body else "text/plain")
                self.send_header("Content-Length", str(len(body or b"")))
                self.end_headers()
                if self.command == "GET":
                    self.wfile.write(body or b"")

            def do_HEAD(self) -> None:
                self.do_GET()

            def log_message(self, *_: object) -> None:
                """Print nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/simple/"

    def __enter__(self) -> str:
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self.url

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture(params=[True, False], ids=["dated", "undated"])
def index(request, tmp_path):
    with Index(tmp_path / "wheels", dated=request.param) as url:
        yield request.param, url


def set_up(root: Path, url: str, *words: str) -> subprocess.CompletedProcess[str]:
    env = {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "HOME": str(root.parent / "home"),
        "PIP_INDEX_URL": url,
        "PIP_CONFIG_FILE": os.devnull,
    }
    argv = [sys.executable, "-m", "envboot", "up", "--engine", "uv", "--no-kernel", *words]
    return subprocess.run(argv, cwd=root, env=env, capture_output=True, text=True, check=False)


def repository(root: Path) -> Path:
    root.mkdir()
    (root / "requirements.txt").write_text("greeting\n", encoding="utf-8")
    (root / "hello.py").write_text("import greeting\n", encoding="utf-8")
    when = "2022-03-04T12:00:00 +0000"
    env = {**os.environ, "GIT_AUTHOR_DATE": when, "GIT_COMMITTER_DATE": when}
    who = ("-c", "user.name=A", "-c", "user.email=a@localhost")
    for words in (("init", "-q"), ("add", "."), ("commit", "-qm", "one")):
        subprocess.run(["git", *who, *words], cwd=root, env=env, check=True)
    return root


def installed(root: Path) -> str:
    return next((p.name for p in root.glob(".venv/lib/*/site-packages/greeting-*")), "")


def test_what_worked_then_is_set_up_and_stays(index, tmp_path):
    dated, url = index
    root = repository(tmp_path / "r")
    done = set_up(root, url, "--yes", "--dry-run")
    assert "`--as-of 2022-03-04` sets up what worked then" in done.stderr
    done = set_up(root, url, "--yes", "--as-of", "2022-03-04")
    if not dated:
        assert done.returncode == 7, done.stderr
        assert "this index does not say when files were uploaded (PEP 700)" in done.stderr
        assert not (root / ".venv").exists()
        return
    assert done.returncode == 0, done.stderr
    assert installed(root) == "greeting-1.0.dist-info"

    again = set_up(root, url, "--yes")
    assert again.returncode == 0, again.stderr
    assert "is up to date" in again.stderr
    assert "as of 2022-03-04, as before: `--as-of now` leaves that" in again.stderr
    assert installed(root) == "greeting-1.0.dist-info"

    now = set_up(root, url, "--yes", "--as-of", "now")
    assert now.returncode == 0, now.stderr
    assert "- as of 2022-03-04T23:59:59Z" in now.stderr
    assert installed(root) == "greeting-2.0.dist-info"
