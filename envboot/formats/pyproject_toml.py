"""pyproject.toml: PEP 621, PEP 735, Poetry's tables, ``[tool.envboot]`` and its needs.

``spec.project`` says whether ``pip install`` can take the repository: a table ``[build-system]``
makes it a package (uv's rule), unless its tool says otherwise (Poetry's ``package-mode``, uv's
``package``).
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from envboot import needs
from envboot.errors import InvalidFile
from envboot.formats.parts import poetry, requirement, toml, uv_sources
from envboot.needs import evidence
from envboot.spec import Dependency, EnvironmentSpec, Group, Include, Notice, Origin, normalise

PATTERNS = ("pyproject.toml",)
FILENAME = "pyproject.toml"
_LISTS = 'write `["name>=1.2"]`'


def parse(text: str, origin: Origin) -> EnvironmentSpec:
    """Return what the file declares. Raises InvalidFile with the line."""
    document = toml.loads(text, origin)
    at = toml.Lines(text, origin)
    spec = EnvironmentSpec(source=origin)
    project = table(document, at, "project")
    tool = table(document, at, "tool")
    if project:
        spec = _project(spec, project, at)
    if "poetry" in tool:
        spec = poetry.read(spec, table(document, at, "tool", "poetry"), at, project=bool(project))
    spec = _groups(spec, document, at)
    spec = _dynamic(spec, document, project, at)
    spec = replace(spec, project=_is_package(document, tool, at))
    sources = table(document, at, "tool", "uv", "sources")
    spec = uv_sources.follow(spec, sources, at) if sources else spec
    suggested = table(document, at, "tool", "envboot").get("next", "")
    if not isinstance(suggested, str):
        raise InvalidFile(
            "`tool.envboot.next` must be text",
            hint='write `next = "python train.py"`',
            origin=at.origin("tool", "envboot", "next"),
        )
    spec = replace(spec, next=" ".join(suggested.split()))
    wanted = table(document, at, "tool", "envboot", "needs")
    if wanted:
        found = needs.read(wanted, at.under("tool", "envboot", "needs"))
        spec = replace(spec, needs=evidence.recover(found, text))
    return spec


def table(document: dict[str, Any], at: toml.Lines, *keys: str) -> dict[str, Any]:
    """Return the table at ``keys``, {} when it is absent. Raises InvalidFile when it is none."""
    found: dict[str, Any] = document
    for depth, key in enumerate(keys, 1):
        found = found.get(key, {})
        if not isinstance(found, dict):
            raise InvalidFile(
                f"`{'.'.join(keys[:depth])}` must be a table",
                hint=f"write `[{'.'.join(keys[:depth])}]`",
                origin=at.origin(*keys[:depth]),
            )
    return found


def _project(spec: EnvironmentSpec, project: dict[str, Any], at: toml.Lines) -> EnvironmentSpec:
    name = project.get("name", "")
    if not isinstance(name, str):
        raise InvalidFile(
            "`project.name` must be text",
            hint='write `name = "…"`',
            origin=at.origin("project", "name"),
        )
    python = project.get("requires-python", "")
    python = check_python(python, at.origin("project", "requires-python"))
    main = strings(project.get("dependencies", []), at, "project", "dependencies")
    extras = table({"project": project}, at, "project", "optional-dependencies")
    groups = {
        key: strings(value, at, "project", "optional-dependencies", key)
        for key, value in extras.items()
    }
    own = normalise(name)
    return replace(
        spec,
        name=name,
        python=python,
        python_origin=at.origin("project", "requires-python") if python else None,
        dependencies=main,
        groups=tuple(Group(key, _expanded(key, groups, own, ())) for key in groups),
    )


def check_python(specifiers: object, origin: Origin) -> str:
    """Return a PEP 440 specifier set as it is written. Raises InvalidFile."""
    if specifiers == "":
        return ""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        if not isinstance(specifiers, str):
            raise InvalidSpecifier(str(specifiers))  # noqa: TRY301 - one message for both
        SpecifierSet(specifiers)
    except InvalidSpecifier as error:
        raise InvalidFile(
            f"`{requirement.short(str(specifiers))}` is not a range of Python versions",
            hint="write it as `>=3.9,<3.13`",
            origin=origin,
        ) from error
    return specifiers.strip()


def strings(value: object, at: toml.Lines, *keys: str) -> tuple[Dependency, ...]:
    """Return the requirements of a list of PEP 508 strings. Raises InvalidFile."""
    name = ".".join(keys)
    if not isinstance(value, list):
        raise InvalidFile(f"`{name}` must be a list", hint=_LISTS, origin=at.origin(*keys))
    found = []
    for item in value:
        if not isinstance(item, str):
            raise InvalidFile(
                f"`{name}` must be a list of strings", hint=_LISTS, origin=at.origin(*keys)
            )
        found.append(requirement.requirement(item, at.origin(*keys, item=item)))
    return tuple(found)


def _expanded(
    key: str, groups: dict[str, tuple[Dependency, ...]], own: str, chain: tuple[str, ...]
) -> tuple[Dependency, ...]:
    """Return an extra with the project's other extras that it names (``name[dev,test]``)."""
    out: list[Dependency] = []
    by_name = {normalise(k): k for k in groups}
    for dependency in groups[key]:
        inner = re.search(r"\[([^\]]*)\]", dependency.text)
        if dependency.name != own or not own or not inner:
            out.append(dependency)
            continue
        for extra in inner.group(1).split(","):
            other = by_name.get(normalise(extra))
            if other and other != key and other not in chain:
                out += _expanded(other, groups, own, (*chain, key))
    return tuple(dict.fromkeys(out))


def _groups(spec: EnvironmentSpec, document: dict[str, Any], at: toml.Lines) -> EnvironmentSpec:
    """Add PEP 735's groups and uv's and PDM's older spelling of them."""
    declared = table(document, at, "dependency-groups")
    by_name = {normalise(key): key for key in declared}
    if len(by_name) < len(declared):
        raise InvalidFile(
            "two dependency groups have the same name once it is normalised",
            hint="rename one (PEP 735)",
            origin=at.origin("dependency-groups"),
        )
    added = [Group(key, _group(key, declared, by_name, at, ())) for key in declared]
    uv = table(document, at, "tool", "uv").get("dev-dependencies", [])
    if uv:
        added.append(Group("dev", strings(uv, at, "tool", "uv", "dev-dependencies")))
    pdm = table(document, at, "tool", "pdm", "dev-dependencies")
    for key, value in pdm.items():
        items = (
            [v for v in value if not str(v).startswith("-e ")] if isinstance(value, list) else value
        )
        added.append(Group(key, strings(items, at, "tool", "pdm", "dev-dependencies", key)))
    return merged(spec, added)


def merged(spec: EnvironmentSpec, added: list[Group]) -> EnvironmentSpec:
    """Return ``spec`` with the groups; those of one name (an extra and a group) become one."""
    groups = {normalise(g.name): g for g in spec.groups}
    for group in added:
        key = normalise(group.name)
        old = groups.get(key)
        both = (*old.dependencies, *group.dependencies) if old else group.dependencies
        name = old.name if old else group.name
        groups[key] = Group(name, tuple(dict.fromkeys(both)))
    return replace(spec, groups=tuple(groups.values()))


def _group(
    key: str,
    declared: dict[str, Any],
    by_name: dict[str, str],
    at: toml.Lines,
    chain: tuple[str, ...],
) -> tuple[Dependency, ...]:
    origin = at.origin("dependency-groups", key)
    if key in chain:
        raise InvalidFile(
            f"dependency groups include each other: {' → '.join((*chain, key))}",
            hint="take one `include-group` out",
            origin=origin,
        )
    if not isinstance(declared[key], list):
        raise InvalidFile(f"the group `{key}` must be a list", hint=_LISTS, origin=origin)
    out: list[Dependency] = []
    for item in declared[key]:
        if isinstance(item, str):
            place = at.origin("dependency-groups", key, item=item)
            out.append(requirement.requirement(item, place))
            continue
        name = item.get("include-group") if isinstance(item, dict) and len(item) == 1 else None
        if not isinstance(name, str):
            raise InvalidFile(
                f"the group `{key}` may hold requirements and `include-group` only",
                hint='write `{include-group = "name"}` (PEP 735)',
                origin=origin,
            )
        other = by_name.get(normalise(name))
        if other is None:
            raise InvalidFile(
                f"the group `{key}` includes `{requirement.short(name)}`, which does not exist",
                hint=f"groups: {', '.join(declared)}",
                origin=at.origin("dependency-groups", key, item=name),
            )
        out += _group(other, declared, by_name, at, (*chain, key))
    return tuple(dict.fromkeys(out))


def _dynamic(
    spec: EnvironmentSpec, document: dict[str, Any], project: dict[str, Any], at: toml.Lines
) -> EnvironmentSpec:
    dynamic = project.get("dynamic", [])
    if not isinstance(dynamic, list) or "dependencies" not in dynamic:
        return spec
    origin = at.origin("project", "dynamic")
    rule = table(document, at, "tool", "setuptools", "dynamic").get("dependencies")
    files = rule.get("file", []) if isinstance(rule, dict) else []
    files = [files] if isinstance(files, str) else files
    names = [f for f in files if isinstance(f, str)] if isinstance(files, list) else []
    if names:
        place = at.origin("tool", "setuptools", "dynamic", "dependencies")
        includes = tuple(Include(n.replace("\\", "/"), "requirements", place) for n in names)
        return replace(spec, includes=(*spec.includes, *includes))
    notice = Notice("the dependencies are dynamic: known only once the project is built", origin)
    return replace(spec, notices=(*spec.notices, notice))


def _is_package(document: dict[str, Any], tool: dict[str, Any], at: toml.Lines) -> bool:
    uv = table(document, at, "tool", "uv").get("package")
    if isinstance(uv, bool):
        return uv
    if "poetry" in tool and tool["poetry"].get("package-mode") is False:
        return False
    return "build-system" in document


def render(spec: EnvironmentSpec, before: str = "") -> str:
    """Return the file, with ``[project]`` and the groups as ``spec`` has them, nothing else new."""
    from envboot.formats.parts import project_written

    return project_written.render(spec, before, parse(before, Origin(FILENAME)))
