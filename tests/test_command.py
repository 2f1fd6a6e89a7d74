"""setuptools' commands: thin, quiet, with the command line's flags as their options."""

from __future__ import annotations

import configparser
import subprocess
import sys
from pathlib import Path

import pytest
from setuptools import Distribution

from envboot import cli, command

REPOSITORY = Path(__file__).resolve().parent.parent


def made(cls: type[command.bootstrap | command.package_env], **options: object) -> list[str]:
    spoken = cls(Distribution())
    for name, value in options.items():
        assert hasattr(spoken, name)
        setattr(spoken, name, value)
    spoken.ensure_finalized()
    return spoken.words()


def test_entry_points_name_them_as_setuptools_wants() -> None:
    config = configparser.ConfigParser()
    config.read(REPOSITORY / "setup.cfg", encoding="utf-8")
    points = config["options.entry_points"]
    assert "bootstrap = envboot.command:bootstrap" in points["distutils.commands"]
    assert "package_env = envboot.command:package_env" in points["distutils.commands"]
    assert "git-package-env = envboot.cli:package_env" in points["console_scripts"]
    assert "distutils.setup_keywords" not in points
    assert "setuptools.finalize_distribution_options" not in points


@pytest.mark.parametrize("cls", [command.bootstrap, command.package_env])
def test_every_flag_is_an_option(cls: type[command.bootstrap]) -> None:
    options = {option.rstrip("=") for option, _, _ in cls.user_options}
    flags = {name for name, _, _ in cli.flags(cls.spoken)}
    assert flags - options == {"root", "help", "verbose", "quiet", "dry-run"}
    assert options <= flags
    assert cls.description == cli.SUMMARIES[cls.spoken]


def test_options_become_words_that_the_command_line_takes() -> None:
    words = made(command.bootstrap, yes=1, engine="uv", no_kernel=1, name="x y")
    assert words == ["--yes", "--engine=uv", "--name=x y", "--no-kernel"]
    assert made(command.package_env) == []
    assert made(command.package_env, check=1, file="a.txt") == ["--file=a.txt", "--check"]


@pytest.mark.parametrize(("verbose", "word"), [(0, ["--quiet"]), (1, []), (2, ["--verbose"])])
def test_setuptools_own_flags_are_handed_on(verbose: int, word: list[str]) -> None:
    distribution = Distribution()
    distribution.verbose = verbose
    assert command.package_env(distribution).words() == word


def test_it_packs_the_folder_of_setup_py(
    tmp_path: Path, child_environ: dict[str, str], python: str
) -> None:
    (tmp_path / "requirements.txt").write_text("six\n")
    code = (
        "from setuptools import setup; from envboot.command import bootstrap, package_env;"
        "setup(name='x', py_modules=[], packages=[],"
        " cmdclass={'bootstrap': bootstrap, 'package_env': package_env})"
    )

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [python, "-W", "ignore", "-c", code, *words],
            cwd=tmp_path,
            env={**child_environ, "CI": "true"},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            stdin=subprocess.DEVNULL,
        )

    done = run("-q", "package_env")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "setup.py").is_file()
    assert run("package_env", "--check").returncode == 0
    (tmp_path / "requirements.txt").unlink()  # what setup.py carries is used
    done = run("bootstrap", "--engine", "venv")
    assert done.returncode == 5, done.stderr
    assert "requirements.txt: embedded" in done.stderr
    assert not (tmp_path / ".venv").exists()


def test_importing_them_does_nothing(tmp_path: Path, child_environ: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", "import envboot.command"],
        cwd=tmp_path,
        env=child_environ,
        capture_output=True,
        text=True,
        check=True,
    )
    assert (done.stdout, done.stderr) == ("", "")
    assert list(tmp_path.iterdir()) == [tmp_path / "home"] or not list(tmp_path.glob("*.*"))
