"""One look at a job in one round trip: the queue, else the accounts, and the job's own folder.

Slurm says whether it runs and how it ended; the folder says what it did, and outlives what Slurm
knows: a controller forgets a job some minutes after its end (MinJobAge).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from envboot import remote
from envboot.jobs import Report
from envboot.launchers.slurm import states
from envboot.launchers.slurm.submitting import ABSENT, FIND
from envboot.remote import work
from envboot.remote.scripts import LOOK

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from envboot.jobs import Job, State
    from envboot.launchers.slurm.states import Summary
    from envboot.remote import Place
    from envboot.remote.work import Seen
    from envboot.shell import Shell

_MARKS = ("--- queue ---", "--- accounts ---", "--- tasks ---", "--- result ---", "--- said ---")
_WORK = "--- work ---"
SECONDS = 60.0
"""A controller that is busy answers late; one that is down is asked for some ten seconds."""
# $1 the handle, $2 the day since when it may be, $3 the bytes of the log seen, $4 how many at most.
# Of an array the log of the first task is shown, and the result of the first that was not set up,
# else of the one that made the environment, which has the proof.
_LOOK = f"""\
{FIND}
echo '{_MARKS[0]}'
found=$({states.QUEUE} 2>&1); code=$?
printf '%s\\n' "$found"
echo "code $code"
echo '{_MARKS[1]}'
[ -n "$found" ] || {states.ACCOUNTING} 2>/dev/null
cd "$HOME" || exit 1
echo '{_MARKS[2]}'
[ ! -d "{work.TREES}/$1" ] || echo tree
handle=$1 first= bad=
if cd "{work.STATE}/$1" 2>/dev/null; then
  [ ! -e batch.sh ] || echo script
  for task in $(ls | grep '^[0-9]*$' | sort -n); do
    status=$(cat "$task/status" 2>/dev/null)
    echo "task $task $status"
    first=${{first:-$task}}
    [ "${{status:-0}}" = 0 ] || [ -e "$task/setup" ] || bad=${{bad:-$task}}
  done
  made='"outcome": "\\(created\\|updated\\)"'
  [ -n "$bad" ] || bad=$(grep -l "$made" [0-9]*/result.json 2>/dev/null | sed 's,/.*,,;q')
  echo '{_MARKS[3]}'
  [ -z "$bad" ] || head -c 2000000 "$bad/result.json" 2>/dev/null
  echo '{_MARKS[4]}'
  for file in slurm*.out; do tail -c 1000 "$file" 2>/dev/null; done | tail -c 2000
fi
echo
echo '{_WORK}'
set -- "$handle${{first:+/$first}}" "$3" "$4"
{LOOK}
"""


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
    result: Mapping[str, Any] | None = None
    """Of an array: of the task that says most of how setting up went."""


def look(job: Job, where: Place, shell: Shell, seen: int) -> Report:
    """Return what became of a job; never raises."""
    since = job.created[:10] if re.match(r"\d{4}-\d\d-\d\d", job.created) else "now-30days"
    words = (job.handle, since, str(max(seen, 0)), str(work.CHUNK))
    said = remote.ask(where, _LOOK, *words, shell=shell, timeout=SECONDS)
    if said.out is None:
        why = f"there is no Slurm on {where}" if ABSENT in f"{said.why}{said.err}" else said.why
        return Report("unknown", why, seen=seen)
    found = read(said.out, where)
    if isinstance(found, str):
        return Report("unknown", found, seen=seen)
    return report(job, found)


def read(out: str, where: Place) -> Found | str:
    """Return what the script printed, as a value; a sentence for what it cannot have printed."""
    head, mark, rest = out.partition(f"\n{_WORK}\n")
    parts = dict.fromkeys(_MARKS, "")
    name = ""
    for line in head.splitlines(keepends=True):
        if line.strip() in parts:
            name = line.strip()
        elif name:
            parts[name] += line
    seen = work.read(rest, where) if mark else ""
    if isinstance(seen, str):
        return seen or f"{where} gave an answer that is none"
    queue, accounts, tasks, result, last = (parts[m] for m in _MARKS)
    failed = re.search(r"(?m)^code [1-9]", queue)
    lines = [row for row in queue.splitlines() if row and not row.startswith("code ")]
    problem = _controller(lines[-1] if lines else "") if failed else ""
    summary = states.summary(states.queue(queue) or states.accounts(accounts))
    numbers = re.findall(r"(?m)^task (\d{1,9}) ?(\d{0,3})$", tasks)
    return Found(
        summary=summary,
        problem=problem,
        seen=seen,
        tree="tree\n" in tasks,
        submitted="script\n" in tasks,
        said=" ".join(_last(last).split()),
        tasks=tuple((int(task), int(status) if status else None) for task, status in numbers),
        result=_object(result),
    )


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
    return replace(known, state=state, said=said)


def _why(found: Found, said: str) -> str:
    """Return how a job failed: Slurm's word, and its last one in the output where we have none."""
    if found.seen.phase == "absent" and not found.said:
        return f"{said}, and nothing of it is in its folder: do the nodes see your home?"
    status = found.seen.status
    if said == "it failed" and status:
        what = "setting up" if found.seen.more.get("setup") != "0" else "the command"
        return f"{what} ended with status {status}"
    return f"{said} ({found.said})" if found.said and said == "it failed" else said


def _controller(text: str) -> str:
    """Return why Slurm gives no answer, in a sentence."""
    plain = "".join(c if c.isprintable() else "?" for c in text.strip())[:300]
    if "Unable to contact slurm controller" in plain or "Connection refused" in plain:
        return "Slurm's controller does not answer (slurmctld is down, or cannot be reached)"
    if "Socket timed out" in plain:
        return "Slurm's controller is too busy to answer"
    return f"Slurm cannot be asked: {plain or 'it said nothing'}"


def controller(text: str) -> str:
    """Return why Slurm gives no answer, in a sentence, from what one of its programs said."""
    return _controller(text)


def _last(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return "".join(c if c.isprintable() else "?" for c in (lines or [""])[-1])[:300]


def _object(text: str) -> Mapping[str, Any] | None:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
