"""Links that open a notebook or the repository where somebody else's computer runs it.

A launcher with a plan alone: a link is opened, and there is nothing to stop or to pay.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envboot.jobs import Offer

if TYPE_CHECKING:
    from envboot.plan import Plan
    from envboot.site import Site
    from envboot.spec import EnvironmentSpec

TITLE = "a notebook service, by a link"
PAYS = "free of charge within each service's limits"
PUSHED = True


def why_not(spec: EnvironmentSpec, site: Site) -> str | None:
    """See :meth:`envboot.jobs.Launcher.why_not`."""
    return "it is not written yet"


def offers(spec: EnvironmentSpec, site: Site) -> tuple[Offer, ...]:
    """Return the services, each with what it cannot do in its title."""
    raise NotImplementedError


def plan(spec: EnvironmentSpec, site: Site) -> Plan:
    """Return the step that opens the link of the service ``site.order.size``."""
    raise NotImplementedError
