"""The end of ``package-env``: show what would change, ask where it is someone else's, and do it."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from envboot import git, plan
from envboot.console import YES_NO
from envboot.errors import EnvbootError
from envboot.find.reading import Repository
from envboot.infer import tracked
from envboot.package import backups
from envboot.package.changes import Change, diff

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from envboot.console import Console
    from envboot.package import Packing
    from envboot.shell import Shell


@dataclass(frozen=True)
class Finish:
    """What came of the changes."""

    outcome: str
    """up-to-date, planned, declined, or the word that was given for done"""
    files: tuple[dict[str, str], ...]
    plan: tuple[str, ...] = ()


def finish(
    request: Packing, changes: Sequence[Change], done: str, shell: Shell, console: Console
) -> Finish:
    """Carry the changes out. Raises AnswerNeeded, and EnvbootError where no commit is possible.

    What was written stays whole whenever it ends: each file is replaced at once, and the next
    run finds what is still to be done.
    """
    real = [c for c in changes if c.before != c.after]
    files = tuple({"path": c.path, "state": c.state, "why": ""} for c in changes)
    confined(request, real, shell)
    refuse(request, changes, shell)
    saved, notes = backups.draft(request.root, real, shell)
    steps = plan.Plan("package-env", tuple(c.step(request.root) for c in (*saved, *real)))
    shown = tuple(plan.describe(step) for step in steps.steps)
    foreign = [c for c in real if not c.ours]
    for change in foreign if not request.dry_run else real:
        console.say(diff(change))
    if request.dry_run:
        for row in shown:
            console.say(f"  {row}")
        return Finish("planned" if real else "up-to-date", files, shown)
    if foreign and not request.yes:
        names = " and ".join(c.path for c in foreign)
        question = f"change {names}, which envboot did not write?"
        if console.choose(question, YES_NO, flag="`--yes`", default="no") == "no":
            return Finish("declined", files, shown)
    for note in notes:
        console.say(f"  {note}")
    plan.carry_out(steps, shell, console.line)
    for change in real:
        console.say(f"  {change.path}: {change.state}")
    if not real:
        console.say("nothing to do: all of it is as it should be")
    record(request, changes, shell, console)
    return Finish(done if real else "up-to-date", files)


def adding(root: Path, changes: Sequence[Change], shell: Shell) -> str:
    """Return the command that stages what was written, for a person who commits herself.

    What is gone belongs to it where git knew it: of anything else git would say that it is not
    there.
    """
    known = tracked.files(root, shell)
    paths = [c.path for c in changes if c.after is not None or c.path in known]
    names = dict.fromkeys(".envboot" if p.startswith(".envboot/") else p for p in paths)
    return shlex.join(["git", "add", *names])


def confined(request: Packing, changes: Sequence[Change], shell: Shell) -> None:
    """Raise EnvbootError where a link would lead a write out of the repository: before any."""
    repository = Repository(request.root, shell)
    for change in changes:
        if repository.leads_out(change.path):
            raise EnvbootError(
                f"{change.path} is a link that leads out of {request.root}",
                hint="nothing is written: put a file in the place of the link",
            )


def refuse(request: Packing, changes: Sequence[Change], shell: Shell) -> None:
    """Raise EnvbootError where a commit was asked for and is not possible: before any write."""
    if not (request.commit or request.push) or request.dry_run:
        return
    paths = [c.path for c in changes]
    now = git.state(request.root, shell, paths)
    if now is None:
        raise git.absent(request.root, shell)
    why = git.why_no_commit(now, paths) if request.commit else ""
    if why:
        raise EnvbootError(
            f"nothing is written, because it could not be committed: {why}",
            hint="without `--commit` the files are written",
        )
    if request.push:
        git.push(now)  # raises where there is nowhere to push to


def record(request: Packing, changes: Sequence[Change], shell: Shell, console: Console) -> None:
    """Commit exactly the files of package-env, those of an earlier run too; push if asked."""
    paths = [c.path for c in changes]
    now = git.state(request.root, shell, paths) if request.commit or request.push else None
    if now is None:
        return
    if request.commit:
        made = git.record(now, paths, request.message or git.MESSAGE, shell, console.line)
        console.say(f"committed as {made[:10]}" if made else "nothing to commit")
    if request.push:
        now = git.state(request.root, shell, paths) or now
        git.send(now, shell, console)
        console.say(f"pushed {now.branch}")
