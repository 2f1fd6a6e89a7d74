"""The queue of docs/how-to/write-a-launcher.md, made of files: a program, and the plug-in for it.

The program ``labq`` keeps a job as a file below ``LABQ``, and says of it what the test wrote into
``LABQ/reports``: a list of objects, one a look, the last again and again. Every call is noted in
``LABQ/calls``.
"""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING

import jsonschema
import pytest

from envboot import launchers
from envboot.jobs import journal
from envboot.launching import waiting
from envboot.result import to_json
from envboot.shell.local import LocalShell
from tests import pages

if TYPE_CHECKING:
    from pathlib import Path

PAGE = "docs/how-to/write-a-launcher.md"
SCHEMA = json.loads(pages.text_of("docs/reference/launch.schema.json"))
posix = pytest.mark.skipif(os.name == "nt", reason="the queue's program is a POSIX script")
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
SIZES = [
    {"name": "huge", "cores": 64, "memory": 512, "gpus": 4, "price": "9 points an hour"},
    {"name": "tiny", "cores": 1, "memory": 1},
    {"name": "large", "cores": 4096, "memory": 2048, "price": "see https://labq.example/prices"},
    {"name": "full", "cores": 4096, "memory": 4096, "closed": "nobody gets it before Monday"},
]
_PROGRAM = """\
#!{python} -IS
import json, os, pathlib, signal, sys, time

home = pathlib.Path({home!r})
deed, words = sys.argv[1], sys.argv[2:]
with (home / "calls").open("a") as calls:
    calls.write(" ".join(sys.argv[1:]) + "\\n")
fault = home / ("fault-" + deed)
if fault.exists():
    sys.exit(fault.read_text())
jobs = home / "jobs"
if deed == "sizes":
    print((home / "sizes").read_text())
elif deed == "submit":
    slow = home / "slow"
    (home / "began").write_text(str(os.getpid()))
    while slow.exists():
        time.sleep(0.02)
    (jobs / words[1]).write_text(" ".join(words))
    print("\\x1b]0;queued\\x07 as number 7")
    late = home / "fault-submit-late"
    if late.exists():
        sys.exit(late.read_text())
elif deed == "state":
    if not (jobs / words[0]).exists():
        print(json.dumps({{"state": "none"}}))
        sys.exit()
    reports = json.loads((home / "reports").read_text())
    print(json.dumps(reports[0]))
    if len(reports) > 1:
        (home / "reports.new").write_text(json.dumps(reports[1:]))
        os.replace(home / "reports.new", home / "reports")
elif deed == "log":
    print("line 1 of the log")
    print("line 2 of the log")
elif deed == "shell":
    print("in the shell of", words[0])
elif deed == "pause":
    (home / "reports").write_text(json.dumps([{{"state": "paused"}}]))
elif deed == "remove":
    (jobs / words[0]).unlink()
"""


def module():
    """Return the source of the launcher, as the page has it."""
    return next(
        "\n".join(b.lines) + "\n"
        for b in pages.blocks(pages.text_of(PAGE))
        if b.title == "envboot_labq.py"
    )


class Queue:
    """The service: what it was told, and what it says."""

    def __init__(self, folder: Path):
        self.home = folder / "labq"
        (self.home / "jobs").mkdir(parents=True)
        self.programs = folder / "programs"
        self.programs.mkdir()
        program = self.programs / "labq"
        program.write_text(_PROGRAM.format(python=sys.executable, home=str(self.home)))
        program.chmod(0o755)
        self.offers(*SIZES)
        self.says({"state": "up"})

    def offers(self, *sizes):
        """Let it have these sizes."""
        (self.home / "sizes").write_text(json.dumps({"sizes": sizes}))

    def says(self, *reports):
        """Let it say these things, one a look."""
        beside = self.home / "reports.test"
        beside.write_text(json.dumps(reports))
        beside.replace(self.home / "reports")

    def fails(self, deed, why):
        """Let one of its commands fail; "" mends it."""
        fault = self.home / f"fault-{deed}"
        fault.write_text(why) if why else fault.unlink()

    @property
    def calls(self):
        """Return the first words of all that it was told, looks left out."""
        said = self.home / "calls"
        rows = said.read_text().splitlines() if said.exists() else []
        return [row.split()[0] for row in rows if row.split()[0] not in {"state", "sizes"}]

    @property
    def jobs(self):
        """Return the names of what it has."""
        return sorted(path.name for path in (self.home / "jobs").iterdir())


def install(folder: Path):
    """Put the launcher into a folder as an installed distribution with its entry point."""
    info = folder / "envboot_labq-1.0.dist-info"
    info.mkdir(parents=True)
    (folder / "envboot_labq.py").write_text(module())
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: envboot-labq\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[envboot.launchers]\nlabq = envboot_labq\n")
    return folder


class Here(LocalShell):
    """This computer, without its browser."""

    def __init__(self, environ):
        super().__init__(environ)
        self.opened = []

    def open(self, url):
        self.opened.append(url)


@pytest.fixture(name="queue")
def a_queue(tmp_path, monkeypatch):
    """Return the queue, with its launcher installed; jobs there are up at the third look."""
    monkeypatch.setattr(waiting, "PAUSES", (0.001,))
    found = Queue(tmp_path)
    found.says({"state": "queued", "said": "2 jobs before it"}, {"state": "setup"}, UP)
    monkeypatch.syspath_prepend(str(install(tmp_path / "site")))
    launchers.family.cache_clear()
    yield found
    launchers.family.cache_clear()
    sys.modules.pop("envboot_labq", None)


@pytest.fixture(name="here")
def this_computer(tmp_path, queue):
    """Return this computer, with a new home, and with the queue's program."""
    home = tmp_path / "home"
    home.mkdir()
    environ = {k: v for k, v in os.environ.items() if k in {"PATH", "LANG", "LC_ALL"}}
    path = f"{queue.programs}{os.pathsep}{environ['PATH']}"
    return Here({**environ, "PATH": path, "HOME": str(home)})


def checked(done):
    """Return an outcome as JSON, valid by the published schema."""
    value = json.loads(to_json(done))
    jsonschema.validate(value, SCHEMA)
    return value


def said(console):
    """Return all that a person was told."""
    return "\n".join([*console.said, *console.warned, *console.lines])


def kept(shell):
    """Return the handles of the jobs that are noted."""
    return [job.handle for job in journal.every(shell)]
