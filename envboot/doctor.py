"""What somebody needs who asks for help: machine, tools, environment, drift, last log."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import envboot
from envboot import engines, interpreters, launchers, machine, survey, transaction
from envboot.errors import EnvbootError, NothingFound
from envboot.result import Environment
from envboot.shell import redact
from envboot.site import Site

if TYPE_CHECKING:
    from pathlib import Path

    from envboot.console import Console
    from envboot.machine import Machine
    from envboot.shell import Shell
    from envboot.survey import Existing, Request

GIB = machine.GIB
_LOG_TAIL = 5
_PROOF = re.compile(r"\s*envboot-[0-9a-f]+:")  # what the proof and its child say to one another


@dataclass(frozen=True)
class Diagnosis:
    """The outcome of ``doctor``; rendered as text or as ``--json``."""

    outcome: str
    """healthy | ailing"""
    exit_code: int
    version: str
    machine: Machine
    pythons: str
    engines: tuple[dict[str, str], ...]
    """name, why_not ("" when it can)"""
    source: str | None
    environment: Environment | None
    drift: tuple[str, ...]
    problems: tuple[str, ...]
    log: str
    log_tail: tuple[str, ...]


def examine(request: Request, shell: Shell, console: Console, *, quiet: bool = False) -> Diagnosis:
    """Look at everything that can be looked at, slow facts too; change nothing."""
    here = machine.probe(shell, request.root, frozenset({"gpu", "cpu_flags", "brand"}))
    problems: list[str] = list(here.notes)
    source, spec = None, None
    existing = survey.standing(request, shell)
    try:
        located = survey.locate(request, shell)
        spec = located.spec
        source = spec.source.path if spec.source else None
        problems += [str(n) for n in (*located.found.contradictions, *spec.notices)]
    except EnvbootError as error:
        problems.append(str(error))
    site = Site(
        request.root, request.root.name, request.root / ".envboot" / "nothing-here", here, shell
    )
    rows = []
    for name, member in engines.family().members:
        why_not = member.why_not(spec, site) if spec else ""
        rows.append({"name": name, "why_not": why_not or ""})
    problems += [*engines.family().warnings, *launchers.family().warnings]
    if existing and existing.broken:
        problems.append(f"the environment at {existing.prefix}: {existing.broken}")
    log = _last_log(existing, request, shell)
    tail = (shell.read(log) or b"").decode("utf-8", "replace").splitlines() if log else []
    tail = [row for row in tail if not _PROOF.match(row)]
    ailing = (existing is not None and not existing.up_to_date) or source is None
    diagnosis = Diagnosis(
        outcome="ailing" if ailing else "healthy",
        exit_code=NothingFound.exit_code if source is None and existing is None else 0,
        version=envboot.__version__,
        machine=here,
        pythons=interpreters.said(shell),
        engines=tuple(rows),
        source=source,
        environment=_environment(existing),
        drift=existing.changes if existing else (),
        problems=tuple(problems),
        log=str(log or ""),
        log_tail=tuple(tail[-_LOG_TAIL:]),
    )
    if not quiet:
        console.show(redact(render(diagnosis), shell.environ))
    return diagnosis


def render(diagnosis: Diagnosis) -> str:
    """Return the diagnosis as text, a heading and its rows for each part."""
    rows = [f"envboot {diagnosis.version}", "", "machine", *_machine_rows(diagnosis.machine)]
    rows += [f"  pythons: {diagnosis.pythons}", "", "engines"]
    rows += [f"  {e['name']}: {e['why_not'] or 'can be used'}" for e in diagnosis.engines]
    rows += ["", "environment", f"  declared in: {diagnosis.source or 'nothing found'}"]
    here = diagnosis.environment
    if here:
        rows.append(f"  {here.name}: {here.prefix} (Python {here.python}, {here.engine})")
        rows += [f"  drift: {d}" for d in diagnosis.drift] or ["  no drift"]
    else:
        rows.append("  none was made yet")
    if diagnosis.problems:
        rows += ["", "worth a look", *(f"  {p}" for p in diagnosis.problems)]
    if diagnosis.log:
        rows += ["", f"last log: {diagnosis.log}", *(f"  {t}" for t in diagnosis.log_tail)]
    return "\n".join(rows)


def _machine_rows(here: Machine) -> list[str]:
    facts: dict[str, Any] = asdict(here)
    rows = [f"  {here.system} {here.arch}, {here.cpus} cores, {here.cpu_brand or 'CPU unnamed'}"]
    for key, title in (("memory", "memory"), ("memory_free", "free"), ("disk_free", "disk free")):
        size = facts[key]
        rows.append(
            f"  {title}: {size / GIB:.1f} GiB" if size is not None else f"  {title}: unknown"
        )
    for gpu in here.gpus or ():
        size = f", {gpu.memory / GIB:.0f} GiB" if gpu.memory else ""
        state = {True: ", free", False: ", busy", None: ""}[gpu.free]
        rows.append(f"  GPU {gpu.index}: {gpu.name}{size}{state}")
    if not here.gpus:
        rows.append("  no GPU found")
    if here.cuda:
        rows.append(f"  the driver runs CUDA up to {here.cuda}")
    return rows


def _environment(existing: Existing | None) -> Environment | None:
    if existing is None:
        return None
    stamp = existing.stamp
    return Environment(str(existing.prefix), stamp.python, stamp.engine, stamp.name, stamp.packages)


def _last_log(existing: Existing | None, request: Request, shell: Shell) -> Path | None:
    prefix = existing.prefix if existing else request.root / ".venv"
    logs = [p for p in shell.folder(transaction.state_folder(prefix) / "log") if p.suffix == ".log"]
    return logs[-1] if logs else None
