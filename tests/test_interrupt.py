"""Ctrl-C and SIGTERM are heard where Python itself would lose them."""

import subprocess
import sys
from pathlib import Path

import pytest

CHILD = """
import os, signal, sys, time
from envboot import cli
from envboot.cli import acts

class Lost:
    def __del__(self):
        os.kill(os.getpid(), signal.{name})
        for _ in range(1000):
            pass
        print("the finalizer went on")

def dispatch(*_):
    lost = Lost()
    del lost
    try:
        time.sleep(60)
    except KeyboardInterrupt as error:
        print("heard", *error.args)
        raise
    print("nothing was heard")

acts.dispatch = dispatch
sys.exit(cli.main(["doctor"]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="os.kill ends a program there")
@pytest.mark.parametrize(("name", "said"), [("SIGINT", "heard"), ("SIGTERM", "heard told to end")])
def test_what_comes_in_a_finalizer_is_heard_after_it(name, said):
    child = subprocess.run(
        [sys.executable, "-c", CHILD.format(name=name)],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert child.returncode == 130, child.stderr
    assert child.stdout.splitlines() == [said]
    assert "Traceback" not in child.stderr
    assert "ignored" not in child.stderr


def test_what_else_a_finalizer_raises_is_told_as_ever():
    code = CHILD.format(name="SIGINT").replace("os.kill(", "raise OSError(5, 'broken');(")
    code = code.replace("time.sleep(60)", "return 3")
    child = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert child.returncode == 3
    assert "ignored" in child.stderr
    assert "broken" in child.stderr
