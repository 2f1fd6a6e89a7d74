"""The child that executes a notebook runs where nbclient is, and ends with whoever started it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[1]
BUSY = """
import asyncio, os, subprocess, sys, tempfile, threading, time
from types import SimpleNamespace
from envboot.notebook import executing

executing.GRACE = executing.DEAF = 0.3
kernel = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"],
                          start_new_session=True)
manager = SimpleNamespace(has_kernel=True, provisioner=SimpleNamespace(pid=kernel.pid))
os.environ["JUPYTER_RUNTIME_DIR"] = tempfile.mkdtemp()
execution = executing.Execution.__new__(executing.Execution)
execution.done = threading.Event()

async def main():
    task = asyncio.ensure_future(asyncio.sleep(600))
    loop = asyncio.get_running_loop()
    hear = threading.Thread(target=execution._hear, args=(loop, manager, task), daemon=True)
    hear.start()
    print(kernel.pid, os.environ["JUPYTER_RUNTIME_DIR"], flush=True)
    time.sleep(600)  # the loop is busy, and hears nothing

asyncio.run(main())
"""


def test_it_takes_nothing_that_is_not_beside_nbclient(child_environ):
    """nbclient's environment has none of the packages that envboot itself takes."""
    script = "import sys; sys.path.append(sys.argv[1]); import envboot.notebook.executing"
    alone = [sys.executable, "-I", "-S", "-c", script, str(CHECKOUT)]
    done = subprocess.run(alone, env=child_environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(os.name == "nt", reason="groups of processes are POSIX")
def test_a_child_whose_loop_is_busy_ends_when_nobody_holds_its_input(child_environ):
    """As when whoever started it is killed, or its terminal is closed; the kernel ends too."""
    environ = {**child_environ, "PYTHONPATH": str(CHECKOUT)}
    process = subprocess.Popen(
        [sys.executable, "-c", BUSY],
        env=environ,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        kernel, runtime = process.stdout.readline().split(None, 1)
        assert process.poll() is None
        process.stdin.close()
        assert process.wait(60) == 1
        until = time.monotonic() + 60
        while not gone(int(kernel)):
            assert time.monotonic() < until, "the kernel goes on"
            time.sleep(0.05)
        assert not Path(runtime.strip()).exists()
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_what_it_says_to_nobody_ends_nothing(child_environ):
    """Whoever listened was killed between two cells: the outputs are still to be kept."""
    script = (
        "import sys; sys.path.append(sys.argv[1]); sys.stdin.read(1)\n"
        "from envboot.notebook.executing import Execution\n"
        "one = Execution.__new__(Execution); one.order = {'word': 'w'}\n"
        "one.say(cell=1, of=2); one.say(cell=2, of=2); print('on', file=sys.stderr)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-I", "-c", script, str(CHECKOUT)],
        env=child_environ,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    process.stdout.close()
    process.stdin.write("x")
    process.stdin.close()
    said = process.stderr.read()
    process.stderr.close()
    process.wait(60)
    assert said.startswith("on\n"), said


def gone(pid):
    """Return whether a process has ended; one that nobody waited for has, too."""
    done = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return not done.stdout.strip() or done.stdout.strip().startswith("Z")
