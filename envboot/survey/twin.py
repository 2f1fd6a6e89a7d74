"""Where there is no conda: the requirements.txt that says the same as the environment.yml."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from envboot import engines, interpreters, machine, transaction
from envboot.site import Site
from envboot.spec import Notice
from envboot.survey import existing

if TYPE_CHECKING:
    from envboot.request import Request
    from envboot.shell import Shell
    from envboot.spec import EnvironmentSpec


def has_to_do(request: Request, spec: EnvironmentSpec, shell: Shell) -> bool:
    """Return whether the twin of an environment.yml has to do: asked for, there, or no conda.

    Our own conda engine could do without a conda, but it would fetch itself and a Python of
    conda's, for packages that the Python package index has too. It serves where a lock of conda's
    packages was committed, and where no Python here would do.
    """
    if request.engine:
        return request.engine in engines.PIP
    places = existing.places(request, spec, request.name or spec.name, shell)
    stamps = (transaction.read_stamp(place, shell) for place in places)
    ours = next((s for s in stamps if s and existing.belongs(s, request.root, shell)), None)
    if ours:
        return ours.engine in engines.PIP
    nobody = machine.Machine("", "", 1, "")
    site = Site(request.root, spec.name, request.root, nobody, shell, request.offline)
    site = anywhere(request, site)
    spared = () if spec.lock or not _has_a_python(spec, shell) else ("rattler",)
    pip = (*engines.PIP, *spared)
    members = [m for name, m in engines.family().members if name not in pip]
    return all(member.why_not(spec, site) for member in members)


def _has_a_python(spec: EnvironmentSpec, shell: Shell) -> bool:
    return interpreters.choose(with_a_python(spec, shell).python, shell) is not None


def with_a_python(spec: EnvironmentSpec, shell: Shell) -> EnvironmentSpec:
    """Return the spec with the next newer Python where the one it was packed with is not here.

    conda brings the Python that a file names; a virtual environment takes one that is here, and
    the proof shows whether the packages work with it.
    """
    minor = re.fullmatch(r"==(\d+\.\d+)\.\*", spec.python)
    newer = f">={minor.group(1)}" if minor else ""
    if not newer or interpreters.choose(spec.python, shell):
        return spec
    chosen = interpreters.choose(newer, shell)
    if chosen is None:
        return spec
    said = f"Python {minor.group(1) if minor else ''} is not here: {chosen.text} is taken instead"
    notice = Notice(said, spec.python_origin)
    return replace(spec, python=newer, notices=(*spec.notices, notice))


def anywhere(request: Request, site: Site) -> Site:
    """Return the site with a prefix where nothing is: ``why_not`` is asked before it is chosen."""
    beside = request.prefix or site.root / ".venv"
    return replace(site, prefix=beside.parent / ".envboot" / "nothing-here")
