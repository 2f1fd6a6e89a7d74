"""The declared needs against a target, and how large the disk has to be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envboot import decide, needs
from envboot.machine.hosted import SIZES
from envboot.needs import units
from envboot.preflight import targets
from envboot.preflight.values import Cell, Finding, cell, count

if TYPE_CHECKING:
    from envboot.decide import Row
    from envboot.preflight.targets import Target
    from envboot.preflight.values import Mark
    from envboot.spec import EnvironmentSpec

UNPACKED = 3.5
"""How much larger packages are once unpacked: conda packages and wheels of scientific Python
(numpy, scipy, pandas, torch, Qt) take 2.5 to 4.5 times their download."""
_MARKS: dict[str, Mark] = {"short": "fail", "low": "warn", "unknown": "unknown"}


def judge(spec: EnvironmentSpec, target: Target, python: str) -> Cell:
    """Return whether the target meets what is declared and what the packages imply."""
    whole = needs.complete(spec, target.environment(python or "3.11"))
    rows = decide.judge(whole.needs, target.machine).rows
    if not rows:
        return Cell("needs", "none", "none declared")
    findings = tuple(f for row in rows if (f := _finding(row, spec, target, python)))
    return cell("needs", findings, count(findings) or f"{len(rows)} met")


def _finding(row: Row, spec: EnvironmentSpec, target: Target, python: str) -> Finding | None:
    verdict = _verdict(row, target)
    if verdict is None:
        return None
    at, _, why = row.evidence.partition(",")
    wanted = f"{row.need.replace('_', ' ')} {row.wanted}"
    found = row.found if verdict != "unknown" else "not known of this target"
    if verdict == "unknown" and row.need in {"glibc", "macos"}:
        found = f"{row.found} is assumed, and may be newer there"
    text = f"{found}{f' (short by {row.by})' if row.by and verdict == 'fail' else ''}"
    larger = _larger(row, spec, target, python) if verdict == "fail" else ""
    return Finding(
        verdict,
        text + (f" ({why.strip()})" if why else ""),
        at,
        wanted,
        f"`{larger}` has it" if larger else "",
        larger,
    )


def _verdict(row: Row, target: Target) -> Mark | None:
    mark = _MARKS.get(row.verdict)
    if row.need == "cpus" and not target.machine.cpus:
        return "unknown" if row.level == "minimum" else None
    if mark == "fail" and target.assumed and row.need in {"glibc", "macos"}:
        return "unknown"
    if mark == "unknown" and (row.level != "minimum" or row.wanted == "optional"):
        return None
    return mark


def _larger(row: Row, spec: EnvironmentSpec, target: Target, python: str) -> str:
    """Return the smallest machine of the target's family that has it; "" without one."""
    for name in SIZES:
        if target.family and name.startswith(target.family) and name != target.name:
            other = targets.sibling(target, name)
            whole = needs.complete(spec, other.environment(python or "3.11"))
            rows = decide.judge(whole.needs, other.machine).rows
            key = (row.need, row.wanted, row.level)
            if all(r.verdict == "ok" for r in rows if (r.need, r.wanted, r.level) == key):
                return name
    return ""


def disk(sizes: tuple[int | None, ...], target: Target, at: str) -> Cell:
    """Return whether the packages, unpacked, find room; ``sizes`` are bytes of the downloads.

    None among them: its size is not known, and a sum would be too small to mean anything.
    """
    known = [size for size in sizes if size]
    if not known or len(known) < len(sizes):
        return Cell("disk", "none", "not known" if sizes else "")
    amount = int(sum(known) * UNPACKED)
    text = f"about {units.shown(amount)}"
    room = target.machine.disk_free
    if room is None or room >= amount:
        return Cell("disk", "pass", text)
    said = f"the environment takes {text}, and there are {units.shown(room)}"
    return Cell("disk", "fail", text, (Finding("fail", said, at),))
