"""The oldest C library and the oldest macOS that the installed wheels run on, from their tags.

Sources: PEP 600 (``manylinux_2_28_x86_64``) with its aliases of PEP 513, 571 and 599; PyPA's
platform compatibility tags (``macosx_11_0_arm64``). A wheel with several tags runs where any does.
Another release, or a source distribution, may do on an older system: a recommendation.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envboot.spec import Need, Origin

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envboot.freeze import Live

_TAGS = {
    "glibc": re.compile(r"manylinux_(\d{1,3})_(\d{1,3})_"),
    "macos": re.compile(r"macosx_(\d{1,3})_(\d{1,3})_"),
}
_ALIASES = {"manylinux1_": (2, 5), "manylinux2010_": (2, 12), "manylinux2014_": (2, 17)}
_ORDINARY = {"glibc": (2, 28), "macos": (11, 0)}
"""What the wheels of nearly every package ask for by now, and no line says much with: Debian 10,
RHEL 8, the first Macs with Apple's processors."""


def needs(live: Live | None) -> Iterator[Need]:
    """Yield glibc and macos where a wheel asks for more than is ordinary."""
    for key, ordinary in _ORDINARY.items():
        found = [
            (oldest, one)
            for one in (live.installed if live else ())
            if (oldest := min(_floors(key, one.tags), default=None))
        ]
        floor, one = max(found, default=(ordinary, None), key=lambda pair: pair[0])
        if one is not None and floor > ordinary:
            text = ".".join(map(str, floor))
            name = f"{one.name} {one.version}"
            why = f"the wheel of {name}"
            yield Need(key, text, "", Origin(name), "recommended", "inferred", why)


def _floors(key: str, tags: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    for tag in tags:
        if match := _TAGS[key].search(tag):
            yield int(match.group(1)), int(match.group(2))
        elif key == "glibc":
            yield from (floor for alias, floor in _ALIASES.items() if alias in tag)
