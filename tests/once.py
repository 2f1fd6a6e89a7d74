"""What is expensive to make is made once in a test run, also where several workers share it."""

from __future__ import annotations

import contextlib
import os
import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import pytest

_MADE = "is made"


def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder that the workers of this test run share."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


def made(
    tmp_path_factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]
) -> Path:
    """Return a folder of that name which ``make`` has filled: the first who asks lets it.

    The folder is new and empty when ``make`` gets it; others wait until it is filled. One that
    failed is made again for the next who asks. Nobody changes what lies there: who must, copies it.
    """
    folder = base(tmp_path_factory) / "once" / name
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _alone(folder.with_name(f"{name}.lock")):
        note = folder.with_name(f"{name} {_MADE}")
        if not note.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            make(folder)
            note.touch()
    return folder


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold a lock that ends with its process; on Windows the tests have one worker, and no lock."""
    try:
        import fcntl
    except ImportError:
        yield
        return
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
