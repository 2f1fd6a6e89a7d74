"""What is asked for, one package at a time, while it is found out what it can be."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from envboot.engines.rattler.order import Finding
from envboot.engines.rattler.work import specs

if TYPE_CHECKING:
    from collections.abc import Callable

    from envboot.engines.rattler.order import Asked

_FIRST = re.compile(r"\d[\w.]*", re.ASCII)
_OPERATOR = re.compile(r"^\s*[A-Za-z0-9_.-]+?\s*(==|=)?\s*v?\d[\w.]*?(\.?\*)?\s*$")


@dataclass
class Wish:
    """One package that is asked for, and what was found out about it."""

    asked: Asked
    at: int
    """Its place among all that is asked."""
    name: str
    """In lower case, as channels have it; another than was written when that was mended."""
    spec: str
    """The match spec that rattler is given."""
    version: str = ""
    """The condition on the version, ``1.9.*``; "" for any."""
    pinned: bool = False
    """It asks for more than a name."""
    missing: bool = False
    """No package meets it on this platform: only its name is solved for."""
    texts: str = ""
    """What is wrong with it, "" for nothing."""
    hint: str = ""
    nearest: str = ""
    soft: bool = False
    """What is wrong stands in nobody's way: it is said only beside something that does."""

    @property
    def solvable(self) -> str:
        """Return the spec to solve for: the name alone where no package meets the rest."""
        return self.name if self.missing else self.spec

    @property
    def written(self) -> str:
        """Return the spec as the file has it."""
        return self.asked.text.partition("#")[0].strip()

    @property
    def wanted(self) -> str:
        """Return the version that the person has in mind, ``1.9``; "" where there is none."""
        found = _FIRST.search(self.version)
        return found[0].rstrip(".") if found else ""

    def finding(self) -> Finding:
        """Return what is wrong, as a person reads it."""
        return Finding(self.texts, self.hint, self.asked.at, self.asked.text, self.nearest)

    def record_matches(self, record: Any) -> bool:  # noqa: ANN401 - rattler's
        """Return whether a package is what is wished for."""
        from rattler import MatchSpec

        return bool(MatchSpec(self.spec).matches(record))

    def rename(self, name: str) -> None:
        """Go on under another name, with the same conditions."""
        from rattler import MatchSpec, NamelessMatchSpec

        bare = NamelessMatchSpec.from_match_spec(MatchSpec(self.spec))
        self.name, self.spec = name, str(MatchSpec.from_nameless(bare, name))

    def respelled(self, name: str) -> str:
        """Return the spec as the file has it with another name."""
        head, colons, tail = self.written.rpartition("::")
        return f"{head}{colons}{name}{tail[len(_name(tail)) :]}"

    def with_version(self, version: str) -> str:
        """Return the spec with the nearest version, as precise as the person wrote theirs.

        ``python=3.7`` becomes ``python=3.9``, ``numpy==1.9.1`` ``numpy==1.21.6``.
        """
        head, colons, tail = self.written.rpartition("::")
        kind = _OPERATOR.match(tail)
        exact = bool(kind and kind[1] != "=" and not kind[2])
        count = len(self.wanted.split(".")) if kind else 2
        text = version if exact else ".".join(version.split(".")[: max(count, 1)])
        star = ".*" if kind and kind[2] else ""
        return f"{head}{colons}{self.name}{'==' if exact else '='}{text}{star}"


def wish(asked: Asked, at: int, address: Callable[[str], str]) -> Wish | None:
    """Return what a line asks for; None when rattler cannot read it."""
    from rattler import MatchSpec
    from rattler.exceptions import InvalidMatchSpecError

    try:
        text = specs.addressed(asked.text, address)
        found = MatchSpec(text)
    except InvalidMatchSpecError:
        return None
    parts = specs.parts(asked.text)
    if parts is None:
        return None
    version = found.version or ""
    pinned = bool(version or found.build or found.build_number)
    return Wish(asked, at, parts.name, text, version, pinned)


def written_name(text: str) -> str:
    """Return the name in a spec as it is written: ``pyTorch``."""
    return _name(text.rpartition("::")[2])


def _name(text: str) -> str:
    found = re.match(r"\s*[A-Za-z0-9_.-]+", text)
    return found[0] if found else ""
