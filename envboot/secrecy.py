"""Which variables and values look like secrets: by name, by form, and by entropy.

A value with the form of a token, a key or an address with a password is what
:func:`envboot.shell.redact` masks in logs: those forms stand there, once. Names and randomness are
judged here, for what is about to be written into a file that travels.
"""

from __future__ import annotations

import math
import re
from collections import Counter

from envboot.shell import redact


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_ALWAYS = _words(
    """
    PASS PASSWORD PASSWORDS PASSWD PASSPHRASE PWD PSW SECRET SECRETS CREDENTIAL CREDENTIALS CREDS
    APIKEY COOKIE COOKIES JWT
    """
)
_MOSTLY = _words("TOKEN TOKENS KEY KEYS AUTH AUTHORIZATION BEARER SALT DSN SIGNATURE")
"""Words that also count and switch things: MAX_TOKENS is a number, USE_AUTH a yes or no."""
_GLUED = re.compile(
    r"PASSW(?:OR)?D|PASSPHRASE|SECRET(?!AR)|CREDENTIAL"
    r"|(?:API|ACCESS|AUTH|PRIVATE|SIGNING|MASTER|ACCOUNT|LICEN[CS]E)(?:KEY|TOKEN)"
    r"|TOKEN(?=$|_)"
)
_ABOUT = _words(
    """
    LENGTH LEN COUNT LIMIT SIZE MAX MIN TTL TIMEOUT EXPIRY EXPIRES EXPIRATION POLICY ENABLED
    REQUIRED COLUMN FIELD HEADER TYPE ALGORITHM NAME PATH FILE FILENAME DIR DIRECTORY SOCK
    RING MAP BINDINGS LAYOUT
    """
)
"""Last words of names that say something about a secret, or where one lies, and hold none."""
_FIGURE = re.compile(r"(?i)[0-9]{1,6}|true|false|yes|no|on|off|none|auto")
_LOCATIONS = frozenset({"PWD", "OLDPWD"})

# Addresses that name a person without a password, and names of things that begin as tokens do.
_HARMLESS = re.compile(
    r"://[a-z][a-z._-]{0,30}@|\b(?:hf_|sk-|pypi-)[a-z]+(?:[-_.][a-z]+)*(?![\w-])"
)
_CONNECTION = re.compile(
    r"(?i)(?:^|[;&?\s])(?:pwd|sig|signature|(?:\w{0,30}[ _-])?[a-z]{0,30}key)\s*=\s*[^;&\s]{8,}"
)

_DIGEST_NAME = _words(
    """
    SHA SHA1 SHA256 SHA512 MD5 HASH DIGEST CHECKSUM COMMIT REVISION REV REF ETAG VERSION TAG UUID
    GUID ID IDS IMAGE BUILD
    """
)
_DIGEST = re.compile(
    r"(?i)\b(?:sha[0-9]{1,3}|md5|blake[23][bs]?)[:=-][0-9a-f]{32,128}\b"
    r"|(?:@|/(?:commit|tree|blob|raw|resolve)/)[0-9a-f]{40}\b"
)
_RUN = re.compile(r"[A-Za-z0-9+/_=.~:-]{20,}")
_PIECE = re.compile(r"[A-Za-z0-9]+")
_LEAST = 20  # characters of letters and digits that can hold a secret
_LONGEST_WORD = 10  # of a run without any longer piece nothing is random: dates, versions, words
_SWITCHES = 0.25
"""The share of neighbours of different kinds (letter, capital, digit) above which a text looks
random: base64 has .44, base36 .40, hexadecimal .47; names and paths with versions below .2."""
_BITS = 3.0
"""Shannon entropy for each character; English words of 20 letters have as much, ``1a1a1a`` not."""


def why_secret(name: str, value: str) -> str:
    """Return why a variable must not be written into a file; "" when it may. Never the value."""
    if _by_name(name, value):
        return f"its name, {name[:60]}, says that it is a secret"
    harmless = _HARMLESS.sub(" ", value)
    if redact(harmless) != harmless or _CONNECTION.search(value):
        return "its value has the form of a token, of a key, or of an address with a password"
    if not _named(name) & _DIGEST_NAME and _is_random(value):
        return "its value looks random, as keys and tokens do"
    return ""


def _by_name(name: str, value: str) -> bool:
    words = re.split(r"[^A-Za-z0-9]+", name)
    parts = [part.upper() for word in words for part in _WORDS.findall(word)]
    if not parts or "".join(parts) in _LOCATIONS:
        return False
    glued = bool(_GLUED.search("_".join(word.upper() for word in words)))
    if parts[-1] in _ABOUT or not (glued or set(parts) & (_ALWAYS | _MOSTLY)):
        return False
    strong = set(parts) & _ALWAYS or (glued and "TOKEN" not in parts and "KEY" not in parts)
    return bool(strong) or not _FIGURE.fullmatch(value.strip())


def _named(name: str) -> set[str]:
    return {w.upper() for w in re.findall(r"[A-Za-z]+[0-9]*", name)} | {
        w.upper() for w in _WORDS.findall(name)
    }


def _is_random(value: str) -> bool:
    """Return whether a long part of a value is more mixed than names, paths and versions are."""
    return any(
        _is_mixed(part)
        for run in _RUN.findall(_DIGEST.sub(" ", value))
        for part in ((run, *run.split("/")) if "/" in run else (run,))
    )


def _is_mixed(text: str) -> bool:
    pieces = _PIECE.findall(text)
    joined = "".join(pieces)
    if len(joined) < _LEAST or max(map(len, pieces)) < _LONGEST_WORD:
        return False
    switches = sum(_switch(a, b) for piece in pieces for a, b in zip(piece, piece[1:]))
    return switches / (len(joined) - len(pieces)) >= _SWITCHES and _bits(joined) >= _BITS


def _switch(first: str, second: str) -> bool:
    """Return whether the kind of character changes; a capital before a small letter is a word."""
    if first.isdigit() or second.isdigit():
        return first.isdigit() != second.isdigit()
    return first.islower() and second.isupper()


def _bits(text: str) -> float:
    """Return Shannon's entropy in bits for each character."""
    counts = Counter(text)
    return -sum(n / len(text) * math.log2(n / len(text)) for n in counts.values())
