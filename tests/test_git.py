"""What git says of a repository, and commits of exactly some files: with the real git."""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envboot import git, plan
from envboot.errors import CommandFailed, NothingFound, UsageError
from envboot.git import MESSAGE, porcelain
from envboot.git.tree import names
from envboot.shell.local import LocalShell
from envboot.testing import ScriptedConsole, ScriptedShell

CONFIG = "[user]\nname = Ada\nemail = ada@localhost\n[init]\ndefaultBranch = main\n"


class Repository:
    """A real repository of a person with a home of her own."""

    def __init__(self, root: Path, environ: dict[str, str]) -> None:
        self.root, self.environ = root, environ
        root.mkdir(exist_ok=True)
        self.shell = LocalShell(environ)

    def git(self, *words: str, cwd: Path | None = None) -> str:
        done = subprocess.run(
            ["git", *words],
            cwd=cwd or self.root,
            env=self.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        said = done.stdout.decode("utf-8", "surrogateescape")
        assert done.returncode == 0, said
        return said

    def write(self, path: str, text: str = "text\n") -> None:
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")

    def begin(self, **files: str) -> None:
        for path, text in {"first.txt": "one\n", **files}.items():
            self.write(path, text)
        self.git("add", "--all")
        self.git("commit", "--quiet", "-m", "first")

    def state(self, *paths: str) -> git.State:
        found = git.state(self.root, self.shell, paths)
        assert found is not None
        return found

    def record(self, *paths: str, message: str = MESSAGE) -> str:
        return git.record(self.state(*paths), paths, message, self.shell, lambda _line: None)

    def index(self) -> str:
        return self.git("ls-files", "--stage", "-z") + self.git("status", "--porcelain", "-z")

    def committed(self) -> list[str]:
        shown = self.git("show", "--format=", "--name-only", "-z", "HEAD")
        return sorted(filter(None, shown.split("\0")))


@pytest.fixture
def repository(tmp_path: Path, environ: dict[str, str]) -> Repository:
    Path(environ["HOME"], ".gitconfig").write_text(CONFIG, encoding="utf-8")
    made = Repository(tmp_path / "a répository", environ)
    made.git("init", "--quiet")
    return made


@pytest.fixture
def remote(repository: Repository, tmp_path: Path) -> Path:
    """Return a bare repository, which is its origin."""
    place = tmp_path / "remote.git"
    repository.git("init", "--quiet", "--bare", str(place))
    repository.git("remote", "add", "origin", str(place))
    return place


def hook(repository: Repository, name: str, script: str, folder: Path | None = None) -> None:
    place = (folder or repository.root / ".git") / "hooks" / name
    place.parent.mkdir(exist_ok=True)
    place.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    place.chmod(0o755)


# ------------------------------------------------------------------------------ looking


def test_a_repository_without_a_commit(repository: Repository) -> None:
    repository.write("new.txt")
    now = repository.state("new.txt")
    assert (now.top, now.branch, now.busy, now.unborn) == (repository.root, "main", "", True)
    assert (now.staged, now.changed, now.untracked) == ((), (), ("new.txt",))
    assert (now.upstream, now.remotes, now.remote, now.prefix) == ("", (), "", "")
    assert now.kept == ()
    assert not now.nameless


def test_staged_changed_and_untracked(repository: Repository) -> None:
    repository.begin(**{"kept.txt": "kept\n", "gone.txt": "gone\n", "moved.txt": "moved\n" * 9})
    repository.write("first.txt", "two\n")
    repository.write("staged.txt")
    repository.git("add", "staged.txt")
    repository.git("mv", "moved.txt", "there.txt")
    (repository.root / "gone.txt").unlink()
    repository.write("folder/deep.txt")
    repository.write("new.txt")
    now = repository.state("kept.txt", "first.txt", "staged.txt", "no.txt")
    assert now.staged == ("moved.txt", "staged.txt", "there.txt")
    assert set(now.changed) == {"first.txt", "gone.txt", "moved.txt", "staged.txt", "there.txt"}
    assert now.untracked == ("folder/", "new.txt")
    assert now.kept == ("kept.txt",)


def test_a_folder_of_a_bigger_repository(repository: Repository) -> None:
    repository.begin()
    repository.write("part of/it/setup.py")
    root = repository.root / "part of" / "it"
    now = git.state(root, repository.shell, ["setup.py"])
    assert now is not None
    assert (now.top, now.prefix) == (repository.root, "part of/it/")
    assert git.why_no_commit(now, ["setup.py"]) == ""
    assert git.record(now, ["setup.py"], "pack", repository.shell, lambda _line: None)
    assert repository.committed() == ["part of/it/setup.py"]
    again = git.state(root, repository.shell, ["setup.py"])
    assert again is not None
    assert again.kept == ("setup.py",)


def test_a_worktree_and_a_submodule(repository: Repository, tmp_path: Path) -> None:
    repository.begin()
    repository.git("worktree", "add", "--quiet", "-b", "side", str(tmp_path / "side"))
    side = Repository(tmp_path / "side", repository.environ)
    side.write("setup.py")
    assert side.state().branch == "side"
    assert side.record("setup.py")
    assert side.committed() == ["setup.py"]
    assert repository.state().branch == "main"

    allowed = ("-c", "protocol.file.allow=always")
    repository.git(*allowed, "submodule", "add", "--quiet", str(repository.root), "inside")
    inside = Repository(repository.root / "inside", repository.environ)
    now = inside.state()
    assert (now.top, now.prefix) == (repository.root / "inside", "")
    inside.write("setup.py")
    assert inside.record("setup.py")
    assert "setup.py" not in repository.state().untracked


def test_outside_of_any_repository_and_in_a_bare_one(
    repository: Repository, remote: Path, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    assert git.state(outside, repository.shell) is None
    said = git.absent(outside, repository.shell)
    assert isinstance(said, NothingFound)
    assert "not in a git repository" in str(said)
    assert "git init" in said.hint
    assert git.state(remote, repository.shell) is None
    assert "bare" in str(git.absent(remote, repository.shell))


def test_without_git(tmp_path: Path) -> None:
    shell = ScriptedShell(disk=True)
    assert git.state(tmp_path, shell) is None
    said = git.absent(tmp_path, shell)
    assert isinstance(said, NothingFound)
    assert "git is not installed" in str(said)


def test_a_folder_of_somebody_else(repository: Repository) -> None:
    owned = {**repository.environ, "GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"}
    shell = LocalShell(owned)
    assert git.state(repository.root, shell) is None
    said = git.absent(repository.root, shell)
    assert "does not trust" in str(said)
    assert "safe.directory" in said.hint
    assert not isinstance(said, NothingFound)


def test_variables_of_another_repository_are_not_heard(
    repository: Repository, tmp_path: Path
) -> None:
    """As in a hook, or in a command that git started for another repository."""
    repository.begin()
    other = {"GIT_DIR": str(tmp_path / "other"), "GIT_INDEX_FILE": str(tmp_path / "index")}
    shell = LocalShell({**repository.environ, **other, "GIT_WORK_TREE": str(tmp_path)})
    found = git.state(repository.root, shell)
    assert found is not None
    assert found.top == repository.root
    repository.write("new.txt")
    assert git.record(found, ["new.txt"], "new", shell, lambda _line: None)
    assert repository.committed() == ["new.txt"]
    assert not (tmp_path / "index").exists()


def test_a_name_and_an_address_may_come_from_the_environment(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    bare = {"HOME": str(home), "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
    # without it git may make one up from the names of the user and of the computer
    (home / ".gitconfig").write_text("[user]\nuseConfigOnly = true\n", encoding="utf-8")
    assert git.nameless(home, LocalShell(bare))
    who = {
        f"GIT_{r}_{w}": "ada@localhost" for r in ("AUTHOR", "COMMITTER") for w in ("NAME", "EMAIL")
    }
    assert not git.nameless(home, LocalShell({**bare, **who}))


def test_a_file_system_monitor_of_a_repository_is_not_started(
    repository: Repository, tmp_path: Path
) -> None:
    repository.begin()
    hook(repository, "monitor", f"touch '{tmp_path}/started'")
    repository.git("config", "core.fsmonitor", str(repository.root / ".git" / "hooks" / "monitor"))
    (tmp_path / "started").unlink(missing_ok=True)
    repository.write("first.txt", "two\n")
    assert repository.state("first.txt").changed == ("first.txt",)
    assert not (tmp_path / "started").exists()


# ---------------------------------------------------------------------------- committing

ODD = [
    "setup.py",
    ".envboot/envboot.pyz",
    "with blanks.txt",
    " begins with one",
    "données é.txt",
    "-leading",
    "--all",
    "*.py",
    ":(top)x",
    "line\nbreak",
    'quo"te',
    "back\\slash",
    "tab\there",
]


@pytest.mark.parametrize("path", ODD)
def test_exactly_one_file_is_committed(repository: Repository, path: str) -> None:
    repository.begin(**{"other.py": "x = 1\n"})
    repository.write("other.py", "x = 2\n")
    repository.write("all")
    repository.write("x")
    repository.write(path)
    now = repository.state(path)
    assert git.why_no_commit(now, [path]) == ""
    assert repository.record(path) == repository.git("rev-parse", "HEAD").strip()
    assert repository.committed() == [path]
    assert repository.state().changed == ("other.py",)
    assert set(repository.state().untracked) == {"all", "x"} - {path}


def test_the_first_commit_of_a_branch(repository: Repository) -> None:
    repository.write("setup.py")
    repository.write("mine.txt")
    assert repository.record("setup.py")
    assert repository.committed() == ["setup.py"]
    assert repository.state().untracked == ("mine.txt",)
    assert repository.git("log", "--format=%s").strip() == git.MESSAGE


def test_what_is_gone_is_committed_as_gone(repository: Repository) -> None:
    repository.begin(**{"setup.py": "old\n", ".envboot/a": "a\n", ".envboot/b": "b\n"})
    (repository.root / "setup.py").unlink()
    for name in ("a", "b"):
        (repository.root / ".envboot" / name).unlink()
    (repository.root / ".envboot").rmdir()
    assert repository.record("setup.py", ".envboot", "never-there.txt")
    assert repository.committed() == [".envboot/a", ".envboot/b", "setup.py"]
    assert repository.git("status", "--porcelain") == ""


def test_nothing_to_commit(repository: Repository) -> None:
    repository.begin()
    before = repository.git("rev-parse", "HEAD")
    assert repository.record("first.txt") == ""
    assert repository.record("never-there.txt") == ""
    assert repository.git("rev-parse", "HEAD") == before


def test_a_commit_needs_a_message(repository: Repository) -> None:
    repository.write("setup.py")
    with pytest.raises(UsageError, match="message"):
        repository.record("setup.py", message=" \n")


def test_the_plan_shows_what_will_be_typed(repository: Repository) -> None:
    shown = [plan.describe(s) for s in git.commit(repository.state(), ["a b"], "a 'b'").steps]
    assert shown[0].endswith("git --literal-pathspecs add -- 'a b')")
    assert "commit --quiet --message" in shown[1]
    assert shown[1].endswith("-- 'a b')")


def test_foreign_staged_changes_are_named(repository: Repository) -> None:
    repository.begin()
    repository.write("theirs é.txt")
    repository.write("setup.py")
    repository.git("add", "theirs é.txt", "setup.py")
    why = git.why_no_commit(repository.state("setup.py"), ["setup.py"])
    assert "theirs é.txt" in why
    assert "setup.py" not in why
    assert git.why_no_commit(repository.state(), ["setup.py", "theirs é.txt"]) == ""
    many = replace(repository.state(), staged=tuple(f"{n}.txt" for n in range(9)))
    assert "4.txt and 4 more" in git.why_no_commit(many, ["setup.py"])


def test_a_folder_covers_what_is_in_it_and_nothing_beside(repository: Repository) -> None:
    now = replace(repository.state(), staged=(".envboot/a", ".envboot-other/b"))
    assert ".envboot-other/b" in git.why_no_commit(now, [".envboot"])
    assert git.why_no_commit(replace(now, staged=(".envboot/a",)), [".envboot"]) == ""


def test_a_detached_head(repository: Repository) -> None:
    repository.begin()
    repository.git("checkout", "--quiet", "--detach")
    now = repository.state()
    assert now.branch == ""
    assert "detached" in git.why_no_commit(now, ["setup.py"])
    with pytest.raises(UsageError, match="detached"):
        git.push(now)


def test_a_branch_that_is_called_detached(repository: Repository) -> None:
    repository.begin()
    repository.git("checkout", "--quiet", "-b", "(detached)")
    assert repository.state().branch == "(detached)"
    assert git.why_no_commit(repository.state(), ["x"]) == ""


def conflict(repository: Repository) -> None:
    repository.begin()
    repository.git("checkout", "--quiet", "-b", "side")
    repository.write("first.txt", "side\n")
    repository.git("commit", "--quiet", "--all", "-m", "side")
    repository.git("checkout", "--quiet", "main")
    repository.write("first.txt", "main\n")
    repository.git("commit", "--quiet", "--all", "-m", "main")


def fails(repository: Repository, *words: str) -> None:
    with pytest.raises(AssertionError):
        repository.git(*words)


@pytest.mark.parametrize(
    ("words", "busy"),
    [
        (("merge", "side"), "merge"),
        (("rebase", "side"), "rebase"),
        (("rebase", "--apply", "side"), "rebase"),
        (("cherry-pick", "side"), "cherry-pick"),
        (("revert", "--no-edit", "HEAD~1"), "revert"),
    ],
)
def test_what_is_under_way(repository: Repository, words: tuple[str, ...], busy: str) -> None:
    conflict(repository)
    if busy == "revert":
        repository.write("first.txt", "again\n")
        repository.git("commit", "--quiet", "--all", "-m", "again")
    fails(repository, *words)
    now = repository.state()
    assert now.busy == busy
    assert now.unmerged == ("first.txt",)
    assert f"{busy} is under way" in git.why_no_commit(now, ["setup.py"])
    assert f"git {busy} --abort" in git.why_no_commit(now, ["setup.py"])


def test_a_patch_and_a_bisection_are_under_way(repository: Repository) -> None:
    conflict(repository)
    patch = repository.git("format-patch", "-1", "side", "--stdout")
    repository.write("../a.patch", patch)
    fails(repository, "am", "../a.patch")
    assert repository.state().busy == "am"
    repository.git("am", "--abort")
    repository.git("bisect", "start")
    now = repository.state()
    assert now.busy == "bisect"
    assert "git bisect reset" in git.why_no_commit(now, ["setup.py"])


def test_conflicts_of_a_stash(repository: Repository) -> None:
    repository.begin()
    repository.write("first.txt", "stashed\n")
    repository.git("stash", "--quiet")
    repository.write("first.txt", "other\n")
    repository.git("commit", "--quiet", "--all", "-m", "other")
    fails(repository, "stash", "pop")
    now = repository.state()
    assert now.busy == ""
    assert "conflicts" in git.why_no_commit(now, ["setup.py"])


def test_what_git_ignores_is_refused_with_the_rule(repository: Repository) -> None:
    repository.write(".gitignore", "# none of these\n.*\n!.gitignore\n")
    repository.begin()
    paths = [".envboot/envboot.pyz", "setup.py", ".gitignore"]
    now = repository.state(*paths)
    assert now.ignored == ((".envboot/envboot.pyz", ".gitignore:2: .*"),)
    why = git.why_no_commit(now, paths)
    assert ".envboot/envboot.pyz (by .gitignore:2: .*)" in why
    assert "setup.py" not in why
    repository.git("add", "--force", ".gitignore")
    repository.write(".envboot/envboot.pyz")
    repository.git("add", "--force", ".envboot/envboot.pyz")
    repository.git("commit", "--quiet", "-m", "forced")
    assert repository.state(*paths).ignored == ()  # it is tracked


def test_somebody_whom_git_does_not_know(repository: Repository) -> None:
    repository.git("config", "user.useConfigOnly", "true")
    Path(repository.environ["HOME"], ".gitconfig").unlink()
    why = git.why_no_commit(repository.state(), ["setup.py"])
    assert "user.name" in why
    assert "user.email" in why


# ------------------------------------------------------------------- failing, and undoing


@pytest.mark.parametrize("born", [True, False])
def test_a_hook_that_declines_leaves_the_index_as_it_was(
    repository: Repository, *, born: bool
) -> None:
    if born:
        repository.begin(**{"setup.py": "old\n"})
    hook(repository, "pre-commit", "echo 'no tabs, please' >&2; exit 1")
    repository.write("setup.py", "new\n")
    repository.write(".envboot/envboot.pyz")
    before = repository.index()
    said: list[str] = []
    paths = ["setup.py", ".envboot/envboot.pyz"]
    with pytest.raises(CommandFailed) as caught:
        git.record(repository.state(*paths), paths, "x", repository.shell, said.append)
    assert "no tabs, please" in caught.value.tail
    assert "no tabs, please" in said
    assert caught.value.hint
    assert repository.index() == before
    assert (repository.root / "setup.py").read_text() == "new\n"


def test_what_was_staged_of_the_same_file_is_staged_again(repository: Repository) -> None:
    repository.begin(**{"setup.py": "old\n"})
    repository.write("setup.py", "staged\n")
    repository.git("add", "setup.py")
    repository.write("setup.py", "written\n")
    hook(repository, "pre-commit", "exit 1")
    before = repository.index()
    with pytest.raises(CommandFailed):
        repository.record("setup.py")
    assert repository.index() == before
    assert repository.git("show", ":setup.py") == "staged\n"


def test_what_was_only_intended_to_be_added_is_so_again(repository: Repository) -> None:
    repository.begin(**{"empty.txt": ""})
    repository.write("setup.py", "new\n")
    repository.git("add", "--intent-to-add", "setup.py")
    repository.write("empty.txt", "full\n")
    hook(repository, "pre-commit", "exit 1")
    before = repository.index()
    with pytest.raises(CommandFailed):
        repository.record("setup.py", "empty.txt")
    assert repository.index() == before
    assert " A setup.py" in repository.git("status", "--porcelain")


def test_a_link_is_committed_as_a_link(repository: Repository) -> None:
    repository.begin()
    (repository.root / "link").symlink_to("nowhere")
    assert repository.record("link")
    assert repository.git("ls-tree", "HEAD", "link").startswith("120000")


def test_a_hook_may_change_the_message(repository: Repository) -> None:
    hook(repository, "commit-msg", 'echo "Signed: me" >> "$1"')
    repository.write("setup.py")
    assert repository.record("setup.py", message="pack it")
    assert repository.git("log", "--format=%B").split("\n")[:2] == ["pack it", "Signed: me"]


def test_ctrl_c_in_a_hook(repository: Repository) -> None:
    repository.begin()
    hook(repository, "pre-commit", "echo started; sleep 30")
    repository.write("setup.py")
    before = repository.index()

    def said(_line: str) -> None:
        raise KeyboardInterrupt

    now = repository.state("setup.py")
    with pytest.raises(KeyboardInterrupt):
        git.record(now, ["setup.py"], "x", repository.shell, said)
    assert repository.index() == before


def test_ctrl_c_after_the_commit_undoes_nothing(repository: Repository) -> None:
    hook(repository, "post-commit", "echo committed; sleep 30")
    repository.write("setup.py")

    def said(_line: str) -> None:
        raise KeyboardInterrupt

    now = repository.state("setup.py")
    with pytest.raises(KeyboardInterrupt):
        git.record(now, ["setup.py"], "x", repository.shell, said)
    assert repository.committed() == ["setup.py"]
    assert repository.git("status", "--porcelain") == ""


def test_a_signature_that_cannot_be_made(repository: Repository) -> None:
    repository.git("config", "commit.gpgSign", "true")
    repository.git("config", "gpg.program", "/bin/false")
    repository.write("setup.py")
    before = repository.index()
    with pytest.raises(CommandFailed) as caught:
        repository.record("setup.py")
    assert "sign" in caught.value.hint
    assert repository.index() == before


def test_another_git_at_work(repository: Repository) -> None:
    repository.begin()
    repository.write("setup.py")
    repository.write(".git/index.lock")
    with pytest.raises(CommandFailed) as caught:
        repository.record("setup.py")
    assert "another git" in caught.value.hint


# ------------------------------------------------------------------------------ pushing


def test_the_first_push_sets_the_upstream(repository: Repository, remote: Path) -> None:
    repository.begin()
    shown = plan.describe(git.push(repository.state()).steps[0])
    assert "--set-upstream" in shown
    git.send(repository.state(), repository.shell, ScriptedConsole())
    now = repository.state()
    assert (now.upstream, now.remote, now.merges) == ("origin/main", "origin", "main")
    assert "--set-upstream" not in plan.describe(git.push(now).steps[0])
    repository.write("setup.py")
    repository.record("setup.py")
    git.send(repository.state(), repository.shell, ScriptedConsole())
    head = repository.git("rev-parse", "HEAD")
    assert repository.git("rev-parse", "main", cwd=remote) == head


def test_other_branches_stay_where_they_are(repository: Repository, remote: Path) -> None:
    repository.begin()
    repository.git("config", "push.default", "matching")
    repository.git("branch", "other")
    repository.git("push", "--quiet", "origin", "other")
    repository.git("checkout", "--quiet", "other")
    repository.write("other.txt")
    repository.record("other.txt")
    repository.git("checkout", "--quiet", "main")
    git.send(repository.state(), repository.shell, ScriptedConsole())
    behind = repository.git("rev-parse", "other", cwd=remote)
    assert behind != repository.git("rev-parse", "other")


@pytest.mark.parametrize(
    ("remotes", "settings", "expected"),
    [
        (("there",), {}, "there"),
        (("fork", "origin"), {}, "origin"),
        (("fork", "origin"), {"remote.pushDefault": "fork"}, "fork"),
        (("fork", "origin"), {"branch.main.pushRemote": "fork"}, "fork"),
        (("fork", "origin"), {"branch.main.remote": "fork"}, "fork"),
        (("fork", "other"), {}, "several remotes"),
        ((), {}, "no remote"),
    ],
)
def test_which_remote(
    repository: Repository, remotes: tuple[str, ...], settings: dict[str, str], expected: str
) -> None:
    repository.begin()
    for name in remotes:
        repository.git("remote", "add", name, f"https://{name}.invalid/x.git")
    for key, value in settings.items():
        repository.git("config", key, value)
    now = repository.state()
    if " " in expected:
        with pytest.raises(UsageError, match=expected) as caught:
            git.push(now)
        assert caught.value.hint
        return
    (step,) = git.push(now).steps
    assert f" -- {expected} refs/heads/main" in plan.describe(step)
    assert ("GIT_TERMINAL_PROMPT", "0") in getattr(step, "env", ())


def test_an_upstream_of_another_name_is_not_guessed_at(
    repository: Repository, remote: Path
) -> None:
    repository.begin()
    repository.git("push", "--quiet", "origin", "main")
    repository.git("checkout", "--quiet", "-b", "feature", "--track", "origin/main")
    with pytest.raises(UsageError, match="another name") as caught:
        git.push(repository.state())
    assert "git push origin HEAD:main" in caught.value.hint
    assert remote.exists()


def test_a_rejected_push_says_what_to_do(
    repository: Repository, remote: Path, tmp_path: Path
) -> None:
    repository.begin()
    git.send(repository.state(), repository.shell, ScriptedConsole())
    other = Repository(tmp_path / "other", repository.environ)
    other.git("clone", "--quiet", str(remote), ".")
    other.write("theirs.txt")
    other.record("theirs.txt")
    git.send(other.state(), other.shell, ScriptedConsole())
    repository.write("mine.txt")
    repository.record("mine.txt")
    with pytest.raises(CommandFailed, match="not here yet") as caught:
        git.send(repository.state(), repository.shell, ScriptedConsole())
    assert "git pull --rebase" in caught.value.hint
    theirs = other.git("rev-parse", "HEAD")
    assert repository.git("rev-parse", "main", cwd=remote) == theirs


def test_a_server_that_declines(repository: Repository, remote: Path) -> None:
    repository.begin()
    hook(repository, "pre-receive", "echo 'sign your commits' >&2; exit 1", remote)
    with pytest.raises(CommandFailed, match="declined") as caught:
        git.send(repository.state(), repository.shell, ScriptedConsole())
    assert any("sign your commits" in row for row in caught.value.tail)


def test_a_hook_of_ones_own_that_declines(repository: Repository, remote: Path) -> None:
    repository.begin()
    hook(repository, "pre-push", "echo 'tests fail' >&2; exit 1")
    with pytest.raises(CommandFailed, match="hook refused") as caught:
        git.send(repository.state(), repository.shell, ScriptedConsole())
    assert "tests fail" in caught.value.tail
    assert remote.exists()


def test_a_remote_that_is_not_there(repository: Repository, tmp_path: Path) -> None:
    repository.begin()
    repository.git("remote", "add", "origin", str(tmp_path / "nowhere"))
    with pytest.raises(CommandFailed, match="no such repository") as caught:
        git.send(repository.state(), repository.shell, ScriptedConsole())
    assert "git remote -v" in caught.value.hint


def test_credentials_in_an_address_are_never_shown(repository: Repository) -> None:
    repository.begin()
    secret = "correct-horse-" * 2
    repository.git("remote", "add", "origin", f"http://ada:{secret}@127.0.0.1:1/x.git")
    console = ScriptedConsole()
    with pytest.raises(CommandFailed, match="cannot be reached") as caught:
        git.send(repository.state(), repository.shell, console)
    told = [str(caught.value), caught.value.hint, *caught.value.tail, *console.lines]
    assert secret not in "\n".join([*told, repr(git.push(repository.state()))])


WHERE = "https://host.invalid/x.git"


@pytest.mark.parametrize(
    ("row", "meaning", "hint"),
    [
        (" ! [rejected] main -> main (non-fast-forward)", "not here yet", "pull --rebase"),
        ("remote: error: GH006: Protected branch update failed", "protected", "switch -c"),
        (
            "remote: error: File a.bin is 200 MB; this exceeds GitHub's file size limit",
            "too large",
            "LFS",
        ),
        ("remote: Permission to ada/x.git denied to bob.", "may not write", "fork"),
        (
            f"fatal: unable to access '{WHERE}/': The requested URL returned error: 403",
            "may not write",
            "fork",
        ),
        ("git@github.com: Permission denied (publickey).", "sign in", "gh auth login"),
        (
            "fatal: could not read Username for 'https://github.com': terminal prompts disabled",
            "sign in",
            "by hand",
        ),
        ("remote: Repository not found.", "no such repository", "remote -v"),
        (
            f"fatal: unable to access '{WHERE}/': Could not resolve host: host.invalid",
            "cannot be reached",
            "safe here",
        ),
        ("something that nobody has seen before", "refused", "safe here"),
    ],
)
def test_what_refusals_mean(repository: Repository, row: str, meaning: str, hint: str) -> None:
    """Rows as git and GitHub print them, said by a pre-push hook."""
    repository.begin()
    repository.git("remote", "add", "origin", str(repository.root))
    hook(repository, "pre-push", f"cat <<'END' >&2\n{row}\nEND\nexit 1")
    with pytest.raises(CommandFailed, match=meaning) as caught:
        git.send(repository.state(), repository.shell, ScriptedConsole())
    assert hint in caught.value.hint


# ----------------------------------------------------------------------------- porcelain

OBJECT = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"
NAMES = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), min_size=1)
XY = st.tuples(st.sampled_from(".MTADRC"), st.sampled_from(".MTADRC")).map("".join)


@given(st.lists(st.tuples(XY, NAMES)), st.lists(NAMES), st.lists(NAMES), st.lists(NAMES))
def test_every_name_comes_back(
    ordinary: list[tuple[str, str]], moved: list[str], unmerged: list[str], untracked: list[str]
) -> None:
    rows = ["# branch.oid (initial)", "# branch.head main", "# stash 3", "# branch.upstream o/m"]
    rows += [f"1 {xy} N... 100644 100644 100644 {OBJECT} {OBJECT} {n}" for xy, n in ordinary]
    for name in moved:
        rows += [f"2 R. N... 100644 100644 100644 {OBJECT} {OBJECT} R100 {name}", f"? {name}"]
    rows += [
        f"u UU N... 100644 100644 100644 100644 {OBJECT} {OBJECT} {OBJECT} {n}" for n in unmerged
    ]
    rows += [f"? {name}" for name in untracked]
    found = porcelain.parse("".join(f"{row}\0" for row in rows))
    old = [f"? {name}" for name in moved]
    renamed = [n for pair in zip(moved, old) for n in pair]
    assert found.staged == (*(n for xy, n in ordinary if xy[0] != "."), *renamed)
    assert found.changed == (*(n for _, n in ordinary), *renamed, *unmerged)
    assert found.unmerged == tuple(unmerged)
    assert found.untracked == tuple(untracked)
    assert (found.upstream, found.unborn) == ("o/m", True)


@given(st.text())
def test_no_text_is_too_odd(text: str) -> None:
    porcelain.parse(text)
    porcelain.config(text)
    assert names([text]) in {text, ascii(text)}


@given(
    st.dictionaries(
        st.from_regex(r"[a-z.]+", fullmatch=True), st.text().filter(lambda t: "\0" not in t)
    )
)
def test_settings_come_back(settings: dict[str, str]) -> None:
    text = "".join(f"{key}\n{value}\0" for key, value in settings.items())
    assert porcelain.config(text) == settings
