"""Pipfile, as pipenv documents it: packages, development packages, sources, Python."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from envboot.errors import InvalidFile
from envboot.formats.parts import requirement, sources, toml, versions
from envboot.spec import EnvironmentSpec, Group, Notice, normalise

if TYPE_CHECKING:
    from envboot.spec import Dependency, Origin

PATTERNS = ("Pipfile",)
_HINT = 'write `name = "*"` or `name = {version = ">=1.2", extras = ["x"]}`'
_TABLES = ("packages", "dev-packages", "requires", "scripts", "pipenv", "source")


def parse(text: str, origin: Origin) -> EnvironmentSpec:
    """Return what the file declares; ``dev-packages`` are the group ``dev``. Raises InvalidFile."""
    document = toml.loads(text, origin)
    at = toml.Lines(text, origin)
    main = _packages(document, "packages", at)
    groups = []
    for key, value in document.items():
        if key not in _TABLES and isinstance(value, dict):  # pipenv's package categories
            groups.append(Group(key, _packages(document, key, at)))
    if "dev-packages" in document:
        groups.insert(0, Group("dev", _packages(document, "dev-packages", at)))
    python, place, notices = _python(document, at)
    options, said = sources.options(document.get("source", []), at.origin("source"))
    return EnvironmentSpec(
        python=python,
        python_origin=place if python else None,
        dependencies=main,
        groups=tuple(groups),
        options=options,
        notices=(*notices, *said),
        source=origin,
    )


def _python(document: dict[str, Any], at: toml.Lines) -> tuple[str, Origin, tuple[Notice, ...]]:
    requires = document.get("requires", {})
    if not isinstance(requires, dict):
        raise InvalidFile(
            "`requires` must be a table", hint="write `[requires]`", origin=at.origin("requires")
        )
    key = "python_full_version" if "python_full_version" in requires else "python_version"
    wanted, place = requires.get(key, ""), at.origin("requires", key)
    if wanted in ("", "*"):
        return "", place, ()
    python = versions.exact_python(wanted) if isinstance(wanted, str) else ""
    if python:
        return python, place, ()
    shown = requirement.short(str(wanted))
    return "", place, (Notice(f"`{shown}` is no version of Python; ignored", place),)


def _packages(document: dict[str, Any], table: str, at: toml.Lines) -> tuple[Dependency, ...]:
    declared = document.get(table, {})
    if not isinstance(declared, dict):
        raise InvalidFile(f"`{table}` must be a table", hint=_HINT, origin=at.origin(table))
    return tuple(package(k, v, at.origin(table, k)) for k, v in declared.items())


def package(name: str, value: object, origin: Origin) -> Dependency:
    """Return one entry of a Pipfile (or of its lock) as a requirement line. Raises InvalidFile."""
    entry: dict[str, Any] = value if isinstance(value, dict) else {"version": value}
    extras = entry.get("extras", [])
    texts = ("version", "git", "ref", "path", "file", "markers", "subdirectory")
    if not all(isinstance(entry[k], str) for k in texts if k in entry) or not (
        isinstance(extras, list) and all(isinstance(e, str) for e in extras)
    ):
        raise InvalidFile(
            f"`{requirement.short(name)}` is not understood", hint=_HINT, origin=origin
        )
    full = f"{name}[{','.join(extras)}]" if extras else name
    where = entry.get("path") or entry.get("file", "")
    if where and not re.match(r"[a-z+]+://", where):
        where = where.replace("\\", "/")
        where = where if where.startswith(("/", ".")) else f"./{where}"
        where += f"[{','.join(extras)}]" if extras else ""
        found = requirement.line(f"-e {where}" if entry.get("editable") is True else where, origin)
        return type(found)(normalise(name), found.text, "pypi", origin)
    if entry.get("git"):
        ref = f"@{entry['ref']}" if entry.get("ref") else ""
        inner = f"#subdirectory={entry['subdirectory']}" if entry.get("subdirectory") else ""
        body = f"{full} @ git+{entry['git']}{ref}{inner}"
    elif where:
        body = f"{full} @ {where}"
    else:
        version = entry.get("version", "*")
        clause = "" if version in {"*", ""} else version
        body = full + (clause if not re.match(r"\d", clause) else f"=={clause}")
    marker = _marker(entry)
    return requirement.requirement(f"{body} ; {marker}" if marker else body, origin)


def _marker(entry: dict[str, Any]) -> str:
    """Return the markers: ``markers``, or pipenv's short form ``sys_platform = "== 'win32'"``."""
    short = ("sys_platform", "platform_system", "platform_machine", "os_name", "python_version")
    parts = [f"{k} {entry[k]}" for k in short if isinstance(entry.get(k), str)]
    if entry.get("markers"):
        parts.append(f"({entry['markers']})" if parts else entry["markers"])
    return " and ".join(parts)
