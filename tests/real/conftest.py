"""What the tests on real ground share: a person, her repository, the archive."""

from __future__ import annotations

import os

import pytest

if os.name == "nt":
    collect_ignore = ["test_conversation.py", "test_kill.py", "test_starved.py"]
    collect_ignore += ["test_fresh_machines.py"]
else:
    from tests.real.person import Person, Terminal, make_repository

from envboot.archive import bundling
from envboot.shell.local import LocalShell


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
def pyz(tmp_path_factory):
    """The archive, as it travels in a repository."""
    path = tmp_path_factory.mktemp("archive") / "envboot.pyz"
    path.write_bytes(bundling.bundle(LocalShell()))
    return path
