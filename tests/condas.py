"""The child of our conda engine, run as the product runs it, and what it answered."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from envboot import interpreters
from envboot.engines.rattler.order import Aim, Answer, Asked, Order
from envboot.shell.local import LocalShell

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Done:
    """What a child did."""

    code: int
    said: str
    answer: Answer | None
    prefix: Path

    def record(self, name: str) -> dict[str, Any]:
        """Return the record of an installed package."""
        return record(self.prefix, name)


@dataclass(frozen=True)
class Workplace:
    """A person with a channel: where her environments are made."""

    folder: Path
    channel: str
    environ: dict[str, str]

    def order(self, name: str, *specs: str, **more: Any) -> Order:
        """Return the order for an environment called ``name``, of specs from the third line on."""
        asked = tuple(Asked(s, f"environment.yml:{n}") for n, s in enumerate(specs, 3))
        prefix = self.folder / "envs" / name
        order = Order(
            task="create",
            asked=asked,
            channels=(self.channel, "nodefaults"),
            prefix=str(prefix),
            command="envboot environment.yml",
            answer=str(self.folder / f"{prefix.name}.answer.json"),
        )
        return replace(order, **more)

    def solve(self, *specs: str, **more: Any) -> Done:
        """Return what a child solves."""
        return self.does(self.order("none", *specs, **{"task": "solve", "prefix": "", **more}))

    def create(self, name: str, *specs: str, **more: Any) -> Done:
        """Return what a child makes."""
        return self.does(self.order(name, *specs, **more))

    def does(self, order: Order, **environ: str) -> Done:
        """Return what a child does, with further variables; at most five minutes."""
        answer = Path(order.answer)
        answer.unlink(missing_ok=True)
        file = self.folder / f"{answer.name}.order"
        file.write_text(order.text())
        done = subprocess.run(
            [sys.executable, "-m", "envboot.engines.rattler", str(file)],
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
            env={**self.environ, "PYTHONPATH": str(ROOT), **environ},
            cwd=self.folder,
        )
        said = done.stdout + done.stderr
        assert "Traceback" not in said, said
        read = Answer.read(answer.read_text()) if answer.exists() else None
        assert read is None or read.exit_code == done.returncode
        return Done(done.returncode, said, read, Path(order.prefix or self.folder))


def workplace(folder: Path, channel: str) -> Workplace:
    """Return a person without settings, whose home and caches lie in ``folder``."""
    (folder / "home").mkdir(parents=True)
    kept = {k: v for k, v in os.environ.items() if k.startswith("LD_")}
    path = os.environ.get("PATH", os.defpath)
    environ = {**kept, "HOME": str(folder / "home"), "PATH": path, "LC_ALL": "C.UTF-8"}
    return Workplace(folder, channel, environ)


def movable_python() -> interpreters.Interpreter:
    """Return a Python that a package can be made of; skip where there is none."""
    found = interpreters.find(LocalShell())
    python = next((i for i in found if i.path.resolve().parts[:2] != ("/", "usr")), None)
    if python is None:
        pytest.skip("there is no Python here that can be moved")
    return python


def record(prefix: Path, name: str) -> dict[str, Any]:
    """Return the record of an installed package."""
    for path in (prefix / "conda-meta").glob(f"{name}-*.json"):
        found = json.loads(path.read_text())
        if found["name"] == name:
            return dict(found)
    raise AssertionError(f"{name} is not in {prefix}")


def records(done: Done, aim: int = 0) -> dict[str, Any]:
    """Return the solved records of an aim by name."""
    assert done.answer is not None
    return {r["name"]: r for r in done.answer.solved[aim].packages}


def here() -> Aim:
    """Return the platform that the tests run on."""
    from tests.channel import SUBDIR

    return Aim(SUBDIR)
