"""``.condarc`` and conda's variables as one value: which channels, from where, and how.

Sources: conda's documentation ("Using the .condarc conda configuration file", "Settings",
"Managing channels", "Using non-standard certificates"), and its precedence of files.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from envboot.shell import Shell


@dataclass(frozen=True)
class Settings:
    """What conda is configured with. Addresses may hold tokens: never shown, logged or stored."""

    channels: tuple[str, ...] = ("defaults",)
    alias: str = "https://conda.anaconda.org"
    default_channels: tuple[str, ...] = (
        "https://repo.anaconda.com/pkgs/main",
        "https://repo.anaconda.com/pkgs/r",
    )
    custom_channels: tuple[tuple[str, str], ...] = ()
    custom_multichannels: tuple[tuple[str, tuple[str, ...]], ...] = ()
    priority: str = "flexible"
    """strict | flexible | disabled"""
    ssl_verify: str = "true"
    """true | false | truststore | a path to a PEM file or folder."""
    client_cert: str = ""
    proxies: tuple[tuple[str, str], ...] = ()
    """Scheme (``http``, ``https``, ``https://host``) and the proxy's address."""
    offline: bool = False
    envs_dirs: tuple[Path, ...] = ()
    pkgs_dirs: tuple[Path, ...] = ()
    connect_timeout: float = 9.15
    """Seconds."""
    read_timeout: float = 60.0
    """Seconds."""
    retries: int = 3


def settings(shell: Shell) -> Settings:
    """Return conda's settings for this user; ``CONDA_*`` variables win over files.

    A file that cannot be read says nothing.
    """
    raise NotImplementedError


def urls(channels: Sequence[str], known: Settings, subdirs: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the full addresses of ``channels`` as conda means them, in order, without subdirs.

    ``defaults`` and multichannels are expanded, ``nodefaults`` is dropped, and without it the
    channels of the settings are appended, as ``conda env create`` does. A name gets the alias.
    Raises UsageError for what is no channel.
    """
    raise NotImplementedError
