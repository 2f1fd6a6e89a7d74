"""Killed at any moment: the next run ends in a working environment, and nothing else was touched.

The moments are spread over the time that an undisturbed run takes; their seed is in every
failure, and ``ENVBOOT_SEED`` plays others. ``ENVBOOT_MOMENTS=10`` is what a release is held to, for
each kind of kill; otherwise there are few moments, for each kind.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import signal
import time
import uuid
from pathlib import Path

import pytest

from tests.real.person import PATH, Person, ask_for, leftovers, make_repository, tree, version_in

pytestmark = pytest.mark.real

SEED = os.environ.get("ENVBOOT_SEED") or "7"
FEW = 4
MOMENTS = int(os.environ.get("ENVBOOT_MOMENTS") or FEW)
FILES = 300  # in the package, so that there is time to hit
UP = ("--yes", "--no-kernel", "--no-shell", "--engine", "uv")
linux = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="there is no /proc here")


class Ground:
    """A repository, its person, and how long an undisturbed run takes there."""

    def __init__(self, folder):
        self.mark = uuid.uuid4().hex
        self.person = Person(folder / "person", ENVBOOT_TEST_MARK=self.mark)
        self.root = make_repository(folder / "clone of hers", files=FILES)
        self.prefix = self.root / ".venv"
        self.around = folder
        self.run()  # fills uv's cache
        self.clear()
        started = time.monotonic()
        self.run()
        self.creation = time.monotonic() - started
        ask_for(self.root, "2.0")
        started = time.monotonic()
        self.run()
        self.update = time.monotonic() - started
        ask_for(self.root, "1.0")
        self.run()
        self.before = self.outside()

    def outside(self):
        """Return all that lies outside of the repository, but for uv's cache."""
        cache = str(self.person.home / ".cache")
        found = tree(self.around)
        return {k: v for k, v in found.items() if not k.startswith((cache, str(self.root)))}

    def clear(self):
        """Make the repository a fresh clone again."""
        shutil.rmtree(self.prefix, ignore_errors=True)
        shutil.rmtree(self.root / ".envboot", ignore_errors=True)

    def run(self):
        """Let a run go to its end, which must be good."""
        done = self.person.types(*UP, cwd=self.root)
        assert done.returncode == 0, done.stderr
        return done

    def start(self):
        """Start a run and return it when it has said its first word."""
        process = self.person.start(*UP, cwd=self.root)
        assert process.stderr.readline().startswith("> locating")
        return process

    def alive(self):
        """Return the processes that this test started and that still run."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):  # it ended meanwhile
                if self.mark.encode() in (folder / "environ").read_bytes():
                    state = (folder / "stat").read_text().rpartition(")")[2].split()[0]
                    found += [int(folder.name)] if state != "Z" else []
        return found

    def is_whole(self, wanted):
        """Fail unless the environment works and nothing of a broken run is left."""
        assert version_in(self.prefix) == wanted
        assert not leftovers(self.root)
        changed = {k for k, v in self.outside().items() if self.before.get(k, "") != v}
        assert not changed, "something was written outside of the repository"
        again = self.person.types(cwd=self.root)
        assert again.returncode == 0, again.stderr
        assert "is up to date" in again.stderr


@pytest.fixture(scope="module")
def ground(tmp_path_factory):
    if shutil.which("uv", path=PATH) is None:
        pytest.skip("uv is not installed")
    return Ground(tmp_path_factory.mktemp("killed"))


def moments(number, duration, what):
    """Return moments in seconds, one in each of ``number`` equal parts of the duration."""
    chance = random.Random(f"{SEED} {what}")  # noqa: S311 - no secret
    part = duration * 1.05 / number
    return [(n + chance.random()) * part for n in range(number)]


def kill(process, ground, *, children):
    """Kill envboot; with all that it started, as a container's end does, or alone."""
    others = [p for p in ground.alive() if p != process.pid] if children else []
    for pid in (process.pid, *others):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.communicate(timeout=180)


@linux
@pytest.mark.parametrize("children", [False, True], ids=["alone", "with its children"])
def test_a_creation_that_is_killed(ground, children):
    ask_for(ground.root, "1.0")
    for moment in moments(MOMENTS, ground.creation, f"creation {children}"):
        ground.clear()
        process = ground.start()
        time.sleep(moment)
        kill(process, ground, children=children)
        where = f"seed {SEED}, killed after {moment:.3f} s of {ground.creation:.3f}"
        if version_in(ground.prefix) != "1.0":  # half of one may stand nowhere but in our folder
            assert not ground.prefix.exists(), where
        try:
            ground.run()
            ground.is_whole("1.0")
        except AssertionError as error:
            raise AssertionError(where) from error


@linux
@pytest.mark.parametrize("children", [False, True], ids=["alone", "with its children"])
def test_an_update_that_is_killed(ground, children):
    old, new = "1.0", "2.0"
    ask_for(ground.root, old)
    ground.run()
    for moment in moments(MOMENTS, ground.update, f"update {children}"):
        where = f"seed {SEED}, killed after {moment:.3f} s of {ground.update:.3f}"
        ask_for(ground.root, new)
        process = ground.start()
        time.sleep(moment)
        kill(process, ground, children=children)
        stands = version_in(ground.prefix)
        # between two renames there is none for a moment, and the journal says which to put there
        journal = (ground.root / ".envboot" / ".venv.journal").exists()
        assert stands in {old, new} or (journal and not ground.prefix.exists()), where
        try:
            if stands == old:  # back to what it was made of: it was whole all the time
                ask_for(ground.root, old)
                assert "is up to date" in ground.person.types(cwd=ground.root).stderr
                ask_for(ground.root, new)
            ground.run()
            ground.is_whole(new)
        except AssertionError as error:
            raise AssertionError(where) from error
        old, new = new, old


@linux
@pytest.mark.parametrize("twice", [False, True], ids=["once", "twice"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP], ids=str)
@pytest.mark.parametrize("update", [False, True], ids=["creation", "update"])
def test_a_run_that_is_told_to_end(ground, number, update, twice):
    duration = ground.update if update else ground.creation
    for moment in moments(max(1, MOMENTS // 4), duration * 0.8, f"{number} {update} {twice}"):
        where = f"seed {SEED}, {number!r} after {moment:.3f} s of {duration:.3f}"
        ground.clear()
        if update:
            ask_for(ground.root, "2.0")
            ground.run()
        ask_for(ground.root, "1.0")
        process = ground.start()
        time.sleep(moment)
        process.send_signal(number)
        if twice:
            time.sleep(0.02)
            process.send_signal(number)
        _out, said = process.communicate(timeout=180)
        whole = version_in(ground.prefix) == "1.0"
        if not whole or "to use it:" not in said:  # else it came too late
            # CPython ends itself by SIGINT, 130 to a shell, where a dataclass was being made
            assert process.returncode in {130, -signal.SIGINT}, (where, said)
            assert "interrupted" in said, (where, said)
            assert "Traceback" not in said, (where, said)
        assert not ground.alive(), where
        if update and not whole:
            assert version_in(ground.prefix) == "2.0", where
        # a program that was just being started may write once more: the next run clears that away
        try:
            ground.run()
            ground.is_whole("1.0")
        except AssertionError as error:
            raise AssertionError(where) from error


@linux
def test_a_run_that_is_told_to_end_while_another_waits(ground):
    """The one that waits goes on with what is left, and both end."""
    ground.clear()
    ask_for(ground.root, "1.0")
    first = ground.start()
    time.sleep(ground.creation * 0.4)
    second = ground.person.start(*UP, cwd=ground.root)
    time.sleep(0.1)
    first.send_signal(signal.SIGTERM)
    first.communicate(timeout=180)
    _out, said = second.communicate(timeout=180)
    assert second.returncode == 0, said
    ground.is_whole("1.0")


@linux
def test_a_child_that_ignores_signals_is_gone_too(ground):
    """A build that ignores SIGINT and SIGTERM is killed, with what it started."""
    ground.clear()
    slow = ground.root / "slow"
    slow.mkdir()
    (slow / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "slow"\nbackend-path = ["."]\n'
    )
    (slow / "slow.py").write_text(
        "import signal, subprocess, sys, time\n"
        "def build_wheel(*_a, **_k):\n"
        "    for n in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):\n"
        "        signal.signal(n, signal.SIG_IGN)\n"
        "    open('here', 'w').close()\n"
        "    subprocess.run([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "get_requires_for_build_wheel = lambda *_a: []\n"
    )
    (ground.root / "requirements.txt").write_text("./slow\n")
    try:
        process = ground.start()
        end = time.monotonic() + 180
        while not list(ground.root.rglob("here")) and time.monotonic() < end:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=180)
        assert process.returncode == 130
        gone = time.monotonic() + 60
        while ground.alive() and time.monotonic() < gone:
            time.sleep(0.05)
        assert not ground.alive()
        assert not leftovers(ground.root)
    finally:
        shutil.rmtree(slow)
        for pid in ground.alive():
            os.kill(pid, signal.SIGKILL)


def test_what_a_kill_at_the_very_end_leaves(ground):
    """The old environment lies beside the new one, which is whole: the next look clears it away."""
    ground.clear()
    ask_for(ground.root, "1.0")
    ground.run()
    state = ground.root / ".envboot"
    build, old = state / "build-venv-99", state / "old-venv-99"
    old.mkdir()
    journal = {"phase": "swapping", "build": str(build), "old": str(old)}
    (state / ".venv.journal").write_text(json.dumps(journal))
    assert ground.person.types("--dry-run", cwd=ground.root).returncode == 0
    assert old.exists(), "a dry run writes nothing"
    assert ground.person.types(cwd=ground.root).returncode == 0
    ground.is_whole("1.0")


def test_what_no_journal_speaks_of_goes_too(ground):
    """A program may write once more into a build while it is being removed; writes leave parts."""
    ground.clear()
    ask_for(ground.root, "1.0")
    ground.run()
    state = ground.root / ".envboot"
    (state / "build-venv-99" / "lib").mkdir(parents=True)
    (state / ".environment.json.00ff00ff.part").write_text("{")
    (state / "builds of hers").mkdir()
    assert ground.person.types(cwd=ground.root).returncode == 0
    ground.is_whole("1.0")
    (state / "builds of hers").rmdir()
