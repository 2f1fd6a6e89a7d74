"""A notebook from the disk, and what it carries: for the commands that only look."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envboot.errors import InvalidFile, NothingFound
from envboot.formats import notebook as format_
from envboot.formats.notebook import environment
from envboot.spec import Origin

if TYPE_CHECKING:
    from pathlib import Path

    from envboot.formats.notebook import Notebook
    from envboot.formats.notebook.environment import Embedded
    from envboot.request import Request
    from envboot.shell import Shell

LARGEST = 1 << 30
"""Bytes of a notebook: fifty megabytes are common, this is for none."""


def read(path: Path, shell: Shell) -> tuple[Notebook, Embedded | None]:
    """Return what a notebook says of itself, and what it carries: None for nothing.

    What stands aside, because somebody else's key has the place, counts where that key carries
    nothing. Raises InvalidFile.
    """
    origin = Origin(path.name)
    data = shell.read(path, LARGEST + 1)
    if data is None or len(data) > LARGEST:
        why = "cannot be read" if data is None else "is larger than 1 GiB"
        raise InvalidFile(f"the notebook {why}", hint="check the file", origin=origin)
    found = format_.read(data, origin)
    carried = environment.parse(found.environment, origin)
    if carried is None or carried.whose != "ours":
        aside = environment.parse(found.own.get("environment"), origin)
        return found, aside if aside and aside.whose == "ours" else carried
    return found, carried


def nothing(path: Path) -> NothingFound:
    """Return the error for a notebook that carries nothing."""
    hint = "`envboot notebook pack` puts one in, where its dependency files are"
    return NothingFound("the notebook carries no environment", hint=hint, origin=Origin(path.name))


def repository(path: Path, request: Request, shell: Shell) -> Path:
    """Return the repository of a notebook: the one that was named, else the nearest one upwards."""
    if request.root in path.parents:
        return request.root
    for place in path.parents:
        if shell.kind(place / ".git") or shell.kind(place / ".envboot") == "folder":
            return place
    return path.parent
