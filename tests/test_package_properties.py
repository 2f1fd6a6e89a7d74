"""Whatever lies in a repository: packing ends, or names what is wrong, and twice is once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from envboot.errors import AnswerNeeded, EnvbootError
from envboot.package import Packing, package_env
from envboot.shell.local import LocalShell
from envboot.testing import ScriptedConsole

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

CODE = st.lists(
    st.sampled_from(
        [
            "import numpy",
            "import yaml",
            "from sklearn import svm",
            "import clip",
            "import google.cloud.storage",
            "try:\n    import torch\nexcept ImportError:\n    torch = None",
            "print 'python 2'",
            "import os; os.environ['A']",
            "\u00e9 = (",
        ]
    ),
    max_size=4,
).map("\n".join)
REQUIREMENTS = st.lists(
    st.sampled_from(
        [
            "numpy",
            "numpy>=1.20  # keep",
            "PyYAML==6.0",
            "scikit_learn",
            "-r more.txt",
            "-c more.txt",
            "-e .",
            "--pre",
            "./wheels/x-1.0-py3-none-any.whl",
            "torch @ https://example.org/torch-1.0-py3-none-any.whl",
            "six; python_version < '3.8'",
            "# alone",
            "",
            "x y",
        ]
    ),
    max_size=5,
).map("\n".join)
ENVIRONMENT = st.one_of(
    st.lists(
        st.sampled_from(
            ["python=3.11", "numpy", "conda-forge::scipy", "pip", "libfoo=1.0", "x: y"]
        ),
        max_size=4,
    ).map(lambda rows: "name: e\ndependencies:\n" + "".join(f"  - {r}\n" for r in rows)),
    st.just("dependencies: [numpy, {pip: [six]}]\nvariables: {A: b}\n"),
    st.just("[\n"),
)
PROJECT = st.sampled_from(
    [
        "[project]\nname='x'\nversion='1'\ndependencies=['numpy']\n",
        "[tool.envboot.package]\npip-only = true\n",
        "[tool.envboot.package.provides]\nclip = 'openai-clip'\n",
        "[tool.poetry]\nname='x'\n[tool.poetry.dependencies]\npython='^3.9'\nnumpy='*'\n",
        "nonsense",
    ]
)
FILES = st.fixed_dictionaries(
    {},
    optional={
        "main.py": CODE,
        "tests/test_main.py": CODE,
        "book.ipynb": CODE.map(lambda _: '{"cells": [], "metadata": {}, "nbformat": 4}'),
        "requirements.txt": REQUIREMENTS,
        "more.txt": REQUIREMENTS,
        "requirements-dev.txt": REQUIREMENTS,
        "environment.yml": ENVIRONMENT,
        "pyproject.toml": PROJECT,
        "setup.py": st.sampled_from(["from setuptools import setup\nsetup(name='x')\n", "x = ("]),
        "setup.cfg": st.sampled_from(["[envboot:needs]\nmemory = 1 GB\n", "[x]\ny = 1\n", "x"]),
    },
)


@example(files={"tests/test_a.py": "import yaml", "requirements-dev.txt": "numpy"}, ending="\n")
@example(  # a list in one line is written anew, and the file stays a person's
    files={
        "main.py": "import yaml",
        "environment.yml": "dependencies: [numpy, {pip: [six]}]\nvariables: {A: b}\n",
        "requirements.txt": "-e .",
    },
    ending="\n",
)
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(files=FILES, ending=st.sampled_from(["\n", "\r\n"]))
def test_packing_is_whole_or_not_at_all_and_twice_is_once(
    tmp_path_factory: pytest.TempPathFactory, files: dict[str, str], ending: str
) -> None:
    root = tmp_path_factory.mktemp("r")
    for name, text in files.items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_bytes(text.replace("\n", ending).encode())
    before = tree(root)

    def pack(**flags: bool) -> str:
        request = Packing(root=root, **flags)  # type: ignore[arg-type]
        return package_env(request, LocalShell({"PATH": ""}), ScriptedConsole()).outcome

    try:
        outcome = pack(yes=True)
    except AnswerNeeded:
        raise
    except EnvbootError:
        assert tree(root) == before, "nothing is written where something is wrong"
        return
    assert outcome == "packed"
    after = tree(root)
    assert pack() == "up-to-date"
    assert pack(check=True) == "up-to-date"
    assert tree(root) == after
    pack(remove=True)
    assert tree(root) == before, "all is as it was, byte for byte"


def tree(root: Path) -> dict[str, bytes]:
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in root.rglob("*") if p.is_file()}
