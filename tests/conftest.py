"""What every test starts from, and what none may leave changed."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from envboot.shell.local import LocalShell

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

REPOSITORY = Path(__file__).resolve().parent.parent
# A child process must find envboot where the tests found it; pytest itself notes the running test.
_OWN = {"PYTEST_CURRENT_TEST", "PYTEST_VERSION", "COVERAGE_PROCESS_START", "COV_CORE_DATAFILE"}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let no real test be skipped where the variable CI is set: there nothing may be missing.

    On a person's machine such a test skips with a sentence that says what is missing.
    """
    report = yield
    real = item.get_closest_marker("real") and os.environ.get("CI")
    if real and report.skipped and not hasattr(report, "wasxfail"):
        why = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid}: CI is set, where no real test may be skipped: {why}"
    return report


@pytest.fixture(autouse=True)
def _same_world() -> Iterator[None]:
    """Fail a test that changes the current folder or the variables of the whole test run."""
    before = {k: v for k, v in os.environ.items() if k not in _OWN}
    folder = Path.cwd()
    yield
    changed = folder != Path.cwd()
    os.chdir(folder)
    after = {k: v for k, v in os.environ.items() if k not in _OWN}
    os.environ.update(before)
    for name in after.keys() - before.keys():
        del os.environ[name]
    assert not changed, "the test changed the current folder"
    differs = {k for k in before.keys() | after.keys() if before.get(k) != after.get(k)}
    assert not differs, f"the test changed variables: {sorted(differs)}"


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """Variables of a person without any settings: a home of her own, and PATH."""
    home = tmp_path / "home"
    home.mkdir()
    return {"HOME": str(home), "PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8"}


@pytest.fixture
def shell(environ: dict[str, str]) -> LocalShell:
    """Return this computer, seen by that person."""
    return LocalShell(environ)


@pytest.fixture
def child_environ(environ: dict[str, str]) -> dict[str, str]:
    """Variables for a Python that imports envboot from this checkout."""
    return {**environ, "PYTHONPATH": str(REPOSITORY), "PYTHONDONTWRITEBYTECODE": "1"}


@pytest.fixture
def python() -> str:
    """Return the running interpreter."""
    return sys.executable
