"""One distribution under the names of both worlds, and those that bring the same module.

The tables of names are :mod:`envboot.names`'; here they are asked in the order that the live
environment comes first, because metadata is a fact and a table a memory.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from envboot import names
from envboot.spec import normalise

if TYPE_CHECKING:
    from collections.abc import Sequence

    from envboot.derive.values import Before
    from envboot.freeze import Installed, Live
    from envboot.spec import Dependency

ASKED = "asked for at conda"
"""Evidence of what only conda's history knows."""

EVIDENCE = re.compile(r"(?:^|; )([^\W\d][\w.]*) in \S")
"""The module in the evidence behind a line: ``cv2 in see.py:3``."""

# Distributions that bring the same modules: where a person has chosen one, it is the one.
_VARIANTS = tuple(
    frozenset(line.split())
    for line in """
    beautifulsoup4 bs4
    cupy cupy-cuda11x cupy-cuda12x cupy-cuda13x
    faiss-cpu faiss-gpu faiss-gpu-cu11 faiss-gpu-cu12
    kafka-python kafka-python-ng
    levenshtein python-levenshtein
    mlflow mlflow-skinny
    nvidia-ml-py nvidia-ml-py3 pynvml
    onnxruntime onnxruntime-directml onnxruntime-gpu onnxruntime-openvino
    opencv-contrib-python opencv-contrib-python-headless opencv-python opencv-python-headless
    paddlepaddle paddlepaddle-gpu
    pillow pillow-simd
    psycopg2 psycopg2-binary
    pycryptodome pycrypto
    python-magic python-magic-bin
    pywin32 pypiwin32
    smbus smbus2 smbus-cffi
    tensorflow tensorflow-cpu tensorflow-gpu tensorflow-macos tensorflow-rocm tf-nightly
    xgboost xgboost-cpu
    """.strip().splitlines()
)
# conda packages of the same content as a distribution, which the table of names has once.
_CONDA = {
    "faiss": "faiss-cpu",
    "faiss-gpu": "faiss-cpu",
    "opencv": "opencv-python",
    "matplotlib-base": "matplotlib",
    "pytorch-cpu": "torch",
    "pytorch-gpu": "torch",
    "tensorflow-cpu": "tensorflow",
    "tensorflow-gpu": "tensorflow",
}


def variants(distribution: str) -> frozenset[str]:
    """Return the distributions that bring the same modules, itself among them."""
    same = (group for group in _VARIANTS if distribution in group)
    return next(same, frozenset({distribution}))


def fits(module: str, distribution: str) -> bool:
    """Return whether a distribution that a person asked for by name is likely to bring a module.

    It is no guess from the index: somebody wrote this name into this repository.
    """
    top = normalise(module.partition(".")[0])
    return distribution in {
        normalise(module),
        top,
        f"python-{top}",
        f"{top}-python",
        f"py{top}",
        f"py-{top}",
    }


@dataclass(frozen=True)
class Names:
    """What is called how: the live environment's packages first, then the tables."""

    live: tuple[Installed, ...] = ()
    by_name: dict[str, Installed] = field(default_factory=dict)
    """Python distributions of the live environment."""
    by_conda: dict[str, Installed] = field(default_factory=dict)
    """All its conda packages by conda's name."""
    by_import: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Distributions by what they bring: several share some modules."""
    declared: frozenset[str] = frozenset()
    """Distributions that some file names in the words of the Python package index."""
    written: dict[str, str] = field(default_factory=dict)
    """Distributions that envboot found at conda in an earlier run, with conda's names."""

    def conda(self, distribution: str) -> str | None:
        """Return what conda calls a distribution; None where conda-forge has none of it."""
        found = self.by_name.get(distribution)
        if found and found.conda_name:
            return found.conda_name
        return names.conda_name(distribution) or self.written.get(distribution)

    def pypi(self, conda: str) -> str | None:
        """Return the distribution that a conda package holds; None for one without Python."""
        found = self.by_conda.get(conda)
        if found and not found.python:
            return None
        name = found.name if found else _CONDA.get(conda) or names.pypi_name(conda)
        same = sorted(variants(name)) if name else []
        for here in (self.declared, self.by_name):  # py-opencv is whichever of them is meant
            chosen = [v for v in same if v in here and self.conda(v) == self.conda(name or v)]
            if chosen:
                return chosen[0]
        return name or next((d for d, c in self.written.items() if c.lower() == conda), None)

    def is_public(self, distribution: str) -> bool:
        """Return whether the tables know a distribution: it is no private one's namesake."""
        curated = distribution in frozenset(names.DISTRIBUTIONS.values())
        return curated or names.conda_name(distribution) is not None

    def bringing(self, module: str) -> tuple[str, ...]:
        """Return the installed distributions that bring a module, the nearest first; sorted."""
        parts = module.split(".")
        tops = (".".join(parts[:end]) for end in range(len(parts), 0, -1))
        return next((self.by_import[t] for t in tops if t in self.by_import), ())


def of(live: Live | None, before: Before | None = None) -> Names:
    """Return the names that a live environment, if there is one, files and the tables know."""
    installed = live.installed if live else ()
    by_import: dict[str, tuple[str, ...]] = {}
    for one in sorted((i for i in installed if i.python), key=lambda i: i.name):
        for module in one.imports:
            by_import[module] = (*by_import.get(module, ()), one.name)
    specs = (before.conda, before.pip, before.conda_dev, before.pip_dev) if before else ()
    others = before.others if before else ()
    every = [d for s in (*specs, *others) if s for d in s.dependencies]
    extra = [d for s in others for g in s.groups for d in g.dependencies]
    declared = frozenset(d.name for d in (*every, *extra) if d.ecosystem == "pypi")
    return Names(
        installed,
        {i.name: i for i in installed if i.python},
        {i.conda_name.lower(): i for i in installed if i.conda_name},
        by_import,
        declared,
        _written(every, declared),
    )


def _written(every: Sequence[Dependency], declared: frozenset[str]) -> dict[str, str]:
    """Return the distributions that envboot's lines for conda are for, with conda's names.

    Where a line for pip has the same import as its evidence, that is the name of the distribution.
    """
    brings = {
        module: normalise(d.name)
        for d in every
        if d.ecosystem == "pypi"
        for module in EVIDENCE.findall(d.why)
    }
    found = {}
    for line in every:
        if _is_python(line, declared):
            own = normalise(line.name)
            same = (brings[m] for m in EVIDENCE.findall(line.why) if m in brings)
            found[own if own in declared else next(same, own)] = line.name
    return found


def _is_python(line: Dependency, declared: frozenset[str]) -> bool:
    """Return whether a line of envboot's for conda is known to be for a distribution.

    One that the code imports is; one that was only asked for, if requirements.txt has it too.
    """
    if line.ecosystem != "conda" or not line.why or line.why.startswith("by hand"):
        return False
    return ASKED not in line.why or normalise(line.name) in declared
