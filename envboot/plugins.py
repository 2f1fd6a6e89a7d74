"""Families: the built-in members and those that other distributions add.

A member is a module with the names of its family's Protocol. Built-ins come from a tuple (they
work from the archive, where no metadata exists) and win when a name clashes; a plug-in that
cannot be loaded is a warning that names its distribution, never the end of a command.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib import metadata


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
    seen = {(name, f"{package}.{name}") for name in built_in}
    points, warnings = _entry_points(group or package)
    for point in sorted(points, key=lambda p: p.name):
        if (point.name, point.value) in seen:
            continue  # our own, or the same distribution found twice on sys.path
        seen.add((point.name, point.value))
        what = f"plug-in {point.name} of {_owner(point)}"
        if point.name in members:
            warnings.append(f"{what} is ignored: the name is taken")
            continue
        try:
            member = point.load()
            missing = [n for n in required if not _has(member, n)]
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a stranger's module may raise anything
            said = str(error) or type(error).__name__
            warnings.append(f"{what} cannot be loaded: {said.splitlines()[0]}")
            continue
        if missing:
            warnings.append(f"{what} lacks {', '.join(missing)}")
            continue
        members[point.name] = member
    return Family(tuple(members.items()), tuple(warnings))


def _has(member: object, name: str) -> bool:
    """Return whether the name is there; one in lower case has to be a function."""
    found = getattr(member, name, None)
    return found is not None and (name.isupper() or callable(found))


def _entry_points(group: str) -> tuple[Sequence[metadata.EntryPoint], list[str]]:
    """Return the entry points of a group, and what is wrong with the distributions."""
    from importlib import metadata  # 20 ms, paid by who looks for plug-ins

    try:
        found = metadata.entry_points()
        if hasattr(found, "select"):
            return tuple(found.select(group=group)), []
        return tuple(found.get(group, ())), []  # Python 3.9
    except Exception:  # noqa: BLE001 - one broken distribution fails the call for all
        return _one_by_one(group)


def _one_by_one(group: str) -> tuple[Sequence[metadata.EntryPoint], list[str]]:
    from importlib import metadata

    points: list[metadata.EntryPoint] = []
    warnings: list[str] = []
    for one in metadata.distributions():
        try:
            points += [point for point in one.entry_points if point.group == group]
        except Exception as error:  # noqa: BLE001, PERF203 - its own fault, whatever it is
            place = getattr(one, "_path", one)
            warnings.append(f"the metadata at {place} cannot be read: {error}")
    return points, warnings


def _owner(point: metadata.EntryPoint) -> str:
    """Return the name of the distribution that an entry point is of, else what it refers to."""
    from importlib import metadata

    try:
        known = getattr(point, "dist", None)  # not there in Python 3.9
        if known is None:
            known = next(d for d in metadata.distributions() if point in d.entry_points)
        return str(known.metadata["Name"])
    except Exception:  # noqa: BLE001 - broken metadata must not hide the warning
        return point.value
