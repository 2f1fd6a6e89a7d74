"""The partitions of a cluster, as ``sinfo`` lists them: what their nodes have, and their limits.

Source: the manual of ``sinfo`` (``--format``, node states) and of ``gres.conf``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from envboot.decide import judge
from envboot.jobs import Offer
from envboot.launchers.slurm.resources import MIB, minutes
from envboot.machine import Gpu, Machine
from envboot.needs import units

if TYPE_CHECKING:
    from envboot.spec import Need

LIST = "sinfo --noheader --exact --format='%P|%a|%l|%L|%c|%m|%G|%d|%T|%D'"
"""One call for all: a line for each kind of node of each partition."""
_COLUMNS = 10
_LONGEST = 10_000  # lines that are read: the biggest clusters have some hundred
# States whose nodes run jobs, now or later; a star behind one says that the node does not answer.
_GOOD = {"allocated", "completing", "idle", "mixed", "planned", "reserved", "maint", "blocked"}
_GOOD |= {"powering_down", "powered_down", "power_down", "powering_up", "reboot", "rebooting"}
_FREE = {"idle", "mixed"}
_AMD = re.compile(r"mi\d+\w*|gfx\w+|(?:amd|radeon)\w*", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True)
class Nodes:
    """Nodes of one kind in one partition."""

    count: int
    cpus: int
    memory: int
    """MiB."""
    tmp: int
    """MiB of disk on the node; 0 where the cluster does not count it."""
    gpus: tuple[str, ...]
    """The type of each, "" where it has none."""
    good: bool
    """Whether they run jobs, or will."""
    free: bool

    @property
    def machine(self) -> Machine:
        """Return what a job can have of one, as far as Slurm knows it."""
        gpus = tuple(_gpu(number, kind) for number, kind in enumerate(self.gpus))
        disk = self.tmp * MIB if self.tmp else None
        return Machine(
            "Linux", "", self.cpus, "", memory=self.memory * MIB, disk_free=disk, gpus=gpus
        )


@dataclass(frozen=True)
class Partition:
    """A queue with limits of its own."""

    name: str
    default: bool
    up: str
    """up, down, drain or inact."""
    limit: str
    """The longest time, as Slurm writes it."""
    usual: str
    """The time of a job that asks for none; "" where that is the limit."""
    nodes: tuple[Nodes, ...]


def parse(text: str) -> tuple[Partition, ...]:
    """Return the partitions of what :data:`LIST` printed, in its order; other lines are skipped."""
    found: dict[str, Partition] = {}
    for line in text.splitlines()[:_LONGEST]:
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) != _COLUMNS or not re.fullmatch(r"[\w.+-]+\*?", cells[0]):
            continue
        name, up, limit, usual, cpus, memory, gres, tmp, state, count = cells
        plain = name.rstrip("*")
        usual = "" if minutes(usual) in {None, minutes(limit)} else usual
        new = Partition(plain, name != plain, up.lower(), limit, usual, ())
        nodes = Nodes(
            _number(count), _number(cpus), _number(memory), _number(tmp), gpus(gres), *_state(state)
        )
        old = found.get(plain, new)
        found[plain] = replace(old, nodes=(*old.nodes, nodes))
    return tuple(found.values())


def gpus(gres: str) -> tuple[str, ...]:
    """Return the type of each GPU of ``gpu:a100:4(S:0-1),gpu:2,shard:8``: four a100, two "" ."""
    found: list[str] = []
    for item in re.sub(r"\([^)]*\)", "", gres).split(","):
        parts = item.strip().split(":")
        if parts[0] != "gpu":
            continue
        count = parts[-1] if parts[1:] and re.fullmatch(r"\d{1,4}", parts[-1]) else "1"
        kind = parts[1] if len(parts) > 2 or (parts[1:] and count != parts[1]) else ""  # noqa: PLR2004
        found += [re.sub(r"[^\w.+-]", "", kind)[:40]] * int(count)
    return tuple(found[:64])


def offer(partition: Partition, needs: tuple[Need, ...], asked: str) -> Offer:
    """Return it as an offer, with the smallest node that has what is needed, else the best.

    ``asked`` is the time that the person asks for, "" for none.
    """
    good = [nodes for nodes in partition.nodes if nodes.good]
    kinds = sorted(good or partition.nodes, key=lambda n: (len(n.gpus), n.memory, n.cpus))
    short = {n: len(judge(needs, n.machine).shortfalls) for n in kinds}
    best = next((n for n in kinds if not short[n]), None) or min(
        reversed(kinds), key=lambda n: short[n]
    )
    closed = _closed(partition, len(good), asked)
    return Offer(partition.name, _title(partition, best), best.machine, closed=closed)


def _closed(partition: Partition, good: int, asked: str) -> str:
    if partition.up != "up":
        word = {"drain": "it takes no new jobs (drained)", "inact": "it is inactive"}
        return word.get(partition.up, "it is down")
    if not good:
        count = sum(n.count for n in partition.nodes)
        nodes = f"all its {count} nodes are" if count > 1 else "its only node is"
        return f"{nodes} down or drained"
    limit, wanted = minutes(partition.limit), minutes(asked)
    if limit is not None and wanted is not None and wanted > limit:
        return f"its jobs end after {partition.limit}; {asked} is asked for"
    return ""


def _title(partition: Partition, nodes: Nodes) -> str:
    cores = f"{nodes.cpus} core{'s' if nodes.cpus != 1 else ''}"
    parts = [cores, f"{units.shown(nodes.memory * MIB)} of memory"]
    parts += [f"{nodes.gpus.count(kind)} x {kind or 'GPU'}" for kind in dict.fromkeys(nodes.gpus)]
    if minutes(partition.limit) not in {None, float("inf")}:
        usual = f" ({partition.usual} unless `--time` is given)" if partition.usual else ""
        parts.append(f"at most {partition.limit}{usual}")
    count = sum(n.count for n in partition.nodes)
    free = sum(n.count for n in partition.nodes if n.free)
    parts.append(f"{free} of {count} node{'s' if count != 1 else ''} with room now")
    return ", ".join(parts) + ("; the default partition" if partition.default else "")


def _gpu(number: int, kind: str) -> Gpu:
    """Return a GPU of which Slurm says no more than its type, and often not that."""
    if _AMD.fullmatch(kind):
        return Gpu(number, kind, "amd", driver="rocm")
    return Gpu(number, kind or "GPU", "nvidia")


def _number(text: str) -> int:
    """Return a count; ``8+`` (which ``--exact`` should not print) is at least that."""
    found = re.match(r"\d{1,12}", text)
    return int(found.group()) if found else 0


def _state(text: str) -> tuple[bool, bool]:
    """Return whether nodes in that state run jobs, and whether one could begin at once."""
    words = set(re.findall(r"[a-z_]+", text.lower()))
    good = bool(words) and words <= _GOOD and "*" not in text
    return good, good and bool(words & _FREE) and "$" not in text
