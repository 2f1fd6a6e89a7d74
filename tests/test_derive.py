"""Three witnesses: what the code imports, what is installed, and what the files say."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from envboot.derive import Policy, table
from envboot.spec import normalise
from tests.witnesses import code, conda, live, native, pip, written

NUMPY = conda("numpy", "1.26.4")


def rows(derived):
    return {row.name: row for row in derived.rows}


def packages(text):
    """Return the lines of packages in an environment.yml or a requirements.txt, stripped."""
    return [
        line.strip().removeprefix("- ")
        for line in text.splitlines()
        if line.strip()
        and not line.startswith(("#", "name:", "channels:", "dependencies:"))
        and line.strip() not in {"- conda-forge", "- nodefaults", "- pip:"}
    ]


# ------------------------------------------------------------------ what is written


def test_a_line_for_each_import_with_the_version_installed_and_its_evidence():
    scan = code("numpy src/a.py:3 3", "cv2 src/see.py:3 5")
    found, files = written(
        scan, live(NUMPY, conda("opencv-python", "4.10.0", "cv2", conda_name="py-opencv"))
    )
    assert files["conda"] == (
        "# envboot: the same packages are in requirements.txt\n"
        "name: demo\n"
        "channels:\n"
        "  - conda-forge\n"
        "  - nodefaults\n"
        "dependencies:\n"
        "  - python=3.11  # envboot: 3.11 is in use\n"
        "  - numpy~=1.26.4  # envboot: src/a.py\n"
        "  - py-opencv~=4.10.0  # envboot: cv2 in src/see.py\n"
    )
    assert files["pip"] == (
        "numpy~=1.26.4  # envboot: src/a.py\nopencv-python~=4.10.0  # envboot: cv2 in src/see.py\n"
    )
    assert found.modules == (("cv2", "opencv-python"), ("numpy", "numpy"))
    assert not found.unknown
    assert set(files) == {"conda", "pip"}


def test_only_what_is_imported_or_asked_for_is_written():
    environment = live(
        NUMPY,
        conda("pandas", "2.2.0", requested=True, asked_as="pandas>=2"),
        conda("pytz", "2024.1"),
        native("libpng", "1.6.43"),
        native("ffmpeg", "6.1.1", requested=True, asked_as="ffmpeg"),
        native("python", "3.11.7", requested=True, asked_as="python=3.11"),
        native("openssl", "3.3.1"),
        pip("jupyterlab", "4.2.0", requested=True),
        pip("six", "1.16.0"),
    )
    found, files = written(code("numpy src/a.py:3"), environment)
    assert packages(files["conda"]) == [
        "python=3.11  # envboot: 3.11 is in use",
        "ffmpeg~=6.1.1  # envboot: asked for at conda: ffmpeg",
        "numpy~=1.26.4  # envboot: src/a.py",
        "pandas~=2.2.0  # envboot: asked for at conda: pandas>=2",
    ]
    assert packages(files["pip"]) == [
        "numpy~=1.26.4  # envboot: src/a.py",
        "pandas~=2.2.0  # envboot: asked for at conda: pandas>=2",
    ]
    assert rows(found)["jupyterlab"].verdict == "unused"
    assert "six" not in rows(found)
    assert not found.conda.twin  # requirements.txt has no ffmpeg
    assert any("ffmpeg is not in requirements.txt" in n.text for n in found.notices)


def test_nothing_of_one_computer_is_written():
    environment = live(
        pip("torch", "2.6.0", local="cu124"),
        pip("nvidia-cublas-cu12", "12.4.5.8", requested=True),
        pip("triton", "3.2.0"),
        native("pytorch-cuda", "12.1", requested=True, asked_as="pytorch-cuda=12.1"),
        native("gcc_linux-64", "13.3.0", requested=True),
        conda("numpy", "1.26.4", url="file:///croot/numpy_1/work"),
        pip("mine", "0.1", url="file:///home/me/mine", editable=True),
        channels=("file:///home/me/channel", "https://conda.example.org/t/abc-123/lab"),
        kind="conda",
    )
    found, files = written(
        code(
            "torch a.py:1", "numpy a.py:2", "mine a.py:3", "nvidia.cublas a.py:4", "triton a.py:5"
        ),
        environment,
    )
    text = "".join(files.values())
    for word in ("cu124", "nvidia", "triton", "cuda", "file:", "croot", "mine", "gcc", "abc-123"):
        assert word not in text
    assert "pytorch~=2.6.0" in files["conda"]
    assert "torch~=2.6.0  # envboot: a.py" in files["pip"]
    assert "  - conda-forge\n  - nodefaults\n" in files["conda"]
    said = " ".join(n.text for n in found.notices)
    assert "torch 2.6.0 is built with cu124 here" in said
    assert "mine is left out: it is installed from a folder of this computer" in said
    assert "pytorch-cuda is left out" in said
    assert "abc-123" not in said
    assert rows(found)["mine"].verdict == "unknown"
    assert ("mine", "mine") not in found.modules


def test_what_only_some_platforms_have_gets_a_marker_and_stands_below_pip():
    scan = code("win32api a.py:1", "appnope b.py:1", "uvloop c.py:1")
    _, files = written(scan, live(pip("uvloop", "0.19.0")))
    assert packages(files["pip"]) == [
        'appnope; sys_platform == "darwin"  # envboot: b.py',
        'pywin32; sys_platform == "win32"  # envboot: win32api in a.py',
        'uvloop~=0.19.0; sys_platform != "win32"  # envboot: c.py',
    ]
    below = files["conda"].partition("  - pip:\n")[2]
    assert below.count("sys_platform") == 3
    assert "  - pip  # envboot: for what stands below `pip:`\n" in files["conda"]


def test_a_distribution_from_a_repository_keeps_its_commit():
    url = "git+https://github.com/example/thing@0123abc"
    secret = "git+https://user:hunter2@example.org/thing@0123abc"  # noqa: S105 - none of anybody
    scan = code("thing a.py:1")
    _, files = written(scan, live(pip("thing", "1.0", url=url)))
    assert files["pip"] == f"thing @ {url}  # envboot: a.py\n"
    assert f"      - thing @ {url}  # envboot: a.py\n" in files["conda"]
    _, files = written(scan, live(pip("thing", "1.0", url=secret)))
    assert "hunter2" not in "".join(files.values())


@pytest.mark.parametrize(
    ("pin", "line"),
    [("exact", "numpy==1.26.4"), ("compatible", "numpy~=1.26.4"), ("minimum", "numpy>=1.26.4")],
)
def test_the_pin_is_the_one_asked_for(pin, line):
    _, files = written(code("numpy a.py:1"), live(NUMPY), policy=Policy(pin=pin))
    assert files["pip"] == f"{line}  # envboot: a.py\n"
    assert f"  - {line}  # envboot: a.py\n" in files["conda"]


def test_pip_only_and_conda_only():
    scan = code("numpy a.py:1", "appnope a.py:2")
    _, files = written(scan, live(NUMPY), policy=Policy(pip_only=True))
    assert set(files) == {"pip"}
    found, files = written(scan, live(NUMPY), policy=Policy(conda_only=True))
    assert set(files) == {"conda"}
    assert "appnope" not in files["conda"]
    assert "twin" not in files["conda"]
    assert "the same packages" not in files["conda"]
    assert rows(found)["appnope"].verdict == "unknown"
    assert any("appnope is left out" in n.text for n in found.notices)


def test_what_conda_calls_otherwise_and_counts_otherwise():
    scan = code("cv2 a.py:1")
    _, files = written(scan, live(pip("opencv-python-headless", "4.10.0.84", "cv2")))
    assert "  - py-opencv~=4.10.0  # envboot: cv2 in a.py\n" in files["conda"]
    assert files["pip"] == "opencv-python-headless~=4.10.0.84  # envboot: cv2 in a.py\n"
    theirs = {"pip": "opencv-python-headless==4.10.0.84\n"}
    _, files = written(scan, None, theirs)
    assert (
        "      - opencv-python-headless==4.10.0.84  # envboot: requirements.txt; cv2 in a.py"
        in (files["conda"])
    )


# ------------------------------------------------------------------ names


def test_a_namesake_is_never_taken_and_an_unknown_name_never_guessed():
    found, files = written(code("clip a.py:5", "zzqqxx b.py:1", "apex c.py:2 guarded"))
    assert not files
    assert [(u.module, u.namesake, str(u.origin)) for u in found.unknown] == [
        ("clip", True, "a.py:5"),
        ("zzqqxx", False, "b.py:1"),
    ]
    assert {r.verdict for r in found.rows} == {"unknown"}


def test_who_is_believed_about_a_name():
    scan = code("cv2 a.py:1", asked=[("opencv-contrib-python==4.5.5.64", "n.ipynb:1")])
    answers = Policy(provides={"cv2": "opencv-python-rolling"})
    environment = live(pip("opencv-python-headless", "4.10.0.84", "cv2"))
    hand = {"pip": "opencv-contrib-python-headless\n"}
    own = {"pip": "opencv-python-headless  # envboot: cv2 in a.py\n"}

    def name(*arguments, **more):
        found, _ = written(*arguments, **more)
        return dict(found.modules)["cv2"]

    assert name(scan, environment, hand, policy=answers) == "opencv-python-rolling"
    assert name(scan, environment, hand) == "opencv-contrib-python-headless"
    assert name(scan, environment, own) == "opencv-python-headless"
    assert name(scan, None, own) == "opencv-python-headless"
    assert name(scan) == "opencv-contrib-python"
    assert name(code("cv2 a.py:1")) == "opencv-python"


def test_what_the_code_asks_an_installer_for_settles_an_unknown_name():
    url = "git+https://github.com/openai/CLIP.git"
    found, files = written(code("clip n.ipynb:2", asked=[(url, "n.ipynb:1")]))
    assert files["pip"] == f"clip @ {url}  # envboot: n.ipynb\n"
    assert not found.unknown


def test_a_person_s_answer_overrules_what_the_code_asks_an_installer_for():
    url = "git+https://github.com/openai/CLIP.git"
    scan = code("clip n.ipynb:2", asked=[(url, "n.ipynb:1"), ("ftfy", "n.ipynb:1")])
    so_far = {"pip": f"clip @ {url}  # envboot: n.ipynb\n"}
    answer = Policy(provides={"clip": "openai-clip"})
    said = "clip is asked for here and not written: openai-clip was named for clip"
    for before in (None, so_far):
        found, files = written(scan, None, before, answer)
        assert files["pip"] == (
            "ftfy  # envboot: asked for in n.ipynb\nopenai-clip  # envboot: clip in n.ipynb\n"
        )
        assert [(n.text, str(n.origin)) for n in found.notices] == [(said, "n.ipynb:1")]
        assert written(scan, None, files, answer)[1] == files
        assert written(scan, None, files)[1] == files  # the evidence remembers the answer
    agreed, files = written(scan, None, None, Policy(provides={"clip": "CLIP"}))
    assert f"clip @ {url}  #" in files["pip"]
    assert not agreed.notices


def test_a_request_that_brings_another_module_as_well_stays():
    scan = code("cv2 a.py:1", "yaml a.py:2", asked=[("pyyaml>=6", "n.ipynb:1")])
    _, files = written(scan, policy=Policy(provides={"cv2": "pyyaml"}))
    assert files["pip"].count("pyyaml>=6") == 1
    _, files = written(scan, policy=Policy(provides={"zzqqxx": "zz-tools"}))
    assert "pyyaml>=6  #" in files["pip"]


def test_a_person_s_answer_settles_an_unknown_name():
    found, files = written(code("zzqqxx b.py:1"), policy=Policy(provides={"zzqqxx": "Zz_Tools"}))
    assert files["pip"] == "zz-tools  # envboot: zzqqxx in b.py\n"
    assert not found.unknown
    _, again = written(code("zzqqxx b.py:1"), None, files)  # the evidence remembers the answer
    assert again == files


# ------------------------------------------------------------------ labels


def test_guarded_imports_are_suggested_and_tests_get_a_group_of_their_own():
    scan = code(
        "numpy a.py:1",
        "ujson a.py:2 guarded",
        "pytest tests/test_a.py:1 test",
        "sphinx docs/conf.py:1 docs",
    )
    environment = live(NUMPY, conda("ujson", "5.10.0"), conda("pytest", "8.3.2", requested=True))
    found, files = written(scan, environment)
    assert "ujson" not in "".join(files.values())
    assert rows(found)["ujson"].verdict == "optional"
    assert any("ujson is optional" in s.text for s in found.suggestions)
    assert files["pip_dev"] == (
        "-r requirements.txt\n"
        "pytest~=8.3.2  # envboot: tests/test_a.py\n"
        "sphinx  # envboot: docs/conf.py\n"
    )
    assert "pytest~=8.3.2" in files["conda_dev"]
    assert "python" not in files["conda_dev"].partition("dependencies:")[2]
    assert "pytest" not in files["conda"]


def test_what_is_in_production_stands_in_no_dev_group():
    scan = code("pytest tests/test_a.py:1 test")
    _, files = written(scan, None, {"pip": "pytest>=7\n"})
    assert "pip_dev" not in files
    assert files["pip"] == "pytest>=7  # envboot: by hand; tests/test_a.py (test)\n"


def test_a_back_end_is_written_where_it_is_installed_and_suggested_where_not():
    ends = [("openpyxl", "pandas.read_excel", "a.py:9"), ("pyarrow", "read_parquet", "a.py:10")]
    found, files = written(code(back_ends=ends), live(conda("openpyxl", "3.1.2")))
    assert files["pip"] == "openpyxl~=3.1.2  # envboot: pandas.read_excel in a.py\n"
    assert [str(s) for s in found.suggestions] == [
        "a.py:10: read_parquet may need pyarrow, which is not installed"
    ]


def test_programs_and_notebooks_need_what_starts_them():
    scan = code(programs=[("black", "black", "tool.py:4")], notebooks=["a.ipynb", "b.ipynb"])
    _, files = written(scan, live(pip("black", "24.8.0"), pip("ipykernel", "6.29.5")))
    assert files["pip"] == (
        "black~=24.8.0  # envboot: the program black in tool.py\n"
        "ipykernel~=6.29.5  # envboot: to run a.ipynb\n"
    )


# ------------------------------------------------------------------ lines of people


def test_hand_made_lines_stay_as_they_are_and_are_marked():
    text = (
        "# the lab's\n\n"
        "scikit-learn>=1.0,<2  # not 2 yet\n"
        "gunicorn\n"
        "-e .\n"
        "git+https://example.org/x.git\n"
        "torch==2.1; sys_platform == 'linux'\n"
        "torch==2.0 ; sys_platform != 'linux'  # no wheels\n"
    )
    scan = code("sklearn a.py:1 2", "torch a.py:2")
    _, files = written(scan, live(conda("scikit-learn", "1.5.0", "sklearn")), {"pip": text})
    assert files["pip"] == (
        "# the lab's\n\n"
        "scikit-learn>=1.0,<2  # not 2 yet  # envboot: by hand; sklearn in a.py\n"
        "gunicorn  # envboot: by hand; not imported\n"
        "-e .  # envboot: by hand\n"
        "git+https://example.org/x.git  # envboot: by hand\n"
        "torch==2.1; sys_platform == 'linux'  # envboot: by hand; a.py\n"
        "torch==2.0 ; sys_platform != 'linux'  # no wheels  # envboot: by hand; a.py\n"
    )
    assert packages(files["conda"]) == [
        "python=3.11  # envboot: 3.11 is in use",
        "gunicorn  # envboot: requirements.txt",
        "scikit-learn>=1.0,<2  # envboot: requirements.txt; sklearn in a.py",
        "pip  # envboot: for what stands below `pip:`",
        "git+https://example.org/x.git  # envboot: requirements.txt",
        'torch==2.1; sys_platform == "linux"  # envboot: requirements.txt; a.py',
        'torch==2.0; sys_platform != "linux"  # envboot: requirements.txt; a.py',
    ]


def test_a_bare_name_gets_its_version_the_first_time_only():
    scan = code("numpy a.py:1")
    _, files = written(scan, live(NUMPY), {"pip": "numpy\nscipy\n"})
    assert files["pip"] == (
        "numpy~=1.26.4  # envboot: a.py\nscipy  # envboot: by hand; not imported\n"
    )
    edited = {**files, "pip": files["pip"].replace("~=1.26.4", "")}
    remembered = {"requirements.txt": files["pip"], "environment.yml": files["conda"]}
    _, again = written(scan, live(NUMPY), edited, remembered=remembered)
    assert "numpy  # envboot: by hand; a.py\n" in again["pip"]
    _, added = written(scan, live(NUMPY, conda("scipy", "1.14.0")), files, remembered=remembered)
    assert "scipy  # envboot: by hand" in added["pip"]


def test_envboot_s_own_lines_follow_the_code_and_the_environment():
    scan = code("numpy a.py:1", "scipy a.py:2")
    _, files = written(scan, live(NUMPY, conda("scipy", "1.14.0")))
    remembered = {"requirements.txt": files["pip"], "environment.yml": files["conda"]}
    _, later = written(
        code("numpy a.py:9"), live(conda("numpy", "2.1.0")), files, remembered=remembered
    )
    assert later["pip"] == "numpy~=2.1.0  # envboot: a.py\n"
    assert "scipy" not in later["conda"]
    _, bare = written(scan, None, files, remembered=remembered)
    assert bare == files


def test_an_edited_line_is_its_editor_s_from_then_on():
    scan = code("numpy a.py:1")
    _, files = written(scan, live(NUMPY))
    remembered = {"requirements.txt": files["pip"], "environment.yml": files["conda"]}
    edited = {**files, "conda": files["conda"].replace("numpy~=1.26.4", "numpy=1.25")}
    _, after = written(scan, live(NUMPY), edited, remembered=remembered)
    assert "  - numpy=1.25  # envboot: by hand; a.py\n" in after["conda"]
    assert after["pip"] == "numpy==1.25.*  # envboot: environment.yml; a.py\n"
    _, later = written(scan, live(conda("numpy", "2.1.0")), after)
    assert later == after


def test_what_other_files_declare_wins_over_the_environment():
    text = '[project]\nname = "x"\nversion = "1"\n'
    text += 'dependencies = [\n  "numpy>=1.20,<2",\n  "rich",\n]\n'
    scan = code("numpy src/a.py:3")
    found, files = written(scan, live(NUMPY), others=[("pyproject.toml", text)])
    assert files["pip"] == (
        "numpy>=1.20,<2  # envboot: pyproject.toml; src/a.py\nrich  # envboot: pyproject.toml\n"
    )
    assert rows(found)["numpy"].verdict == "ok"
    assert rows(found)["rich"].verdict == "unused"


def test_the_interpreter_of_a_person_stays_and_the_channels_and_variables_too():
    text = (
        "name: lab\nchannels: [bioconda, conda-forge]\n"
        "dependencies:\n  - python>=3.9\n  - pip=24\n  - samtools\nvariables:\n  A: b\n"
    )
    policy = Policy(variables=(("B", "c"),))
    found, files = written(code(), live(), {"conda": text}, policy)
    assert files["conda"] == (
        "name: lab\nchannels:\n  - bioconda\n  - conda-forge\ndependencies:\n"
        "  - python>=3.9  # envboot: by hand\n"
        "  - samtools  # envboot: by hand\n"
        "  - pip=24  # envboot: by hand\n"
        "variables:\n  A: b\n  B: c\n"
    )
    assert found.conda.python == ">=3.9"
    assert "pip" not in files


# ------------------------------------------------------------------ the table


def test_the_table_says_declared_used_and_installed():
    scan = code("numpy a.py:1", "scipy a.py:2", "rich a.py:3", "six a.py:4")
    environment = live(NUMPY, conda("scipy", "1.14.0"), conda("six", "1.16.0"))
    declared = {"pip": "numpy>=2\nrich\ntqdm\nsix>=1\n"}
    found, _ = written(scan, environment, declared)
    assert {name: row.verdict for name, row in rows(found).items()} == {
        "numpy": "differs",
        "rich": "missing",
        "scipy": "undeclared",
        "six": "ok",
        "tqdm": "unused",
    }
    assert table(found.rows).splitlines()[:2] == [
        "distribution  declared  used    installed  verdict",
        "numpy         numpy>=2  a.py:1  1.26.4     differs: 1.26.4 is installed",
    ]
    assert table(()) == ""


def test_nothing_of_a_file_adds_lines_to_the_table_or_to_a_comment():
    scan = code("numpy a\n#b\u2028.py:1")
    found, files = written(scan, live(NUMPY))
    assert len(table(found.rows).splitlines()) == 2
    assert files["pip"] == "numpy~=1.26.4  # envboot: a?#b?.py\n"
    assert written(scan, live(NUMPY), files)[1] == files
    assert normalise("numpy") in rows(found)


# ------------------------------------------------------------------ the two files together


def test_files_whose_hand_made_lines_contradict_are_no_twins():
    scan = code("numpy a.py:1")
    theirs = {"conda": "dependencies:\n  - numpy=1.21\n", "pip": "numpy>=2\n"}
    found, files = written(scan, None, theirs)
    assert not found.conda.twin
    assert "numpy>=2  # envboot: by hand; a.py\n" in files["pip"]
    found, _ = written(scan, None, {**theirs, "pip": "numpy==1.21.*\n"})
    assert found.conda.twin == "requirements.txt"


def test_a_file_that_is_not_written_is_neither_twin_nor_included():
    found, files = written(code("pytest tests/test_a.py:1 test"), live())
    assert not found.conda.twin
    assert set(files) == {"conda", "conda_dev", "pip_dev"}
    assert files["pip_dev"] == "pytest  # envboot: tests/test_a.py\n"


SCRIPT = """
from envboot import names
from tests.witnesses import code, live, pip, written
modules = sorted({*names.DISTRIBUTIONS, *names.SAME})
brought = [pip(n, "1.0", "cv2", "google.cloud.x") for n in ("a-b", "opencv-python", "zz")]
for environment in (None, live(*brought)):
    _, files = written(code(*(f"{m} a.py:{n}" for n, m in enumerate(modules, 1))), environment)
    print(*files.values())
"""


def test_the_same_comes_out_in_every_process():
    root = Path(__file__).parent.parent
    texts = {
        subprocess.run(
            [sys.executable, "-c", SCRIPT],
            check=True,
            capture_output=True,
            cwd=root,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(root)},
            text=True,
            encoding="utf-8",
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(texts) == 1
    assert texts.pop().count("# envboot: ") > 500


@pytest.mark.parametrize(
    ("pin", "first", "then"),
    [
        (
            "compatible",
            "~=1.26.4",
            {"1.26.5": "~=1.26.4", "1.26.3": "~=1.26.3", "1.27.0": "~=1.27.0"},
        ),
        ("minimum", ">=1.26.4", {"1.26.5": ">=1.26.4", "1.26.3": ">=1.26.3", "1.27.0": ">=1.27.0"}),
        ("exact", "==1.26.4", {"1.26.5": "==1.26.5"}),
    ],
)
def test_a_later_patch_in_the_environment_changes_no_file(pin, first, then):
    def files(version, so_far=None):
        here = live(conda("numpy", version), native("ffmpeg", version, requested=True))
        return written(code("numpy a.py:1"), here, so_far, Policy(pin=pin))[1]

    before = files("1.26.4")
    assert f"numpy{first}  #" in before["pip"]
    for version, wanted in then.items():
        after = files(version, before)
        assert f"numpy{wanted}  #" in after["pip"]
        assert f"numpy{wanted}  #" in after["conda"]
        assert f"ffmpeg{wanted}  #" in after["conda"]


def test_an_import_that_moves_or_comes_again_changes_no_file():
    environment = live(NUMPY, pip("pyyaml", "6.0.2", "yaml"))
    _, first = written(code("numpy a.py:3", "yaml b.py:7 test"), environment)
    moved = code("numpy a.py:30 4", "yaml b.py:9 3 test")
    found, second = written(moved, environment, first)
    assert second == first
    assert "a.py\n" in first["pip"]
    assert rows(found)["numpy"].used == "a.py:30 and 3 more"  # the table has the numbers


# ------------------------------------------------------------------ one package at conda


PY_OPENCV = conda("opencv-python", "4.10.0", "cv2", conda_name="py-opencv", requested=True)
HEADLESS = pip("opencv-python-headless", "4.10.0.84", "cv2", requested=True)
SAME_AT_CONDA = [
    ("asked for at conda, and a person wrote its sibling", "opencv-python-headless\n", None),
    ("a person wrote both", "opencv-python==4.5.0.1\nopencv-python-headless\n", None),
    ("both by hand at conda", "opencv-python==4.5.0.1\n", "dependencies:\n  - opencv\n"),
]


@pytest.mark.parametrize("environment", [live(PY_OPENCV, HEADLESS), live(HEADLESS)])
@pytest.mark.parametrize(
    ("requirements", "yml"), [c[1:] for c in SAME_AT_CONDA], ids=[c[0] for c in SAME_AT_CONDA]
)
def test_distributions_that_are_one_package_at_conda_have_one_line_there(
    requirements, yml, environment
):
    _, first = written(code(), environment, {"pip": requirements, "conda": yml})
    opencv = [row for row in packages(first["conda"]) if "opencv" in row]
    assert len(opencv) == 1, first["conda"]
    for row in requirements.splitlines():
        assert f"{row}  # envboot: by hand" in first["pip"]
    assert sum("opencv" in row for row in first["pip"].splitlines()) == requirements.count("\n")
    for here in (environment, None):  # `None`: as `--check` sees it, in a clone
        assert written(code(), here, first, remembered=None)[1] == first


# ------------------------------------------------------------------ extras and groups of a project


PROJECT = """
[project]
name = "x"
version = "1"
dependencies = ["requests>=2.28"]

[project.optional-dependencies]
plot = ["matplotlib>=3.5"]
web = ["requests[socks]>=2.30", "flask>=3"]

[dependency-groups]
test = ["pytest>=8", "ruff"]
"""


def test_what_extras_and_groups_declare_is_not_asked_for_again():
    scan = code("pytest tests/a.py:1 test", "matplotlib a.py:3 guarded", "flask a.py:1", "six a.py")
    environment = live(pip("pytest", "8.3.3"), pip("matplotlib", "3.9.0"), pip("flask", "3.0.3"))
    found, files = written(scan, environment, others=[("pyproject.toml", PROJECT)])
    assert set(files) == {"conda", "pip"}  # nothing for development: the project has it
    assert files["pip"].splitlines() == [
        "flask>=3  # envboot: pyproject.toml; a.py",  # production needs it all the same
        "requests>=2.28  # envboot: pyproject.toml",
        "six  # envboot: a.py",
    ]
    assert not found.suggestions
    for name, line in (
        ("pytest", "pytest>=8"),
        ("matplotlib", "matplotlib>=3.5"),
        ("ruff", "ruff"),
    ):
        assert rows(found)[name].declared == line
        assert rows(found)[name].verdict == "optional"
    assert rows(found)["pytest"].why == "for whoever wants it: pyproject.toml:12"
    for here in (environment, None):
        assert written(scan, here, files, others=[("pyproject.toml", PROJECT)])[1] == files
