"""One virtual machine on Azure in a resource group of its own; deleting the group ends all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envboot.jobs import Job, Offer, Report

if TYPE_CHECKING:
    from envboot.plan import Plan
    from envboot.shell import Shell
    from envboot.site import Site
    from envboot.spec import EnvironmentSpec

TITLE = "a virtual machine on Azure"
PAYS = "Microsoft bills your Azure subscription; prices: see https://azure.microsoft.com/pricing/details/virtual-machines/linux/"
PUSHED = True


def why_not(spec: EnvironmentSpec, site: Site) -> str | None:
    """See :meth:`envboot.jobs.Launcher.why_not`."""
    return "it is not written yet"


def offers(spec: EnvironmentSpec, site: Site) -> tuple[Offer, ...]:
    """See :meth:`envboot.jobs.Launcher.offers`."""
    raise NotImplementedError


def plan(spec: EnvironmentSpec, site: Site) -> Plan:
    """See :meth:`envboot.jobs.Launcher.plan`."""
    raise NotImplementedError


def look(job: Job, shell: Shell, seen: int = 0) -> Report:
    """See :meth:`envboot.jobs.Launcher.look`."""
    raise NotImplementedError


def logs(job: Job, shell: Shell, *, follow: bool) -> Plan:
    """See :meth:`envboot.jobs.Launcher.logs`."""
    raise NotImplementedError


def open(job: Job, shell: Shell) -> Plan:  # noqa: A001 - the family's word
    """See :meth:`envboot.jobs.Launcher.open`."""
    raise NotImplementedError


def stop(job: Job, shell: Shell) -> Plan:
    """See :meth:`envboot.jobs.Launcher.stop`."""
    raise NotImplementedError


def delete(job: Job, shell: Shell) -> Plan:
    """See :meth:`envboot.jobs.Launcher.delete`."""
    raise NotImplementedError
