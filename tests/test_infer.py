from __future__ import annotations

import json
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from envboot import infer, names
from envboot.infer import notebook, sources, stdlib, syntax, tracked
from envboot.shell.local import LocalShell
from envboot.testing import ScriptedShell


def write(root: Path, files: dict[str, str | bytes]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return root


def scan(root: Path, files: dict[str, str | bytes]) -> infer.Scan:
    return infer.imports(write(root, files), LocalShell())


def labels(found: infer.Scan) -> dict[str, str]:
    return {m.module: m.label for m in found.modules}


def cells(*sources: object, **metadata: object) -> str:
    rows = [s if isinstance(s, dict) else {"cell_type": "code", "source": s} for s in sources]
    return json.dumps({"nbformat": 4, "metadata": metadata, "cells": rows})


def test_a_script_names_its_modules_with_file_and_line(tmp_path):
    found = scan(tmp_path, {"a/run.py": "import os\nimport numpy.linalg as la, cv2\n"})
    assert [(m.module, str(m.origin), m.label) for m in found.modules] == [
        ("cv2", "a/run.py:2", "production"),
        ("numpy", "a/run.py:2", "production"),
    ]
    assert found.unreadable == ()
    assert found.notebooks == ()


def test_a_scripted_computer_can_be_scanned():
    shell = ScriptedShell(files={"/r/a.py": "import numpy\nimport b\n", "/r/b.py": "import yaml\n"})
    assert labels(infer.imports(Path("/r"), shell)) == dict.fromkeys(
        ("numpy", "yaml"), "production"
    )


@pytest.mark.parametrize(
    ("code", "label"),
    [
        ("import x1", "production"),
        ("def f():\n    import x1", "production"),
        ("if __name__ == '__main__':\n    import x1", "production"),
        ("try:\n    import x1\nexcept ImportError:\n    x1 = None", "guarded"),
        ("try:\n    import x1\nexcept (ValueError, ModuleNotFoundError):\n    pass", "guarded"),
        ("try:\n    import x1\nexcept:\n    pass", "guarded"),
        ("try:\n    import x1\nexcept Exception as e:\n    print(e)", "guarded"),
        ("try:\n    import x1\nexcept KeyError:\n    pass", "production"),
        ("try:\n    import x1\nfinally:\n    pass", "production"),
        ("try:\n    import json\nexcept ImportError:\n    import x1", "guarded"),
        ("try:\n    import x1\nexcept ImportError:\n    raise SystemExit('pip')", "production"),
        ("try:\n    import x1\nexcept ImportError:\n    sys.exit(1)", "production"),
        ("def f():\n  try:\n    import x1\n  except ImportError:\n    raise ValueError", "guarded"),
        ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import x1", "guarded"),
        ("import typing as t\nif t.TYPE_CHECKING:\n    import x1", "guarded"),
        ("if TYPE_CHECKING:\n    import os\nelse:\n    import x1", "production"),
        ("if not TYPE_CHECKING:\n    import x1", "production"),
        ("if not t.TYPE_CHECKING:\n    import os\nelse:\n    import x1", "guarded"),
        ("try:\n    import x1.a\nexcept ImportError:\n    from x1 import a", "production"),
        (
            "try:\n    import x1\nexcept ImportError:\n    install('x1')\n    import x1",
            "production",
        ),
        ("try:\n    import x1, os\nexcept ImportError:\n    import os", "guarded"),
        ("if importlib.util.find_spec('x1') is not None:\n    import x1", "guarded"),
        ("if is_x1_available():\n    from x1.y import z", "guarded"),
        ("if HAS_X1:\n    import x1", "guarded"),
        ("if sys.platform == 'win32':\n    import x1", "guarded"),
        ("if os.name == 'nt':\n    import x1", "guarded"),
        ("if sys.version_info < (3, 8):\n    import x1", "guarded"),
        ("with contextlib.suppress(ImportError):\n    import x1", "guarded"),
        ("with open('x') as f:\n    import x1", "production"),
        ("import importlib\nm = importlib.import_module('x1.sub')", "production"),
        ("from importlib import import_module\nm = import_module('x1')", "production"),
        ("def f():\n    return __import__('x1')", "guarded"),
        ("y = __import__('x1') if find_spec('x1') else None", "guarded"),
        ("m = __import__('x1')", "production"),
        ("class A:\n    import x1", "production"),
        ("match 1:\n    case 1:\n        import x1", "production"),
        ("import x1\ntry:\n    import x1\nexcept ImportError:\n    pass", "production"),
    ],
)
def test_how_much_a_module_is_needed(tmp_path, code, label):
    if code.startswith("match") and sys.version_info < (3, 10):
        pytest.skip("match statements need Python 3.10")
    assert labels(scan(tmp_path, {"a.py": code})) == {"x1": label}


@pytest.mark.parametrize(
    ("path", "label"),
    [
        ("a.py", "production"),
        ("examples/a.py", "production"),
        ("latest/a.py", "production"),
        ("tests/a.py", "test"),
        ("pkg/test/a.py", "test"),
        ("test_a.py", "test"),
        ("a_test.py", "test"),
        ("conftest.py", "test"),
        ("docs/conf.py", "docs"),
        ("doc/a.py", "docs"),
        ("setup.py", "docs"),
    ],
)
def test_where_a_file_lies_says_what_it_is_for(tmp_path, path, label):
    assert labels(scan(tmp_path, {path: "import x1"})) == {"x1": label}


def test_a_guard_in_one_file_does_not_weaken_another(tmp_path):
    guarded = "try:\n    import x1\nexcept ImportError:\n    x1 = None"
    found = scan(tmp_path, {"a.py": guarded, "b.py": "import x1", "tests/c.py": "import x1"})
    assert labels(found) == {"x1": "production"}
    assert found.modules[0].origin.path == "b.py"


def test_namespaces_are_named_as_deep_as_one_distribution_goes(tmp_path):
    code = """
    import google.cloud.storage.blob
    from google.cloud import bigquery, vision
    from google.protobuf import text_format
    from mpl_toolkits.mplot3d import Axes3D
    from mpl_toolkits import basemap
    import matplotlib.pyplot as plt
    import azure.storage.blob
    """
    found = scan(tmp_path, {"a.py": "\n".join(row.strip() for row in code.splitlines())})
    assert sorted(labels(found)) == [
        "azure.storage.blob",
        "google.cloud.bigquery",
        "google.cloud.storage",
        "google.cloud.vision",
        "google.protobuf",
        "matplotlib",
        "mpl_toolkits.basemap",
        "mpl_toolkits.mplot3d",
    ]


def test_what_a_host_brings_is_only_tried(tmp_path):
    assert labels(scan(tmp_path, {"a.py": "from google.colab import drive"})) == {
        "google.colab": "guarded"
    }


# ------------------------------------------------------------------ what is local


@pytest.mark.parametrize(
    "files",
    [
        {"a.py": "import helper", "helper.py": ""},
        {"a.py": "import helper.x", "helper/__init__.py": "", "helper/x.py": ""},
        {"a.py": "import helper.x", "helper/x.py": ""},
        {"a.py": "from helper import x", "helper/x/y.py": ""},
        {"nb/a.py": "import helper", "src/helper.py": ""},
        {"nb/deep/a.py": "import helper", "nb/helper.py": ""},
        {"pkg/__init__.py": "", "pkg/a.py": "import helper", "pkg/helper.py": ""},
        {"nb/a.py": "import sys\nsys.path.append('../code')\nimport helper", "code/helper.py": ""},
        {
            "nb/a.py": "sys.path.insert(0, os.path.join(HERE, '..', 'code'))\nimport helper",
            "code/helper.py": "",
        },
        {"a.py": "import helper", "helper.pyx": "cdef int x"},
        {"pkg/__init__.py": "", "pkg/a.py": "from . import helper\nfrom .b import c"},
    ],
)
def test_local_modules_are_left_out(tmp_path, files):
    assert scan(tmp_path, files).modules == ()


@pytest.mark.parametrize(
    ("files", "module"),
    [
        ({"a.py": "import tensorflow", "images/tensorflow/x.png": ""}, "tensorflow"),
        ({"a.py": "import tensorflow", "images/tensorflow/x.py": ""}, "tensorflow"),
        ({"a.py": "import docker", "docker/Dockerfile": ""}, "docker"),
        ({"a.py": "import docker", "docker/build.py": ""}, "docker"),
        ({"a.py": "import wandb", "wandb/run-1/files/code/a.py": ""}, "wandb"),
        ({"a.py": "import zzz", "zzz/data.csv": ""}, "zzz"),
        ({"a.py": "import rdkit", "helpers/rdkit.py": ""}, "rdkit"),
        ({"helpers/__init__.py": "", "helpers/rdkit.py": "import rdkit"}, "rdkit"),
        ({"helpers/rdkit.py": "import rdkit"}, "rdkit"),
        (
            {
                "loggers/__init__.py": "",
                "loggers/clearml/__init__.py": "",
                "loggers/clearml/x.py": "import wandb",
                "loggers/wandb/__init__.py": "",
            },
            "wandb",
        ),
    ],
)
def test_a_name_that_is_also_a_folder_hides_no_distribution(tmp_path, files, module):
    assert labels(scan(tmp_path, files)) == {module: "production"}


def test_a_module_that_only_some_pythonpath_would_find_is_tried_not_demanded(tmp_path):
    found = scan(tmp_path, {"a.py": "import oddity", "deep/inside/oddity.py": ""})
    assert labels(found) == {"oddity": "guarded"}


def test_generated_and_standard_modules_are_no_demands(tmp_path):
    code = "import model_pb2\nfrom proto.model_pb2_grpc import x\nimport tomllib, distutils, imp"
    assert scan(tmp_path, {"a.py": code}).modules == ()


def test_the_standard_library_is_known_for_every_python():
    for name in getattr(sys, "stdlib_module_names", ()):
        assert stdlib.is_stdlib(name), name
    for name in ("urllib2", "cPickle", "Tkinter", "annotationlib", "xml.etree"):
        assert stdlib.is_stdlib(name), name
    for name in ("numpy", "yaml", "attr", "six", "setuptools"):
        assert not stdlib.is_stdlib(name), name


# ------------------------------------------------------------------ which files


def test_what_is_not_the_repositorys_own_is_skipped(tmp_path):
    bad = "import skipped"
    files: dict[str, str | bytes] = {
        ".venv/lib/x.py": bad,
        ".hidden/x.py": bad,
        "env/pyvenv.cfg": "",
        "env/lib/x.py": bad,
        "conda/conda-meta/history": "",
        "conda/x.py": bad,
        "node_modules/x.py": bad,
        "lib/python3/site-packages/x.py": bad,
        "build/lib/x.py": bad,
        "pkg/_vendor/x.py": bad,
        "third_party/x.py": bad,
        "ignored/x.py": bad,
        "made.py": bad,
        "deep/own/made2.py": bad,
        "deep/.gitignore": "/own/*.py\n",
        ".gitignore": "# comment\nignored/\nmade.py\n*.tmp\n",
        "kept/build/__init__.py": "import kept1",
        "kept/x.py": "import kept2",
    }
    assert sorted(labels(scan(tmp_path, files))) == ["kept1", "kept2"]


@pytest.mark.parametrize(
    ("patterns", "path", "folder", "hidden"),
    [
        ("*.py", "a/b.py", False, True),
        ("/b.py", "a/b.py", False, False),
        ("a/b.py", "a/b.py", False, True),
        ("a/b.py", "c/a/b.py", False, False),
        ("**/b.py", "c/a/b.py", False, True),
        ("a/**/b.py", "a/x/y/b.py", False, True),
        ("a/**/b.py", "a/b.py", False, True),
        ("a/**", "a/b.py", False, True),
        ("out/", "out", True, True),
        ("out/", "out", False, False),
        ("*.py\n!keep.py", "keep.py", False, False),
        ("b?.py", "b1.py", False, True),
        ("b[0-9].py", "b1.py", False, True),
        ("b[!0-9].py", "b1.py", False, False),
        ("\\!x.py", "!x.py", False, True),
        ("x.py   ", "x.py", False, True),
        ("[", "x.py", False, False),
        ("a*c", "a/c", False, False),
    ],
)
def test_gitignore_patterns_mean_what_git_means(patterns, path, folder, hidden):
    assert sources.ignored(path, sources.rules(patterns, ""), folder=folder) is hidden


@pytest.mark.parametrize("version", ["2", "3", "4"])
def test_what_git_tracks_belongs_whatever_is_ignored(tmp_path, version):
    def git(*words: str) -> None:
        subprocess.run(["git", "-C", tmp_path, *words], check=True, capture_output=True)

    if not shutil.which("git"):
        pytest.skip("git is not installed (apt: git)")
    names = {f"pkg/data/module_{n}{'x' * n}.py": f"import t{n}" for n in range(12)}
    write(tmp_path, {".gitignore": "data/\n*_made.py\n", "a_made.py": "import m1", **names})
    git("init", "-q")
    git("config", "index.version", version)
    git("add", "-f", "pkg", ".gitignore")
    if version == "3":
        git("add", "-N", "-f", "a_made.py")
    write(tmp_path, {"pkg/data/untracked.py": "import u1", "b_made.py": "import m2"})
    found = set(labels(infer.imports(tmp_path, LocalShell())))
    assert found == {f"t{n}" for n in range(12)} | ({"m1"} if version == "3" else set())
    index = tmp_path / ".git" / "index"
    whole = index.read_bytes()
    for size in range(0, len(whole), 7):
        index.write_bytes(whole[:size])
        assert tracked.files(tmp_path, LocalShell()) <= set(names) | {".gitignore", "a_made.py"}


def test_a_nested_repository_is_not_this_one(tmp_path):
    files: dict[str, str | bytes] = {
        "a.py": "import x1",
        "examples/packed/.envboot/envboot.pyz": "",
        "examples/packed/a.py": "import x2",
        "sub/.git": "gitdir: elsewhere",
        "sub/a.py": "import x3",
        "demo/requirements.txt": "",
        "demo/deep/a.py": "import x1, x4",
        "requirements.txt": "",
    }
    assert labels(scan(tmp_path, files)) == {"x1": "production", "x4": "guarded"}


def test_links_are_not_followed(tmp_path):
    write(tmp_path, {"a/x.py": "import x1", "outside/y.py": "import y1"})
    root = tmp_path / "a"
    (root / "loop").symlink_to(root, target_is_directory=True)
    (root / "out").symlink_to(tmp_path / "outside", target_is_directory=True)
    (root / "gone.py").symlink_to(tmp_path / "nowhere.py")
    found = infer.imports(root, LocalShell())
    assert labels(found) == {"x1": "production"}
    assert found.unreadable == ()


# ------------------------------------------------------------------ what cannot be read


def test_code_with_a_coding_cookie_or_a_bom_is_read(tmp_path):
    latin = "# -*- coding: latin-1 -*-\nimport x1  # é\n".encode("latin-1")
    found = scan(tmp_path, {"a.py": latin, "b.py": b"\xef\xbb\xbfimport x2\n"})
    assert sorted(labels(found)) == ["x1", "x2"]
    assert found.unreadable == ()


def test_a_broken_file_costs_itself_and_is_listed(tmp_path):
    files: dict[str, str | bytes] = {
        "a.py": "import x1\n",
        "broken.py": "import x2\nif True\n    import x3\nfrom x4 import (\n",
        "two.py": 'import x5\nprint "hello"\n',
        "bytes.py": b"import x6\n\x00\n",
        "cookie.py": b"# coding: klingon\nimport x7\n",
        "undecodable.py": b"import x8\ns = '\xff'\n",
    }
    found = scan(tmp_path, files)
    assert labels(found) == {
        "x1": "production",
        "x2": "production",
        "x3": "guarded",
        "x4": "production",
        "x5": "guarded",
        "x6": "production",
        "x7": "production",
        "x8": "production",
    }
    broken = {n.origin.path: n for n in found.unreadable if n.origin}
    assert sorted(broken) == sorted(set(files) - {"a.py"})
    assert "Python 2" in str(broken["two.py"])
    assert str(broken["broken.py"]).startswith("broken.py:2: could not be read whole: ")


def test_deep_nesting_and_warnings_reach_nobody(tmp_path):
    deep = "import x1\ny = " + "-" * 50_000 + "1\n"
    plus = "import x2\ny = " + "+".join(["1"] * 300_000) + "\n"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = scan(tmp_path, {"a.py": deep, "b.py": plus, "c.py": "import x3\ns = '\\d' is 1\n"})
    assert sorted(labels(found)) == ["x1", "x2", "x3"]


def test_a_huge_file_is_named_and_skipped(tmp_path):
    write(tmp_path, {"a.py": "import x1"})
    with (tmp_path / "big.py").open("wb") as file:
        file.write(b"import x2\n")
        file.truncate(infer.LIMIT + 1)
    found = infer.imports(tmp_path, LocalShell())
    assert labels(found) == {"x1": "production"}
    assert [str(n) for n in found.unreadable] == ["big.py: larger than 128 MB: not looked into"]


def test_a_large_file_is_read_by_lines():
    assert [s.module for s in syntax.read(b"import x1\n" + b"#" * syntax.BIG).seen] == ["x1"]


# ------------------------------------------------------------------ notebooks


def modules_of(text: str | bytes) -> dict[str, bool]:
    data = text.encode() if isinstance(text, str) else text
    return {s.module: s.guarded for s in notebook.read(data).seen}


@pytest.mark.parametrize(
    "source",
    [
        "%matplotlib inline\nimport x1",
        "import x1\n!pip install y1 \\\n   y2",
        "if True:\n    %matplotlib inline\nimport x1",
        "if True: !ls\nimport x1",
        "files = !ls *.py\nimport x1",
        "found = %sql select 1\nimport x1",
        "x1?\nimport x1",
        "import x1\nx1.read??",
        "?x1\nimport x1",
        "%%time\nimport x1",
        "%%capture out\nimport x1",
        "\n%%timeit -n 10\nimport x1",
        "%time import x1",
        "%timeit -n 10 -r 3 foo(1,\n   2)\nimport x1",
        "%%writefile helper.py\nimport x1",
        "text = '''\n%d items\n'''\nimport x1",
        "print('a'\n      % (1,))\n!ls\nimport x1",
        "await thing()\nimport x1",
        ["import ", "x1\n", "x1.y"],
        "def f():\n    !ls\n    return 1\nimport x1",
        "%pip install x\n%load_ext autoreload\n%autoreload 2\nimport x1;",
    ],
)
def test_magics_hide_no_import(source):
    reading = notebook.read(cells(source).encode())
    assert [s.module for s in reading.seen if s.module != "y1"] == ["x1"]
    assert reading.errors == ()


@pytest.mark.parametrize(
    "source",
    [
        "%%bash\nimport x1",
        "%%html\n<b>import x1</b>",
        "%%R\nlibrary(x)\nimport x1",
        "%%javascript\nimport x1 from 'y'",
        "%%writefile notes.txt\nimport x1",
        "%%some_magic_of_mine\nimport x1 from",
    ],
)
def test_cells_of_other_languages_are_not_read(source):
    reading = notebook.read(cells(source).encode())
    assert reading == syntax.Reading()


def test_a_bad_cell_costs_that_cell(tmp_path):
    text = cells("import x1", "this is not python import", 'import x2\nprint "two"', "import x3")
    found = scan(tmp_path, {"n.ipynb": text})
    assert labels(found) == {"x1": "production", "x2": "guarded", "x3": "production"}
    assert [str(n).partition(": ")[0] for n in found.unreadable] == [
        "n.ipynb, cell 2, line 1",
        "n.ipynb, cell 3, line 2",
    ]
    assert str(found.modules[2].origin) == "n.ipynb, cell 4, line 1"
    assert found.notebooks == ("n.ipynb",)


def test_odd_cells_are_listed_or_passed_over():
    rows = [{"cell_type": "markdown", "source": "import y"}, {"cell_type": "code"}, 3]
    reading = notebook.read(
        json.dumps({"cells": [*rows, {"cell_type": "code", "source": 7}]}).encode()
    )
    assert reading.seen == ()
    assert reading.errors == (("not a cell", None, 3), ("the source is not text", None, 4))


def test_format_3_is_read():
    cell = {"cell_type": "code", "language": "python", "input": ["import x1\n"]}
    ruby = {"cell_type": "code", "language": "ruby", "input": ["import x2\n"]}
    sheet = json.dumps({"nbformat": 3, "worksheets": [{"cells": [cell, ruby]}]})
    assert modules_of(sheet) == {"x1": False}


@pytest.mark.parametrize(
    ("metadata", "ours"),
    [
        ({}, True),
        ({"kernelspec": {"name": "python3", "language": "python"}}, True),
        ({"kernelspec": {"name": "my-env"}}, True),
        ({"language_info": {"name": "python"}}, True),
        ({"language_info": {"name": "R"}}, False),
        ({"kernelspec": {"name": "ir", "language": "R"}}, False),
        ({"kernelspec": {"name": "julia-1.6"}}, False),
        ({"kernelspec": "broken"}, True),
    ],
)
def test_only_python_notebooks_are_read(tmp_path, metadata, ours):
    found = scan(tmp_path, {"n.ipynb": cells("import x1", **metadata)})
    assert bool(found.modules) is ours
    assert found.notebooks == ("n.ipynb",)


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"[]", b"\xff\xfe\x00", b"<<<<<<< HEAD\n{}", b"[" * 100_000, b'{"cells": 3}'],
)
def test_what_is_no_notebook_is_listed_and_the_rest_goes_on(tmp_path, data):
    found = scan(tmp_path, {"a.ipynb": data, "b.py": "import x1"})
    assert labels(found) == {"x1": "production"}
    assert len(found.unreadable) == (0 if data == b'{"cells": 3}' else 1)


def test_modules_that_a_notebook_writes_are_its_own(tmp_path):
    text = cells("%%writefile tool.py\nimport x1", "import tool")
    assert labels(scan(tmp_path, {"n.ipynb": text})) == {"x1": "production"}


def test_a_notebook_with_a_bom_is_read():
    assert modules_of(b"\xef\xbb\xbf" + cells("import x1").encode()) == {"x1": False}


# ------------------------------------------------------------------ names


@pytest.mark.parametrize(
    ("module", "distribution"),
    [
        ("cv2", "opencv-python"),
        ("sklearn", "scikit-learn"),
        ("PIL.Image", "pillow"),
        ("yaml", "pyyaml"),
        ("bs4", "beautifulsoup4"),
        ("skimage", "scikit-image"),
        ("Bio", "biopython"),
        ("mpl_toolkits.mplot3d", "matplotlib"),
        ("mpl_toolkits.basemap", "basemap"),
        ("google.cloud.storage", "google-cloud-storage"),
        ("numpy", "numpy"),
        ("sentence_transformers", "sentence-transformers"),
        ("apex", None),
        ("clip", None),
        ("google", None),
    ],
)
def test_distributions_are_named_only_where_they_are_known(module, distribution):
    assert names.distribution(module) == distribution


def test_the_tables_of_names_are_tidy():
    for module, distribution in names.DISTRIBUTIONS.items():
        assert distribution == distribution.lower(), module
        assert not stdlib.is_stdlib(module), module
    assert not set(names.DISTRIBUTIONS) & names.SAME
    assert not any(stdlib.is_stdlib(n) for n in names.SAME)
