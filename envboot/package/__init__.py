"""The reverse story: pack what a repository declares into its setup.py.

:func:`package_env` is the whole of it. It ends in a plan of files to write or to remove, and
running it twice changes nothing.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import envboot
from envboot import archive, plan
from envboot.console import YES_NO
from envboot.errors import InvalidFile, UsageError
from envboot.package import drafting, embedding, setupfile
from envboot.package.changes import diff, stale
from envboot.package.setupfile import Block

if TYPE_CHECKING:
    from pathlib import Path

    from envboot.console import Console
    from envboot.derive import Pin
    from envboot.package.changes import Change
    from envboot.shell import Shell


@dataclass(frozen=True)
class Packing:
    """What a person asked for: the flags of ``package-env``, one field each."""

    root: Path
    """The repository, absolute."""
    file: str | None = None
    yes: bool = False
    dry_run: bool = False
    check: bool = False
    """Say what is stale, and write nothing."""
    remove: bool = False
    """Take out what was written."""
    readme: bool = False
    """Write the onboarding section of README.md too."""
    python: str | None = None
    """The live environment is this interpreter's, …"""
    prefix: Path | None = None
    """… or the one at this prefix, …"""
    env: str | None = None
    """… or conda's of this name; else the active one."""
    no_live: bool = False
    """Leave the live environment out; ``check`` always does: CI has none."""
    pin: Pin | None = None
    """None: as settled (``[tool.envboot.package]``), else compatible."""
    pip_only: bool | None = None
    conda_only: bool | None = None
    provides: tuple[str, ...] = ()
    """``MODULE=DISTRIBUTION``, each."""
    variable: tuple[str, ...] = ()
    """Names of environment variables to carry with their values."""
    companions: tuple[str, ...] = ()
    """Kinds of files to write too: see :mod:`envboot.package.companions`."""
    lock: bool = False
    platform: tuple[str, ...] = ()
    """conda's names of platforms to lock for; () this one."""
    no_cache: bool = False
    commit: bool = False
    message: str | None = None
    push: bool = False
    offline: bool = False


@dataclass(frozen=True)
class Packed:
    """What came of it."""

    outcome: str
    """packed | up-to-date | planned | declined | stale | removed"""
    exit_code: int
    files: tuple[dict[str, str], ...] = ()
    """path, state (written, removed, unchanged, stale), why"""
    source: str | None = None
    """The dependency file that won."""
    notices: tuple[str, ...] = ()
    plan: tuple[str, ...] = field(default=())


def package_env(request: Packing, shell: Shell, console: Console) -> Packed:
    """Write, check or remove what ``python setup.py`` needs.

    Raises NothingFound without a dependency file, InvalidFile for a setup.py that no block fits
    into, AnswerNeeded when a file of someone else would change and there is nobody to ask.
    """
    if request.check and request.remove:
        raise UsageError("`--check` and `--remove` do not go together")
    shell.confine(request.root)
    if request.remove:
        return _finish(request, drafting.removals(request.root, shell), "removed", shell, console)
    console.say("Looking for requirements....")
    before = shell.read(request.root / setupfile.FILENAME)
    carried = embedding.gather(request.root, shell, request.file, _read(before, request))
    for file in carried.found.files:
        console.say(f"  {file.path}: {file.role} ({file.why})")
    notices = (*carried.found.contradictions, *carried.found.spec.notices, *carried.notices)
    for notice in notices:
        console.warn(str(notice))
    data, notes = _archive(request, shell)
    said = (*(str(n) for n in notices), *notes)
    for note in notes:
        console.warn(note)
    manifest = archive.manifest(data)
    floor = manifest.get("python", "3.9").split(".")
    block = Block(
        manifest.get("envboot", ""),
        hashlib.sha256(data).hexdigest(),
        (int(floor[0]), int(floor[1])),
        carried.files,
        carried.needs,
    )
    changes = drafting.draft(request.root, block, data, carried, shell, readme=request.readme)
    source = carried.found.spec.source
    winner = source.path if source else None
    if request.check:
        return _checked(changes, before, block, winner, said, console)
    if before is not None and changes[0].before == before and (row := setupfile.reads_argv(before)):
        note = f"setup.py:{row}: it looks at sys.argv itself: `python setup.py` is envboot's now"
        console.warn(note)
        said = (*said, note)
    console.say("Packaging into setup.py.....")
    packed = _finish(request, changes, "packed", shell, console)
    if packed.outcome == "packed":
        console.say(f"    → Success: 'setup.py' generated in {request.root}")
        console.say("now commit it: `git add setup.py .envboot` and `git commit`")
    return Packed(packed.outcome, packed.exit_code, packed.files, winner, said, packed.plan)


def _read(before: bytes | None, request: Packing) -> Block | None:
    """Return what setup.py carries; a block that cannot be read is written anew with a yes."""
    try:
        return setupfile.read(before) if before else None
    except InvalidFile:
        if request.yes and not request.check:
            return None
        raise


def _archive(request: Packing, shell: Shell) -> tuple[bytes, tuple[str, ...]]:
    """Return the archive that belongs there: the one that is there while it is as good."""
    there = shell.read(request.root / archive.PLACE)
    try:
        version = archive.manifest(there).get("envboot", "") if there is not None else ""
    except InvalidFile:
        there, version = None, ""
    if there is not None and request.check and version == envboot.__version__:
        return there, ()
    if there is not None and _newer(version):
        note = (
            f".envboot/envboot.pyz is of envboot {version}, newer than this "
            f"one ({envboot.__version__}): it is kept"
        )
        return there, (note,)
    made = archive.own(shell)
    if made is None:
        from envboot.archive import bundling  # not there, and not needed, inside an archive

        made = bundling.bundle(shell)
    if there is not None and not archive.contents_differ(there, made):
        return there, ()
    return made, ()


def _newer(version: str) -> bool:
    from packaging.version import InvalidVersion, Version

    try:
        return Version(version) > Version(envboot.__version__)
    except InvalidVersion:
        return False


# ------------------------------------------------------------------------- the end


def _finish(
    request: Packing, changes: tuple[Change, ...], done: str, shell: Shell, console: Console
) -> Packed:
    """Show what would change, ask where it is someone else's, and do it."""
    real = [c for c in changes if c.before != c.after]
    steps = plan.Plan("package-env", tuple(c.step(request.root) for c in real))
    shown = tuple(plan.describe(step) for step in steps.steps)
    files = tuple({"path": c.path, "state": c.state, "why": ""} for c in changes)
    if not real:
        console.say("nothing to do: all of it is as it should be")
        return Packed("up-to-date", 0, files)
    foreign = [c for c in real if not c.ours]
    for change in foreign if not request.dry_run else real:
        console.say(diff(change))
    if request.dry_run:
        for row in shown:
            console.say(f"  {row}")
        return Packed("planned", 0, files, plan=shown)
    if foreign and not request.yes:
        names = " and ".join(c.path for c in foreign)
        question = f"change {names}, which envboot did not write?"
        if console.choose(question, YES_NO, flag="`--yes`", default="no") == "no":
            return Packed("declined", 0, files, plan=shown)
    plan.carry_out(steps, shell, console.line)
    for change in real:
        console.say(f"  {change.path}: {change.state}")
    return Packed(done, 0, files)


def _checked(
    changes: tuple[Change, ...],
    before: bytes | None,
    block: Block,
    source: str | None,
    said: tuple[str, ...],
    console: Console,
) -> Packed:
    """Name all that is stale. Exit code 4: a file is not what it has to be."""
    rows = stale(changes, setupfile.read(before) if before else None, block)
    for row in rows:
        console.warn(f"{row['path']}: {row['why']}", hint="`envboot package-env` renews it")
    if not rows:
        console.say("setup.py and the archive are up to date")
    code = InvalidFile.exit_code if rows else 0
    return Packed("stale" if rows else "up-to-date", code, rows, source, said)
