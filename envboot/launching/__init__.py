"""Going elsewhere: from "this machine falls short" to a bigger one, and back with its proof.

:func:`launch` is the story: what can be had, which of it, the plan, the yes, the journal, the deed,
the waiting. :mod:`envboot.launching.tending` is what comes later: jobs, status, logs, open, stop,
delete.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from envboot.console import Console
    from envboot.request import Request
    from envboot.shell import Shell
    from envboot.survey import Assessment


@dataclass(frozen=True)
class Wish:
    """What a person typed behind ``launch``."""

    name: str = ""
    """The launcher; "": ask."""
    where: str = ""
    size: str = ""
    then: str = ""
    """shell | lab | "" """
    command: tuple[str, ...] = ()
    options: tuple[tuple[str, str], ...] = ()
    """The launcher's own: ``("array", "1-10")``, ``("time", "2:00:00")``, ``("spot", "yes")``."""
    push: bool = False
    """Push unpushed commits first."""
    as_pushed: bool = False
    """Go on with what was pushed, whatever is new here."""
    new: bool = False
    """Another one, although one of this repository is there."""
    wait: bool = True
    browse: bool = True
    """Open the link in a browser at the end."""


@dataclass(frozen=True)
class Launched:
    """The outcome of ``launch`` and of the commands for jobs; ``docs/reference/launch.schema.json``."""

    outcome: str
    """planned | launched | ready | ended | failed | falls-short | stopped | deleted | listed"""
    exit_code: int
    handle: str = ""
    launcher: str = ""
    size: str = ""
    state: str = ""
    link: str = ""
    plan: tuple[str, ...] = ()
    offers: tuple[dict[str, Any], ...] = ()
    """name, title, price, closed"""
    result: Mapping[str, Any] | None = None
    """What setup.py said there."""
    jobs: tuple[dict[str, Any], ...] = ()
    error: dict[str, str] | None = field(default=None)


def launch(
    wish: Wish, request: Request, assessment: Assessment, shell: Shell, console: Console
) -> Launched:
    """Go elsewhere with the repository. Raises an EnvbootError for what ends it early.

    Only what a person said yes to is made, and it is journaled before. The exit code is that of
    setup.py there, or of the person's command.
    """
    raise NotImplementedError
