"""A notebook from the disk, and what it carries: for the commands that only look."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envboot import site
from envboot.errors import NothingFound
from envboot.formats.notebook import environment
from envboot.notebook import gathering
from envboot.notebook.visible import brief
from envboot.spec import Origin

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from envboot.formats.notebook import Notebook
    from envboot.formats.notebook.environment import Embedded
    from envboot.request import Request
    from envboot.shell import Shell


def read(path: Path, shell: Shell) -> tuple[Notebook, Embedded | None]:
    """Return what a notebook says of itself, and what it carries: None for nothing.

    Raises InvalidFile.
    """
    notebook = gathering.read(path, shell)[1]
    return notebook, environment.found(notebook, Origin(brief(path.name)))[0]


def raw(notebook: Notebook) -> object:
    """Return the value that :func:`read` reads: of a copy, where somebody else has the place."""
    aside = notebook.own.get("environment")
    ours = environment.is_ours(notebook.environment)
    return aside if environment.is_ours(aside) and not ours else notebook.environment


def nothing(path: Path, why: Sequence[str] = ()) -> NothingFound:
    """Return the error for a notebook that carries nothing; ``why``: what stands there instead."""
    hint = "`envboot notebook pack` puts one in, where its dependency files are"
    said = f": {why[0]}" if why else ""
    origin = Origin(brief(path.name))
    return NothingFound(f"the notebook carries no environment{said}", hint=hint, origin=origin)


def repository(path: Path, request: Request, shell: Shell) -> Path:
    """Return the repository of a notebook: the nearest one upwards, or the one that was named.

    A command may be typed anywhere; the nearer of the two counts.
    """
    near = site.repository(path.parent, shell)
    inside = request.root in path.parents
    if near is None:
        return request.root if inside else path.parent
    return request.root if inside and near in request.root.parents else near
