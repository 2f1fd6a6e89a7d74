"""What a file is for, by where it lies and what it is called."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from envboot.infer.facts import Label

_TESTS = frozenset({"test", "tests", "testing"})
_DOCS = frozenset({"doc", "docs"})


def label(relative: str) -> Label:
    """Return "test", "docs" or "production" for a POSIX path; examples are production."""
    *folders, name = relative.lower().split("/")
    if not _TESTS.isdisjoint(folders) or name in {"conftest.py", "noxfile.py"}:
        return "test"
    if name.startswith("test_") or name.endswith("_test.py"):
        return "test"
    return "docs" if not _DOCS.isdisjoint(folders) or name == "setup.py" else "production"
