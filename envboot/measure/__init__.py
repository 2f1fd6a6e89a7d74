"""``envboot measure -- command``: what it needed of the computer, and the needs to write for it."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from envboot import activation, plan, survey
from envboot.console import YES_NO
from envboot.errors import Interrupted, NothingFound, UsageError
from envboot.measure import figures, gpus
from envboot.needs import evidence
from envboot.plan import Plan
from envboot.shell import redact
from envboot.site import python_of

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping
    from pathlib import Path

    from envboot.console import Console
    from envboot.result import Outcome
    from envboot.shell import Shell, Usage
    from envboot.survey import Existing, Request

_LONGEST = 100  # characters of a command in a comment


@dataclass(frozen=True)
class Measured:
    """What came of it; sizes are bytes, None where one could not be learnt."""

    outcome: str
    """measured | written | declined | planned | failed | interrupted"""
    exit_code: int
    """The command's own, unless that is 0."""
    command: str
    memory: int | None = None
    gpu_memory: int | None = None
    written: int | None = None
    """New in the repository and in the folder for temporary files."""
    environment: int | None = None
    """Of the repository's environment, where it has one."""
    seconds: float = 0.0
    cpu_seconds: float | None = None
    processes: int = 0
    needs: tuple[dict[str, str], ...] = ()
    """key and text of each need that is offered."""
    file: str = ""
    """Where they were, or would be, written."""
    plan: tuple[str, ...] = ()


def measure(
    options: argparse.Namespace, request: Request, shell: Shell, console: Console
) -> Outcome:
    """Run ``options.argv``, watch its process tree, and offer to write needs with a margin.

    A command that fails keeps its exit code, and nothing is offered. Raises UsageError without a
    command, NothingFound for one that does not exist.
    """
    argv = options.argv[1:] if options.argv[:1] == ["--"] else options.argv
    if not argv:
        raise UsageError("measure what?", hint="`measure -- COMMAND [ARG ...]`")
    existing = survey.standing(request, shell)
    prefix = _usable(existing, shell)
    environ = dict(shell.environ)
    if existing and prefix:
        environ = activation.environ(prefix, existing.stamp.variables, shell)
    program = shell.which_in(argv[0], environ.get("PATH", ""))
    if program is None:
        raise NothingFound(f"there is no program `{argv[0]}`", hint="is it on PATH?")
    where = f"inside {prefix}" if prefix else "without an environment: this repository has none yet"
    command = redact(" ".join(shlex.quote(word) for word in argv), shell.environ)
    command = command if len(command) <= _LONGEST else command[: _LONGEST - 2] + " …"
    console.say(f"measuring `{command}`, {where}")
    if request.dry_run:
        return Measured("planned", 0, command, plan=(command,))
    took = figures.Taken(
        *_watched((str(program), *argv[1:]), environ, request, shell, aside=options.json),
        sum(shell.sizes(prefix).values()) if prefix else None,
    )
    for row in figures.table(took):
        console.say(row)
    found = Measured(
        "measured",
        took.usage.status,
        command,
        took.usage.memory,
        took.usage.gpu_memory,
        took.written,
        took.environment,
        round(took.usage.seconds, 3),
        took.usage.cpu,
        took.usage.processes,
    )
    if took.usage.interrupted:
        console.say("interrupted: nothing is offered")
        return replace(found, outcome="interrupted", exit_code=Interrupted.exit_code)
    if took.usage.status:
        console.say(f"the command ended with status {took.usage.status}: nothing is offered")
        return replace(found, outcome="failed")
    return _offered(found, took, request, shell, console)


def _usable(existing: Existing | None, shell: Shell) -> Path | None:
    """Return the prefix of the environment that the repository has, and that has a Python."""
    if existing is None or shell.kind(python_of(existing.prefix, shell)) != "file":
        return None
    return existing.prefix


def _watched(
    argv: tuple[str, ...],
    environ: Mapping[str, str],
    request: Request,
    shell: Shell,
    *,
    aside: bool,
) -> tuple[Usage, int]:
    """Return what the command took, and the bytes that it left in files."""
    places = figures.places(request.root, shell)
    before = [shell.sizes(place) for place in places]
    usage = shell.watch(argv, environ, None, gpu=gpus.asking(shell), aside=aside)
    after = [shell.sizes(place) for place in places]
    return usage, sum(figures.grown(*pair) for pair in zip(before, after))


def _offered(
    found: Measured, took: figures.Taken, request: Request, shell: Shell, console: Console
) -> Measured:
    """Offer the needs, and write them after a yes."""
    from envboot.package import wanted  # all of packing: not before the command has run
    from envboot.package.changes import diff

    needs = figures.needs(took, found.command)
    rows = tuple({"key": n.key, "text": evidence.written(n)} for n in needs)
    found = replace(found, needs=rows)
    if not needs:
        console.say("that is too little to be written down")
        return found
    declared = {n.key: n for n in wanted.standing(request.root, shell) if n.level == "minimum"}
    for need in needs:
        old = declared.get(need.key)
        if old and old.evidence == "declared":
            there = f"{need.key} is declared as {old.text} ({old.origin}), and stays"
            console.say(f"{there}; measured, with a margin: {evidence.written(need)}")
    changes = wanted.write(request.root, needs, shell, keep=True)
    if not changes:
        console.say("nothing has to be written")
        return found
    found = replace(found, file=changes[0].path)
    console.say(diff(changes[0]))
    if not request.yes:
        question = f"write this into {changes[0].path}?"
        if not console.interactive():
            console.say("nothing was written; `--yes` writes it")
            return found
        if console.choose(question, YES_NO, flag="`--yes`", default="no") == "no":
            return replace(found, outcome="declined")
    plan.carry_out(
        Plan("measure", tuple(c.step(request.root) for c in changes)), shell, console.line
    )
    console.say(f"  {changes[0].path}: written")
    if shell.kind(request.root / ".envboot" / "envboot.pyz"):
        console.say("`envboot package-env` renews the copy in setup.py")
    return replace(found, outcome="written")
