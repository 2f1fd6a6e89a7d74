"""Which build of PyTorch a computer gets, and how it is asked for: plans are values, no network."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_machine import recorded

from envboot import cuda, machine, needs, questions, remedies, survey
from envboot.cuda import builds
from envboot.decide import Verdict
from envboot.engines import uv, venv
from envboot.formats import environment_yml, requirements_txt
from envboot.machine import Gpu, Machine
from envboot.plan import Run, Write
from envboot.site import Site
from envboot.spec import EnvironmentSpec, Lock, Need, Origin
from envboot.testing import ScriptedConsole, ScriptedShell

HERE = Origin("requirements.txt", 1)
ROOT, HOME = "/home/ada/repo", "/home/ada"
LINUX = Machine("Linux", "x86_64", 8, "3.11.7", gpus=())
HELP = "--torch-backend <B> [possible values: auto, cpu, cu130, cu126, cu124, cu121, cu118, cu117]"


def asked(*lines: str) -> EnvironmentSpec:
    spec = requirements_txt.parse(
        "".join(f"{line}\n" for line in lines), Origin("requirements.txt")
    )
    return needs.complete(replace(spec, source=HERE))


def gpu(version: str, driver: str = "550.54.14", capability: str = "8.0", **fields) -> Machine:
    card = Gpu(0, "A card", "nvidia", driver=driver, compute_capability=capability)
    return replace(LINUX, gpus=(card,), cuda=version, **fields)


def chosen(spec: EnvironmentSpec, here: Machine, **environ: str) -> tuple[str, str]:
    found = cuda.choose(spec, here, environ)
    return found.backend, found.why


# ------------------------------------------------------------------ the choice


@pytest.mark.parametrize(
    ("line", "version", "backend"),
    [
        ("torch", "13.2", ""),
        ("torch", "13.0", "cu130"),
        ("torch", "12.4", "cu126"),  # within one major version a newer build runs too
        ("torch", "11.8", "cu118"),
        ("torch==2.5.1", "12.4", ""),
        ("torch==2.4.0", "12.4", "cu124"),
        ("torch==2.4.0", "12.2", ""),
        ("torch<2.8", "11.8", "cu118"),
        ("torch==2.7.*", "12.8", "cu128"),
        ("torch>=2.0,<2.1", "11.8", "cu118"),
        ("torch==2.0.1", "11.7", ""),
        ("torch>=2.1,<2.3", "13.0", ""),
        ("torchvision", "11.8", "cu118"),
        ("torch==3.0", "13.2", ""),  # nobody knows what it will have
        ("torch==0.4.1", "12.4", ""),
    ],
)
def test_the_driver_decides(line, version, backend):
    assert cuda.choose(asked(line), gpu(version), {}).backend == backend


def test_the_decision_is_one_line():
    assert chosen(asked("torch==2.4.0"), gpu("12.4")) == (
        "cu124",
        "CUDA 12.4 (driver 550.54.14) → torch from cu124",
    )
    assert chosen(asked("torch==2.5.1"), gpu("12.4"))[1].endswith("torch as it is on PyPI (cu124)")
    assert chosen(asked("torch"), LINUX) == ("cpu", "no NVIDIA GPU → torch for the CPU")


def test_conda_override_wins_over_what_was_probed():
    spec = asked("torch==2.4.0")
    assert chosen(spec, LINUX, CONDA_OVERRIDE_CUDA="12.4") == (
        "cu124",
        "CUDA 12.4 (CONDA_OVERRIDE_CUDA=12.4) → torch from cu124",
    )
    assert chosen(spec, gpu("12.4"), CONDA_OVERRIDE_CUDA="")[0] == "cpu"
    assert chosen(spec, gpu("12.4"), CONDA_OVERRIDE_CUDA="\x1b[31mnone")[0] == "cpu"
    assert "\x1b" not in chosen(spec, gpu("12.4"), CONDA_OVERRIDE_CUDA="\x1b[31mnone")[1]
    unknown = replace(LINUX, gpus=None)
    assert chosen(spec, unknown, CONDA_OVERRIDE_CUDA="11.8")[0] == "cu118"


def test_nothing_is_chosen_where_nothing_is_known_or_wanted():
    assert cuda.choose(asked("six"), gpu("12.4"), {}) == cuda.NOTHING
    assert cuda.choose(asked("torch"), replace(LINUX, gpus=None), {}) == cuda.NOTHING
    assert cuda.choose(asked("torch"), replace(LINUX, arch="arm64"), {}) == cuda.NOTHING
    amd = replace(LINUX, gpus=(Gpu(0, "MI210", "amd", driver="rocm"),))
    assert cuda.choose(asked("torch"), amd, {}) == cuda.NOTHING


def test_no_gpu_is_wanted():
    spec = asked("torch==2.4.0")
    none = replace(spec, needs=(Need("gpu", 0, needs.NO, HERE),))
    assert chosen(none, gpu("12.4")) == ("cpu", "no GPU is asked for → torch for the CPU")


def test_windows_has_the_cpus_build_on_the_index():
    assert chosen(asked("torch"), replace(LINUX, system="Windows"))[0] == ""
    assert chosen(asked("torch==2.5.1"), gpu("12.4", system="Windows"))[0] == "cu124"


def test_old_and_new_cards_need_builds_with_code_for_them():
    spec = asked("torch==2.9.1")
    assert chosen(spec, gpu("13.0", capability="6.1"))[0] == "cu126"
    assert chosen(spec, gpu("12.8", capability="12.0"))[0] == ""
    assert cuda.choose(asked("torch==2.5.1"), gpu("13.0", capability="12.0"), {}).problem


def test_a_driver_too_old_for_the_version_is_told_with_the_ways_out():
    found = cuda.choose(asked("torch==2.9.1"), gpu("11.8", "520.61.05"), {})
    assert found.backend == "cpu"
    assert found.problem == (
        "`torch==2.9.1` (requirements.txt:1) needs CUDA 12.6 or newer, and what is here runs "
        "11.8 at most"
    )
    for way in (
        "newer driver",
        "`torch<2.8` has a build for CUDA 11.8",
        "CPU's",
        "`--launch NAME`",
    ):
        assert way in found.hint


def test_a_version_without_wheels_for_the_python_is_not_chosen():
    spec = asked("torch")
    assert chosen(spec, gpu("11.8", python="3.13.1"))[0] == "cu118"
    assert cuda.choose(spec, gpu("11.8", python="3.14.0"), {}).problem
    old = replace(spec, python="==3.12.*")
    assert chosen(old, gpu("11.8", python="3.14.0"))[0] == "cu118"


def test_macs():
    arm = Machine("Darwin", "arm64", 8, "3.11.7", gpus=(Gpu(0, "Apple M2", "apple"),))
    intel = Machine("Darwin", "x86_64", 8, "3.11.7", gpus=())
    assert cuda.choose(asked("torch==2.9.1"), arm, {}) == cuda.NOTHING
    assert cuda.choose(asked("torch"), intel, {}) == cuda.NOTHING
    found = cuda.choose(asked("torch>=2.3"), intel, {})
    assert "torch 2.2.2 is the last for Macs with Intel" in found.problem
    assert "torch<=2.2.2" in found.hint


@pytest.mark.parametrize(
    ("name", "backend"),
    [
        ("h200-node", "cu126"),
        ("one-gpu", "cu130"),
        ("nvidia-old-driver", "cpu"),
        ("laptop", "cpu"),
        ("windows", "cu126"),
        ("apple-m2", ""),
        ("amd", ""),
        ("nvidia-hanging", ""),
    ],
)
def test_recorded_computers(name, backend):
    shell, _ = recorded(name)
    spec = asked("torch")
    here = machine.probe(shell, Path("/x"), needs.asked(spec))
    assert cuda.choose(spec, replace(here, python="3.11.7"), {}).backend == backend


def test_every_build_of_the_table_can_be_chosen_and_none_is_beyond_the_driver():
    for series, names in builds.BUILDS.items():
        for name in names:
            major, minor = builds.number(name)
            found = cuda.choose(asked(f"torch=={series}.0"), gpu(f"{major}.{minor}"), {})
            assert not found.problem
            build = found.backend or names[0]
            assert builds.number(build) <= (major, minor)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    st.sampled_from(["==", ">=", "<=", "<", "~=", "!=", ">"]),
    st.from_regex(r"[0-3]\.[0-9]{1,2}(\.[0-9])?", fullmatch=True),
    st.from_regex(r"[0-9]{1,2}(\.[0-9]{1,2})?", fullmatch=True),
    st.sampled_from(["", "3.5", "6.1", "8.9", "12.0"]),
)
def test_no_version_and_no_driver_breaks_it(operator, version, driver, capability):
    found = cuda.choose(asked(f"torch{operator}{version}"), gpu(driver, capability=capability), {})
    known = {"", "cpu", *(b for names in builds.BUILDS.values() for b in names)}
    assert found.backend in known
    assert bool(found.problem) is bool(found.hint)
    if found.backend.startswith("cu"):
        assert builds.number(found.backend)[0] <= builds.number(f"{driver}.0")[0]


# ------------------------------------------------------------------ labels


def test_a_label_is_taken_where_it_runs():
    spec = asked("torch==2.0.1+cu118", "torchvision==0.15.2+cu118", "six")
    assert chosen(spec, gpu("12.4"))[0] == "cu118"
    assert chosen(spec, LINUX)[0] == "cpu"
    assert chosen(spec, gpu("11.7"))[0] == "cu118"  # a newer one of the same major version
    assert cuda.choose(spec, gpu("10.2"), {}).problem
    assert chosen(asked("torch==2.0.1+cpu"), gpu("12.4"))[0] == "cpu"
    unknown = cuda.choose(spec, replace(LINUX, gpus=None), {})
    assert (unknown.backend, unknown.why) == ("cu118", "`torch==2.0.1+cu118` → torch from cu118")
    bare = [d.text for d in builds.unlabelled(spec).dependencies]
    assert bare == ["torch==2.0.1", "torchvision==0.15.2", "six"]


def test_other_labels_stay():
    spec = asked("torch==2.0.1", "mine==1.0+cu118", "torch-scatter==2.1.1+pt20cu118")
    assert builds.unlabelled(spec) is spec


# ------------------------------------------------------------------ the engines


def computer(**environ: str) -> ScriptedShell:
    return ScriptedShell(
        files={f"{ROOT}/requirements.txt": ""},
        answers={"uv": "uv 0.9.1", "/usr/bin/uv pip install --help": HELP},
        programs={"uv": "/usr/bin/uv"},
        environ={"HOME": HOME, **environ},
    )


def site(here: Machine, shell: ScriptedShell | None = None, **fields) -> Site:
    place = Path(ROOT) / ".envboot/build"
    return replace(Site(Path(ROOT), "demo", place, here, shell or computer()), **fields)


def runs(plan) -> list[tuple[str, ...]]:
    return [step.argv for step in plan.steps if isinstance(step, Run)]


def test_uv_is_told_the_backend():
    spec = asked("torch==2.4.0", "six")
    install = runs(uv.plan(spec, site(gpu("12.4"))))[-1]
    assert install[install.index("--torch-backend") + 1] == "cu124"
    install = runs(uv.plan(spec, site(LINUX)))[-1]
    assert install[install.index("--torch-backend") + 1] == "cpu"
    assert "--torch-backend" not in runs(uv.plan(asked("six"), site(LINUX)))[-1]


def test_an_older_uv_is_told_nothing_that_it_does_not_know():
    shell = computer()
    shell.answers["/usr/bin/uv pip install --help"] = "--exclude-newer"
    install = runs(uv.plan(asked("torch==2.4.0"), site(gpu("12.4"), shell)))[-1]
    assert "--torch-backend" not in install


def test_pip_takes_the_family_from_its_own_index_and_nothing_else():
    spec = asked("torch==2.4.0", "torchvision ; sys_platform == 'linux'", "six")
    *_, family, rest = runs(venv.plan(spec, site(gpu("12.4"))))
    assert family[family.index("--index-url") + 1] == "https://download.pytorch.org/whl/cu124"
    assert family[family.index("--") + 1 :] == (
        "torch==2.4.0",
        "torchvision ; sys_platform == 'linux'",
    )
    assert not any("pytorch.org" in word or "extra-index" in word for word in rest)


def test_labels_are_left_out_of_what_installers_get():
    spec = asked("torch==2.0.1+cu118", "six")
    plan = uv.plan(spec, site(gpu("12.4")))
    (text,) = [s.text for s in plan.steps if isinstance(s, Write)]
    assert text == "torch==2.0.1\nsix\n"
    assert "cu118" in runs(plan)[-1]


@pytest.mark.parametrize(
    ("spec", "environ", "fields"),
    [
        (asked("torch==2.0.1+cu118", "--extra-index-url https://example.org/s"), {}, {}),
        (asked("torch==2.0.1+cu118", "-f https://example.org/l"), {}, {}),
        (asked("torch==2.0.1 --hash=sha256:" + "0" * 64), {}, {}),
        (asked("torch==2.4.0"), {"PIP_INDEX_URL": "https://example.org/s"}, {}),
        (asked("torch==2.4.0"), {"PIP_FIND_LINKS": "/wheels"}, {}),
        (asked("torch==2.4.0"), {"UV_TORCH_BACKEND": "cu121"}, {}),
        (asked("torch==2.4.0"), {}, {"offline": True}),
        (asked("torch==2.4.0"), {}, {"as_of": "2024-08-01T00:00:00Z"}),
        (replace(asked("torch==2.4.0"), lock=Lock("uv.lock", "uv.lock", "")), {}, {}),
    ],
)
def test_who_has_said_where_packages_come_from_is_left_alone(spec, environ, fields):
    there = site(gpu("12.4"), computer(**environ), **fields)
    assert cuda.decided(spec, there) == cuda.NOTHING
    assert cuda.fitted(spec, there) == (spec, "")


def test_pypi_by_its_name_is_a_way_around():
    there = site(gpu("12.4"), computer(PIP_INDEX_URL="https://pypi.org/simple"))
    assert cuda.decided(asked("torch==2.4.0"), there) == cuda.NOTHING
    said = ["error: Failed to fetch: `https://download.pytorch.org/whl/cpu/torch/`", "dns error"]
    hint = remedies.remedy(said, Path("/x/y"), ScriptedShell(), offline=False)
    assert "PIP_INDEX_URL=https://pypi.org/simple" in hint


# ------------------------------------------------------------------ the story


def told(spec: EnvironmentSpec, there: Site, engine: str) -> ScriptedConsole:
    console = ScriptedConsole()
    assessment = survey.Assessment(spec, there, Verdict(()), False, (), engine)
    questions.tell_cuda(assessment, console)
    return console


def test_the_decision_is_told_once_and_the_problem_with_its_ways():
    console = told(asked("torch==2.9.1"), site(gpu("11.8")), "uv")
    assert console.said == ["CUDA 11.8 (driver 550.54.14) → torch for the CPU"]
    assert len(console.warned) == 1
    assert "`torch<2.8`" in console.warned[0]


def test_what_conda_decides_is_told_too():
    yml = "dependencies: [python=3.11, pytorch]\n"
    spec = needs.complete(environment_yml.parse(yml, Origin("environment.yml")))
    for here, said in (
        (gpu("12.4"), "CUDA 12.4 (driver 550.54.14) → conda takes the newest builds for it"),
        (LINUX, "no NVIDIA GPU → conda takes builds for the CPU"),
    ):
        assert told(spec, site(here), "conda").said == [said]
    override = site(LINUX, computer(CONDA_OVERRIDE_CUDA="11.8"))
    assert "CONDA_OVERRIDE_CUDA=11.8" in told(spec, override, "rattler").said[0]


def test_nothing_is_told_where_nothing_is_decided():
    assert told(asked("torch"), site(LINUX), "else").said == []
    assert told(asked("six"), site(LINUX), "uv").said == []


def test_a_gpu_that_is_needed_makes_a_driver_too_old_a_shortfall():
    spec = asked("torch==2.9.1")
    must = replace(spec, needs=(Need("gpu", 1, "1", HERE), *spec.needs))
    rows = survey._judged(must, site(gpu("11.8"))).rows
    (row,) = [r for r in rows if r.need == "cuda"]
    assert (row.wanted, row.found, row.verdict) == ("12.6", "11.8", "short")
    assert not survey._judged(spec, site(gpu("11.8"))).shortfalls
    assert not survey._judged(must, site(gpu("12.6"))).shortfalls
