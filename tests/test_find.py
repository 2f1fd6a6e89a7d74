"""Which file wins, what is merged, and what is refused: on every repository of tests/repos."""

from __future__ import annotations

import hashlib
import json
import os
import re
from pathlib import Path

import pytest

from envboot import find
from envboot.errors import EnvbootError, InvalidFile, NothingFound, UsageError
from envboot.shell.local import LocalShell
from envboot.testing import ScriptedShell

REPOS = Path(__file__).parent / "repos"
SHELL = LocalShell({})


def look(files, **asked):
    shell = ScriptedShell(files={f"/repo/{name}": text for name, text in files.items()})
    return find.look(Path("/repo"), shell, **asked)


def roles(found):
    return {f.path: f.role for f in found.files}


@pytest.mark.parametrize(
    "repository", sorted(p for p in REPOS.iterdir() if p.is_dir()), ids=lambda p: p.name
)
def test_a_repository_is_read_as_expected(repository):
    expected = json.loads((repository / "expected.json").read_text("utf-8"))
    asked = {"file": expected.get("file"), "groups": expected.get("groups", ())}
    if "exit" in expected:
        with pytest.raises(EnvbootError) as caught:
            find.look(repository, SHELL, **asked)
        assert caught.value.exit_code == expected["exit"]
        assert re.search(expected["error"], str(caught.value))
        assert caught.value.hint
        assert re.search(expected.get("hint", ""), caught.value.hint)
        return
    found = find.look(repository, SHELL, **asked)
    spec = found.spec
    assert spec.source.path == expected["winner"]
    assert roles(found)[expected["winner"]] == "wins"
    assert [d.name for d in spec.dependencies] == expected["names"]
    assert spec.name == expected.get("name", repository.name)
    assert spec.python == expected.get("python", "")
    assert bool(spec.python) == bool(spec.python_origin)
    assert spec.project is expected.get("project", False)
    assert (spec.lock.format if spec.lock else None) == expected.get("lock")
    assert dict(spec.variables) == expected.get("variables", {})
    assert list(spec.channels) == expected.get("channels", [])
    assert [c.text for c in spec.constraints] == expected.get("constraints", [])
    assert [s.text for s in spec.system] == expected.get("system", [])
    assert [s.path for s in spec.scripts] == expected.get("scripts", [])
    assert spec.is_conda is expected.get("conda", False)
    assert spec.includes == ()
    needs = [f"{n.key} {n.level} {n.value} {n.origin}" for n in spec.needs]
    assert needs == expected.get("needs", [])
    for text in expected.get("texts", []):
        assert text in [d.text for d in spec.dependencies]
    assert expected.get("files", {}).items() <= roles(found).items()
    _match(found.contradictions, expected.get("contradictions", []))
    _match(spec.notices, expected.get("notices", []))


def _match(notices, patterns):
    assert len(notices) == len(patterns), [str(n) for n in notices]
    for pattern in patterns:
        assert any(re.search(pattern, str(n)) for n in notices), [str(n) for n in notices]


def test_every_repository_that_can_be_made_has_a_verify_that_runs():
    for repository in REPOS.iterdir():
        if repository.is_dir():
            expected = json.loads((repository / "expected.json").read_text("utf-8"))
            made = "exit" not in expected and expected.get("engine") != "none"
            assert os.access(repository / "verify", os.X_OK) is made, repository.name


# ------------------------------------------------------------------ which file wins


def test_the_order_is_the_published_one():
    files = {
        "environment.yml": "dependencies: [python]\n",
        "Pipfile.lock": '{"default": {}}',
        "Pipfile": "[packages]\n",
        "requirements.txt": "",
        "pyproject.toml": "[project]\nname = 'x'\n",
        "setup.cfg": "[metadata]\nname = x\n",
        "setup.py": "setup(name='x')",
    }
    for winner in list(files):
        found = look(files)
        assert found.spec.source.path == winner
        assert set(roles(found)) == set(files)
        assert all(found.files[0].path == winner for _ in files)
        del files[winner]
    with pytest.raises(NothingFound):
        look(files)


def test_a_chosen_file_wins_over_all():
    files = {"environment.yml": "dependencies: [python]\n", "deps/some.txt": "six\n"}
    found = look(files, file="deps/some.txt")
    assert found.spec.source.path == "deps/some.txt"
    assert [d.name for d in found.spec.dependencies] == ["six"]
    assert look(files, file="/repo/deps/some.txt").spec.source.path == "deps/some.txt"
    with pytest.raises(NothingFound, match=r"other.txt does not exist"):
        look(files, file="other.txt")
    with pytest.raises(InvalidFile, match="no format that is known"):
        look({**files, "x.dat": ""}, file="x.dat")


def test_binder_with_nothing_to_install_leaves_the_root_in_charge():
    found = look({"binder/apt.txt": "git\n", "requirements.txt": "six\n"})
    assert found.spec.source.path == "requirements.txt"
    assert [s.name for s in found.spec.system] == ["git"]


def test_a_project_in_a_folder_is_installed_from_there():
    project = "[project]\nname = 'x'\n[build-system]\nrequires = []\n"
    found = look({"part/pyproject.toml": project}, file="part/pyproject.toml")
    assert [d.text for d in found.spec.dependencies] == ["-e ./part"]


def test_a_broken_file_that_was_passed_over_is_a_notice():
    found = look(
        {"requirements.txt": "six\n", "Pipfile": "x", "environment.yml": "dependencies: []"}
    )
    assert found.spec.source.path == "environment.yml"
    assert "cannot be read" in str(found.contradictions[0])
    with pytest.raises(InvalidFile, match=r"pyproject.toml:1"):
        look({"requirements.txt": "six\n", "pyproject.toml": "[tool.envboot"})


# ------------------------------------------------------------------ what setup.py carries


def carried(text):
    return (hashlib.sha256(text.encode()).hexdigest(), text)


def test_a_file_that_is_missing_is_read_from_setup_py():
    found = look({"setup.py": ""}, embedded={"requirements.txt": carried("six==1.16.0\n")})
    assert [d.text for d in found.spec.dependencies] == ["six==1.16.0"]
    assert roles(found)["requirements.txt"] == "embedded"
    assert found.spec.as_written is False


def test_a_file_on_disk_wins_over_its_copy_and_the_difference_is_said():
    embedded = {"requirements.txt": carried("six==1.15.0\n")}
    found = look({"requirements.txt": "six==1.16.0\n"}, embedded=embedded)
    assert [d.text for d in found.spec.dependencies] == ["six==1.16.0"]
    assert "differs from the copy in setup.py" in str(found.contradictions[0])
    same = look({"requirements.txt": "six==1.15.0\r\n"}, embedded=embedded)
    assert same.contradictions == ()


def test_embedded_needs_come_after_declared_ones_and_before_the_container():
    files = {
        "requirements.txt": "",
        ".devcontainer.json": '{"hostRequirements": {"cpus": 3}}',
    }
    assert look(files).spec.needs[0].value == 3
    assert look(files, embedded_needs={"cpus": 2}).spec.needs[0].value == 2
    files["setup.cfg"] = "[envboot:needs]\ncpus = 1\n"
    assert look(files, embedded_needs={"cpus": 2}).spec.needs[0].value == 1


# ------------------------------------------------------------------ includes


def test_an_include_through_a_link_may_not_leave_the_repository(tmp_path):
    inside, outside = tmp_path / "repo", tmp_path / "secret.txt"
    inside.mkdir()
    outside.write_text("six\n")
    (inside / "requirements.txt").write_text("-r linked.txt\n")
    (inside / "linked.txt").symlink_to(outside)
    with pytest.raises(InvalidFile, match="outside the repository"):
        find.look(inside, SHELL)
    (inside / "linked.txt").unlink()
    (inside / "linked.txt").symlink_to("real.txt")
    (inside / "real.txt").write_text("toolz\n")
    assert [d.name for d in find.look(inside, SHELL).spec.dependencies] == ["toolz"]


def test_links_in_a_circle_are_refused(tmp_path):
    (tmp_path / "requirements.txt").write_text("-r a/x.txt\n")
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(InvalidFile):
        find.look(tmp_path, SHELL)


def test_a_repository_reached_through_a_link_is_no_stranger(tmp_path):
    real = tmp_path / "real"
    real.mkdir()
    (real / "requirements.txt").write_text("-r base.txt\n")
    (real / "base.txt").write_text("six\n")
    (tmp_path / "link").symlink_to(real)
    assert [d.name for d in find.look(tmp_path / "link", SHELL).spec.dependencies] == ["six"]


def test_a_file_included_twice_is_read_once_and_a_remote_one_is_left_to_pip():
    files = {
        "requirements.txt": "-r a.txt\n-r b.txt\n-c https://x.org/c.txt\n",
        "a.txt": "-r c.txt\n",
        "b.txt": "-r c.txt\n",
        "c.txt": "six\n--extra-index-url https://x.org/simple\n",
    }
    spec = look(files).spec
    assert [d.text for d in spec.dependencies] == ["six", "-c https://x.org/c.txt"]
    assert [o.name for o in spec.options] == ["--extra-index-url"]
    assert "content is not known" in str(spec.notices[0])


def test_a_huge_file_is_refused():
    with pytest.raises(InvalidFile, match="larger than"):
        look({"requirements.txt": "six\n" * (2 << 20)})
    with pytest.raises(InvalidFile, match="larger than 1 MiB"):
        look({"environment.yml": "# x\n" * (300 << 10)})


# ------------------------------------------------------------------ groups and names


@pytest.mark.parametrize(
    "path",
    [
        "requirements-dev.txt",
        "requirements_dev.txt",
        "dev-requirements.txt",
        "requirements/dev.txt",
    ],
)
def test_a_group_may_be_a_file(path):
    found = look({"requirements.txt": "six\n", path: "toolz\n"}, groups=["dev"])
    assert [d.name for d in found.spec.dependencies] == ["six", "toolz"]
    assert found.spec.as_written is False
    assert look({"requirements.txt": "six\n", path: "toolz\n"}).spec.as_written is True


def test_an_unknown_group_names_those_that_exist():
    files = {
        "requirements.txt": "six\n",
        "requirements-docs.txt": "",
        "pyproject.toml": "[project]\nname='x'\n[dependency-groups]\nDev_Tools=['pytest']\n",
    }
    with pytest.raises(UsageError) as caught:
        look(files, groups=["lab"])
    assert caught.value.hint == "groups: Dev_Tools, docs"
    assert look(files, groups=["dev-tools"]).spec.dependencies[-1].name == "pytest"
    with pytest.raises(UsageError) as caught:
        look({"requirements.txt": ""}, groups=["lab"])
    assert caught.value.hint == "the repository has none"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("end-to-end solutions", "end-to-end-solutions"),
        ("../../etc", "etc"),
        ("-n base", "n-base"),
        ("base", "base-env"),
        ("Études", "Etudes"),
        ("日本", ""),
        ("a" * 300, "a" * 100),
    ],
)
def test_the_name_of_an_environment_is_harmless(text, name):
    assert find.environment_name(text) == name


def test_a_name_that_cannot_be_kept_falls_back_on_the_folder():
    found = look({"environment.yml": "name: 日本\ndependencies: []\n"})
    assert found.spec.name == "repo"


# ------------------------------------------------------------------ contradictions


@pytest.mark.parametrize(
    ("one", "other", "contradict"),
    [
        ("numpy==1.0", "numpy==2.0", True),
        ("numpy==1.0", "numpy==1.0.0", False),
        ("numpy>=2", "numpy<2", True),
        ("numpy>=1", "numpy<2", False),
        ("numpy", "numpy==2", False),
        ("numpy~=1.4", "numpy==1.9", False),
        ("numpy~=1.4", "numpy==2.0", True),
        ("numpy<1", "numpy<2", False),
        ("numpy==1.0; python_version<'3'", "numpy==2.0", False),
        ("numpy @ https://x.org/n.zip", "numpy==2.0", False),
    ],
)
def test_versions_contradict_where_none_satisfies_both(one, other, contradict):
    files = {
        "environment.yml": f'dependencies:\n- pip:\n  - "{one}"\n',
        "requirements.txt": f"{other}\n",
    }
    assert bool(look(files).contradictions) is contradict


@pytest.mark.parametrize(
    ("conda", "pip", "contradict"),
    [
        ("numpy=1.9.*", "numpy==2.1.2", True),
        ("numpy=1.9", "numpy==1.9.3", False),
        ("numpy==1.9.1", "numpy==1.9.3", True),
        ("numpy=1.9.1=py_0", "numpy==1.9.3", True),
        ("c::numpy>=2,<3", "numpy~=2.1", False),
        ("numpy 1.7|1.8", "numpy==9", False),
    ],
)
def test_conda_and_pip_are_compared(conda, pip, contradict):
    files = {
        "environment.yml": f"dependencies: ['{conda}']\n",
        "requirements.txt": f"six\n{pip}\n",
    }
    found = look(files)
    assert bool(found.contradictions) is contradict
    if contradict:
        said = str(found.contradictions[0])
        assert said.startswith("environment.yml:1: ")
        assert "requirements.txt:2" in said
