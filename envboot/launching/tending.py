"""What was launched, later: the list, one job's state, its log, the way in, and its end."""

from __future__ import annotations

import contextlib
import threading
import time
from calendar import timegm
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from envboot import plan as plans
from envboot.console import YES_NO
from envboot.errors import EnvbootError, Interrupted, NothingFound
from envboot.jobs import Report, journal
from envboot.launching import errand as errands
from envboot.launching import going, leaving, telling
from envboot.launching.errand import typed
from envboot.launching.outcome import Launched
from envboot.survey import durations

if TYPE_CHECKING:
    from envboot.console import Console
    from envboot.jobs import Job
    from envboot.launching.errand import Errand
    from envboot.plan import Plan
    from envboot.shell import Shell

AT_ONCE = 8  # jobs that are looked at together


def jobs(shell: Shell, console: Console, *, quiet: bool = False) -> Launched:
    """Print a table of all jobs, each looked at; ``quiet``: none on standard output.

    Those of which nothing is left are forgotten, and said so.
    """
    every = journal.every(shell)
    for problem in journal.unreadable(shell):
        console.warn(str(problem), hint=problem.hint)
    found = _looks(every, shell, console)
    rows = []
    for job, report in zip(every, found):
        rows.append(telling.row(job, report, shell))
        if report.state == "gone":
            journal.forget(job, shell)
            console.say(f"`{job.handle}` is forgotten: nothing of it is left there")
    left = [(j, r) for j, r in zip(every, found) if r.state != "gone"]
    if not quiet:
        console.show(_table(left, str(shell.home or "")) if left else "nothing is launched")
    if left and not quiet:
        console.say(f"`{typed('status', 'HANDLE')}` says more of one")
    return Launched("listed", 0, jobs=tuple(rows))


def _looks(every: tuple[Job, ...], shell: Shell, console: Console) -> tuple[Report, ...]:
    """Return what became of each; some are asked at the same time, as each may take long.

    Ctrl-C waits for none of them: they only look.
    """
    found: dict[str, Report] = {}
    todo = list(reversed(every))

    def look() -> None:
        while todo:
            with contextlib.suppress(IndexError):  # another one took the last
                job = todo.pop()
                found[job.handle] = _look(job, shell, console)

    threads = [threading.Thread(target=look, daemon=True) for _ in every[:AT_ONCE]]
    for thread in threads:
        thread.start()
    for thread in threads:
        while thread.is_alive():
            thread.join(0.2)  # without a time Windows would not hear Ctrl-C
    return tuple(found[job.handle] for job in every)


def _look(job: Job, shell: Shell, console: Console) -> Report:
    try:
        errand = errands.of(job, shell, console)
    except NothingFound as error:
        return Report("unknown", error.message)
    found = errand.look()
    if found.state != "gone":
        errand.noted(found)
    return found


def _table(rows: list[tuple[Job, Report]], home: str) -> str:
    lines = [("job", "launcher", "where", "state", "age", "repository", "")]
    for job, found in rows:
        below = home and Path(home) in Path(job.root).parents
        root = f"~{job.root[len(home) :]}" if below else job.root
        lines.append((job.handle, job.launcher, job.at, found.state, _age(job), root, found.said))
    plain = [tuple("".join(c if c.isprintable() else "?" for c in x) for x in row) for row in lines]
    widths = [max(len(row[column]) for row in plain) for column in range(6)]
    return "\n".join(
        "  ".join([*(x.ljust(width) for x, width in zip(row, widths)), row[6]]).rstrip()
        for row in plain
    )


def _age(job: Job) -> str:
    """Return how long ago it was launched, ``8 s``, ``3 min``, ``5 h``, ``2 d``."""
    try:
        seconds = time.time() - timegm(time.strptime(job.created, "%Y-%m-%dT%H:%M:%SZ"))
    except (ValueError, OverflowError):
        return ""
    for most, unit, word in ((2 * 86400, 3600, "h"), (1 << 62, 86400, "d")):
        if seconds < 2 * 3600:
            return durations.said(max(0.0, seconds))
        if seconds < most:
            return f"{round(seconds / unit)} {word}"
    return ""


def status(handle: str, shell: Shell, console: Console, *, wait: bool) -> Launched:
    """Say what became of one; ``wait``: until it is ready or ended."""
    errand = errands.of(journal.read(handle, shell), shell, console)
    if wait:
        return going.await_end(errand, browse=False, enter=False)
    found = errand.look()
    if found.state == "gone":
        errand.forget()
        console.say(f"`{handle}` is forgotten: nothing of it is left there")
        return leaving.outcome(errand, "looked", 0, found=found)
    errand = errand.noted(found)
    telling.report(errand, found)
    if found.link:
        console.say(f"open this link: {found.link}")
    if found.state == "ready":
        console.say(f"to go there: `{typed('open', handle)}`")
    telling.endings(errand)
    return leaving.outcome(errand, "looked", 0, found=found)


def logs(
    handle: str, shell: Shell, console: Console, *, follow: bool, quiet: bool = False
) -> Launched:
    """Print its log; ``quiet``: not on standard output."""
    errand = errands.of(journal.read(handle, shell), shell, console)
    steps = errand.logs(follow=follow)
    try:
        plans.carry_out(steps, shell, console.say if quiet else console.show)
    except (KeyboardInterrupt, Interrupted):
        if not follow:
            raise
    return leaving.outcome(errand, "looked", 0)


def enter(handle: str, shell: Shell, console: Console, *, dry_run: bool = False) -> Launched:
    """Bring the person there."""
    errand = errands.of(journal.read(handle, shell), shell, console)
    steps = errand.steps("open")
    if dry_run:
        return _planned(errand, steps)
    errand.carry_out(steps)
    found = errand.look()
    errand = errand.noted(found)
    if found.state in {"setting-up", "running"}:  # it was stopped: nobody could go there yet
        for row in telling.left(errand):
            console.say(row)
        return leaving.outcome(errand, "launched", 0, found=found)
    telling.endings(errand)
    return leaving.outcome(errand, "ready", 0)


def stop(
    handle: str, shell: Shell, console: Console, *, yes: bool, dry_run: bool = False
) -> Launched:
    """Stop what costs, after a yes."""
    errand = errands.of(journal.read(handle, shell), shell, console)
    return _end(errand, "stop", "", yes=yes, dry_run=dry_run)


def delete(
    handle: str, shell: Shell, console: Console, *, yes: bool, dry_run: bool = False
) -> Launched:
    """Remove all of it there, after a yes, then forget it here."""
    errand = errands.of(journal.read(handle, shell), shell, console)
    lost = " what is written there, and nowhere else, is lost then"
    return _end(errand, "delete", lost, yes=yes, dry_run=dry_run)


def _planned(errand: Errand, steps: Plan) -> Launched:
    """Say what would be done."""
    for row in telling.steps(steps):
        errand.console.say(f"  {row}")
    errand.console.say("nothing of it was done")
    return replace(leaving.outcome(errand, "planned", 0), plan=telling.steps(steps))


def _end(errand: Errand, deed: str, warning: str, *, yes: bool, dry_run: bool) -> Launched:
    handle, console = errand.job.handle, errand.console
    found = errand.look()
    if found.state == "gone" and not dry_run:
        errand.forget()
        console.say(f"`{handle}` is gone already: nothing of it is left there")
        return leaving.outcome(errand, "deleted", 0, state="gone")
    if deed == "stop" and not telling.stoppable(errand, found.state):
        console.say(f"nothing of `{handle}` runs there ({found.state})")
        console.say(f"to remove all of it there: `{typed('delete', handle)}`")
        return leaving.outcome(errand, "stopped", 0, found=found)
    steps = errand.steps(deed)
    if dry_run:
        return _planned(errand, steps)
    for row in telling.steps(steps):
        console.say(f"  {row}")
    if not yes:
        question = f"{deed} `{handle}`?{warning}"
        if console.choose(question, YES_NO, flag="`--yes`", default="no") == "no":
            console.say("nothing was done")
            return leaving.outcome(errand, "planned", 0, found=found)
    try:
        return leaving.ended(errand, deed)
    except EnvbootError as error:
        error.hint = error.hint or f"the job is kept: `{typed(deed, handle)}` tries again"
        raise
