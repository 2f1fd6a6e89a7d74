"""What the tests on real ground share: a person, her repository, the archive."""

from __future__ import annotations

import os
import shutil

import pytest

if os.name == "nt":
    collect_ignore = ["test_conversation.py", "test_kill.py", "test_starved.py"]
    collect_ignore += ["test_fresh_machines.py", "test_kill_conda.py"]
    collect_ignore += ["test_create_real.py", "test_git_real.py"]
    collect_ignore += ["test_codespaces_schema.py", "test_codespaces_real.py"]
    collect_ignore += ["test_codespaces_story.py"]
    collect_ignore += ["test_engine_servers.py", "test_engine_kill.py", "test_engine_runs.py"]
else:
    from tests import once
    from tests.real.person import Person, Terminal, make_repository


@pytest.fixture
def person(tmp_path):
    """Someone with a home of her own."""
    return Person(tmp_path / "person")


@pytest.fixture
def repository(tmp_path):
    """Her clone."""
    return make_repository(tmp_path / "my répository")


@pytest.fixture
def at_terminal(person, repository):
    """Return a function that starts envboot in the repository at a pseudo-terminal."""
    started = []

    def start(*words, **options):
        options.setdefault("cwd", repository)
        started.append(Terminal(person, *words, **options))
        return started[-1]

    yield start
    for terminal in started:
        terminal.kill()


@pytest.fixture(scope="session")
def packed(tmp_path_factory):
    """A repository that someone has packed: setup.py and the archive are in it."""

    def make(folder):
        root = make_repository(folder / "clone", files=3)
        done = Person(folder / "packer").types("package-env", "--yes", cwd=root)
        assert done.returncode == 0, done.stderr

    return once.made(tmp_path_factory, "packed", make) / "clone"


@pytest.fixture
def clone(packed, repository):
    """Make her repository one that was packed; return it."""
    for name in ("setup.py", ".envboot/envboot.pyz"):
        (repository / name).parent.mkdir(exist_ok=True)
        shutil.copy(packed / name, repository / name)
    return repository


@pytest.fixture(scope="session")
def pyz(packed):
    """The archive, as it travels in a repository."""
    return packed / ".envboot" / "envboot.pyz"
