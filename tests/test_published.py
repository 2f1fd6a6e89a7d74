"""What others see of a repository: with the real git, and remotes on this computer."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from envboot.git import Published, address, published
from envboot.shell.local import LocalShell
from tests.test_git import CONFIG, Repository


@pytest.fixture
def repository(tmp_path: Path, environ: dict[str, str]) -> Repository:
    Path(environ["HOME"], ".gitconfig").write_text(CONFIG, encoding="utf-8")
    made = Repository(tmp_path / "a répository", environ)
    made.git("init", "--quiet")
    return made


def remote(repository: Repository, name: str = "origin") -> Path:
    """Return a bare repository beside it, which is a remote of it."""
    place = repository.root.parent / f"{name}.git"
    repository.git("init", "--quiet", "--bare", str(place))
    repository.git("remote", "add", name, str(place))
    return place


def seen(repository: Repository, folder: str = ".") -> Published:
    found = published(repository.root / folder, repository.shell)
    assert found is not None
    return found


def head(repository: Repository, name: str = "HEAD") -> str:
    return repository.git("rev-parse", name).strip()


def commit(repository: Repository, path: str) -> str:
    repository.write(path)
    repository.git("add", "--all")
    repository.git("commit", "--quiet", "-m", path)
    return head(repository)


# ------------------------------------------------------------------------------ what is there


def test_without_git_a_remote_or_a_commit_there_is_nothing(
    repository: Repository, tmp_path: Path
) -> None:
    assert published(tmp_path, repository.shell) is None
    repository.write("new.txt")
    assert published(repository.root, repository.shell) is None
    remote(repository)
    assert published(repository.root, repository.shell) is None
    repository.git("remote", "remove", "origin")
    repository.begin()
    assert published(repository.root, repository.shell) is None


def test_without_git_on_the_machine(repository: Repository, tmp_path: Path) -> None:
    repository.begin()
    remote(repository)
    bare = LocalShell({**repository.environ, "PATH": str(tmp_path)})
    assert published(repository.root, bare) is None


def test_all_is_pushed(repository: Repository) -> None:
    repository.begin()
    place = remote(repository)
    repository.git("push", "--quiet", "--set-upstream", "origin", "main")
    now = seen(repository)
    assert now == Published(str(place), "", "", "origin", "main", head(repository))
    assert now.problems == ()


def test_what_is_new_and_changed_and_not_pushed_is_named(repository: Repository) -> None:
    repository.begin()
    remote(repository)
    repository.git("push", "--quiet", "--set-upstream", "origin", "main")
    there = head(repository)
    commit(repository, "second.txt")
    now = seen(repository)
    assert (now.commit, now.ahead) == (there, 1)
    assert now.problems == ("1 commit was not pushed to origin",)
    commit(repository, "third.txt")
    repository.write("first.txt", "two\n")
    repository.write("new\n.txt")
    repository.write("folder/a.txt")
    now = seen(repository)
    assert now.changed == ("first.txt", "folder/", "new\n.txt")
    assert now.problems == (
        "changed or new here, and in no commit: first.txt, folder/, 'new\\n.txt'",
        "2 commits were not pushed to origin",
    )


def test_nothing_was_pushed_yet(repository: Repository) -> None:
    repository.begin()
    remote(repository, "hub")
    now = seen(repository)
    assert (now.commit, now.ahead, now.branch, now.remote) == ("", 1, "", "hub")
    assert now.problems == ("nothing of this was pushed to hub yet, as far as git knows",)


def test_pushed_without_an_upstream(repository: Repository) -> None:
    repository.begin()
    remote(repository)
    repository.git("push", "--quiet", "origin", "main")
    now = seen(repository)
    assert (now.commit, now.branch, now.problems) == (head(repository), "main", ())


def test_a_branch_that_has_another_name_there(repository: Repository) -> None:
    repository.begin()
    remote(repository)
    repository.git("push", "--quiet", "--set-upstream", "origin", "main:feature/über")
    assert seen(repository).branch == "feature/über"


def test_a_new_branch_at_a_commit_that_is_there(repository: Repository) -> None:
    repository.begin()
    remote(repository)
    repository.git("push", "--quiet", "--set-upstream", "origin", "main")
    repository.git("switch", "--quiet", "--create", "side")
    now = seen(repository)
    assert (now.commit, now.branch, now.problems) == (head(repository), "", ())


def test_commits_there_that_are_not_here_are_counted(repository: Repository) -> None:
    repository.begin()
    remote(repository)
    first = head(repository)
    commit(repository, "second.txt")
    repository.git("push", "--quiet", "--set-upstream", "origin", "main")
    repository.git("reset", "--quiet", "--hard", first)
    now = seen(repository)
    assert (now.commit, now.ahead, now.behind, now.problems) == (first, 0, 1, ())


def test_after_a_merge_the_newest_that_is_there_counts(repository: Repository) -> None:
    repository.begin()
    remote(repository)
    repository.git("switch", "--quiet", "--create", "side")
    commit(repository, "side.txt")
    repository.git("switch", "--quiet", "main")
    for name in ("a", "b"):
        there = commit(repository, name)
    repository.environ["GIT_COMMITTER_DATE"] = "2030-01-01T00:00:00+0000"
    there = commit(repository, "newest")
    del repository.environ["GIT_COMMITTER_DATE"]
    repository.git("push", "--quiet", "origin", "main", "side~1:refs/heads/old")
    repository.git("merge", "--quiet", "--no-edit", "side")
    now = seen(repository)
    assert (now.commit, now.ahead) == (there, 2)


def test_a_detached_head_and_a_tag(repository: Repository) -> None:
    repository.begin()
    remote(repository)
    first = head(repository)
    repository.git("tag", "v1.0")
    commit(repository, "second.txt")
    repository.git("push", "--quiet", "origin", "main", "v1.0")
    repository.git("switch", "--quiet", "--detach", "v1.0")
    now = seen(repository)
    assert (now.commit, now.branch, now.problems) == (first, "", ())


@pytest.mark.parametrize("flags", [["--branch", "v1.0"], []], ids=["tag", "branch"])
def test_a_shallow_clone(repository: Repository, tmp_path: Path, flags: list[str]) -> None:
    """A clone of one tag has no branch of its remote at all."""
    repository.begin()
    commit(repository, "second.txt")
    repository.git("tag", "v1.0")
    commit(repository, "third.txt")
    place = tmp_path / "shallow"
    source = f"file://{repository.root}"
    repository.git("clone", "--quiet", "--depth", "1", *flags, source, str(place))
    clone = Repository(place, repository.environ)
    there = head(clone)
    assert (seen(clone).commit, seen(clone).problems) == (there, ())
    commit(clone, "mine.txt")
    assert (seen(clone).commit, seen(clone).ahead) == (there, 1)


def test_a_worktree(repository: Repository, tmp_path: Path) -> None:
    repository.begin()
    remote(repository)
    repository.git("push", "--quiet", "--set-upstream", "origin", "main")
    repository.git("worktree", "add", "--quiet", "-b", "side", str(tmp_path / "side"))
    side = Repository(tmp_path / "side", repository.environ)
    commit(side, "side.txt")
    assert (seen(side).ahead, seen(repository).ahead) == (1, 0)


def test_a_submodule_is_a_repository_of_its_own(repository: Repository, tmp_path: Path) -> None:
    repository.begin()
    remote(repository)
    other = Repository(tmp_path / "other", repository.environ)
    other.git("init", "--quiet")
    other.begin()
    allowed = ("-c", "protocol.file.allow=always")
    repository.git(*allowed, "submodule", "--quiet", "add", str(other.root), "part")
    inner = Repository(repository.root / "part", repository.environ)
    now = seen(inner)
    assert (now.name, now.folder, now.commit, now.problems) == ("other", "", head(other), ())


def test_a_folder_of_a_bigger_repository(repository: Repository) -> None:
    repository.begin(**{"part of/it/setup.py": "text\n"})
    remote(repository)
    repository.git("push", "--quiet", "origin", "main")
    repository.write("part of/it/new.txt")
    now = seen(repository, "part of/it")
    assert (now.folder, now.changed) == ("part of/it", ("part of/it/new.txt",))


# ------------------------------------------------------------------------------ which remote


def test_the_one_that_has_all_is_taken(repository: Repository) -> None:
    """A fork: pulled from one repository, pushed to another."""
    repository.begin()
    remote(repository, "upstream")
    remote(repository, "fork")
    repository.git("push", "--quiet", "--set-upstream", "upstream", "main")
    assert seen(repository).remote == "upstream"
    commit(repository, "second.txt")
    repository.git("push", "--quiet", "fork", "main")
    assert (seen(repository).remote, seen(repository).ahead) == ("fork", 0)
    commit(repository, "third.txt")
    assert seen(repository).remote == "upstream"
    repository.git("config", "branch.main.pushRemote", "fork")
    now = seen(repository)
    assert (now.remote, now.ahead, now.branch) == ("fork", 1, "main")


def test_origin_among_several(repository: Repository) -> None:
    repository.begin()
    for name in ("a", "origin", "z"):
        remote(repository, name)
    assert seen(repository).remote == "origin"
    repository.git("push", "--quiet", "z", "main")
    assert seen(repository).remote == "z"


def test_a_branch_that_follows_an_address_is_judged_by_what_is_known(
    repository: Repository,
) -> None:
    """So ``gh pr checkout`` sets it up for a fork that is no remote."""
    repository.begin()
    remote(repository)
    repository.git("push", "--quiet", "origin", "main")
    repository.git("config", "branch.main.remote", "https://github.com/ann/fork.git")
    repository.git("config", "branch.main.merge", "refs/heads/main")
    assert (seen(repository).remote, seen(repository).problems) == ("origin", ())


# ------------------------------------------------------------------------------ doors


def test_nothing_configured_runs_and_nothing_changes(repository: Repository) -> None:
    repository.begin()
    remote(repository)
    repository.git("push", "--quiet", "origin", "main")
    trace = repository.root.parent / "ran"
    repository.git("config", "core.fsmonitor", f"touch '{trace}'; false")
    repository.git("config", "core.sshCommand", f"touch '{trace}'")
    repository.git("config", "remote.origin.url", "git@github.com:ann/sunspots.git")
    before = (repository.root / ".git" / "index").read_bytes()
    assert seen(repository).url == "https://github.com/ann/sunspots.git"
    assert not trace.exists()
    assert (repository.root / ".git" / "index").read_bytes() == before


def test_another_address_stands_in_for_it(repository: Repository) -> None:
    repository.begin()
    repository.git("remote", "add", "origin", "gh:ann/sunspots")
    assert seen(repository).host == ""
    repository.git("config", "url.git@github.com:.insteadOf", "gh:")
    now = seen(repository)
    assert (now.url, now.host) == ("https://github.com/ann/sunspots.git", "github.com")


def test_a_password_in_the_address_is_not_kept(repository: Repository) -> None:
    repository.begin()
    repository.git("remote", "add", "origin", "https://github.com/ann/sunspots.git")
    repository.git("config", "url.https://ann:hunter2hunter2@github.com/.insteadOf", "gh://")
    repository.git("config", "remote.origin.url", "gh://ann/sunspots.git")
    assert "hunter2" not in repr(seen(repository))
    assert seen(repository).url == "https://github.com/ann/sunspots.git"


def test_an_alias_of_ssh_is_looked_up(repository: Repository, tmp_path: Path) -> None:
    """With two accounts, people write ``git@github-work:o/r`` and an alias for ssh."""
    config = tmp_path / "ssh-config"
    config.write_text("Host github-work\n  HostName github.com\n", encoding="utf-8")
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "ssh").write_text(
        '#!/bin/sh\n[ "$*" = "-G -- github-work" ] && echo "hostname github.com"\n',
        encoding="utf-8",
    )
    (programs / "ssh").chmod(0o755)
    repository.begin()
    repository.git("remote", "add", "origin", "git@github-work:ann/sunspots.git")
    path = f"{programs}{os.pathsep}{repository.environ['PATH']}"
    found = published(repository.root, LocalShell({**repository.environ, "PATH": path}))
    assert found is not None
    assert found.url == "https://github.com/ann/sunspots.git"


# ------------------------------------------------------------------------------ addresses

HUB = ("https://github.com/ann/sunspots.git", "github.com", "ann", "sunspots")
DEEP = ("https://gitlab.com/a/b/c/d.git", "gitlab.com", "a/b/c", "d")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://github.com/ann/sunspots", HUB),
        ("https://github.com/ann/sunspots.git", HUB),
        ("https://GitHub.com/ann/sunspots/", HUB),
        ("http://www.github.com/ann/sunspots", HUB),
        ("https://ann:token@github.com/ann/sunspots.git", HUB),
        ("https://github.com:443/ann/sunspots.git", HUB),
        ("git://github.com/ann/sunspots.git", HUB),
        ("git@github.com:ann/sunspots.git", HUB),
        ("git@github.com:/ann/sunspots.git/", HUB),
        ("github.com:ann/sunspots", HUB),
        ("ssh://git@github.com/ann/sunspots.git", HUB),
        ("git+ssh://git@github.com/ann/sunspots.git", HUB),
        ("ssh://git@ssh.github.com:443/ann/sunspots.git", HUB),
        ("git@gitlab.com:a/b/c/d.git", DEEP),
        ("ssh://git@altssh.gitlab.com:443/a/b/c/d.git", DEEP),
        (
            "git@codeberg.org:ann/x.git",
            ("https://codeberg.org/ann/x.git", "codeberg.org", "ann", "x"),
        ),
        (
            "https://ann:token@git.example.org:8443/g/x.git",
            ("https://git.example.org:8443/g/x.git", "git.example.org", "g", "x"),
        ),
        (
            "ssh://git:word@git.example.org:2222/g/x.git",
            ("ssh://git@git.example.org:2222/g/x.git", "git.example.org", "g", "x"),
        ),
        (
            "git@git.example.org:g/x.git",
            ("git@git.example.org:g/x.git", "git.example.org", "g", "x"),
        ),
        ("git@[::1]:g/x.git", ("git@[::1]:g/x.git", "::1", "g", "x")),
        ("ssh://git@[::1]:2222/g/x.git", ("ssh://git@[::1]:2222/g/x.git", "::1", "g", "x")),
        (
            "https://gist.github.com/0123abcd.git",
            ("https://gist.github.com/0123abcd.git", "gist.github.com", "", "0123abcd"),
        ),
        ("gh:ann/sunspots", ("gh:ann/sunspots", "", "", "sunspots")),
        ("/srv/a b/x.git", ("/srv/a b/x.git", "", "", "x")),
        ("../x.git/", ("../x.git/", "", "", "x")),
        ("file:///srv/x.git", ("file:///srv/x.git", "", "", "x")),
        ("C:\\code\\x.git", ("C:\\code\\x.git", "", "", "x")),
        ("C:/code/x", ("C:/code/x", "", "", "x")),
        ("ext::sh -c evil", ("ext::sh -c evil", "", "", "")),
        ("https://host:port/x", ("https://host:port/x", "", "", "")),
        ("-oProxyCommand=evil:x", ("-oProxyCommand=evil:x", "", "", "x")),
        ("ssh://-oProxyCommand=evil/x", ("ssh://-oProxyCommand=evil/x", "", "", "x")),
        ("", ("", "", "", "")),
    ],
)
def test_an_address(text: str, expected: tuple[str, str, str, str]) -> None:
    assert address.parse(text) == address.Address(*expected)


def test_an_address_with_control_characters_is_quoted() -> None:
    found = address.parse("https://github.com/ann/\x1b[31mx")
    assert (found.host, found.url.isprintable()) == ("", True)


@given(st.text(max_size=60) | st.from_regex(r"[a-z]{2,8}(://|:|@)[^\n]{0,40}", fullmatch=True))
def test_any_text_is_some_address(text: str) -> None:
    found = address.parse(text)
    assert found.url.isprintable()
    assert not found.host.startswith("-")


@given(
    st.sampled_from(["https", "ssh", "http", "git", "ftp", "x"]),
    st.sampled_from(["ann:", ":", "x-access-token:"]),
    st.from_regex(r"[a-z0-9?#:;%@&=+$!*'() \[\]{}|^~`\"<>/-]{4,12}", fullmatch=True),
)
@example("https", "ann:", "00@/")
def test_no_password_survives(scheme: str, login: str, word: str) -> None:
    secret = f"QQ{word}QQ"
    found = address.parse(f"{scheme}://{login}{secret}@git.example.org/o/r.git")
    assert "QQ" not in repr(found)


@pytest.mark.parametrize("host", ["-oProxyCommand=x", "a b", "$(x)", "github.com"])
def test_ssh_is_not_asked_about_what_is_no_alias(host: str, environ: dict[str, str]) -> None:
    assert address.behind_alias(host, LocalShell({**environ, "PATH": ""})) == host
