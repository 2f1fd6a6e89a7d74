"""JSON as bytes: where a value begins and ends, for which nothing is decoded or copied.

A notebook may have fifty megabytes of pictures; who wants a key of its metadata, or everything but
the outputs, walks over brackets and quotes alone. Source: RFC 8259.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


def string_end(data: bytes, at: int) -> int:
    """Return where the string ends in which ``at`` lies: behind its closing quote.

    Raises ValueError where it has no end.
    """
    raise NotImplementedError


def value_end(data: bytes, at: int) -> int:
    """Return where the value ends that begins at ``at``. Raises ValueError."""
    raise NotImplementedError


def members(data: bytes, at: int) -> Iterator[tuple[str, int, int, int]]:
    """Yield (key, where it begins, where its value begins, where that ends) of an object.

    ``at`` is the place of its ``{``. Raises ValueError for what is no JSON; a key that stands
    there twice is yielded twice.
    """
    raise NotImplementedError
