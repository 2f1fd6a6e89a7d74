"""Launchers: what makes the environment elsewhere. Plug-ins: ``envboot.launchers``."""

from __future__ import annotations

from functools import lru_cache

from envboot import plugins

BUILT_IN = ("ssh", "slurm", "codespaces", "azure", "link")

REQUIRED = ("TITLE", "why_not", "plan")
"""The names of :class:`envboot.site.Target`: a launcher needs no more."""


@lru_cache(maxsize=1)
def family() -> plugins.Family:
    """Return the launchers by name."""
    return plugins.load(__name__, BUILT_IN, required=REQUIRED)
