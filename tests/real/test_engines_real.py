"""Environments made for real by venv and uv, with wheels made on the spot where that is enough."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from envboot import index, interpreters
from envboot.engines import uv, venv
from envboot.errors import CommandFailed
from envboot.formats import pyproject_toml, requirements_txt
from envboot.machine import Machine
from envboot.plan import Run, carry_out
from envboot.shell.local import LocalShell
from envboot.site import Site
from envboot.spec import Dependency, Lock, Origin
from envboot.virtualenv import pip_wheel
from tests import once
from tests.wheels import make_wheel

REPOSITORY = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.real
REAL = ("PIP_FIND_LINKS", "PIP_NO_INDEX", "PIP_CONFIG_FILE")
"""What a test sets that wants no index, and another leaves as this machine has it."""
# Where the index is and how it is reached is this machine's own affair.
KEPT = ("PIP_", "SSL_", "UV_CACHE", "HTTP", "NO_PROXY", "REQUESTS_", "XDG_CACHE", "PYENV_ROOT")


def as_pip_does(shell):
    """Return the variables with which uv itself reaches the index, as pip is configured."""
    return {**index.uv_environ(index.settings(shell), shell), "UV_FIND_LINKS": ""}


def whole_environ(environ):
    """Variables of a person with an empty home, on this machine's network and with its Pythons."""
    kept = {k: v for k, v in os.environ.items() if k.upper().startswith(KEPT)}
    beside = str(Path(sys.executable).parent)
    home = Path(os.environ.get("HOME", "/nowhere"))
    kept.setdefault("PYENV_ROOT", str(home / ".pyenv"))
    return {**kept, **environ, "PATH": f"{beside}{os.pathsep}{environ['PATH']}"}


@pytest.fixture
def wheels(tmp_path):
    """A folder of wheels, and the only place that pip and uv are configured with."""
    folder = tmp_path / "wheels here"
    make_wheel(folder, "alpha", "1.0")
    make_wheel(folder, "alpha", "2.0")
    make_wheel(folder, "beta", "1.0", requires=["alpha"], scripts={"beta": "beta:__name__"})
    return folder


@pytest.fixture(scope="session")
def spare(tmp_path_factory):
    """An environment without packages, as venv's first step makes it with this Python."""

    def make(folder):
        python = interpreters.running().path
        subprocess.run([python, "-I", "-m", "venv", folder / "venv"], check=True)

    return once.made(tmp_path_factory, "spare", make) / "venv"


@pytest.fixture
def make(tmp_path, environ, wheels, request):
    """Make an environment of the files of a repository; return a function that asks it."""

    def make(
        engine,
        files,
        *,
        spec=None,
        folder="répo with blanks",
        offline=False,
        whole=False,
        **variables,
    ):
        root = tmp_path / folder
        for name, data in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data if isinstance(data, bytes) else data.encode())
        local = {"PIP_CONFIG_FILE": "/dev/null", "PIP_NO_INDEX": "1"}
        local["PIP_FIND_LINKS"] = wheels.as_uri()
        shell = LocalShell({**whole_environ(environ), **local, **variables})
        if spec is None:
            text = files["requirements.txt"]
            text = text.decode("utf-16") if isinstance(text, bytes) else text
            spec = requirements_txt.parse(text, Origin("requirements.txt"))
        here = Machine("Linux", "x86_64", 2, "3.11.7")
        prefix = root / ".envboot" / "build"
        site = Site(root, "tëst", prefix, here, shell, offline)
        assert engine.why_not(spec, site) is None
        said: list[str] = []
        plan = engine.plan(spec, site)
        first = plan.steps[0]
        usual = isinstance(first, Run) and first.argv[0] == str(interpreters.running().path)
        if engine is venv and usual and not whole:  # three seconds each time, for the same
            shutil.copytree(request.getfixturevalue("spare"), prefix, symlinks=True)
            plan = replace(plan, steps=plan.steps[1:])
        carry_out(plan, shell, said.append)
        assert not list(prefix.glob("envboot-*")), "what the installer was given stays behind"

        def ask(code):
            return (
                shell.query([str(prefix / "bin" / "python"), "-I", "-c", code]).out or ""
            ).strip()

        ask.said, ask.prefix, ask.shell = said, prefix, shell
        return ask

    return make


VERSION = "from importlib.metadata import version as v; print(v('alpha'))"
BOTH = pytest.mark.parametrize("engine", [uv, venv], ids=["uv", "venv"])


@BOTH
def test_a_repository_with_blanks_and_umlauts(make, engine):
    files = {"requirements.txt": "beta\nalpha==1.0\n", "platform.py": "1/0"}
    ask = make(engine, files, whole=True)
    assert ask(VERSION) == "1.0"
    assert ask("import sys; print(sys.prefix)") == str(ask.prefix)
    assert (ask.prefix / "bin" / "beta").is_file()
    assert "tëst" in (ask.prefix / "pyvenv.cfg").read_text(encoding="utf-8")


@BOTH
def test_utf_16_as_windows_writes_it(make, engine):
    ask = make(engine, {"requirements.txt": "alpha==1.0\r\n".encode("utf-16")})
    assert ask(VERSION) == "1.0"


@BOTH
def test_constraints_and_a_changed_spec(make, engine):
    at = Origin("requirements.txt", 1)
    spec = requirements_txt.parse("beta\n", at)
    limit = Dependency("alpha", "alpha<2", "pypi", at)
    spec = replace(spec, as_written=False, constraints=(limit,))
    ask = make(engine, {"requirements.txt": "other\n"}, spec=spec)
    assert ask(VERSION) == "1.0"


@BOTH
def test_nested_files(make, engine):
    files = {"requirements.txt": "-r sub/more.txt\n-c sub/limits.txt\n", "sub/more.txt": "alpha\n"}
    files["sub/limits.txt"] = "alpha<2\n"
    at = Origin("requirements.txt", 1)
    alpha = Dependency("alpha", "alpha", "pypi", at)
    spec = requirements_txt.parse(files["requirements.txt"], Origin("requirements.txt"))
    ask = make(engine, files, spec=replace(spec, dependencies=(alpha,), includes=()))
    assert ask(VERSION) == "1.0"


@BOTH
def test_hashes(make, engine, wheels):
    wheel = next(wheels.glob("alpha-2*"))
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    ask = make(engine, {"requirements.txt": f"alpha==2.0 --hash=sha256:{digest}\n"})
    assert ask(VERSION) == "2.0"
    with pytest.raises(CommandFailed) as caught:
        make(
            engine,
            {"requirements.txt": f"alpha==2.0 --hash=sha256:{'0' * 64}\n"},
            folder="wrong",
        )
    assert "hash" in " ".join(caught.value.tail).lower()
    digest = hashlib.sha256(next(wheels.glob("beta*")).read_bytes()).hexdigest()
    with pytest.raises(CommandFailed):  # beta needs alpha, which has no digest
        make(engine, {"requirements.txt": f"beta==1.0 --hash=sha256:{digest}\n"}, folder="part")


@BOTH
def test_a_package_that_nobody_has(make, engine):
    with pytest.raises(CommandFailed) as caught:
        make(engine, {"requirements.txt": "no-such-package-anywhere\n"})
    assert "no-such-package-anywhere" in " ".join(caught.value.tail)
    assert caught.value.returncode


@BOTH
def test_variables_that_send_packages_elsewhere(make, engine, tmp_path):
    ask = make(
        engine,
        {"requirements.txt": "alpha\n"},
        PIP_USER="1",
        PIP_TARGET=str(tmp_path / "t"),
        PIP_PREFIX=str(tmp_path / "p"),
        PIP_REQUIRE_VIRTUALENV="1",
        UV_SYSTEM_PYTHON="1",
        UV_MANAGED_PYTHON="1",
        PYTHONPATH=str(tmp_path),
        VIRTUAL_ENV=str(tmp_path),
    )
    assert ask(VERSION) == "2.0"
    assert not (tmp_path / "t").exists()
    assert not (tmp_path / "p").exists()


def test_a_target_in_pips_file(make, tmp_path, wheels):
    conf = tmp_path / "pip.conf"
    conf.write_text(
        f"[install]\nuser = true\ntarget = {tmp_path / 't'}\nprefix = {tmp_path / 't'}\n"
        f"root = {tmp_path / 't'}\n"
        f"[global]\nno-index = true\nfind-links = {wheels.as_uri()}\n"
    )
    ask = make(venv, {"requirements.txt": "alpha\n"}, PIP_CONFIG_FILE=str(conf))
    assert ask(VERSION) == "2.0"
    assert not (tmp_path / "t").exists()


@BOTH
def test_offline_with_a_folder_of_wheels(make, engine):
    ask = make(
        engine,
        {"requirements.txt": "alpha==1.0\n"},
        offline=True,
        PIP_NO_INDEX="0",
        PIP_INDEX_URL="http://127.0.0.1:9/simple",
    )
    assert ask(VERSION) == "1.0"


@BOTH
@pytest.mark.parametrize("minor", [9, 10, 12, 13])
def test_other_pythons(make, engine, minor, environ):
    shell = LocalShell(whole_environ(environ))
    if interpreters.choose(f"==3.{minor}.*", shell) is None:
        pytest.skip(f"there is no Python 3.{minor} here")
    spec = requirements_txt.parse("alpha\n", Origin("requirements.txt"))
    spec = replace(spec, python=f"==3.{minor}.*")
    ask = make(engine, {"requirements.txt": "alpha\n"}, spec=spec)
    assert ask("import sys; print(*sys.version_info[:2])") == f"3 {minor}"


PROJECT = """
[project]
name = "mine"
version = "1"
dependencies = ["six"]
[dependency-groups]
dev = ["toml"]
"""


@BOTH
def test_an_editable_project_from_the_real_index(make, engine):
    """Builds in isolation: the back end comes from the index."""
    at = Origin("pyproject.toml")
    spec = replace(pyproject_toml.parse(PROJECT, at), project=True, as_written=False)
    spec = replace(spec, source=at)
    real = {k: os.environ.get(k, "") for k in REAL}
    files = {"pyproject.toml": PROJECT, "mine.py": "import six\n"}
    ask = make(engine, files, spec=spec, **real)
    assert ask("import mine, os; print(os.path.basename(mine.__file__))") == "mine.py"
    assert ask("import toml") == ""
    assert ask("import importlib.util as u; print(u.find_spec('toml'))") == "None"


def test_a_uv_lock_is_synced(make, tmp_path, environ):
    root = tmp_path / "répo with blanks"
    root.mkdir()
    (root / "pyproject.toml").write_text(PROJECT + "[tool.uv]\npackage = false\n")
    shell = LocalShell(whole_environ(environ))
    shell.do(["uv", "lock", "--python", sys.executable], cwd=root, env=as_pip_does(shell))
    at = Origin("pyproject.toml")
    spec = pyproject_toml.parse((root / "pyproject.toml").read_text(), at)
    spec = replace(spec, lock=Lock("uv.lock", "uv.lock", "0" * 64), source=at)
    real = {k: os.environ.get(k, "") for k in REAL}
    ask = make(uv, {}, spec=spec, **real)
    assert ask("import six; print('there')") == "there"
    assert ask("import toml; print('there')") == ""
    group = spec.group("dev")
    assert group is not None
    asked = replace(spec, dependencies=(*spec.dependencies, *group.dependencies))
    shell.remove(ask.prefix)
    ask = make(uv, {}, spec=asked, **real)
    assert ask("import toml; print('there')") == "there"
    # From a mirror, the versions and digests of the lock are taken, and its addresses are not.
    shell.remove(ask.prefix)
    mirror = {**real, "PIP_INDEX_URL": "https://pypi.org/simple/"}
    ask = make(uv, {}, spec=asked, **mirror)
    assert ask("import six, toml; print('there')") == "there"


def test_a_pylock_is_installed(make, tmp_path, environ):
    root = tmp_path / "répo with blanks"
    root.mkdir()
    (root / "in.txt").write_text("six\n")
    shell = LocalShell(whole_environ(environ))
    argv = ["uv", "pip", "compile", "-q", "--format", "pylock.toml", "-o", "pylock.toml", "in.txt"]
    shell.do(argv, cwd=root, env=as_pip_does(shell))
    at = Origin("pylock.toml")
    spec = requirements_txt.parse("", at)
    spec = replace(spec, lock=Lock("pylock.toml", "pylock.toml", "0" * 64), source=at)
    real = {k: os.environ.get(k, "") for k in REAL}
    ask = make(uv, {}, spec=spec, **real)
    assert ask("import six; print('there')") == "there"


# ------------------------------------------------------------- a Python without ensurepip


@pytest.fixture
def bare(tmp_path):
    """This Python as Debian ships its own: everything but ensurepip; its version is pinned to."""
    base = interpreters.running()
    root = tmp_path / "debian"
    library = Path(os.__file__).parent
    target = root / "lib" / library.name
    target.mkdir(parents=True)
    for entry in library.iterdir():
        if entry.name not in {"ensurepip", "site-packages", "__pycache__"}:
            (target / entry.name).symlink_to(entry)
    (root / "bin").mkdir()
    program = root / "bin" / f"python{base.version[0]}.{base.version[1]}"
    program.write_bytes(base.path.resolve().read_bytes())
    program.chmod(0o755)
    for library in base.path.resolve().parent.parent.glob("lib/libpython*.so*"):
        (root / "lib" / library.name).symlink_to(library)
    shell = LocalShell()
    said = shell.query([str(program), "-I", "-c", "import sys, venv; print(sys.prefix)"])
    if (said.out or "").strip() != str(root):
        pytest.skip("this Python cannot be copied")
    return interpreters.Interpreter(program, base.version, "bare")


CARRY_OUT = """
import sys
from pathlib import Path
from envboot.engines import venv
from envboot.formats import requirements_txt
from envboot.machine import Machine
from envboot.plan import Run, carry_out
from envboot.shell.local import LocalShell
from envboot.site import Site
from envboot.spec import Origin
root, shell = Path(sys.argv[1]), LocalShell()
site = Site(root, "x", root / "build", Machine("Linux", "x86_64", 2, "3.11.7"), shell)
spec = requirements_txt.parse("beta\\n", Origin("requirements.txt"))
assert venv.why_not(spec, site) is None
carry_out(venv.plan(spec, site), shell, print)
"""


def test_pip_is_fetched_where_there_is_no_ensurepip(bare, tmp_path, environ, wheels):
    """The whole of it, started by such a Python: that one is running, so it is chosen."""
    pip = pip_wheel.pin(bare.version)
    assert pip is not None
    root = tmp_path / "rë po"
    root.mkdir()
    (root / "requirements.txt").write_text("beta\n")
    shell = LocalShell({**whole_environ(environ), "PIP_FIND_LINKS": wheels.as_uri()})
    # envboot itself looks for packaging only where a version has to be compared: not here
    code = f"import sys; sys.path.insert(0, {str(REPOSITORY)!r}); " + f"exec({CARRY_OUT!r})"
    said: list[str] = []
    shell.do([str(bare.path), "-I", "-c", code, str(root)], said=said.append)
    assert f"{pip.filename} fetched" in said
    python = root / "build" / "bin" / "python"
    assert pip.version in (shell.query([str(python), "-m", "pip", "--version"]).out or "")
    assert shell.query([str(python), "-c", "import beta; print('there')"]).out == "there\n"
    assert not list((root / "build").glob("envboot-*"))
