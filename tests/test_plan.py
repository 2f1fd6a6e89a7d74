"""Steps as a value: what is described is what is done, without its secrets."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import envboot
from envboot.errors import CommandFailed
from envboot.plan import Open, Plan, Remove, Run, Write, carry_out, child, describe
from envboot.shell.local import LocalShell
from envboot.testing import ScriptedShell


@pytest.mark.parametrize(
    ("step", "line"),
    [
        (Run(("pip", "install", "a b", "c'd")), "pip install 'a b' 'c'\"'\"'d'"),
        (Run(("make",), cwd=Path("/a b")), "(cd '/a b' && make)"),
        (Run(("pip",), env=(("TOKEN", "hunter2secret"),), why="x"), "pip"),
        (Run(("pip", "-i", "https://u:hunter2@h/s")), "pip -i https://***@h/s"),
        (Write(Path("/x/file"), "hunter2"), "write /x/file"),
        (Remove(Path("/x/tree")), "remove /x/tree"),
        (Open("https://u:hunter2@h/s"), "open https://***@h/s"),
    ],
    ids=str,
)
def test_a_step_is_one_line_without_secrets(step, line):
    assert describe(step) == line


def test_the_line_of_a_program_is_what_a_posix_shell_runs(tmp_path):
    note = tmp_path / "it's $HOME; `x` \\ \" é"
    code = "import sys; open(sys.argv[1], 'w').write(sys.argv[2])"
    step = Run((sys.executable, "-c", code, str(note), "a\nb"), cwd=tmp_path)
    subprocess.run(["sh", "-c", describe(step)], check=True)
    assert note.read_text() == "a\nb"


def test_a_plan_is_carried_out_in_order(shell, tmp_path):
    script, tree = tmp_path / "bin" / "script", tmp_path / "tree"
    tree.mkdir()
    text = "import os, sys; print(os.environ['MODE'], os.getcwd()); open('made', 'w')"
    plan = Plan(
        "an example",
        (
            Write(script, text, executable=True),
            Run((sys.executable, str(script)), cwd=tmp_path, env=(("MODE", "on"),), why="running"),
            Remove(tree),
        ),
    )
    said: list[str] = []
    announced: list[str] = []
    carry_out(plan, shell, said.append, announced.append)
    assert said == [f"on {tmp_path}"]
    assert announced == ["running"]
    assert (tmp_path / "made").exists()
    assert script.stat().st_mode & 0o100
    assert not tree.exists()


def test_the_first_failure_ends_it(shell, tmp_path):
    steps = (
        Write(tmp_path / "one", "1"),
        Run((sys.executable, "-c", "raise SystemExit(4)"), why="failing"),
        Write(tmp_path / "two", "2"),
    )
    with pytest.raises(CommandFailed, match=r"failing: .* status 4"):
        carry_out(Plan("x", steps), shell, print)
    assert (tmp_path / "one").exists()
    assert not (tmp_path / "two").exists()


def test_the_log_has_every_step_and_no_secret(environ, tmp_path):
    shell = LocalShell({**environ, "INDEX_TOKEN": "hunter2inherited"})
    log = shell.log_to(tmp_path / "log")
    command = (sys.executable, "-c", "import sys; print(sys.argv[1:])")
    steps = (
        Run((*command, "https://u:hunter2url@h/", "hunter2inherited")),
        Run((*command, "hunter2own"), env=(("API_KEY", "hunter2own"),)),
        Write(tmp_path / "f", "hunter2text"),
    )
    announced: list[str] = []
    carry_out(Plan("x", steps), shell, announced.append, announced.append)
    text = log.read_text()
    assert text.count("$ ") == 3
    assert f"$ write {tmp_path / 'f'}" in text
    assert "hunter2u" not in text
    assert "hunter2i" not in text
    assert not [line for line in announced if "hunter2" in line]


def test_a_link_is_always_announced():
    shell, announced = ScriptedShell(), []
    carry_out(Plan("x", (Open("https://example.org"),)), shell, print, announced.append)
    assert announced == ["open this link: https://example.org"]
    assert shell.done == [("open", "https://example.org")]


# ------------------------------------------------------------------ children

HELLO = "import sys, os; print('hello', __name__, sys.argv[1:], os.path.dirname(__file__))\n"
STARTED_FROM = """
import sys
sys.path.insert(0, sys.argv[1])
from envboot.plan import Plan, carry_out, child
from envboot.shell.local import LocalShell
carry_out(Plan("x", (child("envboot.hello", "a b", "c"),)), LocalShell(), print)
"""


@pytest.mark.parametrize("zipped", [True, False], ids=["from the archive", "from a folder"])
def test_a_child_runs_our_modules_wherever_they_are(environ, tmp_path, zipped):
    place = tmp_path / ("it's.pyz" if zipped else "a folder")
    source = Path(envboot.__file__).parent
    files = {
        p.relative_to(source.parent).as_posix(): p.read_text("utf-8") for p in source.rglob("*.py")
    }
    files["envboot/hello.py"] = HELLO
    if zipped:
        with zipfile.ZipFile(place, "w") as archive:
            for name, text in files.items():
                archive.writestr(name, text)
    else:
        for name, text in files.items():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            (place / name).write_text(text, "utf-8")
    stray = tmp_path / "cwd"
    stray.mkdir()
    (stray / "runpy.py").write_text("raise SystemExit('a stray module of a repository')")
    done = subprocess.run(
        [sys.executable, "-I", "-c", STARTED_FROM, str(place)],
        env=environ,
        cwd=stray,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == f"hello __main__ ['a b', 'c'] {place / 'envboot'}\n", done.stderr


def test_a_child_takes_another_python():
    step = child("envboot.hello", "x", python="/opt/python", why="greeting")
    assert step.argv[:2] == ("/opt/python", "-I")
    assert step.argv[-2:] == ("envboot.hello", "x")
    assert step.why == "greeting"
