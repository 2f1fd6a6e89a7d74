"""SkyPilot's task: the needs as resources, setting up as ``setup``, the owner's command as ``run``.

Source: SkyPilot's own page "SkyPilot YAML". A file of another tool is written once and is its
owner's from then on; nothing here reads it.
"""

from __future__ import annotations

import math
import re
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from envboot.decide.findings import TOLERANCE
from envboot.package.companions import signature

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envboot.spec import EnvironmentSpec, Need

_GIB, _GB = 2**30, 10**9
_SYSTEM = 50
"""GB of disk beside what is asked for: the image, its drivers, what SkyPilot puts there itself."""
_COUNTS = (1, 2, 4, 8)
"""How many of a GPU clouds put into one computer."""


@dataclass(frozen=True)
class Accelerator:
    """A GPU by the name that SkyPilot knows it by."""

    name: str
    memory: int
    """GiB, as it is sold."""
    capability: tuple[int, int]


# Sources: NVIDIA's data sheets and its list of compute capabilities; the names are those of
# `sky show-gpus`. What clouds rent by the computer in 2026, the smallest first.
ACCELERATORS = (
    Accelerator("T4", 16, (7, 5)),
    Accelerator("V100", 16, (7, 0)),
    Accelerator("L4", 24, (8, 9)),
    Accelerator("A10", 24, (8, 6)),
    Accelerator("A10G", 24, (8, 6)),
    Accelerator("V100-32GB", 32, (7, 0)),
    Accelerator("A100", 40, (8, 0)),
    Accelerator("L40S", 48, (8, 9)),
    Accelerator("A100-80GB", 80, (8, 0)),
    Accelerator("H100", 80, (9, 0)),
    Accelerator("H200", 141, (9, 0)),
)
_HEAD = """\
# A task for SkyPilot, written by `envboot export sky`: `sky launch {file}` runs it, from the folder
# of the repository. SkyPilot copies that folder (what .gitignore names stays here) to a computer
# that it rents in an account of yours; `sky down` gives it back.
"""


def text(spec: EnvironmentSpec, name: str, *, file: str = "sky.yaml") -> str:
    """Return the task file; ``name`` becomes the task's, ``file`` is how it will be called."""
    rows = [f"  {key}: {value}{note}\n" for key, value, note in _resources(spec.needs)]
    lacking = _lacking(spec.needs)
    rows = ["resources:\n", *rows, "\n"] if rows else []
    return (
        _HEAD.format(file=re.sub(r"[^\w./ -]", "?", file))
        + (f"# No GPU that is known here will do: {lacking}\n" if lacking else "")
        + f"name: {_scalar(_name(name))}\n\nworkdir: .\n\n{''.join(rows)}"
        + "setup: |\n  python3 setup.py --yes\n\n"
        + f"run: {_scalar(_run(spec))}\n"
    )


def _name(name: str) -> str:
    """Return a name that SkyPilot takes: letters and digits, one sign between them."""
    return "-".join(re.findall(r"[A-Za-z0-9]+", name))[:50].rstrip("-") or "envboot"


def _run(spec: EnvironmentSpec) -> str:
    if spec.next:
        return f"python3 setup.py run -- sh -c {shlex.quote(spec.next)}"
    return "echo 'write your own command here: python3 setup.py run -- python FILE'"


def _scalar(value: str) -> str:
    """Return text as YAML has it in one line, between quotes: ``1e3`` would be a number."""
    quoted = value.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in quoted) + '"'


def _resources(needs: tuple[Need, ...]) -> Iterator[tuple[str, str, str]]:
    """Yield key, value and comment: what is needed at least, else what is recommended."""
    asked = {need.key: need for need in reversed(needs)}  # what is needed at least comes last
    if cpus := asked.get("cpus"):
        yield "cpus", f"{cpus.value}+", _note(cpus)
    if memory := asked.get("memory"):
        yield "memory", f"{math.ceil(cast('int', memory.value) / _GIB)}+", _note(memory)
    if disk := asked.get("disk"):
        size = math.ceil(cast("int", disk.value) / _GB) + _SYSTEM
        yield "disk_size", f"{size}", f"{_note(disk)}, and {_SYSTEM} GB for the system"
    names, number, notes = _accelerators(needs)
    if names:
        choice = ", ".join(f"{name}: {number}" for name in names)
        yield "accelerators", f"{{{choice}}}", f"  # {notes}"


def _lacking(needs: tuple[Need, ...]) -> str:
    """Return what no GPU has that is known here, "" when one has it, or none is asked for."""
    names, _number, notes = _accelerators(needs)
    return "" if names else notes


def _accelerators(needs: tuple[Need, ...]) -> tuple[tuple[str, ...], int, str]:
    """Return the GPUs that will do, how many of one are wanted, and who says so; "" for none."""
    asked = {need.key: need for need in reversed(needs)}
    told = [asked[k] for k in ("gpu", "gpu_memory", "cuda", "compute_capability") if k in asked]
    gpu = asked.get("gpu")
    count = cast("int", gpu.value) if gpu else 1
    if not told or not count:  # none is asked for, or one is used where there is one
        return (), 0, ""
    memory = asked.get("gpu_memory")
    least = cast("int", memory.value) * (1 - TOLERANCE) / _GIB if memory else 0
    able = asked.get("compute_capability")
    major, _, minor = cast("str", able.value).partition(".") if able else ("0", "", "0")
    names = (
        one.name
        for one in ACCELERATORS
        if one.memory >= least and one.capability >= (int(major), int(minor or 0))
    )
    number = next((n for n in _COUNTS if n >= count), count)
    return tuple(names), number, "; ".join(_note(need).lstrip(" #") for need in told)


def _note(need: Need) -> str:
    return "  # " + signature.comment(f"{need.evidence}: {need.text} ({need.origin})")
