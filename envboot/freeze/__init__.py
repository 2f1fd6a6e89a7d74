"""What is installed in the live environment: the second witness.

Nothing of the environment is run but its interpreter, isolated (``-I``), over a script of ours that
reads metadata; a conda prefix is read from ``conda-meta`` alone, without conda.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pathlib import Path

    from envboot.shell import Shell
    from envboot.spec import Ecosystem


@dataclass(frozen=True)
class Installed:
    """One distribution of the live environment."""

    name: str
    """Normalised as PEP 503 says; of a conda package without Python metadata its conda name."""
    version: str
    """Without a local label: ``2.6.0``, never ``2.6.0+cu124``."""
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
    """A person asked for it: conda's history, or pip's REQUESTED file."""
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


@dataclass(frozen=True)
class Live:
    """A live environment."""

    prefix: Path
    python: str
    """Version of its interpreter, ``3.11.7``; "" when it has none."""
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


def look(
    shell: Shell,
    root: Path,
    *,
    python: str | None = None,
    prefix: Path | None = None,
    env: str | None = None,
) -> Live | None:
    """Return the live environment: the one that was named, else the active one.

    Active: VIRTUAL_ENV, CONDA_PREFIX (but not base), the environment that envboot made for
    ``root``, then ``.venv`` in it. None when there is none of these: an interpreter of the system
    is no witness. Raises UsageError for a name that does not exist, NothingFound for a prefix
    without an environment.
    """
    raise NotImplementedError
