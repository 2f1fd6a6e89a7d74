"""Programs that take something, really measured: how much, how long, and how they are ended."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import pytest

from envboot.shell import trees
from envboot.shell.local import LocalShell

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(sys.platform != "linux", reason="the tree of processes is Linux's"),
]
MB = 10**6
HOLD = "import time; x = bytearray({size}); time.sleep({seconds})"
CHILD = "import subprocess, sys; subprocess.run([sys.executable, '-c', {code!r}], check=True)"


def python(code):
    return (sys.executable, "-I", "-c", code)


def watch(*argv, **options):
    shell = LocalShell()
    return shell.watch(argv, shell.environ, None, **options)


def near(found, wanted):
    """Return whether it is as much, within a tenth, and what interpreters take by themselves."""
    return wanted * 0.9 <= found <= wanted * 1.1


def test_what_a_grandchild_holds_for_a_second_is_seen():
    code = CHILD.format(code=CHILD.format(code=HOLD.format(size=300 * MB, seconds=1)))
    used = watch(*python(code))
    assert near(used.memory, 300 * MB + 20 * MB)
    assert used.processes == 3
    assert used.status == 0
    assert 1 <= used.seconds < 20
    assert 0 < used.cpu < used.seconds * 2


def test_a_peak_of_a_moment_is_seen():
    code = "x = bytearray(400 * 10**6); del x; import time; time.sleep(0.5)"
    # a kernel that takes pages back while they are written lets a single run show less
    assert any(near(watch(*python(code)).memory, 400 * MB) for _ in range(3))


def test_what_children_share_is_counted_once():
    code = (
        "import os, time\nx = bytearray(b'1') * (200 * 10**6)\n"
        "for _ in range(5):\n    if not os.fork():\n        time.sleep(1)\n        os._exit(0)\n"
        "time.sleep(1.2)"
    )
    used = watch(*python(code))
    assert used.processes == 6
    assert 180 * MB <= used.memory <= 300 * MB, "not six times as much"


def test_a_program_that_leaves_its_parent_is_found_again():
    daemon = HOLD.format(size=200 * MB, seconds=12)
    code = (
        "import os, subprocess, sys, time\n"
        "if not os.fork():\n    os.setsid()\n    if not os.fork():\n"
        f"        os.execv(sys.executable, [sys.executable, '-c', {daemon!r}])\n    os._exit(0)\n"
        "time.sleep(1)"
    )
    used = watch(*python(code))
    assert used.memory >= 180 * MB
    assert used.left == 1
    assert used.seconds < 10, "it is not waited for"


def test_a_thousand_children_cost_little():
    code = (  # all are there at once, however slowly a busy machine starts them
        "import os, time\nhold, held = os.pipe()\nfor _ in range(1000):\n"
        "    if not os.fork():\n        os.close(held)\n        os.read(hold, 1)\n"
        "        os._exit(0)\ntime.sleep(8)"
    )
    before = resource.getrusage(resource.RUSAGE_SELF)
    used = watch(*python(code))
    after = resource.getrusage(resource.RUSAGE_SELF)
    own = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    assert used.processes > 900
    assert own < 0.25 * used.seconds, "looking on may not take a computer of its own"


def test_children_that_were_there_before_are_left_alone():
    with (
        subprocess.Popen(["/bin/sh", "-c", "exit 4"]) as ended,
        subprocess.Popen(["sleep", "5"]) as other,
    ):
        wait_for(lambda: gone(ended.pid))
        used = watch(*python("import time; time.sleep(0.5)"))
        assert (used.processes, used.left) == (1, 0)
        assert other.poll() is None
        assert ended.wait() == 4, "its end was noticed by nobody else"
        other.kill()


@pytest.mark.parametrize(("script", "status"), [("true", 0), ("exit 3", 3), ("kill -9 $$", 137)])
def test_its_status_is_passed_on_however_short_it_is(script, status):
    begun = time.monotonic()
    assert watch("/bin/sh", "-c", script).status == status
    assert time.monotonic() - begun < 10


# -------------------------------------------------------------------- the whole command


def measured(person, repository, *words, **options):
    done = person.types("measure", *words, cwd=repository, **options)
    return done.returncode, done.stdout, done.stderr


def test_measured_written_and_read_again(person, repository):
    code = "open('big.bin', 'wb').write(x := b'1' * (60 * 10**6)); import time; time.sleep(0.3)"
    temporary = f"open({str(person.tmp / 'more')!r}, 'wb').write(bytes(40 * 10**6))"
    words = ("--yes", "--json", "--", sys.executable, "-c", f"print('said'); {code}; {temporary}")
    status, out, err = measured(person, repository, *words)
    assert status == 0, err
    found = json.loads(out)
    assert "said" in err, "with --json the command speaks to standard error"
    assert found["outcome"] == "written"
    assert found["memory"] >= 60 * MB
    assert 100 * MB <= found["written"] <= 101 * MB
    assert found["file"] == "setup.cfg"
    checked = person.types("check", cwd=repository)
    assert "setup.cfg:4, measured with" in checked.stdout
    assert (repository / "setup.cfg").read_text().startswith("[envboot:needs]\n# envboot: ")


def test_what_is_piped_in_and_out_passes_through(person, repository):
    argv = [sys.executable, "-m", "envboot", "measure", "--", "sh", "-c", "cat; exit 5"]
    done = subprocess.run(
        argv,
        cwd=repository,
        env=person.environ,
        input=b"\0bytes\xff",
        capture_output=True,
        check=False,
        timeout=180,
    )
    assert (done.returncode, done.stdout) == (5, b"\0bytes\xff")
    assert b"ended with status 5: nothing is offered" in done.stderr


def test_inside_the_environment_where_there_is_one(person, repository):
    assert person.types("up", "--yes", cwd=repository).returncode == 0
    status, out, err = measured(person, repository, "--json", "--", "python", "main.py")
    assert status == 0
    assert "\n1.0\n" in f"\n{err}", "tiny, from the environment"
    found = json.loads(out)
    assert found["environment"] > 10**4
    assert f"inside {repository / '.venv'}" in err


def test_a_read_only_repository_is_said_after_the_figures(person, repository):
    (repository / "setup.cfg").mkdir()
    (repository / "setup.cfg" / "x").write_text("")
    words = ("--yes", "--", sys.executable, "-c", HOLD.format(size=50 * MB, seconds=0.2))
    status, _, err = measured(person, repository, *words)
    assert status == 7
    assert ">   memory " in err
    assert "setup.cfg" in err.splitlines()[-1] + err


def gone(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z"
    except OSError:
        return True


def wait_for(what, seconds=60.0):
    end = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < end
        time.sleep(0.05)
    return found


@pytest.mark.parametrize("stubborn", [False, True])
def test_ctrl_c_ends_it_with_its_children_and_says_what_was_measured(
    at_terminal, repository, stubborn
):
    silent = "import sys; sys.excepthook = lambda *_: None; "
    deaf = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN); " if stubborn else silent
    own = "open('pid', 'w').write(str(__import__('os').getpid())); "
    child = deaf + own + HOLD.format(size=80 * MB, seconds=300)
    code = silent + CHILD.format(code=child)
    terminal = at_terminal("measure", "--", sys.executable, "-c", code, cwd=repository)
    terminal.read("measuring")
    pid = int(wait_for(lambda: (repository / "pid").exists() and (repository / "pid").read_text()))
    time.sleep(1.0)
    terminal.send("\x03")
    terminal.read("interrupted: nothing is offered", seconds=180)
    assert terminal.end() == 130
    assert "  memory " in terminal.text
    assert not (repository / "setup.cfg").exists()
    wait_for(lambda: gone(pid))


def test_a_request_to_end_does_the_same(person, repository):
    code = HOLD.format(size=80 * MB, seconds=300)
    code = f"open('pid', 'w').write(str(__import__('os').getpid())); {code}"
    process = person.start("measure", "--json", "--", sys.executable, "-c", code, cwd=repository)
    there = repository / "pid"
    pid = int(wait_for(lambda: there.exists() and there.read_text()))
    time.sleep(1.0)
    process.terminate()
    out, _ = process.communicate(timeout=180)
    assert process.returncode == 130
    found = json.loads(out)
    assert (found["outcome"], found["exit_code"]) == ("interrupted", 130)
    assert found["memory"] >= 80 * MB
    assert gone(pid)


def test_without_proc_psutil_sees_the_same():
    pytest.importorskip("psutil")
    code = CHILD.format(code=HOLD.format(size=50 * MB, seconds=5))
    with subprocess.Popen(python(code)) as process:
        tree = wait_for(lambda: len(t := trees._psutil(process.pid)) == 2 and t)
        wait_for(lambda: max(trees._psutil(process.pid).values()) > 50 * MB)
        assert set(tree) == set(trees.below(process.pid).resident)
        process.kill()
        for pid in tree:
            with contextlib.suppress(OSError):
                os.kill(pid, 9)
    assert trees._psutil(process.pid) == {}


def test_a_question_at_a_terminal(at_terminal, repository):
    words = ("measure", "--", sys.executable, "-c", HOLD.format(size=80 * MB, seconds=0.5))
    terminal = at_terminal(*words, cwd=repository)
    terminal.read("write this into setup.cfg?")
    terminal.read("[n]: ")
    terminal.send("y\n")
    assert terminal.end() == 0
    assert "memory = 1 GB" in (repository / "setup.cfg").read_text()


def test_a_kill_leaves_no_half_file(person, repository):
    words = ("measure", "--yes", "--", sys.executable, "-c", HOLD.format(size=MB, seconds=60))
    process = person.start(*words, cwd=repository)
    time.sleep(1.0)
    os.kill(process.pid, 9)
    process.wait(180)
    assert sorted(p.name for p in repository.iterdir()) == ["main.py", "requirements.txt", "wheels"]
    with contextlib.suppress(OSError):
        os.killpg(process.pid, 9)
    process.stdout.close()
    process.stderr.close()
