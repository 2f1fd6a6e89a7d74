"""What lies in the repository itself (``-e .``, a wheel), and what comes along with it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from envboot.formats.parts import requirement
from envboot.package import splicing
from envboot.spec import Dependency, Origin

if TYPE_CHECKING:
    from collections.abc import Sequence

    from envboot.derive import Derived
    from envboot.package.witnesses import Heard
    from envboot.spec import EnvironmentSpec

_ITSELF = Dependency("", "-e .", "pypi", Origin("envboot"), "the project itself")


def whole(heard: Heard, derived: Derived) -> Derived:
    """Return it with what lies in the repository, and without what comes along anyway.

    Lines of requirements.txt that name a place stand in a new environment.yml too. Where no person
    wrote any of the two, and a file makes the repository installable, it gets its own line. What
    that, or an included file, brings is asked for once.
    """
    conda, pip = heard.before.conda, heard.before.pip
    both = ((conda, heard.places.conda), (pip, heard.places.pip))
    hands = [spec for spec, path in both if spec and path not in heard.made]
    own = pip.dependencies if pip else ()
    local = [d for d in own if is_local(d)]
    projects = [s for s in heard.before.others if s.project and s.dependencies]
    if not hands and not local and projects:
        local = [_ITSELF]
    brought = set(heard.included)
    if any(re.match(r"(-e|--editable)?[\s=]*\.(\[|\s|$)", d.text) for d in local):
        brought |= {d.name for s in projects for d in s.dependencies}
    brought -= {d.name for d in own if not d.why}
    kept = tuple(d for d in derived.pip.dependencies if d.name not in brought)
    derived = replace(derived, pip=_with(replace(derived.pip, dependencies=kept), local))
    return derived if conda in hands else replace(derived, conda=_conda(derived.conda, local))


def is_local(dependency: Dependency) -> bool:
    """Return whether a line of a requirements file names a place on this computer."""
    if dependency.ecosystem == "conda" or "://" in dependency.text:
        return False
    editable = re.match(r"(-e|--editable)[\s=]", dependency.text)
    return bool(editable) or requirement.is_location(dependency.text)


def _conda(spec: EnvironmentSpec, local: Sequence[Dependency]) -> EnvironmentSpec:
    """Return what an environment.yml has to say; nothing where requirements.txt says it all."""
    named = {d.name for d in local if d.name}
    rest = tuple(d for d in spec.dependencies if d.name not in named)
    if all(d.name == "pip" for d in rest):
        return replace(spec, dependencies=())
    spec = _with(replace(spec, dependencies=rest), local)
    return replace(spec, dependencies=splicing.with_pip(spec.dependencies))


def _with(spec: EnvironmentSpec, local: Sequence[Dependency]) -> EnvironmentSpec:
    there = {d.text for d in spec.dependencies}
    added = (replace(d, why=d.why or "a place in here") for d in local if d.text not in there)
    return replace(spec, dependencies=(*spec.dependencies, *added))
