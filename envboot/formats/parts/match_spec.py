"""One conda match spec: a name, a version, a channel, a build.

Source: conda's documentation, "Package match specifications".
"""

from __future__ import annotations

import re

from envboot.errors import InvalidFile
from envboot.formats.parts import requirement
from envboot.spec import Dependency, Origin

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_VERSION = r"(?:==|>=|<=|!=|~=|=|<|>)?\s*[A-Za-z0-9*][A-Za-z0-9_.*+!]*"
_CLAUSES = re.compile(rf"{_VERSION}(?:\s*[,|]\s*{_VERSION})*")
_ARCHIVE = re.compile(
    r"(?:https?|file)://\S+/([A-Za-z0-9_.-]+)-[^-/]+-[^-/]+\.(?:conda|tar\.bz2)(?:#\w+)?"
)
LONGEST = 1000  # characters of a match spec
SPELLINGS = "write `name`, `name=1.2`, `name>=1.2,<2` or `channel::name=1.2=build`"


def read(text: str, origin: Origin) -> tuple[Dependency, str]:
    """Return the dependency and the version part of a conda match spec. Raises InvalidFile.

    What conda would take for a build string by mistake (``x>=1 ; marker``, ``python>=3.11<3.12``)
    is an error here.
    """
    text = requirement.clean(requirement.uncommented(text), origin)
    if len(text) > LONGEST:
        raise InvalidFile(
            f"`{requirement.short(text)}` is too long for a package", hint=SPELLINGS, origin=origin
        )
    archive = _ARCHIVE.fullmatch(text)
    if archive:
        return Dependency(archive.group(1).lower(), text, "conda", origin), ""
    rest = text.rsplit("::", 1)[-1].strip()
    brackets = re.search(r"\s*\[([^\]]*)\]$", rest)
    if brackets:
        rest = rest[: brackets.start()]
    named = _NAME.match(rest)
    constraint = rest[named.end() :].strip() if named else ""
    wrong = ""
    if not named:
        wrong = "names no package"
    elif ";" in rest:
        wrong = "has an environment marker, which conda does not know"
    elif not _is_constraint(constraint):
        wrong = "has a version that conda does not understand"
    if wrong or not named:
        hint = SPELLINGS
        if "marker" in wrong:
            hint = "move the line below `pip:`, or drop the marker"
        raise InvalidFile(f"`{requirement.short(text)}` {wrong}", hint=hint, origin=origin)
    if brackets and not constraint:
        inside = re.search(r"version\s*=\s*(['\"]?)([^'\"]*)\1", brackets.group(1))
        constraint = inside.group(2) if inside else ""
    return Dependency(named.group().lower(), text, "conda", origin), _version(constraint)


def _is_constraint(text: str) -> bool:
    if not text or text == "*":
        return True
    text = re.sub(r"^\((.*)\)$", r"\1", text)
    if _CLAUSES.fullmatch(text):
        return True
    return bool(re.fullmatch(r"={0,2}\s*[A-Za-z0-9_.*+!]+(?:=|\s+)[A-Za-z0-9_.*+]+", text))


def _version(constraint: str) -> str:
    """Return the constraint without its build string."""
    release = r"([A-Za-z0-9*][A-Za-z0-9_.*+!]*)"
    built = re.fullmatch(rf"(={{0,2}})\s*{release}(?:=|\s+)[A-Za-z0-9_.*+]+", constraint)
    if built:
        return f"=={built.group(2)}" if "*" not in built.group(2) else f"={built.group(2)}"
    return re.sub(r"^\((.*)\)$", r"\1", constraint)
