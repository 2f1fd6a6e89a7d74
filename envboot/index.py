"""Where packages come from: how pip is configured on this computer, read without pip."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from envboot.shell import Shell


@dataclass(frozen=True)
class Index:
    """What pip's files and variables say; "" and () where they say nothing."""

    url: str = ""
    extra: tuple[str, ...] = ()
    find_links: tuple[str, ...] = ()


def settings(shell: Shell) -> Index:
    """Return pip's configuration."""
    raise NotImplementedError


def uv_environ(index: Index, shell: Shell) -> dict[str, str]:
    """Return the variables that tell uv the same; what the person set in UV_* is left alone."""
    raise NotImplementedError
