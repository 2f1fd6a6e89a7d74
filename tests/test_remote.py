"""Lines, copies and jobs on another computer, tried on this one: the same scripts, without ssh."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from envboot import plan, remote
from envboot.errors import CommandFailed, UsageError
from envboot.jobs import Job
from envboot.launchers import ssh
from envboot.launchers.ssh import reporting
from envboot.machine import Gpu, Machine
from envboot.remote import contents, copying, probing, quoting, scripts, work
from envboot.shell import Answer, Platform
from envboot.shell.local import LocalShell
from envboot.site import Order, Site
from envboot.spec import EnvironmentSpec
from envboot.testing import ScriptedShell

pytestmark = pytest.mark.skipif(os.name == "nt", reason="there is no sh on Windows")
BOX = remote.Place("box")
HERE = remote.Place()
USUAL = f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin"


# ------------------------------------------------------------------------- places


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("box", "box"),
        ("ann@box.example.org", "ann@box.example.org"),
        ("ann@corp.example@box", "ann@corp.example@box"),
        ("10.0.0.7", "10.0.0.7"),
        ("::1", "::1"),
        ("ann@[::1]", "ann@::1"),
        ("fe80::1%eth0", "fe80::1%eth0"),
        ("ssh://ann@box:2222", "ssh://ann@box:2222"),
        ("ssh://[::1]:22", "ssh://[::1]:22"),
        ("größe", "größe"),
        ("local", ""),
        ("", ""),
    ],
)
def test_a_place_is_what_ssh_takes(text, host):
    assert remote.place(text) == remote.Place(host)


@pytest.mark.parametrize(
    "text",
    [
        "-oProxyCommand=touch x",
        "-box",
        "ann@-box",
        "-l@box",
        "box;id",
        "box id",
        "$(id)",
        "`id`",
        "box\nid",
        "box\0",
        "box|id",
        "box/../x",
        "ssh://box:99999",
        "ssh://box/folder",
        "ssh://-box",
        "http://box",
        "box:22",
        "@box",
        "ann@",
        "a" * 300,
        "\x1b[31mbox",
    ],
)
def test_what_could_be_an_option_or_more_than_a_name_is_refused(text):
    with pytest.raises(UsageError) as caught:
        remote.place(text)
    assert caught.value.hint
    assert str(caught.value).isprintable()


def test_nothing_is_asked_without_a_terminal():
    argv = BOX.argv("echo hello")
    assert argv[0] == "ssh"
    assert argv[argv.index("--") + 1] == "box"
    assert "BatchMode=yes" in argv
    assert "ForwardAgent=no" in argv
    assert "ControlPersist=no" in argv
    assert "ControlMaster=no" in argv
    at_it = BOX.argv("echo hello", terminal=True)
    assert "BatchMode=yes" not in at_it
    assert "-t" in at_it


def test_a_line_here_is_run_by_sh_itself():
    assert HERE.argv("echo $1", "a b") == ("sh", "-c", "echo $1", "sh", "a b")


def test_rsync_gets_the_port_and_the_address_in_its_own_way():
    words, target = remote.Place("ssh://ann@box:2222").rsync("envboot/x")
    assert words[words.index("-p") + 1] == "2222"
    assert "box" not in words
    assert target == "ann@box:envboot/x"
    assert remote.Place("ann@::1").rsync("x")[1] == "ann@[::1]:x"
    assert remote.Place("ssh://[::1]:22").rsync("x")[1] == "[::1]:x"


# ----------------------------------------------------------------------- the line

SHELLS = [s for s in ("sh", "bash", "dash", "zsh", "fish", "tcsh") if shutil.which(s)]
HARD = [
    "it's",
    "a b",
    "",
    "!x !!",
    "back\\slash \\' end\\",
    "new\nline\n\ntwo",
    "ünï ✓",
    "$HOME `id`",
]
HARD += ['"q"', "*", "~", "%s %d", "-n", "\t tab", "#", "a;b&c|d", "\\\\", "\\n", "{a,b}", "^x^y^"]


def said_by(shell, line, tmp_path, feed=b""):
    environ = {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        [shell, "-c", line], input=feed, capture_output=True, env=environ, check=False, timeout=180
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.decode("utf-8", "surrogateescape")


@pytest.mark.parametrize("shell", SHELLS)
def test_words_arrive_as_they_are_through_every_login_shell(shell, tmp_path):
    line = quoting.line('printf "%s|" "$@"; cat', tuple(HARD))
    assert said_by(shell, line, tmp_path, b"fed") == "".join(f"{w}|" for w in HARD) + "fed"
    plain = tuple(w for w in HARD if "\n" not in w)
    assert said_by(shell, quoting.line('printf "%s|" "$@"', plain), tmp_path) == "".join(
        f"{w}|" for w in plain
    )


@pytest.mark.parametrize("shell", SHELLS)
@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    words=st.lists(
        st.text(st.characters(exclude_characters="\0\r", exclude_categories=("Cs",)), max_size=40),
        min_size=5,
        max_size=40,
    )
)
def test_any_words_arrive_as_they_are(shell, words, tmp_path):
    line = quoting.line('printf "%s\\036" "$@"', tuple(words))
    assert said_by(shell, line, tmp_path) == "".join(f"{w}\x1e" for w in words)


@pytest.mark.parametrize("shell", SHELLS)
def test_a_script_of_many_lines_arrives_too(shell, tmp_path):
    script = 'for x in "$@"\ndo\n  case $x in a*) printf "%s\\n" \'got \'"$x\\!" ;; esac\ndone\n'
    assert said_by(shell, quoting.line(script, ("a\\b", "c")), tmp_path) == "got a\\b\\!\n"


@pytest.mark.parametrize("word", ["x" * 200_000, "a\0b"])
def test_what_no_command_line_holds_is_refused(word):
    with pytest.raises(UsageError):
        BOX.argv("true", word)


# ------------------------------------------------------------------------ answers


def test_what_start_up_files_print_is_left_out():
    noisy = "Welcome to box!\nno newline at the end--- envboot asks ---\nfound\n"
    answer = remote.ask(BOX, "echo found", shell=ScriptedShell(answers={"ssh": noisy}))
    assert answer.out == "found\n"


STRICT = "and you have requested strict checking.\r\nHost key verification failed."


@pytest.mark.parametrize(
    ("said", "means"),
    [
        ("ssh: connect to host box port 22: Connection refused", "no sshd answers"),
        ("ssh: connect to host 10.0.0.7 port 22: Connection timed out", "cannot be reached"),
        ("ssh: connect to host box port 22: No route to host", "cannot be reached"),
        ("ssh: connect to host box port 22: Network is unreachable", "cannot be reached"),
        ("ssh: Could not resolve hostname box: Name or service not known", "no computer box"),
        ("ann@box: Permission denied (publickey,password).", "refuses the keys"),
        (f"No ED25519 host key is known for box {STRICT}", "does not know the key"),
        (f"Host key for box has changed {STRICT}", "is not the one"),
        ("kex_exchange_identification: Connection closed by remote host", "was cut"),
        ("client_loop: send disconnect: Broken pipe", "was cut"),
        ("rsync: connection unexpectedly closed (0 bytes received so far) [sender]", "was cut"),
        ('rsync: write failed on "/home/ann/x": No space left on device (28)', "is full"),
        ("protocol version mismatch -- is your shell clean?", "print something"),
        ("/home/ann/.ssh/config: terminating, 1 bad configuration options", "settings"),
        ("ssh cannot be started: no such file or directory", "not installed"),
        ("ssh gave no answer in 20 s", "no answer in time"),
        ("mkdir: cannot create directory 'x': Permission denied", ""),
        ("a traceback", ""),
    ],
)  # fmt: skip
def test_the_last_words_of_ssh_become_a_sentence(said, means):
    sentence = remote.why(said, BOX)
    assert (means in sentence) if means else not sentence
    answer = remote.ask(
        BOX, "true", shell=ScriptedShell(answers={"ssh": Answer(None, "ssh ended", said)})
    )
    assert answer.out is None
    assert answer.why == (sentence or f"box: {said}")


def test_what_a_script_says_of_its_failure_is_the_reason(tmp_path):
    shell = local(tmp_path)
    answer = remote.ask(HERE, "echo out; echo wrong >&2; exit 3", shell=shell)
    assert answer.out is None
    assert "wrong" in answer.why


# ------------------------------------------------------------------ what travels


def local(tmp_path, **variables):
    home = tmp_path / "home here"
    home.mkdir(exist_ok=True)
    return LocalShell({"HOME": str(home), "PATH": USUAL, "LC_ALL": "C.UTF-8", **variables})


def fill(root, *names):
    for name in names:
        path = Path(os.fsdecode(os.fsencode(root) + b"/" + os.fsencode(name)))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name.encode("utf-8", "surrogateescape").decode("latin-1"))


def git(root, *words):
    quiet = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "init.defaultBranch=main")
    argv = ["git", *quiet, "-c", "protocol.file.allow=always", *words]
    environ = {**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"}
    subprocess.run(argv, cwd=root, check=True, capture_output=True, env=environ)


IGNORED = """\
# what is made here
*.log
!keep.log
/out/
data/*
!data/small.csv
**/cache
\\!odd
*.py[co]
.venv
name with blank\\\x20
"""
NAMES = (
    "setup.py",
    ".envboot/envboot.pyz",
    "a b.txt",
    "ünï.txt",
    "new\nline",
    "tab\there",
    "quote'\"",
    "back\\slash",
    "-dash",
    "bad\udcff",
    "keep.log",
    "drop.log",
    "deep/drop.log",
    "out/x",
    "deep/out/x",
    "data/big.csv",
    "data/small.csv",
    "deep/cache/x",
    "cache",
    "!odd",
    "#remark",
    ";remark",
    "# folder/x",
    "~",
    "$(id)",
    "name with blank ",
    "x.pyc",
    "deep/.gitignore",
    "deep/mine",
    "deep/*.txt",
)


@pytest.fixture
def root(tmp_path):
    found = tmp_path / "my répo"
    found.mkdir()
    fill(found, *NAMES)
    (found / ".gitignore").write_text(IGNORED)
    (found / "deep/.gitignore").write_text("mine\n!drop.log\n")
    return found


def test_the_rules_are_read_here_as_git_reads_them(root, tmp_path):
    shell = local(tmp_path)
    without = contents.names(root, shell)
    git(root, "init", "-q")
    assert contents.names(root, shell) == without
    assert "deep/drop.log" in without  # a deeper rule takes it back
    assert "bad\udcff" in without
    assert not {"drop.log", "out/x", "data/big.csv", "deep/cache/x", "deep/mine"} & set(without)


def test_what_git_tracks_travels_although_it_is_ignored_and_what_is_gone_does_not(root, tmp_path):
    git(root, "init", "-q")
    git(root, "add", "-f", ".")
    (root / "a b.txt").unlink()
    names = contents.names(root, local(tmp_path))
    assert "data/big.csv" in names
    assert "a b.txt" not in names
    assert not [n for n in names if ".git/" in n]


def test_environments_and_our_own_state_stay(root, tmp_path):
    made = ("env/pyvenv.cfg", "env/bin/python", "conda/conda-meta/history", "conda/bin/python")
    fill(root, *made, ".envboot/env.json", ".envboot/log/x", ".envboot/copied")
    (root / ".envboot/.gitignore").write_text("*\n!.gitignore\n")
    shell = local(tmp_path)
    for once_more in (False, True):
        if once_more:
            git(root, "init", "-q")
        found = [n for n in contents.names(root, shell) if n.startswith(("env/", "conda/", ".env"))]
        assert found == [".envboot/.gitignore", ".envboot/envboot.pyz"]


def test_links_travel_as_links_and_a_fifo_does_not_travel(root, tmp_path):
    (root / "out-of-it").symlink_to("/etc")
    (root / "dangling").symlink_to("nowhere")
    os.mkfifo(root / "pipe")
    names = contents.names(root, local(tmp_path))
    assert {"out-of-it", "dangling"} <= set(names)
    assert not [n for n in names if n.startswith("out-of-it/")]
    target = tmp_path / "copied"
    copying.copy(root, HERE, str(target), local(tmp_path), print)
    assert os.readlink(target / "out-of-it") == "/etc"  # noqa: PTH115
    assert not (target / "pipe").exists()


def test_the_files_of_submodules_and_of_clones_inside_travel(root, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    fill(other, "module.py", "ignored.log")
    (other / ".gitignore").write_text("*.log\n")
    git(other, "init", "-q")
    git(other, "add", ".")
    git(other, "commit", "-qm", "x")
    git(root, "init", "-q")
    git(root, "submodule", "add", "-q", str(other), "sub")
    git(root, "clone", "-q", str(other), "clone")
    names = contents.names(root, local(tmp_path))
    assert {"sub/module.py", "clone/module.py"} <= set(names)
    assert not [n for n in names if ".git" in Path(n).parts or n.endswith("ignored.log")]


def test_a_folder_that_a_repository_above_ignores_travels_all_the_same(root, tmp_path):
    git(tmp_path, "init", "-q")
    (tmp_path / ".gitignore").write_text("*\n")
    assert "keep.log" in contents.names(root, local(tmp_path))


@pytest.mark.parametrize("name", ["", "/etc/passwd", "../x", "a/../../x", "a\0b"])
def test_names_from_elsewhere_stay_inside(name):
    assert not contents.inside(name)


# ------------------------------------------------------------------------ copying


def tree(folder):
    found = (str(p.relative_to(folder)) for p in folder.rglob("*") if not p.is_dir())
    return {n for n in found if n != ".envboot/copied"}


@pytest.mark.parametrize("tool", ["rsync", "tar"])
def test_the_copy_is_the_same_and_keeps_what_was_made_there(root, tmp_path, tool):
    if tool == "rsync" and not shutil.which("rsync"):
        pytest.skip("rsync is not installed")
    shell = local(tmp_path, PATH=USUAL if tool == "rsync" else without(tmp_path, "rsync"))
    (root / "run.sh").write_text("#!/bin/sh\n")
    (root / "run.sh").chmod(0o755)
    target, said = tmp_path / "there it is", []
    copying.copy(root, HERE, str(target), shell, said.append)
    assert tool in said[0]
    names = contents.names(root, shell)
    assert tree(target) == set(names)
    assert os.access(target / "run.sh", os.X_OK)
    assert (target / "deep/*.txt").read_text() == (root / "deep/*.txt").read_text()

    fill(target, ".venv/x", "made.log", "mine", ".envboot/env.json")
    (root / "deep/*.txt").unlink()
    (root / "-dash").unlink()
    (root / "-dash").mkdir()  # a file that became a folder
    fill(root, "-dash/inside", "new one")
    copying.copy(root, HERE, str(target), shell, said.append)
    left = tree(target)
    assert left == {
        *contents.names(root, shell),
        ".venv/x",
        "made.log",
        "mine",
        ".envboot/env.json",
    }
    assert (target / "-dash/inside").is_file()


def without(tmp_path, *absent):
    """Return a PATH with all programs of the usual one but some."""
    folder = tmp_path / "programs"
    folder.mkdir(exist_ok=True)
    for place in reversed(USUAL.split(":")):
        for program in Path(place).iterdir() if Path(place).is_dir() else ():
            link = folder / program.name
            if program.name not in absent:
                link.unlink(missing_ok=True)
                link.symlink_to(program)
    return str(folder)


def test_what_lies_behind_a_link_there_is_not_removed(root, tmp_path):
    shell, target = local(tmp_path), tmp_path / "there"
    fill(root, "sets/one")
    copying.copy(root, HERE, str(target), shell, print)
    elsewhere = tmp_path / "big disk"
    (target / "sets").rename(elsewhere)
    (target / "sets").symlink_to(elsewhere)
    shutil.rmtree(root / "sets")
    copying.copy(root, HERE, str(target), shell, print)
    assert (elsewhere / "one").exists()


def test_a_list_there_that_names_what_is_outside_removes_nothing_outside(root, tmp_path):
    shell, target = local(tmp_path), tmp_path / "there"
    copying.copy(root, HERE, str(target), shell, print)
    fill(tmp_path, "precious")
    noted = target / ".envboot/copied"
    noted.write_text(noted.read_text() + f"../precious\n{tmp_path}/precious\ngone\n")
    copying.copy(root, HERE, str(target), shell, print)
    assert (tmp_path / "precious").exists()


def test_a_folder_that_cannot_be_made_is_a_sentence(root, tmp_path):
    fill(tmp_path, "file")
    with pytest.raises(CommandFailed, match="file"):
        copying.copy(root, HERE, str(tmp_path / "file/below"), local(tmp_path), print)


def test_the_child_ends_with_a_sentence_and_a_code(root, tmp_path):
    fill(tmp_path, "file")
    step = remote.copy(root, HERE, str(tmp_path / "file/below"), local(tmp_path))
    done = subprocess.run(step.argv, capture_output=True, text=True, check=False)
    assert done.returncode == 7
    assert "! error: " in done.stdout
    assert not done.stderr


# ------------------------------------------------------------------- the job there

SETUP = """\
import json, os, subprocess, sys, time
if sys.argv[1:3] == ["run", "--"]:
    sys.exit(subprocess.call(sys.argv[3:]))
if sys.argv[1] == "remove":
    open("../removed", "w").close()
    sys.exit(0)
with open("starts", "a") as file:
    file.write("x")
print("working ünï", file=sys.stderr, flush=True)
while os.path.exists("hold"):
    time.sleep(0.05)
code = int(open("code").read()) if os.path.exists("code") else 0
print(json.dumps({"outcome": "created", "exit_code": code, "words": sys.argv[1:]}, indent=2))
sys.exit(code)
"""
HANDLE = "sun-1a2b"


@pytest.fixture
def there(tmp_path):
    """Return the home of the job, with a tree in it."""
    tree_ = tmp_path / "home here/envboot" / HANDLE
    tree_.mkdir(parents=True)
    (tree_ / "setup.py").write_text(SETUP)
    shell = local(tmp_path)
    yield shell
    plan.carry_out(plan.Plan("", (work.end(HANDLE, HERE),)), shell, print)


def do(step, shell):
    said = []
    shell.do(step.argv, said=said.append, why=step.why)
    return said


def until(phase, shell, handle=HANDLE, seen=0):
    end = time.monotonic() + 180
    while True:
        found = work.look(handle, HERE, shell, seen)
        assert not isinstance(found, str), found
        if found.phase in {phase, "ended", "killed"} or time.monotonic() > end:
            assert found.phase == phase, found
            return found
        time.sleep(0.05)


def home(shell):
    return Path(shell.environ["HOME"])


def state(shell, handle=HANDLE):
    return home(shell) / work.STATE / handle


def tree_of(shell):
    return home(shell) / work.TREES / HANDLE


def todo(*command, **options):
    return work.Work(HANDLE, f"envboot/{HANDLE}", command=command, **options)


def test_setting_up_and_the_command_come_back_with_result_status_and_log(there):
    assert work.look(HANDLE, HERE, there).phase == "absent"
    command = ("sh", "-c", 'echo "it\'s $1" ünï; exit 5', "sh", "a\nb 'c'")
    do(work.begin(todo(*command, setup=("--engine", "my own")), HERE), there)
    found = until("ended", there)
    assert found.status == 5
    assert found.more["setup"] == "0"
    words = ["--yes", "--json", "--no-shell", "--engine", "my own"]
    assert found.result == {"outcome": "created", "exit_code": 0, "words": words}
    assert found.log == "working ünï\nit's a\nb 'c' ünï\n"
    assert found.seen == found.size == len(found.log.encode())
    assert not list(state(there).glob("*.new"))
    assert not (state(there) / "pid").exists()


def test_a_look_brings_what_is_new_only(there):
    (tree_of(there) / "hold").touch()
    do(work.begin(todo("echo", "second"), HERE), there)
    while not (first := until("setting-up", there)).log:
        pass
    assert (first.status, first.result) == (None, None)
    (tree_of(there) / "hold").unlink()
    assert until("ended", there, seen=first.seen).log == "second\n"


def test_setting_up_that_fails_is_the_end_and_its_answer_comes_back(there):
    (tree_of(there) / "code").write_text("6")
    do(work.begin(todo("touch", "ran"), HERE), there)
    found = until("ended", there)
    assert (found.status, found.result["exit_code"]) == (6, 6)
    assert "setup" not in found.more
    assert not (tree_of(there) / "ran").exists()


def test_begun_twice_it_runs_once(there):
    (tree_of(there) / "hold").touch()
    step = work.begin(todo(), HERE)
    both = [subprocess.Popen(step.argv, env=there.environ) for _ in range(3)]
    assert [b.wait(180) for b in both] == [0, 0, 0]
    do(step, there)
    until("setting-up", there)
    (tree_of(there) / "hold").unlink()
    until("ended", there)
    assert (tree_of(there) / "starts").read_text() == "x"


def test_what_is_killed_is_said_to_be_and_begins_again(there):
    (tree_of(there) / "hold").touch()
    do(work.begin(todo(), HERE), there)
    while not (found := until("setting-up", there)).log:
        pass
    pid = int(found.more["pid"].split()[1])
    os.killpg(pid, signal.SIGKILL)
    until("killed", there)
    (tree_of(there) / "hold").unlink()
    do(work.begin(todo(), HERE), there)
    assert until("ended", there).status == 0
    assert (tree_of(there) / "starts").read_text() == "xx"


def test_a_begin_that_is_killed_can_be_done_again(there):
    (tree_of(there) / "hold").touch()
    step = work.begin(todo(), HERE)
    for wait in (0, 0.01, 0.03, 0.1):
        process = subprocess.Popen(step.argv, env=there.environ, start_new_session=True)
        time.sleep(wait)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    do(step, there)
    until("setting-up", there)
    (tree_of(there) / "hold").unlink()
    assert until("ended", there).status == 0
    assert (tree_of(there) / "starts").read_text() == "x"


def test_a_process_that_got_the_same_number_is_not_taken_for_it(there):
    do(work.begin(todo(), HERE), there)
    until("ended", there)
    (state(there) / "status").unlink()
    (state(there) / "pid").write_text(f"{os.uname().nodename} {os.getpid()}\n")
    assert work.look(HANDLE, HERE, there).phase == "killed"
    do(work.end(HANDLE, HERE), there)  # this process would have ended
    do(work.begin(todo(), HERE), there)
    assert until("ended", there).status == 0


def test_what_runs_on_another_computer_is_believed_and_not_begun_again(there):
    state(there).mkdir(parents=True)
    (state(there) / "pid").write_text("another 1\n")
    do(work.begin(todo(), HERE), there)
    assert work.look(HANDLE, HERE, there).phase == "setting-up"
    with pytest.raises(CommandFailed) as caught:
        do(work.end(HANDLE, HERE), there)
    assert "runs on another" in caught.value.tail[-1]
    (state(there) / "pid").unlink()


def test_ended_it_leaves_no_process_and_says_who_ended_it(there):
    child = "import time, os; print(os.getpid(), flush=True); time.sleep(1000)"
    do(work.begin(todo(sys.executable, "-c", child), HERE), there)
    while not (found := until("running", there)).log.splitlines()[1:]:
        pass
    pid = int(found.log.splitlines()[1])
    do(work.end(HANDLE, HERE), there)
    found = work.look(HANDLE, HERE, there)
    assert (found.phase, found.status, found.more["stopped"]) == ("ended", 143, "yes")
    assert not alive(pid)
    do(work.end(HANDLE, HERE), there)  # once more is no error


def alive(pid):
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return (
            subprocess.run(["ps", "-p", str(pid)], capture_output=True, check=False).returncode == 0
        )
    return text.rpartition(")")[2].split()[0] != "Z"


def test_cleared_nothing_is_left_and_the_environment_was_removed_first(there):
    (tree_of(there) / "hold").touch()
    do(work.begin(todo(), HERE), there)
    until("setting-up", there)
    folder = tree_of(there) / "read only"
    folder.mkdir()
    (folder / "file").touch()
    folder.chmod(0o500)
    do(work.clear(HANDLE, HERE), there)
    assert (home(there) / "envboot/removed").exists()
    assert not tree_of(there).exists()
    assert not state(there).exists()
    found = work.look(HANDLE, HERE, there)
    assert (found.phase, dict(found.more)) == ("absent", {})
    do(work.clear(HANDLE, HERE), there)


def test_a_folder_of_another_name_is_not_removed(there, tmp_path):
    fill(tmp_path, "precious/file")
    state(there).mkdir(parents=True)
    (state(there) / "tree").write_text(f"{tmp_path}/precious\n")
    with pytest.raises(CommandFailed):
        do(work.clear(HANDLE, HERE), there)
    assert (tmp_path / "precious/file").exists()


def test_without_a_python_it_ends_with_6_and_says_so(there, tmp_path):
    names = (p.name for p in Path("/usr/bin").iterdir() if p.name.startswith(("python", "pypy")))
    pythons = {*names, *(p.name for p in Path(sys.executable).parent.iterdir())}
    bare = LocalShell({**there.environ, "PATH": without(tmp_path, *pythons, "python3", "python")})
    do(work.begin(todo("true"), HERE), bare)
    found = until("ended", bare)
    assert (found.status, found.result["exit_code"]) == (6, 6)
    assert "no Python 3.9 or newer" in found.result["error"]["message"]
    assert "no Python 3.9 or newer" in found.log


def test_an_old_python_is_passed_over(there, tmp_path):
    path = without(tmp_path)
    for name in ("python3", "python3.12"):
        link = Path(path, name)
        link.unlink(missing_ok=True)
        link.write_text("#!/bin/sh\nexit 1\n")  # what 3.6 answers when it is asked
        link.chmod(0o755)
    shell = LocalShell({**there.environ, "PATH": path})
    do(work.begin(todo(), HERE), shell)
    assert until("ended", shell).status == 0


def test_a_tree_that_is_not_there_ends_it(there):
    do(work.begin(work.Work(HANDLE, "envboot/nowhere"), HERE), there)
    found = until("ended", there)
    assert found.status == 1
    assert "nowhere" in found.log


def test_a_long_log_comes_in_pieces_and_its_end_when_it_has_ended(there):
    state(there).mkdir(parents=True)
    rows = "".join(f"row {n} é\n" for n in range(20_000))
    (state(there) / "log").write_text(rows)
    (state(there) / "pid").write_text("another 1\n")
    seen, got = 0, ""
    while True:
        found = work.look(HANDLE, HERE, there, seen)
        assert len(found.log.encode()) <= work.CHUNK
        got += found.log
        if found.seen == seen:
            break
        seen = found.seen
    assert got == rows
    (state(there) / "pid").unlink()
    (state(there) / "status").write_text("0\n")
    last = work.look(HANDLE, HERE, there, 10)
    assert last.log.endswith("row 19999 é\n")
    assert last.seen == last.size == len(rows.encode())
    assert work.look(HANDLE, HERE, there, 10**9).log.endswith("row 19999 é\n")  # it was shorter


def test_no_byte_of_a_log_breaks_a_look(there):
    state(there).mkdir(parents=True)
    data = b"\xff\xfe\0bad\n--- log ---\nphase ended\n50%\r100%\r\nlast"
    (state(there) / "log").write_bytes(data)
    (state(there) / "status").write_text("0\n")
    (state(there) / "result.json").write_text('{"a": "--- log ---",\n"b": 1}\n')
    found = work.look(HANDLE, HERE, there)
    assert found.result == {"a": "--- log ---", "b": 1}
    assert found.log.endswith("bad\n--- log ---\nphase ended\n50%\n100%\nlast")
    assert found.seen == len(data)


@pytest.mark.parametrize(
    "out", ["", "garbage", "phase odd\n--- log ---\n", "phase ended\n", "phase running\nsize x\n"]
)
def test_an_answer_that_is_none_is_a_sentence(out):
    found = work.look(HANDLE, BOX, ScriptedShell(answers={"ssh": out}))
    assert isinstance(found, str)
    assert "box" in found


def test_a_result_that_is_no_json_is_none():
    out = "phase ended\nstatus 0\nsize 0\nfrom 0\nresult\n{half\n--- log ---\nzz\n"
    found = work.look(HANDLE, BOX, ScriptedShell(answers={"ssh": out}))
    assert (found.result, found.log, found.status) == (None, "", 0)


@pytest.mark.parametrize("handle", ["", "../x", "a b", "-x", "x/..", "x" * 50, "X", "a;b", "a\n"])
def test_what_is_no_handle_goes_nowhere(handle):
    with pytest.raises(UsageError):
        work.script(work.Work(handle, "x"))
    with pytest.raises(UsageError):
        work.clear(handle, HERE)
    with pytest.raises(UsageError):
        work.look(handle, HERE, ScriptedShell())


@pytest.mark.parametrize(
    "shell", [s for s in ("dash", "bash", "zsh", "busybox") if shutil.which(s)]
)
def test_every_sh_runs_the_script(shell, there, tmp_path):
    script = tmp_path / "script"
    script.write_text(work.script(todo("sh", "-c", "echo ran; exit 3")))
    argv = [*([shell, "sh"] if shell == "busybox" else [shell]), str(script)]
    done = subprocess.run(argv, env=there.environ, check=False, timeout=180)
    assert done.returncode == 3
    assert until("ended", there).log.endswith("ran\n")


def test_a_task_of_an_array_has_a_folder_of_its_own(there, tmp_path):
    script = tmp_path / "script"
    script.write_text(work.script(todo()))
    environ = {**there.environ, "SLURM_ARRAY_TASK_ID": "3", "SLURM_JOB_ID": "7"}
    subprocess.run(["sh", str(script)], env=environ, check=True, timeout=180)
    assert until("ended", there, f"{HANDLE}/3").status == 0


def test_the_log_is_printed_and_followed_to_its_end(there):
    (tree_of(there) / "hold").touch()
    do(work.begin(todo("echo", "the end"), HERE), there)
    until("setting-up", there)
    step = work.tail(HANDLE, HERE, follow=True)
    assert not step.terminal
    with subprocess.Popen(step.argv, env=there.environ, stdout=subprocess.PIPE, text=True) as tail:
        assert tail.stdout.readline() == "working ünï\n"
        (tree_of(there) / "hold").unlink()
        assert tail.stdout.read() == "the end\n"
    once = subprocess.run(
        work.tail(HANDLE, HERE, follow=False).argv,
        env=there.environ,
        capture_output=True,
        text=True,
        check=True,
    )
    assert once.stdout == "working ünï\nthe end\n"


# ------------------------------------------------------------------------ probing


SAID = {
    "system": "Linux",
    "arch": "x86_64",
    "cpus": 64,
    "python": "3.11.7",
    "memory": 2**38,
    "gpus": [{"index": 0, "name": "A100\x1b[31m", "vendor": "nvidia", "memory": 2**36}],
    "cpu_flags": ["avx2"],
    "notes": ["a note"],
    "of a later version": 1,
}


def probed(out):
    return probing.probe(BOX, frozenset(), ScriptedShell(answers={"ssh": out}, disk=True))


def test_what_it_has_is_a_machine_whatever_else_is_printed():
    out = f"motd\nenvboot found: {json.dumps(SAID)}\nbye\n"
    gpu = Gpu(0, "A100[31m", "nvidia", 2**36)
    assert probed(out) == Machine(
        "Linux", "x86_64", 64, "3.11.7", cpu_flags=("avx2",), memory=2**38, gpus=(gpu,),
        notes=("a note",),
    )  # fmt: skip


@pytest.mark.parametrize(
    "told",
    [
        "{}",
        "[]",
        "{",
        "null",
        "[" * 5000,
        json.dumps({**SAID, "cpus": "many"}),
        json.dumps({**SAID, "memory": []}),
        json.dumps({**SAID, "gpus": [{"index": 0}]}),
    ],
)
def test_an_answer_that_is_no_machine_is_a_sentence(told):
    assert "box could not say" in probed(f"envboot found: {told}\n")
    assert "ImportError: no" in probed("Traceback\nImportError: no\n")


def test_a_computer_without_python_says_so():
    assert "no Python 3.9" in probed("envboot found no python\n")


def test_all_are_asked_at_once_and_answered_in_order():
    good = f"envboot found: {json.dumps(SAID)}\n"

    class Hosts(ScriptedShell):
        def query(self, argv, **_options):
            return Answer(good) if "two" in argv else Answer(None, "no", "Permission denied (x).")

    places = tuple(remote.Place(n) for n in ("one", "two", "three"))
    found = probing.probes(places, frozenset(), Hosts(disk=True))
    assert [isinstance(f, Machine) for f in found][1]
    assert probing.probes((), frozenset(), Hosts(disk=True)) == ()


def test_no_step_holds_more_than_a_command_line():
    step = work.begin(todo(), BOX)
    assert len(step.argv[-1]) < quoting.LONGEST / 4
    assert shlex.join(step.argv)
    assert scripts.LOOK.isascii()


# ------------------------------------------------------------------- the launcher


def order(where, shell, root):
    machine = Machine("Linux", "x86_64", 2, "3.11.7")
    return Site(root, "sun", root / ".venv", machine, shell, order=Order(HANDLE, where))


@pytest.mark.parametrize(
    ("where", "shell", "why"),
    [
        ("box", {"platform": Platform("Windows", "AMD64")}, "WSL"),
        ("box", {"programs": ()}, "no `ssh`"),
        ("-oProxyCommand=x", {}, "no name of a computer"),
        ("local", {}, "is this computer"),
        ("box", {}, "not packed"),
    ],
)
def test_why_it_cannot_be_gone_to_is_a_sentence(where, shell, why, tmp_path):
    programs = shell.pop("programs", ("ssh",))
    own = ScriptedShell(
        programs={n: f"/usr/bin/{n}" for n in programs}, environ={"HOME": "/home/ann"}, **shell
    )
    assert why in ssh.why_not(EnvironmentSpec("sun"), order(where, own, tmp_path))


def test_the_plan_is_a_copy_and_a_start_and_looks_at_nothing(tmp_path):
    shell = ScriptedShell(environ={"HOME": "/home/ann"})
    site = replace(order("box", shell, tmp_path), as_of="2026-01-01", link_scripts=True)
    steps = ssh.plan(EnvironmentSpec("sun"), site).steps
    assert [s.why for s in steps] == [
        f"copying the repository to box: envboot/{HANDLE}",
        "starting on box: python3 setup.py --yes --as-of 2026-01-01 --link-scripts",
    ]
    assert not shell.asked


@pytest.mark.parametrize(
    ("seen", "job", "state", "status"),
    [
        (work.Seen("absent"), {}, "gone", None),
        (work.Seen("absent", more={"left": "yes"}), {}, "stopped", None),
        (work.Seen("setting-up"), {}, "setting-up", None),
        (work.Seen("running"), {"command": ("x",)}, "running", None),
        (work.Seen("killed"), {}, "failed", None),
        (work.Seen("ended", status=143, more={"stopped": "yes"}), {}, "stopped", None),
        (work.Seen("ended", status=6), {"command": ("x",)}, "failed", None),
        (work.Seen("ended", status=0, more={"setup": "0"}), {}, "ready", None),
        (work.Seen("ended", status=0, more={"setup": "0"}), {"command": ("x",)}, "ended", 0),
        (work.Seen("ended", status=3, more={"setup": "0"}), {"command": ("x",)}, "failed", 3),
        (
            work.Seen("ended", status=0, more={"setup": "0"}),
            {"command": ("x",), "then": "shell"},
            "ready",
            0,
        ),
    ],
)
def test_what_the_folder_says_is_the_state_of_the_job(seen, job, state, status):
    found = reporting.report(Job(HANDLE, "ssh", "/repo", **job), seen)
    assert (found.state, found.status) == (state, status)
