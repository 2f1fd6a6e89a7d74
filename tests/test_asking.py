from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envboot import asking, cli
from envboot.errors import UsageError
from envboot.infer.facts import Asked, BackEnd, Imported, Program, Scan, Variable
from envboot.request import Request
from envboot.spec import Notice, Origin
from envboot.testing import ScriptedConsole, ScriptedShell

ROOT = Path(__file__).resolve().parent.parent


def notebook(*cells: str) -> str:
    rows = [{"cell_type": "code", "source": cell} for cell in cells]
    return json.dumps({"nbformat": 4, "metadata": {}, "cells": rows})


FILES = {
    "src/see.py": "import cv2, numpy\nimport clip\nimport oddity_of_mine\n",
    "src/more.py": "import cv2\ntry:\n    import flash_attn\nexcept ImportError:\n    pass\n",
    "tests/test_see.py": "import pytest\n",
    "docs/conf.py": "import sphinx\n",
    "nb/a.ipynb": notebook("import pandas as pd", "pd.read_excel('x.xlsx')"),
    "old.py": 'import yaml\nprint "two"\n',
}


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def ask(
    here: Path, path: Path | str | None = None, **flags: object
) -> tuple[asking.Inferred, ScriptedConsole]:
    options = argparse.Namespace(
        **{"path": path, "root": None, "all": False, "json": False, "no_cache": True, **flags}
    )
    console = ScriptedConsole()
    shell = ScriptedShell(disk=True)
    return asking.infer(options, Request(here), shell, console), console


def typed(*words: str, cwd: Path, home: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "envboot", *words],
        cwd=cwd,
        env={"PYTHONPATH": str(ROOT), "HOME": str(home), "PATH": os.defpath},
        capture_output=True,
        text=True,
        check=False,
    )


# ------------------------------------------------------------------ what is printed


def test_production_code_alone_is_printed_as_requirement_lines(tmp_path):
    home = tmp_path / "home"
    root = write(tmp_path / "r", FILES)
    done = typed("infer", cwd=root, home=home)
    assert done.returncode == 0
    assert done.stdout.splitlines() == ["numpy", "opencv-python", "pandas"]
    assert "src/see.py:2: the package index has another project of the name `clip`" in done.stderr
    assert "src/see.py:3: nobody knows which distribution brings `oddity_of_mine`" in done.stderr
    assert "--provides oddity_of_mine=NAME" in done.stderr
    assert "pandas.read_excel needs openpyxl too" in done.stderr
    assert "old.py:2: could not be read whole: written for Python 2" in done.stderr
    assert "`--all` lists them" in done.stderr


def test_nothing_is_written_in_the_repository(tmp_path):
    root = write(tmp_path / "r", FILES)
    before = sorted(p.relative_to(root) for p in root.rglob("*"))
    for words in (("infer",), ("infer", "--all"), ("infer", "--json", "--no-cache")):
        typed(*words, cwd=root, home=tmp_path / "home")
    assert sorted(p.relative_to(root) for p in root.rglob("*")) == before


def test_no_environment_no_network_and_no_program_is_needed(tmp_path):
    shell = ScriptedShell(disk=True)
    options = argparse.Namespace(path=None, root=None, all=True, json=False, no_cache=True)
    asking.infer(options, Request(write(tmp_path, FILES)), shell, ScriptedConsole())
    assert shell.asked == []
    assert shell.done == []


def test_all_adds_the_rest_with_its_label(tmp_path):
    root = write(tmp_path / "r", FILES)
    done = typed("infer", "--all", "--quiet", cwd=root, home=tmp_path / "home")
    rows = dict(row.partition("  # ")[::2] for row in done.stdout.splitlines())
    assert rows["flash-attn"] == "guarded: flash_attn in src/more.py:3" or rows[
        "flash-attn"
    ].startswith("guarded: src/more.py:3")
    assert rows["pytest"] == "tests only: tests/test_see.py:1"
    assert rows["sphinx"] == "docs only: docs/conf.py:1"
    assert rows["pyyaml"] == "guarded: yaml in old.py:1"
    assert rows["numpy"] == ""


def test_json_has_all_the_evidence(tmp_path):
    root = write(tmp_path / "r", {**FILES, "env.py": "import os\nos.environ['TOKEN_FILE']\n"})
    done = typed("infer", "--json", cwd=root, home=tmp_path / "home")
    found = json.loads(done.stdout)
    assert found["outcome"] == "inferred"
    assert found["exit_code"] == 0
    rows = {row["name"]: row for row in found["requirements"]}
    assert rows["opencv-python"]["why"] == "cv2 in src/more.py:1 and 1 more" or rows[
        "opencv-python"
    ]["why"].startswith("cv2 in src/")
    assert {row["label"] for row in found["optional"]} == {"guarded", "test", "docs"}
    assert {row["module"]: row["namesake"] for row in found["unknown"]} == {
        "clip": True,
        "oddity_of_mine": False,
    }
    assert found["suggestions"][0]["distribution"] == "openpyxl"
    assert found["variables"] == [{"name": "TOKEN_FILE", "required": True, "origin": "env.py:2"}]
    assert found["notebooks"] == 1
    assert len(found["unreadable"]) == 1


def test_what_the_code_installs_names_what_the_tables_do_not_know(tmp_path):
    cells = (
        "%pip install oddity-of-mine",
        "!pip install git+https://github.com/openai/CLIP.git",
        "!pip install opencv-contrib-python unused-thing",
        "import oddity_of_mine, clip, cv2",
    )
    found, _ = ask(write(tmp_path, {"a.ipynb": notebook(*cells)}))
    lines = [w.text for w in found.requirements]
    assert lines == [
        "clip @ git+https://github.com/openai/CLIP.git",
        "oddity-of-mine",
        "opencv-contrib-python",
    ]
    assert [(w.text, w.label) for w in found.optional] == [("unused-thing", "asked")]
    assert found.unknown == ()


def test_a_repository_without_imports_says_so(tmp_path):
    found, console = ask(write(tmp_path, {"a.py": "import os\n"}))
    assert found.requirements == ()
    assert any("imports what is not Python's" in text for text in console.warned)


def test_a_secret_in_what_the_code_installs_is_not_printed(tmp_path):
    cell = "!pip install git+https://ada:hunter2hunter2@example.org/mine/clip.git\nimport clip"
    _, console = ask(write(tmp_path, {"a.ipynb": notebook(cell)}), all=True)
    assert "hunter2" not in "\n".join((*console.shown, *console.said, *console.warned))


# ------------------------------------------------------------------ which path


def test_a_folder_or_a_file_is_asked_about_alone(tmp_path):
    root = write(tmp_path, {**FILES, "src/helper.py": "", "nb/b.py": "import helper, seaborn"})
    (root / ".git").mkdir()
    assert [w.name for w in ask(root, root / "nb")[0].requirements] == ["pandas", "seaborn"]
    assert [w.name for w in ask(root, root / "nb" / "a.ipynb")[0].requirements] == ["pandas"]
    assert ask(root, root / "nb" / "b.py")[0].path == "nb/b.py"
    assert ask(root, root)[0].path == ""


def test_a_folder_outside_any_repository_is_its_own(tmp_path):
    root = write(tmp_path / "lone", {"a.py": "import seaborn"})
    found, _ = ask(tmp_path / "elsewhere", root)
    assert (found.root, [w.name for w in found.requirements]) == (str(root), ["seaborn"])


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("gone", "there is no"),
        ("notes.txt", "neither Python nor a notebook"),
        ("bad\0name", "cannot be found"),
    ],
)
def test_a_path_that_cannot_be_is_refused(tmp_path, path, said):
    write(tmp_path, {"notes.txt": ""})
    with pytest.raises(UsageError, match=said):
        ask(tmp_path, f"{tmp_path}/{path}")


def test_a_path_must_lie_in_the_repository_that_is_named(tmp_path):
    root = write(tmp_path / "r", FILES)
    with pytest.raises(UsageError, match="is not in"):
        ask(root, tmp_path, root=root)


def test_a_wrong_path_ends_with_the_code_for_usage(tmp_path, capsys):
    assert cli.main(["infer", str(tmp_path / "gone")]) == 2
    assert "hint:" in capsys.readouterr().err


# ------------------------------------------------------------------ judging, pure


def at(path: str) -> Origin:
    return Origin(path, 1)


def test_the_strongest_label_of_a_distribution_counts():
    modules = (
        Imported("PIL", at("tests/a.py"), "test"),
        Imported("bs4", at("a.py"), "guarded"),
        Imported("sklearn", at("a.py"), "production", 3),
    )
    found = asking.judge(Scan(modules, (), ()), Path("/r"))
    assert [(w.name, w.why) for w in found.requirements] == [
        ("scikit-learn", "sklearn in a.py:1 and 2 more")
    ]
    assert [(w.name, w.label) for w in found.optional] == [
        ("beautifulsoup4", "guarded"),
        ("pillow", "test"),
    ]


def test_programs_are_no_silent_demands_and_back_ends_only_suggested():
    scan = Scan(
        (Imported("pandas", at("a.py"), "production"),),
        (Notice("cannot be opened", at("b.py")),),
        ("a.ipynb",),
        asked=(Asked("not a requirement ]", "pypi", at("a.py"), "production"),),
        programs=(Program("kaggle", "kaggle", at("a.ipynb"), "production"),),
        back_ends=(
            BackEnd("openpyxl", "pandas.read_excel", at("a.py"), "production"),
            BackEnd("pandas", "x", at("a.py"), "production"),
            BackEnd("lxml", "pandas.read_html", at("tests/a.py"), "test"),
        ),
        variables=(Variable("HOME_OF_DATA", False, at("a.py")),),
    )
    found = asking.judge(scan, Path("/r"))
    assert [w.name for w in found.requirements] == ["pandas"]
    assert [(w.name, w.label) for w in found.optional] == [("kaggle", "program")]
    assert [s["distribution"] for s in found.suggestions] == ["openpyxl"]
    assert found.unreadable == ("b.py:1: cannot be opened",)


def test_what_a_host_brings_is_not_called_unknown():
    modules = (
        Imported("google.colab", at("a.py"), "guarded"),
        Imported("google.cloud", at("a.py"), "production"),
        Imported("rospy", at("a.py"), "guarded"),
    )
    assert asking.judge(Scan(modules, (), ()), Path("/r")).unknown == ()


LABELS = st.sampled_from(["production", "guarded", "test", "docs"])
TEXTS = st.text(max_size=30)
ORIGINS = st.builds(Origin, TEXTS, st.none() | st.integers(1, 9))


@settings(max_examples=60)
@given(
    st.lists(st.builds(Imported, TEXTS | st.sampled_from(["cv2", "clip"]), ORIGINS, LABELS)),
    st.lists(st.builds(Asked, TEXTS, st.sampled_from(["pypi", "conda"]), ORIGINS, LABELS)),
)
def test_any_scan_is_judged(modules, asked):
    found = asking.judge(Scan(tuple(modules), (), (), tuple(asked)), Path("/r"))
    listed = [w.name for w in (*found.requirements, *found.optional)]
    assert len(listed) == len(set(listed))
    assert all("\n" not in w.text for w in (*found.requirements, *found.optional))
