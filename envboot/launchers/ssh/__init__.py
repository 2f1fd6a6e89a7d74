"""A bigger computer that the person reaches by ssh: the tree is copied, set up there, entered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envboot import jobs, remote
from envboot.errors import EnvbootError, UsageError
from envboot.jobs import Job, Offer, Report
from envboot.launchers.ssh import hosts
from envboot.plan import Plan
from envboot.remote import work

if TYPE_CHECKING:
    from pathlib import Path

    from envboot.plan import Step
    from envboot.remote import Place
    from envboot.remote.work import Seen
    from envboot.shell import Shell
    from envboot.site import Site
    from envboot.spec import EnvironmentSpec

TITLE = "a bigger computer, by ssh"
PAYS = "nobody bills you for it"
PUSHED = False


def why_not(spec: EnvironmentSpec, site: Site) -> str | None:  # noqa: ARG001 - the family's names
    """See :meth:`envboot.jobs.Launcher.why_not`."""
    if site.shell.platform.system == "Windows":
        return "ssh from Windows itself is not written: run it inside of WSL"
    if site.shell.which("ssh") is None:
        return "there is no `ssh` on this computer"
    try:
        if not hosts.of(site):
            return "no computer is named: `launch ssh HOST`, or `[envboot:ssh]` in the settings"
    except EnvbootError as error:
        return f"{error} ({error.hint})" if error.hint else str(error)
    return jobs.packed(site.root, site.shell) or None


def offers(spec: EnvironmentSpec, site: Site) -> tuple[Offer, ...]:
    """See :meth:`envboot.jobs.Launcher.offers`."""
    raise NotImplementedError


def plan(spec: EnvironmentSpec, site: Site) -> Plan:  # noqa: ARG001 - the family's names
    """See :meth:`envboot.jobs.Launcher.plan`."""
    order = site.order
    where = _place(order.where, order.size)
    words = ("--as-of", site.as_of) if site.as_of else ()
    words += ("--link-scripts",) if site.link_scripts else ()
    words += ("--anyway",) if order.option("anyway") else ()
    steps = _steps(site.root, where, order.handle, order.command, site.shell, words)
    return Plan(f"copy the repository to {where}, and set it up there", steps)


def look(job: Job, shell: Shell, seen: int = 0) -> Report:
    """See :meth:`envboot.jobs.Launcher.look`."""
    try:
        found = work.look(job.handle, _place(job.where, job.size), shell, seen)
    except EnvbootError as error:
        found = str(error)
    if isinstance(found, str):
        return Report("unknown", found, seen=seen)
    return _report(job, found)


def logs(job: Job, shell: Shell, *, follow: bool) -> Plan:  # noqa: ARG001 - the family's names
    """See :meth:`envboot.jobs.Launcher.logs`."""
    step = work.tail(job.handle, _place(job.where, job.size), follow=follow)
    return Plan(step.why, (step,))


def open(job: Job, shell: Shell) -> Plan:  # noqa: A001 - the family's word
    """See :meth:`envboot.jobs.Launcher.open`."""
    raise NotImplementedError


def again(job: Job, shell: Shell) -> Plan:
    """Return the steps that go on with a job that was stopped, or cut before it began."""
    from pathlib import Path

    where = _place(job.where, job.size)
    steps = _steps(Path(job.root), where, job.handle, job.command, shell, ())
    return Plan(f"copy what has changed to {where}, and set it up there again", steps)


def stop(job: Job, shell: Shell) -> Plan:  # noqa: ARG001 - the family's names
    """See :meth:`envboot.jobs.Launcher.stop`."""
    where = _place(job.where, job.size)
    return Plan(f"end it on {where}", (work.end(job.handle, where),))


def delete(job: Job, shell: Shell) -> Plan:  # noqa: ARG001 - the family's names
    """See :meth:`envboot.jobs.Launcher.delete`."""
    where = _place(job.where, job.size)
    return Plan(f"remove all of it from {where}", (work.clear(job.handle, where),))


def _place(where: str, size: str) -> Place:
    """Return the computer: the one that was named, else the one that was chosen of several."""
    found = remote.place(where or size)
    if not found.host:
        raise UsageError("this computer is not a bigger one", hint="name one that `ssh` reaches")
    return found


def _steps(  # noqa: PLR0913, PLR0917 - what a job is made of
    root: Path,
    where: Place,
    handle: str,
    command: tuple[str, ...],
    shell: Shell,
    words: tuple[str, ...],
) -> tuple[Step, ...]:
    tree = f"{work.TREES}/{handle}"
    todo = work.Work(handle, tree, words, command)
    return (remote.copy(root, where, tree, shell), work.begin(todo, where))


# ------------------------------------------------------------------- what was found


def _report(job: Job, found: Seen) -> Report:
    facts = {"tree": found.more["tree"]} if "tree" in found.more else {}

    def said(state: jobs.State, sentence: str = "", status: int | None = None) -> Report:
        return Report(
            state,
            sentence,
            result=found.result,
            status=status,
            log=found.log,
            seen=found.seen,
            facts=facts,
        )

    if found.phase == "absent" and "left" not in found.more:
        return said("gone")
    if found.phase == "absent":
        return said("stopped", "copied in part or in whole, and not started")
    if found.phase == "killed":
        return said("failed", "it was killed there, or that computer was started anew")
    if found.phase == "setting-up":
        return said("setting-up")
    if found.phase == "running":
        return said("running")
    if "stopped" in found.more:
        return said("stopped", "you ended it; going on starts it again")
    if found.more.get("setup") != "0":
        return said("failed", f"setup.py ended with status {found.status}")
    if not job.command:
        return said("ready")
    if found.status:
        return said("failed", f"the command ended with status {found.status}", found.status)
    return said("ready" if job.then else "ended", status=found.status)
