"""What became of a job: what ``squeue`` and ``sacct`` say, as a state and a sentence.

Jobs are found by their name, which is our handle: a number that was never noted is not missed.
Source: the manuals of ``squeue`` (job states and reasons) and ``sacct``.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from envboot.jobs import State

_MINE = '--user="$(id -un)" --name="$1"'
QUEUE = f"squeue --noheader --array --states=all {_MINE} --format='%F|%K|%T|%r|%S|%N|%e'"
"""All that the controller still knows of the name $1 (some minutes after the end), a line a task:
others may have jobs of the same name."""
ACCOUNTING = (
    f'sacct --noheader --allocations --parsable2 {_MINE} --starttime="$2" '
    "--format=JobID,State,ExitCode,Start,NodeList"
)
"""The same since the day $2, where a cluster keeps accounts; others answer that they do not."""
_LINES = 100_000
_STATES: dict[str, State] = {
    "PENDING": "waiting",
    "CONFIGURING": "waiting",
    "REQUEUED": "waiting",
    "REQUEUE_FED": "waiting",
    "REQUEUE_HOLD": "waiting",
    "SPECIAL_EXIT": "waiting",
    "SUSPENDED": "waiting",
    "STOPPED": "waiting",
    "RESV_DEL_HOLD": "waiting",
    "RUNNING": "running",
    "RESIZING": "running",
    "SIGNALING": "running",
    "COMPLETING": "running",
    "STAGE_OUT": "running",
    "COMPLETED": "ended",
    "FAILED": "failed",
    "TIMEOUT": "failed",
    "DEADLINE": "failed",
    "OUT_OF_MEMORY": "failed",
    "NODE_FAIL": "failed",
    "BOOT_FAIL": "failed",
    "LAUNCH_FAILED": "failed",
    "RECONFIG_FAIL": "failed",
    "PREEMPTED": "failed",
    "REVOKED": "failed",
    "CANCELLED": "failed",  # it does not start again
}
_ENDINGS = {
    "TIMEOUT": "it ran longer than its time, and Slurm ended it: ask for more with `--time`",
    "DEADLINE": "its deadline came, and Slurm ended it",
    "OUT_OF_MEMORY": "it took more memory than it asked for, and Slurm ended it: declare a bigger "
    "`memory`",
    "NODE_FAIL": "its node failed",
    "BOOT_FAIL": "its node did not start",
    "LAUNCH_FAILED": "its node could not start it",
    "PREEMPTED": "a job that goes before it took its place",
    "CANCELLED": "it was cancelled",
    "FAILED": "it failed",
    "COMPLETED": "it ended",
}
_REASONS = {
    "Resources": "what it asks for is in use",
    "Priority": "others go before it",
    "None": "Slurm has not looked at it yet",
    "ReqNodeNotAvail": "the nodes that it needs are down or reserved",
    "JobHeldUser": "it is held: `scontrol release` lets it go",
    "JobHeldAdmin": "an administrator holds it",
    "PartitionTimeLimit": "its time is above the partition's limit: it will never start",
    "PartitionNodeLimit": "it asks for more than the partition allows: it will never start",
    "PartitionDown": "the partition is down",
    "PartitionInactive": "the partition is inactive",
    "BadConstraints": "no node has what it asks for: it will never start",
    "AccountNotAllowed": "the partition does not take that account",
    "Dependency": "another job has to end first",
    "BeginTime": "its time has not come",
    "Licenses": "a licence is in use",
    "JobArrayTaskLimit": "only so many of its array may run at once",
    "launch_failed_requeued_held": "its node could not start it, and it is held",
}


@dataclass(frozen=True)
class Task:
    """One job, or one of an array."""

    number: str
    """Slurm's, of the whole array."""
    index: str
    """Of an array; "" of a job alone."""
    state: str
    """As Slurm calls it: ``RUNNING``."""
    reason: str = ""
    start: str = ""
    """When it starts or did, "" where that is not known; the cluster's own time."""
    nodes: str = ""
    end: str = ""
    """When it ended, or will at the latest; the cluster's own time, ISO 8601."""


@dataclass(frozen=True)
class Summary:
    """All tasks of a job as one."""

    state: State
    said: str
    number: str = ""
    nodes: str = ""
    end: str = ""
    """Of the last task that ended by itself, with a status; "" where none did."""


def queue(text: str) -> tuple[Task, ...]:
    """Return the tasks that :data:`QUEUE` listed."""
    found = []
    for line in text.splitlines()[:_LINES]:
        cells = [_word(cell) for cell in line.strip().split("|")]
        if len(cells) == 7 and cells[0].isdigit():  # noqa: PLR2004 - as many as QUEUE names
            number, index, state, reason, start, nodes, end = cells
            found.append(Task(number, index, state.upper(), reason, start, nodes, end))
    return tuple(found)


def accounts(text: str) -> tuple[Task, ...]:
    """Return the tasks that :data:`ACCOUNTING` listed; ``8_[2-4]`` are three that wait."""
    found: dict[str, Task] = {}
    for line in text.splitlines()[:_LINES]:
        cells = [cell.strip() for cell in line.split("|")]
        job = re.fullmatch(r"(\d+)(?:_(\d+|\[[\d,:%-]*\]))?", cells[0])
        if len(cells) == 5 and job:  # noqa: PLR2004 - as many as ACCOUNTING names
            state = cells[1].partition(" ")[0].upper()  # CANCELLED by 1000
            # what was queued again stands there twice: the last counts
            found[cells[0]] = Task(
                job.group(1), job.group(2) or "", state, "", _word(cells[3]), _word(cells[4])
            )
    return tuple(found.values())


def summary(tasks: tuple[Task, ...]) -> Summary | None:
    """Return what to say of the tasks together; None without any."""
    if not tasks:
        return None
    states = [_state(task.state) for task in tasks]
    first = tasks[0]
    if len(tasks) == 1 and not first.index:
        return Summary(states[0], _sentence(first), first.number, first.nodes, _end(tasks))
    order: tuple[State, ...] = ("running", "waiting", "unknown", "failed", "ended")
    whole = next(state for state in order if state in states)
    counts = Counter(states)
    parts = [
        f"{counts[state]}{f' of {len(tasks)}' if number == 0 else ''} {state}"
        for number, state in enumerate(s for s in ("ended", *order[:-1]) if counts[s])
    ]
    worst = next((t for t, s in zip(tasks, states) if s == "failed"), None)
    rest = f"; task {worst.index}: {_sentence(worst)}" if worst else ""
    waits = next((t for t, s in zip(tasks, states) if s == "waiting"), None)
    if whole == "waiting" and waits:
        rest += f"; {_sentence(waits)}"
    nodes = ",".join(dict.fromkeys(t.nodes for t in tasks if t.nodes))
    return Summary(whole, ", ".join(parts) + rest, first.number, nodes, _end(tasks))


def _end(tasks: tuple[Task, ...]) -> str:
    return max((t.end for t in tasks if t.state in {"COMPLETED", "FAILED"}), default="")


def _state(word: str) -> State:
    return _STATES.get(word, "unknown")


def _sentence(task: Task) -> str:
    if task.state == "PENDING":
        why = _REASONS.get(task.reason.partition(",")[0].strip(), "")
        known = why if task.reason == "None" else f"{why} ({task.reason})"
        reason = known if why else task.reason or "Slurm does not say why"
        when = task.start.replace("T", " ")
        return f"queued: {reason}" + (f"; Slurm expects it to start at {when}" if when else "")
    if task.state in _ENDINGS:
        code = {"FAILED", "CANCELLED"} & {task.state} and task.reason not in {"", "None"}
        odd = f" ({task.reason})" if code and task.reason != "NonZeroExitCode" else ""
        return _ENDINGS[task.state] + odd
    if _state(task.state) == "running":
        return f"on {task.nodes}" if task.nodes else "running"
    if task.state == "CONFIGURING":
        return "its node is being started"
    return f"Slurm says {task.state.lower().replace('_', ' ')}"


def _word(text: str) -> str:
    """Return a cell as one printable word or two; what says that there is nothing becomes ""."""
    plain = "".join(c if c.isprintable() else "?" for c in text.strip())[:200]
    return "" if plain in {"N/A", "n/a", "(null)", "Unknown", "None assigned"} else plain
