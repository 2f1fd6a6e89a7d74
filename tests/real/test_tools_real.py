"""The tool cache on real ground: the real wheels from the real index, other Pythons, no rights."""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import pytest

from envboot import interpreters, tools
from envboot.errors import CommandFailed
from envboot.shell.local import LocalShell
from envboot.tools import Tool, Wheel, pins
from tests.real.person import CHECKOUT, Person, ask_for, leftovers, make_repository, version_in

pytestmark = pytest.mark.real

ROOT = hasattr(os, "geteuid") and os.geteuid() == 0
SYSTEM = "/usr/bin/python3"
USES = """
import asyncio, sys
sys.path.insert(0, sys.argv[1])
import rattler
from rattler import MatchSpec, VirtualPackage
print(rattler.__version__, MatchSpec("numpy >=1.20").name.normalized, len(VirtualPackage.detect()))
"""
ASKS = """
import sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from envboot import tools
from envboot.plan import Plan, carry_out
from envboot.shell.local import LocalShell
from envboot.tools import pins
shell = LocalShell()
assert tools.why_not(pins.RATTLER, shell, offline=False) is None
place = tools.place(pins.RATTLER, shell, Path("/nowhere"))
carry_out(Plan("", (tools.step(pins.RATTLER, place),)), shell, print)
assert tools.folder(pins.RATTLER, shell) == place
print("PYTHON", tools.python_for(pins.RATTLER, shell).path)
"""


@pytest.fixture(scope="module")
def where(tmp_path_factory):
    """A cache that py-rattler was fetched into, by a child, as pip is configured here."""
    folder = tmp_path_factory.mktemp("cache with blanks")
    shell = LocalShell({**os.environ, "XDG_CACHE_HOME": str(folder)})
    if sys.platform == "darwin":
        shell = LocalShell({**os.environ, "HOME": str(folder)})
    assert tools.why_not(pins.RATTLER, shell, offline=False) is None
    place = tools.place(pins.RATTLER, shell, folder / "beside")
    shell.do(tools.step(pins.RATTLER, place).argv, env=shell.environ)
    assert tools.folder(pins.RATTLER, shell) == place
    return shell, folder, place


def test_py_rattler_is_fetched_and_works(where):
    shell, _, place = where
    python = tools.python_for(pins.RATTLER, shell)
    assert python is not None
    said = shell.query((str(python.path), "-I", "-c", USES, str(place)), timeout=120)
    version, name, found = (said.out or said.why).split()
    assert (version, name) == (pins.RATTLER.version, "numpy")
    assert int(found) > 0
    # What Python put beside the modules does not make it less whole; offline it is there.
    assert tools.folder(pins.RATTLER, shell) == place
    assert tools.why_not(pins.RATTLER, shell, offline=True) is None
    mark = json.loads((place / tools.MARK).read_text())
    assert sum(mark["files"].values()) > 50_000_000


def test_the_oldest_python_fetches_it_for_one_that_it_runs_on(where, pyz, environ):
    """From the archive, isolated: there is no package of others."""
    _, folder, place = where
    known = (i for i in interpreters.find(LocalShell()) if i.version >= (3, 9))
    old = min(known, key=lambda i: i.version)
    variables = {**os.environ, "XDG_CACHE_HOME": str(folder), "HOME": environ["HOME"]}
    variables.setdefault("PYENV_ROOT", str(Path.home() / ".pyenv"))
    argv = [str(old.path), "-I", "-c", ASKS, str(pyz)]
    done = subprocess.run(argv, env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    newer = done.stdout.splitlines()[-1].removeprefix("PYTHON ")
    said = LocalShell().query((newer, "-I", "-c", USES, str(place)), timeout=120)
    assert (said.out or "").startswith(pins.RATTLER.version), said


@pytest.fixture
def bystander():
    """Someone with the system's Python and no uv, whose pip is configured as here."""
    if not Path(SYSTEM).exists():
        pytest.skip("there is no Python of the system")
    with tempfile.TemporaryDirectory(prefix="envboot-tools-") as folder:
        Path(folder).chmod(0o755)
        pip = {k: v for k, v in os.environ.items() if k.startswith("PIP_")}
        variables = {"PIP_NO_INDEX": None, "PIP_CONFIG_FILE": os.environ.get("PIP_CONFIG_FILE")}
        found = Person(
            Path(folder) / "person",
            **{**variables, **pip, "PATH": "/usr/bin:/bin"},
            PYTHONPATH=None,
        )
        if shutil.which("uv", path="/usr/bin:/bin"):
            pytest.skip("uv is installed for everybody")
        found.root = make_repository(Path(folder) / "clone", files=3)
        yield found


def test_uv_is_fetched_when_it_is_asked_for_and_stays(bystander, pyz):
    program, root = (SYSTEM, str(pyz)), bystander.root
    up = ("up", "--yes", "--no-kernel", "--no-shell")
    done = bystander.types(*up, "--engine", "uv", "--dry-run", cwd=root, program=program)
    assert "envboot.tools.fetching" in done.stderr
    assert not (bystander.home / ".cache").exists(), "a dry run fetched something"
    done = bystander.types(*up, "--engine", "uv", cwd=root, program=program)
    assert done.returncode == 0, done.stderr
    assert f"fetching {pins.UV.text}" in done.stderr
    assert version_in(root / ".venv") == "1.0"
    assert not leftovers(root)
    # The next time it is simply there, for the environment that it made.
    ask_for(root, "2.0")
    done = bystander.types(*up, "--offline", cwd=root, program=program)
    assert done.returncode == 0, done.stderr
    assert "fetching" not in done.stderr
    assert version_in(root / ".venv") == "2.0"
    assert "uv = " in (root / ".venv" / "pyvenv.cfg").read_text()


@pytest.mark.skipif(not ROOT, reason="only root may be another person")
def test_with_a_home_that_can_only_be_read_uv_goes_again(bystander, packed):
    if shutil.which("setpriv") is None:
        pytest.skip("`setpriv` is not installed")
    pyz = shutil.copy(packed / ".envboot/envboot.pyz", bystander.root.parent / "envboot.pyz")
    shutil.chown(bystander.tmp, "nobody")
    shutil.chown(bystander.root, "nobody")
    before = ("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups")
    up = ("up", "--yes", "--no-kernel", "--no-shell", "--engine", "uv")
    done = bystander.types(*up, cwd=bystander.root, program=(SYSTEM, str(pyz)), before=before)
    assert done.returncode == 0, done.stderr
    assert version_in(bystander.root / ".venv") == "1.0"
    assert not any(bystander.home.iterdir())
    assert not list((bystander.root / ".envboot" / "tools").glob("uv-*"))


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 600 KiB."""
    if not ROOT or shutil.which("mount") is None:
        pytest.skip("only root may mount a disk")
    place = tmp_path / "disk"
    place.mkdir()
    argv = ["mount", "-t", "tmpfs", "-o", "size=600k", "tmpfs", str(place)]
    if subprocess.run(argv, check=False).returncode:
        pytest.skip("this container may not mount a disk")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_full_disk_keeps_nothing_half(small_disk, tmp_path):
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    path = wheels / "tool_x-1.0-py3-none-any.whl"
    chance = random.Random(3)  # noqa: S311 - the same each time
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(40):
            archive.writestr(f"tool_x/{number}.bin", chance.randbytes(10_000))
    data = path.read_bytes()
    variables = {**os.environ, "XDG_CACHE_HOME": str(small_disk), "HOME": str(tmp_path)}
    variables |= {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheels)}
    shell = LocalShell(variables)
    wheel = Wheel(path.name, hashlib.sha256(data).hexdigest(), len(data))
    tool = Tool("tool-x", "1.0", (3, 9), ((tools.platform_of(shell), wheel),))
    beside = tmp_path / "beside"
    assert tools.place(tool, shell, beside).parent == beside / "tools", "there is no room"
    into = small_disk / "envboot" / "tools" / tools.place(tool, shell, beside).name
    (small_disk / "ballast").write_bytes(b"\0" * 300_000)
    with pytest.raises(CommandFailed) as caught:
        shell.do(tools.step(tool, into).argv, env=shell.environ)
    said = "\n".join(caught.value.tail)
    assert "no space left" in said.lower()
    assert "Traceback" not in said
    assert [p.name for p in into.parent.iterdir()] == [f".{into.name}.lock"]
    (small_disk / "ballast").unlink()
    shell.do(tools.step(tool, into).argv, env=shell.environ)
    assert tools.folder(tool, shell) == into


def test_a_python_without_ssl_says_so(tmp_path):
    """As of a Python that was built on a machine without OpenSSL's headers."""
    code = (
        "import sys; sys.path.insert(0, sys.argv.pop(1)); sys.modules['_ssl'] = None; "
        "from envboot.tools import fetching; raise SystemExit(fetching.main(sys.argv[1:]))"
    )
    words = ["--name", "x", "--version", "1", "--file", "x.whl", "--sha256", "0", "--size", "9"]
    variables = {"HOME": str(tmp_path), "PIP_CONFIG_FILE": os.devnull, "PATH": os.defpath}
    done = subprocess.run(
        [sys.executable, "-I", "-c", code, str(CHECKOUT), *words, "--", str(tmp_path / "x")],
        env={**variables, "PIP_INDEX_URL": "https://127.0.0.1:9/simple"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 6, done.stderr
    assert "this Python was built without ssl" in done.stdout
    assert "Traceback" not in done.stderr
