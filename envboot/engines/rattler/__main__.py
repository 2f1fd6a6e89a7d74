"""The child: ``python -m envboot.engines.rattler ORDER [--tools FOLDER]``."""

from __future__ import annotations
