"""A notebook as bytes: its metadata read, and one value in it changed with no other byte moved.

nbformat 3 and 4 (nbformat's documentation of the file format). :func:`put` splices: indentation,
line ends, escapes and the order of the rest stay what they were, so a diff shows what was changed
and nothing else; :func:`take` gives back the bytes from before. What ``metadata.environment`` means
is in :mod:`envboot.formats.notebook.environment`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from envboot.spec import Origin

PATTERNS = ("*.ipynb",)
ENVIRONMENT = ("metadata", "environment")
"""Where the environment is kept."""
OWN = ("metadata", "envboot")
"""Where envboot keeps what is its own: ``embed`` (false: leave this notebook alone at saves),
``kernelspec`` (the one that was there before :mod:`envboot.notebook` pointed it at an environment),
``environment`` (a copy, where somebody else's key has the place)."""


@dataclass(frozen=True)
class Notebook:
    """What a notebook says of itself; its cells are not decoded."""

    metadata: Mapping[str, Any]
    nbformat: tuple[int, int]
    """Major and minor."""

    @property
    def environment(self) -> Any:  # noqa: ANN401 - somebody else may have written anything there
        """Return ``metadata.environment`` as it stands there, None without it."""
        return self.metadata.get("environment")

    @property
    def own(self) -> Mapping[str, Any]:
        """Return ``metadata.envboot``; empty where it is absent or no object."""
        found = self.metadata.get("envboot")
        return found if isinstance(found, dict) else {}


def read(data: bytes, origin: Origin) -> Notebook:
    """Return what a notebook says of itself.

    Raises InvalidFile, with the line, for what is no notebook: no JSON object, a key twice at the
    top or in the metadata, neither of the formats 3 and 4, text that is not UTF-8, too deep.
    """
    raise NotImplementedError


def put(data: bytes, path: tuple[str, ...], value: object) -> bytes:
    """Return ``data`` with ``value`` at ``path``, written in the style of the file.

    Objects on the way that are missing are made. The same value again changes no byte. Raises
    InvalidFile as :func:`read` does, and where something on the way is no object.
    """
    raise NotImplementedError


def take(data: bytes, path: tuple[str, ...]) -> bytes:
    """Return ``data`` without the key at ``path``; ``take(put(data, p, v), p) == data``.

    Objects that :func:`put` made on the way and that hold nothing else go with it.
    """
    raise NotImplementedError
