"""Match specs: what conda and rattler read differently, and how conda spells one.

conda writes a spec in a form of its own into an environment's history and records, and reads it
there when it is asked to change the environment. Source: conda's documentation ("Package match
specifications"); the spelling was compared with conda 26.7.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from envboot.engines.rattler.order import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from collections.abc import Set as AbstractSet

    from envboot.engines.rattler.order import Asked

_SPEC = re.compile(
    r"(?:(?P<channel>\S*?)::)?(?P<name>[A-Za-z0-9_.-]+|\*)\s*"
    r"(?P<rest>[^\[\]]*?)\s*(?P<brackets>\[.*\])?\s*"
)
_FIELDS = re.compile(r"""\s*(?P<key>\w+)\s*=\s*(?:"(?P<d>[^"]*)"|'(?P<s>[^']*)'|(?P<b>[^,\s]+))""")
_BUILD = re.compile(r"(.*[^=!|,<>~\s])\s*[ =]\s*([^-=,|<>~\s]+)")
_TWICE = re.compile(r"[\w.*+][ \t]*(?:[<>]=?|[!~=]=)")
_RANGE = frozenset("><$^|,")
_SLIPS = (("===", "=="), ("=>", ">="), ("=<", "<="))


@dataclass(frozen=True)
class Parts:
    """A spec taken apart; "" for what it does not say."""

    name: str
    channel: str = ""
    subdir: str = ""
    version: str = ""
    build: str = ""
    fields: tuple[tuple[str, str], ...] = ()
    """What else stands in brackets."""


def parts(text: str) -> Parts | None:
    """Return the parts of a spec as conda takes it apart; None when it has no package's name."""
    match = _SPEC.fullmatch(text.partition("#")[0].strip())
    if match is None:
        return None
    fields = {
        m["key"]: next(v for v in (m["d"], m["s"], m["b"]) if v is not None)
        for m in _FIELDS.finditer((match["brackets"] or "")[1:-1])
    }
    rest = match["rest"].strip()
    if rest.startswith("(") and rest.endswith(")"):
        rest = rest[1:-1]
    found = _BUILD.fullmatch(rest)
    version, build = (found[1], found[2]) if found else (rest, "")
    build = fields.pop("build", build)
    version = _plain(fields.pop("version", version), build)
    channel, subdir = _channel(fields.pop("channel", "") or match["channel"] or "")
    return Parts(
        match["name"].lower(),
        channel,
        fields.pop("subdir", subdir),
        version,
        build,
        tuple(fields.items()),
    )


def spelled(text: str, channel_name: Callable[[str], str] = str) -> str:
    """Return a spec as conda writes it: ``numpy 1.26.*`` is ``numpy=1.26``.

    ``channel_name`` says what conda calls the channel in it. What cannot be read is returned as it
    is.
    """
    found = parts(text)
    if found is None:
        return text
    line, brackets = found.name, []
    if found.channel:
        channel = channel_name(found.channel)
        line = f"{channel}{'/' if found.subdir else ''}{found.subdir}::{found.name}"
    elif found.subdir:
        brackets.append(f"subdir={found.subdir}")
    version = _spelled_version(found)
    if version.startswith("version="):
        brackets.append(version)
    else:
        line += version
    if found.build and version.startswith("==") and not set(found.build) & {*_RANGE, "*"}:
        line += f"={found.build}"
    elif found.build:
        brackets.append(_field("build", found.build, _RANGE))
    brackets += [_field(key, value, set(", =")) for key, value in found.fields]
    return f"{line}[{','.join(brackets)}]" if brackets else line


def mistakes(asked: Iterable[Asked]) -> tuple[Finding, ...]:
    """Return what in the specs rattler cannot read, or would read as something else than conda."""
    return tuple(f for a in asked if (f := _mistake(a)) is not None)


def match_specs(asked: Iterable[Asked], address: Callable[[str], str]) -> list[Any]:
    """Return rattler's match specs; ``address`` says what a channel's name means."""
    from rattler import MatchSpec

    return [MatchSpec(addressed(a.text, address)) for a in asked]


def addressed(text: str, address: Callable[[str], str]) -> str:
    """Return the spec with its channel's name replaced by what ``address`` says of it."""
    found = parts(text)
    if found is None or not found.channel:
        return text.partition("#")[0].strip()
    fields = dict(found.fields)
    if found.subdir:
        fields["subdir"] = found.subdir
    if found.version:
        fields["version"] = found.version
    if found.build:
        fields["build"] = found.build
    more = ",".join(f'{key}="{value}"' for key, value in fields.items())
    return f"{address(found.channel)}::{found.name}" + (f"[{more}]" if more else "")


# ----------------------------------------------------------------------- parts of the above


def _spelled_version(found: Parts) -> str:
    """Return what follows the name, or ``version=…`` where it has to stand in brackets."""
    version = found.version
    alike = version[:2] in ("!=", "~=")
    if set(version) & _RANGE or (alike and found.build):
        return f"version='{version}'"
    if version in ("", "*") or alike:
        return "" if version == "*" else version
    if version.endswith("*"):
        return "=" + version.removesuffix("*").removesuffix(".")
    return f"=={version.lstrip('=')}"


def _field(key: str, value: str, quoted: AbstractSet[str]) -> str:
    return f"{key}='{value}'" if set(value) & quoted else f"{key}={value}"


def _plain(version: str, build: str) -> str:
    """Return a version as conda keeps it: ``=1.2`` is ``1.2.*``, ``==1.2`` is ``1.2``."""
    version = version.replace(" ", "")
    if version.startswith("==") and not build and not set(version) & set(",|"):
        return version[2:]
    if version.startswith("=") and not version.startswith("==") and not set(version) & set(",|"):
        bare = version[1:]
        return bare if build or bare.endswith("*") else f"{bare}.*"
    return version


def _channel(text: str) -> tuple[str, str]:
    """Return a channel and the subdir behind it, ``conda-forge/linux-64``; "" for none."""
    head, _, tail = text.rstrip("/").rpartition("/")
    known = tail == "noarch" or re.fullmatch(r"(?:linux|osx|win|emscripten|wasi|zos)-\w+", tail)
    return (head, tail) if head and known else (text.rstrip("/"), "")


def _mistake(asked: Asked) -> Finding | None:
    from rattler import MatchSpec
    from rattler.exceptions import InvalidMatchSpecError

    text = asked.text.partition("#")[0].strip()
    found = _SPEC.fullmatch(text)
    rest = found["rest"] if found else ""
    if ";" in text:
        bare = text.partition(";")[0].strip()
        return Finding(
            f"`{text}` has a condition, which conda packages cannot have",
            f"write `{bare}`, or move the line below `pip:`",
            asked.at,
            text,
            bare,
        )
    for wrong, right in _SLIPS:
        if wrong in rest:
            better = text.replace(wrong, right, 1)
            return Finding(
                f"`{text}` is no version that conda knows: `{wrong}`",
                f"write `{better}`",
                asked.at,
                text,
                better,
            )
    if rest and (twice := _TWICE.search(rest)):
        place = text.index(rest) + twice.start() + 1
        better = f"{text[:place]},{text[place:].lstrip()}"
        return Finding(
            f"`{text}` needs a comma between its two conditions",
            f"write `{better}`",
            asked.at,
            text,
            better,
        )
    try:
        MatchSpec(addressed(text, lambda name: name))
    except InvalidMatchSpecError as error:
        return Finding(f"`{text}` cannot be read as a conda package: {error}", "", asked.at, text)
    return None
