"""An environment of our engine beside what the real conda made of the same file.

The recording is ``tests/conformance/conda.json``; see ``tests/conformance/record.py``. Where
``CONDA_EXE`` is set, that conda works with the environment for real.
"""

from __future__ import annotations

import json
import os
import subprocess

import pytest

from envboot import activation
from envboot.plan import carry_out
from envboot.shell.local import LocalShell
from tests import condas
from tests.apart import needs_rattler
from tests.conformance import ground, record

pytestmark = [pytest.mark.real, needs_rattler]
RECORDED = json.loads(record.TARGET.read_text())


@pytest.fixture(scope="module")
def python():
    return condas.movable_python()


@pytest.fixture(scope="module")
def address(tmp_path_factory, python):
    return ground.channel(tmp_path_factory.mktemp("ground").resolve() / "channel", python)


def make(folder, address):
    """Return a new environment with variables, and the person."""
    place = condas.workplace(folder, address)
    alias = address.rpartition("/")[0]
    (folder / "home" / ".condarc").write_text(
        json.dumps({"channel_alias": alias, "default_channels": []})
    )
    done = place.create("env", *ground.SPECS)
    assert done.code == 0, done.said
    shell = LocalShell(place.environ)
    variables = tuple(ground.VARIABLES.items())
    carry_out(activation.variables(done.prefix, variables, shell), shell, print)
    return done, place


@pytest.fixture(scope="module")
def ours(tmp_path_factory, address):
    return make(tmp_path_factory.mktemp("ours").resolve() / "person", address)


@pytest.fixture(scope="module")
def found(ours, address, python):
    prefix = ours[0].prefix
    return ground.snapshot(prefix, ground.Same(prefix, address, python))


def test_the_files_and_their_modes_are_those_of_conda(found):
    assert found["files"] == RECORDED["files"]


@pytest.mark.parametrize("name", sorted(RECORDED["records"]))
def test_the_record_of_a_package_is_that_of_conda(found, name):
    assert found["records"][name] == RECORDED["records"][name]


def test_no_package_more_or_less(found):
    assert sorted(found["records"]) == sorted(RECORDED["records"])


def test_the_history_is_that_of_conda(found):
    assert found["history"] == RECORDED["history"]


def test_the_variables_are_those_of_conda(ours):
    state = json.loads((ours[0].prefix / "conda-meta" / "state").read_text())
    assert state["env_vars"] == RECORDED["state"]["env_vars"]


def test_the_list_of_environments_is_that_of_conda(ours, address, python):
    done, place = ours
    same = ground.Same(done.prefix, address, python)
    listed = (place.folder / "home/.conda/environments.txt").read_text()
    assert same.text(listed) == RECORDED["listed"]


def test_digests_are_those_of_the_channel(ours, address):
    from pathlib import Path
    from urllib.parse import unquote, urlsplit

    folder = Path(unquote(urlsplit(address).path))
    for path in folder.glob("*/repodata.json"):
        for file, row in json.loads(path.read_text())["packages"].items():
            if (ours[0].prefix / "conda-meta" / file.replace(".tar.bz2", ".json")).exists():
                document = ours[0].record(row["name"])
                assert (document["sha256"], document["size"]) == (row["sha256"], row["size"])


# ------------------------------------------------------------- the real one, where there is one


@pytest.fixture
def conda(tmp_path, address):
    """The person's conda."""
    program = os.environ.get("CONDA_EXE", "")
    if not program:
        pytest.skip("CONDA_EXE names no conda")
    return record.Conda(program, tmp_path.resolve(), address)


@pytest.fixture
def fresh(tmp_path, address):
    """An environment that may be changed."""
    return make(tmp_path.resolve() / "person", address)[0].prefix


# A skip would be a failure in CI, which has no conda: there these tests are not collected.
if os.environ.get("CONDA_EXE"):

    def test_conda_says_of_ours_what_it_says_of_its_own(conda, ours, address, python):
        prefix = ours[0].prefix
        said = record.exports(conda, prefix, ground.Same(prefix, address, python))
        for key, value in said.items():
            assert value == RECORDED[key], key

    def names(conda, prefix):
        return {row["name"] for row in json.loads(conda("list", "--json", "-p", str(prefix)))}

    def test_conda_finds_nothing_wrong(conda, ours):
        said = conda("doctor", "-v", "-p", str(ours[0].prefix))
        assert "no packages with altered files" in said
        assert "no packages with missing files" in said
        assert "environment is consistent" in said

    def test_conda_removes_the_one_package_that_it_is_told_to(conda, fresh):
        before = names(conda, fresh)
        conda("remove", "-y", "-p", str(fresh), "alpha")
        assert names(conda, fresh) == before - {"alpha"}
        left = [p for p in fresh.rglob("*alpha*") if "conda-meta" not in p.parts]
        assert left == []

    def test_conda_installs_and_keeps_what_was_asked_for(conda, fresh):
        before = names(conda, fresh)
        conda("remove", "-y", "-p", str(fresh), "deep", "vars")
        conda("install", "-y", "-p", str(fresh), "vars")
        assert names(conda, fresh) >= before - {"deep", "helper"}
        revisions = conda("list", "--revisions", "-p", str(fresh))
        assert "(rev 2)" in revisions
        assert "alpha=2.0" in conda("env", "export", "--from-history", "-p", str(fresh))

    def test_conda_updates_and_prunes(conda, fresh, address, tmp_path):
        file = tmp_path / "less.yml"
        file.write_text(f"channels: ['{address}']\ndependencies: [python, alpha=1.0]\n")
        conda("env", "update", "--prune", "-p", str(fresh), "-f", str(file))
        assert names(conda, fresh) == {"python", "pip", "alpha"}
        listed = json.loads(conda("list", "--json", "-p", str(fresh), "alpha"))
        assert listed[0]["version"] == "1.0"

    def test_conda_clones_it(conda, ours, tmp_path):
        target = tmp_path / "clone"
        conda("create", "-y", "--clone", str(ours[0].prefix), "-p", str(target))
        assert names(conda, target) == names(conda, ours[0].prefix)
        said = subprocess.run([target / "bin" / "alpha"], capture_output=True, text=True,
                              check=True).stdout  # fmt: skip
        assert said == "alpha 2.0\n"

    def test_conda_runs_and_activates_in_it(conda, ours):
        prefix = str(ours[0].prefix)
        assert conda("run", "-p", prefix, "alpha-too") == "alpha 2.0\n"
        said = conda("shell.posix", "activate", prefix)
        assert "activate.d/vars.sh" in said
        assert "export GREETING='hello world'" in said
