"""A stranger's repository: what lies committed in it must not reach what is the person's own.

Whole runs of the command, with the venv engine and nothing to install: no network is needed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(os.name == "nt", reason="links of POSIX"),
]


@pytest.fixture
def root(tmp_path):
    """A repository that asks for nothing, beside files of the person's own."""
    folder = tmp_path / "repo"
    folder.mkdir()
    (folder / "requirements.txt").write_text("# nothing\n")
    mine = tmp_path / "mine"
    (mine / "log").mkdir(parents=True)
    (mine / "empty").mkdir()
    (mine / "bashrc").write_text("mine")
    for n in range(12):
        (mine / "log" / f"2020-{n:02}.log").write_text("mine")
    return folder


def picture(folder: Path) -> dict[str, str]:
    return {
        str(p.relative_to(folder)): p.read_text() if p.is_file() else ""
        for p in sorted(folder.rglob("*"))
    }


def up(root: Path, child_environ, *more: str):
    """Run ``envboot up --yes``; return its result and what it said."""
    command = [sys.executable, "-m", "envboot", "up", "--yes", "--json"]
    if "--dry-run" not in more:
        command += ["--engine", "venv"]
    done = subprocess.run(
        [*command, "--root", str(root), *more],
        env=child_environ,
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return json.loads(done.stdout), done.stderr


LINKS = {
    "the state folder": (".envboot", "../mine", "failed"),
    "the state folder, to nothing": (".envboot", "../mine/new", "failed"),
    "the lock": (".envboot/.venv.lock", "../../mine/bashrc", "failed"),
    "the journal": (".envboot/.venv.journal", "../../mine/bashrc", "failed"),
    "the log folder": (".envboot/log", "../../mine/log", "created"),
    "what git ignores": (".envboot/.gitignore", "../../mine/new", "created"),
    "what is remembered": (".envboot/environment.json", "../../mine/bashrc", "created"),
    "the environment": (".venv", "../mine", "failed"),
    "the environment, to nothing": (".venv", "../mine/new", "failed"),
    "the environment, to an empty folder": (".venv", "../mine/empty", "created"),
}


@pytest.mark.parametrize(("link", "target", "outcome"), LINKS.values(), ids=LINKS)
def test_a_committed_link_leads_nowhere(root, child_environ, link, target, outcome):
    path = root / link
    path.parent.mkdir(exist_ok=True)
    path.symlink_to(target)
    before = picture(root.parent / "mine")
    result, said = up(root, child_environ)
    assert picture(root.parent / "mine") == before
    if outcome == "failed":
        assert result["exit_code"] in {5, 7}, said
        assert str(root) in result["error"]["message"]
        assert result["error"]["hint"]
        assert path.is_symlink()
    else:
        assert result["outcome"] == "created", said
        assert (root / ".venv" / "bin" / "python").exists()


def test_a_prefix_behind_a_link_is_refused(root, child_environ):
    (root / "envs").symlink_to("../mine/empty")
    before = picture(root.parent / "mine")
    result, _ = up(root, child_environ, "--prefix", str(root / "envs" / "a"))
    assert result["exit_code"] == 7
    assert "a link leads out of" in result["error"]["message"]
    assert picture(root.parent / "mine") == before


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "5",
        '{"prefix": 5}',
        '{"prefix": ["/"]}',
        '{"prefix": "/etc"}',
        "[" * 100_000,
        "\0",
        '{"prefix": "../mine"}',
        '{"prefix": "a\\u0000b"}',
    ],
    ids=lambda text: text[:20],
)
def test_what_is_remembered_may_be_nonsense(root, child_environ, text):
    (root / ".envboot").mkdir()
    (root / ".envboot" / "environment.json").write_text(text)
    before = picture(root.parent / "mine")
    result, said = up(root, child_environ, "--dry-run")
    assert result["outcome"] == "planned", said
    assert picture(root.parent / "mine") == before
    assert not (root / ".venv").exists()


def test_a_forged_journal_removes_nothing(root, child_environ):
    state = root / ".envboot"
    state.mkdir()
    (root / "data").mkdir()
    (root / "data" / "results.csv").write_text("1")
    journal = {"phase": "swapping", "build": str(state / "build-venv-1"), "old": str(root / "data")}
    (state / ".venv.journal").write_text(json.dumps(journal))
    result, _ = up(root, child_environ)
    assert result["exit_code"] == 7
    assert "is not a journal of envboot" in result["error"]["message"]
    assert (root / "data" / "results.csv").exists()


def test_a_committed_environment_is_not_taken_for_ours(root, child_environ):
    for stamp in ("{}", "[]", '{"fingerprint": 1, "lines": ["x"]}'):
        (root / ".venv" / "bin").mkdir(parents=True, exist_ok=True)
        (root / ".venv" / "bin" / "python").write_text("#!/bin/sh\necho stolen > ../mine/bashrc\n")
        (root / ".venv" / "bin" / "python").chmod(0o755)
        (root / ".venv" / "envboot-stamp.json").write_text(stamp)
        before = picture(root.parent)
        result, _ = up(root, child_environ)
        assert result["exit_code"] == 5
        assert "not made by envboot" in result["error"]["message"]
        after = {k: v for k, v in picture(root.parent).items() if ".envboot" not in k}
        assert after == {k: v for k, v in before.items() if ".envboot" not in k}


_CHANNELS = """\
channels:
- https://ann:se-cret-1@host.example/t/se-cret-22/lab
- https://host.example/t/se-cret-22
dependencies:
- https://bob:se-cret-3@host.example/other::zlib
- pip
- pip: ["--extra-index-url https://u:se-cret-4@host.example/simple", six]
"""


@pytest.mark.parametrize(
    "command",
    [
        ["up", "--dry-run", "--engine", "rattler", "-v"],
        ["up", "--manual", "--engine", "rattler"],
        ["up", "--dry-run", "--json"],
        ["check"],
        ["doctor"],
        ["preflight", "--for", "cpu", "--dry-run"],
        ["convert", "environment.yml", "pixi.toml", "--dry-run"],
        ["convert", "environment.yml", "requirements.txt", "--dry-run"],
    ],
    ids=" ".join,
)
def test_a_token_in_a_file_is_said_by_no_command(root, child_environ, command):
    (root / "environment.yml").write_text(_CHANNELS)
    done = subprocess.run(
        [sys.executable, "-m", "envboot", *command],
        env=child_environ,
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout + done.stderr
    assert "se-cret" not in done.stdout + done.stderr
