"""All that is looked at before the question: the files, the environment here, the machine.

Nothing is downloaded, written or run for it. :func:`locate` is enough to say "up to date";
:func:`assess` goes on to the machine, the verdict and the ways forward.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from envboot import decide, engines, find, interpreters, launchers, machine, needs, transaction
from envboot.errors import InvalidFile, NothingFound, UsageError
from envboot.site import Site, python_of
from envboot.spec import EnvironmentSpec, fingerprint, lines

if TYPE_CHECKING:
    from collections.abc import Mapping

    from envboot.shell import Shell
    from envboot.transaction import Stamp


@dataclass(frozen=True)
class Request:
    """What a person asked for: the flags of every command, one field each."""

    root: Path
    """The repository, absolute."""
    yes: bool = False
    dry_run: bool = False
    anyway: bool = False
    """Set up here although the machine falls short."""
    manual: bool = False
    """Print the commands instead of running them."""
    offline: bool = False
    rebuild: bool = False
    """Make the environment anew although it is up to date."""
    file: str | None = None
    engine: str | None = None
    name: str | None = None
    prefix: Path | None = None
    groups: tuple[str, ...] = ()
    launch: str | None = None
    """The launcher to take when the machine falls short."""
    kernel: bool | None = None
    """Register a Jupyter kernel; None: when the repository has notebooks."""
    subshell: bool | None = None
    """Offer a shell inside the environment at the end; None: at a terminal."""
    apt: bool = False
    """Install the packages of apt.txt."""
    post_build: bool = False
    """Run postBuild."""
    embedded: Mapping[str, tuple[str, str]] | None = None
    """Files that setup.py carries: name → (sha256, text)."""
    embedded_needs: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Existing:
    """An environment of this repository that envboot made earlier."""

    prefix: Path
    stamp: Stamp
    changes: tuple[str, ...]
    """What the files say now and did not then: ``+ pypi six``, ``- pypi attrs``."""
    broken: str
    """Why it cannot be used as it is, "" when it can."""

    @property
    def up_to_date(self) -> bool:
        """Return whether nothing has to be done."""
        return not self.changes and not self.broken


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
    found = find.look(
        request.root,
        shell,
        file=request.file,
        groups=request.groups,
        embedded=request.embedded,
        embedded_needs=request.embedded_needs,
    )
    name = request.name or found.spec.name
    return Located(found, found.spec, name, _existing(request, found.spec, name, shell))


def assess(request: Request, located: Located, shell: Shell) -> Assessment:
    """Look at the machine, judge it, and list what can be done."""
    spec = needs.complete(located.spec)
    here = machine.probe(shell, request.root, needs.asked(spec))
    site = Site(request.root, located.name, request.root, here, shell, request.offline)
    members = engines.recommended(spec)
    if request.engine and not engines.family().get(request.engine):
        names = ", ".join(name for name, _ in members)
        raise UsageError(f"there is no engine `{request.engine}`", hint=f"engines: {names}")
    verdict = decide.judge(spec.needs, here)
    short = bool(verdict.shortfalls)
    ways = decide.ways(
        spec, _anywhere(request, site), members, launchers.family().members, short=short
    )
    engine = _engine(request, located, ways)
    if engine:
        prefix = request.prefix or _prefix(request, located, engine, spec, site)
        site = replace(site, prefix=prefix)
        if prefix.parent != request.root:
            here = replace(here, disk_free=shell.disk_free(prefix))
            verdict = decide.judge(spec.needs, here)
            short = bool(verdict.shortfalls)
            site = replace(site, machine=here)
    else:
        verdict = _without_engine(verdict, spec, site, ways, request.engine)
        short = True
    return Assessment(spec, site, verdict, short, ways, engine)


def standing(request: Request, shell: Shell) -> Existing | None:
    """Return the environment of a repository, also when its files are gone or cannot be read."""
    try:
        return locate(request, shell).existing
    except (NothingFound, InvalidFile):
        found = _existing(request, EnvironmentSpec(), request.name or request.root.name, shell)
        return replace(found, changes=()) if found else None


def pointer(root: Path) -> Path:
    """Return the file in which a repository remembers where its environment is."""
    return root / ".envboot" / "environment.json"


def _anywhere(request: Request, site: Site) -> Site:
    """Return the site with a prefix where nothing is: ``why_not`` is asked before it is chosen."""
    beside = request.prefix or site.root / ".venv"
    return replace(site, prefix=beside.parent / ".envboot" / "nothing-here")


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
    no_python = not spec.is_conda and engine != "conda" and spec.python
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


def _existing(request: Request, spec: EnvironmentSpec, name: str, shell: Shell) -> Existing | None:
    for prefix in _places(request, spec, name, shell):
        stamp = transaction.read_stamp(prefix, shell)
        if (
            stamp
            and belongs(stamp, request.root, shell)
            and not committed(prefix, request.root, shell)
        ):
            old, new = set(stamp.lines), lines(spec)
            changes = tuple(f"+ {x}" for x in new if x not in old)
            changes += tuple(f"- {x}" for x in stamp.lines if x not in set(new))
            if not changes and stamp.fingerprint != fingerprint(spec):
                changes = ("~ the order of channels or packages",)
            return Existing(prefix, stamp, changes, _broken(prefix, stamp, shell))
    return None


def _places(request: Request, spec: EnvironmentSpec, name: str, shell: Shell) -> list[Path]:
    if request.prefix:
        return [request.prefix]
    places = []
    try:
        remembered = json.loads(shell.read(pointer(request.root)) or b"{}").get("prefix")
    except (ValueError, AttributeError, RecursionError):
        remembered = None
    known = isinstance(remembered, str) and Path(remembered).is_absolute()
    if known and not request.name and not request.engine:
        places.append(Path(remembered))
    nobody = machine.Machine("", "", 1, "")
    site = Site(request.root, name, request.root, nobody, shell, request.offline)
    for engine_name, engine in engines.recommended(spec):
        if request.engine in {None, engine_name}:
            place = engine.prefix(spec, site)
            if place not in places:
                places.append(place)
    return places


def belongs(stamp: Stamp, root: Path, shell: Shell) -> bool:
    """Return whether an environment is this repository's; a repository that moved keeps its own."""
    return stamp.root == str(root) or not shell.kind(Path(stamp.root))


def committed(prefix: Path, root: Path, shell: Shell) -> bool:
    """Return whether the repository brought this environment along: a stamp can be forged."""
    from envboot.infer import tracked  # not before the first question, which has no stamp to doubt

    if root not in prefix.parents:
        return False
    inside = f"{prefix.relative_to(root).as_posix()}/"
    return any(name.startswith(inside) for name in tracked.files(root, shell))


def _broken(prefix: Path, stamp: Stamp, shell: Shell) -> str:
    if Path(stamp.prefix) != prefix:
        return f"it was made at {stamp.prefix} and does not work elsewhere"
    if shell.kind(python_of(prefix, shell)) != "file":
        return "its interpreter is gone"
    if not stamp.proved:
        return "it was built, but not everything in it works"
    return ""
