"""``envboot export``: task files of SkyPilot, development containers and Slurm."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from envboot.export import KINDS, PLACES, sky
from envboot.needs import read
from envboot.spec import EnvironmentSpec, Need, Origin

REPOSITORY = Path(__file__).resolve().parent.parent
SETTINGS = """\
[envboot]
next = python train.py "a b"
[envboot:needs]
cpus = 8
memory = 32 GB
disk = 100 GB
gpu = 2
gpu_memory = 40 GB
"""


def wanted(**needs: object) -> tuple[Need, ...]:
    return read(needs, lambda _path: Origin("setup.cfg", 4))


def task(spec: EnvironmentSpec, name: str = "sunspots") -> dict[str, object]:
    found = yaml.safe_load(sky.text(spec, name))
    assert isinstance(found, dict)
    return found


def resources(**needs: object) -> dict[str, object]:
    found = task(EnvironmentSpec(needs=wanted(**needs))).get("resources", {})
    assert isinstance(found, dict)
    return found


def gpus(**needs: object) -> dict[str, int]:
    found = resources(**needs).get("accelerators", {})
    assert isinstance(found, dict)
    return found


# ------------------------------------------------------------------------------ SkyPilot's task


def test_needs_become_resources() -> None:
    assert resources(cpus=8, memory="32 GB", disk="100 GB") == {
        "cpus": "8+",
        "memory": "30+",
        "disk_size": 150,
    }
    assert resources() == {}
    assert resources(memory="1 MiB")["memory"] == "1+"


def test_what_is_needed_at_least_counts_before_what_is_recommended() -> None:
    assert resources(recommended={"cpus": 16})["cpus"] == "16+"
    assert resources(cpus=4, recommended={"cpus": 16})["cpus"] == "4+"


def test_a_gpu_is_any_that_has_what_is_asked_for() -> None:
    assert set(gpus(gpu=1)) == {one.name for one in sky.ACCELERATORS}
    assert set(gpus(gpu_memory="80 GB")) == {"A100-80GB", "H100", "H200"}
    assert set(gpus(gpu=1, gpu_memory="16 GiB", compute_capability="8.9")) == {
        "L4",
        "L40S",
        "H100",
        "H200",
    }
    assert "V100" not in gpus(cuda="12.1", compute_capability="7.5")
    assert set(gpus(gpu=3).values()) == {4}  # no cloud puts three into one computer
    assert set(gpus(gpu=16).values()) == {16}


@pytest.mark.parametrize("value", [False, "no", "optional"])
def test_a_gpu_that_is_not_a_must_is_not_rented(value: object) -> None:
    assert gpus(gpu=value) == {}


def test_a_gpu_that_is_not_known_is_said_to_be_not_known() -> None:
    text = sky.text(EnvironmentSpec(needs=wanted(gpu_memory="200 GB")), "x")
    assert "# No GPU that is known here will do: declared: 200 GB (setup.cfg:4)" in text
    assert "resources" not in yaml.safe_load(text)


def test_the_task_sets_up_and_runs_what_the_owner_suggests() -> None:
    found = task(EnvironmentSpec(next='python train.py "a b"'))
    assert found["workdir"] == "."
    assert found["setup"] == "python3 setup.py --yes\n"
    assert shlex.split(str(found["run"])) == [
        *("python3", "setup.py", "run", "--", "sh", "-c"),
        'python train.py "a b"',
    ]
    assert str(task(EnvironmentSpec())["run"]).startswith("echo ")


@given(st.text(min_size=1))
def test_any_command_arrives_as_it_was(command: str) -> None:
    found = task(EnvironmentSpec(next=command))
    assert shlex.split(str(found["run"]))[-1] == command


@given(st.text())
def test_any_name_becomes_one_that_skypilot_takes(name: str) -> None:
    """The expression is SkyPilot's own, of its ``Task``."""
    found = task(EnvironmentSpec(), name)["name"]
    assert isinstance(found, str)
    assert re.fullmatch(r"[a-zA-Z0-9]+(?:[._-]{1,2}[a-zA-Z0-9]+)*", found)


@given(st.text())
def test_a_note_does_not_leave_its_comment(text: str) -> None:
    need = replace(wanted(cpus=2)[0], text=text, origin=Origin(text or "x"))
    assert task(EnvironmentSpec(needs=(need,)))["resources"] == {"cpus": "2+"}
    first = sky.text(EnvironmentSpec(), "x", file=text).splitlines()
    assert all(row.startswith("#") for row in first[:3])


# ------------------------------------------------------------------------------ the command


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a repository that says what it needs."""
    place = tmp_path / "a répository"
    place.mkdir()
    (place / "requirements.txt").write_text("six\n", encoding="utf-8")
    (place / "train.py").write_text("import six\n", encoding="utf-8")
    (place / "setup.cfg").write_text(SETTINGS, encoding="utf-8")
    return place


Export = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def export(root: Path, child_environ: dict[str, str]) -> Export:
    def run(
        *words: str, command: str = "export", cwd: Path = root
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "envboot", command, *words],
            cwd=cwd,
            env={**child_environ, "PYTHONUTF8": "1"},
            capture_output=True,
            encoding="utf-8",
            stdin=subprocess.DEVNULL,
            check=False,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return done

    return run


def files(root: Path) -> dict[str, bytes]:
    return {str(p.relative_to(root)): p.read_bytes() for p in root.rglob("*") if p.is_file()}


@pytest.mark.parametrize("kind", KINDS)
def test_the_file_is_written_once_and_printed(root: Path, export: Export, kind: str) -> None:
    printed = export(kind, "--output", "-")
    planned = export(kind, "--dry-run")
    assert printed.returncode == planned.returncode == 0
    assert printed.stdout == planned.stdout != ""
    assert not (root / PLACES[kind]).exists()
    assert export(kind).returncode == 0
    assert (root / PLACES[kind]).read_text(encoding="utf-8") == printed.stdout
    again = export(kind)
    assert again.returncode == 0
    assert "says so already" in again.stderr


@pytest.mark.parametrize("kind", ["sky", "sbatch"])
def test_a_file_that_is_there_is_replaced_only_with_a_yes(
    root: Path, export: Export, kind: str
) -> None:
    place = root / PLACES[kind]
    place.write_text("mine\n", encoding="utf-8")
    done = export(kind)
    assert done.returncode == 5
    assert "`--force`" in done.stderr
    assert place.read_text(encoding="utf-8") == "mine\n"
    assert export(kind, "--force").returncode == 0
    assert place.read_text(encoding="utf-8") != "mine\n"


def test_another_name_is_relative_to_where_the_person_is(root: Path, export: Export) -> None:
    (root / "deep").mkdir()
    done = export("sbatch", "-C", "..", "--output", "my job.sh", cwd=root / "deep")
    assert done.returncode == 0
    assert "#   sbatch my job.sh" in (root / "deep" / "my job.sh").read_text(encoding="utf-8")
    assert "`sbatch 'my job.sh'`" in done.stderr
    done = export("sky", "--output", "deep")
    assert done.returncode == 1
    assert "is a folder" in done.stderr


def test_json_says_what_came_of_it(root: Path, export: Export) -> None:
    found = json.loads(export("sky", "--json").stdout)
    assert found["outcome"] == "exported"
    assert found["target"] == str(root / "sky.yaml")
    assert found["text"] == (root / "sky.yaml").read_text(encoding="utf-8")
    assert json.loads(export("sky", "--json").stdout)["outcome"] == "unchanged"
    planned = json.loads(export("sbatch", "--json", "--dry-run").stdout)
    assert (planned["outcome"], planned["plan"]) == ("planned", [f"write {root / 'job.sbatch'}"])


def test_an_unpacked_repository_is_named(root: Path, export: Export) -> None:
    assert "is not packed" in export("sky").stderr
    (root / "setup.py").write_text("# >>> envboot >>>\n# <<< envboot <<<\n", encoding="utf-8")
    (root / ".envboot").mkdir()
    (root / ".envboot" / "envboot.pyz").write_bytes(b"zip")
    assert "is not packed" not in export("sky", "--output", "-").stderr


def test_nothing_to_export(tmp_path: Path, export: Export) -> None:
    (tmp_path / "empty").mkdir()
    for kind in KINDS:
        done = export(kind, "-C", str(tmp_path / "empty"))
        assert done.returncode == 3, done.stderr
    assert list((tmp_path / "empty").iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")
@pytest.mark.parametrize("kind", KINDS)
def test_a_link_that_leads_out_is_not_written_through(
    root: Path,
    tmp_path: Path,
    export: Export,
    kind: str,
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").write_text("{}\n", encoding="utf-8")
    if kind == "devcontainer":
        (root / ".devcontainer").symlink_to(outside)
    else:
        (root / PLACES[kind]).symlink_to(outside / "kept")
    done = export(kind, "--force")
    assert done.returncode == 7, done.stderr
    assert "a link leads out" in done.stderr
    assert files(outside) == {"kept": b"{}\n"}


def test_a_value_that_is_no_size_names_its_line(root: Path, export: Export) -> None:
    (root / "setup.cfg").write_text("[envboot:needs]\nmemory = much\n", encoding="utf-8")
    done = export("sky")
    assert done.returncode == 4
    assert "setup.cfg:2" in done.stderr


# ------------------------------------------------------------------------------ devcontainer


def test_only_that_file_is_written(root: Path, export: Export) -> None:
    """It is byte for byte what ``package-env`` writes: see ``tests/real/test_export_real.py``."""
    assert export("devcontainer").returncode == 0
    assert set(files(root)) == {
        "requirements.txt",
        "train.py",
        "setup.cfg",
        PLACES["devcontainer"],
    }
    place = root / PLACES["devcontainer"]
    (root / "setup.cfg").write_text("[envboot:needs]\ncpus = 3\n", encoding="utf-8")
    done = export("devcontainer")  # its own file is renewed without a question
    assert done.returncode == 0, done.stderr
    assert '"cpus": 3' in place.read_text(encoding="utf-8")


def test_a_person_s_own_file_keeps_its_lines(root: Path, export: Export) -> None:
    place = root / ".devcontainer.json"
    own = '{\n  // mine\n  "image": "debian:12"\n}\n'
    place.write_text(own, encoding="utf-8")
    assert export("devcontainer").returncode == 5
    assert place.read_text(encoding="utf-8") == own
    done = export("devcontainer", "--force")
    assert done.returncode == 0, done.stderr
    text = place.read_text(encoding="utf-8")
    assert "// mine" in text
    assert '"image": "debian:12"' in text
    assert '"postCreateCommand": "python3 setup.py --yes"' in text
    place.write_text("{ no json", encoding="utf-8")
    assert export("devcontainer", "--force").returncode == 4
    assert place.read_text(encoding="utf-8") == "{ no json"


# ------------------------------------------------------------------------------ sbatch


def test_the_job_script_asks_for_what_is_needed(export: Export) -> None:
    text = export("sbatch", "--output", "-").stdout
    rows = [row for row in text.splitlines() if row.startswith("#SBATCH ")]
    assert text.startswith("#!/bin/sh\n#SBATCH ")
    assert "#SBATCH --cpus-per-task=8" in rows
    assert "#SBATCH --gres=gpu:2" in rows
    assert text.splitlines()[-2:] == [
        "python3 setup.py --yes",
        "python3 setup.py run -- sh -c 'python train.py \"a b\"'",
    ]
    assert subprocess.run(["sh", "-n"], input=text, text=True, check=False).returncode == 0
