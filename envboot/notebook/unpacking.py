"""``envboot notebook unpack``: what a stranger's notebook carries, shown, then written."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from envboot.console import Console
    from envboot.notebook.showing import Sight
    from envboot.notebook.values import Unpacked
    from envboot.request import Request
    from envboot.shell import Shell


def unpack(
    options: argparse.Namespace, request: Request, shell: Shell, console: Console
) -> Unpacked:
    """Show, ask, write, and go on as ``python setup.py`` does (unless ``--files-only``)."""
    raise NotImplementedError


def open_up(
    options: argparse.Namespace, request: Request, shell: Shell, console: Console, *, then_run: bool
) -> tuple[Sight, Unpacked]:
    """Do what ``unpack`` and ``run`` share: show, ask once, write, set up.

    ``then_run`` makes the question say that the notebook is executed afterwards. The outcome is
    "planned" or "declined" where it ends before the yes.
    """
    raise NotImplementedError


def approved(sight: Sight, approve: str | None) -> bool:
    """Return whether ``--approve`` names exactly what is there. Raises UsageError: another one."""
    raise NotImplementedError


def place(sight: Sight, shell: Shell, *, overwrite: bool) -> tuple[dict[str, str], ...]:
    """Write the files; a differing one is refused before any is written, or kept as a backup.

    Returns path, state, backup of each. Raises EnvbootError.
    """
    raise NotImplementedError


def notebook_of(name: str, request: Request) -> Path:
    """Return the absolute path of a notebook that a person named. Raises NothingFound."""
    raise NotImplementedError
