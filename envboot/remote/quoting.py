r"""One line that whatever shell a person has there hands to ``sh`` unchanged.

sshd gives the line to the login shell of the account: bash, zsh, dash, fish, tcsh. They agree on
single quotes with three exceptions: fish takes ``\`` in them for an escape, tcsh replaces ``!`` in
them and ends them at a newline. So those stand outside of quotes, and lines travel as words.

Source: fish's "Quotes", tcsh(1) "History substitution" and "Lexical structure"; tried in all five.
"""

from __future__ import annotations

import re

_OUTSIDE = re.compile(r"([\\'!]+)")
_PLAIN = re.compile(r"[\w@%+=:,./-]+", re.ASCII)
LONGEST = 120_000
"""Bytes of a line: Linux takes 128 KiB for one argument (MAX_ARG_STRLEN)."""


def quote(word: str) -> str:
    """Return a word without newlines, quoted for all of these shells."""
    if _PLAIN.fullmatch(word):
        return word
    parts = _OUTSIDE.split(word)
    outside = ("".join(f"\\{c}" for c in p) for p in parts[1::2])
    inside = [f"'{p}'" if p else "" for p in parts[::2]]
    return "".join(a + b for a, b in zip(inside, [*outside, ""])) or "''"


def posix(word: str) -> str:
    """Return a word quoted for a POSIX sh, whatever is in it."""
    return word if _PLAIN.fullmatch(word) else "'" + word.replace("'", "'\\''") + "'"


def line(script: str, words: tuple[str, ...]) -> str:
    """Return the line for a login shell: it runs a POSIX sh script, whose $1 and on are ``words``.

    Raises ValueError for what no command line can hold.
    """
    if "\n" in "".join((script, *words)):
        text = f"set -- {' '.join(posix(w) for w in words)}\n{script}"
        script, words = 'eval "$(printf "%s\\n" "$@")"', tuple(text.split("\n"))
    found = " ".join(["exec sh -c", quote(script), "sh", *(quote(w) for w in words)])
    if "\0" in found or len(found.encode("utf-8", "surrogateescape")) > LONGEST:
        raise ValueError("too long for a command line, or a NUL is in it")
    return found
