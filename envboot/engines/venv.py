"""The engine ``venv``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envboot.plan import Plan

if TYPE_CHECKING:
    from pathlib import Path

    from envboot.site import Site
    from envboot.spec import EnvironmentSpec

TITLE = "venv"
RELOCATABLE = True


def prefix(spec: EnvironmentSpec, site: Site) -> Path:
    """Return where the environment goes."""
    raise NotImplementedError


def why_not(spec: EnvironmentSpec, site: Site) -> str | None:
    """Return None when it can make ``spec`` here, else why not."""
    raise NotImplementedError


def plan(spec: EnvironmentSpec, site: Site) -> Plan:
    """Return the steps."""
    raise NotImplementedError
