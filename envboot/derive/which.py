"""Which distributions the code uses: each module's, by the witness that knows best.

The order: what a person answered, what a person wrote into the files, the metadata of the live
environment, the evidence of earlier runs, what the code itself asks an installer for, the tables.
A module that none of them knows is unknown: nothing is guessed from its name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from envboot import names as tables
from envboot.derive import lines, naming, pins, portable
from envboot.derive.values import Unknown
from envboot.errors import InvalidFile
from envboot.formats.parts import match_spec, requirement
from envboot.infer.facts import ORDER
from envboot.spec import Notice, normalise

if TYPE_CHECKING:
    from collections.abc import Mapping

    from envboot.derive.naming import Names
    from envboot.infer.facts import Asked, Imported, Label, Scan
    from envboot.spec import Origin


@dataclass(frozen=True)
class Use:
    """How the code uses one distribution: by its strongest label."""

    name: str
    label: Label
    why: str
    """``cv2 in src/see.py:3 and 4 more``"""
    origin: Origin
    module: str = ""
    """"" for what is no import: a program, a back end."""

    @property
    def said(self) -> str:
        """Return the evidence, with the label unless that is production."""
        return self.why if self.label == "production" else f"{self.why} ({self.label})"


@dataclass(frozen=True)
class Request:
    """What the code itself asks an installer for."""

    name: str
    shape: lines.Shape
    asked: Asked


@dataclass(frozen=True)
class Heard:
    """What the code says."""

    uses: Mapping[str, Use]
    """By distribution."""
    modules: tuple[tuple[str, str], ...]
    unknown: tuple[Unknown, ...]
    """Of production code."""
    doubtful: tuple[Imported, ...]
    """Modules that nobody knows, of other code."""
    requests: Mapping[str, Request]
    notices: tuple[Notice, ...] = ()
    """Requests of the code that a better witness overrules."""


@dataclass(frozen=True)
class Witnesses:
    """What is asked about a module, in this order."""

    answers: Mapping[str, str]
    hand: frozenset[str]
    """Distributions that a person declared."""
    names: Names
    whys: Mapping[str, str]
    requests: Mapping[str, Request]


def hear(scan: Scan, witnesses: Witnesses) -> Heard:
    """Return which distributions the code uses, with the evidence."""
    uses: dict[str, Use] = {}
    modules: list[tuple[str, str]] = []
    unknown: list[Unknown] = []
    doubtful: list[Imported] = []
    made = set(scan.made)
    for item in scan.modules:
        if item.module in made:
            continue
        name = provider(item.module, witnesses)
        if name is None:
            if _is_nobodys(item.module):
                continue
            if item.label == "production":
                unknown.append(Unknown(item.module, item.origin, tables.is_namesake(item.module)))
            else:
                doubtful.append(item)
            continue
        if item.label == "production":
            modules.append((item.module, name))
        use = Use(name, item.label, evidence(item, name), item.origin, item.module)
        if name not in uses or _rank(use) < _rank(uses[name]):
            uses[name] = use
    for program in scan.programs:
        why = f"the program {program.name} in {program.origin}"
        _weaker(uses, Use(normalise(program.distribution), program.label, why, program.origin))
    asked, notices = _overruled(scan, witnesses)
    return Heard(uses, tuple(sorted(modules)), tuple(unknown), tuple(doubtful), asked, notices)


def _overruled(scan: Scan, witnesses: Witnesses) -> tuple[dict[str, Request], tuple[Notice, ...]]:
    """Return the requests without those in whose place a person named another distribution.

    The answer counts in the runs after it as well, where only the evidence knows it. There a
    request that has a line of its own stays.
    """
    brought = {m.module: provider(m.module, witnesses) for m in scan.modules}
    written = set(witnesses.whys.values())
    out = dict(witnesses.requests)
    notices = []
    for module, name in brought.items():
        live, table = witnesses.names.bringing(module), tables.distribution(module)
        asked = _chosen(module, frozenset(out), _likely(live, table), ())
        if not name or not asked or asked in brought.values():
            continue
        known = witnesses.whys.get(module) == name and asked not in written
        if not known and not _answer(module, witnesses):
            continue
        old = out.pop(asked)
        out.setdefault(name, Request(name, lines.Shape(), old.asked))
        text = f"{asked} is asked for here and not written: {name} was named for {module}"
        notices.append(Notice(text, old.asked.origin))
    return out, tuple(notices)


def _is_nobodys(module: str) -> bool:
    """Return whether no installer can bring a module, or its own import proves nothing."""
    top = module.partition(".")[0]
    return module in tables.NAMESPACES or module in tables.HOSTED or top in tables.HOSTED


def _rank(use: Use) -> tuple[int, bool, str]:
    return ORDER.index(use.label), normalise(use.module) != use.name, use.module


def _weaker(uses: dict[str, Use], use: Use) -> None:
    before = uses.get(use.name)
    if before is None or ORDER.index(use.label) < ORDER.index(before.label):
        uses[use.name] = use


def evidence(item: Imported, distribution: str) -> str:
    """Return ``cv2 in src/see.py:3 and 4 more``; the module only where the names differ."""
    more = f" and {item.places - 1} more" if item.places > 1 else ""
    same = normalise(item.module) == distribution
    return f"{'' if same else f'{item.module} in '}{item.origin}{more}"


def provider(module: str, witnesses: Witnesses) -> str | None:
    """Return the distribution that brings a module; None when nobody knows."""
    if answer := _answer(module, witnesses):
        return normalise(answer)
    table = tables.distribution(module)
    live = witnesses.names.bringing(module)
    likely = _likely(live, table)
    return (
        _chosen(module, witnesses.hand, likely, live)
        or _installed(live, table, witnesses)
        or witnesses.whys.get(module)
        or witnesses.whys.get(normalise(module))
        or _chosen(module, frozenset(witnesses.requests), likely, ())
        or table
    )


def _answer(module: str, witnesses: Witnesses) -> str:
    """Return what a person said about a module, or about the one that it is in; else ""."""
    top = module.partition(".")[0]
    return witnesses.answers.get(module) or witnesses.answers.get(top) or ""


def _likely(live: tuple[str, ...], table: str | None) -> set[str]:
    """Return the distributions that may bring a module, as the environment and the tables say."""
    return {v for name in (*live, *([table] if table else [])) for v in naming.variants(name)}


def _chosen(
    module: str, declared: frozenset[str], likely: set[str], live: tuple[str, ...]
) -> str | None:
    """Return the one of the declared distributions that brings the module."""
    found = sorted(likely & declared, key=lambda n: (n not in live, n))
    if not found and not likely:
        found = sorted(name for name in declared if naming.fits(module, name))
    return found[0] if found else None


def _installed(live: tuple[str, ...], table: str | None, witnesses: Witnesses) -> str | None:
    """Return the one of several installed distributions: asked for, or the well-known one."""
    asked = [n for n in live if witnesses.names.by_name[n].requested]
    for choice in (asked if len(asked) == 1 else []), [n for n in live if n == table], asked, live:
        if choice:
            return choice[0]
    return None


def requests(asked: tuple[Asked, ...], names: Names) -> dict[str, Request]:
    """Return what production code asks an installer for, by distribution; the first counts."""
    out: dict[str, Request] = {}
    for item in asked:
        if item.label != "production":
            continue
        try:
            name, shape = _asked(item, names)
        except InvalidFile:
            continue
        if name:
            out.setdefault(normalise(name), Request(normalise(name), shape, item))
    return out


def _asked(item: Asked, names: Names) -> tuple[str, lines.Shape]:
    if item.ecosystem == "conda":
        found, constraint = match_spec.read(item.text, item.origin)
        return names.pypi(found.name) or "", lines.Shape(pins.to_pip(constraint) or "")
    shape = lines.pip_shape(item.text)
    return requirement.line(item.text, item.origin).name or _last(shape.url), shape


def _last(url: str) -> str:
    """Return the name of the repository that a VCS URL is of."""
    if not url.startswith("git+"):
        return ""
    path = portable.split(url).path.partition("@")[0].rstrip("/")
    return path.rpartition("/")[2].removesuffix(".git")
