"""Recorded computers, this computer, and programs that stand in for hardware we do not have."""

from __future__ import annotations

import dataclasses
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envboot import machine
from envboot.machine import ALL, GIB, cgroup, nvidia, probe
from envboot.shell import Answer, Platform
from envboot.shell.local import LocalShell
from envboot.testing import ScriptedShell

MACHINES = Path(__file__).parent / "machines"
RECORDED = sorted(path.stem for path in MACHINES.glob("*.json"))
ROOT = Path(__file__).parent.parent


def _query(*without):
    fields = ",".join(f for f in nvidia.FIELDS if f not in without)
    return f"--query-gpu={fields} --format=csv,noheader,nounits"


def _line(key):
    """Write out ``{nvidia without compute_cap}`` in a recorded command line."""
    head, found, rest = key.partition("{nvidia")
    if found:
        where = head or "/usr/bin/"
        return f"{where}nvidia-smi {_query(*rest.rstrip('}').split()[1:])}"
    return key.replace("{query}", _query())


def recorded(name):
    """Return a shell that plays a recorded computer, and what is expected of it."""
    told = json.loads((MACHINES / f"{name}.json").read_text(encoding="utf-8"))
    answers = {
        _line(key): said if isinstance(said, str) else Answer(None, said["why"])
        for key, said in told["answers"].items()
    }
    shell = ScriptedShell(
        files=told.get("files"),
        answers=answers,
        programs=told.get("programs"),
        platform=Platform(*told["platform"], told.get("glibc", "")),
        environ=told.get("environ"),
        memory=tuple(told["memory"]) if "memory" in told else None,
        cores=told["cores"],
        disk_free=100 * GIB,
    )
    return shell, told["expected"]


@pytest.mark.parametrize("name", RECORDED)
def test_recorded_machine(name):
    shell, expected = recorded(name)

    found = probe(shell, Path("/home/ada/.venv"), ALL)

    for key, value in expected.items():
        if key == "cpu_flags":
            assert value in found.cpu_flags
        elif key == "notes":
            assert len(found.notes) == len(value), found.notes
            assert all(part in note for part, note in zip(value, found.notes)), found.notes
        elif key == "gpus" and value is not None:
            assert found.gpus is not None
            assert len(found.gpus) == len(value)
            for gpu, facts in zip(found.gpus, value):
                assert {k: getattr(gpu, k) for k in facts} == facts
        else:
            assert getattr(found, key) == value, key
    assert found.disk_free == 100 * GIB
    assert found.python == sys.version.split()[0]
    assert shell.done == []


@pytest.mark.parametrize("name", RECORDED)
def test_nothing_slow_unless_asked(name):
    shell, _ = recorded(name)

    found = probe(shell, Path("/home/ada/.venv"))

    assert found.gpus is None
    assert found.cpu_flags is None
    slow = [line for line in shell.asked if not line.startswith(("sysctl", "vm_stat"))]
    assert slow == []


def test_there_is_a_recording_of_each_kind():
    """So that nobody deletes one: the machines that the reference promises."""
    assert len(RECORDED) >= 30
    assert {"h200-node", "laptop", "apple-m2", "container-v1", "nvidia-hanging"} <= set(RECORDED)


def test_one_query_for_nvidia():
    shell, _ = recorded("one-gpu")

    probe(shell, Path("/"), frozenset({"gpu"}))

    assert shell.asked == [f"/usr/bin/nvidia-smi {_query()}"]


@pytest.mark.skipif(not importlib.util.find_spec("GPUtil"), reason="GPUtil is not installed")
def test_gputil_says_which_are_free():
    shell, _ = recorded("h200-node")
    shell.answers[Path(sys.executable).name] = "[5, 7]\n"

    found = probe(shell, Path("/"), frozenset({"gpu"}))

    assert [gpu.index for gpu in found.gpus or () if gpu.free] == [5, 7]


@pytest.mark.parametrize("said", ["", "Traceback", "{}", "[" * 100_000, '["x", null]'])
def test_gputil_may_fail(said):
    shell, _ = recorded("h200-node")
    shell.answers[Path(sys.executable).name] = said

    found = probe(shell, Path("/"), frozenset({"gpu"}))

    assert len(found.gpus or ()) == 8


@pytest.mark.skipif(not importlib.util.find_spec("cpuinfo"), reason="py-cpuinfo is not installed")
def test_cpuinfo_is_the_last_resort():
    shell, _ = recorded("windows-plain")
    told = {"brand_raw": "Snapdragon X Elite", "flags": ["ASIMD", "sve"]}
    shell.answers[Path(sys.executable).name] = json.dumps(told)

    found = probe(shell, Path("/"), frozenset({"cpu_flags"}))

    assert found.cpu_brand == "Snapdragon X Elite"
    assert found.cpu_flags == ("asimd", "sve")


@pytest.mark.skipif(not importlib.util.find_spec("cpuinfo"), reason="py-cpuinfo is not installed")
def test_cpuinfo_is_asked_for_what_is_missing_only():
    shell, _ = recorded("arm-server")
    told = {"brand_raw": "Neoverse-N1", "flags": ["nonsense"]}
    shell.answers[Path(sys.executable).name] = json.dumps(told)

    assert probe(shell, Path("/"), frozenset({"cpu_flags"})).cpu_brand == ""
    assert shell.asked == []
    found = probe(shell, Path("/"), frozenset({"brand"}))
    assert found.cpu_brand == "Neoverse-N1"
    assert "nonsense" not in (found.cpu_flags or ())


@pytest.mark.parametrize(
    ("driver", "cuda"),
    [
        ("580.65.06", "13.0"),
        ("579.9", "12.9"),
        ("525.60.13", "12.0"),
        ("450.80.02", "11.0"),
        ("375.26", ""),
        ("", ""),
        ("N/A", ""),
    ],
)
def test_cuda_of_a_driver(driver, cuda):
    assert nvidia.cuda_of(driver) == cuda


# ------------------------------------------------------------------ anything at all


@given(st.text(), st.text(), st.text(), st.text())
def test_cgroups_never_raise(groups, mounts, cpu, memory):
    shell = ScriptedShell(
        files={
            "/proc/self/cgroup": f"0::/a/b\n{groups}".encode("utf-8", "replace"),
            "/proc/self/mountinfo": mounts.encode("utf-8", "replace"),
            "/sys/fs/cgroup/cpu.max": cpu.encode("utf-8", "replace"),
            "/sys/fs/cgroup/memory.max": memory.encode("utf-8", "replace"),
        }
    )

    found = cgroup.limits(shell)

    assert found.cpus is None or found.cpus >= 1
    assert found.memory is None or 0 <= found.memory < cgroup.UNLIMITED


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=12), min_size=1, max_size=24))
def test_nvidia_smi_never_raises(words):
    shell = ScriptedShell(programs={"nvidia-smi": "/usr/bin/nvidia-smi"})
    shell.answers["nvidia-smi"] = ", ".join(words)

    found = probe(shell, Path("/"), frozenset({"gpu"}))

    assert found.gpus or found.notes


_CELL = st.sampled_from(["0", "7", "-1", "[N/A]", "nan", "1e400", "9" * 30, "", "12.5", "Enabled"])


@given(st.lists(st.lists(_CELL, min_size=8, max_size=8).map(", ".join), max_size=4))
def test_strange_numbers_never_raise(lines):
    shell = ScriptedShell(programs={"nvidia-smi": "/usr/bin/nvidia-smi"})
    shell.answers["nvidia-smi"] = "\n".join(lines)

    for gpu in probe(shell, Path("/"), frozenset({"gpu"})).gpus or ():
        assert gpu.memory is None or gpu.memory > 0


@given(st.text(), st.integers(-20, 20))
def test_other_tools_never_raise(text, status):
    linux = ScriptedShell(programs={"rocm-smi": "/usr/bin/rocm-smi"}, answers={"rocm-smi": text})
    mac = ScriptedShell(platform=Platform("Darwin", "arm64"), answers={"sysctl": text})
    mac.answers["vm_stat"] = Answer(None, f"vm_stat ended with status {status}")

    assert probe(linux, Path("/"), ALL).gpus is not None
    assert probe(mac, Path("/"), ALL).arch == "arm64"


# ------------------------------------------------------------------- this computer


def test_this_computer(tmp_path):
    found = probe(LocalShell(), tmp_path / "not" / "there" / "yet", ALL)

    assert found.arch
    assert 1 <= found.cpus <= (os.cpu_count() or 1)
    assert found.memory is not None
    assert found.memory > 2**27
    assert found.disk_free is not None
    if sys.platform == "linux":
        assert found.memory_free is not None
        assert found.memory_free <= found.memory
        assert found.cpu_flags or found.notes


def test_psutil_is_used_where_it_is_installed():
    psutil = pytest.importorskip("psutil")

    memory = LocalShell().memory()

    assert memory is not None
    assert memory[0] == psutil.virtual_memory().total


def test_memory_is_the_same_without_psutil():
    if sys.platform != "linux":
        pytest.skip("reads /proc/meminfo")
    total, free = machine._memory(LocalShell()) or (0, 0)

    assert total > 0
    assert 0 < (free or 0) <= total
    known = LocalShell().memory()
    assert known is None or abs(known[0] - total) < 2**20


def test_a_probe_that_asks_for_nothing_is_fast(tmp_path):
    """Measured in a fresh process, imports of the module included: the limit is 0.3 s."""
    code = (
        "import time; start = time.perf_counter()\n"
        "from pathlib import Path\n"
        "from envboot.machine import probe\n"
        "from envboot.shell.local import LocalShell\n"
        "shell = LocalShell(); before = time.perf_counter()\n"
        f"probe(shell, Path({str(tmp_path)!r}))\n"
        "print(time.perf_counter() - before)\n"
    )
    times = [
        float(
            subprocess.run(
                [sys.executable, "-c", code],
                cwd=ROOT,
                check=True,
                capture_output=True,
                text=True,
                timeout=180,
            ).stdout
        )
        for _ in range(3)
    ]

    assert min(times) < 0.3


def test_affinity_counts():
    taskset = shutil.which("taskset")
    if not taskset:
        pytest.skip("taskset is not installed")
    code = (
        "from pathlib import Path\n"
        "from envboot.machine import probe\n"
        "from envboot.shell.local import LocalShell\n"
        "print(probe(LocalShell(), Path('/')).cpus)\n"
    )
    one = str(min(os.sched_getaffinity(0)))

    told = subprocess.run(
        [taskset, "-c", one, sys.executable, "-c", code],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
        timeout=180,
    )

    assert told.stdout.strip() == "1"


def _program(folder, name, text):
    path = folder / name
    path.write_text(f"#!{sys.executable}\n{text}", encoding="utf-8")
    path.chmod(0o755)


def _shell(folder):
    return LocalShell({**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"})


def test_a_program_that_hangs(tmp_path):
    _program(tmp_path, "nvidia-smi", "import time\ntime.sleep(600)\n")
    start = time.monotonic()

    found = probe(_shell(tmp_path), tmp_path, frozenset({"gpu"}), patience=0.5)

    assert time.monotonic() - start < 300, "it sleeps for ten minutes"
    assert found.gpus is None
    assert "gave no answer in 0.5 s" in found.notes[0]


@pytest.mark.parametrize(
    ("said", "status", "gpus", "note"),
    [
        (b"0, NVIDIA \xff A2, 15356, 14923, 0, 535.54.03, 8.6, [N/A]\n", 0, 1, ""),
        (b"No devices were found\n", 6, 0, "found no device"),
        (b"NVIDIA-SMI has failed because it couldn't communicate\n", 9, 0, "not loaded"),
        (b"Failed to initialize NVML: Driver/library version mismatch\n", 18, 0, "restart"),
        (b'Field "name" is not a valid field to query.\n\n', 2, None, "status 2"),
        (b"\xff\xfe\x00", 0, None, "nothing usable"),
        (b"", 0, 0, "found no device"),
        (b"", 1, None, "status 1"),
    ],
)
def test_a_program_in_place_of_the_driver(tmp_path, said, status, gpus, note):
    text = f"import sys\nsys.stdout.buffer.write({said!r})\nsys.exit({status})\n"
    _program(tmp_path, "nvidia-smi", text)

    found = probe(_shell(tmp_path), tmp_path, frozenset({"gpu"}))

    assert (None if found.gpus is None else len(found.gpus)) == gpus
    assert note in " ".join(found.notes)


def test_an_old_driver_is_asked_again(tmp_path):
    """The program answers as drivers before 510 do, which do not know ``compute_cap``."""
    _program(
        tmp_path,
        "nvidia-smi",
        "import sys\n"
        "if 'compute_cap' in sys.argv[1]:\n"
        "    print('Field \"compute_cap\" is not a valid field to query.\\n')\n"
        "    sys.exit(2)\n"
        "print('0, Tesla V100, 16160, 16000, 0, 470.57.02, [N/A]')\n",
    )

    found = probe(_shell(tmp_path), tmp_path, frozenset({"gpu"}))

    assert [gpu.name for gpu in found.gpus or ()] == ["Tesla V100"]
    assert found.cuda == "11.4"


@pytest.mark.skipif(not importlib.util.find_spec("GPUtil"), reason="GPUtil is not installed")
def test_gputil_in_a_child(tmp_path):
    """GPUtil itself runs, and asks the program its own question; we compare with ours."""
    _program(
        tmp_path,
        "nvidia-smi",
        "import sys\n"
        "if 'gpu_serial' in sys.argv[1]:\n"
        "    for i, used in enumerate((9000, 10, 9000)):\n"
        "        print(f'{i}, GPU-{i}, 1, 10000, {used}, {10000 - used}, 535.54.03, A, 0, "
        "Disabled, Disabled, 30')\n"
        "else:\n"
        "    for i in range(3):\n"
        "        print(f'{i}, A, 10000, 10000, 0, 535.54.03, 8.6, [N/A]')\n",
    )

    found = probe(_shell(tmp_path), tmp_path, frozenset({"gpu"}), patience=30)

    free = [gpu.free for gpu in found.gpus or ()]
    works = importlib.util.find_spec("distutils") is not None
    assert free == ([False, True, False] if works else [True, True, True])


def test_a_real_cgroup():
    """A real group with half a core, made by root where the hierarchy may be written."""
    parent = next(
        (
            folder
            for folder in (Path("/sys/fs/cgroup/cpu"), Path("/sys/fs/cgroup"))
            if os.access(folder, os.W_OK)
            and any((folder / name).exists() for name in ("cpu.cfs_quota_us", "cpu.max"))
        ),
        None,
    )
    if sys.platform != "linux" or parent is None:
        pytest.skip("no cgroup hierarchy that may be written")
    group = parent / f"envboot-{os.getpid()}"
    try:
        group.mkdir()
    except OSError as error:
        pytest.skip(f"no cgroup can be made: {error}")
    try:
        inner = group / "inner"
        inner.mkdir()
        if (group / "cpu.cfs_quota_us").exists():
            (group / "cpu.cfs_quota_us").write_text("50000")
        elif (group / "cpu.max").exists():
            (group / "cpu.max").write_text("50000 100000")
        else:
            pytest.skip("the cpu controller is not delegated")
        code = (
            f"from pathlib import Path; import os\n"
            f"Path({str(inner / 'cgroup.procs')!r}).write_text(str(os.getpid()))\n"
            "from envboot.machine.cgroup import limits\n"
            "from envboot.shell.local import LocalShell\n"
            "print(limits(LocalShell()).cpus)\n"
        )
        told = subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            check=True,
            capture_output=True,
            text=True,
            timeout=180,
        )
        assert told.stdout.strip() == "1"
    finally:
        for folder in (group / "inner", group):
            if folder.exists():
                folder.rmdir()


def test_a_machine_is_a_value():
    shell, _ = recorded("laptop")
    found = probe(shell, Path("/"), ALL)

    assert found == probe(shell, Path("/"), ALL)
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.cpus = 1


@pytest.mark.parametrize(
    ("kernel", "macos"),
    [("19.6.0", "10.15"), ("20.1.0", "11.0"), ("23.1.0", "14.0"), ("25.0.0", "26.0"), ("", "")],
)
def test_the_macos_of_a_kernel(kernel, macos):
    shell = ScriptedShell(platform=Platform("Darwin", "arm64", kernel))
    assert probe(shell, Path("/repo")).macos == macos
