"""Going elsewhere with a stranger's repository: what it holds, or a host says, reaches nothing."""

from __future__ import annotations

import os
import shlex
import subprocess

import pytest

from envboot import git
from envboot.remote import contents
from envboot.shell.local import LocalShell

pytestmark = pytest.mark.skipif(os.name == "nt", reason="programs of POSIX")


# ------------------------------------------------------------------ git, before any yes


@pytest.fixture
def inside(tmp_path, child_environ):
    """Return a folder of a clone that is a bare repository too, whose filter would run."""
    top = tmp_path / "clone"
    folder = top / "project"

    def run(*words, cwd=top):
        subprocess.run(["git", *words], cwd=cwd, env=child_environ, check=True, capture_output=True)

    top.mkdir()
    run("init", "--quiet")
    run("init", "--quiet", "--bare", str(folder))
    trace = tmp_path / "it ran"
    (folder / "config").write_text(
        "[core]\n repositoryformatversion = 0\n bare = false\n worktree = .\n"
        f'[filter "x"]\n clean = "touch {shlex.quote(str(trace))}"\n'
    )
    (folder / ".gitattributes").write_text("*.py filter=x\n")
    (folder / "setup.py").write_text("1\n")
    run("add", "setup.py", cwd=folder)
    trace.unlink()
    os.utime(folder / "setup.py", (1, 1))
    return folder


def test_a_bare_repository_inside_of_a_clone_runs_nothing(inside, child_environ):
    """It is made of files that anybody can commit, and its configuration names programs."""
    trace = inside.parent.parent / "it ran"
    ran = subprocess.run(
        ["git", "status"], cwd=inside, env=child_environ, capture_output=True, check=False
    )
    if b"bareRepository" in ran.stderr:
        pytest.skip("this git refuses them by itself")
    assert trace.exists(), "the attack does not work at all"
    trace.unlink()
    shell = LocalShell(child_environ)
    assert git.published(inside, shell) is None
    assert git.state(inside, shell) is None
    assert "bare" in str(git.absent(inside, shell))
    assert "setup.py" in contents.names(inside, shell)
    assert not trace.exists()
