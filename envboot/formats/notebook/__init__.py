"""A notebook as bytes: its metadata read, and one value in it changed with no other byte moved.

nbformat 3 and 4 (nbformat's documentation of the file format). :func:`put` splices: indentation,
line ends, escapes and the order of the rest stay what they were, so a diff shows what was changed
and nothing else; :func:`take` gives back the bytes from before. What ``metadata.environment`` means
is in :mod:`envboot.formats.notebook.environment`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from envboot.errors import InvalidFile
from envboot.formats.notebook import layout, splicing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from envboot.formats.notebook.layout import Table
    from envboot.spec import Origin

PATTERNS = ("*.ipynb",)
FORMATS = (3, 4)
DEEPEST = 64  # levels of what is ours
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
    top = layout.top(data, origin)
    version = (_number(data, top, "nbformat", origin), _number(data, top, "nbformat_minor", origin))
    if version[0] not in FORMATS:
        raise InvalidFile(
            f"notebooks of format {version[0]} are not read, only 3 and 4"
            if version[0]
            else "not a notebook: it has no `nbformat`",
            hint="open and save it in Jupyter (`jupyter nbconvert --to notebook`)",
            origin=_place(data, top, "nbformat", origin),
        )
    member = top.get("metadata")
    if member is None:
        return Notebook({}, version)
    metadata = layout.decoded(data, member.value, member.end, origin)
    if not isinstance(metadata, dict):
        raise InvalidFile(
            "`metadata` of the notebook is no object",
            hint="write `{}`",
            origin=layout.at(data, member.begin, origin),
        )
    for key, depth in layout.depths(metadata, (ENVIRONMENT[1], OWN[1])):
        if depth > DEEPEST:
            raise InvalidFile(
                f"`metadata.{key}` is nested more than {DEEPEST} levels deep",
                hint="take it out: no environment is written like this",
                origin=layout.at(data, member.begin, origin),
            )
    return Notebook(metadata, version)


def put(data: bytes, path: tuple[str, ...], value: object, origin: Origin | None = None) -> bytes:
    """Return ``data`` with ``value`` at ``path``, written in the style of the file.

    Objects on the way that are missing are made. The same value again changes no byte. Raises
    InvalidFile as :func:`read` does, and where something on the way is no object; ``origin`` names
    the file in it.
    """
    return splicing.put(data, path, value, origin)


def take(data: bytes, path: tuple[str, ...], origin: Origin | None = None) -> bytes:
    """Return ``data`` without the key at ``path``; ``take(put(data, p, v), p) == data``.

    Objects that :func:`put` made on the way and that hold nothing else go with it.
    """
    return splicing.take(data, path, origin)


def _number(data: bytes, top: Table, key: str, origin: Origin) -> int:
    """Return a number at the top, 0 where it is absent."""
    member = top.get(key)
    if member is None:
        return 0
    found = layout.decoded(data, member.value, member.end, origin)
    if not isinstance(found, int) or isinstance(found, bool):
        raise InvalidFile(
            f"`{key}` of the notebook is no whole number",
            hint="write 4 for `nbformat`, and 5 for `nbformat_minor`",
            origin=layout.at(data, member.begin, origin),
        )
    return found


def _place(data: bytes, top: Table, key: str, origin: Origin) -> Origin | None:
    member = top.get(key)
    return layout.at(data, member.begin, origin) if member else origin
