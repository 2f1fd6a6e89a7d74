"""What is read from files is what real installers installed, and what real Pythons say of it."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from urllib.parse import unquote

import pytest

from envboot import index, interpreters
from envboot.freeze import Installed, look
from envboot.shell.local import LocalShell
from envboot.spec import normalise
from tests.living import make_conda_environment
from tests.wheels import make_wheel

pytestmark = pytest.mark.real
KEPT = ("PIP_", "SSL_", "UV_CACHE", "HTTP", "NO_PROXY", "REQUESTS_", "XDG_CACHE", "PYENV_ROOT")
TELL = """
import json, sys
from importlib import metadata as m
from importlib.util import find_spec
found = {d.metadata["Name"]: d.version for d in m.distributions() if d.metadata["Name"]}
brings = getattr(m, "packages_distributions", dict)()
specs = {k: find_spec(k) for k in brings if k.isidentifier()}
brings = {k: brings[k] for k, spec in specs.items() if spec and spec.origin}
print(json.dumps([list(sys.version_info[:3]), found, brings]))
"""


@pytest.fixture
def computer(tmp_path, environ):
    """A person's computer, its own Pythons, and a folder of wheels as the only index."""
    kept = {k: v for k, v in os.environ.items() if k.upper().startswith(KEPT)}
    kept.setdefault("PYENV_ROOT", str(Path(os.environ.get("HOME", "/nowhere"), ".pyenv")))
    offline = {"PIP_CONFIG_FILE": os.devnull, "PIP_NO_INDEX": "1", "GIT_CONFIG_GLOBAL": os.devnull}
    return LocalShell(
        {**kept, **environ, **offline, "PIP_FIND_LINKS": (tmp_path / "wheels").as_uri()}
    )


def asked(python, shell):
    """Return what the interpreter itself says: version, name → version, module → names."""
    said = shell.query([str(python), "-I", "-c", TELL], timeout=180)
    assert said.out, said.why
    version, found, brings = json.loads(said.out.strip().rpartition("\n")[2])
    return ".".join(map(str, version)), {normalise(k): v for k, v in found.items()}, brings


def same(live, python, shell):
    """Check that all that ``importlib.metadata`` knows is known, with the same version."""
    version, found, brings = asked(python, shell)
    assert live.python == version
    told = {i.name: i.version + (f"+{i.local}" if i.local else "") for i in live.installed}
    assert told == found
    for module, names in brings.items():
        if not module.endswith("__mypyc") and not module.startswith("__"):
            assert normalise(live.by_module().get(module, "")) in map(normalise, names), module


# ------------------------------------------------------------------ conda


@pytest.fixture(scope="module")
def living(tmp_path_factory):
    return make_conda_environment(tmp_path_factory.mktemp("living"))


def test_a_conda_environment_that_somebody_lives_in(living, tmp_path):
    live = look(living.shell, tmp_path, env="living")
    assert (live.prefix, live.kind, live.python) == (living.prefix, "conda", living.python)
    assert live.channels == (living.channel,)
    assert live.variables == (("ADA", "countess"),)
    assert live.unreadable == ()
    by = {i.name: i for i in live.installed}
    conda = {"alpha", "beta", "delta-python", "helper", "libtiny", "pip", "python"}
    assert by.keys() == conda | {"gamma", "epsilon"}
    assert {n for n, i in by.items() if i.ecosystem == "conda"} == conda
    assert {i.channel for i in by.values()} == {"", living.channel}
    asked_for = {i.asked_as or i.name for i in by.values() if i.requested}
    assert asked_for == {"python", "pip", "alpha=1.0", "beta", "py-delta", "gamma"}
    assert {n for n, i in by.items() if not i.python} == {"libtiny", "python"}
    delta = by["delta-python"]
    assert (delta.conda_name, delta.version, delta.local) == ("py-delta", "4.0", "cu124")
    assert delta.imports == ("_delta_core", "delta", "google.cloud.delta")
    assert by["gamma"] == Installed(
        "gamma", "1.0", "pypi", ("gamma",), requested=True, requires=("epsilon",),
        tags=("py3-none-any",),
    )  # fmt: skip
    assert (by["libtiny"].version, by["libtiny"].scripts) == ("3.1", ("tiny",))
    assert by["beta"].scripts == ("beta",)


def test_it_is_active_or_not(living, tmp_path):
    assert look(living.shell, tmp_path) is None
    environ = {**living.shell.environ, "CONDA_PREFIX": str(living.prefix)}
    assert look(LocalShell(environ), tmp_path).prefix == living.prefix
    python = living.prefix / "bin" / "python"
    live = look(living.shell, tmp_path, python=str(python))
    assert live.installed == look(living.shell, tmp_path, prefix=living.prefix).installed
    version, found, _ = asked(python, living.shell)
    assert live.python == version
    assert {i.name for i in live.installed if i.python} == set(found)


# ------------------------------------------------------------------ virtual environments


def pythons():
    """Return the oldest and the newest interpreter here that we work with, and Debian's."""
    known = sorted(interpreters.find(LocalShell()), key=lambda i: i.version)
    found = [i.path for i in known if i.version >= (3, 9)]
    debian = Path("/usr/bin/python3")
    return list(dict.fromkeys([found[0], found[-1], *([debian] if debian.is_file() else [])]))


@pytest.fixture
def wheels(tmp_path):
    folder = tmp_path / "wheels"
    shared = {"google/cloud/thing/__init__.py": "", "_thing.py": ""}
    make_wheel(folder, "cloud-thing", "1.5+cpu", shared, scripts={"thing": "_thing:main"})
    make_wheel(folder, "needs-it", "2.0", requires=["cloud-thing"])
    make_wheel(folder, "direct", "3.0")
    return folder


@pytest.mark.parametrize(
    "python", pythons(), ids=lambda path: path.as_posix().strip("/").replace("/", "-")
)
def test_a_virtual_environment_of_every_python_here(python, computer, tmp_path, wheels):
    if computer.query([str(python), "-c", "import ensurepip"]).out is None:
        pytest.skip(f"{python} comes without ensurepip (Debian: python3-venv)")
    prefix = tmp_path / "répo" / ".venv"
    computer.do([str(python), "-m", "venv", str(prefix)])
    mine = prefix / "bin" / "python"
    pip = [str(mine), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    computer.do([*pip, "needs-it", str(next(wheels.glob("direct-*")))])
    live = look(computer, tmp_path / "répo")
    assert (live.prefix, live.kind, live.unreadable) == (prefix, "venv", ())
    same(live, mine, computer)
    thing, needs, direct = (live.find(n) for n in ("cloud-thing", "needs-it", "direct"))
    assert (thing.version, thing.local, thing.requested) == ("1.5", "cpu", False)
    assert thing.imports == ("_thing", "google.cloud.thing")
    assert thing.scripts == ("thing",)
    assert needs.requested
    assert needs.requires == ("cloud-thing",)
    assert direct.url.startswith("file:///")
    assert {i.name for i in live.installed if i.requested} == {"needs-it", "direct"}
    assert look(computer, tmp_path, python=str(mine)).installed == live.installed


@pytest.mark.usefixtures("wheels")
def test_debians_own_and_an_environment_that_sees_it(computer, tmp_path):
    debian = Path("/usr/bin/python3")
    if not Path("/usr/lib/python3/dist-packages").is_dir() or not debian.is_file():
        pytest.skip("this is no Debian with a Python")
    live = look(computer, tmp_path, python=str(debian))
    assert live.kind == "system"
    same(live, debian, computer)
    prefix = tmp_path / "env"
    line = ["-m", "venv", "--without-pip", "--system-site-packages", str(prefix)]
    computer.do([str(debian), *line])
    site = next(prefix.glob("lib/python3*/site-packages"))
    runner = [sys.executable, "-m", "pip", "install", "-q", "--target", str(site), "direct"]
    computer.do(runner)
    seen = look(computer, tmp_path, prefix=prefix)
    same(seen, prefix / "bin" / "python", computer)
    assert seen.find("direct").requested
    assert {i.name for i in seen.installed} >= {"direct", *(i.name for i in live.installed)}


def test_the_environment_of_these_tests(computer, tmp_path):
    live = look(computer, tmp_path, python=sys.executable)
    same(live, Path(sys.executable), computer)
    known = live.by_module()
    assert (known["yaml"], known["_pytest"], known["attr"]) == ("pyyaml", "pytest", "attrs")


BACKEND = """
import pathlib, zipfile
def build_editable(folder, config_settings=None, metadata_directory=None):
    name = "bench-1.0-py3-none-any.whl"
    info = "bench-1.0.dist-info"
    files = {"_bench.pth": str(pathlib.Path("src").resolve()) + "\\n",
             info + "/METADATA": "Metadata-Version: 2.1\\nName: Bench\\nVersion: 1.0\\n",
             info + "/WHEEL": "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"}
    record = "".join(f + ",,\\n" for f in [*files, info + "/RECORD"])
    with zipfile.ZipFile(pathlib.Path(folder, name), "w") as wheel:
        for path, text in {**files, info + "/RECORD": record}.items():
            wheel.writestr(path, text)
    return name
build_wheel = build_editable
"""
PROJECT = "[build-system]\nrequires = []\nbuild-backend = 'own'\nbackend-path = ['.']\n"


def project(folder):
    (folder / "src" / "benchwork").mkdir(parents=True)
    (folder / "src" / "benchwork" / "__init__.py").write_text("")
    (folder / "pyproject.toml").write_text(PROJECT)
    (folder / "own.py").write_text(BACKEND)
    return folder


def test_an_editable_one_and_one_from_a_git_repository(computer, tmp_path):
    if computer.which("git") is None:
        pytest.skip("git is not installed")
    python, prefix = interpreters.running().path, tmp_path / "env"
    computer.do([str(python), "-m", "venv", str(prefix)])
    pip = [str(prefix / "bin" / "python"), "-m", "pip", "install", "-q"]
    source = project(tmp_path / "sourçe")
    computer.do([*pip, "--no-build-isolation", "-e", str(source)])
    live = look(computer, tmp_path, prefix=prefix)
    bench = live.find("bench")
    assert (bench.editable, bench.url, bench.imports) == (True, "", ("benchwork",))
    git = ["git", "-C", str(source), "-c", "user.name=a", "-c", "user.email=a@localhost"]
    for line in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "x"]):
        computer.do([*git, *line])
    commit = (computer.query([*git, "rev-parse", "HEAD"]).out or "").strip()
    away = ["--no-build-isolation", "--force-reinstall", f"git+{source.as_uri()}"]
    computer.do([*pip, *away])
    bench = look(computer, tmp_path, prefix=prefix).find("bench")
    assert unquote(bench.url) == f"git+file://{source}@{commit}"


def test_what_was_asked_of_uv_and_what_came_along(computer, tmp_path, wheels, environ):
    uv = computer.which_in("uv", f"{Path(sys.executable).parent}{os.pathsep}{environ['PATH']}")
    if uv is None:
        pytest.skip("uv is not installed")
    make_wheel(wheels, "tool", "1.0")
    prefix = tmp_path / "env"
    python = prefix / "bin" / "python"
    computer.do([str(uv), "venv", "-q", "-p", sys.executable, str(prefix)])
    install = [str(uv), "pip", "install", "-q", "-p", str(python), "--no-index", "-f", str(wheels)]
    computer.do([*install, "needs-it", "tool"])
    live = look(computer, tmp_path, prefix=prefix)
    assert {i.name for i in live.installed} == {"needs-it", "cloud-thing", "tool"}
    assert {i.name for i in live.installed if i.requested} == {"needs-it", "tool"}


def test_what_uv_and_real_build_backends_leave(tmp_path, environ):
    kept = {k: v for k, v in os.environ.items() if k.upper().startswith(KEPT)}
    shell = LocalShell({**kept, **environ})
    shell = LocalShell({**shell.environ, **index.uv_environ(index.settings(shell), shell)})
    uv = shell.which_in("uv", f"{Path(sys.executable).parent}{os.pathsep}{environ['PATH']}")
    if uv is None:
        pytest.skip("uv is not installed")
    prefix = tmp_path / "env"
    shell.do([str(uv), "venv", "-q", "-p", sys.executable, str(prefix)])
    backends = {
        "setuptools": "setuptools.build_meta",
        "hatchling": "hatchling.build",
        "flit_core": "flit_core.buildapi",
        "poetry-core": "poetry.core.masonry.api",
    }
    made = []
    for requires, backend in backends.items():
        name = f"by-{requires.partition('_')[0].partition('-')[0]}"
        module = name.replace("-", "_")
        folder = tmp_path / name
        (folder / module).mkdir(parents=True)
        (folder / module / "__init__.py").write_text('"""A doc."""\n__version__ = "1.0"\n')
        (folder / "train.py").write_text("")
        (folder / "pyproject.toml").write_text(
            f"[build-system]\nrequires = ['{requires}']\nbuild-backend = '{backend}'\n"
            f"[project]\nname = '{name}'\nversion = '1.0'\ndescription = 'x'\n"
            "[tool.setuptools]\npackages = ['" + module + "']\n"
        )
        made += ["-e", str(folder)]
    python = prefix / "bin" / "python"
    shell.do([str(uv), "pip", "install", "-q", "-p", str(python), *made, "tomli"])
    live = look(shell, tmp_path, prefix=prefix)
    for name in ("by-setuptools", "by-hatchling", "by-flit", "by-poetry"):
        one = live.find(name)
        assert (one.editable, one.url, one.imports) == (True, "", (name.replace("-", "_"),)), name
    assert live.find("tomli").requested
    assert live.unreadable == ()
    assert live.python == ".".join(map(str, sys.version_info[:3]))
