"""Bytes from an address, by the standard library alone, with patience and without trust.

What comes is believed by nobody until its digest was compared. An answer that stops is asked for
again, from where it stopped (RFC 9110, Range). How it is reached is in :mod:`envboot.tools.access`.
"""

from __future__ import annotations

import contextlib
import http.client
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import envboot
from envboot import index
from envboot.shell import quiet
from envboot.tools import access

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from envboot.index import Index
    from envboot.shell import Shell

LIMIT = 32 << 20  # bytes that a page may have
TIMEOUT = 15.0  # seconds without a byte, as in pip
PATIENCE = 300.0  # seconds for a whole page, and for a file more with its size
SLOWEST = 10_000  # bytes a second, below which a file is given up
PAUSES = (0.5, 2.0)  # seconds before the second try, and before the third
SILENCE = 10.0  # seconds without a byte until the person is told
_ACCEPT = "application/vnd.pypi.simple.v1+json, text/html;q=0.5, */*;q=0.1"
_PARTIAL = 206
_AGAIN = frozenset({408, 416, 429, 500, 502, 503, 504})  # statuses that may be otherwise next time


@dataclass(frozen=True)
class Reply:
    """What came from an address."""

    kind: str
    """The media type."""
    address: str
    """The final one, after redirects."""
    data: bytes


@dataclass
class _Part:
    """What has come so far, over several tries."""

    data: bytearray
    validator: str = ""
    """What the server calls this very file; "" when it does not say, and cannot go on."""


def get(
    url: str,
    where: Index,
    shell: Shell,
    *,
    size: int = 0,
    said: Callable[[str], None] = quiet,
) -> Reply:
    """Return what lies at an address, or at a path.

    ``size``: bytes of a file that is expected; 0: a page. ``said`` is told how far it is, when a
    server keeps silent, and when it is asked again.

    Raises OSError, ValueError and HTTPException, when nothing comes after three tries either.
    """
    if index.local(url):
        path = index.path_of(url, shell)
        path = path / "index.html" if path.is_dir() else path
        return Reply("text/html", path.as_uri(), path.read_bytes())
    if urlsplit(url).scheme not in {"http", "https"}:
        raise ValueError("neither a folder nor an http address")
    part = _Part(bytearray())
    for pause in PAUSES:
        try:
            return _ask(url, where, part, size, said)
        except (OSError, http.client.HTTPException) as error:
            if not _passing(error):
                raise
            if isinstance(error, urllib.error.HTTPError):
                part.validator = ""  # nothing to go on from
            said(f"{urlsplit(url).hostname}: {reason(error)}; asked again in {pause:g} s")
        time.sleep(pause)
    return _ask(url, where, part, size, said)


def reason(error: BaseException) -> str:
    """Return why an address gave nothing, for people."""
    if isinstance(error, urllib.error.HTTPError):
        return f"{error.code} {error.reason}"
    why = getattr(error, "reason", None) or error
    why = getattr(why, "strerror", None) or why
    return str(why).strip("'") or type(error).__name__


def _passing(error: Exception) -> bool:
    """Return whether it may go better the next time."""
    if isinstance(error, urllib.error.HTTPError):
        return error.code in _AGAIN
    return "certificate verify failed" not in str(error)


def _ask(url: str, where: Index, part: _Part, size: int, said: Callable[[str], None]) -> Reply:
    request = urllib.request.Request(access.without_login(url), headers=_headers(part, size))  # noqa: S310
    if login := access.login(url, where):
        request.add_unredirected_header("Authorization", login)
    timeout = float(where.timeout or TIMEOUT)
    host = urlsplit(url).hostname or url
    with (
        _listening(host, said) as heard,
        _opened(access.opener(url, where), request, timeout) as reply,
    ):
        begins = reply.headers.get("Content-Range", "").startswith(f"bytes {len(part.data)}-")
        if not (part.data and reply.status == _PARTIAL and begins):
            part.data.clear()
        part.validator = reply.headers.get("ETag") or reply.headers.get("Last-Modified") or ""
        host = urlsplit(reply.geturl()).hostname or host
        expected = reply.headers.get("Content-Length")
        total = len(part.data) + int(expected) if expected else None
        end = time.monotonic() + max(timeout, PATIENCE) + size / SLOWEST
        tell = _progress(host, len(part.data), size, said)
        while chunk := reply.read1(1 << 16):
            part.data += chunk
            heard(host)
            tell(len(part.data))
            if len(part.data) > (size or LIMIT):
                raise ValueError("far too long for what was asked")
            if time.monotonic() > end:
                raise TimeoutError("timed out: the answer comes too slowly")
        if total is not None and total != len(part.data):
            raise ConnectionError(f"ended after {len(part.data)} of {total} bytes")
        data = bytes(part.data)
        if reply.headers.get("Content-Encoding") == "gzip":
            data = _unzipped(data)
        return Reply(reply.headers.get_content_type(), reply.geturl(), data)


def _opened(
    opener: urllib.request.OpenerDirector, request: urllib.request.Request, timeout: float
) -> http.client.HTTPResponse:
    try:
        reply: http.client.HTTPResponse = opener.open(request, timeout=timeout)
    except urllib.error.HTTPError as error:
        error.close()  # it holds the connection
        raise
    return reply


def _headers(part: _Part, size: int) -> dict[str, str]:
    headers = {"Accept": _ACCEPT, "User-Agent": f"envboot/{envboot.__version__}"}
    if part.data and part.validator and not part.validator.startswith("W/"):
        headers.update({"Range": f"bytes={len(part.data)}-", "If-Range": part.validator})
    return headers if size else {**headers, "Accept-Encoding": "gzip"}


def _unzipped(data: bytes) -> bytes:
    import zlib

    inflate = zlib.decompressobj(31)
    try:
        out = inflate.decompress(data, LIMIT)
    except zlib.error as error:
        raise ValueError(f"a broken page: {error}") from error
    if inflate.unconsumed_tail:
        raise ValueError("far too long for what was asked")
    return out


def _progress(
    host: str, already: int, size: int, said: Callable[[str], None]
) -> Callable[[int], None]:
    """Return what is told how many bytes there are, and says so twice a second."""
    started = last = time.monotonic()

    def tell(there: int) -> None:
        nonlocal last
        now = time.monotonic()
        if size and now - last > 0.5:  # noqa: PLR2004 - seconds
            last, rate = now, (there - already) / (now - started)
            said(f"{there / 1e6:.1f} of {size / 1e6:.1f} MB, {rate / 1e6:.1f} MB/s from {host}")

    return tell


@contextlib.contextmanager
def _listening(host: str, said: Callable[[str], None]) -> Iterator[Callable[[str], None]]:
    """Say when a server has been silent for long; what is yielded is told of each sign of life."""
    done, last, who = threading.Event(), time.monotonic(), host

    def heard(name: str) -> None:
        nonlocal last, who
        last, who = time.monotonic(), name

    def watch() -> None:
        told = SILENCE
        while not done.wait(min(1.0, SILENCE)):
            silent = time.monotonic() - last
            told = SILENCE if silent < SILENCE else told
            if silent >= told:
                said(f"no byte from {who} for {silent:.0f} s")
                told += SILENCE

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield heard
    finally:
        done.set()
        thread.join()
