"""Channels that are none, have nothing, or cannot be reached."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envboot.engines.rattler.work.causes import Cause
from envboot.engines.rattler.work.explaining import channels, failures

if TYPE_CHECKING:
    from envboot.engines.rattler.order import Finding, Order
    from envboot.engines.rattler.work.explaining.ground import Ground


async def look(
    order: Order, ground: Ground, forge: str
) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """Return what is wrong with the channels, and leave ``ground`` those that can be asked.

    The second part stands in nobody's way. Where none can be asked, ``ground`` gets conda-forge:
    what else is wrong is said as it would be there.
    """
    none: list[Finding] = []
    broken: list[Finding] = []
    bare: list[Finding] = []
    good: list[str] = []
    names: set[str] = set()
    for url in ground.urls:
        answer = await ground.names_of(url)
        if isinstance(answer, Cause) and answer.name == "absent":
            none.append(channels.empty(order, url))
        elif isinstance(answer, Cause):
            broken.append(failures.finding(answer, order, url))
        elif answer:
            good.append(url)
            names |= answer
        else:
            bare.append(channels.empty(order, url, ground.subdir))
    if not good:
        none, bare = none + bare, []
    if not good and not broken and forge not in ground.urls:
        there = await ground.names_of(forge)
        if not isinstance(there, Cause):
            good, names = [forge], set(there)
    ground.urls, ground.names = good, frozenset(names)
    return tuple(none + broken), tuple(bare)
