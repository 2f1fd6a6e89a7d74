"""What does not go together: which line to change, and to what.

The newest packages are kept, since what is old is seldom built anew; of those that do not fit them
each gets the nearest version that does. All by asking the solver for parts of what is asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from envboot.engines.rattler.work.explaining.ground import Spent
from envboot.engines.rattler.work.explaining.versions import short

if TYPE_CHECKING:
    from collections.abc import Sequence

    from envboot.engines.rattler.work.explaining.ground import Ground
    from envboot.engines.rattler.work.explaining.wishes import Wish


async def look(wishes: Sequence[Wish], ground: Ground, virtual: Sequence[Any]) -> bool:
    """Say which wishes do not go together, and what would; return whether anything was found.

    Those that are ``missing`` get the nearest that goes with the rest too.
    """
    kept = await _kept(wishes, ground, virtual)
    blamed = [w for w in wishes if w not in kept]
    if blamed:
        blamed = await _single(wishes, blamed, ground, virtual) or blamed
        kept = [w for w in wishes if w not in blamed]
    for wish in blamed:
        partners = [
            other
            for other in wishes
            if other is not wish and other.pinned and not other.missing
            and await ground.solved([wish.spec, other.spec], virtual=virtual) is None
        ]  # fmt: skip
        if not partners and await ground.solved([wish.spec], virtual=virtual) is None:
            continue  # it cannot be had at all: the tree says why
        called = f" (it is called `{wish.name}`)" if wish.texts else ""
        others = [p for p in partners if p in kept] or partners or kept
        wish.texts = f"`{wish.written}`{called} does not go with {_names(others)}"
        wish.soft = False
    await nearest([w for w in wishes if w in blamed or w.missing], kept, ground, virtual)
    return any(w.texts and not w.soft for w in blamed)


async def _kept(wishes: Sequence[Wish], ground: Ground, virtual: Sequence[Any]) -> list[Wish]:
    """Return wishes that go together: as many as there are room for, the newest first."""
    kept: list[Wish] = []
    for wish in sorted(wishes, key=lambda w: (w.pinned and not w.missing, -_made(w, ground), w.at)):
        texts = [w.solvable for w in (*kept, wish)]
        if await ground.solved(texts, virtual=virtual) is not None:
            kept.append(wish)
    return kept


async def _single(
    wishes: Sequence[Wish], blamed: Sequence[Wish], ground: Ground, virtual: Sequence[Any]
) -> list[Wish]:
    """Return the one wish whose change alone would mend all; [] where no one would do.

    Those that are ``blamed`` come first.
    """
    changeable = [w for w in wishes if w.pinned and not w.missing]
    for wish in sorted(changeable, key=lambda w: w not in blamed):
        texts = [w.name if w is wish else w.solvable for w in wishes]
        if await ground.solved(texts, virtual=virtual) is not None:
            return [wish]
    return []


async def nearest(
    blamed: Sequence[Wish], kept: Sequence[Wish], ground: Ground, virtual: Sequence[Any]
) -> None:
    """Say the nearest version for each, that goes with what is kept and with one another.

    ``python`` first: what else can be had depends on it.
    """
    fixed = [w.spec for w in kept if w.pinned and not w.missing]
    for wish in sorted(blamed, key=lambda w: (w.name != "python", w.at)):
        try:
            found = await _versions(wish, fixed, ground, virtual)
        except Spent:
            continue
        if not found:
            continue
        best, high = found
        wish.nearest = wish.with_version(str(best))
        wish.hint = f"the nearest that can be: `{wish.nearest}`"
        if short(best) != short(high):
            wish.hint += f"; {short(best)} to {short(high)} would do"
        fixed.append(f"{wish.name}={short(best)}")


async def _versions(
    wish: Wish, fixed: Sequence[str], ground: Ground, virtual: Sequence[Any]
) -> tuple[Any, Any] | None:
    """Return the nearest version that goes with ``fixed``, and the highest.

    What goes is taken for one stretch of versions, so that few have to be tried: where the highest
    is above the version that was wanted, the lowest that goes is looked for between the two.
    """
    from rattler import Version

    async def version(condition: str) -> Any:  # noqa: ANN401 - rattler's
        spec = f"{wish.name}{condition}"
        found = await ground.solved([*fixed, spec], virtual=virtual)
        return next((r.version for r in found or () if r.name.normalized == wish.name), None)

    high = await version("")
    if high is None or not wish.wanted or high < Version(wish.wanted):
        return high and (high, high)
    there = {r.version for r in ground.records.get(wish.name, ())}
    between = sorted(v for v in there if Version(wish.wanted) <= v < high)
    steps = list(dict.fromkeys(s for s in map(short, between) if s != short(high)))
    best, low, top = high, 0, len(steps)
    while low < top:
        middle = (low + top) // 2
        found = await version(f"={steps[middle]}")
        if found is None:
            low = middle + 1
        else:
            best, top = found, middle
    return best, high


def _made(wish: Wish, ground: Ground) -> float:
    """Return when the newest package that meets a wish was made, in seconds since 1970."""
    records = (r for r in ground.records.get(wish.name, ()) if wish.record_matches(r))
    return max((r.timestamp.timestamp() for r in records if r.timestamp), default=0.0)


def _names(wishes: Sequence[Wish]) -> str:
    texts = [f"`{w.written}`{_line(w)}" for w in wishes if w.pinned or len(wishes) == 1]
    return " and ".join(filter(None, (", ".join(texts[:-1]), *texts[-1:]))) or "the rest"


def _line(wish: Wish) -> str:
    line = wish.asked.at.rpartition(":")[2]
    return f" on line {line}" if line.isdigit() else ""
