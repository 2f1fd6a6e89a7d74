"""Errors as sentences: one line a mistake, with the nearest that can be.

The solver's own tree is the last resort. Only the names in question are asked of the channels.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from envboot.engines.rattler.work import causes, specs
from envboot.engines.rattler.work.explaining import (
    conflicts,
    machine,
    naming,
    pip_lines,
    places,
    tree,
    versions,
)
from envboot.engines.rattler.work.explaining.failures import of_exception
from envboot.engines.rattler.work.explaining.ground import FORGE, Ground, Spent
from envboot.engines.rattler.work.explaining.wishes import Wish, wish

if TYPE_CHECKING:
    from collections.abc import Sequence

    from envboot.engines.rattler.order import Aim, Finding, Order
    from envboot.index import Index

__all__ = ["explicable", "findings", "of_exception"]


def explicable(error: BaseException) -> bool:
    """Return whether an error is about what was asked, so that :func:`findings` says more of it."""
    return type(error).__name__ == "SolverError" or causes.of(error).name == "absent"


async def findings(
    order: Order,
    aim: Aim,
    gateway: Any,  # noqa: ANN401 - rattler's
    urls: Sequence[str],
    *,
    priority: str = "flexible",
    index: Index | None = None,
    error: BaseException | None = None,
    forge: str = FORGE,
) -> tuple[Finding, ...]:
    """Return what of ``order`` cannot be had for ``aim``, as it stands in the file.

    () when a solution exists, and every name for pip; never with an ``error``, which is what the
    solver or a channel said, if they were asked already. ``urls`` are the channels' full addresses
    (:func:`envboot.conda.addresses.urls`), ``priority`` is conda's word, ``index`` is asked for
    ``order.pip`` (None: it is not asked), ``forge`` is the address of conda-forge, which is looked
    at in place of channels that are none. Raises what the channels raise (:func:`of_exception`).
    """
    ground = Ground.of(order, aim, gateway, urls, priority)
    slips = {at: f for at, a in enumerate(order.asked) for f in specs.mistakes((a,))}
    wrong, bare = await places.look(order, ground, forge)
    found = [(-1, f) for f in wrong]
    wishes = _wishes(order, slips, ground)
    if ground.urls:
        found += await _packages(wishes, order, aim, ground, error)
    found += [(w.at, w.finding()) for w in wishes if w.texts and not w.soft]
    found += slips.items()
    if error is not None and not found:
        found += [(0, f) for f in of_exception(error, order).findings]
    after = len(order.asked)
    found += [(after + at, f) for at, f in await pip_lines.look(order, index)]
    if found:  # what stands in nobody's way is worth a line beside what does
        found += [(-1, f) for f in bare]
        found += [(w.at, w.finding()) for w in wishes if w.texts and w.soft]
        found += [(after + at, f) for at, f in pip_lines.twice(order)]
    return tuple(f for _, f in sorted(found, key=lambda pair: pair[0]))


def _wishes(order: Order, slips: dict[int, Finding], ground: Ground) -> list[Wish]:
    """Return what can be read; a line with a slip of the pen as it was meant."""
    out = []
    for at, asked in enumerate(order.asked):
        better = slips[at].nearest if at in slips else ""
        meant = replace(asked, text=better) if better else asked
        found = wish(meant, at, lambda name: _address(name, ground.urls))
        if found and (better or at not in slips):
            out.append(found)
    return out


def _address(name: str, urls: Sequence[str]) -> str:
    """Return the channel that a spec means by a name: ``conda-forge::numpy``."""
    ends = f"/{name.strip('/')}"
    return next((url for url in urls if url.rstrip("/").endswith(ends)), name)


async def _packages(
    wishes: list[Wish],
    order: Order,
    aim: Aim,
    ground: Ground,
    error: BaseException | None,
) -> list[tuple[int, Finding]]:
    """Say what is wrong with the wishes; return what is wrong with no single one of them."""
    every, wishes = wishes, await naming.look(wishes, ground)
    await versions.look(wishes, ground)
    try:
        if await ground.solved([w.solvable for w in wishes]) is not None:
            await conflicts.nearest(
                [w for w in wishes if w.missing],
                [w for w in wishes if not w.missing],
                ground,
                ground.virtual,
            )
            return []
        lacks = await machine.look(wishes, ground, aim)
        if lacks:
            return [(_place(f, order), f) for f in lacks]
        if await conflicts.look(wishes, ground, ground.ample()):
            return []
    except Spent:
        pass
    if any(w.texts and not w.soft for w in every):
        return []  # what is not there at all is the reason: the tree would only say it again
    said = error or await ground.reasons([w.solvable for w in wishes])
    return [(len(order.asked), tree.finding(said, order))] if said else []


def _place(finding: Finding, order: Order) -> int:
    """Return where in the order a finding belongs."""
    texts = [a.text for a in order.asked]
    return texts.index(finding.spec) if finding.spec in texts else len(texts)
