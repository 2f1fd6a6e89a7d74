"""What is missing, and what can be done: needs against machine, and the ways forward."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast

from envboot.decide.findings import Found, find, usable
from envboot.needs import NO, units

if TYPE_CHECKING:
    from collections.abc import Sequence

    from envboot.machine import Machine
    from envboot.site import Site, Target
    from envboot.spec import EnvironmentSpec, Level, Need

Judgement = Literal["ok", "short", "low", "unknown"]
MANUAL = "manual"
ANYWAY = "anyway"
_NAMES = {
    "cpus": "insufficient CPU",
    "memory": "insufficient memory",
    "disk": "insufficient disk space",
    "gpu": "insufficient GPU",
    "gpu_memory": "insufficient GPU memory",
    "cuda": "insufficient CUDA",
    "compute_capability": "insufficient compute capability",
    "arch": "unsuitable architecture",
    "os": "unsuitable operating system",
    "cpu_flags": "missing CPU instructions",
    "glibc": "an older C library",
    "macos": "an older macOS",
}


@dataclass(frozen=True)
class Shortfall:
    """One need that the machine does not meet."""

    need: str
    wanted: str
    found: str
    evidence: str


@dataclass(frozen=True)
class Row:
    """One line of the table; callers may add their own ("conda", "python")."""

    need: str
    wanted: str
    found: str
    verdict: Judgement
    """ok; short: below the minimum; low: below what is recommended, or it works worse;
    unknown: the fact could not be learnt, which refuses nothing."""
    evidence: str
    """``file:line``, where the need was read, and how it came there unless somebody declared it."""
    level: Level = "minimum"
    by: str = ""
    """By how much it falls short: ``2 cores``; "" where that cannot be counted."""


@dataclass(frozen=True)
class Verdict:
    """Needs against machine."""

    rows: tuple[Row, ...] = ()

    @property
    def shortfalls(self) -> tuple[Shortfall, ...]:
        """Return the rows that are short."""
        return tuple(
            Shortfall(row.need, row.wanted, row.found, row.evidence)
            for row in self.rows
            if row.verdict == "short"
        )

    @property
    def sentence(self) -> str:
        """Return the shortfalls as one sentence, "" when there is none."""
        missing = "; ".join(
            f"{_NAMES.get(s.need, f'missing {s.need}')}: {s.found}; {s.wanted} needed"
            for s in self.shortfalls
        )
        if not missing:
            return ""
        return f"your machine does not meet the requirements for running ({missing})"


@dataclass(frozen=True)
class Way:
    """One way forward; ``why_not`` is "" when it is open."""

    name: str
    """Of an engine or launcher, or :data:`MANUAL`, or :data:`ANYWAY`."""
    title: str
    here: bool
    why_not: str = ""


# ---------------------------------------------------------------------- the verdict


def judge(needs: tuple[Need, ...], machine: Machine) -> Verdict:
    """Return the verdict, one row a need, in the order of ``needs``.

    An optional GPU makes all that is asked of GPUs a recommendation. CUDA and compute capability
    as minimum mean that only NVIDIA's GPUs count.
    """
    needs = tuple(need for need in needs if need.text != NO or need.key != "gpu")
    optional = {n.value for n in needs if n.key == "gpu" and n.level == "minimum"} == {0}
    rows: list[Row] = []
    for need in needs:
        found = find(need, machine, needs)
        of_gpu = need.key in {"gpu", "gpu_memory", "cuda", "compute_capability"}
        if of_gpu and optional and machine.gpus is not None and not usable(machine, needs):
            found = Found("no GPU, which is optional", met=True)
        verdict: Judgement = "ok"
        if found.met is None:
            verdict = "unknown"
        elif not found.met:
            soft = need.level == "recommended" or found.works or (of_gpu and optional)
            verdict = "low" if soft else "short"
        by = found.by if verdict in {"short", "low"} else ""
        wanted, evidence = _wanted(need), _evidence(need)
        rows.append(Row(need.key, wanted, found.text, verdict, evidence, need.level, by))
    return Verdict(tuple(rows))


def _wanted(need: Need) -> str:
    if need.key == "gpu":
        return str(need.value) if need.value else "optional"
    if isinstance(need.value, tuple):
        return (" or " if need.key in {"arch", "os"} else ", ").join(need.value)
    if need.key in {"memory", "disk", "gpu_memory"}:
        size = cast("int", need.value)
        if need.evidence == "inferred" and not need.why:
            return f"about {size / 10**9:.0f} GB"
        return need.text if not need.text.isdigit() else units.shown(size)
    return str(need.value)


def _evidence(need: Need) -> str:
    if need.evidence == "inferred":
        return f"{need.origin}, inferred from {need.why or need.text}"
    if need.evidence == "measured":
        return f"{need.origin}, measured" + (f" with {need.why}" if need.why else "")
    return str(need.origin)


def table(verdict: Verdict) -> str:
    """Return the rows as an aligned table: need, have, verdict, evidence; "" without rows.

    Plain text without colour; nothing of a file can add lines or control characters to it.
    """
    if not verdict.rows:
        return ""
    lines = [("need", "", "have", "verdict", "evidence")]
    for row in verdict.rows:
        cells = (row.need.replace("_", " "), row.wanted, row.found, _said(row), row.evidence)
        lines.append(cast("tuple[str, str, str, str, str]", tuple(map(_plain, cells))))
    widths = [max(len(line[column]) for line in lines) for column in range(4)]
    padded = (
        "  ".join([*(cell.ljust(width) for cell, width in zip(line, widths)), line[4]])
        for line in lines
    )
    return "\n".join(line.rstrip() for line in padded)


def _said(row: Row) -> str:
    by = f" by {row.by}" if row.by else ""
    if row.verdict == "low":
        return f"low{by} (recommended)" if row.level == "recommended" else f"low{by} (a warning)"
    return f"{row.verdict}{by}"


def _plain(text: str) -> str:
    return "".join(char if char.isprintable() else "?" for char in text)


# ----------------------------------------------------------------- the ways forward


def ways(
    spec: EnvironmentSpec,
    site: Site,
    engines: Sequence[tuple[str, Target]],
    launchers: Sequence[tuple[str, Target]],
    *,
    short: bool,
) -> tuple[Way, ...]:
    """Return all ways forward, each closed one with its reason.

    Engines (here) come first, then launchers (elsewhere); then, when the machine is ``short``,
    :data:`ANYWAY`, and always :data:`MANUAL`: the commands, printed. A member that raises is
    closed with its error.
    """
    here = [_way(name, target, spec, site, here=True) for name, target in engines]
    found = [*here, *elsewhere(spec, site, launchers)]
    if short:
        why_not = "" if best(here) else "nothing on this computer can make the environment"
        found.append(Way(ANYWAY, "set up here all the same", here=True, why_not=why_not))
    return (*found, Way(MANUAL, "print the commands, to do it by hand", here=True))


def elsewhere(
    spec: EnvironmentSpec, site: Site, launchers: Sequence[tuple[str, Target]]
) -> tuple[Way, ...]:
    """Return the launchers alone, each closed one with its reason."""
    return tuple(_way(name, target, spec, site, here=False) for name, target in launchers)


def _way(name: str, target: Target, spec: EnvironmentSpec, site: Site, *, here: bool) -> Way:
    title = str(getattr(target, "TITLE", name))
    try:
        why_not = target.why_not(spec, site) or ""
    except Exception as error:  # noqa: BLE001 - a plug-in may raise anything
        why_not = f"it cannot be asked: {str(error) or type(error).__name__}"
    return Way(name, title, here, why_not)


def best(ways: Sequence[Way]) -> Way | None:
    """Return the first open engine; None when nothing can make the environment here."""
    engines = (way for way in ways if way.here and way.name not in {MANUAL, ANYWAY})
    return next((way for way in engines if not way.why_not), None)


def free_gpu(machine: Machine) -> int | None:
    """Return the GPU to suggest for CUDA_VISIBLE_DEVICES when some of several are busy.

    The free one with the most free memory; None when all are free, all are busy, or it is not
    known. The number counts along the PCI bus, so ``CUDA_DEVICE_ORDER=PCI_BUS_ID`` belongs to it.
    """
    gpus = [gpu for gpu in machine.gpus or () if gpu.vendor == "nvidia"]
    free = [gpu for gpu in gpus if gpu.free]
    if not free or all(gpu.free is not False for gpu in gpus):
        return None
    return max(free, key=lambda gpu: (gpu.memory_free or 0, -gpu.index)).index
