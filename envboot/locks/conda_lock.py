"""conda-lock.yml, version 1, for one platform: its main category, what is not optional.

Source: conda-lock's documentation and its models (``conda_lock/lockfile``).
"""

from __future__ import annotations

import re

from envboot.locks import reading
from envboot.locks.values import Contents, Locked

_MANAGERS = {"conda": "conda", "pip": "pypi"}
_PLATFORMS = re.compile(r"^( *)platforms:[ \t]*\n((?:\1 *-[^\n]*\n?)*)", re.MULTILINE)


def read(text: str, path: str, subdir: str) -> Contents:
    """Return what the lock says of ``subdir``. Raises InvalidFile."""
    parts = reading.sections(text)
    if "package" not in parts or "metadata" not in parts:
        raise reading.refused("this is no conda-lock.yml", path, 1)
    line, version, _ = parts.get("version", (1, "1", ""))
    if version != "1":
        raise reading.refused(f"version {version[:9]} is not read; 1 is", path, line)
    packages: list[Locked] = []
    foreign: list[str] = []
    platforms: dict[str, None] = {}
    named = _PLATFORMS.search(parts["metadata"][2])
    for row in named.group(2).splitlines() if named else ():
        platforms[reading.plain(row.strip()[1:])] = None
    line, _, body = parts["package"]
    for item in reading.items(body, line, path):
        fields = item.fields
        if named is None:
            platforms[fields.get("platform", "")] = None
        extra = fields.get("category", "main") != "main" or fields.get("optional") == "true"
        if fields.get("platform") != subdir or extra:
            continue
        manager, url = fields.get("manager", ""), fields.get("url", "")
        if manager not in _MANAGERS:
            raise reading.refused(f"`{manager[:20]}` is neither conda nor pip", path, item.line)
        one = reading.locked(item, url, _MANAGERS[manager], path)
        if one is None:
            foreign.append((fields.get("name") or url)[:80])
        else:
            packages.append(one)
    return Contents(tuple(packages), tuple(platforms), "", path, tuple(foreign))
