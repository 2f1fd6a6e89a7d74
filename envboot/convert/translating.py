"""The packages of a spec, asked of conda or of the Python package index instead.

What has no name over there is told and left out, or left where it was; nothing is guessed: another
project may have the same name in the other world.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from envboot import names
from envboot.convert import versions
from envboot.errors import InvalidFile
from envboot.formats.parts import match_parts, requirement
from envboot.spec import Dependency, EnvironmentSpec, Group, Notice, normalise

if TYPE_CHECKING:
    from collections.abc import Callable

_VARIANTS = {
    "matplotlib-base": "matplotlib",
    "numpy-base": "numpy",
    "pytorch-cpu": "torch",
    "pytorch-gpu": "torch",
    "tensorflow-cpu": "tensorflow",
    "tensorflow-gpu": "tensorflow",
    "opencv": "opencv-python",
    "seaborn-base": "seaborn",
    "dask-core": "dask",
}
"""Packages of conda that are a part or a build of a distribution."""
_CUDA = re.compile(
    r"cuda.*|cudatoolkit|cudnn|nccl|pytorch-cuda|pytorch-mutex|libcu\w*|cupti|tensorrt"
)
_HASH = re.compile(r"\s+--hash[=\s]\S+")
_TOOLS = frozenset({"python", "pip"})


@dataclass
class Journey:
    """What became of the packages, while they are translated."""

    losses: list[Notice] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    """Names that are others over there: the old → the new."""

    def lose(self, text: str, dependency: Dependency) -> None:
        """Keep a sentence of what is lost with the place it was said at."""
        self.losses.append(Notice(text, dependency.origin))


def to_pypi(spec: EnvironmentSpec, journey: Journey) -> EnvironmentSpec:
    """Return the spec with everything asked of the Python package index."""
    return _each(spec, lambda d: _as_pypi(d, journey) if d.ecosystem == "conda" else d)


def to_conda(spec: EnvironmentSpec, journey: Journey) -> EnvironmentSpec:
    """Return the spec with what conda-forge has asked of it, the rest of the index as before.

    A file that asks for both already was divided by its author: it is left as it is.
    """
    if spec.is_conda:
        return spec
    return _each(spec, lambda d: _as_conda(d, journey) if d.ecosystem == "pypi" else d)


def folded(spec: EnvironmentSpec, journey: Journey) -> EnvironmentSpec:
    """Return the spec with its constraints put behind the packages that they are about."""
    if not spec.constraints:
        return spec
    left = {c.name: c for c in spec.constraints}
    out = []
    for dependency in spec.dependencies:
        limit = left.get(dependency.name)
        plain = dependency.ecosystem == "pypi" and limit and _clauses(limit.text)
        own = _clauses(dependency.text)
        if not plain or own is None or limit is None:
            out.append(dependency)
            continue
        del left[dependency.name]
        body = dependency.text[: len(dependency.text) - len(own)].rstrip()
        both = ",".join(c for c in (own.strip(), (_clauses(limit.text) or "").strip()) if c)
        out.append(replace(dependency, text=f"{body}{both}"))
    for limit in left.values():
        short = requirement.short(limit.text)
        journey.lose(f"the constraint `{short}` is on no package of the file: left out", limit)
    return replace(spec, dependencies=tuple(out), constraints=(), as_written=False)


def _each(
    spec: EnvironmentSpec, translated: Callable[[Dependency], Dependency | None]
) -> EnvironmentSpec:
    def both(dependencies: tuple[Dependency, ...]) -> tuple[Dependency, ...]:
        found = (translated(d) for d in dependencies)
        return tuple(dict.fromkeys(d for d in found if d is not None))

    groups = tuple(Group(g.name, both(g.dependencies)) for g in spec.groups)
    return replace(spec, dependencies=both(spec.dependencies), groups=groups, as_written=False)


def _as_pypi(dependency: Dependency, journey: Journey) -> Dependency | None:
    """Return one of conda's packages as a requirement; None where the index has none."""
    parts = match_parts.split(dependency.text)
    if parts.name in _TOOLS:
        return None
    found = _VARIANTS.get(parts.name) or names.pypi_name(parts.name)
    if _CUDA.fullmatch(parts.name):
        text = f"`{requirement.short(parts.name)}`: which CUDA is decided where it is installed"
        journey.lose(text, dependency)
        return None
    if not found:
        text = f"`{requirement.short(parts.name)}` is known at conda alone: left out"
        journey.lose(text, dependency)
        return None
    if normalise(found) != normalise(parts.name):
        journey.names[parts.name] = found
    if parts.url:
        journey.lose(f"the file of `{parts.name}` at {requirement.short(parts.url)}", dependency)
    for what, value in (("channel", parts.channel), ("build", parts.build)):
        if value:
            journey.lose(f"the {what} `{requirement.short(value)}` of `{parts.name}`", dependency)
    for key, value in parts.more.items():
        journey.lose(f"`{key}={requirement.short(value)}` of `{parts.name}`", dependency)
    version = versions.to_pypi(parts.version)
    if version is None:
        text = f"the version `{requirement.short(parts.version)}` of `{parts.name}`"
        journey.lose(f"{text} cannot be said in one range", dependency)
    return replace(
        dependency, name=normalise(found), text=f"{found}{version or ''}", ecosystem="pypi"
    )


def _as_conda(dependency: Dependency, journey: Journey) -> Dependency:
    """Return a requirement as one of conda's packages; itself where pip has to bring it."""
    text = _HASH.sub("", dependency.text)
    if not dependency.name or text.startswith("-") or requirement.is_location(text):
        return dependency
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        wanted = Requirement(text)
    except InvalidRequirement:
        return dependency
    found = names.conda_name(wanted.name)
    if not found or wanted.url or wanted.extras or wanted.marker:
        return dependency
    clauses = _clauses(text) or str(wanted.specifier)
    try:
        made = match_parts.join(
            match_parts.Parts(found, versions.to_conda(clauses)), dependency.origin
        )
    except InvalidFile:  # a version that conda cannot write
        return dependency
    if text != dependency.text:
        journey.lose(f"the hashes of `{wanted.name}`: conda's packages have others", dependency)
    if versions.label(clauses):
        said = f"the label `+{versions.label(clauses)}` of `{wanted.name}`"
        journey.lose(f"{said}: which build is decided where it is installed", dependency)
    if normalise(found) != dependency.name:
        journey.names[wanted.name] = found
    return replace(made, why=dependency.why)


def _clauses(text: str) -> str | None:
    """Return the clauses behind the name of a plain requirement; None for any other."""
    found = re.fullmatch(r"[A-Za-z0-9._-]+(?:\[[^\]]*\])?\s*([=!<>~][^;@#]*)?", text)
    return (found.group(1) or "") if found else None
