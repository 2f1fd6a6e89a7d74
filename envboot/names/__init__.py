"""Which distribution brings which import, and what it is called at conda-forge.

Three sources, in this order: the metadata of a live environment, which a caller passes in; tables
curated by hand, which are modules here; and wide tables of facts, which are data files. A name
that none of them has is never guessed: a distribution of the same name may be another project
(``clip`` and ``bert`` on the Python package index are not what code means by them), or be made
by somebody who waits for such guesses. Whoever asks must ask a person, or leave the name out.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envboot.names.apart import HOSTED, LOCAL, NAMESAKES, NAMESPACES, WORDS
from envboot.names.conda import conda_name, pypi_name
from envboot.names.curated import DISTRIBUTIONS
from envboot.names.same import SAME
from envboot.names.tables import column, table
from envboot.spec import normalise

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = [
    "DISTRIBUTIONS",
    "HOSTED",
    "LOCAL",
    "NAMESAKES",
    "NAMESPACES",
    "SAME",
    "WORDS",
    "canonical",
    "conda_name",
    "distribution",
    "is_hosted",
    "is_known",
    "is_namesake",
    "pypi_name",
    "resolve",
]

_VERSIONED = re.compile(r"_v\d+\w*$")


def resolve(module: str, known: Mapping[str, str] | None = None) -> str | None:
    """Return the distribution that brings a dotted module; None when that is not known.

    ``known`` maps modules to distributions, as the live environment's metadata or a person says:
    it wins. Below a namespace the whole name counts, elsewhere the top-level one is enough.
    """
    for name in _upwards(module):
        if known and name in known and name not in NAMESPACES:
            return normalise(known[name])
    return distribution(module)


def distribution(module: str) -> str | None:
    """Return the distribution that the tables name for a dotted module, normalised, or None."""
    top = module.partition(".")[0]
    if top in NAMESAKES or is_hosted(module):
        return next((DISTRIBUTIONS[n] for n in _upwards(module) if n in DISTRIBUTIONS), None)
    for name in _upwards(module):
        found = DISTRIBUTIONS.get(name) or _below_namespace(name)
        if found:
            return found
    if top in SAME:
        return normalise(top)
    if top in LOCAL or top in NAMESPACES:
        return None
    return table("imports.txt").get(top) or _same(top)


def is_known(module: str) -> bool:
    """Return whether a module is so well known that a mere folder of its name does not hide it.

    Only the hand-made tables count, so this reads no data file.
    """
    top = module.partition(".")[0]
    if top in WORDS:
        return False
    curated = top in SAME or any(name in DISTRIBUTIONS for name in _upwards(module))
    return curated or top in NAMESPACES or module in HOSTED


def is_hosted(module: str) -> bool:
    """Return whether a host program brings a module, so that no installer can."""
    return module in HOSTED or module.partition(".")[0] in HOSTED


def is_namesake(module: str) -> bool:
    """Return whether a distribution of that name is known to be another project."""
    top = module.partition(".")[0]
    return top in NAMESAKES or (top in DISTRIBUTIONS and DISTRIBUTIONS[top] != normalise(top))


def canonical(module: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """Return what has to be imported to prove ``from module import names``.

    That is the top-level package, but below a namespace the first package that belongs to one
    distribution: ``google.cloud.storage``. ``names`` is () for a plain ``import module``.
    """
    parts = module.split(".")
    for end in range(1, len(parts) + 1):
        name = ".".join(parts[:end])
        if name not in NAMESPACES:
            return (name,)
    below = tuple(canonical(f"{module}.{n}", ())[0] for n in names if n != "*")
    return below or (module,)


def _upwards(module: str) -> Iterator[str]:
    parts = module.split(".")
    return (".".join(parts[:end]) for end in range(len(parts), 0, -1))


def _below_namespace(name: str) -> str | None:
    """Return what the parts of a name below a namespace make together, where that is known.

    ``google.cloud.speech_v1`` is google-cloud-speech: those who share a namespace say its name.
    """
    if name in NAMESPACES or name.rpartition(".")[0] not in NAMESPACES:
        return None
    joined = normalise(_VERSIONED.sub("", name))
    return joined if joined in column("popular.txt") or pypi_name(joined) == joined else None


def _same(top: str) -> str | None:
    """Return the distribution of the same name: conda-forge packages it, or many download it."""
    name = normalise(top)
    return name if name in column("popular.txt") or pypi_name(name) == name else None
