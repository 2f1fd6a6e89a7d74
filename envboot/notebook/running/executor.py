"""Where nbclient is: in an environment of its own in the tool cache, made once.

It never goes into the notebook's environment, whose versions are its author's. What is installed
stands in ``nbclient.txt``, each file with its digest (``tests/renew_nbclient.py`` writes it).
"""

from __future__ import annotations

import hashlib
import json
import os
import pkgutil
from dataclasses import replace
from typing import TYPE_CHECKING

from envboot import caches, engines, interpreters, machine, plan, remedies, tools
from envboot.errors import CommandFailed, FallsShort
from envboot.formats import requirements_txt
from envboot.site import Site, python_of
from envboot.spec import Origin

if TYPE_CHECKING:
    from pathlib import Path

    from envboot.console import Console
    from envboot.shell import Shell
    from envboot.spec import EnvironmentSpec

_LIST = "nbclient.txt"
_LAYOUT = "1"
"""To be changed whenever the same list is installed otherwise than before."""


def place(shell: Shell, beside: Path) -> Path:
    """Return where it is, or will be: in the person's cache, else below ``beside``."""
    python = interpreters.running()
    told = f"{_LAYOUT} {python.path} {python.text} ".encode("utf-8", "surrogateescape") + _listed()
    name = f"nbclient-{hashlib.sha256(told).hexdigest()[:12]}"
    cache = caches.folder(shell)
    return (cache if cache and shell.writable(cache) else beside) / "tools" / name


def found(shell: Shell, beside: Path) -> Path | None:
    """Return the Python that has nbclient; None where it has to be made.

    Below ``beside`` it is made anew each time: a stranger's folder may have come with it.
    """
    where = place(shell, beside)
    kept = beside not in where.parents
    return python_of(where, shell) if kept and _whole(where, shell) else None


def why_not(shell: Shell, beside: Path, *, offline: bool) -> str | None:
    """Return None when it is here or can be had, else a sentence."""
    if found(shell, beside) or not offline:
        return None
    return "nbclient, which executes notebooks, was not fetched yet, and that takes the network"


def bring(shell: Shell, console: Console, beside: Path, *, offline: bool) -> Path:
    """Return the Python that has nbclient, made first where it has to be; whole or not there.

    Raises FallsShort without any engine to make it, CommandFailed when that fails.
    """
    if python := found(shell, beside):
        return python
    where = place(shell, beside)

    def waiting(holder: str) -> None:
        console.say(f"waiting: another run is making {where.name} ({holder or 'unknown'})")

    with shell.lock(where.with_name(f".{where.name}.lock"), waiting):
        if python := found(shell, beside):
            return python
        for rest in shell.folder(where.parent):
            if rest.name.startswith(f".{where.name}.") and rest.suffix == ".part":
                shell.remove(rest)  # of a run that was killed
        part = where.with_name(f".{where.name}.{os.getpid()}.part")
        console.say("fetching nbclient, which executes notebooks, once")
        try:
            _make(part, shell, console, offline=offline)
            sizes = {k: v for k, v in shell.sizes(part).items() if not k.endswith(".pyc")}
            shell.write(part / tools.MARK, json.dumps({"files": sizes}) + "\n", lasting=False)
            shell.sync()
            shell.remove(where)  # one that is not whole
            shell.rename(part, where)
        finally:
            shell.remove(part)
    return python_of(where, shell)


def _make(part: Path, shell: Shell, console: Console, *, offline: bool) -> None:
    nobody = machine.Machine("", "", 1, "")
    site = Site(part.parent, "nbclient", part, nobody, shell, offline)
    spec, whys = _spec(), []
    for name in engines.PIP:
        engine = engines.family().get(name)
        why = engine.why_not(spec, site) if engine else "it is not there"
        if engine and why is None:
            try:
                plan.carry_out(engine.plan(spec, site), shell, console.line)
            except CommandFailed as error:
                said = (error.message, *error.tail)
                error.hint = remedies.remedy(said, part, shell, offline=offline)
                error.message = f"nbclient cannot be fetched: {error.message}"
                raise
            return
        whys.append(f"{name}: {why}")
    raise FallsShort(f"nbclient cannot be installed ({'; '.join(whys)})", hint="install uv")


def _spec() -> EnvironmentSpec:
    spec = requirements_txt.parse(_listed().decode(), Origin(_LIST))
    return replace(spec, as_written=False, source=None)


def _listed() -> bytes:
    data = pkgutil.get_data("envboot.notebook.running", _LIST)
    assert data is not None  # noqa: S101 - it is part of envboot
    return data


def _whole(where: Path, shell: Shell) -> bool:
    """Return whether all that was installed is there, and the Python that it was made with."""
    return shell.kind(python_of(where, shell)) == "file" and tools.whole(where, shell)
