"""Needs that nobody declared: each with its evidence, and nothing that is not there."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envboot.estimate import estimate, floors, graphics, rounded, volume, weights
from envboot.freeze import Installed, Live
from envboot.infer.facts import Device, Imported, Scan
from envboot.needs import evidence, units
from envboot.spec import Origin
from envboot.testing import ScriptedShell

GB = 10**9
EMPTY = Scan((), (), ())
ASKS = Device(False, "torch.cuda.is_available()", Origin("train.py", 3))
TAKES = Device(True, "model.cuda()", Origin("train.py", 9))
TORCH = Installed("torch", "2.6.0", "pypi", local="cu124")
RUNTIME = Installed("nvidia-cuda-runtime-cu12", "12.4.127", "pypi")


def live(*installed, prefix="/env", kind="venv"):
    return Live(Path(prefix), "3.11.7", kind, installed)


def scan(*devices, module="torch"):
    return Scan((Imported(module, Origin("a.py", 1), "production"),), (), (), devices=devices)


def told(needs):
    return [(n.key, n.level, n.value, n.why) for n in needs]


def asked(root, environment=None, what=EMPTY, **parts):
    return told(estimate(root, what, environment, ScriptedShell(**parts)))


def safetensors(*tensors, metadata=None):
    """Return the beginning of a file: the tensors themselves are never read."""
    header = {f"t{i}": {"dtype": d, "shape": s} for i, (d, s) in enumerate(tensors)}
    if metadata:
        header["__metadata__"] = metadata
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text


def pointer(size):
    oid = "4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393"
    return f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {size}\n".encode()


# ------------------------------------------------------------------------ graphics


@pytest.mark.parametrize(
    ("devices", "installed", "expected"),
    [
        ((), (), []),
        ((ASKS,), (), [("gpu", "minimum", 0, "torch.cuda.is_available() in train.py:3")]),
        ((ASKS, TAKES), (), [("gpu", "minimum", 1, "model.cuda() in train.py:9")]),
        (
            (TAKES,),
            (RUNTIME, TORCH),
            [
                ("gpu", "minimum", 1, "model.cuda() in train.py:9"),
                (
                    "cuda",
                    "minimum",
                    "12.0",
                    "nvidia-cuda-runtime-cu12 12.4.127, for which a driver of 525.60.13 will do",
                ),
            ],
        ),
        (
            (),
            (TORCH,),
            [
                ("gpu", "minimum", 0, "torch 2.6.0, made for CUDA"),
                (
                    "cuda",
                    "recommended",
                    "12.0",
                    "torch 2.6.0, for which a driver of 525.60.13 will do",
                ),
            ],
        ),
    ],
)
def test_gpu_and_cuda(devices, installed, expected):
    assert told(graphics.needs(scan(*devices), live(*installed))) == expected


def test_what_only_tests_use_is_no_need():
    device = Device(True, "model.cuda()", Origin("tests/test_a.py", 1))
    assert list(graphics.needs(scan(device), None)) == []


def test_a_method_of_that_name_without_tensors_is_no_gpu():
    assert list(graphics.needs(scan(TAKES, module="requests"), None)) == []
    setting = Device(True, 'device="cuda"', Origin("a.py", 1))
    assert [n.key for n in graphics.needs(scan(setting, module="xgboost"), None)] == ["gpu"]


@pytest.mark.parametrize(
    ("one", "cuda"),
    [
        (Installed("nvidia-cuda-runtime-cu11", "11.8.89", "pypi"), "11.0"),
        (Installed("nvidia-cuda-runtime", "13.0.48", "pypi"), "13.0"),
        (Installed("torch", "2.0.1", "pypi", local="cu118"), "11.0"),
        (Installed("cuda-version", "12.6", "conda", python=False), "12.0"),
        (Installed("cudatoolkit", "11.3.1", "conda", python=False), "11.0"),
        (Installed("torch", "2.0.1", "pypi", local="cpu"), ""),
        (Installed("torch", "2.0.1", "pypi", local="cxx11.abi"), ""),
        (Installed("nvidia-ml-py", "12.535.77", "pypi"), ""),
        (Installed("numpy", "2.3.4", "pypi"), ""),
        (Installed("nvidia-cuda-runtime", "strange", "pypi"), ""),
    ],
)
def test_what_a_package_was_made_for(one, cuda):
    found = {n.key: n.value for n in graphics.needs(EMPTY, live(one))}
    assert found.get("cuda", "") == cuda


# -------------------------------------------------------------------------- floors


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        (("cp311-cp311-manylinux_2_34_x86_64",), {"glibc": "2.34"}),
        (("cp311-cp311-manylinux_2_28_x86_64",), {}),
        (("cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64",), {}),
        (("py3-none-manylinux_2_31_x86_64", "py3-none-manylinux_2_35_x86_64"), {"glibc": "2.31"}),
        (("cp311-cp311-manylinux_2_34_x86_64", "cp311-cp311-manylinux1_x86_64"), {}),
        (("cp311-cp311-macosx_14_0_arm64",), {"macos": "14.0"}),
        (("cp311-cp311-macosx_11_0_arm64",), {}),
        (("cp311-cp311-macosx_10_9_universal2",), {}),
        (("py3-none-any",), {}),
        (("cp311-cp311-linux_x86_64", "cp311-cp311-win_amd64"), {}),
        ((), {}),
    ],
)  # fmt: skip
def test_floors_of_wheels(tags, expected):
    found = list(floors.needs(live(Installed("some", "1.0", "pypi", tags=tags))))
    assert {n.key: n.value for n in found} == expected
    assert all(n.why == "the wheel of some 1.0" and n.level == "recommended" for n in found)


def test_the_highest_floor_of_all_packages_counts():
    old = Installed("old", "1.0", "pypi", tags=("cp311-cp311-manylinux_2_31_x86_64",))
    new = Installed("new", "1.0", "pypi", tags=("cp311-cp311-manylinux_2_34_x86_64",))
    (need,) = floors.needs(live(old, new))
    assert (need.value, need.why) == ("2.34", "the wheel of new 1.0")


# -------------------------------------------------------------- models, data, disk


def test_weights_are_counted_from_the_header():
    root, path = Path("/repo"), "/repo/model.safetensors"
    data = safetensors(("BF16", [1000, 1000, 1500]), ("F32", [250, 10**6]), metadata={"a": "b"})
    assert asked(root, files={path: data}) == [
        ("memory", "recommended", 4 * GB, "model.safetensors: 4 GB of weights")
    ]


def test_shards_are_one_model_and_of_several_models_the_largest_counts():
    root = Path("/repo")
    shard = safetensors(("F16", [10**9]))
    files = {f"/repo/a/model-0000{i}-of-00003.safetensors": shard for i in (1, 2, 3)}
    files["/repo/b/model.safetensors"] = safetensors(("F16", [2 * 10**9]))
    found = weights.largest(
        root, {p[6:]: len(t) for p, t in files.items()}, ScriptedShell(files=files)
    )
    assert found == weights.Model("a/model-00001-of-00003.safetensors", 6 * GB, "weights")


def test_a_gpu_that_is_required_needs_memory_of_its_own():
    files = {"/repo/model.safetensors": safetensors(("F32", [10**9]))}
    found = asked(Path("/repo"), what=scan(TAKES), files=files)
    assert [(key, value) for key, _, value, _ in found] == [
        ("gpu", 1),
        ("memory", 4 * GB),
        ("gpu_memory", 4 * GB),
    ]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff" * 20,
        (10).to_bytes(8, "little") + b"not json!!",
        (2).to_bytes(8, "little") + b"[]",
        safetensors(("F99", [1])),
        safetensors(("F32", [-1])),
        safetensors(("F32", [10**30])),
        safetensors(("F32", "ab")),
        (4000).to_bytes(8, "little") + b"[" * 4000,
    ],
)
def test_a_damaged_header_leaves_the_size_of_the_file(data):
    shell = ScriptedShell(files={"/repo/a.safetensors": data})
    found = weights.largest(Path("/repo"), {"a.safetensors": 7}, shell)
    assert found == weights.Model("a.safetensors", 7, "model file")


@given(st.binary(max_size=200))
def test_no_header_is_too_strange(data):
    shell = ScriptedShell(files={"/repo/a.safetensors": data})
    found = weights.largest(Path("/repo"), {"a.safetensors": 7}, shell)
    assert found is not None
    assert found.size >= 0


@pytest.fixture
def repository(tmp_path):
    """A real git repository with a tracked pointer, a tracked file and an ignored one."""
    root = tmp_path / "repo"
    (root / "data").mkdir(parents=True)
    (root / ".gitattributes").write_text("*.bin filter=lfs\n")
    (root / ".gitignore").write_text("ignored/\n")
    (root / "data" / "a.csv").write_bytes(b"1,2\n" * 1000)
    (root / "model.onnx").write_bytes(pointer(3 * GB))
    (root / "ignored").mkdir()
    (root / "ignored" / "big.pt").write_bytes(b"x" * 10**6)
    for words in (["init", "-q"], ["add", "."]):
        environ = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
        subprocess.run(["git", "-C", str(root), *words], check=True, env=environ)
    return root


def test_tracked_files_and_what_their_pointers_stand_for(repository, shell):
    assert volume.tracked(repository, shell) == {
        ".gitattributes": 17,
        ".gitignore": 9,
        "data/a.csv": 4000,
        "model.onnx": 3 * GB,
    }
    assert told(estimate(repository, EMPTY, None, shell)) == [
        ("memory", "recommended", 3 * GB, "model.onnx: 3 GB of model file"),
        ("disk", "recommended", 4 * GB, "tracked files of 3 GB"),
    ]


def test_without_git_environments_and_hidden_folders_do_not_count(tmp_path, shell):
    for name in ("a.csv", ".venv/b", "env/c", "src/build/d", "data/e"):
        (tmp_path / "r" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "r" / name).write_bytes(b"12345")
    assert set(volume.tracked(tmp_path / "r", shell)) == {"a.csv", "data/e"}


def test_disk_is_the_environment_and_the_data(tmp_path):
    files = {"/env/lib/a.so": b"x", "/env/pkgs/cache": b"y" * 5000, "/env/bin/python": b"zz"}
    shell = ScriptedShell(files=files)
    assert volume.environment(live(kind="conda"), shell) == 3
    assert volume.environment(live(kind="system"), shell) == 0
    assert estimate(tmp_path, EMPTY, live(), shell) == (), "less than a gigabyte is no need"


def test_nothing_is_claimed_of_an_empty_repository(tmp_path, shell):
    assert estimate(tmp_path, EMPTY, None, shell) == ()


@pytest.mark.parametrize(
    ("size", "figure"),
    [(1, 1), (GB, 1), (GB + 1, 2), (9.2 * GB, 10), (11 * GB, 15), (61 * GB, 70), (230 * GB, 250)],
)
def test_figures_are_rounded_up_as_people_name_them(size, figure):
    assert rounded(int(size)) == figure * GB


@given(st.integers(1, 10**15))
def test_rounding_never_goes_down_and_is_stable(size):
    assert size <= rounded(size) <= 1.5 * size + GB
    assert rounded(rounded(size)) == rounded(size)


def test_every_need_can_be_written_and_read_again(repository, shell):
    tags = ("cp311-cp311-manylinux_2_34_x86_64", "cp311-cp311-macosx_14_0_arm64")
    here = live(TORCH, Installed("some", "1.0", "pypi", tags=tags), prefix=str(repository))
    found = estimate(repository, scan(TAKES), here, shell)
    keys = [n.key for n in found]
    assert len(keys) == len(set(keys)) == 7
    for need in found:
        text = evidence.written(need)
        assert text
        assert evidence.comment(need).startswith("# envboot: inferred from ")
        if need.key in {"memory", "disk", "gpu_memory"}:
            assert units.size(text) == need.value
