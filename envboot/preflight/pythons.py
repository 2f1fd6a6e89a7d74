"""Which Python a target is judged with, and whether there is such a Python for its platform.

Of python.org's and conda-forge's own lists: 3.8 was the first for Macs with Apple's processors,
3.11 the first for Windows on ARM. Where conda brings the Python, its solver knows better.
"""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from envboot.errors import UsageError
from envboot.preflight.asked import Case
from envboot.preflight.values import Cell, Finding, cell

if TYPE_CHECKING:
    from collections.abc import Sequence

    from envboot.preflight.targets import Target
    from envboot.spec import EnvironmentSpec

NEWEST = 15
"""The newest minor version of Python 3 that is released (October 2026)."""
_FIRST = {"osx-arm64": 8, "win-arm64": 11, "linux-aarch64": 6, "linux-ppc64le": 6}
"""The first minor version of Python 3 for a platform; 5 elsewhere."""
_OLDEST = 5


def cases(
    spec: EnvironmentSpec, given: Sequence[str], targets: Sequence[Target]
) -> tuple[Case, ...]:
    """Return each target with each Python that was named, or with the one that suits it.

    Where conda brings the Python the case has none yet. Raises UsageError for what is no version.
    """
    named = [word for text in given for word in re.split(r"[,\s]+", text.strip()) if word]
    for word in named:
        if not re.fullmatch(r"3\.\d{1,2}", word):
            raise UsageError(
                f"`{word[:20]!s}` is no minor version of Python", hint="`--python 3.12`"
            )
    if named:
        return tuple(
            Case(target, python, given=True)
            for target in targets
            for python in dict.fromkeys(named)
        )
    if brings_python(spec):
        return tuple(Case(target) for target in targets)
    return tuple(Case(target, _suitable(spec, target)) for target in targets)


def brings_python(spec: EnvironmentSpec) -> bool:
    """Return whether conda brings the Python."""
    return spec.is_conda or any(
        d.name == "python" and d.ecosystem == "conda" for d in spec.dependencies
    )


def chosen(case: Case, spec: EnvironmentSpec, solved: str) -> Case:
    """Return the case with the Python for the pip part: the solver's, else one that suits."""
    if case.python:
        return case
    return replace(case, python=solved or _suitable(spec, case.target))


def judge(spec: EnvironmentSpec, case: Case, solved: str) -> Cell:
    """Return whether the Python of a case is what the files ask for, and there is one there.

    ``solved``: the Python that conda's solver chose, "" where it did not.
    """
    at = str(spec.python_origin or spec.source or "")
    asked = f"Python {spec.python}" if spec.python else ""
    minor = int(case.python.split(".")[1]) if case.python else 0
    if case.given and spec.python and not accepts(spec.python, case.python):
        found = (Finding("fail", f"does not take Python {case.python}", at, asked),)
        return cell("python", found, case.python)
    first = _FIRST.get(case.target.platform.subdir, _OLDEST)
    if minor > NEWEST:
        found = (Finding("unknown", "is newer than any that envboot knows of", at, asked),)
        return cell("python", found, case.python)
    if minor < first and not brings_python(spec):
        subdir = case.target.platform.subdir
        text = f"there is no Python {case.python} for {subdir}"
        hint = f"the first is 3.{first}"
        found = (Finding("fail", text, at, asked, hint, f"3.{first}"),)
        return cell("python", found, case.python)
    if brings_python(spec) and not solved:
        return Cell("python", "none")
    return Cell("python", "pass", case.python)


def accepts(specifier: str, python: str) -> bool:
    """Return whether any release of a minor version satisfies a PEP 440 set; bad sets: True."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        asked = SpecifierSet(specifier)
    except InvalidSpecifier:
        return True
    return any(asked.contains(f"{python}.{micro}", prereleases=True) for micro in range(40))


def _suitable(spec: EnvironmentSpec, target: Target) -> str:
    """Return this computer's Python where it suits the files and the platform, else the newest.

    Where none suits the platform: the one that is asked for, so that it can be said.
    """
    first = _FIRST.get(target.platform.subdir, _OLDEST)
    mine = sys.version_info[1]
    order = [mine, *reversed(range(first, NEWEST + 1))]
    for minor in order:
        if minor >= first and accepts(spec.python, f"3.{minor}"):
            return f"3.{minor}"
    others = (m for m in (*reversed(range(first)), *range(NEWEST + 1, NEWEST + 20)))
    return next((f"3.{m}" for m in others if accepts(spec.python, f"3.{m}")), f"3.{mine}")
