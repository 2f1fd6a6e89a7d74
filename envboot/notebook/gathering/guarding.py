"""What a notebook must not carry: passwords and tokens, and characters that nobody sees.

Packing publishes, so a password is refused; what unpacking refuses is refused here already, where
somebody can still mend it.
The forms are those that logs are masked by (:func:`envboot.shell.redact`). A reference to a
variable (``https://${USER}:${TOKEN}@host/``, as pip and conda expand it) is no secret.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envboot import secrecy
from envboot.errors import InvalidFile
from envboot.notebook import visible
from envboot.shell import redact
from envboot.spec import Origin

if TYPE_CHECKING:
    from collections.abc import Mapping

# What looks like a secret and is none: users without a password, references, comparisons of
# versions behind a name that ends in `token`, and names of packages that begin as tokens do.
_REFERENCE = re.compile(r"\$\{\w+\}|\$\(\([^()\n]*\)\)|\$\([^()\n]*\)|\$\w+|%\w+%")
_HARMLESS = re.compile(
    r"://[a-z][a-z._-]{0,30}@"
    r"|\b(?:hf_|sk-|pypi-)[a-z]+(?:[-_.][a-z]+)*(?![\w-])"
)
_LOGIN = re.compile(r"://([\w.+-]*):\$(?:\{\w+\}|\w+)@")
_EMPTY_LOGIN = re.compile(r"://:?@")
_COMPARED = re.compile(r"[=!<>~]=+|=(?=\s*['\"]?\s*[,}\]]|\s*$)")
_ASSIGNED = re.compile(
    r"^\s*(?:export\s+|set\s+|-\s+)?([A-Za-z_]\w*)\s*(=|:)\s*(['\"]?)(.*?)\3\s*$"
)
_CODE = frozenset({"setup.sh", "postBuild", "start"})
_LEAST = 8  # characters of a variable's value that can be looked for in a text


def line_of(name: str, text: str, environ: Mapping[str, str]) -> int | None:
    """Return the line of ``text`` that holds a password or a token; None when none does.

    ``name`` is the file's: in scripts and in environment.yml values of variables count too. The
    values of this computer's own secret variables (``environ``) are looked for everywhere.
    """
    known = _values(environ)
    if "-----BEGIN" in text and redact(text) != text:
        for number, row in enumerate(text.splitlines(), 1):
            if "-----BEGIN" in row and "PRIVATE KEY" in row:
                return number
    variables = name in _CODE or name.startswith("environment.")
    for number, row in enumerate(text.splitlines(), 1):
        if any(value in row for value in known) or _holds(row):
            return number
        if variables and _sets(row):
            return number
    return None


def refuse(path: str, text: str, environ: Mapping[str, str]) -> None:
    """Raise InvalidFile, with file and line, where ``text`` holds a password or a token.

    And where it holds a character that no unpacking lets through.
    """
    if found := visible.forbidden(text):
        raise InvalidFile(
            f"a character that is not seen, or moves what is: {found[1]}",
            hint="take it out: whoever gets the notebook could not unpack it",
            origin=Origin(path, found[0]),
        )
    line = line_of(path.replace("\\", "/").rpartition("/")[2], text, environ)
    if line is not None:
        raise InvalidFile(
            "this line holds a password or a token, and what a notebook carries is published",
            hint="take it out; `${NAME}` in an address stands for a variable of whoever installs",
            origin=Origin(path, line),
        )


def _holds(row: str) -> bool:
    bare = _REFERENCE.sub("", _LOGIN.sub(r" \1 ", row))
    bare = _COMPARED.sub(" ", _HARMLESS.sub(" ", _EMPTY_LOGIN.sub(" ", bare)))
    return redact(bare) != bare


def _sets(row: str) -> bool:
    found = _ASSIGNED.match(row)
    if not found:
        return False
    value = _REFERENCE.sub("", found[3]).strip()
    why = secrecy.why_secret(found[1], value) if value else ""
    return bool(why) and not ("random" in why and "://" in value)  # digests stand in addresses


def _values(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the values of variables that are secret both by name and by form."""
    return tuple(
        value
        for name, value in environ.items()
        if len(value) >= _LEAST
        and "its name" in secrecy.why_secret(name, value)
        and secrecy.why_secret("VALUE", value)
    )
