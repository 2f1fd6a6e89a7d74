"""The memory that a scan takes, measured of a whole process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from envboot import infer

pytestmark = pytest.mark.real

_SCAN = """
import json, pathlib, resource, sys
from envboot import infer
from envboot.shell.local import LocalShell
class Shell(LocalShell):
    def cores(self): return int(sys.argv[2])
def memory():  # ru_maxrss of Linux counts what the parent had when it started us
    if sys.platform == "darwin":
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    said = pathlib.Path("/proc/self/status").read_text()
    return int(said.partition("VmHWM:")[2].split()[0])
infer.imports(pathlib.Path("/nowhere/at/all"), Shell())
before = memory()
found = infer.imports(pathlib.Path(sys.argv[1]), Shell())
print(json.dumps([memory() - before, [m.module for m in found.modules], len(found.unreadable)]))
"""


def measured(root: Path, cores: int = 1) -> tuple[int, list[str], int]:
    """Return the KiB that a scan took beyond one of nothing; its modules; what was unreadable."""
    if sys.platform not in {"linux", "darwin"}:
        pytest.skip("the memory of a process is asked of Linux and macOS")
    home = str(Path(infer.__file__).parent.parent.parent)
    done = subprocess.run(
        [sys.executable, "-c", _SCAN, str(root), str(cores)],
        env={**os.environ, "PYTHONPATH": home},
        check=True,
        capture_output=True,
        text=True,
        timeout=300,
    )
    memory, modules, unreadable = json.loads(done.stdout)
    return memory, modules, unreadable


def test_a_notebook_of_100_mb_takes_little_more_than_its_bytes(tmp_path):
    picture = '{"output_type": "display_data", "data": {"image/png": "' + "iVBORw0K\\n" * 11_000_000
    cell = '{"cell_type": "code", "source": "import x1", "outputs": [' + picture + '"}}]}'
    last = '{"cell_type": "code", "source": ["import x2"], "outputs": []}'
    path = tmp_path / "large.ipynb"
    path.write_text('{"nbformat": 4, "metadata": {}, "cells": [' + cell + ", " + last + "]}")
    size = path.stat().st_size
    assert 100_000_000 < size < infer.LIMIT
    memory, modules, unreadable = measured(tmp_path)
    assert (modules, unreadable) == (["x1", "x2"], 0)
    assert memory < size * 1.3 / 1024


@pytest.mark.parametrize("cores", [1, 2])
def test_the_memory_for_thousands_of_files_is_bounded(tmp_path, cores):
    for number in range(160):
        folder = tmp_path / f"p{number % 20}" / f"s{number}"
        folder.mkdir(parents=True)
        for name in range(50):
            text = f"import os, x{(number * 50 + name) % 200}\nfrom p1.s1 import m{name}\n"
            (folder / f"m{name}.py").write_text(text + f"os.environ.get('V{name}')\n")
    memory, modules, unreadable = measured(tmp_path, cores)
    assert (len(modules), unreadable) == (200, 0)
    assert memory < 24 * 1024  # it grows with the files, by about a KB for each
