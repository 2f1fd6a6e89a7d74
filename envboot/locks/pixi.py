"""pixi.lock, versions 5 to 7, for one platform.

Source: the crate ``rattler_lock`` and what py-rattler writes. Its environment ``default`` counts;
a lock with one environment only may call it anything.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envboot.locks import reading
from envboot.locks.values import Contents

if TYPE_CHECKING:
    from envboot.locks.reading import Item
    from envboot.locks.values import Locked

VERSIONS = range(5, 8)
_LINE = re.compile(r"^( *)(- )?([^\s:'\"#][^:'\"]*|'[^']+'|\"[^\"]+\"):(?:[ \t]+(.*))?$")
_Row = tuple[int, tuple[str, ...], str, str]


def read(text: str, path: str, subdir: str) -> Contents:
    """Return what the lock says of ``subdir``. Raises InvalidFile."""
    parts = reading.sections(text)
    line, version, _ = parts.get("version", (1, "", ""))
    if not version.isdecimal() or "environments" not in parts or "packages" not in parts:
        raise reading.refused("this is no pixi.lock", path, line)
    if int(version[:9]) not in VERSIONS:
        known = f"{VERSIONS[0]} to {VERSIONS[-1]}"
        raise reading.refused(f"version {version[:9]} is not read; {known} are", path, line)
    rows = list(_rows(*parts["environments"]))
    environment = _environment(rows)
    names = _names(parts)
    there = dict.fromkeys(
        at[2] for _, at, _, _ in rows if at[:2] == (environment, "packages") and at[2:]
    )
    mine = [n for n in there if names.get(n, n) == subdir]
    mine = [subdir] if subdir in mine else mine[:1]
    wanted = [row for row in rows if mine and row[1] == (environment, "packages", mine[0])]
    packages, foreign, demands = _packages(wanted, parts["packages"], path)
    return Contents(
        tuple(packages),
        tuple(dict.fromkeys(names.get(n, n) for n in there)),
        reading.made_of(text),
        path,
        tuple(foreign),
        tuple(demands),
    )


def _rows(line: int, _value: str, body: str) -> list[_Row]:
    """Return line, keys above, key and value of every pair below ``environments``."""
    out: list[_Row] = []
    above: list[tuple[int, str]] = []
    for number, text in enumerate(body.split("\n"), line):
        match = _LINE.match(text)
        if match is None:
            continue
        indent, key = len(match.group(1)), reading.plain(match.group(3))
        dash = bool(match.group(2))
        while above and (above[-1][0] > indent or (above[-1][0] == indent and not dash)):
            above.pop()
        keys = tuple(k for _, k in above)
        if dash:
            out.append((number, keys, key, reading.plain(match.group(4) or "")))
        else:
            above.append((indent, key))
            out.append((number, (*keys, key), "", ""))
    return out


def _environment(rows: list[_Row]) -> str:
    names = list(dict.fromkeys(at[0] for _, at, _, _ in rows if at))
    if "default" in names:
        return "default"
    return names[0] if len(names) == 1 else ""


def _names(parts: dict[str, tuple[int, str, str]]) -> dict[str, str]:
    """Return which platform of conda a name of version 7 stands for."""
    out: dict[str, str] = {}
    if "platforms" in parts:
        line, _, body = parts["platforms"]
        for item in reading.items(body, line, ""):
            name = item.fields.get("name", "")
            out[name] = item.fields.get("subdir", name)
    return out


def _packages(
    wanted: list[_Row], section: tuple[int, str, str], path: str
) -> tuple[list[Locked], list[str], dict[str, None]]:
    line, _, body = section
    table: dict[tuple[str, str], Item] = {}
    for item in reading.items(body, line, path):
        fields = item.fields
        kind = fields.get("kind") or next((k for k in ("conda", "pypi") if k in fields), "")
        address = fields.get(kind) or fields.get("url") or ""
        table.setdefault((kind, address), item)
    packages: list[Locked] = []
    foreign: list[str] = []
    demands: dict[str, None] = {}
    for number, _, kind, address in wanted:
        if not kind:
            continue
        found = table.get((kind, address))
        if found is None and "://" in address:
            raise reading.refused(f"`{address[:80]}` is not in the list of packages", path, number)
        one = reading.locked(found, address, kind, path) if found else None
        if one is None or found is None:
            foreign.append(address[:80])
            continue
        packages.append(one)
        demands.update(dict.fromkeys(d for d in found.depends() if d.startswith("__")))
    return packages, foreign, demands
