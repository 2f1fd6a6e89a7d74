"""What a channel is called in the file, and what is said of one that is none."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from envboot.conda import addresses
from envboot.engines.rattler.order import Finding

if TYPE_CHECKING:
    from collections.abc import Sequence

    from envboot.engines.rattler.order import Order

KNOWN = ("conda-forge", "bioconda", "pytorch", "nvidia", "defaults", "anaconda", "rapidsai")
"""Channels that many people use; the first is meant where nothing is nearer."""


def called(order: Order, url: str) -> str:
    """Return what the file calls a channel: ``python``; its address where it has no name there."""
    place = addresses.shown(url).rstrip("/")
    for name in order.channels:
        if name.rstrip("/") in {url.rstrip("/"), place} or place.endswith(f"/{name.strip('/')}"):
            return name if "://" not in name else place
    return place


def file_of(order: Order) -> str:
    """Return the file that most is asked in, without a line."""
    return next((a.at.rpartition(":")[0] for a in order.asked if a.at), "")


def empty(order: Order, url: str, subdir: str = "") -> Finding:
    """Return what is said of a channel without packages for ``subdir``; "": there is none."""
    name = called(order, url)
    text = f"the channel `{name}` has no packages for {subdir}" if subdir else (
        f"there is no channel `{name}`"
    )  # fmt: skip
    if "/" in name:
        return Finding(text, "is the address right?", file_of(order), name)
    near = _near(name, order.channels)
    hint = f"write `{near}`" if near else "leave it out"
    return Finding(text, hint, file_of(order), name, near)


def _near(name: str, others: Sequence[str]) -> str:
    """Return the channel that was meant; "" when conda-forge stands there already."""
    near = next(iter(difflib.get_close_matches(name.lower(), KNOWN, 1, 0.7)), KNOWN[0])
    return near if near not in others else ""
