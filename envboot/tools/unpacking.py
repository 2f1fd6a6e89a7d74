"""A wheel becomes a folder: what may be written is checked, and nothing of it is run.

A wheel is a zip (PEP 427). Modules lie at the top, what it calls scripts in ``bin/``; nothing is
rewritten, because what envboot fetches for itself is started by envboot alone.
"""

from __future__ import annotations

import io
import json
import re
import stat
import zipfile
import zlib
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from envboot.errors import CommandFailed
from envboot.tools import MARK, PROGRAMS

if TYPE_CHECKING:
    from pathlib import Path

    from envboot.shell import Shell

LARGEST = 1 << 30  # bytes of all files together
_DATA = re.compile(r"[^/]+\.data/(purelib|platlib|scripts)/(.+)")
_BAD = re.compile(r'[\x00-\x1f\x7f<>:"|?*\\]')  # no name of a file on Windows
_ENCRYPTED = 1  # bit of the flags, PKWARE's APPNOTE 4.4.4


def unpack(data: bytes, into: Path, shell: Shell) -> None:
    """Write the files of a wheel below ``into``, and last the mark that says which there are.

    Raises CommandFailed: it is no zip, or one that would write elsewhere; or the disk is full.
    """
    sizes: dict[str, int] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for target, info in members(archive):
                shell.write(
                    into / target,
                    archive.read(info),
                    executable=bool(_mode(info) & 0o111) or target.startswith(f"{PROGRAMS}/"),
                    lasting=False,  # the whole folder is waited for
                )
                sizes[target] = info.file_size
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise CommandFailed(f"a wheel that cannot be unpacked: {error}") from error
    shell.write(into / MARK, json.dumps({"files": sizes}, indent=1) + "\n", lasting=False)


def members(archive: zipfile.ZipFile) -> list[tuple[str, zipfile.ZipInfo]]:
    """Return the files of a wheel by the POSIX path that each gets. Raises CommandFailed."""
    found: dict[str, tuple[str, zipfile.ZipInfo]] = {}
    for info in archive.infolist():
        if info.filename.endswith("/"):
            continue
        target = _target(info)
        if found.setdefault(target.lower(), (target, info))[1] is not info:
            raise CommandFailed(f"a wheel with two files called {target!r}")
    if sum(info.file_size for _, info in found.values()) > LARGEST:
        raise CommandFailed("a wheel that is far too large unpacked")
    return list(found.values())


def _target(info: zipfile.ZipInfo) -> str:
    name, kind = info.orig_filename, stat.S_IFMT(_mode(info))
    parts = PurePosixPath(name).parts
    outside = name.startswith("/") or name != "/".join(parts) or ".." in parts
    if outside or _BAD.search(name) or kind not in {0, stat.S_IFREG} or name == MARK:
        raise CommandFailed(f"a wheel with a file that is none: {name[:80]!r}")
    if info.flag_bits & _ENCRYPTED:
        raise CommandFailed(f"a wheel with a password: {name[:80]!r}")
    placed = _DATA.fullmatch(name)
    if placed is None:
        return name
    return f"{PROGRAMS}/{placed[2]}" if placed[1] == "scripts" else placed[2]


def _mode(info: zipfile.ZipInfo) -> int:
    return info.external_attr >> 16
