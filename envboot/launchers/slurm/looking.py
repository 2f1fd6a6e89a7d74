"""One look at a job in one round trip: the queue, else the accounts, and the job's own folder.

Slurm says whether it runs and how it ended; the folder says what it did, and outlives what Slurm
knows: a controller forgets a job some minutes after its end (MinJobAge).
"""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import TYPE_CHECKING

from envboot import remote
from envboot.jobs import Report
from envboot.launchers.slurm import reporting, states
from envboot.launchers.slurm.submitting import ABSENT, FIND
from envboot.remote import work
from envboot.remote.scripts import LOOK

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from envboot.jobs import Job
    from envboot.remote import Place
    from envboot.shell import Shell

_MARKS = ("--- queue ---", "--- accounts ---", "--- tasks ---", "--- result ---", "--- said ---")
_WORK = "--- work ---"
SECONDS = 60.0
"""A controller that is busy answers late; one that is down is asked for some ten seconds."""
PATIENCE = 70.0
"""Seconds until a file that a node wrote is seen everywhere (nfs(5): acdirmax is 60)."""
# $1 the handle, $2 the day since when it may be, $3 the bytes of the log seen, $4 how many at most.
# Of an array the log of the first task is shown, and the result of the first that was not set up,
# else of the one that made the environment, which has the proof.
_LOOK = f"""\
{FIND}
echo '{_MARKS[0]}'
found=$({states.QUEUE} 2>&1); code=$?
printf '%s\\n' "$found"
echo "code $code"
echo "now $(date +%Y-%m-%dT%H:%M:%S)"
echo '{_MARKS[1]}'
[ -n "$found" ] || {states.ACCOUNTING} 2>/dev/null
cd "$HOME" || exit 1
echo '{_MARKS[2]}'
[ ! -d "{work.TREES}/$1" ] || echo tree
handle=$1 first= bad=
if cd "{work.STATE}/$1" 2>/dev/null; then
  ls -a . [0-9]*/ >/dev/null 2>&1  # NFS looks again
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
    return reporting.report(job, found)


def read(out: str, where: Place) -> reporting.Found | str:
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
    lines = [row for row in queue.splitlines() if row and not re.match("(code|now) ", row)]
    problem = controller(lines[-1] if lines else "") if failed else ""
    summary = states.summary(states.queue(queue) or states.accounts(accounts))
    numbers = re.findall(r"(?m)^task (\d{1,9}) ?(\d{0,3})$", tasks)
    return reporting.Found(
        summary=summary,
        problem=problem,
        seen=seen,
        tree="tree\n" in tasks,
        submitted="script\n" in tasks,
        said=" ".join(_last(last).split()),
        tasks=tuple((int(task), int(status) if status else None) for task, status in numbers),
        fresh=_fresh(summary.end if summary else "", queue),
        result=_object(result),
    )


def _fresh(end: str, queue: str) -> bool:
    """Return whether it ended within :data:`PATIENCE`, by the cluster's own clock."""
    now = re.search(r"(?m)^now (\S+)$", queue)
    try:
        passed = datetime.fromisoformat(now.group(1)) - datetime.fromisoformat(end) if now else None
    except ValueError:
        return False
    return passed is not None and -PATIENCE < passed.total_seconds() < PATIENCE


def controller(text: str) -> str:
    """Return why Slurm gives no answer, in a sentence, from what one of its programs said."""
    plain = "".join(c if c.isprintable() else "?" for c in text.strip())[:300]
    if "Unable to contact slurm controller" in plain or "Connection refused" in plain:
        return "Slurm's controller does not answer (slurmctld is down, or cannot be reached)"
    if "Socket timed out" in plain:
        return "Slurm's controller is too busy to answer"
    return f"Slurm cannot be asked: {plain or 'it said nothing'}"


def _last(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return "".join(c if c.isprintable() else "?" for c in (lines or [""])[-1])[:300]


def _object(text: str) -> Mapping[str, Any] | None:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
