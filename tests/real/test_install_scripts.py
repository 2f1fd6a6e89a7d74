"""install.sh is really run: a repository with wheels beside it, paths with blanks, and no index."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from envboot.package import companions
from envboot.shell.local import LocalShell
from tests.pictures import picture
from tests.wheels import make_wheel

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(os.name == "nt", reason="install.sh is for a POSIX shell"),
]
MINOR = f"{sys.version_info[0]}.{sys.version_info[1]}"
TEST = """\
import sys, tides

assert tides.__version__ == "1.0"
print("tides", "%d.%d" % sys.version_info[:2])
"""


@pytest.fixture
def root(tmp_path):
    root = tmp_path / "it's a répo"
    root.mkdir()
    (root / "requirements.txt").write_text("tides~=1.0\n")
    (root / "test_env.py").write_text(TEST)
    make_wheel(tmp_path / "my wheels", "tides", "1.0")
    return root


def write(root, python=MINOR, variables=(("MODE", "a b"),)):
    seen = picture(root, "tides", python=python, variables=variables)
    for change in companions.draft(("install",), seen, LocalShell({})):
        path = root / change.path
        path.write_bytes(change.after)
        path.chmod(0o755 if change.executable else 0o644)


def environ(root, **more):
    base = Path(getattr(sys, "_base_executable", sys.executable)).parent
    return {
        "HOME": str(root.parent),
        "PATH": f"{base}:/usr/bin:/bin",
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": (root.parent / "my wheels").as_uri(),
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        **more,
    }


def run(root, *command, cwd=None, **more):
    return subprocess.run(
        command or ("sh", str(root / "install.sh")),
        cwd=cwd or root.parent,
        env=environ(root, **more),
        capture_output=True,
        text=True,
        timeout=120,
        stdin=subprocess.DEVNULL,
        check=False,
    )


def test_it_makes_installs_tests_and_says_how_to_go_on(root):
    write(root)
    (root / "types.py").write_text("raise SystemExit('a module of the repository was imported')\n")
    done = run(root)
    assert done.returncode == 0, done.stderr
    assert f"tides {MINOR}" in done.stdout
    assert "export MODE='a b'" in done.stdout
    (root / "types.py").unlink()
    told = done.stdout[done.stdout.index("to use it:\n") + 11 :]
    inside = run(root, "sh", "-c", f'{told}\npython -c "import tides" && echo "$MODE"')
    assert inside.stdout == "a b\n", inside.stderr
    again = run(root, "./install.sh", cwd=root)
    assert again.returncode == 0, again.stderr
    assert "using " in again.stdout
    assert "making" not in again.stdout


def test_what_cannot_be_installed_leaves_nothing_behind(root):
    write(root)
    (root / "requirements.txt").write_text("tides~=1.0\nno-such-thing-here\n")
    before = sorted(p.name for p in root.iterdir())
    done = run(root)
    assert done.returncode != 0
    assert "no-such-thing-here" in done.stderr
    assert "half made is removed" in done.stderr
    assert sorted(p.name for p in root.iterdir()) == before


def test_an_interrupted_one_leaves_nothing_behind(root):
    write(root)
    going = subprocess.Popen(
        ["sh", str(root / "install.sh")],
        env=environ(root),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    limit = time.monotonic() + 180
    while not (root / ".venv").exists() and time.monotonic() < limit:
        time.sleep(0.01)
    os.killpg(going.pid, signal.SIGINT)
    said, _ = going.communicate(timeout=180)
    assert going.returncode != 0, said
    assert not (root / ".venv").exists(), said


def test_the_test_decides_and_the_environment_stays_to_be_looked_at(root):
    write(root)
    (root / "test_env.py").write_text("raise SystemExit('broken')\n")
    done = run(root, VENV=str(root.parent / "else where"))
    assert done.returncode == 1
    assert "does not work" in done.stderr
    assert (root.parent / "else where" / "bin" / "python").exists()
    assert not (root / ".venv").exists()


@pytest.mark.parametrize(
    ("python", "more", "said"),
    [
        ("3.99", {}, "no Python 3.99 is installed"),
        (MINOR, {"VENV": "here"}, "VENV must be an absolute path"),
        (MINOR, {"VENV": "/"}, "must not be the root"),
        (MINOR, {"VENV": "/etc"}, "no environment: remove it, or set VENV"),
    ],
)
def test_what_does_not_fit_is_said_before_anything_is_made(root, python, more, said):
    write(root, python)
    before = sorted(p.name for p in root.iterdir())
    done = run(root, **more)
    assert done.returncode == 1
    assert said in done.stderr
    assert sorted(p.name for p in root.iterdir()) == before


@pytest.mark.parametrize("shell", ["dash", "bash", "zsh"])
def test_every_shell_reads_it(root, shell):
    write(root, "3.99")
    program = shutil.which(shell)
    if not program:
        pytest.skip(f"{shell} is not installed")
    done = run(root, program, str(root / "install.sh"))
    assert "no Python 3.99 is installed" in done.stderr


def test_shellcheck_has_nothing_to_say(root):
    program = shutil.which("shellcheck")
    if not program:
        pytest.skip("shellcheck is not installed")
    write(root, variables=(("A", 'it\'s "so" $x'),))
    done = run(root, program, "--shell=sh", "install.sh", cwd=root, LC_ALL="C.UTF-8")
    assert done.stdout == ""
    assert done.returncode == 0
