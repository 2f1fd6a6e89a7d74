"""Graphics processors as values, and how to read what their tools print."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from envboot.shell import Shell

PATIENCE = 10.0
"""Seconds to wait for a tool: a driver that has to wake up eight GPUs needs a few."""
_MIB = 2**20


@dataclass(frozen=True)
class Gpu:
    """One graphics processor."""

    index: int
    """Counts from 0 in the order of the PCI bus (``CUDA_DEVICE_ORDER=PCI_BUS_ID``)."""
    name: str
    vendor: str
    """nvidia | amd | apple"""
    memory: int | None = None
    """Bytes in total; None when the driver does not say (shared memory). Of a GPU that is cut
    into MIG slices: of its largest slice, as a program sees no more."""
    memory_free: int | None = None
    """Bytes free now."""
    driver: str = ""
    """NVIDIA: the driver's version; AMD: ``rocm`` where programs can compute on it, else ""."""
    compute_capability: str = ""
    """NVIDIA's, "9.0"."""
    free: bool | None = None
    """Whether nobody is using it now; None when that was not asked or not answered."""


@dataclass(frozen=True)
class Graphics:
    """All that was found; ``gpus`` is None when a tool gave no usable answer."""

    gpus: tuple[Gpu, ...] | None
    cuda: str = ""
    notes: tuple[str, ...] = ()


def short(text: str) -> str:
    """Return ``text`` as one printable line of at most 200 characters."""
    printable = "".join(c if c.isprintable() else "?" for c in text.strip())
    return printable[:200]


def decimal(text: str) -> float | None:
    """Return a number such as ``85.5``; None for ``[N/A]`` and all else."""
    return float(text) if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", text) else None


def natural(text: str) -> int | None:
    """Return a whole number; None for anything else."""
    return int(text) if re.fullmatch(r"[0-9]{1,20}", text) else None


def mebibytes(text: str) -> int | None:
    """Return the bytes of a number of MiB; None for ``[N/A]`` and all else."""
    value = decimal(text)
    return None if value is None else int(value * _MIB)


def version(text: str) -> str:
    """Return ``text`` when it is a dotted version, else ""."""
    return text if re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,6}){0,3}", text) else ""


def word(shell: Shell, path: Path) -> str:
    """Return the text of a small file, stripped; "" when it cannot be read."""
    return (shell.read(path, 200) or b"").decode("utf-8", "replace").strip()
