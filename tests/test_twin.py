"""An environment.yml whose twin says the same without conda: which one is taken, and when."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from wheels import make_wheel

from envboot import bootstrap, find, survey
from envboot.formats import environment_yml
from envboot.shell.local import LocalShell
from envboot.spec import Origin
from envboot.survey import Request
from envboot.testing import ScriptedConsole, ScriptedShell

if TYPE_CHECKING:
    from pathlib import Path

MINOR = f"{sys.version_info[0]}.{sys.version_info[1]}"
CONDA = f"""\
# Written by hand for this test.
{environment_yml.TWIN}

name: pair
channels:
  - conda-forge
dependencies:
  - python={MINOR}
  - tiny=1.0
variables:
  PAIR: two
"""


@pytest.fixture
def shell(tmp_path: Path) -> LocalShell:
    home = tmp_path / "home"
    home.mkdir()
    names = ("CI", "VIRTUAL_ENV", "CONDA")
    environ = {k: v for k, v in os.environ.items() if not k.startswith(names)}
    path = os.pathsep.join(p for p in environ["PATH"].split(os.pathsep) if "conda" not in p)
    return LocalShell({**environ, "HOME": str(home), "PATH": path, "PIP_NO_INDEX": "1"})


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = tmp_path / "repository"
    root.mkdir()
    make_wheel(root / "wheels", "tiny", "1.0")
    (root / "environment.yml").write_text(CONDA)
    (root / "requirements.txt").write_text("./wheels/tiny-1.0-py3-none-any.whl\n")
    (root / "main.py").write_text("import tiny\n")
    return root


def with_conda(root: Path) -> ScriptedShell:
    """Return a computer that has a conda, and can be written to below ``root``."""
    programs = {"conda": "/opt/conda/bin/conda"}
    files = {"/opt/conda/bin/conda": "#!", "/opt/conda/conda-meta/history": ""}
    return ScriptedShell(
        programs=programs, files=files, disk=True, environ={"HOME": str(root.parent / "home")}
    )


def test_only_the_mark_makes_a_twin() -> None:
    origin = Origin("environment.yml")
    assert environment_yml.parse(CONDA, origin).twin == "requirements.txt"
    assert not environment_yml.parse(CONDA.replace("# envboot:", "# somebody:"), origin).twin


def test_without_conda_the_twin_is_taken_and_told(repository: Path, shell: LocalShell) -> None:
    located = survey.locate(Request(repository), shell)
    spec = located.spec
    assert spec.source == Origin("requirements.txt")
    assert [(f.path, f.role) for f in located.found.files] == [
        ("requirements.txt", "wins"),
        ("environment.yml", "passed over"),
    ]
    assert not spec.is_conda
    assert spec.python == f"=={MINOR}.*", "conda's file says which Python"
    assert spec.variables == (("PAIR", "two"),)
    assert located.name == "pair"


@pytest.mark.skipif(sys.version_info < (3, 10), reason="py-rattler needs a newer Python")
def test_our_own_conda_engine_goes_before_the_twin_where_the_twin_would_not_do(
    repository: Path, shell: LocalShell
) -> None:
    online = LocalShell({k: v for k, v in shell.environ.items() if k != "PIP_NO_INDEX"})
    conda, twin = Origin("environment.yml"), Origin("requirements.txt")
    assert survey.locate(Request(repository), online).spec.source == twin
    assert survey.locate(Request(repository, engine="rattler"), online).spec.source == conda
    path = repository / "environment.yml"
    path.write_text(CONDA.replace(f"python={MINOR}", "python=3.77"))
    assert survey.locate(Request(repository), online).spec.source == conda, "it brings a Python"
    offline = Request(repository, offline=True)
    assert survey.locate(offline, online).spec.source == twin, "py-rattler was never fetched"


def test_with_conda_the_file_that_wins_on_binder_wins(repository: Path) -> None:
    found = survey.locate(Request(repository), with_conda(repository)).found
    assert found.spec.source == Origin("environment.yml")


@pytest.mark.parametrize("engine", ["uv", "venv"])
def test_who_asks_for_a_pip_engine_gets_the_twin(repository: Path, engine: str) -> None:
    request = Request(repository, engine=engine)
    assert survey.locate(request, with_conda(repository)).spec.source == Origin("requirements.txt")


def test_who_names_the_file_gets_that_file(repository: Path, shell: LocalShell) -> None:
    request = Request(repository, file="environment.yml")
    assert survey.locate(request, shell).spec.source == Origin("environment.yml")


def test_conda_asked_for_and_absent_falls_short(repository: Path, shell: LocalShell) -> None:
    request = Request(repository, engine="conda", yes=True)
    result = bootstrap.check(request, shell, ScriptedConsole(), quiet=True)
    assert result.exit_code == 6


def test_a_mark_without_the_file_changes_nothing(repository: Path, shell: LocalShell) -> None:
    (repository / "requirements.txt").unlink()
    assert survey.locate(Request(repository), shell).spec.source == Origin("environment.yml")


def test_the_copies_of_setup_py_are_twins_too(repository: Path, shell: LocalShell) -> None:
    texts = {n: (repository / n).read_text() for n in ("environment.yml", "requirements.txt")}
    for name in texts:
        (repository / name).unlink()
    embedded = {name: ("", text) for name, text in texts.items()}
    found = find.look(repository, shell, embedded=embedded, twin=True)
    assert found.spec.source == Origin("requirements.txt")
    assert not found.spec.is_conda


def test_a_python_that_is_not_here_gives_way_to_a_newer_one(
    repository: Path, shell: LocalShell
) -> None:
    older = CONDA.replace(f"python={MINOR}", "python=3.7")
    (repository / "environment.yml").write_text(older)
    located = survey.locate(Request(repository), replace_pythons(shell))
    assert located.spec.python == ">=3.7"
    said = [n.text for n in located.spec.notices if "is not here" in n.text]
    assert len(said) == 1
    assert said[0].startswith("Python 3.7 is not here: ")


def replace_pythons(shell: LocalShell) -> LocalShell:
    """Return the computer without other Pythons than the running one."""
    return LocalShell({**shell.environ, "PATH": "/usr/bin:/bin", "PYENV_ROOT": "/nowhere"})


def test_the_story_ends_in_a_proved_environment_that_stays_the_twins(
    repository: Path, shell: LocalShell
) -> None:
    request = Request(repository, yes=True, engine="venv", kernel=False)
    result = bootstrap.up(request, shell, ScriptedConsole())
    assert (result.outcome, result.source) == ("created", "requirements.txt")
    assert result.report["imported"] == ["tiny"]
    again = bootstrap.up(replace(request, engine=None), with_conda(repository), ScriptedConsole())
    assert again.outcome == "up-to-date", "a conda that came later takes nothing away"
