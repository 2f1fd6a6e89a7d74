"""Which variables and values look like secrets: by name, by form, and by entropy."""

from __future__ import annotations


def why_secret(name: str, value: str) -> str:
    """Return why a variable must not be written into a file; "" when it may. Never the value."""
    raise NotImplementedError
