"""``envboot convert``: the same environment in another file, and a sentence for what is lost."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envboot import convert as converting
from envboot.convert import translating, versions
from envboot.errors import AnswerNeeded, InvalidFile, NothingFound, UsageError
from envboot.formats import environment_yml, pyproject_toml, requirements_txt
from envboot.request import Request
from envboot.spec import Dependency, EnvironmentSpec, Origin
from envboot.testing import ScriptedConsole, ScriptedShell

ROOT = Path(__file__).resolve().parent.parent
HERE = Origin("file")
QUICK = settings(max_examples=60, deadline=None, derandomize=True)

ENVIRONMENT = """\
name: sky
channels: [pytorch, conda-forge, defaults]
dependencies:
  - python=3.11
  - numpy=1.26.*
  - scipy>=1.9,<2   # mine
  - pytorch=2.1=py3.11_cuda12.1_cudnn8.9.2_0
  - pytorch-cuda=12.1
  - fftw
  - libfoo-of-nobody
  - bioconda::biopython
  - pandas=1.5|2.0
  - pip
  - pip:
    - six==1.16.0
    - --extra-index-url https://u:swordfish@example.org/s
    - git+https://example.org/x.git@main#egg=y
    - -e .
variables:
  LEVEL: "3"
"""
REQUIREMENTS = """\
# what runs
numpy==1.26.*
torch==2.0.1+cu117
opencv-python
PyYAML~=6.0
scipy>=1.9,!=1.10.0,<2
uvicorn[standard]
pywin32 ; sys_platform == "win32"
jtest
six==1.16.0 --hash=sha256:8abb2f1d86890a2dfb989f9a77cfcfd3e47c2a354b01111771326f8aa26e0254
"""


def turn(root: Path, source: str, target: str, **flags: object):
    """Convert, and return the outcome, the console and what is in the new file."""
    request = Request(root, **{k: flags.pop(k) for k in ("yes", "dry_run", "groups") if k in flags})
    options = argparse.Namespace(
        **{
            "source": root / source,
            "target": "-" if target == "-" else str(root / target),
            "kind": None,
            "force": False,
            "json": False,
            **flags,
        }
    )
    console = ScriptedConsole(*options.__dict__.pop("answers", ()))
    found = converting.convert(options, request, ScriptedShell(disk=True), console)
    path = root / target
    return found, console, path.read_text(encoding="utf-8") if path.is_file() else ""


def lost(found) -> str:
    return "\n".join(f"{row['origin']}: {row['text']}" for row in found.losses)


def put(root: Path, **files: str) -> Path:
    for name, text in files.items():
        (root / name.replace("__", ".")).write_text(text, encoding="utf-8")
    return root


# ------------------------------------------------------------------ between the four kinds


def test_conda_packages_become_requirements(tmp_path):
    put(tmp_path, environment__yml=ENVIRONMENT)
    found, console, text = turn(tmp_path, "environment.yml", "requirements.txt")
    assert (found.outcome, found.exit_code) == ("converted", 0)
    assert text.splitlines() == [
        "--extra-index-url https://u:swordfish@example.org/s",
        "numpy==1.26.*",
        "scipy>=1.9,<2",
        "torch==2.1",
        "biopython",
        "pandas",
        "six==1.16.0",
        "git+https://example.org/x.git@main#egg=y",
        "-e .",
    ]
    assert found.names == ({"from": "pytorch", "to": "torch"},)
    said = lost(found)
    for row in (
        "environment.yml: the channels: pytorch, conda-forge, defaults",
        "environment.yml: the variable `LEVEL`",
        "environment.yml:4: Python ==3.11.*: a line `python-3.11` in runtime.txt can say it",
        "environment.yml:6: a comment stays behind",
        "environment.yml:7: the build `py3.11_cuda12.1_cudnn8.9.2_0` of `pytorch`",
        "environment.yml:8: `pytorch-cuda`: which CUDA is decided where it is installed",
        "environment.yml:9: `fftw` is known at conda alone: left out",
        "environment.yml:10: `libfoo-of-nobody` is known at conda alone: left out",
        "environment.yml:11: the channel `bioconda` of `biopython`",
        "environment.yml:12: the version `=1.5|2.0` of `pandas` cannot be said in one range",
    ):
        assert row in said
    assert said in "\n".join(console.warned) or all(
        row["text"] in "\n".join(console.warned) for row in found.losses
    )


def test_requirements_become_conda_packages(tmp_path):
    put(tmp_path, requirements__txt=REQUIREMENTS)
    found, _, text = turn(tmp_path, "requirements.txt", "environment.yml")
    spec = environment_yml.parse(text, HERE)
    conda = [d.text for d in spec.dependencies if d.ecosystem == "conda"]
    pip = [d.text for d in spec.dependencies if d.ecosystem == "pypi"]
    assert conda == [
        "numpy=1.26.*",
        "pytorch==2.0.1",
        "py-opencv",
        "pyyaml~=6.0",
        "scipy>=1.9,!=1.10.0,<2",
        "six==1.16.0",
        "pip",
    ]
    assert pip == ["uvicorn[standard]", 'pywin32 ; sys_platform == "win32"', "jtest"]
    assert spec.channels == ("conda-forge", "nodefaults")
    assert {row["from"]: row["to"] for row in found.names} == {
        "torch": "pytorch",
        "opencv-python": "py-opencv",
    }
    assert "requirements.txt:3: the label `+cu117` of `torch`" in lost(found)
    assert "requirements.txt:10: the hashes of `six`" in lost(found)


def test_a_pixi_manifest_and_an_environment_mean_the_same(tmp_path):
    put(tmp_path, environment__yml=ENVIRONMENT)
    found, _, text = turn(tmp_path, "environment.yml", "pixi.toml")
    assert '    "https://repo.anaconda.com/pkgs/main",\n' in text
    assert 'platforms = ["linux-64", "osx-arm64", "win-64"]' in text
    assert 'pandas = "=1.5|2.0"' in text
    assert 'LEVEL = "3"' in text
    assert "`-e .`: which package that is" in lost(found)
    _, _, back = turn(tmp_path, "pixi.toml", "back-environment.yml")
    old, new = (environment_yml.parse(t, HERE) for t in (ENVIRONMENT, back))
    assert new.variables == old.variables
    assert new.python == old.python
    assert [d.name for d in new.dependencies if d.name not in {"pip", "y"}] == [
        d.name for d in old.dependencies if d.name not in {"pip", "y", ""}
    ]


def test_channels_of_pixi_are_all_that_count(tmp_path):
    put(
        tmp_path,
        pixi__toml='[workspace]\nchannels = ["c"]\nplatforms = ["linux-64"]\n'
        '[dependencies]\nzlib = "*"\n[target.win.dependencies]\nm2-gcc = "*"\n'
        '[feature.dev.dependencies]\npytest = "*"\n',
    )
    found, _, text = turn(tmp_path, "pixi.toml", "environment.yml")
    assert environment_yml.parse(text, HERE).channels == ("c", "nodefaults")
    assert "what win alone has: m2-gcc" in lost(found)
    assert "the group `dev` (`--group dev` adds it): pytest" in lost(found)
    _, _, text = turn(tmp_path, "pixi.toml", "environment.yml", groups=("dev",), force=True)
    assert "- pytest" in text


def test_what_one_platform_alone_has_gets_a_marker(tmp_path):
    put(
        tmp_path,
        pixi__toml='[workspace]\nplatforms = ["win-64"]\n[target.win.dependencies]\n'
        'numpy = "1.26.*"\n',
    )
    _, _, text = turn(tmp_path, "pixi.toml", "requirements.txt")
    assert text == "numpy==1.26.* ; sys_platform == 'win32'\n"


def test_a_new_project(tmp_path):
    put(tmp_path, environment__yml=ENVIRONMENT)
    found, _, text = turn(tmp_path, "environment.yml", "pyproject.toml")
    spec = pyproject_toml.parse(text, HERE)
    assert (spec.name, spec.python) == ("sky", "==3.11.*")
    assert "y @ git+https://example.org/x.git@main" in [d.text for d in spec.dependencies]
    assert "pip's option `--extra-index-url https://***@example.org/s`" in lost(found)
    assert "`-e .`: such a line is for pip alone" in lost(found)
    assert "swordfish" not in lost(found) + text


def test_a_project_that_is_there_is_spliced(tmp_path):
    before = '# mine\r\n[project] # p\r\nname = "q"\r\nversion = "1"\r\n\r\n[tool.x]\r\ny = 1\r\n'
    (tmp_path / "pyproject.toml").write_bytes(before.encode())
    put(tmp_path, requirements__txt="six\n")
    found, _, _ = turn(tmp_path, "requirements.txt", "pyproject.toml")
    assert found.outcome == "converted"
    after = (tmp_path / "pyproject.toml").read_bytes().decode()
    assert after == before.replace(
        'version = "1"\r\n', 'version = "1"\r\ndependencies = ["six"]\r\n'
    )
    found, _, _ = turn(tmp_path, "requirements.txt", "pyproject.toml")
    assert found.outcome == "unchanged"
    put(tmp_path, requirements__txt="attrs\n")
    with pytest.raises(AnswerNeeded, match="says other things") as caught:
        turn(tmp_path, "requirements.txt", "pyproject.toml")
    assert "--force" in caught.value.hint
    assert (tmp_path / "pyproject.toml").read_bytes().decode() == after


def test_dynamic_dependencies_are_not_doubled(tmp_path):
    put(
        tmp_path,
        requirements__txt="six\n",
        pyproject__toml='[project]\nname = "q"\ndynamic = ["dependencies"]\n',
    )
    with pytest.raises(InvalidFile, match="dynamic"):
        turn(tmp_path, "requirements.txt", "pyproject.toml")


def test_poetry_becomes_a_project_in_the_same_file(tmp_path):
    put(
        tmp_path,
        pyproject__toml='[tool.poetry]\nname = "q"\n[tool.poetry.dependencies]\n'
        'python = "^3.9"\nsix = "^1.16"\n[tool.poetry.group.dev.dependencies]\npytest = "*"\n',
    )
    _, _, text = turn(tmp_path, "pyproject.toml", "pyproject.toml", force=True)
    assert 'dependencies = ["six>=1.16,<2"]' in text
    assert 'requires-python = ">=3.9,<4"' in text
    assert '[dependency-groups]\ndev = ["pytest"]' in text


def test_the_pixi_tables_of_a_project_are_read(tmp_path):
    put(
        tmp_path,
        pyproject__toml='[project]\nname = "q"\nrequires-python = ">=3.10"\n'
        'dependencies = ["six"]\n[tool.pixi.workspace]\nchannels = ["c"]\nplatforms = ["osx-64"]\n'
        '[tool.pixi.dependencies]\nzlib = "1.2.*"\n',
    )
    _, _, text = turn(tmp_path, "pyproject.toml", "environment.yml")
    spec = environment_yml.parse(text, HERE)
    assert [d.text for d in spec.dependencies] == ["python>=3.10", "zlib=1.2.*", "pip", "six"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Pipfile", '[packages]\nsix = "==1.16.0"\n'),
        ("setup.cfg", "[options]\ninstall_requires =\n  six==1.16.0\n"),
        ("setup.py", "from setuptools import setup\nsetup(install_requires=['six==1.16.0'])\n"),
        ("tool.py", '# /// script\n# dependencies = ["six==1.16.0"]\n# ///\n'),
        ("requirements.txt", "-r base.txt\n"),
        ("base.in", "-c limits.txt\nsix\n"),
    ],
)
def test_whatever_is_read_elsewhere_can_be_converted(tmp_path, name, text):
    put(tmp_path, base__txt="six==1.16.0\n", limits__txt="six==1.16.0\nattrs<2\n")
    (tmp_path / name).write_text(text, encoding="utf-8")
    _, _, made = turn(tmp_path, name, "environment.yml")
    assert "  - six==1.16.0\n" in made


def test_constraints_are_folded_or_told(tmp_path):
    put(tmp_path, requirements__txt="-c limits.txt\nsix>=1\n", limits__txt="six<2\nattrs<2\n")
    found, _, text = turn(tmp_path, "requirements.txt", "pyproject.toml")
    assert 'dependencies = ["six>=1,<2"]' in text
    assert "limits.txt:2: the constraint `attrs<2` is on no package of the file" in lost(found)


# ------------------------------------------------------------------ files are safe


def test_a_file_that_is_there_is_replaced_on_a_yes_alone(tmp_path):
    put(tmp_path, requirements__txt="six\n", pixi__toml="mine = 1\n")
    with pytest.raises(AnswerNeeded):
        turn(tmp_path, "requirements.txt", "pixi.toml")
    found, _, text = turn(tmp_path, "requirements.txt", "pixi.toml", answers=("no",))
    assert (found.outcome, text) == ("planned", "mine = 1\n")
    found, _, text = turn(tmp_path, "requirements.txt", "pixi.toml", answers=("yes",))
    assert "six" in text
    put(tmp_path, pixi__toml="mine = 1\n")
    assert "six" in turn(tmp_path, "requirements.txt", "pixi.toml", force=True)[2]


def test_a_dry_run_prints_and_writes_nothing(tmp_path):
    put(tmp_path, requirements__txt="six\n")
    found, console, text = turn(tmp_path, "requirements.txt", "pixi.toml", dry_run=True)
    assert (found.outcome, text) == ("planned", "")
    assert found.text in console.shown
    assert sorted(p.name for p in tmp_path.iterdir()) == ["requirements.txt"]


def test_a_dash_prints(tmp_path):
    put(tmp_path, requirements__txt="six\n")
    found, console, _ = turn(tmp_path, "requirements.txt", "-", kind="pixi.toml")
    assert 'six = "*"' in console.shown[0]
    assert found.outcome == "converted"


@pytest.mark.parametrize(
    ("source", "target", "flags", "error"),
    [
        ("requirements.txt", "-", {}, UsageError),
        ("requirements.txt", "-", {"kind": "poetry.lock"}, UsageError),
        ("requirements.txt", "x.lock", {}, UsageError),
        ("requirements.txt", "runtime.txt", {}, UsageError),
        ("requirements.txt", "requirements.txt", {}, UsageError),
        ("uv.lock", "pixi.toml", {}, UsageError),
        ("runtime.txt", "pixi.toml", {}, UsageError),
        ("gone.txt", "pixi.toml", {}, NothingFound),
        ("empty.py", "pixi.toml", {}, NothingFound),
        ("broken.yml", "pixi.toml", {}, InvalidFile),
        ("requirements.txt", "pixi.toml", {"groups": ("nope",)}, UsageError),
    ],
)
def test_what_cannot_be_is_said(tmp_path, source, target, flags, error):
    put(tmp_path, requirements__txt="six\n", uv__lock="", runtime__txt="python-3.11\n")
    put(tmp_path, empty__py="", broken__yml="dependencies:\n  - a b c d ; e\n")
    with pytest.raises(error) as caught:
        turn(tmp_path, source, target, **flags)
    assert caught.value.hint
    assert not (tmp_path / "pixi.toml").exists()


def test_a_broken_project_is_named_as_it_was_given(tmp_path):
    put(tmp_path, requirements__txt="six\n", pyproject__toml="[project\n")
    with pytest.raises(InvalidFile) as caught:
        turn(tmp_path, "requirements.txt", "pyproject.toml")
    assert str(caught.value).startswith(f"{tmp_path / 'pyproject.toml'}:1: not valid TOML")


def test_the_command_line(tmp_path):
    put(tmp_path, requirements__txt="torch==2.0.1+cu117\n")
    env = {"PYTHONPATH": str(ROOT), "HOME": str(tmp_path / "home"), "PATH": os.defpath}

    def typed(*words: str) -> subprocess.CompletedProcess[str]:
        argv = [sys.executable, "-m", "envboot", "convert", *words]
        return subprocess.run(
            argv, cwd=tmp_path, env=env, capture_output=True, text=True, check=False
        )

    done = typed("requirements.txt", "environment.yml", "--json")
    assert done.returncode == 0
    found = json.loads(done.stdout)
    assert found["names"] == [{"from": "torch", "to": "pytorch"}]
    assert found["losses"][0]["origin"] == "requirements.txt:1"
    assert "pytorch==2.0.1" in (tmp_path / "environment.yml").read_text(encoding="utf-8")
    assert typed("requirements.txt", "environment.yml").returncode == 0  # says so already
    (tmp_path / "environment.yml").write_text("name: x\ndependencies: []\n", encoding="utf-8")
    assert typed("requirements.txt", "environment.yml").returncode == 5
    done = typed("environment.yml", "-", "--kind", "requirements.txt", "-q")
    assert (done.returncode, done.stdout.strip()) == (0, "")
    (tmp_path / "requirements.txt").write_text("== ==\n", encoding="utf-8")
    assert typed("requirements.txt", "pixi.toml").returncode == 4


# ------------------------------------------------------------------ versions


@pytest.mark.parametrize(
    ("conda", "pypi"),
    [
        ("", ""),
        ("=1.26.*", "==1.26.*"),
        ("=1.26", "==1.26.*"),
        ("==1.26", "==1.26"),
        (">=1.20,<2", ">=1.20,<2"),
        ("!=1.2.*,>=1", "!=1.2.*,>=1"),
        ("~=1.4.2", "~=1.4.2"),
        ("~=2", ">=2"),
        (">=1.2.*", ">=1.2"),
        ("1.9|1.11", None),
        ("=9e", None),
        ("=1.0rc1", "==1.0rc1"),
        (">=1,1.26.*", ">=1,==1.26.*"),
        (">=1,=1.26.*", ">=1,==1.26.*"),
    ],
)
def test_a_version_of_conda_for_pip(conda, pypi):
    assert versions.to_pypi(conda) == pypi


@pytest.mark.parametrize(
    ("pypi", "conda"),
    [
        ("", ""),
        ("==1.26.*", "=1.26.*"),
        ("==1.26", "==1.26"),
        ("===1.26", "==1.26"),
        (">=1, <2", ">=1,<2"),
        (">=1,==1.26.*", ">=1,=1.26.*"),
        ("==2.0.1+cu117", "==2.0.1"),
    ],
)
def test_a_version_of_pip_for_conda(pypi, conda):
    assert versions.to_conda(pypi) == conda


RELEASES = st.from_regex(r"[1-9][0-9]?\.[0-9]{1,2}(\.[0-9]{1,2})?", fullmatch=True)
CLAUSES = st.builds(
    "{}{}".format, st.sampled_from(["==", ">=", "<", "!=", "~=", ">", "<="]), RELEASES
) | st.builds("=={}.*".format, RELEASES)


@QUICK
@given(st.lists(CLAUSES, max_size=3, unique=True))
def test_a_version_survives_the_way_there_and_back(clauses):
    text = ",".join(clauses)
    assert versions.to_pypi(versions.to_conda(text)) == text


NAMES = st.sampled_from(
    ["numpy", "torch", "opencv-python", "pyyaml", "scikit-learn", "six", "tables", "attrs"]
)


@QUICK
@given(st.dictionaries(NAMES, st.lists(CLAUSES, max_size=2, unique=True), max_size=5))
def test_requirements_survive_the_way_there_and_back(wanted):
    """Through conda's names and versions and back: nothing is lost, nothing is another."""
    packages = tuple(
        Dependency(name, f"{name}{','.join(clauses)}", "pypi", HERE)
        for name, clauses in wanted.items()
    )
    spec, journey = EnvironmentSpec(dependencies=packages), translating.Journey()
    there = translating.to_conda(spec, journey)
    assert all(d.ecosystem == "conda" for d in there.dependencies)
    written = environment_yml.parse(environment_yml.render(there), HERE)
    back = translating.to_pypi(written, journey)
    assert requirements_txt.render(back) == requirements_txt.render(spec)
    assert not journey.losses


# ------------------------------------------------------------------ whatever a file says

LINES = st.sampled_from(
    [
        "six",
        "six==1.16.0+local.1",
        "numpy>=1,==1.*",
        "numpy===1.0-odd",
        "a[b,c]>=1 ; extra == 'x' and python_version<'4'",
        "x @ file:///tmp/x-1.0-py3-none-any.whl",
        "x @ git+ssh://git@example.org/x.git@v1#subdirectory=a&egg=x",
        "./wheels/x-1.0-py3-none-any.whl",
        "-e git+https://example.org/y.git#egg=y[z]",
        "-e ../up[dev]",
        "https://example.org/z-1.0.tar.gz",
        "six --hash=sha256:" + "0" * 64 + " --hash=sha256:" + "1" * 64,
        "--pre",
        "--find-links ./wheels",
        "-i https://example.org/s",
        "--only-binary :all:",
        "# a comment",
    ]
)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(LINES, max_size=6), st.sampled_from(converting.KINDS[:1] + converting.KINDS[2:]))
def test_whatever_requirements_say_the_new_file_can_be_read(lines, kind):
    with tempfile.TemporaryDirectory() as folder:
        root = put(Path(folder), requirements__txt="six\n" + "".join(f"{x}\n" for x in lines))
        found, _, text = turn(root, "requirements.txt", kind)
        assert found.outcome == "converted"
        assert text == found.text


CONDA_LINES = st.sampled_from(
    [
        "zlib",
        "numpy 1.26",
        "numpy=1.26=py311_0",
        "numpy[version='>=1,<2',build='*_0']",
        "conda-forge/linux-64::scipy>=1",
        "openssl=3.0.8=h*",
        "libjpeg-turbo 9e",
        "pandas=1.5|2.0",
        "python>=3.9,<3.12",
        "pip",
        "https://conda.anaconda.org/c/noarch/six-1.16.0-pyh_0.tar.bz2",
        "pytorch-cuda=12.1",
    ]
)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(CONDA_LINES, max_size=6, unique=True), st.sampled_from(converting.KINDS[1:]))
def test_whatever_an_environment_says_the_new_file_can_be_read(lines, kind):
    rows = "".join(f'  - "{line}"\n' for line in lines)
    with tempfile.TemporaryDirectory() as folder:
        root = put(Path(folder), environment__yml=f"name: x\ndependencies:\n  - six\n{rows}")
        found, _, text = turn(root, "environment.yml", kind)
        assert found.outcome == "converted"
        assert text == found.text
