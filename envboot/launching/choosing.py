"""Which launcher, and which of its sizes: what can be had, judged, and the person's choice."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from envboot import decide, launchers
from envboot.console import Choice
from envboot.errors import AnswerNeeded, EnvbootError, FallsShort, UsageError
from envboot.jobs import Offer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from envboot.console import Console
    from envboot.decide import Way
    from envboot.launching.outcome import Wish
    from envboot.request import Request
    from envboot.site import Site
    from envboot.spec import EnvironmentSpec

_SAME = 0.5  # how alike two names are, from 0 to 1, to be meant for one another


@dataclass(frozen=True)
class Candidate:
    """An offer, and what the needs say of it."""

    offer: Offer
    short: str = ""
    """Why it is too small, by how much; "" when it is not."""

    @property
    def fits(self) -> bool:
        """Return whether it can be had and is enough, as far as that is known."""
        return not (self.offer.closed or self.short)

    @property
    def why_not(self) -> str:
        """Return why it is not to be taken, "" when it is."""
        return self.offer.closed or (f"too small: {self.short}" if self.short else "")


# ------------------------------------------------------------------ the launcher


def members() -> tuple[tuple[str, Any], ...]:
    """Return the launchers by name."""
    return launchers.family().members


def ways(
    spec: EnvironmentSpec, site: Site, some: Sequence[tuple[str, Any]] = ()
) -> tuple[Way, ...]:
    """Return all launchers (or ``some``), each closed one with its reason."""
    return decide.elsewhere(spec, site, some or members())


def rows(found: Sequence[Way]) -> tuple[dict[str, Any], ...]:
    """Return the launchers for ``--json``."""
    return tuple(
        {"name": w.name, "title": w.title, "why_not": w.why_not or None, "pays": pays(w.name)}
        for w in found
    )


def pays(name: str) -> str:
    """Return who pays for what a launcher makes; "" where it does not say."""
    return str(getattr(launchers.family().get(name), "PAYS", ""))


def tell(found: Sequence[Way], console: Console) -> None:
    """Say what launchers there are, which can be taken, and who pays."""
    _warn(console)
    wide = max((len(w.name) for w in found), default=0)
    for way in found:
        state = f"not possible: {way.why_not}" if way.why_not else "open"
        console.say(f"  {way.name.ljust(wide)}  {way.title} ({state})")
        if pays(way.name):
            console.say(f"  {' ' * wide}  who pays: {pays(way.name)}")


def _warn(console: Console) -> None:
    for warning in launchers.family().warnings:
        console.warn(warning)


def asked(found: Sequence[Way], console: Console) -> str:
    """Return the launcher that the person chooses. Raises AnswerNeeded with nobody to ask."""
    _warn(console)
    choices = [Choice(w.name, _paid(w), w.why_not) for w in found]
    return console.choose(
        "where do you want to go?", [*choices, Choice("stop", "stop here")], flag="`launch NAME`"
    )


def _paid(way: Way) -> str:
    """Return what it is and, where it can be taken, who pays."""
    return ": ".join(filter(None, (way.title, "" if way.why_not else pays(way.name))))


def must(name: str, member: Any, spec: EnvironmentSpec, site: Site) -> None:  # noqa: ANN401 - a module
    """Raise FallsShort, with the reason, for a launcher that cannot be taken."""
    way = ways(spec, site, ((name, member),))[0]
    if way.why_not:
        raise FallsShort(
            f"`{name}` cannot be used: {way.why_not}",
            hint="`launch` alone lists the launchers, and what each lacks",
        )


def where(
    name: str,
    member: Any,  # noqa: ANN401 - a module
    site: Site,
    request: Request,
    console: Console,
) -> str:
    """Return what the person answers to a launcher that must be told where to go; "": it knows.

    Raises AnswerNeeded with nobody to ask.
    """
    question = str(member.question(site)) if hasattr(member, "question") else ""
    if not question:
        return ""
    if request.yes or not console.interactive():
        raise AnswerNeeded(
            f"an answer is needed: {question}", hint=f"give it behind `launch {name}`"
        )
    return console.ask(question, flag=f"`launch {name} WHERE`").strip()


def unknown(name: str) -> UsageError:
    """Return the error for a launcher that is not there."""
    names = [n for n, _ in members()]
    near = difflib.get_close_matches(name, names, 2, _SAME)
    hint = f"did you mean {' or '.join(f'`{n}`' for n in near)}?" if near else ""
    return UsageError(
        f"there is no launcher `{name}`", hint=hint or f"launchers: {', '.join(names)}"
    )


# ----------------------------------------------------------------------- the size


def candidates(member: Any, spec: EnvironmentSpec, site: Site) -> tuple[Candidate, ...]:  # noqa: ANN401 - a module
    """Return what a launcher offers, the smallest that fits first; may ask its service.

    Sizes of which nothing is known stay in the launcher's order behind those, and what does not
    fit, or cannot be had, comes last.
    """
    try:
        offers = tuple(member.offers(spec, site))
        strange = [offer for offer in offers if not _whole(offer)]
        if strange:
            raise ValueError(f"{strange[0]!r} is no offer")  # noqa: TRY301 - as what else it raises
    except EnvbootError:
        raise
    except Exception as error:  # a plug-in may raise anything
        what = str(error) or type(error).__name__
        raise EnvbootError(f"the launcher cannot say what there is: {what}") from error
    return tuple(sorted((_judged(offer, spec) for offer in offers), key=_order))


def asking(member: Any, site: Site) -> str:  # noqa: ANN401 - a module
    """Return who is about to be asked, where a launcher says it: names out of a stranger's file."""
    return str(member.asking(site)) if hasattr(member, "asking") else ""


def _whole(offer: object) -> bool:
    if not isinstance(offer, Offer):
        return False
    texts = (offer.name, offer.title, offer.price, offer.closed)
    return all(isinstance(text, str) for text in texts)


def refuse(member: Any, site: Site) -> None:  # noqa: ANN401 - a module
    """Raise UsageError for a flag that means nothing to a launcher which says what it knows."""
    if not hasattr(member, "OPTIONS"):
        return
    known = tuple(member.OPTIONS)
    for name, _ in site.order.options:
        if name not in known:
            takes = ", ".join(f"`--{n}`" for n in known)
            raise UsageError(
                f"`--{name}` means nothing to {member.TITLE}",
                hint=f"of its own it takes {takes}" if takes else "leave it out",
            )


def _judged(offer: Offer, spec: EnvironmentSpec) -> Candidate:
    if offer.machine is None:
        return Candidate(offer)
    short = [row for row in decide.judge(spec.needs, offer.machine).rows if row.verdict == "short"]
    return Candidate(offer, "; ".join(map(_by_how_much, short)))


def _by_how_much(row: decide.Row) -> str:
    need = row.need.replace("_", " ")
    by = f", short by {row.by}" if row.by else ""
    return f"{need}: {row.found}; {row.wanted} needed{by}"


def _order(candidate: Candidate) -> tuple[Any, ...]:
    """Return what sizes are sorted by: GPUs cost most, then cores, then memory.

    A computer that others share comes later while they use all of its GPUs.
    """
    offer, machine = candidate.offer, candidate.offer.machine
    rank = 3 if offer.closed else 2 if candidate.short else 1 if machine is None else 0
    if machine is None:
        return (rank, False, 0, 0, 0, 0)
    gpus = machine.gpus or ()
    busy = bool(gpus) and all(gpu.free is False for gpu in gpus)
    most = sum(gpu.memory or 0 for gpu in gpus)
    return (rank, busy, len(gpus), most, machine.cpus, machine.memory or 0)


def tell_sizes(found: Sequence[Candidate], console: Console) -> None:
    """Say what can be had, at what price, and why something cannot."""
    names = max((len(c.offer.name) for c in found), default=0)
    titles = max((len(c.offer.title) for c in found), default=0)
    prices = max((len(price(c.offer)) for c in found), default=0)
    for one in found:
        row = (
            f"  {one.offer.name.ljust(names)}  {one.offer.title.ljust(titles)}"
            f"  {price(one.offer).ljust(prices)}  {one.why_not}"
        )
        console.say(row.rstrip())


def row(candidate: Candidate) -> dict[str, Any]:
    """Return an offer for ``--json``."""
    offer = candidate.offer
    return {
        "name": offer.name,
        "title": offer.title,
        "price": offer.price,
        "closed": candidate.why_not,
    }


def price(offer: Offer) -> str:
    """Return the price for people."""
    return f"price: {offer.price}" if offer.price.startswith("see ") else offer.price


def size(
    wish: Wish, found: Sequence[Candidate], request: Request, title: str, console: Console
) -> Offer:
    """Return the offer to take: the named one, the person's choice, or the smallest that fits.

    Raises UsageError for a name that is not there, FallsShort where none fits.
    """
    if wish.size:
        return _named(wish.size, found, request)
    fitting = [c for c in found if c.fits]
    if not fitting and len(found) == 1:  # as if it had been named
        return _named(found[0].offer.name, found, request)
    if not fitting:
        reasons = "; ".join(f"{c.offer.name}: {c.why_not}" for c in found) or "it offers none"
        small = any(c.short and not c.offer.closed for c in found)
        raise FallsShort(
            f"{title} has no size that meets the requirements ({reasons})",
            hint="`--size NAME --anyway` takes one that is too small all the same" if small else "",
        )
    asking = console.interactive() and not (request.yes or request.dry_run) and len(found) > 1
    if not asking:
        return fitting[0].offer
    choices = [
        Choice(c.offer.name, "  ".join(filter(None, (c.offer.title, price(c.offer)))), c.why_not)
        for c in found
    ]
    name = console.choose(
        "which size?", choices, flag="`--size NAME`", default=fitting[0].offer.name
    )
    return next(c.offer for c in fitting if c.offer.name == name)


def _named(name: str, found: Sequence[Candidate], request: Request) -> Offer:
    one = next((c for c in found if c.offer.name == name), None)
    if one is None:
        names = [c.offer.name for c in found]
        near = difflib.get_close_matches(name, names, 2, _SAME)
        hint = f"did you mean {' or '.join(f'`{n}`' for n in near)}?" if near else ""
        raise UsageError(
            f"there is no size `{name}`", hint=hint or f"sizes: {', '.join(names) or 'none'}"
        )
    if one.offer.closed:
        raise FallsShort(f"`{name}` cannot be used: {one.offer.closed}")
    if one.short and not request.anyway:
        raise FallsShort(
            f"`{name}` is too small: {one.short}", hint="`--anyway` takes it all the same"
        )
    return one.offer
