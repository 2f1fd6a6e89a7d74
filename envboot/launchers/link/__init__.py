"""Links that open a notebook or the repository where somebody else's computer runs it.

A launcher with a plan alone: a link is opened, and there is nothing that could be asked or stopped
from here. :mod:`.services` knows the links, :mod:`.cell` what a notebook without its repository
needs.
"""

from __future__ import annotations

import difflib
import posixpath
from pathlib import PurePath
from typing import TYPE_CHECKING

from envboot import git, jobs
from envboot.errors import EnvbootError, UsageError
from envboot.git.published import published, there
from envboot.git.tree import names
from envboot.jobs import Offer
from envboot.launchers.link import cell, services
from envboot.plan import Open, Plan

if TYPE_CHECKING:
    from envboot.git import Published
    from envboot.launchers.link.services import Service
    from envboot.site import Site
    from envboot.spec import EnvironmentSpec

__all__ = ["OPTIONS", "PAYS", "PUSHED", "TITLE", "offers", "plan", "why_not"]

TITLE = "a notebook service, by a link"
PAYS = "free of charge within each service's limits, but for Vertex: Google bills your project"
PUSHED = True
OPTIONS = ("notebook",)
_SETUP = ("setup.py", ".envboot/envboot.pyz")


def why_not(spec: EnvironmentSpec, site: Site) -> str | None:  # noqa: ARG001 - the family's signature
    """See :meth:`envboot.jobs.Launcher.why_not`."""
    if site.offline:
        return "a link needs the network"
    seen = published(site.root, site.shell)
    if seen is None:
        return "these services open what was pushed, and there is no remote, or no commit"
    if not seen.url.startswith("https://"):
        return f"these services open https addresses, and {seen.remote} is {seen.url}"
    return None


def offers(spec: EnvironmentSpec, site: Site) -> tuple[Offer, ...]:  # noqa: ARG001 - the family's signature
    """Return the services, each with what it cannot do in its title; the network is not asked.

    Raises UsageError for a service or a notebook that is not there, EnvbootError for what was
    never pushed.
    """
    seen = _seen(site)
    notebook = _notebook(site, seen)
    wanted = (_service(site.order.where),) if site.order.where else services.ALL
    return tuple(
        Offer(s.name, s.title, s.machine, s.price, _closed(s, seen, notebook, site)) for s in wanted
    )


def plan(spec: EnvironmentSpec, site: Site) -> Plan:
    """Return the step that opens the link; what has to be known or pasted there is told beside.

    Raises as :func:`offers` does, and UsageError for what no link can do.
    """
    order = site.order
    if order.command or order.then == "shell":
        what = "run a command" if order.command else "open a shell"
        raise UsageError(f"a link cannot {what} there", hint="`launch ssh` and `launch slurm` can")
    seen = _seen(site)
    notebook = _notebook(site, seen)
    service = _service(order.size or order.where or services.NAMES[0])
    closed = _closed(service, seen, notebook, site)
    if closed:
        raise EnvbootError(f"{service.name}: {closed}")
    told = [service.told, "A private repository cannot be read there: it has to be public."]
    first = ""
    if not service.whole:
        first = cell.first(seen, engine="uv" if spec.twin or not spec.is_conda else "")
        told.append("It opens the notebook alone. A first cell, to be pasted, brings the rest.")
    title = f"open {notebook or seen.name} with {service.name}, at {seen.commit[:8]}"
    link = Open(service.address(seen, notebook))
    return Plan(title, (link,), told="\n".join(told), paste=first)


def _seen(site: Site) -> Published:
    """Return what others see. Raises EnvbootError when that is nothing."""
    seen = published(site.root, site.shell)
    if seen is None or not seen.commit:
        raise EnvbootError("nothing of this repository was pushed", hint="`git push`")
    return seen


def _service(name: str) -> Service:
    found = next((s for s in services.ALL if s.name == name.lower()), None)
    if found:
        return found
    near = difflib.get_close_matches(name.lower(), services.NAMES, 1)
    hint = f"did you mean `{near[0]}`?" if near else f"services: {', '.join(services.NAMES)}"
    raise UsageError(f"there is no service {names([name])}", hint=hint)


def _notebook(site: Site, seen: Published) -> str:
    """Return the notebook's path from the top: the one that is asked for, else the first one.

    Raises UsageError for one that was not pushed.
    """
    known = sorted(
        (
            path
            for path in there(site.root, seen, site.shell)
            if path.endswith(".ipynb") and "/.ipynb_checkpoints/" not in f"/{path}"
        ),
        key=lambda path: (path.count("/"), path),
    )
    given = site.order.option("notebook")
    if not given:
        own = [path for path in known if not seen.folder or path.startswith(f"{seen.folder}/")]
        return next(iter(own), "")
    place = PurePath(given)
    if place.is_absolute():
        top = git.top(site.root, site.shell) or site.root
        inside = place.relative_to(top) if place.is_relative_to(top) else place
        path = inside.as_posix()
    else:
        path = posixpath.normpath(posixpath.join(seen.folder, place.as_posix()))
    if path in known:
        return path
    shown = f"notebooks there: {names(known)}" if known else "no notebook was pushed"
    raise UsageError(f"{names([given])} is not a notebook that was pushed", hint=shown)


def _closed(service: Service, seen: Published, notebook: str, site: Site) -> str:
    """Return why a service cannot be used for this repository, "" when it can."""
    if service.whole:
        inside = f"Binder builds from files at the top, and these are in {names([seen.folder])}"
        return inside if seen.folder else ""
    if seen.host != services.GITHUB:
        return f"it opens notebooks on GitHub alone, and this is on {seen.host}"
    if not notebook:
        return "it opens a notebook, and none was pushed"
    lacking = jobs.packed(site.root, site.shell)
    if lacking:
        return lacking
    pushed = there(site.root, seen, site.shell)
    absent = [p for p in _SETUP if posixpath.join(seen.folder, p) not in pushed]
    return f"not pushed, and its first cell needs it: {names(absent)}" if absent else ""
