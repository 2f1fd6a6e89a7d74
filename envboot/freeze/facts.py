"""A live environment as values: what is installed, what brought it, and who asked for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from envboot.spec import normalise

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from envboot.spec import Ecosystem

STRAY = frozenset(
    {"benchmarks", "build", "conftest", "dist", "doc", "docs", "example", "examples"}
    | {"scripts", "setup", "test", "testing", "tests"}
)
"""Top-level names that distributions install by mistake: nobody imports them from there."""


@dataclass(frozen=True)
class Installed:
    """One distribution of the live environment."""

    name: str
    """Normalised as PEP 503 says; of a conda package without Python metadata its conda name."""
    version: str
    """Without a local label: ``2.6.0``, never ``2.6.0+cu124``. Of a conda package with Python
    metadata it is what that says."""
    ecosystem: Ecosystem
    """What installed it."""
    imports: tuple[str, ...] = ()
    """Modules that it brings, dotted below a namespace: ``google.cloud.storage``. Sorted."""
    conda_name: str = ""
    """Its name at conda; "" when pip installed it."""
    channel: str = ""
    """Conda channel, as written in an environment.yml; a token in its URL is left out."""
    url: str = ""
    """PEP 610: where it came from when that was no index (``git+https://…@commit``), without
    secrets. A ``file://`` URL stays out of anything that is written."""
    editable: bool = False
    local: str = ""
    """The local label of its version: ``cu124``; "" when there is none."""
    requested: bool = False
    """A person asked for it: conda's history, or pip's REQUESTED file; of uv's, which all have that
    file, those that nothing else requires."""
    asked_as: str = ""
    """As conda's history has it: ``numpy=1.26``."""
    requires: tuple[str, ...] = ()
    """PEP 508 lines of its metadata."""
    scripts: tuple[str, ...] = ()
    """Console programs that it brings."""
    tags: tuple[str, ...] = ()
    """Wheel tags (``cp311-cp311-manylinux_2_17_x86_64``); () when it was no wheel."""
    python: bool = True
    """False: a conda package without Python metadata (a compiler, a native library)."""
    conda_version: str = ""
    """The version of the conda package, which may differ from what its Python metadata says."""


@dataclass(frozen=True)
class Live:
    """A live environment."""

    prefix: Path
    python: str
    """Version of its interpreter, ``3.11.7``; ``3.11`` where no file says more; "" without one."""
    kind: Literal["conda", "venv", "system"]
    installed: tuple[Installed, ...]
    """Sorted by name."""
    channels: tuple[str, ...] = ()
    """Conda channels in the order of priority that history or configuration shows."""
    variables: tuple[tuple[str, str], ...] = ()
    """``conda env config vars``: name, value."""
    why: str = ""
    """How it was chosen, for people: ``the active conda environment`` (CONDA_PREFIX)."""
    unreadable: tuple[str, ...] = ()
    """A sentence for each distribution whose metadata is broken."""

    def find(self, name: str) -> Installed | None:
        """Return the distribution of that name; else the conda package, by its conda name."""
        wanted = normalise(name)
        same = [i for i in self.installed if normalise(i.name) == wanted]
        same += [i for i in self.installed if i.conda_name == name.lower()]
        return next((i for i in same if i.python), same[0] if same else None)

    def by_module(self) -> Mapping[str, str]:
        """Return which distribution each module is of: dotted module → name.

        The parents of ``google.cloud.storage`` are there too, each where all below it is of one
        distribution. Of two that bring the same module the requested one is taken, and
        ``mlflow`` rather than ``mlflow-skinny``.
        """
        brings: dict[str, list[Installed]] = {}
        below: dict[str, set[str]] = {}
        for item in self.installed:
            for module in item.imports:
                if module not in STRAY or normalise(module) == item.name:
                    brings.setdefault(module, []).append(item)
        found = {m: _owner(m, items) for m, items in brings.items()}
        for module, name in found.items():
            while "." in module:
                module = module.rpartition(".")[0]  # noqa: PLW2901 - up, parent by parent
                below.setdefault(module, set()).add(name)
        alone = {m: next(iter(names)) for m, names in below.items() if len(names) == 1}
        return {**alone, **found}

    def owner(self, module: str) -> Installed | None:
        """Return the distribution that brings a dotted module, or the nearest package above it."""
        known = self.by_module()
        parts = module.split(".")
        heads = (".".join(parts[:end]) for end in range(len(parts), 0, -1))
        name = next((known[head] for head in heads if head in known), None)
        return self.find(name) if name else None


def _owner(module: str, items: Sequence[Installed]) -> str:
    """Return the name of the distribution that a module is most likely meant to come from."""
    names = {i.name for i in items}

    def rank(item: Installed) -> tuple[bool, bool, bool, int, str]:
        variant = any(item.name.startswith(f"{other}-") for other in names)
        other_name = item.name != normalise(module)
        return (not item.requested, variant, other_name, len(item.name), item.name)

    return min(items, key=rank).name
