"""Files on request: what they say, whose they are, that they are renewed and taken out again."""

from __future__ import annotations

import json
import re
import subprocess

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from envboot.errors import InvalidFile, UsageError
from envboot.formats import devcontainer_json
from envboot.formats.parts import json_splice, json_text
from envboot.package import companions
from envboot.package.companions import images, install, signature
from envboot.shell.local import LocalShell
from envboot.spec import Origin
from tests.devcontainer_schema import SCHEMA
from tests.dockerfile_lint import instructions, lint, stages
from tests.pictures import picture

SHELL = LocalShell({})
DEVCONTAINER = ".devcontainer/devcontainer.json"
NOTEBOOK = '{"cells": [], "metadata": {}, "nbformat": 4}'
UVICORN = ("python", "-m", "uvicorn")
STREAMLIT = ("python", "-m", "streamlit", "run")
ALL = ("devcontainer", "dockerfile", "install")


@pytest.fixture
def root(tmp_path):
    root = tmp_path / "tide tables"
    root.mkdir()
    return root


def put(root, files):
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())


def draft(kinds, seen):
    return {c.path: c for c in companions.draft(kinds, seen, SHELL)}


def carry_out(root, changes):
    for change in changes:
        path = root / change.path
        if change.after is None:
            SHELL.remove(path)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(change.after)


def tree(root):
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in root.rglob("*") if p.is_file()}


def dockerfile(seen):
    text = draft(("dockerfile",), seen)["Dockerfile"].after.decode()
    assert lint(text) == []
    return text


def starts(text):
    word, rest = instructions(text)[-1]
    assert word in {"CMD", "ENTRYPOINT"}
    return json.loads(rest)


def exposed(text):
    return [int(rest) for word, rest in instructions(text) if word == "EXPOSE"]


def read_json(data):
    return json_text.loads(json_text.without_comments(data.decode()), Origin("x"))


# ------------------------------------------------------------------------ the family


def test_a_kind_that_does_not_exist_is_named_with_those_that_do(root):
    with pytest.raises(UsageError, match="no `--with docker`") as caught:
        companions.draft(("docker",), picture(root), SHELL)
    assert "devcontainer, dockerfile, install, readme" in caught.value.hint


def test_nothing_is_drafted_that_nobody_asked_for(root):
    assert draft((), picture(root, "numpy")) == {}
    assert draft(("readme",), picture(root, "numpy")) == {}, "the README is drafted elsewhere"


def test_twice_changes_nothing_and_the_order_of_kinds_does_not_count(root):
    put(root, {"notes/a.ipynb": "{}", "apt.txt": "libgl1\n"})
    seen = picture(root, "numpy~=2.0", wants={"memory": "16 GB"})
    first = draft(ALL, seen)
    assert set(first) == {
        DEVCONTAINER,
        "Dockerfile",
        ".dockerignore",
        "install.sh",
        "install.ps1",
    }
    assert all(c.ours and c.before is None for c in first.values())
    assert first["install.sh"].executable
    carry_out(root, first.values())
    assert draft(ALL[::-1], picture(root, "numpy~=2.0", wants={"memory": "16 GB"})) == {
        path: companions.Change(path, c.after, c.after, executable=c.executable)
        for path, c in first.items()
    }


def test_files_of_ours_are_renewed_without_being_asked_for_again(root):
    carry_out(root, draft(ALL, picture(root, "numpy", wants={"cpus": 2})).values())
    again = draft((), picture(root, "numpy", wants={"cpus": 4}, python="3.12"))
    assert all(c.ours for c in again.values())
    assert {p for p, c in again.items() if c.before != c.after} == {
        DEVCONTAINER,
        "Dockerfile",
        "install.sh",
        "install.ps1",
    }
    assert read_json(again[DEVCONTAINER].after)["hostRequirements"] == {"cpus": 4}


def test_a_file_that_was_changed_by_hand_is_the_persons(root):
    seen = picture(root, "numpy")
    carry_out(root, draft(ALL, seen).values())
    for name in ("Dockerfile", "install.sh", "install.ps1", DEVCONTAINER):
        path = root / name
        path.write_bytes(path.read_bytes().replace(b"3.11", b"3.13"))
    before = tree(root)
    other = picture(root, "numpy", python="3.12")
    assert {p for p, c in draft((), other).items() if c.before != c.after} == set()
    asked = draft(ALL, other)
    for name in ("Dockerfile", "install.sh", "install.ps1"):
        assert not asked[name].ours
        assert asked[name].before == before[name]
    gone = {c.path for c in companions.removals(root, SHELL)}
    assert gone == {".dockerignore"}, "what a person changed stays"


def test_what_a_person_wrote_is_shown_and_asked_for(root):
    put(root, {"Dockerfile": "FROM scratch\n", "install.sh": "#!/bin/sh\n"})
    found = draft(("dockerfile", "install"), picture(root, "numpy"))
    assert found["Dockerfile"].before == b"FROM scratch\n"
    assert not found["Dockerfile"].ours
    assert not found["install.sh"].ours
    assert found["install.ps1"].ours
    assert draft(("devcontainer",), picture(root, "numpy")).keys() == {DEVCONTAINER}


def test_line_ends_that_git_changed_are_no_change(root):
    seen = picture(root, "numpy")
    changes = draft(ALL, seen)
    carry_out(root, changes.values())
    for name in changes:
        path = root / name
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert all(c.before == c.after and c.ours for c in draft(ALL, seen).values())
    assert len(companions.removals(root, SHELL)) == len(changes)


def test_removal_leaves_nothing_and_takes_nothing_else(root):
    put(root, {".dockerignore": "/data\n", "Dockerfile.mine": "FROM x\n", "apt.txt": "libgl1\n"})
    before = tree(root)
    carry_out(root, draft(ALL, picture(root, "numpy")).values())
    assert tree(root) != before
    carry_out(root, companions.removals(root, SHELL))
    assert tree(root) == before
    assert not (root / ".devcontainer").exists()
    assert companions.removals(root, SHELL) == ()


def test_removal_leaves_what_else_is_in_the_folder(root):
    put(root, {".devcontainer/mine.sh": "x"})
    carry_out(root, draft(("devcontainer",), picture(root)).values())
    (removal,) = companions.removals(root, SHELL)
    assert removal.path == DEVCONTAINER
    carry_out(root, [removal])
    assert tree(root) == {".devcontainer/mine.sh": b"x"}


@given(text=st.text(max_size=80), mark=st.sampled_from(["#", "//"]))
def test_a_signature_holds_until_a_character_changes(text, mark):
    text = text.replace("\r", "").encode("utf-8", "replace").decode() + "\n"
    signed = signature.sign(text, mark)
    assert signature.is_ours(signed)
    assert signature.is_ours(signed.replace(b"\n", b"\r\n"))
    assert not signature.is_ours(signed + b"x")
    assert not signature.is_ours(text.encode())


# --------------------------------------------------------------------- devcontainer


def test_a_devcontainer_says_what_is_needed_and_sets_it_up(root):
    put(root, {"a.ipynb": NOTEBOOK})
    wants = {"cpus": 4, "memory": "16 GB", "disk": "20 GiB", "gpu": 1, "gpu_memory": "24 GB"}
    seen = picture(root, "numpy", wants=wants, name="tïdes")
    data = draft(("devcontainer",), seen)[DEVCONTAINER].after
    found = read_json(data)
    jsonschema.validate(found, SCHEMA)
    assert found["name"] == "tïdes"
    assert found["image"] == "mcr.microsoft.com/devcontainers/python:3.11-bookworm"
    assert found["postCreateCommand"] == "python3 setup.py --yes"
    assert found["hostRequirements"] == {
        "cpus": 4,
        "memory": "16gb",
        "storage": "20gb",
        "gpu": {"memory": "24gb"},
    }
    code = found["customizations"]["vscode"]
    assert code["extensions"] == ["ms-python.python", "ms-toolsai.jupyter"]
    assert b"// declared: 16 GB (pyproject.toml:4)" in data
    back = devcontainer_json.parse(data.decode(), Origin(DEVCONTAINER)).needs
    assert {n.key: n.value for n in back}["memory"] == 16 * 10**9


@pytest.mark.parametrize(
    ("wants", "host"),
    [
        ({}, None),
        ({"gpu": "optional"}, {"gpu": "optional"}),
        ({"gpu": False}, None),
        ({"gpu": 2}, {"gpu": True}),
        ({"memory": "512 MiB"}, {"memory": "512mb"}),
        ({"memory": "6.2 GiB"}, {"memory": "7gb"}),
        ({"recommended": {"memory": "64 GB", "gpu": 1}}, None),
        ({"os": "linux", "cuda": "12.1"}, None),
    ],
)
def test_hardware_as_the_schema_wants_it(root, wants, host):
    found = read_json(draft(("devcontainer",), picture(root, wants=wants))[DEVCONTAINER].after)
    jsonschema.validate(found, SCHEMA)
    assert found.get("hostRequirements") == host


def test_needs_that_the_file_itself_holds_are_not_kept_for_ever(root):
    carry_out(root, draft(ALL, picture(root, wants={"cpus": 4})).values())
    text = (root / DEVCONTAINER).read_text()
    seen = picture(root)
    needs = devcontainer_json.parse(text, Origin(DEVCONTAINER)).needs
    assert needs
    seen = companions.Picture(root, "tides", "3.11", seen.derived, seen.scan, needs)
    assert "hostRequirements" not in read_json(draft((), seen)[DEVCONTAINER].after)


def test_a_conda_environment_gets_a_container_with_conda(root):
    seen = picture(root, "numpy", conda=["python=3.11", "numpy=2"], name="my env")
    found = read_json(draft(("devcontainer",), seen)[DEVCONTAINER].after)
    assert found["image"].startswith("condaforge/miniforge3:")
    settings = found["customizations"]["vscode"]["settings"]
    assert settings == {"python.defaultInterpreterPath": "/opt/conda/envs/my-env/bin/python"}


PERSONS = b"""\
// ours since 2021
{
\t"name": "x", /* keep */
\t"build": {"dockerfile": "Dockerfile"},
\t"hostRequirements": {"cpus": 8},
\t"customizations": {
\t\t"vscode": {
\t\t\t"extensions": ["a.b",],
\t\t},
\t}, // the end
}
"""


def test_a_persons_file_keeps_every_byte_and_gets_what_it_lacks(root):
    put(root, {DEVCONTAINER: PERSONS})
    seen = picture(root, wants={"cpus": 2, "memory": "8 GB"})
    change = draft(("devcontainer",), seen)[DEVCONTAINER]
    assert not change.ours
    rows = change.after.decode().split("\n")
    rest = iter(rows)
    assert all(row in rest for row in PERSONS.decode().split("\n") if "hostReq" not in row)
    found = read_json(change.after)
    assert found["hostRequirements"] == {"memory": "8gb", "cpus": 8}
    assert found["postCreateCommand"] == "python3 setup.py --yes"
    assert "image" not in found, "it is built from a Dockerfile"
    vscode = found["customizations"]["vscode"]
    assert vscode["extensions"] == ["a.b"]
    assert vscode["settings"]
    assert '\t"postCreateCommand"' in change.after.decode(), "in the person's own indentation"
    carry_out(root, [change])
    again = draft((), seen)[DEVCONTAINER]
    assert again.ours
    assert again.before == again.after
    renewed = draft((), picture(root, wants={"memory": "9 GB"}))[DEVCONTAINER]
    assert read_json(renewed.after)["hostRequirements"] == {"memory": "9gb", "cpus": 8}
    (removal,) = companions.removals(root, SHELL)
    assert removal.after == PERSONS


def test_where_conda_lies_in_a_persons_image_is_not_guessed(root):
    put(root, {DEVCONTAINER: '{"image": "x:1"}'})
    conda = picture(root, "numpy", conda=["python=3.11", "numpy=2"])
    found = read_json(draft(("devcontainer",), conda)[DEVCONTAINER].after)
    assert found["customizations"]["vscode"] == {"extensions": ["ms-python.python"]}
    found = read_json(draft(("devcontainer",), picture(root, "numpy"))[DEVCONTAINER].after)
    assert "/.venv/bin/python" in str(found["customizations"])


def test_a_file_with_all_of_it_is_left_alone(root):
    whole = draft(("devcontainer",), picture(root))[DEVCONTAINER].after
    mine = whole.partition(b"\n")[2]  # without the signature
    put(root, {".devcontainer.json": mine})
    change = draft(("devcontainer",), picture(root))[".devcontainer.json"]
    assert change.before == change.after == mine


@pytest.mark.parametrize(
    "text", [b"{", b"[]", b"\xff\xfe", b"", b'{"a": 1, // >\n', b"{/* >>> envboot >>> */}"]
)
def test_a_broken_file_is_an_error_only_where_it_has_to_be_changed(root, text):
    put(root, {DEVCONTAINER: text})
    if b">>>" not in text:
        assert draft((), picture(root)) == {}
    with pytest.raises(InvalidFile, match=r"devcontainer\.json"):
        draft(("devcontainer",), picture(root))


_scalars = st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=6)
_names = st.sampled_from(["a", "b", "c", 'q"', "é"]) | st.text(max_size=4)
_json = st.recursive(
    _scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_names, inner, max_size=3),
    max_leaves=12,
)
_objects = st.dictionaries(_names, _json, max_size=4)


def merged(there, wanted):
    out = dict(there)
    for key, value in wanted.items():
        if key not in out:
            out[key] = value
        elif isinstance(out[key], dict) and isinstance(value, dict):
            out[key] = merged(out[key], value)
    return out


@given(
    there=_objects,
    wanted=_objects,
    indent=st.sampled_from([None, 0, 2, "\t"]),
    decorate=st.lists(st.sampled_from(["plain", "comma", "line", "block", "crlf"]), max_size=3),
)
def test_keys_are_put_in_and_taken_out_byte_for_byte(there, wanted, indent, decorate):
    text = json.dumps(there, indent=indent, ensure_ascii=False)
    if "comma" in decorate and there:
        text = text[:-1] + ",}"
    if "line" in decorate:
        text = "// head\n" + text + "\n// tail"
    if "block" in decorate:
        text = text.replace("{", "{/* , } */", 1) if text.startswith("{") else text
    if "crlf" in decorate:
        text = text.replace("\n", "\r\n")
    notes = {"a": "why", "b.c": "because"}
    after = json_splice.add(text, wanted, Origin("x"), notes)
    found = json_text.loads(json_text.without_comments(after), Origin("x"))
    assert found == merged(there, wanted)
    assert json_splice.strip(after) == text
    assert json_splice.add(json_splice.strip(after), wanted, Origin("x"), notes) == after
    if "crlf" in decorate and "\r\n" in text:
        assert "\n" not in after.replace("\r\n", "")


@given(value=_json)
def test_what_is_rendered_is_read_back(value):
    text = json_splice.render(value, {"a": "x"})
    assert json.loads(json_text.without_comments(text)) == value


# ------------------------------------------------------------------------ dockerfile


def test_a_plain_repository_gets_a_slim_image_without_the_tools(root):
    text = dockerfile(picture(root, "numpy~=2.0"))
    arguments, (build, final) = stages(text)
    assert arguments == {
        "BUILD_IMAGE": "python:3.11-bookworm",
        "BASE_IMAGE": "python:3.11-slim-bookworm",
    }
    rows = [" ".join(row) for row in build.rows]
    asks = next(i for i, row in enumerate(rows) if "--requirement requirements.txt" in row)
    assert rows.index("COPY requirements.txt ./") < asks
    assert "COPY . ./" not in rows, "the layer of packages does not depend on the code"
    assert ("COPY", "--from=build /opt/venv /opt/venv") in final.rows
    assert ("USER", "10001") in final.rows
    assert starts(text) == ["python"]
    assert exposed(text) == []
    assert "@sha256:" in text, "it says how to pin by digest"


def test_without_dependencies_nothing_is_installed(root):
    assert "pip install" not in dockerfile(picture(root))


def test_a_project_that_installs_itself_is_there_when_pip_runs(root):
    text = dockerfile(picture(root, "-e .", "numpy"))
    assert text.index("COPY . ./") < text.index("pip install")


def test_what_only_conda_has_takes_conda(root):
    text = dockerfile(picture(root, "numpy", conda=["python=3.11", "pip", "numpy=2", "gdal=3"]))
    _, (build, final) = stages(text)
    assert build.image == images.MINIFORGE
    assert final.image == images.DEBIAN
    assert "environment.yml" in text
    assert "requirements.txt" not in text
    assert "activate.d" in text
    both = dockerfile(picture(root, "numpy", conda=["python=3.11", "pip", "numpy=2"]))
    assert "requirements.txt" in both, "what the index has too is taken from there"


@pytest.mark.parametrize(
    ("wants", "packages", "image"),
    [
        ({"gpu": 1}, ["torch"], "nvidia/cuda:12.4.1-runtime-ubuntu22.04"),
        ({"gpu": 1, "cuda": "12.5"}, ["torch"], "nvidia/cuda:12.4.1-runtime-ubuntu22.04"),
        ({"gpu": 1, "cuda": "11.8"}, ["torch"], "nvidia/cuda:11.8.0-runtime-ubuntu22.04"),
        ({"gpu": 1, "cuda": "12.0"}, ["torch"], "nvidia/cuda:12.1.1-runtime-ubuntu22.04"),
        ({"gpu": 1, "cuda": "9.0"}, ["torch"], "nvidia/cuda:11.8.0-runtime-ubuntu22.04"),
        ({"gpu": 1, "cuda": "14.1"}, ["torch"], "nvidia/cuda:13.0.1-runtime-ubuntu22.04"),
        (
            {"gpu": 2, "cuda": "12.1"},
            ["tensorflow"],
            "nvidia/cuda:12.1.1-cudnn8-runtime-ubuntu22.04",
        ),
        ({"gpu": "optional", "cuda": "12.1"}, ["torch"], "python:3.11-slim-bookworm"),
        ({"gpu": False}, ["torch"], "python:3.11-slim-bookworm"),
    ],
)
def test_a_gpu_that_is_required_brings_an_image_with_cuda(root, wants, packages, image):
    text = dockerfile(picture(root, *packages, wants=wants))
    assert stages(text)[1][-1].image == image
    assert ("--gpus all" in text) == image.startswith("nvidia")
    if image.startswith("nvidia"):
        assert "# gpu: " in text
        assert "(declared, pyproject.toml:4)" in text, "each choice with its evidence"


def test_a_builder_without_a_gpu_is_told_what_there_will_be(root):
    seen = picture(root, conda=["python", "pytorch-gpu"], wants={"gpu": 1, "cuda": "12.6"})
    assert ("ENV", "CONDA_OVERRIDE_CUDA=12.6") in instructions(dockerfile(seen))


def test_system_packages_are_installed_in_both_stages_and_checked(root):
    put(root, {"apt.txt": "libgl1 ffmpeg=7:5*\n"})
    with pytest.raises(InvalidFile, match=r"apt\.txt"):
        dockerfile(picture(root))
    put(root, {"apt.txt": "libgl1 # plots\nffmpeg\nlibgl1\n"})
    runs = [rest for word, rest in instructions(dockerfile(picture(root))) if "apt-get" in rest]
    assert [r.count("libgl1") for r in runs] == [1, 1]
    put(root, {"binder/apt.txt": "graphviz\n"})
    assert "graphviz" in dockerfile(picture(root)), "as on Binder"


def test_variables_are_carried_and_secrets_never(root):
    seen = picture(
        root,
        variables=[
            ("MODE", 'a "b" $HOME \\'),
            ("API_TOKEN", "hunter2-hunter2-hunter2"),
            ("LINES", "a\nRUN rm -rf /"),
            ("BAD NAME\nRUN x", "1"),
        ],
    )
    text = dockerfile(seen)
    assert 'ENV MODE="a \\"b\\" \\$HOME \\\\"' in text
    assert "hunter2" not in text
    assert "API_TOKEN is left out" in text
    assert "rm -rf /\n" not in text
    assert not [rest for word, rest in instructions(text) if word == "RUN" and rest == "x"]
    for name in ("install.sh", "install.ps1"):
        data = draft(("install",), seen)[name].after
        assert b"hunter2" not in data
        assert b"MODE" in data


def test_names_cannot_leave_their_comments_and_strings(root):
    evil = "x\nRUN curl evil\n"
    seen = picture(root, name=evil)
    assert not any("curl" in rest for _, rest in instructions(dockerfile(seen)))
    found = read_json(draft(("devcontainer",), seen)[DEVCONTAINER].after)
    assert set(found) == {"name", "image", "postCreateCommand", "customizations"}
    assert signature.comment("a\nb\x07*/ <<<") == "a?b?* / ..."


def test_a_name_that_is_no_text_is_written_all_the_same(root):
    for change in draft(ALL, picture(root, name="a\udcff b")).values():
        change.after.decode()


# -------------------------------------------------------------------------- serving


@pytest.mark.parametrize(
    ("files", "packages", "command", "port"),
    [
        (
            {"web/server.py": "from flask import Flask\nsite = Flask(__name__)\n"},
            ["flask"],
            ["python", "-m", "flask", "run", "--host=0.0.0.0", "--port=5000"],
            5000,
        ),
        (
            {"web/server.py": "import flask\nsite: object = flask.Flask(__name__)\n"},
            ["flask", "gunicorn"],
            ["python", "-m", "gunicorn", "--bind=0.0.0.0:5000", "--chdir=web", "server:site"],
            5000,
        ),
        (
            {"app.py": "import flask\ndef create_app(x=1):\n    return flask.Flask('x')\n"},
            ["flask", "gunicorn"],
            ["python", "-m", "gunicorn", "--bind=0.0.0.0:5000", "app:create_app()"],
            5000,
        ),
        (
            {
                "src/shop/__init__.py": "",
                "src/shop/api.py": "from fastapi import FastAPI\napp = FastAPI()\n",
            },
            ["fastapi", "uvicorn"],
            [*UVICORN, "shop.api:app", "--app-dir=src", "--host=0.0.0.0", "--port=8000"],
            8000,
        ),
        (
            {"Home.py": "import streamlit as st\n", "pages/app.py": "import streamlit\n"},
            ["streamlit"],
            [
                *STREAMLIT,
                "Home.py",
                "--server.address=0.0.0.0",
                "--server.port=8501",
                "--server.headless=true",
            ],
            8501,
        ),
        (
            {"ui.py": "import gradio as gr\ngr.Interface(str, 'text', 'text').launch()\n"},
            ["gradio"],
            ["python", "ui.py"],
            7860,
        ),
        (
            {"board.py": "from dash import Dash\napp = Dash(__name__)\napp.run()\n"},
            ["dash"],
            ["python", "board.py"],
            8050,
        ),
    ],
)
def test_an_app_is_started_and_its_port_opened(root, files, packages, command, port):
    put(root, files)
    text = dockerfile(picture(root, *packages))
    assert starts(text) == command
    assert exposed(text) == [port]
    opened = read_json(draft(("devcontainer",), picture(root, *packages))[DEVCONTAINER].after)
    assert opened["forwardPorts"] == [port]


def test_flask_is_told_where_the_app_is(root):
    put(root, {"a/b.py": "import flask\nsite = flask.Flask('x')\n"})
    text = dockerfile(picture(root, "flask"))
    assert 'ENV FLASK_APP="a/b.py:site"' in text
    assert "# flask: site, a/b.py:2" in text


def test_a_server_that_no_file_names_is_added_and_said(root):
    put(root, {"main.py": "from fastapi import FastAPI\napp = FastAPI()\n"})
    text = dockerfile(picture(root, "fastapi"))
    assert '"uvicorn>=0.20,<1"' in text


def test_apps_of_tests_and_of_broken_files_are_none(root):
    put(
        root,
        {
            "tests/app.py": "from flask import Flask\napp = Flask('x')\n",
            "broken.py": "from flask import Flask\napp = Flask(\n",
            "use.py": "import flask\nflask.jsonify(1)\n",
        },
    )
    assert starts(dockerfile(picture(root, "flask"))) == ["python"]


def test_the_likeliest_of_several_apps_is_taken_and_the_others_are_named(root):
    app = "import flask\na = flask.Flask('x')\n"
    put(root, {"z/deep/app.py": app, "tool.py": app, "app.py": app})
    text = dockerfile(picture(root, "flask"))
    assert 'FLASK_APP="app.py:a"' in text
    assert "also here: flask: a, tool.py:2" in text


def test_notebooks_get_a_lab_and_a_main_program_goes_before(root):
    put(root, {"a.ipynb": NOTEBOOK})
    text = dockerfile(picture(root, "numpy"))
    assert starts(text)[:4] == ["python", "-m", "jupyter", "lab"]
    assert exposed(text) == [8888]
    assert "jupyterlab>=4,<5" in text
    assert "jupyterlab>=4" not in dockerfile(picture(root, "jupyterlab"))
    put(root, {"main.py": "print(1)\n"})
    assert starts(dockerfile(picture(root, "numpy"))) == ["python", "main.py"]


def test_a_model_that_git_tracks_is_served(root):
    git = ["git", "-C", str(root)]
    for name in ("models/flowers/3/saved_model.pb", "out/other/saved_model.pb"):
        (root / name).parent.mkdir(parents=True)
        (root / name).write_bytes(b"\0")
    assert starts(dockerfile(picture(root, "tensorflow"))) == ["python"], "nobody tracks it"
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "add", "models"], check=True)
    text = dockerfile(picture(root, "tensorflow"))
    assert stages(text)[1][-1].image == images.SERVING
    assert 'COPY --chown=10001:10001 ["models/flowers/3", "/models/flowers/3"]' in text
    assert exposed(text) == [8500, 8501]
    assert starts(text)[-2:] == ["--model_name=flowers", "--model_base_path=/models/flowers"]
    gpu = dockerfile(picture(root, "tensorflow", wants={"gpu": 1}))
    assert stages(gpu)[1][-1].image == f"{images.SERVING}-gpu"


# -------------------------------------------------------------------- dockerignore


def test_a_persons_dockerignore_keeps_the_last_word(root):
    put(root, {".dockerignore": "!.env\n"})
    change = draft(("dockerfile",), picture(root))[".dockerignore"]
    assert not change.ours
    assert change.after.endswith(b"# <<< envboot <<<\n!.env\n")
    assert b"\n.git\n" in change.after
    assert draft((), picture(root)) == {}


# ------------------------------------------------------------------------- install


def test_install_scripts_hold_the_python_and_the_variables(root):
    seen = picture(root, "numpy", python="3.12", variables=[("A", "it's"), ("B", "ü")])
    found = draft(("install",), seen)
    assert set(found) == {"install.sh", "install.ps1"}
    sh, ps1 = found["install.sh"].after.decode(), found["install.ps1"].after.decode()
    assert "wanted='3.12'\n" in sh
    assert "$wanted = '3.12'\n" in ps1
    function = re.search(r"^variables\(\).*?^}\n", sh, re.MULTILINE | re.DOTALL)
    said = subprocess.run(
        ["sh", "-c", f"{function.group()}variables"], capture_output=True, check=True
    ).stdout.decode()
    assert said == "export A='it'\\''s'\nexport B='ü'\n"
    assert "@('$env:A = ''it''''s''')\n" in ps1
    assert ps1.isascii()


def test_install_scripts_say_what_only_conda_has(root):
    seen = picture(root, "numpy", conda=["python=3.11", "numpy=2", "gdal=3"])
    for name in ("install.sh", "install.ps1"):
        assert b"which only conda has" in draft(("install",), seen)[name].after
        assert b"only conda" not in draft(("install",), picture(root, "numpy"))[name].after


@given(text=st.text(max_size=30))
def test_a_word_for_powershell_stays_one_word(text):
    quoted = install.powershell(text)
    quotes = "'\u2018\u2019\u201a\u201b"
    inside = quoted[1:-1]
    assert not re.sub(f"([{quotes}])\\1", "", inside).strip() or not re.search(
        f"[{quotes}]", re.sub(f"([{quotes}])\\1", "", inside)
    )


def test_the_scripts_are_ascii_and_balanced(root):
    found = draft(("install",), picture(root, "numpy"))
    assert found["install.sh"].after.startswith(b"#!/bin/sh\n")
    for change in found.values():
        assert change.after.isascii()
    bare = re.sub(rb"(?m)#.*$|'[^'\n]*'|\"[^\"\n]*\"", b"", found["install.ps1"].after)
    for opened, closed in (b"{}", b"()", b"[]"):
        assert bare.count(opened) == bare.count(closed)


# ---------------------------------------------------------------------- the linter


GOOD = """\
FROM python:3.11-slim-bookworm AS build
RUN apt-get update && apt-get install -y --no-install-recommends x && rm -rf /var/lib/apt/lists/*
FROM debian:bookworm-slim
COPY --from=build /a /a
ENV A="b"
USER 10001
CMD ["x"]
"""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("3.11-slim-bookworm", "latest"),
        (":bookworm-slim", ""),
        ("USER 10001\n", ""),
        ("USER 10001", "USER root"),
        ('CMD ["x"]\n', ""),
        ('CMD ["x"]', "CMD x"),
        ('CMD ["x"]', 'CMD ["x"]\nCMD ["y"]'),
        ("--from=build", "--from=other"),
        ("COPY --from=build /a /a", "ADD https://example.org/a /a"),
        (" && rm -rf /var/lib/apt/lists/*", ""),
        (" --no-install-recommends", ""),
        (" -y", ""),
        ("apt-get update && ", ""),
        ('ENV A="b"', 'ENV A="b" c"'),
        ('ENV A="b"', "ENV A b"),
        ('ENV A="b"', 'ENV DB_PASSWORD="b"'),
        ('ENV A="b"', "RUN pip install x"),
        ('ENV A="b"', "RUN sudo x"),
        ('ENV A="b"', "RUN curl x"),
        ('ENV A="b"', "WORKDIR a"),
        ('ENV A="b"', "EXPOSE 99999"),
        ('ENV A="b"', "NONSENSE"),
    ],
)
def test_the_linter_sees_each_sin(old, new):
    assert lint(GOOD) == []
    assert old in GOOD
    assert lint(GOOD.replace(old, new, 1)) != []
