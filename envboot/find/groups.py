"""What ``--group NAME`` asks for beyond production, and where a repository keeps it.

An extra, a PEP 735 group, a Poetry group, Pipfile's ``dev-packages``, or a file that is named for
it: ``requirements-dev.txt``, ``dev-requirements.txt``, ``requirements/dev.txt``,
``environment-dev.yml``.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from envboot.errors import UsageError
from envboot.spec import EnvironmentSpec, normalise

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from envboot.find.reading import Repository

_FILES = (
    re.compile(r"requirements[-_.](?P<name>[A-Za-z0-9_.-]+)\.txt"),
    re.compile(r"(?P<name>[A-Za-z0-9_.-]+)[-_.]requirements\.txt"),
    re.compile(r"environment[-_.](?P<name>[A-Za-z0-9_.-]+)\.ya?ml"),
)
_IN_FOLDER = re.compile(r"(?P<name>[A-Za-z0-9_.-]+)\.txt")


def add(
    spec: EnvironmentSpec,
    wanted: Sequence[str],
    others: Iterable[EnvironmentSpec],
    repository: Repository,
    folder: str,
) -> tuple[EnvironmentSpec, tuple[tuple[str, str], ...]]:
    """Return ``spec`` with the groups, and (file, group) for each that came from another file.

    The file that won is asked first, then ``others``, then files named for the group. Raises
    UsageError for a group that nobody declares, InvalidFile for a broken file.
    """
    files = _files(repository, folder) if wanted else {}
    others = tuple(others)
    added: list[tuple[str, str]] = []
    for name in wanted:
        holder = next((s for s in (spec, *others) if s.group(name)), None)
        group = holder.group(name) if holder else None
        if holder and group:
            if holder is not spec and holder.source:
                added.append((holder.source.path, name))
            spec = _joined(spec, EnvironmentSpec(dependencies=group.dependencies, as_written=True))
        elif normalise(name) in files:
            path = files[normalise(name)]
            added.append((path, name))
            spec = _joined(spec, repository.spec(path))
        else:
            raise UsageError(f"there is no group `{name}`", hint=_known(spec, others, files))
    return spec, tuple(added)


def _known(
    spec: EnvironmentSpec, others: tuple[EnvironmentSpec, ...], files: dict[str, str]
) -> str:
    names = {normalise(g.name): g.name for s in (spec, *others) for g in s.groups}
    names.update({key: key for key in files if key not in names})
    return f"groups: {', '.join(sorted(names.values()))}" if names else "the repository has none"


def _files(repository: Repository, folder: str) -> dict[str, str]:
    """Return the files that are named for a group: normalised name → path."""
    found: dict[str, str] = {}
    for place in dict.fromkeys((folder, "")):
        for name in repository.names(place):
            for pattern in _FILES:
                match = pattern.fullmatch(name)
                if match:
                    found.setdefault(normalise(match.group("name")), f"{place}{name}")
        for name in repository.names(f"{place}requirements"):
            match = _IN_FOLDER.fullmatch(name)
            if match:
                found.setdefault(normalise(match.group("name")), f"{place}requirements/{name}")
    return found


def _joined(spec: EnvironmentSpec, other: EnvironmentSpec) -> EnvironmentSpec:
    known = {(d.ecosystem, d.text) for d in spec.dependencies}
    fresh = tuple(d for d in other.dependencies if (d.ecosystem, d.text) not in known)
    return replace(
        spec,
        dependencies=(*spec.dependencies, *fresh),
        channels=tuple(dict.fromkeys((*spec.channels, *other.channels))),
        options=tuple({o.text: o for o in (*spec.options, *other.options)}.values()),
        constraints=(*spec.constraints, *other.constraints),
        variables=tuple({**dict(other.variables), **dict(spec.variables)}.items()),
        python=spec.python or other.python,
        python_origin=spec.python_origin or other.python_origin,
        notices=(*spec.notices, *other.notices),
        as_written=spec.as_written and not fresh,
    )
