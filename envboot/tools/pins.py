"""The releases of tools that are trusted, with the digests that the package index states."""

from __future__ import annotations

from envboot.tools import Tool

RATTLER = Tool("py-rattler", "0.28.0", (3, 10), ())
UV = Tool("uv", "0.13.8", (3, 8), ())
