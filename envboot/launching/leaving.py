"""When a launch does not come to its end: Ctrl-C, a step that fails, a service out of reach."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envboot.console import Choice
from envboot.errors import ENDING, CommandFailed, EnvbootError, Interrupted
from envboot.launching import telling
from envboot.launching.errand import typed
from envboot.launching.outcome import Launched

if TYPE_CHECKING:
    from envboot.jobs import Report
    from envboot.launching.errand import Errand

_ANSWERS = (
    Choice("stop", "stop it: computing costs no more"),
    Choice("delete", "delete it: nothing of it is left there"),
)


def interrupted(errand: Errand, cause: BaseException, *, made: bool = True) -> Launched:
    """Ask what becomes of a job that was under way at Ctrl-C; unasked it is left.

    ``made``: all that had to be done for it was done, so that it goes on there.
    """
    console, handle = errand.console, errand.job.handle
    leave = "leave it running" if made else "leave it as it is"
    said = (
        f"`{handle}` goes on without this command"
        if made
        else f"this was cut in the middle: something of `{handle}` may be there, or run"
    )
    answer = "leave"
    if console.interactive() and ENDING not in cause.args:
        try:
            answer = console.choose(
                f"{said}; what shall become of it?",
                (Choice("leave", leave), *_ANSWERS),
                flag=f"`{typed('stop')}` or `{typed('delete')}`",
                default="leave",
            )
        except (Interrupted, KeyboardInterrupt):
            answer = "leave"
    if answer != "leave":
        try:
            return ended(errand, answer, exit_code=Interrupted.exit_code)
        except (EnvbootError, KeyboardInterrupt) as error:
            why = "interrupted" if isinstance(error, KeyboardInterrupt) else str(error)
            done = {"stop": "stopped", "delete": "deleted"}[answer]
            console.warn(f"it could not be {done}: {why}")
    first, *rest = telling.left(errand, made=made)
    console.warn(first, hint="; ".join(rest))  # also with --quiet: it may cost something
    return outcome(errand, "launched", Interrupted.exit_code)


def ended(errand: Errand, deed: str, *, exit_code: int = 0) -> Launched:
    """Stop or delete a job, and note it. Raises EnvbootError; the job is then kept as it was."""
    job, console = errand.job, errand.console
    errand.carry_out(errand.steps(deed))
    if deed == "delete":
        errand.forget()
        console.say(f"`{job.handle}` is deleted: nothing of it is left there")
        return outcome(errand, "deleted", exit_code, state="gone")
    errand = errand.noted(errand.look())
    console.say(f"`{job.handle}` is stopped")
    console.say(f"to remove all of it there: `{typed('delete', job.handle)}`")
    return outcome(errand, "stopped", exit_code)


def failed(errand: Errand, error: EnvbootError) -> Launched:
    """Say what is left of a job that a step of its launch failed for; forget it if nothing is."""
    job, console = errand.job, errand.console
    console.fail(error)
    found = errand.look()
    said = {"message": str(error), "hint": error.hint}
    if found.state == "gone":
        errand.forget()
        console.say("nothing of it is left there")
        return outcome(errand, "failed", error.exit_code, state="gone", error=said)
    errand = errand.noted(found)
    why = f": {found.said}" if found.said else ""
    console.say(f"something of it may be left there ({found.state}{why}); it is kept here")
    console.say(f"to look again: `{typed('status', job.handle)}`")
    console.say(f"to remove what is there: `{typed('delete', job.handle)}`")
    return outcome(errand, "failed", error.exit_code, error=said, found=found)


def lost(errand: Errand, found: Report) -> Launched:
    """Say that it cannot be asked any more, for now."""
    why = f": {found.said}" if found.said else ""
    error = CommandFailed(f"`{errand.job.handle}` cannot be asked what became of it{why}")
    error.hint = "; ".join(telling.left(errand)[1:])
    errand.console.fail(error)
    said = {"message": str(error), "hint": error.hint}
    return outcome(errand, "failed", error.exit_code, found=found, error=said)


def outcome(
    errand: Errand,
    word: str,
    exit_code: int,
    *,
    found: Report | None = None,
    state: str = "",
    error: dict[str, str] | None = None,
) -> Launched:
    """Return what came of a job."""
    job = errand.job
    return Launched(
        word,
        exit_code,
        handle=job.handle,
        launcher=job.launcher,
        where=job.where,
        size=job.size,
        state=state or (found.state if found else job.state),
        said=found.said if found else "",
        link=found.link if found else "",
        result=found.result if found else None,
        error=error,
    )
