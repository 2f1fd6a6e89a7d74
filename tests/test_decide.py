"""Needs against machines, the sentence, the table, and the ways forward."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from test_machine import recorded

from envboot import decide, needs
from envboot.decide import Row, Verdict, Way, judge
from envboot.errors import FallsShort
from envboot.machine import ALL, GIB, Gpu, Machine, probe
from envboot.site import Site
from envboot.spec import EnvironmentSpec, Need, Origin
from envboot.testing import ScriptedShell

LAPTOP = Machine(
    "Linux",
    "x86_64",
    2,
    "3.11.7",
    cpu_flags=("avx", "avx2"),
    memory=int(15.5 * GIB),
    memory_free=12 * GIB,
    disk_free=12 * GIB,
    gpus=(),
    cuda="",
)
CARD = Gpu(
    0,
    "NVIDIA A100",
    "nvidia",
    memory=80 * GIB,
    driver="535.54.03",
    compute_capability="8.0",
)
SERVER = replace(LAPTOP, cpus=64, memory=512 * GIB, gpus=(CARD,), cuda="12.2")


def read(**mapping):
    return needs.read(mapping, lambda key: Origin("pyproject.toml", 10 + len(key)))


def verdicts(mapping, machine):
    return [row.verdict for row in judge(read(**mapping), machine).rows]


def test_in_the_users_words():
    verdict = judge(read(cpus="4 cores"), LAPTOP)

    assert verdict.sentence == (
        "your machine does not meet the requirements for running "
        "(insufficient CPU: x86_64, 2 cores; 4 needed)"
    )


def test_one_core_is_no_cores():
    assert "x86_64, 1 core; 4 needed" in judge(read(cpus=4), replace(LAPTOP, cpus=1)).sentence


def test_several_shortfalls_in_one_sentence():
    verdict = judge(read(cpus=4, memory="32 GB", gpu=1, arch="arm64", cpu_flags="fma"), LAPTOP)

    assert verdict.sentence == (
        "your machine does not meet the requirements for running ("
        "insufficient CPU: x86_64, 2 cores; 4 needed; "
        "insufficient memory: 15.5 GiB; 32 GB needed; "
        "insufficient GPU: none; 1 needed; "
        "unsuitable architecture: x86_64; arm64 needed; "
        "missing CPU instructions: no fma; fma needed)"
    )
    first = verdict.shortfalls[0]
    assert (first.need, first.wanted, first.found) == ("cpus", "4", "x86_64, 2 cores")
    assert first.evidence == "pyproject.toml:14"


def test_all_met_says_nothing():
    verdict = judge(read(cpus=2, memory="8 GB", os="linux", arch="amd64"), LAPTOP)

    assert verdict.sentence == ""
    assert verdict.shortfalls == ()
    assert {row.verdict for row in verdict.rows} == {"ok"}
    assert {row.by for row in verdict.rows} == {""}


@pytest.mark.parametrize(
    ("mapping", "machine", "expected"),
    [
        ({"cpus": 2}, LAPTOP, "ok"),
        ({"cpus": 3}, LAPTOP, "short"),
        # a laptop sold with 16 GB is one, whichever way its owner writes it
        ({"memory": "16GB"}, LAPTOP, "ok"),
        ({"memory": "16 GiB"}, LAPTOP, "ok"),
        ({"memory": "17 GiB"}, LAPTOP, "short"),
        ({"memory": "16 GB"}, replace(LAPTOP, memory=8 * GIB), "short"),
        ({"memory": "16 GB"}, replace(LAPTOP, memory=None), "unknown"),
        # disks are what they are
        ({"disk": "12 GiB"}, LAPTOP, "ok"),
        ({"disk": "13 GB"}, LAPTOP, "short"),
        ({"disk": "13 GB"}, replace(LAPTOP, disk_free=None), "unknown"),
        ({"gpu": True}, LAPTOP, "short"),
        ({"gpu": True}, SERVER, "ok"),
        ({"gpu": 2}, SERVER, "short"),
        ({"gpu": "optional"}, LAPTOP, "ok"),
        ({"gpu": True}, replace(LAPTOP, gpus=None), "unknown"),
        ({"gpu_memory": "80 GiB"}, SERVER, "ok"),
        ({"gpu_memory": "141 GB"}, SERVER, "short"),
        ({"gpu_memory": "8 GB"}, LAPTOP, "short"),
        ({"gpu_memory": "8 GB"}, replace(LAPTOP, gpus=None), "unknown"),
        ({"gpu_memory": "8 GB"}, replace(SERVER, gpus=(replace(CARD, memory=None),)), "unknown"),
        ({"cuda": "12.2"}, SERVER, "ok"),
        ({"cuda": "11.8"}, SERVER, "ok"),
        ({"cuda": "12.4"}, SERVER, "low"),
        ({"cuda": "13.0"}, SERVER, "short"),
        ({"cuda": "12.1"}, LAPTOP, "short"),
        ({"cuda": "12.1"}, replace(LAPTOP, gpus=None), "unknown"),
        ({"cuda": "12.1"}, replace(SERVER, cuda=""), "unknown"),
        ({"compute_capability": "8.0"}, SERVER, "ok"),
        ({"compute_capability": "9.0"}, SERVER, "short"),
        ({"compute_capability": "10.0"}, SERVER, "short"),
        ({"compute_capability": "8.0"}, LAPTOP, "short"),
        (
            {"compute_capability": "8.0"},
            replace(SERVER, gpus=(replace(CARD, compute_capability=""),)),
            "unknown",
        ),
        ({"arch": ["arm64", "x86_64"]}, LAPTOP, "ok"),
        ({"arch": "arm64"}, LAPTOP, "short"),
        ({"os": "macos"}, LAPTOP, "short"),
        ({"os": "macos"}, replace(LAPTOP, system="Darwin"), "ok"),
        ({"cpu_flags": "avx2"}, LAPTOP, "ok"),
        ({"cpu_flags": "avx512f"}, LAPTOP, "short"),
        ({"cpu_flags": "avx512f"}, replace(LAPTOP, cpu_flags=None), "unknown"),
    ],
)
def test_one_need(mapping, machine, expected):
    assert verdicts(mapping, machine) == [expected]
    lower = verdicts({"recommended": mapping}, machine)
    assert lower == ["low" if expected == "short" else expected]


def test_every_one_of_several_gpus_needs_the_memory():
    small = replace(CARD, index=1, memory=24 * GIB)
    mixed = replace(SERVER, gpus=(CARD, small))

    assert verdicts({"gpu": 1, "gpu_memory": "80 GiB"}, mixed) == ["ok", "ok"]
    assert verdicts({"gpu": 2, "gpu_memory": "80 GiB"}, mixed) == ["ok", "short"]
    assert verdicts({"gpu": 3, "gpu_memory": "24 GiB"}, mixed) == ["short", "ok"]


def test_an_optional_gpu_makes_recommendations():
    mapping = {"gpu": "optional", "gpu_memory": "100 GB", "cuda": "13.0"}

    assert verdicts(mapping, LAPTOP) == ["ok", "ok", "ok"]
    assert verdicts(mapping, SERVER) == ["ok", "low", "low"]


def test_cuda_needs_nvidia():
    apple = replace(LAPTOP, system="Darwin", gpus=(Gpu(0, "Apple M2", "apple", 16 * GIB),))

    assert verdicts({"gpu": True}, apple) == ["ok"]
    verdict = judge(read(gpu=True, cuda="12.1"), apple)
    assert [row.verdict for row in verdict.rows] == ["short", "short"]
    assert "Apple M2" in verdict.rows[0].found


def test_amd_needs_rocm():
    card = Gpu(0, "AMD GPU 0x15bf", "amd", GIB // 2)
    apu = replace(LAPTOP, gpus=(card,), notes=("an AMD GPU is there, but no ROCm",))

    assert verdicts({"gpu": True}, apu) == ["short"]
    assert "no ROCm" in judge(read(gpu=True), apu).sentence
    assert verdicts({"gpu": True}, replace(apu, gpus=(replace(card, driver="rocm"),))) == ["ok"]


def test_an_unknown_fact_refuses_nothing_and_is_said():
    shell, _ = recorded("nvidia-hanging")
    machine = probe(shell, Path("/"), ALL)

    verdict = judge(read(gpu=True), machine)

    assert verdict.sentence == ""
    assert "nvidia-smi gave no answer in 10 s" in decide.table(verdict)


def test_why_there_is_no_gpu():
    shell, _ = recorded("nvidia-mismatch")
    machine = probe(shell, Path("/"), ALL)

    assert "restart the computer" in judge(read(gpu=True), machine).sentence


def test_memory_that_others_use_is_said():
    (row,) = judge(read(memory="8 GB"), replace(LAPTOP, memory_free=GIB)).rows

    assert row.verdict == "ok"
    assert row.found == "15.5 GiB, 1 GiB of it free now"


def test_no_gpu_wanted_is_no_row():
    assert judge(read(gpu=False), LAPTOP).rows == ()


def test_where_a_need_comes_from():
    where = Origin("requirements.txt", 3)
    inferred = Need("gpu", 1, "cupy", where, evidence="inferred")
    measured = Need("memory", 10**9, "1 GB", where, evidence="measured")

    rows = judge((inferred, measured), LAPTOP).rows

    assert rows[0].evidence == "requirements.txt:3, inferred from cupy"
    assert rows[1].evidence == "requirements.txt:3, measured"


def test_the_table():
    verdict = judge(read(cpus=4, memory="8 GB", recommended={"memory": "32 GiB"}), LAPTOP)

    assert decide.table(verdict).splitlines() == [
        "need            have             verdict                        evidence",
        "cpus    4       x86_64, 2 cores  short by 2 cores               pyproject.toml:14",
        "memory  8 GB    15.5 GiB         ok                             pyproject.toml:16",
        "memory  32 GiB  15.5 GiB         low by 16.5 GiB (recommended)  pyproject.toml:28",
    ]
    assert decide.table(Verdict()) == ""


def test_a_file_cannot_write_on_the_terminal():
    row = Row("conda", "conda", "\x1b[2J\nnone", "short", "a\x07b:1")

    text = decide.table(Verdict((row,)))

    assert len(text.splitlines()) == 2
    assert all(char.isprintable() or char == "\n" for char in text)


def test_rows_of_others():
    row = Row("conda", "conda, mamba or micromamba", "none found", "short", "environment.yml:1")
    verdict = Verdict((*judge(read(cpus=2), LAPTOP).rows, row))

    assert verdict.sentence.endswith(
        "(missing conda: none found; conda, mamba or micromamba needed)"
    )
    assert verdict.shortfalls[0].evidence == "environment.yml:1"


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("h200-node", ""),
        ("laptop", "insufficient GPU: none; 1 needed"),
        ("container-v2-namespace", "insufficient CPU: x86_64, 1 core; 4 needed"),
        ("container-v1", "insufficient memory: 4 GiB; 16 GB needed"),
        ("nvidia-old-driver", "insufficient CUDA: 10.2 (driver 440.33.01); 12.1 needed"),
        ("apple-m2", "insufficient CUDA: no NVIDIA GPU"),
    ],
)
def test_recorded_machines(name, sentence):
    asked = read(cpus=4, memory="16 GB", disk="20 GB", gpu=1, gpu_memory="10 GB", cuda="12.1")
    shell, _ = recorded(name)

    said = judge(asked, probe(shell, Path("/"), ALL)).sentence

    assert sentence in said
    assert bool(sentence) == bool(said)


# -------------------------------------------------------------------- the ways forward


def target(why_not=None, title="a title"):
    def answer(_spec, _site):
        if isinstance(why_not, BaseException):
            raise why_not
        return why_not

    return SimpleNamespace(TITLE=title, why_not=answer)


def ways(engines=(), launchers=(), *, short=False):
    shell = ScriptedShell()
    site = Site(Path("/r"), "r", Path("/r/.venv"), LAPTOP, shell)
    return decide.ways(EnvironmentSpec(), site, engines, launchers, short=short)


def test_each_closed_way_has_its_reason():
    found = ways(
        [("conda", target("no conda is installed")), ("uv", target(title="uv"))],
        [("codespaces", target("a GPU is required", title="GitHub Codespaces"))],
    )

    assert found == (
        Way("conda", "a title", here=True, why_not="no conda is installed"),
        Way("uv", "uv", here=True),
        Way("codespaces", "GitHub Codespaces", here=False, why_not="a GPU is required"),
        Way("manual", "print the commands, to do it by hand", here=True),
    )
    assert decide.best(found) == found[1]


def test_here_all_the_same_when_short():
    (_, anyway, manual) = ways([("uv", target())], short=True)

    assert (anyway.name, anyway.here, anyway.why_not) == ("anyway", True, "")
    assert manual.name == "manual"


def test_nothing_here_can_make_it():
    found = ways([("uv", target("uv is not installed"))], [("ssh", target())], short=True)

    assert decide.best(found) is None
    assert next(way for way in found if way.name == "anyway").why_not
    assert [way.name for way in found if not way.why_not] == ["ssh", "manual"]


@pytest.mark.parametrize("error", [RuntimeError("boom"), FallsShort("boom"), KeyError("boom")])
def test_a_member_that_raises_is_closed(error):
    (first, *_) = ways([("odd", target(error))])

    assert "boom" in first.why_not
    assert decide.best((first,)) is None


def test_ctrl_c_is_no_reason():
    with pytest.raises(KeyboardInterrupt):
        ways([("odd", target(KeyboardInterrupt()))])


# ------------------------------------------------------------------------- shared GPUs


def gpus(*free):
    return replace(
        LAPTOP,
        gpus=tuple(
            replace(CARD, index=index, free=state, memory_free=(10 + index) * GIB)
            for index, state in enumerate(free)
        ),
    )


@pytest.mark.parametrize(
    ("machine", "expected"),
    [
        (gpus(False, True), 1),
        (gpus(True, False, True), 2),
        (gpus(True, True), None),
        (gpus(False, False), None),
        (gpus(None, None), None),
        (gpus(False, None), None),
        (gpus(True), None),
        (LAPTOP, None),
        (replace(LAPTOP, gpus=None), None),
    ],
)
def test_the_free_gpu(machine, expected):
    assert decide.free_gpu(machine) == expected


def test_the_free_gpu_of_a_shared_node():
    shell, _ = recorded("h200-node")

    assert decide.free_gpu(probe(shell, Path("/"), ALL)) == 1


def test_the_c_library_and_macos_are_asked_of_their_own_systems():
    needs = (
        Need("glibc", "2.28", ">= 2.28", Origin("a"), "recommended"),
        Need("macos", "13.0", ">= 13.0", Origin("a")),
    )

    def verdicts(system, **facts):
        return [
            r.verdict for r in decide.judge(needs, Machine(system, "arm64", 4, "3", **facts)).rows
        ]

    assert verdicts("Linux", glibc="2.36") == ["ok", "ok"]
    assert verdicts("Linux", glibc="2.17") == ["low", "ok"]
    assert verdicts("Linux") == ["unknown", "ok"], "musl"
    assert verdicts("Darwin", macos="14.0") == ["ok", "ok"]
    assert verdicts("Darwin", macos="12.0") == ["ok", "short"]
    assert verdicts("Darwin") == ["ok", "unknown"]
    assert verdicts("Windows") == ["ok", "ok"]
