"""Needs as people write them, and what packages imply."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envboot import needs
from envboot.errors import InvalidFile
from envboot.needs import implied, units
from envboot.spec import Dependency, EnvironmentSpec, Need, Origin

LINUX = {"sys_platform": "linux", "platform_system": "Linux", "platform_machine": "x86_64"}
MAC = {"sys_platform": "darwin", "platform_system": "Darwin", "platform_machine": "arm64"}


def locate(key):
    """Give each key a line of its own: its length."""
    return Origin("pyproject.toml", len(key))


def value(key, written):
    (need,) = needs.read({key: written}, locate)
    return need.value


@pytest.mark.parametrize(
    ("key", "written", "expected"),
    [
        ("cpus", 4, 4),
        ("cpus", "4", 4),
        ("cpus", "4 cores", 4),
        ("cpus", ">= 2 vCPUs", 2),
        ("cpus", "1.5", 2),
        ("cpus", "8 or more", 8),
        ("memory", "16GB", 16 * 10**9),
        ("memory", "8 GiB", 8 * 2**30),
        ("memory", "512m", 512 * 2**20),
        ("memory", "8gb", 8 * 10**9),
        ("memory", "1.5 TB", 1500 * 10**9),
        ("memory", "16 gigabytes", 16 * 10**9),
        ("memory", "at least 16 GB RAM", 16 * 10**9),
        ("memory", 8589934592, 2**33),
        ("memory", "8589934592", 2**33),
        ("disk", "20G", 20 * 2**30),
        ("disk", "50 GB free", 50 * 10**9),
        ("storage", "32gb", 32 * 10**9),
        ("gpu", True, 1),
        ("gpu", False, 0),
        ("gpu", "optional", 0),
        ("gpu", "true", 1),
        ("gpu", "2 GPUs", 2),
        ("gpu", 4, 4),
        ("gpu_memory", "24 GB", 24 * 10**9),
        ("gpu-memory", "24 GB of VRAM", 24 * 10**9),
        ("cuda", "cuda >= 12.1", "12.1"),
        ("cuda", ">=12.1", "12.1"),
        ("cuda", "12", "12.0"),
        ("cuda", 12.1, "12.1"),
        ("cuda", 12, "12.0"),
        ("cuda", "11.8+", "11.8"),
        ("compute_capability", "8.0", "8.0"),
        ("compute_capability", "sm_90a", "9.0"),
        ("compute_capability", "compute_75", "7.5"),
        ("arch", "amd64", ("x86_64",)),
        ("arch", ["x86_64", "aarch64"], ("x86_64", "arm64")),
        ("os", "linux, osx", ("linux", "macos")),
        ("os", ["Windows"], ("windows",)),
        ("os", "Mac OS or Linux", ("macos", "linux")),
        ("cpu_flags", "avx2", ("avx2",)),
        ("cpu_flags", "AVX2, fma", ("avx2", "fma")),
        ("cpu_flags", ["SSE4.2", "avx512"], ("sse4_2", "avx512f")),
    ],
)
def test_as_people_write_them(key, written, expected):
    assert value(key, written) == expected


@pytest.mark.parametrize(
    ("mapping", "said", "hint"),
    [
        ({"memroy": "16 GB"}, "unknown need `memroy`", "`memory`"),
        ({"ram": "16 GB"}, "unknown need `ram`", "`memory`"),
        ({"quux": 1}, "unknown need `quux`", "cpus, memory, disk"),
        ({"memory": "16 GP"}, "memory: `16 GP` is not understood", "`16 GB`"),
        ({"memory": 16}, "memory: `16` is not understood", "a unit"),
        ({"memory": "lots"}, "memory: `lots`", "a unit"),
        ({"memory": True}, "memory: `true`", "a unit"),
        ({"memory": None}, "memory: `NoneType`", "a unit"),
        ({"memory": {"a": 1}}, "memory: `dict`", "a unit"),
        ({"memory": float("nan")}, "memory: `float`", "a unit"),
        ({"cpus": 0}, "cpus: `0`", "`4`"),
        ({"cpus": -2}, "cpus: `-2`", "`4`"),
        ({"cpus": "four"}, "cpus: `four`", "`4`"),
        ({"cpus": True}, "cpus: `true`", "`4`"),
        ({"gpu": "maybe"}, "gpu: `maybe`", '"optional"'),
        ({"gpu": -1}, "gpu: `-1`", "how many"),
        ({"cuda": "<12"}, "cuda: `<12`", "`>= 12.1`"),
        ({"cuda": "newest"}, "cuda: `newest`", "`>= 12.1`"),
        ({"arch": "pentium"}, "arch: `pentium`", "x86_64"),
        ({"arch": []}, "arch:", "x86_64"),
        ({"os": "linux, plan9"}, "os: `linux, plan9`", "linux, macos, windows"),
        ({"cpu_flags": "avx2!"}, "cpu_flags: `avx2!`", "avx2"),
        ({"cpus": 10**30}, "cpus:", "`4`"),
        ({"recommended": 3}, "recommended is not a table", "memory"),
        ({"recommended": {"memroy": 1}}, "unknown need `memroy`", "`memory`"),
        ({"disk": "9 GB", "storage": "9 GB"}, "disk is declared twice", "one of them"),
    ],
)
def test_what_is_not_understood(mapping, said, hint):
    with pytest.raises(InvalidFile) as caught:
        needs.read(mapping, locate)

    assert said in str(caught.value)
    assert hint in caught.value.hint
    assert caught.value.origin is not None
    assert str(caught.value).startswith("pyproject.toml:")


def test_origin_level_and_order():
    found = needs.read(
        {
            "recommended": {"memory": "32 GB"},
            "memory": "16 GB",
            "recommended.cpus": "8",
            "cpus": 4,
        },
        locate,
    )

    assert [(n.key, n.level, n.text) for n in found] == [
        ("cpus", "minimum", "4"),
        ("memory", "minimum", "16 GB"),
        ("cpus", "recommended", "8"),
        ("memory", "recommended", "32 GB"),
    ]
    assert found[3].origin == locate("recommended.memory")
    assert {n.evidence for n in found} == {"declared"}


def test_devcontainers_host_requirements():
    """https://containers.dev/implementors/json_reference: cpus, memory, storage, gpu."""
    told = {"cpus": 4, "memory": "8gb", "storage": "32gb", "gpu": {"cores": 1000, "memory": "8gb"}}

    found = {need.key: need.value for need in needs.read(told, locate)}

    assert found == {
        "cpus": 4,
        "memory": 8 * 10**9,
        "disk": 32 * 10**9,
        "gpu": 1,
        "gpu_memory": 8 * 10**9,
    }


_ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from([*needs.KEYS, "recommended", "storage"]), _ANY, max_size=3))
def test_nothing_but_invalid_file_is_raised(mapping):
    found = ()
    with contextlib.suppress(InvalidFile):
        found = needs.read(mapping, locate)

    assert all(need.key in needs.KEYS for need in found)


_UNITS = {
    "kb": 10**3,
    "MB": 10**6,
    "GB": 10**9,
    "tb": 10**12,
    "KiB": 2**10,
    "Gi": 2**30,
    "g": 2**30,
}


@given(st.integers(1, 10**6), st.sampled_from(sorted(_UNITS)), st.sampled_from(["", " ", "  "]))
def test_sizes(number, unit, blank):
    size = number * _UNITS[unit]

    assert units.size(f"{number}{blank}{unit}") == size


@given(st.integers(2**20, 2**62))
def test_a_size_is_shown_as_it_can_be_read_again(size):
    again = units.size(units.shown(size))

    assert again is not None
    assert abs(again - size) <= max(size * 0.06, 2**20)


# ------------------------------------------------------------- what packages imply


def spec(*lines, options=(), declared=()):
    """Write ``conda:`` before a line for a conda package."""
    dependencies = []
    for number, line in enumerate(lines, 1):
        ecosystem, text = ("conda", line[6:]) if line.startswith("conda:") else ("pypi", line)
        name = text.split(";")[0]
        for stop in "[<>=!~ @":
            name = name.split(stop)[0]
        origin = Origin("requirements.txt", number)
        dependencies.append(Dependency(name.lower(), text, ecosystem, origin))
    return EnvironmentSpec(
        dependencies=tuple(dependencies),
        options=tuple(
            Dependency("--extra-index-url", text, "pypi", Origin("requirements.txt", 99))
            for text in options
        ),
        needs=tuple(declared),
    )


def told(found, key):
    return [(n.value, n.level) for n in found.needs if n.key == key]


@pytest.mark.parametrize(
    ("line", "gpu", "cuda"),
    [
        ("cupy-cuda12x", 1, ("12.0", "minimum")),
        ("cupy-cuda112==10.6", 1, ("11.2", "minimum")),
        ("conda:cupy", 1, None),
        ("flash-attn>=2", 1, None),
        ("tensorrt", 1, None),
        ("pycuda", 1, None),
        ("cudf-cu12==25.2.*", 1, ("12.0", "minimum")),
        ("cuml-cu11", 1, ("11.0", "minimum")),
        ("torch", 0, None),
        ("torch==2.1.0+cu118", 0, ("11.8", "recommended")),
        ("torchvision==0.15.1+cu117", 0, ("11.7", "recommended")),
        ("conda:pytorch-cuda=12.1", 0, ("12.1", "recommended")),
        ("conda:cudatoolkit=11.3", 0, ("11.3", "recommended")),
        ("conda:cudatoolkit 10.2", 0, ("10.2", "recommended")),
        ("conda:cuda-version>=12.4,<13", 0, ("12.4", "recommended")),
        ("conda:cudatoolkit<12", 0, None),
        ("conda:pytorch=2.1=py3.10_cuda11.8_cudnn8.7.0_0", 0, ("11.8", "recommended")),
        ("nvidia-cublas-cu12==12.1.3.1", 0, ("12.0", "recommended")),
        ("nvidia-cuda-runtime-cu11", 0, ("11.0", "recommended")),
        ("jax[cuda12]", 0, ("12.0", "recommended")),
        ("jax[cuda12_pip]==0.4.30", 0, ("12.0", "recommended")),
        ("tensorflow[and-cuda]", 0, None),
        ("tensorflow-gpu==2.10", 0, None),
        ("onnxruntime-gpu", 0, None),
        ("bitsandbytes", 0, None),
        ("mxnet-cu92", 0, ("9.2", "recommended")),
        ("torch==2.1.0+cpu", None, None),
        ("conda:pytorch=2.1=cpu_*", None, None),
        ("numpy", None, None),
        ("jax", None, None),
        ("nvidia-ml-py", None, None),
        ("cuda-kit-of-somebody", None, None),
    ],
)
def test_gpu_and_cuda(line, gpu, cuda):
    found = needs.complete(spec("numpy", line), LINUX)

    assert told(found, "gpu") == ([] if gpu is None else [(gpu, "minimum")])
    assert told(found, "cuda") == ([] if cuda is None else [cuda])
    for need in found.needs:
        assert need.evidence == "inferred"
        assert need.origin == Origin("requirements.txt", 2)


def test_an_index_for_cuda():
    found = needs.complete(
        spec("torch", options=["--extra-index-url https://download.pytorch.org/whl/cu118"]), LINUX
    )

    assert told(found, "cuda") == [("11.8", "recommended")]
    assert told(found, "gpu") == [(0, "minimum")]
    assert next(n for n in found.needs if n.key == "cuda").origin.line == 99


@pytest.mark.parametrize(
    "alone",
    [
        spec("torch", options=["--index-url https://download.pytorch.org/whl/cpu"]),
        spec("conda:pytorch", "conda:cpuonly"),
    ],
)
def test_torch_for_the_cpu(alone):
    found = needs.complete(alone, LINUX)

    assert told(found, "gpu") == []
    assert told(found, "disk") == [(10**9, "recommended")]


@pytest.mark.parametrize(
    ("line", "system", "arch"),
    [
        ("tensorflow-macos", "macos", None),
        ("mlx", "macos", "arm64"),
        ("mlx[cuda]", None, None),
        ("pywin32>=300", "windows", None),
        ("pyobjc-framework-cocoa", "macos", None),
        ("conda:mkl", None, "x86_64"),
    ],
)
def test_made_for_one_system(line, system, arch):
    found = needs.complete(spec(line), LINUX)

    assert told(found, "os") == ([((system,), "minimum")] if system else [])
    assert told(found, "arch") == ([((arch,), "minimum")] if arch else [])


def test_markers_are_respected():
    conditional = spec(
        'pywin32; sys_platform == "win32"',
        'cupy-cuda12x; sys_platform == "linux"',
        "-e .; not a marker",
    )

    on_linux, on_mac = (needs.complete(conditional, where) for where in (LINUX, MAC))

    assert told(on_linux, "os") == []
    assert told(on_linux, "gpu") == [(1, "minimum")]
    assert on_mac.needs == ()


def test_disk_adds_up_and_only_warns():
    found = needs.complete(spec("torch", "tensorflow"), LINUX)

    assert told(found, "disk") == [(8 * 10**9, "recommended")]
    assert told(needs.complete(spec("torch"), MAC), "disk") == [(10**9, "recommended")]


def test_the_strongest_wins():
    found = needs.complete(spec("torch==2.1+cu118", "jax[cuda12]", "cupy"), LINUX)

    assert told(found, "gpu") == [(1, "minimum")]
    assert told(found, "cuda") == [("12.0", "recommended")]


def test_what_is_declared_wins():
    declared = needs.read({"gpu": "optional", "disk": "1 GB"}, locate)

    found = needs.complete(spec("cupy", "torch", declared=declared), LINUX)

    assert found.needs == declared


def test_no_gpu_means_no_gpu():
    declared = needs.read({"gpu": False}, locate)

    found = needs.complete(spec("cupy-cuda12x", declared=declared), LINUX)

    assert found.needs == declared
    assert needs.asked(found) == frozenset()


def test_twice_is_once():
    once = needs.complete(spec("torch==2.1+cu118", "cupy", "pywin32"), LINUX)

    assert needs.complete(once, LINUX) == once


def test_this_interpreter_is_the_default():
    found = needs.complete(spec('cupy; python_version >= "3.9"', 'pycuda; python_version < "3"'))

    assert [need.text for need in found.needs] == ["cupy"]


@pytest.mark.parametrize("rule", implied.RULES, ids=lambda rule: rule.names[0])
def test_the_table_is_sound(rule):
    assert rule.gpu in {None, 0, 1}
    assert rule.gpu is not None or rule.os or rule.arch or rule.disk
    assert set(rule.os) <= set(units.SYSTEMS)
    assert set(rule.arch) <= set(units.ARCHS)
    assert all(name == name.lower() and "_" not in name for name in rule.names)


@pytest.mark.parametrize(
    ("mapping", "facts"),
    [
        ({}, set()),
        ({"cpus": 4, "memory": "8 GB", "arch": "x86_64"}, set()),
        ({"gpu": "optional"}, {"gpu"}),
        ({"recommended": {"cuda": "12.1"}}, {"gpu"}),
        ({"gpu_memory": "8 GB", "cpu_flags": "avx2"}, {"gpu", "cpu_flags"}),
        ({"gpu": False}, set()),
    ],
)
def test_slow_facts_that_are_asked_for(mapping, facts):
    declared = needs.read(mapping, locate)

    assert needs.asked(EnvironmentSpec(needs=declared)) == facts


@given(st.text(max_size=30), st.sampled_from(["torch", "cupy", "cudatoolkit", "pytorch-cuda"]))
def test_completing_never_raises(text, name):
    where = Origin("requirements.txt", 1)
    lines = (Dependency(name, name + text, "pypi", where), Dependency(name, text, "conda", where))

    found = needs.complete(EnvironmentSpec(dependencies=lines), LINUX)

    assert all(isinstance(need, Need) for need in found.needs)
