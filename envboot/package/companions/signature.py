"""The line by which a file of envboot's own knows itself, until somebody changes it.

It holds a digest of the rest: a file that was edited by hand is the person's from then on, and is
never renewed without a yes. Line ends do not count, since git may change them.
"""

from __future__ import annotations

import hashlib
import re

_SAYS = "Written and renewed by `envboot package-env`; once changed by hand it is yours. sha256:"
_LINE = re.compile(
    rb"^(?:#|//) " + re.escape(_SAYS.encode()) + rb" ([0-9a-f]{16})\r?\n", re.MULTILINE
)
_HEAD = 400  # bytes of a file in which the line stands: below a `#!` line at most


def sign(text: str, comment: str) -> bytes:
    r"""Return ``text`` (lines end with ``\n``) with its signature as the first line of comment.

    ``comment`` is ``#`` or ``//``. A line that begins with ``#!`` stays the first one.
    """
    line = f"{comment} {_SAYS} {_digest(text.encode())}\n"
    at = text.index("\n") + 1 if text.startswith("#!") else 0
    return f"{text[:at]}{line}{text[at:]}".encode()


def is_ours(data: bytes) -> bool:
    """Return whether :func:`sign` made the file, and nobody changed it since."""
    found = _LINE.search(data, 0, _HEAD)
    if not found:
        return False
    rest = data[: found.start()] + data[found.end() :]
    return _digest(rest.replace(b"\r\n", b"\n")).encode() == found.group(1)


def comment(text: str) -> str:
    """Return ``text``, in which names of files may stand, so that it cannot leave its comment."""
    plain = "".join(c if c.isprintable() else "?" for c in text)
    return plain.replace("*/", "* /").replace("<<<", "...").replace(">>>", "...").rstrip("\\")


def _digest(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()[:16]
