"""A lock made by uv itself, from a package index on loopback, and installed from."""

from __future__ import annotations

import functools
import hashlib
import http.server
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from envboot import virtualenv
from envboot.engines import uv, venv
from envboot.errors import CommandFailed
from envboot.find import look
from envboot.formats import lock_file
from envboot.machine import Machine
from envboot.package.locking.pylock import Wanted, lock
from envboot.plan import carry_out
from envboot.platforms import here
from envboot.shell.local import LocalShell
from envboot.site import Site
from envboot.spec import EnvironmentSpec, Origin
from envboot.testing import ScriptedConsole
from envboot.tools.uv import program_of
from tests.wheels import make_wheel

pytestmark = pytest.mark.real
MINOR = f"3.{sys.version_info.minor}"


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_words):
        """Say nothing."""

    def end_headers(self):
        """Let nobody keep a page of the index: there may be a new release."""
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()


class Index:
    """A simple index (PEP 503) of wheels made on the spot."""

    def __init__(self, folder):
        self.folder = folder
        serve = functools.partial(Quiet, directory=str(folder))
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), serve)
        self.url = f"http://127.0.0.1:{self.server.server_port}/simple"

    def add(self, name, version, **options):
        wheel = make_wheel(self.folder / "files", name, version, **options)
        digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
        page = self.folder / "simple" / name / "index.html"
        page.parent.mkdir(parents=True, exist_ok=True)
        old = page.read_text() if page.exists() else ""
        link = f'<a href="/files/{wheel.name}#sha256={digest}">{wheel.name}</a>\n'
        page.write_text(old + link)


@pytest.fixture
def packages(tmp_path):
    index = Index(tmp_path / "index")
    index.add("beta", "1.0", requires=["alpha", "gamma; sys_platform == 'win32'"])
    index.add("alpha", "1.0")
    index.add("gamma", "1.0")
    thread = threading.Thread(target=index.server.serve_forever, daemon=True)
    thread.start()
    yield index
    index.server.shutdown()
    index.server.server_close()
    thread.join()


@pytest.fixture
def shell(environ, packages, tmp_path):
    path = f"{Path(sys.executable).parent}{os.pathsep}{environ['PATH']}"
    variables = {"PIP_CONFIG_FILE": "/dev/null", "PIP_INDEX_URL": packages.url, "PATH": path}
    found = LocalShell({**environ, **variables, "UV_CACHE_DIR": str(tmp_path / "cache")})
    if program_of(found) is None:
        pytest.skip("uv is not installed")
    return found


@pytest.fixture
def root(tmp_path):
    (tmp_path / "my répository").mkdir()
    return tmp_path / "my répository"


def locked(root, shell, requirements="beta\n", platforms=(), **options):
    wanted = Wanted(requirements, MINOR, platforms or (here(shell),))
    changes = lock(root, wanted, shell, ScriptedConsole(), **options)
    for change in changes:
        (root / change.path).write_bytes(change.after)
    return changes


def test_locked_with_hashes_kept_and_installed_from(root, shell, packages, tmp_path):
    platforms = ("linux-64", "linux-aarch64", "osx-arm64", "win-64")
    assert locked(root, shell, platforms=platforms)
    text = (root / "pylock.toml").read_text()
    digest = hashlib.sha256((tmp_path / "index/files/alpha-1.0-py3-none-any.whl").read_bytes())
    assert digest.hexdigest() in text
    assert 'name = "gamma"' in text, "for Windows, which was asked for"
    packages.add("alpha", "2.0")
    assert not locked(root, shell, platforms=platforms), "the same again: a release changes nothing"
    assert locked(root, shell, requirements="beta\nalpha>=2\n", platforms=platforms)

    text = (root / "pylock.toml").read_text()
    spec = lock_file.parse(text, Origin("pylock.toml"))
    assert spec.lock is not None
    assert spec.lock.format == "pylock.toml"
    here = Machine("Linux", "x86_64", 2, MINOR)
    site = Site(root, "locked", tmp_path / "env", here, shell)
    spec = EnvironmentSpec(lock=spec.lock, source=Origin("pylock.toml"))
    assert uv.why_not(spec, site) is None
    carry_out(uv.plan(spec, site), shell, lambda _line: None)
    code = "import alpha, beta; print(alpha.__version__, beta.__version__)"
    inside = [str(tmp_path / "env" / "bin" / "python"), "-c", code]
    if os.name == "nt":
        inside[0] = str(tmp_path / "env" / "Scripts" / "python.exe")
    assert subprocess.check_output(inside, text=True).split() == ["2.0", "1.0"]

    changed = text.replace(digest.hexdigest()[:8], "00000000")
    other = hashlib.sha256((tmp_path / "index/files/alpha-2.0-py3-none-any.whl").read_bytes())
    changed = changed.replace(other.hexdigest()[:8], "00000000")
    (root / "pylock.toml").write_text(changed)
    site = Site(root, "locked", tmp_path / "env2", here, shell)
    with pytest.raises(CommandFailed) as caught:
        carry_out(uv.plan(spec, site), shell, lambda _line: None)
    assert "hash" in "\n".join(caught.value.tail).lower()


def test_what_one_platform_needs_is_not_locked_for_another(root, shell):
    locked(root, shell, platforms=("linux-64",))
    assert "gamma" not in (root / "pylock.toml").read_text()


def test_what_cannot_be_solved_is_said_in_uvs_words(root, shell):
    with pytest.raises(CommandFailed) as caught:
        locked(root, shell, requirements="beta\nalpha>=3\n")
    assert "alpha>=3" in "\n".join(caught.value.tail)
    assert list(root.iterdir()) == []


def test_without_a_network_and_a_cache_there_is_no_lock(root, shell):
    with pytest.raises(CommandFailed) as caught:
        locked(root, shell, offline=True)
    assert "beta" in "\n".join(caught.value.tail)


def test_the_password_of_an_index_stays_out(root, shell, packages):
    url = packages.url.replace("//", "//ann:hunter2hunter2@")
    shell.environ = {**shell.environ, "PIP_INDEX_URL": url}
    locked(root, shell)
    assert "hunter2" not in (root / "pylock.toml").read_text()


@pytest.mark.parametrize("engine", [venv, uv], ids=["venv", "uv"])
def test_a_fresh_lock_is_installed_from_and_then_what_no_lock_has(
    root, shell, packages, tmp_path, engine
):
    make_wheel(root, "own", "9.0")
    lines = "beta\n./own-9.0-py3-none-any.whl\n"
    (root / "requirements.txt").write_text(lines)
    locked(root, shell, requirements=lines)
    packages.add("alpha", "2.0")
    found = look(root, shell)
    assert {f.path: f.role for f in found.files} == {
        "requirements.txt": "wins",
        "pylock.toml": "lock",
    }
    site = Site(root, "locked", tmp_path / "env", Machine("Linux", "x86_64", 2, MINOR), shell)
    carry_out(engine.plan(found.spec, site), shell, lambda _line: None)
    code = "import alpha, beta, own; print(alpha.__version__, own.__version__)"
    inside = [str(virtualenv.python_in(site.prefix, site)), "-c", code]
    assert subprocess.check_output(inside, text=True).split() == ["1.0", "9.0"]

    text = (root / "pylock.toml").read_text()
    wheel = (tmp_path / "index/files/alpha-1.0-py3-none-any.whl").read_bytes()
    (root / "pylock.toml").write_text(text.replace(hashlib.sha256(wheel).hexdigest(), "0" * 64))
    site = Site(root, "locked", tmp_path / "env2", site.machine, shell)
    with pytest.raises(CommandFailed) as caught:
        carry_out(engine.plan(found.spec, site), shell, lambda _line: None)
    assert "hash" in "\n".join(caught.value.tail).lower()
