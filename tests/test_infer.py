"""What code imports: how much each module is needed, and what is local."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from envboot import infer, names
from envboot.infer import stdlib
from envboot.testing import ScriptedShell
from tests.scanning import labels, scan


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
