"""conda's records and Python's metadata, joined: one value for each distribution.

A distribution whose metadata is among the files of a conda package is conda's; any other was
installed by pip or its like, also inside a conda environment. That is how conda itself tells them
apart (``conda list``, ``pip interop``).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envboot.freeze import asked, metadata, modules
from envboot.freeze.facts import Installed
from envboot.spec import normalise

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from envboot.freeze.conda_meta import Prefix, Record
    from envboot.freeze.distributions import Distribution

_INFO = re.compile(r"(?:.*/)?(?:site|dist)-packages/([^/]+\.(?:dist-info|egg-info|egg))(?:/.*)?")
_MODULE = re.compile(r"(?:.*/)?site-packages/(.+)")
_PROGRAM = re.compile(r"(?:Library/)?(?:bin|Scripts)/([A-Za-z0-9_][\w.+-]*?)(?:\.exe|\.bat)?")
_SEEDS = frozenset({"pip", "setuptools", "wheel"})
"""What every virtual environment is born with: nobody asked for it."""


def together(
    found: Iterable[Distribution], conda: Prefix
) -> tuple[tuple[Installed, ...], tuple[str, ...]]:
    """Return what is installed, sorted by name, and a sentence for each broken package."""
    owners = _owners(conda.records)
    with_metadata = {record.name for record in owners.values()}
    bare = {r.name: r for r in conda.records if r.name not in with_metadata}
    out: list[Installed] = []
    seen: set[str] = set()
    for one in asked.believed(tuple(found)):
        owner = owners.get(one.place.name.casefold())
        if owner is None:
            out.append(_by_pip(one, conda.asked))
        else:
            face = _face(normalise(one.name), owner, bare, conda.asked)
            seen |= {owner.name, face.name}
            out.append(_by_conda(one, owner, face, conda.asked))
    by_pip = {i.name for i in out if i.ecosystem == "pypi"}
    for folder, owner in owners.items():
        if normalise(folder.split("-")[0]) in by_pip:  # pip replaced it: its own is counted
            seen.add(owner.name)
    out += [_native(r, conda.asked) for r in bare.values() if r.name not in seen]
    gone = sorted(with_metadata - seen)
    broken = tuple(f"{name} is in conda-meta, and its Python package is gone" for name in gone)
    return tuple(sorted(out, key=lambda i: (i.name, i.ecosystem))), broken


def _owners(records: Iterable[Record]) -> dict[str, Record]:
    """Return which conda package each folder of metadata is of, by its name in lower case."""
    owners: dict[str, Record] = {}
    for record in records:
        for path in record.files:
            if ("-info" in path or ".egg" in path) and (match := _INFO.fullmatch(path)):
                owners.setdefault(match[1].casefold(), record)
    return owners


def _face(name: str, owner: Record, bare: Mapping[str, Record], asked: Mapping[str, str]) -> Record:
    """Return the conda package by which people call a distribution.

    conda-forge keeps matplotlib in ``matplotlib-base``, which ``matplotlib`` brings; ``graphviz``
    brings no ``python-graphviz``. A package that was asked for by its own name keeps it.
    """
    face = bare.get(name)
    if face is None or owner.name not in face.needs:
        return owner
    return owner if owner.name in asked and name not in asked else face


def _by_pip(one: Distribution, asked: Mapping[str, str]) -> Installed:
    version, local = metadata.split_version(one.version)
    name = normalise(one.name)
    return Installed(
        name,
        version,
        "pypi",
        imports=one.imports,
        url=one.direct.url if one.direct else "",
        editable=one.editable,
        local=local,
        requested=(one.requested and name not in _SEEDS) or name in asked,
        requires=one.requires,
        scripts=one.scripts,
        tags=one.tags,
    )


def _by_conda(
    one: Distribution, owner: Record, face: Record, asked: Mapping[str, str]
) -> Installed:
    """Return conda's. Its REQUESTED file and direct URL tell how the package was built."""
    version, local = metadata.split_version(one.version)
    return Installed(
        normalise(one.name),
        version,
        "conda",
        imports=one.imports or modules.brought(_modules(owner)),
        conda_name=face.name,
        channel=face.channel,
        local=local,
        requested=face.name in asked,
        asked_as=asked.get(face.name, ""),
        requires=one.requires,
        scripts=tuple(sorted({*one.scripts, *_programs(owner), *_programs(face)})),
        conda_version=face.version,
    )


def _native(record: Record, asked: Mapping[str, str]) -> Installed:
    return Installed(
        record.name,
        record.version,
        "conda",
        imports=modules.brought(_modules(record)),
        conda_name=record.name,
        channel=record.channel,
        requested=record.name in asked,
        asked_as=asked.get(record.name, ""),
        scripts=_programs(record),
        python=False,
        conda_version=record.version,
    )


def _modules(record: Record) -> tuple[str, ...]:
    """Return the files of a conda package that Python can import, relative to its folder."""
    matches = (_MODULE.fullmatch(f) for f in record.files if "site-packages/" in f)
    return tuple(m[1] for m in matches if m)


def _programs(record: Record) -> tuple[str, ...]:
    matches = (_PROGRAM.fullmatch(f) for f in record.files)
    return tuple(sorted({m[1] for m in matches if m}))
