"""What became of a codespace: GitHub's states as ours, and the verdict once it is up."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from envboot.jobs import Report
from envboot.launchers.codespaces import child, there
from envboot.launchers.codespaces.github import NAME
from envboot.launchers.codespaces.sentences import plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from envboot.jobs import Job, State
    from envboot.shell import Shell

_BLIND = 3
"""So many times nothing comes from inside before it is left at that: there may be no SSH server.
A time-out counts twice."""
_STATES: Mapping[str, tuple[State, str]] = {
    "Unknown": ("unknown", "GitHub does not know its state just now"),
    "Created": ("waiting", "made, not started yet"),
    "Queued": ("waiting", "queued at GitHub"),
    "Provisioning": ("waiting", "provisioning"),
    "Awaiting": ("waiting", "waiting for GitHub"),
    "Starting": ("waiting", "starting"),
    "Updating": ("waiting", "being updated"),
    "Rebuilding": ("waiting", "its container is being built anew"),
    "Exporting": ("waiting", "its changes are being exported"),
    "Moved": ("waiting", "being moved"),
    "Unavailable": ("waiting", "not available just now"),
    "Shutdown": ("stopped", "stopped: computing costs nothing, what it keeps costs storage"),
    "ShuttingDown": ("stopped", "stopping"),
    "Archived": ("stopped", "archived by GitHub"),
    "Failed": ("failed", "GitHub could not make it; its page says more"),
    "Deleted": ("gone", "deleted at GitHub"),
}
_HINT = "the GitHub CLI `gh` (https://cli.github.com) would bring it back here"


def look(job: Job, shell: Shell, seen: int = 0) -> Report:
    """Return what became of a job; never raises."""
    known = job.facts.get("name", "")
    words = ("--name", known) if NAME.fullmatch(known) else ("--display", job.handle)
    said = child.ask(shell, "look", *words)
    if said.problem:
        problem = f"{said.problem} ({said.hint})" if said.unsigned or said.remedy else said.problem
        return Report("unknown", problem, link=job.facts.get("link", ""), seen=seen)
    found = said.facts.get("codespace")
    if not isinstance(found, dict):
        return Report("gone", "GitHub has no codespace of that name", seen=seen)
    facts = {k: str(found.get(k) or "") for k in ("name", "link", "folder")}
    state, words_of_it = _STATES.get(
        found["state"], ("unknown", f"GitHub calls its state {found['state']}")
    )
    notice = f" ({found['notice']})" if found.get("notice") and state != "gone" else ""
    report = Report(state, words_of_it + notice, facts["link"], seen=seen, facts=facts)
    return _up(job, shell, report) if found["state"] == "Available" else report


def _up(job: Job, shell: Shell, report: Report) -> Report:
    """Return what is known of one that is up: what it said before, or what it says now."""
    facts = {**job.facts, **report.facts}
    if facts.get("verdict"):
        return _settled(report, facts["verdict"], there.result(facts.get("result", "")))
    if shell.which("gh") is None:
        said = f"it is up; what setup.py says there stands in its terminal: {_HINT}"
        return replace(report, state="ready", said=said)
    blind = int(facts["blind"]) if facts.get("blind", "").isdigit() else 0
    if blind >= _BLIND:
        return replace(report, state="ready", said=_unheard(facts.get("why", "")))
    word = there.ask(facts["name"], facts["folder"], job, shell, report.seen)
    if word.why:
        blind += 2 if word.late else 1
        noted = {**report.facts, "blind": str(blind), "why": plain(word.why)}
        last = blind >= _BLIND
        said = f"it is up, and nothing comes from inside yet ({noted['why']})"
        return replace(
            report,
            state="ready" if last else "setting-up",
            said=_unheard(noted["why"]) if last else said,
            facts=noted,
        )
    report = replace(report, log=word.log, seen=word.seen)
    if word.status is None:
        return replace(report, state="setting-up", said="setup.py is at work there")
    noted = {**report.facts, "verdict": str(word.status), "result": there.kept(word.result)}
    return _settled(replace(report, facts=noted), str(word.status), word.result)


def _settled(report: Report, verdict: str, result: dict[str, Any] | None) -> Report:
    """Return that setup.py has ended there; whatever it said, the machine is up, and costs."""
    if verdict == "0":
        return replace(report, state="ready", said="it is up, and set up", result=result)
    said = f"it is up, and setup.py there ended with status {verdict}"
    # `ready`: the next launch goes on with it. Its answer has the exit code; without one it failed.
    state: State = "ready" if result and result.get("exit_code") else "failed"
    return replace(report, state=state, said=said, result=result)


def _unheard(why: str) -> str:
    return (
        f"it is up; nothing comes from inside ({why}), so what setup.py says there stands in its "
        "terminal: an SSH server in the image brings it back here"
    )
