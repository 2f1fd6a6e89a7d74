"""Build beside, prove, swap in: the deeds of the story, under the lock of the prefix."""

from __future__ import annotations

import time
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

import envboot
from envboot import activation, engines, handover, plan, remedies, transaction, verify
from envboot.errors import CommandFailed, EnvbootError, NotWorking
from envboot.result import Environment
from envboot.spec import fingerprint, lines

if TYPE_CHECKING:
    from envboot.console import Console
    from envboot.infer.facts import Scan
    from envboot.result import Result
    from envboot.site import Site
    from envboot.spec import EnvironmentSpec
    from envboot.survey import Assessment, Located, Request


def build(
    request: Request,
    located: Located,
    assessment: Assessment,
    scan: Scan,
    result: Result,
    held: transaction.Claim,
    console: Console,
) -> Result:
    """Return the result of making the environment; it is published, or nothing is left of it.

    Raises EnvbootError when a step fails; what worked before is then untouched, as it is when the
    new environment does not work.
    """
    site, spec, shell = assessment.site, assessment.spec, held.shell
    engine_name = assessment.engine or ""
    engine = engines.family().get(engine_name)
    assert engine is not None  # noqa: S101 - an assessment without an engine falls short
    relocatable = engine.RELOCATABLE and shell.platform.system != "Windows"
    started = time.monotonic()
    place = transaction.begin(held, relocatable=relocatable, fingerprint=fingerprint(spec))
    try:
        console.say("setting up....")
        steps = engine.plan(spec, replace(site, prefix=place))
        plan.carry_out(steps, shell, console.line, console.say)
        if request.notebook and request.kernel is not False:
            handover.bring_kernel(spec, site, place, shell, console)
        handover.extras(request, spec, site, place, shell, console)
        for notice in activation.checked(spec.variables)[1]:
            console.warn(str(notice))
        plan.carry_out(activation.variables(place, spec.variables, shell), shell, console.line)
        console.say("proving it...")
        report = verify.prove(
            scan,
            place,
            shell,
            spec=spec,
            root=request.root,
            gpu=False if request.anyway else None,  # a GPU that is known to be missing
            said=console.line,
        )
        console.say(verify.render(report))
        stamp = transaction.Stamp(
            fingerprint=fingerprint(spec),
            lines=tuple(lines(spec)),
            name=site.name,
            engine=engine_name,
            python=report.python,
            prefix=str(site.prefix),
            root=str(request.root),
            version=envboot.__version__,
            created=time.strftime("%Y-%m-%dT%H:%M:%S"),
            seconds=round(time.monotonic() - started, 1),
            packages=verify.count(place, shell),
            proved=report.works,
            variables=spec.variables,
            notebook=request.notebook.name if request.notebook else "",
        )
        if not report.works and located.existing and located.existing.stamp.proved:
            transaction.abandon(held, place)
            console.warn(f"the environment that worked before is unchanged: {site.prefix}")
        else:
            transaction.publish(held, place, stamp)
    except BaseException as caught:
        error = _explained(caught, engine, replace(site, prefix=place))
        if isinstance(error, CommandFailed) and not error.hint:  # asked while the disk is full
            said = (error.message, *error.tail)
            error.hint = remedies.remedy(said, site.prefix, shell, offline=request.offline)
        _tell_of_twin(error, spec, engine_name)
        transaction.abandon(held, place)
        if isinstance(error, EnvbootError) and located.existing and not located.existing.broken:
            console.warn(f"the environment that worked before is unchanged: {site.prefix}")
        if error is not caught:
            raise error from caught
        raise
    outcome = ("updated" if located.existing else "created") if report.works else "not-working"
    return replace(
        result,
        outcome=outcome,
        exit_code=0 if report.works else NotWorking.exit_code,
        environment=Environment(
            str(site.prefix), stamp.python, engine_name, site.name, stamp.packages
        ),
        report={
            "imported": list(report.imported),
            "failed": [asdict(f) for f in report.failed],
            "conflicts": list(report.conflicts),
        },
    )


def _explained(error: BaseException, engine: object, site: Site) -> BaseException:
    """Return the engine's own word on why its program failed; ``error`` where it has none."""
    explain = getattr(engine, "explain", None)
    if not isinstance(error, CommandFailed) or explain is None:
        return error
    said = explain(site)
    if isinstance(said, CommandFailed):
        said.log, said.returncode = error.log, error.returncode
    return said if isinstance(said, EnvbootError) else error


def _tell_of_twin(error: BaseException, spec: EnvironmentSpec, engine: str) -> None:
    """Add to the hint that the same packages are on the Python index, where no channel answered."""
    if not isinstance(error, CommandFailed) or not spec.twin or engine not in engines.FOR_CONDA:
        return
    if remedies.unreachable((error.message, *error.tail)):
        more = (
            f"{spec.twin} asks for the same packages of the Python package index: "
            "`--engine uv` or `--engine venv` takes it"
        )
        error.hint = f"{error.hint}; {more}" if error.hint else more
