"""``[project]`` and ``[dependency-groups]`` of a pyproject.toml, written or put into one.

Sources: PEP 621, PEP 735. Only what is different is changed, and nothing else of the file.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from envboot.errors import InvalidFile
from envboot.formats.parts import requirement, toml, toml_splice
from envboot.formats.parts.toml_splice import listed, quoted
from envboot.spec import EnvironmentSpec, Origin, normalise

if TYPE_CHECKING:
    from envboot.spec import Dependency

_HERE = Origin("pyproject.toml")
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_COUNTS = frozenset({"cpus", "gpu"})
VERSION = "0"
"""Of a project that has none: PEP 621 wants one."""


def render(spec: EnvironmentSpec, before: str, old: EnvironmentSpec) -> str:
    """Return the file. Raises InvalidFile for one that it cannot be put into.

    ``old`` is what the file says so far. Conda's packages and whatever is no PEP 508 string have
    no place in it.
    """
    document: dict[str, Any] = toml.loads(before, _HERE)
    project = document.get("project", {})
    at = toml.Lines(before, _HERE)
    _may_have_lists(project, at)
    declared = bool(old.needs)
    if not project:  # what another tool's tables say does not count
        old = EnvironmentSpec()
    text, main = before, _texts(spec.dependencies)
    if not project:
        text = toml_splice.put(text, ("project", "name"), quoted(_name(spec)), _HERE)
        text = toml_splice.put(text, ("project", "version"), quoted(VERSION), _HERE)
    if spec.python and spec.python != old.python:
        place = at.origin("project")
        text = toml_splice.put(text, ("project", "requires-python"), quoted(spec.python), place)
    if not project or main != _texts(old.dependencies):
        place = at.origin("project", "dependencies")
        text = toml_splice.put(text, ("project", "dependencies"), listed(main), place)
    for group in spec.groups:
        wanted, known = _texts(group.dependencies), old.group(group.name)
        if not wanted or (known and _texts(known.dependencies) == wanted):
            continue
        path = _place(document, group.name)
        text = toml_splice.put(text, path, listed(wanted), at.origin(*path))
    for need in () if declared else spec.needs:
        if need.level == "minimum":
            value = need.text if need.text.isdigit() and need.key in _COUNTS else quoted(need.text)
            path = ("tool", "envboot", "needs", need.key)
            text = toml_splice.put(text, path, value, at.origin(*path[:3]))
    return text


def _may_have_lists(project: object, at: toml.Lines) -> None:
    if not isinstance(project, dict):
        raise InvalidFile(
            "`project` must be a table", hint="write `[project]`", origin=at.origin("project")
        )
    dynamic = project.get("dynamic", [])
    if isinstance(dynamic, list) and "dependencies" in dynamic:
        raise InvalidFile(
            "the dependencies are dynamic: they stand in another file",
            hint="convert to that file, or take `dependencies` out of `dynamic`",
            origin=at.origin("project", "dynamic"),
        )


def _texts(dependencies: tuple[Dependency, ...]) -> list[str]:
    return [d.text for d in dependencies if d.ecosystem == "pypi" and is_said(d.text)]


def is_said(text: str) -> bool:
    """Return whether a requirement line is a PEP 508 string too."""
    if text.startswith("-") or requirement.is_location(text) or re.search(r"\s--?[A-Za-z]", text):
        return False
    try:
        requirement.requirement(text, _HERE)
    except InvalidFile:
        return False
    return True


def _name(spec: EnvironmentSpec) -> str:
    """Return a name that PEP 508 allows."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", spec.name).strip("-._")
    return plain if _NAME.fullmatch(plain) else "environment"


def _place(document: dict[str, Any], name: str) -> tuple[str, ...]:
    """Return where a group of that name stands, or has to: an extra stays an extra."""
    for path in (("dependency-groups",), ("project", "optional-dependencies")):
        found: Any = document
        for part in path:
            found = found.get(part, {}) if isinstance(found, dict) else {}
        for there in found if isinstance(found, dict) else ():
            if normalise(there) == normalise(name):
                return (*path, there)
    return ("dependency-groups", name)
