"""``.condarc`` and conda's variables as one value: which channels, from where, and how.

Sources: conda's documentation ("Using the .condarc conda configuration file", "Settings",
"Managing channels", "Using non-standard certificates"), and its precedence of files
(:mod:`envboot.conda.condarc`). Compared with what ``conda config --show`` says.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from envboot.conda import condarc, programs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from envboot.shell import Shell

_LISTS = (
    *("channels", "pkgs_dirs", "default_channels", "migrated_channel_aliases"),
    *("allowlist_channels", "denylist_channels"),
)
_PATHS = ("envs_dirs",)
_MSYS2 = "https://repo.anaconda.com/pkgs/msys2"
_MANY = 1e6  # seconds, or attempts
_FALSE = {"", "0", "0.0", "false", "off", "n", "no", "non", "none"}
_BARS = {"true": "flexible", "yes": "flexible", "on": "flexible", "false": "disabled",
         "no": "disabled", "off": "disabled"}  # fmt: skip


@dataclass(frozen=True)
class Settings:
    """What conda is configured with. Addresses may hold tokens: never shown, logged or stored.

    ``repr()`` leaves them out.
    """

    channels: tuple[str, ...] = field(default=(), repr=False)
    """Those that are appended to a file's, highest priority first; () where nobody set any."""
    alias: str = field(default="https://conda.anaconda.org", repr=False)
    default_channels: tuple[str, ...] = field(
        default=("https://repo.anaconda.com/pkgs/main", "https://repo.anaconda.com/pkgs/r"),
        repr=False,
    )
    custom_channels: tuple[tuple[str, str], ...] = field(
        default=(("pkgs/pro", "https://repo.anaconda.com"),), repr=False
    )
    """A channel's name and what stands before it in its address."""
    custom_multichannels: tuple[tuple[str, tuple[str, ...]], ...] = field(default=(), repr=False)
    priority: str = "flexible"
    """strict | flexible | disabled"""
    ssl_verify: str = "true"
    """true | false | truststore | a path to a PEM file or folder."""
    client_cert: str = ""
    proxies: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """Scheme (``http``, ``https``, ``https://host``) and the proxy's address."""
    offline: bool = False
    envs_dirs: tuple[Path, ...] = ()
    """As set; without conda's own folders (:func:`envboot.conda.environments.folders`)."""
    pkgs_dirs: tuple[Path, ...] = ()
    connect_timeout: float = 9.15
    """Seconds."""
    read_timeout: float = 60.0
    """Seconds."""
    retries: int = 3
    client_key: str = ""
    """The key of ``client_cert``, where it has a file of its own."""
    migrated_aliases: tuple[str, ...] = field(default=(), repr=False)
    """Addresses that once were the alias: what begins with one is meant to be below ``alias``."""
    local: tuple[str, ...] = ()
    """The folders of conda-build's own packages that exist: the channel ``local``."""
    allowed: tuple[str, ...] = field(default=(), repr=False)
    """``allowlist_channels``: where there are any, no other channel may be used."""
    denied: tuple[str, ...] = field(default=(), repr=False)
    """``denylist_channels``."""
    home: str = ""
    """What ``~/`` means."""
    environ: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)
    """The variables that a channel of a file may name: ``https://${USER}:${TOKEN}@host/x``."""


def settings(shell: Shell, prefix: Path | None = None, root: Path | None = None) -> Settings:
    """Return conda's settings for this user; ``CONDA_*`` variables win over files.

    A file that cannot be read, and a value that cannot be meant, say nothing. ``prefix``: the
    environment whose own file counts, too (default: the active one); ``root``: conda's own
    installation (default: the one that would be run).
    """
    active = shell.environ.get("CONDA_PREFIX", "")
    prefix = prefix or (Path(active) if active else None)
    root = root or programs.root(shell)
    found = condarc.sources(shell, root, prefix, _LISTS, _PATHS)
    plain = Settings()

    def text(key: str, default: str) -> str:
        said = condarc.scalar(found, key)
        return condarc.expanded(said, shell.environ) if said is not None else default

    def texts(key: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
        said = condarc.sequence(found, key)
        return (
            default
            if said is None
            else tuple(condarc.expanded(t, shell.environ) for t in said if t)
        )

    def places(key: str) -> tuple[Path, ...]:
        said = (condarc.at_home(t, shell) for t in condarc.sequence(found, key) or () if t)
        return tuple(p for p in map(Path, said) if p.is_absolute())

    def pairs(key: str) -> tuple[tuple[str, str], ...]:
        said = condarc.mapping(found, key)
        return tuple(
            (n, condarc.expanded(v, shell.environ)) for n, v in said.items() if isinstance(v, str)
        )

    many = condarc.mapping(found, "custom_multichannels")
    defaults = plain.default_channels
    if shell.platform.system == "Windows":
        defaults = (*defaults, _MSYS2)
    alias = text("channel_alias", plain.alias)
    priority = (condarc.scalar(found, "channel_priority") or plain.priority).lower()
    priority = _BARS.get(priority, priority)
    return Settings(
        channels=texts("channels"),
        alias=alias if re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", alias) else plain.alias,
        default_channels=texts("default_channels", defaults),
        custom_channels=pairs("custom_channels") or plain.custom_channels,
        custom_multichannels=tuple(
            (name, tuple(condarc.expanded(t, shell.environ) for t in value))
            for name, value in many.items()
            if isinstance(value, tuple)
        ),
        priority=priority if priority in {"strict", "flexible", "disabled"} else plain.priority,
        ssl_verify=_verify(text("ssl_verify", plain.ssl_verify), shell),
        client_cert=condarc.at_home(text("client_ssl_cert", ""), shell),
        client_key=condarc.at_home(text("client_ssl_cert_key", ""), shell),
        proxies=pairs("proxy_servers"),
        offline=_true(text("offline", "")),
        envs_dirs=places("envs_dirs"),
        pkgs_dirs=places("pkgs_dirs"),
        connect_timeout=_number(text("remote_connect_timeout_secs", ""), plain.connect_timeout),
        read_timeout=_number(text("remote_read_timeout_secs", ""), plain.read_timeout),
        retries=int(_number(text("remote_max_retries", ""), plain.retries)),
        migrated_aliases=condarc.sequence(found, "migrated_channel_aliases") or (),
        local=_local(condarc.mapping(found, "conda_build"), text, root, shell),
        allowed=texts("allowlist_channels"),
        denied=texts("denylist_channels"),
        home=str(shell.home or ""),
        environ=shell.environ,
    )


def _verify(said: str, shell: Shell) -> str:
    """Return what certificates are checked with; requests' own variables count where it is true."""
    if said.lower() in {"true", "yes", "on", "y", "1"}:
        own = shell.environ.get("REQUESTS_CA_BUNDLE") or shell.environ.get("CURL_CA_BUNDLE")
        return own if own and shell.kind(Path(own)) else "true"
    return "false" if said.lower() in _FALSE else condarc.at_home(said, shell)


def _true(said: str) -> bool:
    return said.lower() not in _FALSE


def _number(said: str, otherwise: float) -> float:
    try:
        number = float(said)
    except ValueError:
        return otherwise
    return number if 0 <= number < _MANY else otherwise


def _local(
    build: dict[str, str | tuple[str, ...]],
    text: Callable[[str, str], str],
    root: Path | None,
    shell: Shell,
) -> tuple[str, ...]:
    """Return the folders with packages that conda-build made here."""
    own = build.get("root-dir")
    named = [text("croot", ""), text("bld_path", ""), own if isinstance(own, str) else ""]
    places = [Path(condarc.at_home(n, shell)) for n in named if n]
    places += [root / "conda-bld"] if root else []
    places += [shell.home / "conda-bld"] if shell.home else []
    there = (p for p in dict.fromkeys(places) if p.is_absolute() and shell.kind(p) == "folder")
    return tuple(p.as_uri() for p in there)
