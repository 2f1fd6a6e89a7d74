"""One notebook's environment: its files, its place, its needs, its kernel, and both doors."""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from envboot import (
    bootstrap,
    find,
    handover,
    interpreters,
    kernel,
    removal,
    survey,
    tools,
)
from envboot.errors import FallsShort, InvalidFile, NothingFound, UsageError
from envboot.machine import Machine
from envboot.notebook import entering, naming, running, setting_up, showing
from envboot.notebook.running import executor
from envboot.request import Request
from envboot.shell.local import LocalShell
from envboot.site import Site, python_of
from envboot.spec import Dependency, EnvironmentSpec, Lock, Origin
from envboot.testing import ScriptedConsole, ScriptedShell
from tests.wheels import make_wheel

PYTHON3 = {"display_name": "Python 3", "language": "python", "name": "python3"}
CODE = {"cell_type": "code", "execution_count": None, "id": "c", "metadata": {}, "outputs": []}


def notebook(path, *cells, metadata=None, **environment):
    """Write a notebook that carries what is given; return its path."""
    own = {"environment": {"env_ver": "0.2", **environment}} if environment else {}
    own = {"kernelspec": PYTHON3, **own} if metadata is None else {**metadata, **own}
    made = [{**CODE, "id": f"c{n}", "source": source} for n, source in enumerate(cells)]
    book = {"cells": made, "metadata": own, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(book, indent=1) + "\n")
    return path


def unpacked(path, shell):
    """Return the sight of a notebook whose files lie beside it."""
    sight = showing.look(path, None, shell)
    for file in sight.files:
        (sight.folder / file.name).write_text(file.text)
    return sight


@pytest.fixture
def person(tmp_path):
    """A computer with an empty home, and wheels instead of an index."""
    home = tmp_path / "home"
    home.mkdir()
    for version in ("1.0", "2.0"):
        make_wheel(tmp_path / "wheels", "tiny", version)
    return LocalShell(
        {
            "HOME": str(home),
            "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"])),
            "PIP_NO_INDEX": "1",
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_FIND_LINKS": str(tmp_path / "wheels"),
        }
    )


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "mail"
    place.mkdir()
    return place


# ------------------------------------------------------------------ its files alone


def test_what_lies_there_by_chance_does_not_count(folder, person):
    (folder / "requirements.txt").write_text("tiny==1.0\n")
    (folder / "environment.yml").write_text("dependencies: [r-base]\n")
    (folder / "pylock.toml").write_text("broken [")
    (folder / "apt.txt").write_text("cowsay\n")
    (folder / "postBuild").write_text("rm -rf /\n")
    (folder / "binder").mkdir()
    (folder / ".binder").mkdir()
    (folder / "binder" / "requirements.txt").write_text("other\n")
    found = find.look(folder, person, only=frozenset({"requirements.txt"}))
    assert [d.text for d in found.spec.dependencies] == ["tiny==1.0"]
    assert [f.path for f in found.files] == ["requirements.txt"]
    assert (found.spec.lock, found.spec.system, found.spec.scripts) == (None, (), ())
    inside = find.look(folder, person, only=frozenset({"binder/requirements.txt"}))
    assert [d.text for d in inside.spec.dependencies] == ["other"]


def test_a_file_that_is_included_and_not_carried_is_missing(folder, person):
    (folder / "requirements.txt").write_text("-r more.txt\n")
    (folder / "more.txt").write_text("tiny\n")
    with pytest.raises(InvalidFile, match=r"`more.txt` does not exist"):
        find.look(folder, person, only=frozenset({"requirements.txt"}))
    both = frozenset({"requirements.txt", "more.txt"})
    found = find.look(folder, person, only=both)
    assert [d.text for d in found.spec.dependencies] == ["tiny"]


def test_a_group_comes_from_carried_files_alone(folder, person):
    for name in ("requirements.txt", "requirements-dev.txt"):
        (folder / name).write_text("tiny\n")
    with pytest.raises(UsageError, match="no group `dev`"):
        find.look(folder, person, groups=("dev",), only=frozenset({"requirements.txt"}))
    both = frozenset({"requirements.txt", "requirements-dev.txt"})
    found = find.look(folder, person, groups=("dev",), only=both)
    assert "requirements-dev.txt" in [f.path for f in found.files]


def test_a_notebook_without_a_dependency_file_says_so(folder, person):
    (folder / "requirements.txt").write_text("tiny\n")
    with pytest.raises(NothingFound, match="carries no dependency file") as caught:
        find.look(folder, person, only=frozenset({"setup.sh"}))
    assert "notebook pack" in caught.value.hint


# ---------------------------------------------------------------------- ipykernel


def spec(*texts, kind="pypi", **more):
    origin = Origin("requirements.txt")
    named = [Dependency(re.split("[=<> ]", t)[0], t, kind, origin) for t in texts]
    return EnvironmentSpec(dependencies=tuple(named), as_written=True, **more)


@pytest.mark.parametrize(
    ("asked", "added"),
    [
        (spec("tiny"), "pypi"),
        (spec(), "pypi"),
        (spec("numpy", kind="conda"), "conda"),
        (spec("python=3.11", kind="conda"), "pypi"),
        (spec("ipykernel==6"), ""),
        (spec("ipykernel", kind="conda"), ""),
        (spec("tiny==1 --hash=sha256:00"), ""),
        (spec("tiny", lock=Lock("uv.lock", "uv.lock", "")), ""),
    ],
)
def test_ipykernel_is_added_where_nobody_asks_for_it(asked, added):
    found = kernel.with_ipykernel(asked, "mail.ipynb")
    if not added:
        assert found is asked
        return
    last = found.dependencies[-1]
    assert (last.name, last.ecosystem, last.origin) == ("ipykernel", added, Origin("mail.ipynb"))
    assert last.why
    assert not found.as_written
    assert kernel.with_ipykernel(found, "mail.ipynb") is found


def test_ipykernel_is_told_among_the_files(folder, person):
    path = notebook(folder / "mail.ipynb", "import tiny", **{"requirements.txt": "tiny\n"})
    sight = unpacked(path, person)
    console = ScriptedConsole()
    request = Request(folder, dry_run=True)
    result = setting_up.set_up(path, sight, request, person, console)
    assert result.outcome == "planned"
    rows = {f["path"]: f["why"] for f in result.files}
    assert rows["mail.ipynb"] == "ipykernel, which runs it"
    assert "\n    ipykernel" in "".join(result.plan)
    assert result.notices == ()
    bare = setting_up.set_up(
        path, sight, Request(folder, dry_run=True, kernel=False), person, console
    )
    assert "\n    ipykernel" not in "".join(bare.plan)
    assert "mail.ipynb" not in {f["path"] for f in bare.files}


def site_of(shell, prefix, *, offline=False):
    nobody = Machine("", "", 1, "")
    return Site(prefix.parent, "mail", prefix, nobody, shell, offline, as_of="2026-01-02T00:00:00Z")


def test_what_is_locked_gets_ipykernel_afterwards():
    """By the pip of the environment, else by uv; where neither is, it is said."""
    prefix = Path("/p")
    inside = {"/p/bin/python": "", "/p/lib/python3.12/site-packages/pip/__init__.py": ""}
    bare = {"/p/bin/python": "", "/p/lib/python3.12/site-packages/six.py": ""}
    shell = ScriptedShell(files=inside, environ={"PATH": ""})
    (step,) = kernel.bring(spec(), site_of(shell, prefix), prefix).steps
    assert step.argv[:5] == ("/p/bin/python", "-I", "-u", "-m", "pip")
    assert step.argv[-1] == "ipykernel"
    shell = ScriptedShell(files=bare, environ={"PATH": ""}, programs={"uv": "/usr/bin/uv"})
    (step,) = kernel.bring(spec(), site_of(shell, prefix, offline=True), prefix).steps
    assert step.argv[:5] == ("/usr/bin/uv", "pip", "install", "--python", "/p/bin/python")
    assert step.argv[-3:] == ("--exclude-newer", "2026-01-02T00:00:00Z", "ipykernel")
    assert dict(step.env)["UV_OFFLINE"] == "1"
    shell, console = ScriptedShell(files=bare), ScriptedConsole()
    handover.bring_kernel(spec(), site_of(shell, prefix), prefix, shell, console)
    assert "neither pip nor uv" in console.warned[0]
    there = {**bare, "/p/lib/python3.12/site-packages/ipykernel_launcher.py": ""}
    shell = ScriptedShell(files=there, programs={"uv": "/usr/bin/uv"})
    handover.bring_kernel(spec(), site_of(shell, prefix), prefix, shell, console)
    assert shell.done == []


# ------------------------------------------------------------------ name and place


@pytest.mark.parametrize(
    ("stem", "wanted"),
    [
        ("mail", "mail"),
        ("a-b", "a-b"),
        ("a b", r"a-b-[0-9a-f]{6}"),
        ("研究", r"notebook-[0-9a-f]{6}"),
        ("base", r"base-env-[0-9a-f]{6}"),
        ("..", r"notebook-[0-9a-f]{6}"),
        ("$(rm -rf x)", r"rm--rf-x-[0-9a-f]{6}"),
    ],
)
def test_the_environment_is_called_as_the_notebook(stem, wanted):
    found = setting_up.name_of(Path(f"/x/{stem}.ipynb"))
    assert re.fullmatch(wanted, found)
    assert found == setting_up.name_of(Path(f"/y/{stem}.ipynb"))


def test_a_dry_run_looks_ahead_at_files_that_are_not_written(folder, person):
    path = notebook(folder / "mail.ipynb", **{"requirements.txt": "tiny==1.0\n"})
    before = path.read_bytes()
    sight = showing.look(path, None, person)
    request = Request(folder, dry_run=True)
    result = setting_up.set_up(path, sight, request, person, ScriptedConsole())
    assert (result.outcome, result.exit_code) == ("planned", 0)
    assert result.environment.prefix == str(folder / ".venv-mail")
    assert "tiny==1.0" in "".join(result.plan)
    assert [p.name for p in folder.iterdir()] == ["mail.ipynb"]
    assert path.read_bytes() == before


def test_scripts_and_what_setup_py_carries_have_no_part_in_it(folder, person):
    files = {"requirements.txt": "tiny\n", "setup.sh": "exit 1\n", "files": {"postBuild": "x\n"}}
    path = notebook(folder / "mail.ipynb", **files)
    sight = unpacked(path, person)
    request = Request(
        folder.parent, embedded={"environment.yml": ("", "")}, embedded_needs={"a": 1}
    )
    wish = setting_up.wished(path, sight, request, person)
    assert wish.only == {"requirements.txt"}
    assert (wish.embedded, wish.embedded_needs, wish.root) == (None, None, folder)
    assert wish.agreed
    assert not wish.yes


def test_two_notebooks_of_one_folder_have_an_environment_each(folder, person):
    """And the second run of the first finds its own up to date, whatever came after it."""
    results = {}
    for name, version in (("one", "1.0"), ("two", "2.0"), ("one", "1.0")):
        text = f"tiny=={version}\n"
        path = notebook(folder / f"{name}.ipynb", "import tiny", **{"requirements.txt": text})
        sight = unpacked(path, person)
        console = ScriptedConsole()
        request = Request(folder, kernel=False)
        result = setting_up.set_up(path, sight, request, person, console)
        assert result.exit_code == 0, console.warned
        results.setdefault(name, []).append((result.outcome, result.environment.prefix))
        assert console.questions == []
    own = {name: str(folder / f".venv-{name}") for name in ("one", "two")}
    assert results == {
        "one": [("created", own["one"]), ("up-to-date", own["one"])],
        "two": [("created", own["two"])],
    }
    text = notebook(folder / "one.ipynb", "import tiny", **{"requirements.txt": "tiny==2.0\n"})
    sight = unpacked(text, person)
    result = setting_up.set_up(text, sight, Request(folder, kernel=False), person, console)
    assert (result.outcome, result.environment.prefix) == ("updated", own["one"])
    assert not (folder / ".envboot" / "environment.json").exists()
    assert naming.language(text, person) == "python"


def test_an_environment_of_a_notebook_is_named_to_run_in_it(folder, person):
    """No file of the folder is held against it: what it was made from is in the notebook."""
    path = notebook(folder / "mail.ipynb", "import tiny", **{"requirements.txt": "tiny==1.0\n"})
    wish, prefix = Request(folder, kernel=False), folder / ".venv-mail"
    setting_up.set_up(path, unpacked(path, person), wish, person, ScriptedConsole())
    (folder / "requirements.txt").write_text("tiny==3.0\n")
    assert survey.standing(wish, person) is None
    for deed in (
        lambda console: handover.run(None, ["python"], folder, person, console),
        lambda console: removal.remove(wish, None, person, console),
    ):
        with pytest.raises(NothingFound) as caught:
            deed(ScriptedConsole())
        assert f"`--prefix {prefix}`" in caught.value.hint
    named = replace(wish, prefix=prefix)
    assert survey.standing(named, person).changes == ()
    assert survey.locate(named, person).existing.changes  # `up` there would change it
    assert survey.of_notebooks(folder, person) == (prefix,)


def test_an_environment_of_a_notebook_beside_that_of_its_repository(folder, person):
    (folder / "requirements.txt").write_text("tiny==2.0\n")
    ours = Request(folder, yes=True, kernel=False)
    assert bootstrap.up(ours, person, ScriptedConsole()).outcome == "created"
    memory = survey.pointer(folder).read_text()
    path = notebook(folder / "mail.ipynb", "import tiny", **{"requirements.txt": "tiny==1.0\n"})
    sight = unpacked(path, person)
    setting_up.set_up(path, sight, Request(folder, kernel=False), person, ScriptedConsole())
    named = replace(ours, prefix=folder / ".venv-mail")
    removal.remove(named, survey.standing(named, person), person, ScriptedConsole())
    assert not named.prefix.exists()
    assert survey.pointer(folder).read_text() == memory


def test_an_environment_of_the_folder_that_fits_is_used(folder, person):
    path = notebook(folder / "mail.ipynb", "import tiny", **{"requirements.txt": "tiny==1.0\n"})
    sight = unpacked(path, person)
    own = setting_up.wished(path, sight, Request(folder, kernel=False), person)
    assert own.prefix == folder / ".venv-mail"
    done = bootstrap.up(Request(folder, yes=True, kernel=False), person, ScriptedConsole())
    assert done.outcome == "created"
    fits = setting_up.wished(path, sight, Request(folder, kernel=False), person)
    assert fits.prefix == folder / ".venv"
    (folder / "requirements.txt").write_text("tiny==2.0\n")
    again = setting_up.wished(path, unpacked(path, person), Request(folder), person)
    assert again.prefix == folder / ".venv-mail"  # with ipykernel it is another environment


def test_only_its_own_imports_are_proved(folder, person):
    (folder / "other.py").write_text("import nowhere_at_all\n")
    (folder / "helper.py").write_text("")
    (folder / "tests").mkdir()
    cells = ("import tiny", "import helper", "import missing_thing")
    path = notebook(folder / "test_mail.ipynb", *cells, **{"requirements.txt": "tiny==1.0\n"})
    sight = unpacked(path, person)
    result = setting_up.set_up(
        path, sight, Request(folder, kernel=False), person, ScriptedConsole()
    )
    assert result.outcome == "not-working"
    assert result.report["imported"] == ["tiny"]
    assert [f["module"] for f in result.report["failed"]] == ["missing_thing"]


# -------------------------------------------------------------------------- needs


def test_the_machine_that_it_asks_for_becomes_needs(folder, person):
    path = notebook(
        folder / "mail.ipynb",
        **{"requirements.txt": "tiny\n", "machine_configuration": {"memory": "900tb", "cpus": 1}},
    )
    sight = unpacked(path, person)
    console = ScriptedConsole()
    result = setting_up.set_up(path, sight, Request(folder, yes=True), person, console)
    assert result.outcome == "falls-short"
    assert result.exit_code == FallsShort.exit_code
    (short,) = result.shortfalls
    assert (short["need"], short["evidence"]) == ("memory", "mail.ipynb")
    assert not (folder / ".venv-mail").exists()
    asked = ScriptedConsole("stop")  # the yes to the plan was none to a machine that falls short
    result = setting_up.set_up(path, sight, Request(folder), person, asked)
    assert result.outcome == "falls-short"
    assert asked.questions == ["how do you want to go on?"]


def test_the_machine_of_a_first_draft_stands_with_its_cloud(folder, person):
    cloud = {"env_name": "google", "metadata": {"machine_configuration": {"memory": "900tb"}}}
    path = notebook(
        folder / "mail.ipynb", env_ver="0.1", cloud=cloud, **{"requirements.txt": "tiny\n"}
    )
    sight = unpacked(path, person)
    result = setting_up.set_up(path, sight, Request(folder, yes=True), person, ScriptedConsole())
    assert [short["need"] for short in result.shortfalls] == ["memory"]


def test_a_container_is_told_and_not_used(folder, person):
    path = notebook(folder / "mail.ipynb", container="ghcr.io/x/y", **{"requirements.txt": "\n"})
    console = ScriptedConsole()
    sight = unpacked(path, person)
    setting_up.set_up(path, sight, Request(folder, dry_run=True), person, console)
    assert any("ghcr.io/x/y" in row and "not used" in row for row in console.said)


# ------------------------------------------------------------------------- naming

OURS, THEIRS = "envboot-0123456789ab", "envboot-ba9876543210"


def read(path):
    return json.loads(path.read_bytes())["metadata"]


def test_the_kernel_before_is_kept_once(folder, person):
    path = notebook(folder / "mail.ipynb", "1")
    console = ScriptedConsole()
    naming.point(path, OURS, "mail (envboot)", person, console)
    first = path.read_bytes()
    assert read(path)["kernelspec"] == {
        "display_name": "mail (envboot)",
        "language": "python",
        "name": OURS,
    }
    assert read(path)["envboot"] == {"kernelspec": PYTHON3}
    naming.point(path, OURS, "mail (envboot)", person, console)
    assert path.read_bytes() == first
    naming.point(path, THEIRS, "mail (envboot)", person, console)
    assert read(path)["envboot"] == {"kernelspec": PYTHON3}
    assert read(path)["kernelspec"]["name"] == THEIRS
    assert console.warned == []


@pytest.mark.parametrize("metadata", [{}, {"kernelspec": None}, {"kernelspec": {"name": THEIRS}}])
def test_no_kernel_of_ours_is_kept(folder, person, metadata):
    path = notebook(folder / "mail.ipynb", "1", metadata=metadata)
    naming.point(path, OURS, "x", person, ScriptedConsole())
    assert "envboot" not in read(path)
    assert read(path)["kernelspec"]["name"] == OURS


class Busy(LocalShell):
    """Somebody saves the notebook while its kernel is named."""

    saved = 0

    def read(self, path, limit=1 << 26):
        data = super().read(path, limit)
        self.saved += 1
        return data if self.saved == 1 else data + b" "


def test_a_notebook_that_changes_meanwhile_is_not_overwritten(folder):
    path = notebook(folder / "mail.ipynb", "1")
    before, console = path.read_bytes(), ScriptedConsole()
    naming.point(path, OURS, "mail (envboot)", Busy(), console)
    assert path.read_bytes() == before
    assert "choose the kernel `mail (envboot)`" in console.warned[0]


def test_a_notebook_that_cannot_be_read_is_said(folder, person):
    console = ScriptedConsole()
    naming.point(folder / "gone.ipynb", OURS, "x", person, console)
    assert "cannot be read" in console.warned[0]


@pytest.mark.parametrize(
    ("metadata", "language", "wants"),
    [
        ({"kernelspec": PYTHON3}, "python", True),
        ({}, "", True),
        ({"kernelspec": {"name": "ir", "language": "R"}}, "r", False),
        ({"language_info": {"name": "julia"}}, "julia", False),
        ({"kernelspec": [], "language_info": 3}, "", True),
    ],
)
def test_another_language_keeps_its_kernel(folder, person, metadata, language, wants):
    path = notebook(folder / "m.ipynb", metadata=metadata, **{"requirements.txt": "tiny\n"})
    assert naming.language(path, person) == language
    wish = setting_up.wished(path, unpacked(path, person), Request(folder), person)
    assert wish.kernel is wants


# ---------------------------------------------------------------------- both doors


def enter(name, request, shell, console):
    words = argparse.Namespace(notebook=str(name), approve=None)
    return entering.enter(words, request, shell, console)


def test_up_takes_notebooks_alone(folder, person):
    with pytest.raises(UsageError, match="is no notebook"):
        enter("main.py", Request(folder), person, ScriptedConsole())
    with pytest.raises(NothingFound):
        enter(folder / "gone.ipynb", Request(folder), person, ScriptedConsole())


def test_a_notebook_that_carries_nothing_uses_its_repository(folder, person):
    (folder / "deep").mkdir()
    path = notebook(folder / "deep" / "plain.ipynb", "import tiny")
    console = ScriptedConsole()
    request = Request(folder.parent, dry_run=True)
    with pytest.raises(NothingFound, match="carries no environment") as caught:
        enter(path, request, person, console)
    assert "notebook pack" in caught.value.hint
    (folder / ".git").mkdir()
    with pytest.raises(NothingFound, match="carries no environment, and no dependency file in"):
        enter(path, request, person, console)
    (folder / "requirements.txt").write_text("tiny==1.0\n")
    result = enter(path, request, person, console)
    assert result.source == "requirements.txt"
    assert result.environment.prefix == str(folder / ".venv")
    assert f"plain.ipynb carries no environment: it uses that of {folder}" in console.said


def test_up_unpacks_a_notebook_that_carries_one(folder, person):
    path = notebook(folder / "mail.ipynb", "import tiny", **{"requirements.txt": "tiny==1.0\n"})
    found = enter(path, Request(folder.parent, dry_run=True), person, ScriptedConsole())
    assert (found.outcome, found.folder) == ("planned", str(folder))
    assert found.result["environment"]["prefix"] == str(folder / ".venv-mail")


# ------------------------------------------------------------- what executes them


def wish(**more):
    usual = {"output": None, "force": False, "cell_timeout": None, "to": None}
    usual |= {"notebook": "mail.ipynb", "allow_errors": False}
    return argparse.Namespace(**{**usual, **more})


def test_what_would_fail_after_the_yes_is_refused_before_it(folder, person):
    path = notebook(folder / "mail.ipynb", "1", **{"requirements.txt": "tiny\n"})
    (folder / "there.ipynb").write_text("mine")
    for more, request, error in (
        ({"output": folder / "there.ipynb"}, {}, "is there already"),
        ({"output": folder}, {}, "is a folder"),
        ({"output": folder / "no" / "x.ipynb"}, {}, "there is no folder"),
        ({"cell_timeout": 0}, {}, "takes seconds"),
        ({}, {"kernel": False}, "takes a kernel"),
        ({}, {"offline": True}, "was not fetched yet"),
    ):
        asked = wish(notebook=str(path), **more)
        console = ScriptedConsole()
        with pytest.raises((UsageError, FallsShort), match=error):
            running.run(asked, Request(folder, yes=True, **request), person, console)
        assert console.said == []
    assert (folder / "there.ipynb").read_text() == "mine"
    assert sorted(p.name for p in folder.iterdir()) == ["mail.ipynb", "there.ipynb"]


def test_a_notebook_of_another_language_is_not_executed(folder, person):
    told = {"kernelspec": {"name": "ir", "language": "R\x1b"}}
    path = notebook(folder / "m.ipynb", metadata=told, **{"requirements.txt": "tiny\n"})
    with pytest.raises(UsageError, match=r"is in r\\x1b; only Python's are executed"):
        running.run(wish(notebook=str(path)), Request(folder), person, ScriptedConsole())


def test_every_line_of_the_list_has_digests():
    text = Path(executor.__file__).with_name("nbclient.txt").read_text()
    blocks = [b for b in re.split(r"(?m)^(?=[\w#])", text) if b and b[0] != "#"]
    assert len(blocks) > 15
    digests = r"( \\\n    --hash=sha256:[0-9a-f]{64})+\n"
    for block in blocks:
        assert re.fullmatch(rf"[\w.-]+==[\w.]+( ; [^\\\n]+)?{digests}", block)
    assert {"nbclient", "nbformat", "pyzmq"} <= {b.partition("=")[0] for b in blocks}


def test_each_python_gets_one_version_of_each():
    from packaging.requirements import Requirement

    text = Path(executor.__file__).with_name("nbclient.txt").read_text()
    lines = [re.sub(r" \\$", "", row) for row in text.splitlines() if row[0].isalpha()]
    for minor in range(9, 15):
        there = {
            "python_version": f"3.{minor}",
            "python_full_version": f"3.{minor}.1",
            "sys_platform": "linux",
            "platform_python_implementation": "CPython",
            "implementation_name": "cpython",
        }
        asked = [Requirement(row) for row in lines]
        names = [r.name for r in asked if not r.marker or r.marker.evaluate(there)]
        assert len(names) == len(set(names))
        assert "nbclient" in names


def laid_down(shell, beside, *, python=True):
    """Lay a made-up nbclient where the real one would be."""
    where = executor.place(shell, beside)
    (where / "bin").mkdir(parents=True)
    (where / "lib").mkdir()
    (where / "lib" / "x.py").write_text("12345")
    (where / tools.MARK).write_text(json.dumps({"files": {"lib/x.py": 5}}))
    if python:
        python_of(where, shell).symlink_to(interpreters.running().path)
    return where


def test_it_is_there_whole_or_not_at_all(folder, person):
    beside = folder / ".envboot"
    assert executor.found(person, beside) is None
    where = laid_down(person, beside, python=False)
    assert executor.found(person, beside) is None  # its Python is gone
    python_of(where, person).symlink_to(interpreters.running().path)
    assert executor.found(person, beside) == python_of(where, person)
    assert executor.why_not(person, beside, offline=True) is None
    assert executor.bring(person, ScriptedConsole(), beside, offline=True)
    (where / "lib" / "x.py").write_text("1")
    assert executor.found(person, beside) is None
    assert "takes the network" in executor.why_not(person, beside, offline=True)
    assert executor.why_not(person, beside, offline=False) is None


def test_what_a_folder_brought_along_is_never_taken_for_it(folder):
    homeless = ScriptedShell(disk=True, environ={})
    beside = folder / ".envboot"
    laid_down(homeless, beside)
    assert executor.place(homeless, beside).is_relative_to(beside)
    assert executor.found(homeless, beside) is None


def test_what_a_kernel_says_is_made_plain():
    text = running._plain("\x1b[31mValue\x1b[39mError\x1b]0;title\x07: \u202egone\nand")
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "\n" not in text
    assert text.startswith("ValueError")
