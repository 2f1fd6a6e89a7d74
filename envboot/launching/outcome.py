"""What a person asks of ``launch``, and what comes of it and of the commands for jobs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Wish:
    """What a person typed behind ``launch``."""

    name: str = ""
    """The launcher, or ``launcher:where``; "": ask."""
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
    """What came of ``launch`` or of a command for jobs; ``docs/reference/launch.schema.json``."""

    outcome: str
    """planned | launched | ready | ended | failed | stopped | deleted | listed | looked"""
    exit_code: int
    handle: str = ""
    launcher: str = ""
    where: str = ""
    size: str = ""
    state: str = ""
    said: str = ""
    """The launcher's sentence on the state."""
    link: str = ""
    plan: tuple[str, ...] = ()
    launchers: tuple[dict[str, Any], ...] = ()
    """name, title, why_not (null: open), pays: where none was named."""
    offers: tuple[dict[str, Any], ...] = ()
    """name, title, price, closed (why it cannot be had, or is too small; "": it can)"""
    result: Mapping[str, Any] | None = None
    """What setup.py said there."""
    jobs: tuple[dict[str, Any], ...] = ()
    """handle, launcher, where, size, state, said, link, root, created"""
    error: dict[str, str] | None = None
    """message, hint"""
    paste: str = ""
    """What the person takes there herself: the first cell of a notebook."""
