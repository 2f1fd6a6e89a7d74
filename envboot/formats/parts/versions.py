"""Versions written the way of one tool, said in the way of PEP 440."""

from __future__ import annotations

import re

_CONDA = re.compile(r"(==|>=|<=|!=|~=|=|<|>)?\s*(\d+(?:\.\d+)*)(?:\.?\*)?")
_POETRY = re.compile(
    r"(\^|~=|~|==|>=|<=|!=|=|<|>)?\s*v?(\d+(?:\.\d+)*(?:(?:a|b|rc|\.post|\.dev)\d+)?)(\.\*)?"
)
SERIES = 2
"""``3.7`` means all of 3.7 where a Python is named: nobody asks for 3.7.0 that way."""


def conda_python(constraint: str) -> str:
    """Return the PEP 440 specifier set for the version part of conda's ``python``.

    "" when there is none, or it cannot be said (``3.7|3.9``, a build alone). ``3.7`` and ``==3.7``
    mean ``==3.7.*`` here, though conda takes ``==3.7`` for 3.7.0: conda itself is given the
    original text.
    """
    clauses = []
    for part in constraint.replace(" ", "").split(","):
        if part in {"", "*"}:
            continue
        found = _CONDA.fullmatch(part)
        if not found:
            return ""
        operator, version = found.group(1) or "=", found.group(2)
        if operator in {"=", "=="}:
            exact = operator == "==" and not part.endswith("*") and version.count(".") >= SERIES
            clauses.append(f"=={version}" if exact else f"=={version}.*")
        elif operator == "!=" and part.endswith("*"):
            clauses.append(f"!={version}.*")
        elif operator == "~=" and "." not in version:
            return ""
        else:
            clauses.append(f"{operator}{version}")
    return ",".join(clauses)


def exact_python(version: str) -> str:
    """Return the specifier set for a version of runtime.txt or Pipfile; "" if it is none."""
    if not re.fullmatch(r"\d+(?:\.\d+)*", version):
        return ""
    return f"=={version}" if version.count(".") >= SERIES else f"=={version}.*"


def poetry(constraint: str) -> str | None:
    """Return Poetry's constraint (``^1.2``, ``~1.2``, ``1.*``, ``>=1,<2``) as PEP 440 clauses.

    "" means any version; None that it cannot be said so (``^1 || ^2``). Source: Poetry's
    documentation, "Dependency specification".
    """
    clauses: list[str] = []
    text = re.sub(r"(\^|~=|~|==|>=|<=|!=|=|<|>)\s+", r"\1", constraint.strip())
    for part in re.split(r"\s*,\s*|\s+", text):
        if part in {"", "*"}:
            continue
        found = _POETRY.fullmatch(part)
        if not found:
            return None
        operator, version, wild = found.groups()
        if operator in {"^", "~"}:
            clauses += [f">={version}", f"<{_ceiling(version, operator)}"]
        elif wild:
            if operator not in {None, "=", "==", "!="}:
                return None
            clauses.append(f"{'!=' if operator == '!=' else '=='}{version}.*")
        else:
            clauses.append(f"{'==' if operator in {None, '='} else operator}{version}")
    return ",".join(clauses)


def _ceiling(version: str, operator: str) -> str:
    """Return the first release that ``^version`` or ``~version`` excludes."""
    numbers = [int(n) for n in re.findall(r"\d+", re.split(r"a|b|rc|\.post|\.dev", version)[0])]
    if operator == "~":
        at = min(1, len(numbers) - 1)
    else:
        at = next((i for i, n in enumerate(numbers) if n), len(numbers) - 1)
    return ".".join(str(n) for n in [*numbers[:at], numbers[at] + 1])
