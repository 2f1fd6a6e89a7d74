"""Notebooks that carry their environment: pack it, show it, unpack it, run it.

A chain of small parts: :mod:`gathering` collects what a notebook should carry, :mod:`packing` puts
it in; :mod:`showing` makes a stranger's texts fit to be seen, :mod:`unpacking` writes them after a
yes, and :mod:`setting_up` goes on as ``python setup.py`` does; :mod:`running` executes.
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
