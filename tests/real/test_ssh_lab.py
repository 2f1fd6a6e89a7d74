"""JupyterLab of another computer, through a tunnel; nothing of it is left, however it ends."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tests import sshd
from tests.real.person import Person, Terminal, make_repository
from tests.wheels import make_wheel

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(bool(sshd.missing()), reason=sshd.missing() or "all is here"),
]
HANDLE = "sunspots-0001"
TREE = f"envboot/{HANDLE}"
CHILD = (sys.executable, "-m", "envboot.launchers.ssh.lab")
LINK = re.compile(r"http://127\.0\.0\.1:(\d+)/lab\?token=([\w-]+)")
HELD = "Ctrl-C ends JupyterLab there"
NONE_HELD = "it is not part of the development environment"


def make_tree(folder):
    """Return a packed repository whose environment sees the JupyterLab of this Python."""
    root = make_repository(folder / "packed")
    here = sysconfig.get_paths()["purelib"]
    modules = {"labhere.py": "", "labhere.pth": f"{here}\n"}
    wheel = make_wheel(root / "wheels", "labhere", "1.0", modules)
    with (root / "requirements.txt").open("a") as file:
        file.write(f"./wheels/{wheel.name}\n")
    done = Person(folder / "packer").types("package-env", "--yes", cwd=root)
    assert done.returncode == 0, done.stderr
    return root


@pytest.fixture(scope="module")
def there(tmp_path_factory):
    """A computer behind ssh, where a repository with JupyterLab was set up."""
    pytest.importorskip("jupyterlab", reason=NONE_HELD)
    folder = tmp_path_factory.mktemp("lab")
    with sshd.running(folder) as box:
        tree = box.home / TREE
        shutil.copytree(make_tree(folder), tree)
        line = f"cd {TREE} && python3 setup.py --yes --no-shell --no-kernel"
        subprocess.run(["ssh", "box", line], env=box.environ, check=True)
        yield box


@pytest.fixture
def at_terminal(there, tmp_path):
    """Return a function that starts the child at a pseudo-terminal."""
    person = Person(tmp_path / "person", **there.environ)
    person.environ.pop("PIP_NO_INDEX")
    started = []

    def start(host="box", tree=TREE, **environ):
        started.append(
            Terminal(person, host, tree, cwd=tmp_path, program=CHILD, columns=200, **environ)
        )
        return started[-1]

    yield start
    for terminal in started:
        terminal.kill()


def ask(port, path, token=""):
    """Return the status that a server on loopback gives."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    with contextlib.closing(line):
        line.request("GET", path, headers={"Authorization": f"token {token}"} if token else {})
        return line.getresponse().status


def link(terminal):
    """Return port and token, once the link is on the screen."""
    terminal.read(HELD)
    found = LINK.findall(terminal.text)
    assert len(found) == 1, terminal.text
    return int(found[0][0]), found[0][1]


def listens(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 5):
        return True
    return False


def left(box, before=frozenset()):
    """Return what runs or lies there that was not there before; Jupyter's settings are hers."""
    theirs = (f"{box.home}/.ipython", f"{box.home}/.jupyter")
    found = {str(p) for p in box.home.rglob("*")} - before
    return [*map(str, box.running()), *(p for p in found if not p.startswith(theirs))]


def nothing_left(box, before, port):
    """Wait until nothing is left, here or there."""
    sshd.until(lambda: not listens(port), "the end of the tunnel")
    sshd.until(lambda: not box.running(), "the end of what ran there")
    assert not left(box, before)
    assert not list(Path("/tmp").glob("envboot-lab-*")) or os.environ.get("TMPDIR")


@pytest.fixture
def before(there):
    sshd.until(lambda: not there.running(), "the end of what ran there")
    return {str(p) for p in there.home.rglob("*")}


def test_it_is_served_and_leaves_nothing(there, at_terminal, before):
    """To whoever has the token alone, which stands in no command line; a second one works too."""
    terminal = at_terminal()
    port, token = link(terminal)
    assert ask(port, "/api/status", token) == 200
    assert ask(port, "/api/status") == 403
    assert ask(port, f"/lab?token={token}") == 200
    lines = [
        Path(f"/proc/{p}/{name}").read_bytes()
        for p in there.running()
        for name in ("cmdline", "environ")
    ]
    assert lines
    assert not [text for text in lines if token.encode() in text]
    terminal.send("\x03")
    assert terminal.end() == 0
    assert "has ended, and the tunnel with it" in terminal.text
    nothing_left(there, before, port)

    again = at_terminal()
    other, fresh = link(again)
    assert fresh != token
    assert ask(other, "/api/status", fresh) == 200
    os.kill(again.pid, signal.SIGTERM)
    assert again.end() == 0
    nothing_left(there, before, other)


@pytest.mark.parametrize("how", ["hangup", "killed"])
def test_it_ends_however_the_near_end_goes(there, at_terminal, before, how):
    """Also where no handler of ours gets a say."""
    terminal = at_terminal()
    port, token = link(terminal)
    assert ask(port, "/api/status", token) == 200
    if how == "killed":
        os.kill(terminal.pid, signal.SIGKILL)
    else:
        os.close(terminal.near)
    os.waitpid(terminal.pid, 0)
    terminal.status = 1
    nothing_left(there, before, port)


def test_a_cut_connection_is_told(there, at_terminal, before):
    terminal = at_terminal()
    port, _ = link(terminal)
    assert there.cut()
    assert terminal.end() == 7
    assert "the connection to box was cut; JupyterLab there ends by itself" in terminal.text
    assert "open it again" in terminal.text
    nothing_left(there, before, port)


def test_a_kernel_goes_with_it(there, at_terminal, before):
    pytest.importorskip("ipykernel", reason=NONE_HELD)
    terminal = at_terminal()
    port, token = link(terminal)
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    with contextlib.closing(line):
        line.request("POST", "/api/kernels", "{}", {"Authorization": f"token {token}"})
        assert line.getresponse().status == 201
    many = len(there.running())
    terminal.send("\x03")
    assert terminal.end() == 0
    assert many
    nothing_left(there, before, port)


def test_the_browser_is_given_no_token_on_its_command_line(there, at_terminal, before, tmp_path):
    note = tmp_path / "note"
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\ncp "${{1#file://}}" {note}.html\nprintf %s "$1" >{note}\n')
    browser.chmod(0o755)
    terminal = at_terminal(BROWSER=f"{browser} %s", CI="")
    port, token = link(terminal)
    sshd.until(note.exists, "the browser")
    page = note.read_text().removeprefix("file://")
    assert token not in page
    assert f"http://127.0.0.1:{port}/lab?token={token}" in Path(f"{note}.html").read_text()
    assert Path(page).stat().st_mode & 0o777 == 0o600
    terminal.send("\x03")
    assert terminal.end() == 0
    assert not Path(page).parent.exists()
    nothing_left(there, before, port)


def test_without_jupyterlab_nothing_is_started(there, at_terminal):
    found = next((there.home / TREE / ".venv").rglob("labhere.pth"))
    found.rename(found.with_suffix(".away"))
    try:
        terminal = at_terminal()
        assert terminal.end() == 6
    finally:
        found.with_suffix(".away").rename(found)
    assert "jupyterlab is not in the environment on box" in terminal.text
    assert "add `jupyterlab` to the dependency files" in terminal.text
    assert "starting" not in terminal.text


def test_a_tree_that_is_gone(at_terminal):
    terminal = at_terminal(tree="envboot/gone-0001")
    assert terminal.end() == 1
    assert "there is no folder" in terminal.text
