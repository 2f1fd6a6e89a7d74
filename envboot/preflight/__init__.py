"""``envboot preflight --for …``: will it run there? This repository against other machines.

Nothing of the repository or of any package is run: what is read are its files, the conda channels'
lists of packages and the pages of the package index.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from envboot import find, machine, needs, platforms
from envboot.errors import UsageError
from envboot.plan import Plan, carry_out
from envboot.preflight import (
    conda_side,
    equipment,
    locked,
    matrix,
    needing,
    pip_side,
    pythons,
    targets,
)
from envboot.preflight.asked import Asked
from envboot.preflight.values import Forecast, Row, worst
from envboot.shell import redact

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence
    from pathlib import Path

    from envboot.console import Console
    from envboot.preflight.asked import Case
    from envboot.preflight.equipment import Equipment
    from envboot.preflight.locked import Fixed
    from envboot.preflight.values import Cell
    from envboot.request import Request
    from envboot.shell import Shell
    from envboot.spec import EnvironmentSpec

FALLS_SHORT = 6


def preflight(
    options: argparse.Namespace, request: Request, shell: Shell, console: Console
) -> Forecast:
    """Print the matrix of the repository against ``options.targets``; 6 when one falls short.

    What has to be fetched for the answer (py-rattler, uv) is fetched after a yes. Raises UsageError
    for a target that is not known.
    """
    found = find.look(
        request.root,
        shell,
        file=request.file,
        groups=request.groups,
        embedded=request.embedded,
        embedded_needs=request.embedded_needs,
    )
    spec = found.spec
    here = machine.probe(shell, request.root, needs.asked(needs.complete(spec)))
    aims = targets.read(options.targets, here, platforms.here(shell))
    cases = pythons.cases(spec, options.python, aims)
    badge = _badge(options.badge)
    fixed = locked.judge(spec, request, shell, cases)
    tools = equipment.look(spec, request, shell, fixed)
    source = str(spec.source) if spec.source else None
    if request.dry_run:
        return _planned(spec, cases, tools, source, console)
    for said in found.contradictions:
        console.warn(str(said))
    tools = equipment.consent(tools, request, shell, console)
    for missing in tools.missing:
        console.warn(missing)
    asked = Asked(
        spec,
        request.root,
        tools.work,
        shell,
        console,
        request.offline,
        tools.uv,
        tools.rattler,
        tools.python,
    )
    rows = _rows(asked, cases, fixed, tools)
    verdict = worst(tuple(row.verdict for row in rows))
    outcome = {"fail": "falls-short", "unknown": "unknown"}.get(verdict, "passes")
    code = FALLS_SHORT if verdict == "fail" else 0
    forecast = Forecast(outcome, code, source, rows, tools.missing)
    if badge:
        shell.write(badge, matrix.badge(forecast))
    if not options.json:
        _show(forecast, shell, console)
    return forecast


def _rows(
    asked: Asked, cases: Sequence[Case], fixed: Sequence[Fixed], tools: Equipment
) -> tuple[Row, ...]:
    """Return what came of each case; what was written for it is removed again."""
    shell, spec = asked.shell, asked.spec
    try:
        conda = _conda(asked, cases, fixed)
        with_python = [
            pythons.chosen(case, spec, solved) for case, (_, _, solved) in zip(cases, conda)
        ]
        pip = _pip(asked, with_python, fixed)
    finally:
        carry_out(Plan("clearing away", tools.after), shell, lambda _line: None)
        shell.remove(asked.work)
    several = len({c.target.name for c in cases}) < len(cases)
    rows = []
    for case, (solved, packages, python), (wheels, sizes) in zip(with_python, conda, pip):
        cells: tuple[Cell, ...] = (
            needing.judge(spec, case.target, case.python),
            pythons.judge(spec, case, python),
            solved,
            wheels,
        )
        if solved.verdict in {"pass", "none"} and wheels.verdict in {"pass", "warn", "none"}:
            at = str(spec.source or "")
            cells += (needing.disk((*packages, *sizes), case.target, at),)
        rows.append(_row(case, cells, several=several))
    return tuple(rows)


def _conda(asked: Asked, cases: Sequence[Case], fixed: Sequence[Fixed]) -> list[conda_side.Outcome]:
    """Return the conda part of each case: the lock's, else solved."""
    solved = iter(conda_side.judge(asked, [c for c, f in zip(cases, fixed) if f.conda is None]))
    out: list[conda_side.Outcome] = []
    for lock in fixed:
        if lock.conda:
            out.append((lock.conda, (), lock.python))
            continue
        cell, sizes, python = next(solved)
        out.append((_warned(cell, lock) if cell.verdict != "none" else cell, sizes, python))
    return out


def _pip(
    asked: Asked, cases: Sequence[Case], fixed: Sequence[Fixed]
) -> list[tuple[Cell, pip_side.Sizes]]:
    """Return the pip part of each case: the lock's, else judged line by line."""
    judged = iter(pip_side.judge(asked, [c for c, f in zip(cases, fixed) if f.pip is None]))
    out: list[tuple[Cell, pip_side.Sizes]] = []
    for lock in fixed:
        if lock.pip:
            out.append((lock.pip, lock.sizes))
            continue
        cell, sizes = next(judged)
        own = lock.warning and not pythons.brings_python(asked.spec)
        out.append((_warned(cell, lock) if own else cell, sizes))
    return out


def _warned(cell: Cell, lock: Fixed) -> Cell:
    """Return the cell with why the lock settles nothing there."""
    if lock.warning is None:
        return cell
    findings = (*cell.findings, lock.warning)
    return replace(cell, verdict=worst((cell.verdict, "warn")), findings=findings)


def _row(case: Case, cells: tuple[Cell, ...], *, several: bool) -> Row:
    verdict = worst(tuple(c.verdict for c in cells if c.aspect != "disk" or c.verdict == "fail"))
    name = case.target.name
    label = f"{name}, Python {case.python}" if several else name
    return Row(name, case.target.platform.subdir, case.python, verdict, cells, label)


def _planned(
    spec: EnvironmentSpec,
    cases: Sequence[Case],
    tools: Equipment,
    source: str | None,
    console: Console,
) -> Forecast:
    """Say what would be fetched and asked; nothing is."""
    names = ", ".join(dict.fromkeys(c.target.name for c in cases))
    rows = [f"fetch {name}" for name, _ in tools.fetched]
    if tools.rattler:
        channels = ", ".join(spec.channels) or "conda's own"
        rows.append(f"ask the channels ({channels}) for their lists of packages")
    if any(d.ecosystem == "pypi" for d in spec.dependencies):
        rows.append("ask the package index about the packages for pip, and what they bring along")
    console.say(f"{source}: nothing was asked for {names}; it would")
    for row in rows or ["compare the needs, which takes no network"]:
        console.say(f"  {matrix.printable(redact(row))}")
    return Forecast("planned", 0, source, (), tools.missing, (*rows, *tools.plan))


def _show(forecast: Forecast, shell: Shell, console: Console) -> None:
    plain = not _drawable()
    lines = matrix.below(forecast.targets, plain=plain)
    text = matrix.table(forecast.targets, plain=plain)
    console.show(redact("\n".join([text, *([""] if lines else []), *lines]), shell.environ))


def _drawable() -> bool:
    """Return whether standard output can print ✓ and ✗."""
    try:
        "✓✗".encode(getattr(sys.stdout, "encoding", None) or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _badge(path: Path | None) -> Path | None:
    """Return where the badge goes, absolute. Raises UsageError."""
    if path is None:
        return None
    try:
        return path.expanduser().absolute()
    except (OSError, RuntimeError) as error:
        raise UsageError(f"`--badge {path}` cannot be found: {error}") from error
