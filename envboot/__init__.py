"""envboot: one file in a repository that sets up, checks and proves its environment."""

from __future__ import annotations

__version__ = "0.1.0"
