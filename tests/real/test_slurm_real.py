"""A real cluster on loopback (munged, slurmctld, two slurmds), and a person who launches on it."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import shutil
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest

from envboot.jobs import Job, journal
from envboot.launchers import slurm
from envboot.launchers.slurm import script
from envboot.needs import read
from envboot.shell.local import LocalShell
from envboot.spec import Origin
from tests import sshd
from tests.cluster import cluster as run_cluster
from tests.cluster import until
from tests.real.person import PATH, Person, Terminal

pytestmark = pytest.mark.real

# A driver that finds GPUs inside of a job alone, as on a login node with the tools of the nodes.
NVIDIA = """\
#!/bin/sh
[ "$CUDA_VISIBLE_DEVICES" ] || { echo "No devices were found"; exit 6; }
echo "0, NVIDIA A100-SXM4-40GB, 40960, 40500, 0, 550.54.14, 8.0, Disabled"
"""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """Return a cluster that these tests share."""
    with run_cluster(tmp_path_factory.mktemp("slurm")) as running:
        yield running


@pytest.fixture(scope="module")
def late(cluster):
    """Return a job that will run out of its time while other tests work."""
    job = cluster.asks(
        "sbatch", "--parsable", "-J", "late-0000", "-o", "/dev/null", "--wrap=sleep 600"
    )
    cluster.until(lambda: cluster.state("late-0000") == "RUNNING", "the late job runs")
    soon = (datetime.now() + timedelta(seconds=2)).strftime("%Y-%m-%dT%H:%M:%S")  # noqa: DTZ005 - Slurm's clock
    cluster.asks("scontrol", "update", f"JobId={job}", f"EndTime={soon}")
    return "late-0000"


@pytest.fixture
def person(cluster, tmp_path):
    """Someone who works on the cluster's login node."""
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "nvidia-smi").write_text(NVIDIA)
    (programs / "nvidia-smi").chmod(0o755)
    return Person(tmp_path / "person", **cluster.environ, PATH=f"{programs}:{PATH}")


def declare(root, text):
    (root / "setup.cfg").write_text(f"[envboot:needs]\n{text}\n")


def launches(person, root, *words, where=(), status=0):
    """Let her launch; return what ``--json`` says."""
    done = person.types("launch", "slurm", *where, "--yes", "--json", *words, cwd=root)
    assert done.returncode == status, done.stdout + done.stderr
    return json.loads(done.stdout)


def says(person, root, *words):
    """Return what she is told of a job."""
    done = person.types(*words, cwd=root)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def job_of(person, handle):
    return journal.read(handle, LocalShell(person.environ))


def look(person, handle):
    return slurm.look(job_of(person, handle), LocalShell(person.environ))


def awaits(cluster, person, handle, *wanted):
    """Wait until a look finds one of these states; return the report."""

    def found():
        report = look(person, handle)
        return report if report.state in wanted else None

    return cluster.until(found, f"{handle} is {wanted}")


def test_a_machine_that_falls_short_a_job_that_does_not_and_its_proof(late, cluster, person, clone):
    assert late  # it is on its way, and looked at by the last test
    declare(clone, "gpu = 1")
    terminal = Terminal(person, program=(sys.executable, "setup.py"), cwd=clone)
    terminal.read("insufficient GPU: ")
    terminal.read(") a Slurm cluster")
    terminal.read("]: ")
    terminal.send("slurm\n")
    terminal.read("too small: gpu: none; 1 needed")
    terminal.read("which size?")
    terminal.read("]: ")
    terminal.send("\n")
    terminal.read(
        "a job of Slurm on this computer: --partition=gpu --gres=gpu:1 (Slurm expects it to"
    )
    terminal.read("who pays: your cluster's accounting counts it")
    terminal.read("do you want to set up with a Slurm cluster")
    terminal.read("]: ")
    assert not cluster.asks("squeue", "-h", "-t", "all", "-p", "gpu"), "nothing before the yes"
    assert not (person.home / "envboot").exists()
    terminal.send("y\n")
    terminal.read("there: created: ")
    terminal.read("there: imported: tiny")
    terminal.read("to remove all of it there: `python3 setup.py delete ")
    assert terminal.end() == 0
    assert not (clone / ".venv").exists(), "it was made there, not here"


@pytest.fixture(scope="module")
def ground(cluster, packed, tmp_path_factory):
    """Return (person, clone) of somebody whose jobs many tests look at: making one takes long."""
    folder = tmp_path_factory.mktemp("ground")
    root = folder / "clone"
    shutil.copytree(packed, root, ignore=shutil.ignore_patterns(".venv"))
    return Person(folder / "person", **cluster.environ), root


@pytest.fixture(scope="module")
def array(ground):
    """Return the handle of an array of four that has ended, one of them badly."""
    person, root = ground
    says_so = 'echo "task $SLURM_ARRAY_TASK_ID of $SLURM_ARRAY_TASK_COUNT"'
    command = ("sh", "-c", f"{says_so}; [ $SLURM_ARRAY_TASK_ID != 3 ] || exit 4")
    found = launches(person, root, "--array", "1-4", "--then", "shell", "--", *command, status=4)
    assert found["outcome"] == "failed"
    return found["handle"]


def test_an_array_makes_one_environment_and_each_task_its_own_result(ground, array, cluster):
    person, root = ground
    said = says(person, root, "status", array)
    assert "3 of 4 ended, 1 failed; task 3: " in said
    logs = says(person, root, "logs", array)
    for task in range(1, 5):
        assert f"task {task} of 4\n" in logs
    made = [line for line in logs.splitlines() if "making the environment" in line]
    assert len(made) == 1, "the others waited, and found it made"
    work = person.home / ".local/state/envboot/work" / array
    statuses = [(work / str(n) / "status").read_text().strip() for n in range(1, 5)]
    assert statuses == ["0", "0", "4", "0"]
    for n in range(1, 5):
        assert json.loads((work / str(n) / "result.json").read_text())["exit_code"] == 0
    assert len(cluster.asks("squeue", "-h", "-r", "-t", "all", f"--name={array}").split("\n")) == 4


def test_a_shell_on_a_node_in_the_environment(ground, array, cluster):
    person, root = ground
    terminal = Terminal(person, "open", array, cwd=root, SHELL="/bin/sh")
    terminal.read("salloc: Granted job allocation")
    terminal.read("`exit` leaves it")
    terminal.send("echo on=$SLURMD_NODENAME; python -c 'import tiny; print(tiny.__file__)'; tty\n")
    terminal.read("on=c1")
    terminal.read(f"/envboot/{array}/.venv/lib")
    terminal.read("/dev/pts/")
    terminal.send("exit\n")
    assert terminal.end() == 0
    cluster.until(
        lambda: cluster.state(f"{array}-shell") in {"COMPLETED", "FAILED"}, "the allocation is over"
    )


def test_a_job_that_fails_with_a_gpu_and_then_all_of_it_is_removed(person, clone):
    declare(clone, "gpu = 1\ncpus = 1")
    # she sits in a job herself, and likes one partition: neither counts as a flag of ours
    person.environ.update(SLURM_JOB_ID="7", SLURM_ARRAY_TASK_ID="5", SLURM_MEM_PER_NODE="999999")
    person.environ.update(SBATCH_PARTITION="cpu", SQUEUE_FORMAT="%u", SBATCH_WAIT="1")
    command = ("sh", "-c", "echo GPU=$CUDA_VISIBLE_DEVICES CPUS=$SLURM_CPUS_ON_NODE; exit 3")
    found = launches(person, clone, "--partition", "gpu", "--", *command, status=3)
    assert (found["state"], found["size"]) == ("failed", "gpu")
    assert found["said"] == "the command ended with status 3"
    assert found["result"]["report"]["imported"] == ["tiny"]
    assert "GPU=0 CPUS=1\n" in says(person, clone, "logs", found["handle"])
    assert (person.home / "envboot" / found["handle"] / ".venv").is_dir()
    said = says(person, clone, "delete", found["handle"], "--yes")
    assert "nothing of it is left there" in said
    assert not (person.home / "envboot").exists()
    assert "nothing is launched" in says(person, clone, "jobs")


def test_a_job_that_is_cancelled_and_one_that_waits_for_ever(cluster, person, clone):
    words = ("--no-wait", "--partition", "gpu", "--account", "thesis", "--")
    one = launches(person, clone, *words, "sleep", "600")["handle"]
    awaits(cluster, person, one, "running")
    account = cluster.asks("squeue", "-h", f"--name={one}", "-o", "%a|%P")
    assert account == "thesis|gpu"
    terminal = Terminal(person, "open", one, cwd=clone, SHELL="/bin/sh")
    terminal.read("`exit` leaves it")
    terminal.send("echo job=$SLURM_JOB_ID; which python\n")
    terminal.read(f"job={look(person, one).facts['number']}")
    terminal.read(f"/envboot/{one}/.venv/bin/python")
    terminal.send("exit\n")
    assert terminal.end() == 0
    assert cluster.state(one) == "RUNNING"
    follow = Terminal(person, "logs", one, "--follow", cwd=clone)
    follow.read("1 package installed, done.")
    cluster.asks("scancel", f"--name={one}")
    assert follow.end() == 0, "the log has ended with the job"
    report = awaits(cluster, person, one, "failed")
    assert report.said == "it was cancelled"
    assert report.result["report"]["imported"] == ["tiny"], "that much was done"

    cluster.asks("scontrol", "update", "PartitionName=gpu", "State=DOWN")
    try:
        done = person.types("launch", "slurm", "--dry-run", "--partition", "gpu", cwd=clone)
        assert done.returncode == 6
        assert "it is down" in done.stderr
    finally:
        cluster.asks("scontrol", "update", "PartitionName=gpu", "State=UP")
    cluster.asks(
        "sbatch", "-p", "gpu", "--gres=gpu:2", "-o", "/dev/null", "-J", "all", "--wrap=sleep 600"
    )
    cluster.until(lambda: cluster.state("all") == "RUNNING", "another one has all GPUs")
    declare(clone, "gpu = 1")
    two = launches(person, clone, "--new", *words, "true")["handle"]
    cluster.until(lambda: "(Resources)" in look(person, two).said, "it waits for a GPU")
    assert look(person, two).said.startswith("queued: what it asks for is in use (Resources)")
    assert f"`{two}` is stopped" in says(person, clone, "stop", two, "--yes")
    assert cluster.state(two) == "CANCELLED"
    assert look(person, two).state == "failed"
    cluster.asks("scancel", "--name=all")


def test_what_can_never_run_is_refused_before_anything_is_copied(person, clone):
    declare(clone, "gpu = 3\nmemory = 8 GB")
    done = person.types("launch", "slurm", "--yes", cwd=clone)
    assert done.returncode == 6
    assert "gpu: too small: gpu: 2 x a100; 3 needed, short by 1" in done.stderr
    asked = ("--size", "gpu", "--anyway", "--array", "1-9999999")
    done = person.types("launch", "slurm", "--yes", *asked, cwd=clone)
    assert done.returncode == 6
    assert "Slurm would never run that: " in done.stderr
    assert "array" in done.stderr
    assert "--partition=gpu --array=1-9999999 --mem=7630M --gres=gpu:2" in done.stderr
    assert "; `gpu` has 16 cores" in done.stderr
    assert not (person.home / "envboot").exists()
    assert "nothing is launched" in says(person, clone, "jobs")
    done = person.types("launch", "slurm", "--yes", "--partition", "night", cwd=clone)
    assert done.returncode == 2
    assert "there is no partition `night`" in done.stderr


def test_a_node_that_falls_short_says_so_with_its_table(person, clone):
    declare(clone, "gpu = 1\ngpu_memory = 80 GB")  # which sinfo does not know
    found = launches(person, clone, "--", "true", status=6)
    assert (found["state"], found["said"]) == ("failed", "setting up ended with status 6")
    assert found["result"]["outcome"] == "falls-short"
    (short,) = found["result"]["shortfalls"]
    assert (short["need"], short["found"]) == ("gpu_memory", "40 GiB")
    assert "short by 34.5 GiB" in says(person, clone, "logs", found["handle"])


def test_killed_between_the_submission_and_the_note_it_is_found_and_not_submitted_twice(
    cluster, person, clone, tmp_path
):
    real = shutil.which("sbatch")
    slow = tmp_path / "bin" / "sbatch"
    slow.write_text(
        f'#!/bin/sh\n{real} "$@" || exit\n'
        f'case " $* " in *" --test-only "*) exit ;; esac\n'
        f"echo $$ >{tmp_path}/new; mv {tmp_path}/new {tmp_path}/submitted; exec sleep 60\n"
    )
    slow.chmod(0o755)
    command = ("sh", "-c", f"until [ -e {tmp_path}/go ]; do sleep 0.1; done")
    words = ("launch", "slurm", "--yes")
    process = person.start(*words, "--", *command, cwd=clone)
    until((tmp_path / "submitted").exists, "it is submitted")
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    with contextlib.suppress(ProcessLookupError):
        os.kill(int((tmp_path / "submitted").read_text()), signal.SIGKILL)
    slow.unlink()
    (handle,) = [p.stem for p in (person.home / ".local/state/envboot/jobs").glob("*.json")]
    assert job_of(person, handle).facts == {}, "its number was never noted"
    again = person.start(*words, "--", *command, cwd=clone)
    try:
        line = next(line for line in again.stderr if "going on with it" in line)
        assert f"`{handle}` of this repository is there" in line
        (tmp_path / "go").touch()
        assert again.wait(180) == 0
    finally:
        with contextlib.suppress(OSError):
            os.killpg(again.pid, signal.SIGKILL)
        again.communicate()
    found = job_of(person, handle)
    assert found.state == "ended"
    mine = cluster.asks("squeue", "-h", "-t", "all", "--name=" + handle, "-o", "%A")
    assert mine == found.facts["number"], "one, and that one"


def test_through_ssh_too(cluster, clone, tmp_path):
    with sshd.running(tmp_path, env=cluster.environ, apart=False) as box:
        far = Person(tmp_path / "far", **{k: v for k, v in box.environ.items() if k != "HOME"})
        terminal = Terminal(far, "launch", "slurm", "box", "--yes", "--then", "shell", cwd=clone)
        terminal.read("a job of Slurm on box: --partition=cpu (Slurm expects it to start at ")
        terminal.read("there: imported: tiny")
        terminal.read("salloc: Granted job allocation")
        terminal.read("`exit` leaves it")
        terminal.send("python -c 'import tiny; print(tiny.__file__)'; tty\n")
        terminal.read(f"{box.home}/envboot/")
        terminal.read("/dev/pts/")
        terminal.send("exit\n")
        assert terminal.end() == 0
        (handle,) = [p.stem for p in (far.home / ".local/state/envboot/jobs").glob("*.json")]
        says(far, clone, "delete", handle, "--yes")
        assert not (box.home / "envboot").exists()
    done = far.types("launch", "slurm", "box", "--dry-run", cwd=clone)
    assert done.returncode == 1, "the computer is gone"
    assert "box" in done.stderr


def test_the_script_that_is_exported_runs(cluster, person, clone):
    needs = read({"cpus": 2, "memory": "1 GB"}, lambda _path: Origin("setup.cfg", 1))
    command = ("python", "-c", "import tiny; print('version', tiny.__version__)")
    text = script.text(needs, "ex ported", command=command, options=(("time", "5"),))
    (clone / "job.sbatch").write_text(text)
    environ = {**person.environ, "PYTHONPATH": ""}
    argv = ["sbatch", "--parsable", "job.sbatch"]
    said = subprocess.run(argv, cwd=clone, env=environ, capture_output=True, text=True, check=True)
    cluster.until(lambda: cluster.state("ex-ported") in {"COMPLETED", "FAILED"}, "it ended")
    assert "version 1.0\n" in (clone / f"ex-ported-{said.stdout.strip()}.log").read_text()


def test_a_controller_that_is_down_is_said_and_the_folder_still_speaks(ground, array, cluster):
    person, root = ground
    silent = "Slurm's controller does not answer (slurmctld is down, or cannot be reached)"
    going = dataclasses.replace(job_of(person, array), handle="other-0000")
    shell = LocalShell(person.environ)
    with cluster.without("slurmctld"), ThreadPoolExecutor(3) as pool:  # each waits for long
        launch = pool.submit(
            person.types, "launch", "slurm", "--new", "--dry-run", "--no-wait", cwd=root
        )
        ended, unknown = pool.submit(look, person, array), pool.submit(slurm.look, going, shell)
        assert launch.result().returncode == 1
        assert silent in launch.result().stderr
        assert ended.result().state == "failed", "each of its tasks noted how it ended"
        assert ended.result().result["report"]["imported"] == ["tiny"]
        assert (unknown.result().state, unknown.result().said) == ("unknown", silent)


def test_a_job_that_runs_out_of_its_time(late, cluster, person):
    cluster.until(lambda: cluster.state(late) == "TIMEOUT", "Slurm ends it")
    report = slurm.look(Job(late, "slurm", "/"), LocalShell(person.environ))
    assert report.state == "failed"
    assert report.said.startswith("it ran longer than its time, and Slurm ended it")
