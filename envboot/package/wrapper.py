"""The archive that belongs into the repository: the one that is there while it is as good."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import envboot
from envboot import archive
from envboot.errors import InvalidFile
from envboot.package.setupfile import Block
from envboot.shell.local import LocalShell

if TYPE_CHECKING:
    from envboot.package import Packing
    from envboot.package.embedding import Carried
    from envboot.shell import Shell


@dataclass(frozen=True)
class Wrapper:
    """The archive, and what has to be said of it."""

    data: bytes
    note: str = ""

    def block(self, carried: Carried) -> Block:
        """Return the block of a setup.py that names this archive."""
        manifest = archive.manifest(self.data)
        floor = manifest.get("python", "3.9").split(".")
        return Block(
            manifest.get("envboot", ""),
            hashlib.sha256(self.data).hexdigest(),
            (int(floor[0]), int(floor[1])),
            carried.files,
            carried.needs,
        )


def choose(request: Packing, shell: Shell) -> Wrapper:
    """Return the archive that belongs there. A check makes none where one of this version is."""
    there = shell.read(request.root / archive.PLACE)
    try:
        version = archive.manifest(there).get("envboot", "") if there is not None else ""
    except InvalidFile:
        there, version = None, ""
    if there is not None and request.check and version == envboot.__version__:
        return Wrapper(there)
    if there is not None and _newer(version):
        note = (
            f".envboot/envboot.pyz is of envboot {version}, newer than this "
            f"one ({envboot.__version__}): it is kept"
        )
        return Wrapper(there, note)
    made = archive.own(shell) or _bundle()
    same = there is not None and not archive.contents_differ(there, made)
    return Wrapper(there if there is not None and same else made)


@lru_cache(maxsize=1)
def _bundle() -> bytes:
    """Return the archive of this very envboot, which does not change while it runs."""
    from envboot.archive import bundling  # not there, and not needed, inside an archive

    return bundling.bundle(LocalShell())


def _newer(version: str) -> bool:
    from packaging.version import InvalidVersion, Version

    try:
        return Version(version) > Version(envboot.__version__)
    except InvalidVersion:
        return False
