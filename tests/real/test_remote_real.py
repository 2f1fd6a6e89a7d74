"""Lines, copies and jobs through a real sshd, with what goes wrong on the way and there."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from envboot import remote
from envboot.errors import CommandFailed
from envboot.machine import Machine
from envboot.remote import contents, copying, probing, work
from envboot.shell.local import LocalShell
from tests import sshd

pytestmark = pytest.mark.real
BOX = remote.Place("box")
LOGINS = [s for s in map(shutil.which, ("bash", "dash", "zsh", "fish", "tcsh")) if s]
NOISE = {
    "bash": (".bashrc", "echo 'Welcome! quota: 3%'\n"),
    "zsh": (".zshenv", "echo 'Welcome! quota: 3%'\n"),
    "fish": (".config/fish/config.fish", "echo 'Welcome! quota: 3%'\n"),
    "tcsh": (".tcshrc", "echo 'Welcome! quota: 3%'\n"),
}
HARD = (
    "it's",
    "a b",
    "",
    "!x !!",
    "back\\slash \\' end\\",
    "new\nline\n\ntwo",
    "ünï ✓",
    "$HOME `id`",
)
HOLD = """\
import os, time
print("{}", flush=True)
while os.path.exists("hold"):
    time.sleep(0.05)
"""
TOOLS = (
    "sh mkdir cat mv rm ls chmod uname ln tr dd head tail wc od sleep setsid sed mktemp tar xargs"
)
TOOLS += " rmdir ps kill env dirname basename touch"


@pytest.fixture
def root(tmp_path):
    """Return a repository with a few files, which is no git one."""
    found = tmp_path / "my répo"
    (found / "deep er").mkdir(parents=True)
    for name in ("setup.py", "a b.txt", "new\nline", "deep er/ünï", "drop.log"):
        (found / name).write_text(name)
    (found / ".gitignore").write_text("*.log\n")
    (found / "link").symlink_to("/etc")
    return found


def copied(root, folder, shell, where=BOX):
    said = []
    copying.copy(root, where, folder, shell, said.append)
    return said


def names(folder):
    found = (str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_symlink() or p.is_file())
    return tuple(sorted(n for n in found if not n.startswith((".envboot/copied", ".envboot/part"))))


# ------------------------------------------------------------------ the login shells


@pytest.mark.parametrize("login", LOGINS)
def test_lines_copies_and_jobs_survive_the_login_shell_and_what_it_prints(login, root, tmp_path):
    name = Path(login).name
    words = {"LC_ALL": "C.UTF-8"} if name == "fish" else {}  # else it finds no file below an ö
    with sshd.running(tmp_path, shell=login, home="its höme", env=words) as box:
        shell = LocalShell(box.environ)
        if name in NOISE:
            file, text = NOISE[name]
            (box.home / file).parent.mkdir(parents=True, exist_ok=True)
            (box.home / file).write_text(text)
        script = 'printf "%s|" "$@"; cat; pwd'
        found = remote.ask(BOX, script, *HARD, shell=shell, feed=b"fed|")
        assert found.out == "".join(f"{w}|" for w in HARD) + f"fed|{box.home}\n"
        assert ("Welcome" in found.err) == (name in NOISE)

        if name in {"bash", "dash", "fish"}:
            said = copied(root, "envboot/a b", shell)
            assert ("tar" if name in NOISE else "rsync") in said[0]
            assert names(box.home / "envboot/a b") == contents.names(root, shell)

        todo = work.Work("sun-1a2b", "envboot/a b", command=("true",))
        (box.home / "envboot/a b").mkdir(parents=True, exist_ok=True)
        (box.home / "envboot/a b/setup.py").write_text("import sys\nprint('{}')\n")
        shell.do(work.begin(todo, BOX).argv)
        seen = sshd.until(lambda: ended(shell), "the end")
        assert (seen.status, seen.result) == (0, {})


def ended(shell):
    found = work.look("sun-1a2b", BOX, shell)
    assert not isinstance(found, str), found
    return found if found.phase == "ended" else None


# ------------------------------------------------------------------------- reaching


def test_each_way_of_not_getting_there_is_a_sentence(tmp_path):
    with sshd.running(tmp_path) as box:
        shell = LocalShell(box.environ)

        def why(name):
            answer = remote.ask(remote.Place(name), "echo hello", shell=shell)
            assert answer.out is None
            return answer.why

        assert remote.ask(BOX, "echo hello", shell=shell).out == "hello\n"
        assert "neither ~/.ssh/config nor the network knows it" in why("nowhere.invalid")
        box.alias("shut", Port="1", ProxyCommand="none")
        assert "no sshd answers" in why("shut")
        box.alias("stranger", HostKeyAlias="stranger")
        assert "does not know the key of stranger" in why("stranger")
        other = tmp_path / "other key"
        subprocess.run(["ssh-keygen", "-qt", "ed25519", "-N", "", "-f", str(other)], check=True)
        box.alias("refused", IdentityFile=f'"{other}"', IdentitiesOnly="yes")
        box.alias("changed", HostKeyAlias="changed")
        public = other.with_suffix(".pub").read_text()
        box.known_hosts.write_text(f"{box.known_hosts.read_text()}changed {public}")
        assert "the key of changed is not the one" in why("changed")
        config = box.folder / "config"
        config.write_text(config.read_text().replace(f"{box.person}/.ssh/key", str(other)))
        assert "refuses the keys" in why("refused")
        box.down()
        answer = remote.ask(BOX, "echo hello", shell=shell)
        assert answer.out is None
        assert "box" in answer.why
        box.up()
        assert "refuses the keys" in why("box")  # which was taken from it above


def test_a_question_that_is_cut_and_one_that_hangs_are_sentences(tmp_path):
    with sshd.running(tmp_path) as box:
        shell = LocalShell(box.environ)
        answer = remote.ask(BOX, "sleep 100", shell=shell, timeout=1.5)
        assert "in time" in answer.why
        box.cut()
        waiting = subprocess.Popen(
            BOX.argv("echo; sleep 100"), env=box.environ, stdout=subprocess.PIPE, stderr=-1
        )
        sshd.until(waiting.stdout.readline, "the line")
        sshd.until(box.cut, "the connection")
        _, err = waiting.communicate(timeout=180)
        assert waiting.returncode == 255
        assert "was cut" in remote.why(err.decode(), BOX)


# ------------------------------------------------------------------------- copying


def test_the_second_time_only_what_changed_travels_and_modes_are_kept(root, tmp_path):
    with sshd.running(tmp_path) as box:
        shell = LocalShell(box.environ)
        (root / "big").write_bytes(os.urandom(3_000_000))
        (root / "run.sh").write_text("")
        (root / "run.sh").chmod(0o750)
        copied(root, "tree", shell)
        there = box.home / "tree"
        before = {p: (there / p).lstat().st_ino for p in names(there)}
        assert (there / "run.sh").stat().st_mode & 0o777 == 0o750
        assert os.readlink(there / "link") == "/etc"  # noqa: PTH115
        (root / "a b.txt").write_text("changed")
        (root / "new\nline").unlink()
        (there / ".venv").mkdir()
        (there / ".venv/x").touch()
        said = copied(root, "tree", shell)
        assert " 0 of them new" in said[0]
        after = {p: (there / p).lstat().st_ino for p in names(there)}
        assert {p for p in after if before.get(p) != after[p]} == {"a b.txt", ".venv/x"}
        assert set(before) - set(after) == {"new\nline"}


def test_a_copy_that_is_cut_goes_on_where_it_was(root, tmp_path):
    with sshd.running(tmp_path) as box:
        shell = LocalShell(box.environ)
        (root / "big").write_bytes(os.urandom(6_000_000))
        step = remote.copy(root, BOX, "tree", shell)
        process = subprocess.Popen(
            slow(step.argv, box), env=box.environ, stdout=subprocess.PIPE, text=True
        )
        part = box.home / "tree/.envboot/part"
        sshd.until(lambda: any(p.stat().st_size for p in part.glob("*")), "a part")
        box.cut()
        out, _ = process.communicate(timeout=180)
        assert process.returncode == 7, out
        assert "! error: the connection to box was cut" in out
        fast(box)
        copied(root, "tree", shell)
        assert names(box.home / "tree") == contents.names(root, shell)
        assert (box.home / "tree/big").read_bytes() == (root / "big").read_bytes()


def slow(argv, box):
    """Make rsync slow, so that it is under way for sure when it is cut."""
    real = shutil.which("rsync")
    wrapper = box.folder / "bin/rsync"
    wrapper.write_text(f'#!/bin/sh\nexec {real} --bwlimit=600 "$@"\n')
    wrapper.chmod(0o755)
    return argv


def fast(box):
    (box.folder / "bin/rsync").unlink()


def test_a_copy_that_is_killed_here_goes_on(root, tmp_path):
    with sshd.running(tmp_path) as box:
        shell = LocalShell(box.environ)
        (root / "big").write_bytes(os.urandom(6_000_000))
        argv = slow(remote.copy(root, BOX, "tree", shell).argv, box)
        process = subprocess.Popen(
            argv, env=box.environ, stdout=subprocess.PIPE, start_new_session=True
        )
        sshd.until(lambda: list(box.home.glob("tree/.envboot/copied")), "the note")
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        fast(box)
        copied(root, "tree", shell)
        assert names(box.home / "tree") == contents.names(root, shell)


@pytest.mark.parametrize("side", ["here", "there"])
def test_without_rsync_all_goes_as_a_stream(side, root, tmp_path):
    tools = sshd.programs(tmp_path / "tools", *TOOLS.split())
    with sshd.running(tmp_path, path=tools if side == "there" else "") as box:
        path = box.environ["PATH"]
        if side == "here":
            path = f"{box.folder / 'bin'}:" + sshd.programs(
                tmp_path / "own", *TOOLS.split(), "nsenter", "git", "python3"
            )
        shell = LocalShell({**box.environ, "PATH": path})
        assert "stream of tar" in copied(root, "tree", shell)[0]
        (root / "a b.txt").unlink()
        copied(root, "tree", shell)
        assert names(box.home / "tree") == contents.names(root, shell)


@pytest.mark.parametrize("tool", ["rsync", "tar"])
def test_a_full_disk_there_is_a_sentence_and_room_lets_it_go_on(tool, root, tmp_path):
    tools = sshd.programs(tmp_path / "tools", *TOOLS.split())
    with sshd.running(tmp_path, path=tools if tool == "tar" else "", disk=600) as box:
        shell = LocalShell(box.environ)
        (root / "big").write_bytes(os.urandom(2_000_000))
        why = r"on box: its disk|disk of box is full"
        why += "" if sshd.may_mount() else "|ended with"  # tar is killed where it may write no more
        with pytest.raises(CommandFailed, match=why):
            copied(root, "tree", shell)
        (root / "big").unlink()
        copied(root, "tree", shell)
        said = remote.ask(BOX, "cat 'tree/a b.txt'; ls tree", shell=shell)
        assert said.out.startswith("a b.txt")
        assert "big" not in said.out


def test_a_disk_that_fills_up_while_it_sets_up_is_told(tmp_path):
    with sshd.running(tmp_path, disk=600) as box:
        shell = LocalShell(box.environ)
        setup = 'import os\nopen("all", "wb").write(b"x" * 2_000_000)\n'
        line = "mkdir -p tree && cat >tree/setup.py"
        assert remote.ask(BOX, line, shell=shell, feed=setup.encode()).out == ""
        shell.do(work.begin(work.Work("sun-1a2b", "tree"), BOX).argv)
        found = sshd.until(lambda: ended(shell), "the end")
        assert found.status
        assert "setup" not in found.more


# ------------------------------------------------------------------------ the job


def test_a_job_goes_on_when_the_connection_is_cut_and_is_found_again(tmp_path):
    with sshd.running(tmp_path) as box:
        shell = LocalShell(box.environ)
        tree = box.home / "envboot/sun-1a2b"
        tree.mkdir(parents=True)
        (tree / "setup.py").write_text(HOLD)
        (tree / "hold").touch()
        shell.do(work.begin(work.Work("sun-1a2b", "envboot/sun-1a2b"), BOX).argv)
        with contextlib.ExitStack() as ends:
            tail = subprocess.Popen(
                work.tail("sun-1a2b", BOX, follow=True).argv, env=box.environ, stdout=-3, stderr=-3
            )
            ends.callback(tail.wait, 60)
            ends.callback(tail.kill)
            sshd.until(box.sessions, "the session")
            box.down()
            assert isinstance(work.look("sun-1a2b", BOX, shell), str)
            assert tail.wait(150) == 255  # at once, or after five silent quarters of a minute
        (tree / "hold").unlink()
        box.up()
        assert sshd.until(lambda: ended(shell), "the end").status == 0
        sshd.until(lambda: not box.running(), "the end of what followed the log")


# ------------------------------------------------------------------------ probing


@pytest.mark.parametrize("noisy", [False, True])
def test_one_round_trip_says_what_a_computer_has_and_leaves_nothing(noisy, tmp_path):
    tmp = tmp_path / "tmp there"
    tmp.mkdir()
    with sshd.running(tmp_path, env={"TMPDIR": str(tmp)}) as box:
        if noisy:
            (box.home / ".bashrc").write_text("echo 'a motd'\nprintf '{\"system\": 1}'\n")
        before = sorted(box.home.rglob("*"))
        shell = LocalShell(box.environ)
        found = probing.probe(BOX, frozenset({"gpu", "cpu_flags"}), shell)
        assert isinstance(found, Machine), found
        assert found.cpus >= 1
        assert found.cpu_flags
        assert found.disk_free == pytest.approx(shutil.disk_usage(box.home).free, rel=0.1)
        assert sorted(box.home.rglob("*")) == before
        assert not list(tmp.iterdir())
        assert box.log().count("Accepted publickey") == 1


def test_several_are_probed_at_once_each_with_its_own_answer(tmp_path):
    with sshd.running(tmp_path) as box:
        box.alias("shut", Port="1", ProxyCommand="none")
        places = tuple(map(remote.Place, ("box", "shut", "nowhere.invalid", "box")))
        first, shut, nowhere, last = probing.probes(places, frozenset(), LocalShell(box.environ))
        assert isinstance(first, Machine)
        assert isinstance(last, Machine)
        assert "no sshd answers" in shut
        assert "knows it" in nowhere


def test_a_computer_without_python_or_with_an_old_one_says_so(tmp_path):
    tools = sshd.programs(tmp_path / "tools", *TOOLS.split())
    old = Path(tools, "python3")
    old.write_text("#!/bin/sh\n[ \"$1\" != -c ] || exit 1\necho 'Python 3.6.15'\n")
    old.chmod(0o755)
    with sshd.running(tmp_path, path=tools) as box:
        shell = LocalShell(box.environ)
        for _ in range(2):
            assert "no Python 3.9 or newer" in probing.probe(BOX, frozenset(), shell)
            old.unlink(missing_ok=True)
        assert not list(box.home.iterdir())


def test_a_full_disk_there_is_said_by_the_probe_and_nothing_stays(tmp_path):
    home = tmp_path / "sshd/home there"
    with sshd.running(tmp_path, env={"TMPDIR": str(home)}, disk=60) as box:
        shell = LocalShell(box.environ)
        found = probing.probe(BOX, frozenset(), shell)
        assert isinstance(found, str)
        assert "box" in found
        left = remote.ask(BOX, "ls -A", shell=shell).out
        assert left == ""


def test_a_probe_that_is_cut_leaves_nothing(tmp_path):
    tmp = tmp_path / "tmp there"
    tmp.mkdir()
    with sshd.running(tmp_path, env={"TMPDIR": str(tmp)}) as box:
        shell = LocalShell(box.environ)
        with ThreadPoolExecutor(1) as pool:
            probing_ = pool.submit(probing.probe, BOX, frozenset(), shell)
            sshd.until(lambda: box.cut() or probing_.done(), "the connection")
            found = probing_.result()
        assert isinstance(found, (str, Machine))
        sshd.until(lambda: not list(tmp.iterdir()), "the end of what was left")
