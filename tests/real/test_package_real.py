"""package-env where it really runs: a lived-in conda environment, a terminal, no room or rights."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from envboot.formats import environment_yml, requirements_txt
from envboot.package import Packing, package_env
from envboot.spec import Origin
from envboot.testing import ScriptedConsole
from tests.living import make_conda_environment
from tests.real.person import PATH, Person, Terminal, tree

pytestmark = pytest.mark.real
CODE = "import yaml\nimport numpy\n"
ROOT = os.geteuid() == 0


@pytest.fixture
def mine(tmp_path):
    """Return a repository with code, and one line that its owner wrote."""
    root = tmp_path / "my répository"
    root.mkdir()
    (root / "main.py").write_text(CODE)
    (root / "requirements.txt").write_text("numpy>=1.20\n")
    return root


@pytest.fixture
def program(pyz):
    """What starts envboot: the archive, which stays the same while somebody works on envboot."""
    return (sys.executable, "-I", str(pyz))


def whole_of(root, home, program):
    """Pack a copy; return what is in it then: what every interrupted run must come to."""
    other = home / root.name
    shutil.copytree(root, other)
    done = Person(home / "packer").types("package-env", "--yes", cwd=other, program=program)
    assert done.returncode == 0, done.stderr
    return {Path(k).relative_to(other).as_posix(): v for k, v in tree(other).items()}


def held(root):
    return {Path(k).relative_to(root).as_posix(): v for k, v in tree(root).items()}


# ------------------------------------------------------------------ what conda holds


def test_what_was_asked_for_of_conda_and_nothing_else(tmp_path):
    """History, a pip part, a channel, a native library, variables, and a name of conda's own."""
    living = make_conda_environment(tmp_path / "living")
    root = tmp_path / "repository"
    root.mkdir()
    (root / "main.py").write_text(
        "import os\n\nimport alpha\nimport delta\nimport gamma\n\nprint(os.environ['ADA'])\n"
    )
    request = Packing(root=root, prefix=living.prefix, variable=("ADA",))
    shell = living.shell
    shell.environ = {**shell.environ, "ADA": "countess"}
    result = package_env(request, shell, ScriptedConsole())
    assert result.outcome == "packed"
    text = (root / "environment.yml").read_text()
    spec = environment_yml.parse(text, Origin("environment.yml"))
    minor = ".".join(living.python.split(".")[:2])
    asked = {(d.ecosystem, d.name): d.text for d in spec.dependencies}
    assert asked.pop(("conda", "python")) == f"python={minor}"
    assert asked.keys() == {
        ("conda", "alpha"),
        ("conda", "beta"),
        ("conda", "py-delta"),
        ("conda", "pip"),
        ("pypi", "gamma"),
    }
    assert asked["pypi", "gamma"].startswith("gamma~=1.0")
    assert living.channel in spec.channels or "conda-forge" in spec.channels
    assert dict(spec.variables) == {"ADA": "countess"}
    for word in ("libtiny", "helper", "epsilon", "+cu", "prefix:", "@ file", "=py_0", "build"):
        assert word not in text, word
    wheels = requirements_txt.parse((root / "requirements.txt").read_text(), Origin("r"))
    names = {d.name for d in wheels.dependencies}
    assert {"alpha", "gamma", "delta-python"} <= names
    assert not names & {"libtiny", "helper", "epsilon"}
    before = held(root)
    assert package_env(request, shell, ScriptedConsole()).outcome == "up-to-date"
    assert held(root) == before
    check = Packing(root=root, check=True)
    assert package_env(check, shell, ScriptedConsole()).exit_code == 0


# ---------------------------------------------------------------------- a real terminal


@pytest.fixture
def at(tmp_path, program):
    """Return a function that starts package-env at a pseudo-terminal."""
    person, started = Person(tmp_path / "person"), []

    def start(root, *words):
        started.append(Terminal(person, "package-env", *words, cwd=root, program=program))
        return started[-1]

    yield start
    for terminal in started:
        terminal.kill()


def test_the_conversation_at_a_terminal(mine, at):
    (mine / "main.py").write_text(CODE + "import clip\n")
    terminal = at(mine)
    terminal.read("which distribution brings `clip` (main.py:3)?")
    terminal.read(": ")
    terminal.send("../evil\n")
    terminal.read("that is no name of a distribution")
    terminal.read("leave it out): ")
    terminal.send("openai-clip\n")
    terminal.read("+openai-clip  # envboot: clip in main.py")
    terminal.read("change requirements.txt")
    terminal.read("[n]: ")
    terminal.send("y\n")
    terminal.read("Success")
    assert terminal.end() == 0
    assert "numpy>=1.20\n" in (mine / "requirements.txt").read_text()
    assert "clip = openai-clip" in (mine / "setup.cfg").read_text()


@pytest.mark.parametrize("question", ["leave it out): ", "[n]: "])
@pytest.mark.parametrize("key", ["\x03", "\x04"], ids=["Ctrl-C", "Ctrl-D"])
def test_leaving_at_a_question_leaves_all_as_it_was(mine, at, question, key):
    (mine / "main.py").write_text(CODE + "import clip\n")
    before = held(mine)
    terminal = at(mine)
    terminal.read("leave it out): ")
    if question == "[n]: ":
        terminal.send("\n")
        terminal.read(question)
    terminal.send(key)
    assert terminal.end() == 130
    assert held(mine) == before


# --------------------------------------------------------------------- killed, no room, no rights


def test_a_kill_at_any_time_is_mended_by_the_next_run(mine, tmp_path, program):
    person = Person(tmp_path / "person")
    whole = whole_of(mine, tmp_path / "whole", program)
    started = time.monotonic()
    probe = person.types("package-env", "--dry-run", cwd=mine, program=program)
    assert probe.returncode == 0, probe.stderr
    seconds = time.monotonic() - started
    for share in (0.6, 0.8, 0.9, 1.0):
        process = person.start("package-env", "--yes", cwd=mine, program=program)
        time.sleep(seconds * share)
        process.kill()
        process.communicate()
        for path, text in held(mine).items():
            if path in whole and not path.endswith("requirements.txt"):
                assert text == whole[path], f"{path} is half written"
    assert person.types("package-env", "--yes", cwd=mine, program=program).returncode == 0
    found = {k: v for k, v in held(mine).items() if ".part" not in k and not k.endswith(".tmp")}
    assert found == whole
    assert (mine / ".envboot/backup/requirements.txt").read_text() == "numpy>=1.20\n"


@pytest.mark.parametrize("room", [0, 16, 100])
def test_a_full_disk_loses_nothing(mine, tmp_path, room, program):
    if not ROOT or shutil.which("mount", path=PATH) is None:
        pytest.skip("only root may mount a small disk")
    disk = tmp_path / "disk"
    disk.mkdir()
    argv = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(disk)]
    if subprocess.run(argv, check=False).returncode:
        pytest.skip("this container may not mount a disk")
    try:
        root = Path(shutil.copytree(mine, disk / "r"))
        free = shutil.disk_usage(disk).free - room * 1024
        (disk / "ballast").write_bytes(b"\0" * max(0, free))
        done = Person(tmp_path / "person").types("package-env", "--yes", cwd=root, program=program)
        assert done.returncode == 7, done.stderr
        assert "no space left" in done.stderr.lower() or "is full" in done.stderr
        assert (root / "main.py").read_text() == CODE
        assert (root / "requirements.txt").read_text().startswith("numpy>=1.20\n")
        (disk / "ballast").unlink()
        done = Person(tmp_path / "again").types("package-env", "--yes", cwd=root, program=program)
        assert done.returncode == 0, done.stderr
        assert (root / ".envboot/backup/requirements.txt").read_text() == "numpy>=1.20\n"
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


def test_a_repository_that_can_only_be_read(mine, pyz):
    if not ROOT or shutil.which("setpriv", path=PATH) is None:
        pytest.skip("only root may become another person")
    if not Path("/usr/bin/python3").exists():
        pytest.skip("there is no Python of the system that everybody may start")
    with tempfile.TemporaryDirectory(prefix="envboot-guest-") as folder:
        place = Path(folder)
        place.chmod(0o755)
        pyz = shutil.copy(pyz, place / "envboot.pyz")
        root = Path(shutil.copytree(mine, place / "r"))
        guest = Person(place / "guest", PATH="/usr/bin:/bin", PYTHONPATH=None)
        for path in (guest.home, guest.tmp):
            shutil.chown(path, "nobody")
        before = held(root)
        argv = ("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups")
        options = {"cwd": root, "program": ("/usr/bin/python3", str(pyz)), "before": argv}
        done = guest.types("package-env", "--yes", **options)
        assert done.returncode in {6, 7}, done.stderr
        assert "error:" in done.stderr
        assert held(root) == before
        done = guest.types("package-env", "--check", **options)
        assert done.returncode == 4, "a check needs no right to write"


def test_no_network_is_needed(mine, tmp_path, program):
    if not ROOT or shutil.which("unshare", path=PATH) is None:
        pytest.skip("only root may cut a program off from the network")
    if subprocess.run(["unshare", "-n", "true"], check=False).returncode:
        pytest.skip("this container may not cut a program off from the network")
    done = Person(tmp_path / "person").types(
        "package-env", "--yes", "--json", cwd=mine, before=("unshare", "-n"), program=program
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["outcome"] == "packed"


# ----------------------------------------------------------------------------------- pre-commit


def test_pre_commit_runs_the_hook(mine, tmp_path, program):
    """The hook of this checkout, with its words run by this Python: no network."""
    pytest.importorskip("pre_commit", reason="`pre-commit` is not installed")
    import yaml

    text = (Path(__file__).resolve().parents[2] / ".pre-commit-hooks.yaml").read_text()
    (hook,) = (one for one in yaml.safe_load(text) if one["id"] == "envboot-check")
    person = Person(tmp_path / "person")
    assert hook["entry"].startswith("envboot ")
    entry = hook["entry"].replace("envboot", shlex.join(program), 1)
    hook |= {"language": "system", "entry": entry}
    config = {"repos": [{"repo": "local", "hooks": [hook]}]}
    (mine / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config))

    def run(*words):
        return subprocess.run(
            words,
            cwd=mine,
            env={**person.environ, "GIT_CONFIG_NOSYSTEM": "1"},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    assert run("git", "init", "-q").returncode == 0
    assert run("git", "add", "-A").returncode == 0
    stale = run(sys.executable, "-m", "pre_commit", "run", "--all-files")
    assert stale.returncode == 1, stale
    assert "`pyyaml` is missing (yaml in main.py:1)" in stale.stdout
    assert person.types("package-env", "--yes", cwd=mine, program=program).returncode == 0
    assert run("git", "add", "-A").returncode == 0
    fine = run(sys.executable, "-m", "pre_commit", "run", "--all-files")
    assert fine.returncode == 0, fine.stdout
