"""The uv to work with: the one that is installed, else one that envboot fetches after a yes.

For whoever needs uv (the engine, locks, preflight)::

    got = uv.obtain(shell, beside, offline=offline)  # FallsShort: no uv, and none to be had
    plan = Plan("…", (*got.before, Run((str(got.program), "pip", "compile", …)), *got.after))
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from envboot import index, tools
from envboot.errors import FallsShort
from envboot.tools import pins

if TYPE_CHECKING:
    from envboot.index import Index
    from envboot.plan import Step
    from envboot.shell import Shell

OLDEST = (0, 5)
_HOME = "https://docs.astral.sh/uv/"


@dataclass(frozen=True)
class Obtained:
    """A uv to work with."""

    program: Path
    """Absolute; there after the steps ``before``."""
    before: tuple[Step, ...] = ()
    """What fetches it; () when it is there."""
    after: tuple[Step, ...] = ()
    """What removes it again, where it could not be kept for the next time."""


def obtain(
    shell: Shell, beside: Path, *, offline: bool, oldest: tuple[int, int] = OLDEST
) -> Obtained:
    """Return the uv that is installed and new enough, else the one that envboot fetches.

    ``beside``: a folder of envboot's own for when the person's cache cannot be written to.
    Only looks; the steps are for after the yes. Raises FallsShort: it can neither be found nor
    be fetched.
    """
    try:
        return installed(shell, oldest)
    except FallsShort as error:
        why = error.message.removesuffix(f" ({_HOME})")
    if not_so := tools.why_not(pins.UV, shell, offline=offline, beside=beside):
        raise FallsShort(f"{why}, and {not_so}", hint=f"install uv: {_HOME}")
    where = tools.place(pins.UV, shell, beside)
    program = tools.program(pins.UV, where, shell)
    if tools.folder(pins.UV, shell):
        return Obtained(program)
    before = (tools.step(pins.UV, where, offline=offline),)
    return Obtained(program, before, tools.after(where, shell))


def installed(shell: Shell, oldest: tuple[int, int] = OLDEST) -> Obtained:
    """Return the uv of this computer. Raises FallsShort: there is none, or it cannot be used."""
    program = program_of(shell)
    if program is None:
        raise FallsShort(f"uv is not installed ({_HOME})")
    said = shell.query((str(program), "--version"))
    match = re.match(r"uv (\d+)\.(\d+)", said.out or "")
    if match is None:
        raise FallsShort(f"{program} does not work" + (f": {said.why}" if said.why else ""))
    if (int(match[1]), int(match[2])) < oldest:
        needed = ".".join(map(str, oldest))
        raise FallsShort(f"{program} is {match[0]}; {needed} or newer is needed")
    return Obtained(program)


def program_of(shell: Shell) -> Path | None:
    """Return uv's program: on PATH, where its installers put it, or beside this Python."""
    found = shell.which("uv")
    # A shim of pyenv is there for every Python as soon as one has uv, and fails for the others.
    if found and (found.parent.name != "shims" or shell.query((str(found), "--version")).out):
        return found
    name = "uv.exe" if shell.platform.system == "Windows" else "uv"
    places = [Path(sys.executable).parent]
    if own := shell.environ.get("UV_INSTALL_DIR") or shell.environ.get("XDG_BIN_HOME"):
        places.insert(0, Path(own))
    if shell.home:
        places = [shell.home / ".local" / "bin", shell.home / ".cargo" / "bin", *places]
    return next((p / name for p in places if shell.kind(p / name) == "file"), None)


def environ(where: Index, shell: Shell, *, offline: bool) -> tuple[tuple[str, str], ...]:
    """Return the variables of every call: pip's configuration, and no other Python than ours."""
    env = {
        **index.uv_environ(where, shell),
        "UV_PYTHON_DOWNLOADS": "never",
        "UV_NO_PROGRESS": "1",
        "UV_SYSTEM_PYTHON": "0",
        "UV_MANAGED_PYTHON": "0",
        **({"UV_OFFLINE": "1"} if offline else {}),
        **({} if shell.writable(_cache(shell)) else {"UV_NO_CACHE": "1"}),
    }
    return tuple(env.items())


def _cache(shell: Shell) -> Path:
    """Return uv's cache; where it cannot be written (a read-only home) uv stops, unless told."""
    if own := shell.environ.get("UV_CACHE_DIR"):
        return Path(own)
    if shell.platform.system == "Windows" and (data := shell.environ.get("LOCALAPPDATA")):
        return Path(data) / "uv" / "cache"
    if data := shell.environ.get("XDG_CACHE_HOME"):
        return Path(data) / "uv"
    return (shell.home or Path("/nonexistent")) / ".cache" / "uv"
