"""Launching on a computer behind a real sshd: copied, set up there, and its proof comes back."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import replace

import pytest

from envboot import plan
from envboot.jobs import Job
from envboot.launchers import ssh
from envboot.machine import Machine
from envboot.shell.local import LocalShell
from envboot.site import Order, Site
from envboot.spec import EnvironmentSpec
from tests import sshd

pytestmark = pytest.mark.real
HANDLE = "sun-1a2b"
JOB = Job(HANDLE, "ssh", "", where="box")


class Launch:
    """One job on ``box``, without the questions and the waiting around it."""

    def __init__(self, root, box, *command, then=""):
        self.shell = LocalShell(box.environ)
        self.job = replace(JOB, root=str(root), command=command, then=then)
        machine = Machine("Linux", "x86_64", 2, "3.11.7")
        order = Order(HANDLE, "box", "box", then, command)
        self.site = Site(root, "sun", root / ".venv", machine, self.shell, order=order)

    def go(self):
        assert ssh.why_not(EnvironmentSpec("sun"), self.site) is None
        return self.do(ssh.plan(EnvironmentSpec("sun"), self.site))

    def do(self, steps):
        said = []
        plan.carry_out(steps, self.shell, said.append, said.append)
        return said

    def look(self, seen=0):
        return ssh.look(self.job, self.shell, seen)

    def until(self, *states):
        def there():
            found = self.look()
            assert found.state in {*states, "setting-up", "running", "unknown"}, found
            return found if found.state in states else None

        return sshd.until(there, " or ".join(states))


@pytest.fixture
def root(packed, tmp_path):
    """Return a copy of a packed repository."""
    return shutil.copytree(packed, tmp_path / "my clöne")


# ---------------------------------------------------------------------- the story


def test_what_is_launched_there_comes_back_with_its_proof_and_goes_without_a_trace(
    root, person, tmp_path
):
    with sshd.running(tmp_path) as box:
        environ = {**person.environ, "PATH": box.environ["PATH"], "PYTHONPATH": ""}

        def types(*words):
            argv = [sys.executable, "setup.py", *words]  # a fresh clone has nothing else
            done = subprocess.run(
                argv,
                cwd=root,
                env=environ,
                capture_output=True,
                text=True,
                check=False,
                timeout=240,
            )
            assert "Traceback" not in done.stderr, done.stderr
            return done

        program = "import tiny; print('from there', tiny.__version__); raise SystemExit(4)"
        words = ("launch", "ssh", "box", "--yes", "--json", "--", "python", "-c", program)
        done = types(*words)
        told = json.loads(done.stdout)
        assert (done.returncode, told["exit_code"], told["state"]) == (4, 4, "failed")
        made = told["result"]["environment"]
        assert told["result"]["outcome"] == "created"
        assert told["result"]["report"]["imported"] == ["tiny"]
        assert made["prefix"].startswith(f"{box.home}/envboot/{told['handle']}/")
        assert "from there 1.0" in done.stderr

        log = types("logs", told["handle"])
        assert "from there 1.0" in log.stdout + log.stderr
        assert not box.running()
        assert types("delete", told["handle"], "--yes").returncode == 0
        assert not (box.home / "envboot").exists()
        assert not list(box.home.glob(".local/state/envboot/**/*"))
        assert told["handle"] not in types("jobs").stdout


def test_ready_it_waits_for_the_person_and_the_command_is_what_ends_it(root, tmp_path):
    with sshd.running(tmp_path) as box:
        launch = Launch(root, box)
        assert launch.look().state == "gone"
        launch.go()
        found = launch.until("ready")
        assert found.result["report"]["imported"] == ["tiny"]
        assert found.status is None
        assert found.facts["tree"] == f"{box.home}/envboot/{HANDLE}"
        assert not box.running()
        again = Launch(root, box, "python", "-c", "import tiny")
        again.go()
        assert again.until("ended").status == 0
        launch.do(ssh.delete(launch.job, launch.shell))
        assert launch.look().state == "gone"


# ------------------------------------------------------------------------- faults


def test_cut_while_it_sets_up_it_is_unknown_for_a_while_and_then_what_it_is(root, tmp_path):
    with sshd.running(tmp_path) as box:
        (box.home / "hold").touch()
        wait = "import pathlib, time\nwhile pathlib.Path.home().joinpath('hold').exists():\n"
        command = ("python", "-c", f"{wait}    time.sleep(0.05)\nprint('over')")
        launch = Launch(root, box, *command)
        launch.go()
        launch.until("setting-up", "running")
        box.down()
        found = launch.look(seen=7)
        assert (found.state, found.seen) == ("unknown", 7)
        assert "box" in found.said
        box.up()
        launch.until("running")
        (box.home / "hold").unlink()
        found = launch.until("ended")
        assert found.log.endswith("over\n")
        assert found.result["outcome"] == "created"


def test_killed_in_the_middle_of_the_copy_it_goes_on_with_the_same_one(root, tmp_path):
    with sshd.running(tmp_path) as box:
        (root / "big").write_bytes(os.urandom(4_000_000))
        launch = Launch(root, box)
        wrapper = box.folder / "bin/rsync"
        wrapper.write_text(f'#!/bin/sh\nexec {shutil.which("rsync")} --bwlimit=500 "$@"\n')
        wrapper.chmod(0o755)
        first = ssh.plan(EnvironmentSpec("sun"), launch.site).steps[0]
        process = subprocess.Popen(
            first.argv, env=box.environ, stdout=subprocess.DEVNULL, start_new_session=True
        )
        sshd.until(lambda: list(box.home.glob("envboot/*/.envboot/copied")), "the note")
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        wrapper.unlink()
        found = launch.look()
        assert found.state == "stopped"
        assert "not started" in found.said
        launch.do(ssh.open(launch.job, launch.shell))
        assert launch.until("ready").result["outcome"] == "created"


def test_stopped_it_leaves_nothing_running_and_goes_on_when_it_is_asked_for(root, tmp_path):
    with sshd.running(tmp_path) as box:
        launch = Launch(root, box, "sleep", "1000")
        launch.go()
        launch.until("running")
        launch.do(ssh.stop(launch.job, launch.shell))
        sshd.until(lambda: not box.running(), "the end")
        found = launch.look()
        assert found.state == "stopped"
        assert found.status is None
        launch.do(ssh.open(launch.job, launch.shell))
        assert launch.until("running").result["outcome"] == "up-to-date"


def test_what_falls_short_there_comes_back_with_its_table(root, tmp_path):
    needs = '[tool.envboot.needs]\nmemory = "900 TB"\n'
    (root / "pyproject.toml").write_text(needs)
    with sshd.running(tmp_path) as box:
        launch = Launch(root, box)
        launch.go()
        found = launch.until("failed")
        assert found.result["exit_code"] == 6
        assert found.result["shortfalls"][0]["need"] == "memory"
        assert "status 6" in found.said
        assert found.status is None


def test_without_a_python_there_it_says_so(root, tmp_path):
    tools = "sh mkdir cat mv rm chmod uname ln tr dd head tail wc od sleep setsid tar xargs rmdir"
    path = sshd.programs(tmp_path / "tools", *tools.split())
    with sshd.running(tmp_path, path=path) as box:
        assert (
            "no Python 3.9" in ssh.offers(EnvironmentSpec("sun"), Launch(root, box).site)[0].closed
        )
        launch = Launch(root, box)
        launch.go()
        found = launch.until("failed")
        assert found.result["exit_code"] == 6
        assert "no Python 3.9 or newer" in found.result["error"]["message"]


def test_a_computer_out_of_reach_or_unknown_is_closed_with_a_sentence(root, tmp_path):
    with sshd.running(tmp_path) as box:
        box.alias("stranger", HostKeyAlias="stranger")
        site = Launch(root, box).site
        for name, why in (("stranger", "does not know the key"), ("nowhere.invalid", "knows it")):
            order = replace(site.order, where=name, size="")
            (offer,) = ssh.offers(EnvironmentSpec("sun"), replace(site, order=order))
            assert offer.name == name
            assert why in offer.closed


def test_the_log_is_followed_until_it_has_ended(root, tmp_path):
    with sshd.running(tmp_path) as box:
        launch = Launch(root, box, "echo", "the last line")
        launch.go()
        (step,) = ssh.logs(launch.job, launch.shell, follow=True).steps
        done = subprocess.run(
            step.argv, env=box.environ, capture_output=True, text=True, check=True, timeout=120
        )
        assert done.stdout.endswith("the last line\n")
