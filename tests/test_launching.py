"""Going elsewhere, told with the queue of the how-to: a real program, and the person scripted."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from envboot import launchers, launching, survey
from envboot.errors import AnswerNeeded, CommandFailed, FallsShort, NothingFound, UsageError
from envboot.jobs import journal
from envboot.launching import Wish, tending, waiting
from envboot.request import Request
from envboot.result import to_json
from envboot.shell.local import LocalShell
from envboot.testing import ScriptedConsole
from tests import labq

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the queue's program is a POSIX script")
SCHEMA = json.loads(
    (Path(__file__).parent.parent / "docs/reference/launch.schema.json").read_text(encoding="utf-8")
)
PROOF = {
    "outcome": "created",
    "exit_code": 0,
    "environment": {
        "prefix": "/lab/sunspots/.venv",
        "python": "3.11.7",
        "engine": "uv",
        "name": "sunspots",
        "packages": 21,
    },
    "shortfalls": [],
    "report": {"imported": ["numpy", "torch"], "failed": []},
    "error": None,
}
UP = {"state": "up", "link": "https://labq.example/s", "result": PROOF}


class Here(LocalShell):
    """This computer, without its browser."""

    def __init__(self, environ):
        super().__init__(environ)
        self.opened = []

    def open(self, url):
        self.opened.append(url)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    monkeypatch.setattr(waiting, "PAUSES", (0.001,))


@pytest.fixture
def queue(tmp_path, monkeypatch):
    found = labq.Queue(tmp_path)
    found.says({"state": "queued", "said": "2 jobs before it"}, {"state": "setup"}, UP)
    monkeypatch.syspath_prepend(str(labq.install(tmp_path / "site")))
    launchers.family.cache_clear()
    yield found
    launchers.family.cache_clear()
    sys.modules.pop("envboot_labq", None)


@pytest.fixture
def shell(tmp_path, queue):
    home = tmp_path / "home"
    home.mkdir()
    environ = {k: v for k, v in os.environ.items() if k in {"PATH", "LANG", "LC_ALL"}}
    path = f"{queue.programs}{os.pathsep}{environ['PATH']}"
    return Here({**environ, "PATH": path, "HOME": str(home)})


@pytest.fixture
def root(tmp_path):
    """Return a packed repository that needs far more than any computer of tests has."""
    root = tmp_path / "Sun Spots"
    (root / ".envboot").mkdir(parents=True)
    (root / ".envboot" / "envboot.pyz").write_bytes(b"")
    (root / "setup.py").write_text("# >>> envboot >>>\n# <<< envboot <<<\n")
    (root / "requirements.txt").write_text("six\n")
    (root / "setup.cfg").write_text("[envboot:needs]\ncpus = 4000\n")
    return root


@pytest.fixture
def go(root, shell):
    """Return a function that launches, and keeps what was said."""

    def launch(wish, *answers, **fields):
        console = ScriptedConsole(*answers)
        request = Request(root, **fields)
        assessment = survey.assess(request, survey.locate(request, shell), shell)
        launch.console = console
        done = launching.launch(wish, request, assessment, shell, console)
        checked(done)
        return done

    return launch


def checked(done):
    """Return the outcome as JSON, valid by the published schema."""
    value = json.loads(to_json(done))
    jsonschema.validate(value, SCHEMA)
    return value


def said(console):
    return "\n".join([*console.said, *console.warned, *console.lines])


def kept(shell):
    return [job.handle for job in journal.every(shell)]


# ------------------------------------------------------------------------ the story


def test_from_the_menu_to_the_proof(go, queue, shell, root):
    done = go(Wish("labq"), "large", "yes")
    console = go.console
    assert (done.outcome, done.exit_code, done.state) == ("ready", 0, "ready")
    assert done.handle.startswith("sun-spots-")
    assert queue.jobs == [done.handle] == kept(shell)
    told = said(console)
    for line in (
        "who pays: the laboratory pays; see https://labq.example/prices",
        "price: see https://labq.example/prices",
        "waiting: 2 jobs before it",
        "setting up",
        "there: created: sunspots, 21 packages in /lab/sunspots/.venv (uv, Python 3.11.7)",
        "there: imported: numpy, torch",
        "opening the browser",
        "or open this link: https://labq.example/s",
        f"to stop what it costs: `envboot stop {done.handle}`",
        f"`envboot delete {done.handle}`",
        "that took ",
    ):
        assert line in told, line
    assert shell.opened == ["https://labq.example/s"]
    assert done.result == PROOF
    assert journal.read(done.handle, shell).state == "ready"
    assert journal.read(done.handle, shell).root == str(root)
