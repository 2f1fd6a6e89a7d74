"""A whole Python with numpy and pip, made by our engine: it runs, under any path, for anybody."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import tempfile
from pathlib import Path

import pytest

from tests import channel as channels
from tests import condas
from tests.apart import needs_rattler

pytestmark = [
    pytest.mark.real,
    needs_rattler,
    pytest.mark.skipif(os.name == "nt", reason="the channel has a Python for POSIX alone"),
]
LONG = 180
"""Characters of the prefix: more than a first line of a script may have on some systems."""
WORKS = """
import json, pathlib, sqlite3, ssl, sys, zlib
import numpy
with sqlite3.connect(":memory:") as base:
    base.execute("create table t (x)")
ssl.create_default_context()
print(json.dumps([sys.prefix, float(numpy.linalg.det(numpy.eye(3) * 2)), numpy.__file__]))
"""


@pytest.fixture(scope="module")
def made():
    """An environment whose path is long and has blanks, below a folder that all may read."""
    python = condas.movable_python()
    # Not tmp_path, which is closed to other users.
    folder = Path(tempfile.mkdtemp(prefix="with blanks ")).resolve()
    try:
        folder.chmod(0o755)
        try:
            wheels = channels.download(python, folder / "wheels", "numpy", "click", "six")
        except subprocess.CalledProcessError:
            pytest.skip("pip cannot fetch numpy from the package index")
        channel = channels.make_channel(
            folder / "channel", python, wheels, packing=channels.packing_here()
        )
        place = condas.workplace(folder / "person", channel)
        parent = folder / "person" / "envs"
        name = "long ünd " + "n" * (LONG - len(str(parent)) - 10)
        done = place.create(name, "python", "numpy", "click", "pip")
        assert done.code == 0, done.said
        assert len(str(done.prefix)) == LONG
        yield done, place
    finally:
        shutil.rmtree(folder)


def says(*words, **options):
    done = subprocess.run(
        [str(w) for w in words], capture_output=True, text=True, check=False, timeout=300, **options
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def clean():
    kept = {k: v for k, v in os.environ.items() if k.startswith("LD_")}
    return {**kept, "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}


def test_it_runs_with_native_code(made):
    prefix = made[0].prefix
    found, det, file = json.loads(says(prefix / "bin/python", "-c", WORKS, env=clean()))
    assert found == str(prefix)
    assert det == pytest.approx(8)
    assert file.startswith(str(prefix))


def test_programs_start_although_the_path_is_long_and_has_blanks(made):
    prefix = made[0].prefix
    assert str(prefix) in says(prefix / "bin/pip", "--version", env=clean())


def test_pip_installs_into_it(made, tmp_path):
    done, place = made
    (wheel,) = (place.folder.parent / "wheels").glob("six-*.whl")
    home = {"HOME": str(tmp_path), "PIP_CONFIG_FILE": os.devnull, **clean()}
    python = done.prefix / "bin/python"
    says(python, "-m", "pip", "install", "--no-index", "--no-deps", wheel, env=home)
    assert str(done.prefix) in says(python, "-c", "import six; print(six.__file__)", env=clean())
    says(python, "-m", "pip", "uninstall", "-y", "six", env=home)


def test_an_environment_inside_of_it_works(made, tmp_path):
    says(made[0].prefix / "bin/python", "-m", "venv", "--without-pip", tmp_path / "v", env=clean())
    assert says(tmp_path / "v/bin/python", "-c", "print(6*7)", env=clean()) == "42\n"


def test_every_module_of_pip_is_compiled_and_no_file_is_altered(made):
    prefix = made[0].prefix
    for name in ("pip", "click"):
        paths = made[0].record(name)["paths_data"]["paths"]
        by_kind = {k: {p["_path"] for p in paths if p["path_type"] == k}
                   for k in ("hardlink", "pyc_file")}  # fmt: skip
        modules = {p for p in by_kind["hardlink"] if p.endswith(".py")}
        assert len(by_kind["pyc_file"]) == len(modules) > 10
        assert all((prefix / p).is_file() for p in by_kind["pyc_file"])


def test_any_user_can_read_it(made):
    prefix = made[0].prefix
    for path in prefix.rglob("*"):
        mode = path.lstat().st_mode
        assert stat.S_ISLNK(mode) or mode & 0o444 == 0o444, path
        assert not stat.S_ISDIR(mode) or mode & 0o555 == 0o555, path


@pytest.mark.skipif(
    getattr(os, "geteuid", lambda: 1)() != 0, reason="only root can run it as another user"
)
def test_nobody_can_run_it(made):
    if not Path(os.path.realpath(made[0].prefix / "bin/python")).is_relative_to(made[0].prefix):
        pytest.skip("its Python lies elsewhere")
    # The Python of the channel may look for its library where it was built.
    library = str(made[0].prefix / "lib")
    home = {**clean(), "PYTHONDONTWRITEBYTECODE": "1", "LD_LIBRARY_PATH": library}
    said = says(made[0].prefix / "bin/python", "-c", WORKS, env=home, user=65534, group=65534,
                extra_groups=[], cwd="/")  # fmt: skip
    assert json.loads(said)[0] == str(made[0].prefix)
