"""Where packages come from: channels, caches and the network, as conda's settings say.

The caches are rattler's own, which pixi shares: ``RATTLER_CACHE_DIR``, else ``rattler/cache`` in
the person's cache folder; where that cannot be written, a folder beside the environment, which is
begun anew each time: one that is there may have come with a repository.
Source: conda's documentation ("Settings", "Using non-standard certificates"), rattler's
("Configuration").
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from envboot.conda import addresses
from envboot.errors import FallsShort
from envboot.shell import redact

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from envboot.conda.settings import Settings
    from envboot.engines.rattler.order import Order
    from envboot.shell import Shell

_TRUSTED = ("SSL_CERT_FILE", "SSL_CERT_DIR")
_NOWHERE = "http://127.0.0.1:9"  # the port that discards: nothing leaves this computer
_LISTS = 300  # seconds for one list of packages; a stall is seen earlier by the watchdog


@dataclass(frozen=True)
class Channels:
    """The channels of an order, in their order."""

    sources: tuple[Any, ...]
    """Addresses, and rattler's ``MultiSource`` for what is many under one name."""
    urls: tuple[str, ...]
    """All addresses; they may hold tokens."""
    meant: tuple[tuple[str, str], ...]
    """What a spec's channel is called, and the address or the name that rattler matches."""

    def address(self, name: str) -> str:
        """Return what ``name::package`` means by its name."""
        return dict(self.meant).get(name, name)


@dataclass(frozen=True)
class Store:
    """What is needed to ask channels and to fetch packages."""

    gateway: Any
    client: Any
    config: Any
    packages: Path
    """The folder with unpacked packages."""
    known: Settings
    passing: Path | None = None
    """The folder to remove in the end, where it is not the person's cache."""
    secret: Path | None = None
    """The folder with lists of packages whose addresses hold a token: to be removed as well."""


def channels(order: Order, known: Settings) -> Channels:
    """Return the channels of the file, of the settings and of single specs. Raises UsageError."""
    from rattler import MultiSource

    subdirs = [a.subdir for a in order.aims]
    names = [c for c in order.channels if c != "nodefaults"]
    if "nodefaults" not in order.channels:
        names += known.channels
    single = addresses.named(a.text for a in order.asked)
    names = [n for n in names if n != "nodefaults"] or ["defaults"]
    sources: list[Any] = []
    urls: dict[str, None] = {}
    meant: dict[str, str] = {}
    for name in dict.fromkeys((*names, *single)):
        found = [u for u in addresses.urls((name, "nodefaults"), known, subdirs) if u not in urls]
        whole = addresses.urls((name, "nodefaults"), known, subdirs)
        urls.update(dict.fromkeys(found))
        meant[name] = whole[0] if len(whole) == 1 else name
        if len(whole) > 1 and found:
            sources.append(MultiSource(name, found))
        else:
            sources += found
    return Channels(tuple(sources), tuple(urls), tuple(meant.items()))


def store(order: Order, known: Settings, shell: Shell, urls: Iterable[str] = ()) -> Store:
    """Return the gateway, the client and the folders. Raises FallsShort without a certificate.

    rattler writes the addresses of ``urls`` into its cache, so that what holds a token has a folder
    of its own there, which nobody else can read and which does not stay.
    """
    from rattler import Gateway
    from rattler.networking import Client
    from rattler.repo_data.gateway import SourceConfig

    offline = order.offline or known.offline
    if variable := _trust(known, shell):
        os.environ.update(variable)  # the certificates are read from there, by native code
    config = _config(known, shell, offline=offline)
    tries = 0 if offline else known.retries
    cache, passing = caches(order, shell)
    if passing:
        shell.remove(cache)
    secret = None if offline or all(redact(u) == u for u in urls) else _secret(order, shell)
    lists = Client.from_config(config, max_retries=tries, timeout=_LISTS)
    usual_action = SourceConfig()
    gateway = Gateway(
        cache_dir=secret or cache / "repodata",
        default_config=SourceConfig(cache_action="force-cache-only") if offline else usual_action,
        per_channel_config={"file://": usual_action},
        client=lists,
    )
    client = Client.from_config(config, max_retries=tries)
    folder = cache if passing else None
    return Store(gateway, client, config, cache / "pkgs", known, folder, secret)


def _secret(order: Order, shell: Shell) -> Path:
    """Return an empty folder beside the environment that only this user can look into."""
    beside = Path(order.prefix or order.answer)
    folder = beside.parent / ".envboot" / f"{beside.name}.lists"
    shell.remove(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(0o700)
    return folder


def caches(order: Order, shell: Shell) -> tuple[Path, bool]:
    """Return the folder for lists of packages and packages, and whether it is for this run alone.

    It can be written to.
    """
    if order.cache:
        return Path(order.cache), False
    own = usual(shell)
    if own is not None and shell.writable(own / "pkgs"):
        return own, False
    beside = Path(order.prefix or order.answer)
    return beside.parent / ".envboot" / f"{beside.name}.packages", True


def usual(shell: Shell) -> Path | None:
    """Return rattler's own cache; None where this user has no home."""
    environ = shell.environ
    if own := environ.get("RATTLER_CACHE_DIR"):
        return Path(own)
    home = shell.home
    system = shell.platform.system
    if system == "Windows":
        local = environ.get("LOCALAPPDATA")
        base = Path(local) if local else home / "AppData" / "Local" if home else None
    elif system == "Darwin":
        base = home / "Library" / "Caches" if home else None
    else:
        named = environ.get("XDG_CACHE_HOME", "")
        base = Path(named) if named.startswith("/") else home / ".cache" if home else None
    return base / "rattler" / "cache" if base else None


def missing(records: Iterable[Any], packages: Path, shell: Shell) -> tuple[str, ...]:
    """Return the names of the files that would have to be fetched from a server."""
    return tuple(
        r.file_name
        for r in records
        if not r.url.startswith("file:")
        and not shell.kind(packages / _stem(r.file_name) / "info" / "index.json")
    )


def _stem(name: str) -> str:
    return name.removesuffix(".conda").removesuffix(".tar.bz2")


def _config(known: Settings, shell: Shell, *, offline: bool) -> Any:  # noqa: ANN401 - rattler's
    from rattler import Config

    proxies = _proxies(known, shell.environ)
    if offline:
        proxies = {"https": _NOWHERE, "http": _NOWHERE}
    lines = []
    if known.ssl_verify == "false":
        lines.append("tls-no-verify = true")
    elif known.ssl_verify != "true" or any(map(shell.environ.get, _TRUSTED)):
        lines.append('tls-root-certs = "system"')
    if proxies:
        lines.append("[proxy-config]")
        lines += [f"{scheme} = {json.dumps(place)}" for scheme, place in proxies.items()]
        hosts = [] if offline else _direct(shell.environ)
        lines.append(f"non-proxy-hosts = {json.dumps(hosts)}")
    return Config.from_toml("\n".join(lines))


def _proxies(known: Settings, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the proxies of the settings; rattler knows one for each scheme, conda one a host."""
    found = {s: p for s, p in known.proxies if s in ("http", "https") and p}
    if not found:
        return {}
    for scheme in {"http", "https"} - set(found):
        own = environ.get(f"{scheme}_proxy") or environ.get(f"{scheme.upper()}_PROXY")
        if own:
            found[scheme] = own
    return {s: p if "://" in p else f"http://{p}" for s, p in found.items()}


def _direct(environ: Mapping[str, str]) -> list[str]:
    text = environ.get("no_proxy") or environ.get("NO_PROXY") or ""
    return [h.strip() for h in text.split(",") if h.strip()]


def _trust(known: Settings, shell: Shell) -> dict[str, str]:
    """Return the variables that name the certificates of ``ssl_verify: PATH``."""
    if known.client_cert:
        raise FallsShort(
            "conda's settings have a client's certificate, which this engine cannot use",
            hint="run it again with: --engine conda",
        )
    place = known.ssl_verify
    if place in ("true", "false", "truststore"):
        return {}
    kind = shell.kind(Path(place))
    if not kind:
        raise FallsShort(f"`ssl_verify` in conda's settings names {place}, which does not exist")
    return {"SSL_CERT_DIR" if kind == "folder" else "SSL_CERT_FILE": place}
