"""What ``pip check`` would say, for environments with and without pip: metadata alone is read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from envboot.activation.layout import site_packages
from envboot.spec import normalise

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from envboot.shell import Shell

_HEADER = 1 << 18  # bytes; the fields come before the description
_EXTRA_ONLY = re.compile(r";[^;]*\bextra\s*==(?!.*\bor\b)")


@dataclass(frozen=True)
class Installed:
    """One distribution that is installed."""

    name: str
    """As its metadata spells it."""
    version: str
    requires: tuple[str, ...]
    """Requirements of PEP 508, those of extras left out."""
    by: str
    """What installed it: pip, uv, conda … ("" when it does not say)."""


def installed(prefix: Path, shell: Shell) -> tuple[Installed, ...]:
    """Return the distributions at ``prefix``. Source: the core metadata specification."""
    found = []
    for folder in site_packages(prefix, shell):
        for entry in shell.folder(folder):
            if entry.suffix == ".dist-info":
                data, who = shell.read(entry / "METADATA", _HEADER), entry / "INSTALLER"
            elif entry.suffix == ".egg-info":
                data, who = shell.read(entry / "PKG-INFO", _HEADER), None
                data = data if data is not None else shell.read(entry, _HEADER)
            else:
                continue
            fields = list(_fields(data or b""))
            stem = entry.name.rpartition(".")[0]
            name, _, version = stem.partition("-")
            by = (shell.read(who, 100) or b"").decode("utf-8", "replace").strip() if who else ""
            given = dict(reversed([f for f in fields if f[0] in {"name", "version"}]))
            requires = tuple(
                v for k, v in fields if k == "requires-dist" and not _EXTRA_ONLY.search(v)
            )
            found.append(
                Installed(given.get("name", name), given.get("version", version), requires, by)
            )
    return tuple(found)


def _fields(data: bytes) -> Iterator[tuple[str, str]]:
    for row in data.decode("utf-8", "replace").splitlines():
        if not row.strip():
            return
        name, colon, value = row.partition(":")
        if colon and not row[0].isspace():
            yield name.lower(), value.strip()


def find(
    known: tuple[Installed, ...],
    markers: Mapping[str, str],
    owners: tuple[Installed, ...] | None = None,
) -> tuple[str, ...]:
    """Return a sentence for each requirement that is missing or met by a wrong version.

    ``owners`` are those whose requirements count (None: all).

    ``markers`` are those of the environment's interpreter (PEP 508). What cannot be parsed is
    passed over: the installer did not fail on it either.
    """
    if not any(d.requires for d in known):
        return ()
    try:
        from packaging.requirements import InvalidRequirement, Requirement
        from packaging.version import InvalidVersion
    except ImportError:
        return ()
    versions = {normalise(d.name): d.version for d in known}
    out = []
    for owner in known if owners is None else owners:
        for text in owner.requires:
            try:
                asked = Requirement(text)
                if asked.marker and not asked.marker.evaluate({**markers, "extra": ""}):
                    continue
                version = versions.get(normalise(asked.name))
                who = f"{owner.name} {owner.version}"
                if version is None:
                    out.append(f"{who} needs {asked.name}, which is not installed")
                elif not asked.specifier.contains(version, prereleases=True):
                    wanted = f"{asked.name} {asked.specifier}"
                    out.append(f"{who} needs {wanted}, but {version} is installed")
            except (InvalidRequirement, InvalidVersion, KeyError, ValueError):
                continue
    return tuple(sorted(set(out), key=str.lower))
