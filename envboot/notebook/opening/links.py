"""Links out of a stranger's notebook: which of them a person may be asked about at all."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

_URL = re.compile(r"[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]{1,2000}")
"""The characters of RFC 3986: no blanks, no control signs, no letters that look like others."""
_LABEL = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)")
_HERE = frozenset({"arpa", "corp", "home", "internal", "intranet", "lan", "local", "localhost"})
"""Last labels of names that only the person's own network knows (RFC 6761, 6762, 8375)."""


def why_unsafe(url: object) -> str:
    """Return why a link is never opened, a sentence; "" where a person may be asked.

    Web addresses alone, in plain letters, without a login, of a host that all the world sees: a
    link to this computer or to its network could make a browser act there.
    """
    if not isinstance(url, str) or not _URL.fullmatch(url):
        return "it is no plain web address"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "it is no plain web address"
    if parts.scheme not in {"https", "http"} or not url.lower().startswith(f"{parts.scheme}://"):
        return "it is no web address"
    if "@" in parts.netloc or port == 0:
        return "it has a login in it"
    return _why_near(host.rstrip("."))


def _why_near(host: str) -> str:
    """Return why a host is not one that all the world sees, "" when it is."""
    try:
        return "" if ipaddress.ip_address(host).is_global else "it leads into a private network"
    except ValueError:
        pass
    labels = host.split(".")
    if not all(map(_LABEL.fullmatch, labels)):
        return "it has no host"
    if len(labels) == 1 or labels[-1].lower() in _HERE:
        return "it leads into a private network"
    if not labels[-1][0].isalpha():  # browsers read 127.1 and 0x7f.1 as addresses
        return "its host is neither a name nor an address"
    return ""


def host(url: str) -> str:
    """Return the host of a link that is safe."""
    return urlsplit(url).hostname or ""
