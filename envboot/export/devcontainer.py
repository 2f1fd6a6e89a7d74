"""The development container: what ``package-env --with devcontainer`` would write, and only that.

The same witnesses are heard and nothing of what else they would change is written, so the file is
the same, byte for byte, whichever command made it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envboot.errors import EnvbootError
from envboot.export import PLACES, Draft
from envboot.package import companions, deciding, embedding, extras, settings, setupfile, witnesses
from envboot.package.values import Packing

if TYPE_CHECKING:
    from envboot.console import Console
    from envboot.request import Request
    from envboot.shell import Shell

KIND = "devcontainer"


def draft(request: Request, shell: Shell, console: Console) -> Draft:
    """Return the file; a person's own gets what it lacks, as there.

    Raises NothingFound where nothing is declared, InvalidFile for a file that cannot be read.
    """
    packing = Packing(request.root, file=request.file, dry_run=True, companions=(KIND,))
    packing = settings.settle(packing, shell)
    before = shell.read(request.root / setupfile.FILENAME)
    block = setupfile.read(before) if before else None
    heard = witnesses.hear(packing, block, shell, console)
    derived, answers = deciding.together(packing, heard, shell, console)
    changes = deciding.files(packing, heard, derived, shell)
    changes = extras.beside(packing, heard, derived, answers, changes, shell, console)
    carried = embedding.gather(request.root, shell, request.file, block, changes)
    shown = extras.picture(packing, heard, derived, carried)
    names = companions.devcontainer.NAMES
    found = next(
        (c for c in companions.draft((KIND,), shown, shell) if c.path in names and c.after), None
    )
    if found is None or found.after is None:
        raise EnvbootError("there is nothing to say in a development container")
    return Draft(found.after.decode(), found.path or PLACES[KIND], ours=found.ours)
