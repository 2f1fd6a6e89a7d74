"""Every repository of tests/repos, copied to an awkward place and really set up.

Each is created with uv, and with venv where what pip is handed is of a kind of its own (or with the
one engine that can); its own ``verify`` says whether the environment is right, and a second run
finds nothing to do. Packages come from the
package index, once a session: pip and uv share their caches. Broken ones end as their
``expected.json`` says, and leave nothing behind.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from envboot import interpreters
from envboot.shell.local import LocalShell
from tests.channel import light_python, make_channel, pip_of
from tests.real.rattling import tools_at
from tests.wheels import make_wheel

pytestmark = pytest.mark.real
CHECKOUT = Path(__file__).resolve().parents[2]
REPOS = CHECKOUT / "tests" / "repos"
STAND_IN = Path(__file__).with_name("conda_stand_in.py")
# Where the index is and how it is reached is this machine's own affair.
KEPT = ("PIP_", "SSL_", "HTTP", "NO_PROXY", "REQUESTS_", "LD_")


ALL = {
    path.parent.name: json.loads(path.read_text(encoding="utf-8"))
    for path in sorted(REPOS.glob("*/expected.json"))
}
BROKEN = [name for name, said in ALL.items() if "exit" in said]
CONDA = [name for name, said in ALL.items() if said.get("engine") == "conda"]
NONE = [name for name, said in ALL.items() if said.get("engine") == "none"]
# To pip they hand what others here do: ``-r`` and a file of plain names, for this very Python.
AS_OTHERS = {
    "both-spellings",
    "environment-beats-all",
    "environment-yaml",
    "generated-setup-py",
    "groups-without-project",
    "needs",
    "needs-devcontainer",
    "needs-setup-cfg",
    "notebooks",
    "pipfile",
    "poetry",
    "runtime-contradicts-project",
}
PLAIN = [
    (name, engine)
    for name, said in ALL.items()
    if name not in {*BROKEN, *CONDA, *NONE}
    for engine in (("uv",) if name in AS_OTHERS else ("uv", "venv"))
    if said.get("engine") in {None, engine}
]


@pytest.fixture(scope="session")
def caches(tmp_path_factory):
    """One folder for what pip and uv keep, also for several workers."""
    base = tmp_path_factory.getbasetemp()
    return (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "caches"


@pytest.fixture
def variables(environ, caches):
    """Variables of a person with an empty home, on this machine's network and with its Pythons."""
    kept = {k: v for k, v in os.environ.items() if k.upper().startswith(KEPT)}
    home = Path(os.environ.get("HOME", "/nowhere"))
    beside = str(Path(sys.executable).parent)
    return {
        "PYENV_ROOT": str(home / ".pyenv"),
        **kept,
        **environ,
        "PATH": f"{beside}{os.pathsep}{environ['PATH']}",
        "PYTHONPATH": str(CHECKOUT),
        "PIP_CACHE_DIR": str(caches / "pip"),
        "UV_CACHE_DIR": str(caches / "uv"),
    }


@pytest.fixture
def clone(tmp_path):
    """Return a function that copies a repository to a path with a blank and an umlaut."""

    def copy(name):
        root = tmp_path / "ein Öhr" / name
        shutil.copytree(
            REPOS / name, root, ignore=shutil.ignore_patterns("expected.json", "verify")
        )
        return root

    return copy


@pytest.fixture
def up(variables):
    """Return a function that runs ``envboot up`` to its end; what it returns is its JSON."""

    def run(root, *flags):
        said = ALL[root.name]
        flags = [*flags, *(f"--group={group}" for group in said.get("groups", ()))]
        flags += ["--file", said["file"]] if "file" in said else []
        done = subprocess.run(
            [sys.executable, "-m", "envboot", "up", "--root", root, "--json", *flags],
            cwd=variables["HOME"],  # -m would import the stray modules of the current folder
            env=variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=240,
            check=False,
        )
        assert "Traceback" not in done.stderr, done.stderr
        value = json.loads(done.stdout)
        assert value["exit_code"] == done.returncode
        return value, done.stderr

    return run


def tree(*folders):
    return {
        str(path): path.read_bytes() if path.is_file() else None
        for folder in folders
        for path in folder.rglob("*")
    }


def set_up_and_verify(root, engine, up, variables):
    """Create it, let its own ``verify`` judge, and look a second time."""
    said = ALL[root.name]
    value, told = up(root, "--yes", "--no-kernel", "--engine", engine)
    broken = said.get("failed", [])
    assert value["outcome"] == ("not-working" if broken else "created"), told
    assert [failure["module"] for failure in value["report"]["failed"]] == broken
    assert (value["source"], value["environment"]["engine"]) == (said["winner"], engine)
    prefix = Path(value["environment"]["prefix"])
    python = prefix / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    environ = {k: v for k, v in variables.items() if k != "PYTHONPATH"}
    done = subprocess.run(
        [REPOS / root.name / "verify", python],
        cwd=root,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert not [*(prefix.parent / ".envboot").glob("build-*")]
    assert not [*(prefix.parent / ".envboot").glob("*.journal")]
    if broken:
        return
    again, told = up(root)
    assert (again["outcome"], again["exit_code"]) == ("up-to-date", 0), told
    assert again["environment"] == value["environment"]


@pytest.mark.parametrize(("name", "engine"), PLAIN)
def test_it_is_created_verified_and_found_up_to_date(name, engine, clone, up, variables):
    wanted = ALL[name].get("python", "")
    if interpreters.choose(wanted, LocalShell(variables)) is None:
        pytest.skip(f"there is no Python {wanted} here")
    set_up_and_verify(clone(name), engine, up, variables)


@pytest.fixture(scope="session")
def channel(tmp_path_factory):
    """A channel with Python 3.11, pip and the packages that the conda repositories ask for."""
    pytest.importorskip("rattler")
    found = interpreters.find(LocalShell())
    movable = (i for i in found if i.path.resolve().parts[:2] != ("/", "usr"))
    python = next((i for i in movable if i.version[:2] == (3, 11)), None)
    if python is None:
        pytest.skip("there is no Python 3.11 here that can be moved")
    folder = tmp_path_factory.mktemp("channel")
    wheels = [make_wheel(folder, "six", "1.16.0"), make_wheel(folder, "iniconfig", "2.0.0")]
    return make_channel(folder / "made", None, wheels, [light_python(python), *pip_of(python)])


@pytest.mark.parametrize("name", CONDA)
@pytest.mark.parametrize("engine", ["conda", "rattler"])
def test_a_conda_one_is_created_from_a_channel(
    name, engine, channel, clone, up, variables, tmp_path, tmp_path_factory
):
    if engine == "conda":
        base = tmp_path / "home" / "miniforge3"
        (base / "bin").mkdir(parents=True)
        program = base / "bin" / "conda"
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{STAND_IN}" "$@"\n')
        program.chmod(0o755)
        variables["CONDA_STAND_IN_ROOT"] = str(base)
    else:
        variables["XDG_CACHE_HOME"] = str(tools_at(tmp_path_factory))
        variables["RATTLER_CACHE_DIR"] = str(tmp_path / "packages")
    root = clone(name)
    path = root / "environment.yml"
    text = path.read_text(encoding="utf-8")
    assert "CHANNEL" in text
    path.write_text(text.replace("CHANNEL", channel), encoding="utf-8")
    set_up_and_verify(root, engine, up, variables)


@pytest.mark.parametrize("name", CONDA)
def test_a_conda_one_without_conda_and_network_says_so(name, clone, up, variables):
    root = clone(name)
    before = tree(root, Path(variables["HOME"]))
    value, told = up(root, "--yes", "--offline")
    assert (value["outcome"], value["exit_code"]) == ("falls-short", 6), told
    assert re.search(r"environment\.yml:\d+", value["shortfalls"][0]["evidence"])
    assert tree(root, Path(variables["HOME"])) == before


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_one_ends_in_one_sentence_and_writes_nothing(name, clone, up, variables):
    said = ALL[name]
    root = clone(name)
    before = tree(root, Path(variables["HOME"]))
    value, told = up(root, "--yes")
    assert (value["outcome"], value["exit_code"]) == ("failed", said["exit"]), told
    assert re.search(said["error"], value["error"]["message"])
    assert said.get("hint", "") in value["error"]["hint"]
    assert value["error"]["message"] in told
    assert tree(root, Path(variables["HOME"])) == before
