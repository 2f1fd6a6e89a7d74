"""Going elsewhere: from "this machine falls short" to a bigger one, and back with its proof.

:func:`launch` is the story: what can be had, which of it, the plan, the yes, the journal, the deed,
the waiting. :mod:`envboot.launching.tending` is what comes later: jobs, status, logs, open, stop,
delete.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from envboot import decide
from envboot import plan as plans
from envboot.console import YES_NO
from envboot.errors import AnswerNeeded
from envboot.jobs import Job, Offer, journal
from envboot.launching import again, choosing, going, preparing, pushed, telling
from envboot.launching.errand import KEPT, Errand, planned
from envboot.launching.outcome import Launched, Wish
from envboot.plan import Open
from envboot.site import Order

if TYPE_CHECKING:
    from envboot.console import Console
    from envboot.plan import Plan
    from envboot.request import Request
    from envboot.shell import Shell
    from envboot.site import Site
    from envboot.survey import Assessment

__all__ = ["Launched", "Wish", "launch"]


@dataclass(frozen=True)
class _Going:
    """A launch that has a name: who asked for what, with which launcher."""

    name: str
    member: Any
    wish: Wish
    request: Request
    assessment: Assessment
    shell: Shell
    console: Console

    @property
    def title(self) -> str:
        """Return what people call the launcher."""
        return str(getattr(self.member, "TITLE", self.name))

    @property
    def kept(self) -> bool:
        """Return whether its jobs are kept."""
        return all(hasattr(self.member, name) for name in KEPT)

    def site(self, handle: str, offer: Offer) -> Site:
        """Return the site with the order for one of the offers."""
        wish = self.wish
        asked = (wish.then, wish.command, wish.options, self.request.anyway)
        order = Order(handle, wish.where, offer.name, *asked)
        return replace(self.assessment.site, order=order)


def launch(
    wish: Wish, request: Request, assessment: Assessment, shell: Shell, console: Console
) -> Launched:
    """Go elsewhere with the repository. Raises an EnvbootError for what ends it early.

    Only what a person said yes to is made, and it is journaled before. The exit code is that of
    setup.py there, or of the person's command.
    """
    name, colon, where = wish.name.partition(":")
    wish = replace(wish, name=name, where=where if colon else wish.where)
    if not name:
        found = choosing.ways(assessment.spec, assessment.site)
        if not console.interactive():
            choosing.tell(found, console)
            return _listed(found, console)
        name = choosing.asked(found, console)
        if name == "stop":
            console.say("nothing was done")
            return Launched("planned", 0, launchers=choosing.rows(found))
        wish = replace(wish, name=name)
    member = dict(choosing.members()).get(name)
    if member is None:
        raise choosing.unknown(name)
    return _go(_Going(name, member, wish, request, assessment, shell, console))


def _handle(going_: _Going, offer: Offer) -> str:
    """Return the name of what is to be made: a new one, or that of a folder to be used again."""
    wish, shell = going_.wish, going_.shell
    if again.renews(going_.member) and not wish.new:
        request, console = going_.request, going_.console
        job = again.renewed(going_.name, wish, offer.name, request, shell, console)
        if job:
            return job.handle
    return journal.handle(going_.assessment.site.name, shell)


def _listed(found: tuple[Any, ...], console: Console) -> Launched:
    """Return the list of launchers where nobody can be asked which of them."""
    error = AnswerNeeded("which launcher?", hint="name it: `launch NAME`")
    console.fail(error)
    said = {"message": str(error), "hint": error.hint}
    rows = choosing.rows(found)
    return Launched("listed", error.exit_code, launchers=rows, error=said)


def _go(going_: _Going) -> Launched:
    """Take one launcher from "can it?" to the yes, and on."""
    member, wish, console = going_.member, going_.wish, going_.console
    spec, site = going_.assessment.spec, going_.site("", Offer(wish.size, ""))
    choosing.refuse(member, site)
    choosing.must(going_.name, member, spec, site)
    if where := choosing.where(going_.name, member, site, going_.request, console):
        going_ = replace(going_, wish=replace(wish, where=where))
        wish, site = going_.wish, going_.site("", Offer(wish.size, ""))
        choosing.must(going_.name, member, spec, site)
    if going_.kept and not wish.new:
        gone_on = again.go_on(going_.name, wish, going_.request, going_.shell, console)
        if gone_on:
            return gone_on
    remote = getattr(member, "PUSHED", False)
    if remote and not pushed.settle(wish, going_.request, going_.shell, console):
        console.say("nothing was done")
        return Launched("planned", 0, launcher=going_.name, where=wish.where)
    offer = Offer(wish.size, "")
    offers: tuple[dict[str, Any], ...] = ()
    if hasattr(member, "offers"):
        request, shell = going_.request, going_.shell
        trusted = preparing.trusts(member, site, request, console)
        if asking := choosing.asking(member, site) if trusted else "":
            console.say(asking)
        if not trusted or not preparing.settle(member, spec, site, request, shell, console):
            console.say("nothing was done")
            return Launched("planned", 0, launcher=going_.name, where=wish.where)
        found = choosing.candidates(member, spec, site)
        choosing.tell_sizes(found, console)
        offers = tuple(choosing.row(c) for c in found)
        offer = choosing.size(wish, found, going_.request, going_.title, console)
    handle = _handle(going_, offer)
    steps = planned(lambda: member.plan(spec, going_.site(handle, offer)), "launch")
    _tell(going_, offer, steps)
    ready = Launched(
        "planned",
        0,
        handle=handle,
        launcher=going_.name,
        where=wish.where,
        size=offer.name,
        plan=telling.steps(steps),
        offers=offers,
        paste=getattr(steps, "paste", ""),
    )
    if going_.request.dry_run:
        _hand(steps, console)
        console.say("nothing of it was done")
        return ready
    if not going_.request.yes and not _agreed(going_, offer):
        console.say("nothing was done")
        return ready
    return _make(going_, offer, steps, ready)


def _tell(going_: _Going, offer: Offer, steps: Plan) -> None:
    """Say what the size has of what is needed, the plan, who pays, and the price."""
    console = going_.console
    needs = going_.assessment.spec.needs
    if offer.machine and needs:
        console.say(decide.table(decide.judge(needs, offer.machine)))
    console.say(f"the plan: {steps.title}")
    for row in telling.steps(steps):
        console.say(f"  {row}")
    for row in getattr(steps, "told", "").splitlines():
        console.say(f"  {row}")
    pays = choosing.pays(going_.name)
    if pays:
        console.say(f"who pays: {pays}")
    if offer.price:
        console.say(f"price: {offer.price}")


def _let_go(errand: Errand, steps: Plan, wish: Wish) -> Launched:
    """Carry out what nobody can ask about later; links come last, and are opened as elsewhere."""
    job, console = errand.job, errand.console
    links = [step.url for step in steps.steps if isinstance(step, Open)]
    rest = tuple(step for step in steps.steps if not isinstance(step, Open))
    plans.carry_out(replace(steps, steps=rest), errand.shell, console.line, console.say)
    for url in links:
        telling.link(errand, url, browse=wish.browse)
    _hand(steps, console)
    return Launched(
        "launched",
        0,
        launcher=job.launcher,
        where=job.where,
        size=job.size,
        link=(*links, "")[0],
        paste=getattr(steps, "paste", ""),
    )


def _hand(steps: Plan, console: Console) -> None:
    """Show what the person takes there herself, row by row as it is: to be copied."""
    if getattr(steps, "paste", ""):
        console.warn(f"paste this there, before all else:\n\n{steps.paste}")


def _agreed(going_: _Going, offer: Offer) -> bool:
    what = f" ({offer.title or offer.name})" if offer.name else ""
    question = f"do you want to set up with {going_.title}{what} instead?"
    console = going_.console
    return console.choose(question, YES_NO, flag="`--yes`", default="no") == "yes"


def _make(going_: _Going, offer: Offer, steps: Plan, ready: Launched) -> Launched:
    """Do what was said yes to."""
    shell, console, wish = going_.shell, going_.console, going_.wish
    job = Job(
        ready.handle,
        going_.name,
        str(going_.request.root),
        where=wish.where,
        size=offer.name,
        then=wish.then,
        command=wish.command,
        options=wish.options,
        anyway=going_.request.anyway,
        created=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    )
    errand = Errand(job, going_.member, shell, console)
    links = bool(steps.steps) and all(isinstance(step, Open) for step in steps.steps)
    if links or not going_.kept:  # a link makes nothing that could be asked about later
        return replace(_let_go(errand, steps, wish), plan=ready.plan, offers=ready.offers)
    done = going.launch(errand, steps, wish)
    return replace(done, offers=ready.offers)
