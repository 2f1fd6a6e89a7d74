"""The journal of jobs, and what is done with them later."""

from __future__ import annotations

import json
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from envboot import archive, jobs
from envboot.errors import AnswerNeeded, CommandFailed, EnvbootError, InvalidFile, NothingFound
from envboot.jobs import Job, journal
from envboot.launching import tending
from envboot.package import setupfile
from envboot.shell import Platform
from envboot.testing import ScriptedConsole, ScriptedShell
from tests.labq import UP, a_queue, checked, kept, posix, said, this_computer  # noqa: F401 - fixtures

JOB = Job("sun-7f3a", "labq", "/repo", where="room", size="large", created="2026-11-21T10:00:00Z")


def computer(tmp_path):
    return ScriptedShell(environ={"HOME": str(tmp_path)}, disk=True)


# ---------------------------------------------------------------------- the journal


@pytest.mark.parametrize(
    ("system", "environ", "where"),
    [
        ("Linux", {"HOME": "/home/ann"}, "/home/ann/.local/state/envboot/jobs"),
        ("Linux", {"HOME": "/home/ann", "XDG_STATE_HOME": "/s"}, "/s/envboot/jobs"),
        ("Linux", {"HOME": "/h", "XDG_STATE_HOME": "rel"}, "/h/.local/state/envboot/jobs"),
        ("Darwin", {"HOME": "/Users/ann"}, "/Users/ann/Library/Application Support/envboot/jobs"),
        ("Windows", {"HOME": "/u"}, "/u/AppData/Local/envboot/jobs"),
        ("Linux", {}, None),
    ],
)
def test_where_jobs_are_kept(system, environ, where):
    shell = ScriptedShell(environ=environ, platform=Platform(system, "x86_64"))
    assert journal.folder(shell) == (Path(where) if where else None)


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("Sun Spots", "sun-spots"),
        ("--x--", "x"),
        ("日本", "job"),
        ("", "job"),
        ("../../etc", "etc"),
        ("a" * 99, "a" * 35),
    ],
)
def test_a_handle_is_plain_and_new(name, plain, tmp_path):
    shell = computer(tmp_path)
    found = journal.handle(name, shell)
    assert found.startswith(f"{plain}-")
    assert len(found) <= 40
    int(found.rpartition("-")[2], 16)
    journal.write(replace(JOB, handle=found), shell)
    assert journal.handle(name, shell) != found


@posix
def test_a_job_is_kept_for_this_user_alone(tmp_path):
    shell = computer(tmp_path)
    job = replace(
        JOB,
        then="lab",
        command=("python", "-c", "1\n2"),
        options=(("time", "1:00"),),
        facts={"n": "7"},
    )
    journal.write(job, shell)
    assert journal.read("sun-7f3a", shell) == job
    file = journal.folder(shell) / "sun-7f3a.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    journal.forget(job, shell)
    journal.forget(job, shell)
    assert journal.every(shell) == ()


def test_what_the_launcher_kept_for_it_goes_with_it(tmp_path):
    shell = computer(tmp_path)
    journal.write(JOB, shell)
    state = journal.folder(shell).parent
    own, other = state / JOB.launcher / JOB.handle, state / JOB.launcher / "another-1234"
    for folder in (own, other):
        folder.mkdir(parents=True)
        (folder / "id_ed25519").write_text("a key")
    journal.forget(replace(JOB, launcher="../.."), shell)
    assert own.is_dir()
    journal.forget(JOB, shell)
    assert not own.exists()
    assert (other / "id_ed25519").is_file()


def test_the_newest_comes_first(tmp_path):
    shell = computer(tmp_path)
    for day in ("02", "01", "03"):
        journal.write(replace(JOB, handle=f"j-{day}", created=f"2026-11-{day}T00:00:00Z"), shell)
    assert [job.handle for job in journal.every(shell)] == ["j-03", "j-02", "j-01"]


def test_a_handle_that_is_not_tcomputer(tmp_path):
    shell = computer(tmp_path)
    journal.write(JOB, shell)
    for name, hint in (("sun-7f3b", "did you mean `sun-7f3a`?"), ("zzz", "`jobs` lists them")):
        with pytest.raises(NothingFound) as caught:
            journal.read(name, shell)
        assert caught.value.hint == hint


@pytest.mark.parametrize(
    "name",
    ["../sun-7f3a", "/etc/passwd", "", "-rf", "A", "a/b", "x" * 41, "a\0", "..", "sun-7f3a\n"],
)
def test_a_handle_is_no_path(tmp_path, name):
    shell = computer(tmp_path)
    journal.write(JOB, shell)
    with pytest.raises(NothingFound):
        journal.read(name, shell)


BROKEN = [
    "",
    "{",
    "[]",
    "null",
    "[" * 9000,
    json.dumps({"handle": "other", "launcher": "x", "root": "/"}),
    json.dumps({"handle": "sun-7f3a", "launcher": 3, "root": "/"}),
    json.dumps({"handle": "sun-7f3a"}),
    json.dumps({"handle": "sun-7f3a", "launcher": "x", "root": "/", "facts": 3}),
    json.dumps({"handle": "sun-7f3a", "launcher": "x", "root": "/", "command": 3}),
    json.dumps({"handle": "sun-7f3a", "launcher": "x", "root": "/", "options": [1]}),
]


@pytest.mark.parametrize("text", BROKEN)
def test_a_note_that_cannot_be_read_is_said_and_kept(tmp_path, text):
    shell = computer(tmp_path)
    file = journal.folder(shell) / "sun-7f3a.json"
    file.parent.mkdir(parents=True)
    file.write_text(text)
    with pytest.raises(InvalidFile, match=r"sun-7f3a\.json"):
        journal.read("sun-7f3a", shell)
    assert journal.every(shell) == ()
    console = ScriptedConsole()
    tending.jobs(shell, console)
    assert "something may run there" in said(console)
    assert file.exists()


def test_a_note_of_a_newer_envboot_is_read(tmp_path):
    shell = computer(tmp_path)
    journal.write(JOB, shell)
    file = journal.folder(shell) / "sun-7f3a.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "more": 1}))
    assert journal.read("sun-7f3a", shell) == JOB


# ------------------------------------------------------------------- what is packed


def test_what_a_packed_repository_has():
    assert setupfile.BEGIN == jobs._BLOCK
    assert str(archive.PLACE) == jobs._ARCHIVE
    root = Path("/repo")
    block, pyz = {"/repo/setup.py": "x\n# >>> envboot >>>\n"}, {"/repo/.envboot/envboot.pyz": b""}
    for files, word in (
        ({}, "its setup.py sets up nothing"),
        (pyz, "its setup.py sets up nothing"),
        ({**pyz, "/repo/setup.py": "import setuptools"}, "its setup.py sets up nothing"),
        (block, "envboot.pyz is missing"),
    ):
        sentence = jobs.packed(root, ScriptedShell(files=files))
        assert word in sentence
        assert "envboot package-env" in sentence
    assert jobs.packed(root, ScriptedShell(files={**block, **pyz})) == ""


# --------------------------------------------------------------------- later, with them


@pytest.fixture
def job(queue, here):
    """A job that is there."""
    journal.write(JOB, here)
    (queue.home / "jobs" / JOB.handle).write_text("")
    queue.says(UP)
    return JOB


@posix
@pytest.mark.usefixtures("job")
def test_jobs_are_a_table(queue, here):
    journal.write(replace(JOB, handle="old-0001", created="2020-01-01T00:00:00Z"), here)
    journal.write(replace(JOB, handle="away-0001", launcher="uninstalled"), here)
    journal.write(replace(JOB, handle="odd-0001", root="/a\x1b[2Jb", launcher="uninstalled"), here)
    (queue.home / "jobs" / "old-0001").write_text("")
    console = ScriptedConsole()
    done = tending.jobs(here, console)
    checked(done)
    rows = console.shown[0].splitlines()
    assert rows[0].split() == ["job", "launcher", "where", "state", "age", "repository"]
    assert [row.split()[0] for row in rows[1:]] == ["sun-7f3a", "odd-0001", "away-0001", "old-0001"]
    assert rows[1].split()[:5] == ["sun-7f3a", "labq", "room", "large", "ready"]
    assert " d  /repo" in rows[4]
    assert "not installed any more" in rows[3]
    assert "\x1b" not in console.shown[0]
    assert {j["handle"]: j["state"] for j in done.jobs} == {
        "sun-7f3a": "ready",
        "odd-0001": "unknown",
        "away-0001": "unknown",
        "old-0001": "ready",
    }
    assert journal.read("sun-7f3a", here).state == "ready"
    assert len(kept(here)) == 4


@posix
@pytest.mark.usefixtures("job")
def test_those_that_are_gone_are_forgotten(queue, here):
    (queue.home / "jobs" / JOB.handle).unlink()
    console = ScriptedConsole()
    assert tending.jobs(here, console).jobs[0]["state"] == "gone"
    assert console.shown == ["nothing is launched"]
    assert kept(here) == []
    assert "`sun-7f3a` is forgotten" in said(console)


@posix
@pytest.mark.usefixtures("job")
def test_quiet_jobs_print_no_table(here):
    console = ScriptedConsole()
    tending.jobs(here, console, quiet=True)
    assert console.shown == []


@posix
@pytest.mark.usefixtures("job")
def test_status_says_what_came_of_it(here):
    console = ScriptedConsole()
    done = tending.status("sun-7f3a", here, console, wait=False)
    checked(done)
    assert (done.outcome, done.exit_code, done.state) == ("looked", 0, "ready")
    for word in ("on room large: ready", "there: imported: numpy", "https://labq.example/s"):
        assert word in said(console)
    assert here.opened == []


@posix
@pytest.mark.usefixtures("job")
def test_status_waits(queue, here):
    queue.says({"state": "queued"}, {"state": "setup"}, UP)
    console = ScriptedConsole()
    done = tending.status("sun-7f3a", here, console, wait=True)
    assert (done.outcome, done.exit_code) == ("ready", 0)
    assert "open this link: https://labq.example/s" in said(console)
    assert here.opened == []


@posix
@pytest.mark.usefixtures("job")
def test_status_of_what_is_gone(queue, here):
    (queue.home / "jobs" / JOB.handle).unlink()
    assert tending.status("sun-7f3a", here, ScriptedConsole(), wait=False).state == "gone"
    assert kept(here) == []


@posix
@pytest.mark.usefixtures("job")
def test_logs_are_printed(here):
    console = ScriptedConsole()
    checked(tending.logs("sun-7f3a", here, console, follow=False))
    assert console.shown == ["line 1 of the log", "line 2 of the log"]
    console = ScriptedConsole()
    tending.logs("sun-7f3a", here, console, follow=False, quiet=True)
    assert console.shown == []


@posix
@pytest.mark.usefixtures("job")
def test_open_goes_there(here):
    console = ScriptedConsole()
    checked(tending.enter("sun-7f3a", here, console))
    assert here.opened == ["https://labq.example/s"]
    assert "`envboot stop sun-7f3a`" in said(console)


@posix
@pytest.mark.usefixtures("job")
@pytest.mark.parametrize(("deed", "call"), [("stop", "pause"), ("delete", "remove")])
def test_stop_and_delete_ask(queue, here, deed, call):
    act = getattr(tending, deed)
    with pytest.raises(AnswerNeeded) as caught:
        act("sun-7f3a", here, ScriptedConsole(), yes=False)
    assert "--yes" in caught.value.hint
    assert act("sun-7f3a", here, ScriptedConsole("no"), yes=False).outcome == "planned"
    assert queue.calls == []
    done = act("sun-7f3a", here, ScriptedConsole("yes"), yes=False)
    checked(done)
    assert queue.calls == [call]
    assert kept(here) == ([] if deed == "delete" else ["sun-7f3a"])


@posix
@pytest.mark.usefixtures("job")
@pytest.mark.parametrize("deed", ["enter", "stop", "delete"])
def test_a_dry_run_only_says_what_would_be_done(queue, here, deed):
    words = {} if deed == "enter" else {"yes": True}
    done = getattr(tending, deed)("sun-7f3a", here, ScriptedConsole(), dry_run=True, **words)
    checked(done)
    assert (done.outcome, len(done.plan)) == ("planned", 1)
    assert (queue.calls, here.opened, kept(here)) == ([], [], ["sun-7f3a"])


@posix
@pytest.mark.usefixtures("job")
def test_a_long_log_is_not_told_whole(queue, here):
    queue.says({"state": "broken", "log": "".join(f"row {n}\n" for n in range(99))})
    console = ScriptedConsole()
    tending.status("sun-7f3a", here, console, wait=False)
    assert [row for row in console.said if "row" in row] == [f"  | row {n}" for n in range(87, 99)]


@posix
@pytest.mark.usefixtures("job")
def test_what_is_gone_already_is_deleted(queue, here):
    (queue.home / "jobs" / JOB.handle).unlink()
    done = tending.delete("sun-7f3a", here, ScriptedConsole(), yes=True)
    assert (done.outcome, done.exit_code) == ("deleted", 0)
    assert queue.calls == []
    assert kept(here) == []


@posix
@pytest.mark.usefixtures("job")
def test_a_deletion_that_fails_keeps_the_job(queue, here):
    queue.fails("remove", "the queue is closed")
    with pytest.raises(CommandFailed) as caught:
        tending.delete("sun-7f3a", here, ScriptedConsole(), yes=True)
    assert "`envboot delete sun-7f3a` tries again" in caught.value.hint
    assert kept(here) == ["sun-7f3a"]
    queue.fails("remove", "")
    tending.delete("sun-7f3a", here, ScriptedConsole(), yes=True)
    assert kept(here) == []


@posix
@pytest.mark.usefixtures("job")
@pytest.mark.parametrize("deed", ["status", "logs", "enter", "stop", "delete"])
def test_a_launcher_that_is_not_installed_any_more(here, deed):
    journal.write(replace(JOB, handle="away-0001", launcher="uninstalled"), here)
    words = {"status": {"wait": True}, "logs": {"follow": False}, "enter": {}}
    act = getattr(tending, deed)
    with pytest.raises(EnvbootError) as caught:
        act("away-0001", here, ScriptedConsole(), **words.get(deed, {"yes": True}))
    assert "`uninstalled`" in str(caught.value)
    assert "install it again" in caught.value.hint
    assert "away-0001" in kept(here)
