"""Versions: from the one that is installed to the range that is asked for, for pip and for conda.

Sources: PEP 440, and conda's "Package match specifications", which reads the operators of PEP 440.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from envboot.derive.values import Pin

_PLAIN = re.compile(r"\d+(?:\.\d+)+")
_CONDA = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+!]*")
_YEAR = 1990
"""A first number from here on is a year."""
_CLAUSE = re.compile(r"(===|==|>=|<=|!=|~=|=|<|>)?\s*([A-Za-z0-9_.+!]+?)(\.?\*)?")


def pin(version: str, how: Pin) -> str:
    """Return the specifier set (PEP 440) that ``version``, an installed one, belongs to.

    A local label (``+cu124``) is left out. "" for what is no version of PEP 440. A compatible one
    of a single number (``7``) has no upper bound, because PEP 440 gives ``~=7`` no meaning; nor
    has one that counts the calendar (``2026.11.15``), because ``~=`` would end with the month.
    """
    from packaging.version import InvalidVersion, Version

    try:
        found = Version(version)
    except InvalidVersion:
        return ""
    public = found.public
    if how == "exact":
        return f"=={public}"
    if how == "compatible" and len(found.release) > 1 and found.release[0] < _YEAR:
        return f"~={public}"
    return f">={public}"


def conda_pin(version: str, how: Pin) -> str:
    """Return the version part of a match spec, for a package that is no Python distribution.

    conda's versions need not be PEP 440's: ``9e``, ``1.1.1w``.
    """
    if not _CONDA.fullmatch(version):
        return ""
    if how == "exact":
        return f"=={version}"
    plain = _PLAIN.fullmatch(version) and not _is_calendar(version)
    return f"~={version}" if how == "compatible" and plain else f">={version}"


def stays(old: str, version: str, how: Pin) -> bool:
    """Return whether a line of ours says enough of ``version``: it is a later patch of ``old``.

    Where the calendar counts, a later release of the same year does. Else the files would change
    with each patch, to and fro between people who have different ones.
    """
    found = re.fullmatch(r"(~=|>=)(\d+(?:\.\d+)+)", old)
    if not found or how == "exact":
        return False
    operator, number = found.groups()
    year = number.partition(".")[0] if _is_calendar(number) else ""
    if operator != ("~=" if how == "compatible" and not year else ">="):
        return False
    return admits(f">={number},=={year}.*" if year else f"~={number}", version) is True


def _is_calendar(version: str) -> bool:
    """Return whether a version of plain numbers begins with a year: ``2026.11.15``."""
    return int(version.partition(".")[0]) >= _YEAR


def to_conda(specifiers: str) -> str | None:
    """Return a specifier set as conda writes it; None where conda cannot say it (``===``)."""
    out = []
    for part in _parts(specifiers):
        found = _CLAUSE.fullmatch(part)
        if not found or found.group(1) in {None, "=", "==="}:
            return None
        operator, version, wild = found.groups()
        if wild and operator == "==":
            out.append(f"={version}")
        elif wild:
            out.append(f"{operator}{version}.*")
        elif operator == "~=" and not _PLAIN.fullmatch(version):
            bound = ceiling(version)
            out += [f">={version}", *([f"<{bound}"] if bound else [])]
        else:
            out.append(f"{operator}{version}")
    return ",".join(out)


def ceiling(version: str) -> str:
    """Return the first release that ``~=version`` excludes; "" when there is none."""
    found = re.match(r"(\d+!)?(\d+(?:\.\d+)*)", version)
    numbers = found.group(2).split(".")[:-1] if found else []
    if not found or not numbers:
        return ""
    return (found.group(1) or "") + ".".join([*numbers[:-1], str(int(numbers[-1]) + 1)])


def to_pip(constraint: str) -> str | None:
    """Return the version part of a match spec as PEP 440 says it; None where it cannot."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    out = []
    for part in _parts(constraint):
        found = _CLAUSE.fullmatch(part)
        if not found:
            return None
        operator, version, wild = found.groups()
        if operator in {None, "="}:  # `numpy=1.2` and `numpy 1.2.*`: all that begins so
            exact = operator is None and not wild
            out.append(f"=={version}" if exact else f"=={version}.*")
        else:
            star = ".*" if wild and operator in {"==", "!="} else ""
            out.append(f"{operator}{version}{star}")
    try:
        SpecifierSet(",".join(out))
    except InvalidSpecifier:
        return None
    return ",".join(out)


def is_long(specifiers: str) -> bool:
    """Return whether a release of more than three numbers is named: ``4.10.0.84``.

    The fourth counts builds of a wheel (opencv-python); conda's package of another name has three.
    """
    return bool(re.search(r"\d+(?:\.\d+){3}", specifiers))


def shortened(specifiers: str) -> str | None:
    """Return a specifier set for conda that keeps three numbers of each release."""
    short = re.sub(r"(\d+(?:\.\d+){2})(?:\.\d+)+(?:\.?(?:post|dev|rc|a|b)\d+)*", r"\1", specifiers)
    return to_conda(re.sub(r"^==([\d.]+)$", r"==\1.*", short))


def admits(specifiers: str, version: str) -> bool | None:
    """Return whether a version lies in a specifier set; None when either is not PEP 440's."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet
    from packaging.version import InvalidVersion

    try:
        return SpecifierSet(specifiers).contains(version, prereleases=True)
    except (InvalidSpecifier, InvalidVersion):
        return None


def _parts(text: str) -> list[str]:
    return [p for p in text.replace(" ", "").split(",") if p not in {"", "*"}]
