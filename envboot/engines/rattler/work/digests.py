"""Packages of a folder on this computer, held to the digests that the channel or the lock gives.

rattler checks what it downloads; what it unpacks from a ``file://`` channel it takes as it is.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from envboot.errors import CommandFailed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from envboot.shell import Shell

_CHUNK = 1 << 20
_REVISION = 8  # bytes before the digest in a lock file of rattler's cache


def check(records: Iterable[Any], packages: Path, shell: Shell) -> None:
    """Raise CommandFailed for a file that is not the package it should be.

    ``packages`` is the folder with unpacked ones: what it has of the same digest is not read again.
    """
    for record in records:
        if not record.url.startswith("file:"):
            continue
        kind, digest = ("sha256", record.sha256) if record.sha256 else ("md5", record.md5)
        if not digest or (kind == "sha256" and _unpacked(record, packages, shell) == digest):
            continue
        path = _path(record.url)
        found = _digest(path, kind)
        if found is not None and found != digest:
            raise CommandFailed(
                f"{path} is not the package that is asked for: its {kind} is {found.hex()}, "
                f"and {digest.hex()} is expected",
                hint="the file was changed, or the channel has to be indexed anew",
            )


def _unpacked(record: Any, packages: Path, shell: Shell) -> bytes:  # noqa: ANN401 - rattler's
    """Return the digest of what rattler unpacked under that name; b"" for nothing."""
    stem = record.file_name.removesuffix(".conda").removesuffix(".tar.bz2")
    return (shell.read(packages / f"{stem}.lock", 100) or b"")[_REVISION:]


def _path(url: str) -> Path:
    """Return the file of a ``file://`` address."""
    text = unquote(urlsplit(url).path)
    return Path(text[1:] if re.match(r"/[A-Za-z]:", text) else text)


def _digest(path: Path, kind: str) -> bytes | None:
    """Return a file's digest; None where it cannot be read, which rattler will say better."""
    found = hashlib.new(kind, usedforsecurity=False)
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                found.update(chunk)
    except OSError:
        return None
    return found.digest()
