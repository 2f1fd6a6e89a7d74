"""Why py-rattler, the network or the disk failed, read off the error's own words.

Its errors share no class and carry no code, only a chain of sentences: ``Caused by: …``. Source
of the words: reqwest, hyper, rustls and the operating systems' own (errno(3)), seen by trying.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass

from envboot.shell import redact

_NAMES = {
    "login": r"\b401 Unauthorized|\b407 Proxy Authentication",
    "refused": r"\b403 Forbidden",
    "absent": r"\b404 Not Found|\b410 Gone|could not find subdir",
    "redirects": r"too many redirects|error following redirect",
    "hash": r"hash mismatch|sha256 mismatch|md5 mismatch|expected sha256",
    "full": r"os error 28\b|no space left on device|os error 122\b|disk quota|os error 112\b",
    "read-only": r"os error 30\b|read-only file system",
    "denied": r"os error 13\b|os error 1\b|permission denied|os error 5\)|access is denied",
    "met": r"failed to rename temp directory|directory not empty|os error 39\b|os error 66\b"
    r"|failed to (?:copy|hard.?link|reflink|symlink|link)\b[^\n]*os error 2\b",
    "folder": r"os error 20\b|not a directory|os error 36\b|file name too long",
    "tls": r"invalid peer certificate|certificate verify failed|UnknownIssuer|self.signed"
    r"|CaUsedAsEndEntity|unable to get local issuer|certificate (?:has )?expired"
    r"|received (?:fatal )?alert|invalid certificate|InvalidContentType",
    "name": r"dns error|resolving DNS|lookup address information|Name or service not known"
    r"|nodename nor servname|No such host",
    "server": r"HTTP status server error|\b429 Too Many|\b408 Request Timeout",
    "proxy": r"\bproxy\b.*(?:error|fail|refus)|unsuccessful tunnel|tunnel error",
    "down": r"connection refused|os error 111\b|os error 61\b|os error 10061\b"
    r"|network is unreachable|os error 101\b|no route to host|os error 113\b",
    "late": r"timed out|timeout|deadline has elapsed|os error 110\b|no byte came|no answer for",
    "cut": r"connection reset|os error 104\b|os error 54\b|os error 10054\b|broken pipe"
    r"|end of file before message|unexpected end of file|unexpectedEOF|incomplete message"
    r"|error reading a body|error decoding response body|connection closed|close_notify"
    r"|error sending request|SendRequest",
    "damaged": r"decompression not finished|header missing|invalid (?:gzip|zip|zstd|magic)"
    r"|bzip2:|zip archive|corrupt|unknown frame descriptor|invalid checksum"
    r"|failed to parse repodata|EOF while parsing|expected value at line",
    "offline": r"cache.only|offline|no cache available",
}
_CAUSES = tuple((name, re.compile(words, re.IGNORECASE)) for name, words in _NAMES.items())
_URL = re.compile(r"\b(?:https?|file|oci|s3)://[^\s'\"`)>]+")
_PATH = re.compile(r"[`'\"]((?:/|[A-Za-z]:\\)[^`'\"]+)[`'\"]|\bto (/\S+?):")

_NAMED = re.compile(r"failed to fetch \S+|`[^`]*`|'[^']*'|\"[^\"]*\"")
"""What a person or a package is called: ``async-timeout`` is no time-out."""
_ELSEWHERE = frozenset({"SolverError", "InvalidMatchSpecError", "InvalidChannelError"})
"""Errors about what was asked: they quote what they cannot do, and no server has a part in them."""

_PASSING = frozenset({"met", "name", "server", "down", "late", "cut", "proxy"})
_DAMAGED = frozenset({"hash", "damaged"})


@dataclass(frozen=True)
class Cause:
    """What an error comes down to."""

    name: str
    """login | refused | absent | redirects | hash | full | read-only | denied | met | folder | tls
    | name | server | proxy | down | late | cut | damaged | offline; "" for anything else. ``met``:
    another try, or another program, was there first."""
    text: str
    """The error's own words, secrets masked, whole."""
    url: str = ""
    """The address that was asked, secrets masked."""
    path: str = ""
    """The file or folder on this computer."""

    @property
    def passing(self) -> bool:
        """Return whether the same may succeed a moment later."""
        return self.name in _PASSING

    @property
    def damaged(self) -> bool:
        """Return whether what came was not what was promised: once more, from the beginning."""
        return self.name in _DAMAGED

    @property
    def short(self) -> str:
        """Return the error in one line: the first sentence of the chain, and the last."""
        lines = [part.removeprefix("Caused by:").strip() for part in self.text.splitlines()]
        lines = [part for part in lines if part]
        return ": ".join(dict.fromkeys(lines[:1] + lines[-1:])) or "it failed"


def of(error: BaseException) -> Cause:
    """Return what an error of py-rattler, or of Python, comes down to."""
    text = redact(str(error) or type(error).__name__)
    plain = _NAMED.sub("", _URL.sub("", text))
    name = next((n for n, words in _CAUSES if words.search(plain)), "")
    if isinstance(error, (TimeoutError, asyncio.TimeoutError)):  # two classes until Python 3.11
        name = "late"
    if type(error).__name__ in _ELSEWHERE:
        name = ""
    url = (_URL.findall(text) or [""])[-1]  # the first may be the channel's alone
    path = _PATH.search(text)
    found = path and (path[1] or path[2])
    filename = getattr(error, "filename", None)
    return Cause(name, text, url.rstrip(".,:;"), str(filename or found or ""))
