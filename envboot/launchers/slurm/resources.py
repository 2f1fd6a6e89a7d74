"""What is asked of Slurm: needs as flags of ``sbatch``, and the flags that a person gives.

Source: the manual of ``sbatch`` (``--time``, ``--array``, ``--mem``; a size is in MiB).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from envboot.errors import UsageError

if TYPE_CHECKING:
    from envboot.machine import Machine
    from envboot.spec import Need

MIB = 2**20
TOLERANCE = 0.08
"""As :data:`envboot.decide.findings.TOLERANCE`: a node of "64 GB" has less."""
OWN = ("partition", "account", "time", "array")
"""The flags of a person that are Slurm's own, in the order in which they are written."""
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+@-]*(?:,[A-Za-z0-9_][A-Za-z0-9_.+@-]*)*", re.ASCII)
_TIME = re.compile(r"\d{1,9}(?::\d{1,2}){0,2}|\d{1,5}-\d{1,2}(?::\d{1,2}){0,2}", re.ASCII)
_SPAN = r"\d{1,8}(?:-\d{1,8}(?::\d{1,8})?)?"
_ARRAY = re.compile(rf"{_SPAN}(?:,{_SPAN})*(?:%\d{{1,8}})?", re.ASCII)
_WRITTEN = {
    "partition": (_NAME, "a name, as `sinfo` lists it"),
    "account": (_NAME, "a name, as `sacctmgr show associations` lists it"),
    "time": (_TIME, "as Slurm writes it: `90` (minutes), `2:00:00`, `1-12` (days-hours)"),
    "array": (_ARRAY, "as Slurm writes it: `1-10`, `0-15:4`, `1,3,7`, `1-100%5`"),
}


@dataclass(frozen=True)
class Resources:
    """What one job asks for; None: Slurm's own default."""

    cpus: int | None = None
    memory: int | None = None
    """MiB, of one node."""
    tmp: int | None = None
    """MiB of disk on the node itself."""
    gpus: int = 0

    @property
    def flags(self) -> tuple[str, ...]:
        """Return them as ``sbatch``, ``salloc`` and ``srun`` take them."""
        found = (
            self.cpus and f"--cpus-per-task={self.cpus}",
            self.memory and f"--mem={self.memory}M",
            self.gpus and f"--gres=gpu:{self.gpus}",
            self.tmp and f"--tmp={self.tmp}M",
        )
        return tuple(flag for flag in found if flag)


def of(needs: tuple[Need, ...], machine: Machine | None = None) -> Resources:
    """Return what ``needs`` ask for: what is needed at least, else what is recommended.

    ``machine`` is a node of the partition: a size that it misses by a hair is asked for as it has
    it, and disk is asked for only where the cluster counts it.
    """
    asked = {need.key: need.value for need in reversed(needs)}  # what is needed at least comes last
    gpus = cast("int", asked.get("gpu", 1 if "gpu_memory" in asked or "cuda" in asked else 0))
    tmp = _mebibytes(asked.get("disk"), None)
    if machine is not None and machine.disk_free is None:
        tmp = None
    return Resources(
        cast("int", asked["cpus"]) if "cpus" in asked else None,
        _mebibytes(asked.get("memory"), machine.memory if machine else None),
        tmp,
        gpus,
    )


def within(asked: Resources, machine: Machine) -> Resources:
    """Return no more than a node has: whoever takes a partition that is too small takes that."""
    memory = machine.memory and machine.memory // MIB
    disk = machine.disk_free and machine.disk_free // MIB
    return Resources(
        _least(asked.cpus, machine.cpus),
        _least(asked.memory, memory),
        _least(asked.tmp, disk),
        min(asked.gpus, len(machine.gpus or ())),
    )


def _least(asked: int | None, there: int | None) -> int | None:
    return min(asked, there) if asked and there else asked


def _mebibytes(size: object, there: int | None) -> int | None:
    if not isinstance(size, int):
        return None
    if there is not None and size * (1 - TOLERANCE) <= there < size:
        size = there - there % MIB
    return -(-size // MIB)


def checked(options: tuple[tuple[str, str], ...]) -> tuple[str, ...]:
    """Return the person's flags as Slurm takes them; others than Slurm's own are left out.

    Raises UsageError for what Slurm would not understand, or could take for something else.
    """
    given = dict(options)
    for name in OWN:
        pattern, how = _WRITTEN[name]
        if given.get(name) and not pattern.fullmatch(given[name]):
            raise UsageError(f"`--{name} {given[name]}` is not understood", hint=f"it is {how}")
    return tuple(f"--{name}={given[name]}" for name in OWN if given.get(name))


def minutes(text: str) -> float | None:
    """Return a time of Slurm in minutes; infinity for none, None where there is no such text.

    ``minutes``, ``minutes:seconds``, ``hours:minutes:seconds``, ``days-hours[:minutes[:seconds]]``.
    """
    if text.strip().lower() in {"infinite", "unlimited"}:
        return float("inf")
    if not _TIME.fullmatch(text.strip()):
        return None
    days, dash, rest = text.strip().rpartition("-")
    parts = [int(part) for part in rest.split(":")]
    if dash:
        hours, mins, seconds = [*parts, 0, 0][:3]
        return int(days) * 1440 + hours * 60 + mins + seconds / 60
    if len(parts) == 3:  # noqa: PLR2004 - hours, minutes, seconds
        return parts[0] * 60 + parts[1] + parts[2] / 60
    return parts[0] + (parts[1] / 60 if parts[1:] else 0)


def tasks(array: str) -> int:
    """Return how many jobs an array is: 4 of ``1-4``, 2 of ``0-7:4%1``; 1 without one."""
    count = 0
    for span in array.partition("%")[0].split(","):
        found = re.fullmatch(r"(\d+)(?:-(\d+)(?::(\d+))?)?", span)
        if found:
            first, last = int(found.group(1)), int(found.group(2) or found.group(1))
            count += max(0, last - first) // max(1, int(found.group(3) or 1)) + 1
    return max(1, count)
