"""What a file is for, by where it lies and what it is called."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from envboot.infer.facts import Label

_TESTS = frozenset({"test", "tests", "testing"})
_DOCS = frozenset({"doc", "docs"})


def label(relative: str) -> Label:
    """Return "test", "docs" or "production" for a POSIX path; examples are production."""
    path = PurePosixPath(relative)
    folders, name = {p.lower() for p in path.parts[:-1]}, path.name.lower()
    if folders & _TESTS or name in {"conftest.py", "noxfile.py"}:
        return "test"
    if name.startswith("test_") or name.endswith("_test.py"):
        return "test"
    if folders & _DOCS or name == "setup.py":
        return "docs"
    return "production"
