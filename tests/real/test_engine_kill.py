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

from envboot.shell.local import LocalShell
from envboot.transaction import standing
from tests.real.rattling import UP, Child, Story, altered, is_whole, tiny_channel, tools_at
from tests.servers import Server

pytestmark = pytest.mark.real

SEED = os.environ.get("ENVBOOT_SEED") or str(random.SystemRandom().randrange(10**6))
NUMBER = 30
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
    process.communicate(timeout=180)


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


def _seconds(child):
    started = time.monotonic()
    child.works()
    return time.monotonic() - started


@pytest.fixture(scope="module")
def story(tmp_path_factory, server):
    """Return a person with her repository, and how long an undisturbed run takes there."""
    folder = tmp_path_factory.mktemp("story")
    story = Story(folder, server.url, tools_at(tmp_path_factory))
    started = time.monotonic()
    story.goes_up()
    story.seconds = time.monotonic() - started
    return story


def test_the_whole_story_killed_at_four_moments(story):
    for number, moment in enumerate(moments(4, story.seconds, "story")):
        story.clear()
        if number % 2:
            shutil.rmtree(story.environ["RATTLER_CACHE_DIR"])
        process = story.start(*UP, cwd=story.root)
        time.sleep(moment)
        kill(process)
        where = f"seed {SEED}, killed after {moment:.3f} s of {story.seconds:.3f}"
        try:
            stands = standing(story.prefix, LocalShell())
            assert stands in {"", "half", "ours"}, "what is half made says so"
            if stands == "ours":  # and what says that it is whole, is
                assert is_whole(story.prefix)
                assert altered(story.prefix) == []
            story.goes_up()
        except AssertionError as error:
            raise AssertionError(where) from error


@linux
def test_the_engine_alone_killed_below_the_story(story):
    """What envboot started is killed, as the system does when memory runs out: it is said."""
    story.clear()
    process = story.start(*UP, cwd=story.root)
    killed = False
    end = time.monotonic() + 180
    while process.poll() is None and not killed and time.monotonic() < end:
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):  # it ended meanwhile
                line = (folder / "cmdline").read_bytes()
                if b"\0envboot.engines.rattler\0" in line and bytes(story.home) in line:
                    os.kill(int(folder.name), signal.SIGKILL)
                    killed = True
        time.sleep(0.005)
    _out, said = process.communicate(timeout=180)
    assert killed, said
    assert process.returncode == 7, said
    assert "Traceback" not in said
    assert story.beside() == []
    story.goes_up()
