"""conda's environments: where a new one goes, which there are, and its own notes of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from envboot.conda import environments, programs
from envboot.plan import Write
from envboot.testing import ScriptedShell

HOME = "/home/ann"
NOTES = f"{HOME}/.conda/environments.txt"


def computer(*files, read_only=(), texts=None, **environ):
    found = {f"{HOME}/.profile": "", **dict.fromkeys(files, ""), **(texts or {})}
    return ScriptedShell(files=found, environ={"HOME": HOME, **environ}, read_only=read_only)


@pytest.mark.parametrize(
    ("shell", "place"),
    [
        (computer(), f"{HOME}/.conda/envs"),
        (computer(f"{HOME}/miniconda3/bin/conda"), f"{HOME}/miniconda3/envs"),
        (computer("/opt/conda/bin/conda", read_only=["/opt"]), f"{HOME}/.conda/envs"),
        (computer(CONDA_ENVS_PATH="/a:/b", read_only=["/a"]), "/b"),
        (
            computer(texts={f"{HOME}/.condarc": "envs_dirs: [~/mine, /b]\n"}),
            f"{HOME}/mine",
        ),
        (
            computer(texts={f"{HOME}/.condarc": "envs_dirs: [relative, $NOWHERE/x]\n"}),
            f"{HOME}/.conda/envs",
        ),
        (
            computer(f"{HOME}/.local/bin/micromamba"),
            f"{HOME}/.local/share/mamba/envs",
        ),
    ],
)
def test_the_first_folder_that_can_be_written(shell, place):
    assert environments.place(shell) == Path(place)


def test_nowhere_without_a_home_and_a_conda():
    assert environments.place(ScriptedShell()) is None


def test_where_nothing_can_be_written_the_usual_place_is_named():
    shut = computer("/opt/conda/bin/conda", read_only=["/opt", HOME])
    assert environments.place(shut) == Path("/opt/conda/envs")


@pytest.mark.parametrize(
    ("name", "folder"),
    [("tides", "tides"), ("a b/c", "a-b-c"), ("../..", "env"), ("", "env"), ("-n", "n"),
     (".hidden", "hidden"), ("näme_1.2", "näme_1.2"), ("a\0b\nc", "a-b-c")],
)  # fmt: skip
def test_a_name_is_one_folder(name, folder):
    assert environments.folder_name(name) == folder
    assert Path("/x", environments.folder_name(name)).parent == Path("/x")


def test_the_program_of_the_persons_shell_comes_first():
    both = computer("/own/bin/mamba", f"{HOME}/miniforge3/bin/conda", CONDA_EXE="/own/bin/mamba")
    assert programs.find(both) == programs.Program(Path("/own/bin/mamba"), "mamba")
    assert programs.root(both) == Path("/own")
    assert programs.find(computer(CONDA_EXE="/gone/conda")) is None
    assert programs.root(computer()) is None


def test_what_was_removed_is_taken_out_of_condas_notes():
    rows = f"{HOME}/.conda/envs/a\n/other/b\n{HOME}/.conda/envs/a--01234567\n"
    shell = computer(texts={NOTES: rows})
    gone = [Path(HOME, ".conda/envs/a"), Path(HOME, ".conda/envs/a--01234567")]
    assert environments.forgotten(gone, shell) == (Write(Path(NOTES), b"/other/b\n"),)
    assert environments.forgotten([Path("/never/noted")], shell) == ()
    assert environments.forgotten(gone, computer()) == ()
    assert environments.forgotten(gone, ScriptedShell()) == ()
    shut = computer(texts={NOTES: rows}, read_only=[f"{HOME}/.conda"])
    assert environments.forgotten(gone, shut) == ()


def test_an_environment_is_known_by_its_records():
    shell = computer("/e/conda-meta/history", "/f/conda-meta/six-1-0.json", "/g/conda-meta/state")
    assert [environments.there(Path(p), shell) for p in ("/e", "/f", "/g", "/h")] == [
        *(True, True, False, False),
    ]
