"""The door of ``up``: ``envboot up mail.ipynb`` and ``python setup.py mail.ipynb``."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from envboot import bootstrap, site
from envboot.errors import NothingFound, UsageError
from envboot.notebook import showing, unpacking

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from envboot.console import Console
    from envboot.request import Request
    from envboot.result import Outcome
    from envboot.shell import Shell

UNSAID = {"to": None, "overwrite": False, "clone": False, "files_only": False}
"""The flags of ``notebook unpack`` that ``up`` does not have."""


def enter(options: argparse.Namespace, request: Request, shell: Shell, console: Console) -> Outcome:
    """Do what ``notebook unpack`` does; a notebook without an environment is its repository's.

    Raises UsageError for what is no notebook, NothingFound without any environment.
    """
    if not options.notebook.endswith(".ipynb"):
        raise UsageError(
            f"`{options.notebook}` is no notebook", hint="`up` takes a FILE.ipynb, or nothing"
        )
    notebook = unpacking.notebook_of(options.notebook, request)
    if showing.look(notebook, None, shell) is not None:
        for name, value in UNSAID.items():
            setattr(options, name, value)
        return unpacking.unpack(options, request, shell, console)
    root = _repository(notebook, request, shell)
    nothing = f"{notebook.name} carries no environment"
    if root is None:
        raise NothingFound(
            nothing, hint="whoever wrote it puts one in with `envboot notebook pack`"
        )
    console.say(f"{nothing}: it uses that of {root}")
    shell.confine(root)
    embedded = root == request.root
    request = replace(
        request,
        root=root,
        embedded=request.embedded if embedded else None,
        embedded_needs=request.embedded_needs if embedded else None,
    )
    try:
        return bootstrap.up(request, shell, console)
    except NothingFound as error:
        hint = "`envboot notebook pack` puts one in, where the notebook comes from"
        raise NothingFound(f"{nothing}, and {error.message}", hint=hint) from error


def _repository(notebook: Path, request: Request, shell: Shell) -> Path | None:
    """Return the repository that the notebook lies in: that of setup.py, else the nearest."""
    if request.embedded is not None and request.root in notebook.parents:
        return request.root
    return site.repository(notebook.parent, shell)
