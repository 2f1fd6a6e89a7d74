"""The forward story: from a fresh clone to a proven environment.

:func:`up` is the whole of it, in order; every step is one function below, and each either goes
on or returns the :class:`~envboot.result.Result` that ends the story.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from envboot import decide, engines, plan, questions, survey, transaction
from envboot.activation import oneliner
from envboot.errors import AnswerNeeded, FallsShort
from envboot.result import Environment, Result
from envboot.shell import redact

if TYPE_CHECKING:
    from envboot.console import Console
    from envboot.infer.facts import Scan
    from envboot.plan import Step
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
        if not request.dry_run:  # a run that was killed last of all left the old one beside
            transaction.mend(existing.prefix, shell)
        return _already(request, located, shell, console)
    if existing and existing.broken:
        console.say(f"the environment at {existing.prefix} cannot be used: {existing.broken}")
    request, located = questions.as_of(request, located, shell, console)
    console.say("checking requirements...")
    assessment = survey.assess(request, located, shell)
    result = _result(located, assessment)
    if assessment.verdict.rows:
        console.say(decide.table(assessment.verdict))
    questions.tell_cuda(assessment, console)
    if request.launch and not assessment.short:
        console.say("this machine is enough, so nothing is launched: `launch NAME` goes elsewhere")
    if assessment.short and not (request.anyway and assessment.engine):
        ended = questions.fall_short(request, assessment, result, shell, console)
        if ended:
            return ended
    assessment = questions.vacant(request, assessment, shell, console)
    result = _result(located, assessment)
    for change in result.changes:
        console.say(f"  {change}")
    if request.manual or request.dry_run:
        questions.tell_plan(result, console)
        return result
    return _agreed(request, located, assessment, result, shell, console)


def _agreed(
    request: Request,
    located: Located,
    assessment: Assessment,
    result: Result,
    shell: Shell,
    console: Console,
) -> Result:
    """Ask for the yes, with the choice of the engine where there is one, and go on after it."""
    engine = assessment.engine
    if not (request.yes or request.agreed):
        engine = questions.consent(request, located, assessment, result, console)
    if not engine:
        console.say("nothing was done")
        return replace(result, outcome="planned", exit_code=0)
    assessment = replace(assessment, engine=engine)
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
    activate = oneliner.line(existing.prefix, stamp.name, shell)
    console.say(f"{stamp.name} is up to date ({stamp.packages} packages in {existing.prefix})")
    if located.spec.as_of:
        console.say(f"as of {located.spec.as_of[:10]}, as before: `--as-of now` leaves that")
    console.say(f"to use it: {activate}")
    if located.spec.next:
        console.say(f"next, as this repository suggests: {located.spec.next}")
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
        from envboot import handover

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
    return (
        *(_in_full(s) for s in steps),
        oneliner.line(assessment.site.prefix, assessment.site.name, assessment.site.shell),
    )


def _in_full(step: Step) -> str:
    """Return a step as one could do it by hand: a file with what goes into it."""
    line = plan.describe(step)
    if isinstance(step, plan.Write) and isinstance(step.text, str):
        rows = redact(step.text).splitlines()
        line += ", which says:" + "".join(f"\n    {row}" for row in rows)
    return line


def _make(
    request: Request,
    located: Located,
    assessment: Assessment,
    result: Result,
    shell: Shell,
    console: Console,
) -> Result:
    """Build beside, prove, swap, hand over; from here on things are written."""
    from envboot import handover, making  # half of envboot, and the question does not need it

    site, spec = assessment.site, assessment.spec
    log = shell.log_to(transaction.state_folder(site.prefix) / "log")
    console.say(f"log: {log}" if log else "no log: its folder cannot be written")

    again = transaction.unfinished(site.prefix, shell)  # what was killed may yet be ended well

    def waiting(holder: str) -> None:
        nonlocal again
        again = True
        console.say(f"waiting: another run is at work on {site.prefix} ({holder or 'unknown'})")

    before = located.existing.stamp if located.existing else None
    with transaction.claim(site.prefix, shell, waiting) as held:
        now = transaction.read_stamp(site.prefix, shell)
        if again or (now and now != before):  # what we were about to make may be there now
            located = survey.locate(request, shell)
            if located.existing and located.existing.up_to_date and not request.rebuild:
                return _already(request, located, shell, console)
        if transaction.standing(site.prefix, shell) == "foreign":
            raise AnswerNeeded(
                f"{site.prefix} appeared meanwhile and was not made by envboot",
                hint="give another place with `--prefix`",
            )
        scan = _imports(request, shell)
        result = making.build(request, located, assessment, scan, result, held, console)
        kept = result.exit_code and located.existing is not None
        if not kept and request.notebook is None:  # whose own environment is found by its name
            handover.remember(site, shell, console)
    packages = result.environment.packages if result.environment else 0
    if result.exit_code:
        console.warn(
            "the new environment does not work" + ("" if kept else "; it is kept to look at"),
            hint="the table above says what is missing; mend the dependency files and try again",
        )
        return result
    console.say(f"{packages} package{'' if packages == 1 else 's'} installed, done.")
    return handover.hand_over(request, spec, site, scan, result, shell, console)


def _imports(request: Request, shell: Shell) -> Scan:
    """Return what the repository imports, or the notebook alone: that is then all production.

    What lies around a notebook in no repository may be a whole home, so that it is not walked.
    """
    from envboot import infer

    notebook = request.notebook
    if notebook is None:
        return infer.imports(request.root, shell)
    places = (request.root, *request.root.parents)
    root = next((p for p in places if shell.kind(p / ".git")), None)
    scan = infer.imports(root or request.root, shell, only=notebook, wide=root is not None)
    modules = (m if m.label == "guarded" else replace(m, label="production") for m in scan.modules)
    return replace(scan, modules=tuple(modules))
