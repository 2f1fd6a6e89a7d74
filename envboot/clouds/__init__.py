"""Clouds: handlers of hosted notebooks. Plug-ins: ``envboot.clouds``.

A handler writes the section of ``metadata.environment.cloud`` when a notebook is packed on its
service, and opens a notebook there again, on a person's yes.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol

from envboot import plugins

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from envboot.plan import Plan
    from envboot.shell import Shell

BUILT_IN = ("google",)
REQUIRED = ("TITLE", "ENV_NAME", "section", "why_not", "plan")


class Cloud(Protocol):
    """A handler: a module with these names. It never writes, asks or fetches by itself."""

    TITLE: str
    """For people: ``Google Cloud``."""
    ENV_NAME: str
    """What ``env_name`` is in its section."""

    def section(self, metadata: Mapping[str, Any], shell: Shell) -> Mapping[str, Any] | None:
        """Return its section (``env_name``, ``handler_url``, ``cloud_ver``, ``metadata``).

        None where this computer is not its service's and ``metadata`` (the notebook's) has no key
        of its own. Quick, without the network, and never a secret.
        """

    def why_not(self, section: Mapping[str, Any], notebook: Path, shell: Shell) -> str | None:
        """Return None when the notebook can be opened there, else a sentence."""

    def plan(self, section: Mapping[str, Any], notebook: Path, shell: Shell) -> Plan:
        """Return the steps that open it there, shown and carried out after a yes."""


@lru_cache(maxsize=1)
def family() -> plugins.Family:
    """Return the handlers by name."""
    return plugins.load(__name__, BUILT_IN, required=REQUIRED)
