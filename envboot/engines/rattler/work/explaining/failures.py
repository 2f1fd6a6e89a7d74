"""Errors of servers, disks and files as sentences, each with what to do and an exit code."""

from __future__ import annotations

import asyncio
from pathlib import PurePath
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from envboot.engines.rattler.order import Answer, Finding
from envboot.engines.rattler.work import causes, specs
from envboot.engines.rattler.work.explaining import channels, tree
from envboot.engines.rattler.work.telling import server
from envboot.errors import CommandFailed, EnvbootError, FallsShort, Interrupted, InvalidFile
from envboot.shell import redact

if TYPE_CHECKING:
    from collections.abc import Mapping

    from envboot.engines.rattler.order import Order
    from envboot.engines.rattler.work.causes import Cause

_FILES, _MACHINE, _ELSE = InvalidFile.exit_code, FallsShort.exit_code, CommandFailed.exit_code
_DISK = frozenset({"full", "read-only", "denied", "folder"})
_PORTAL = "a network with a page to log in answers so: open any page in a browser"
_NETWORK = "is there a network? A proxy is named by HTTPS_PROXY, or `proxy_servers` in .condarc"
_LATER = "it may pass: try again later; what was fetched is kept"
_SAID = {
    "login": (
        "{server} wants a login for the channel `{channel}`",
        "a token belongs into the channel's address in .condarc, a password into ~/.netrc",
    ),
    "refused": (
        "{server} refuses the channel `{channel}` (403 Forbidden)",
        "is its token still valid? A proxy or a firewall may refuse it too",
    ),
    "redirects": ("{server} sends each request on, for ever", _PORTAL),
    "hash": (
        "{file} from {server} is not what its channel promises: its hash is another",
        "a proxy or a stale mirror may alter it; nothing of it was installed",
    ),
    "damaged": ("what {server} sent for {file} cannot be read", _PORTAL),
    "full": (
        "the disk of {path} is full",
        "make room there, or name another folder for the cache with RATTLER_CACHE_DIR",
    ),
    "read-only": (
        "{path} cannot be written: that disk can only be read",
        "give another place with `--prefix`, or for the cache with RATTLER_CACHE_DIR",
    ),
    "denied": (
        "{path} cannot be written: permission denied",
        "give another place with `--prefix`, or for the cache with RATTLER_CACHE_DIR",
    ),
    "folder": ("{path} cannot be made: {last}", "give another place with `--prefix`"),
    "tls": (
        "the certificate of {server} is not trusted: {last}",
        "`ssl_verify: PATH` in .condarc names the certificate of a proxy or of an own server",
    ),
    "name": ("{server} cannot be found: no address has that name (DNS)", _NETWORK),
    "proxy": ("the proxy to {server} fails: {last}", _NETWORK),
    "down": ("{server} cannot be reached: {last}", _NETWORK),
    "server": ("{server} has an error of its own: {last}", _LATER),
    "late": ("{server} does not answer in time", _LATER),
    "cut": ("the connection to {server} breaks off: {last}", _LATER),
    "offline": (
        "what is needed is not on this computer",
        "`--offline` takes only what is on this computer: without it the channels are asked",
    ),
}


def of_exception(
    error: BaseException, order: Order, environ: Mapping[str, str] | None = None
) -> Answer:
    """Return any error of py-rattler, of the disk or of the network as sentences for a person.

    Secrets are masked. The exit code is 4 for what the files can mend, 6 for this machine, 7 else.
    """
    found, code = _of(error, order)
    masked = tuple(
        Finding(*(redact(t, environ) for t in (f.text, f.hint, f.at, f.spec, f.nearest)))
        for f in found
    )
    return Answer(findings=masked, exit_code=code)


def _of(  # noqa: PLR0911 - one for each kind
    error: BaseException, order: Order
) -> tuple[tuple[Finding, ...], int]:
    if isinstance(error, EnvbootError):
        at = str(error.origin) if error.origin else ""
        return (Finding(error.message, error.hint, at),), error.exit_code
    if isinstance(error, (KeyboardInterrupt, asyncio.CancelledError)):
        return (Finding("interrupted"),), Interrupted.exit_code
    kind = type(error).__name__
    if kind == "SolverError":
        return (tree.finding(error, order),), _FILES
    if kind in ("InvalidMatchSpecError", "InvalidVersionSpecError", "InvalidPackageNameError"):
        return specs.mistakes(order.asked) or (_unread(error, order),), _FILES
    if kind in ("InvalidChannelError", "InvalidUrlError"):
        text = f"a channel cannot be read: {causes.of(error).short}"
        return (Finding(text, at=channels.file_of(order)),), _FILES
    cause = causes.of(error)
    said = finding(cause, order)
    if cause.name == "absent" and _is_list(cause.url):
        return (said,), _FILES
    return (said,), _MACHINE if cause.name in _DISK else _ELSE


def finding(cause: Cause, order: Order, url: str = "") -> Finding:
    """Return a cause as a person reads it; ``url``: the channel that was asked, where known."""
    asked = url or cause.url
    place = url or _channel(cause.url)
    channel = channels.called(order, place) if place else ""
    file = PurePath(urlsplit(cause.url).path).name
    if cause.name == "absent":
        if url or _is_list(cause.url):
            return channels.empty(order, url or _channel(cause.url))
        text = f"{server(asked)} no longer has {file or channel}"
        return Finding(text, "its lists and its packages disagree: try again later")
    text, hint = _SAID.get(cause.name, ("{short}", ""))
    if cause.name == "late" and not asked:
        text = "{short}"  # our own sentence, which names the server
    if order.offline and cause.name not in _DISK:
        text, hint = _SAID["offline"]
    return Finding(
        text.format(
            server=server(asked) if asked else _servers(order),
            channel=channel,
            file=file or (f"the channel `{channel}`" if channel else "the lists of packages"),
            path=cause.path or "the environment or the cache",
            last=_last(cause),
            short=cause.short,
        ),
        hint,
        channels.file_of(order) if cause.name in ("login", "refused") else "",
    )


def _servers(order: Order) -> str:
    """Return whom the channels are asked of, where an error does not say which it was."""
    named = [c for c in order.channels if c != "nodefaults"]
    places = dict.fromkeys(server(c) if "://" in c else f"the channel `{c}`" for c in named)
    return ", ".join(places) or "the server"


def _last(cause: Cause) -> str:
    """Return the last sentence of a chain of causes, without the address."""
    lines = [line.removeprefix("Caused by:").strip() for line in cause.text.strip().splitlines()]
    last = next((line for line in reversed([line.strip() for line in lines]) if line), "")
    last = last.removeprefix("Caused by:").strip()
    return last.replace(f" for url ({cause.url})", "") if cause.url else last


def _is_list(url: str) -> bool:
    """Return whether an address is that of a list of packages."""
    return "repodata" in PurePath(urlsplit(url).path).name or not url


def _channel(url: str) -> str:
    """Return the channel's address of a file in it: without the platform and the name."""
    head, _, tail = url.rpartition("/")
    return head.rpartition("/")[0] if "." in tail else url


def _unread(error: BaseException, order: Order) -> Finding:
    return Finding(
        f"a package cannot be read: {causes.of(error).short}", at=channels.file_of(order)
    )
