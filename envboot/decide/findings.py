"""What a machine has of one need, and by how much that falls short."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from envboot.needs import units

if TYPE_CHECKING:
    from collections.abc import Callable

    from envboot.machine import Gpu, Machine
    from envboot.spec import Need

TOLERANCE = 0.08
"""The share of memory that may be missing: firmware, graphics and error correction keep some, so
a "16 GB" laptop has 15.5 GiB or less, and a "16 GiB" T4 has 14.8."""
# Drivers that run every CUDA of a major version ("minor version compatibility"): CUDA
# compatibility guide, Linux floors.
_FLOORS = {11: (450, 80, 2), 12: (525, 60, 13), 13: (580,)}
_SYSTEMS = {"Linux": "linux", "Darwin": "macos", "Windows": "windows"}


@dataclass(frozen=True)
class Found:
    """What a machine has of one need; ``met`` is None when that could not be learnt."""

    text: str
    met: bool | None
    by: str = ""
    works: bool = False
    """Not met, but a program may work all the same: a warning, never a refusal."""


def find(need: Need, machine: Machine, needs: tuple[Need, ...]) -> Found:
    """Return what ``machine`` has of ``need``; ``needs`` are all that are asked together."""
    return _FIND[need.key](need, machine, needs)


def usable(machine: Machine, needs: tuple[Need, ...]) -> list[Gpu]:
    """Return the GPUs that count: NVIDIA's alone where CUDA is a must, AMD's only with ROCm."""
    must = any(n.key in {"cuda", "compute_capability"} and n.level == "minimum" for n in needs)
    vendors = {"nvidia"} if must else {"nvidia", "apple", "amd"}
    return [
        gpu
        for gpu in machine.gpus or ()
        if gpu.vendor in vendors and (gpu.vendor != "amd" or gpu.driver)
    ]


def _cpus(need: Need, machine: Machine, _needs: tuple[Need, ...]) -> Found:
    cores = _count(machine.cpus, "core")
    found = f"{machine.arch}, {cores}" if machine.arch else cores
    missing = cast("int", need.value) - machine.cpus
    return Found(found, met=missing <= 0, by=_count(missing, "core"))


def _memory(need: Need, machine: Machine, _needs: tuple[Need, ...]) -> Found:
    if machine.memory is None:
        return _unknown(machine, "memory")
    found = _amount(need, machine.memory, TOLERANCE)
    free = machine.memory_free
    if found.met and free is not None and free < cast("int", need.value) * (1 - TOLERANCE):
        return Found(f"{found.text}, {units.shown(free)} of it free now", met=True)
    return found


def _disk(need: Need, machine: Machine, _needs: tuple[Need, ...]) -> Found:
    if machine.disk_free is None:
        return _unknown(machine, "disk")
    found = _amount(need, machine.disk_free, 0)
    return Found(f"{found.text} free", found.met, found.by)


def _gpu(need: Need, machine: Machine, needs: tuple[Need, ...]) -> Found:
    if machine.gpus is None:
        return _unknown(machine, "gpu")
    gpus = usable(machine, needs)
    if not gpus:
        return Found(_none(machine, needs), met=need.value == 0, by=f"{need.value}")
    names = list(dict.fromkeys(gpu.name for gpu in gpus))
    counts = (sum(gpu.name == name for gpu in gpus) for name in names)
    text = ", ".join(f"{c} x {n}" if c > 1 else n for c, n in zip(counts, names))
    missing = cast("int", need.value) - len(gpus)
    return Found(text, met=missing <= 0, by=f"{missing}")


def _gpu_memory(need: Need, machine: Machine, needs: tuple[Need, ...]) -> Found:
    if machine.gpus is None:
        return _unknown(machine, "gpu")
    gpus = usable(machine, needs)
    if not gpus:
        return Found(_none(machine, needs), met=False)
    counts = [n.value for n in needs if n.key == "gpu" and n.level == need.level]
    wanted = max([1, *(c for c in counts if isinstance(c, int))])
    told = sorted((g.memory for g in gpus if g.memory is not None), reverse=True)
    if len(told) < wanted and len(told) < len(gpus):
        return Found("not reported by the driver", met=None)
    # every one of the GPUs that are asked for needs as much
    return _amount(need, told[min(wanted, len(told)) - 1], TOLERANCE)


def _cuda(need: Need, machine: Machine, needs: tuple[Need, ...]) -> Found:
    if machine.gpus is None:
        return _unknown(machine, "gpu")
    gpus = [gpu for gpu in machine.gpus if gpu.vendor == "nvidia"]
    if not gpus:
        return Found(_none(machine, needs, "no NVIDIA GPU"), met=False)
    if not machine.cuda:
        return Found("the driver's version is not known", met=None)
    driver = gpus[0].driver
    text = f"{machine.cuda} (driver {driver})" if driver else machine.cuda
    wanted = _numbers(cast("str", need.value))
    if _numbers(machine.cuda) >= wanted:
        return Found(text, met=True)
    floor = _FLOORS.get(wanted[0])
    if floor and _numbers(driver) >= floor:
        return Found(f"{text}, which runs most programs made for {need.value}", False, works=True)
    return Found(text, met=False)


def _capability(need: Need, machine: Machine, needs: tuple[Need, ...]) -> Found:
    if machine.gpus is None:
        return _unknown(machine, "gpu")
    gpus = [gpu for gpu in machine.gpus if gpu.vendor == "nvidia"]
    if not gpus:
        return Found(_none(machine, needs, "no NVIDIA GPU"), met=False)
    told = [gpu.compute_capability for gpu in gpus if gpu.compute_capability]
    if not told:
        return Found("not reported by the driver", met=None)
    best = max(told, key=_numbers)
    return Found(best, met=_numbers(best) >= _numbers(cast("str", need.value)))


def _arch(need: Need, machine: Machine, _needs: tuple[Need, ...]) -> Found:
    if not machine.arch:
        return _unknown(machine, "architecture")
    return Found(machine.arch, met=machine.arch in cast("tuple[str, ...]", need.value))


def _os(need: Need, machine: Machine, _needs: tuple[Need, ...]) -> Found:
    name = _SYSTEMS.get(machine.system, machine.system.lower())
    return Found(name, met=name in cast("tuple[str, ...]", need.value))


def _cpu_flags(need: Need, machine: Machine, _needs: tuple[Need, ...]) -> Found:
    if machine.cpu_flags is None:
        return _unknown(machine, "flags")
    missing = [f for f in cast("tuple[str, ...]", need.value) if f not in machine.cpu_flags]
    text = f"no {', '.join(missing)}" if missing else "all there"
    return Found(text, met=not missing, by=_count(len(missing), "flag"))


def _glibc(need: Need, machine: Machine, _needs: tuple[Need, ...]) -> Found:
    if machine.system != "Linux":
        return Found(f"none: {_SYSTEMS.get(machine.system, machine.system)}", met=True)
    if not machine.glibc and not machine.arch:
        return _unknown(machine, "glibc")
    if not machine.glibc:
        return Found("another C library than GNU's", met=None)
    return Found(machine.glibc, met=_numbers(machine.glibc) >= _numbers(cast("str", need.value)))


def _macos(need: Need, machine: Machine, _needs: tuple[Need, ...]) -> Found:
    if machine.system != "Darwin":
        return Found(_SYSTEMS.get(machine.system, machine.system), met=True)
    if not machine.macos:
        return _unknown(machine, "macos")
    return Found(machine.macos, met=_numbers(machine.macos) >= _numbers(cast("str", need.value)))


_FIND: dict[str, Callable[[Need, Machine, tuple[Need, ...]], Found]] = {
    "cpus": _cpus,
    "memory": _memory,
    "disk": _disk,
    "gpu": _gpu,
    "gpu_memory": _gpu_memory,
    "cuda": _cuda,
    "compute_capability": _capability,
    "arch": _arch,
    "os": _os,
    "cpu_flags": _cpu_flags,
    "glibc": _glibc,
    "macos": _macos,
}


def _none(machine: Machine, needs: tuple[Need, ...], text: str = "") -> str:
    """Say that there is no GPU, and what there is instead."""
    others = [gpu.name for gpu in machine.gpus or () if gpu not in usable(machine, needs)]
    why = next((n for n in machine.notes if "NVIDIA" in n or "ROCm" in n), "")
    rest = f" ({why})" if why else f" ({', '.join(others)} does not do)" if others else ""
    return (text or "none") + rest


def _unknown(machine: Machine, about: str) -> Found:
    words = ("nvidia", "rocm", "gpu") if about == "gpu" else (about,)
    why = next((n for n in machine.notes if any(w in n.lower() for w in words)), "")
    return Found(f"not known: {why}" if why else "not known", met=None)


def _amount(need: Need, have: int, tolerance: float) -> Found:
    wanted = cast("int", need.value)
    return Found(
        units.shown(have), met=have >= wanted * (1 - tolerance), by=units.shown(wanted - have)
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())
