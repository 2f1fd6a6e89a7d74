"""Poetry's tables in pyproject.toml, said as PEP 508. Source: Poetry's documentation."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from envboot.errors import InvalidFile
from envboot.formats.parts import requirement, versions
from envboot.spec import Dependency, EnvironmentSpec, Group, Notice, normalise

if TYPE_CHECKING:
    from envboot.formats.parts.toml import Lines
    from envboot.spec import Origin

_HINT = 'write `name = "^1.2"` or `name = {version = "^1.2", extras = ["x"]}`'


def read(
    spec: EnvironmentSpec, poetry: dict[str, Any], at: Lines, *, project: bool
) -> EnvironmentSpec:
    """Return ``spec`` with what ``[tool.poetry]`` declares; ``[project]`` wins."""
    keys = ("tool", "poetry")
    main, optional = _table(poetry, "dependencies", at, *keys)
    python = main.pop("python", None)
    if not spec.python and isinstance(python, str):
        origin = at.origin(*keys, "dependencies", "python")
        wanted = versions.poetry(python)
        if wanted is None:
            text = f'`python = "{requirement.short(python)}"` cannot be said as one range'
            spec = replace(spec, notices=(*spec.notices, Notice(text, origin)))
        elif wanted:
            spec = replace(spec, python=wanted, python_origin=origin)
    name = poetry.get("name", "")
    if not spec.name and isinstance(name, str):
        spec = replace(spec, name=name)
    if not (project and spec.dependencies):  # Poetry 2: its table then only adds sources
        found = {k: d for k, d in main.items() if k not in optional}
        spec = replace(spec, dependencies=tuple(d for ds in found.values() for d in ds))
    spec = replace(spec, groups=(*spec.groups, *_groups(poetry, main, at)))
    return replace(spec, groups=_unique(spec.groups))


def _unique(groups: tuple[Group, ...]) -> tuple[Group, ...]:
    merged: dict[str, Group] = {}
    for group in groups:
        old = merged.get(normalise(group.name))
        both = (*old.dependencies, *group.dependencies) if old else group.dependencies
        merged[normalise(group.name)] = Group(group.name, tuple(dict.fromkeys(both)))
    return tuple(merged.values())


def _groups(poetry: dict[str, Any], main: dict[str, Any], at: Lines) -> list[Group]:
    groups = []
    extras = poetry.get("extras", {})
    for name, members in extras.items() if isinstance(extras, dict) else ():
        wanted = (
            [normalise(m) for m in members if isinstance(m, str)]
            if isinstance(members, list)
            else []
        )
        groups.append(
            Group(name, tuple(d for k in main for d in main[k] if normalise(k) in wanted))
        )
    old, _ = _table(poetry, "dev-dependencies", at, "tool", "poetry")
    if old:
        groups.append(Group("dev", tuple(d for ds in old.values() for d in ds)))
    declared = poetry.get("group", {})
    for name, body in declared.items() if isinstance(declared, dict) else ():
        if not isinstance(body, dict):
            raise _wrong(
                f"the group `{name}` must be a table", at.origin("tool", "poetry", "group")
            )
        found, _ = _table(body, "dependencies", at, "tool", "poetry", "group", name)
        groups.append(Group(name, tuple(d for ds in found.values() for d in ds)))
    return groups


def _table(
    parent: dict[str, Any], key: str, at: Lines, *keys: str
) -> tuple[dict[str, Any], set[str]]:
    """Return the dependencies of a table by name, and the names of the optional ones."""
    declared = parent.get(key, {})
    if not isinstance(declared, dict):
        raise _wrong(f"`{'.'.join((*keys, key))}` must be a table", at.origin(*keys, key))
    found: dict[str, Any] = {}
    optional: set[str] = set()
    for name, value in declared.items():
        origin = at.origin(*keys, key, name)
        if name == "python":
            found[name] = value.get("version") if isinstance(value, dict) else value
            continue
        several = value if isinstance(value, list) else [value]
        found[name] = [_dependency(name, one, origin) for one in several]
        if any(isinstance(one, dict) and one.get("optional") is True for one in several):
            optional.add(name)
    return found, optional


def _dependency(name: str, value: object, origin: Origin) -> Dependency:
    table: dict[str, Any] = value if isinstance(value, dict) else {"version": value}
    for key in ("version", "git", "path", "url", "markers", "python", "branch", "tag", "rev"):
        if key in table and not isinstance(table[key], str):
            raise _wrong(f"`{requirement.short(name)}` has no text for `{key}`", origin)
    extras = table.get("extras", [])
    if not isinstance(extras, list) or not all(isinstance(e, str) for e in extras):
        raise _wrong(f"the extras of `{requirement.short(name)}` must be a list", origin)
    full = f"{name}[{','.join(extras)}]" if extras else name
    if "path" in table:
        path = table["path"].replace("\\", "/")
        path = path if path.startswith(("/", ".")) else f"./{path}"
        text = f"-e {path}" if table.get("develop") is True else path
        return replace(requirement.line(text, origin), name=normalise(name))
    clauses = _location(full, table) or _version(full, table.get("version", "*"), origin)
    markers = [f"({table['markers']})"] if table.get("markers") else []
    if table.get("python"):
        wanted = versions.poetry(table["python"])
        if wanted is None:
            raise _wrong(
                f"the Python versions of `{requirement.short(name)}` are no one range", origin
            )
        markers += [_marker(clause) for clause in wanted.split(",") if clause]
    text = f"{clauses} ; {' and '.join(markers)}" if markers else clauses
    return requirement.requirement(text, origin)


def _location(full: str, table: dict[str, Any]) -> str:
    if "git" in table:
        ref = next((table[k] for k in ("rev", "tag", "branch") if table.get(k)), "")
        folder = f"#subdirectory={table['subdirectory']}" if table.get("subdirectory") else ""
        url = table["git"]
        if url.startswith("git@"):
            url = "ssh://" + url.replace(":", "/", 1)
        url = url if url.startswith("git+") else f"git+{url}"
        return f"{full} @ {url}{'@' + ref if ref else ''}{folder}"
    return f"{full} @ {table['url']}" if "url" in table else ""


def _version(full: str, constraint: str, origin: Origin) -> str:
    clauses = versions.poetry(constraint)
    if clauses is None:
        raise InvalidFile(
            f"the version `{requirement.short(constraint)}` cannot be said as PEP 440 does",
            hint="write one range: `>=1.2,<3`",
            origin=origin,
        )
    return f"{full}{clauses}"


def _marker(clause: str) -> str:
    """Return one clause about Python as a marker; a patch release needs the full version."""
    operator = clause.rstrip("0123456789.*abcrpostdev")
    version = clause[len(operator) :]
    full = version.count(".") > 1 and not version.endswith(".*")
    return f"{'python_full_version' if full else 'python_version'} {operator} '{version}'"


def _wrong(message: str, origin: Origin) -> InvalidFile:
    return InvalidFile(message, hint=_HINT, origin=origin)
