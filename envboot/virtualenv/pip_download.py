"""Fetch pip's own wheel by its digest, with nothing but the standard library.

Started as a child (``plan.child``), so that a hanging server or Ctrl-C ends it like any program.
The wheel comes from the index that pip is configured with, by the standard library alone, and
counts only when its sha256 is the one in :mod:`envboot.virtualenv.pip_wheel`: an index cannot hand
over anything else. Sources: PEP 503 and PEP 691 (simple index pages), PEP 427 (names of wheels).
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import http.client
import json
import os
import ssl
import sys
import time
import urllib.error
import urllib.request
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

from envboot import index
from envboot.errors import CommandFailed, EnvbootError, FallsShort
from envboot.shell import redact
from envboot.shell.local import LocalShell
from envboot.virtualenv.pip_wheel import PINS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envboot.index import Index
    from envboot.shell import Shell
    from envboot.virtualenv.pip_wheel import Pin


LIMIT = 32 << 20  # bytes that a page or the wheel may have
TIMEOUT = 15.0  # seconds without a byte, as in pip
PATIENCE = 300.0  # seconds for a whole answer
_ACCEPT = "application/vnd.pypi.simple.v1+json, text/html;q=0.5, */*;q=0.1"


def fetch(wanted: Pin, into: Path, where: Index, shell: Shell) -> Path:
    """Put the wheel into ``into`` and return its path.

    Raises FallsShort when no place has it, CommandFailed when what came is not that wheel.
    """
    tried: list[str] = []
    for place in where.find_links:
        if index.local(place) and index.path_of(place, shell).is_dir():
            found = index.path_of(place, shell) / wanted.filename
            if found.is_file():
                return _keep(found.read_bytes(), wanted, into, str(found))
            tried.append(f"{place} has no {wanted.filename}")
        else:
            with _noted(tried, place):
                return _from_page(place, wanted, into, where, shell)
    for url in where.urls:
        page = url.rstrip("/") + "/pip/"
        with _noted(tried, page):
            return _from_page(page, wanted, into, where, shell)
    raise FallsShort(
        f"pip {wanted.version} cannot be fetched: "
        + (redact("; ".join(tried)) or "no index is configured, and there is no network"),
        hint="install Python's venv package (Debian, Ubuntu: `apt install python3-venv`), or uv",
    )


@contextlib.contextmanager
def _noted(tried: list[str], place: str) -> Iterator[None]:
    """Keep why a place had nothing, and go on to the next; a wrong digest is never passed over."""
    try:
        yield
    except (OSError, ValueError, LookupError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", None) or error
        text = f"{error.code} {error.reason}" if isinstance(error, urllib.error.HTTPError) else ""
        tried.append(f"{place}: {text or str(reason).strip(chr(39)) or type(error).__name__}")


def _from_page(page: str, wanted: Pin, into: Path, where: Index, shell: Shell) -> Path:
    """Follow the wheel's link on a page of links. Raises LookupError when there is none."""
    kind, base, data = _get(page, where, shell)
    hrefs = _json_links(data) if "json" in kind else _html_links(data)
    for href in hrefs:
        link = urldefrag(urljoin(base, href))[0]
        if unquote(urlsplit(link).path).rpartition("/")[2] == wanted.filename:
            return _keep(_get(link, where, shell)[2], wanted, into, link)
    raise LookupError(f"no link to {wanted.filename}")


def _keep(data: bytes, wanted: Pin, into: Path, source: str) -> Path:
    if hashlib.sha256(data).hexdigest() != wanted.sha256:
        raise CommandFailed(
            f"{redact(source)} is not pip {wanted.version} as it was released: its sha256 differs",
            hint="something between here and PyPI changes files; tell whoever runs that index",
        )
    into.mkdir(parents=True, exist_ok=True)
    path = into / wanted.filename
    path.write_bytes(data)
    return path


# ------------------------------------------------------------------------- the network


def _get(url: str, where: Index, shell: Shell) -> tuple[str, str, bytes]:
    """Return content type, final address and bytes. Raises OSError, ValueError, HTTPException."""
    if index.local(url):
        path = index.path_of(url, shell)
        path = path / "index.html" if path.is_dir() else path
        return "text/html", path.as_uri(), path.read_bytes()
    if urlsplit(url).scheme not in {"http", "https"}:
        raise ValueError("neither a folder nor an http address")
    request = urllib.request.Request(_without_login(url), headers={"Accept": _ACCEPT})  # noqa: S310
    if login := _login(url):
        request.add_unredirected_header("Authorization", login)
    timeout = float(where.timeout or TIMEOUT)
    with _opener(url, where).open(request, timeout=timeout) as reply:
        data, end = b"", time.monotonic() + max(timeout, PATIENCE)
        while chunk := reply.read1(1 << 16):
            data += chunk
            if len(data) > LIMIT:
                raise ValueError("far too long for what was asked")
            if time.monotonic() > end:
                raise TimeoutError("timed out: the answer comes too slowly")
        expected = reply.headers.get("Content-Length")
        if expected and int(expected) != len(data):
            raise ValueError(f"ended after {len(data)} of {expected} bytes")
        return reply.headers.get_content_type(), reply.geturl(), data


def _opener(url: str, where: Index) -> urllib.request.OpenerDirector:
    context = ssl.create_default_context()
    if where.cert and Path(where.cert).is_dir():
        context.load_verify_locations(capath=where.cert)
    elif where.cert:
        context.load_verify_locations(cafile=where.cert)
    if where.client_cert:
        context.load_cert_chain(where.client_cert)
    parts = urlsplit(url)
    if {parts.hostname, f"{parts.hostname}:{parts.port}"} & set(where.trusted_hosts):
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    handlers: list[Any] = [urllib.request.HTTPSHandler(context=context)]
    if where.proxy:
        proxy = where.proxy if "://" in where.proxy else f"http://{where.proxy}"
        handlers.append(urllib.request.ProxyHandler({"http": proxy, "https": proxy}))
    return urllib.request.build_opener(*handlers)


def _without_login(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def _login(url: str) -> str:
    """Return the header for a user and password in the address, or for its host in ``.netrc``."""
    import base64
    import netrc

    parts = urlsplit(url)
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if not user:
        with contextlib.suppress(OSError, netrc.NetrcParseError):
            found = netrc.netrc(os.environ.get("NETRC")).authenticators(parts.hostname or "")
            user, password = (found[0], found[2] or "") if found else ("", "")
    if not user:
        return ""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


class _Links(HTMLParser):
    """Collects the links of a page, and its base address when it names one."""

    def __init__(self) -> None:
        super().__init__()
        self.hrefs: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.hrefs += [value for name, value in attrs if name == "href" and value]


def _html_links(data: bytes) -> list[str]:
    parser = _Links()
    parser.feed(data.decode("utf-8", "replace"))
    return parser.hrefs


def _json_links(data: bytes) -> list[str]:
    try:
        return [str(file["url"]) for file in json.loads(data)["files"]]
    except (KeyError, TypeError) as error:
        raise ValueError("not the page of an index") from error


def main(arguments: list[str]) -> int:
    """Fetch the wheel; the last line that is printed says what went wrong."""
    parser = argparse.ArgumentParser(
        prog="python -m envboot.virtualenv.pip_download", description=__doc__
    )
    parser.add_argument("--version", required=True, choices=[p.version for p in PINS])
    parser.add_argument("--offline", action="store_true", help="use folders of this computer only")
    parser.add_argument("into", type=Path)
    given = parser.parse_args(arguments)
    shell = LocalShell()
    where = index.settings(shell)
    if given.offline:
        where = index.offline(where, shell)
    wanted = next(p for p in PINS if p.version == given.version)
    try:
        path = fetch(wanted, given.into, where, shell)
    except EnvbootError as error:
        sys.stdout.write(f"{error}\nhint: {error.hint}\n")
        return error.exit_code
    sys.stdout.write(f"{path.name} fetched\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
