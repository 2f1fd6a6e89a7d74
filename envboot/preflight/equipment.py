"""What an answer takes: which tools are there, and which are fetched after a yes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from secrets import token_hex
from typing import TYPE_CHECKING

from envboot import caches, tools
from envboot.console import YES_NO
from envboot.errors import FallsShort
from envboot.plan import Plan, carry_out, describe
from envboot.preflight import pythons
from envboot.tools import pins, uv

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from envboot.console import Console
    from envboot.plan import Step
    from envboot.preflight.locked import Fixed
    from envboot.request import Request
    from envboot.shell import Shell
    from envboot.spec import EnvironmentSpec

FLAG = "--yes"


@dataclass(frozen=True)
class Equipment:
    """The tools, as they are or will be."""

    work: Path
    """A folder of our own, not there yet: removed behind the answer."""
    uv: Path | None = None
    rattler: Path | None = None
    python: str = ""
    """For py-rattler."""
    fetched: tuple[tuple[str, Step], ...] = ()
    """What has to be fetched: what it is called, and the step."""
    after: tuple[Step, ...] = ()
    """What removes what could not be kept."""
    missing: tuple[str, ...] = ()
    """Why a tool is neither there nor to be had, one sentence each."""

    @property
    def plan(self) -> tuple[str, ...]:
        """Return the steps that fetch, as lines."""
        return tuple(describe(step) for _, step in self.fetched)


def look(
    spec: EnvironmentSpec, request: Request, shell: Shell, fixed: Sequence[Fixed]
) -> Equipment:
    """Return what is there and what would have to be fetched; nothing is done.

    ``fixed`` is what a lock settles already: nothing is needed for that.
    """
    found = Equipment(_place(request.root, shell))
    if pythons.brings_python(spec) and any(f.conda is None for f in fixed):
        found = _with_rattler(found, request, shell)
    pip = any(d.ecosystem == "pypi" for d in spec.dependencies)
    if pip and any(f.pip is None for f in fixed):
        found = _with_uv(found, request, shell)
    return found


def consent(found: Equipment, request: Request, shell: Shell, console: Console) -> Equipment:
    """Fetch what is missing after a yes; after a no return the equipment without it.

    Raises AnswerNeeded with nobody to ask.
    """
    if not found.fetched:
        return found
    names = " and ".join(name for name, _ in found.fetched)
    question = f"judging this takes {names}, kept in envboot's own cache: fetch it?"
    agreed = request.yes or console.choose(question, YES_NO, flag=f"`{FLAG}`") == "yes"
    if agreed:
        steps = Plan("fetching", tuple(step for _, step in found.fetched))
        carry_out(steps, shell, console.line, console.say)
        return found
    without = {name.split()[0] for name, _ in found.fetched}
    return replace(
        found,
        uv=None if "uv" in without else found.uv,
        rattler=None if pins.RATTLER.name in without else found.rattler,
        after=(),
        missing=(*found.missing, *(f"{name} was not fetched" for name, _ in found.fetched)),
    )


def _with_rattler(found: Equipment, request: Request, shell: Shell) -> Equipment:
    tool = pins.RATTLER
    why = tools.why_not(tool, shell, offline=request.offline, beside=found.work)
    python = tools.python_for(tool, shell)
    if why or python is None:
        return replace(found, missing=(*found.missing, f"the conda part is not solved: {why}"))
    place = tools.place(tool, shell, found.work)
    found = replace(found, rattler=place, python=str(python.path))
    if tools.folder(tool, shell):
        return found
    step = tools.step(tool, place, offline=request.offline)
    return replace(
        found,
        fetched=(*found.fetched, (_called(tool, shell), step)),
        after=(*found.after, *tools.after(place, shell)),
    )


def _with_uv(found: Equipment, request: Request, shell: Shell) -> Equipment:
    try:
        got = uv.obtain(shell, found.work, offline=request.offline, oldest=(0, 7))
    except FallsShort as error:
        return replace(found, missing=(*found.missing, error.message))
    fetched = tuple((_called(pins.UV, shell), step) for step in got.before)
    return replace(
        found,
        uv=got.program,
        fetched=(*found.fetched, *fetched),
        after=(*found.after, *got.after),
    )


def _called(tool: tools.Tool, shell: Shell) -> str:
    wheel = tools.wheel_for(tool, shell)
    return f"{tool.text} ({wheel.size / 1e6:.0f} MB)" if wheel else tool.text


def _place(root: Path, shell: Shell) -> Path:
    """Return where to write for a moment: in the person's cache, else beside the repository's."""
    cache = caches.folder(shell)
    if cache is None or not shell.writable(cache):
        cache = root / ".envboot"
    return cache / f"preflight-{token_hex(4)}"
