"""``notebook diff``: against the files here, and against what is installed."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from pages import text_of

from envboot import cli
from envboot import notebook as notebooks
from envboot.errors import EnvbootError, UsageError
from envboot.notebook import kernels
from envboot.request import Request
from envboot.result import to_json
from envboot.shell.local import LocalShell
from envboot.testing import ScriptedConsole, ScriptedShell

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA = json.loads(text_of("docs/reference/notebook.schema.json"))
PLAIN = {"env_ver": "0.2", "requirements.txt": "six==1.16.0\nattrs>=21\n"}


def write(path: Path, carried: object = None, *cells: str, **metadata: Any) -> Path:
    there = metadata if carried is None else {"environment": carried, **metadata}
    rows = [
        {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [], "source": c}
        for c in cells
    ]
    found = {"cells": rows, "metadata": there, "nbformat": 4, "nbformat_minor": 4}
    path.write_text(json.dumps(found, indent=1), encoding="utf-8")
    return path


def environment(prefix: Path, *packages: str, python: str = "3.11.7") -> Path:
    """Write a virtual environment as files alone; return its interpreter, which nobody can run."""
    minor = ".".join(python.split(".")[:2])
    site = prefix / "lib" / f"python{minor}" / "site-packages"
    site.mkdir(parents=True)
    (prefix / "pyvenv.cfg").write_text(f"home = /usr/bin\nversion = {python}\n")
    (prefix / "bin").mkdir()
    program = prefix / "bin" / "python"
    program.write_text("")
    for package in packages:
        name, _, version = package.partition("==")
        info = site / f"{name}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    return program


def ask(notebook: Path, *words: str, shell: Any = None, **environ: str):
    """Run it as the command line does; return what came of it, what was shown, and the warnings."""
    options = cli.parser("envboot").parse_args(["notebook", "diff", str(notebook), *words])
    console = ScriptedConsole()
    home = {"HOME": str(notebook.parent / "home"), "PATH": ""}
    shell = shell or ScriptedShell(disk=True, environ={**home, **environ})
    found = notebooks.notebook(options, Request(notebook.parent), shell, console)
    assert shell.done == []  # it only looks
    jsonschema = pytest.importorskip("jsonschema")
    part = {**SCHEMA, "anyOf": [{"$ref": "#/$defs/differing"}]}
    jsonschema.validate(json.loads(to_json(found)), part)
    return found, "\n".join(console.shown), "\n".join(console.warned)


def states(rows: tuple[dict[str, Any], ...], key: str = "path") -> dict[str, str]:
    return {row[key]: row["state"] for row in rows}


# ------------------------------------------------------------------ the files here


def test_nothing_differs(tmp_path):
    notebook = write(tmp_path / "tour.ipynb", PLAIN)
    (tmp_path / "requirements.txt").write_text(PLAIN["requirements.txt"])
    found, text, _ = ask(notebook, "--no-live")
    assert (found.outcome, found.exit_code) == ("same", 0)
    assert states(found.files) == {"requirements.txt": "same"}
    assert text == "requirements.txt: the same"
    assert (found.packages, found.live) == ((), "")


def test_each_file_is_compared_and_its_key_is_said(tmp_path):
    carried = {
        **PLAIN,
        "environment.yaml": "dependencies:\n  - six\n",
        "sources": {"environment.yaml": "environment.yml"},
        "setup.sh": "true\n",
        "files": {"apt.txt": "vim\n", "runtime.txt": "python-3.11\n"},
    }
    notebook = write(tmp_path / "tour.ipynb", carried)
    (tmp_path / "requirements.txt").write_text("six==1.17.0\nattrs>=21\n")
    (tmp_path / "environment.yml").write_text("dependencies:\n  - six\n")
    (tmp_path / "apt.txt").write_text("nano\n")
    (tmp_path / "postBuild").write_text("true\n")
    found, text, _ = ask(notebook, "--no-live")
    assert (found.outcome, found.exit_code) == ("differs", 4)
    assert states(found.files) == {
        "requirements.txt": "differs",
        "environment.yml": "same",
        "setup.sh": "only-there",
        "apt.txt": "differs",
        "runtime.txt": "only-there",
        "postBuild": "only-here",
    }
    keys = {row["path"]: row["key"] for row in found.files}
    assert keys["environment.yml"] == "environment.yaml"
    assert keys["apt.txt"] == "files/apt.txt"
    assert keys["setup.sh"] == "setup.sh"
    assert keys["postBuild"] == "files/postBuild"
    assert (
        "--- requirements.txt in tour.ipynb\n+++ requirements.txt here\n@@ -1,2 +1,2 @@\n"
        "-six==1.16.0\n+six==1.17.0\n attrs>=21" in text
    )
    assert "apt.txt (key files/apt.txt): differs" in text
    assert "postBuild (key files/postBuild): only here" in text


def test_line_ends_are_no_difference(tmp_path):
    notebook = write(tmp_path / "tour.ipynb", PLAIN)
    (tmp_path / "requirements.txt").write_bytes(b"six==1.16.0\r\nattrs>=21\r\n")
    assert ask(notebook, "--no-live")[0].outcome == "same"


def test_the_declared_files_above_it_count(tmp_path):
    (tmp_path / ".git").mkdir()
    (tmp_path / "requirements.txt").write_text(PLAIN["requirements.txt"])
    place = tmp_path / "notebooks"
    place.mkdir()
    notebook = write(place / "tour.ipynb", PLAIN)
    options = cli.parser("envboot").parse_args(["notebook", "diff", str(notebook), "--no-live"])
    shell = ScriptedShell(disk=True, environ={"HOME": str(tmp_path), "PATH": ""})
    found = notebooks.notebook(options, Request(tmp_path), shell, ScriptedConsole())
    assert (found.outcome, found.folder) == ("same", str(tmp_path))


def test_a_mailed_notebook_has_all_of_it_only_there(tmp_path):
    found, text, _ = ask(write(tmp_path / "tour.ipynb", PLAIN), "--no-live")
    assert (found.outcome, found.exit_code) == ("differs", 4)
    assert text == "requirements.txt: only in the notebook"


def test_what_was_inferred_is_compared_with_its_imports(tmp_path, environ):
    shell = LocalShell(environ)
    notebook = write(tmp_path / "tour.ipynb", None, "import six\n")
    words = ["notebook", "pack", str(notebook), "--no-live", "--yes"]
    options = cli.parser("envboot").parse_args(words)
    notebooks.notebook(options, Request(tmp_path, yes=True), shell, ScriptedConsole())
    found, _, warned = ask(notebook, "--no-live")
    assert found.outcome == "same"
    assert "its own imports count" in warned
    there = json.loads(notebook.read_text())
    write(notebook, there["metadata"]["environment"], "import six, attr\n")
    found, text, _ = ask(notebook, "--no-live")
    assert found.outcome == "differs"
    assert "+attrs" in text


def test_a_notebook_that_carries_nothing_ends_with_3(tmp_path):
    found, text, warned = ask(write(tmp_path / "plain.ipynb"), "--no-live")
    assert (found.outcome, found.exit_code, text) == ("nothing", 3, "")
    assert "carries no environment" in warned


def test_nothing_that_a_terminal_obeys_gets_out(tmp_path):
    carried = {**PLAIN, "requirements.txt": "six==1.0 # caf\u00e9 \u3164x\n"}
    notebook = write(tmp_path / "tour.ipynb", carried)
    (tmp_path / "requirements.txt").write_text("six==2 # \x1b[2J\u202egnp\n")
    program = environment(tmp_path / "live", "six==1.0")
    try:
        found, text, warned = ask(notebook, "--python", str(program))
    except EnvbootError as error:
        text, warned, shown = str(error), "", ""
    else:
        shown = to_json(found)
    assert not [c for c in text + warned + shown if c in "\x1b\u202e"]


# ------------------------------------------------------------------ what is installed


def test_what_is_installed_is_compared_line_by_line(tmp_path):
    lines = (
        "six==1.16.0\nattrs>=21\nnumpy>=2 ; python_version < '3.9'\n"
        "torch==2.6.0\nabsent\nRuamel_yaml~=0.18.0\npip\n"
    )
    notebook = write(tmp_path / "tour.ipynb", {**PLAIN, "requirements.txt": lines})
    program = environment(
        *(tmp_path / "live", "six==1.17.0", "attrs==23.1"),
        *("torch==2.6.0+cu124", "ruamel.yaml==0.18.6"),
    )
    found, text, _ = ask(notebook, "--python", str(program))
    assert states(found.packages, "name") == {
        "six": "differs",
        "attrs": "same",
        "torch": "same",
        "absent": "missing",
        "ruamel-yaml": "same",
    }
    assert found.live == str(tmp_path / "live")
    assert "installed in" in text
    assert "six" in text.partition("installed in")[2]
    row = next(r for r in found.packages if r["name"] == "six")
    assert (row["wanted"], row["found"], row["ecosystem"]) == ("six==1.16.0", "1.17.0", "pypi")


def test_all_that_is_asked_for_is_there(tmp_path):
    notebook = write(tmp_path / "tour.ipynb", PLAIN)
    (tmp_path / "requirements.txt").write_text(PLAIN["requirements.txt"])
    program = environment(tmp_path / "live", "six==1.16.0", "attrs==21.0")
    found, _, _ = ask(notebook, "--python", str(program))
    assert (found.outcome, found.exit_code) == ("same", 0)


def test_a_difference_of_packages_alone_is_a_difference(tmp_path):
    notebook = write(tmp_path / "tour.ipynb", PLAIN)
    (tmp_path / "requirements.txt").write_text(PLAIN["requirements.txt"])
    program = environment(tmp_path / "live", "six==1.16.0")
    found, _, _ = ask(notebook, "--python", str(program))
    assert (found.outcome, found.exit_code) == ("differs", 4)
    assert states(found.files) == {"requirements.txt": "same"}


def test_the_python_counts_too(tmp_path):
    carried = {**PLAIN, "files": {"runtime.txt": "python-3.12\n"}}
    notebook = write(tmp_path / "tour.ipynb", carried)
    program = environment(tmp_path / "live", "six==1.16.0", "attrs==21.0")
    found, _, _ = ask(notebook, "--python", str(program))
    assert states(found.packages, "name")["python"] == "differs"


def conda(prefix: Path, *records: tuple[str, str]) -> Path:
    """Write a conda environment as files alone."""
    meta = prefix / "conda-meta"
    meta.mkdir(parents=True)
    (meta / "history").write_text("")
    for name, version in records:
        record = {"name": name, "version": version, "build": "0", "channel": "conda-forge"}
        (meta / f"{name}-{version}-0.json").write_text(json.dumps({**record, "files": []}))
    (prefix / "bin").mkdir()
    (prefix / "bin" / "python").write_text("")
    return prefix / "bin" / "python"


YML = "dependencies:\n  - python=3.11\n  - pytorch=2.6\n  - libpng>=1.6,<1.7\n  - zlib=1.2.*\n"


def test_conda_specs_are_compared_with_conda_packages(tmp_path):
    notebook = write(tmp_path / "tour.ipynb", {"env_ver": "0.1", "environment.yaml": YML})
    program = conda(
        tmp_path / "live", ("python", "3.11.7"), ("pytorch", "2.6.0"), ("libpng", "1.7.1")
    )
    found, _, _ = ask(notebook, "--python", str(program))
    rows = {row["name"]: row for row in found.packages}
    assert {n: r["state"] for n, r in rows.items()} == {
        "python": "same",
        "pytorch": "same",
        "libpng": "differs",
        "zlib": "missing",
    }
    assert rows["libpng"]["ecosystem"] == "conda"


def test_conda_specs_find_what_pip_installed(tmp_path):
    notebook = write(tmp_path / "tour.ipynb", {"env_ver": "0.1", "environment.yaml": YML})
    program = environment(tmp_path / "live", "torch==2.5.0")
    found, _, _ = ask(notebook, "--python", str(program))
    rows = {row["name"]: row for row in found.packages}
    assert (rows["pytorch"]["state"], rows["pytorch"]["found"]) == ("differs", "2.5.0")


def test_files_beside_it_that_it_does_not_carry_do_not_count(tmp_path):
    notebook = write(tmp_path / "tour.ipynb", PLAIN)
    (tmp_path / "environment.yml").write_text("dependencies:\n  - gdal\n")
    program = environment(tmp_path / "live", "six==1.16.0", "attrs==21.0")
    found, _, _ = ask(notebook, "--python", str(program))
    assert states(found.packages, "name") == {"six": "same", "attrs": "same"}


def test_what_cannot_be_compared_is_said(tmp_path):
    carried = {"env_ver": "0.2", "files": {"apt.txt": "vim\n"}}
    notebook = write(tmp_path / "tour.ipynb", carried)
    program = environment(tmp_path / "live")
    found, text, warned = ask(notebook, "--python", str(program))
    assert found.packages == ()
    assert "the packages were not compared" in warned
    assert "not compared" in text


@pytest.mark.parametrize(
    "lines", ["-r gone.txt\n", "six==\n", "\x00", "-e .\n", "six @ https://x.example/six.whl\n"]
)
def test_lines_of_any_kind_are_no_traceback(tmp_path, lines):
    carried = {**PLAIN, "requirements.txt": lines}
    notebook = write(tmp_path / "tour.ipynb", carried)
    program = environment(tmp_path / "live", "six==1.0")
    try:
        code = ask(notebook, "--python", str(program))[0].exit_code
    except EnvbootError as error:
        code = error.exit_code
    assert code == 4


# ------------------------------------------------------------------ which environment


def kernel(folder: Path, name: str, *argv: str) -> None:
    place = folder / "kernels" / name
    place.mkdir(parents=True)
    spec = {"argv": [*argv, "-m", "ipykernel_launcher"], "language": "python"}
    (place / "kernel.json").write_text(json.dumps(spec))


SPEC = {"kernelspec": {"name": "spots", "display_name": "Spots", "language": "python"}}


def test_the_environment_is_that_of_the_notebooks_kernel(tmp_path):
    program = environment(tmp_path / "own", "six==1.16.0")
    active = environment(tmp_path / "active", "six==9")
    kernel(tmp_path / "data", "spots", str(program))
    notebook = write(tmp_path / "tour.ipynb", PLAIN, **SPEC)
    environ = {"JUPYTER_DATA_DIR": str(tmp_path / "data")}
    found, _, warned = ask(notebook, VIRTUAL_ENV=str(active.parent.parent), **environ)
    assert found.live == str(tmp_path / "own")
    assert warned == ""
    named, _, _ = ask(notebook, "--python", str(active), **environ)
    assert named.live == str(tmp_path / "active")


def test_without_its_kernel_the_active_one_is_taken_and_that_is_said(tmp_path):
    active = environment(tmp_path / "active", "six==9")
    notebook = write(tmp_path / "tour.ipynb", PLAIN, **SPEC)
    found, _, warned = ask(notebook, VIRTUAL_ENV=str(active.parent.parent))
    assert found.live == str(tmp_path / "active")
    assert "no kernel `spots` is registered here" in warned


def test_with_no_environment_at_all_the_files_are_compared(tmp_path):
    notebook = write(tmp_path / "tour.ipynb", PLAIN)
    found, _, warned = ask(notebook)
    assert (found.live, found.packages) == ("", ())
    assert "activate one, or name it with `--python`" in warned


def test_a_python_that_is_not_there_is_an_error(tmp_path):
    notebook = write(tmp_path / "tour.ipynb", PLAIN)
    with pytest.raises(UsageError, match="there is no Python at"):
        ask(notebook, "--python", str(tmp_path / "gone"))


def scripted(*folders: tuple[str, dict[str, Any]], **more: Any) -> ScriptedShell:
    files = {path: json.dumps(spec) for path, spec in folders}
    environ = {"HOME": "/home/ann", **more.pop("environ", {})}
    return ScriptedShell(files={**files, **more.pop("files", {})}, environ=environ, **more)


OWN = "/home/ann/.local/share/jupyter/kernels/spots/kernel.json"


def test_the_folders_of_jupyter_are_searched_in_its_own_order():
    said = {"argv": ["/a/bin/python"]}
    files = {f"/{n}/bin/python": "" for n in "abc"}
    path = "/opt/share/kernels/spots/kernel.json"
    shell = scripted((path, said), files=files, environ={"JUPYTER_PATH": "/opt/share:/x"})
    assert kernels.interpreter(SPEC, shell) == ("/a/bin/python", "")
    inside = ("/c/share/jupyter/kernels/spots/kernel.json", {"argv": ["python"]})
    for more in ({"environ": {"CONDA_PREFIX": "/c"}}, {"programs": {"jupyter": "/c/bin/jupyter"}}):
        assert kernels.interpreter(SPEC, scripted(inside, files=files, **more))[0] == (
            "/c/bin/python"
        )
    both = scripted((OWN, said), inside, files=files, environ={"CONDA_PREFIX": "/c"})
    assert kernels.interpreter(SPEC, both)[0] == "/a/bin/python"


def test_a_folder_that_depends_on_where_one_stands_is_not_searched():
    said = {"argv": ["/a/bin/python"]}
    names = ("share/kernels/spots/kernel.json", "v/share/jupyter/kernels/spots/kernel.json")
    files = {"/a/bin/python": ""}
    environ = {"JUPYTER_PATH": "share", "VIRTUAL_ENV": "v"}
    shell = scripted(*((name, said) for name in names), files=files, environ=environ)
    assert kernels.interpreter(SPEC, shell)[0] == ""


@pytest.mark.parametrize(
    "spec",
    [
        {"argv": ["/usr/bin/docker", "run"]},
        {"argv": ["/gone/bin/python"]},
        {"argv": ["python"]},
        {"argv": []},
        {"argv": "python"},
        {"argv": [7]},
        {"argv": ["/a/bin/py\0thon"]},
        {},
        [],
    ],
    ids=str,
)
def test_a_kernelspec_that_starts_no_known_python_is_said(spec):
    shell = scripted((OWN, spec), files={"/usr/bin/docker": ""})
    assert kernels.interpreter(SPEC, shell) == (
        "",
        "the kernel `spots` does not say which Python it is",
    )


@pytest.mark.parametrize("name", ["../../x", "", "a/b", "a\\b", "..", "-x", 7, None, "x" * 200])
def test_a_name_of_a_strangers_is_no_path(name):
    metadata = {"kernelspec": {"name": name}}
    shell = scripted(("/home/ann/.local/share/x/kernel.json", {"argv": ["/a/bin/python"]}))
    assert kernels.interpreter(metadata, shell) == ("", "")


@pytest.mark.parametrize("metadata", [{}, {"kernelspec": []}, {"kernelspec": None}])
def test_a_notebook_without_a_kernel_has_none(metadata):
    assert kernels.interpreter(metadata, scripted()) == ("", "")


def test_a_kernelspec_that_is_no_json_is_said():
    shell = ScriptedShell(files={OWN: "{" * 100_000}, environ={"HOME": "/home/ann"})
    assert kernels.interpreter(SPEC, shell)[1]


def test_the_command_line_ends_with_4_where_something_differs(tmp_path, child_environ):
    notebook = write(tmp_path / "tour.ipynb", PLAIN)
    argv = [sys.executable, "-m", "envboot", "notebook", "diff", "--json", "--no-live"]
    done = subprocess.run(
        [*argv, notebook.name],
        env=child_environ,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 4
    assert json.loads(done.stdout)["outcome"] == "differs"
