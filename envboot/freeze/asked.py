"""Which distributions a person asked for, where the installer does not say: uv's.

PEP 376 has REQUESTED for what was asked for. uv leaves it in all that it installs, also in what
only came along, so there it says nothing. What nothing else requires counts as asked for then.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from envboot.spec import normalise

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from envboot.freeze.distributions import Distribution

_UV = frozenset({"uv", "uv-pixi"})
_LINE = re.compile(r"\s*([A-Za-z0-9][\w.-]*)\s*(?:\[([^\]]*)\])?")
_EXTRA = re.compile(r"\bextra\s*==\s*[\"']([^\"']+)[\"']")


def believed(found: Sequence[Distribution]) -> tuple[Distribution, ...]:
    """Return the distributions of one environment with a ``requested`` that can be believed.

    Of a circle that nothing leads into each one counts as asked for, and so does what came with an
    extra that a person named: nothing says afterwards that she did.
    """
    doubtful = [one for one in found if one.installer in _UV]
    if not doubtful or not all(one.requested for one in doubtful):
        return tuple(found)
    needs = _needs(found)
    required = {name for names in needs.values() for name in names}
    came = _reached(set(needs) - required, needs) & required
    sure = {normalise(one.name) for one in found if one.requested and one.installer not in _UV}
    came |= _reached(sure, needs) & required
    return tuple(
        replace(one, requested=False)
        if one.installer in _UV and normalise(one.name) in came
        else one
        for one in found
    )


def _needs(found: Sequence[Distribution]) -> Mapping[str, frozenset[str]]:
    """Return what each requires of the others, by normalised name."""
    lines = {normalise(one.name): tuple(_lines(one)) for one in found}
    extras: dict[str, set[str]] = defaultdict(set)
    for owner, rows in lines.items():
        for name, asked, only_for in rows:
            if name != owner and not only_for:
                extras[name] |= asked
    return {
        owner: frozenset(
            name
            for name, _, only_for in rows
            if name != owner and name in lines and (not only_for or only_for & extras[owner])
        )
        for owner, rows in lines.items()
    }


def _lines(one: Distribution) -> Iterator[tuple[str, set[str], set[str]]]:
    """Yield a requirement's name, the extras that it asks for, and those that it is only for."""
    for line in one.requires:
        match = _LINE.match(line)
        if match:
            asked = {normalise(e.strip()) for e in (match[2] or "").split(",") if e.strip()}
            marker = line.partition(";")[2]
            yield normalise(match[1]), asked, {normalise(e) for e in _EXTRA.findall(marker)}


def _reached(starts: set[str], needs: Mapping[str, frozenset[str]]) -> set[str]:
    """Return the names and all that they lead to."""
    seen, left = set(starts), list(starts)
    while left:
        new = needs[left.pop()] - seen
        seen |= new
        left += new
    return seen
