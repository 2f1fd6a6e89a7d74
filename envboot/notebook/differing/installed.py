"""What a notebook's files ask for, against what a live environment has: files alone are read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envboot import find
from envboot.locks import fitting
from envboot.names import conda
from envboot.spec import Dependency, normalise

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from envboot.freeze import Installed, Live
    from envboot.shell import Shell
    from envboot.spec import EnvironmentSpec

_ITSELF = frozenset({"pip", "setuptools", "wheel"})
"""Of the installers: a file that asks for them asks for no package of the code's."""


def against(
    files: Mapping[str, str], place: Path, live: Live, shell: Shell
) -> tuple[dict[str, str], ...]:
    """Return name, ecosystem, wanted, found and state of each thing that the files ask for.

    ``files`` are those that the notebook carries, as if they lay in ``place``; only what production
    needs counts. Raises NothingFound where none of them is a dependency file, InvalidFile.
    """
    found = find.look(place, shell, overlay=files, only=frozenset(files))
    if found.spec.twin and live.kind != "conda":
        found = find.look(place, shell, overlay=files, only=frozenset(files), twin=True)
    return tuple(_rows(found.spec, live))


def _rows(spec: EnvironmentSpec, live: Live) -> Iterator[dict[str, str]]:
    if spec.python:
        yield _python(spec, live)
    for asked in spec.dependencies:
        name = asked.name
        python = name == "python" and asked.ecosystem == "conda"
        if not name or python or name in _ITSELF:
            continue
        if asked.ecosystem == "pypi" and not _counts(asked, live):
            continue
        there = _installed(asked, live)
        version = _version(asked, there) if there else ""
        state = "missing" if there is None else "same"
        if there and version and fitting.fits(asked, version) is False:
            state = "differs"
        yield _row(name, asked.ecosystem, asked.text, version, state)


def _row(name: str, ecosystem: str, wanted: str, found: str, state: str) -> dict[str, str]:
    return {
        "name": name,
        "ecosystem": ecosystem,
        "wanted": wanted,
        "found": found,
        "state": state,
    }


def _python(spec: EnvironmentSpec, live: Live) -> dict[str, str]:
    """Return the row of the interpreter; one whose version no file says is not judged."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet
    from packaging.version import InvalidVersion

    state = "same" if live.python else "missing"
    try:
        if live.python and not SpecifierSet(spec.python).contains(live.python, prereleases=True):
            state = "differs"
    except (InvalidSpecifier, InvalidVersion):
        state = "same"
    return _row("python", "", f"python {spec.python}", live.python, state)


def _counts(asked: Dependency, live: Live) -> bool:
    """Return whether a requirement is meant for this Python: its marker (PEP 508) says so."""
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        marker = Requirement(asked.text.split(" #")[0].split(" --")[0]).marker
        if marker is None:
            return True
        minor = ".".join(live.python.split(".")[:2])
        own = {"python_version": minor, "python_full_version": live.python} if minor else {}
        return marker.evaluate({**own, "extra": ""})
    except (InvalidRequirement, ValueError, KeyError):
        return True


def _installed(asked: Dependency, live: Live) -> Installed | None:
    """Return what is installed of a name; conda's names are translated where pip installed it."""
    found = live.find(asked.name)
    if found is None and asked.ecosystem == "conda":
        other = conda.pypi_name(asked.name)
        found = live.find(other) if other else None
    if found is None and asked.ecosystem == "pypi":
        other = conda.conda_name(normalise(asked.name))
        found = next((i for i in live.installed if other and i.conda_name == other), None)
    return found


def _version(asked: Dependency, there: Installed) -> str:
    """Return the version as the one who asks counts it, with its local label for pip."""
    if asked.ecosystem == "conda" and there.conda_version:
        return there.conda_version
    local = f"+{there.local}" if there.local and asked.ecosystem == "pypi" else ""
    return there.version + local
