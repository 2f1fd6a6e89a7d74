"""Interpreters are found in all their places, and only working ones are handed over."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from envboot import interpreters
from envboot.interpreters import ASK
from envboot.shell import Answer, Platform
from envboot.shell.local import LocalShell
from envboot.testing import ScriptedShell

HOME = "/home/ada"
MINE = interpreters.running()


def reply(version, *, kind="cpython", level="final", prefix="/usr", base="/usr", executable=""):
    info = [*map(int, version.split(".")), level, 0]
    return json.dumps([info, kind, base, prefix, executable])


def computer(files=(), answers=None, programs=None, platform="Linux", **environ):
    return ScriptedShell(
        files=dict.fromkeys(files, ""),
        answers={f"{path} -I -c {ASK}": text for path, text in (answers or {}).items()},
        programs=programs,
        platform=Platform(platform, "x86_64"),
        environ={"HOME": HOME, **environ},
    )


def sources(shell):
    return {(i.text, i.source, str(i.path)) for i in interpreters.find(shell)[1:]}


def test_the_running_interpreter_is_taken_without_asking_anybody():
    shell = computer()
    assert interpreters.choose("", shell) == MINE
    assert interpreters.choose(f"=={MINE.version[0]}.{MINE.version[1]}.*", shell) == MINE
    assert shell.asked == []


def test_of_a_virtual_environment_the_base_is_taken():
    assert MINE.path.is_file()
    assert not str(MINE.path).startswith(sys.prefix) or sys.prefix == sys.base_prefix


def test_folders_that_name_their_version_are_believed():
    shell = computer(
        [
            f"{HOME}/.pyenv/versions/3.5.10/bin/python",
            f"{HOME}/.pyenv/versions/2.7.18/bin/python",
            f"{HOME}/.pyenv/versions/3.15.0a1/bin/python",
            f"{HOME}/.pyenv/versions/pypy3.10-7.3.12/bin/python",
            f"{HOME}/.pyenv/versions/3.5.9/README",
            f"{HOME}/.local/share/uv/python/cpython-3.6.1-linux-x86_64-gnu/bin/python3",
            f"{HOME}/.local/share/uv/python/cpython-3.6.2+freethreaded-linux/bin/python3",
            f"{HOME}/miniconda3/bin/python",
            f"{HOME}/miniconda3/conda-meta/python-3.7.4-h955e755_0_cpython.json",
            f"{HOME}/miniconda3/envs/old/bin/python",
            f"{HOME}/miniconda3/envs/old/conda-meta/python-3.4.1-0.json",
        ]
    )
    assert sources(shell) == {
        ("3.5.10", "pyenv", f"{HOME}/.pyenv/versions/3.5.10/bin/python"),
        (
            "3.6.1",
            "uv",
            f"{HOME}/.local/share/uv/python/cpython-3.6.1-linux-x86_64-gnu/bin/python3",
        ),
        ("3.7.4", "conda", f"{HOME}/miniconda3/bin/python"),
        ("3.4.1", "conda", f"{HOME}/miniconda3/envs/old/bin/python"),
    }
    assert shell.asked == []
    assert interpreters.said(shell).startswith("3.4.1, 3.5.10, 3.6.1, 3.7.4")


def test_folders_named_by_variables():
    shell = computer(
        ["/py/versions/3.5.1/bin/python", "/uvp/cpython-3.5.2-x/bin/python", "/mm/bin/python",
         "/mm/conda-meta/python-3.5.3-0.json"],
        PYENV_ROOT="/py", UV_PYTHON_INSTALL_DIR="/uvp", MAMBA_ROOT_PREFIX="/mm",
    )  # fmt: skip
    assert {v for v, _, _ in sources(shell)} == {"3.5.1", "3.5.2", "3.5.3"}


def test_those_on_path_are_asked_and_shims_are_not():
    shell = computer(
        answers={"/usr/bin/python3": reply("3.5.3")},
        programs={
            "python3": "/usr/bin/python3",
            "python": f"{HOME}/.pyenv/shims/python",
            "python3.8": "/broken/python3.8",
        },
    )
    assert sources(shell) == {("3.5.3", "PATH", "/usr/bin/python3")}
    assert not [line for line in shell.asked if "shims" in line]


@pytest.mark.parametrize(
    "answer",
    [
        reply("3.5.3", kind="pypy"),
        reply("3.5.3", level="beta"),
        Answer(None, "python3 ended with status 127"),
        "Python was not found; run without arguments to install from the Microsoft Store",
        "[]",
        "{}",
        "",
    ],
)
def test_what_is_no_working_stable_cpython_is_skipped(answer):
    shell = computer(answers={"/p/python3": answer}, programs={"python3": "/p/python3"})
    assert sources(shell) == set()
    assert interpreters.choose("==3.5.*", shell) is None


def test_the_base_of_an_active_virtual_environment_on_path():
    shell = computer(
        ["/opt/py/bin/python3.5"],
        {
            "/v/bin/python3": reply(
                "3.5.3", prefix="/v", base="/opt/py", executable="/v/bin/python3"
            )
        },
        {"python3": "/v/bin/python3"},
    )
    assert sources(shell) == {("3.5.3", "PATH", "/opt/py/bin/python3.5")}


def test_the_newest_that_satisfies_and_works_is_chosen():
    old, new = (f"{HOME}/.pyenv/versions/{v}/bin/python" for v in ("3.5.1", "3.5.9"))
    shell = computer([old, new], {old: reply("3.5.1"), new: reply("3.5.9")})
    assert interpreters.choose("==3.5.*", shell).path == Path(new)
    assert interpreters.choose("<3.5.9", shell).path == Path(old)
    assert interpreters.choose("==3.4.*", shell) is None
    shell = computer([old, new], {old: reply("3.5.1")})  # the newer one cannot be started
    assert interpreters.choose("==3.5.*", shell).path == Path(old)


def test_another_place_is_tried_when_the_first_of_a_version_is_broken():
    one = f"{HOME}/.pyenv/versions/3.5.1/bin/python"
    two = f"{HOME}/.local/share/uv/python/cpython-3.5.1-linux/bin/python"
    shell = computer([one, two], {two: reply("3.5.1")})
    assert interpreters.choose("==3.5.*", shell).path == Path(two)


def test_each_is_asked_once():
    one = f"{HOME}/.pyenv/versions/3.5.1/bin/python"
    shell = computer([one], {one: reply("3.5.1")})
    for _ in range(3):
        interpreters.choose("==3.5.*", shell)
    assert len(shell.asked) == 1


def test_windows_launcher():
    listed = (
        " -V:3.5 *        C:\\Python35\\python.exe\n"
        " -V:3.4-32       C:\\Program Files\\Python34\\python.exe\n"
        " -V:Anaconda/x   C:\\other\n"
    )
    shell = computer(
        answers={
            "C:\\Python35\\python.exe": reply("3.5.4"),
            "C:\\Program Files\\Python34\\python.exe": reply("3.4.4"),
        },
        programs={"py": "C:/Windows/py.exe"},
        platform="Windows",
    )
    shell.answers["C:/Windows/py.exe -0p"] = listed
    assert {(v, s) for v, s, _ in sources(shell)} == {("3.5.4", "launcher"), ("3.4.4", "launcher")}


def test_a_specifier_that_is_none_is_satisfied_by_nothing():
    assert interpreters.choose("latest", computer()) is None


def test_real_ones_answer():
    shell = LocalShell()
    for found in interpreters.find(shell):
        chosen = interpreters.choose(f"=={found.text}", shell)
        assert chosen is not None
        assert chosen.version == found.version
