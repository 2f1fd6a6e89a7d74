"""``conda-meta``: the record of each package, what was asked for, and the variables.

A prefix is read without conda, as conda itself reads it. Sources: conda's documentation ("Conda
package specification", "Managing environments", ``conda env config vars``), its ``PrefixRecord``;
rattler and pixi write the same records, with ``requested_spec(s)`` and no history.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from envboot.conda import channels
from envboot.freeze import history

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from envboot.shell import Shell

_NAME = re.compile(r"[A-Za-z0-9_][\w.-]*")
_VERSION = re.compile(r"[\w.!+*-]+")
_VARIABLE = re.compile(r"[A-Za-z_]\w*")
_UNSET = "***unset***"
"""What ``conda env config vars unset`` leaves behind for an activated shell."""


@dataclass(frozen=True)
class Record:
    """One conda package that is installed."""

    name: str
    """In lower case."""
    version: str
    channel: str = ""
    """As :func:`envboot.conda.channels.name` writes it."""
    files: tuple[str, ...] = ()
    """POSIX, relative to the prefix."""
    needs: frozenset[str] = frozenset()
    """Names of the packages that it depends on."""
    asked_as: str = ""
    """What the record itself says that was asked for; "" when nothing was."""


@dataclass(frozen=True)
class Prefix:
    """What ``conda-meta`` says of an environment."""

    records: tuple[Record, ...] = ()
    asked: Mapping[str, str] = field(default_factory=dict)
    """Name → match spec; only of packages that are installed."""
    channels: tuple[tuple[str, ...], ...] = ()
    """Of each command, the latest first."""
    variables: tuple[tuple[str, str], ...] = ()
    unreadable: tuple[str, ...] = ()


def read(prefix: Path, shell: Shell) -> Prefix:
    """Return what ``conda-meta`` says; nothing at all where there is none."""
    found: dict[str, Record] = {}
    broken = []
    folder = prefix / "conda-meta"
    for path in shell.folder(folder):
        if path.suffix == ".json":
            one = _record(shell.read(path))
            if one is None:
                broken.append(f"conda-meta/{path.name} is no record of a package")
            else:
                found[one.name] = one
    said = history.parse(
        (shell.read(folder / "history", history.LIMIT) or b"").decode("utf-8", "replace")
    )
    # conda was not always careful to write down what it removed.
    asked = {name: spec for name, spec in said.asked.items() if name in found}
    needed = {name for record in found.values() for name in record.needs - {record.name}}
    for name in said.copied & asked.keys():
        if name in needed:
            del asked[name]
        else:
            asked[name] = name
    if not said.asked:
        asked = {r.name: r.asked_as for r in found.values() if r.asked_as}
    return Prefix(
        tuple(found.values()), asked, said.channels, _variables(folder, shell), tuple(broken)
    )


def _record(data: bytes | None) -> Record | None:
    said = _table(data)
    name, version = said.get("name"), said.get("version")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        return None
    if not isinstance(version, str) or not _VERSION.fullmatch(version):
        return None
    depends = said.get("depends")
    needs = depends if isinstance(depends, list) else []
    files = said.get("files")
    paths = tuple(f for f in files if isinstance(f, str)) if isinstance(files, list) else ()
    return Record(
        name.lower(),
        version,
        channels.of_package(said.get("url"), said.get("channel")),
        tuple(p.replace("\\", "/") for p in paths),
        frozenset(history.name_of(d) for d in needs if isinstance(d, str)),
        _asked(said),
    )


def _asked(said: dict[str, object]) -> str:
    """Return the spec that the record keeps; conda writes ``None`` for what nobody asked for."""
    several = said.get("requested_specs")
    told = several[0] if isinstance(several, list) and several else said.get("requested_spec")
    if not isinstance(told, str) or told in {"", "None"} or not told.isprintable():
        return ""
    return history.without_token(told)


def _variables(folder: Path, shell: Shell) -> tuple[tuple[str, str], ...]:
    """Return what ``conda env config vars set`` keeps, in its order."""
    kept = _table(shell.read(folder / "state", 1 << 20)).get("env_vars")
    pairs = kept.items() if isinstance(kept, dict) else ()
    return tuple(
        (name, value)
        for name, value in pairs
        if isinstance(value, str) and value != _UNSET and _VARIABLE.fullmatch(name)
    )


def _table(data: bytes | None) -> dict[str, object]:
    try:
        found = json.loads(data or b"{}")
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
