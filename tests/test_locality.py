"""What is local and what is a distribution: small repositories, one for each class of mistake."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envboot import infer, names
from envboot.infer import declared
from envboot.shell.local import LocalShell
from envboot.testing import ScriptedShell


@dataclass(frozen=True)
class Repository:
    """A made repository, and what its production code wants of the package index."""

    mistake: str
    files: dict[str, str]
    wants: set[str] = field(default_factory=set)


REPOSITORIES = (
    Repository(
        "a folder of pictures called like a distribution",
        {"a.py": "import tensorflow, docker", "images/tensorflow/x.png": "", "docker/x.txt": ""},
        {"tensorflow", "docker"},
    ),
    Repository(
        "a helper called like the distribution that it wraps",
        {
            "utils/__init__.py": "",
            "utils/helpers/rdkit.py": "from rdkit import Chem",
            "utils/helpers/plip.py": "import plip\nfrom plip.exchange.report import Report",
            "utils/dock.py": "from .helpers import rdkit, plip",
        },
        {"rdkit", "plip"},
    ),
    Repository(
        "a package of plug-ins called like what they plug in",
        {
            "loggers/__init__.py": "",
            "loggers/clearml/__init__.py": "",
            "loggers/clearml/utils.py": "import clearml\nfrom clearml import Task",
            "loggers/comet/__init__.py": "import comet_ml",
        },
        {"clearml", "comet-ml"},
    ),
    Repository(
        "a script elsewhere called like a distribution, of which something else is taken",
        {
            "train.py": "from datasets import load_dataset\nfrom evaluate import load",
            "old/deep/datasets/__init__.py": "def make_dataset(): pass",
            "tools/evaluate.py": "def run(): pass",
        },
        {"datasets", "evaluate"},
    ),
    Repository(
        "a module elsewhere that has what is taken: some PYTHONPATH leads there",
        {
            "tools/train.py": "from datasets import build_dataset\nimport datasets.coco",
            "core/datasets/__init__.py": "def build_dataset(): pass",
            "core/datasets/coco.py": "",
        },
    ),
    Repository(
        "src layout, from anywhere",
        {"nb/a.py": "import mine.x, numpy", "src/mine/__init__.py": "", "src/mine/x.py": ""},
        {"numpy"},
    ),
    Repository(
        "packages where setup.cfg says",
        {
            "setup.cfg": "[options]\npackage_dir =\n    = python/lib\npackages = find:\n",
            "nb/a.py": "import lmdb",
            "python/lib/lmdb/__init__.py": "",
        },
    ),
    Repository(
        "packages where pyproject.toml says: setuptools",
        {
            "pyproject.toml": '[tool.setuptools.packages.find]\nwhere = ["code"]\n',
            "nb/a.py": "import lmdb",
            "code/lmdb/__init__.py": "",
        },
    ),
    Repository(
        "packages where pyproject.toml says: package-dir",
        {
            "pyproject.toml": '[tool.setuptools]\npackage-dir = {"" = "code"}\n',
            "nb/a.py": "import lmdb",
            "code/lmdb/__init__.py": "",
        },
    ),
    Repository(
        "packages where pyproject.toml says: Poetry",
        {
            "pyproject.toml": '[tool.poetry]\npackages = [{ include = "lmdb", from = "code" }]\n',
            "nb/a.py": "import lmdb",
            "code/lmdb/__init__.py": "",
        },
    ),
    Repository(
        "packages where pyproject.toml says: Hatch",
        {
            "pyproject.toml": "[tool.hatch.build.targets.wheel]\npackages = ['code/lmdb']\n",
            "nb/a.py": "import lmdb",
            "code/lmdb/__init__.py": "",
        },
    ),
    Repository(
        "packages where setup.py says, and an extension that exists once it is built",
        {
            "setup.py": "setup(package_dir={'': 'code'},"
            " ext_modules=[CUDAExtension(name='pillow_simd', sources=['x.cu'])])",
            "nb/a.py": "import lmdb, pillow_simd",
            "code/lmdb/__init__.py": "",
        },
    ),
    Repository(
        "folders put on sys.path",
        {
            "nb/a.py": "import sys\nsys.path.append('../code')\nimport lmdb",
            "nb/b.py": "sys.path.insert(0, os.path.join('..', 'code'))\nimport lmdb",
            "code/lmdb.py": "",
        },
    ),
    Repository(
        "a repository inside, as a submodule that is not there",
        {
            ".gitmodules": '[submodule "x"]\n\tpath = modules/taming-transformers\n\turl = u\n',
            "a.py": "import taming_transformers, numpy",
        },
        {"numpy"},
    ),
    Repository(
        "vendored trees",
        {
            "a.py": "from third_party.lmdb import x\nimport numpy",
            "third_party/lmdb/__init__.py": "import zarr",
            "vendor/y.py": "import zarr",
            "3rdparty/y.py": "import zarr",
            "pkg/_vendor/y.py": "import zarr",
        },
        {"numpy"},
    ),
    Repository(
        "what protoc makes",
        {"a.py": "import grpc, model_pb2\nfrom api.model_pb2_grpc import Stub"},
        {"grpcio"},
    ),
    Repository(
        "an ignored folder that is a package, where there is no git to ask",
        {
            ".gitignore": "data/\nruns/\n",
            "pkg/__init__.py": "",
            "pkg/data/__init__.py": "",
            "pkg/data/x.py": "import pandas",
            "runs/copy.py": "import zarr",
        },
        {"pandas"},
    ),
    Repository(
        "folders that each declare an environment, and a root that does not",
        {"one/requirements.txt": "", "one/a.py": "import click", "two/Pipfile": "", "two/b.py": ""},
        {"click"},
    ),
    Repository(
        "namespaces",
        {
            "a.py": "from google.cloud import storage\nimport azure.ai.ml\n"
            "from mpl_toolkits.mplot3d import Axes3D\nimport google.protobuf",
            "google/readme.md": "",
        },
        {"google-cloud-storage", "azure-ai-ml", "matplotlib", "protobuf"},
    ),
    Repository(
        "namesakes, and words for modules of one's own",
        {"a.py": "import clip, apex, bert\nimport utils, config\nfrom models import net"},
    ),
    Repository(
        "a module that a host program brings",
        {"a.py": "import bpy, rospy, numpy\nfrom google.colab import drive"},
        {"numpy"},
    ),
)


def wanted(root: Path) -> set[str]:
    found = infer.imports(root, LocalShell())
    modules = (m.module for m in found.modules if m.label == "production")
    return {name for m in modules if (name := names.distribution(m)) is not None}


@pytest.mark.parametrize("repository", REPOSITORIES, ids=lambda r: r.mistake)
def test_a_class_of_mistakes_is_not_made(tmp_path, repository):
    for name, text in repository.files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert wanted(tmp_path) == repository.wants


def test_an_ignored_package_that_git_does_not_track_stays_out(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / ".gitignore").write_text("data/\n")
    (tmp_path / "a.py").write_text("import numpy")
    for path in (tmp_path, tmp_path / "data"):
        (path / "__init__.py").write_text("")
    (tmp_path / "data" / "x.py").write_text("import pandas")
    assert wanted(tmp_path) == {"numpy", "pandas"}
    for words in (["init", "-q"], ["add", "a.py"]):
        subprocess.run(["git", "-C", tmp_path, *words], check=True, capture_output=True)
    assert wanted(tmp_path) == {"numpy"}


def test_what_leads_out_of_the_repository_is_no_folder_of_packages():
    text = "[options]\npackage_dir =\n    = ../elsewhere\nwhere = /etc\n"
    shell = ScriptedShell(files={"/r/setup.cfg": text})
    assert declared.read(Path("/r"), shell).folders == ()


@given(st.binary(max_size=300))
def test_any_bytes_declare_something_or_nothing(data):
    names_of = ("setup.cfg", "pyproject.toml", "setup.py", ".gitmodules")
    shell = ScriptedShell(files={f"/r/{name}": data for name in names_of})
    found = declared.read(Path("/r"), shell)
    assert all(".." not in folder.split("/") for folder in found.folders)
