"""Machines on which nothing was installed: a new Debian with its bare Python, and every CPython.

The Debian is made by ``debootstrap`` from the mirror that this computer's apt is configured with,
as its newest suite: its ``python3`` has neither pip nor ensurepip.
"""

from __future__ import annotations

import configparser
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from envboot import interpreters
from envboot.shell.local import LocalShell
from tests.real.person import PATH, Person, version_in

pytestmark = pytest.mark.real

SUITES = ("forky", "trixie")  # newest first
CHROOT = shutil.which("chroot", path=f"{PATH}:/usr/sbin:/sbin") or "chroot"
WRITERS = {"forky": "sid"}  # the script of debootstrap, where it is older than the suite
HOME = Path("/home/her")


def mirror():
    """Return the address of the Debian mirror that apt uses here, "" when there is none."""
    for path in (Path("/etc/apt/sources.list"), *Path("/etc/apt").glob("sources.list.d/*")):
        text = path.read_text() if path.is_file() else ""
        for address in re.findall(r"^(?:URIs:|deb(?:\s+\[.*?\])?)\s+(\S+)", text, re.MULTILINE):
            if address.rstrip("/").endswith("/debian"):
                return address
    return ""


class Machine:
    """A Debian in a folder, and someone who has an account there."""

    def __init__(self, root):
        self.root = root
        self.home = root / HOME.relative_to("/")
        self.home.mkdir(parents=True)
        self.python = self.as_root("python3", "-c", "import sys; print(sys.version.split()[0])")
        self.python = self.python.stdout.strip()

    def as_root(self, *argv):
        return subprocess.run(
            [CHROOT, str(self.root), *argv], capture_output=True, text=True, check=False
        )

    def types(self, *argv, cwd=HOME, before=()):
        """Run a program as her, with the variables of a first login."""
        variables = ("PATH=/usr/bin:/bin", f"HOME={HOME}")
        place = ("env", "-i", *variables, "sh", "-c", 'cd "$0" && exec "$@"', str(cwd))
        done = subprocess.run(
            [*before, CHROOT, "--userspec=1000:1000", str(self.root), *place, *argv],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=300,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return done

    def receives(self, repository):
        """Copy a repository into her home; return where it is for her."""
        place = self.home / repository.name
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(repository, place)
        for path in (self.home, place, *place.rglob("*")):
            os.chown(path, 1000, 1000)
        return HOME / repository.name

    def inside(self, place):
        return self.root / place.relative_to("/")


@pytest.fixture(scope="session")
def machine():
    """A new Debian, reached by the network and the certificates of this computer."""
    if os.geteuid():
        pytest.skip("only root may make a machine in a folder")
    for program in ("debootstrap", "chroot", "mount"):
        if shutil.which(program, path=f"{PATH}:/usr/sbin:/sbin") is None:
            pytest.skip(f"`{program}` is not installed")
    address = mirror()
    if not address:
        pytest.skip("apt has no Debian mirror here")
    with tempfile.TemporaryDirectory(prefix="envboot-machine-") as folder:
        root = make_debian(Path(folder), address)
        for path in ("/etc/resolv.conf", "/etc/hosts"):
            shutil.copy(path, root / path[1:])
        settings = configparser.RawConfigParser()
        settings.read(["/etc/pip.conf", Path.home() / ".pip/pip.conf"])
        settings.read(Path.home() / ".config/pip/pip.conf")
        with (root / "etc/pip.conf").open("w") as file:
            settings.write(file)
        shutil.rmtree(root / "etc/ssl/certs", ignore_errors=True)
        shutil.copytree("/etc/ssl/certs", root / "etc/ssl/certs")
        subprocess.run(["mount", "-t", "proc", "proc", str(root / "proc")], check=False)
        try:
            yield Machine(root)
        finally:
            subprocess.run(["umount", "-l", str(root / "proc")], check=False)


def make_debian(folder, address):
    """Return the root of the newest Debian that can be made in ``folder``."""
    said = ""
    for suite in SUITES:
        script = Path("/usr/share/debootstrap/scripts") / suite
        last = () if script.exists() else (WRITERS.get(suite, suite),)
        done = subprocess.run(
            [
                # certificates are those of this computer; openssl says where they lie
                *("debootstrap", "--variant=minbase", "--include=python3,openssl"),
                *(suite, str(folder / suite), address, *last),
            ],
            capture_output=True,
            text=True,
            check=False,
            # it need not survive a power cut: dpkg does not wait for the disk
            env={**os.environ, "PATH": f"{PATH}:/usr/sbin:/sbin", "DPKG_FORCE": "unsafe-io"},
        )
        if done.returncode == 0:
            return folder / suite
        said = (done.stdout + done.stderr).strip().splitlines()[-1:]
    pytest.skip(f"no Debian can be made from apt's mirror: {said}")
    return None


def test_a_new_debian(machine, clone):
    """Its Python has no pip and no ensurepip; one comes by its digest, from the index."""
    assert "No module named" in machine.as_root("python3", "-c", "import pip").stderr
    assert "No module named" in machine.as_root("python3", "-c", "import ensurepip").stderr
    with (clone / "requirements.txt").open("a") as file:
        file.write("six==1.17.0\n")
    (clone / "main.py").write_text("import six, sys, tiny\nprint(tiny.__version__, sys.prefix)\n")
    root = machine.receives(clone)
    setup = str(root / "setup.py")
    looked = machine.types("python3", setup)
    assert looked.returncode == 5, looked.stderr
    assert sorted(p.name for p in machine.home.iterdir()) == [clone.name]
    assert not (machine.inside(root) / ".venv").exists()

    done = machine.types("python3", setup, "--yes", cwd="/")
    assert done.returncode == 0, done.stderr
    assert f"with Python {machine.python}" in done.stderr
    assert re.search(r"\d+ packages installed, done\.", done.stderr)
    assert "six imports" in done.stderr or "six" in done.stderr
    prefix = root / ".venv"
    said = machine.types("python3", setup, "run", "--", "python", "main.py", cwd=root)
    assert said.stdout == f"1.0 {prefix}\n", said.stderr
    again = machine.types("python3", setup)
    assert again.returncode == 0
    assert "is up to date" in again.stderr
    left = {p.name for p in machine.home.iterdir()} - {".cache"}
    assert left == {clone.name}
    gone = machine.types("python3", setup, "remove", "--yes")
    assert gone.returncode == 0
    assert not (machine.inside(root) / ".venv").exists()


def test_a_new_debian_without_a_network(machine, clone):
    """There pip cannot come: it says so, and how to do without."""
    if subprocess.run(["unshare", "-n", "true"], check=False).returncode:
        pytest.skip("this container may not cut a program off from the network")
    root = machine.receives(clone)
    setup = str(root / "setup.py")
    done = machine.types("python3", setup, "--yes", before=("unshare", "-n"))
    assert done.returncode in {6, 7}, done.stderr
    assert "python3-venv" in done.stderr
    assert not (machine.inside(root) / ".venv").exists()
    assert not list((machine.inside(root) / ".envboot").glob("build-*"))


def pythons():
    """Return the CPythons of this computer, also those that are too old, by version."""
    found = {i.text: i.path for i in interpreters.find(LocalShell())}
    for place in Path.home().glob(".pyenv/versions/3.*/bin/python"):
        found.setdefault(place.parent.parent.name, place)
    return found


@pytest.mark.parametrize("version", pythons())
def test_every_python(version, clone, tmp_path):
    """From a clone to a shell command inside, by each Python with nothing but itself."""
    variables = {"PATH": "/usr/bin:/bin", "PYTHONPATH": None, "PYTHONDONTWRITEBYTECODE": None}
    person = Person(tmp_path / "her", **variables)
    program = (str(pythons()[version]), "setup.py")
    done = person.types("--yes", "--engine", "venv", cwd=clone, program=program)
    if tuple(map(int, version.split(".")[:2])) < (3, 9):
        assert done.returncode == 6
        assert "3.9 or newer is needed" in done.stderr
        assert person.written() == {}
        return
    if done.returncode == 7 and "pip" in done.stderr and "ensurepip" in done.stderr:
        pytest.skip(f"Python {version} has no ensurepip, and there is no index in this test")
    assert done.returncode == 0, done.stderr
    assert f"Python {version}" in done.stderr
    assert version_in(clone / ".venv") == "1.0"
    said = person.types("run", "--", "python", "main.py", cwd=clone, program=program)
    assert said.stdout == "1.0\n"
    assert not (clone / "__pycache__").exists()
