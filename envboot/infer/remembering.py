"""What was read before, kept by content: a file that did not change is not parsed again.

One file for each repository, in the person's cache folder and never in the repository. It holds
what :mod:`envboot.infer.reading` can hold, so no code and no values; a broken one is ignored.
"""

from __future__ import annotations

import contextlib
import json
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import envboot
from envboot.errors import EnvbootError
from envboot.infer import reading

if TYPE_CHECKING:
    from pathlib import Path

    from envboot.infer.reading import Reading
    from envboot.shell import Shell

RULES = 1
"""To be raised whenever a reader or a table changes what is read of the same bytes."""
_LARGEST = 1 << 28  # bytes of a cache file


@dataclass
class Memory:
    """The readings of one repository, by the digest of the bytes they were read from."""

    path: Path
    shell: Shell
    known: dict[str, list[Any]] = field(default_factory=dict)
    used: dict[str, list[Any]] = field(default_factory=dict)

    def recall(self, key: str) -> Reading | None:
        """Return what was read of a file; None when that is not known."""
        rows = self.used.get(key, self.known.get(key))
        if isinstance(rows, list):
            with contextlib.suppress(ValueError, TypeError):
                found = reading.loaded(rows)
                self.used[key] = rows
                return found
        return None

    def keep(self, key: str, found: Reading) -> None:
        """Remember what was read."""
        self.used[key] = reading.dumped(found)

    def save(self, *, whole: bool) -> None:
        """Write what is new; ``whole``: what no file of the repository holds is forgotten.

        A cache that cannot be written costs time and nothing else.
        """
        if not whole:
            self.used = {**self.known, **self.used}
        if self.used.keys() != self.known.keys():
            text = json.dumps({"version": _version(), "readings": self.used}, ensure_ascii=True)
            with contextlib.suppress(EnvbootError):
                self.shell.write(self.path, text, lasting=False)


def open_memory(cache: Path, root: Path, shell: Shell) -> Memory:
    """Return what ``cache`` remembers of the repository at ``root``."""
    path = cache / "infer" / f"{_digest(str(root).encode('utf-8', 'surrogateescape'))}.json"
    try:
        found = json.loads(shell.read(path, _LARGEST) or b"{}")
    except (ValueError, RecursionError):
        found = None
    known = found.get("readings") if isinstance(found, dict) else None
    fits = isinstance(known, dict) and found.get("version") == _version()
    return Memory(path, shell, known if fits and isinstance(known, dict) else {})


def key(data: bytes, suffix: str) -> str:
    """Return what the bytes of a file are known by; a notebook is read otherwise than a script."""
    return _digest(data) + suffix


def _digest(data: bytes) -> str:
    import hashlib  # it loads OpenSSL, and most scans keep nothing

    return hashlib.blake2b(data, digest_size=16).hexdigest()


def _version() -> list[Any]:
    """Return what decides how bytes are read: the rules, and the grammar of this Python."""
    return [envboot.__version__, RULES, list(sys.version_info[:2])]
