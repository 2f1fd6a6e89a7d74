"""GitHub Codespaces: a machine beside the repository, billed through the GitHub account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envboot import decide, jobs
from envboot.errors import NothingFound, UsageError
from envboot.launchers.codespaces import child, looking, offering, ordering, there
from envboot.launchers.codespaces.github import NAME
from envboot.launchers.codespaces.signing_in import at_terminal
from envboot.plan import Open, Plan, Run

if TYPE_CHECKING:
    from envboot.jobs import Job, Offer, Report
    from envboot.shell import Shell
    from envboot.site import Site
    from envboot.spec import EnvironmentSpec

TITLE = "GitHub Codespaces"
PAYS = f"GitHub bills your GitHub account (nothing else is needed); prices: see {offering.PRICES}"
PUSHED = True
OPTIONS = ("idle", "region")
_GIB = 2**30
_OF_GPU = frozenset({"gpu", "gpu_memory", "cuda", "compute_capability"})


def why_not(spec: EnvironmentSpec, site: Site) -> str | None:
    """See :meth:`envboot.jobs.Launcher.why_not`; a need for a GPU closes it for good."""
    largest = offering.machine(32, 128 * _GIB, 128 * _GIB)
    verdict = decide.judge(spec.needs, largest)
    if any(short.need in _OF_GPU for short in verdict.shortfalls):
        return "no codespace has a GPU, and this repository needs one"
    if site.offline:
        return "it takes the network"
    return jobs.packed(site.root, site.shell) or offering.unreachable(site) or None


def prepare(spec: EnvironmentSpec, site: Site) -> Plan | None:  # noqa: ARG001 - the family's
    """See :meth:`envboot.jobs.Launcher.prepare`: gh signs in, on the person's terminal."""
    return offering.signing(site)


def offers(spec: EnvironmentSpec, site: Site) -> tuple[Offer, ...]:  # noqa: ARG001 - the family's
    """See :meth:`envboot.jobs.Launcher.offers`."""
    return offering.offers(site)


def plan(spec: EnvironmentSpec, site: Site) -> Plan:  # noqa: ARG001 - the family's
    """See :meth:`envboot.jobs.Launcher.plan`; a link alone where nobody is signed in here."""
    return ordering.plan(site)


def look(job: Job, shell: Shell, seen: int = 0) -> Report:
    """See :meth:`envboot.jobs.Launcher.look`."""
    return looking.look(job, shell, seen)


def logs(job: Job, shell: Shell, *, follow: bool) -> Plan:
    """See :meth:`envboot.jobs.Launcher.logs`; gh would start a stopped one, which is refused."""
    if shell.which("gh") is None:
        raise UsageError(
            "the log of a codespace is read by the GitHub CLI `gh`, which is not installed",
            hint=f"https://cli.github.com; or look at it in a browser: {_link(job)}".rstrip(": "),
        )
    found = looking.look(job, shell) if not job.facts.get("name") else None
    name = _name(job if found is None else found)
    if (found.state if found else job.state) == "stopped":
        raise UsageError(
            "it is stopped, and reading its log would start it, which costs",
            hint="`open` starts it",
        )
    more = ("--follow",) if follow else ()
    argv = ("gh", "codespace", "logs", "-c", name, *more)
    return Plan(f"the log of {job.handle}", (Run(at_terminal(argv, shell), why="its log"),))


def open(job: Job, shell: Shell) -> Plan:  # noqa: A001 - the family's word
    """See :meth:`envboot.jobs.Launcher.open`."""
    found = None if job.facts.get("name") and _link(job) else looking.look(job, shell)
    title = f"the way into {job.handle}"
    if job.then and shell.which("gh"):
        name, folder = _name(found or job), str((found or job).facts.get("folder", ""))
        if job.then == "lab":
            argv: tuple[str, ...] = ("gh", "codespace", "jupyter", "-c", name)
        else:
            argv = (
                *there.entrance(name),
                "--",
                "-t",
                there.inside(folder, there.below(job, shell)),
            )
        return Plan(title, (Run(at_terminal(argv, shell), why=f"going to {name}", terminal=True),))
    link = found.link if found else _link(job)
    if not link:
        raise NothingFound(f"{job.handle} has no link: {found.said if found else job.state}")
    return Plan(title, (Open(link),))


def stop(job: Job, shell: Shell) -> Plan:  # noqa: ARG001 - the family's
    """See :meth:`envboot.jobs.Launcher.stop`; what it keeps goes on to cost storage."""
    why = f"stopping {job.handle}: what it keeps costs storage until it is deleted"
    return Plan(f"stop {job.handle}", (child.step("stop", *_called(job), why=why),))


def delete(job: Job, shell: Shell) -> Plan:
    """See :meth:`envboot.jobs.Launcher.delete`; says what would be lost with it."""
    said = child.ask(shell, "look", *_called(job))
    found = said.facts.get("codespace")
    unsaved = isinstance(found, dict) and bool(found.get("unsaved"))
    lost = ", with changes that were never pushed from there" if unsaved else ""
    why = f"deleting {job.handle} at GitHub{lost}"
    return Plan(f"delete {job.handle}{lost}", (child.step("delete", *_called(job), why=why),))


def _called(job: Job) -> tuple[str, ...]:
    """Return by which name the child finds it: GitHub's, else the one that we gave it."""
    name = job.facts.get("name", "")
    return ("--name", name) if NAME.fullmatch(name) else ("--display", job.handle)


def _name(found: Job | Report) -> str:
    """Return GitHub's name of it. Raises NothingFound before it has one."""
    name = found.facts.get("name", "")
    if not NAME.fullmatch(name):
        raise NothingFound(f"GitHub has no codespace of that name yet ({found.state})")
    return name


def _link(job: Job) -> str:
    return job.facts.get("link", "")
