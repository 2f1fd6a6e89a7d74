"""What a lock says of one platform."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from envboot.spec import Origin


@dataclass(frozen=True)
class Locked:
    """One package that a lock names for one platform."""

    name: str
    version: str
    url: str
    sha256: str
    """64 hexadecimal digits; "" in a lock that has none."""
    ecosystem: str
    """conda | pypi"""
    md5: str = ""
    origin: Origin | None = None
    depends: tuple[str, ...] = ()
    """The names of the conda packages that it needs, where the lock says them."""


@dataclass(frozen=True)
class Contents:
    """What a lock says of one platform."""

    packages: tuple[Locked, ...]
    platforms: tuple[str, ...]
    """conda's names of all that it is for."""
    made_of: str = ""
    """The digest of the dependencies that envboot locked; "" in the lock of another tool."""
    path: str = ""
    """Where it lies, relative to the repository."""
    foreign: tuple[str, ...] = ()
    """What stands in it and has no address with a digest: a folder, a package to be built."""
    demands: tuple[str, ...] = ()
    """What the packages ask of the computer: ``__glibc >=2.28``."""
