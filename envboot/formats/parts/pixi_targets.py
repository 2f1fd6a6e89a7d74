"""The platforms that pixi's ``target`` tables mean, and what PEP 508 and conda call them."""

from __future__ import annotations

from envboot.platforms import ALL

TARGET = "target."
"""How the name of a group begins that holds conda's packages of one platform."""
WIDE = {
    "linux": "sys_platform == 'linux'",
    "osx": "sys_platform == 'darwin'",
    "win": "sys_platform == 'win32'",
    "unix": "sys_platform != 'win32'",
}
"""pixi's names of several platforms at once, and the markers of PEP 508 that mean them."""


def marker(selector: str) -> str:
    """Return the PEP 508 marker that means a platform of pixi's; "" for one that is not known."""
    if selector in WIDE:
        return WIDE[selector]
    known = ALL.get(selector)
    if known is None:
        return ""
    return f"sys_platform == '{known.sys_platform}' and platform_machine == '{known.machine}'"


def covers(selector: str, subdir: str) -> bool:
    """Return whether the selector of a target means a platform: ``unix`` means ``linux-64``."""
    system = subdir.partition("-")[0]
    return selector in {subdir, system} or (selector == "unix" and system in {"linux", "osx"})
