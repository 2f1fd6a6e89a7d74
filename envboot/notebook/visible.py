"""A stranger's texts, fit to be seen: nothing hidden, nothing that a terminal obeys.

Sources: Unicode's general categories (UAX 44), its bidirectional controls (UAX 9) and tag
characters; "Trojan Source" (CVE-2021-42574) for what is done with them.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_PLAIN = re.compile(r"[^\n\t\x20-\x7e]")
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_BLANK = re.compile(
    # Letters and marks that show nothing: fillers of Hangul, Khmer's and Mongolian's, the blank of
    # Braille, joiners, variation selectors.
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0"
    "\U000e0100-\U000e01ef]"
)
_PILED = 3  # marks on one letter; more of them cover the lines above and below
_NEVER = re.compile(
    # What no dependency file or script needs: control characters, those that turn the direction
    # of the text or hide in it, tags (an alphabet that nobody sees), halves of characters, and what
    # ends a line for pip (it uses str.splitlines) and not for an editor.
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u200b\u202a-\u202e\u2028\u2029\u2060-\u2064"
    "\u2066-\u206f\ufff9-\ufffb\U000e0000-\U000e007f\ud800-\udfff]|(?!\\A)\ufeff|\r(?!\n)"
)


def visible(text: str) -> str:
    """Return ``text`` with control, bidirectional and other invisible characters as escapes.

    Line ends and tabs stay.
    """
    text = text.replace("\r\n", "\n")
    if not _PLAIN.search(text):
        return text
    return "".join(_each(text))


def _each(text: str) -> Iterator[str]:
    piled = 0
    for char in text:
        if not _PLAIN.match(char):
            piled = 0
            yield char
            continue
        kind = unicodedata.category(char)
        piled = piled + 1 if kind in {"Mn", "Me"} else 0
        hidden = kind in _UNSEEN or kind == "Zs" or _BLANK.match(char) or piled > _PILED
        yield _escape(char) if hidden else char


def _escape(char: str) -> str:
    code = ord(char)
    if char == "\r":
        return "\\r"
    if code <= 0xFF:  # noqa: PLR2004 - as Python writes them
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"  # noqa: PLR2004


def brief(text: str, most: int = 200) -> str:
    """Return ``text`` visible, on one line, and not longer than ``most`` characters."""
    shown = visible(text[: most + 1]).replace("\n", "\\n").replace("\t", "\\t")
    return shown if len(shown) <= most else shown[: most - 1] + "…"


def forbidden(text: str) -> tuple[int, str] | None:
    """Return the line and the name of a character that no honest file has; None without one."""
    found = _NEVER.search(text)
    if not found:
        return None
    char = found.group()
    code = f"U+{ord(char):04X}"
    named = unicodedata.name(char, "")
    return text.count("\n", 0, found.start()) + 1, f"{code} {named}".strip()


def unseen(text: str) -> Iterator[tuple[int, str]]:
    """Yield the number of each line with characters that are not seen, and their escapes."""
    for number, row in enumerate(rows(text), 1):
        if _PLAIN.search(row):
            hidden = [c for c in row if _PLAIN.match(c) and len(visible(c)) > 1]
            if hidden and not (number == 1 and hidden == ["\ufeff"]):
                yield number, " ".join(dict.fromkeys(visible(c) for c in hidden[:20]))


def rows(text: str) -> tuple[str, ...]:
    r"""Return the lines of ``text`` as an editor counts them: they end at ``\n`` alone."""
    found = text.replace("\r\n", "\n").split("\n")
    return tuple(found[:-1] if found[-1] == "" else found)
