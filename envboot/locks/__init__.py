"""Lock files of conda environments, as far as they must be known before anything is installed.

pixi.lock (versions 5 to 7) and conda-lock.yml are read line by line, because they are long and
the person waits; the child of :mod:`envboot.engines.rattler` reads them whole. Nothing of a lock
becomes a line for a program before it is known to be an address, a name, a version or a digest.

For engines: ``spec.lock`` of one of :data:`FORMATS` fits, whoever put it there has looked
(:mod:`envboot.find.precedence`). So::

    contents = locks.of(spec, site.root, site.shell)      # None: solve
    Write(file, locks.explicit(contents))                 # conda create -p PREFIX --file FILE
    Write(file, locks.requirements(contents))             # pip install --require-hashes -r FILE
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from envboot import platforms
from envboot.locks.fitting import beyond, rest, stale
from envboot.locks.handing import explicit, requirements
from envboot.locks.values import Contents, Locked

if TYPE_CHECKING:
    from pathlib import Path

    from envboot.shell import Shell
    from envboot.spec import EnvironmentSpec

__all__ = [
    "Contents",
    "Locked",
    "beyond",
    "digest",
    "explicit",
    "of",
    "read",
    "requirements",
    "rest",
    "stale",
]

FORMATS = ("pixi.lock", "conda-lock.yml")
"""The locks that are for conda packages; the first that fits is taken."""
LIMIT = 64 << 20
"""Bytes; a lock of a large workspace for many platforms has five million."""


def read(text: str, path: str, subdir: str) -> Contents:
    """Return what the lock at ``path`` (its text) says of ``subdir``. Raises InvalidFile.

    git on Windows may have ended its lines with CRLF.
    """
    from envboot.locks import conda_lock, pixi

    reader = pixi.read if path.endswith("pixi.lock") else conda_lock.read
    return reader(text.replace("\r\n", "\n"), path, subdir)


def of(spec: EnvironmentSpec, root: Path, shell: Shell) -> Contents | None:
    """Return what the lock of ``spec`` says of this platform; None without a lock of conda's.

    Raises InvalidFile.
    """
    lock = spec.lock
    if lock is None or lock.format not in FORMATS:
        return None
    text = (shell.read(root / lock.path, LIMIT) or b"").decode("utf-8", "replace")
    return read(text, lock.path, platforms.here(shell))


def digest(spec: EnvironmentSpec) -> str:
    """Return what stands in the head of our locks: sha256 of what the file asks for, 64 digits.

    The order of the dependencies, comments, the name, variables and needs do not count; the order
    of the channels and of the indexes does.
    """
    asked = {f"{d.ecosystem} {' '.join(d.text.split())}" for d in spec.dependencies}
    facts = [
        spec.python,
        list(spec.channels),
        [" ".join(o.text.split()) for o in spec.options],
        sorted({" ".join(c.text.split()) for c in spec.constraints}),
        sorted(asked),
    ]
    return hashlib.sha256(json.dumps(facts).encode("utf-8", "surrogateescape")).hexdigest()
