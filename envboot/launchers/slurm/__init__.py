"""A Slurm cluster, from its login node or through ssh: one batch job, its log followed.

Jobs carry our handle as their name, and are found by it. The environment is made inside of the
first job, on the folder that all nodes see; others wait for it, and find it made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envboot import jobs, remote
from envboot.errors import EnvbootError, FallsShort, UsageError
from envboot.launchers.slurm import looking, partitions, resources, script, submitting
from envboot.plan import Plan
from envboot.remote import work

if TYPE_CHECKING:
    from envboot.jobs import Job, Offer, Report
    from envboot.launchers.slurm.partitions import Partition
    from envboot.shell import Shell
    from envboot.site import Site
    from envboot.spec import EnvironmentSpec

TITLE = "a Slurm cluster"
PAYS = "your cluster's accounting counts it"
PUSHED = False
ENDS = True
OPTIONS = ("account", "array", "partition", "time")


def why_not(spec: EnvironmentSpec, site: Site) -> str | None:  # noqa: ARG001 - the family's names
    """See :meth:`envboot.jobs.Launcher.why_not`."""
    try:
        where = remote.place(site.order.where)
        resources.checked(site.order.options)
    except UsageError as error:
        return f"{error.message} ({error.hint})"
    if site.shell.platform.system == "Windows" and not where.host:
        return "Slurm runs on Linux alone; name a host that has it: `launch slurm HOST`"
    needed = ("ssh", "rsync") if where.host else ("sbatch",)
    absent = next((name for name in needed if site.shell.which(name) is None), "")
    if absent == "sbatch":
        return "no Slurm on this computer (`sbatch`); name a host that has it: `launch slurm HOST`"
    if absent:
        return f"there is no `{absent}` on this computer"
    if site.order.then == "lab":
        return "JupyterLab is not started on a cluster: `--then shell`, or a command behind `--`"
    return jobs.packed(site.root, site.shell) or None


def offers(spec: EnvironmentSpec, site: Site) -> tuple[Offer, ...]:
    """See :meth:`envboot.jobs.Launcher.offers`: the partitions, or the one that was named."""
    named = site.order.option("partition")
    asked = site.order.option("time")
    found = _partitions(site)
    chosen = [p for p in found if not named or p.name in named.split(",")]
    if not chosen:
        names = ", ".join(p.name for p in found)
        raise UsageError(f"there is no partition `{named}`", hint=f"there are: {names}")
    # those whose nodes are alike stay in this order: the default one, then where time is longest
    chosen.sort(key=lambda p: (not p.default, -(resources.minutes(p.limit) or 0)))
    return tuple(partitions.offer(p, spec.needs, asked) for p in chosen)


def plan(spec: EnvironmentSpec, site: Site) -> Plan:
    """See :meth:`envboot.jobs.Launcher.plan`; Slurm is asked first whether it can ever run.

    Raises FallsShort with Slurm's own reason where it cannot.
    """
    order, where = site.order, remote.place(site.order.where)
    found = _partitions(site)
    offered = {p.name: partitions.offer(p, spec.needs, order.option("time")) for p in found}
    default = next((p.name for p in found if p.default), "")
    size = order.size or order.option("partition") or default
    machine = offered[size].machine if size in offered else None
    asked = resources.of(spec.needs, machine)
    if order.anyway and machine is not None:
        asked = resources.within(asked, machine)
    options = {**dict(order.options), **({"partition": size} if size else {})}
    own = resources.checked(tuple(options.items()))
    flags = (*own, *asked.flags)
    fits, said = submitting.test(flags, where, site.shell)
    if not fits:
        has = f"; `{size}` has {offered[size].title}" if size in offered else ""
        raise FallsShort(
            f"Slurm would never run that: {said[:1].lower()}{said[1:]}",
            hint=f"it was asked for {' '.join(flags) or 'nothing'}{has}",
        )
    tree = f"{work.TREES}/{order.handle}"
    words = ("--anyway",) if order.anyway else ()
    body = work.script(work.Work(order.handle, tree, words, order.command))
    batch = script.batch(order.handle, asked, own, body)
    array = order.option("array")
    steps = (
        remote.copy(site.root, where, tree, site.shell),
        submitting.submit(order.handle, batch, flags, where),
    )
    what = f"an array of {resources.tasks(array)} jobs" if array else "a job"
    rest = f" ({said})" if said else ""
    return Plan(f"{what} of Slurm on {where}: {' '.join(flags) or 'its defaults'}{rest}", steps)


def look(job: Job, shell: Shell, seen: int = 0) -> Report:
    """See :meth:`envboot.jobs.Launcher.look`."""
    try:
        return looking.look(job, remote.place(job.where), shell, seen)
    except UsageError as error:
        return jobs.Report("unknown", error.message, seen=seen)


def logs(job: Job, shell: Shell, *, follow: bool) -> Plan:  # noqa: ARG001 - the family's names
    """See :meth:`envboot.jobs.Launcher.logs`."""
    where = remote.place(job.where)
    return Plan("the log", (submitting.logs(job.handle, where, follow=follow),))


def open(job: Job, shell: Shell) -> Plan:  # noqa: A001 - the family's word
    """See :meth:`envboot.jobs.Launcher.open`: a shell on a node, in the environment."""
    where = remote.place(job.where)
    running, submitted = submitting.asked(job.handle, where, shell)
    tree = f"{work.TREES}/{job.handle}"
    flags = script.flags(submitted)
    return Plan("a shell on a node", (submitting.enter(job.handle, tree, flags, running, where),))


def stop(job: Job, shell: Shell) -> Plan:  # noqa: ARG001 - the family's names
    """See :meth:`envboot.jobs.Launcher.stop`."""
    where = remote.place(job.where)
    return Plan(f"cancel `{job.handle}`", (submitting.cancel(job.handle, where),))


def delete(job: Job, shell: Shell) -> Plan:  # noqa: ARG001 - the family's names
    """See :meth:`envboot.jobs.Launcher.delete`."""
    where = remote.place(job.where)
    steps = (submitting.cancel(job.handle, where), work.clear(job.handle, where))
    return Plan(f"cancel `{job.handle}`, and remove what is left of it", steps)


def _partitions(site: Site) -> tuple[Partition, ...]:
    """Return what the cluster has. Raises EnvbootError where it gives no answer."""
    where = remote.place(site.order.where)
    line = f"{submitting.FIND}\n{partitions.LIST} 2>&1"
    said = remote.ask(where, line, shell=site.shell, timeout=looking.SECONDS)
    found = partitions.parse(said.out or "")
    if found:
        return found
    words = f"{said.why} {said.err}"
    if submitting.ABSENT in words:
        raise EnvbootError(
            f"there is no Slurm on {where}",
            hint="name its login node: `launch slurm HOST`; there `sinfo` has to work",
        )
    if said.out is None and where.host and remote.why(words, where):
        raise EnvbootError(said.why, hint=f"try it by hand: `ssh {where.host} sinfo`")
    raise EnvbootError(looking.controller(said.out or said.why), hint="`sinfo` says more")
