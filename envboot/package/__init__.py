"""The reverse story: from a working repository to files that work elsewhere.

:func:`package_env` is the whole of it. Three witnesses are heard: the files that are there, the
code, and the live environment. What they say together is written, each line with its evidence.
It ends in a plan of files to write or to remove, and running it twice changes nothing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from envboot.errors import InvalidFile, NothingFound, UsageError
from envboot.package import (
    checking,
    deciding,
    drafting,
    embedding,
    extras,
    finishing,
    locking,
    removing,
    settings,
    setupfile,
    telling,
    witnesses,
    wrapper,
)
from envboot.package.values import Packed, Packing

if TYPE_CHECKING:
    from envboot.console import Console
    from envboot.package.changes import Change
    from envboot.package.embedding import Carried
    from envboot.package.setupfile import Block
    from envboot.package.witnesses import Heard
    from envboot.shell import Shell

__all__ = ["Packed", "Packing", "package_env"]


def package_env(request: Packing, shell: Shell, console: Console) -> Packed:
    """Write, check or remove what ``python setup.py`` needs.

    Raises NothingFound where nothing is declared and the code imports nothing, InvalidFile for a
    file that cannot be read or that no block fits into, AnswerNeeded when a file of someone else
    would change and there is nobody to ask.
    """
    shell.confine(request.root)
    if request.remove:
        return _removed(request, shell, console)
    if request.climbed:
        console.say(
            f"packing {request.root}, the root of this repository (`-C .` packs this folder)"
        )
    unsettled = settings.unsettled(request, shell)
    request = settings.settle(request, shell)
    before = shell.read(request.root / setupfile.FILENAME)
    block = _read(before, request)
    heard = witnesses.hear(request, block, shell, console)
    derived, answers = deciding.together(request, heard, shell, console)
    if not heard.found and not deciding.any_package(derived):
        raise _nothing(request)
    changes = deciding.files(request, heard, derived, shell)
    changes = extras.beside(request, heard, derived, answers, changes, shell, console)
    carried = _carried(request, heard, block, changes, shell)
    packed = telling.tell(request, heard, derived, carried, unsettled, console)
    archive = wrapper.choose(request, shell)
    new = archive.block(carried)
    changes = (
        *changes,
        *extras.after(request, heard, derived, carried, shell, console),
        *drafting.draft(request.root, new, archive.data, carried, shell, readme=request.readme),
    )
    said = [note for note in (archive.note, drafting.reads_argv(before, block)) if note]
    for note in said:
        console.warn(note)
    packed = replace(packed, notices=(*packed.notices, *said))
    if request.check:
        old = locking.stale(request, carried, shell)
        rows = checking.check(changes, block, new, derived, console, locks=old)
        code = InvalidFile.exit_code if rows else 0
        return replace(
            packed, outcome="stale" if rows else "up-to-date", exit_code=code, files=rows
        )
    if not request.lock:
        for path, why in locking.stale(request, carried, shell).items():
            console.warn(f"{path}: {why}", hint="`--lock` renews it")
    console.say("Packaging into setup.py.....")
    finish = finishing.finish(request, changes, "packed", shell, console)
    if finish.outcome == "packed":
        console.say(f"    → Success: 'setup.py' generated in {request.root}")
        if not request.commit:
            adding = finishing.adding(request.root, changes, shell)
            console.say(f"now commit it: `{adding}` and `git commit`")
    return replace(packed, outcome=finish.outcome, files=finish.files, plan=finish.plan)


def _removed(request: Packing, shell: Shell, console: Console) -> Packed:
    if request.check:
        raise UsageError("`--check` and `--remove` do not go together")
    changes = removing.removals(request.root, shell)
    finish = finishing.finish(request, changes, "removed", shell, console)
    return Packed(finish.outcome, 0, finish.files, plan=finish.plan)


def _read(before: bytes | None, request: Packing) -> Block | None:
    """Return what setup.py carries; a block that cannot be read is written anew with a yes."""
    try:
        return setupfile.read(before) if before else None
    except InvalidFile:
        if request.yes and not request.check:
            return None
        raise


def _carried(
    request: Packing,
    heard: Heard,
    block: Block | None,
    changes: tuple[Change, ...],
    shell: Shell,
) -> Carried:
    try:
        return embedding.gather(request.root, shell, request.file, block, changes)
    except NothingFound as error:
        if heard.found or request.file:
            raise
        raise _nothing(request) from error


def _nothing(request: Packing) -> NothingFound:
    return NothingFound(
        f"no dependency file in {request.root}, and no code there that imports a package",
        hint="run it where the code is, or write a requirements.txt or an environment.yml",
    )
