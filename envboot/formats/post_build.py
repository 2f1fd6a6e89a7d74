"""postBuild: a program that its author wants run once the environment is there."""

from __future__ import annotations

from envboot.spec import EnvironmentSpec, Origin

PATTERNS = ("postBuild",)


def parse(text: str, origin: Origin) -> EnvironmentSpec:
    """Return the script by its place; it is shown, and run only on a yes of its own."""
    return EnvironmentSpec(scripts=(origin,) if text.strip() else (), source=origin)
