"""The onboarding section of README.md: what the next person has to type, between two marks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envboot.package import marks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from envboot.spec import Need

BEGIN, END = b"<!-- >>> envboot >>> -->", b"<!-- <<< envboot <<< -->"
_FENCE = re.compile(rb" {0,3}(```|~~~)")


def render(needs: Sequence[Need] = ()) -> str:
    """Return the section, from mark to mark; ``needs`` are those that were declared."""
    wanted = ", ".join(f"{n.key.replace('_', ' ')}: {n.text}" for n in needs)
    rows = [
        BEGIN.decode(),
        "",
        "## Set up",
        "",
        "```console",
        "python3 setup.py",
        "```",
        "",
        "Any Python from 3.9 on is enough, nothing else has to be there (Windows: `py setup.py`).",
        "It shows what this repository needs, asks before it downloads or writes anything, builds",
        "the environment and proves that it works. `python3 setup.py help` says what else it does.",
        *(["", f"The machine needs: {wanted}."] if wanted else []),
        "",
        END.decode(),
    ]
    return "".join(f"{row}\n" for row in rows)


def insert(before: bytes, section: str, path: str) -> bytes:
    """Return the README with the section: for an earlier one, else before its second heading.

    :func:`remove` gives back ``before`` byte for byte. Raises InvalidFile for marks without a pair.
    """
    found = marks.find(before, BEGIN, END, path)
    if found:
        return marks.exchange(before, found, section.encode())
    return marks.put(before, _place(before), section.encode())


def remove(text: bytes, path: str) -> bytes:
    """Return the README without the section."""
    found = marks.find(text, BEGIN, END, path)
    return marks.take(text, found) if found else text


def _place(text: bytes) -> int:
    """Return the start of the second heading (CommonMark's ATX headings), else the end."""
    starts = marks.starts(text)
    headings, fenced = 0, b""
    for start, end in zip(starts, starts[1:]):
        row = text[start:end]
        fence = _FENCE.match(row)
        if fence and fenced in (b"", fence.group(1)):
            fenced = b"" if fenced else fence.group(1)
        elif not fenced and re.match(rb"#{1,6}[ \t]", row):
            headings += 1
            if headings == 2:  # noqa: PLR2004 - the first one is the title
                return start
    return len(text)
