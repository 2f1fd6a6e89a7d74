"""All that is looked at before the question: the files, the environment here, the machine.

Nothing is downloaded, written or run for it. :func:`locate` is enough to say "up to date";
:func:`assess` goes on to the machine, the verdict and the ways forward.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from envboot import cuda, decide, engines, find, interpreters, machine, needs
from envboot.errors import InvalidFile, NothingFound, UsageError
from envboot.find.precedence import FoundFile
from envboot.request import Request
from envboot.site import Site
from envboot.spec import EnvironmentSpec
from envboot.survey import past, twin
from envboot.survey.existing import (
    Existing,
    belongs,
    committed,
    look_for,
    of_notebooks,
    pointer,
)

if TYPE_CHECKING:
    from pathlib import Path

    from envboot.shell import Shell

__all__ = [
    "Assessment",
    "Existing",
    "Located",
    "Request",
    "assess",
    "belongs",
    "committed",
    "locate",
    "of_notebooks",
    "pointer",
    "standing",
]


@dataclass(frozen=True)
class Located:
    """What the repository declares, and the environment that it has."""

    found: find.Found
    spec: EnvironmentSpec
    name: str
    existing: Existing | None


@dataclass(frozen=True)
class Assessment:
    """The machine, the verdict, and the ways forward."""

    spec: EnvironmentSpec
    """With what the packages imply."""
    site: Site
    verdict: decide.Verdict
    short: bool
    """Whether a minimum is not met."""
    ways: tuple[decide.Way, ...]
    engine: str | None
    """The engine to use; None when none can."""


def locate(request: Request, shell: Shell) -> Located:
    """Read the dependency files and look for the environment. Raises NothingFound, InvalidFile."""
    found = _look(request, shell)
    if found.spec.twin and not request.file and twin.has_to_do(request, found.spec, shell):
        found = _look(request, shell, without_conda=True)
        found = replace(found, spec=twin.with_a_python(found.spec, shell))
    if request.notebook and request.kernel is not False:
        from envboot import kernel  # most set-ups have no notebook

        spec = kernel.with_ipykernel(found.spec, request.notebook.name)
        if spec != found.spec:
            row = FoundFile(request.notebook.name, "adds", "ipykernel, which runs it")
            found = replace(found, spec=spec, files=(*found.files, row))
    name = request.name or found.spec.name
    existing = look_for(request, found.spec, name, shell)
    then = past.kept(request, found.spec, existing.stamp if existing else None)
    return Located(found, replace(found.spec, as_of=then), name, existing)


def _look(request: Request, shell: Shell, *, without_conda: bool = False) -> find.Found:
    return find.look(
        request.root,
        shell,
        file=request.file,
        groups=request.groups,
        embedded=request.embedded,
        embedded_needs=request.embedded_needs,
        overlay=request.overlay,
        only=request.only,
        carrier=request.notebook.name if request.notebook else "setup.py",
        twin=without_conda,
        locked=request.locked and not (request.as_of and past.moment(request.as_of)),
    )


def assess(request: Request, located: Located, shell: Shell) -> Assessment:
    """Look at the machine, judge it, and list what can be done."""
    spec = needs.complete(located.spec)
    here = machine.probe(shell, request.root, needs.asked(spec))
    site = Site(
        *(request.root, located.name, request.root, here, shell, request.offline),
        # What made an environment makes it again, and may be fetched again for that.
        asked=request.engine or (located.existing.stamp.engine if located.existing else ""),
        as_of=spec.as_of,
        link_scripts=request.link_scripts,
    )
    members = engines.recommended(spec)
    if request.engine and not engines.family().get(request.engine):
        names = ", ".join(name for name, _ in members)
        raise UsageError(f"there is no engine `{request.engine}`", hint=f"engines: {names}")
    verdict = _judged(spec, site)
    short = bool(verdict.shortfalls)
    ways = decide.ways(spec, twin.anywhere(request, site), members, (), short=short)
    engine = _engine(request, located, ways)
    if engine:
        prefix = request.prefix or _prefix(request, located, engine, spec, site)
        site = replace(site, prefix=prefix)
        if prefix.parent != request.root:
            here = replace(here, disk_free=shell.disk_free(prefix))
            site = replace(site, machine=here)
            verdict = _judged(spec, site)
            short = bool(verdict.shortfalls)
    else:
        verdict = _without_engine(verdict, spec, site, ways, request.engine)
        short = True
    ways = _with_launchers(ways, spec, site) if short else ways
    return Assessment(spec, site, verdict, short, ways, engine)


def _with_launchers(
    ways: tuple[decide.Way, ...], spec: EnvironmentSpec, site: Site
) -> tuple[decide.Way, ...]:
    """Return the ways with those elsewhere, behind the engines.

    Only where the machine falls short: the launchers are most of what a fresh clone would have to
    unpack before the first question.
    """
    from envboot import launchers

    first = [w for w in ways if w.name not in {decide.MANUAL, decide.ANYWAY}]
    there = decide.elsewhere(spec, site, launchers.family().members)
    return (*first, *there, *ways[len(first) :])


def _judged(spec: EnvironmentSpec, site: Site) -> decide.Verdict:
    """Return the verdict, with a row more where a GPU is needed and torch has no build for it."""
    verdict, choice = decide.judge(spec.needs, site.machine), cuda.decided(spec, site)
    must = any(n.key == "gpu" and n.level == "minimum" and n.value for n in spec.needs)
    if not (must and choice.needed) or any(s.need == "cuda" for s in verdict.shortfalls):
        return verdict
    origin = str(cuda.family(spec)[0].origin)
    row = decide.Row("cuda", choice.needed, site.machine.cuda, "short", origin)
    return replace(verdict, rows=(*verdict.rows, row))


def standing(request: Request, shell: Shell) -> Existing | None:
    """Return the environment of a repository, also when its files are gone or cannot be read.

    One that was made for a notebook is not held against the files of the folder: its own are in
    the notebook.
    """
    try:
        found = locate(request, shell).existing
        own = found is not None and found.stamp.notebook and request.notebook is None
        return replace(found, changes=()) if found and own else found
    except (NothingFound, InvalidFile):
        found = look_for(request, EnvironmentSpec(), request.name or request.root.name, shell)
        return replace(found, changes=()) if found else None


def _engine(request: Request, located: Located, ways: tuple[decide.Way, ...]) -> str | None:
    can = {w.name for w in ways if w.here and not w.why_not}
    if request.engine:
        return request.engine if request.engine in can else None
    if located.existing and located.existing.stamp.engine in can:
        return located.existing.stamp.engine
    best = decide.best(ways)
    return best.name if best else None


def _without_engine(
    verdict: decide.Verdict,
    spec: EnvironmentSpec,
    site: Site,
    ways: tuple[decide.Way, ...],
    engine: str | None,
) -> decide.Verdict:
    """Return the verdict with one more row: the Python, or the tool, that nobody has here."""
    closed = {w.name: w.why_not for w in ways if w.here and w.why_not}
    # Another engine would not find a Python either: no virtual environment can be made.
    no_python = not spec.is_conda and engine not in engines.FOR_CONDA and spec.python
    if no_python and interpreters.choose(spec.python, site.shell) is None:
        evidence = str(spec.python_origin or spec.source or "")
        have = interpreters.said(site.shell) or "none"
        row = decide.Row("Python", spec.python, have, "short", evidence)
    elif engine:
        row = decide.Row("engine", engine, closed.get(engine, ""), "short", "--engine")
    elif spec.is_conda:
        first = next(d for d in spec.dependencies if d.ecosystem == "conda" and d.name != "python")
        found = closed.get("conda", "")
        found = "none here" if found.startswith("no conda") else found  # the ways tell the rest
        row = decide.Row("conda", "conda, mamba or micromamba", found, "short", str(first.origin))
    else:
        why = "; ".join(closed.values())
        row = decide.Row("engine", "conda, uv or venv", why, "short", str(spec.source or ""))
    return replace(verdict, rows=(*verdict.rows, row))


def _prefix(
    request: Request, located: Located, engine: str, spec: EnvironmentSpec, site: Site
) -> Path:
    existing = located.existing
    if existing and existing.stamp.engine == engine and not request.name:
        return existing.prefix
    member = engines.family().get(engine)
    assert member is not None  # noqa: S101 - it came out of the family
    prefix: Path = member.prefix(spec, site)
    return prefix
