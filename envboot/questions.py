"""The questions of the story: what is asked, when, and what each answer means.

Every question has a flag; without a person and without the flag the answer is never yes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from envboot import cuda, decide, engines, survey, transaction
from envboot.console import YES_NO, Choice
from envboot.errors import AnswerNeeded, FallsShort
from envboot.spec import MOMENT
from envboot.survey import durations, past

if TYPE_CHECKING:
    from collections.abc import Mapping

    from envboot.console import Console
    from envboot.result import Result
    from envboot.shell import Shell
    from envboot.survey import Assessment, Located, Request


def tell_plan(result: Result, console: Console) -> None:
    """Say what would be done."""
    console.say("the plan, nothing of it was done:")
    for row in result.plan:
        console.say(f"  {row}")


def as_of(
    request: Request, located: Located, shell: Shell, console: Console
) -> tuple[Request, Located]:
    """Offer what worked when the files were last touched, where they are old and pin little.

    With nobody to ask the flag is named, and nothing taken.
    """
    spec = located.spec
    then = "" if located.existing else past.offered(request, spec, shell)
    if not then:
        return request, located
    day, said = then[:10], past.question(spec, then)
    if request.yes or request.dry_run or request.manual or not console.interactive():
        console.say(f"{said}: `--as-of {day}` sets up what worked then")
        return request, located
    question = f"{said}: set up the environment as of then?"
    if console.choose(question, YES_NO, flag=f"`--as-of {day}`", default="yes") == "no":
        return request, located
    return replace(request, as_of=day), replace(located, spec=replace(spec, as_of=then))


def tell_cuda(assessment: Assessment, console: Console) -> None:
    """Say which build of the frameworks this computer gets, and why, where that is decided."""
    of_conda = assessment.engine in engines.FOR_CONDA
    if assessment.engine not in {"uv", "venv"} and not (of_conda and assessment.spec.is_conda):
        return
    if of_conda and cuda.family(assessment.spec):
        return  # what pip brings to conda's packages comes from the index, as it is
    choice = cuda.decided(assessment.spec, assessment.site)
    if choice.why:
        console.say(choice.why)
    if choice.problem:
        console.warn(choice.problem, hint=choice.hint)


def fall_short(
    request: Request, assessment: Assessment, result: Result, shell: Shell, console: Console
) -> Result | None:
    """Say what is missing and ask for a way; None: go on here all the same."""
    console.warn(assessment.verdict.sentence)
    short = replace(result, outcome="falls-short", exit_code=FallsShort.exit_code)
    if request.launch:
        return _launch(request.launch, request, assessment, short, shell, console)
    if request.manual:
        tell_plan(result, console)
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
        tell_plan(result, console)
    elif answer != "stop":
        return _launch(answer, request, assessment, short, shell, console)
    return short


def _offered(way: decide.Way, assessment: Assessment) -> bool:
    if way.why_not or (way.here and way.name not in {"anyway", "manual"}):
        return False
    return way.name != "anyway" or assessment.engine is not None


def _launch(
    name: str,
    request: Request,
    assessment: Assessment,
    short: Result,
    shell: Shell,
    console: Console,
) -> Result:
    """Go elsewhere; what came of it there is the result here."""
    from envboot import launching  # the other half of envboot: rarely needed

    done = launching.launch(launching.Wish(name), request, assessment, shell, console)
    there = {
        "launcher": done.launcher,
        "handle": done.handle,
        "state": done.state,
        "link": done.link,
        "result": done.result,
    }
    if done.outcome == "planned":
        there = {}
    outcome = "planned" if done.outcome == "planned" else "launched"
    return replace(
        short,
        outcome=outcome,
        exit_code=done.exit_code,
        plan=done.plan,
        error=done.error,
        launched=there or None,
    )


def vacant(request: Request, assessment: Assessment, shell: Shell, console: Console) -> Assessment:
    """Return the assessment with a prefix that is free or ours; others' stay untouched."""
    prefix = assessment.site.prefix
    stamp = transaction.read_stamp(prefix, shell)
    if stamp and not survey.belongs(stamp, request.root, shell):
        why = f"{prefix} belongs to the repository at {stamp.root}"
    elif stamp and survey.committed(prefix, request.root, shell):
        why = f"{prefix} came with the repository; this computer did not make it"
    elif transaction.standing(prefix, shell) == "foreign":
        why = f"{prefix} is there already and was not made by envboot"
    else:
        return assessment
    other = prefix.with_name(f"{prefix.name}-envboot")
    while transaction.standing(other, shell):
        other = other.with_name(f"{other.name}-2")
    flag = f"`--prefix {other}`, or remove {prefix} if nobody needs it"
    untouched = AnswerNeeded(f"{why}; it is never touched", hint=f"give another place: {flag}")
    if request.dry_run or request.manual:
        console.warn(untouched.message, hint=untouched.hint)
    else:
        asked = not request.yes and console.interactive()
        question = f"{why}; use {other} instead?"
        if not asked or console.choose(question, YES_NO, flag=flag) == "no":
            raise untouched
    return replace(
        assessment,
        site=replace(assessment.site, prefix=other, name=f"{assessment.site.name}-envboot"),
    )


def consent(
    request: Request, located: Located, assessment: Assessment, result: Result, console: Console
) -> str:
    """Ask the main question; return the engine that is to do it, "" for no.

    Where both conda and our own conda engine can, the person chooses. With nobody to ask the plan
    is said and AnswerNeeded raised.
    """
    name = assessment.engine or ""
    engine = engines.family().get(name)
    title, note = getattr(engine, "TITLE", name), _note(engine, assessment)
    existing = located.existing
    if existing:
        changed = f"{result.source} changed since {existing.stamp.created}"
        if existing.changes and all(row[2:].startswith(MOMENT) for row in existing.changes):
            changed = "another date is asked for"
        why = existing.broken or (changed if existing.changes else "it is up to date")
        deed = f"{why}: update the environment `{assessment.site.name}`"
    else:
        kind = "conda" if assessment.spec.is_conda else "Python"
        deed = (
            f"This repository uses a {kind} environment, do you want to create "
            f"`{assessment.site.name}` in {assessment.site.prefix}"
        )
    if not console.interactive():
        tell_plan(result, console)
    other = _other(request, assessment)
    if not other or not console.interactive():
        question = f"{deed} with {title}?{note}"
        return (
            name if console.choose(question, YES_NO, flag="`--yes`", default="no") == "yes" else ""
        )
    times = durations.taken(request.root, assessment.site.shell)
    second = engines.family().get(other)
    theirs = f"{getattr(second, 'TITLE', other)}{_last(times, other)}{_note(second, assessment)}"
    choices = (
        Choice("yes", f"yes, with {title}{_last(times, name)}{note}"),
        Choice(other, f"yes, with {theirs}"),
        Choice("no", "no"),
    )
    flag = f"`--yes`, or `--yes --engine {other}`"
    answer = console.choose(f"{deed}?", choices, flag=flag, default="no")
    return {"yes": name, "no": ""}.get(answer, answer)


def _other(request: Request, assessment: Assessment) -> str:
    """Return the other engine for conda packages that could do it, "" where there is no choice."""
    if request.engine or assessment.engine not in engines.FOR_CONDA:
        return ""
    can = {w.name for w in assessment.ways if w.here and not w.why_not}
    return next((n for n in engines.FOR_CONDA if n != assessment.engine and n in can), "")


def _last(times: Mapping[str, float], engine: str) -> str:
    return f" ({durations.said(times[engine])} last time)" if engine in times else ""


def _note(engine: object, assessment: Assessment) -> str:
    """Return what an engine wants known before the yes, in brackets."""
    note = getattr(engine, "note", None)
    text = note(assessment.site) if note else ""
    return f" ({text})" if text else ""
