"""All that a list of requirements brings along, there: uv resolves it for another platform.

Only wheels count (``--only-binary :all:``), so nothing of a stranger's package runs here. Where no
set of packages fits, uv's reason becomes one line.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from envboot.errors import CommandFailed, EnvbootError
from envboot.formats.parts import toml
from envboot.spec import Origin

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from envboot.preflight.targets import Target
    from envboot.shell import Shell

GLIBCS = (40, 39, 38, 37, 36, 35, 34, 33, 32, 31, 28, 17)
"""Minor versions of glibc 2 for which uv has a platform (``uv pip compile --help``, 0.13)."""
_FRAME = re.compile(r"(?m)^\s*[\u2500-\u25ff\u00d7]*\s*")  # older ones draw a tree
_SOURCES = re.compile(r"Wheels are required for `([A-Za-z0-9._-]+)`")
_WORDS = (
    ("depends on", "needs"),
    ("depend on", "needs"),
    ("you require", "the files ask for"),
    ("has no usable wheels", "has no wheel there"),
    ("have no usable wheels", "have no wheel there"),
)
_LONGEST = 240  # characters of a reason that is shown as it is
_NEEDS = re.compile(r"([A-Za-z0-9][\w.-]*[^\s;]*) needs ([A-Za-z0-9][\w.-]*?)([<>=!~][^\s;]*)")
_ASKED = re.compile(r"the files ask for ([^;]*)")
_LIMITED = re.compile(r"([A-Za-z0-9][\w.-]*?)([<>=!~][^\s;]*)")


@dataclass(frozen=True)
class Resolved:
    """What uv said."""

    packages: tuple[tuple[str, str, int | None], ...] = ()
    """Name, version, bytes of the wheel; None where the index does not say."""
    why: str = ""
    """Why there is no answer; "" with one."""
    sources: str = ""
    """The package of which only sources are there, where that is why."""
    whole: str = ""
    """The whole of uv's reason."""
    unknown: bool = False
    """True: nothing was found out, for example because the index gave no answer."""


def platform_of(target: Target) -> str:
    """Return what uv calls the target's platform; "" where it has no name for it."""
    platform = target.platform
    if platform.sys_platform != "linux" or not platform.uv:
        return platform.uv
    glibc = re.fullmatch(r"2\.(\d{1,3}).*", target.machine.glibc)
    if not glibc:
        return f"{platform.machine}-unknown-linux-musl"
    minor = next((m for m in GLIBCS if m <= int(glibc[1])), 0)
    return f"{platform.machine}-manylinux_2_{minor}" if minor else ""


def resolve(  # noqa: PLR0913 - each is a part of the question
    program: Path,
    env: Mapping[str, str],
    work: Path,
    place: tuple[str, str],
    shell: Shell,
    *,
    requirements: Sequence[str],
    constraints: Sequence[str] = (),
    excluded: Sequence[str] = (),
    flags: Sequence[str] = (),
) -> Resolved:
    """Return the packages for ``place``: uv's name of a platform, and a Python, "3.11".

    ``excluded`` are left out with all that they alone bring. ``work`` is a folder of our own.
    """
    shell.write(work / "requirements.txt", _text(requirements), lasting=False, private=True)
    arguments: list[str] = []
    for name, flag, rows in (
        ("constraints.txt", "--constraints", constraints),
        ("excludes.txt", "--excludes", excluded),
    ):
        if rows:
            shell.write(work / name, _text(rows), lasting=False, private=True)
            arguments += [flag, name]
    argv = (
        *(str(program), "pip", "compile", "--quiet", "--format", "pylock.toml"),
        *("--only-binary", ":all:", "--python-platform", place[0], "--python-version", place[1]),
        *(*flags, *arguments, "-o", "pylock.toml", "--", "requirements.txt"),
    )
    shell.remove(work / "pylock.toml")  # else uv would keep its versions
    said: list[str] = []
    try:
        shell.do(argv, cwd=work, env=env, said=said.append, why="resolving for another platform")
    except CommandFailed:
        return failed(said)
    try:
        text = (shell.read(work / "pylock.toml") or b"").decode("utf-8", "replace")
        found = toml.loads(text, Origin("pylock.toml")).get("packages", [])
        return Resolved(tuple((str(p["name"]), str(p.get("version", "")), _size(p)) for p in found))
    except (EnvbootError, KeyError, TypeError, AttributeError):
        return Resolved(why="uv's answer cannot be read", unknown=True)


def failed(said: Sequence[str]) -> Resolved:
    """Return what uv's complaint means; pure."""
    text = "\n".join(said)
    if "No solution found" not in text:
        rows = [row for row in said if not row.lstrip().startswith(("warning:", "hint:"))]
        plain = [_FRAME.sub("", re.sub(r"^\s*(?:error|cause):", "", row)) for row in rows]
        return Resolved(why=plain[-1].strip() if plain else "uv gave no reason", unknown=True)
    body = text.split("No solution found", 1)[1].partition("\n")[2]
    body = re.split(r"\n\s*hint:", body)[0]
    body = re.sub(r"(?m)^\s*cause:", "", _FRAME.sub("", body))
    body = " ".join(body.split())
    return Resolved(why=sentence(body), sources=_only_sources(text), whole=body)


def sentence(reason: str) -> str:
    """Return uv's proof as one clash: who needs what, and who something else.

    A proof without such a pair is cut to its first steps, without their conclusions.
    """
    text = re.sub(r"\{[^{}]*\}", "", reason)  # the marker behind a name says nothing more
    text = re.sub(r"^Because ", "", text)
    text = re.sub(r"[.;,]\s*And because ", "; ", text)
    text = re.sub(r",?\s*we can conclude that .*?(?=;|\.(?:\s|$)|$)", "", text)
    for uvs, ours in _WORDS:
        text = text.replace(uvs, ours)
    text = re.sub(r"[\s.;]*[.;][\s.;]+", "; ", text).strip(" .;,")
    return _clash(text) or text[:_LONGEST]


def _clash(text: str) -> str:
    """Return the first pair of demands on one package that do not go together; "" without one."""
    needs = [(who, what, limit.rstrip(",.")) for who, what, limit in _NEEDS.findall(text)]
    asked = [
        (what, limit.rstrip(",."))
        for clause in _ASKED.findall(text)
        for what, limit in _LIMITED.findall(clause)
    ]
    for who, what, limit in needs:
        for other, same in asked:
            if other == what and apart(limit, same):
                return f"{who} needs {what}{limit}, and the files ask for {what}{same}"
    for number, (who, what, limit) in enumerate(needs):
        for other, same, second in needs[number + 1 :]:
            if same == what and _name(other) != _name(who) and apart(limit, second):
                return f"{who} needs {what}{limit}, and {other} needs {what}{second}"
    return ""


def apart(one: str, other: str) -> bool:
    """Return whether no version is in both of two PEP 440 sets, as far as their bounds tell.

    Each bound is tried, with what lies just above it and just below.
    """
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        both = SpecifierSet(f"{one},{other}")
    except InvalidSpecifier:
        return False
    for bound in re.findall(r"\d+(?:\.\d+)*", f"{one},{other}"):
        tried = (bound, f"{bound}.0.1", _below(bound))
        if any(both.contains(version, prereleases=True) for version in tried):
            return False
    return True


def _below(version: str) -> str:
    """Return a version just below: 1.22.999 of 1.23, 1.999 of 2.0.0, 0 of 0."""
    parts = [int(part[:9]) for part in version.split(".")]
    while parts and not parts[-1]:
        parts.pop()
    return ".".join(map(str, [*parts[:-1], parts[-1] - 1, 999])) if parts else "0"


def _name(what: str) -> str:
    return re.split(r"[<>=!~]", what, maxsplit=1)[0]


def _only_sources(text: str) -> str:
    found = _SOURCES.search(text)
    return found[1] if found else ""


def _size(package: Mapping[str, object]) -> int | None:
    wheels = package.get("wheels")
    first = wheels[0] if isinstance(wheels, list) and wheels else {}
    size = first.get("size") if isinstance(first, dict) else None
    return size if isinstance(size, int) else None


def _text(rows: Sequence[str]) -> str:
    return "".join(f"{row}\n" for row in rows)
