"""Which files git tracks, read from its index: git itself is not run in a stranger's repository.

Source: gitformat-index(5), versions 2 to 4.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from envboot.shell import Shell

_FIXED = 62  # bytes of an entry before its name
_EXTENDED = 0x4000


def files(root: Path, shell: Shell) -> frozenset[str]:
    """Return the tracked files, POSIX and relative to ``root``; () without an index to read."""
    place = root / ".git"
    if shell.kind(place) == "file":  # a worktree or a submodule
        said = (shell.read(place, 4096) or b"").decode("utf-8", "surrogateescape")
        place = root / said.partition("gitdir:")[2].strip()
    try:
        return frozenset(_names(shell.read(place / "index", 1 << 28) or b""))
    except (struct.error, IndexError, ValueError):
        return frozenset()


def _names(data: bytes) -> Iterator[str]:
    signature, version, count = struct.unpack_from(">4sII", data)
    if signature != b"DIRC" or version not in {2, 3, 4}:
        return
    at, name = 12, b""
    for _ in range(count):
        (flags,) = struct.unpack_from(">H", data, at + _FIXED - 2)
        start = at + _FIXED + (2 if flags & _EXTENDED else 0)
        kept = 0
        if version == 4:  # noqa: PLR2004 - the version with compressed names
            cut, start = _varint(data, start)
            kept = len(name) - cut
        end = data.index(b"\0", start)
        name = name[:kept] + data[start:end]
        yield name.decode("utf-8", "surrogateescape")
        at = end + 1 if version == 4 else at + (end - at) // 8 * 8 + 8  # noqa: PLR2004


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """Return a number in git's offset encoding, and where it ends."""
    value = data[at] & 0x7F
    while data[at] & 0x80:
        at += 1
        value = ((value + 1) << 7) | (data[at] & 0x7F)
    return value, at + 1
