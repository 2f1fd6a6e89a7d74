"""From bytes to text: byte order marks, declared encodings, and what is no text at all."""

from __future__ import annotations

import codecs
import re

from envboot.errors import InvalidFile
from envboot.spec import Origin

LIMIT = 4 << 20
"""Bytes; a dependency file with a hash for every wheel stays far below."""

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_DECLARED = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
# Encodings of text by the name that `codecs` gives them: others (idna, punycode, zlib …) are
# slow, or no text.
_KNOWN = re.compile(
    r"utf-8|ascii|iso8859-\d+|cp\d+|koi8-[ru]|mac-\w+|gbk|gb2312|gb18030|big5\w*|euc_\w+|shift_jis\w*"
)
_SAVE = "save it as UTF-8, or name its encoding in the first line: `# -*- coding: latin-1 -*-`"


def decode(data: bytes, path: str) -> str:
    """Return the text of a file with every line end as a line feed.

    A byte order mark decides, else a coding comment in the first two lines (PEP 263, which pip
    applies to requirements files), else it is UTF-8. Raises InvalidFile when it is no text.
    """
    if len(data) > LIMIT:
        raise InvalidFile(
            f"the file is larger than {LIMIT >> 20} MiB",
            hint="is this the file that you mean?",
            origin=Origin(path),
        )
    encoding, body = _encoding(data, path)
    try:
        text = body.decode(encoding)
    except UnicodeDecodeError as error:
        line = body[: error.start].count(b"\n") + 1
        what = "is binary" if b"\0" in data[:4096] else f"is not {encoding} text"
        raise InvalidFile(f"the file {what}", hint=_SAVE, origin=Origin(path, line)) from error
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise InvalidFile("the file is binary, not text", hint=_SAVE, origin=Origin(path, line))
    return "\n".join(lines(text))


def encode(text: str, like: bytes, path: str) -> bytes:
    """Return ``text`` as the bytes of a file that was ``like``: its mark, encoding and line ends.

    What that encoding does not have becomes a question mark: it can only stand in a comment.
    """
    name, body = _encoding(like, path)
    found = re.search("\r\n|\r|\n", body.decode(name, "replace"))
    end = found.group() if found else "\n"
    return like[: len(like) - len(body)] + text.replace("\n", end).encode(name, "replace")


def lines(text: str) -> list[str]:
    """Return the lines of a text as editors count them: Python also splits at form feeds."""
    return re.split(r"\r\n|\r|\n", text)


def _encoding(data: bytes, path: str) -> tuple[str, bytes]:
    for mark, name in _MARKS:
        if data.startswith(mark):
            return name, data[len(mark) :]
    for number, line in enumerate(data[:4096].split(b"\n")[:2], 1):
        found = _DECLARED.match(line)
        if found:
            declared = found.group(1).decode("ascii", "replace")
            try:
                name = codecs.lookup(declared).name
            except (LookupError, ValueError):
                name = ""
            if not _KNOWN.fullmatch(name):
                raise InvalidFile(
                    f"the encoding {declared!r} is not known",
                    hint=_SAVE,
                    origin=Origin(path, number),
                )
            return name, data
    return "utf-8", data
