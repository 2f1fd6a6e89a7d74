"""Notebooks that carry their environment: pack it, show it, unpack it, run it.

Two chains of small parts. In: :mod:`gathering` collects what a notebook should carry, by
:mod:`owned` nobody else's is replaced, and :mod:`packing` splices it in. Out: :mod:`showing` tells
what a stranger's notebook would do, :mod:`unpacking` writes it after a yes (:mod:`placing`), and
:mod:`setting_up` goes on as ``python setup.py`` does; :mod:`running` executes. :mod:`telling`,
:mod:`differing` and :mod:`opening` only look, and :mod:`entering` is the door of ``up``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from envboot.console import Console
    from envboot.request import Request
    from envboot.result import Outcome
    from envboot.shell import Shell


def notebook(
    options: argparse.Namespace, request: Request, shell: Shell, console: Console
) -> Outcome:
    """Do what ``options.deed`` says: pack, unpack, show, diff, run or cloud."""
    from importlib import import_module

    module, name = _DEEDS[options.deed]
    deed = getattr(import_module(f"envboot.notebook.{module}"), name)
    found: Outcome = deed(options, request, shell, console)
    return found


_DEEDS = {
    "pack": ("packing", "pack"),
    "unpack": ("unpacking", "unpack"),
    "show": ("telling", "show"),
    "diff": ("differing", "differ"),
    "run": ("running", "run"),
    "cloud": ("opening", "cloud"),
}
