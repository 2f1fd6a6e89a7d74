"""What is written beside the dependency files: needs, the test, settings, companions, locks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envboot import estimate
from envboot.package import companions, locking, remembering, testfile, wanted
from envboot.package.companions import Picture

if TYPE_CHECKING:
    from envboot.console import Console
    from envboot.derive import Derived
    from envboot.package import Packing
    from envboot.package.changes import Change
    from envboot.package.embedding import Carried
    from envboot.package.witnesses import Heard
    from envboot.shell import Shell

_USUAL = "3.12"
"""The Python of a container where nothing names one."""


def beside(
    request: Packing,
    heard: Heard,
    derived: Derived,
    answers: tuple[str, ...],
    changes: tuple[Change, ...],
    shell: Shell,
    console: Console,
) -> tuple[Change, ...]:
    """Return ``changes`` with the needs that show, the test, and what a person answered.

    A check leaves needs alone, which no computer of a CI can see. Where nobody can be asked, they
    are not put into a person's file either: it works without them.
    """
    changes = (*changes, *testfile.draft(request.root, derived, shell))
    if request.check:
        return changes
    found = estimate.estimate(request.root, heard.scan, heard.live, shell)
    more = []
    for change in wanted.write(request.root, found, shell, keep=heard.live is None):
        if change.ours or request.yes or request.dry_run or console.interactive():
            more.append(change)
        else:
            console.say(f"  {change.path} is yours: `--yes` writes the needs that show into it")
    return remembering.write(request.root, answers, (*changes, *more), shell)


def after(
    request: Packing,
    heard: Heard,
    derived: Derived,
    carried: Carried,
    shell: Shell,
    console: Console,
) -> tuple[Change, ...]:
    """Return the changes of the companions, and of the locks where they are asked for."""
    shown = picture(request, heard, derived, carried)
    out = companions.draft(request.companions, shown, shell)
    if request.lock and not request.check:
        out += locking.draft(request, derived, carried, shown.python, shell, console)
    return out


def picture(request: Packing, heard: Heard, derived: Derived, carried: Carried) -> Picture:
    """Return all that a companion file may say of the repository."""
    spec = carried.found.spec
    name, minor = spec.name or request.root.name, _minor(derived, heard)
    return Picture(request.root, name, minor, derived, heard.scan, spec.needs)


def _minor(derived: Derived, heard: Heard) -> str:
    """Return the minor version of the Python that is asked for, else of the live one."""
    texts = (derived.conda.python, derived.pip.python, heard.live.python if heard.live else "")
    found = (re.search(r"3\.\d+", text) for text in texts)
    return next((f.group() for f in found if f), _USUAL)
