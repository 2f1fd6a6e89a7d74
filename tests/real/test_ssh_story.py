"""Falls short here, asked, launched by ssh, proved there, gone to, and removed: at a terminal."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from tests import sshd
from tests.real.person import Person, Terminal, make_repository, tree

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(bool(sshd.missing()), reason=sshd.missing() or "all is here"),
]
NEEDS = "[envboot:needs]\ngpu = 1\ngpu_memory = 900 GB\n"
# No computer has such a one yet: one with it is bigger than this, whichever this is.
GPU = "0, NVIDIA Z900, 1000000, 990000, 1, 590.10, 9.9, [N/A]"
SMI = f"#!/bin/sh\necho '{GPU}'\n"
HOSTS = "[envboot:ssh]\nhosts = gone.example, box\n"
SETUP = (sys.executable, "setup.py")


@pytest.fixture(scope="module")
def packed(tmp_path_factory, packed):
    """A packed repository that needs a large GPU."""
    program = (sys.executable, "-I", str(packed / ".envboot" / "envboot.pyz"))
    folder = tmp_path_factory.mktemp("packed")
    root = make_repository(folder / "sunspots")
    (root / "setup.cfg").write_text(NEEDS)
    (root / "train.py").write_text("import sys, tiny\n\nprint('trained', sys.argv[1:])\n")
    (root / "fails.py").write_text("import sys, tiny\n\nsys.exit(3)\n")
    (root / ".gitignore").write_text("secret.txt\n")
    (root / "secret.txt").write_text("not for others\n")
    done = Person(folder / "packer").types("package-env", "--yes", cwd=root, program=program)
    assert done.returncode == 0, done.stderr
    return root


@pytest.fixture
def box(tmp_path):
    """A computer behind ssh with a GPU, and one that is out of reach."""
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "nvidia-smi").write_text(SMI)
    (tools / "nvidia-smi").chmod(0o755)
    path = f"{tools}:{sshd.Path(sys.executable).parent}:{sshd.USUAL}"
    with sshd.running(tmp_path, path=path) as found:
        found.alias("gone.example", Port="1", ProxyCommand="none")
        yield found


@pytest.fixture
def person(tmp_path, box):
    """Somebody whose settings name both."""
    someone = Person(tmp_path / "someone", **box.environ, PYTHONPATH="")
    someone.home = box.person
    (someone.home / ".config" / "envboot").mkdir(parents=True)
    (someone.home / ".config" / "envboot" / "config.ini").write_text(HOSTS)
    return someone


@pytest.fixture
def at_terminal(packed, person):
    started = []

    def start(*words):
        started.append(Terminal(person, *words, cwd=packed, program=SETUP, columns=200))
        return started[-1]

    yield start
    for terminal in started:
        terminal.kill()


def chosen(terminal, question, title):
    """Choose by what stands in the menu."""
    terminal.read(question)
    terminal.read("]: ")
    menu = terminal.text[terminal.text.index(question) :]
    number = next(n for n, row in re.findall(r"  (\d+)\) (.+)", menu) if title in row)
    terminal.send(f"{number}\n")


def test_from_falling_short_to_a_shell_there_and_back(at_terminal, packed, box):
    before = tree(packed)
    terminal = at_terminal()
    terminal.read("does not meet the requirements")
    chosen(terminal, "how do you want to go on?", "by ssh")
    terminal.read("asking gone.example (~/.config/envboot/config.ini:2), box (~/.config/envboot/")
    chosen(terminal, "which size?", "NVIDIA Z900")
    terminal.read("the plan: copy the repository to box, and set it up there")
    terminal.read("nobody bills you for it")
    terminal.read("]: ")
    assert not list(box.home.iterdir()), "something was written before the yes"
    assert tree(packed) == before
    terminal.send("y\n")
    terminal.read("is its name here and there")
    terminal.read("there: created:")
    terminal.read("imported: tiny")
    assert terminal.end() == 0
    handle = re.search(r"`(sunspots-[0-9a-f]{4})` is its name", terminal.text)[1]
    rows = terminal.text
    assert re.search(r"gpu +1 .*NVIDIA Z900.* ok", rows)
    assert f"open {handle}" in rows
    assert f"delete {handle}" in rows
    there = box.home / "envboot" / handle
    assert (there / ".venv").is_dir()
    assert (there / "train.py").is_file()
    assert not (there / "secret.txt").exists()
    assert tree(packed) == before

    inside = at_terminal("open", handle)
    inside.read("a shell inside")
    inside.send("python main.py; pwd; echo at=$SSH_ORIGINAL_COMMAND; exit\n")
    inside.read("\n1.0")
    inside.read(f"/{handle}")
    assert inside.end() == 0

    away = at_terminal("delete", handle)
    away.read("]: ")
    away.send("y\n")
    assert away.end() == 0
    left = [p for p in box.home.rglob("*") if handle in str(p) or "envboot" in p.parts]
    assert not left
    assert not box.running()
    listed = at_terminal("jobs")
    assert listed.end() == 0
    assert "nothing is launched" in listed.text


@pytest.mark.parametrize("program", ["train.py", "fails.py"])
def test_a_command_there(packed, person, box, program):
    """Its output and its status come back; a flag of Slurm's is not silently ignored."""
    words = ("launch", "ssh", "box", "--yes")
    refused = person.types(*words, "--array", "1-9", cwd=packed, program=SETUP)
    assert refused.returncode == 2
    assert "`--array` means nothing to a bigger computer, by ssh" in refused.stderr
    behind = ("--", "python", program, "--epochs", "3")
    done = person.types(*words, *behind, cwd=packed, program=SETUP)
    handle = re.search(r"`(sunspots-[0-9a-f]{4})` is its name", done.stderr)[1]
    logs = person.types("logs", handle, cwd=packed, program=SETUP)
    if program == "train.py":
        assert done.returncode == 0, done.stderr
        assert "trained ['--epochs', '3']" in logs.stdout
    else:
        assert done.returncode == 3, done.stderr
        assert "status 3" in done.stderr
    gone = person.types("delete", handle, "--yes", cwd=packed, program=SETUP)
    assert gone.returncode == 0, gone.stderr
    assert not box.running()


def test_none_can_be_reached(packed, person, box):
    settings = person.home / ".config" / "envboot" / "config.ini"
    settings.write_text("[envboot:ssh]\nhosts = gone.example\n    gone2.example\n")
    box.alias("gone2.example", Port="1", ProxyCommand="none")
    before = tree(packed)
    done = person.types("launch", "ssh", "--yes", cwd=packed, program=SETUP)
    assert done.returncode == 6, done.stderr
    assert "gone.example is there, but no sshd answers" in done.stderr
    assert "gone2.example (~/.config/envboot/config.ini:3)" in done.stderr
    assert tree(packed) == before
    listed = person.types("jobs", cwd=packed, program=SETUP)
    assert "nothing is launched" in listed.stdout


def test_a_host_of_the_repository_is_not_asked_before_ssh_is_named(packed, person, box, tmp_path):
    """Its file is a stranger's."""
    (person.home / ".config" / "envboot" / "config.ini").unlink()
    clone = tmp_path / "clone"
    subprocess.run(["cp", "-R", str(packed), str(clone)], check=True)
    (clone / "pyproject.toml").write_text('[tool.envboot.ssh]\nhosts = ["box"]\n')
    known = box.log()
    listed = person.types("launch", cwd=clone, program=SETUP)
    assert listed.returncode == 5
    assert box.log() == known
    for flags in ((), ("--yes",)):
        unasked = person.types("launch", "ssh", "--dry-run", *flags, cwd=clone, program=SETUP)
        assert unasked.returncode == 5, unasked.stderr
        assert "this repository names box (pyproject.toml:2): connect there" in unasked.stderr
        assert "`launch NAME WHERE`" in unasked.stderr
    assert box.log() == known
    shown = person.types("launch", "ssh", "box", "--dry-run", cwd=clone, program=SETUP)
    assert shown.returncode == 0, shown.stderr
    assert "copying the repository to box" in shown.stderr
    assert not list(box.home.iterdir())
