"""pylock.toml (PEP 751) beside a requirements.txt: whether it fits the file and this computer.

Only its head is read as TOML: what follows can be long, and uv reads it whole.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from envboot import interpreters, platforms
from envboot.errors import InvalidFile
from envboot.formats.parts import toml
from envboot.locks import reading
from envboot.locks.fitting import unmet
from envboot.locks.values import Contents, Locked
from envboot.platforms import Platform
from envboot.spec import Origin

if TYPE_CHECKING:
    from envboot.shell import Shell
    from envboot.spec import EnvironmentSpec

_PACKAGE = re.compile(r"^\[\[packages\]\]", re.MULTILINE)
_NAMED = re.compile(
    r"^\[\[packages\]\]\s*\n(?:#[^\n]*\n)*name = \"([^\"\n]+)\"\s*\n"
    r"(?:#[^\n]*\n)*(?:version = \"([^\"\n]+)\")?",
    re.MULTILINE,
)
_MINOR = re.compile(r"python_full_version >= '(3\.\d+)'")


@dataclass(frozen=True)
class Pylock:
    """The head of a pylock.toml, and which versions follow."""

    contents: Contents
    environments: tuple[str, ...]
    """Markers of PEP 508: it is good for these only; () for any."""
    python: str
    """PEP 440 specifier set."""


def read(text: str, path: str) -> Pylock:
    """Return what a pylock.toml says of itself. Raises InvalidFile."""
    first = _PACKAGE.search(text)
    head = toml.loads(text[: first.start()] if first else text, Origin(path))
    rows = (
        Locked(m.group(1), m.group(2) or "", "", "", "pypi", origin=Origin(path))
        for m in _NAMED.finditer(text)
    )
    environments = head.get("environments")
    markers = environments if isinstance(environments, list) else []
    contents = Contents(tuple(rows), (), reading.made_of(text), path)
    return Pylock(contents, tuple(map(str, markers)), str(head.get("requires-python", "")))


def fitted(
    spec: EnvironmentSpec, lock: Pylock, made_of: EnvironmentSpec, shell: Shell
) -> tuple[EnvironmentSpec, str]:
    """Return ``spec`` with the Python that the lock is for, and why it cannot be used, or "".

    ``made_of`` is what the file beside the lock says itself.
    """
    from envboot.locks import digest

    path = lock.contents.path
    if lock.contents.made_of != digest(made_of):
        asked = unmet(made_of, lock.contents)
        if lock.contents.made_of:
            why = f": {asked}" if asked else f" than {made_of.source or 'the file'} lists"
            return spec, f"{path} was made of other dependencies{why}"
        if asked:
            return spec, f"{path} does not fit: {asked}"
    wanted = ",".join(part for part in (spec.python, lock.python) if part)
    chosen = interpreters.choose(wanted, shell)
    if chosen and _covers(lock, _environment(shell, chosen.text)):
        return (replace(spec, python=wanted) if chosen != interpreters.running() else spec), ""
    for minor in dict.fromkeys(_MINOR.findall(" ".join(lock.environments))):
        wanted_too = ",".join(part for part in (wanted, f"=={minor}.*") if part)
        chosen = interpreters.choose(wanted_too, shell)
        if chosen and _covers(lock, _environment(shell, chosen.text)):
            return replace(spec, python=wanted_too, python_origin=Origin(path)), ""
    minors = dict.fromkeys(_MINOR.findall(" ".join(lock.environments)))
    fits = [m for m in minors if _covers(lock, _environment(shell, f"{m}.99"))]
    if fits:
        have = interpreters.said(shell)
        return spec, f"{path} is for Python {', '.join(fits)}, and this computer has {have}"
    return spec, f"{path} is for another platform or another Python than this computer has"


def pip_lines(text: str, path: str) -> tuple[str, ...]:
    """Return the lines for ``pip install --no-deps --require-hashes``: version, marker, digests.

    The digests let those files through only that are locked, from whichever index they come.
    Raises InvalidFile for what pip cannot be told so: a folder, a repository, a group.
    """
    from packaging.requirements import InvalidRequirement, Requirement

    origin = Origin(path)
    out = []
    for package in toml.loads(text, origin).get("packages", []):
        files = [*package.get("wheels", ())]
        files += [package[key] for key in ("sdist", "archive") if key in package]
        digests = sorted({str(f.get("hashes", {}).get("sha256", "")) for f in files})
        marker = f" ; {package['marker']}" if package.get("marker") else ""
        archive = package.get("archive")
        what = f" @ {archive.get('url')}" if archive else f"=={package.get('version')}"
        line = f"{package.get('name')}{what}{marker}"
        try:
            Requirement(line)
        except InvalidRequirement:
            digests = []
        if not digests or not all(re.fullmatch(r"[0-9a-f]{64}", d) for d in digests):
            hint = "take uv, which reads it whole: `--engine uv`"
            raise InvalidFile(f"`{line[:80]}` cannot be given to pip", hint=hint, origin=origin)
        out.append(" ".join((line, *(f"--hash=sha256:{d}" for d in digests))))
    return tuple(" ".join(line.split()) for line in out)


def _environment(shell: Shell, python: str) -> dict[str, str]:
    here = platforms.here(shell)
    return platforms.ALL.get(here, Platform(here, "", "", "", ())).environment(python)


def _covers(lock: Pylock, facts: dict[str, str]) -> bool:
    from packaging.markers import InvalidMarker, Marker, UndefinedEnvironmentName

    try:
        markers = [Marker(text) for text in lock.environments]
        return not markers or any(marker.evaluate(dict(facts)) for marker in markers)
    except (InvalidMarker, UndefinedEnvironmentName):
        return False
