"""Where something is missing: room, rights, a network, a home, a terminal, the current folder."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest

from tests.real.person import PATH, Person, ask_for, leftovers, make_repository, tree, version_in
from tests.wheels import make_wheel

pytestmark = pytest.mark.real

UP = ("--yes", "--no-kernel", "--no-shell")
ROOT = os.geteuid() == 0
SYSTEM = "/usr/bin/python3"


def needs(*programs, root=False):
    """Skip with a sentence where this computer lacks what a test takes."""
    missing = [p for p in programs if shutil.which(p, path=PATH) is None]
    if missing:
        pytest.skip(f"`{missing[0]}` is not installed")
    if root and not ROOT:
        pytest.skip("only root may do this: mount a disk, be another person")


@pytest.fixture
def disk(tmp_path):
    """Return a function that makes a small disk of so many KiB, and one that fills the rest."""
    needs("mount", "umount", root=True)
    made = []

    def make(name, size):
        place = tmp_path / name
        place.mkdir()
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={size}k", "tmpfs", str(place)], check=False
        )
        if done.returncode:
            pytest.skip("this container may not mount a disk")
        made.append(place)
        return place

    yield make
    for place in made:
        subprocess.run(["umount", "-l", str(place)], check=True)


def fill(place, *, but=0):
    """Fill a disk up to so many KiB."""
    free = shutil.disk_usage(place).free - but * 1024
    (place / "ballast").write_bytes(b"\0" * max(0, free))


# ------------------------------------------------------------------ no room


@pytest.mark.parametrize(
    ("engine", "room"), [("uv", 0), ("uv", 8), ("uv", 60), ("uv", 200), ("venv", 60)]
)
def test_a_full_disk(person, disk, engine, room):
    root = make_repository(disk("disk", 40_000) / "clone", files=60)
    fill(root.parent, but=room)
    before = person.written()
    done = person.types(*UP, "--engine", engine, cwd=root)
    assert done.returncode == 7, done.stderr
    assert "error: " in done.stderr
    assert "no space left" in done.stderr.lower() or "is full" in done.stderr
    assert not (root / ".venv").exists()
    assert not leftovers(root)
    assert person.written() == before
    (root.parent / "ballast").unlink()
    done = person.types(*UP, "--engine", engine, cwd=root)
    assert done.returncode == 0, done.stderr
    assert version_in(root / ".venv") == "1.0"


@pytest.mark.parametrize(("engine", "room"), [("uv", 0), ("uv", 60), ("uv", 200), ("venv", 200)])
def test_a_disk_that_is_too_small_for_an_update(person, disk, engine, room):
    root = make_repository(disk("disk", 60_000) / "clone", files=60)
    done = person.types(*UP, "--engine", engine, cwd=root)
    assert done.returncode == 0, done.stderr
    ask_for(root, "2.0")
    fill(root.parent, but=room)
    done = person.types(*UP, cwd=root)
    assert done.returncode == 7, done.stderr
    assert "no space left" in done.stderr.lower() or "is full" in done.stderr
    assert version_in(root / ".venv") == "1.0", "what worked does not any more"
    assert not leftovers(root)
    (root.parent / "ballast").unlink()
    assert person.types(*UP, cwd=root).returncode == 0
    assert version_in(root / ".venv") == "2.0"


@pytest.mark.parametrize("engine", ["uv", "venv"])
def test_a_full_disk_for_temporary_files(person, disk, repository, engine):
    """It is named when it matters; an engine that needs none of it is not stopped."""
    place = disk("tmp", 1000)
    fill(place)
    done = person.types(*UP, "--engine", engine, cwd=repository, environ={"TMPDIR": str(place)})
    if done.returncode == 0:
        assert version_in(repository / ".venv") == "1.0"
        return
    assert done.returncode == 7, done.stderr
    assert str(place) in done.stderr
    assert "TMPDIR" in done.stderr
    assert not leftovers(repository)


def test_a_full_home(person, disk, repository):
    place = disk("small home", 64)
    fill(place)
    done = person.types(*UP, cwd=repository, environ={"HOME": str(place)})
    assert done.returncode in {0, 7}, done.stderr
    if done.returncode:
        assert str(place) in done.stderr
    else:
        assert version_in(repository / ".venv") == "1.0"


# ------------------------------------------------------------------ no rights


@pytest.fixture
def guest(packed):
    """Return someone without rights, with the archive and a clone that she may only read."""
    needs("setpriv", root=True)
    if not Path(SYSTEM).exists():
        pytest.skip("there is no Python of the system that everybody may start")
    with tempfile.TemporaryDirectory(prefix="envboot-guest-") as folder:
        place = Path(folder)
        place.chmod(0o755)
        found = Person(place / "person", PATH="/usr/bin:/bin", PYTHONPATH=None)
        found.root = make_repository(place / "clone", files=3)
        found.pyz = shutil.copy(packed / ".envboot/envboot.pyz", place / "envboot.pyz")
        for path in (found.home, found.tmp):
            shutil.chown(path, "nobody")

        def types(*words, **options):
            options.setdefault("cwd", found.root)
            options.setdefault("program", (SYSTEM, str(found.pyz)))
            before = ("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups")
            return Person.types(found, *words, before=before, **options)

        found.types = types
        yield found


def test_someone_without_rights(guest):
    shutil.chown(guest.root, "nobody")
    done = guest.types(*UP)
    assert done.returncode == 0, done.stderr
    assert version_in(guest.root / ".venv") == "1.0"
    assert (guest.root / ".venv").stat().st_uid != 0


def test_a_repository_that_can_only_be_read(guest):
    before = tree(guest.root, guest.home)
    done = guest.types(*UP)
    assert done.returncode == 6, done.stderr
    assert "cannot be written" in done.stderr
    assert "--prefix" in done.stderr, "the way out is not named"
    assert tree(guest.root, guest.home) == before

    prefix = guest.home / "elsewhere"
    done = guest.types(*UP, "--prefix", str(prefix))
    assert done.returncode == 0, done.stderr
    assert version_in(prefix) == "1.0"
    assert "cannot remember" in done.stderr
    done = guest.types("--prefix", str(prefix))
    assert "is up to date" in done.stderr
    done = guest.types("run", "--prefix", str(prefix), "--", "python", "main.py")
    assert done.stdout == "1.0\n", done.stderr


def test_a_home_that_can_only_be_read(guest):
    shutil.chown(guest.root, "nobody")
    shutil.chown(guest.home, "root")
    done = guest.types(*UP, "--kernel")
    assert done.returncode == 0, done.stderr
    assert version_in(guest.root / ".venv") == "1.0"
    assert tree(guest.home) == {}


def test_no_place_for_temporary_files(guest):
    shutil.chown(guest.root, "nobody")
    shutil.chown(guest.tmp, "root")
    done = guest.types(*UP)
    assert done.returncode == 0, done.stderr
    done = guest.types(*UP, "--rebuild", environ={"TMPDIR": "/nowhere/at/all"})
    assert done.returncode == 0, done.stderr
    assert version_in(guest.root / ".venv") == "1.0"


def test_a_strict_umask(person, repository):
    code = "import os, sys; os.umask(0o077); os.execvp(sys.argv[1], sys.argv[1:])"
    done = person.types(*UP, cwd=repository, before=(sys.executable, "-c", code))
    assert done.returncode == 0, done.stderr
    assert version_in(repository / ".venv") == "1.0"
    assert (repository / ".venv" / "envboot-stamp.json").stat().st_mode & 0o077 == 0


# ------------------------------------------------------------------ no network


@pytest.mark.parametrize("flags", [(), ("--offline",)], ids=["no network", "offline"])
@pytest.mark.parametrize("engine", ["uv", "venv"])
def test_no_network(person, repository, engine, flags):
    if not flags:
        needs("unshare", root=True)
        if subprocess.run(["unshare", "-n", "true"], check=False).returncode:
            pytest.skip("this container may not cut a program off from the network")
    (repository / "requirements.txt").write_text("six==1.16.0\n")
    environ = {"PIP_NO_INDEX": None, "PIP_RETRIES": "1", "UV_HTTP_RETRIES": "0"}
    environ |= {"PIP_CONFIG_FILE": "/dev/null", "PIP_FIND_LINKS": None}
    before = () if flags else ("unshare", "-n")
    options = {"cwd": repository, "before": before, "environ": environ}
    done = person.types(*UP, *flags, "--engine", engine, **options)
    assert done.returncode == 7, done.stderr
    assert ("`--offline` takes only" if flags else "is there a network?") in done.stderr
    assert not (repository / ".venv").exists()
    assert not leftovers(repository)
    if engine == "venv":
        return  # slow, and the same: what needs no index is set up there
    ask_for(repository, "1.0")
    done = person.types(*UP, *flags, "--engine", engine, **options)
    assert done.returncode == 0, done.stderr
    assert version_in(repository / ".venv") == "1.0"


# ------------------------------------------------------------------ no home, no variables


@pytest.mark.parametrize("home", [None, "", "/nowhere/at/all"])
def test_no_home(person, repository, home):
    done = person.types(*UP, "--kernel", cwd=repository, environ={"HOME": home})
    assert done.returncode == 0, done.stderr
    assert version_in(repository / ".venv") == "1.0"


@pytest.mark.parametrize("path", ["", None, "/nowhere", "."])
def test_no_path(person, repository, path):
    done = person.types(*UP, cwd=repository, environ={"PATH": path})
    assert done.returncode == 0, done.stderr
    assert version_in(repository / ".venv") == "1.0"


@pytest.mark.parametrize("engine", ["uv", "venv"])
def test_a_terminal_of_ascii_and_a_path_that_is_not(person, tmp_path, engine):
    root = make_repository(tmp_path / "répo → 蛇")
    plain = {"LC_ALL": "C"}
    if engine == "uv":  # with these ensurepip itself cannot write such a path
        plain |= {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = person.types(*UP, "--json", "--engine", engine, cwd=root, environ=plain)
    assert done.returncode == 0, done.stderr
    assert version_in(root / ".venv") == "1.0"
    assert json.loads(done.stdout)["outcome"] == "created"
    done = person.types("run", "--", "python", "main.py", cwd=root, environ=plain)
    assert done.stdout == "1.0\n", done.stderr


# ------------------------------------------------------------------ nobody, nowhere


@pytest.mark.parametrize("shut", ["0<&-", "2>&-", "1>&-", "0<&- 1>&- 2>&-"])
def test_no_terminal(person, repository, shut):
    argv = ("setsid", "--wait", "bash", "-c", f'exec "$0" "$@" {shut}')
    needs("setsid", "bash")
    before = tree(repository, person.home)
    done = person.types(cwd=repository, before=argv)
    assert done.returncode == 5, done
    assert tree(repository, person.home) == before
    done = person.types(*UP, cwd=repository, before=argv)
    assert done.returncode == 0, done
    assert version_in(repository / ".venv") == "1.0"


def test_the_current_folder_is_gone(person, repository, tmp_path):
    code = "import os, sys; os.rmdir(os.getcwd()); os.execvp(sys.argv[1], sys.argv[1:])"
    lost = tmp_path / "lost"
    before = (sys.executable, "-c", code)
    for words, status in (((), 2), (("--root", "../x"), 2), (("-C", str(repository), *UP), 0)):
        lost.mkdir()
        done = person.types(*words, cwd=lost, before=before)
        assert done.returncode == status, done.stderr
        assert "hint:" in done.stderr or not status
    assert version_in(repository / ".venv") == "1.0"


# ------------------------------------------------------------------ several at once


@pytest.mark.parametrize("number", [2, 4])
def test_several_at_once(person, repository, number):
    make_wheel(repository / "wheels", "tiny", "1.0", {f"tiny/m{n}.py": "" for n in range(500)} | {
        "tiny/__init__.py": "__version__ = '1.0'\n"})  # fmt: skip
    done = []
    lock = threading.Lock()

    def one():
        mine = person.types(*UP, "--json", cwd=repository)
        with lock:
            done.append(mine)

    threads = [threading.Thread(target=one) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [d.returncode for d in done] == [0] * number, [d.stderr for d in done]
    outcomes = sorted(json.loads(d.stdout)["outcome"] for d in done)
    assert outcomes == ["created", *["up-to-date"] * (number - 1)]
    assert any("waiting: another run is at work" in d.stderr for d in done)
    assert version_in(repository / ".venv") == "1.0"
    assert not leftovers(repository)
