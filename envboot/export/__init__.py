"""``envboot export``: the task file of an engine that somebody uses already.

sky: SkyPilot's task; devcontainer: ``.devcontainer/devcontainer.json``; sbatch: a script for Slurm.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from envboot import jobs, needs, plan, survey
from envboot.console import YES_NO
from envboot.errors import EnvbootError
from envboot.plan import Plan, Write
from envboot.shell import redact

if TYPE_CHECKING:
    import argparse

    from envboot.console import Console
    from envboot.request import Request
    from envboot.result import Outcome
    from envboot.shell import Shell
    from envboot.spec import EnvironmentSpec

KINDS = ("sky", "devcontainer", "sbatch")
PLACES = {
    "sky": "sky.yaml",
    "devcontainer": ".devcontainer/devcontainer.json",
    "sbatch": "job.sbatch",
}
"""Where each is written, below the repository, unless somebody says otherwise."""
_LARGEST = 1 << 22  # bytes of a file that is compared before it is replaced


@dataclass(frozen=True)
class Exported:
    """What came of it."""

    outcome: str
    """exported | planned | unchanged | declined"""
    exit_code: int
    kind: str
    """sky | devcontainer | sbatch"""
    target: str
    """The file, absolute; ``-``: it was printed."""
    text: str = ""
    """All of the file."""
    plan: tuple[str, ...] = ()


@dataclass(frozen=True)
class Draft:
    """A file as it should be."""

    text: str
    place: str
    """POSIX, below the repository."""
    ours: bool = False
    """What is there was written by envboot, and by nobody since."""


def export(
    options: argparse.Namespace, request: Request, shell: Shell, console: Console
) -> Outcome:
    """Write the file that ``options.kind`` names, or print it where ``options.output`` is ``-``.

    Raises NothingFound and InvalidFile as setting up does, AnswerNeeded where a file would be
    replaced and nobody said so, EnvbootError where a link leads out of the repository.
    """
    file = options.output if options.output not in {None, "-"} else PLACES[options.kind]
    draft = _draft(options.kind, PurePath(file).name, request, shell, console)
    lacking = jobs.packed(request.root, shell)
    if lacking:
        console.warn(f"the file runs `python3 setup.py`: {lacking}")
    target = _target(options.output, draft, request, shell)
    shown = redact(draft.text, shell.environ)
    found = Exported("exported", 0, options.kind, str(target or "-"), shown)
    if target is None:
        if not options.json:
            console.show(draft.text)
        return found
    step = Write(target, draft.text)
    before = shell.read(target, _LARGEST)
    if before == draft.text.encode():
        console.say(f"{target} says so already")
        return replace(found, outcome="unchanged")
    if request.dry_run:
        if not options.json:
            console.show(shown)
        return replace(found, outcome="planned", plan=(plan.describe(step),))
    if shell.kind(target) and not (options.force or request.yes or draft.ours):
        question = f"{target} is there already, and says other things: replace it?"
        if console.choose(question, YES_NO, flag="`--force`", default="no") == "no":
            console.say("nothing was written")
            return replace(found, outcome="declined")
    plan.carry_out(Plan("export", (step,)), shell, console.line)
    console.say(f"{target} is written")
    console.say(f"to use it: {_HINTS[options.kind].format(shlex.quote(target.name))}")
    return found


_HINTS = {
    "sky": "`sky launch {0}`, from the repository's own folder",
    "devcontainer": "commit it; VS Code, Codespaces and `devcontainer up` find it",
    "sbatch": "`sbatch --test-only {0}`, then `sbatch {0}`, from the repository's own folder",
}


def _draft(kind: str, file: str, request: Request, shell: Shell, console: Console) -> Draft:
    """Return the file of that kind; ``file`` is how it will be called."""
    if kind == "devcontainer":
        from envboot.export import devcontainer

        return devcontainer.draft(request, shell, console)
    spec = _spec(request, shell)
    if kind == "sky":
        from envboot.export import sky

        return Draft(sky.text(spec, spec.name or request.root.name, file=file), PLACES[kind])
    from envboot.launchers.slurm import script

    name, command = spec.name or request.root.name, ("sh", "-c", spec.next) if spec.next else ()
    return Draft(script.text(spec.needs, name, command=command, file=file), PLACES[kind])


def _spec(request: Request, shell: Shell) -> EnvironmentSpec:
    """Return what the repository declares, with what its packages imply."""
    located = survey.locate(request, shell)
    return needs.complete(replace(located.spec, name=located.name or located.spec.name))


def _target(given: str | None, draft: Draft, request: Request, shell: Shell) -> Path | None:
    """Return the file to write, None for standard output. Raises EnvbootError for a folder."""
    if given == "-":
        return None
    target = Path(given).expanduser().absolute() if given else request.root / draft.place
    if shell.kind(target) == "folder":
        raise EnvbootError(f"{target} is a folder", hint=f"`--output {target / 'FILE'}`")
    return target
