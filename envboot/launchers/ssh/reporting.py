"""What the job's folder there says, as the state of a job."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from envboot.jobs import Report

if TYPE_CHECKING:
    from envboot.jobs import Job
    from envboot.remote.work import Seen

_UNDER_WAY = {
    "setting-up": Report("setting-up"),
    "running": Report("running"),
    "killed": Report("failed", "it was killed there, or that computer was started anew"),
}


def report(job: Job, found: Seen) -> Report:
    """Return the report of a job, as its folder there is."""
    facts = {"tree": found.more["tree"]} if "tree" in found.more else {}
    verdict = _verdict(job, found)
    return replace(verdict, result=found.result, log=found.log, seen=found.seen, facts=facts)


def _verdict(job: Job, found: Seen) -> Report:
    if found.phase in _UNDER_WAY:
        return _UNDER_WAY[found.phase]
    if found.phase == "absent":
        left = "left" in found.more
        said = "copied in part or in whole, and not started; launch again to go on with it"
        return Report("stopped", said) if left else Report("gone")
    if "stopped" in found.more:
        return Report("stopped", "you stopped it; launch again to go on with it")
    return _ended(job, found)


def _ended(job: Job, found: Seen) -> Report:
    if found.more.get("setup") != "0":
        return Report("failed", f"setup.py ended with status {found.status}")
    if not job.command:
        return Report("ready")
    if found.status:
        said = f"the command ended with status {found.status}"
        return Report("failed", said, status=found.status)
    return Report("ready" if job.then else "ended", status=found.status)
