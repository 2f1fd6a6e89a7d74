"""Jobs: what was launched elsewhere, as values and as a journal that survives a kill.

A launcher (:class:`Launcher`) says what sizes there are (:class:`Offer`), plans what makes one, and
looks at what became of it (:class:`Report`). :mod:`envboot.jobs.journal` keeps a :class:`Job` from
before anything is asked of a service until it is deleted there: nobody pays twice for what was
forgotten.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from envboot.machine import Machine
    from envboot.plan import Plan
    from envboot.shell import Shell
    from envboot.site import Site
    from envboot.spec import EnvironmentSpec

_BLOCK, _ARCHIVE = b"# >>> envboot >>>", ".envboot/envboot.pyz"
"""What stands in a packed setup.py, and beside it: :mod:`envboot.package` writes both."""
_LARGEST = 1 << 22  # bytes of a setup.py that is read

State = Literal[
    "starting",  # noted here; the service was not asked yet, or did not answer
    "waiting",  # asked for: queued, provisioning
    "setting-up",  # `python setup.py --yes` is at work there
    "running",  # the person's own command is
    "ready",  # set up; a person can go there
    "ended",  # all is done there, well
    "failed",
    "stopped",  # it can be started again; keeping it may cost something
    "gone",  # nothing of it is left there
    "unknown",  # it cannot be asked just now
]
ALIVE: frozenset[str] = frozenset(
    {"starting", "waiting", "setting-up", "running", "ready", "stopped", "unknown"}
)
"""The states of what may be gone on with, or may cost something."""
WAITING: frozenset[str] = frozenset({"starting", "waiting", "setting-up", "running", "unknown"})
"""The states that something else will follow by itself."""


def packed(root: Path, shell: Shell) -> str:
    """Return "" when ``python3 setup.py`` works wherever ``root`` gets, else a sentence."""
    absent = [
        name
        for name, there in (
            ("setup.py", _BLOCK in (shell.read(root / "setup.py", _LARGEST) or b"")),
            (_ARCHIVE, shell.kind(root / _ARCHIVE) == "file"),
        )
        if not there
    ]
    if not absent:
        return ""
    lacks = "its setup.py sets up nothing" if absent[0] == "setup.py" else f"{_ARCHIVE} is missing"
    return f"the repository is not packed ({lacks}): `envboot package-env` packs it"


@dataclass(frozen=True)
class Offer:
    """One size that can be had: a machine type, a host, a partition."""

    name: str
    """What ``--size`` takes: ``standardLinux32gb``, ``gpu-box``, ``Standard_NC4as_T4_v3``."""
    title: str
    """For people: ``4 cores, 16 GB of memory, 32 GB of disk``."""
    machine: Machine | None = None
    """What one gets, judged as this computer is; None: not known."""
    price: str = ""
    """``0.36 USD an hour``, or ``see https://…`` where the service states none; "": nothing."""
    closed: str = ""
    """Why it cannot be had, as a sentence: quota 0, not in this region, unreachable; "" when it
    can. What the needs say of ``machine`` is judged by :mod:`envboot.launching`."""


@dataclass(frozen=True)
class Job:
    """What was launched, as it is kept here: found again after a kill, never paid twice."""

    handle: str
    """Its name here and there, chosen before it exists: ``sunspots-7f3a``."""
    launcher: str
    root: str
    """The repository here, absolute."""
    where: str = ""
    """A host, a region, an account: as :attr:`envboot.site.Order.where`."""
    size: str = ""
    then: str = ""
    command: tuple[str, ...] = ()
    options: tuple[tuple[str, str], ...] = ()
    """As :attr:`envboot.site.Order.options`."""
    anyway: bool = False
    """As :attr:`envboot.site.Order.anyway`."""
    created: str = ""
    """ISO 8601 in UTC."""
    state: str = "starting"
    """As it was last seen: a :data:`State`."""
    facts: Mapping[str, str] = field(default_factory=dict)
    """The launcher's own: a folder there, Slurm's number, GitHub's name. Never a secret."""

    @property
    def at(self) -> str:
        """Return where it is, for people: a host that is its own size is said once."""
        return " ".join(dict.fromkeys(filter(None, (self.where, self.size))))


@dataclass(frozen=True)
class Report:
    """What a launcher found when it looked at a job."""

    state: State
    said: str = ""
    """A sentence for people: ``queued behind 3 jobs``, ``provisioning``."""
    link: str = ""
    """What a browser opens; "" where there is none."""
    result: Mapping[str, Any] | None = None
    """What ``python setup.py --yes --json`` printed there: the verdict and the proof."""
    status: int | None = None
    """The exit code of the person's command there; None without one, or while it runs."""
    log: str = ""
    """What was printed there since ``seen`` bytes."""
    seen: int = 0
    """Bytes of the log so far: for the next look."""
    facts: Mapping[str, str] = field(default_factory=dict)
    """To be kept in the job."""


class Launcher(Protocol):
    """A launcher whose work goes on when the command has ended.

    ``TITLE``, ``why_not`` and ``plan`` are those of :class:`envboot.site.Target`, and a plug-in
    may have no more: its plan is then carried out, and nothing is kept. Nothing here writes, prints
    or asks a person; a service is asked through ``shell.query`` of a child.
    """

    TITLE: str
    PAYS: str
    """Who pays, and where the prices stand: ``GitHub bills your account; see https://…``."""
    PUSHED: bool
    """Whether only what was pushed gets there."""
    OPTIONS: tuple[str, ...]
    """Optional. The flags of ``launch`` that are its own, ``("time", "array")``: others of that
    kind are refused before anything is asked. Without it all are let through."""
    ENDS: bool
    """Optional. Whether computing there ends with the work, so that nothing is left to stop."""

    RENEWS: bool
    """Optional. Whether what an earlier launch left there is a folder of the person's own, which a
    plan for the same handle brings up to date."""

    def why_not(self, spec: EnvironmentSpec, site: Site) -> str | None:
        """Return None when it can, else a sentence. Quick, without the network."""

    def question(self, site: Site) -> str:
        """Return the question whose answer is ``site.order.where``, "" where none is needed.

        Optional.
        """

    def prepare(self, spec: EnvironmentSpec, site: Site) -> Plan | None:
        """Return what has to be done before ``offers`` can ask, None when nothing has.

        Optional. Signing in, fetching an SDK: the driver says the steps, asks for a yes of its own,
        carries them out, and asks again (a second Plan is then an error). Its title says why.
        """

    def asking(self, site: Site) -> str:
        """Return a sentence on whom ``offers`` is about to ask, and who named them.

        Optional. It is said before: a name may come from a file.
        """

    def strangers(self, site: Site) -> str:
        """Return the question whether ``offers`` may ask those whom the repository alone names.

        Optional; "" where it names none. Only a person answers it, ``--yes`` does not: a stranger's
        file is no order of hers. She may also name one of them herself, as ``launch NAME WHERE``.
        """

    def offers(self, spec: EnvironmentSpec, site: Site) -> tuple[Offer, ...]:
        """Return what can be had, in any order; ``site.order.where`` is kept to.

        May ask the service. Raises EnvbootError with a sentence and a hint when it gives no answer.
        """

    def plan(self, spec: EnvironmentSpec, site: Site) -> Plan:
        """Return the steps that make ``site.order`` true there; they end before the waiting."""

    def look(self, job: Job, shell: Shell, seen: int = 0) -> Report:
        """Return what became of it; never raises: ``unknown`` says why."""

    def logs(self, job: Job, shell: Shell, *, follow: bool) -> Plan:
        """Return the step that prints its log: a program's lines, which the driver shows."""

    def open(self, job: Job, shell: Shell) -> Plan:
        """Return the steps that bring a person there: a link, a shell, JupyterLab."""

    def stop(self, job: Job, shell: Shell) -> Plan:
        """Return the steps after which computing costs nothing more."""

    def delete(self, job: Job, shell: Shell) -> Plan:
        """Return the steps after which nothing of it is left there."""
