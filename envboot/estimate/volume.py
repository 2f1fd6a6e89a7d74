"""How much there is: what git tracks, as large as it is once fetched, and what is installed.

A file kept with git-lfs is a pointer of three lines in a clone that did not fetch it; its ``size``
line counts (git-lfs specification, "The Pointer").
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from envboot.infer import tracked as index

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from envboot.freeze import Live
    from envboot.shell import Shell

_POINTER = re.compile(
    rb"version https://git-lfs\.github\.com/spec/v1\r?\n(?s:.){0,400}?^size (\d{1,18})\r?$",
    re.MULTILINE,
)
_POINTERS = range(100, 400)  # bytes of a pointer
_MOST = 20_000  # small files that are looked into
_NOT_DATA = frozenset({"node_modules", "venv", "env", "build", "dist", "__pycache__"})
_CACHES = ("pkgs/", "envs/")
_UNITS = ((10**12, "TB"), (10**9, "GB"), (10**6, "MB"))


def tracked(root: Path, shell: Shell) -> dict[str, int]:
    """Return the bytes of each tracked file, by POSIX path; without git: of each that might be."""
    names = index.files(root, shell)
    sizes = shell.sizes(root)
    if names:
        sizes = {path: size for path, size in sizes.items() if path in names}
    else:
        sizes = {path: size for path, size in sizes.items() if _might_be(path)}
    return {**sizes, **_fetched(root, sizes, shell)}


def _might_be(path: str) -> bool:
    folders = PurePosixPath(path).parts[:-1]
    return not any(f.startswith(".") or f in _NOT_DATA for f in folders)


def _fetched(root: Path, sizes: Mapping[str, int], shell: Shell) -> dict[str, int]:
    """Return the real sizes of the files of which only a pointer is there."""
    if not any(path.rpartition("/")[2] == ".gitattributes" for path in sizes):
        return {}
    small = [path for path, size in sizes.items() if size in _POINTERS][:_MOST]
    found = ((path, _POINTER.match(shell.read(root / path, 400) or b"")) for path in small)
    return {path: int(match.group(1)) for path, match in found if match}


def environment(live: Live, shell: Shell) -> int:
    """Return the bytes of a live environment; a system's own is none."""
    if live.kind == "system":
        return 0
    sizes = shell.sizes(live.prefix)
    return sum(size for path, size in sizes.items() if not path.startswith(_CACHES))


def shown(size: int) -> str:
    """Return bytes as makers of disks count them: ``5.2 GB``."""
    for unit, name in _UNITS:
        if size >= unit:
            return f"{size / unit:.1f}".removesuffix(".0") + f" {name}"
    return f"{size} bytes"
