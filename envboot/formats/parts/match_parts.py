"""What a conda match spec consists of, and the version syntax of pixi's manifests.

Sources: conda's documentation, "Package match specifications"; pixi's, "Manifest reference".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from envboot.formats.parts import match_spec, requirement

if TYPE_CHECKING:
    from collections.abc import Mapping

    from envboot.spec import Dependency, Origin

_BRACKETS = re.compile(r"\s*\[([^\]]*)\]$")
_PAIR = re.compile(r"([A-Za-z_]+)\s*=\s*('[^']*'|\"[^\"]*\"|[^,\s]+)")
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_BUILT = re.compile(r"={0,2}\s*([A-Za-z0-9*][A-Za-z0-9_.*+!]*)(?:=|\s+)([A-Za-z0-9_.*+]+)")
_BARE = re.compile(r"[0-9A-Za-z][A-Za-z0-9_.!+]*(\*)?")
_NO_MORE: dict[str, str] = {}


class Parts(NamedTuple):
    """One match spec, taken apart."""

    name: str
    """In lower case."""
    version: str = ""
    """``=1.26.*``, ``==1.2``, ``>=1,<2``; a version alone is written with its operator."""
    build: str = ""
    channel: str = ""
    """As written, with the subdir where one is: ``conda-forge/linux-64``."""
    more: Mapping[str, str] = _NO_MORE
    """What stands in brackets beside version, build and channel: ``md5``, ``build_number`` …"""
    url: str = ""
    """Of one package file; then the name is all that is known beside it."""


def split(text: str) -> Parts:
    """Return the parts of a match spec that :func:`envboot.formats.parts.match_spec.read` took."""
    if "://" in text and "::" not in text:
        found = re.search(r"/([A-Za-z0-9_.-]+)-[^-/]+-[^-/]+$", text)
        return Parts(found.group(1).lower() if found else "", url=text)
    channel, _, rest = text.rpartition("::")
    brackets = _BRACKETS.search(rest)
    more: dict[str, str] = {}
    if brackets:
        rest = rest[: brackets.start()]
        more = {k.lower(): v.strip("'\"") for k, v in _PAIR.findall(brackets.group(1))}
    named = _NAME.match(rest.strip())
    name = named.group() if named else rest.strip()
    constraint = re.sub(r"^\((.*)\)$", r"\1", rest.strip()[len(name) :].strip())
    built = _BUILT.fullmatch(constraint)
    version, build = (built.group(1), built.group(2)) if built else (constraint, "")
    return Parts(
        name.lower(),
        _operated(version or more.pop("version", "")),
        build or more.pop("build", ""),
        channel or more.pop("channel", ""),
        more,
    )


def join(parts: Parts, origin: Origin) -> Dependency:
    """Return the dependency of those parts. Raises InvalidFile where conda knows no such spec."""
    if parts.url:
        return match_spec.read(parts.url, origin)[0]
    lead = f"{parts.channel}::" if parts.channel else ""
    version, build, more = parts.version, parts.build, dict(parts.more)
    single = re.fullmatch(r"={1,2}([^=<>!~,|\s]+)", version)
    if build and re.fullmatch(r"[A-Za-z0-9_.*+]+", build) and (single or not version):
        version = f"={single.group(1) if single else '*'}={build}"
    elif build or (more and version):
        more = {**({"version": version} if version else {}), **more}
        more.update({"build": build} if build else {})
        version = ""
    inside = ",".join(f"{key}='{value}'" for key, value in more.items())
    text = f"{lead}{parts.name}{version}" + (f"[{inside}]" if inside else "")
    return match_spec.read(text, origin)[0]


def from_pixi(version: str) -> str:
    """Return the version of a pixi manifest as a match spec has it: ``1.26.*`` → ``=1.26.*``."""
    bare = requirement.uncommented(version).replace(" ", "")
    return "" if bare == "*" else _operated(bare)


def to_pixi(version: str) -> str:
    """Return the version of a match spec as pixi's manifests have it: ``=1.26`` → ``1.26.*``."""
    single = re.fullmatch(r"=([^=<>!~,|]+)", version)
    if not version or (single and single.group(1) == "*"):
        return "*"
    if single:
        found = single.group(1)
        return found if found.endswith("*") else f"{found}.*"
    return version


def _operated(version: str) -> str:
    """Return a version that stands alone with the operator that conda takes it for."""
    version = re.sub(r"\s+", "", version)
    if version == "*":
        return ""
    bare = _BARE.fullmatch(version)
    if not bare:
        return version
    return f"={version}" if bare.group(1) else f"=={version}"
