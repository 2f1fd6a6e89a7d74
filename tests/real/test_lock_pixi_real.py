"""A pixi.lock of a real channel: solved for three systems, and installed from without solving."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from envboot import locks
from envboot.engines import conda, rattler
from envboot.errors import CommandFailed, EnvbootError, InvalidFile
from envboot.find import look
from envboot.find.reading import Repository
from envboot.machine import Machine
from envboot.package.locking import pixi
from envboot.plan import Run, carry_out
from envboot.shell.local import LocalShell
from envboot.site import Site
from envboot.testing import ScriptedConsole
from tests import condas
from tests.channel import SUBDIR, light_python, make_channel, noarch, pip_of, stub

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(os.name == "nt", reason="the Python of the channel is a link"),
    pytest.mark.skipif(SUBDIR != "linux-64", reason="the channel is for linux-64"),
]
SYSTEMS = ("linux-64", "osx-arm64", "win-64")
FILE = """\
name: lab
channels: [{channel}, nodefaults]
dependencies:
  - python={minor}
  - alpha>=1
  - pip:
    - six==1.16.0
"""
CODE = "import alpha, six; print(alpha.__version__, six.__version__)"


def packages(python, *more):
    others = [name for name in SYSTEMS if name != SUBDIR]
    return [
        light_python(python),
        *(stub("python", python.text, ["vc"] if s == "win-64" else [], subdir=s) for s in others),
        stub("vc", "14", subdir="win-64"),
        *pip_of(python),
        noarch("alpha", "1.0"),
        noarch("numpy", "2.0.0"),
        *more,
    ]


@pytest.fixture(scope="session")
def tools(tmp_path_factory):
    """One cache for the tools of all these tests: they are fetched once."""
    return tmp_path_factory.mktemp("tools")


@pytest.fixture
def shell(environ, tools, tmp_path):
    variables = {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{environ['PATH']}",
        "XDG_CACHE_HOME": str(tools),
        "RATTLER_CACHE_DIR": str(tmp_path / "rattler"),
    }
    return LocalShell({**environ, **variables})


@pytest.fixture
def python():
    return condas.movable_python()


@pytest.fixture
def root(tmp_path, python):
    """A repository with an environment.yml, beside its channel."""
    channel = make_channel(tmp_path / "channel", None, more=packages(python))
    folder = tmp_path / "my répository"
    folder.mkdir()
    minor = ".".join(map(str, python.version[:2]))
    (folder / "environment.yml").write_text(FILE.format(channel=channel, minor=minor))
    return folder


def renewed(root, python, *more):
    """Put more packages into the channel."""
    make_channel(root.parent / "channel", None, more=packages(python, *more))


def locked(root, shell, *, platforms=SYSTEMS, asked=True, needs=()):
    console = ScriptedConsole()
    spec = Repository(root, shell).spec("environment.yml")
    wanted = pixi.Wanted(spec, needs, platforms, asked)
    changes = pixi.lock(root, wanted, shell, console, yes=True)
    for change in changes:
        (root / change.path).write_bytes(change.after)
    return changes, console


def site(root, shell, name="env"):
    here = Machine("Linux", "x86_64", 2, "3.11", "2.36")
    return Site(root, "lab", root.parent / name, here, shell)


def installed(root, shell, name="env", engine=rattler):
    place, spec = site(root, shell, name), look(root, shell).spec
    assert engine.why_not(spec, place) is None
    carry_out(engine.plan(spec, place), shell, lambda _line: None)
    return place.prefix


def says(prefix):
    return subprocess.check_output([str(prefix / "bin" / "python"), "-c", CODE], text=True).split()


def unlisted(root):
    """Take the lists of packages away: nobody can solve any more."""
    lists = list((root.parent / "channel").rglob("repodata.json"))
    assert lists
    for file in lists:
        file.unlink()


def test_locked_for_three_systems_and_installed_without_solving(root, shell, python):
    (change,), console = locked(root, shell)
    assert (change.path, change.before, change.ours) == ("pixi.lock", None, True)
    assert sorted(p.name for p in root.iterdir()) == ["environment.yml", "pixi.lock"]
    text = change.after.decode()
    for name in SYSTEMS:
        contents = locks.read(text, "pixi.lock", name)
        names = {p.name for p in contents.packages}
        assert {"python", "pip", "alpha", "six"} <= names
        assert ("vc" in names) is (name == "win-64")
        assert all(p.sha256 for p in contents.packages)
    assert "come from this computer" in console.warned[0]

    found = look(root, shell)
    assert found.spec.lock is not None
    assert found.spec.lock.path == "pixi.lock"
    renewed(root, python, noarch("alpha", "2.0"))
    assert not locked(root, shell)[0], "the same again: a release changes nothing"
    unlisted(root)
    prefix = installed(root, shell)
    assert says(prefix) == ["1.0", "1.16.0"]
    history = (prefix / "conda-meta" / "history").read_text()
    assert "# update specs: ['python=3" in history, "what was asked for, and no address"
    # What is asked for decides again as soon as it changes.
    file = root / "environment.yml"
    file.write_text(file.read_text().replace("alpha>=1", "alpha>=2"))
    stale = look(root, shell)
    assert stale.spec.lock is None
    assert "environment.yml:5 asks for `alpha>=2`, and it has 1.0" in str(stale.contradictions)
    renewed(root, python, noarch("alpha", "2.0"))
    assert locked(root, shell)[0]
    assert {p.version for p in _linux(root) if p.name == "alpha"} == {"2.0"}
    assert {p.version for p in _linux(root) if p.name == "six"} == {"1.16.0"}


def _linux(root):
    return locks.read((root / "pixi.lock").read_text(), "pixi.lock", SUBDIR).packages


@pytest.mark.parametrize("what", ["channel", "lock"])
def test_a_changed_package_is_refused(root, shell, what):
    locked(root, shell, platforms=(SUBDIR,))
    if what == "channel":
        file = next((root.parent / "channel" / "noarch").glob("alpha-*"))
        file.write_bytes(file.read_bytes() + b"\0")
    else:
        old = next(p.sha256 for p in _linux(root) if p.name == "alpha")
        text = (root / "pixi.lock").read_text()
        (root / "pixi.lock").write_text(text.replace(old, "0" * 64))
    with pytest.raises(EnvbootError):
        installed(root, shell)
    assert not (root.parent / "env" / "lib").exists() or not list(
        (root.parent / "env" / "conda-meta").glob("alpha-*.json")
    )


def test_a_changed_file_for_pip_is_refused(root, shell):
    locked(root, shell, platforms=(SUBDIR,))
    old = next(p.sha256 for p in _linux(root) if p.name == "six")
    text = (root / "pixi.lock").read_text()
    (root / "pixi.lock").write_text(text.replace(old, "0" * 64))
    with pytest.raises(CommandFailed) as caught:
        installed(root, shell)
    assert "hash" in "\n".join(caught.value.tail).lower()


def test_what_conda_brings_does_not_come_from_pip(root, shell):
    file = root / "environment.yml"
    file.write_text(file.read_text().replace("six==1.16.0", "numpy") + "  - numpy\n")
    locked(root, shell, platforms=(SUBDIR,))
    assert [(p.ecosystem, p.version) for p in _linux(root) if p.name == "numpy"] == [
        ("conda", "2.0.0")
    ]
    file.write_text(file.read_text().replace("    - numpy", "    - numpy<2"))
    with pytest.raises(CommandFailed) as caught:
        locked(root, shell)
    assert "numpy" in "\n".join(caught.value.tail)


def test_a_system_that_has_no_solution(root, shell, python):
    renewed(root, python, stub("only-linux", subdir="linux-64"))
    file = root / "environment.yml"
    file.write_text(file.read_text().replace("  - pip:", "  - only-linux\n  - pip:"))
    with pytest.raises(InvalidFile) as caught:
        locked(root, shell)
    assert "only-linux" in str(caught.value)
    assert not (root / "pixi.lock").exists()
    _, console = locked(root, shell, asked=False)
    contents = locks.read((root / "pixi.lock").read_text(), "pixi.lock", SUBDIR)
    assert contents.platforms == ("linux-64",)
    left = [w for w in console.warned if w.startswith("not locked for")]
    assert [w.split(":")[0] for w in left] == ["not locked for osx-arm64", "not locked for win-64"]


def test_a_gpu_that_is_required_is_supposed(root, shell, python):
    from envboot.spec import Need, Origin

    gpu = Need("gpu", 1, "1", Origin("setup.cfg"))
    renewed(root, python, stub("needs-cuda", needs=["__cuda >=12"]))
    file = root / "environment.yml"
    file.write_text(file.read_text().replace("  - pip:", "  - needs-cuda\n  - pip:"))
    with pytest.raises(InvalidFile):
        locked(root, shell, platforms=("linux-64",))
    assert locked(root, shell, platforms=("linux-64",), needs=(gpu,))[0]


def test_a_no_fetches_nothing(root, environ, tmp_path):
    """py-rattler is fetched after a yes."""
    shell = LocalShell({**environ, "XDG_CACHE_HOME": str(tmp_path / "empty")})
    spec = Repository(root, shell).spec("environment.yml")
    wanted = pixi.Wanted(spec, (), SYSTEMS)
    with pytest.raises(EnvbootError, match="there is no lock without py-rattler"):
        pixi.lock(root, wanted, shell, ScriptedConsole("no"))
    assert not (tmp_path / "empty").exists()
    assert [p.name for p in root.iterdir()] == ["environment.yml"]


def test_the_lock_of_another_tool(root, shell):
    """conda-lock.yml, as conda-lock writes it."""
    import yaml

    locked(root, shell, platforms=(SUBDIR,))
    rows = [
        {
            "name": p.name,
            "version": p.version,
            "manager": {"conda": "conda", "pypi": "pip"}[p.ecosystem],
            "platform": SUBDIR,
            "dependencies": {},
            "url": p.url,
            "hash": {"sha256": p.sha256, **({"md5": p.md5} if p.md5 else {})},
            "category": "main",
            "optional": False,
        }
        for p in _linux(root)
    ]
    (root / "pixi.lock").unlink()
    head = {
        "content_hash": {SUBDIR: "0" * 64},
        "channels": [],
        "platforms": [SUBDIR],
        "sources": [],
    }
    text = yaml.safe_dump({"version": 1, "metadata": head, "package": rows}, sort_keys=False)
    (root / "conda-lock.yml").write_text(text)
    found = look(root, shell)
    assert found.spec.lock is not None
    assert found.spec.lock.format == "conda-lock.yml"
    unlisted(root)
    assert says(installed(root, shell)) == ["1.0", "1.16.0"]


def test_conda_is_handed_every_address_and_digest(root, shell, tmp_path):
    """The real program is not here: what it is given is looked at."""
    locked(root, shell, platforms=(SUBDIR,))
    program = tmp_path / "bin" / "conda"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n[ \"$1\" = --version ] && echo 'conda 26.7.1'\n")
    program.chmod(0o755)
    there = LocalShell({**shell.environ, "CONDA_EXE": str(program)})
    plan = conda.plan(look(root, there).spec, site(root, there))
    write, create = plan.steps[0], plan.steps[1]
    assert write.text.startswith("@EXPLICIT\nfile://")
    sha = next(p.sha256 for p in _linux(root) if p.name == "python")
    assert f"#{sha}\n" in write.text
    assert isinstance(create, Run)
    assert create.argv[1:3] == ("create", "-y")
    assert create.argv[-2:] == ("--file", str(write.path))
    noted, pip = (s for s in plan.steps[2:] if isinstance(s, Run))
    assert noted.argv[-2:] == ("alpha>=1", "pip"), "for conda's history"
    assert {"--no-deps", "--require-hashes"} < set(pip.argv)


def test_the_owner_and_the_next_person(root, shell, tmp_path):
    """`package-env --lock`, and an environment from it, as people type them."""
    (root / "main.py").write_text("import alpha\nimport six\n")
    env = {**shell.environ, "PYTHONPATH": str(Path(__file__).resolve().parent.parent.parent)}

    def types(*words):
        return subprocess.run(
            [sys.executable, "-m", "envboot", *words],
            cwd=root,
            env=env,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    done = types("package-env", "--lock", "--yes", "--no-live")
    assert done.returncode == 0, done.stderr
    assert (root / "pixi.lock").exists()
    twin = look(root, shell, file="requirements.txt")
    assert {f.path: f.role for f in twin.files if f.role in {"wins", "lock"}} == {
        "requirements.txt": "wins",
        "pylock.toml": "lock",
    }
    assert types("package-env", "--check", "--no-live").returncode == 0
    unlisted(root)
    done = types("--engine", "rattler", "--yes", "--json", "--prefix", str(tmp_path / "made"))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["outcome"] == "created"
    assert says(tmp_path / "made") == ["1.0", "1.16.0"]
    file = root / "environment.yml"
    file.write_text(file.read_text().replace("alpha>=1", "alpha>=1,<9"))
    checked = types("package-env", "--check", "--no-live")
    assert checked.returncode == InvalidFile.exit_code
    assert "pixi.lock: was made of other dependencies" in checked.stderr
    shutil.rmtree(root / ".envboot")
