"""One virtual machine on Azure in a resource group of its own; deleting the group ends all.

This module is what the family sees: it looks and plans. Azure is asked by a child,
``python -m envboot.launchers.azure``, through Microsoft's own SDK, with whatever login that finds.
Once the machine answers, it is looked at by ssh, as any other computer is.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, cast

from envboot import git, jobs
from envboot.errors import EnvbootError, FallsShort, UsageError
from envboot.launchers.azure import (
    inquiry,
    keys,
    order,
    portal,
    sdk,
    seeing,
    sizes,
)
from envboot.plan import Plan, Remove, Write

if TYPE_CHECKING:
    from envboot.git import Published
    from envboot.jobs import Job, Offer, Report
    from envboot.plan import Step
    from envboot.shell import Shell
    from envboot.site import Site
    from envboot.spec import EnvironmentSpec

TITLE = "a virtual machine on Azure"
PAYS = (
    "Microsoft bills your Azure subscription (a GitHub account alone cannot pay for it); prices: "
    "see https://azure.microsoft.com/pricing/details/virtual-machines/linux/"
)
PUSHED = True
OPTIONS = ("idle", "region", "spot", "allow")
_IDLE = 480  # minutes after which the machine is stopped, unless told otherwise
_SHORTEST, _LONGEST = 15, 1440  # of a shutdown that is daily


def why_not(spec: EnvironmentSpec, site: Site) -> str | None:  # noqa: ARG001 - the family's signature
    """See :meth:`envboot.jobs.Launcher.why_not`."""
    shell = site.shell
    if unpacked := jobs.packed(site.root, shell):
        return unpacked
    source = git.published(site.root, shell)
    if source is None:
        return "there is no pushed commit that a machine at Azure could clone"
    if not source.url.startswith("https://"):
        return f"a machine at Azure cannot clone {source.url}: it takes an https address"
    if not shell.which("ssh") or not shell.which("ssh-keygen"):
        return "ssh is not installed: the machine is reached by it"
    return sdk.why_not(shell, offline=site.offline)


def prepare(spec: EnvironmentSpec, site: Site) -> Plan | None:  # noqa: ARG001 - the family's signature
    """See :meth:`envboot.jobs.Launcher.prepare`."""
    _check(site)
    return inquiry.prepare(site)


def offers(spec: EnvironmentSpec, site: Site) -> tuple[Offer, ...]:
    """See :meth:`envboot.jobs.Launcher.offers`."""
    region = inquiry.region(site.order, site.shell)
    source = _source(site)
    told = _told(site, source, region)
    if told.get("closed"):
        raise EnvbootError(
            f"a machine at Azure cannot clone {source.url}: {told['closed']}, and no login of "
            "yours is sent there",
            hint="`envboot launch ssh HOST` copies the tree instead, to a machine that you have",
        )
    found = _sizes(told)
    if not found:
        raise FallsShort(
            f"Azure has no sizes for your subscription in {region}",
            hint="is that one of its regions? `az account list-locations --query [].name`",
        )
    return sizes.offers(
        found,
        told["usage"],
        spec,
        region,
        spot=_spot(site),
        named=site.order.size,
    )


def plan(spec: EnvironmentSpec, site: Site) -> Plan:
    """See :meth:`envboot.jobs.Launcher.plan`."""
    shell, wish = site.shell, site.order
    place = order.folder(wish.handle, shell)
    if place is None:
        raise EnvbootError("there is no home folder to keep the job's key in", hint="set HOME")
    _check(site)
    region, source = inquiry.region(wish, shell), _source(site)
    told = _told(site, source, region)
    found = [s for s in _sizes(told) if s.name.lower() == wish.size.lower()]
    if not found:
        raise UsageError(f"there is no size {wish.size!a} in {region}")
    key, made = keys.choose(wish.handle, shell)
    off, at = _shutdown(wish.option("idle"))
    size, payer = found[0], told["account"]
    words = [*(("--as-of", site.as_of) if site.as_of else ())]
    words += ["--link-scripts"] if site.link_scripts else []
    words += ["--anyway"] if wish.anyway else []
    asked = order.Asked(
        wish.handle,
        payer["id"],
        region,
        size.name,
        source.url,
        source.commit,
        source.folder,
        key,
        keys.allowed(wish.option("allow")),
        at,
        "Spot" if _spot(site) else "Regular",
        sizes.disk(size, spec.needs),
        size.arch,
        bool(size.gpus),
        size.first,
        "NVMe" if size.nvme else "SCSI",
        tuple(words),
        wish.command,
    )
    here, before = sdk.with_sdk(shell)
    paper = place / "order.json"
    create = here.child("create", str(paper), why=f"asking Azure for {wish.handle}")
    return Plan(
        f"make {size.name} in {region}, in a resource group {wish.handle} of its own",
        (*before, Write(paper, asked.text(), private=True), *made, create),
        told=_said(asked, payer["name"], off),
    )


def _said(asked: order.Asked, payer: str, off: int) -> str:
    """Return what a person has to know of it before the yes."""
    whom = asked.allow or f"your public address alone, which {keys.ECHO} is asked for"
    rows = [
        f"billed to the Azure subscription {payer} ({asked.subscription})",
        f"it clones {asked.url} at {asked.commit[:12]}, and runs `python3 setup.py --yes`",
        f"ssh from {whom}, with the key {asked.key}; no password",
        f"stopped in {off} minutes, at {asked.shutdown} UTC, and each day then",
    ]
    if asked.priority == "Spot":
        rows.append("spot: Azure may stop it at any time, and then nothing is computed")
    return "\n".join(rows)


def look(job: Job, shell: Shell, seen: int = 0) -> Report:
    """See :meth:`envboot.jobs.Launcher.look`."""
    return seeing.look(job, shell, seen)


def logs(job: Job, shell: Shell, *, follow: bool) -> Plan:
    """See :meth:`envboot.jobs.Launcher.logs`."""
    return Plan(f"the log of {job.handle}", (seeing.log(job, shell, follow=follow),))


def open(job: Job, shell: Shell) -> Plan:  # noqa: A001 - the family's word
    """See :meth:`envboot.jobs.Launcher.open`; a machine that was stopped is started first."""
    before: tuple[Step, ...] = ()
    if job.state == "stopped":
        before = _deed("start", job, shell)
    return Plan(f"a shell on {job.handle}", (*before, seeing.enter(job, shell)))


def stop(job: Job, shell: Shell) -> Plan:
    """See :meth:`envboot.jobs.Launcher.stop`; its disk and address go on costing a little."""
    title = "stop the machine: computing costs nothing more, its disk and address still do"
    return Plan(title, _deed("stop", job, shell))


def delete(job: Job, shell: Shell) -> Plan:
    """See :meth:`envboot.jobs.Launcher.delete`."""
    rest = order.folder(job.handle, shell)
    removed: tuple[Step, ...] = (Remove(rest),) if rest else ()
    title = f"remove the resource group {job.handle} with all that is in it"
    return Plan(title, (*_deed("delete", job, shell), *removed))


# ----------------------------------------------------------------------------- parts


def _deed(verb: str, job: Job, shell: Shell) -> tuple[Step, ...]:
    asked = seeing.noted(job, shell)
    here, before = sdk.with_sdk(shell)
    why = {"start": "starting", "stop": "stopping", "delete": "removing"}[verb]
    words = (verb, "--subscription", asked.subscription, job.handle)
    still = ": its disk and address go on costing until it is deleted" if verb == "stop" else ""
    return (*before, here.child(*words, why=f"{why} {job.handle} at Azure{still}"))


def _check(site: Site) -> None:
    """Raise UsageError for what cannot be ordered, before anything is fetched or asked for it."""
    if site.order.then == "lab":
        raise UsageError(
            "`--then lab` is not for Azure: no port but ssh's is open there",
            hint="`--then shell`; or `launch ssh HOST --then lab`, to a machine that you have",
        )
    inquiry.region(site.order, site.shell)
    keys.allowed(site.order.option("allow"))
    _shutdown(site.order.option("idle"))


def _source(site: Site) -> Published:
    found = git.published(site.root, site.shell)
    if found is None or not found.commit:
        raise UsageError("nothing was pushed that could be cloned", hint="`--push` pushes it")
    return found


def _told(site: Site, source: Published, region: str) -> dict[str, Any]:
    """Return the child's answer; where nobody is signed in, with the link for a browser."""
    try:
        return inquiry.sizes(cast("Any", site.shell), region, source.url)
    except EnvbootError as error:
        link = portal.link(source, site.shell, site.root)
        if link and "signed in" in error.message:
            error.hint += f"; in a browser, with this repository's template: {link}"
        raise


def _sizes(told: dict[str, Any]) -> list[sizes.Size]:
    found = (sizes.parse(row) for row in told.get("sizes", ()))
    return [size for size in found if size]


def _spot(site: Site) -> bool:
    return bool(site.order.option("spot"))


def _shutdown(idle: str) -> tuple[int, str]:
    """Return the minutes until the machine is stopped, and the time of day in UTC, ``1900``."""
    if idle and not (idle.isascii() and idle.isdecimal() and _SHORTEST <= int(idle) <= _LONGEST):
        raise UsageError(f"`--idle {idle}` is no number of minutes from {_SHORTEST} to {_LONGEST}")
    minutes = int(idle or _IDLE)
    return minutes, time.strftime("%H%M", time.gmtime(time.time() + 60 * minutes))
