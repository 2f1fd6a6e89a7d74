"""pixi.toml, as pixi reads it. Source: pixi's documentation, "Manifest reference"."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from envboot.formats.parts import pixi, toml

if TYPE_CHECKING:
    from envboot.spec import EnvironmentSpec, Origin

PATTERNS = ("pixi.toml",)
FILENAME = "pixi.toml"


def parse(text: str, origin: Origin) -> EnvironmentSpec:
    """Return what the file declares. Raises InvalidFile with the line."""
    document = toml.loads(text, origin)
    return replace(pixi.read(document, toml.Lines(text, origin)), source=origin)


def render(spec: EnvironmentSpec, before: str = "") -> str:
    """Return the file. Comments of ``before`` stay with their line, the rest at the end.

    What pixi cannot say (constraints, hashes, most of pip's options) has no place in it.
    """
    from envboot.formats.parts import pixi_written

    return pixi_written.render(spec, before)
