"""The reverse of ``up``: the environment, its kernel and its state go; nothing else does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envboot import kernel, plan, survey, transaction
from envboot.conda import environments
from envboot.console import YES_NO
from envboot.errors import AnswerNeeded, NothingFound
from envboot.plan import Plan, Remove
from envboot.result import Environment, Result

if TYPE_CHECKING:
    from pathlib import Path

    from envboot.console import Console
    from envboot.plan import Step
    from envboot.shell import Shell
    from envboot.survey import Existing, Request
    from envboot.transaction import Stamp


def remove(request: Request, existing: Existing | None, shell: Shell, console: Console) -> Result:
    """Remove the environment that envboot made for this repository, after a yes.

    Raises NothingFound when there is none; what envboot did not make is never removed.
    """
    if existing is None:
        hint = "an environment made by hand is removed by hand"
        for place in survey.of_notebooks(request.root, shell)[:1]:
            hint = f"a notebook's own is named: `--prefix {place}`"
        raise NothingFound(f"{request.root} has no environment that envboot made", hint=hint)
    prefix, stamp = existing.prefix, existing.stamp
    steps = _steps(prefix, stamp, request.root, shell)
    rows = (f"remove {prefix}", *(plan.describe(s) for s in steps.steps))
    here = Environment(str(prefix), stamp.python, stamp.engine, stamp.name, stamp.packages)
    result = Result("planned", 0, environment=here, plan=rows)
    for row in rows:
        console.say(f"  {row}")
    if request.dry_run:
        return result
    if not request.yes:
        question = f"remove the environment `{stamp.name}` at {prefix}?"
        try:
            answer = console.choose(question, YES_NO, flag="`--yes`", default="no")
        except AnswerNeeded:
            console.say("nothing was removed")
            raise
        if answer == "no":
            return result
    with transaction.claim(prefix, shell, lambda who: console.say(f"waiting for {who}")) as held:
        transaction.discard(held)
        plan.carry_out(steps, shell, console.line)
    console.say(f"`{stamp.name}` is removed.")
    return Result("removed", 0, environment=here, plan=rows)


def _steps(prefix: Path, stamp: Stamp, root: Path, shell: Shell) -> Plan:
    steps: list[Step] = [Remove(path) for path in kernel.registered(prefix, shell)]
    if not stamp.notebook:  # a notebook's is not what the repository remembers
        steps.append(Remove(survey.pointer(root)))
    link = shell.target(prefix)
    steps += environments.forgotten((prefix, *([link] if link else [])), shell)
    return Plan("remove the environment", tuple(steps))
