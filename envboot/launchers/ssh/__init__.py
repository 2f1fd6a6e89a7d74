"""A bigger computer that the person reaches by ssh: the tree is copied, set up there, entered."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from envboot import jobs, remote
from envboot.errors import EnvbootError, UsageError
from envboot.jobs import Job, Offer, Report
from envboot.launchers.ssh import choosing, going, reporting
from envboot.plan import Plan
from envboot.remote import work

if TYPE_CHECKING:
    from envboot.plan import Step
    from envboot.remote import Place
    from envboot.shell import Shell
    from envboot.site import Site
    from envboot.spec import EnvironmentSpec

TITLE = "a bigger computer, by ssh"
PAYS = "nobody bills you for it"
PUSHED = False
ENDS = True
RENEWS = True
OPTIONS: tuple[str, ...] = ()


def why_not(spec: EnvironmentSpec, site: Site) -> str | None:  # noqa: ARG001 - the family's names
    """See :meth:`envboot.jobs.Launcher.why_not`."""
    if site.shell.platform.system == "Windows":
        return "ssh from Windows itself is not written: run it inside of WSL"
    if site.shell.which("ssh") is None:
        return "there is no `ssh` on this computer"
    try:
        choosing.question(site)
    except EnvbootError as error:
        return f"{error} ({error.hint})" if error.hint else str(error)
    return jobs.packed(site.root, site.shell) or None


def question(site: Site) -> str:
    """See :meth:`envboot.jobs.Launcher.question`: where no host is named."""
    try:
        return choosing.question(site)
    except EnvbootError:  # what a file says is the answer of `why_not`
        return ""


def asking(site: Site) -> str:
    """Return which hosts :func:`offers` is about to ask, and which file names each."""
    return choosing.asking(site)


def strangers(site: Site) -> str:
    """See :meth:`envboot.jobs.Launcher.strangers`."""
    return choosing.strangers(site)


def offers(spec: EnvironmentSpec, site: Site) -> tuple[Offer, ...]:
    """See :meth:`envboot.jobs.Launcher.offers`: the hosts, all asked at once."""
    return choosing.offers(spec, site)


def plan(spec: EnvironmentSpec, site: Site) -> Plan:  # noqa: ARG001 - the family's names
    """See :meth:`envboot.jobs.Launcher.plan`."""
    order = site.order
    where = _place(order.where, order.size)
    words = [*(("--as-of", site.as_of) if site.as_of else ())]
    words += ["--link-scripts"] if site.link_scripts else []
    words += ["--anyway"] if order.anyway else []
    steps = _steps(site.root, where, order.handle, order.command, site.shell, tuple(words))
    return Plan(f"copy the repository to {where}, and set it up there", steps)


def look(job: Job, shell: Shell, seen: int = 0) -> Report:
    """See :meth:`envboot.jobs.Launcher.look`."""
    try:
        found = work.look(job.handle, _place(job.where, job.size), shell, seen)
    except EnvbootError as error:
        found = str(error)
    if isinstance(found, str):
        return Report("unknown", found, seen=seen)
    return reporting.report(job, found)


def logs(job: Job, shell: Shell, *, follow: bool) -> Plan:  # noqa: ARG001 - the family's names
    """See :meth:`envboot.jobs.Launcher.logs`."""
    step = work.tail(job.handle, _place(job.where, job.size), follow=follow)
    return Plan(step.why, (step,))


def open(job: Job, shell: Shell) -> Plan:  # noqa: A001 - the family's word
    """See :meth:`envboot.jobs.Launcher.open`; what was stopped, or cut, goes on first."""
    if look(job, shell).state != "stopped":
        return going.there(job, shell)
    where = _place(job.where, job.size)
    words = ("--anyway",) if job.anyway else ()
    steps = _steps(Path(job.root), where, job.handle, job.command, shell, words)
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


def _steps(
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
