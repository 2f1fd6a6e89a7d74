"""`python setup.py` with our own conda engine: from the yes to an environment that conda knows."""

from __future__ import annotations

import json
import os
import re
import subprocess

import pytest

from envboot import interpreters
from envboot.shell.local import LocalShell
from tests.channel import activates, light_python, make_channel, noarch, pip_of, post_link
from tests.real.person import Person, Terminal, version_in
from tests.real.rattling import tools_at
from tests.wheels import make_wheel

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(os.name == "nt", reason="the channel has a Python for POSIX alone"),
]
YML = """\
name: story
channels:
  - CHANNEL
  - nodefaults
dependencies:
  - python
  - alpha=1
  - vars
  - pip:
    - ./wheels/tiny-1.0-py3-none-any.whl
variables:
  PAIR: two words
"""


@pytest.fixture(scope="module")
def python():
    """A Python that bundles pip, which a distribution's may not."""
    found = (i for i in interpreters.find(LocalShell()) if i.version >= (3, 10) and pip_of(i))
    return next(found, None) or pytest.skip("no Python 3.10 here came with its pip")


@pytest.fixture(scope="module")
def channel(tmp_path_factory, python):
    more = [
        light_python(python),
        *pip_of(python),
        noarch("alpha", "1.0"),
        noarch("alpha", "2.0"),
        activates("vars", GREETING="hello"),
        post_link("linked", 'echo linked > "$PREFIX/linked.txt"'),
    ]
    return make_channel(tmp_path_factory.mktemp("channel") / "made", None, more=more)


@pytest.fixture
def ann(tmp_path, tmp_path_factory):
    """Someone without conda, for whom py-rattler was fetched once."""
    one = Person(tmp_path / "ann", XDG_CACHE_HOME=str(tools_at(tmp_path_factory)))
    one.environ["RATTLER_CACHE_DIR"] = str(tmp_path / "packages")
    one.environ |= {"PATH": "/usr/bin:/bin", "SHELL": "/bin/bash"}
    return one


@pytest.fixture
def repository(tmp_path, channel):
    root = tmp_path / "a répository"
    root.mkdir()
    make_wheel(root / "wheels", "tiny", "1.0")
    (root / "environment.yml").write_text(YML.replace("CHANNEL", channel))
    (root / "main.py").write_text("import alpha\nimport tiny\n")
    return root


def change(repository, old, new):
    file = repository / "environment.yml"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def alpha_in(prefix):
    code = "import alpha; print(alpha.__version__)"
    argv = [str(prefix / "bin/python"), "-I", "-c", code]
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout.strip()


def test_from_nothing_to_an_environment_that_is_updated_and_removed(ann, repository):
    made = ann.types("--yes", "--no-kernel", cwd=repository)
    assert made.returncode == 0, made.stderr
    prefix = ann.home / ".conda/envs/story"
    assert f"to use it: source {prefix}/etc/envboot/activate" in made.stderr
    assert (alpha_in(prefix), version_in(prefix)) == ("1.0", "1.0")
    assert (ann.home / ".conda/environments.txt").read_text() == f"{prefix}\n"
    history = (prefix / "conda-meta/history").read_text()
    assert "# cmd: envboot environment.yml" in history
    state = json.loads((prefix / "conda-meta/state").read_text())
    assert state["env_vars"] == {"PAIR": "two words"}
    noted = json.loads((repository / ".envboot/environment.json").read_text())
    assert noted["prefix"] == str(prefix)
    assert noted["seconds"]["rattler"] > 0
    state_folder = prefix.parent / ".envboot"
    assert not list(state_folder.glob("*.json")), "neither order nor answer stays"

    code = "import os; print(*map(os.environ.get, ['PAIR', 'GREETING', 'CONDA_PREFIX']))"
    said = ann.types("run", "python", "-c", code, cwd=repository)
    assert said.stdout.strip() == f"two words hello {prefix}"
    again = ann.types("--yes", cwd=repository)
    assert "is up to date" in again.stderr

    change(repository, "alpha=1\n  - vars", "alpha=2")
    updated = ann.types("--yes", "--no-kernel", cwd=repository)
    assert updated.returncode == 0, updated.stderr
    assert alpha_in(prefix) == "2.0"
    assert not list((prefix / "conda-meta").glob("vars-*.json")), "what is not asked for is pruned"
    assert (ann.home / ".conda/environments.txt").read_text() == f"{prefix}\n"

    gone = ann.types("remove", "--yes", cwd=repository)
    assert gone.returncode == 0, gone.stderr
    assert (ann.home / ".conda/environments.txt").read_text() == ""
    assert [p.name for p in prefix.parent.iterdir()] == [".envboot"]


def test_a_mistake_is_told_with_its_line_and_leaves_what_worked(ann, repository):
    assert ann.types("--yes", "--no-kernel", cwd=repository).returncode == 0
    prefix = ann.home / ".conda/envs/story"
    change(repository, "  - alpha=1\n", "  - alpha=3\n  - alhpa\n")
    failed = ann.types("--yes", "--no-kernel", cwd=repository)
    assert failed.returncode == 4
    assert "2 things in environment.yml stand in the way:" in failed.stderr
    assert re.search(r"environment\.yml:7: .*`alpha=3`", failed.stderr)
    assert re.search(r"environment\.yml:8: .*`alhpa`\n\s+.*`alpha`", failed.stderr)
    assert f"the environment that worked before is unchanged: {prefix}" in failed.stderr
    assert alpha_in(prefix) == "1.0"
    assert not list((prefix.parent / ".envboot").glob("*.json"))
    assert sorted(p.name for p in prefix.parent.iterdir()) == [".envboot", "story"]
    change(repository, "  - alhpa\n", "")
    as_json = ann.types("--yes", "--no-kernel", "--json", cwd=repository)
    error = json.loads(as_json.stdout)["error"]
    assert error["message"].startswith("environment.yml:7: ")
    assert error["hint"]


def test_a_pip_part_that_fails_leaves_nothing(ann, repository):
    change(repository, "tiny-1.0-py3", "tiny-9.0-py3")
    failed = ann.types("--yes", "--no-kernel", cwd=repository)
    assert failed.returncode == 7
    assert "tiny-9.0" in failed.stderr
    assert [p.name for p in (ann.home / ".conda/envs").iterdir()] == [".envboot"]


def test_what_pip_builds_sees_what_packages_set(ann, repository):
    """conda's compilers name themselves there: a build in the repository notes what it saw."""
    own = repository / "own"
    own.mkdir()
    (own / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "back"\nbackend-path = ["."]\n'
    )
    (own / "back.py").write_text(
        "import os, pathlib\n"
        "def build_wheel(*_a, **_k):\n"
        "    seen = [os.environ.get('GREETING', ''), *os.environ['PATH'].split(':')]\n"
        "    pathlib.Path('seen').write_text('\\n'.join(seen))\n"
        "    raise SystemExit('enough')\n"
    )
    change(repository, "./wheels/tiny-1.0-py3-none-any.whl", "./own")
    assert ann.types("--yes", "--no-kernel", cwd=repository).returncode == 7
    greeting, *path = (own / "seen").read_text().split("\n")
    assert greeting == "hello"
    assert str(ann.home / ".conda/envs/story/bin") in path


def test_link_scripts_run_only_where_asked(ann, repository):
    change(repository, "  - vars\n", "  - linked\n")
    assert ann.types("--yes", "--no-kernel", cwd=repository).returncode == 0
    prefix = ann.home / ".conda/envs/story"
    assert not (prefix / "linked.txt").exists()
    again = ann.types("--yes", "--no-kernel", "--rebuild", "--link-scripts", cwd=repository)
    assert again.returncode == 0, again.stderr
    assert (prefix / "linked.txt").read_text() == "linked\n"


def test_a_folder_that_others_made_is_never_touched(ann, repository):
    mine = ann.home / ".conda/envs/story/precious.txt"
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    refused = ann.types("--yes", "--no-kernel", cwd=repository)
    assert refused.returncode == 5
    assert "--prefix" in refused.stderr
    assert mine.read_text() == "mine"
    assert list(mine.parent.iterdir()) == [mine]


def test_nothing_is_written_before_the_yes(ann, repository):
    for flag in ("--dry-run", "--manual"):
        said = ann.types(flag, cwd=repository)
        assert said.returncode == 0, said.stderr
        assert "envboot.engines.rattler" in said.stderr
    assert ann.types(cwd=repository).returncode == 5
    assert list(ann.home.iterdir()) == []
    assert not (repository / ".envboot").exists()


def test_requirements_alone_get_their_python_from_conda(ann, repository, channel, python):
    minor = ".".join(map(str, python.version[:2]))
    (repository / "environment.yml").unlink()
    (repository / "requirements.txt").write_text("./wheels/tiny-1.0-py3-none-any.whl\n")
    (repository / "runtime.txt").write_text(f"python-{minor}\n")
    (repository / "main.py").write_text("import tiny\n")
    (ann.home / ".condarc").write_text(f"channels: [{channel}]\n")
    made = ann.types("--yes", "--no-kernel", "--engine", "rattler", cwd=repository)
    assert made.returncode == 0, made.stderr
    (prefix,) = [p for p in (ann.home / ".conda/envs").iterdir() if p.name != ".envboot"]
    assert version_in(prefix) == "1.0"
    assert list((prefix / "conda-meta").glob(f"python-{minor}*.json"))


def test_the_choice_at_a_terminal(ann, repository):
    """With a conda there, the person takes the other engine, and reads its time the next time."""
    conda = ann.home / "miniforge3/bin/conda"
    conda.parent.mkdir(parents=True)
    conda.write_text("#!/bin/sh\nexit 9\n")
    conda.chmod(0o755)
    terminal = Terminal(ann, "--no-kernel", "--no-shell", cwd=repository, columns=200)
    try:
        terminal.read("do you want to create")
        terminal.read("1) yes, with conda")
        terminal.read("2) yes, with envboot's own conda engine")
        terminal.read("1-3? [3]: ")
        terminal.send("2\n")
        assert terminal.end() == 0, terminal.text
    finally:
        terminal.kill()
    prefix = ann.home / "miniforge3/envs/story"
    assert alpha_in(prefix) == "1.0"
    change(repository, "alpha=1", "alpha=2")
    terminal = Terminal(ann, "--no-kernel", "--no-shell", cwd=repository, columns=200)
    try:
        terminal.read("update the environment")
        terminal.read("yes, with envboot's own conda engine (")
        terminal.read(" s last time)")
        terminal.read("yes, with conda")
        terminal.read("]: ")
        terminal.send("y\n")
        assert terminal.end() == 0, terminal.text
    finally:
        terminal.kill()
    assert alpha_in(prefix) == "2.0"
