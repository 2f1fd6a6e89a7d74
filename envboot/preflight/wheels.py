"""Names of wheels: which Python and which system each was built for.

Sources: PEP 427 (names), PEP 425 (tags), PEP 600 (manylinux), PEP 656 (musllinux), and for macOS
the platform tags that the packaging guide lists ("Platform compatibility tags").
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envboot.preflight.targets import Target

_NAME = re.compile(
    r"(?P<name>[^-]+)-(?P<version>[^-]+)(?:-\d[^-]*)?-(?P<tags>[^-]+-[^-]+-[^-]+)\.whl"
)
_SDIST = re.compile(r"(?P<name>.+)-(?P<version>[^-]+)\.(?:tar\.gz|zip|tar\.bz2|tgz)")
_LEGACY = {"manylinux1": (2, 5), "manylinux2010": (2, 12), "manylinux2014": (2, 17)}
_MANYLINUX = re.compile(r"manylinux_(\d+)_(\d+)_(\w+)")
_MACOS = re.compile(r"macosx_(\d+)_(\d+)_(\w+)")
_FAT = {
    "x86_64": {"x86_64", "universal2", "intel", "fat64", "fat3", "universal"},
    "arm64": {"arm64", "universal2"},
}
_WINDOWS = {"AMD64": "win_amd64", "ARM64": "win_arm64", "x86": "win32"}


@dataclass(frozen=True)
class File:
    """One file of an index, by its name."""

    version: str
    """As the name says it; not normalised."""
    tags: str
    """``cp311-cp311-win_amd64``; "" for an archive of sources."""


def read(filename: str) -> File | None:
    """Return what the name of a file says; None for what is neither a wheel nor a source archive.

    The version of a source archive begins behind the last hyphen: ``ruamel.yaml-0.18.tar.gz``.
    """
    if wheel := _NAME.fullmatch(filename):
        return File(wheel["version"].replace("_", "-"), wheel["tags"])
    if sdist := _SDIST.fullmatch(filename):
        return File(sdist["version"], "")
    return None


def fits(tags: str, target: Target, python: tuple[int, int]) -> bool:
    """Return whether a wheel with these (compressed) tags installs there."""
    pythons, abis, systems = (part.split(".") for part in tags.split("-"))
    return any(_python_fits(p, abis, python) for p in pythons) and any(
        _system_fits(s, target) for s in systems
    )


def fits_python(tags: str, python: tuple[int, int]) -> bool:
    """Return whether a wheel is for a Python, on whichever system."""
    pythons, abis, _ = (part.split(".") for part in tags.split("-"))
    return any(_python_fits(p, abis, python) for p in pythons)


def pure(tags: str) -> bool:
    """Return whether a wheel runs on every system."""
    return tags.endswith("-any")


def _python_fits(tag: str, abis: list[str], python: tuple[int, int]) -> bool:
    found = re.fullmatch(r"(cp|py)(\d)(\d*)", tag)
    if not found or int(found[2]) != python[0]:
        return False
    minor = int(found[3]) if found[3] else None
    own = f"cp{python[0]}{python[1]}"
    for abi in abis:
        if abi == "none":
            # py3, py39 and cp39 run on any later one; cp3X-none of a later X does not
            if minor is None or (minor <= python[1] if found[1] == "py" else minor == python[1]):
                return True
        elif abi == "abi3":
            if found[1] == "cp" and minor is not None and minor <= python[1]:
                return True
        elif tag == own and abi in {own, f"{own}m", f"{own}mu"}:
            return True
    return False


def _system_fits(tag: str, target: Target) -> bool:
    if tag == "any":
        return True
    platform = target.platform
    if platform.sys_platform == "win32":
        return tag == _WINDOWS.get(platform.machine)
    if platform.sys_platform == "darwin":
        found = _MACOS.fullmatch(tag)
        have = _numbers(target.machine.macos or "13.0")
        fat = _FAT.get(platform.machine, {platform.machine})
        return found is not None and found[3] in fat and (int(found[1]), int(found[2])) <= have
    if platform.sys_platform == "linux":
        return any(
            arch == platform.machine and need <= _glibc(target) for arch, need in _linux(tag)
        )
    return False


def _linux(tag: str) -> Iterator[tuple[str, tuple[int, int]]]:
    """Yield the architecture and the glibc that a tag of Linux asks for."""
    if found := _MANYLINUX.fullmatch(tag):
        yield found[3], (int(found[1]), int(found[2]))
    for name, need in _LEGACY.items():
        if tag.startswith(f"{name}_"):
            yield tag[len(name) + 1 :], need
    if tag.startswith("linux_"):
        yield tag[len("linux_") :], (0, 0)


def _glibc(target: Target) -> tuple[int, int]:
    return _numbers(target.machine.glibc)


def _numbers(version: str) -> tuple[int, int]:
    """Return (major, minor); (0, 0) where there is none, which only ``linux_x86_64`` suits."""
    found = re.match(r"(\d{1,6})(?:\.(\d{1,6}))?", version)
    return (int(found[1]), int(found[2] or 0)) if found else (0, 0)
