"""How an address is reached: proxy, certificates and logins, as pip is configured with them.

Sources: pip's user guide (``cert``, ``client-cert``, ``proxy``, ``trusted-host``, "netrc
Support"; REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE through requests).
"""

from __future__ import annotations

import contextlib
import os
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    import ssl

    from envboot.index import Index

# Where systems keep their certificates; a Python that was built elsewhere may look in vain.
_BUNDLES = (
    "/etc/ssl/cert.pem",
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
)
_TOLD = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


def opener(url: str, where: Index) -> urllib.request.OpenerDirector:
    """Return what opens ``url``. Raises ValueError when the certificates cannot be read."""
    handlers: list[Any] = []
    if context := _context(url, where):
        handlers.append(urllib.request.HTTPSHandler(context=context))
    if where.proxy:
        proxy = where.proxy if "://" in where.proxy else f"http://{where.proxy}"
        handlers.append(urllib.request.ProxyHandler({"http": proxy, "https": proxy}))
    return urllib.request.build_opener(*handlers)


def _context(url: str, where: Index) -> ssl.SSLContext | None:
    try:
        import ssl
    except ImportError:  # a Python that was built without it can still ask a plain http mirror
        if urlsplit(url).scheme == "https":
            raise ValueError("this Python was built without ssl") from None
        return None
    told = where.cert or next((v for n in _TOLD if (v := os.environ.get(n))), "")
    paths = ssl.get_default_verify_paths()
    if not told and os.name != "nt" and not (paths.cafile or paths.capath):
        told = next((b for b in _BUNDLES if Path(b).is_file()), "")
    context = ssl.create_default_context()
    try:
        if told and Path(told).is_dir():
            context.load_verify_locations(capath=told)
        elif told:
            context.load_verify_locations(cafile=told)
        if where.client_cert:
            context.load_cert_chain(where.client_cert)
    except OSError as error:  # of ssl too
        which = f"{told} {where.client_cert}".strip().replace(" ", ", ")
        raise ValueError(f"certificates cannot be read ({which}): {error}") from error
    parts = urlsplit(url)
    if {parts.hostname, f"{parts.hostname}:{parts.port}"} & set(where.trusted_hosts):
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def without_login(url: str) -> str:
    """Return the address without user and password."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def login(url: str, where: Index) -> str:
    """Return the header for a user and password: of the address, of its index, of ``.netrc``.

    A file on the host of an index is asked for as that index is; "" when nothing is known.
    """
    user, password = _told(url, where) or _netrc(urlsplit(url).hostname or "")
    if not user:
        return ""
    import base64

    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def _told(url: str, where: Index) -> tuple[str, str] | None:
    own = urlsplit(url)
    for parts in (own, *map(urlsplit, (*where.urls, *where.find_links))):
        same = (parts.scheme, parts.hostname, parts.port) == (own.scheme, own.hostname, own.port)
        if same and parts.username:
            return unquote(parts.username), unquote(parts.password or "")
    return None


def _netrc(host: str) -> tuple[str, str]:
    import netrc

    with contextlib.suppress(OSError, netrc.NetrcParseError):
        if found := netrc.netrc(os.environ.get("NETRC")).authenticators(host):
            return found[0], found[2] or ""
    return "", ""
