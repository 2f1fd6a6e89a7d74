"""Packed notebooks in the hands of the programs that people use beside envboot."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from envboot.cli import parser
from envboot.notebook import packing
from envboot.request import Request
from envboot.shell.local import LocalShell
from envboot.testing import ScriptedConsole
from tests.wheels import make_wheel

pytestmark = pytest.mark.real
REPOSITORY = Path(__file__).resolve().parents[2]
SPEC = {"display_name": "Python 3", "language": "python", "name": "python3"}
CODE = "import tidepool\n\nprint('waves', tidepool.__version__)\n"


def needs(*modules: str) -> None:
    """Skip where a program is missing."""
    for name in modules:
        if importlib.util.find_spec(name) is None:
            pytest.skip(f"{name} is not installed")


def run(
    *argv: str, cwd: Path, status: int = 0, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run a program; it must end with ``status``."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("GIT_", "PRE_COMMIT", "UV_"))}
    env = {**kept, "HOME": str(cwd.parent), "PYTHONDONTWRITEBYTECODE": "1", **variables}
    env["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{env['PATH']}"
    done = subprocess.run(
        argv, cwd=cwd, env=env, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == status, f"{argv}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


def module(name: str, *words: str) -> tuple[str, ...]:
    """Return the command that runs a module of the tests' own Python."""
    return (sys.executable, "-W", "ignore", "-m", name, *words)


def envboot(*words: str, cwd: Path) -> None:
    """Pack as the command line does; a new process for each would take longer than the rest."""
    names = [word if word.startswith("--") else str(cwd / word) for word in words]
    options = parser("envboot").parse_args(["notebook", "pack", *names])
    shell = LocalShell({"HOME": str(cwd.parent), "PATH": os.defpath})
    found = packing.pack(options, Request(root=cwd), shell, ScriptedConsole())
    assert found.exit_code == 0, found


def calls(entry: str, *lines: tuple[str, ...]) -> tuple[str, ...]:
    """Return the command that runs a program several times, in one process."""
    name, _, function = entry.partition(":")
    code = (
        f"import json, sys, {name.split('.')[0]}\nfrom {name} import {function} as main\n"
        "for words in json.loads(sys.argv.pop(1)):\n"
        "    sys.argv[1:] = words\n"
        "    try:\n        status = main()\n"
        "    except SystemExit as error:\n        status = error.code\n"
        "    if status:\n        sys.exit(status)\n"
    )
    return (sys.executable, "-W", "ignore", "-c", code, json.dumps(lines))


def metadata(path: Path) -> dict[str, Any]:
    """Return the notebook's metadata."""
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))["metadata"]
    return found


def written(path: Path, *sources: str, **more: Any) -> Path:
    """Write a notebook with an output, as Jupyter does."""
    output = {"name": "stdout", "output_type": "stream", "text": ["waves 1.0\n"]}
    cells = [
        {
            "cell_type": "code",
            "execution_count": 1,
            "id": f"c{number}",
            "metadata": {},
            "outputs": [output],
            "source": text.splitlines(keepends=True),
        }
        for number, text in enumerate(sources)
    ]
    found = {"cells": cells, "metadata": {"kernelspec": SPEC, **more}, "nbformat": 4}
    text = json.dumps({**found, "nbformat_minor": 5}, indent=1)
    path.write_text(f"{text}\n", encoding="utf-8")
    return path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a folder with requirements and a packed notebook."""
    place = tmp_path / "work"
    place.mkdir()
    (place / "requirements.txt").write_text("tidepool==1.0\n")
    written(place / "a.ipynb", CODE, "x = 1\n")
    envboot("a.ipynb", cwd=place)
    return place


def test_jupyters_own_library_finds_it_valid(root: Path) -> None:
    needs("nbformat")
    envboot("a.ipynb", "--pep723", cwd=root)
    (root / "three.ipynb").write_text(
        '{"metadata": {"name": ""}, "nbformat": 3, "nbformat_minor": 0, "worksheets": '
        '[{"cells": [{"cell_type": "code", "collapsed": false, "input": ["import six"], '
        '"language": "python", "metadata": {}, "outputs": []}], "metadata": {}}]}'
    )
    envboot("three.ipynb", "--pep723", cwd=root)
    code = (
        "import sys, nbformat\n"
        "for path in sys.argv[1:]:\n"
        "    nbformat.validate(nbformat.read(path, as_version=nbformat.NO_CONVERT))\n"
    )
    names = ("a.ipynb", "three.ipynb")
    run(sys.executable, "-W", "error", "-c", code, *names, cwd=root)


def test_nbstripout_takes_the_outputs_and_leaves_what_is_carried(root: Path) -> None:
    needs("nbstripout")
    before = metadata(root / "a.ipynb")["environment"]
    run(*module("nbstripout", "a.ipynb"), cwd=root)
    assert b"waves 1.0" not in (root / "a.ipynb").read_bytes()
    assert metadata(root / "a.ipynb")["environment"] == before
    envboot("a.ipynb", "--check", cwd=root)
    envboot("a.ipynb", "--remove", cwd=root)
    assert "environment" not in metadata(root / "a.ipynb")


def test_nbconvert_keeps_it(root: Path) -> None:
    needs("nbconvert")
    words = ("--to", "notebook", "--clear-output", "--inplace", "a.ipynb")
    before = metadata(root / "a.ipynb")["environment"]
    run(*module("nbconvert", *words), cwd=root)
    assert metadata(root / "a.ipynb")["environment"] == before


def test_jupytext_keeps_it_where_its_filter_says_so(root: Path) -> None:
    needs("jupytext")
    before = metadata(root / "a.ipynb")["environment"]
    there = ("--quiet", "--to", "py:percent", "a.ipynb")
    back = ("--quiet", "--to", "ipynb", "-o")
    run(*calls("jupytext.cli:jupytext", there, (*back, "without.ipynb", "a.py")), cwd=root)
    assert "environment" not in metadata(root / "without.ipynb")  # as the page says
    (root / "jupytext.toml").write_text(
        'notebook_metadata_filter = "kernelspec,environment,envboot"\n'
    )
    run(*calls("jupytext.cli:jupytext", there, (*back, "with.ipynb", "a.py")), cwd=root)
    assert "tidepool==1.0" in (root / "a.py").read_text()
    assert metadata(root / "with.ipynb")["environment"] == before
    envboot("with.ipynb", "--check", cwd=root)


def test_nbdime_shows_it_as_one_change_and_merges_it_with_a_cells(root: Path) -> None:
    needs("nbdime")
    base = written(root / "base.ipynb", CODE, "x = 1\n")
    written(root / "theirs.ipynb", CODE, "x = 2\n")
    shown = run(*module("nbdime.nbdiffapp", "base.ipynb", "a.ipynb"), cwd=root).stdout
    assert "added /metadata/environment" in shown
    assert "## " in shown
    assert "/cells" not in shown
    words = ("base.ipynb", "a.ipynb", "theirs.ipynb", "--out", "merged.ipynb")
    run(*module("nbdime.nbmergeapp", *words), cwd=root)
    merged = json.loads((root / "merged.ipynb").read_text())
    assert merged["metadata"]["environment"] == metadata(root / "a.ipynb")["environment"]
    assert "".join(merged["cells"][1]["source"]).strip() == "x = 2"
    assert base.exists()


@pytest.fixture
def uv(root: Path) -> dict[str, str]:
    """Return the variables with which uv installs from wheels on this disk alone."""
    needs("uv")
    make_wheel(root / "wheels", "tidepool", "1.0")
    make_wheel(root / "wheels", "tidepool", "2.0")
    return {
        "UV_OFFLINE": "1",
        "UV_NO_INDEX": "1",
        "UV_FIND_LINKS": str(root / "wheels"),
        "UV_CACHE_DIR": str(root / "cache"),
        "UV_PYTHON": sys.executable,
        "UV_PYTHON_DOWNLOADS": "never",
    }


def test_juv_and_uv_run_it_with_what_its_first_cell_says(root: Path, uv: dict[str, str]) -> None:
    needs("juv", "jupytext")
    envboot("a.ipynb", "--pep723", cwd=root)
    done = run(*calls("juv:main", ("exec", "--quiet", "a.ipynb")), cwd=root, **uv)
    assert done.stdout == "waves 1.0\n"
    (root / "requirements.txt").write_text("tidepool>1\n")
    envboot("a.ipynb", cwd=root)
    sources = [cell["source"] for cell in json.loads((root / "a.ipynb").read_text())["cells"]]
    (root / "a.py").write_text("\n\n".join("".join(source) for source in sources))
    done = run(*module("uv", "run", "--quiet", "--script", "a.py"), cwd=root, **uv)
    assert done.stdout == "waves 2.0\n"


def test_a_notebook_of_juvs_is_packed_with_what_its_block_says(
    root: Path, uv: dict[str, str]
) -> None:
    needs("juv", "jupytext")
    (root / "requirements.txt").unlink()
    block = '# /// script\n# dependencies = [\n#     "tidepool<2",\n# ]\n# ///\n'
    written(root / "juv.ipynb", block, CODE)
    envboot("juv.ipynb", cwd=root)
    text = metadata(root / "juv.ipynb")["environment"]["requirements.txt"]
    assert "tidepool<2" in text
    assert (root / "juv.ipynb").read_text().count("# /// script") == 1
    done = run(*calls("juv:main", ("exec", "--quiet", "juv.ipynb")), cwd=root, **uv)
    assert done.stdout == "waves 1.0\n"


def test_pre_commit_packs_and_checks(root: Path, tmp_path: Path) -> None:
    needs("pre_commit")
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    hooks = _repository_of_envboot(tmp_path / "envboot")
    (root / ".pre-commit-config.yaml").write_text(
        f"repos:\n  - repo: file://{hooks}\n    rev: {_git(hooks, 'rev-parse', 'HEAD')}\n"
        "    hooks:\n      - id: envboot-notebook-pack\n      - id: envboot-notebook-check\n"
    )
    written(root / "alone.ipynb", CODE, envboot={"embed": False})
    alone = (root / "alone.ipynb").read_bytes()
    (root / "requirements.txt").write_text("tidepool==2.0\n")
    _git(root, "init", "-q")
    _git(root, "add", "a.ipynb", "alone.ipynb", "requirements.txt", ".pre-commit-config.yaml")
    cache = {"PRE_COMMIT_HOME": str(tmp_path / "cache"), "PIP_CACHE_DIR": _pip_cache()}

    def hooks_run(status: int, *words: str) -> str:
        argv = module("pre_commit", "run", "--all-files", "--color", "never", *words)
        return run(*argv, cwd=root, status=status, **cache).stdout

    said = hooks_run(1, "envboot-notebook-check")
    assert "`- tidepool==1.0`, `+ tidepool==2.0`" in said
    assert "exit code: 4" in said
    assert "files were modified by this hook" in hooks_run(1)
    assert metadata(root / "a.ipynb")["environment"]["requirements.txt"] == "tidepool==2.0\n"
    assert (root / "alone.ipynb").read_bytes() == alone
    _git(root, "add", "a.ipynb")
    assert hooks_run(0).count("Passed") == 2


def _git(folder: Path, *words: str) -> str:
    who = ("-c", "user.name=Ada", "-c", "user.email=ada@localhost", "-c", "commit.gpgsign=false")
    return run("git", *who, *words, cwd=folder).stdout.strip()


def _repository_of_envboot(place: Path) -> Path:
    """Return a repository of this checkout as it is now, as pre-commit clones it."""
    place.mkdir()
    for name in (*_FILES, "envboot", "templates", "docs/man"):
        source = REPOSITORY / name
        (place / name).parent.mkdir(exist_ok=True)
        if source.is_dir():
            skip = shutil.ignore_patterns("__pycache__", "*.pyc")
            shutil.copytree(source, place / name, ignore=skip)
        else:
            shutil.copy(source, place / name)
    _git(place, "init", "-q")
    _git(place, "add", "--force", ".")
    _git(place, "commit", "-qm", "as it is")
    return place


_FILES = (
    *("setup.py", "setup.cfg", "pyproject.toml", "README.md", "LICENSE"),
    *(".pre-commit-hooks.yaml", ".envboot/envboot.pyz"),
)


def _pip_cache() -> str:
    return os.environ.get("PIP_CACHE_DIR") or str(Path("~/.cache/pip").expanduser())
