"""Where uv takes a dependency from: ``[tool.uv.sources]``, said so that pip goes there too.

Without it pip would ask the index for the name of a part of the repository, and take whatever
stranger's package has that name. Source: uv's documentation, "Dependency sources".
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from envboot.formats.parts import requirement
from envboot.spec import Dependency, EnvironmentSpec, Group, Notice, normalise

if TYPE_CHECKING:
    from envboot.formats.parts.toml import Lines


def follow(spec: EnvironmentSpec, declared: dict[str, Any], at: Lines) -> EnvironmentSpec:
    """Return ``spec`` with each dependency that has a source asked for there.

    One that only uv can find (a workspace member, one by marker) is left out of what pip gets and
    noticed; uv.lock has it. A source that names an index is noticed.
    """
    sources = {normalise(name): (name, value) for name, value in declared.items()}
    notices: dict[str, Notice] = {}

    def followed(dependencies: tuple[Dependency, ...]) -> tuple[Dependency, ...]:
        out = []
        for dependency in dependencies:
            name, source = sources.get(dependency.name, ("", None))
            text = dependency.text
            if source is not None:
                place = at.origin("tool", "uv", "sources", name)
                text = _text(dependency, source)
                if isinstance(source, dict) and "index" in source:
                    said = f"the index that uv takes `{name}` from is not known to pip"
                    notices[name] = Notice(said, place)
                elif not text:
                    said = f"only uv knows where `{name}` comes from, and only with uv.lock"
                    notices[name] = Notice(said, place)
            if text:
                text = requirement.clean(text, dependency.origin)
                out.append(replace(dependency, text=text))
        return tuple(out)

    groups = tuple(Group(g.name, followed(g.dependencies)) for g in spec.groups)
    main = followed(spec.dependencies)
    said = (*spec.notices, *notices.values())
    return replace(spec, dependencies=main, groups=groups, notices=said)


def _text(dependency: Dependency, source: object) -> str:
    """Return the line for pip; "" where only uv can tell."""
    if not isinstance(source, dict):
        return ""
    if "index" in source:
        return dependency.text
    body, _, marker = dependency.text.partition(";")
    extras = re.search(r"\[[^\]]*\]", body)
    extra = extras.group() if extras else ""
    tail = f" ; {marker.strip()}" if marker else ""
    path, git, url = (source.get(k) for k in ("path", "git", "url"))
    if isinstance(path, str):
        place = path.replace("\\", "/")
        place = place if place.startswith((".", "/")) else f"./{place}"
        editable = "-e " if source.get("editable") is True else ""
        return f"{editable}{place}{extra}" + ("" if editable else tail)
    inner = source.get("subdirectory")
    folder = f"#subdirectory={inner}" if isinstance(inner, str) else ""
    if isinstance(git, str):
        ref = next((source[k] for k in ("rev", "tag", "branch") if source.get(k)), "")
        return f"{dependency.name}{extra} @ git+{git}{f'@{ref}' if ref else ''}{folder}{tail}"
    return f"{dependency.name}{extra} @ {url}{folder}{tail}" if isinstance(url, str) else ""
