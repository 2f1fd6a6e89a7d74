"""The platforms that an environment can be made for, and what conda, pip and uv call each.

Sources: conda's documentation ("Managing virtual packages", subdirs), PEP 508 (markers), PEP 600
and PEP 425 (wheel tags), uv's reference (``--python-platform``).

What a plain machine of a kind has is what pixi assumes by default (its documentation, "System
requirements": Linux 4.18, glibc 2.28, macOS 13.0), so that a lock means the same there and here.
uv's ``aarch64-apple-darwin`` is macOS 13.0 too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from envboot.machine import arch_of

if TYPE_CHECKING:
    from envboot.shell import Shell

GLIBC = "2.28"
MACOS = "13.0"


@dataclass(frozen=True)
class Platform:
    """One operating system on one architecture."""

    subdir: str
    """conda's name: ``linux-64``."""
    sys_platform: str
    """PEP 508: linux | darwin | win32."""
    machine: str
    """PEP 508's platform_machine: x86_64, aarch64, arm64, AMD64 …"""
    uv: str
    """What ``uv --python-platform`` takes: ``x86_64-manylinux_2_28``; "" where uv has none."""
    virtual: tuple[str, ...]
    """conda's virtual packages of a plain machine of that kind, no GPU: ``__glibc=2.28``."""

    @property
    def system(self) -> str:
        """PEP 508's platform_system: Linux | Darwin | Windows."""
        return {"linux": "Linux", "darwin": "Darwin", "win32": "Windows"}.get(self.sys_platform, "")

    def environment(self, python: str) -> dict[str, str]:
        """Return the values of PEP 508's markers for CPython "3.11" or "3.11.4" there."""
        full = python if python.count(".") > 1 else f"{python}.0"
        return {
            "implementation_name": "cpython",
            "implementation_version": full,
            "os_name": "nt" if self.sys_platform == "win32" else "posix",
            "platform_machine": self.machine,
            "platform_python_implementation": "CPython",
            "platform_release": "",
            "platform_system": self.system,
            "platform_version": "",
            "python_full_version": full,
            "python_version": ".".join(python.split(".")[:2]),
            "sys_platform": self.sys_platform,
            "extra": "",
        }


def _linux(archspec: str) -> tuple[str, ...]:
    return (
        "__unix=0=0",
        "__linux=4.18=0",
        f"__glibc={GLIBC}=0",
        f"__archspec=1={archspec}",
    )


def _osx(archspec: str) -> tuple[str, ...]:
    return ("__unix=0=0", f"__osx={MACOS}=0", f"__archspec=1={archspec}")


ALL = {
    p.subdir: p
    for p in (
        Platform("linux-64", "linux", "x86_64", "x86_64-manylinux_2_28", _linux("x86_64")),
        Platform("linux-aarch64", "linux", "aarch64", "aarch64-manylinux_2_28", _linux("aarch64")),
        Platform("linux-ppc64le", "linux", "ppc64le", "", _linux("ppc64le")),
        Platform("linux-s390x", "linux", "s390x", "", _linux("s390x")),
        Platform("osx-64", "darwin", "x86_64", "x86_64-apple-darwin", _osx("x86_64")),
        Platform("osx-arm64", "darwin", "arm64", "aarch64-apple-darwin", _osx("m1")),
        Platform(
            "win-64",
            "win32",
            "AMD64",
            "x86_64-pc-windows-msvc",
            ("__win=0=0", "__archspec=1=x86_64"),
        ),
        Platform(
            "win-arm64",
            "win32",
            "ARM64",
            "aarch64-pc-windows-msvc",
            ("__win=0=0", "__archspec=1=aarch64"),
        ),
    )
}
"""By conda's name."""
USUAL = ("linux-64", "osx-arm64", "win-64")
"""What most people have."""
_SYSTEMS = {"Linux": "linux", "Darwin": "osx", "Windows": "win"}
_ARCHS = {"x86_64": "64", "arm64": "aarch64", "x86": "32"}


def here(shell: Shell) -> str:
    """Return conda's name of this computer's platform: ``linux-64``."""
    system = _SYSTEMS.get(shell.platform.system, shell.platform.system.lower())
    arch = arch_of(shell.platform.machine)
    if system != "linux" and arch == "arm64":
        return f"{system}-arm64"
    return f"{system}-{_ARCHS.get(arch, arch)}"
