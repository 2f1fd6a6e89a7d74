"""What one look found, and what is said of it: Slurm's word first, then that of the folder."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from envboot.jobs import Report

if TYPE_CHECKING:
    from collections.abc import Mapping

    from envboot.jobs import Job, State
    from envboot.launchers.slurm.states import Summary
    from envboot.remote.work import Seen


@dataclass(frozen=True)
class Found:
    """What one look found."""

    summary: Summary | None
    """What Slurm says; None: it does not know the job."""
    problem: str
    """Why Slurm could not be asked; "" when it could."""
    seen: Seen
    """The folder of the job, of an array of its first task."""
    tree: bool
    """Whether the copy of the repository is there."""
    submitted: bool
    said: str = ""
    """The last words of Slurm itself in the job's output."""
    tasks: tuple[tuple[int, int | None], ...] = ()
    """Of an array: number and status, as far as they have begun."""
    fresh: bool = False
    """Whether it ended just now, so that its folder may not show it yet."""
    result: Mapping[str, Any] | None = None
    """Of an array: of the task that says most of how setting up went."""


def report(job: Job, found: Found) -> Report:
    """Return what to say of it."""
    seen, summary = found.seen, found.summary
    result = found.result or seen.result
    known = Report(
        "unknown",
        link="",
        result=result,
        status=_status(job, found),
        log=seen.log,
        seen=seen.seen,
        facts={"number": summary.number, "nodes": summary.nodes} if summary else {},
    )
    if summary is None:
        return _forgotten(job, found, known)
    state, said = summary.state, summary.said
    if state == "running" and not _running(found):
        state = "setting-up"
    if found.fresh and found.seen.phase != "ended":
        said = f"{said}, and its folder does not show it yet"
        return replace(known, state="running", said=said)
    if state == "ended":
        return _ended(job, found, known, said)
    if state == "failed":
        said = _why(found, said)
    return replace(known, state=state, said=said)


def _status(job: Job, found: Found) -> int | None:
    """Return the exit code of the person's command, of an array the first that is not 0."""
    if not job.command or (found.result or found.seen.result or {}).get("exit_code"):
        return None
    return next((status for _, status in found.tasks if status), found.seen.status)


def _running(found: Found) -> bool:
    """Return whether the person's command is at work: setting up is over."""
    return found.seen.phase in {"running", "ended"} or found.seen.more.get("setup") == "0"


def _forgotten(job: Job, found: Found, known: Report) -> Report:
    """Return what the folder says of a job that Slurm does not know, or cannot be asked of."""
    phase = found.seen.phase
    if phase == "ended":
        return _ended(job, found, known, "it ended")
    if found.problem:
        return replace(known, said=found.problem)
    if not found.submitted:
        left = "; the copy of the repository is there" if found.tree else ""
        state: State = "failed" if found.tree else "gone"
        return replace(known, state=state, said=f"it was never submitted{left}")
    last = f" ({found.said})" if found.said else ""
    said = f"Slurm does not know it any more, and it did not say how it ended{last}"
    return replace(known, state="failed", said=said)


def _ended(job: Job, found: Found, known: Report, said: str) -> Report:
    """Return what became of a job that is over, as its folder says."""
    if found.seen.phase == "absent":
        text = "Slurm says that it ended, and its folder is empty: do the nodes see your home?"
        return replace(known, state="failed", said=text)
    if any(status for _, status in found.tasks) or found.seen.status:
        return replace(known, state="failed", said=_why(found, "it failed"))
    state: State = "ready" if job.then and not job.command else "ended"
    return replace(known, state=state, said="" if said == "it ended" else said)


def _why(found: Found, said: str) -> str:
    """Return how a job failed: Slurm's word, and its last one in the output where we have none."""
    if found.seen.phase == "absent" and not found.said:
        return f"{said}, and nothing of it is in its folder: do the nodes see your home?"
    status = found.seen.status
    if said == "it failed" and status:
        what = "setting up" if found.seen.more.get("setup") != "0" else "the command"
        return f"{what} ended with status {status}"
    return f"{said} ({found.said})" if found.said and said == "it failed" else said
