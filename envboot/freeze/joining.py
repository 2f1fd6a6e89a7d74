"""conda's records and Python's metadata, joined: one value for each distribution.

A distribution whose metadata is among the files of a conda package is conda's; any other was
installed by pip or its like, also inside a conda environment. That is how conda itself tells them
apart (``conda list``, ``pip interop``).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envboot.freeze import metadata, modules
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
    owners: dict[str, Record] = {}
    for record in conda.records:
        for path in record.files:
            if ("-info" in path or ".egg" in path) and (match := _INFO.fullmatch(path)):
                owners.setdefault(match[1].casefold(), record)
    out: list[Installed] = []
    seen: set[str] = set()
    by_pip: set[str] = set()
    for one in found:
        owner = owners.get(one.place.name.casefold())
        if owner is None:
            by_pip.add(normalise(one.name))
            out.append(_by_pip(one, conda.asked))
        else:
            seen.add(owner.name)
            out.append(_by_conda(one, owner, conda.asked))
    broken = []
    with_metadata = {r.name for r in owners.values()}
    for record in conda.records:
        if record.name in seen:
            continue
        if record.name not in with_metadata:
            out.append(_native(record, conda.asked))
        elif normalise(record.name) not in by_pip:  # pip replaced it: its own is counted
            broken.append(f"{record.name} is in conda-meta, and its Python package is gone")
    return tuple(sorted(out, key=lambda i: (i.name, i.ecosystem))), tuple(broken)


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


def _by_conda(one: Distribution, record: Record, asked: Mapping[str, str]) -> Installed:
    """Return conda's. Its REQUESTED file and direct URL tell how the package was built."""
    version, local = metadata.split_version(one.version)
    files = _modules(record)
    return Installed(
        normalise(one.name),
        version,
        "conda",
        imports=one.imports or modules.brought(files),
        conda_name=record.name,
        channel=record.channel,
        local=local,
        requested=record.name in asked,
        asked_as=asked.get(record.name, ""),
        requires=one.requires,
        scripts=tuple(sorted({*one.scripts, *_programs(record)})),
        conda_version=record.version,
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
