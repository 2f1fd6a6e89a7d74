"""The forward story: from a fresh clone to a proven environment.

:func:`up` is the whole of it, in order; every step is one function below, and each either goes
on or returns the :class:`~envboot.result.Result` that ends the story.
"""

from __future__ import annotations

import time
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

import envboot
from envboot import (
    activation,
    decide,
    engines,
    handover,
    infer,
    launchers,
    plan,
    survey,
    transaction,
    verify,
)
from envboot.console import YES_NO, Choice
from envboot.errors import AnswerNeeded, EnvbootError, FallsShort
from envboot.result import Environment, Result
from envboot.site import python_of
from envboot.spec import fingerprint, lines

if TYPE_CHECKING:
    from pathlib import Path

    from envboot.console import Console
    from envboot.plan import Plan
    from envboot.shell import Shell
    from envboot.survey import Assessment, Located, Request


def up(request: Request, shell: Shell, console: Console) -> Result:
    """Set up the environment of the repository at ``request.root``.

    Nothing is downloaded or written before the person's yes. Raises an EnvbootError for what
    ends the story early; a machine that falls short, a plan that waits for a yes, and an
    environment that does not work are results.
    """
    console.say("locating dependency files...")
    located = survey.locate(request, shell)
    _tell_files(located, console)
    existing = located.existing
    if existing and existing.up_to_date and not request.rebuild:
        return _already(request, located, shell, console)
    console.say("checking requirements...")
    assessment = survey.assess(request, located, shell)
    result = _result(located, assessment)
    if assessment.verdict.rows:
        console.say(decide.table(assessment.verdict))
    if assessment.short and not (request.anyway and assessment.engine):
        ended = _fall_short(request, assessment, result, shell, console)
        if ended:
            return ended
    assessment = _vacant(request, assessment, shell, console)
    result = _result(located, assessment)
    if request.manual or request.dry_run:
        _tell_plan(result, console)
        return result
    if not request.yes and not _consent(located, assessment, result, console):
        return replace(result, outcome="planned", exit_code=0)
    return _make(request, located, assessment, result, shell, console)


def check(request: Request, shell: Shell, console: Console, *, quiet: bool = False) -> Result:
    """Compare the machine with what is needed; change nothing. ``quiet``: no table on stdout."""
    console.say("locating dependency files...")
    located = survey.locate(request, shell)
    _tell_files(located, console)
    console.say("checking requirements...")
    assessment = survey.assess(request, located, shell)
    result = _result(located, assessment)
    if not quiet:
        rows = assessment.verdict.rows
        console.show(decide.table(assessment.verdict) if rows else "nothing is declared as needed")
    if not assessment.short:
        console.say("this machine meets the requirements")
        return result
    console.warn(assessment.verdict.sentence)
    return replace(result, outcome="falls-short", exit_code=FallsShort.exit_code)


def _tell_files(located: Located, console: Console) -> None:
    for file in located.found.files:
        console.say(f"  {file.path}: {file.role} ({file.why})")
    for notice in (*located.found.contradictions, *located.spec.notices):
        console.warn(str(notice))


def _already(request: Request, located: Located, shell: Shell, console: Console) -> Result:
    existing = located.existing
    assert existing is not None  # noqa: S101 - the caller looked
    stamp = existing.stamp
    activate = activation.line(existing.prefix, stamp.name, shell)
    console.say(f"{stamp.name} is up to date ({stamp.packages} packages in {existing.prefix})")
    console.say(f"to use it: {activate}")
    result = Result(
        "up-to-date",
        0,
        source=located.spec.source.path if located.spec.source else None,
        environment=Environment(
            str(existing.prefix), stamp.python, stamp.engine, stamp.name, stamp.packages
        ),
        activate=activate,
    )
    if request.subshell:
        handover.subshell(existing.prefix, stamp, shell, console)
    return result


def _result(located: Located, assessment: Assessment) -> Result:
    """Return the result as far as it is known before anything is done."""
    site, spec = assessment.site, assessment.spec
    here = None
    steps: tuple[str, ...] = ()
    if assessment.engine:
        existing = located.existing
        here = Environment(
            str(site.prefix),
            existing.stamp.python if existing else "",
            assessment.engine,
            site.name,
        )
        steps = _commands(assessment)
    return Result(
        "planned",
        0,
        source=spec.source.path if spec.source else None,
        environment=here,
        shortfalls=tuple(asdict(s) for s in assessment.verdict.shortfalls),
        ways=tuple(
            {"name": w.name, "here": w.here, "why_not": w.why_not or None} for w in assessment.ways
        ),
        files=tuple(asdict(f) for f in located.found.files),
        notices=tuple(str(n) for n in (*located.found.contradictions, *spec.notices)),
        changes=located.existing.changes if located.existing else (),
        plan=steps,
    )


def _commands(assessment: Assessment) -> tuple[str, ...]:
    engine = engines.family().get(assessment.engine or "")
    if engine is None:
        return ()
    steps = engine.plan(assessment.spec, assessment.site).steps
    written = tuple(plan.describe(s) for s in steps)
    return (
        *written,
        activation.line(assessment.site.prefix, assessment.site.name, assessment.site.shell),
    )


def _tell_plan(result: Result, console: Console) -> None:
    console.say("the plan, nothing of it was done:")
    for row in result.plan:
        console.say(f"  {row}")


# ------------------------------------------------------------------ the questions


def _fall_short(
    request: Request, assessment: Assessment, result: Result, shell: Shell, console: Console
) -> Result | None:
    """Say what is missing and ask for a way; None: go on here all the same."""
    console.warn(assessment.verdict.sentence)
    short = replace(result, outcome="falls-short", exit_code=FallsShort.exit_code)
    if request.launch:
        return _launch(request.launch, assessment, short, shell, console)
    if request.manual:
        _tell_plan(result, console)
        return short
    open_ways = [w for w in assessment.ways if _offered(w, assessment)]
    for way in assessment.ways:
        if not way.here or way.why_not:
            state = f"not possible: {way.why_not}" if way.why_not else f"`--launch {way.name}`"
            console.say(f"  {way.title}: {state}")
    if not console.interactive() or request.yes:
        flags = {"anyway": "--anyway", "manual": "--manual"}
        rows = ", ".join(f"`{flags[w.name]}` ({w.title})" for w in open_ways if w.name in flags)
        if rows:
            console.say(f"to go on: {rows}")
        return short
    choices = [Choice(w.name, w.title) for w in open_ways] + [Choice("stop", "stop here")]
    answer = console.choose(
        "how do you want to go on?", choices, flag="`--anyway`, `--manual` or `--launch NAME`"
    )
    if answer == "anyway":
        return None
    if answer == "manual":
        _tell_plan(result, console)
    elif answer != "stop":
        return _launch(answer, assessment, short, shell, console)
    return short


def _offered(way: decide.Way, assessment: Assessment) -> bool:
    if way.why_not or (way.here and way.name not in {"anyway", "manual"}):
        return False
    return way.name != "anyway" or assessment.engine is not None


def _launch(
    name: str, assessment: Assessment, short: Result, shell: Shell, console: Console
) -> Result:
    member = launchers.family().get(name)
    way = next((w for w in assessment.ways if w.name == name and not w.here), None)
    if member is None or way is None or way.why_not:
        why = way.why_not if way else "there is no launcher of that name"
        raise FallsShort(f"`{name}` cannot be used: {why}", hint="`--dry-run` lists the ways")
    steps: Plan = member.plan(assessment.spec, assessment.site)
    plan.carry_out(steps, shell, console.line, console.say)
    return replace(short, plan=tuple(plan.describe(s) for s in steps.steps))


def _vacant(request: Request, assessment: Assessment, shell: Shell, console: Console) -> Assessment:
    """Return the assessment with a prefix that is free or ours; what is not ours stays untouched."""
    prefix = assessment.site.prefix
    stamp = transaction.read_stamp(prefix, shell)
    if stamp and not survey.belongs(stamp, request.root, shell):
        why = f"{prefix} belongs to the repository at {stamp.root}"
    elif transaction.standing(prefix, shell) == "foreign":
        why = f"{prefix} is there already and was not made by envboot"
    else:
        return assessment
    other = prefix.with_name(f"{prefix.name}-envboot")
    while transaction.standing(other, shell):
        other = other.with_name(f"{other.name}-2")
    flag = f"`--prefix {other}`, or remove {prefix} if nobody needs it"
    if request.dry_run or request.manual:
        console.warn(f"{why}; it is never touched", hint=f"give another place: {flag}")
    elif request.yes or not console.interactive():
        raise AnswerNeeded(f"{why}; it is never touched", hint=f"give another place: {flag}")
    elif console.choose(f"{why}; use {other} instead?", YES_NO, flag=flag) == "no":
        raise AnswerNeeded(f"{why}; it is never touched", hint=f"give another place: {flag}")
    return replace(
        assessment,
        site=replace(assessment.site, prefix=other, name=f"{assessment.site.name}-envboot"),
    )


def _consent(located: Located, assessment: Assessment, result: Result, console: Console) -> bool:
    engine = engines.family().get(assessment.engine or "")
    title = getattr(engine, "TITLE", assessment.engine)
    existing = located.existing
    if existing:
        for row in existing.changes:
            console.say(f"  {row}")
        why = existing.broken or f"{result.source} changed since {existing.stamp.created}"
        question = f"{why}: update the environment `{assessment.site.name}` with {title}?"
    else:
        kind = "conda" if assessment.spec.is_conda else "Python"
        question = (
            f"This repository uses a {kind} environment, do you want to create "
            f"`{assessment.site.name}` in {assessment.site.prefix} with {title}?"
        )
    if not console.interactive():
        _tell_plan(result, console)
    return console.choose(question, YES_NO, flag="`--yes`", default="no") == "yes"


# ------------------------------------------------------------------ making it


def _make(
    request: Request,
    located: Located,
    assessment: Assessment,
    result: Result,
    shell: Shell,
    console: Console,
) -> Result:
    """Build beside, prove, swap, hand over; from here on things are written."""
    site, spec = assessment.site, assessment.spec
    log = shell.log_to(transaction.state_folder(site.prefix) / "log")
    console.say(f"log: {log}" if log else "no log: its folder cannot be written")

    def waiting(holder: str) -> None:
        console.say(f"waiting: another run is at work on {site.prefix} ({holder or 'unknown'})")

    with transaction.claim(site.prefix, shell, waiting) as held:
        now = survey.locate(request, shell)  # the run that we waited for may have made it
        if now.existing and now.existing.up_to_date and not request.rebuild:
            return _already(request, now, shell, console)
        if transaction.standing(site.prefix, shell) == "foreign":
            raise AnswerNeeded(
                f"{site.prefix} appeared meanwhile and was not made by envboot",
                hint="give another place with `--prefix`",
            )
        started = time.monotonic()
        report, result = _build(request, located, assessment, result, held, console)
        if not report.works and located.existing and located.existing.stamp.proved:
            console.warn(f"the environment that worked before is unchanged: {site.prefix}")
            return result
        handover.remember(request.root, site.prefix, site.name, shell, console)
    seconds = time.monotonic() - started
    console.say(
        f"{result.environment.packages if result.environment else 0} packages installed, done."
    )
    shell.log(f"done in {seconds:.1f} s")
    return handover.hand_over(request, spec, site, result, shell, console)


def _build(
    request: Request,
    located: Located,
    assessment: Assessment,
    result: Result,
    held: transaction.Claim,
    console: Console,
) -> tuple[verify.Report, Result]:
    site, spec, shell = assessment.site, assessment.spec, held.shell
    engine_name = assessment.engine or ""
    engine = engines.family().get(engine_name)
    assert engine is not None  # noqa: S101 - an assessment without an engine falls short
    relocatable = engine.RELOCATABLE and shell.platform.system != "Windows"
    started = time.monotonic()
    build = transaction.begin(held, relocatable=relocatable, fingerprint=fingerprint(spec))
    try:
        console.say("setting up....")
        steps = engine.plan(spec, replace(site, prefix=build))
        plan.carry_out(steps, shell, console.line, console.say)
        handover.extras(request, spec, site, build, shell, console)
        plan.carry_out(activation.variables(build, spec.variables, shell), shell, console.line)
        console.say("proving it...")
        report = verify.prove(
            infer.imports(request.root, shell),
            build,
            shell,
            spec=spec,
            root=request.root,
        )
        console.say(verify.render(report))
        python = verify.version(python_of(build, shell), shell)
        stamp = transaction.Stamp(
            fingerprint=fingerprint(spec),
            lines=tuple(lines(spec)),
            name=site.name,
            engine=engine_name,
            python=python,
            prefix=str(site.prefix),
            root=str(request.root),
            version=envboot.__version__,
            created=time.strftime("%Y-%m-%dT%H:%M:%S"),
            seconds=round(time.monotonic() - started, 1),
            packages=verify.count(build, shell),
            proved=report.works,
            variables=spec.variables,
        )
        keep_old = not report.works and located.existing and located.existing.stamp.proved
        if keep_old:
            transaction.abandon(held, build)
        else:
            transaction.publish(held, build, stamp)
    except BaseException as error:
        transaction.abandon(held, build)
        if isinstance(error, EnvbootError) and located.existing and not located.existing.broken:
            console.warn(f"the environment that worked before is unchanged: {site.prefix}")
        raise
    outcome = ("updated" if located.existing else "created") if report.works else "not-working"
    return report, replace(
        result,
        outcome=outcome,
        exit_code=0 if report.works else 8,
        environment=Environment(
            str(site.prefix), stamp.python, engine_name, site.name, stamp.packages
        ),
        report={
            "imported": list(report.imported),
            "failed": [asdict(f) for f in report.failed],
            "conflicts": list(report.conflicts),
        },
    )
