"""The lines of the files that are there: which are a person's, and what each asks for.

A line is a person's when no evidence of envboot's stands behind it, when it is marked ``by hand``,
or when its text is no longer what envboot wrote. Such a line is never changed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from envboot.derive import naming, pins
from envboot.errors import InvalidFile
from envboot.formats import environment_yml, requirements_txt
from envboot.formats.parts import comments, match_spec, requirement
from envboot.spec import Dependency, EnvironmentSpec, Origin, normalise

if TYPE_CHECKING:
    from collections.abc import Sequence

    from envboot.derive.naming import Names
    from envboot.derive.values import Before

BY_HAND = "by hand"
_HAND = re.compile(rf"{BY_HAND}(?:;|$)")
_PATHS = ("environment.yml", "requirements.txt", "environment-dev.yml", "requirements-dev.txt")


@dataclass(frozen=True)
class Shape:
    """What a line asks for behind the name."""

    specifier: str = ""
    """PEP 440."""
    extras: str = ""
    """``[a,b]``"""
    url: str = ""
    marker: str = ""

    @property
    def is_bare(self) -> bool:
        """Return whether it asks for nothing but the name."""
        return self == Shape()


@dataclass(frozen=True)
class Line:
    """One line of a file."""

    dependency: Dependency
    name: str
    """The distribution; of a conda package without Python conda's name; "" of a place."""
    python: bool
    """False: a conda package without Python."""
    hand: bool
    """A person's own."""
    beyond: bool = False
    """Of an extra or a group of another file: for whoever wants it."""

    @property
    def key(self) -> tuple[bool, str]:
        """Return what the line is about: the same for a distribution in both worlds."""
        return self.python, self.name or self.dependency.text

    @property
    def is_local(self) -> bool:
        """Return whether it names a place on this computer, the repository itself most often."""
        text = re.sub(r"^(?:-e|--editable)[\s=]*", "", self.dependency.text)
        if self.dependency.ecosystem == "conda":
            return text.startswith("file:")
        direct = re.match(r"[\w.-]+(?:\s*\[[^\]]*\])?\s*@\s*(.*)", text)
        target = direct.group(1) if direct else text
        if re.match(r"(?:\w+\+)?(?:https?|ssh|git)://", target):
            return False
        return bool(direct) or requirement.is_location(target)


@dataclass(frozen=True)
class File:
    """One file that envboot writes, as it is so far."""

    path: str
    spec: EnvironmentSpec | None
    lines: tuple[Line, ...]
    fresh: bool
    """envboot never wrote it."""

    def hands(self) -> set[tuple[bool, str]]:
        """Return what a person's own lines are about."""
        return {line.key for line in self.lines if line.hand}


def read(before: Before, names: Names) -> tuple[File, File, File, File]:
    """Return the files: conda, pip, conda_dev, pip_dev."""
    specs = (before.conda, before.pip, before.conda_dev, before.pip_dev)
    remembered = before.remembered or {}
    files = []
    for spec, usual in zip(specs, _PATHS):
        path = spec.source.path if spec and spec.source else usual
        files.append(_file(spec, path, remembered.get(path, ""), names))
    return files[0], files[1], files[2], files[3]


def _file(spec: EnvironmentSpec | None, path: str, remembered: str, names: Names) -> File:
    if spec is None:
        return File(path, None, (), fresh=True)
    old = _texts(path, remembered) if comments.MARK in remembered else {}
    keys = comments.numbered(comments.key(d) for d in spec.dependencies)
    found = []
    for key, dependency in zip(keys, spec.dependencies):
        changed = old.get(key, dependency.text) != dependency.text
        hand = not dependency.why or bool(_HAND.match(dependency.why)) or changed
        found.append(_line(dependency, names, hand=hand))
    fresh = not old and not any(d.why for d in spec.dependencies)
    return File(path, spec, tuple(found), fresh)


def _texts(path: str, text: str) -> dict[str, str]:
    reader = environment_yml if path.endswith((".yml", ".yaml")) else requirements_txt
    try:
        spec = reader.parse(text, Origin(path))
    except InvalidFile:
        return {}
    keys = comments.numbered(comments.key(d) for d in spec.dependencies)
    return {key: d.text for key, d in zip(keys, spec.dependencies)}


def _line(dependency: Dependency, names: Names, *, hand: bool) -> Line:
    if dependency.ecosystem == "pypi":
        return Line(dependency, normalise(dependency.name), python=True, hand=hand)
    name = names.pypi(dependency.name)
    return Line(dependency, name or dependency.name, python=name is not None, hand=hand)


def other(dependency: Dependency, names: Names) -> Line:
    """Return a line of a file that envboot only reads."""
    return _line(dependency, names, hand=True)


def beyond(specs: Sequence[EnvironmentSpec], main: Sequence[Line], names: Names) -> list[Line]:
    """Return what the extras and groups of other files declare and their ``main`` lines do not.

    One line for each, the first: an extra may be part of another one.
    """
    seen = {line.key for line in main}
    out = []
    for dependency in (d for s in specs for g in s.groups for d in g.dependencies):
        line = replace(other(dependency, names), beyond=True)
        if line.name and line.key not in seen:
            seen.add(line.key)
            out.append(line)
    return out


def is_bare(line: Line) -> bool:
    """Return whether a line is a name and nothing else."""
    return normalise(line.dependency.text) == normalise(line.dependency.name)


def filled(file: File, keys: set[tuple[bool, str]]) -> File:
    """Return the file, in which the bare lines about ``keys`` get what envboot would write.

    Only the first time: a bare line in a file that envboot wrote was made bare on purpose.
    """
    if not file.fresh:
        return file
    lines = (
        replace(line, hand=False) if is_bare(line) and line.key in keys else line
        for line in file.lines
    )
    return replace(file, lines=tuple(lines))


def shape(line: Line) -> Shape:
    """Return what a line asks for; what the other world cannot say is left out.

    Of a conda package without Python the specifier is conda's own: no other world has it.
    """
    dependency = line.dependency
    if dependency.ecosystem == "conda":
        try:
            _, constraint = match_spec.read(dependency.text, dependency.origin)
        except InvalidFile:
            return Shape()
        return Shape(pins.to_pip(constraint) or "" if line.python else constraint)
    return pip_shape(dependency.text)


def pip_shape(text: str) -> Shape:
    """Return what a requirement line asks for; of an editable or a bare URL the URL."""
    from packaging.requirements import InvalidRequirement, Requirement

    text = re.split(r"\s--", text, maxsplit=1)[0].strip()
    try:
        found = Requirement(text)
    except InvalidRequirement:
        url = re.sub(r"^(?:-e|--editable)[\s=]*", "", text)
        place, _, marker = re.sub(r"\s+;", " ;", url).partition(" ;")
        return Shape(url=place.strip(), marker=marker.strip()) if "://" in url else Shape()
    extras = f"[{','.join(sorted(found.extras))}]" if found.extras else ""
    marker = str(found.marker) if found.marker else ""
    return Shape(_in_order(text, str(found.specifier)), extras, found.url or "", marker)


def _in_order(text: str, specifiers: str) -> str:
    """Return the clauses as they are written: packaging's set has no order of its own."""
    squeezed = text.replace(" ", "")
    return ",".join(sorted(specifiers.split(","), key=squeezed.find)) if specifiers else ""


def whys(files: tuple[File, ...]) -> dict[str, str]:
    """Return module → distribution, as the evidence behind the lines says.

    Where it names no module, that has the name of the distribution, normalised.
    """
    found: dict[str, str] = {}
    every = [line for file in files for line in file.lines]
    for ecosystem in ("pypi", "conda"):  # one conda package may stand for several distributions
        for line in every:
            if line.dependency.ecosystem != ecosystem:
                continue
            if line.python and line.name and line.dependency.why:
                said = naming.EVIDENCE.search(line.dependency.why)
                found.setdefault(said.group(1) if said else line.name, line.name)
    return found
