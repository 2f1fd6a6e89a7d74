"""What comes before a launcher's service is asked: a yes to strangers' names, a login, an SDK."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from envboot import plan as plans
from envboot.console import YES_NO
from envboot.errors import AnswerNeeded, EnvbootError, FallsShort
from envboot.launching import telling
from envboot.plan import Run

if TYPE_CHECKING:
    from envboot.console import Console
    from envboot.plan import Plan
    from envboot.request import Request
    from envboot.shell import Shell
    from envboot.site import Site
    from envboot.spec import EnvironmentSpec


def settle(
    member: Any,  # noqa: ANN401 - a module
    spec: EnvironmentSpec,
    site: Site,
    request: Request,
    shell: Shell,
    console: Console,
) -> bool:
    """Do what the launcher says has to come first, after a yes; False: the person does not want it.

    Raises AnswerNeeded with nobody there to say yes, or at a terminal that a step needs, and
    FallsShort where all of it was done and the launcher wants it again.
    """
    steps = _wanted(member, spec, site)
    if steps is None:
        return True
    console.say(f"before that: {steps.title}")
    for row in (*telling.steps(steps), *steps.told.splitlines()):
        console.say(f"  {row}")
    there = next((s for s in steps.steps if isinstance(s, Run) and s.terminal), None)
    if there and not console.interactive():
        raise AnswerNeeded(steps.title, hint=f"`{plans.describe(there)}`, at a terminal")
    if request.dry_run:
        raise AnswerNeeded(steps.title, hint="without `--dry-run` it is done, after a yes")
    if not request.yes:
        answer = console.choose("do you want that?", YES_NO, flag="`--yes`", default="no")
        if answer != "yes":
            return False
    plans.carry_out(steps, shell, console.line, console.say)
    again = _wanted(member, spec, site)
    if again is not None:
        raise FallsShort(f"it was done, and is asked for again: {again.title}")
    return True


def trusts(member: Any, site: Site, request: Request, console: Console) -> bool:  # noqa: ANN401 - a module
    """Return whether those may be asked whom only the repository names.

    Raises AnswerNeeded with nobody to ask: ``--yes`` is no answer to a stranger's file.
    """
    question = str(member.strangers(site)) if hasattr(member, "strangers") else ""
    if not question:
        return True
    if request.yes:
        raise AnswerNeeded(
            f"an answer is needed that `--yes` does not give: {question}",
            hint="name one yourself: `launch NAME WHERE`",
        )
    return console.choose(question, YES_NO, flag="`launch NAME WHERE`", default="no") == "yes"


def _wanted(member: Any, spec: EnvironmentSpec, site: Site) -> Plan | None:  # noqa: ANN401 - a module
    if not hasattr(member, "prepare"):
        return None
    try:
        steps: Plan | None = member.prepare(spec, site)
    except EnvbootError:
        raise
    except Exception as error:  # a plug-in may raise anything
        what = str(error) or type(error).__name__
        raise EnvbootError(f"the launcher cannot say what has to come first: {what}") from error
    return steps
