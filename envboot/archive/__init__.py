"""The archive that travels in a repository: what it says of itself, and how two compare.

:mod:`envboot.archive.bundling` makes one; it is not needed, and not found, inside an archive.
"""

from __future__ import annotations

import json
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import envboot
from envboot.errors import EnvbootError, InvalidFile

if TYPE_CHECKING:
    from collections.abc import Mapping

    from envboot.shell import Shell

PLACE = PurePosixPath(".envboot/envboot.pyz")
"""Where it lies in a repository."""
LIMIT = 640_000
"""Bytes that it must stay below: it is committed, and cloned with the repository."""
SETTING_UP = 200_000
"""Bytes of the part that setting up unpacks: the first prompt waits for it."""
MANIFEST = "manifest.json"


def own(shell: Shell) -> bytes | None:
    """Return the archive that this envboot runs from, byte for byte; None when it is installed."""
    place = running_from()
    if place is None:
        return None
    data = shell.read(place)
    if data is None:
        raise EnvbootError(f"{place} cannot be read any more")
    return data


def running_from() -> Path | None:
    """Return the archive that this envboot runs from; None when it is installed."""
    found = getattr(getattr(envboot.__spec__, "loader", None), "archive", None)
    return Path(found) if found else None


def contents_differ(one: bytes, other: bytes) -> bool:
    """Return whether two archives hold different files.

    The bytes of equal archives may differ between machines: compression changes from one version
    of its library to the next. Raises InvalidFile for what is no archive.
    """
    return one != other and members(one) != members(other)


def manifest(data: bytes) -> Mapping[str, str]:
    """Return the versions in an archive, and the oldest ``python`` that runs it ("3.9").

    Raises InvalidFile for what is no archive of envboot.
    """
    try:
        said = json.loads(members(data)[MANIFEST])
    except (KeyError, ValueError) as error:
        raise _no_archive() from error
    if not isinstance(said, dict):
        raise _no_archive()
    return {str(key): str(value) for key, value in said.items()}


def members(data: bytes) -> dict[str, bytes]:
    """Return the files of an archive, uncompressed. Raises InvalidFile for what is no archive."""
    import io
    import zipfile
    import zlib

    broken: tuple[type[Exception], ...] = (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        NotImplementedError,
        RuntimeError,
    )
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            found = {name: file.read(name) for name in file.namelist()}
    except broken as error:
        raise _no_archive() from error
    return {name: _unlzma(text) if name.endswith(".lzma") else text for name, text in found.items()}


def _unlzma(data: bytes) -> bytes:
    try:
        import lzma
    except ImportError as error:
        raise EnvbootError(
            "this Python was built without lzma, and cannot look into an archive",
            hint="run envboot with another Python",
        ) from error
    try:
        return lzma.decompress(data)
    except lzma.LZMAError as error:
        raise _no_archive() from error


def _no_archive() -> InvalidFile:
    return InvalidFile(
        "this is no archive of envboot",
        hint="`envboot package-env` writes it anew; `git checkout -- .envboot` restores it",
    )
