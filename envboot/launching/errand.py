"""A job on its way, with the launcher that can tell of it: looked at, and noted as it is found."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, get_args

from envboot import archive, launchers, plan
from envboot.errors import EnvbootError, NothingFound
from envboot.jobs import Report, State, journal

if TYPE_CHECKING:
    from collections.abc import Callable

    from envboot.console import Console
    from envboot.jobs import Job
    from envboot.plan import Plan
    from envboot.shell import Shell

_STATES = frozenset(get_args(State))
KEPT = ("look", "logs", "open", "stop", "delete")
"""What a launcher has whose jobs are kept."""


@dataclass(frozen=True)
class Errand:
    """A job, and those who deal with it."""

    job: Job
    member: Any
    """The launcher's module: :class:`envboot.jobs.Launcher`."""
    shell: Shell
    console: Console

    def look(self, seen: int = 0) -> Report:
        """Return what became of it; a launcher that fails at that leaves it unknown."""
        try:
            return _whole(self.member.look(self.job, self.shell, seen))
        except Exception as error:  # noqa: BLE001 - a plug-in may raise anything
            return Report("unknown", str(error) or type(error).__name__, seen=seen)

    def noted(self, report: Report) -> Errand:
        """Return it as it was found, and note that where it is news."""
        facts = {**self.job.facts, **report.facts}
        state = self.job.state if report.state == "unknown" else report.state
        job = replace(self.job, state=state, facts=facts)
        if job != self.job:
            try:
                journal.write(job, self.shell)
            except EnvbootError as error:  # it is noted already, as it was
                self.shell.log(str(error))
        return replace(self, job=job)

    def steps(self, deed: str) -> Plan:
        """Return the launcher's plan to ``open``, ``stop`` or ``delete`` it."""
        return planned(lambda: getattr(self.member, deed)(self.job, self.shell), deed)

    def logs(self, *, follow: bool) -> Plan:
        """Return the launcher's plan to print its log."""
        job, shell = self.job, self.shell
        return planned(lambda: self.member.logs(job, shell, follow=follow), "print its log")

    def carry_out(self, steps: Plan) -> None:
        """Do the steps. Raises CommandFailed."""
        plan.carry_out(steps, self.shell, self.console.line, self.console.say)

    def forget(self) -> None:
        """Forget it: nothing of it is left there."""
        journal.forget(self.job, self.shell)


def planned(ask: Callable[[], object], deed: str) -> Plan:
    """Return the plan that a launcher gives. Raises EnvbootError: a plug-in may raise anything."""
    try:
        found = ask()
    except EnvbootError:
        raise
    except Exception as error:
        what = str(error) or type(error).__name__
        raise EnvbootError(f"the launcher has no plan to {deed}: {what}") from error
    if not isinstance(found, plan.Plan):
        raise EnvbootError(f"the launcher has no plan to {deed}")
    return found


def _whole(found: object) -> Report:
    """Return a report of which every field is what it should be. Raises ValueError and the like."""
    if not isinstance(found, Report) or found.state not in _STATES:
        raise ValueError("the launcher gave no report")
    return Report(
        found.state,
        str(found.said or ""),
        str(found.link or ""),
        found.result if isinstance(found.result, dict) else None,
        found.status,
        str(found.log or ""),
        int(found.seen or 0),
        {str(k): str(v) for k, v in dict(found.facts or {}).items()},
    )


def of(job: Job, shell: Shell, console: Console) -> Errand:
    """Return a job with its launcher. Raises NothingFound where that is not installed any more."""
    member = launchers.family().get(job.launcher)
    if member is None or not all(hasattr(member, name) for name in KEPT):
        raise NothingFound(
            f"the launcher `{job.launcher}` of `{job.handle}` is not installed any more",
            hint="install it again: the job is kept here, and may cost something there",
        )
    return Errand(job, member, shell, console)


def typed(*words: str) -> str:
    """Return a command as this person types it: in a clone setup.py is all that there is."""
    return " ".join(("python3 setup.py" if archive.running_from() else "envboot", *words))
