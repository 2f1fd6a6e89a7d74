"""Versions said the way of the other world: conda's match specs and PEP 440.

Sources: conda's documentation, "Package match specifications"; PEP 440. A plain ``=1.26`` of conda
is a series, ``==1.26`` one release: ``==1.26.*`` and ``==1.26``.
"""

from __future__ import annotations

import re

_CLAUSE = re.compile(r"(==|>=|<=|!=|~=|=|<|>)?([A-Za-z0-9_.+!]+?)(\.?\*)?")


def to_pypi(version: str) -> str | None:
    """Return the version of a match spec as PEP 440 clauses; None where it cannot be said.

    Alternatives (``1.9|1.11``) cannot, nor versions that are none in PEP 440 (``9e``).
    """
    clauses = [_pypi(part) for part in version.replace(" ", "").split(",") if part not in {"", "*"}]
    return None if None in clauses else ",".join(c for c in clauses if c)


def to_conda(specifiers: str) -> str:
    """Return PEP 440 clauses as conda writes them: ``==1.26.*`` → ``=1.26.*``, ``===1`` → ``==1``.

    A local label (``+cu118``) is left out: conda's packages have other builds.
    """
    return ",".join(_conda(part) for part in specifiers.replace(" ", "").split(",") if part)


def label(specifiers: str) -> str:
    """Return the local label in PEP 440 clauses: ``cu118``; "" without one."""
    found = re.search(r"\+([A-Za-z0-9.]+)", specifiers)
    return found.group(1) if found else ""


def _pypi(clause: str) -> str | None:
    from packaging.version import InvalidVersion, Version

    found = _CLAUSE.fullmatch(clause)
    if not found:
        return None
    operator, version, star = found.groups()
    version = version.rstrip(".")
    try:
        parsed = Version(version)
    except InvalidVersion:
        return None
    series = not (parsed.is_prerelease or parsed.is_postrelease or parsed.local)
    if operator == "=" or (star and operator in {None, "==", "!="}):
        sign = "!=" if operator == "!=" else "=="
        return f"{sign}{version}.*" if series else f"{sign}{version}"
    if operator == "~=" and len(parsed.release) == 1:
        return f">={version}"
    return f"{operator or '=='}{version}"


def _conda(clause: str) -> str:
    clause = re.sub(r"\+[A-Za-z0-9.]+", "", clause)
    series = re.fullmatch(r"==(.+)\.\*", clause)
    return f"={series.group(1)}.*" if series else clause.replace("===", "==")
