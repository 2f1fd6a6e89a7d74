"""What the computer has: facts only, no judgement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from envboot.shell import Shell

GIB = 2**30


@dataclass(frozen=True)
class Gpu:
    """One graphics processor."""

    index: int
    name: str
    vendor: str
    """nvidia | amd | apple"""
    memory: int | None = None
    """Bytes in total; None when the driver does not say (shared memory)."""
    memory_free: int | None = None
    """Bytes free now."""
    driver: str = ""
    compute_capability: str = ""
    """NVIDIA's, "9.0"."""
    free: bool | None = None
    """Whether nobody is using it now; None when that was not asked or not answered."""


@dataclass(frozen=True)
class Machine:
    """One computer, as this process may use it."""

    system: str
    """Linux | Darwin | Windows"""
    arch: str
    """x86_64 | arm64 | …: one name for each, whatever the system calls it."""
    cpus: int
    """Cores usable now: the least of affinity and every cgroup quota."""
    python: str
    """Version of the running interpreter, "3.11.7"."""
    cpu_brand: str = ""
    cpu_flags: tuple[str, ...] | None = None
    """Instruction flags as Linux names them; None: not asked for."""
    memory: int | None = None
    """Bytes usable: the least of what is built in and every cgroup limit."""
    memory_free: int | None = None
    disk_free: int | None = None
    """Bytes free where the environment will go."""
    gpus: tuple[Gpu, ...] | None = None
    """None: not asked for; (): none found."""
    cuda: str = ""
    """The highest CUDA version that the driver runs, "12.4"."""
    glibc: str = ""
    notes: tuple[str, ...] = ()
    """What could not be learnt, and why."""


def probe(shell: Shell, place: Path, asked: frozenset[str] = frozenset()) -> Machine:
    """Return what this computer has; slow facts only when ``asked`` names them."""
    raise NotImplementedError
