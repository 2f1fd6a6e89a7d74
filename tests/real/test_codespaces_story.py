"""The story: this computer falls short, a codespace does not, and its proof comes back here.

Real are git, gh, the browser that is opened, setup.py here and there, and the environment that it
makes there. GitHub is a stand-in that is held against what GitHub publishes; its machine is a
folder, because no relay to a real one can be had (:mod:`tests.real.codespaces_player`).
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys

import pytest

from tests.real.person import Terminal, make_repository, version_in

pytest.importorskip("openapi_core", reason="openapi-core is not installed")

from tests.real import codespaces_player as player
from tests.real.codespaces_desk import Ada, git
from tests.real.codespaces_stand_in import HOSTS, Codespaces
from tests.real.github_stand_in import authority

pytestmark = pytest.mark.real
# Two cores are needed, and she has one: what `taskset` does.
SMALL = """
import os, sys
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
os.execvp(sys.argv[1], sys.argv[1:])
"""


@pytest.fixture
def github(tmp_path):
    for name in ("gh", "git", "openssl"):
        if shutil.which(name) is None:
            pytest.skip(f"{name} is not installed")
    if not hasattr(os, "sched_getaffinity") or len(os.sched_getaffinity(0)) < 2:
        pytest.skip("it takes two cores, and Linux, to take one away")
    for name in ("github", "authority"):
        (tmp_path / name).mkdir()
    certificates = authority(tmp_path / "authority", HOSTS)
    with Codespaces(tmp_path / "github", certificates) as standing:
        standing.slow, standing.created = 1, 202
        yield standing
    assert standing.complaints == []


@pytest.fixture
def ada(tmp_path, github):
    """Someone with a browser, and a gh whose way into a codespace is a folder."""
    made = Ada(tmp_path / "ada", github)
    made.containers = tmp_path / "containers"
    player.play(made.containers, tmp_path / "first")
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" >>"{tmp_path}/opened"\n')
    browser.chmod(0o755)
    made.environ["BROWSER"] = str(browser)
    made.environ["PATH"] = f"{tmp_path / 'first'}{os.pathsep}{made.environ['PATH']}"
    yield made
    player.end(made.containers)


@pytest.fixture
def clone(tmp_path, ada, packed):
    """Her clone of a repository that needs two cores; all of it is pushed."""
    root = make_repository(tmp_path / "r")
    (root / "setup.cfg").write_text("[envboot:needs]\ncpus = 2\n")
    ada.publish(root, packed)
    return root


def pick(terminal, title):
    """Type the number of the choice whose line has that title."""
    terminal.read(title)
    terminal.read("]: ")
    number = re.findall(rf"(?m)^>?\s*(\d+)[).:]?\s+{re.escape(title)}", terminal.text)[-1]
    terminal.send(f"{number}\n")


def test_from_a_small_computer_to_a_codespace_and_back(ada, clone, github, tmp_path):
    program = (sys.executable, "-c", SMALL, "python3", "setup.py")
    terminal = Terminal(ada, cwd=clone, program=program, PYTHONPATH="")
    try:
        terminal.read("cpus")
        pick(terminal, "GitHub Codespaces")
        terminal.read("which size?")
        terminal.read("]: ")
        terminal.send("\n")
        terminal.read("who pays: GitHub bills")
        terminal.read("do you want to set up with GitHub Codespaces")
        terminal.read("]: ")
        terminal.send("y\n")
        terminal.read("queued at GitHub")
        terminal.read("provisioning")
        terminal.read("setup.py is at work there")
        terminal.read("imported: tiny")
        terminal.read("opening the browser")
        terminal.read("or open this link: ")
        assert terminal.end() == 0
    finally:
        terminal.kill()
    (space,) = github.spaces.values()
    link = f"https://{space.name}.github.dev"
    assert (tmp_path / "opened").read_text() == f"{link}\n"
    assert f"or open this link: {link}" in terminal.text
    assert space.machine == "basicLinux32gb"
    # there: the commit that was pushed, and an environment that works
    there = ada.containers / space.name / "workspaces" / "r"
    assert git(there, "rev-parse", "HEAD") == git(clone, "rev-parse", "HEAD")
    assert version_in(there / ".venv") == "1.0"
    assert not (clone / ".venv").exists()
    handle = re.search(r"`python3 setup.py stop (\S+)`", terminal.text)[1]
    assert space.asked["display_name"] == handle
    # and what ends its cost, as it was said
    own = {"program": ("python3", "setup.py"), "environ": {"PYTHONPATH": None}, "cwd": clone}
    done = ada.types("status", handle, "--json", **own)
    assert json.loads(done.stdout)["result"]["report"]["imported"] == ["tiny"]
    assert f"the log of {space.name}" in ada.types("logs", handle, **own).stdout
    assert ada.types("open", handle, **own).returncode == 0
    assert (tmp_path / "opened").read_text() == f"{link}\n" * 2
    assert ada.types("stop", handle, "--yes", **own).returncode == 0
    assert space.state in {"ShuttingDown", "Shutdown"}
    done = ada.types("delete", handle, "--yes", **own)
    assert done.returncode == 0, done.stderr
    assert github.spaces == {}
    assert json.loads(ada.types("jobs", "--json", **own).stdout)["jobs"] == []
    assert len(github.asked("POST /repos")) == 1
    asked = [json.loads(row) for row in (ada.containers / "asked").read_text().splitlines()]
    assert not any(github.token in word for row in asked for word in row)
    assert ada.holds(github.token) == []
    assert github.token not in terminal.seen
