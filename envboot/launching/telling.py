"""What is said of a job: verdict and proof as they came back, the link, what ends the cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from envboot import plan
from envboot.errors import CommandFailed
from envboot.launching.errand import typed
from envboot.plan import Open, Plan, Run
from envboot.shell import redact

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from envboot.jobs import Job, Report
    from envboot.launching.errand import Errand
    from envboot.shell import Shell

_SHOWN = 8  # modules that are named before the rest is only counted
_MOST = 255
_AT_REST = frozenset({"ready", "ended", "failed", "stopped"})
TAIL = 12
"""Lines of the log that are told of a job that failed."""


def steps(found: Plan) -> tuple[str, ...]:
    """Return what a plan does, a line a step, for people."""
    return tuple(
        redact(step.why) if isinstance(step, Run) and step.why else plan.describe(step)
        for step in found.steps
    )


def exit_code(report: Report) -> int:
    """Return the code of the whole: setup.py's there, else that of the person's command."""
    code = _number((report.result or {}).get("exit_code"))
    if code:
        return code
    status = _number(report.status)
    if status or (status == 0 and report.state != "failed"):
        return status
    return CommandFailed.exit_code if report.state in {"failed", "unknown"} else 0


def _number(value: object) -> int | None:
    """Return an exit code, as far as it is one: what comes from there may be anything."""
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if 0 <= value <= _MOST else CommandFailed.exit_code


def proof(result: Mapping[str, Any]) -> Iterator[str]:
    """Yield what setup.py found there, in a few lines; nothing in it is believed to be whole."""
    for short in _objects(result.get("shortfalls")):
        found, wanted = _text(short, "found"), _text(short, "wanted")
        yield f"falls short: {_text(short, 'need')} {found}; {wanted} needed"
    made = result.get("environment")
    if isinstance(made, dict):
        python = f", Python {_text(made, 'python')}" if made.get("python") else ""
        yield (
            f"{_text(result, 'outcome')}: {_text(made, 'name')}, {made.get('packages')} packages "
            f"in {_text(made, 'prefix')} ({_text(made, 'engine')}{python})"
        )
    elif not isinstance(result.get("error"), dict):
        yield f"{_text(result, 'outcome')}"
    proved = result.get("report")
    if isinstance(proved, dict):
        good = [str(name) for name in _list(proved.get("imported"))]
        if good:
            more = f" and {len(good) - _SHOWN} more" if len(good) > _SHOWN else ""
            yield f"imported: {', '.join(good[:_SHOWN])}{more}"
        for bad in _objects(proved.get("failed")):
            yield f"not imported: {_text(bad, 'module')}: {_text(bad, 'why')}"
    error = result.get("error")
    if isinstance(error, dict):
        yield f"error: {_text(error, 'message')}"
        if error.get("hint"):
            yield f"hint: {_text(error, 'hint')}"


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _objects(value: object) -> list[dict[str, Any]]:
    return [row for row in _list(value) if isinstance(row, dict)]


def _text(found: Mapping[str, Any], name: str) -> str:
    return " ".join(str(found.get(name, "")).split())


def report(errand: Errand, found: Report) -> None:
    """Say what came back: the state, and what setup.py said there."""
    job, console = errand.job, errand.console
    where = f" on {job.at}" if job.at else ""
    console.say(
        f"`{job.handle}`{where}: {found.state.replace('-', ' ')}"
        + (f" ({found.said})" if found.said else "")
    )
    for row in proof(found.result) if found.result else ():
        console.say(f"  there: {row}")
    for row in found.log.splitlines()[-TAIL:] if found.state == "failed" else ():
        console.say(f"  | {row}")
    ended = f"the command ended with status {found.status}"
    if found.status is not None and ended not in found.said:
        console.say(f"  there: {ended}")


def link(errand: Errand, url: str, *, browse: bool) -> None:
    """Open a link and print it."""
    console, shell = errand.console, errand.shell
    if not url:
        return
    web = url.startswith(("https://", "http://"))
    if web and browse and not shell.environ.get("CI"):
        console.say("opening the browser")
        plan.carry_out(Plan("link", (Open(url),)), shell, console.line)
        console.say(f"or open this link: {url}")
    else:
        console.say(f"open this link: {url}")


def endings(errand: Errand) -> None:
    """Say which commands end what it costs."""
    for line in _endings(errand):
        errand.console.say(line)


def left(errand: Errand, *, made: bool = True) -> tuple[str, ...]:
    """Return what to say of a job that goes on alone; ``made``: all was done for it."""
    handle = errand.job.handle
    return (
        f"`{handle}` is left {'running' if made else 'as it is'}",
        f"to see what became of it: `{typed('status', handle)}`",
        *_endings(errand),
    )


def stoppable(errand: Errand, state: str) -> bool:
    """Return whether something of it may compute, or cost, in that state."""
    return state != "stopped" and not (_ends(errand) and state in _AT_REST)


def _ends(errand: Errand) -> bool:
    return bool(getattr(errand.member, "ENDS", False))


def _endings(errand: Errand) -> Iterator[str]:
    """Yield how it is stopped, where anything is to be stopped, and removed."""
    handle = errand.job.handle
    if stoppable(errand, errand.job.state):
        what = "it there" if _ends(errand) else "what it costs"
        yield f"to stop {what}: `{typed('stop', handle)}`"
    yield f"to remove all of it there: `{typed('delete', handle)}`"


def row(job: Job, found: Report, shell: Shell) -> dict[str, Any]:
    """Return a job for ``--json``."""
    return {
        "handle": job.handle,
        "launcher": job.launcher,
        "where": job.where,
        "size": job.size,
        "state": found.state,
        "said": redact(found.said, shell.environ),
        "link": found.link,
        "root": job.root,
        "created": job.created,
    }
