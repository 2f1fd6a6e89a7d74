"""Families: the built-in members and those that other distributions add.

A member is a module with the names of its family's Protocol. Built-ins come from a tuple (they
work from the archive, where no metadata exists) and win when a name clashes; a plug-in that
cannot be loaded is a warning that names its distribution, never the end of a command.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from importlib import metadata
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Family:
    """The members of one family by name, and what could not be loaded."""

    members: tuple[tuple[str, Any], ...]
    warnings: tuple[str, ...] = ()

    def get(self, name: str) -> Any | None:  # noqa: ANN401 - the family's Protocol says more
        """Return the member of that name."""
        return dict(self.members).get(name)


def load(
    package: str, built_in: Sequence[str], *, required: Sequence[str], group: str = ""
) -> Family:
    """Return the family in ``package``: its built-in modules, then entry points.

    ``group`` is the group of the entry points, by default named as the package.
    ``required`` are the names that the family's Protocol asks of a module. Members keep the
    order of ``built_in``; plug-ins follow, sorted by name. Source: the packaging
    specification of entry points.
    """
    members = {name: importlib.import_module(f"{package}.{name}") for name in built_in}
    warnings: list[str] = []
    for point in sorted(_entry_points(group or package), key=lambda p: p.name):
        owner = getattr(getattr(point, "dist", None), "name", None) or point.value
        if point.name in members:
            if not point.value.startswith("envboot."):
                warnings.append(f"plug-in {point.name} of {owner} is ignored: the name is taken")
            continue
        try:
            member = point.load()
        except Exception as error:  # noqa: BLE001 - a stranger's module may raise anything
            warnings.append(f"plug-in {point.name} of {owner} cannot be loaded: {error}")
            continue
        missing = [name for name in required if not hasattr(member, name)]
        if missing:
            warnings.append(f"plug-in {point.name} of {owner} lacks {', '.join(missing)}")
            continue
        members[point.name] = member
    return Family(tuple(members.items()), tuple(warnings))


def _entry_points(group: str) -> Sequence[metadata.EntryPoint]:
    found = metadata.entry_points()
    if hasattr(found, "select"):
        return tuple(found.select(group=group))
    return tuple(found.get(group, ()))  # Python 3.9
