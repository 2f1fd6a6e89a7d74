"""Prove an environment: import in it what the repository imports.

:mod:`envboot.verify.trial` does the importing, in children; here the outcomes become a report that
says what does not work, why, where the code needs it, and what to do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from envboot import activation
from envboot.site import python_of
from envboot.spec import Origin, normalise
from envboot.verify import conflicts
from envboot.verify.trial import Trial, run

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from envboot.infer.facts import Imported, Scan
    from envboot.shell import Shell
    from envboot.spec import EnvironmentSpec

TIMEOUT = 120.0  # seconds for one module: a cold network disk is slow, and silence is a lie
_SHOWN = 90  # modules named one by one when all is well


@dataclass(frozen=True)
class Failure:
    """One module that does not import."""

    module: str
    origin: Origin
    why: str
    hint: str = ""


@dataclass(frozen=True)
class Report:
    """What was proved."""

    imported: tuple[str, ...] = ()
    failed: tuple[Failure, ...] = ()
    notes: tuple[Failure, ...] = ()
    """Guarded modules that do not import: the code says that it lives without them."""
    conflicts: tuple[str, ...] = ()
    """What ``pip check`` would say."""
    broken: tuple[str, ...] = ()
    """Those of them that an installer of wheels left behind, and that it promised to solve. What
    conda installed is only said: its packages often leave out what their metadata names."""
    gpu: tuple[str, ...] = ()
    """What the frameworks said about the GPU, where one was needed."""
    python: str = ""
    """Version of the interpreter that did it."""

    @property
    def works(self) -> bool:
        """Return whether all that the code needs was imported, and what pip installed fits."""
        return not self.failed and not self.broken


def prove(
    scan: Scan,
    prefix: Path,
    shell: Shell,
    *,
    spec: EnvironmentSpec,
    root: Path | None = None,  # noqa: ARG001 - the repository itself is not imported
    gpu: bool | None = None,
    said: Callable[[str], None] = lambda _line: None,
    timeout: float = TIMEOUT,
) -> Report:
    """Import the third-party modules of ``scan`` in the environment at ``prefix``.

    Production modules must import; guarded ones are tried, tests and docs are not. ``gpu``: ask
    the frameworks for a GPU (None: when ``spec`` needs one); ``timeout``: seconds for each
    module; ``said`` is told which module is being imported. Never raises for what a module does.
    """
    gpu = needs_gpu(spec) if gpu is None else gpu
    wanted = {m.module: m for m in scan.modules if m.label == "production"}
    guarded = {m.module: m for m in scan.modules if m.label == "guarded"}
    trial = Trial(said)
    env = activation.environ(prefix, spec.variables, shell)
    python = python_of(prefix, shell)
    run((*wanted, *guarded), python, env, shell, trial, gpu=gpu, timeout=timeout)
    known = conflicts.installed(prefix, shell)
    if not trial.hello:
        why = f"the environment's interpreter does not start: {trial.broken}"
        return Report(failed=(Failure("python", Origin(str(python)), why),))
    there = frozenset(normalise(d.name) for d in known)
    failed: list[Failure] = []
    notes: list[Failure] = []
    for module, item in {**guarded, **wanted}.items():
        error = trial.results.get(module, {}).get("error")
        if error:
            from envboot.verify import reasons  # most environments need none

            reason = reasons.of_error(module, error, spec, there, shell)
        elif module in trial.dead:
            reason = trial.dead[module]
        else:
            continue
        failure = Failure(module, item.origin, reason.why, reason.hint)
        (failed if module in wanted else notes).append(failure)
    blind = _blind({**guarded, **wanted}, trial)
    (failed if len(blind) == len(trial.gpu) else notes).extend(blind)
    return Report(
        tuple(m for m in sorted(wanted, key=str.lower) if trial.imports(m)),
        tuple(sorted(failed, key=lambda f: f.module.lower())),
        tuple(sorted(notes, key=lambda f: f.module.lower())),
        conflicts.find(known, trial.hello["markers"]),
        conflicts.find(
            known, trial.hello["markers"], tuple(d for d in known if d.by in {"pip", "uv"})
        ),
        tuple(says for _, says in trial.gpu.values()),
        str(trial.hello["python"]),
    )


def needs_gpu(spec: EnvironmentSpec) -> bool:
    """Return whether ``spec`` demands a GPU; an optional one (``gpu = 0``) is none."""
    asked = {n.key: n.value for n in spec.needs if n.level == "minimum"}
    if "gpu" in asked:
        return bool(asked["gpu"])
    return bool({"gpu_memory", "cuda", "compute_capability"} & set(asked))


def _blind(items: Mapping[str, Imported], trial: Trial) -> list[Failure]:
    """Return the frameworks that see no GPU although one is needed."""
    hint = "install its build for the CUDA that this machine runs, or look at the driver"
    return [
        Failure(module, items[module].origin, f"no GPU: {says}", hint)
        for module, (works, says) in trial.gpu.items()
        if not works
    ]


def render(report: Report) -> str:
    """Return the report as a table for people."""
    count = len(report.imported)
    total = count + len([f for f in report.failed if f.module not in report.imported])
    if not total:
        rows = [f"nothing to import; Python {report.python} starts"]
    elif report.works:
        shown = ", ".join(report.imported[:_SHOWN])
        rows = [f"{count} modules import: {shown}" if count > 1 else f"{shown} imports"]
    elif report.failed:
        rows = [f"{count} of {total} modules import; these do not work:"]
        rows += _table(report.failed)
    else:
        rows = [f"{count} modules import, but what was installed does not fit together"]
    if report.notes:
        names = ", ".join(dict.fromkeys(f.module for f in report.notes))
        rows.append(f"the code can do without, and these do not import: {names}")
    rows += report.gpu
    if report.conflicts:
        rows += ["packages that do not fit together:", *(f"  {c}" for c in report.conflicts)]
    return "\n".join(rows)


def _table(failures: tuple[Failure, ...]) -> list[str]:
    wide = max(len(f.module) for f in failures)
    place = max(len(str(f.origin)) for f in failures)
    rows = []
    for failure in failures:
        rows.append(f"  {failure.module:{wide}}  {failure.origin!s:{place}}  {failure.why}")
        if failure.hint:
            rows.append(f"  {'':{wide}}  {'':{place}}  hint: {failure.hint}")
    return rows


def count(prefix: Path, shell: Shell) -> int:
    """Return how many packages are installed at ``prefix``, pip and setuptools included.

    conda packages are the records in ``conda-meta``; a distribution of Python that conda itself
    installed is one of them and not counted twice.
    """
    records = [e for e in shell.folder(prefix / "conda-meta") if e.suffix == ".json"]
    known = conflicts.installed(prefix, shell)
    return len(records) + len([d for d in known if not records or d.by not in {"conda", ""}])
