"""``package-env --commit`` and ``--push``, as a person types them, as git and as hub run them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

from tests.real.github_stand_in import GitHub, authority
from tests.real.person import PATH, Person, Terminal, make_repository

pytestmark = pytest.mark.real
CONFIG = "[user]\nname = Ada\nemail = ada@localhost\n[init]\ndefaultBranch = main\n"
WRITTEN = {"setup.py", ".envboot/envboot.pyz"}


class Owner(Person):
    """Someone who has told git her name, and has envboot as it travels, also as a git command."""

    def __init__(self, folder, pyz):
        programs = folder / "bin"
        programs.mkdir(parents=True)
        super().__init__(folder, PATH=f"{programs}{os.pathsep}{PATH}")
        self.program = (sys.executable, "-I", str(pyz))
        command = programs / "git-package-env"
        command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -I "{pyz}" package-env "$@"\n')
        command.chmod(0o755)
        (self.home / ".gitconfig").write_text(CONFIG)

    def start(self, *words, **options):
        return super().start(*words, **{"program": self.program, **options})

    def git(self, place, *words):
        argv = ["git", "-C", str(place), *words]
        done = subprocess.run(argv, env=self.environ, capture_output=True, text=True, check=True)
        return done.stdout.strip()


@pytest.fixture
def owner(tmp_path, pyz):
    return Owner(tmp_path / "owner", pyz)


@pytest.fixture
def mine(owner, tmp_path):
    """Her repository, with a commit, and an origin to push to."""
    root = make_repository(tmp_path / "mein répository")
    owner.git(root, "init", "--quiet")
    owner.git(root, "add", "--all")
    owner.git(root, "commit", "--quiet", "-m", "begin")
    owner.git(tmp_path, "init", "--quiet", "--bare", "origin.git")
    owner.git(root, "remote", "add", "origin", str(tmp_path / "origin.git"))
    return root


def last(owner, root):
    """Return the files of the last commit."""
    return set(owner.git(root, "show", "--format=", "--name-only", "HEAD").splitlines())


def count(owner, root):
    return int(owner.git(root, "rev-list", "--count", "HEAD"))


PACK = ("package-env", "--yes", "--no-live")


def test_in_one_step(owner, mine, tmp_path):
    """Written, committed and pushed; a second time there is nothing to do."""
    (mine / "notes.txt").write_text("mine\n")
    (mine / "main.py").write_text("import tiny  # changed\n")
    done = owner.types(*PACK, "--commit", "--push", cwd=mine)
    assert done.returncode == 0, done.stderr
    assert last(owner, mine) >= WRITTEN
    assert not last(owner, mine) & {"notes.txt", "main.py"}
    assert owner.git(mine, "status", "--porcelain") == "M main.py\n?? notes.txt"
    assert owner.git(mine, "log", "-1", "--format=%an: %s").startswith("Ada: ")
    assert owner.git(mine, "rev-parse", "@{upstream}") == owner.git(mine, "rev-parse", "HEAD")
    again = owner.types(*PACK, "--commit", "--push", cwd=mine)
    assert again.returncode == 0, again.stderr
    assert count(owner, mine) == 2
    clone = tmp_path / "clone"
    owner.git(tmp_path, "clone", "--quiet", "origin.git", str(clone))
    check = owner.types("package-env", "--check", cwd=clone)
    assert check.returncode == 0, check.stderr


def test_the_message_is_hers(owner, mine):
    done = owner.types(*PACK, "--commit", "--message", "Pack it -- 'all'", cwd=mine)
    assert done.returncode == 0, done.stderr
    assert owner.git(mine, "log", "-1", "--format=%s") == "Pack it -- 'all'"


def test_what_was_written_before_is_committed_later(owner, mine):
    assert owner.types(*PACK, cwd=mine).returncode == 0
    assert count(owner, mine) == 1
    done = owner.types(*PACK, "--commit", cwd=mine)
    assert done.returncode == 0, done.stderr
    assert last(owner, mine) >= WRITTEN


def merging(owner, mine):
    owner.git(mine, "checkout", "--quiet", "-b", "side")
    (mine / "main.py").write_text("side\n")
    owner.git(mine, "commit", "--quiet", "--all", "-m", "side")
    owner.git(mine, "checkout", "--quiet", "main")
    (mine / "main.py").write_text("main\n")
    owner.git(mine, "commit", "--quiet", "--all", "-m", "main")
    with pytest.raises(subprocess.CalledProcessError):
        owner.git(mine, "merge", "side")


def detached(owner, mine):
    owner.git(mine, "checkout", "--quiet", "--detach")


def foreign(owner, mine):
    (mine / "notes.txt").write_text("mine\n")
    owner.git(mine, "add", "notes.txt")


def ignored(owner, mine):
    (mine / ".git" / "info" / "exclude").write_text("*.pyz\n")
    assert owner


@pytest.mark.parametrize(
    ("begin", "why"),
    [
        (merging, "a merge is under way"),
        (detached, "HEAD is detached"),
        (foreign, "other changes are staged: notes.txt"),
        (ignored, "info/exclude:1: *.pyz"),
    ],
)
def test_refused_before_anything_is_written(owner, mine, begin, why):
    begin(owner, mine)
    before = owner.git(mine, "status", "--porcelain")
    commits = count(owner, mine)
    done = owner.types(*PACK, "--commit", cwd=mine)
    assert done.returncode not in {0, 8}
    assert why in done.stderr
    assert owner.git(mine, "status", "--porcelain") == before
    assert count(owner, mine) == commits
    assert not (mine / "setup.py").exists()


def test_a_hook_that_declines(owner, mine):
    hook = mine / ".git" / "hooks" / "pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho 'no binary files, please'\nexit 1\n")
    hook.chmod(0o755)
    done = owner.types(*PACK, "--commit", cwd=mine)
    assert done.returncode == 7
    assert "no binary files, please" in done.stderr
    assert owner.git(mine, "diff", "--cached", "--name-only") == ""
    assert (mine / "setup.py").exists()
    hook.unlink()
    assert owner.types(*PACK, "--commit", cwd=mine).returncode == 0
    assert last(owner, mine) >= WRITTEN


@pytest.mark.parametrize("program", ["git", "hub"])
def test_as_a_command_of_git_and_of_hub(owner, mine, program):
    """Both look for ``git-package-env``; hub hands to git what it does not know itself."""
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    words = ("package-env", "--yes", "--no-live", "--commit", "--push")
    done = owner.types(*words, cwd=mine, program=(program,))
    assert done.returncode == 0, done.stderr
    assert "'setup.py' generated" in done.stderr
    assert last(owner, mine) >= WRITTEN
    check = owner.types("package-env", "--check", cwd=mine, program=(program,))
    assert check.returncode == 0, check.stderr


def test_packed_in_a_hook(owner, mine):
    """A hook runs with git's own variables, which mean the index that is being written."""
    assert owner.types(*PACK, "--commit", cwd=mine).returncode == 0
    hook = mine / ".git" / "hooks" / "pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nexec git package-env --check\n")
    hook.chmod(0o755)
    (mine / "main.py").write_text("import tiny  # changed\n")
    owner.git(mine, "commit", "--quiet", "--all", "-m", "changed")
    assert last(owner, mine) == {"main.py"}


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    return authority(tmp_path_factory.mktemp("authority"))


def test_signing_in_at_a_terminal(owner, mine, tmp_path, certificates):
    """Where git has to ask, it asks on her terminal; with nobody there it says what to do."""
    with GitHub(tmp_path / "github", certificates) as github:
        bare = github.repository("ada/net")
        bare.mkdir(parents=True)
        owner.git(bare, "init", "--quiet", "--bare")
        owner.git(mine, "remote", "set-url", "origin", "https://github.com/ada/net.git")
        environ = {k: v for k, v in github.environ.items() if k != "GH_TOKEN"}
        words = (*PACK, "--commit", "--push")
        done = owner.types(*words, cwd=mine, environ=environ)
        assert done.returncode == 7
        assert "git could not sign in there" in done.stderr
        assert last(owner, mine) >= WRITTEN
        terminal = Terminal(owner, *words, cwd=mine, program=owner.program, **environ)
        try:
            terminal.read("Username for 'https://github.com': ")
            terminal.send("ada\n")
            terminal.read("Password for 'https://ada@github.com': ")
            terminal.send(f"{github.token}\n")
            assert terminal.end() == 0, terminal.text
        finally:
            terminal.kill()
        assert owner.git(bare, "rev-parse", "main") == owner.git(mine, "rev-parse", "HEAD")
        assert github.token not in terminal.text
