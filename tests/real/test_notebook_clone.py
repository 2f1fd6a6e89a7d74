"""A notebook's repository, fetched over a real ssh by a real git: nothing of it runs."""

from __future__ import annotations

import json
import shlex
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest

from envboot.cli.flags import parser
from envboot.errors import AnswerNeeded, CommandFailed, InvalidFile, NothingFound
from envboot.notebook import unpacking
from envboot.notebook.unpacking import cloning
from envboot.request import Request
from envboot.shell.local import LocalShell
from envboot.testing import ScriptedConsole
from tests import sshd

pytestmark = pytest.mark.real


def notebook(keys):
    """Return a notebook that carries ``keys``."""
    own = {"environment": keys}
    return json.dumps({"cells": [], "metadata": own, "nbformat": 4, "nbformat_minor": 4})


@pytest.fixture
def mail(tmp_path):
    """Return a notebook alone in a folder."""
    folder = tmp_path / "mail"
    folder.mkdir()
    return folder / "mail.ipynb"


@pytest.fixture(scope="module")
def origin(tmp_path_factory):
    """Return a repository behind a real sshd, with all that might run in a clone."""
    top = tmp_path_factory.mktemp("origin")
    with sshd.running(top, apart=False) as box:
        work = top / "work"
        environ = {**box.environ, "GIT_CONFIG_GLOBAL": "/dev/null"}
        for who in ("AUTHOR", "COMMITTER"):
            environ |= {f"GIT_{who}_NAME": "A", f"GIT_{who}_EMAIL": "a@x.example"}

        def git(*words, cwd=work):
            done = subprocess.run(
                ["git", *words], cwd=cwd, env=environ, check=True, capture_output=True, text=True
            )
            return done.stdout.strip()

        work.mkdir()
        git("init", "--quiet", "--initial-branch=main")
        (work / "part").mkdir()
        (work / "part" / "local.py").write_text("X = 1\n")
        (work / "part" / "apt.txt").write_text("theirs\n")
        (work / "out").symlink_to(top)
        (work / ".gitattributes").write_text("*.bin filter=lfs\n")
        (work / "a.bin").write_text("lfs\n")
        (work / ".gitmodules").write_text('[submodule "x"]\n path = x\n url = ext::sh -c id\n')
        git("add", ".")
        git("commit", "--quiet", "-m", "one")
        commit = git("rev-parse", "HEAD")
        (work / "part" / "local.py").write_text("X = 2\n")
        git("commit", "--quiet", "-am", "two")
        git("tag", commit[:8])  # another commit, called as the first one is
        git("clone", "--quiet", "--bare", str(work), str(top / "proj.git"), cwd=top)
        url = f"ssh://box{top}/proj.git"
        yield SimpleNamespace(top=top, box=box, url=url, commit=commit)


@pytest.fixture
def person(origin, tmp_path):
    """Return a person whose own git would run a hook and a filter in each clone."""
    home = tmp_path / "person"
    (home / "template" / "hooks").mkdir(parents=True)
    mark = tmp_path / "it ran"
    touch = f"touch {shlex.quote(str(mark))}"
    for name in ("post-checkout", "reference-transaction"):
        hook = home / "template" / "hooks" / name
        hook.write_text(f"#!/bin/sh\n{touch}\n")
        hook.chmod(0o755)
    (home / ".gitconfig").write_text(
        f"[init]\n templateDir = {home / 'template'}\n"
        f"[core]\n hooksPath = {home / 'template' / 'hooks'}\n"
        f'[filter "lfs"]\n smudge = {touch}\n process = {touch}\n required = true\n'
        '[protocol "ext"]\n allow = always\n[submodule]\n recurse = true\n'
    )
    environ = {**origin.box.environ, "HOME": str(home)}
    return SimpleNamespace(shell=LocalShell(environ), mark=mark, environ=environ)


def cloned(origin, **more):
    """Return what a notebook of that repository carries."""
    git = {"path": origin.url, "commit id": origin.commit, "subdir": "part", **more}
    return notebook({"env_ver": "0.2", "files": {"apt.txt": "mine\n"}, "git": git})


def attempt(mail, person, *answers):
    """Unpack it with ``--clone``, at a terminal."""
    words = ["notebook", "unpack", str(mail), "--files-only", "--clone"]
    options = parser("envboot").parse_args(words)
    console = ScriptedConsole(*answers)
    found = unpacking.unpack(options, Request(mail.parent), person.shell, console)
    return found, console


def test_the_repository_is_fetched_and_nothing_of_it_runs(mail, origin, person):
    mail.write_text(cloned(origin))
    found, console = attempt(mail, person, "yes", "yes")
    place = mail.parent / "proj"
    assert console.questions[1].startswith(f"fetch {origin.url} at {origin.commit} with git into")
    assert (found.outcome, found.folder) == ("unpacked", str(place / "part"))
    assert (place / "part" / "local.py").read_text() == "X = 1\n"  # the commit, not the branch
    assert (place / "part" / "mail.ipynb").read_text() == mail.read_text()
    assert (place / "part" / "apt.txt").read_text() == "mine\n"
    assert [p.read_text() for p in (place / "part").glob("apt.txt.*.bak")] == ["theirs\n"]
    assert (place / "a.bin").read_text() == "lfs\n"
    assert not (place / "x").exists() or not list((place / "x").iterdir())
    assert not list((place / ".git" / "hooks").glob("*")) if (place / ".git/hooks").exists() else 1
    assert not person.mark.exists()
    assert not list(mail.parent.glob(".*envboot-part"))
    again, console = attempt(mail, person, "yes")
    assert again.outcome == "unpacked"
    assert len(console.questions) == 1


def test_git_would_have_run_them(mail, origin, person):
    """Else the test above shows nothing."""
    place = mail.parent / "proj"
    argv = ["git", "clone", "--quiet", "--no-recurse-submodules", origin.url, str(place)]
    subprocess.run(argv, env=person.environ, check=False, capture_output=True)
    assert person.mark.exists()


def test_what_bears_the_name_of_a_commit_is_not_taken_for_it(mail, origin, person):
    mail.write_text(cloned(origin, **{"commit id": origin.commit[:8]}))
    with pytest.raises(NothingFound, match="has no commit"):
        attempt(mail, person, "yes", "yes")
    assert list(mail.parent.iterdir()) == [mail]


def test_a_short_commit_is_enough(mail, origin, person):
    mail.write_text(cloned(origin, **{"commit id": origin.commit[:7]}))
    found, _ = attempt(mail, person, "yes", "yes")
    assert found.outcome == "unpacked"
    assert (mail.parent / "proj" / "part" / "local.py").read_text() == "X = 1\n"


@pytest.mark.parametrize("commit", ["0" * 40, "0123456"])
def test_a_commit_that_is_not_there_leaves_nothing(mail, origin, person, commit):
    mail.write_text(cloned(origin, **{"commit id": commit}))
    with pytest.raises((CommandFailed, NothingFound)):
        attempt(mail, person, "yes", "yes")
    assert list(mail.parent.iterdir()) == [mail]


def test_a_folder_of_the_repository_that_is_a_link_is_not_gone_into(mail, origin, person):
    mail.write_text(cloned(origin, subdir="out"))
    with pytest.raises(InvalidFile, match="a link leads out of"):
        attempt(mail, person, "yes", "yes")
    assert not (origin.top / "apt.txt").exists()


def test_another_folder_of_that_name_stays(mail, origin, person):
    mail.write_text(cloned(origin))
    (mail.parent / "proj").mkdir()
    (mail.parent / "proj" / "mine").write_text("mine\n")
    with pytest.raises(AnswerNeeded, match="is there, and is not"):
        attempt(mail, person, "yes", "yes")
    assert [p.name for p in (mail.parent / "proj").iterdir()] == ["mine"]


@pytest.mark.parametrize("url", ["ext::sh -c touch% {mark}", "file://{top}/proj.git", "git://x/y"])
def test_git_itself_speaks_nothing_but_https_and_ssh(origin, person, tmp_path, url):
    """Whatever the person's settings make of an address: git refuses it for us, too."""
    meant = url.format(mark=person.mark, top=origin.top)
    config = Path(person.environ["HOME"], ".gitconfig")
    config.write_text(config.read_text() + f'[url "{meant}"]\n insteadOf = https://x.example/r\n')
    clone = cloning.Clone("https://x.example/r", origin.commit, tmp_path / "r", "")
    with pytest.raises(CommandFailed) as caught:
        cloning.fetch(clone, person.shell, ScriptedConsole())
    assert any("not allowed" in row for row in caught.value.tail), caught.value.tail
    assert not person.mark.exists()
    assert not (tmp_path / "r").exists()
