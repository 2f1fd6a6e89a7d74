"""A cluster as its programs describe it: partitions, flags, states, scripts. No Slurm is needed."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envboot import remote
from envboot.decide import judge
from envboot.errors import EnvbootError, FallsShort, UsageError
from envboot.jobs import Job
from envboot.launchers import slurm
from envboot.launchers.slurm import (
    looking,
    partitions,
    reporting,
    resources,
    script,
    states,
    submitting,
)
from envboot.machine import GIB, Machine
from envboot.needs import read
from envboot.remote import work
from envboot.shell import Answer, Platform
from envboot.site import Order, Site
from envboot.spec import EnvironmentSpec, Origin
from envboot.testing import ScriptedShell

ORDER = Order("sun-1234")
posix = pytest.mark.skipif(not shutil.which("sh"), reason="there is no POSIX shell")


def needs(**table):
    return read(table, lambda _path: Origin("setup.cfg", 1))


# ------------------------------------------------------------------- partitions

# As sinfo of Slurm 22.05 prints them; the second cluster is put together from real ones.
SMALL = """\
cpu*|up|1:00:00|10:00|8|32000|(null)|100000|idle|1
gpu|up|2:00:00|n/a|16|64000|gpu:a100:2|200000|idle|1
"""
LARGE = """\
short*|up|4:00:00|4:00:00|48|192000|(null)|0|allocated|300
short*|up|4:00:00|4:00:00|48|192000|(null)|0|drained*|12
long|up|7-00:00:00|1-00:00:00|48|192000|(null)|0|mixed|60
fat|up|infinite|n/a|128|4096000+|(null)|900000|idle~|2
gpu|up|2-00:00:00|1:00:00|64|512000|gpu:a100:4(S:0-1),shard:16|800000|mixed|20
gpu|up|2-00:00:00|1:00:00|32|256000|gpu:v100:2(S:0),gpu:2|800000|idle|4
amd|up|1-00:00:00|n/a|64|512000|gpu:mi250x:8|0|planned|4
old|down|1-00:00:00|n/a|16|64000|(null)|0|idle|4
broken|up|1-00:00:00|n/a|16|64000|(null)|0|down*|3
shut|drain|1-00:00:00|n/a|16|64000|(null)|0|idle|4
"""


def offers(text, asked="", **table):
    found = partitions.parse(text)
    return {p.name: partitions.offer(p, needs(**table), asked) for p in found}


def test_partitions_as_sinfo_lists_them():
    cpu, gpu = partitions.parse(SMALL)
    assert (cpu.name, cpu.default, cpu.up, cpu.limit, cpu.usual) == (
        "cpu", True, "up", "1:00:00", "10:00",
    )  # fmt: skip
    assert (gpu.name, gpu.default, gpu.usual) == ("gpu", False, "")
    (nodes,) = gpu.nodes
    assert (nodes.count, nodes.cpus, nodes.memory, nodes.tmp) == (1, 16, 64000, 200000)
    assert nodes.gpus == ("a100", "a100")
    assert nodes.good
    assert nodes.free


def test_a_partition_is_offered_with_what_its_nodes_have():
    offer = offers(SMALL)["gpu"]
    assert offer.title == (
        "16 cores, 62.5 GiB of memory, 2 x a100, at most 2:00:00, 1 of 1 node with room now"
    )
    assert not offer.price
    machine = offer.machine
    assert (machine.cpus, machine.memory, machine.disk_free) == (16, 64000 << 20, 200000 << 20)
    assert [gpu.name for gpu in machine.gpus] == ["a100", "a100"]
    usual = offers(SMALL)["cpu"].title
    assert "at most 1:00:00 (10:00 unless `--time` is given)" in usual
    assert usual.endswith("; the default partition")


def test_the_smallest_of_the_nodes_that_has_it_all_is_the_one_to_judge():
    assert offers(LARGE)["gpu"].machine.memory == 256000 << 20
    assert offers(LARGE, memory="300 GB")["gpu"].machine.memory == 512000 << 20
    assert offers(LARGE, gpu=9)["gpu"].machine.cpus == 64, "none has nine: the biggest one"


def test_what_no_partition_says_of_its_nodes_refuses_nothing():
    wanted = needs(arch="arm64", glibc="2.28", gpu=1, gpu_memory="40 GB", cuda="12.1", disk="9 TB")
    machine = offers(LARGE)["gpu"].machine
    verdicts = {row.need: row.verdict for row in judge(wanted, machine).rows}
    assert verdicts == {
        "arch": "unknown", "glibc": "unknown", "gpu": "ok", "gpu_memory": "unknown",
        "cuda": "unknown", "disk": "short",
    }  # fmt: skip
    (row,) = judge(needs(disk="9 TB"), offers(LARGE)["short"].machine).rows
    assert row.verdict == "unknown", "a cluster that counts no disk says nothing of it"
    (row,) = judge(needs(cpus=2), machine).rows
    assert row.found == "32 cores"


def test_a_gpu_of_amd_is_none_for_cuda():
    machine = offers(LARGE)["amd"].machine
    assert judge(needs(gpu=8), machine).rows[0].verdict == "ok"
    assert judge(needs(gpu=1, cuda="12.1"), machine).shortfalls


def test_why_a_partition_is_closed():
    found = {name: offer.closed for name, offer in offers(LARGE, "5:00:00").items()}
    assert found == {
        "short": "its jobs end after 4:00:00; 5:00:00 is asked for",
        "long": "", "fat": "", "gpu": "", "amd": "",
        "old": "it is down",
        "broken": "all its 3 nodes are down or drained",
        "shut": "it takes no new jobs (drained)",
    }  # fmt: skip
    assert offers(LARGE)["short"].closed == ""


@pytest.mark.parametrize(
    ("gres", "types"),
    [
        ("(null)", ()),
        ("gpu:4", ("",) * 4),
        ("gpu", ("",)),
        ("gpu:tesla", ("tesla",)),
        ("gpu:a100:2", ("a100",) * 2),
        ("gpu:a100:2(S:0-1)", ("a100",) * 2),
        ("gpu:a100:1(S:0),gpu:v100:2(IDX:1,2)", ("a100", "v100", "v100")),
        ("craynetwork:4,gpu:2,shard:gpu:8", ("", "")),
        ("gpu:no_consume:2", ("no_consume",) * 2),
        ("lustre:1", ()),
    ],
)
def test_gpus_as_slurm_counts_them(gres, types):
    assert partitions.gpus(gres) == types


@given(st.text(alphabet="gpu:|*(),\n 0123456789a\x1b-", max_size=200))
def test_whatever_sinfo_prints_is_read(text):
    for partition in partitions.parse(text):
        offer = partitions.offer(partition, (), "")
        assert offer.title.isprintable()
        assert offer.name == partition.name


# -------------------------------------------------------------------- resources


def test_needs_become_flags():
    asked = resources.of(needs(cpus=4, memory="16 GiB", disk="10 GiB", gpu=2))
    assert asked.flags == ("--cpus-per-task=4", "--mem=16384M", "--gres=gpu:2", "--tmp=10240M")
    assert resources.of(needs(memory="16 GB")).memory == 15259, "rounded up"
    assert resources.of(()).flags == ()


def test_what_is_needed_at_least_is_asked_for_before_what_is_recommended():
    both = needs(memory="8 GiB", recommended={"memory": "32 GiB", "cpus": 8, "gpu": 1})
    assert resources.of(both).flags == ("--cpus-per-task=8", "--mem=8192M", "--gres=gpu:1")


@pytest.mark.parametrize(
    ("table", "gpus"),
    [({"gpu": "optional"}, 0), ({"gpu": False}, 0), ({"gpu_memory": "8 GB"}, 1),
     ({"cuda": "12.1"}, 1), ({"gpu": 3, "cuda": "12.1"}, 3), ({"gpu": False, "cpus": 1}, 0)],
)  # fmt: skip
def test_how_many_gpus_are_asked_for(table, gpus):
    assert resources.of(needs(**table)).gpus == gpus


def test_a_node_that_misses_a_size_by_a_hair_is_asked_for_what_it_has():
    machine = offers(SMALL)["gpu"].machine
    wanted = needs(memory="64 GiB", disk="1 GB")
    assert not judge(wanted, machine).shortfalls
    assert resources.of(wanted, machine).flags == ("--mem=64000M", "--tmp=954M")
    assert resources.of(needs(memory="90 GiB"), machine).memory == 90 * 1024
    uncounted = offers(LARGE)["short"].machine
    assert resources.of(needs(disk="1 GB"), uncounted).flags == ()


def test_of_a_partition_that_is_too_small_no_more_is_asked_for_than_it_has():
    spec = EnvironmentSpec(needs=needs(cpus=64, memory="900 GB", gpu=4, disk="900 GB"))
    machine = offers(SMALL)["gpu"].machine
    assert resources.within(resources.of(spec.needs, machine), machine).flags == (
        "--cpus-per-task=16", "--mem=64000M", "--gres=gpu:2", "--tmp=200000M",
    )  # fmt: skip
    modest = resources.of(needs(cpus=2, memory="1 GiB"), machine)
    assert resources.within(modest, machine) == modest
    order = replace(ORDER, size="cpu", anyway=True)
    plan = slurm.plan(spec, answering_in_turn(order, SMALL, "0\n"))
    assert "--cpus-per-task=8 --mem=32000M" in plan.title
    assert "gres" not in plan.title


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("90", 90), ("10:30", 10.5), ("2:00:00", 120), ("1-0", 1440), ("1-12:30", 2190),
     ("7-00:00:00", 10080), ("infinite", float("inf")), ("UNLIMITED", float("inf")),
     ("n/a", None), ("", None), ("-1", None), ("1:2:3:4", None), ("two", None)],
)  # fmt: skip
def test_times_as_slurm_writes_them(text, minutes):
    assert resources.minutes(text) == minutes


def test_a_persons_flags_are_handed_on_and_others_are_not():
    given_ = (("time", "2:00:00"), ("array", "1-10:2%3"), ("partition", "gpu"), ("idle", "30"))
    assert resources.checked(given_) == (
        "--partition=gpu", "--time=2:00:00", "--array=1-10:2%3",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value"),
    [("array", "1-"), ("array", "x"), ("array", "1-4 --wrap=rm"), ("array", "1-4\n"),
     ("time", "tomorrow"), ("time", "-1"), ("partition", "-x"), ("partition", "a b"),
     ("account", "$(id)"), ("account", "--uid=0")],
)  # fmt: skip
def test_a_flag_that_slurm_would_not_take_is_named(name, value):
    with pytest.raises(UsageError, match=f"--{name}") as error:
        resources.checked(((name, value),))
    assert error.value.hint


@pytest.mark.parametrize(
    ("array", "count"),
    [("", 1), ("1-4", 4), ("0-15:4", 4), ("1,3,7", 3), ("1-100%5", 100), ("5", 1), ("1-3,8", 4)],
)
def test_how_many_jobs_an_array_is(array, count):
    assert resources.tasks(array) == count


# ------------------------------------------------------------------------ states


def queue(*rows):
    return states.summary(states.queue("\n".join(f"{row}|{USUAL}" for row in rows)))


EXPECTED = "; Slurm expects it to start at 2026-11-21 18:40:00"
USUAL = "2026-11-21T18:38:02"
BECAME = {
    "PENDING|Resources|2026-11-21T18:40:00|": (
        "waiting",
        "queued: what it asks for is in use (Resources)" + EXPECTED,
    ),
    "PENDING|None|N/A|": ("waiting", "queued: Slurm has not looked at it yet"),
    "PENDING|Priority|N/A|": ("waiting", "queued: others go before it (Priority)"),
    "PENDING|QOSMaxJobsPerUserLimit|N/A|": ("waiting", "queued: QOSMaxJobsPerUserLimit"),
    "PENDING|ReqNodeNotAvail, Unavailable:n1|N/A|": (
        "waiting",
        "queued: the nodes that it needs are down or reserved (ReqNodeNotAvail, Unavailable:n1)",
    ),
    f"RUNNING|None|{USUAL}|g1": ("running", "on g1"),
    f"COMPLETING|None|{USUAL}|g1": ("running", "on g1"),
    f"CONFIGURING|None|{USUAL}|g1": ("waiting", "its node is being started"),
    f"COMPLETED|None|{USUAL}|g1": ("ended", "it ended"),
    f"FAILED|NonZeroExitCode|{USUAL}|g1": ("failed", "it failed"),
    f"CANCELLED|None|{USUAL}|g1": ("failed", "it was cancelled"),
    f"TIMEOUT|TimeLimit|{USUAL}|g1": (
        "failed",
        "it ran longer than its time, and Slurm ended it: ask for more with `--time`",
    ),
    f"OUT_OF_MEMORY|OutOfMemory|{USUAL}|g1": (
        "failed",
        "it took more memory than it asked for, and Slurm ended it: declare a bigger `memory`",
    ),
    "NODE_FAIL|None|N/A|g1": ("failed", "its node failed"),
    "PREEMPTED|None|N/A|g1": ("failed", "a job that goes before it took its place"),
    "SUSPENDED|None|N/A|g1": ("waiting", "Slurm says suspended"),
    "DREAMING|None|N/A|g1": ("unknown", "Slurm says dreaming"),
}


@pytest.mark.parametrize("row", BECAME)
def test_what_became_of_a_job(row):
    found = queue(f"7|N/A|{row}")
    assert (found.state, found.said, found.number) == (*BECAME[row], "7")


def test_an_array_is_summed_up():
    rows = [f"8|{n}|COMPLETED|None|N/A|c1" for n in (1, 2, 3)]
    assert queue(*rows, "8|4|RUNNING|None|N/A|c2").said == "3 of 4 ended, 1 running"
    assert queue(*rows, "8|4|RUNNING|None|N/A|c2").state == "running"
    waiting = queue(*rows, "8|4|PENDING|Resources|N/A|")
    assert waiting.state == "waiting"
    assert waiting.said == (
        "3 of 4 ended, 1 waiting; queued: what it asks for is in use (Resources)"
    )
    failed = queue(*rows, "8|4|OUT_OF_MEMORY|OutOfMemory|N/A|c2")
    assert failed.state == "failed"
    assert failed.said.startswith("3 of 4 ended, 1 failed; task 4: it took more memory")
    assert queue(*rows).state == "ended"
    assert queue(*rows).nodes == "c1"


def test_a_queue_without_it_says_nothing():
    assert queue() is None
    assert queue("7|8") is None
    assert queue("slurm_load_jobs error: Unable to contact slurm controller") is None


def test_accounts_are_read_where_a_cluster_keeps_them():
    text = (
        "9_1|COMPLETED|0:0|2026-11-21T18:38:02|c1\n"
        "9_2|CANCELLED by 1000|0:15|2026-11-21T18:38:02|c1\n"
        "9_[3-4]|PENDING|0:0|Unknown|None assigned\n"
    )
    found = states.accounts(text)
    assert [(t.number, t.index, t.state, t.start, t.nodes) for t in found] == [
        ("9", "1", "COMPLETED", "2026-11-21T18:38:02", "c1"),
        ("9", "2", "CANCELLED", "2026-11-21T18:38:02", "c1"),
        ("9", "[3-4]", "PENDING", "", ""),
    ]
    again = states.accounts("9|NODE_FAIL|0:0|x|c1\n9|COMPLETED|0:0|x|c2\n")
    assert [t.state for t in again] == ["COMPLETED"], "it was queued again, and ended"
    assert states.accounts("Slurm accounting storage is disabled\n") == ()


@given(st.text(alphabet="7|A\n RUNNINGPED\x1b[%", max_size=300))
def test_whatever_squeue_prints_is_read(text):
    found = states.summary(states.queue(text))
    assert found is None or found.said.isprintable()


# ----------------------------------------------------------------------- scripts


def test_a_script_for_somebody_who_submits_herself():
    text = script.text(
        needs(cpus=4, memory="16 GiB", gpu=1),
        "sun spots",
        command=("python", "train.py", "--out", "a b"),
        options=(("time", "2:00:00"), ("partition", "gpu")),
    )
    head, _, rest = text.partition("\n\n")
    assert head.splitlines()[:9] == [
        "#!/bin/sh",
        "#SBATCH --job-name=sun-spots",
        "#SBATCH --output=%x-%j.log",
        "#SBATCH --partition=gpu",
        "#SBATCH --time=2:00:00",
        "#SBATCH --cpus-per-task=4",
        "#SBATCH --mem=16384M",
        "#SBATCH --gres=gpu:1",
        "# Slurm reads the lines above as flags; what the command line says counts more:",
    ]
    assert rest.splitlines() == [
        "set -e",
        'cd "${SLURM_SUBMIT_DIR:-.}"',
        "python3 setup.py --yes",
        "python3 setup.py run -- python train.py --out 'a b'",
    ]
    assert script.flags(text) == (
        "--partition=gpu", "--cpus-per-task=4", "--mem=16384M", "--gres=gpu:1",
    )  # fmt: skip


def test_an_array_has_a_log_for_each():
    text = script.text((), "x", options=(("array", "1-4"),))
    assert "#SBATCH --output=%x-%A_%a.log\n#SBATCH --array=1-4\n" in text


def test_a_name_or_a_file_cannot_add_lines():
    text = script.text((), "x\n#SBATCH --uid=0", file="a\nrm -r x")
    assert text.count("\n#SBATCH") == 2
    assert "\nrm" not in text


@posix
@given(st.lists(st.text(st.characters(exclude_characters="\0", codec="utf-8")), max_size=4))
def test_a_command_is_quoted_for_sh(words):
    text = script.text((), "x", command=("printf", "%s\\n", *words))
    line = text.partition("python3 setup.py run -- ")[2]
    said = subprocess.run(["sh", "-c", line], capture_output=True, check=True).stdout
    assert said == b"".join(w.encode() + b"\n" for w in words or [""])


def test_sizes_are_told_in_binary_units():
    assert resources.of(needs(memory=f"{3 * GIB}")).memory == 3072


# ------------------------------------------------------------------ the launcher

PACKED = {"/repo/setup.py": "# >>> envboot >>>\n", "/repo/.envboot/envboot.pyz": b"x"}
CREATED = {"exit_code": 0, "outcome": "created", "report": {"imported": ["six"], "failed": []}}


def site(order=ORDER, **parts):
    parts.setdefault("programs", {"sbatch": "/usr/bin/sbatch", "ssh": "/usr/bin/ssh"})
    shell = ScriptedShell(files=PACKED, environ={"HOME": "/home/ann"}, **parts)
    here = Machine("Linux", "x86_64", 4, "3.11.7")
    return Site(Path("/repo"), "sun", Path("/repo/.venv"), here, shell, order=order)


def why_not(**parts):
    return slurm.why_not(EnvironmentSpec(), site(**parts))


def test_why_a_cluster_cannot_be_used():
    assert why_not() is None
    alone = why_not(programs={})
    assert alone.startswith("no Slurm on this computer (`sbatch`); name a host that has it")
    assert why_not(order=replace(ORDER, where="box")) == "there is no `rsync` on this computer"
    assert "no name of a computer" in why_not(order=replace(ORDER, where="-oProxyCommand=x"))
    assert "`--array 4-` is not understood" in why_not(
        order=replace(ORDER, options=(("array", "4-"),))
    )
    assert "JupyterLab is not started" in why_not(order=replace(ORDER, then="lab"))
    windows = Platform("Windows", "AMD64")
    assert "name a host" in why_not(platform=windows)
    unpacked = replace(site(), root=Path("/other"))
    assert "is not packed" in slurm.why_not(EnvironmentSpec(), unpacked)


def answering(answer, order=ORDER):
    return site(order, answers={"sh": answer})


def test_the_partitions_are_the_sizes():
    spec = EnvironmentSpec(needs=needs(gpu=1))
    assert [o.name for o in slurm.offers(spec, answering(SMALL))] == ["cpu", "gpu"]
    one = replace(ORDER, options=(("partition", "gpu"),))
    assert [o.name for o in slurm.offers(spec, answering(SMALL, one))] == ["gpu"]
    other = replace(ORDER, options=(("partition", "night"),))
    with pytest.raises(UsageError, match="no partition `night`") as error:
        slurm.offers(spec, answering(SMALL, other))
    assert error.value.hint == "there are: cpu, gpu"


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (Answer(None, "sh ended with status 127: envboot: no Slurm"), "there is no Slurm on this"),
        (
            Answer(None, "slurm_load_partitions: Unable to contact slurm controller (connect)"),
            "Slurm's controller does not answer",
        ),
        (Answer(None, "sh gave no answer in 60 s"), "Slurm cannot be asked: sh gave no answer"),
        (Answer("what is this?\x1b[0m\n"), "Slurm cannot be asked: what is this??[0m"),
    ],
)
def test_a_cluster_that_gives_no_answer_is_said(answer, sentence):
    with pytest.raises(EnvbootError) as error:
        slurm.offers(EnvironmentSpec(), answering(answer))
    assert error.value.message.startswith(sentence)
    assert error.value.hint


def found(queue="", *, phase="absent", setup="", status=None, result=None, **more):
    seen = work.Seen(phase, result, status, more={"setup": setup} if setup else {})
    return reporting.Found(
        states.summary(states.queue(f"{queue}|{USUAL}")), more.pop("problem", ""), seen,
        **{"tree": True, "submitted": True, **more},
    )  # fmt: skip


JOB = Job("sun-1234", "slurm", "/repo", command=("train",), created="2026-11-21T18:38:02Z")
DONE = "7|N/A|COMPLETED|None|N/A|c1"
FAILED = "7|N/A|FAILED|NonZeroExitCode|N/A|c1"
GOING = "7|N/A|RUNNING|None|N/A|c1"


@pytest.mark.parametrize(
    ("what", "state", "said"),
    [
        (found(GOING, phase="setting-up"), "setting-up", "on c1"),
        (found(GOING, phase="running", setup="0"), "running", "on c1"),
        (found(DONE, phase="ended", setup="0", status=0), "ended", ""),
        (found(FAILED, phase="ended", status=6), "failed", "setting up ended with status 6"),
        (found(FAILED, phase="ended", setup="0", status=3), "failed",
         "the command ended with status 3"),
        (found(FAILED), "failed",
         "it failed, and nothing of it is in its folder: do the nodes see your home?"),
        (found(FAILED, said="slurmstepd: error: execve(): Permission denied"), "failed",
         "it failed (slurmstepd: error: execve(): Permission denied)"),
        (found(DONE), "failed",
         "Slurm says that it ended, and its folder is empty: do the nodes see your home?"),
        # what Slurm does not know any more
        (found(phase="ended", setup="0", status=0), "ended", ""),
        (found(phase="ended", setup="0", status=1), "failed", "the command ended with status 1"),
        (found(phase="running", setup="0"), "failed",
         "Slurm does not know it any more, and it did not say how it ended"),
        # what cannot be asked
        (found(problem="Slurm is down"), "unknown", "Slurm is down"),
        (found(problem="Slurm is down", phase="ended", status=0), "ended", ""),
        # what was killed on its way
        (found(submitted=False), "failed",
         "it was never submitted; the copy of the repository is there"),
        (found(submitted=False, tree=False), "gone", "it was never submitted"),
    ],
)  # fmt: skip
def test_what_is_said_of_a_job(what, state, said):
    report = reporting.report(JOB, what)
    assert (report.state, report.said) == (state, said)


def test_a_folder_may_show_late_that_a_job_has_ended():
    late = found(DONE, phase="running", setup="0", fresh=True)
    report = reporting.report(JOB, late)
    assert report.state == "running"
    assert report.said == "it ended, and its folder does not show it yet"
    shown = found(DONE, phase="ended", setup="0", status=0, fresh=True)
    assert reporting.report(JOB, shown).state == "ended"


@pytest.mark.parametrize(
    ("end", "fresh"),
    [("2026-11-21T18:38:00", True), ("2026-11-21T18:36:00", False), ("Unknown", False)],
)
def test_how_long_a_folder_is_waited_for(end, fresh):
    look = (
        f"--- queue ---\n7|N/A|COMPLETED|None|N/A|c1|{end}\ncode 0\nnow 2026-11-21T18:38:10\n"
        "--- accounts ---\n--- tasks ---\ntree\nscript\n\n--- work ---\nphase absent\n"
    )
    assert looking.read(look, remote.Place()).fresh is fresh


def test_the_status_is_the_commands_own():
    ended = found(FAILED, phase="ended", setup="0", status=3, result=CREATED)
    assert reporting.report(JOB, ended).status == 3
    assert reporting.report(JOB, ended).result == CREATED
    assert reporting.report(replace(JOB, command=()), ended).status is None
    short = found(FAILED, phase="ended", status=6, result={"exit_code": 6})
    assert reporting.report(JOB, short).status is None, "that is setup.py's"
    some = replace(ended, tasks=((1, 0), (2, 5), (3, None)))
    assert reporting.report(JOB, some).status == 5


def test_who_wants_a_shell_is_brought_there_once_it_is_set_up():
    ended = found(DONE, phase="ended", setup="0", status=0)
    assert reporting.report(replace(JOB, command=(), then="shell"), ended).state == "ready"
    assert reporting.report(replace(JOB, then="shell"), ended).state == "ended"


@given(st.text(max_size=300))
def test_whatever_a_look_prints_is_read(text):
    marks = f"--- queue ---\n{text}\n--- tasks ---\n{text}\n--- work ---\n{text}"
    for out in (text, marks):
        shell = ScriptedShell(answers={"sh": out}, environ={"HOME": "/home/ann"})
        report = slurm.look(JOB, shell)
        assert report.said.isprintable()
    assert looking.read(marks, remote.Place()) is not None


def test_a_job_that_a_note_sends_to_an_odd_place_is_not_asked_for():
    report = slurm.look(replace(JOB, where="-oProxyCommand=x"), ScriptedShell())
    assert report.state == "unknown"
    assert "no name of a computer" in report.said


# ------------------------------------------------------------ on the login node


@pytest.fixture
def login(tmp_path):
    """Return a function that runs a script with nothing on PATH but what it needs, and no Slurm."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("sh", "env", "sed", "tail"):
        if found_ := shutil.which(name):
            (programs / name).symlink_to(found_)
    shell = programs / "loginsh"
    shell.write_text("#!/bin/sh\necho 'Welcome to the cluster'\nprintf '%s' \"$LOGIN_PATH\"\n")
    shell.chmod(0o755)

    def run(after, **environ):
        return subprocess.run(
            ["sh", "-c", f"{submitting.FIND}\n{after}"],
            env={"PATH": str(programs), "SHELL": str(shell), **environ},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


@posix
def test_slurm_is_found_where_only_login_shells_find_it(login, tmp_path):
    absent = login("true", LOGIN_PATH="/nowhere")
    assert (absent.returncode, absent.stderr) == (127, "envboot: no Slurm\n")
    theirs = tmp_path / "slurm" / "bin"
    theirs.mkdir(parents=True)
    (theirs / "sbatch").write_text("#!/bin/sh\necho found\n")
    (theirs / "sbatch").chmod(0o755)
    assert login("sbatch", LOGIN_PATH=f"/nowhere:{theirs}").stdout == "found\n"


@posix
def test_the_facts_of_a_job_that_one_sits_in_are_no_flags(login, tmp_path):
    (tmp_path / "bin" / "sbatch").write_text("#!/bin/sh\n")
    (tmp_path / "bin" / "sbatch").chmod(0o755)
    own = {"SLURM_CONF": "c", "SBATCH_ACCOUNT": "a", "SLURM_ACCOUNT": "b", "SQUEUE_FORMAT": "%i"}
    show = "env | sed -n '/^S[A-Z]*_/p'"
    told = set(login(show, **own).stdout.split())
    assert told == {
        "SLURM_CONF=c", "SBATCH_ACCOUNT=a", "SLURM_ACCOUNT=b", "SLURM_TIME_FORMAT=standard",
    }  # fmt: skip
    inside = {**own, "SLURM_JOB_ID": "7", "SLURM_MEM_PER_NODE": "9", "SLURM_ARRAY_TASK_ID": "1"}
    told = set(login(show, **inside).stdout.split())
    assert told == {"SLURM_CONF=c", "SBATCH_ACCOUNT=a", "SLURM_TIME_FORMAT=standard"}


REFUSED = "allocation failure: Requested node configuration is not available"
BUSY = "allocation failure: Required node not available (down, drained or reserved)"


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (
            "0\nsbatch: Job 4 to start at 2026-11-21T18:35:47 using 1 processors on nodes c1\n",
            (True, "Slurm expects it to start at 2026-11-21 18:35:47"),
        ),
        (f"1\n{REFUSED}\n", (False, "Requested node configuration is not available")),
        (
            "1\nsbatch: error: invalid partition specified: x\nallocation failure: No partition",
            (False, "No partition"),
        ),
        (
            f"1\n{BUSY}\n",
            (
                True,
                "not now, Slurm says: Required node not available (down, drained or reserved)",
            ),
        ),
        ("1\n", (False, "it does not say why")),
        ("0\nnothing that is known\n", (True, "")),
        ("", (True, "")),
        (Answer(None, "it hangs"), (True, "")),
    ],
)
def test_whether_a_job_can_ever_run(answer, told):
    shell = ScriptedShell(answers={"sh": answer})
    assert submitting.test((), remote.Place(), shell) == told


def test_a_plan_asks_for_what_is_needed_and_says_what_slurm_refuses():
    spec = EnvironmentSpec(needs=needs(cpus=4, memory="16 GB", gpu=1))
    order = replace(ORDER, size="gpu", command=("train",), options=(("array", "1-4"),))
    with pytest.raises(FallsShort, match="Slurm would never run that: requested node") as error:
        slurm.plan(spec, answering_in_turn(order, SMALL, f"1\n{REFUSED}\n"))
    assert error.value.hint.startswith(
        "it was asked for --partition=gpu --array=1-4 --cpus-per-task=4 --mem=15259M --gres=gpu:1; "
        "`gpu` has 16 cores"
    )
    plan = slurm.plan(spec, answering_in_turn(order, SMALL, "0\n"))
    assert plan.title == (
        "an array of 4 jobs of Slurm on this computer: --partition=gpu --array=1-4 "
        "--cpus-per-task=4 --mem=15259M --gres=gpu:1"
    )
    assert [step.why.split()[0] for step in plan.steps] == ["copying", "submitting"]
    assert plan.environment is None
    batch = next(word for word in plan.steps[1].argv if word.startswith("#!/bin/sh\n#SBATCH"))
    assert "\n#SBATCH --gres=gpu:1\n" in batch


def answering_in_turn(order, *answers):
    """Return a site whose `sh` gives these answers, one after another."""
    here = site(order)

    class InTurn(ScriptedShell):
        left = iter(answers)

        def query(self, argv, **_options):
            return Answer(next(self.left)) if argv[0] == "sh" else Answer(None, "not there")

    return replace(here, shell=InTurn(files=PACKED, environ={"HOME": "/home/ann"}))
