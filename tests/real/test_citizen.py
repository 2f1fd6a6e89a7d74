"""A packed repository stays an ordinary project: every packaging tool sees a normal setup.py.

Six kinds of repository, eleven operations, the current setuptools and an old one. Standard input
is a terminal at which nobody answers: an operation that asked would run into its time-out.
"""

from __future__ import annotations

import ast
import contextlib
import email
import ensurepip
import os
import pty
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.real import venvs
from tests.real.person import CHECKOUT, PATH

pytestmark = pytest.mark.real

SECONDS = 240
OLD = "65.5.1" if sys.version_info < (3, 12) else "68.2.2"
BACKENDS = ("hatchling", "editables", "poetry-core", "flit-core")
# Where the index is and how it is reached is this machine's own affair.
KEPT = ("PIP_", "SSL_", "UV_", "HTTP", "NO_PROXY", "REQUESTS_", "PYENV_ROOT")

NOTEBOOK = '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'
PROJECT = '[project]\nname = "{0}"\nversion = "{1}"\nrequires-python = ">=3.8"\n'
SETUPTOOLS = '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n'
HATCHLING = '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
HAND_WRITTEN = '''"""Build waves."""

from setuptools import setup

NAME = "waves"
setup(name=NAME, version="3.1", py_modules=["waves"])
'''

KINDS = {
    "notebooks": {
        "a.ipynb": NOTEBOOK,
        "b.ipynb": NOTEBOOK,
        "environment.yml": "dependencies: [six]",
    },
    "flat": {
        "requirements.txt": "six\n",
        "data/__init__.py": "",
        "models/__init__.py": "",
        "train.py": "import six\n",
        "evaluate.py": "",
    },
    "setup.cfg": {
        "setup.cfg": "[metadata]\nname = wavecfg\nversion = 1.2\n[options]\npy_modules = wave\n",
        "wave.py": "",
        "requirements.txt": "six\n",
    },
    "pyproject": {
        "pyproject.toml": SETUPTOOLS
        + PROJECT.format("wavetoml", "2.0")
        + '[tool.setuptools]\npy-modules = ["wave"]\n',
        "wave.py": "",
        "requirements.txt": "six\n",
    },
    "foreign": {
        "pyproject.toml": HATCHLING + PROJECT.format("wavehatch", "3.0"),
        "wavehatch/__init__.py": "",
        "requirements.txt": "six\n",
    },
    "hand-written": {"setup.py": HAND_WRITTEN, "waves.py": "", "requirements.txt": "six\n"},
}
CALLED = {
    "notebooks": ("notebooks", "0.0.0"),
    "flat": ("flat", "0.0.0"),
    "setup.cfg": ("wavecfg", "1.2"),
    "pyproject": ("wavetoml", "2.0"),
    "foreign": ("wavehatch", "3.0"),
    "hand-written": ("waves", "3.1"),
}
OURS = {".envboot/envboot.pyz", ".envboot/.gitignore", ".envboot/.gitattributes"}


def environ(home):
    kept = {k: v for k, v in os.environ.items() if k.upper().startswith(KEPT)}
    return {**kept, "HOME": str(home), "PATH": PATH, "LC_ALL": "C.UTF-8", "TERM": "dumb"}


def run(argv, cwd, home, *, code=0, **variables):
    """Run a program at a terminal where nobody types, and return all that it said."""
    mine, theirs = pty.openpty()
    try:
        done = subprocess.run(
            [str(a) for a in argv],
            cwd=cwd,
            env={**environ(home), **variables},
            stdin=theirs,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=SECONDS,
            check=False,
        )
    finally:
        os.close(mine)
        os.close(theirs)
    assert code is None or done.returncode == code, done.stdout
    assert "locating dependency files" not in done.stdout, "envboot ran"
    return done.stdout


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def current(tmp_path_factory):
    """Return a Python with the newest setuptools and the other back ends."""
    packages = ("setuptools", "pip", "wheel", "build", "uv", *BACKENDS)
    return venvs.make(tmp_path_factory.mktemp("current") / "venv", tmp_path_factory, *packages)


@pytest.fixture(scope="module")
def old(tmp_path_factory):
    """Return a Python with an old setuptools, and the pip of its own years."""
    packages = (f"setuptools=={OLD}", f"pip=={ensurepip.version()}", "wheel", "build", "uv")
    folder = tmp_path_factory.mktemp("old")
    return venvs.make(folder / "venv", tmp_path_factory, *packages, *BACKENDS)


@pytest.fixture(scope="module")
def repositories(tmp_path_factory, home, pyz):
    """Return the folder of the packed repositories."""
    folder = tmp_path_factory.mktemp("répositories here")
    for kind, files in KINDS.items():
        make(folder / kind, files)
        pack(folder / kind, home, pyz)
    return folder


def make(root, files):
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


def pack(root, home, pyz):
    argv = [sys.executable, "-I", str(pyz), "package-env", "--yes", "-C", str(root)]
    done = subprocess.run(
        argv, env=environ(home), capture_output=True, text=True, check=False, timeout=SECONDS
    )
    assert done.returncode == 0, done.stderr


# ------------------------------------------------------------------- operations


def installed(python, home, name):
    code = f"from importlib.metadata import version; print(version({name!r}))"
    return run([python, "-c", code], "/", home).strip()


def install(python, root, home, name, version, *, words):
    """Install with pip or uv, look, and uninstall."""
    program, *flags = words
    argv = [python, "-m", program] + (["pip"] if program == "uv" else [])
    more = ["--python", str(python)] if program == "uv" else []
    run([*argv, "install", "--no-deps", "--no-build-isolation", *more, *flags, "."], root, home)
    assert installed(python, home, name) == version
    uninstall(python, home, name)


def uninstall(python, home, name):
    """Take it out again, with what is quickest at it."""
    run([python, "-m", "uv", "pip", "uninstall", "--python", python, name], "/", home)


def build(python, root, home, name, version):
    run([python, "-m", "build", "--no-isolation", "--outdir", root / "out", "."], root, home)
    check_built(root / "out", name, version)


def check_built(folder, name, version):
    (sdist,) = folder.glob("*.tar.gz")
    (wheel,) = folder.glob("*.whl")
    check_wheel(wheel, name, version)
    check_sdist(sdist, name, version)


def check_wheel(path, name, version):
    with zipfile.ZipFile(path) as file:
        names = file.namelist()
        (metadata,) = [n for n in names if n.endswith(".dist-info/METADATA")]
        said = email.message_from_bytes(file.read(metadata))
    assert (said["Name"], said["Version"]) == (name, version)
    assert not [n for n in names if "envboot" in n]


def check_sdist(path, name, version):
    with tarfile.open(path) as file:
        (info,) = [m for m in file.getnames() if m.count("/") == 1 and m.endswith("/PKG-INFO")]
        said = email.message_from_bytes(file.extractfile(info).read())
    assert (said["Name"], said["Version"]) == (name, version)


def setup_py(python, root, home, *words, name, version, foreign):
    """Run setup.py itself; a project of another back end refuses in one line."""
    argv = [python, "setup.py", *words]
    if foreign:
        said = run(argv, root, home, code=1)
        assert said.count("\n") == 1, said
        assert "hatchling" in said
        return
    said = run(argv, root, home, PIP_NO_DEPS="1")
    if words[0] == "--version":
        assert said.split()[-1] == version
    elif words[0] == "--help":
        assert "setup.py install" in said
    elif words[0] == "sdist":
        (sdist,) = (root / "dist").glob("*.tar.gz")
        check_sdist(sdist, name, version)
    elif words[0] == "bdist_wheel":
        (wheel,) = (root / "dist").glob("*.whl")
        check_wheel(wheel, name, version)
    elif words[0] == "egg_info":
        (info,) = root.glob("*.egg-info/PKG-INFO")
        told = email.message_from_bytes(info.read_bytes())
        assert (told["Name"], told["Version"]) == (name, version)
    else:
        assert installed(python, home, name) == version
        uninstall(python, home, name)


OPERATIONS = (
    "pip install .",
    "pip install -e .",
    "uv pip install .",
    "uv pip install -e .",
    "build",
    "--help",
    "--version",
    "sdist",
    "bdist_wheel",
    "egg_info",
    "develop",
)


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("age", ["current", "old"])
@pytest.mark.xdist_group("citizen")
def test_the_matrix(request, repositories, home, tmp_path, age, kind, operation):
    python = request.getfixturevalue(age)
    name, version = CALLED[kind]
    root = tmp_path / "clône of it"
    shutil.copytree(repositories / kind, root)
    before = {p: p.read_bytes() for p in root.rglob("*") if p.is_file()}
    if "install" in operation:
        words = operation.replace("uv pip", "uv").replace(" install", "").split()[:-1]
        install(python, root, home, name, version, words=words)
    elif operation == "build":
        build(python, root, home, name, version)
    else:
        foreign = kind == "foreign"
        setup_py(python, root, home, operation, name=name, version=version, foreign=foreign)
    assert {p: p.read_bytes() for p in before} == before, "a file of the repository changed"
    there = {str(p.relative_to(root)) for p in (root / ".envboot").rglob("*") if p.is_file()}
    assert there == {str(p.relative_to(root)) for p in before if ".envboot" in p.parts}
    assert there >= OURS
    assert not (root / ".venv").exists()
    assert not list(root.glob("envboot*"))


@pytest.mark.parametrize("kind", KINDS)
def test_pip_in_isolation(current, repositories, home, tmp_path, kind):
    """What repo2docker runs wherever there is a setup.py, with a setuptools of pip's choice."""
    name, version = CALLED[kind]
    root = tmp_path / kind
    shutil.copytree(repositories / kind, root)
    run([current, "-m", "pip", "install", "--no-deps", "--target", tmp_path / "t", root], "/", home)
    (info,) = (tmp_path / "t").glob("*.dist-info")
    assert info.name == f"{name}-{version}.dist-info"


@pytest.mark.parametrize(
    ("backend", "requires", "more"),
    [
        ("poetry.core.masonry.api", "poetry-core", ""),
        ("flit_core.buildapi", "flit_core", 'description = "Waves."\n'),
        ("hatchling.build", "hatchling", ""),
    ],
)
def test_other_back_ends_build_as_before(current, home, tmp_path, pyz, backend, requires, more):
    root = tmp_path / "other"
    text = f'[build-system]\nrequires = ["{requires}"]\nbuild-backend = "{backend}"\n'
    files = {"pyproject.toml": text + PROJECT.format("wave", "3.0") + more, "wave/__init__.py": ""}
    make(root, files)
    pack(root, home, pyz)
    install(current, root, home, "wave", "3.0", words=["pip"])
    said = run([current, "setup.py", "--version"], root, home, code=1)
    assert backend in said
    assert "0.0.0" not in said


# ------------------------------------------------------ other readers of setup.py


@pytest.mark.parametrize("kind", ["notebooks", "setup.cfg", "pyproject", "hand-written"])
def test_a_back_end_runs_it_in_a_main_module_of_its_own(current, repositories, home, kind):
    code = (
        "import os, sys; os.chdir(sys.argv.pop(1));"
        "from setuptools import build_meta; print(build_meta.get_requires_for_build_wheel())"
    )
    said = run([current, "-c", code, repositories / kind], "/", home)
    assert "[" in said


def test_readers_that_only_parse_find_name_and_version(repositories):
    tree = ast.parse((repositories / "notebooks" / "setup.py").read_bytes())
    calls = [n for n in ast.walk(tree) if isinstance(n, ast.Call)]
    (call,) = [c for c in calls if getattr(c.func, "id", "") == "setup"]
    said = {k.arg: ast.literal_eval(k.value) for k in call.keywords}
    assert said == {"name": "notebooks", "version": "0.0.0", "packages": [], "py_modules": []}


def test_dependabot_reads_it(current, repositories, home):
    code = r"""
import io, re, sys, setuptools
path = sys.argv[1]
def parse():
    found = []
    def setup(*args, **kwargs):
        found.append(kwargs.get("name"))
    setuptools.setup = setup
    def noop(*args, **kwargs): pass
    def fake_open(*args, **kwargs): return io.StringIO("VERSION = '0'")
    content = open(path).read()
    content = re.sub(r"print\s*\(", "noop(", content)
    content = re.sub(r"log\s*(\.\w+)*\(", "noop(", content)
    content = re.sub(r"\b(\w+\.)*(open|file)\s*\(", "fake_open(", content)
    content = re.sub(re.compile(r"^.*import.*__version__.*$", re.MULTILINE), "", content)
    exec(content, globals(), locals())
    print(found)
sys.argv = ["dependabot"]
parse()
"""
    for kind in ("notebooks", "hand-written"):
        path = repositories / kind / "setup.py"
        assert f"'{CALLED[kind][0]}'" in run([current, "-c", code, path], "/", home)


def test_uv_run_touches_nothing(current, repositories, home, tmp_path):
    root = tmp_path / "clone"
    shutil.copytree(repositories / "pyproject", root)
    before = {p: p.read_bytes() for p in root.rglob("*") if p.is_file()}
    uv = Path(current).with_name("uv")
    argv = [uv, "run", "--offline", "--python", current, "setup.py", "--dry-run"]
    done = subprocess.run(
        [str(a) for a in argv],
        cwd=root,
        env=environ(home),
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        timeout=SECONDS,
    )
    assert "locating dependency files" in done.stderr, done.stderr
    assert done.returncode in {0, 6}, done.stderr
    assert {p: p.read_bytes() for p in root.rglob("*") if p.is_file()} == before


# --------------------------------------------------------------- Pythons at hand


def pythons():
    """Return the Pythons that pyenv has, by version."""
    root = Path(os.environ.get("PYENV_ROOT") or Path(os.environ.get("HOME", "/")) / ".pyenv")
    found = {p.parent.parent.name: p for p in root.glob("versions/3.*/bin/python")}
    return {version: found[version] for version in sorted(found)}


def is_old(version):
    return int(version.split(".")[1]) < 9


def as_typed(python, root, home, *words, before=()):
    done = subprocess.run(
        [str(python), *before, str(root / "setup.py"), *words],
        env={**environ(home), "LC_ALL": "C", "LANG": "C"},
        cwd="/",
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        stdin=subprocess.DEVNULL,
        timeout=SECONDS,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done


@pytest.mark.parametrize("version", pythons())
def test_every_python_at_hand(repositories, home, version, tmp_path):
    python = pythons()[version]
    root = tmp_path / "tidal wavés"
    shutil.copytree(repositories / "flat", root)
    for trap in ("platform", "types", "hashlib", "typing", "dataclasses", "yaml", "packaging"):
        (root / f"{trap}.py").write_text("raise SystemExit('a module of the repository ran')")
    before = {p: p.read_bytes() for p in root.rglob("*") if p.is_file()}
    for start in ((), ("-I",)):
        done = as_typed(python, root, home, "--dry-run", before=start)
        if is_old(version):
            assert done.returncode == 6
            assert done.stderr.startswith("! error: Python 3.9 or newer is needed")
            assert len(done.stderr.splitlines()) == 2
            continue
        assert done.returncode == 0, done.stderr
        assert "requirements.txt: wins" in done.stderr
    assert {p: p.read_bytes() for p in root.rglob("*") if p.is_file()} == before


@pytest.mark.parametrize("version", [v for v in pythons() if not is_old(v)])
def test_every_module_of_the_archive_in_every_python(pyz, home, version):
    code = """
import sys, importlib
sys.path.insert(0, sys.argv[1])
import envboot
for file in sorted(sys.meta_path[0]._files):
    if file.endswith(".py") and "/templates/" not in file:
        if file.startswith("tomli") and sys.version_info >= (3, 11):
            continue
        importlib.import_module(file[:-3].replace("/__init__", "").replace("/", "."))
print("all")
"""
    said = run([pythons()[version], "-I", "-S", "-W", "error", "-c", code, pyz], "/", home)
    assert said.strip() == "all"


def test_a_link_to_the_clone_or_to_its_setup_py(repositories, home, tmp_path):
    clone, beside = tmp_path / "link", tmp_path / "front door.py"
    clone.symlink_to(repositories / "flat", target_is_directory=True)
    beside.symlink_to(repositories / "flat" / "setup.py")
    assert as_typed(sys.executable, clone, home, "--dry-run").returncode == 0
    done = subprocess.run(
        [sys.executable, beside, "--dry-run"],
        env=environ(home),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        timeout=SECONDS,
    )
    assert done.returncode == 0, done.stderr


# ----------------------------------------------------------- envboot as installed


@pytest.fixture(scope="module")
def with_envboot(tmp_path_factory):
    """Return a Python with envboot installed from a wheel of this checkout."""
    folder = tmp_path_factory.mktemp("installed")
    source = folder / "source"
    ignored = shutil.ignore_patterns(".*", "build", "dist", "*.egg-info", "__pycache__", "tests")
    shutil.copytree(CHECKOUT, source, ignore=ignored)
    return venvs.make(folder / "venv", tmp_path_factory, "setuptools", "pip", str(source))


def test_setuptools_commands_attach_without_a_setup_py(with_envboot, home, tmp_path):
    make(tmp_path, {"requirements.txt": "six\n"})
    code = "import setuptools; setuptools.setup()"
    said = run([with_envboot, "-c", code, "package_env"], tmp_path, home)
    assert "'setup.py' generated" in said
    assert run([with_envboot, "-c", code, "package_env", "--check"], tmp_path, home)
    (tmp_path / "requirements.txt").write_text("attrs\n")
    said = run([with_envboot, "-c", code, "package_env", "--check"], tmp_path, home, code=4)
    assert "requirements.txt" in said
    listed = run([with_envboot, "setup.py", "--help-commands"], tmp_path, home)
    assert "bootstrap" in listed
    assert "package_env" in listed


def test_its_commands_are_quiet_in_other_projects(with_envboot, repositories, home, tmp_path):
    """The entry points do nothing where a project is only built."""
    root = tmp_path / "clone"
    shutil.copytree(repositories / "hand-written", root)
    said = run([with_envboot, "setup.py", "-q", "egg_info"], root, home)
    assert "envboot" not in said


def test_git_finds_the_command_and_its_page(with_envboot, home, tmp_path):
    beside = Path(with_envboot).parent
    path = f"{beside}{os.pathsep}{PATH}"
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    make(tmp_path, {"requirements.txt": "six\n"})
    said = run(["git", "package-env"], tmp_path, home, PATH=path)
    assert "'setup.py' generated" in said
    assert (beside.parent / "share" / "man" / "man1" / "git-package-env.1").is_file()
    if shutil.which("man", path=path):
        said = run(["git", "package-env", "--help"], tmp_path, home, PATH=path, PAGER="cat")
        assert "package-env" in said
    with contextlib.suppress(FileNotFoundError):
        said = run(["hub", "package-env", "--check"], tmp_path, home, PATH=path)
