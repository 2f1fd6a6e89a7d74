"""Going elsewhere with a stranger's repository: what it holds, or a host says, reaches nothing."""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import subprocess
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from envboot import git
from envboot.errors import AnswerNeeded
from envboot.launching import preparing
from envboot.remote import contents
from envboot.request import Request
from envboot.shell.local import LocalShell
from envboot.testing import ScriptedConsole

pytestmark = pytest.mark.skipif(os.name == "nt", reason="programs of POSIX")


# ------------------------------------------------------------------ git, before any yes


@pytest.fixture
def inside(tmp_path, child_environ):
    """Return a folder of a clone that is a bare repository too, whose filter would run."""
    top = tmp_path / "clone"
    folder = top / "project"

    def run(*words, cwd=top):
        subprocess.run(["git", *words], cwd=cwd, env=child_environ, check=True, capture_output=True)

    top.mkdir()
    run("init", "--quiet")
    run("init", "--quiet", "--bare", str(folder))
    trace = tmp_path / "it ran"
    (folder / "config").write_text(
        "[core]\n repositoryformatversion = 0\n bare = false\n worktree = .\n"
        f'[filter "x"]\n clean = "touch {shlex.quote(str(trace))}"\n'
    )
    (folder / ".gitattributes").write_text("*.py filter=x\n")
    (folder / "setup.py").write_text("1\n")
    run("add", "setup.py", cwd=folder)
    trace.unlink()
    os.utime(folder / "setup.py", (1, 1))
    return folder


def test_a_bare_repository_inside_of_a_clone_runs_nothing(inside, child_environ):
    """It is made of files that anybody can commit, and its configuration names programs."""
    trace = inside.parent.parent / "it ran"
    ran = subprocess.run(
        ["git", "status"], cwd=inside, env=child_environ, capture_output=True, check=False
    )
    if b"bareRepository" in ran.stderr:
        pytest.skip("this git refuses them by itself")
    assert trace.exists(), "the attack does not work at all"
    trace.unlink()
    shell = LocalShell(child_environ)
    assert git.published(inside, shell) is None
    assert git.state(inside, shell) is None
    assert "bare" in str(git.absent(inside, shell))
    assert "setup.py" in contents.names(inside, shell)
    assert not trace.exists()


# ------------------------------------------------------------------ ssh, before any yes

SSH = """#!/bin/sh
echo "$@" >>{log}
while [ "$1" != -- ]; do shift; done
shift 2
HOME={home} exec sh -c "$*"
"""


@pytest.fixture
def clone(tmp_path, child_environ):
    """Return a packed clone of a stranger's, and the environment of somebody who has an `ssh`."""
    folder, tools, home = (tmp_path / n for n in ("clone", "tools", "there"))
    for place in (folder, tools, home):
        place.mkdir()
    program = tools / "ssh"
    log = tmp_path / "asked"
    program.write_text(SSH.format(log=shlex.quote(str(log)), home=shlex.quote(str(home))))
    program.chmod(0o755)
    (folder / "requirements.txt").write_text("# nothing\n")
    (folder / ".envboot").mkdir()
    pack(folder, "pass")
    return folder, log, {**child_environ, "PATH": f"{tools}:{child_environ['PATH']}"}


def pack(folder, code):
    """Pack it with an archive that runs ``code``, which its setup.py says is the right one."""
    place = folder / ".envboot" / "envboot.pyz"
    with zipfile.ZipFile(place, "w") as file:
        file.writestr("envboot/__init__.py", code)
    digest = hashlib.sha256(place.read_bytes()).hexdigest()
    pinned = f"# >>> envboot >>>\n_ENVBOOT = {{'sha256': {digest!r}}}\n"
    (folder / "setup.py").write_text(pinned)


def envboot(folder, environ, *words):
    """Run the installed envboot in a folder."""
    argv = [sys.executable, "-m", "envboot", *words]
    done = subprocess.run(
        argv, cwd=folder, env=environ, capture_output=True, text=True, check=False, timeout=120
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done


def test_no_program_of_the_repository_is_run_to_learn_what_a_computer_has(clone, tmp_path):
    """Its archive may say whatever its owner likes, and so may its setup.py, which pins it."""
    folder, log, environ = clone
    trace = tmp_path / "it ran"
    pack(folder, f"open({str(trace)!r}, 'w')")
    done = envboot(folder, environ, "launch", "ssh", "box", "--dry-run")
    assert done.returncode == 0, done.stderr
    assert "copying the repository to box" in done.stderr
    assert log.read_text()
    assert not trace.exists()


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("setup.cfg", "[envboot:ssh]\nhosts = box\n"),
        ("pyproject.toml", '[tool.envboot.ssh]\nhosts = ["box"]\n'),
    ],
)
@pytest.mark.parametrize(
    "words", [["launch"], ["launch", "ssh"], ["launch", "ssh", "--yes"], ["up", "--yes"]]
)
def test_a_host_that_a_file_names_is_not_connected_to(clone, file, text, words):
    folder, log, environ = clone
    (folder / file).write_text(text)
    (folder / "requirements.txt").write_text("# nothing\n# needs: cpus 4096\n")
    envboot(folder, environ, *words, *(() if words == ["launch"] else ("--dry-run",)))
    assert not log.exists()


@pytest.mark.parametrize("name", ["-oProxyCommand=touch x", "a;id", "$(id)", "a\x1b[2J", "../x"])
def test_a_name_that_is_none_reaches_no_program(clone, name):
    folder, log, environ = clone
    (folder / "setup.cfg").write_text(f"[envboot:ssh]\nhosts = {name}\n")
    done = envboot(folder, environ, "launch", "ssh", "--dry-run")
    assert done.returncode == 6, done.stderr
    assert "\x1b" not in done.stderr
    assert not log.exists()


def test_whom_only_the_repository_names_a_person_alone_agrees_to():
    member = SimpleNamespace(strangers=lambda _site: "connect to box?")

    def trusts(console, **more):
        return preparing.trusts(member, None, Request(root=Path("/repo"), **more), console)

    assert trusts(ScriptedConsole("yes"))
    assert not trusts(ScriptedConsole("no"))
    with pytest.raises(AnswerNeeded, match="`--yes` does not give: connect to box"):
        trusts(ScriptedConsole("yes"), yes=True)
    with pytest.raises(AnswerNeeded):
        trusts(ScriptedConsole())
    member.strangers = lambda _site: ""
    assert trusts(ScriptedConsole(), yes=True)


# -------------------------------------------------------- what a computer there answers


@pytest.fixture
def noted(clone, tmp_path):
    """Return the folder of a job that was launched, there, and the environment of its person."""
    folder, _log, environ = clone
    state = tmp_path / "state" / "envboot" / "jobs"
    state.mkdir(parents=True)
    job = {"handle": "sun-1a2b", "launcher": "ssh", "root": str(folder), "where": "box"}
    (state / "sun-1a2b.json").write_text(json.dumps({**job, "state": "ready"}))
    work = tmp_path / "there" / ".local/state/envboot/work/sun-1a2b"
    work.mkdir(parents=True)
    (work / "script").touch()
    return work, folder, {**environ, "XDG_STATE_HOME": str(tmp_path / "state")}


EVIL = "\x1b]52;c;ZXZpbA==\x07\x1b[2Jwords \x9b31m\x07\n"


@pytest.mark.parametrize("words", [["logs"], ["logs", "--json"], ["status"], ["status", "--json"]])
def test_no_log_and_no_answer_commands_the_terminal(noted, words):
    work, folder, environ = noted
    result = {"outcome": EVIL, "exit_code": 3, "error": {"message": EVIL, "hint": EVIL}}
    (work / "log").write_text(EVIL)
    (work / "status").write_text(f"3\nstopped {EVIL}")
    (work / "result.json").write_text(json.dumps({**result, "environment": {"name": EVIL}}))
    verb, *flags = words
    done = envboot(folder, environ, verb, "sun-1a2b", *flags)
    assert "words" in done.stdout + done.stderr
    shown = done.stderr if flags else done.stdout + done.stderr
    assert not {"\x1b", "\x07", "\x9b"} & set(shown)
    if flags:
        assert json.loads(done.stdout)["handle"] == "sun-1a2b"


@pytest.mark.parametrize("place", ["/", "/etc", "../..", "/tmp/../etc", "-rf", "", "$(touch x)"])
def test_what_is_noted_there_names_no_other_folder_to_remove(noted, tmp_path, place):
    work, folder, environ = noted
    mine = tmp_path / "there" / "mine"
    mine.mkdir()
    (work / "tree").write_text(f"{place}\n")
    done = envboot(folder, environ, "delete", "sun-1a2b", "--yes")
    assert done.returncode == 7, done.stderr
    assert "is not a folder of this job" in done.stderr
    assert mine.is_dir()
    assert work.is_dir()


@pytest.mark.parametrize(
    "name", ["../../clone/x", "/etc/passwd", "a/b", "-C", "..", "A", "x\x1b[2J"]
)
@pytest.mark.parametrize("verb", ["status", "delete", "open", "logs", "stop"])
def test_no_handle_is_a_path(noted, name, verb):
    _work, folder, environ = noted
    done = envboot(folder, environ, verb, "--", name)
    assert done.returncode in {2, 3}, done.stderr
    assert "\x1b" not in done.stderr
