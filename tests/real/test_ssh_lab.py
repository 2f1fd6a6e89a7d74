"""JupyterLab of another computer, through a tunnel; nothing of it is left, however it ends."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import signal
import socket
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
CHILD = (sys.executable, "-m", "envboot.launchers.ssh.lab")
LINK = re.compile(r"http://127\.0\.0\.1:(\d+)/lab\?token=([\w-]+)")
HELD = "Ctrl-C ends JupyterLab there"
NONE_HELD = "it is not part of the development environment"


def make_tree(folder, pyz):
    """Return a packed repository whose environment sees the JupyterLab of this Python."""
    root = make_repository(folder / "packed")
    here = sysconfig.get_paths()["purelib"]
    modules = {"labhere.py": "", "labhere.pth": f"{here}\n"}
    wheel = make_wheel(root / "wheels", "labhere", "1.0", modules)
    with (root / "requirements.txt").open("a") as file:
        file.write(f"./wheels/{wheel.name}\n")
    program = (sys.executable, "-I", str(pyz))
    done = Person(folder / "packer").types("package-env", "--yes", cwd=root, program=program)
    assert done.returncode == 0, done.stderr
    return root


@pytest.fixture(scope="module")
def there(tmp_path_factory, pyz):
    """A computer behind ssh, on which a repository with JupyterLab was launched."""
    pytest.importorskip("jupyterlab", reason=NONE_HELD)
    folder = tmp_path_factory.mktemp("lab")
    (folder / "tmp").mkdir()
    with sshd.running(folder, env={"TMPDIR": str(folder / "tmp")}) as box:
        box.tmp = folder / "tmp"
        person = somebody(folder, box)
        words = ("launch", "ssh", "box", "--then", "lab", "--yes")
        done = person.types(*words, "--no-wait", cwd=make_tree(folder, pyz))
        assert done.returncode == 0, done.stderr
        box.handle = re.search(r"`([\w-]+)` is its name", done.stderr)[1]
        done = person.types("status", box.handle, "--wait", cwd=folder)
        assert done.returncode == 0, done.stderr
        yield box


def somebody(folder, box):
    """Return the person whose settings name the computer."""
    person = Person(folder / "person", **box.environ)
    person.home = box.person
    return person


@pytest.fixture
def at_terminal(there, tmp_path):
    """Return a function that opens it at a pseudo-terminal."""
    person = somebody(tmp_path, there)
    started = []

    def start(*words, **environ):
        words = words or ("open", there.handle)
        started.append(Terminal(person, *words, cwd=tmp_path, columns=200, **environ))
        return started[-1]

    yield start
    for terminal in started:
        terminal.kill()


@pytest.fixture
def tree(there):
    return there.home / "envboot" / there.handle


def ask(port, path, token="", method="GET"):
    """Return the status that a server on loopback gives."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=180)
    body = "{}" if method == "POST" else None
    with contextlib.closing(line):
        line.request(method, path, body, {"Authorization": f"token {token}"} if token else {})
        return line.getresponse().status


def link(terminal):
    """Return port and token, once the link is on the screen."""
    terminal.read(HELD, 240)
    found = LINK.findall(terminal.text)
    assert len(found) == 1, terminal.text
    return int(found[0][0]), found[0][1]


def below(pid):
    """Return all that a process started, the nearest first."""
    children = sshd._children(pid)
    return [*children, *(p for child in children for p in below(child))]


def hang_up(terminal):
    """Close the terminal, whoever is still at it."""
    os.close(terminal.near)
    os.waitpid(terminal.pid, 0)
    terminal.status = 1


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
    sshd.until(lambda: not list(box.tmp.glob("envboot-*")), "the end of its folder there")


@pytest.fixture
def before(there):
    sshd.until(lambda: not there.running(), "the end of what ran there")
    return {str(p) for p in there.home.rglob("*")}


def test_it_is_served_and_leaves_nothing(there, at_terminal, before, tmp_path):
    """To whoever has the token alone, which stands in no command line and in no variable."""
    note = tmp_path / "note"
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\ncp "${{1#file://}}" {note}.html\nprintf %s "$1" >{note}\n')
    browser.chmod(0o755)
    terminal = at_terminal(BROWSER=f"{browser} %s", CI="")
    port, token = link(terminal)
    assert ask(port, "/api/status", token) == 200
    assert ask(port, "/api/status") == 403
    assert ask(port, f"/lab?token={token}") == 200
    assert ask(port, "/api/kernels", token, "POST") == 201
    lines = [
        Path(f"/proc/{p}/{name}").read_bytes()
        for p in (*there.running(), *below(terminal.pid))
        for name in ("cmdline", "environ")
    ]
    assert not [text for text in lines if token.encode() in text]

    sshd.until(note.exists, "the browser")
    page = note.read_text().removeprefix("file://")
    assert token not in page
    assert f"http://127.0.0.1:{port}/lab?token={token}" in Path(f"{note}.html").read_text()
    assert Path(page).stat().st_mode & 0o777 == 0o600

    terminal.send("\x03")
    assert terminal.end() == 0
    assert "has ended, and the tunnel with it" in terminal.text
    assert not Path(page).parent.exists()
    nothing_left(there, before, port)
    logs = [p.read_bytes() for p in (*there.home.rglob("*.log"), *tmp_path.rglob("*.log"))]
    noted = [p.read_bytes() for p in there.person.rglob("*.json")]
    assert noted
    assert not [text for text in logs + noted if token.encode() in text]


def test_ports_that_are_taken(there, tmp_path, before, at_terminal):
    """Here, or there by somebody else: others are tried, and no link is told before it is true."""
    first = at_terminal()
    here, token = link(first)
    lines = [Path(f"/proc/{p}/cmdline").read_bytes() for p in below(first.pid)]
    taken = re.search(rb"-L\x00127\.0\.0\.1:\d+:127\.0\.0\.1:(\d+)", b"".join(lines))[1].decode()
    words = ("box", f"envboot/{there.handle}", str(here), taken)
    second = Terminal(
        somebody(tmp_path / "other", there), *words, cwd=tmp_path, program=CHILD, columns=200
    )
    try:
        port, other = link(second)
        assert port != here
        assert second.text.count("starting JupyterLab on box") >= 3
        assert ask(port, "/api/status", other) == 200
        assert ask(port, "/api/status", token) == 403
        assert ask(here, "/api/status", token) == 200
        os.kill(first.pid, signal.SIGTERM)  # which envboot passes on to its child
        assert first.end() == 0
        assert ask(port, "/api/status", other) == 200
        hang_up(second)
    finally:
        second.kill()
    nothing_left(there, before, port)


def test_it_ends_where_no_handler_gets_a_say(there, at_terminal, before):
    terminal = at_terminal()
    port, _ = link(terminal)
    for pid in (*below(terminal.pid)[:1], terminal.pid):  # our child, and envboot; not ssh
        os.kill(pid, signal.SIGKILL)
    hang_up(terminal)
    nothing_left(there, before, port)


def test_a_cut_connection_is_told(there, at_terminal, before):
    terminal = at_terminal()
    port, _ = link(terminal)
    assert there.cut()
    assert terminal.end() == 7
    assert "the connection to box was cut; JupyterLab there ends by itself" in terminal.text
    assert "open it again" in terminal.text
    nothing_left(there, before, port)


def test_without_jupyterlab_nothing_is_started(at_terminal, tree):
    found = next((tree / ".venv").rglob("labhere.pth"))
    found.rename(found.with_suffix(".away"))
    try:
        terminal = at_terminal()
        assert terminal.end() == 6
    finally:
        found.with_suffix(".away").rename(found)
    assert "jupyterlab is not in the environment on box" in terminal.text
    assert "add `jupyterlab` to the dependency files" in terminal.text
    assert "starting" not in terminal.text


def test_a_tree_that_is_gone(at_terminal, tree):
    tree.rename(tree.with_suffix(".away"))
    try:
        terminal = at_terminal()
        assert terminal.end() == 1
    finally:
        tree.with_suffix(".away").rename(tree)
    assert "there is no folder" in terminal.text
