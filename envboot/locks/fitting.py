"""Whether a lock fits: this platform, these dependencies, and nothing without a digest."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envboot.spec import normalise

if TYPE_CHECKING:
    from envboot.locks.values import Contents
    from envboot.spec import Dependency, EnvironmentSpec

LOCAL = re.compile(r"\s*(?:-e\b|--editable\b|\.{0,2}[/\\]|\.\s*$|[^#;]*@\s*file:)")
_HOSTED = re.compile(r"(?:[^#;]*@\s*)?(?:git|hg|svn|bzr)\+")
_CLAUSE = re.compile(r"(==|>=|<=|!=|~=|=|<|>)?\s*([A-Za-z0-9][A-Za-z0-9_.!+]*?)(\.?\*)?")


def stale(spec: EnvironmentSpec, contents: Contents, subdir: str) -> str:
    """Return why the lock cannot be used for ``spec`` here, "" when it can.

    It is for other platforms, it was made of other dependencies, or (in the lock of another tool)
    a package that is asked for is not in it, or in another version.
    """
    from envboot import locks

    path = contents.path or "the lock"
    lacking = _lacking(contents, subdir)
    if lacking:
        return f"{path} {lacking}"
    if contents.made_of and contents.made_of == locks.digest(spec):
        return ""
    asked = unmet(spec, contents)
    if contents.made_of:
        why = f": {asked}" if asked else f" than {spec.source or 'the file'} lists"
        return f"{path} was made of other dependencies{why}"
    return f"{path} does not fit: {asked}" if asked else ""


def _lacking(contents: Contents, subdir: str) -> str:
    """Return why nothing could be installed from the lock alone, whatever is asked for."""
    if subdir not in contents.platforms:
        known = ", ".join(contents.platforms[:8]) or "no platform"
        return f"is for {known}, not for {subdir}"
    if contents.foreign:
        return f"names `{contents.foreign[0]}`, which has no address that all can fetch from"
    for one in contents.packages:
        if not (one.sha256 or (one.md5 and one.ecosystem == "conda")):
            return f"names {one.name} without a digest"
    kinds = {(one.ecosystem, one.name) for one in contents.packages}
    if any(e == "pypi" for e, _ in kinds) and ("conda", "pip") not in kinds:
        return "has packages for pip, and no pip"
    return ""


def beyond(contents: Contents, glibc: str) -> str:
    """Return why the locked packages cannot run with that GNU C library, "" when they can.

    Neither conda nor rattler looks at it where they are handed a list of packages.
    """
    path = contents.path or "the lock"
    have = tuple(int(n) for n in re.findall(r"\d+", glibc)[:2])
    for demand in contents.demands:
        match = re.match(r"__glibc >=(\d+)\.(\d+)", demand)
        if match and have and (int(match[1]), int(match[2])) > have:
            return f"{path} needs glibc {match[1]}.{match[2]}, and this computer has {glibc}"
    return ""


def rest(spec: EnvironmentSpec) -> tuple[Dependency, ...]:
    """Return the lines for pip that no lock has: folders, and what is built from a repository.

    They have no digest. They are installed after the locked packages, as they are written.
    """
    return tuple(d for d in spec.dependencies if d.ecosystem == "pypi" and unlockable(d.text))


def unlockable(text: str) -> bool:
    """Return whether a line for pip names a folder or a repository."""
    return bool(LOCAL.match(text) or _HOSTED.match(text))


def unmet(spec: EnvironmentSpec, contents: Contents) -> str:
    """Return the first dependency that the lock does not meet, "" when all are met."""
    conda = {p.name.lower(): p.version for p in contents.packages if p.ecosystem == "conda"}
    pypi = {normalise(p.name): p.version for p in contents.packages if p.ecosystem == "pypi"}
    for asked in spec.dependencies:
        if not asked.name or (asked.ecosystem == "pypi" and unlockable(asked.text)):
            continue
        have = conda.get(asked.name)
        if asked.ecosystem == "pypi":
            have = pypi.get(normalise(asked.name)) or _by_conda(normalise(asked.name), conda)
        if have is None:
            return f"{asked.origin} asks for {asked.name}"
        if fits(asked, have) is False:
            return f"{asked.origin} asks for `{asked.text}`, and it has {have}"
    return ""


def _by_conda(name: str, conda: dict[str, str]) -> str | None:
    from envboot.names.conda import CONDA

    return conda.get(CONDA.get(name, name)) or conda.get(name)


def fits(asked: Dependency, version: str) -> bool | None:
    """Return whether a version is what is asked for; None where that cannot be told."""
    from packaging.requirements import InvalidRequirement, Requirement
    from packaging.specifiers import InvalidSpecifier, SpecifierSet
    from packaging.version import InvalidVersion

    from envboot.errors import InvalidFile
    from envboot.formats.parts import match_spec

    try:
        if asked.ecosystem == "pypi":
            wanted = Requirement(re.split(r"\s(?:#|--)", asked.text)[0]).specifier
            return wanted.contains(version, prereleases=True)
        _, constraint = match_spec.read(asked.text, asked.origin)
        either = (SpecifierSet(_pep440(part)) for part in constraint.split("|"))
        return any(one.contains(version, prereleases=True) for one in either)
    except (InvalidRequirement, InvalidSpecifier, InvalidVersion, InvalidFile):
        return None


def _pep440(constraint: str) -> str:
    """Return a version of conda as PEP 440 says it. Raises InvalidSpecifier where it cannot."""
    from packaging.specifiers import InvalidSpecifier

    out = []
    for part in constraint.split(","):
        if part.strip() in {"", "*"}:
            continue
        match = _CLAUSE.fullmatch(part.strip())
        if match is None:
            raise InvalidSpecifier(part)
        operator, version, star = match.group(1) or "==", match.group(2), match.group(3)
        if operator == "=":
            operator, star = "==", ".*"
        if star and operator not in {"==", "!="}:
            star = ""
        out.append(f"{operator}{version}{'.*' if star else ''}")
    return ",".join(out)
