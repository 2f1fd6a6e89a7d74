"""What each of the hosts has, all asked at once: an offer each, or why it cannot be had."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from envboot import needs
from envboot.errors import NothingFound
from envboot.jobs import Offer
from envboot.launchers.ssh import hosts
from envboot.needs import units
from envboot.remote import probing

if TYPE_CHECKING:
    from envboot.launchers.ssh.hosts import Host
    from envboot.machine import Gpu, Machine
    from envboot.site import Site
    from envboot.spec import EnvironmentSpec

NONE = "no host is named: `launch ssh HOST`"
QUESTION = "which computer, as `ssh` takes it (`box`, `ann@box`)?"
SETTINGS = "`hosts = …` below `[envboot:ssh]` in ~/.config/envboot/config.ini names some for good"


def question(site: Site) -> str:
    """Return the question for a host; "" when one is named. Raises as :func:`hosts.of`."""
    return "" if hosts.of(site) else QUESTION


def asking(site: Site) -> str:
    """Return which hosts are about to be asked, and where each is named."""
    found = hosts.of(site)
    return f"asking {', '.join(map(str, found))}" if found else ""


def strangers(site: Site) -> str:
    """Return whether those may be asked whom the repository alone names, as a question; "": none.

    With the person's keys, and the tree would be copied there: her own yes comes before.
    """
    found = [str(host) for host in hosts.of(site) if host.strange]
    return (
        f"this repository names {', '.join(found)}: connect there with your keys?" if found else ""
    )


def offers(spec: EnvironmentSpec, site: Site) -> tuple[Offer, ...]:
    """Return one offer a host; one that does not answer, or has no Python, is closed."""
    found = hosts.of(site)
    if not found:
        raise NothingFound(NONE, hint=SETTINGS)
    places = tuple(host.place for host in found)
    machines = probing.probes(places, needs.asked(spec), site.shell)
    return tuple(_offer(host, machine) for host, machine in zip(found, machines))


def _offer(host: Host, machine: Machine | str) -> Offer:
    name = host.place.host
    if isinstance(machine, str):
        return Offer(name, "", closed=machine)
    return Offer(name, title(machine), machine)


def title(machine: Machine) -> str:
    """Return ``64 cores, 256 GiB of memory, 2 x NVIDIA A100 (80 GiB), 1.2 TiB free``."""
    parts = [f"{machine.cpus} core{'' if machine.cpus == 1 else 's'}"]
    if machine.memory:
        parts.append(f"{units.shown(machine.memory)} of memory")
    for text, many in Counter(map(_gpu, machine.gpus or ())).items():
        parts.append(text if many == 1 else f"{many} x {text}")
    busy = sum(gpu.free is False for gpu in machine.gpus or ())
    if busy:
        parts.append("all in use" if busy == len(machine.gpus or ()) else f"{busy} in use")
    if machine.disk_free is not None:
        parts.append(f"{units.shown(machine.disk_free)} free")
    return ", ".join(parts)


def _gpu(gpu: Gpu) -> str:
    return f"{gpu.name} ({units.shown(gpu.memory)})" if gpu.memory else gpu.name
