"""Virtual environments for tests that need some, and do not test how they are made: quick ones."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

from envboot import index
from envboot.shell.local import LocalShell
from tests import once
from tests.real.person import PATH

# Where the index is and how it is reached is this machine's own affair.
KEPT = ("PIP_", "SSL_", "UV_", "HTTP", "NO_PROXY", "REQUESTS_", "XDG_CACHE", "LD_")
SECONDS = 300


def make(folder, tmp_path_factory, *packages):
    """Make a virtual environment with packages of the index, and return its Python.

    uv takes a tenth of pip's time, and what it downloads serves the whole test run.
    """
    python = folder / "bin" / "python"
    _uv(folder.parent, tmp_path_factory, "venv", "--python", sys.executable, str(folder))
    add(folder, tmp_path_factory, *packages)
    return python


def add(folder, tmp_path_factory, *words):
    """Install more into such an environment; ``words`` are packages, and flags of uv."""
    python = str(folder / "bin" / "python")
    _uv(folder.parent, tmp_path_factory, "pip", "install", "--python", python, *words)


def _uv(home, tmp_path_factory, *words):
    program = shutil.which("uv", path=PATH)
    if not program:
        pytest.skip("uv is not installed")
    environ = {k: v for k, v in os.environ.items() if k.upper().startswith(KEPT)}
    environ.setdefault("UV_CACHE_DIR", str(once.base(tmp_path_factory) / "caches" / "uv"))
    environ |= {"HOME": str(home), "PATH": PATH, "LC_ALL": "C.UTF-8"}
    shell = LocalShell(environ)
    environ |= {**index.uv_environ(index.settings(shell), shell), "UV_FIND_LINKS": ""}
    done = subprocess.run(
        [program, "--quiet", *words],
        cwd="/",
        env=environ,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
