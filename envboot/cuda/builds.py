"""Which builds of PyTorch exist, and which of them a driver and a GPU run.

Sources: PyTorch's "Previous versions" and "CUDA Support Matrix"; NVIDIA's "CUDA Compatibility".
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from envboot.machine import Machine
    from envboot.spec import Dependency, EnvironmentSpec

FAMILY = frozenset({"torch", "torchvision", "torchaudio", "torchtext", "torchdata"})
"""What has a build for each CUDA."""
BUILDS = {
    "2.14": ("cu132", "cu126", "cu130"),
    "2.13": ("cu130", "cu126", "cu132"),
    "2.12": ("cu130", "cu126", "cu132"),
    "2.11": ("cu130", "cu126", "cu128"),
    "2.10": ("cu128", "cu126", "cu130"),
    "2.9": ("cu128", "cu126", "cu130"),
    "2.8": ("cu128", "cu126", "cu129"),
    "2.7": ("cu126", "cu118", "cu128"),
    "2.6": ("cu124", "cu118", "cu126"),
    "2.5": ("cu124", "cu118", "cu121"),
    "2.4": ("cu121", "cu118", "cu124"),
    "2.3": ("cu121", "cu118"),
    "2.2": ("cu121", "cu118"),
    "2.1": ("cu121", "cu118"),
    "2.0": ("cu117", "cu118"),
    "1.13": ("cu117", "cu116"),
    "1.12": ("cu102", "cu113", "cu116"),
}
"""Series of torch, newest first → its builds; first the one that the Python package index has for
Linux on x86-64."""
_LAST_PYTHON = {
    **dict.fromkeys(("2.8", "2.7", "2.6", "2.5"), 13),
    **dict.fromkeys(("2.4", "2.3", "2.2"), 12),
    **dict.fromkeys(("2.1", "2.0", "1.13"), 11),
    "1.12": 10,
}
"""The last 3.x that a series has wheels for; the newer ones have them for 3.14."""
_PATCHES = 8  # more than any series has had
_LABEL = re.compile(r"(?<=[0-9a-z])\+(cpu|cu\d{2,3})\b")
_TURING, _BLACKWELL = (7, 5), (10, 0)


def family(spec: EnvironmentSpec) -> tuple[Dependency, ...]:
    """Return the packages that PyTorch builds for each CUDA, as they are asked for."""
    return tuple(
        d
        for d in spec.dependencies
        if d.ecosystem == "pypi" and d.name in FAMILY and "@" not in d.text.partition(";")[0]
    )


def labels(wanted: tuple[Dependency, ...]) -> tuple[str, ...]:
    """Return the builds that a file names: ``cu117`` of ``torch==2.0.1+cu117``."""
    return tuple(dict.fromkeys(m.group(1) for d in wanted for m in _LABEL.finditer(d.text)))


def unlabelled(spec: EnvironmentSpec) -> EnvironmentSpec:
    """Return the spec without ``+cu117`` behind a version: the index that is asked decides that."""
    bare = tuple(
        replace(d, text=_LABEL.sub("", d.text)) if d.name in FAMILY else d
        for d in spec.dependencies
    )
    if bare == spec.dependencies:
        return spec
    return replace(spec, dependencies=bare, as_written=False)


def series(wanted: tuple[Dependency, ...], python: str = "") -> tuple[str, ...]:
    """Return the series of torch that are allowed, newest first; the newest for one ahead of us.

    Those without wheels for ``python`` (3.13) are left out, where that leaves any.
    """
    from packaging.requirements import InvalidRequirement, Requirement

    text = next((d.text for d in wanted if d.name == "torch"), "torch")
    try:
        specifier = Requirement(_LABEL.sub("", text)).specifier
    except InvalidRequirement:
        return tuple(BUILDS)
    versions = ((name, f"{name}.{patch}") for name in BUILDS for patch in range(_PATCHES))
    found = dict.fromkeys(name for name, version in versions if specifier.contains(version))
    newest = next(iter(BUILDS))
    ahead = any(specifier.contains(f"2.{n}.{p}") for n in range(15, 100) for p in range(2))
    minor = re.match(r"3\.(\d+)", python)
    fitting = tuple(n for n in found if not minor or int(minor[1]) <= _LAST_PYTHON.get(n, 14))
    return fitting or tuple(found) or ((newest,) if ahead else ())


def best(
    builds: tuple[str, ...], most: tuple[int, int], named: tuple[str, ...], machine: Machine
) -> str:
    """Return the newest build that runs here, one of ``named`` where it does; "" for none.

    A driver (``most``: its CUDA) runs what is as old as itself, and newer builds of its own major
    version.
    """
    able = sorted((number(b), b) for b in builds if _has_code(b, machine))
    running = [(n, b) for n, b in able if n[0] <= most[0]]
    asked = [b for _, b in running if b in named]
    older = [b for n, b in running if n <= most]
    newer = [b for n, b in running if n > most and n[0] == most[0]]
    return (asked or older[-1:] or newer[:1] or [""])[0]


def number(build: str) -> tuple[int, int]:
    """Return ``cu118`` as (11, 8), and "11.8" too."""
    digits = re.findall(r"\d+", build)
    if "." in build or len(digits[0]) < 3:  # noqa: PLR2004
        return int(digits[0]), int(digits[1]) if len(digits) > 1 else 0
    return int(digits[0][:-1]), int(digits[0][-1])


def _has_code(build: str, machine: Machine) -> bool:
    """Return whether a build has code for the oldest GPU here.

    Below Turing (7.5) builds up to 12.6 have it, for Blackwell (10.0) those from 12.8 on.
    """
    said = (g.compute_capability for g in machine.gpus or () if g.vendor == "nvidia")
    least = min((number(c) for c in said if c), default=(8, 0))
    if least < _TURING:
        return number(build) <= (12, 6)
    return least < _BLACKWELL or number(build) >= (12, 8)
