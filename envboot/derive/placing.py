"""One file: the lines of people as they are, and for all else that is wanted a line of ours."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from envboot.derive import lines, naming, pins, portable
from envboot.derive.lines import BY_HAND, Line, Shape
from envboot.errors import InvalidFile
from envboot.formats.parts import comments, match_spec, requirement
from envboot.spec import Dependency, Notice, Origin, normalise

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from envboot.derive.lines import File
    from envboot.derive.naming import Names
    from envboot.derive.values import Policy
    from envboot.derive.wanting import Group, Key, Wanted

_PASSING = re.compile(r"(?::\d+|, cell \d+(?:, line \d+)?)?(?: and \d+ more)?(?=$|; | \([a-z]+\)$)")

Asked = tuple[tuple[Shape, str], ...]
"""What other files ask for of one distribution: (shape, from where); several by marker."""


@dataclass(frozen=True)
class Made:
    """The dependencies of one file."""

    dependencies: tuple[Dependency, ...]
    left_out: dict[Key, str]
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True)
class Knowledge:
    """What a line is made from, in this order, beside the live environment."""

    declared: Mapping[Key, Asked]
    """By the file beside it, and by files that envboot only reads."""
    so_far: Mapping[Key, Shape]
    """What envboot's own lines asked for."""
    requested: Mapping[Key, Shape]
    """What the code asks an installer for."""
    evidence: Mapping[str, str]
    """How the code uses a distribution, for the lines of people; "" where it does not."""
    names: Names
    policy: Policy


def place(
    file: File, wanted: Mapping[Key, Wanted], group: Group, know: Knowledge, *, conda: bool
) -> Made:
    """Return the dependencies of the file; ``conda``: environment.yml, else requirements.txt."""
    hands = file.hands()
    own = ("conda", "python"), ("conda", "pip")  # made apart, whosever they are
    out = [
        _marked(line, know)
        for line in file.lines
        if line.hand and (line.dependency.ecosystem, line.dependency.name) not in own
    ]
    left: dict[Key, str] = {}
    stands = {line.key: line.dependency.ecosystem for line in file.lines}
    for key, one in sorted(wanted.items()):
        if one.group != group or key in hands:
            continue
        if not one.python and not conda:
            left[key] = "the Python package index has none of it"
            continue
        if conda and one.python and _is_there(one.name, out, know.names):
            continue
        in_pip = stands.get(key) == "pypi" and not know.policy.conda_only
        asked = know.declared.get(key) or ((Shape(), ""),)
        made = [_line(one, s, said, know, conda=conda and not in_pip) for s, said in asked]
        if know.policy.conda_only and any(d.ecosystem == "pypi" for d in made):
            left[key] = "conda-forge does not have it as asked"
            continue
        if not all(_is_readable(d) for d in made):
            left[key] = "its name or its version cannot stand in a file"
            continue
        out += made
    return Made(_ordered(out, file), left)


def lasting(why: str) -> str:
    """Return evidence as it stands in a file: the file of it, and not which line, nor how many.

    A line number is wrong after the next edit, and to renew it would change the files of the
    environment with nearly every commit. The table and ``--json`` have the numbers.
    """
    return _PASSING.sub("", why)


def _is_there(distribution: str, made: Sequence[Dependency], names: Names) -> bool:
    """Return whether a line of environment.yml has the content of a distribution already.

    opencv-python and opencv-python-headless are one package at conda; two lines for it would
    contradict each other, and nobody could tell later which of them is for which.
    """
    called = names.conda(distribution)
    same = naming.variants(distribution)
    return any(
        d.name == called.lower() if d.ecosystem == "conda" else normalise(d.name) in same
        for d in made
        if called and (d.ecosystem == "conda" or names.conda(normalise(d.name)) == called)
    )


def _is_readable(dependency: Dependency) -> bool:
    """Return whether the line can be read back: metadata may hold anything."""
    try:
        if dependency.ecosystem == "conda":
            found, _ = match_spec.read(dependency.text, dependency.origin)
        else:
            found = requirement.line(dependency.text, dependency.origin)
    except InvalidFile:
        return False
    return found.name == dependency.name


def _marked(line: Line, know: Knowledge) -> Dependency:
    """Return the line of a person with the mark that it is theirs."""
    plain = line.is_local or not line.name or not line.python or line.name in portable.ITSELF
    said = "" if plain else know.evidence.get(line.name) or "not imported"
    why = f"{BY_HAND}; {said}" if said else BY_HAND
    return replace(line.dependency, why=comments.plain(lasting(why)))


def _line(one: Wanted, shape: Shape, said: str, know: Knowledge, *, conda: bool) -> Dependency:
    """Return a line of ours."""
    parts = dict.fromkeys(lasting(part) for part in (said, one.why) if part)
    why = comments.plain("; ".join(parts))
    here = Origin("envboot")
    live = know.names.by_conda.get(one.name) if not one.python else None
    if not one.python:
        old = know.so_far.get(one.key, Shape()).specifier
        later = live and not pins.stays(old, live.version, know.policy.pin)
        version = pins.conda_pin(live.version, know.policy.pin) if live and later else ""
        version = shape.specifier or version or old
        return Dependency(one.name.lower(), f"{one.name}{version}", "conda", here, why)
    if "/" in one.name:  # a place without a name, from the file beside this one
        return Dependency("", one.name, "pypi", here, why)
    full = _full(one, shape, know)
    name = know.names.conda(one.name) if conda else None
    asked = _for_conda(one, name, full, know, theirs=bool(shape.specifier)) if name else None
    if name and asked is not None and full == Shape(full.specifier):
        return Dependency(name.lower(), f"{name}{asked}", "conda", here, why)
    tail = f" @ {full.url}" if full.url else full.specifier
    marker = f"{' ' if full.url else ''}; {full.marker}" if full.marker else ""
    text = f"{one.name}{full.extras}{tail}{marker}"
    return Dependency(normalise(one.name), text, "pypi", here, why)


def _for_conda(
    one: Wanted, name: str | None, full: Shape, know: Knowledge, *, theirs: bool
) -> str | None:
    """Return the version part of a match spec; None where only pip can say it."""
    live = know.names.by_name.get(one.name)
    if live and live.conda_version and full.specifier and not theirs:
        if pins.stays(full.specifier, live.conda_version, know.policy.pin):
            return pins.to_conda(full.specifier)
        return pins.conda_pin(live.conda_version, know.policy.pin)
    if name != one.name and pins.is_long(full.specifier):  # the numbers are the wheel's
        return None if theirs else pins.shortened(full.specifier)
    return pins.to_conda(full.specifier)


def _full(one: Wanted, shape: Shape, know: Knowledge) -> Shape:
    """Return the shape with a version and a marker, where they are known and it has none."""
    if not shape.marker:
        shape = replace(shape, marker=portable.marker(one.name))
    if shape.specifier or shape.url:
        return shape
    live = know.names.by_name.get(one.name)
    if live and (url := portable.location(live.url, one.name)):
        return replace(shape, url=url)
    if live:
        local = live.editable or live.url.startswith("file:")
        if local and live.ecosystem == "pypi":
            return shape
        so_far = know.so_far.get(one.key, Shape()).specifier
        if pins.stays(so_far, live.version, know.policy.pin):
            return replace(shape, specifier=so_far)
        return replace(shape, specifier=pins.pin(live.version, know.policy.pin))
    old = know.so_far.get(one.key) or know.requested.get(one.key) or Shape()
    return replace(old, extras=shape.extras or old.extras, marker=shape.marker or old.marker)


def _ordered(found: list[Dependency], file: File) -> tuple[Dependency, ...]:
    """Return conda's first; sorted, but the order of a file that people wrote stays theirs."""
    places: dict[tuple[str, str], int] = {}
    if any(line.hand and line.name not in portable.ITSELF for line in file.lines):
        for number, line in enumerate(file.lines):
            places.setdefault((line.dependency.ecosystem, line.dependency.name), number)

    def place(dependency: Dependency) -> tuple[bool, bool, int, str]:
        key = (dependency.ecosystem, dependency.name)
        last = len(file.lines)
        pip = dependency.ecosystem == "pypi"
        return pip, dependency.name != "python", places.get(key, last), dependency.name

    return tuple(sorted(found, key=place))


def declared(beside: File, others: Sequence[Line]) -> dict[tuple[bool, str], Asked]:
    """Return what other files ask for beyond the name: the one beside it first."""
    out: dict[tuple[bool, str], list[tuple[Shape, str]]] = {}
    heard: dict[tuple[bool, str], str] = {}
    for line in (*(n for n in beside.lines if n.hand), *others):
        path = line.dependency.origin.path
        shape = lines.shape(line)
        if line.is_local or not line.name or shape.is_bare:
            continue
        if heard.setdefault(line.key, path) != path:
            continue  # another file has said it already
        said = path if path == beside.path else str(line.dependency.origin)
        out.setdefault(line.key, []).append((shape, said))
    return {key: tuple(dict.fromkeys(asked)) for key, asked in out.items()}


def so_far(files: tuple[File, ...]) -> dict[tuple[bool, str], Shape]:
    """Return what envboot's own lines ask for; of several files the first."""
    out: dict[tuple[bool, str], Shape] = {}
    for file in files:
        for line in file.lines:
            if not line.hand and line.name:
                out.setdefault(line.key, lines.shape(line))
    return out
