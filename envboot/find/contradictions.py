"""What two files of one repository say differently; pure, each sentence names both places."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envboot.formats.parts import versions
from envboot.formats.parts.requirement import short
from envboot.spec import Notice

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envboot.spec import Dependency, EnvironmentSpec

# Pythons to try two ranges on: every release line, early, middle and late patch releases.
_PYTHONS = tuple(
    f"{line}.{patch}"
    for line in ("2.7", *(f"3.{minor}" for minor in range(5, 20)))
    for patch in range(31)
)


def between(winner: EnvironmentSpec, other: EnvironmentSpec) -> tuple[Notice, ...]:
    """Return where a file that was passed over contradicts the one that won."""
    return (*_versions(winner, other), *_pythons(winner, other))


def missing(winner: EnvironmentSpec, project: EnvironmentSpec) -> tuple[Notice, ...]:
    """Return what the project's metadata asks for and the winner does not list."""
    listed = {d.name for d in winner.dependencies}
    if any(
        re.match(r"(-e\s+|--editable[\s=]+)?\.(\[|/?$|\s)", d.text) for d in winner.dependencies
    ):
        return ()
    path = winner.source.path if winner.source else ""
    return tuple(
        Notice(f"the project depends on `{short(d.text)}`, which {path} does not list", d.origin)
        for d in project.dependencies
        if d.name and d.name not in listed and ";" not in d.text
    )


def pythons_agree(one: str, other: str) -> bool:
    """Return whether a Python exists that both PEP 440 specifier sets allow."""
    if not one or not other or one == other:
        return True
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        both = SpecifierSet(f"{one},{other}")
    except InvalidSpecifier:
        return True
    return any(both.contains(v) for v in _PYTHONS)


def _pythons(winner: EnvironmentSpec, other: EnvironmentSpec) -> Iterator[Notice]:
    both = winner.python_origin and other.python_origin
    if both and not pythons_agree(winner.python, other.python):
        yield Notice(
            f"Python `{winner.python}` here, but `{other.python}` in {other.python_origin}",
            winner.python_origin,
        )


def _versions(winner: EnvironmentSpec, other: EnvironmentSpec) -> Iterator[Notice]:
    theirs = {d.name: d for d in other.dependencies if d.name and d.name != "python"}
    for dependency in winner.dependencies:
        rival = theirs.get(dependency.name)
        if rival and not _agree(_specifiers(dependency), _specifiers(rival)):
            yield Notice(
                f"`{short(dependency.text)}` here, but `{short(rival.text)}` in {rival.origin}",
                dependency.origin,
            )


def _specifiers(dependency: Dependency) -> str:
    """Return the versions that are asked for, "" when any, or when it is hard to say."""
    text = dependency.text.split(" --hash")[0].split("::")[-1]
    if ";" in text or "@" in text or text.startswith("-"):
        return ""
    found = re.match(r"[A-Za-z0-9._-]+(?:\s*\[[^\]]*\])?\s*(.*)", text)
    constraint = found.group(1).strip("() ") if found else ""
    if dependency.ecosystem == "pypi":
        return constraint
    built = re.fullmatch(r"={1,2}\s*([^=,<>!~]+)=[^=]+", constraint)
    if built:
        return f"=={built.group(1)}"
    exact = re.fullmatch(r"==\s*([\d.]+)", constraint)
    return constraint if exact else versions.conda_python(constraint)


def _agree(one: str, other: str) -> bool:
    """Return whether some version satisfies both; tried on the versions that they mention."""
    if not one or not other or one.replace(" ", "") == other.replace(" ", ""):
        return True
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        both = SpecifierSet(f"{one},{other}", prereleases=True)
    except InvalidSpecifier:
        return True
    tried = ["0"]
    for version in re.findall(r"\d+(?:\.\d+)*(?:(?:a|b|rc|\.post|\.dev)\d+)?", f"{one},{other}"):
        *head, last = re.match(r"[\d.]+", version).group().strip(".").split(".")  # type: ignore[union-attr]
        tried += [version, f"{version}.1", ".".join([*head, str(int(last) + 1)])]
    return any(_contains(both, version) for version in tried)


def _contains(both: object, version: str) -> bool:
    from packaging.version import InvalidVersion

    try:
        return version in both  # type: ignore[operator]
    except InvalidVersion:
        return False
