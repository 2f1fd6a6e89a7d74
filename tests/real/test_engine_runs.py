"""Our engine's child again and again on each Python at hand: no crash reaches the user.

py-rattler 0.28 crashes an interpreter that ends as usual in some runs of a hundred, though its work
is done; the child does not end as usual. ``ENVBOOT_RUNS=300`` is what a release is held to;
otherwise there are few runs, on each Python. Run by itself,
``PYTHONPATH=. python tests/real/test_engine_runs.py 300`` prints a row for each Python.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import pytest

from envboot import interpreters
from envboot.shell.local import LocalShell
from envboot.tools import pins
from tests.real.rattling import Child, installed_at, tiny_channel

pytestmark = pytest.mark.real

FEW = 5
RUNS = int(os.environ.get("ENVBOOT_RUNS") or FEW)


def pythons():
    """Return an interpreter of each minor version that py-rattler runs on, newest first."""
    found = {}
    for python in interpreters.find(LocalShell()):
        if python.version >= (*pins.RATTLER.python, 0):
            found.setdefault(python.version[:2], python)
    return [found[version] for version in sorted(found, reverse=True)]


def solves(folder, channel, python):
    """Return a child that solves for one tiny package."""
    child = Child(folder, [channel.as_uri()], ("tool",), python=python.path)
    return child.asks(task="solve", prefix="")


def failures(child, tools, number):
    """Run ``number`` children; return what was wrong with those that did not end well."""
    wrong = []
    for count in range(number):
        done = child.run("--tools", str(tools))
        names = {p["name"] for s in (done.answer.solved if done.answer else ()) for p in s.packages}
        if done.returncode != 0 or not {"tool", "python"} <= names:
            wrong.append(f"run {count + 1}: status {done.returncode}: {done.said.strip()[-300:]}")
    return wrong


@pytest.fixture(scope="module")
def channel(tmp_path_factory):
    return tiny_channel(tmp_path_factory.mktemp("channel"))


@pytest.mark.parametrize("python", pythons(), ids=lambda p: p.text)
def test_no_run_crashes(tmp_path, channel, python):
    child = solves(tmp_path / "hers", channel, python)
    assert failures(child, installed_at(tmp_path / "tools"), RUNS) == []


def main() -> None:
    """Run as many as are asked for, on each Python."""
    number = int(sys.argv[1]) if sys.argv[1:] else 300
    with tempfile.TemporaryDirectory() as name:
        channel = tiny_channel(Path(name) / "channel")
        tools = installed_at(Path(name) / "tools")
        for python in pythons():
            child = solves(Path(name) / python.text, channel, python)
            wrong = failures(child, tools, number)
            sys.stdout.write(f"Python {python.text}: {number} runs, {len(wrong)} failed\n")
            sys.stdout.writelines(f"  {line}\n" for line in wrong)
            sys.stdout.flush()


if __name__ == "__main__":
    main()
