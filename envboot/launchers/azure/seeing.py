"""What became of a machine: Azure is asked until it answers by ssh, and again when it does not."""

from __future__ import annotations

import shlex
from dataclasses import replace
from typing import TYPE_CHECKING

from envboot import remote
from envboot.errors import EnvbootError
from envboot.jobs import Report
from envboot.launchers.azure import inquiry, keys, order, portal
from envboot.remote import work

if TYPE_CHECKING:
    from collections.abc import Mapping

    from envboot.jobs import Job, State
    from envboot.launchers.azure.order import Asked
    from envboot.plan import Run
    from envboot.remote.work import Seen
    from envboot.shell import Shell

_MAKING = frozenset({"Accepted", "Running", "Creating", "Created", "Updating", "NotSpecified"})
_OFF = frozenset({"deallocated", "deallocating", "stopped", "stopping"})


def noted(job: Job, shell: Shell) -> Asked:
    """Return what was asked for. Raises EnvbootError when the note is not there any more."""
    asked = order.read(job.handle, shell)
    if asked is None:
        raise EnvbootError(
            f"the note of what {job.handle} is at Azure cannot be read: "
            f"{order.path(job.handle, shell)}",
            hint=f"the resource group {job.handle} in the portal shows it: https://portal.azure.com",
        )
    return asked


def look(job: Job, shell: Shell, seen: int) -> Report:
    """Return what became of a job; never raises."""
    asked = order.read(job.handle, shell)
    if asked is None:
        if job.state == "starting":
            return Report("gone", "Azure was not asked for it")
        return Report("unknown", f"{order.path(job.handle, shell)} cannot be read")
    address = job.facts.get("address", "")
    if address and job.state != "stopped":
        found = _there(asked, address, shell, seen)
        if isinstance(found, Report):
            return found
    try:
        told = inquiry.told(shell, "look", "--subscription", asked.subscription, "--", asked.handle)
    except EnvbootError as error:
        return Report("unknown", error.message, seen=seen)
    return _at_azure(asked, told, shell, seen, before=bool(address))


def _at_azure(
    asked: Asked, told: Mapping[str, str], shell: Shell, seen: int, *, before: bool
) -> Report:
    """Return what Azure's word of a job means, and what the machine says where it has started.

    ``before``: it has answered by ssh already.
    """
    link = portal.page(asked.subscription, asked.handle)
    state, said = _made(told)
    if state:
        return Report(state, said, "" if state == "gone" else link, seen=seen)
    found = _there(asked, told.get("address", ""), shell, seen)
    if isinstance(found, Report):
        return found
    whom = asked.allow or "the address that launched it"
    if before:
        said = f"the machine runs, and does not answer ({found}); it answers {whom} only"
        return Report("unknown", said, link, seen=seen)
    said = f"the machine starts, and does not answer yet ({found}); it answers {whom} only"
    return Report("waiting", said, link, seen=seen)


def _made(told: Mapping[str, str]) -> tuple[State | None, str]:
    """Return what Azure says of a machine that cannot be asked itself; None: it can be."""
    group, state, power = (told.get(k, "") for k in ("group", "deployment", "power"))
    rows: tuple[tuple[bool, State, str], ...] = (
        (group in {"absent", "strange"}, "gone", "there is no resource group of it at Azure"),
        (group == "deleting", "stopped", "Azure is removing it"),
        (state in _MAKING, "waiting", "Azure is making the machine"),
        (
            state == "absent",
            "failed",
            "there is a resource group and no machine in it: the launch was cut short",
        ),
        (state != "Succeeded", "failed", told.get("why") or f"the deployment is {state}"),
        (power in _OFF, "stopped", f"{power}; its disk and address go on costing"),
        (power == "absent", "failed", "its machine was removed; its group is still there"),
    )
    return next(((found, said) for true, found, said in rows if true), (None, ""))


def _there(asked: Asked, address: str, shell: Shell, seen: int) -> Report | str:
    """Return what the machine itself says; a sentence when it does not answer."""
    try:
        where = keys.place(asked, address, shell)
    except ValueError:
        return f"{address!a} is no address"
    found = work.look(asked.handle, where, shell, seen)
    if isinstance(found, str):
        return found
    return _report(asked, found, address)


def _report(asked: Asked, found: Seen, address: str) -> Report:
    link = portal.page(asked.subscription, asked.handle)
    state, said = _state(asked, found)
    return Report(
        state,
        said,
        link,
        found.result,
        found.status if asked.command and found.result else None,
        found.log,
        found.seen,
        {"address": address},
    )


def _state(asked: Asked, found: Seen) -> tuple[State, str]:
    """Return the state that the job's own folder there shows, with a sentence."""
    if found.phase == "ended":
        return _end(asked, found)
    words: dict[str, tuple[State, str]] = {
        "absent": ("setting-up", f"{asked.size} has started, and clones the repository"),
        "setting-up": ("setting-up", f"setup.py is at work on {asked.size}"),
        "running": ("running", f"the command runs on {asked.size}"),
    }
    cut = "it ended without saying how: the machine was stopped, or had no memory left"
    return words.get(found.phase, ("failed", cut))


def _end(asked: Asked, found: Seen) -> tuple[State, str]:
    if found.more.get("setup") != "0":
        rows = found.log.strip().splitlines()
        cloned = found.result is not None or not rows
        return "failed", "setting up failed" if cloned else rows[-1].removeprefix("envboot: ")
    if asked.command:
        return ("failed", "the command failed") if found.status else ("ended", "")
    return "ready", f"set up on {asked.size}"


# ----------------------------------------------------------------------- going there


def log(job: Job, shell: Shell, *, follow: bool) -> Run:
    """Return the step that prints the log. Raises EnvbootError where there is no machine yet."""
    return work.tail(job.handle, _place(job, shell), follow=follow)


def enter(job: Job, shell: Shell) -> Run:
    """Return the step that brings the person there, into the environment where there is one."""
    asked, where = noted(job, shell), _place(job, shell)
    patient = ("-o", "ConnectionAttempts=30")  # one a second: it may just have been started
    where = replace(where, words=(*where.words, *patient))
    tree = "/".join(filter(None, (work.TREES, job.handle, asked.folder)))
    script = (
        f'cd "$HOME"/{shlex.quote(tree)} && python3 setup.py shell || exec "${{SHELL:-sh}}" -l\n'
    )
    return remote.run(where, script, why=f"a shell on {asked.size}", terminal=True)


def _place(job: Job, shell: Shell) -> keys.Machine:
    asked = noted(job, shell)
    try:
        return keys.place(asked, job.facts.get("address", ""), shell)
    except ValueError:
        raise EnvbootError(
            f"{job.handle} has no address yet", hint=f"`envboot status {job.handle}` looks again"
        ) from None
