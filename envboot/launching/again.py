"""A job of this repository that is there already: gone on with, so that nobody pays twice.

Where what is there is a folder on a computer of the person's own, it is used again: only what
changed is copied, and the environment is there already.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from envboot.console import Choice
from envboot.errors import CommandFailed
from envboot.jobs import ALIVE, WAITING, journal
from envboot.launching import errand as errands
from envboot.launching import going, leaving, telling

if TYPE_CHECKING:
    from envboot.console import Console
    from envboot.jobs import Job, Report
    from envboot.launching.errand import Errand
    from envboot.launching.outcome import Launched, Wish
    from envboot.request import Request
    from envboot.shell import Shell

_AT_REST = frozenset({"ready", "ended", "failed", "stopped"})


def go_on(
    name: str, wish: Wish, request: Request, shell: Shell, console: Console
) -> Launched | None:
    """Go on with a job of this repository and launcher that is alive; None: make a new one.

    Those of which nothing is left are forgotten.
    """
    for job in journal.every(shell):
        if not _meant(job, name, wish, request):
            continue
        errand = errands.of(job, shell, console)
        found = errand.look()
        if found.state == "gone" and not request.dry_run:
            errand.forget()
            console.say(f"`{job.handle}` is forgotten: nothing of it is left there")
        elif found.state in (WAITING if renews(errand.member) else ALIVE):
            if request.dry_run:
                what = "it would be gone on with; with `--new` this would be done:"
                console.say(f"{_said(job, found)}; {what}")
                continue
            answer = _chosen(job, found, request, console)
            if answer == "stop":
                console.say("nothing was done")
                return leaving.outcome(errand, "planned", 0, found=found)
            return _resume(errand, found, wish) if answer == "on" else None
    return None


def renews(member: object) -> bool:
    """Return whether a launcher's folder of the last time is used again."""
    return bool(getattr(member, "RENEWS", False))


def renewed(
    name: str, wish: Wish, size: str, request: Request, shell: Shell, console: Console
) -> Job | None:
    """Return the job whose folder there is used again, the newest; None: there is none."""
    for job in journal.every(shell):
        if job.launcher != name or job.root != str(request.root):
            continue
        if (job.where or job.size) != (wish.where or size):
            continue
        if errands.of(job, shell, console).look().state in _AT_REST:
            console.say(
                f"the folder of `{job.handle}` there is used again: only what changed is copied "
                "(`--new` takes another)"
            )
            return job
    return None


def _meant(job: Job, name: str, wish: Wish, request: Request) -> bool:
    """Return whether a job could be what the person asks for, as far as she says it."""
    asked = ((wish.where, job.where), (wish.size, job.size), (wish.command, job.command))
    here = job.launcher == name and job.root == str(request.root)
    return here and all(not wanted or wanted == there for wanted, there in asked)


def _said(job: Job, found: Report) -> str:
    what = f"{found.state}: {found.said}" if found.said else found.state
    where = f" on {job.at}" if job.at else ""
    return f"`{job.handle}` of this repository is there{where} ({what})"


def _chosen(job: Job, found: Report, request: Request, console: Console) -> str:
    """Return on, new or stop. Raises CommandFailed for what cannot be asked, with nobody there."""
    said = _said(job, found)
    if found.state == "unknown" and (request.yes or not console.interactive()):
        raise CommandFailed(
            f"{said}: it cannot be asked just now, and it may be at work",
            hint="try again later, or `--new` makes another one",
        )
    if request.yes or not console.interactive():
        console.say(f"{said}: going on with it as it is there (`--new` makes another)")
        return "on"
    choices = (
        Choice("on", "start it again" if found.state == "stopped" else "go on with it"),
        Choice("new", "make another one"),
        Choice("stop", "stop here"),
    )
    return console.choose(f"{said}; what now?", choices, flag="`--new` or `--yes`", default="on")


def _resume(errand: Errand, found: Report, wish: Wish) -> Launched:
    """Wait for it as for a new one; one that is stopped is brought back by going there."""
    if wish.then:
        errand = replace(errand, job=replace(errand.job, then=wish.then))
    if found.state == "stopped":
        errand.carry_out(errand.steps("open"))
        errand = replace(errand, job=replace(errand.job, then=""))
    if not wish.wait:
        for row in telling.left(errand):
            errand.console.say(row)
        return leaving.outcome(errand, "launched", 0, found=found)
    return going.await_end(errand, browse=wish.browse)
