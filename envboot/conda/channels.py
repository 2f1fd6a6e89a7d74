"""conda's channels: from the URL in a record to what stands in an environment.yml, and their order.

Sources: conda's documentation ("Managing channels", "Channels and generating an index",
``channel_alias``, ``default_channels``), Anaconda's ("Using tokens").
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

GENERAL = ("conda-forge", "defaults")
"""Channels that have everything, last ones last: behind those that somebody chose for one thing."""
_SUBDIR = re.compile(r"/(?:noarch|(?:linux|osx|win|freebsd|zos|emscripten|wasi)-\w+)/?$")
_TOKEN = re.compile(r"/t/[^/]+(?=/|$)")
_PUBLIC = frozenset({"conda.anaconda.org", "anaconda.org", "conda.binstar.org"})
_DEFAULTS = frozenset({"repo.anaconda.com", "repo.continuum.io"})
_MEMBER = re.compile(r"/?pkgs/(?:main|r|free|pro|msys2|mro|mro-archive|archive)")
_NAME = re.compile(r"[A-Za-z0-9_.+-]+(?:/[A-Za-z0-9_.+-]+)*")


def name(text: object) -> str:
    """Return a channel as it stands in an environment.yml: its name, else its URL; "" for none.

    The subfolder of the platform, passwords and tokens are left out: ``https://host/t/TOKEN/x``
    is ``https://host/x``. The members of ``defaults`` are called ``defaults``.
    """
    if not isinstance(text, str) or not text.isprintable() or re.search(r"[\s'\"\\]", text):
        return ""
    return _of_url(text) if "://" in text else _of_word(text)


def _of_word(text: str) -> str:
    plain = _TOKEN.sub("", _SUBDIR.sub("", f"/{text}")).strip("/")
    if text.lower() in {"", "<unknown>", "none", "pypi"} or not _NAME.fullmatch(plain):
        return ""
    return "defaults" if _MEMBER.fullmatch(plain) else plain


def _of_url(text: str) -> str:
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", f":{parts.port}" if parts.port else ""
    except ValueError:
        return ""
    path = _SUBDIR.sub("", _TOKEN.sub("", parts.path)).rstrip("/")
    if parts.scheme == "file":
        return f"file://{host}{path}" if path else ""
    if host in _PUBLIC:
        return path.strip("/") if _NAME.fullmatch(path.strip("/")) else ""
    if host in _DEFAULTS and _MEMBER.fullmatch(path):
        return "defaults"
    return f"{parts.scheme}://{host}{port}{path}" if host else ""


def of_package(url: object, channel: object) -> str:
    """Return the channel of a record, which the URL of the file says best."""
    if isinstance(url, str) and "://" in url:
        found = name(url.rpartition("/")[0])
        if found:
            return found
    return name(channel)


def in_order(orders: Iterable[Sequence[str]], used: Sequence[str]) -> tuple[str, ...]:
    """Return the channels that packages came from, in the order of priority.

    ``orders``: what commands and then settings said, the latest command first: its ``-c`` beat
    those before it. ``used``: a channel for each package. A channel that has everything goes
    behind the others, unless one of the orders says otherwise; what none of them names comes
    last, by how much came from it.
    """
    said = [tuple(dict.fromkeys(order)) for order in orders]
    count = {channel: used.count(channel) for channel in dict.fromkeys(used) if channel}
    rest = sorted(count, key=lambda c: (-count[c], c))
    merged = [c for c in dict.fromkeys(c for order in (*said, rest) for c in order) if c in count]
    moved = sorted(merged, key=lambda c: GENERAL.index(c) + 1 if c in GENERAL else 0)

    def agrees(order: tuple[str, ...]) -> bool:
        places = [moved.index(c) for c in order if c in count]
        return places == sorted(places)

    return tuple(moved if all(map(agrees, said)) else merged)
