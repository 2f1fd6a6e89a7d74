"""Tools that envboot fetches for itself, after a yes: py-rattler and uv, from pinned wheels.

Each pinned set lies unpacked in a folder of its own in the person's cache, named by the digest of
the set and filled by one atomic rename, so that several first runs at once are safe. A wheel is a
zip: no pip is needed. What is there already is used offline too.

Here it is looked up what there is; :mod:`envboot.tools.fetching` is the child that fetches.
"""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from envboot import caches, index, interpreters, platforms
from envboot.plan import Remove, child

if TYPE_CHECKING:
    from pathlib import Path

    from envboot.interpreters import Interpreter
    from envboot.plan import Run, Step
    from envboot.shell import Shell

MARK = "envboot-tool.json"
"""In a folder that is whole: the bytes of each file, by POSIX path."""
PROGRAMS = "bin"
"""Where the programs of a wheel lie in its folder."""
_LAYOUT = "1"
"""To be changed whenever the same wheel is unpacked otherwise than before."""
_ROOM = 6
"""So many times the bytes of a wheel are needed while it is unpacked (py-rattler: 5)."""
_LARGEST = 1 << 24  # bytes of a mark


@dataclass(frozen=True)
class Wheel:
    """One wheel that is trusted, by its digest on the Python package index."""

    filename: str
    sha256: str
    size: int
    """Bytes."""

    @property
    def glibc(self) -> tuple[int, int]:
        """Return the oldest GNU C library that it runs with, (0, 0) where it asks for none.

        Source: PEP 600, ``manylinux_2_28``.
        """
        found = re.findall(r"manylinux_(\d+)_(\d+)_", self.filename)
        return min(((int(a), int(b)) for a, b in found), default=(0, 0))


@dataclass(frozen=True)
class Tool:
    """One tool at one version: the wheel for each platform, and what it asks of Python."""

    name: str
    """As the package index calls it: ``py-rattler``."""
    version: str
    python: tuple[int, int]
    """The oldest Python that it runs on."""
    wheels: tuple[tuple[str, Wheel], ...]
    """By conda's name of the platform, ``linux-64``; with musl ``linux-64-musl``."""

    @property
    def text(self) -> str:
        """Return name and version for people: ``py-rattler 0.28.0``."""
        return f"{self.name} {self.version}"


def platform_of(shell: Shell) -> str:
    """Return what this computer is called in :attr:`Tool.wheels`."""
    musl = shell.platform.system == "Linux" and not shell.platform.glibc
    return platforms.here(shell) + ("-musl" if musl else "")


def wheel_for(tool: Tool, shell: Shell) -> Wheel | None:
    """Return the wheel for this computer; None when there is none."""
    return dict(tool.wheels).get(platform_of(shell))


def python_for(tool: Tool, shell: Shell) -> Interpreter | None:
    """Return the Python to run ``tool`` with: the running one, else the newest that is found.

    A free-threaded Python cannot load modules of the stable ABI (PEP 703), nor can a PyPy.
    """
    oldest = ".".join(map(str, tool.python))
    chosen = interpreters.choose(f">={oldest}", shell)
    if chosen is not None and chosen.source == "running" and not _plain():
        return interpreters.choose(f">={oldest},!={chosen.text}", shell)
    return chosen


def _plain() -> bool:
    free = sys.implementation.name == "cpython" and "t" in getattr(sys, "abiflags", "")
    return sys.implementation.name == "cpython" and not free


# ----------------------------------------------------------------- where a tool lies


def folder(tool: Tool, shell: Shell) -> Path | None:
    """Return where the unpacked tool is on this computer; None when it is not there, or in part."""
    place = _cached(tool, shell)
    return place if place and whole(place, shell) else None


def program(tool: Tool, where: Path, shell: Shell) -> Path:
    """Return where the program of that name is in the folder of an unpacked tool."""
    ending = ".exe" if shell.platform.system == "Windows" else ""
    return where / PROGRAMS / f"{tool.name}{ending}"


def whole(place: Path, shell: Shell) -> bool:
    """Return whether every file that was unpacked at ``place`` is still there, of its size.

    More may be there: Python keeps its own beside the modules.
    """
    try:
        sizes = json.loads(shell.read(place / MARK, _LARGEST) or b"null")["files"]
        return bool(sizes) and sizes.items() <= shell.sizes(place).items()
    except (ValueError, TypeError, KeyError, AttributeError):
        return False


def place(tool: Tool, shell: Shell, beside: Path) -> Path:
    """Return where the tool is, or will be unpacked: in the cache, else below ``beside``.

    ``beside`` is the state folder of the environment: a read-only home must not stop anybody. What
    lies there is fetched anew each time, because a repository may have come with it.
    """
    wheel, cached = wheel_for(tool, shell), _cached(tool, shell)
    if wheel is None:
        return beside / "tools" / tool.name
    if cached and (whole(cached, shell) or _has_room(cached, wheel, shell)):
        return cached
    return beside / "tools" / _called(tool, wheel)


def _cached(tool: Tool, shell: Shell) -> Path | None:
    wheel, cache = wheel_for(tool, shell), caches.folder(shell)
    return cache / "tools" / _called(tool, wheel) if wheel and cache else None


def _called(tool: Tool, wheel: Wheel) -> str:
    """Return the name of the folder of an unpacked wheel."""
    import hashlib  # it loads OpenSSL

    digest = hashlib.sha256(f"{_LAYOUT} {wheel.sha256}".encode()).hexdigest()
    return f"{tool.name}-{tool.version}-{digest[:12]}"


def _has_room(where: Path, wheel: Wheel, shell: Shell) -> bool:
    free = shell.disk_free(where)
    return shell.writable(where) and (free is None or free > _ROOM * wheel.size)


# ------------------------------------------------------------------------ fetching it


def why_not(tool: Tool, shell: Shell, *, offline: bool, beside: Path | None = None) -> str | None:
    """Return None when the tool is there or can be fetched, else a sentence that says why not.

    ``beside``: as for :func:`place`; None: a place will be found.
    """
    wheel = wheel_for(tool, shell)
    if wheel is None:
        return f"there is no {tool.text} for {platform_of(shell).replace('-musl', ' with musl')}"
    if why := _unfit(tool, wheel, shell):
        return why
    if folder(tool, shell):
        return None
    if offline and not _is_near(tool, wheel, shell):
        return f"{tool.text} was not fetched yet, which takes the network"
    if beside and not _has_room(place(tool, shell, beside), wheel, shell):
        places = " nor ".join(str(p) for p in (caches.folder(shell), beside) if p)
        room = _ROOM * wheel.size // 1_000_000
        return f"{tool.text} needs {room} MB, which cannot be written to {places}"
    return None


def _unfit(tool: Tool, wheel: Wheel, shell: Shell) -> str:
    """Return why the wheel cannot be used on this computer, "" when it can."""
    have = shell.platform.glibc
    if wheel.glibc > _version(have):
        needed = ".".join(map(str, wheel.glibc))
        return f"{tool.text} needs glibc {needed} or newer, and this computer has {have}"
    if python_for(tool, shell) is None:
        needed, have = ".".join(map(str, tool.python)), interpreters.said(shell)
        return f"{tool.text} needs Python {needed} or newer, and this computer has {have}"
    return ""


def step(tool: Tool, into: Path, *, offline: bool = False) -> Run:
    """Return the step that fetches and unpacks the tool; ``into`` is what :func:`place` said."""
    wheel = next((w for _, w in tool.wheels if _called(tool, w) == into.name), None)
    if wheel is None:
        raise ValueError(f"{into} is no place for {tool.text}")
    return child(
        "envboot.tools.fetching",
        *("--name", tool.name, "--version", tool.version, "--file", wheel.filename),
        *("--sha256", wheel.sha256, "--size", str(wheel.size)),
        *(["--offline"] if offline else []),
        *("--", str(into)),
        why=f"fetching {tool.text} ({wheel.size / 1e6:.0f} MB)",
    )


def after(place: Path, shell: Shell) -> tuple[Step, ...]:
    """Return the steps that remove a tool which does not lie in the cache, once it was used."""
    cache = caches.folder(shell)
    return () if cache and cache in place.parents else (Remove(place),)


def _version(text: str) -> tuple[int, ...]:
    """Return "2.36" as (2, 36); what cannot be read as the newest there is."""
    numbers = text.split(".")
    return tuple(map(int, numbers)) if all(n.isdecimal() for n in numbers) else (sys.maxsize,)


def _is_near(tool: Tool, wheel: Wheel, shell: Shell) -> bool:
    """Return whether pip is configured with a folder of this computer that may have the wheel."""
    near = index.offline(index.settings(shell), shell)
    return any(
        shell.kind(index.path_of(place, shell) / wheel.filename) for place in near.find_links
    ) or any(shell.kind(index.path_of(url, shell) / tool.name) for url in near.urls)
