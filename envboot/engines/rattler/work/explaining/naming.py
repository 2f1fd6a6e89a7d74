"""Packages that are not there: how they are written, where else they are, what was meant."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from envboot import names as tables
from envboot.engines.rattler.work.explaining.wishes import written_name
from envboot.names.tables import column
from envboot.spec import normalise

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from envboot.engines.rattler.work.explaining.ground import Ground
    from envboot.engines.rattler.work.explaining.wishes import Wish

_CLOSE = 0.75
_HUNDRED = 100_000


async def look(wishes: Sequence[Wish], ground: Ground) -> list[Wish]:
    """Say what is wrong with names; return the wishes to go on with, some under another name."""
    out = []
    for wish in wishes:
        if wish.name.startswith("__"):
            out.append(wish)  # a virtual package: the machine has it or not
        elif wish.name in ground.names:
            _case(wish)
            out.append(wish)
        elif await _absent(wish, ground):
            out.append(wish)
    return out


def _case(wish: Wish) -> None:
    written = written_name(wish.written)
    if written != wish.name:
        wish.nearest = wish.respelled(wish.name)
        wish.texts, wish.hint = f"`{written}` is called `{wish.name}`", f"write `{wish.nearest}`"
        wish.soft = True  # conda and rattler take it


async def _absent(wish: Wish, ground: Ground) -> bool:
    """Say that a package is not there; return whether to go on with it under another name."""
    written = written_name(wish.written)
    wish.texts = f"there is no package `{written}`"
    other = _same(wish.name, ground.names)
    if other:
        wish.nearest = wish.respelled(other)
        wish.texts += f": it is called `{other}`"
        wish.hint = f"write `{wish.nearest}`"
        wish.rename(other)
        return True
    platforms = sorted({r.subdir for r in await ground.elsewhere(wish.name)})
    if platforms:
        wish.texts += f" for {ground.subdir}: it is there for {_list(platforms)}"
        return False
    conda = tables.conda_name(wish.name)
    if conda and not any(url.rstrip("/").endswith("/conda-forge") for url in ground.urls):
        wish.texts += " in the channels that the file names: conda-forge has it"
        wish.hint = "add `conda-forge` to `channels`"
        if conda != wish.name:
            wish.nearest = wish.respelled(conda)
            wish.hint += f", and write `{wish.nearest}`"
        return False
    near = close(wish.name, ground.names)
    if near:
        wish.nearest = wish.respelled(near[0])
        wish.hint = f"did you mean {_list([f'`{n}`' for n in near], 'or')}?"
    elif normalise(wish.name) in column("popular.txt"):
        wish.hint = "the Python package index has it: move the line below `pip:`"
    return False


def _same(name: str, names: frozenset[str]) -> str:
    """Return the same package under the name that channels have for it; "" where none is known.

    Other signs (``_ - .``), what the Python package index or ``import`` calls it.
    """
    for sign in "-_.":
        other = name.replace("-", sign).replace("_", sign).replace(".", sign)
        if other in names:
            return other
    plain = normalise(name)
    candidates = [tables.conda_name(plain)]
    distribution = tables.distribution(name.replace("-", "_"))
    if distribution:
        candidates += [tables.conda_name(distribution), distribution]
    return next((c for c in candidates if c and c in names), "")


def close(name: str, names: Iterable[str]) -> list[str]:
    """Return at most three names that are written nearly so, the best known first."""
    pool = [n for n in names if abs(len(n) - len(name)) <= 3 and not n.startswith("_")]  # noqa: PLR2004
    found = difflib.get_close_matches(name, pool[:_HUNDRED], 5, _CLOSE)
    known = set(tables.DISTRIBUTIONS.values()) | {normalise(n) for n in tables.SAME}
    ranked = sorted(found, key=lambda n: (normalise(n) not in known, found.index(n)))
    best = [n for n in ranked if normalise(n) in known]
    return (best or ranked)[:3]


def _list(words: Sequence[str], last: str = "and") -> str:
    """Return words as a person lists them: ``a, b and c``."""
    return f" {last} ".join(filter(None, (", ".join(words[:-1]), words[-1])))
