""".dockerignore: what no image should hold, between marks; a person's own lines stand below."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envboot.package import marks
from envboot.package.changes import Change

if TYPE_CHECKING:
    from pathlib import Path

    from envboot.shell import Shell

FILENAME = ".dockerignore"
BEGIN, END = b"# >>> envboot >>>", b"# <<< envboot <<<"
_ROWS = """\
# Written and renewed by `envboot package-env`: lines below the block win over it.
.git
.envboot/*
!.envboot/envboot.pyz
**/.venv
**/venv
**/__pycache__
**/*.pyc
**/.ipynb_checkpoints
**/.mypy_cache
**/.pytest_cache
**/.ruff_cache
**/node_modules
# secrets of whoever builds
**/.env
**/.env.*
**/.netrc
**/*.pem
**/*.key
**/id_rsa*
**/id_ed25519*
"""


def draft(root: Path, shell: Shell, *, wanted: bool) -> Change | None:
    """Return the change: a block at the top. None where there is none and none is wanted."""
    before = shell.read(root / FILENAME)
    text = before or b""
    span = marks.find(text, BEGIN, END, FILENAME)
    if not (wanted or span):
        return None
    block = BEGIN + b"\n" + _ROWS.encode() + END + b"\n"
    after = marks.exchange(text, span, block) if span else marks.put(text, 0, block)
    return Change(FILENAME, before, after, ours=before is None or bool(span))


def removal(root: Path, shell: Shell) -> Change | None:
    """Return what takes the block out, and the file when nothing else was in it."""
    before = shell.read(root / FILENAME)
    span = marks.find(before, BEGIN, END, FILENAME) if before else None
    if before is None or span is None:
        return None
    return Change(FILENAME, before, marks.take(before, span) or None)
