"""What other files add to the one that won: Python, system packages, postBuild, needs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from envboot import needs, platforms
from envboot.find import contradictions
from envboot.find.precedence import PROJECT
from envboot.formats.parts import pixi_targets
from envboot.spec import EnvironmentSpec, Need, Notice, Origin

if TYPE_CHECKING:
    from collections.abc import Mapping

    from envboot.find.precedence import Account
    from envboot.find.reading import Repository

CONTAINERS = (".devcontainer/devcontainer.json", ".devcontainer.json")


def setuptools(
    spec: EnvironmentSpec, repository: Repository, won: str, account: Account
) -> EnvironmentSpec:
    """Return the metadata that setup.cfg and setup.py hold together."""
    folder, name = won[: won.rfind("/") + 1], won.rsplit("/", 1)[-1]
    if name == "setup.cfg" and repository.on_disk(f"{folder}setup.py"):
        more = repository.spec(f"{folder}setup.py")
        known = {d.text for d in spec.dependencies}
        added = tuple(d for d in more.dependencies if d.text not in known)
        if added:
            account.tell(f"{folder}setup.py", "adds", "more of the project's dependencies")
        spec = replace(
            spec,
            dependencies=(*spec.dependencies, *added),
            groups=(*spec.groups, *more.groups),
            python=spec.python or more.python,
            python_origin=spec.python_origin or more.python_origin,
        )
    builds = any(repository.on_disk(folder + n) for n in ("setup.py", "pyproject.toml"))
    if name == "setup.cfg" and spec.project and not builds:
        text = "the project itself is not installed: pip needs a pyproject.toml beside this file"
        spec = replace(spec, project=False, notices=(*spec.notices, Notice(text, Origin(won))))
    return spec


def of_platform(spec: EnvironmentSpec, repository: Repository) -> EnvironmentSpec:
    """Return what a pixi.toml says with what it asks for on this platform alone."""
    here = platforms.here(repository.shell)
    own = [g for g in spec.groups if g.name.startswith(pixi_targets.TARGET)]
    more = tuple(
        dependency
        for group in own
        if pixi_targets.covers(group.name[len(pixi_targets.TARGET) :], here)
        for dependency in group.dependencies
    )
    groups = tuple(g for g in spec.groups if g not in own)
    return replace(spec, dependencies=(*spec.dependencies, *more), groups=groups)


def python(
    spec: EnvironmentSpec,
    repository: Repository,
    folder: str,
    project: EnvironmentSpec | None,
    account: Account,
) -> EnvironmentSpec:
    """Return ``spec`` with the Python that runtime.txt names, or else the project.

    An environment.yml and Pipfile's ``python_version`` beat runtime.txt; a project's own range
    beats one outside it, which could not install the project.
    """
    path, won = f"{folder}runtime.txt", spec.source.path if spec.source else ""
    own = won.rsplit("/", 1)[-1]
    conda = any(d.ecosystem == "conda" for d in spec.dependencies)
    if repository.on_disk(path):
        runtime = repository.spec(path)
        account.said += runtime.notices
        agree = contradictions.pythons_agree(spec.python, runtime.python)
        if not agree:
            account.said += contradictions.between(spec, runtime)
        keeps = conda or (own in {"Pipfile", "Pipfile.lock"} and spec.python)
        if keeps or (not agree and own in PROJECT):
            account.tell(path, "passed over", f"{won} names the Python")
        elif runtime.python:
            account.tell(path, "adds", f"Python {runtime.python}")
            return replace(spec, python=runtime.python, python_origin=runtime.python_origin)
    if project and project.python and not spec.python and not conda:
        account.tell("pyproject.toml", "adds", f"Python {project.python}")
        return replace(spec, python=project.python, python_origin=project.python_origin)
    return spec


def extras(
    spec: EnvironmentSpec, repository: Repository, folder: str, account: Account
) -> EnvironmentSpec:
    """Return ``spec`` with apt.txt and postBuild, which both need a yes of their own."""
    for name, why in (
        ("apt.txt", "system packages, installed only on a yes of their own"),
        ("postBuild", "a program to run afterwards, only on a yes of its own"),
    ):
        if repository.on_disk(folder + name):
            more = repository.spec(folder + name)
            account.tell(folder + name, "adds", why)
            spec = replace(
                spec, system=spec.system + more.system, scripts=spec.scripts + more.scripts
            )
    return spec


def wanted(
    spec: EnvironmentSpec,
    repository: Repository,
    embedded: Mapping[str, object] | None,
    account: Account,
    carrier: str = "setup.py",
) -> EnvironmentSpec:
    """Return ``spec`` with what its owner suggests, and the needs of the first file with any.

    ``[tool.envboot.needs]`` in pyproject.toml, ``[envboot:needs]`` in setup.cfg, what setup.py
    or a notebook (``carrier``) carries, then ``hostRequirements``.
    """
    ours = [
        (path, repository.spec(path))
        for path in ("pyproject.toml", "setup.cfg")
        if repository.on_disk(path) and "envboot" in (repository.text(path) or "")
    ]
    spec = replace(spec, next=next((more.next for _, more in ours if more.next), ""))
    found: tuple[Need, ...] = ()
    for path, more in ours:
        if more.needs:
            account.tell(path, "adds", "the needs of the repository")
            found = _with(found, more.needs)
            if _declared(found):
                return replace(spec, needs=found)
    if embedded and not found:
        return replace(spec, needs=needs.read(embedded, lambda _key: Origin(carrier)))
    for path in CONTAINERS:
        if repository.on_disk(path) and not spec.needs and not _declared(found):
            more_needs = repository.spec(path).needs
            if more_needs:
                account.tell(path, "adds", "the needs of the repository (hostRequirements)")
                found = _with(found, more_needs)
    return replace(spec, needs=found) if found else spec


def _declared(found: tuple[Need, ...]) -> bool:
    """Return whether a person wrote one of them; what envboot wrote hides no other file."""
    return any(need.evidence == "declared" for need in found)


def _with(found: tuple[Need, ...], more: tuple[Need, ...]) -> tuple[Need, ...]:
    """Return both; where both have one, the declared one of the two."""
    declared = {(n.key, n.level) for n in more if n.evidence == "declared"}
    kept = tuple(n for n in found if (n.key, n.level) not in declared)
    told = {(n.key, n.level) for n in kept}
    return (*kept, *(n for n in more if (n.key, n.level) not in told))
