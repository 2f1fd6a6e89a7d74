"""A marked block in someone's file: found, put in, and taken out again byte for byte.

Works on bytes, so that no encoding and no line end of the file is touched.
"""

from __future__ import annotations

import re

from envboot.errors import InvalidFile
from envboot.spec import Origin

_BREAK = re.compile(rb"\r\n|\r|\n")  # what Python and editors count as the end of a line
_START = rb"(?:\A|(?<=[\r\n]))"


def find(text: bytes, begin: bytes, end: bytes, path: str) -> tuple[int, int] | None:
    """Return where the block begins, and where its last line ends; None without one.

    ``begin`` and ``end`` stand alone on their lines. Raises InvalidFile when they do not pair.
    """
    begins = list(re.finditer(_START + re.escape(begin) + rb"(?=[ \t]*(?:[\r\n]|\Z))", text))
    ends = list(re.finditer(_START + re.escape(end) + rb"[ \t]*(?:\r\n|\n|\r|\Z)", text))
    if not begins and not ends:
        return None
    if len(begins) != 1 or len(ends) != 1 or ends[0].start() < begins[0].start():
        mark = (begins or ends)[-1]
        raise InvalidFile(
            "the marks of envboot's block do not pair",
            hint="take the block out by hand, or restore the file",
            origin=Origin(path, line(text, mark.start())),
        )
    return begins[0].start(), ends[0].end()


def put(text: bytes, at: int, block: bytes) -> bytes:
    r"""Return ``text`` with ``block`` (whole lines that end with ``\n``) at offset ``at``.

    ``at`` is the start of a line, or the end of the text. The block takes the text's line ends.
    """
    end = newline(text)
    block = block.replace(b"\n", end)
    if at and not text[:at].endswith((b"\r", b"\n")):  # the text ends without a line end
        return text[:at] + end + block[: -len(end)] + text[at:]
    return text[:at] + block + text[at:]


def exchange(text: bytes, span: tuple[int, int], block: bytes) -> bytes:
    """Return ``text`` with the block at ``span`` replaced."""
    end = newline(text)
    block = block.replace(b"\n", end)
    start, stop = span
    whole = text[start:stop].endswith((b"\r", b"\n"))
    return text[:start] + (block if whole else block[: -len(end)]) + text[stop:]


def take(text: bytes, span: tuple[int, int]) -> bytes:
    """Return ``text`` as it was before :func:`put`."""
    start, stop = span
    if not text[start:stop].endswith((b"\r", b"\n")):
        start -= 2 if text[:start].endswith(b"\r\n") else min(start, 1)
    return text[:start] + text[stop:]


def newline(text: bytes) -> bytes:
    r"""Return the first line end of ``text``, ``\n`` when it has none."""
    found = _BREAK.search(text)
    return found.group() if found else b"\n"


def starts(text: bytes) -> list[int]:
    """Return the offset of every line, and the end of the text."""
    return [0, *(found.end() for found in _BREAK.finditer(text)), len(text)]


def line(text: bytes, offset: int) -> int:
    """Return the 1-based line at ``offset``."""
    return len(_BREAK.findall(text[:offset])) + 1
