"""The door to the computer, tried on this one: real programs, real files, real signals."""

from __future__ import annotations

import contextlib
import os
import signal
import stat
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from envboot.errors import CommandFailed, EnvbootError
from envboot.shell import Answer, redact
from envboot.shell.local import LocalShell

posix = pytest.mark.skipif(os.name == "nt", reason="signals and modes of POSIX")
PATIENCE = 20.0  # seconds that a slow computer may take for what happens at once


def code(text: str) -> tuple[str, ...]:
    """Return the command that runs a Python program."""
    return (sys.executable, "-c", text)


def wait_for(path: Path) -> str:
    """Return the text of a file that another process writes, once it is whole."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        with contextlib.suppress(OSError):
            text = path.read_text()
            if text.endswith("\n"):
                return text.strip()
        time.sleep(0.02)
    raise AssertionError(f"{path} was never written")


def alive(pid: int) -> bool:
    """Return whether a process runs; one that ended and was not yet buried does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return True


def gone(pid: int, seconds: float) -> bool:
    """Wait until a process is gone."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if not alive(pid):
            return True
        time.sleep(0.05)
    return False


def said_by(shell: LocalShell, text: str, **options) -> list[str]:
    said: list[str] = []
    shell.do(code(text), said=said.append, **options)
    return said


# ------------------------------------------------------------------ do


def test_both_streams_come_as_lines(shell):
    said = said_by(
        shell,
        "import sys; print('out', flush=True); print('err', file=sys.stderr, flush=True);"
        "print('10 %\\r20 %\\r\\n30 %', end='', flush=True)",
    )
    assert said == ["out", "err", "10 %", "20 %", "30 %"]


def test_undecodable_bytes_are_replaced(shell):
    said = said_by(shell, r"import sys; sys.stdout.buffer.write(b'caf\xe9 \xff\n\xc3\xa9\n')")
    assert said == ["caf\ufffd \ufffd", "é"]


def test_colours_and_titles_are_taken_out(shell):
    said = said_by(shell, r"print('\x1b[1;31mred\x1b[0m \x1b]0;title\x07and\x08 plain\tx')")
    assert said == ["red and plain\tx"]


def test_a_megabyte_of_errors_is_no_deadlock(shell):
    said = said_by(
        shell, "import sys\nfor n in range(16384): sys.stderr.write('x' * 63 + '\\n')\nprint('end')"
    )
    assert len(said) == 16385
    assert said[-1] == "end"


def test_a_line_without_end_is_cut(shell):
    said = said_by(shell, "import sys; sys.stdout.write('x' * 3_000_000)")
    assert sum(map(len, said)) == 3_000_000
    assert max(map(len, said)) < 300_000


def test_failure_keeps_status_tail_and_log(shell, tmp_path):
    log = shell.log_to(tmp_path / "log")
    with pytest.raises(CommandFailed, match=r"counting: .* ended with status 3") as caught:
        shell.do(code("for n in range(100): print('line', n)\nraise SystemExit(3)"), why="counting")
    assert caught.value.returncode == 3
    assert caught.value.tail[-1] == "line 99"
    assert len(caught.value.tail) == 30
    assert caught.value.log == str(log)
    assert "line 0\n" in log.read_text()
    assert "line 99\n" in log.read_text()


@posix
def test_a_killed_program_names_the_signal(shell):
    with pytest.raises(CommandFailed, match="was killed by SIGKILL"):
        shell.do(code("import os; os.kill(os.getpid(), 9)"))


def test_what_cannot_be_started_is_said(shell, tmp_path):
    with pytest.raises(CommandFailed, match="nonesuch cannot be started: no such file"):
        shell.do(("nonesuch",))
    with pytest.raises(CommandFailed, match=r"no folder .*absent"):
        shell.do(code(""), cwd=tmp_path / "absent")
    with pytest.raises(CommandFailed, match="cannot be started"):
        shell.do(("a\0b",))


def test_children_start_in_a_neutral_folder_with_clean_variables(environ, tmp_path):
    (tmp_path / "platform.py").write_text("raise SystemExit('a stray module')")
    stray = {"PYTHONPATH": str(tmp_path), "VIRTUAL_ENV": "/old", "KEPT": "yes"}
    said = said_by(
        LocalShell({**environ, **stray}),
        "import os, platform; print(os.getcwd() != " + repr(str(Path.cwd())) + ");"
        "print(sorted(os.environ.keys() & {'PYTHONPATH', 'VIRTUAL_ENV', 'KEPT', 'MORE'}))",
        env={"MORE": "1"},
    )
    assert said == ["True", "['KEPT', 'MORE']"]


@posix
@pytest.mark.parametrize("noise", ["", "while True: print('still', flush=True); time.sleep(0.05)"])
def test_a_daemon_that_keeps_the_pipe_is_not_waited_for(shell, tmp_path, noise):
    note = tmp_path / "pid"
    daemon = f"import time\n{noise or 'time.sleep(60)'}"
    parent = (
        "import subprocess, sys; from pathlib import Path\n"
        f"p = subprocess.Popen([sys.executable, '-c', {daemon!r}])\n"
        f"Path({str(note)!r}).write_text(f'{{p.pid}}\\n'); print('parent ends')"
    )
    started = time.monotonic()
    try:
        said = said_by(shell, parent)
        assert "parent ends" in said
        assert time.monotonic() - started < 10
    finally:
        os.kill(int(note.read_text()), signal.SIGKILL)


STUBBORN = """
import signal, sys, time
from pathlib import Path
import os
signal.signal(signal.SIGINT, signal.SIG_IGN); signal.signal(signal.SIGTERM, signal.SIG_IGN)
Path(sys.argv[1]).write_text(f"{os.getpid()}\\n")
time.sleep(120)
"""
FAMILY = """
import os, subprocess, sys, time
from pathlib import Path
subprocess.Popen([sys.executable, "-c", sys.argv[3], sys.argv[1]])
Path(sys.argv[2]).write_text(f"{os.getpid()}\\n")
time.sleep(120)
"""
RUNNER = """
import sys
from envboot.shell.local import LocalShell
try:
    LocalShell().do(sys.argv[1:])
except KeyboardInterrupt:
    raise SystemExit(130)
"""


@posix
def test_ctrl_c_ends_the_whole_family_even_who_ignores_it(child_environ, tmp_path):
    stubborn, parent = tmp_path / "stubborn", tmp_path / "parent"
    runner = subprocess.Popen(
        [*code(RUNNER), *code(FAMILY), str(stubborn), str(parent), STUBBORN], env=child_environ
    )
    pids = [int(wait_for(path)) for path in (stubborn, parent)]
    started = time.monotonic()
    runner.send_signal(signal.SIGINT)
    assert runner.wait(PATIENCE) == 130
    assert time.monotonic() - started < 11
    assert all(gone(pid, 2) for pid in pids)


@posix
def test_ctrl_c_escalates_to_kill(child_environ, tmp_path):
    note = tmp_path / "pid"
    runner = subprocess.Popen([*code(RUNNER), *code(STUBBORN), str(note)], env=child_environ)
    pid = int(wait_for(note))
    started = time.monotonic()
    runner.send_signal(signal.SIGINT)
    assert runner.wait(PATIENCE) == 130
    assert time.monotonic() - started < 11
    assert gone(pid, 2)


LOCKED_RUNNER = """
import sys
from pathlib import Path
from envboot.shell.local import LocalShell
shell = LocalShell()
with shell.lock(Path(sys.argv[1]), print):
    shell.do(sys.argv[2:])
"""


@pytest.mark.skipif(sys.platform != "linux", reason="PR_SET_PDEATHSIG is Linux'")
def test_a_killed_run_takes_its_program_with_it(child_environ, tmp_path):
    note, lock = tmp_path / "pid", tmp_path / "lock"
    runner = subprocess.Popen(
        [*code(LOCKED_RUNNER), str(lock), *code(STUBBORN), str(note)], env=child_environ
    )
    pid = int(wait_for(note))
    runner.kill()
    runner.wait()
    assert gone(pid, 5)


def test_an_exception_of_the_listener_ends_the_program(shell):
    def said(_line):
        raise ValueError("enough")

    started = time.monotonic()
    with pytest.raises(ValueError, match="enough"):
        shell.do(code("import time\nprint('x', flush=True); time.sleep(60)"), said=said)
    assert time.monotonic() - started < 10


# ------------------------------------------------------------------ secrets

SECRETS = {
    "a password in a URL": "https://ann:hunter2secret@pypi.example/simple",
    "a password with an at sign": "https://ann:hunter2@hunter2secret@pypi.example/simple",
    "a conda token": "https://conda.example/t/hunter2secret/channel",
    "a GitHub token": "ghp_hunter2secrethunter2secret",
    "a Hugging Face token": "hf_hunter2secret",
    "a token at the end": "the channel https://host.example/t/tk-hunter2_secret, and more",
    "an assignment": "password = hunter2secret",
    "an option": "twine upload --password hunter2secret",
    "a header": "Authorization: Bearer hunter2secrethunter2",
    "a basic header": "'Authorization': 'Basic hunter2secret=='",
    "the value of a variable": "the index wants hunter2secret, please",
}


@pytest.mark.parametrize("text", SECRETS.values(), ids=SECRETS)
def test_secrets_are_masked(text):
    masked = redact(text, {"MY_INDEX_TOKEN": "hunter2secret"})
    assert "hunter2" not in masked
    assert "***" in masked


@pytest.mark.parametrize(
    "text",
    [
        "git+https://github.com/psf/requests@v2.31",
        "installing tokenizers 0.19 and secretstorage==3.3",
        "https://example.org/a?b=c#d",
        "the basic requirements are met",
        "/t/short/",
    ],
)
def test_what_is_no_secret_stays(text):
    assert redact(text, {"TOKENIZERS_PARALLELISM": "false", "X_TOKEN": ""}) == text


def test_secrets_reach_neither_lines_nor_log_nor_errors(environ, tmp_path):
    shell = LocalShell({**environ, "INDEX_TOKEN": "hunter2inherited"})
    log = shell.log_to(tmp_path / "log")
    said: list[str] = []
    show = (
        "import os; print(os.environ['INDEX_TOKEN'], os.environ['API_KEY']);"
        "print('https://u:hunter2url@h/'); raise SystemExit(1)"
    )
    with pytest.raises(CommandFailed) as caught:
        shell.do(
            (*code(show), "https://u:hunter2url@h/"),
            said=said.append,
            env={"API_KEY": "hunter2own"},
            why="asking https://u:hunter2url@h/",
        )
    shell.log("$ pip --index-url https://u:hunter2url@h/ hunter2inherited")
    everything = [*said, *caught.value.tail, str(caught.value), log.read_text()]
    assert len(said) == 2
    assert not [text for text in everything if "hunter2" in text]


def test_no_secret_in_why_there_is_no_answer(environ):
    shell = LocalShell({**environ, "INDEX_TOKEN": "hunter2inherited"})
    answer = shell.query(code("import os; raise SystemExit(os.environ['INDEX_TOKEN'])"))
    assert answer.out is None
    assert "hunter2" not in answer.why


# ------------------------------------------------------------------ query


def test_query_returns_what_was_printed(shell):
    assert shell.query(code("print('hello')")) == Answer("hello\n")


def test_query_replaces_undecodable_bytes(shell):
    answer = shell.query(code(r"import sys; sys.stdout.buffer.write(b'\xff\xfeA')"))
    assert answer.out == "\ufffd\ufffdA"


def test_query_says_why_there_is_no_answer(shell):
    failed = shell.query(code("import sys; sys.exit('the driver is gone')"))
    assert failed.out is None
    assert "status 1: the driver is gone" in failed.why
    missing = shell.query(("nonesuch",))
    assert missing == Answer(None, "nonesuch cannot be started: no such file or directory")


@posix
def test_query_kills_what_hangs_and_its_children(shell, tmp_path):
    stubborn, parent = tmp_path / "stubborn", tmp_path / "parent"
    started = time.monotonic()
    answer = shell.query((*code(FAMILY), str(stubborn), str(parent), STUBBORN), timeout=3)
    assert time.monotonic() - started < 8
    assert answer.out is None
    assert "gave no answer in 3 s" in answer.why
    assert all(gone(int(wait_for(path)), 2) for path in (stubborn, parent))


# ------------------------------------------------------------------ which


def program(path: Path, text: str = "#!/bin/sh\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


@posix
def test_which_skips_relative_and_empty_entries(environ, tmp_path):
    found = program(tmp_path / "bin" / "tool")
    relative = os.path.relpath(found.parent)
    shell = LocalShell({**environ, "PATH": os.pathsep.join(["", ".", relative])})
    assert shell.which("tool") is None
    shell = LocalShell({**environ, "PATH": os.pathsep.join([relative, str(found.parent)])})
    assert shell.which("tool") == found
    assert shell.which_in(str(found), "") == found


@posix
def test_which_takes_programs_only(environ, tmp_path):
    (tmp_path / "one" / "tool").mkdir(parents=True)
    plain = program(tmp_path / "two" / "tool")
    plain.chmod(0o644)
    last = program(tmp_path / "three" / "tool")
    path = os.pathsep.join(str(tmp_path / n) for n in ("none", "one", "two", "three"))
    assert LocalShell({**environ, "PATH": path}).which("tool") == last


# ------------------------------------------------------------------ write

GENERATIONS = """
import sys
from pathlib import Path
from envboot.shell.local import LocalShell
shell, n = LocalShell(), 0
while True:
    n += 1
    shell.write(Path(sys.argv[1]), f"{n}\\n" * 20000)
"""


@posix
def test_a_killed_writer_leaves_the_file_whole(child_environ, tmp_path):
    path = tmp_path / "file"
    for delay in (0.0, 0.003, 0.01, 0.02, 0.05, 0.1):
        path.unlink(missing_ok=True)
        writer = subprocess.Popen([*code(GENERATIONS), str(path)], env=child_environ)
        wait_for(path)
        time.sleep(delay)
        writer.kill()
        writer.wait()
        rows = path.read_text().splitlines()
        assert len(rows) == 20000
        assert len(set(rows)) == 1


@posix
def test_write_keeps_the_mode_and_makes_folders(shell, tmp_path):
    path = tmp_path / "a" / "b" / "script"
    shell.write(path, "one")
    plain = stat.S_IMODE(path.stat().st_mode)
    shell.write(path, "two", executable=True)
    assert stat.S_IMODE(path.stat().st_mode) == plain | ((plain & 0o444) >> 2)
    path.chmod(0o600)
    shell.write(path, "é\r\n")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_bytes() == b"\xc3\xa9\r\n"
    assert [p.name for p in path.parent.iterdir()] == ["script"]


def test_nothing_can_be_written_below_a_file(shell, tmp_path):
    (tmp_path / "file").write_text("")
    assert shell.writable(tmp_path / "file")
    assert shell.writable(tmp_path / "folder" / "new")
    assert not shell.writable(tmp_path / "file" / "new")


@posix
def test_a_private_file_is_nobody_elses_and_replaces_a_link(shell, tmp_path):
    hers, path = tmp_path / "hers", tmp_path / "order.json"
    hers.write_text("hers")
    path.symlink_to(hers)
    shell.write(path, "a token", private=True)
    assert hers.read_text() == "hers"
    assert not path.is_symlink()
    assert (path.read_text(), stat.S_IMODE(path.stat().st_mode)) == ("a token", 0o600)
    path.chmod(0o644)
    shell.write(path, "another", private=True)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@posix
def test_write_respects_the_umask(child_environ, tmp_path):
    path = tmp_path / "private"
    text = (
        "import os; os.umask(0o077); from pathlib import Path\n"
        "from envboot.shell.local import LocalShell\n"
        f"LocalShell().write(Path({str(path)!r}), 'x', executable=True)"
    )
    subprocess.run(code(text), env=child_environ, check=True)
    assert stat.S_IMODE(path.stat().st_mode) == 0o700


def test_write_takes_bytes_that_are_no_utf_8_back(shell, tmp_path):
    path = tmp_path / "activate"
    shell.write(path, b"caf\xe9".decode("utf-8", "surrogateescape"))
    assert path.read_bytes() == b"caf\xe9"
    with pytest.raises(CommandFailed, match="cannot be written"):
        shell.write(path, "\ud800")
    assert path.read_bytes() == b"caf\xe9"


def test_write_takes_the_longest_name(shell, tmp_path):
    path = tmp_path / ("é" * 127)
    shell.write(path, "x")
    assert path.read_text() == "x"


@posix
def test_write_goes_through_a_link(shell, tmp_path):
    real, link = tmp_path / "real" / "file", tmp_path / "link"
    real.parent.mkdir()
    real.write_text("old")
    link.symlink_to(real)
    shell.write(link, "new")
    assert link.is_symlink()
    assert real.read_text() == "new"


@posix
def test_write_says_why_it_cannot(shell, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CommandFailed, match=r"below cannot be written: .*/file is a file"):
        shell.write(tmp_path / "file" / "below", "x")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(CommandFailed, match="loop cannot be written"):
        shell.write(tmp_path / "loop", "x")


BY_HAND = """
import os, sys
from pathlib import Path
os.umask(0o022)
from envboot.shell.local import LocalShell
from envboot.errors import EnvbootError
shell = LocalShell()
try:
    exec(sys.argv[1], {"shell": shell, "place": Path(sys.argv[2])})
except EnvbootError as error:
    print("refused:", error)
"""


@pytest.fixture
def plainly(child_environ, tmp_path):
    """Run lines as somebody who may not do what modes forbid; return what was said."""
    before: list[str] = []
    if os.geteuid() == 0:
        if not Path("/usr/bin/setpriv").exists():
            pytest.skip("root may do everything: needs `setpriv` of util-linux, or another user")
        before = ["/usr/bin/setpriv", "--bounding-set=-all", "--inh-caps=-all"]

    def run(lines: str) -> str:
        done = subprocess.run(
            [*before, *code(BY_HAND), lines, str(tmp_path)],
            env=child_environ,
            capture_output=True,
            text=True,
            check=False,
        )
        assert not done.stderr, done.stderr
        return done.stdout

    return run


@posix
def test_a_read_only_folder_is_said(plainly):
    said = plainly("f = place / 'ro'; f.mkdir(); f.chmod(0o555); shell.write(f / 'file', 'x')")
    assert "cannot be written: permission denied" in said
    said = plainly("shell.lock(place / 'ro' / 'lock', print).__enter__()")
    assert "cannot be locked: permission denied" in said
    assert plainly("print(shell.log_to(place / 'ro' / 'log'))") == "None\n"


@posix
def test_remove_opens_read_only_folders_and_nothing_else(plainly, tmp_path):
    outside = tmp_path / "outside"
    outside.write_text("mine")
    outside.chmod(0o640)
    said = plainly(
        "import os; tree = place / 'tree'; (tree / 'a' / 'b').mkdir(parents=True)\n"
        "f = tree / 'a' / 'b' / 'file'; f.write_text('x'); f.chmod(0o444)\n"
        "os.link(f, place / 'cached')\n"
        "(tree / 'a' / 'out').symlink_to(place / 'outside')\n"
        "for folder, mode in ((tree/'a'/'b', 0o000), (tree/'a', 0o555), (tree, 0o100)):\n"
        "    folder.chmod(mode)\n"
        "shell.remove(tree); print(tree.exists())"
    )
    assert said == "False\n"
    assert stat.S_IMODE(outside.stat().st_mode) == 0o640
    assert stat.S_IMODE((tmp_path / "cached").stat().st_mode) == 0o444


@posix
def test_remove_never_changes_the_folder_above(plainly, tmp_path):
    said = plainly(
        "f = place / 'above'; (f / 'tree').mkdir(parents=True); f.chmod(0o555)\n"
        "shell.remove(f / 'tree')"
    )
    assert "cannot be removed: permission denied" in said
    assert stat.S_IMODE((tmp_path / "above").stat().st_mode) == 0o555


FULL = """
import sys
from pathlib import Path
from envboot.shell.local import LocalShell
from envboot.errors import CommandFailed
place = Path(sys.argv[1])
LocalShell().write(place / "file", "old")
try:
    LocalShell().write(place / "file", "x" * 1000000)
except CommandFailed as error:
    print(error)
print((place / "file").read_text(), [p.name for p in place.iterdir()])
"""


@pytest.mark.real
def test_a_full_disk_leaves_the_old_file(child_environ, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = 'mount -t tmpfs -o size=128k none "$1" && shift && exec "$@"'
    command = ["unshare", "-m", "sh", "-c", mount, "-", str(disk)]
    try:
        tried = subprocess.run([*command, "true"], capture_output=True, check=False)
    except FileNotFoundError:
        pytest.skip("needs `unshare` of util-linux")
    if tried.returncode:
        pytest.skip("needs the right to mount a small disk (root)")
    done = subprocess.run(
        [*command, *code(FULL), str(disk)],
        env=child_environ,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "cannot be written: no space left on device" in done.stdout
    assert done.stdout.endswith("old ['file']\n")


# ------------------------------------------------------------------ remove, rename, link


@posix
def test_remove_takes_a_link_and_not_what_it_points_to(shell, tmp_path):
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "file").write_text("x")
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "kept")
    shell.remove(link)
    assert not link.is_symlink()
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "inner").symlink_to(tmp_path / "kept")
    shell.remove(tree)
    shell.remove(tree)  # absent is no error
    assert not tree.exists()
    assert (tmp_path / "kept" / "file").read_text() == "x"


@posix
def test_link_is_replaced_at_once_and_moves_with_its_neighbour(shell, tmp_path):
    home = tmp_path / "one"
    for name in ("first", "second"):
        (home / name).mkdir(parents=True)
    link = home / "link"
    shell.link(link, home / "first")
    assert shell.target(link) == home / "first"
    shell.link(link, home / "second")
    assert shell.target(link) == home / "second"
    assert sorted(p.name for p in home.iterdir()) == ["first", "link", "second"]
    home.rename(tmp_path / "two")
    assert (tmp_path / "two" / "link").is_dir()
    (home / "folder").mkdir(parents=True)
    with pytest.raises(CommandFailed, match="cannot be linked"):
        shell.link(home / "folder", home)


def test_rename_says_why_it_cannot(shell, tmp_path):
    with pytest.raises(CommandFailed, match=r"cannot be renamed to .*: no such file"):
        shell.rename(tmp_path / "absent", tmp_path / "new")


# ------------------------------------------------------------------ a stranger's repository


@posix
@pytest.mark.parametrize("deed", ["write", "lock", "remove", "rename", "link", "log_to"])
def test_nothing_is_done_through_a_link_that_leaves_a_confined_folder(shell, tmp_path, deed):
    mine, root = tmp_path / "mine", tmp_path / "repo"
    mine.mkdir()
    root.mkdir()
    (mine / "file").write_text("kept")
    (mine / "old.log").write_text("kept")
    (root / ".envboot").symlink_to(mine)
    (root / "fine").mkdir()
    shell.confine(root)
    below = root / ".envboot"
    before = sorted(p.name for p in mine.iterdir())

    def act() -> None:
        if deed == "write":
            shell.write(below / "file", "changed")
        elif deed == "lock":
            with shell.lock(below / "lock", print):
                pass
        elif deed == "remove":
            shell.remove(below / "file")
        elif deed == "rename":
            shell.rename(root / "fine", below / "file")
        elif deed == "link":
            shell.link(below / "link", root)

    if deed == "log_to":
        assert shell.log_to(below) is None
    else:
        with pytest.raises(CommandFailed, match="is not touched: a link leads out of"):
            act()
    assert sorted(p.name for p in mine.iterdir()) == before
    assert (mine / "file").read_text() == "kept"
    shell.remove(below)  # the link itself lies inside
    assert (mine / "file").read_text() == "kept"
    shell.write(root / "fine" / "file", "x")  # and the rest is as ever


@posix
def test_a_link_to_a_file_outside_is_not_written_through_when_confined(shell, tmp_path):
    mine, root = tmp_path / "bashrc", tmp_path / "repo"
    root.mkdir()
    mine.write_text("mine")
    for name, target in (("a", mine), ("b", tmp_path / "absent"), ("c", root / "inside")):
        (root / name).symlink_to(target)
    shell.confine(root)
    for name in ("a", "b"):
        with pytest.raises(CommandFailed, match="leads out of"):
            shell.write(root / name, "theirs")
    shell.write(root / "c", "inside")
    assert mine.read_text() == "mine"
    assert not (tmp_path / "absent").exists()
    assert (root / "inside").read_text() == "inside"


# ------------------------------------------------------------------ lock

HOLDER = """
import sys, time
from pathlib import Path
from envboot.shell.local import LocalShell
with LocalShell().lock(Path(sys.argv[1]), print):
    Path(sys.argv[2]).write_text("held\\n")
    time.sleep(float(sys.argv[3]))
"""


def hold(child_environ, tmp_path, seconds):
    note = tmp_path / "note"
    command = [*code(HOLDER), str(tmp_path / "lock"), str(note), str(seconds)]
    holder = subprocess.Popen(command, env=child_environ)
    wait_for(note)
    return holder


@posix
def test_the_second_waits_and_is_told_who_holds(shell, child_environ, tmp_path):
    holder = hold(child_environ, tmp_path, 1.5)
    told: list[str] = []
    with shell.lock(tmp_path / "lock", told.append):
        assert holder.wait(PATIENCE) == 0
    assert len(told) == 1
    assert f"process {holder.pid} since" in told[0]


@posix
def test_a_killed_holder_leaves_no_lock(shell, child_environ, tmp_path):
    holder = hold(child_environ, tmp_path, 60)
    holder.kill()
    holder.wait()
    with shell.lock(tmp_path / "lock", lambda who: pytest.fail(f"held by {who}")):
        pass


@posix
def test_an_orphan_keeps_the_lock_of_a_killed_run(shell, child_environ, tmp_path):
    stubborn, parent = tmp_path / "stubborn", tmp_path / "parent"
    family = [*code(FAMILY.replace("Popen([", "Popen(close_fds=False, args=["))]
    runner = subprocess.Popen(
        [
            *code(LOCKED_RUNNER),
            str(tmp_path / "lock"),
            *family,
            str(stubborn),
            str(parent),
            STUBBORN,
        ],
        env=child_environ,
    )
    orphan = int(wait_for(stubborn))
    runner.kill()
    runner.wait()
    told: list[str] = []

    def waiting(who: str) -> None:
        told.append(who)
        assert alive(orphan)
        os.kill(orphan, signal.SIGKILL)

    with shell.lock(tmp_path / "lock", waiting):
        assert not alive(orphan)
    assert len(told) == 1


@posix
def test_a_daemon_does_not_keep_the_lock_of_a_run_that_ended(shell, tmp_path):
    note = tmp_path / "pid"
    parent = (
        "import subprocess, sys; from pathlib import Path\n"
        "p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'],"
        " close_fds=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)\n"
        f"Path({str(note)!r}).write_text(f'{{p.pid}}\\n')"
    )
    with shell.lock(tmp_path / "lock", print):
        shell.do(code(parent))
    try:
        with shell.lock(tmp_path / "lock", lambda who: pytest.fail(f"held by {who}")):
            assert alive(int(note.read_text()))
    finally:
        os.kill(int(note.read_text()), signal.SIGKILL)


@posix
def test_a_link_in_place_of_the_lock_is_not_followed(shell, tmp_path):
    mine = tmp_path / "bashrc"
    mine.write_text("mine")
    (tmp_path / "lock").symlink_to(mine)
    with pytest.raises(CommandFailed, match="cannot be locked"):
        shell.lock(tmp_path / "lock", print).__enter__()
    assert mine.read_text() == "mine"


# ------------------------------------------------------------------ the rest


def test_reads_never_raise(shell, tmp_path):
    assert shell.read(tmp_path / "absent") is None
    assert shell.read(tmp_path) is None
    assert shell.read(Path("/bad\0name")) is None
    assert shell.folder(tmp_path / "absent") == ()
    assert shell.kind(Path("/bad\0name")) == ""
    assert shell.target(tmp_path) is None
    (tmp_path / "file").write_bytes(b"12345")
    assert shell.read(tmp_path / "file", 3) == b"123"
    assert shell.kind(tmp_path / "file") == "file"
    assert shell.kind(tmp_path) == "folder"


@posix
def test_a_pipe_is_not_read(shell, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert shell.read(tmp_path / "pipe") is None  # opening it would wait for ever


def test_only_the_newest_logs_are_kept(shell, tmp_path):
    for n in range(15):
        (tmp_path / f"20200101-0000{n:02}-1.log").write_text("")
    (tmp_path / "other.txt").write_text("")
    newest = shell.log_to(tmp_path)
    logs = sorted(p.name for p in tmp_path.glob("*.log"))
    assert len(logs) == 10
    assert logs[0] == "20200101-000006-1.log"
    assert logs[-1] == newest.name
    assert (tmp_path / "other.txt").exists()


def test_home(environ):
    assert LocalShell(environ).home == Path(environ["HOME"])
    assert LocalShell({**environ, "HOME": "relative"}).home is None


def test_disk_free_of_a_place_that_is_not_there_yet(shell, tmp_path):
    here, later = shell.disk_free(tmp_path), shell.disk_free(tmp_path / "a" / "b")
    assert here
    assert later
    assert abs(here - later) < 2**30


@posix
def test_hand_over_gives_the_status_and_exactly_these_variables(shell, tmp_path):
    note = tmp_path / "note"
    text = f"import os; open({str(note)!r}, 'w').write(os.environ.get('A', '') + os.getcwd())"
    assert shell.hand_over(code(text), {"A": "yes "}, tmp_path) == 0
    assert note.read_text() == f"yes {tmp_path}"
    assert shell.hand_over(code("raise SystemExit(7)"), {}, None) == 7
    assert shell.hand_over(code("import os; os.kill(os.getpid(), 15)"), {}, None) == 143
    with pytest.raises(CommandFailed, match="cannot be started"):
        shell.hand_over(("nonesuch",), {}, None)


SENDS = """
import os, signal, sys, time
told = []
signal.signal(15, lambda *_: told.append(1))
for number in sys.argv[1:]:
    os.kill(os.getppid(), int(number))
while not told:
    time.sleep(0.01)
os._exit(43)
"""


@posix
@pytest.mark.parametrize("several", ["15", "15 2", "2 15", "1 2"])
def test_what_was_sent_to_us_to_end_is_passed_on_to_the_terminals_program(several):
    """Also within an instant of Ctrl-C, which is the program's own: no word to end is lost."""
    text = (
        "import signal, sys, os; from envboot.errors import ENDING; "
        "from envboot.shell.local import LocalShell\n"
        "def over(number, frame): raise KeyboardInterrupt(*([] if number == 2 else [ENDING]))\n"
        "for number in (1, 2, 15): signal.signal(number, over)\n"
        f"argv = [sys.executable, '-c', {SENDS!r}, *sys.argv[1:]]\n"
        "status = LocalShell().hand_over(argv, os.environ, None)\n"
        "assert signal.getsignal(2) is over\n"
        "sys.exit(status)"
    )
    command = [*code(text), *several.split()]
    with subprocess.Popen(command, env=dict(os.environ), start_new_session=True) as process:
        try:
            assert process.wait(180) == 43
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def test_a_held_program_is_ended_by_the_end_of_its_input(shell, tmp_path):
    note = tmp_path / "note"
    text = (
        "import sys, signal; signal.signal(2, signal.SIG_IGN); "
        "print(sys.stdin.readline().strip(), flush=True); sys.stdin.read(); "
        f"open({str(note)!r}, 'w').write('in peace')"
    )

    def said(line):
        assert line == "hello"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        shell.do(code(text), hold=b"hello\n", said=said)
    assert note.read_text() == "in peace"
    heard = []
    shell.do(code("print(input())"), hold=b"and out\n", said=heard.append)
    assert heard == ["and out"]
    with pytest.raises(CommandFailed, match="status 3"):
        shell.do(code("raise SystemExit(3)"), hold=b"x" * 1_000_000)


def test_only_web_links_and_pages_are_opened(shell):
    for url in ("file:///etc/passwd", "ftp://a/b.html", "javascript:x.html"):
        with pytest.raises(EnvbootError, match="not a web link"):
            shell.open(url)


def test_sizes_of_all_files_below_a_folder_and_of_no_link(shell: LocalShell, tmp_path: Path):
    root = tmp_path / "folder"
    (root / "a" / "b").mkdir(parents=True)
    (root / "a" / "b" / "ü.bin").write_bytes(b"12345")
    (root / "c").write_bytes(b"")
    if os.name != "nt":
        (root / "again").symlink_to(root)
        (root / "link").symlink_to(root / "c")
        os.mkfifo(root / "pipe")
    assert shell.sizes(root) == {"a/b/ü.bin": 5, "c": 0}
    assert len(shell.sizes(root, 1)) == 1
    assert shell.sizes(root / "absent") == shell.sizes(root / "c") == {}


# ------------------------------------------------------------ to the end of a file, and many files


def test_what_several_append_at_once_is_all_there(shell, tmp_path):
    path = tmp_path / "new" / "list.txt"
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: shell.append(path, f"line {n}\n"), range(200)))
    assert sorted(path.read_text().splitlines()) == sorted(f"line {n}" for n in range(200))


def test_appending_to_what_is_no_file_is_a_sentence(shell, tmp_path):
    with pytest.raises(CommandFailed, match="cannot be written"):
        shell.append(tmp_path, "text")


def test_many_files_are_shared_and_none_is_written_into(shell, tmp_path):
    store = tmp_path / "store"
    store.mkdir()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_bytes(b"theirs")
    folder = tmp_path / "folder"
    folder.mkdir()
    os.link(elsewhere, folder / "linked")
    contents = {"a/b/c.bin": b"\x00\r\n", "a/b/d.bin": b"", "linked": b"ours"}
    sources = {name: store / Path(name).name for name in contents}
    for name, source in sources.items():
        source.write_bytes(contents[name])
    shell.share(folder, sources)
    assert {k: (folder / k).read_bytes() for k in contents} == contents
    assert elsewhere.read_bytes() == b"theirs"
    assert (folder / "linked").samefile(store / "linked")


def test_many_files_where_one_cannot_be_are_a_sentence_that_names_it(shell, tmp_path):
    (tmp_path / "taken").mkdir()
    with pytest.raises(CommandFailed, match="taken cannot be written"):
        shell.share(tmp_path, {"taken": Path(__file__)})
    with pytest.raises(CommandFailed, match="gone cannot be written"):
        shell.share(tmp_path, {"gone": tmp_path / "nowhere"})


@pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="takes a second disk")
def test_files_of_another_disk_are_copied(shell, tmp_path):
    with tempfile.TemporaryDirectory(dir="/dev/shm") as there:
        source = Path(there, "x")
        source.write_bytes(b"x")
        shell.share(tmp_path / "new", {"x": source})
    assert (tmp_path / "new" / "x").read_bytes() == b"x"


def test_many_files_stay_in_a_repository(shell, tmp_path):
    root, other = tmp_path / "root", tmp_path / "other"
    root.mkdir()
    other.mkdir()
    (root / "link").symlink_to(other)
    shell.confine(root)
    for deed in (
        lambda: shell.share(root / "link", {"x": Path(__file__)}),
        lambda: shell.append(root / "link" / "x", ""),
    ):
        with pytest.raises(CommandFailed, match="a link leads out"):
            deed()
    assert not list(other.iterdir())


@pytest.mark.parametrize("length", [8, 2001, 100_000])
def test_a_web_token_is_masked_whatever_its_header_holds(length):
    token = f"eyJ{'a' * length}.{'b' * 20}.{'c' * 20}"
    assert redact(f"Bearer {token} end") == "Bearer *** end"
