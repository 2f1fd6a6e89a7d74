"""What is exported and pasted, taken by those it is for: SkyPilot, Slurm, a notebook's kernel."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from envboot.export import sky
from envboot.needs import read
from envboot.shell.local import LocalShell
from envboot.spec import EnvironmentSpec, Origin
from tests.real.test_engines_real import as_pip_does, whole_environ

if os.name == "nt":
    pytest.skip("these are programs of POSIX systems", allow_module_level=True)

from tests.real.person import Person, ask_for

pytestmark = pytest.mark.real
SKYPILOT = "skypilot==0.14.1"
VALIDATE = """
import json, sys
import sky, yaml
from sky.catalog import get_common_gpus
for text in json.load(sys.stdin):
    try:
        task = sky.Task.from_yaml_config(yaml.safe_load(text))
        task.validate_name()
        task.validate_run()
        task.expand_and_validate_workdir()
    except ValueError as error:
        print(json.dumps(str(error)))
    else:
        rows = [[r.cpus, r.memory, r.disk_size, r.accelerators] for r in task.resources]
        print(json.dumps([task.name, task.workdir, task.setup, task.run, rows]))
print(json.dumps(get_common_gpus()))
"""
KERNEL = """
import json, sys
from jupyter_client.manager import start_new_kernel
manager, client = start_new_kernel(kernel_name="python3")
try:
    for code in json.load(sys.stdin):
        rows = []
        def hear(message, rows=rows):
            content = message["content"]
            rows.append(content.get("text") or "".join(content.get("traceback") or ()))
        reply = client.execute_interactive(code, output_hook=hear, timeout=240)
        print(json.dumps([reply["content"]["status"], "".join(rows)]), flush=True)
finally:
    client.stop_channels()
    manager.shutdown_kernel(now=True)
"""


# ------------------------------------------------------------------------------ SkyPilot


@pytest.fixture(scope="module")
def skypilot(tmp_path_factory):
    """Give the Python of an environment that has SkyPilot: 317 MB, 4 s with a quick index."""
    uv = shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv")
    if not uv:
        pytest.skip("uv is not installed")
    place = tmp_path_factory.mktemp("skypilot")
    environ = whole_environ({"HOME": str(place), "PATH": os.environ.get("PATH", os.defpath)})
    environ |= as_pip_does(LocalShell(environ))
    for argv in (
        [uv, "venv", "--quiet", "--python", sys.executable, str(place / "venv")],
        [uv, "pip", "install", "--quiet", "--python", str(place / "venv"), SKYPILOT],
    ):
        done = subprocess.run(argv, env=environ, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"SkyPilot cannot be installed: {done.stderr[-500:]}")
    yield place / "venv" / "bin" / "python"
    shutil.rmtree(place, ignore_errors=True)


def test_skypilot_takes_the_task(skypilot, tmp_path):
    """One that asks for much and one that asks for nothing; what is no task, it refuses.

    It takes any name of a GPU here: its list of what is rented where is on the network.
    """
    asked = {"cpus": 8, "memory": "32 GB", "disk": "100 GB", "gpu": 2, "gpu_memory": "80 GB"}
    needs = read(asked, lambda _path: Origin("setup.cfg", 3))
    command = 'python train.py "größe: 1"'
    text = sky.text(EnvironmentSpec(needs=needs, next=command), "größe & co")
    broken = text.replace("cpus: 8+", "cpu: 8+")
    done = subprocess.run(
        [str(skypilot), "-c", VALIDATE],
        input=json.dumps([text, sky.text(EnvironmentSpec(), "-"), broken]),
        cwd=tmp_path,
        env={"HOME": str(tmp_path), "PATH": os.environ.get("PATH", os.defpath)},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    whole, bare, refused, common = map(json.loads, done.stdout.splitlines()[-4:])
    name, workdir, setup, run, rows = whole
    assert (name, workdir, setup) == ("gr-e-co", str(tmp_path), "python3 setup.py --yes\n")
    assert run == f"python3 setup.py run -- sh -c '{command}'"
    assert sorted(str(row[3]) for row in rows) == [
        "{'A100-80GB': 2}",
        "{'H100': 2}",
        "{'H200': 2}",
    ]
    assert {(row[0], row[1], row[2]) for row in rows} == {("8+", "30+", 150)}
    assert (bare[0], bare[4]) == ("envboot", [[None, None, 256, None]])
    assert "cpu" in refused
    assert {one.name for one in sky.ACCELERATORS} <= set(common)


# ------------------------------------------------------------------------------ a container


def test_the_container_is_the_one_that_package_env_writes(packed, pyz, tmp_path):
    """Byte for byte, whichever of the two made it."""
    root = shutil.copytree(packed, tmp_path / "my répository", symlinks=True)
    (root / "setup.cfg").write_text("[envboot:needs]\ncpus = 4\nmemory = 8 GB\n")
    owner, program = Person(tmp_path / "owner"), (sys.executable, str(pyz))
    printed = owner.types("export", "devcontainer", "--output", "-", cwd=root, program=program)
    assert printed.returncode == 0, printed.stderr
    words = ("package-env", "--yes", "--no-live", "--with", "devcontainer")
    done = owner.types(*words, cwd=root, program=program)
    assert done.returncode == 0, done.stderr
    place = root / ".devcontainer" / "devcontainer.json"
    assert place.read_text() == printed.stdout
    assert '"cpus": 4' in printed.stdout
    again = owner.types("export", "devcontainer", cwd=root, program=program)
    assert "says so already" in again.stderr


# ------------------------------------------------------------------------------ a notebook


@pytest.fixture
def pushed(packed, tmp_path):
    """Return a packed repository with a notebook, and a bare one in the place of GitHub's."""
    clone = shutil.copytree(packed, tmp_path / "my répository", symlinks=True)
    notebook = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (clone / "nb.ipynb").write_text(json.dumps(notebook))
    owner = Person(tmp_path / "owner")
    (owner.home / ".gitconfig").write_text("[user]\nname = Ann\nemail = ann@localhost\n")

    def git(*words):
        done = subprocess.run(
            ["git", *words],
            cwd=clone,
            env=owner.environ,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    git("init", "--quiet", "--initial-branch=main")
    git("add", "--all")
    git("commit", "--quiet", "-m", "packed")
    git("clone", "--quiet", "--bare", str(clone), str(tmp_path / "hub.git"))
    git("remote", "add", "origin", "git@github.com:ann/sunspots.git")
    git("update-ref", "refs/remotes/origin/main", "HEAD")
    return owner, clone, tmp_path / "hub.git", git


def visitor(hub, tmp_path):
    """Return someone at a notebook service, for whom that folder is GitHub."""
    there = Person(tmp_path / "there")
    (there.home / ".gitconfig").write_text(
        f'[url "{hub}"]\ninsteadOf = https://github.com/ann/sunspots.git\n'
    )
    return there


def kernel(person, *cells):
    """Run cells in a kernel as a notebook service starts it; return status and output of each."""
    environ = {k: v for k, v in person.environ.items() if not k.startswith("PYTHON")}
    done = subprocess.run(
        [sys.executable, "-c", KERNEL],
        input=json.dumps(cells),
        cwd=person.tmp,
        env=environ,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(row) for row in done.stdout.splitlines() if row.startswith("[")]


def test_the_first_cell_brings_repository_and_environment(pushed, tmp_path):
    """What ``launch link colab`` prints is pasted into a real kernel; GitHub is a folder here."""
    owner, root, hub, git = pushed
    done = owner.types("launch", "link", "colab", "--json", "--yes", "--no-browser", cwd=root)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    head = git("rev-parse", "HEAD")
    assert said["link"].endswith(f".com/github/ann/sunspots/blob/{head}/nb.ipynb")
    assert said["paste"] in done.stderr

    there = visitor(hub, tmp_path)
    place = there.home / "sunspots"
    look = "import os, tiny; print(tiny.__version__, tiny.__file__, os.getcwd())"
    first, seen, again = kernel(there, said["paste"], look, said["paste"])
    assert first[0] == "ok", first[1]
    assert "tiny imports" in first[1]
    assert "this kernel imports from" in first[1]
    assert seen[0] == "ok", seen[1]
    version, file, folder = seen[1].split()
    assert version == "1.0"
    assert file.startswith(f"{place}/.venv/")
    assert folder == str(place)
    assert again[0] == "ok", again[1]
    assert "is up to date" in again[1]

    # A kernel with another Python imports nothing from there, and says what can be done.
    other = said["paste"].replace("% sys.version_info[:2]", "% (2, 7)")
    assert other != said["paste"]
    script = "!python3 setup.py run -- python main.py"
    first, seen, ran = kernel(there, other, "import tiny", script)
    assert first[0] == "ok", first[1]
    assert "the environment is not for this kernel" in first[1]
    assert seen[0] == "error"
    assert "1.0" in ran[1]

    # The owner goes on: a cell of tomorrow brings the repository of tomorrow. What somebody
    # changed there is not thrown away, and not taken for what was pushed.
    ask_for(root, "2.0")
    git("add", "--all")
    git("commit", "--quiet", "-m", "newer")
    git("push", "--quiet", str(hub), "main")
    cell = said["paste"].replace(head, git("rev-parse", "HEAD"))
    mine = "from pathlib import Path; _ = Path('requirements.txt').write_text('# mine')"
    first, seen, _, last = kernel(there, cell, look, mine, said["paste"])
    assert first[0] == "ok", first[1]
    assert seen[1].startswith("2.0 "), (first, seen)
    assert last[0] == "error"
    assert f"{place} is not at the commit" in last[1]
    assert (place / "requirements.txt").read_text() == "# mine"


def test_a_cell_without_a_network_says_what_git_said(pushed, tmp_path):
    owner, root, hub, _git = pushed
    done = owner.types("launch", "link", "colab", "--json", "--dry-run", cwd=root)
    shutil.rmtree(hub)
    there = visitor(hub, tmp_path)
    ((status, text),) = kernel(there, json.loads(done.stdout)["paste"])
    assert status == "error"
    assert str(hub) in text
    assert "No such file or directory: 'sunspots'" in text
