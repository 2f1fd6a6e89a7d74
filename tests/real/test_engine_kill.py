"""Our engine killed at any moment: the next run ends in an environment with no altered file.

The child alone is killed thirty times, in turns with empty and with full caches, the whole story a
few times. The moments are spread over the time that an undisturbed run takes; their seed is in
every failure, and ``ENVBOOT_SEED`` plays one again.
"""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import time
from pathlib import Path

import pytest

from tests.real.person import Person, leftovers
from tests.real.rattling import Child, altered, tiny_channel, tool_of, tools_at
from tests.servers import Server

pytestmark = pytest.mark.real

SEED = os.environ.get("ENVBOOT_SEED") or str(random.SystemRandom().randrange(10**6))
NUMBER = 30
FILE = """\
name: killed
channels: [{url}, nodefaults]
dependencies:
  - python
  - tool=1
  - many
  - big
"""
UP = ("--yes", "--no-kernel", "--no-shell", "--engine", "rattler")


linux = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="there is no /proc here")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with Server(tiny_channel(tmp_path_factory.mktemp("channel"))) as serving:
        yield serving


def moments(number, duration, what):
    """Return moments in seconds, one in each of ``number`` equal parts of the duration."""
    chance = random.Random(f"{SEED} {what}")  # noqa: S311 - no secret
    part = duration * 1.05 / number
    return [(n + chance.random()) * part for n in range(number)]


def kill(process):
    """Kill a process with all that it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=60)


def test_the_child_killed_at_thirty_moments(tmp_path, server):
    child = Child(tmp_path / "hers", [server.url], ("python", "tool", "many", "big"))
    cold = _seconds(child)
    shutil.rmtree(child.prefix)
    warm = _seconds(child)
    early = cold * 0.2  # Python itself starts
    for number, moment in enumerate(moments(NUMBER, max(cold, warm) - early, "child")):
        if number % 2:
            shutil.rmtree(child.order.cache)
        shutil.rmtree(child.prefix)
        where = f"seed {SEED}, killed after {early + moment:.3f} s of {cold:.3f} or {warm:.3f}"
        process = child.start()
        time.sleep(early + moment)
        kill(process)
        try:
            if is_whole(child.prefix):
                assert altered(child.prefix) == []
                shutil.rmtree(child.prefix)
            child.works()
        except AssertionError as error:
            raise AssertionError(where) from error


def is_whole(prefix):
    """Return whether an environment says that it is whole."""
    meta = prefix / "conda-meta"
    return (meta / "history").exists() and not (meta / "envboot-half-made").exists()


def _seconds(child):
    started = time.monotonic()
    child.works()
    return time.monotonic() - started


@pytest.fixture(scope="module")
def ground(tmp_path_factory, server):
    """Return a person, her repository, and how long an undisturbed run takes there."""
    folder = tmp_path_factory.mktemp("story")
    person = Person(folder / "person", XDG_CACHE_HOME=str(tools_at(tmp_path_factory)))
    person.environ["RATTLER_CACHE_DIR"] = str(folder / "packages")
    root = folder / "clone of hers"
    root.mkdir()
    (root / "environment.yml").write_text(FILE.format(url=server.url))
    (root / "main.py").write_text("import tool\n\nprint(tool.__version__)\n")
    person.root, person.prefix = root, person.home / ".conda" / "envs" / "killed"
    started = time.monotonic()
    done = person.types(*UP, cwd=root)
    assert done.returncode == 0, done.stderr
    person.seconds = time.monotonic() - started
    return person


def whole(person):
    """Fail unless the environment works, and nothing of a broken run is left."""
    assert tool_of(person.prefix) == "1.0"
    assert altered(person.prefix) == []
    assert leftovers(person.root) == []
    assert leftovers(person.prefix.parent) == []
    names = sorted(p.name for p in person.prefix.parent.iterdir() if not p.name.startswith("."))
    assert [n for n in names if not n.startswith("killed")] == []


def test_the_whole_story_killed_at_four_moments(ground):
    whole(ground)
    for moment in moments(4, ground.seconds, "story"):
        shutil.rmtree(ground.prefix.parent)
        shutil.rmtree(ground.root / ".envboot", ignore_errors=True)
        process = ground.start(*UP, cwd=ground.root)
        time.sleep(moment)
        kill(process)
        where = f"seed {SEED}, killed after {moment:.3f} s of {ground.seconds:.3f}"
        try:
            if ground.prefix.exists():  # only a whole one may stand there
                assert is_whole(ground.prefix)
                assert altered(ground.prefix) == []
            done = ground.types(*UP, cwd=ground.root)
            assert done.returncode == 0, done.stderr
            whole(ground)
        except AssertionError as error:
            raise AssertionError(where) from error


@linux
def test_the_engine_alone_killed_below_the_story(ground):
    """What envboot started is killed, as the system does when memory runs out: it is said."""
    shutil.rmtree(ground.prefix.parent)
    shutil.rmtree(ground.root / ".envboot", ignore_errors=True)
    process = ground.start(*UP, cwd=ground.root)
    killed = False
    end = time.monotonic() + 60
    while process.poll() is None and not killed and time.monotonic() < end:
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):  # it ended meanwhile
                words = (folder / "cmdline").read_bytes().split(b"\0")
                if b"envboot.engines.rattler" in words and str(ground.home).encode() in words[-4]:
                    os.kill(int(folder.name), signal.SIGKILL)
                    killed = True
        time.sleep(0.005)
    _out, said = process.communicate(timeout=60)
    assert killed, said
    assert process.returncode == 7, said
    assert "Traceback" not in said
    assert not ground.prefix.exists()
    assert ground.types(*UP, cwd=ground.root).returncode == 0
    whole(ground)
