"""Where this person's caches belong: what can be made or fetched again at any time."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from envboot.shell import Shell


def folder(shell: Shell) -> Path | None:
    """Return envboot's own folder for caches, there or not; None where there is no home.

    Source: XDG Base Directory Specification; Apple's File System Programming Guide.
    """
    system, home = shell.platform.system, shell.home
    said = {"Windows": "LOCALAPPDATA", "Darwin": ""}.get(system, "XDG_CACHE_HOME")
    place = Path(shell.environ.get(said) or "")
    if place.is_absolute():
        return place / "envboot"
    if home is None:
        return None
    default = {"Windows": "AppData/Local", "Darwin": "Library/Caches"}.get(system, ".cache")
    return home / default / "envboot"
