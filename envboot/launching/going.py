"""From the yes to the end: the note, the deed, the waiting, and what came back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from envboot.errors import EnvbootError, Interrupted
from envboot.jobs import journal
from envboot.launching import leaving, telling, waiting
from envboot.launching.errand import typed

if TYPE_CHECKING:
    from envboot.jobs import Report
    from envboot.launching.errand import Errand
    from envboot.launching.outcome import Launched, Wish
    from envboot.plan import Plan


def launch(errand: Errand, steps: Plan, wish: Wish) -> Launched:
    """Make what the plan says, noted before; then wait for it, and say what came back.

    Raises EnvbootError where it cannot be noted: nothing is launched then.
    """
    try:
        journal.write(errand.job, errand.shell)
    except EnvbootError as error:
        error.message = f"nothing was launched: {error.message}"
        error.args = (error.message,)
        raise
    try:
        done = _made(errand, steps, wish)
    except (KeyboardInterrupt, Interrupted) as cause:  # in the middle of a step
        done = leaving.interrupted(errand, cause, made=False)
    return replace(done, plan=telling.steps(steps))


def _made(errand: Errand, steps: Plan, wish: Wish) -> Launched:
    job, console = errand.job, errand.console
    console.say(f"`{job.handle}` is its name here and there")
    try:
        errand.carry_out(steps)
    except EnvbootError as error:
        if isinstance(error, Interrupted):
            raise
        return leaving.failed(errand, error)
    if wish.wait:
        return await_end(errand, browse=wish.browse)
    errand = errand.noted(errand.look())
    for row in telling.left(errand):
        console.say(row)
    return leaving.outcome(errand, "launched", 0)


def await_end(errand: Errand, *, browse: bool, enter: bool = True) -> Launched:
    """Wait until it is ready or has ended; say what came back, go there, say what ends the cost."""
    try:
        errand, found = waiting.wait(errand)
    except (KeyboardInterrupt, Interrupted) as cause:
        return leaving.interrupted(errand, cause)
    if found.state == "unknown":
        return leaving.lost(errand, found)
    return came_back(errand, found, browse=browse, enter=enter)


def came_back(errand: Errand, found: Report, *, browse: bool, enter: bool = True) -> Launched:
    """Say what came of a job, and bring the person there where that was asked for."""
    job, console = errand.job, errand.console
    telling.report(errand, found)
    if found.state == "gone":
        errand.forget()
        console.say("nothing of it is left there")
        return leaving.outcome(errand, "failed", telling.exit_code(found) or 7, found=found)
    if found.state == "failed":
        console.say(f"its log: `{typed('logs', job.handle)}`")
    elif job.command and found.state == "ended":
        console.say(f"what it printed: `{typed('logs', job.handle)}`")
    status = telling.exit_code(found)
    if found.state == "ready" and not status:
        problem = _enter(errand) if enter and job.then else None
        if problem:
            telling.endings(errand)
            return replace(problem, result=found.result, link=found.link)
        if not (enter and job.then):
            telling.link(errand, found.link, browse=browse)
            if not found.link:
                console.say(f"to go there: `{typed('open', job.handle)}`")
    telling.endings(errand)
    word = {"ready": "ready", "ended": "ended", "stopped": "stopped"}.get(found.state, "failed")
    return leaving.outcome(errand, "failed" if status else word, status, found=found)


def _enter(errand: Errand) -> Launched | None:
    """Bring the person there; return what came of it where she did not get there."""
    try:
        errand.carry_out(errand.steps("open"))
    except (KeyboardInterrupt, Interrupted):  # she is back
        return None
    except EnvbootError as error:
        errand.console.fail(error)
        said = {"message": str(error), "hint": error.hint}
        return leaving.outcome(errand, "failed", error.exit_code, error=said)
    return None
