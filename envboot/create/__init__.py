"""``envboot create NAME --ml``: a new git repository, laid out, packed, and perhaps on GitHub."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from envboot import git, plan
from envboot.create import building, github, layout, naming
from envboot.create.github import Wish
from envboot.errors import FallsShort, UsageError

if TYPE_CHECKING:
    import argparse

    from envboot.console import Console
    from envboot.request import Request
    from envboot.result import Outcome
    from envboot.shell import Shell

_KIND = {True: "ML repository", False: "repository"}


@dataclass(frozen=True)
class Created:
    """What came of it."""

    outcome: str
    """created | planned"""
    exit_code: int
    """6: it is here, and not on GitHub, where a flag wanted it."""
    path: str
    """The new repository's folder."""
    url: str = ""
    """Its address on GitHub; "" when it is not there."""
    files: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    """What puts it on GitHub by hand; () when it is there."""
    plan: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Intent:
    """What becomes of it on GitHub."""

    wish: Wish | None = None
    """None: nobody asked for it to be there."""
    why_not: str = ""
    """Why gh cannot do it."""
    declined: bool = False
    """It is not to be there, and nobody wants to hear how it could."""


def create(
    options: argparse.Namespace, request: Request, shell: Shell, console: Console
) -> Outcome:
    """Make the repository ``options.directory``, relative to ``--root`` or the current folder.

    Raises UsageError for a place where it cannot be, FallsShort without git, CommandFailed when
    git or gh fails.
    """
    base = request.root if options.root else Path.cwd()
    target = naming.place(options.directory, base, shell)
    _check(options, target, shell, console)
    intent = _intent(options, request, shell, console)
    wish = intent.wish
    texts = layout.files(target.name, ml=options.ml)
    if options.dry_run:
        return _planned(target, tuple(texts), intent, shell, console)
    console.say(f"creating {target.name}...")
    message = f"Begin {'a machine-learning' if options.ml else 'a'} repository"
    files = building.build(target, texts, message, shell, console, ml=options.ml)
    url = ""
    if wish and not intent.why_not:
        console.say(f"it is whole in {target}; now GitHub...")
        url = github.publish(target, wish, shell, console)
    console.say(f"New {_KIND[options.ml]} created: {url or target}, done")
    commands = () if url or intent.declined else github.commands(target, wish)
    if commands:
        why = intent.why_not or "nobody said whether it is to be there"
        console.say(f"it is not on GitHub: {why}. These put it there:")
        for row in commands:
            console.say(f"  {row}")
    code = FallsShort.exit_code if wish and intent.why_not else 0
    return Created("created", code, str(target), url, files, commands)


def _check(options: argparse.Namespace, target: Path, shell: Shell, console: Console) -> None:
    """Refuse what could only fail later."""
    if options.no_github and (options.public or options.private or options.organisation):
        raise UsageError(
            "`--no-github` does not go with `--public`, `--private` or `--organisation`"
        )
    if options.organisation:
        naming.organisation(options.organisation)
    if shell.which("git") is None:
        raise FallsShort("git is not installed", hint="install it: https://git-scm.com")
    if git.nameless(target.parent, shell):
        raise UsageError(
            "git does not know who you are, and a commit needs a name",
            hint="`git config --global user.name NAME` and "
            "`git config --global user.email ADDRESS`",
        )
    around = git.top(target.parent, shell)
    if around:
        console.warn(
            f"{target.parent} is inside another repository, {around}",
            hint="that one will see the new one as a folder that is not its own",
        )


def _intent(
    options: argparse.Namespace, request: Request, shell: Shell, console: Console
) -> _Intent:
    """Return what becomes of it on GitHub; a person is asked where gh can do it."""
    if options.no_github:
        return _Intent(declined=True)
    why_not = "`--offline` was given" if request.offline else github.why_not(shell)
    if options.public or options.private or options.organisation:
        visibility = "public" if options.public else "private"
        return _Intent(Wish(visibility, options.organisation or ""), why_not)
    if why_not or options.yes or options.dry_run or not console.interactive():
        return _Intent(None, why_not)
    wish = github.asked(shell, console)
    return _Intent(wish, declined=wish is None)


def _planned(
    target: Path, paths: tuple[str, ...], intent: _Intent, shell: Shell, console: Console
) -> Created:
    """Say what would be done."""
    rows = [f"write {target / path}" for path in paths]
    if len(paths) > 2:  # noqa: PLR2004 - more than README.md and .gitignore
        rows.append(f"envboot package-env --yes --root {target}")
    steps = building.first_commit(target, paths, "...", shell).steps
    rows += [plan.describe(step) for step in steps]
    if intent.wish and not intent.why_not:
        argv = intent.wish.argv(target.name)
        rows.append(plan.describe(plan.Run(argv, target)))
    for row in rows:
        console.say(f"  {row}")
    return Created("planned", 0, str(target), plan=tuple(rows))
