"""Lock files of conda environments, as far as they must be known before anything is installed.

pixi.lock (versions 5 to 7) and conda-lock.yml are read line by line, because they are long and
the person waits; the child of :mod:`envboot.engines.rattler` reads them whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from envboot.spec import EnvironmentSpec, Origin


@dataclass(frozen=True)
class Locked:
    """One package that a lock names for one platform."""

    name: str
    version: str
    url: str
    sha256: str
    ecosystem: str
    """conda | pypi"""
    md5: str = ""
    origin: Origin | None = None


@dataclass(frozen=True)
class Contents:
    """What a lock says of one platform."""

    packages: tuple[Locked, ...]
    platforms: tuple[str, ...]
    """conda's names of all that it is for."""
    made_of: str = ""
    """The digest of the dependencies that envboot locked; "" in the lock of another tool."""


def read(text: str, path: str, subdir: str) -> Contents:
    """Return what the lock at ``path`` (its text) says of ``subdir``. Raises InvalidFile."""
    raise NotImplementedError


def digest(spec: EnvironmentSpec) -> str:
    """Return what stands in the head of our locks: sha256 of what the file asks for, 64 digits."""
    raise NotImplementedError


def stale(spec: EnvironmentSpec, contents: Contents, subdir: str) -> str:
    """Return why the lock cannot be used for ``spec`` here, "" when it can.

    It is for other platforms, it was made of other dependencies, or (in the lock of another tool)
    a package that is asked for is not in it, or in another version.
    """
    raise NotImplementedError
