"""``envboot notebook unpack``: what a stranger's notebook carries, shown, then written."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from envboot.errors import AnswerNeeded, InvalidFile, NothingFound, UsageError
from envboot.notebook import owned, placing, showing
from envboot.notebook.placing import place
from envboot.notebook.unpacking import agreeing, cloning, scripting
from envboot.notebook.unpacking.agreeing import approved
from envboot.notebook.unpacking.reading import readable
from envboot.notebook.values import Unpacked
from envboot.notebook.visible import brief
from envboot.plan import describe
from envboot.spec import Origin

if TYPE_CHECKING:
    import argparse

    from envboot.console import Console
    from envboot.notebook.showing import Sight
    from envboot.notebook.unpacking.cloning import Clone
    from envboot.request import Request
    from envboot.result import Result
    from envboot.shell import Shell

__all__ = ["approved", "notebook_of", "open_up", "place", "unpack"]
_PLANNED = "planned"


def unpack(
    options: argparse.Namespace, request: Request, shell: Shell, console: Console
) -> Unpacked:
    """Show, ask, write, and go on as ``python setup.py`` does (unless ``--files-only``)."""
    return open_up(options, request, shell, console, then_run=False)[1]


def open_up(
    options: argparse.Namespace, request: Request, shell: Shell, console: Console, *, then_run: bool
) -> tuple[Sight, Unpacked]:
    """Do what ``unpack`` and ``run`` share: show, ask once, write, set up.

    ``then_run`` makes the question say that the notebook is executed afterwards. The outcome is
    "planned" or "declined" where it ends before the yes.
    """
    notebook = notebook_of(options.notebook, request)
    files_only, overwrite = not then_run and bool(options.files_only), bool(options.overwrite)
    to = _folder(options.to) if options.to else None
    sight = _sight(notebook, to, request, shell)
    approved(sight, getattr(options, "expect", None))  # a page was looked at, a while ago
    exact = approved(sight, options.approve)
    clone = None
    if options.clone:
        clone = cloning.wanted(sight.embedded.git, sight.folder)
        sight = _sight(notebook, clone.folder, request, shell)
        clone = None if cloning.there(clone, shell) else clone
    asked = console.interactive() and not (request.yes or exact)
    tell = console.warn if asked and console.verbose < 0 else console.say  # nobody agrees unseeing
    for line in showing.lines(sight, whole=console.verbose > 0):
        tell(line)
    found = Unpacked(
        _PLANNED, 0, str(notebook), str(sight.folder), plan=_plan(sight, clone, files_only)
    )
    if request.dry_run or request.manual:
        return sight, _ahead(found, sight, request, files_only, shell, console)
    if not files_only:
        readable(sight)
    placing.check(sight, shell, overwrite=overwrite)
    deed = _deed(sight, files_only=files_only, then_run=then_run)
    flags = agreeing.Flags(request.yes, exact, sets_up=not files_only)
    try:
        agreed = agreeing.ask(deed, sight, clone, flags, console)
    except AnswerNeeded as error:
        console.fail(error)
        said = {"message": str(error), "hint": error.hint}
        return sight, replace(found, exit_code=error.exit_code, error=said)
    if agreed is None:
        console.say("nothing was done")
        return sight, replace(found, outcome="declined")
    if clone:
        sight, overwrite = _fetched(clone, notebook, request, shell, console), True
    return sight, _done(found, sight, agreed, request, shell, console, overwrite, files_only)


def _done(
    found: Unpacked,
    sight: Sight,
    agreed: agreeing.Agreed,
    request: Request,
    shell: Shell,
    console: Console,
    overwrite: bool,
    files_only: bool,
) -> Unpacked:
    """Write, set up, and run what has a yes of its own."""
    shell.confine(sight.folder)
    written = place(sight, shell, overwrite=overwrite)
    for row in written:
        backup = f"; the one before is {row['backup']}" if row["backup"] else ""
        console.say(f"{row['state']}: {row['path']}{backup}")
    if isinstance(sight.raw, dict) and sight.embedded.whose == "ours":
        files = ("requirements.txt", "environment.yaml", "environment.yml", "setup.sh", "files")
        owned.remember({k: v for k, v in sight.raw.items() if k in files}, sight.folder, shell)
    found = replace(found, outcome="unpacked", files=written)
    if files_only:
        return found
    result = _set_up(sight, request, shell, console)
    found = replace(
        found, outcome=result.outcome, exit_code=result.exit_code, result=asdict(result)
    )
    if agreed.scripts and not result.exit_code and result.environment:
        scripting.run(agreed.scripts, sight, Path(result.environment.prefix), shell, console)
    elif agreed.scripts:
        console.warn(f"{', '.join(agreed.scripts)}: not run, the environment is not there")
    return found


def _set_up(sight: Sight, request: Request, shell: Shell, console: Console) -> Result:
    from envboot.notebook import setting_up  # half of envboot, and --files-only does not need it

    notebook = sight.folder / sight.notebook.name if sight.copy else sight.notebook
    own = replace(request, subshell=bool(request.subshell), post_build=False)
    return setting_up.set_up(notebook, sight, own, shell, console)


def _ahead(
    found: Unpacked,
    sight: Sight,
    request: Request,
    files_only: bool,
    shell: Shell,
    console: Console,
) -> Unpacked:
    """Say what would be done; nothing is."""
    for row in found.plan:
        console.say(row)
    if files_only:
        return found
    from envboot.notebook import setting_up

    readable(sight)
    result = setting_up.set_up(sight.notebook, sight, request, shell, console)
    return replace(found, plan=(*found.plan, *result.plan), result=asdict(result))


def _fetched(
    clone: Clone, notebook: Path, request: Request, shell: Shell, console: Console
) -> Sight:
    """Fetch the repository; return the sight in it. Raises InvalidFile where a link leads out."""
    cloning.fetch(clone, shell, console)
    sight = _sight(notebook, clone.folder, request, shell)
    if sight.folder != clone.folder:
        raise InvalidFile(
            f"{clone.folder} leads to {sight.folder}; nothing is written there",
            hint="the repository was fetched; look at its links",
        )
    return sight


def _sight(notebook: Path, to: Path | None, request: Request, shell: Shell) -> Sight:
    """Return what unpacking would do. Raises NothingFound, InvalidFile."""
    origin = Origin(brief(notebook.name))
    sight = showing.look(notebook, to, shell)
    hint = "`envboot notebook pack`, where its files are, puts one in"
    if sight is None:
        raise NothingFound("the notebook carries no environment", hint=hint, origin=origin)
    if sight.embedded.whose == "foreign":
        raise NothingFound(f"nothing to unpack: {sight.warnings[0]}", hint=hint, origin=origin)
    place = notebook.parent if to is None else to
    own = {request.root, *(p for p in (place, *place.parents) if shell.kind(p / ".git"))}
    for root in sorted(own & {place, *place.parents}):
        if root.resolve() not in (sight.folder, *sight.folder.parents):
            raise InvalidFile(
                f"{place} is not written to: a link leads out of {root}, to {sight.folder}",
                hint="`--to DIR` writes elsewhere",
            )
    return sight


def _deed(sight: Sight, *, files_only: bool, then_run: bool) -> str:
    new = [f for f in sight.files if f.state != "same"]
    write = f"write {len(new)} file{'' if len(new) == 1 else 's'} to {sight.folder}"
    if files_only:
        return write
    run = "set up the environment, and execute the notebook"
    return f"{write}, {run if then_run else 'and set up the environment'}"


def _plan(sight: Sight, clone: Clone | None, files_only: bool) -> tuple[str, ...]:
    """Return what would be done, one line each, as far as it is known without setting up."""
    rows = []
    if clone:
        part = clone.place
        rows += [describe(step) for step in cloning.plan(clone, part).steps]
        rows.append(f"git -C {part} checkout --detach {clone.commit} --")
    rows += [f"write {sight.folder / f.name}" for f in sight.files if f.state != "same"]
    if sight.copy and sight.copy != "same":
        rows.append(f"write {sight.folder / sight.notebook.name}")
    if not files_only:
        rows += [f"bash {sight.folder / n}  (on a yes of its own)" for n in scripting.of(sight)]
    return tuple(rows)


def notebook_of(name: str, request: Request) -> Path:
    """Return the absolute path of a notebook that a person named. Raises NothingFound."""
    path = _folder(name)
    if path.is_file():
        return path
    there = request.root / name
    if not path.exists() and there.is_file():
        return there
    kind = "a folder" if path.is_dir() else "no file that can be read"
    what = kind if path.exists() else "not there"
    raise NothingFound(
        f"{brief(str(name)) or 'the empty path'} is {what}", hint="give the path of a notebook"
    )


def _folder(name: str | Path) -> Path:
    """Return an absolute path; its links stay. Raises UsageError for what is none."""
    try:
        path = Path(name).expanduser()
        return Path.cwd() / path
    except (OSError, RuntimeError, ValueError) as error:
        raise UsageError(f"{brief(str(name))} cannot be found: {error}") from error
