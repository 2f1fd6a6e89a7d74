"""What a kind of file cannot say: taken out of the spec, and told with the place it stood at."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from envboot.formats.parts import pixi_targets, pixi_written, project_written, requirement
from envboot.spec import EnvironmentSpec, Group, Notice, normalise

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from envboot.spec import Dependency, Origin

_HASH = re.compile(r"\s+--hash[=\s]\S+")
_OF_PIXI = frozenset({"--index-url", "--extra-index-url", "--find-links"})
_EGG = re.compile(r"((?:git|hg|svn|bzr)\+[^\s#]+)#egg=[A-Za-z0-9._-]+")
_WHYS = {
    "pixi_toml": "which package that is, has to be known before",
    "pyproject_toml": "such a line is for pip alone",
}
_OF_CONDA = ("environment_yml", "pixi_toml")
_LISTS = ("requirements_txt", "environment_yml")


def fitted(spec: EnvironmentSpec, kind: str) -> tuple[EnvironmentSpec, tuple[Notice, ...]]:
    """Return the spec as a file of that kind (a module of formats) can say it, and what is lost."""
    losses = [*_left(spec, kind)]
    if kind in {"pyproject_toml", "pixi_toml"}:
        spec, more = _sayable(spec, kind)
        losses += more
    if kind not in _OF_CONDA:
        spec = replace(spec, channels=(), variables=())
    if kind in _LISTS:
        spec = replace(spec, groups=(), needs=())
    if kind == "requirements_txt":
        spec = replace(spec, python="")
    if kind != "pixi_toml":
        spec = replace(spec, platforms=())
    return spec, tuple(dict.fromkeys(losses))


def _left(spec: EnvironmentSpec, kind: str) -> Iterator[Notice]:
    """Yield what the whole file has no place for."""
    source = spec.source
    if spec.python and kind == "requirements_txt":
        text = f"Python {spec.python}: a line `python-3.11` in runtime.txt can say it"
        yield Notice(text, spec.python_origin or source)
    if kind not in _OF_CONDA:
        if spec.channels:
            yield Notice(f"the channels: {', '.join(spec.channels)}", source)
        yield from (Notice(f"the variable `{name}`", source) for name, _ in spec.variables)
    if kind in _LISTS:
        yield from (_group(group, source) for group in spec.groups)
    if kind != "pixi_toml" and spec.platforms:
        yield Notice(f"the platforms: {', '.join(spec.platforms)}", source)
    if spec.project and kind != "pyproject_toml":
        text = "the project itself is not asked for: add `-e .` where it has to be installed"
        yield Notice(text, source)
    for need in spec.needs:
        of_pixi = need.key in {"cuda", "glibc", "macos"} and need.level == "minimum"
        if kind in _LISTS or (kind == "pixi_toml" and not of_pixi):
            yield Notice(f"the need `{need.key} {need.text}`", need.origin)
    for row in spec.system:
        yield Notice(f"the system package `{requirement.short(row.text)}`", row.origin)


def _group(group: Group, source: Origin | None) -> Notice:
    place = group.dependencies[0].origin if group.dependencies else source
    names = ", ".join(requirement.short(d.name or d.text) for d in group.dependencies)
    if group.name.startswith(pixi_targets.TARGET):
        where = group.name[len(pixi_targets.TARGET) :]
        return Notice(f"what {where} alone has: {names}", place)
    return Notice(f"the group `{group.name}` (`--group {group.name}` adds it): {names}", place)


def _sayable(spec: EnvironmentSpec, kind: str) -> tuple[EnvironmentSpec, list[Notice]]:
    """Return the spec without lines and options that only pip reads, and what is lost."""
    losses: list[Notice] = []
    say: Callable[[Dependency], object | None] = (
        pixi_written.pypi
        if kind == "pixi_toml"
        else lambda d: project_written.is_said(d.text) or None
    )

    def kept(dependencies: tuple[Dependency, ...]) -> tuple[Dependency, ...]:
        out: list[Dependency] = []
        seen: dict[tuple[str, str, object], Dependency] = {}
        for one in dependencies:
            text = _HASH.sub("", one.text) if one.ecosystem == "pypi" else one.text
            if text != one.text:
                losses.append(Notice(f"the hashes of `{one.name}`", one.origin))
            egg = _EGG.fullmatch(text) if kind == "pyproject_toml" and one.name else None
            text = f"{one.name} @ {egg.group(1)}" if egg else text
            dependency = replace(one, text=text)
            said = say(dependency) if one.ecosystem == "pypi" else True
            short = requirement.short(text)
            if said is None:
                losses.append(Notice(f"`{short}`: {_WHYS[kind]}", one.origin))
                continue
            target = said[0] if isinstance(said, tuple) else ""
            key = (one.ecosystem, one.name, target)
            if kind == "pixi_toml" and key in seen:
                if seen[key].text != text:
                    losses.append(
                        Notice(f"`{short}`: the file has one entry for a package", one.origin)
                    )
                continue
            seen[key] = dependency
            out.append(dependency)
        return tuple(out)

    main = kept(spec.dependencies)
    groups = tuple(Group(g.name, kept(g.dependencies)) for g in spec.groups)
    if kind == "pixi_toml":
        groups = tuple({normalise(g.name): g for g in groups}.values())
    options = tuple(o for o in spec.options if kind == "pixi_toml" and o.name in _OF_PIXI)
    losses += [
        Notice(f"pip's option `{requirement.short(option.text)}`", option.origin)
        for option in spec.options
        if option not in options
    ]
    return replace(spec, dependencies=main, groups=groups, options=options), losses
