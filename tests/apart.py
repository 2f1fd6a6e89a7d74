"""A coroutine run in a process of its own, as the child of our engine runs: py-rattler is native.

Its threads may crash a Python that ends in the usual way, and a test run must not end so. The
process says in JSON what came of it, and leaves without ceremony.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

ROOT = Path(__file__).resolve().parent.parent
_START = "import sys; from tests import apart; apart.main(sys.argv[1:])"
needs_rattler = pytest.mark.skipif(
    not find_spec("rattler"), reason="py-rattler is not installed beside these tests"
)


def run(
    coroutine: Callable[..., Coroutine[Any, Any, Any]],
    *values: object,
    env: dict[str, str] | None = None,
    seconds: float = 120,
) -> Any:
    """Return what a coroutine function of a test module returns for ``values``, all being JSON.

    ``env`` are further variables. What it prints is shown when it fails.
    """
    module = coroutine.__module__.rpartition(".")[2]
    name = f"tests.{module}:{coroutine.__qualname__}"
    done = subprocess.run(
        [sys.executable, "-c", _START, name, json.dumps(values)],
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT), **(env or {})},
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return json.loads(done.stdout.splitlines()[-1])


def main(argv: list[str]) -> None:
    """Run the coroutine that ``argv`` names, and print what it returns."""
    import asyncio

    module, _, name = argv[0].partition(":")
    function = getattr(importlib.import_module(module), name)
    result = asyncio.run(function(*json.loads(argv[1])))
    sys.stdout.write(json.dumps(result) + "\n")
    sys.stdout.flush()
    os._exit(0)
