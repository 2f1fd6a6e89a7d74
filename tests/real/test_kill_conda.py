"""Killed while conda works: it builds where the environment will stand, and an update beside it."""

from __future__ import annotations

import os
import signal
import time

import pytest

from tests.real.person import CHECKOUT, Person
from tests.real.test_conda_real import channel, computer  # noqa: F401 - fixtures
from tests.real.test_kill import SEED, moments

pytestmark = pytest.mark.real

UP = ("--yes", "--no-kernel", "--no-shell", "--engine", "conda")


@pytest.fixture
def ground(tmp_path, computer, channel):  # noqa: F811 - pytest's way
    """Return a person with conda, her repository, and where its environment goes."""
    found = Person(tmp_path / "person")
    found.environ = {**computer.environ, "PYTHONPATH": str(CHECKOUT)}
    found.root = tmp_path / "clone"
    found.root.mkdir()
    found.prefix = tmp_path / "home" / "miniforge3" / "envs" / "killed"

    def ask_for(version):
        (found.root / "environment.yml").write_text(
            f"name: killed\nchannels: [{channel}]\ndependencies:\n- python\n- alpha={version}\n"
        )
        (found.root / "main.py").write_text("import alpha\n")

    def version():
        code = "import alpha; print(alpha.__version__)"
        said = computer.query((str(found.prefix / "bin/python"), "-I", "-c", code))
        return (said.out or "").strip()

    def run():
        done = found.types(*UP, cwd=found.root)
        assert done.returncode == 0, done.stderr
        beside = found.prefix.parent
        state = beside / ".envboot"
        assert not [*state.glob("*.journal"), *beside.glob("*--old-*")]
        alone = {found.prefix.resolve().name, found.prefix.name, ".envboot"}
        assert {p.name for p in beside.iterdir()} <= alone

    found.ask_for, found.version, found.run = ask_for, version, run
    return found


def test_conda_that_is_killed(ground):
    ground.ask_for("1.0")
    started = time.monotonic()
    ground.run()
    duration = time.monotonic() - started
    assert ground.version() == "1.0"
    old, new = "1.0", "2.0"
    for number, moment in enumerate(moments(5, duration, "conda")):
        where = f"seed {SEED}, killed after {moment:.3f} s of {duration:.3f}"
        if number == 3:  # from here on a first creation
            assert ground.types("remove", "--yes", cwd=ground.root).returncode == 0, where
            assert not ground.prefix.exists()
            old = ""
        ground.ask_for(new)
        process = ground.start(*UP, cwd=ground.root)
        process.stderr.readline()
        time.sleep(moment)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate(timeout=180)
        if old:
            assert ground.version() in {old, new}, where
        try:
            ground.run()
            assert ground.version() == new
        except AssertionError as error:
            raise AssertionError(where) from error
        old, new = new, old or "1.0"
        if number >= 3:
            assert ground.types("remove", "--yes", cwd=ground.root).returncode == 0, where
            old = ""
