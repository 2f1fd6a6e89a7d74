"""Where Azure's SDK is: installed beside envboot (``envboot[azure]``), or in the tool cache.

It is 30 MB, so it is no part of the archive: a pinned set of wheels, each with its sha256, is
fetched after a yes and unpacked into one folder of the person's own cache. Only the child imports
it (:mod:`envboot.launchers.azure.fetching` fetches it).
"""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from envboot import caches, interpreters, tools
from envboot.plan import child

if TYPE_CHECKING:
    from pathlib import Path

    from envboot.interpreters import Interpreter
    from envboot.plan import Run
    from envboot.shell import Shell
    from envboot.tools import Wheel

OLDEST = (3, 10)
MODULES = (
    "azure.identity",
    "azure.mgmt.compute",
    "azure.mgmt.resource.deployments",
    "azure.mgmt.resource.resources",
    "azure.mgmt.resource.subscriptions",
)
_HERE = "envboot.launchers.azure"
_ROOM = 4  # so many times the bytes of the wheels are needed while they are unpacked


@dataclass(frozen=True)
class Sdk:
    """What the child is started with."""

    python: str = ""
    """An interpreter; "": the running one."""
    folder: str = ""
    """Where the SDK lies unpacked; "": it is installed."""

    def child(self, *words: str, why: str = "") -> Run:
        """Return the step that starts the child."""
        place = ("--sdk", self.folder) if self.folder else ()
        return child(_HERE, *place, *words, python=self.python, why=why)


def found(shell: Shell) -> Sdk | None:
    """Return the SDK that is here; None when it has to be fetched."""
    if installed():
        return Sdk()
    python = _python(shell)
    place = folder(shell)
    if python and place and tools.whole(place, shell):
        return Sdk(python, str(place))
    return None


def installed() -> bool:
    """Return whether the child, which has no user site, can import it from where we run."""
    try:
        specs = [importlib.util.find_spec(name) for name in MODULES]
    except (ImportError, ValueError):
        return False
    user = _user_site()
    return all(s and not (user and str(s.origin).startswith(user)) for s in specs)


def _user_site() -> str:
    site = sys.modules.get("site")
    return str(getattr(site, "USER_SITE", "") or "")


def _python(shell: Shell) -> str:
    one = _interpreter(shell)
    return str(one.path) if one else ""


def _interpreter(shell: Shell) -> Interpreter | None:
    """Return the Python to run it with: a plain CPython, the running one where it is."""
    return tools.python_for(tools.Tool("azure-sdk", "", OLDEST, ()), shell)


def wheels(shell: Shell) -> tuple[Wheel, ...]:
    """Return the wheels for this computer and its Python; () where there are none."""
    from envboot.launchers.azure import pins

    one = _interpreter(shell)
    return pins.chosen(tools.platform_of(shell), one.text) if one else ()


def folder(shell: Shell) -> Path | None:
    """Return where the SDK is unpacked, there or not; None where there is no such place."""
    from envboot.launchers.azure import pins

    cache, some = caches.folder(shell), wheels(shell)
    if cache is None or not some:
        return None
    return cache / "tools" / f"azure-sdk-{pins.VERSION}-{pins.digest(some)}"


def why_not(shell: Shell, *, offline: bool) -> str | None:
    """Return None when the SDK is here or can be fetched, else a sentence."""
    if found(shell):
        return "Azure is asked over the network" if offline else None
    if not _python(shell):
        have = interpreters.said(shell)
        return f"Azure's SDK needs Python 3.10 or newer, and this computer has {have}"
    some, place = wheels(shell), folder(shell)
    if not some:
        return f"there is no SDK of Azure's for {tools.platform_of(shell)} that envboot knows"
    if offline:
        return "Azure is asked over the network"
    return _no_room(place, sum(w.size for w in some), shell)


def _no_room(place: Path | None, size: int, shell: Shell) -> str | None:
    if place is None:
        return "Azure's SDK has to be fetched, and there is no home to keep it in"
    free = shell.disk_free(place)
    if shell.writable(place) and (free is None or free > _ROOM * size):
        return None
    return f"Azure's SDK takes {_ROOM * size // 1_000_000} MB, which {place} has no room for"


def step(shell: Shell) -> Run:
    """Return the step that fetches it; only where :func:`why_not` is None and it is not here."""
    size = sum(w.size for w in wheels(shell))
    return child(
        f"{_HERE}.fetching",
        str(folder(shell)),
        python=_python(shell),
        why=f"fetching Azure's SDK, once ({size / 1e6:.0f} MB)",
    )


def with_sdk(shell: Shell) -> tuple[Sdk, tuple[Run, ...]]:
    """Return the SDK, and the step that fetches it first where it is not here any more."""
    if one := found(shell):
        return one, ()
    return Sdk(_python(shell), str(folder(shell) or "")), (step(shell),) if folder(shell) else ()
