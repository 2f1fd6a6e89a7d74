"""Going elsewhere at a real terminal, with a queue made of files: left, killed, found, ended."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import time

import jsonschema
import pytest

from tests import labq
from tests.real.test_starved import disk, fill  # noqa: F401 - a fixture

pytestmark = [pytest.mark.real, labq.posix]
SETUP = (sys.executable, "setup.py")
PROOF = {"state": "up", "link": "https://labq.example/s", "result": labq.PROOF}


@pytest.fixture
def queue(tmp_path):
    found = labq.Queue(tmp_path)
    found.says({"state": "queued", "said": "2 jobs before it"})
    return found


@pytest.fixture
def visitor(person, queue, tmp_path):
    """Return the person; she has the queue's program and launcher, a browser, and no envboot."""
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" >> "{tmp_path}/seen"\n')
    browser.chmod(0o755)
    person.environ.update(
        PATH=f"{queue.programs}{os.pathsep}{person.environ['PATH']}",
        PYTHONPATH=str(labq.install(tmp_path / "site")),
        BROWSER=f"{browser} %s",
    )
    return person


@pytest.fixture
def short(clone):
    """Return a clone that needs more than this computer has."""
    (clone / "setup.cfg").write_text("[envboot:needs]\ncpus = 4000\n")
    return clone


def jobs_of(person, folder, *program):
    """Return what ``jobs --json`` says, by handle."""
    done = person.types("jobs", "--json", cwd=folder, program=program or SETUP)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    jsonschema.validate(found, labq.SCHEMA)
    return {job["handle"]: job for job in found["jobs"]}


def until(true, seconds=180.0):
    """Wait for a condition."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_falls_short_goes_elsewhere_leaves_comes_back_and_ends_it(
    visitor, short, queue, at_terminal, tmp_path
):
    screen = at_terminal(program=SETUP, cwd=short)
    screen.read("how do you want to go on?")
    screen.read("our queue")
    screen.read("]: ")
    screen.send("labq\n")
    screen.read("which size?")
    screen.read("(closed: too small: cpus")
    screen.read("]: ")
    screen.send("\n")  # the smallest that fits
    screen.read("who pays: the laboratory pays")
    screen.read("do you want to set up with our queue (4096 cores, 2048 GB of memory) instead?")
    assert queue.calls == []
    screen.read("]: ")
    screen.send("y\n")
    screen.read("waiting: 2 jobs before it")
    screen.send("\x03")
    screen.read("what shall become of it?")
    screen.read("]: ")
    screen.send("1\n")
    screen.read("`python3 setup.py status ")
    assert screen.end() == 130
    (handle,) = queue.jobs
    assert f"`python3 setup.py stop {handle}`" in screen.text
    assert f"`python3 setup.py delete {handle}`" in screen.text

    found = jobs_of(visitor, short)
    assert (found[handle]["state"], found[handle]["root"]) == ("waiting", str(short))

    queue.says({"state": "setup"}, PROOF)
    done = visitor.types("status", handle, "--wait", cwd=short, program=SETUP)
    assert done.returncode == 0, done.stderr
    assert "there: created: sunspots, 21 packages" in done.stderr
    assert "open this link: https://labq.example/s" in done.stderr
    assert not (tmp_path / "seen").exists()

    done = visitor.types("open", handle, cwd=short, program=SETUP)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "seen").read_text() == "https://labq.example/s\n"

    screen = at_terminal("delete", handle, program=SETUP, cwd=short)
    screen.read(f"delete `{handle}`?")
    screen.read("]: ")
    screen.send("y\n")
    assert screen.end() == 0
    assert queue.calls == ["submit", "remove"]
    assert jobs_of(visitor, short) == {}


def test_in_one_go_from_the_flag_to_the_browser(visitor, short, queue, tmp_path):
    queue.says({"state": "queued"}, {"state": "setup", "log": "\x1b[2Jone\n"}, PROOF)
    words = ("--yes", "--launch", "labq", "--json")
    done = visitor.types(*words, cwd=short, program=SETUP, environ={"CI": None})
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    schema = json.loads(labq.pages.text_of("docs/reference/up.schema.json"))
    jsonschema.validate(found, schema)
    assert (found["outcome"], found["exit_code"]) == ("launched", 0)
    assert found["launched"]["link"] == "https://labq.example/s"
    assert found["launched"]["result"] == labq.PROOF
    assert found["launched"]["handle"] in queue.jobs
    assert (tmp_path / "seen").read_text() == "https://labq.example/s\n"
    assert "or open this link: https://labq.example/s" in done.stderr
    assert "\x1b" not in done.stderr
    assert [p.name for p in short.iterdir() if p.name == ".venv"] == []


def test_killed_while_it_is_asked_for_it_is_found_to_be_nowhere(visitor, short, queue):
    (queue.home / "slow").write_text("")
    process = visitor.start("launch", "labq", "--yes", cwd=short, program=SETUP)
    until((queue.home / "began").exists)
    until((queue.home / "began").read_text)
    process.kill()
    process.communicate(timeout=180)
    with contextlib.suppress(OSError):  # what it was asking for did not happen
        os.kill(int((queue.home / "began").read_text()), signal.SIGKILL)
    (queue.home / "slow").unlink()
    assert queue.jobs == []
    ((handle, found),) = jobs_of(visitor, short).items()
    assert found["state"] == "gone"
    assert handle.startswith("my-r")
    assert jobs_of(visitor, short) == {}


def test_killed_while_it_waits_it_is_found_again_and_not_made_twice(visitor, short, queue):
    process = visitor.start("launch", "labq", "--yes", cwd=short, program=SETUP)
    until(lambda: queue.jobs)
    process.kill()
    process.communicate(timeout=180)
    (handle,) = queue.jobs
    assert jobs_of(visitor, short)[handle]["state"] == "waiting"
    queue.says(PROOF)
    done = visitor.types("launch", "labq", "--yes", cwd=short, program=SETUP)
    assert done.returncode == 0, done.stderr
    assert "going on with it" in done.stderr
    assert queue.calls == ["submit"]


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGINT"])
def test_told_to_end_it_leaves_the_job_and_says_how_to_end_it(visitor, short, queue, name):
    process = visitor.start("launch", "labq", "--yes", "--json", cwd=short, program=SETUP)
    until(lambda: queue.jobs)
    until(lambda: jobs_of(visitor, short)[queue.jobs[0]]["state"] == "waiting")
    process.send_signal(getattr(signal, name))
    out, err = process.communicate(timeout=180)
    (handle,) = queue.jobs
    assert process.returncode == 130
    assert f"`python3 setup.py stop {handle}`" in err
    assert "Traceback" not in err
    found = json.loads(out)
    jsonschema.validate(found, labq.SCHEMA)
    assert (found["outcome"], found["handle"]) == ("launched", handle)
    assert queue.calls == ["submit"]


@pytest.mark.usefixtures("visitor")
def test_told_to_end_at_a_terminal_it_asks_nobody(short, at_terminal):
    screen = at_terminal("launch", "labq", "--yes", program=SETUP, cwd=short)
    screen.read("waiting: 2 jobs before it")
    os.kill(screen.pid, signal.SIGTERM)
    screen.read("is left running")
    assert screen.end() == 130
    assert "what shall become of it" not in screen.text


def test_in_any_folder_with_nothing_launched(visitor, tmp_path, person):
    person.environ["PYTHONPATH"] = str(labq.pages.ROOT)
    envboot = (sys.executable, "-m", "envboot")
    nowhere = tmp_path / "nowhere"
    nowhere.mkdir()
    done = visitor.types("jobs", cwd=nowhere, program=envboot)
    assert (done.returncode, done.stdout) == (0, "nothing is launched\n")
    for words in (("status", "x-1"), ("stop", "x-1", "--yes"), ("delete", "../x", "--yes")):
        done = visitor.types(*words, "--json", cwd=nowhere, program=envboot)
        assert done.returncode == 3
        found = json.loads(done.stdout)
        jsonschema.validate(found, labq.SCHEMA)
        assert "there is no job" in found["error"]["message"]
    assert list(nowhere.iterdir()) == []


def test_without_a_name_the_launchers_are_listed(visitor, short):
    done = visitor.types("launch", "--json", cwd=short, program=SETUP)
    assert done.returncode == 5
    found = json.loads(done.stdout)
    jsonschema.validate(found, labq.SCHEMA)
    state = {row["name"]: row["why_not"] for row in found["launchers"]}
    assert list(state) == ["ssh", "slurm", "codespaces", "azure", "link", "labq"]
    assert state["labq"] is None
    assert all(isinstance(why, str) or why is None for why in state.values())
    done = visitor.types("launch", "lapq", cwd=short, program=SETUP)
    assert done.returncode == 2
    assert "did you mean `labq`?" in done.stderr


def test_nothing_is_written_where_nothing_is_agreed_to(visitor, short, queue):
    before = visitor.written()
    for words in (("launch", "labq"), ("launch", "labq", "--dry-run"), ("launch",), ("jobs",)):
        visitor.types(*words, cwd=short, program=SETUP)
    assert visitor.written() == before
    assert queue.calls == []


def test_on_a_full_disk_nothing_is_launched(visitor, short, queue, disk):  # noqa: F811
    place = disk("state", 64)
    fill(place)
    words, state = ("launch", "labq", "--yes", "--json"), {"XDG_STATE_HOME": str(place)}
    done = visitor.types(*words, cwd=short, program=SETUP, environ=state)
    assert done.returncode == 7
    assert "nothing was launched: the job cannot be noted" in done.stderr
    assert str(place) in json.loads(done.stdout)["error"]["hint"]
    assert queue.calls == []
    assert [path.name for path in place.rglob("*.json")] == []
