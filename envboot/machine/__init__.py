"""What the computer has: facts only, no judgement."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from envboot.machine import cgroup
from envboot.machine.graphics import PATIENCE, Gpu, Graphics, natural, short

if TYPE_CHECKING:
    from envboot.shell import Shell

__all__ = ["ALL", "GIB", "Gpu", "Machine", "arch_of", "probe"]

GIB = 2**30
ALL = frozenset({"gpu", "cpu_flags", "brand"})
"""The slow facts: what ``asked`` may name."""
# What systems call the architectures: uname, Windows, conda's subdirs, Debian.
_ARCHS = {
    "amd64": "x86_64",
    "x64": "x86_64",
    "x86-64": "x86_64",
    "aarch64": "arm64",
    "arm64e": "arm64",
    "i386": "x86",
    "i486": "x86",
    "i586": "x86",
    "i686": "x86",
    "x86_32": "x86",
    "ppc64el": "ppc64le",
}


@dataclass(frozen=True)
class Machine:
    """One computer, as this process may use it."""

    system: str
    """Linux | Darwin | Windows"""
    arch: str
    """x86_64 | arm64 | …: one name for each, whatever the system calls it; "": not learnt, of a
    computer elsewhere."""
    cpus: int
    """Cores usable now: the least of affinity and every cgroup quota."""
    python: str
    """Version of the running interpreter, "3.11.7"."""
    cpu_brand: str = ""
    cpu_flags: tuple[str, ...] | None = None
    """Instruction flags as Linux names them; None: not asked for, or not learnt."""
    memory: int | None = None
    """Bytes usable: the least of what is built in and every cgroup limit."""
    memory_free: int | None = None
    disk_free: int | None = None
    """Bytes free where the environment will go."""
    gpus: tuple[Gpu, ...] | None = None
    """None: not asked for, or not learnt (``notes`` says why); (): none that can be used."""
    cuda: str = ""
    """The highest CUDA version that the driver runs, "12.4"."""
    glibc: str = ""
    """As "2.36"; "" where there is none (musl, macOS, Windows)."""
    macos: str = ""
    """As "14.0", the major version alone; "" elsewhere."""
    notes: tuple[str, ...] = ()
    """What could not be learnt, and why."""


def probe(
    shell: Shell,
    place: Path,
    asked: frozenset[str] = frozenset(),
    *,
    patience: float = PATIENCE,
) -> Machine:
    """Return what this computer has; slow facts (:data:`ALL`) only when ``asked`` names them.

    ``place`` is where the environment will go. No tool gets more than ``patience`` seconds.
    Never raises: what cannot be learnt is None or "", and a note says why.
    """
    system = shell.platform.system
    arch, notes = _arch(shell)
    limits = cgroup.limits(shell) if system == "Linux" else cgroup.Limits()
    total, free = shell.memory() or _memory(shell) or (None, None)
    memory = _least(total, limits.memory)
    if memory is None:
        notes += ("the memory could not be learnt",)
    brand, flags = (
        _processor(shell, arch, asked, patience) if asked & {"cpu_flags", "brand"} else ("", None)
    )
    if "cpu_flags" in asked and flags is None:
        notes += ("the processor's instruction flags could not be learnt",)
    machine = Machine(
        system=system,
        arch=arch,
        cpus=_least(shell.cores(), limits.cpus) or 1,
        python=sys.version.split()[0],
        cpu_brand=brand,
        cpu_flags=flags,
        memory=memory,
        memory_free=None if free is None else _least(free, memory, limits.memory_free),
        disk_free=shell.disk_free(place),
        glibc=shell.platform.glibc,
        macos=_macos(shell.platform.release) if system == "Darwin" else "",
        notes=notes,
    )
    if "gpu" not in asked:
        return machine
    graphics = _graphics(shell, machine, patience)
    return replace(
        machine,
        gpus=graphics.gpus,
        cuda=graphics.cuda,
        notes=(*machine.notes, *graphics.notes),
    )


def arch_of(name: str) -> str:
    """Return the one name that envboot uses for an architecture: ``amd64`` is ``x86_64``."""
    plain = name.strip().lower()
    return _ARCHS.get(plain, plain)


def _macos(kernel: str) -> str:
    """Return the macOS of a Darwin kernel: 20 is 11 and 24 is 15, 25 is 26 as its year is."""
    major = int(kernel.partition(".")[0]) if kernel.partition(".")[0].isdigit() else 0
    if major >= 25:  # noqa: PLR2004
        return f"{major + 1}.0"
    return f"{major - 9}.0" if major >= 20 else f"10.{major - 4}" if major > 4 else ""  # noqa: PLR2004


def _least(*numbers: int | None) -> int | None:
    return min((n for n in numbers if n is not None), default=None)


def _arch(shell: Shell) -> tuple[str, tuple[str, ...]]:
    arch = arch_of(shell.platform.machine)
    if shell.platform.system == "Darwin" and arch == "x86_64":
        translated = shell.query(["sysctl", "-n", "sysctl.proc_translated"], timeout=2.0)
        if (translated.out or "").strip() == "1":
            return "arm64", (
                "this Python is an x86_64 one, translated by Rosetta on Apple Silicon",
            )
    return arch, ()


def _graphics(shell: Shell, machine: Machine, patience: float) -> Graphics:
    if machine.system == "Darwin":
        if machine.arch != "arm64":
            return Graphics(())  # no current framework computes on the GPUs of Intel Macs
        brand = machine.cpu_brand or _sysctl(shell, "machdep.cpu.brand_string") or "Apple Silicon"
        # the GPU shares the computer's memory
        return Graphics((Gpu(0, brand, "apple", machine.memory, machine.memory_free),))
    from envboot.machine import amd, nvidia  # most repositories ask for no GPU

    found = nvidia.look(shell, patience)
    if found and found.gpus:
        return found
    other = amd.look(shell, patience) if machine.system == "Linux" else Graphics(())
    if found is None or other.gpus:
        found = Graphics(other.gpus, "", found.notes if found else ())
    return replace(found, notes=(*found.notes, *other.notes))


# ------------------------------------------------------------------------- memory


def _memory(shell: Shell) -> tuple[int, int | None] | None:
    """Return (total, free) bytes from what the system itself offers; free None: not learnt."""
    if shell.platform.system == "Linux":
        text = (shell.read(Path("/proc/meminfo"), 1 << 16) or b"").decode("utf-8", "replace")
        kib = dict(re.findall(r"(?m)^(\w+):\s+(\d{1,15}) kB", text))
        total = kib.get("MemTotal")
        free = kib.get("MemAvailable", kib.get("MemFree"))  # MemAvailable: Linux 3.14
        return (int(total) * 1024, int(free) * 1024 if free else None) if total else None
    if shell.platform.system == "Darwin":
        size = natural(_sysctl(shell, "hw.memsize"))
        if not size:
            return None
        pages = shell.query(["vm_stat"], timeout=2.0).out or ""
        page = re.search(r"page size of (\d{1,9}) bytes", pages)
        counts = re.findall(r"Pages (?:free|inactive|speculative):\s+(\d{1,15})\.", pages)
        return size, min(size, sum(map(int, counts)) * int(page.group(1))) if page else None
    return None


def _sysctl(shell: Shell, name: str) -> str:
    return short(shell.query(["sysctl", "-n", name], timeout=2.0).out or "")


# ---------------------------------------------------------------------- processor


def _processor(
    shell: Shell, arch: str, asked: frozenset[str], patience: float
) -> tuple[str, tuple[str, ...] | None]:
    """Return (brand, flags): from the system's own words, else from py-cpuinfo in a child."""
    brand, words = "", ""
    if shell.platform.system == "Linux":
        text = (shell.read(Path("/proc/cpuinfo"), 1 << 20) or b"").decode("utf-8", "replace")
        told: dict[str, str] = {}
        for line in text.splitlines():
            key, _, value = line.partition(":")
            told.setdefault(key.strip(), value.strip())
        brand = told.get("model name") or told.get("Model") or told.get("cpu") or ""
        words = told.get("flags") or told.get("Features") or ""
    elif shell.platform.system == "Darwin":
        brand = _sysctl(shell, "machdep.cpu.brand_string")
        words = _darwin_flags(shell, arch)
    missing = ("cpu_flags" in asked and not words) or ("brand" in asked and not brand)
    if missing and _has("cpuinfo"):  # its CPUID step takes a second: the last resort
        code = "import cpuinfo, json; print(json.dumps(cpuinfo.get_cpu_info()))"
        answer = shell.query([sys.executable, "-c", code], timeout=patience)
        told_brand, told_words = _cpuinfo(answer.out or "")
        brand, words = brand or told_brand, words or told_words
    brand = brand or shell.environ.get("PROCESSOR_IDENTIFIER", "")
    flags = tuple(sorted({flag_of(w) for w in words.split()}))
    return short(brand), flags or None


def flag_of(name: str) -> str:
    """Return an instruction flag as Linux spells it: ``SSE4.2`` is ``sse4_2``, ``AVX1.0`` avx."""
    plain = name.strip().lower().replace(".", "_").replace("-", "_")
    return {"avx1_0": "avx", "neon": "asimd", "advsimd": "asimd", "sse3": "pni"}.get(plain, plain)


def _darwin_flags(shell: Shell, arch: str) -> str:
    if arch == "arm64":
        told = shell.query(["sysctl", "hw.optional"], timeout=2.0).out or ""
        on = re.findall(r"(?m)^hw\.optional\.(?:arm\.)?(?:FEAT_)?(\w+): 1$", told)
        return " ".join(["asimd", *on])  # every 64-bit ARM has it
    names = ("features", "leaf7_features")
    return " ".join(_sysctl(shell, f"machdep.cpu.{n}") for n in names)


def _cpuinfo(out: str) -> tuple[str, str]:
    try:
        told = json.loads(out)
    except (ValueError, RecursionError):
        return "", ""
    if not isinstance(told, dict) or not isinstance(told.get("flags", []), list):
        return "", ""
    return str(told.get("brand_raw", "")), " ".join(map(str, told.get("flags", [])))


def _has(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):
        return False
