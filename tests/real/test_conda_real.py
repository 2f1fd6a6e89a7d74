"""Real conda environments, made by the engine through the stand-in program and a small channel."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from envboot import interpreters
from envboot.engines import conda
from envboot.errors import CommandFailed
from envboot.formats import environment_yml
from envboot.machine import Machine
from envboot.plan import carry_out
from envboot.shell.local import LocalShell
from envboot.site import Site
from envboot.spec import Dependency, Origin
from tests.channel import light_python, make_channel, pip_of
from tests.wheels import make_wheel

pytestmark = pytest.mark.real
STAND_IN = Path(__file__).with_name("conda_stand_in.py")


@pytest.fixture(scope="module")
def channel(tmp_path_factory):
    """A channel with Python, pip and three tiny packages."""
    pytest.importorskip("rattler")
    python = next(
        (i for i in interpreters.find(LocalShell()) if i.path.resolve().parts[:2] != ("/", "usr")),
        None,
    )
    if python is None:
        pytest.skip("there is no Python here that can be moved")
    folder = tmp_path_factory.mktemp("channel")
    wheels = [
        make_wheel(folder / "w", "alpha", "1.0"),
        make_wheel(folder / "w", "alpha", "2.0"),
        make_wheel(folder / "w", "beta", "1.0", requires=["alpha"], scripts={"beta": "beta:main"}),
    ]
    return make_channel(folder / "made", None, wheels, [light_python(python), *pip_of(python)])


@pytest.fixture
def computer(tmp_path, environ):
    """A computer with a conda of its own, and pip left with a folder of wheels."""
    base = tmp_path / "home" / "miniforge3"
    (base / "bin").mkdir(parents=True)
    program = base / "bin" / "conda"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{STAND_IN}" "$@"\n')
    program.chmod(0o755)
    make_wheel(tmp_path / "wheels", "gamma", "1.0")
    make_wheel(tmp_path / "wheels", "gamma", "2.0")
    local = {"PIP_CONFIG_FILE": "/dev/null", "PIP_NO_INDEX": "1", "PIP_USER": "1"}
    local["PIP_FIND_LINKS"] = str(tmp_path / "wheels")
    local["PIP_REQUIRE_VIRTUALENV"] = "1"
    kept = {k: v for k, v in os.environ.items() if k.startswith("LD_")}
    return LocalShell({**kept, **environ, **local, "CONDA_STAND_IN_ROOT": str(base)})


@pytest.fixture
def make(tmp_path, computer, channel):
    """Make the environment of an environment.yml; return a function that asks it."""

    def make(text, *, change=lambda spec: spec, name="näme", path="environment.yml", **files):
        root = tmp_path / "répo with blanks"
        for inside, content in {path: text.replace("CHANNEL", channel), **files}.items():
            (root / inside).parent.mkdir(parents=True, exist_ok=True)
            (root / inside).write_text(content, encoding="utf-8")
        spec = environment_yml.parse((root / path).read_text(encoding="utf-8"), Origin(path))
        spec = change(spec)
        here = Machine("Linux", "x86_64", 2, ".".join(map(str, sys.version_info[:3])))
        site = Site(root, name, root, here, computer)
        site = replace(site, prefix=conda.prefix(spec, site))
        assert conda.why_not(spec, site) is None
        said: list[str] = []
        carry_out(conda.plan(spec, site), computer, said.append)

        def ask(code):
            python = str(site.prefix / "bin" / "python")
            return (computer.query([python, "-I", "-c", code]).out or "").strip()

        ask.prefix, ask.said, ask.site, ask.spec = site.prefix, said, site, spec
        return ask

    return make


HEAD = "name: other\nchannels: [CHANNEL, nodefaults]\ndependencies:\n  - python\n"
VERSIONS = "from importlib.metadata import version as v; print(v('{}'))"


def test_the_repositorys_file_makes_a_conda_environment(make, computer):
    ask = make(HEAD + "  - alpha=1\n  - beta\nvariables: {ADA: countess}\n")
    assert ask.prefix == computer.home / "miniforge3" / "envs" / "näme"
    assert ask(VERSIONS.format("alpha")) == "1.0"
    assert ask("import beta, ssl, sqlite3; print('there')") == "there"
    assert list((ask.prefix / "conda-meta").glob("alpha-1.0-*.json"))
    assert (ask.prefix / "bin" / "beta").read_text().startswith(f"#!{ask.prefix}/bin/python")
    assert "countess" in (ask.prefix / "conda-meta" / "state").read_text()
    assert conda.why_not(ask.spec, ask.site) is not None  # nothing replaces it


def test_the_pip_part_is_installed_into_it_from_beside_the_file(make):
    text = HEAD + "  - pip\n  - pip: [gamma, -r more.txt]\n"
    ask = make(text, path="binder/environment.yml", **{"binder/more.txt": "gamma<2\n"})
    assert ask(VERSIONS.format("gamma")) == "1.0"


def test_a_changed_spec_is_written_for_conda_and_cleared_away(make):
    def limit(spec):
        at = Origin("constraints.txt", 1)
        limits = (Dependency("gamma", "gamma<2", "pypi", at),)
        return replace(spec, as_written=False, constraints=limits)

    ask = make(HEAD + "  - pip: [gamma]\n", change=limit)
    assert ask(VERSIONS.format("gamma")) == "1.0"
    assert list((ask.prefix.parent / ".envboot").iterdir()) == []


def test_what_conda_cannot_solve_is_said(make):
    with pytest.raises(CommandFailed) as caught:
        make(HEAD + "  - no-such-package\n")
    assert "no-such-package" in " ".join(caught.value.tail)


def test_when_pip_fails_the_command_fails(make):
    with pytest.raises(CommandFailed) as caught:
        make(HEAD + "  - pip: [no-such-package]\n")
    assert "Pip failed" in " ".join(caught.value.tail)


def test_the_stand_in_refuses_what_conda_does_not_know(computer, tmp_path):
    program = str(tmp_path / "home" / "miniforge3" / "bin" / "conda")
    for argv in (["env", "create", "--prune"], ["env", "create", "-n", "x", "-p", "/x"], ["make"]):
        with pytest.raises(CommandFailed):
            computer.do([program, *argv])
    assert "envs_dirs" in (computer.query([program, "info", "--json"]).out or "")
