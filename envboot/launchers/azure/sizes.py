"""Azure's sizes as offers: what one gets, and why some cannot be had by this subscription.

Sources: "Resource SKUs - List" (capabilities, restrictions), "Usage - List" (quota), both of the
Compute REST API; the GPUs behind a size's name are those of "GPU accelerated virtual machine
sizes": the service counts GPUs and does not say which.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from envboot.decide import judge
from envboot.jobs import Offer
from envboot.machine import GIB, Gpu, Machine

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from envboot.spec import EnvironmentSpec, Need

PRICES = "see https://azure.microsoft.com/pricing/details/virtual-machines/linux/"
QUOTA = "https://portal.azure.com/#view/Microsoft_Azure_Capacity/QuotaMenuBlade/~/myQuotas"
# Name of the size → GPU, GiB of memory of each, compute capability.
_GPUS = (
    (r"Standard_NC\d+as_T4_v3", "Tesla T4", 16, "7.5"),
    (r"Standard_NC\d+r?s_v3", "Tesla V100", 16, "7.0"),
    (r"Standard_ND40rs_v2", "Tesla V100", 32, "7.0"),
    (r"Standard_ND96asr_v4", "A100", 40, "8.0"),
    (r"Standard_ND96amsr_A100_v4", "A100", 80, "8.0"),
    (r"Standard_NC\d+ads_A100_v4", "A100", 80, "8.0"),
    (r"Standard_NC\d+adi?s_H100_v5", "H100 NVL", 94, "9.0"),
    (r"Standard_ND96isr_H100_v5", "H100", 80, "9.0"),
    (r"Standard_ND96isr_H200_v5", "H200", 141, "9.0"),
)
_DRAWING = re.compile(r"Standard_N[VG]\d", re.IGNORECASE)
_SMALL = re.compile(r"(Standard_[AB]|Basic_)\d", re.IGNORECASE)  # cores that may be throttled
_VERSION = re.compile(r"_v(\d+)$")
_SYSTEM = 12  # GiB of a disk that Ubuntu takes; the image with NVIDIA's driver: more
_SYSTEM_GPU = 60
_DISKS = (64, 128, 256, 512, 1024, 2048, 4095)  # GiB, as they are billed; the last is the largest
_SHOWN, _SHOWN_CLOSED = 8, 3


@dataclass(frozen=True)
class Size:
    """One size, as the service describes it."""

    name: str
    family: str
    cpus: int
    memory: int
    """Bytes."""
    arch: str
    gpus: int = 0
    first: bool = False
    """Of the first generation of machines: another image."""
    nvme: bool = False
    """Its disks are attached as NVMe only."""
    spot: bool = False
    """It can be had as spot."""
    special: bool = False
    """It takes a machine of a special kind: confidential ones."""
    restricted: str = ""
    """The reason code of a restriction."""


def parse(told: Mapping[str, Any]) -> Size | None:
    """Return one size of the child's answer; None for what has no cores: it is only announced."""
    try:
        has = {str(k): str(v) for k, v in told["capabilities"].items()}
        return Size(
            str(told["name"]),
            str(told["family"]),
            int(has["vCPUs"]),
            int(float(has["MemoryGB"]) * GIB),
            "arm64" if has.get("CpuArchitectureType") == "Arm64" else "x86_64",
            int(float(has.get("GPUs", "0"))),
            "V2" not in has.get("HyperVGenerations", "V1"),
            "SCSI" not in has.get("DiskControllerTypes", "SCSI").upper(),
            has.get("LowPriorityCapable") == "True",
            "ConfidentialComputingType" in has,
            str(told.get("restricted", "")),
        )
    except (LookupError, ValueError, TypeError, AttributeError):
        return None


def disk(size: Size, needs: tuple[Need, ...]) -> int:
    """Return the GiB of the disk: what is needed beside the system, as disks are billed."""
    wanted = max(
        (n.value for n in needs if n.key == "disk" and isinstance(n.value, int)), default=0
    )
    least = -(-wanted // GIB) + (_SYSTEM_GPU + 20 if size.gpus else _SYSTEM + 20)
    return next((d for d in _DISKS if d >= least), _DISKS[-1])


def machine(size: Size, gigabytes: int) -> Machine:
    """Return what one gets; ``gigabytes``: GiB of its disk."""
    gpus: tuple[Gpu, ...] | None = ()
    if size.gpus:
        known = next((g for g in _GPUS if re.fullmatch(g[0], size.name, re.IGNORECASE)), None)
        gpus = None
        if known:
            _, name, memory, capability = known
            one = Gpu(0, name, "nvidia", memory * GIB, compute_capability=capability)
            gpus = tuple(replace(one, index=i) for i in range(size.gpus))
    free = gigabytes - (_SYSTEM_GPU if size.gpus else _SYSTEM)
    return Machine(
        "Linux",
        size.arch,
        size.cpus,
        "3.10" if size.gpus else "3.12",
        memory=size.memory,
        disk_free=free * GIB,
        gpus=gpus,
        glibc="2.35" if size.gpus else "2.39",
    )


def closed(size: Size, quota: Mapping[str, Sequence[int]], region: str, *, spot: bool) -> str:
    """Return why the size cannot be had, "" when it can.

    ``quota``: cores in use and allowed, by family in lower case; ``cores`` are those of all.
    """
    if size.restricted:
        why = {
            "NotAvailableForSubscription": "is not open to your subscription",
            "QuotaId": "is not for subscriptions of your kind",
        }.get(size.restricted, f"is restricted ({size.restricted})")
        return f"{size.name} {why} in {region}"
    unfit = (
        (_DRAWING.match(size.name), "has GPUs for drawing, which ask for another driver"),
        (size.gpus and size.first, "is of the first generation, which no image has a driver for"),
        (size.special, "is for confidential machines, which this template does not make"),
        (spot and not size.spot, "cannot be had as spot"),
    )
    said = next((f"{size.name} {why}" for true, why in unfit if true), "")
    return said or _beyond(size, quota, region, spot=spot)


def _beyond(size: Size, quota: Mapping[str, Sequence[int]], region: str, *, spot: bool) -> str:
    """Return which quota the size is too large for, "" when none."""
    for kind in ("lowprioritycores",) if spot else (size.family.lower(), "cores"):
        used, limit = quota.get(kind, (0, size.cpus))
        if used + size.cpus > limit:
            what = {"lowprioritycores": "spot", "cores": "all sizes together"}.get(
                kind, size.family
            )
            return (
                f"your quota in {region} is {limit} cores for {what}, {used} of them in use, and "
                f"{size.name} takes {size.cpus}; more can be asked for: {QUOTA}"
            )
    return ""


def offer(size: Size, needs: tuple[Need, ...], why: str, *, spot: bool) -> Offer:
    """Return one size as an offer."""
    got = machine(size, disk(size, needs))
    parts = [f"{size.cpus} cores", f"{size.memory / GIB:g} GB of memory"]
    parts.append(f"{disk(size, needs)} GB of disk")
    if size.gpus:
        parts.append(f"{size.gpus} x {got.gpus[0].name if got.gpus else 'a GPU, not known which'}")
    parts += ["arm64"] if size.arch == "arm64" else []
    parts += ["spot"] if spot else []
    return Offer(size.name, ", ".join(parts), got, PRICES, why)


def offers(
    sizes: Sequence[Size],
    quota: Mapping[str, Sequence[int]],
    spec: EnvironmentSpec,
    region: str,
    *,
    spot: bool,
    named: str = "",
) -> tuple[Offer, ...]:
    """Return the sizes that are worth a choice, the smallest first; ``named`` is always one.

    A region has hundreds. Of those with the same cores, memory and GPUs the newest that can be had
    stands for all. Those that meet the needs come first: as many open ones as a person reads, and
    of closed ones the smallest, with why. Where none meets them, the largest are shown.
    """
    rated = [(s, closed(s, quota, region, spot=spot)) for s in sizes]
    rated.sort(key=lambda r: (bool(r[1]), -_newness(r[0]), r[0].name))
    best: dict[object, tuple[Size, str]] = {}
    for size, why in rated:
        unusual = _SMALL.match(size.name) or _DRAWING.match(size.name) or size.special
        if not unusual and (size.arch == "x86_64" or _takes_arm(spec)):
            best.setdefault((size.cpus, size.memory, size.gpus, size.arch), (size, why))
    rows = sorted(best.values(), key=lambda r: (r[0].gpus, r[0].cpus, r[0].memory))
    made = [offer(size, spec.needs, why, spot=spot) for size, why in rows]
    fit = [o for (s, _), o in zip(rows, made) if o.machine and _fits(spec, s, o.machine)]
    shown = [o for o in fit if not o.closed][:_SHOWN]
    shown += [o for o in fit if o.closed][:_SHOWN_CLOSED]
    shown = shown or made[-_SHOWN_CLOSED:]
    if named and all(o.name.lower() != named.lower() for o in shown):
        shown += [
            offer(s, spec.needs, why, spot=spot)
            for s, why in rated
            if s.name.lower() == named.lower()
        ]
    return tuple(shown)


def _fits(spec: EnvironmentSpec, size: Size, got: Machine) -> bool:
    asked = (n.value for n in spec.needs if n.key == "gpu" and n.level == "minimum")
    gpus = max((v for v in asked if isinstance(v, int)), default=0)
    if size.gpus < gpus or (size.gpus and not gpus):
        return False  # one with a GPU costs ten times as much, for nothing
    return not judge(spec.needs, got).shortfalls


def _takes_arm(spec: EnvironmentSpec) -> bool:
    return any("arm64" in str(n.value) for n in spec.needs if n.key == "arch")


def _newness(size: Size) -> int:
    found = _VERSION.search(size.name)
    return int(found[1]) if found else 1
