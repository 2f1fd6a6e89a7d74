"""Google's notebooks: Colab, Vertex AI Workbench, Deep Learning VMs and containers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from envboot.plan import Plan
    from envboot.shell import Shell

TITLE = "Google Cloud"
ENV_NAME = "google"


def section(metadata: Mapping[str, Any], shell: Shell) -> Mapping[str, Any] | None:
    """Return Google's section, from its environment variables and its own key."""
    raise NotImplementedError


def why_not(section: Mapping[str, Any], notebook: Path, shell: Shell) -> str | None:
    """Return None when the notebook can be opened there, else a sentence."""
    raise NotImplementedError


def plan(section: Mapping[str, Any], notebook: Path, shell: Shell) -> Plan:
    """Return the step that opens it there."""
    raise NotImplementedError
