"""What each yes is for, and which were given: nothing of a stranger's runs on another one's."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from envboot.console import YES_NO
from envboot.errors import AnswerNeeded, UsageError
from envboot.notebook.showing.doubting import SENDS
from envboot.notebook.unpacking import scripting

if TYPE_CHECKING:
    from envboot.console import Console
    from envboot.notebook.showing import Sight
    from envboot.notebook.unpacking.cloning import Clone


@dataclass(frozen=True)
class Agreed:
    """Which yes was given."""

    scripts: tuple[str, ...] = ()
    """These run after the set-up."""
    clone: bool = False


@dataclass(frozen=True)
class Flags:
    """What was given on the command line."""

    yes: bool = False
    exact: bool = False
    """What is there was approved by its digest, with all that it brings."""
    sets_up: bool = True
    """Not the files alone."""


def approved(sight: Sight, approve: str | None) -> bool:
    """Return whether ``--approve`` names exactly what is there. Raises UsageError: another one."""
    if not approve:
        return False
    given = re.sub(r"^sha256[:=]", "", approve.strip().lower())
    if given != sight.digest:
        raise UsageError(
            "`--approve` names another environment than the notebook carries; nothing was done",
            hint=f"look at it (`envboot notebook show`), then `--approve {sight.digest}`",
        )
    return True


def beyond(sight: Sight) -> tuple[str, ...]:
    """Return what setting up would do that a yes given beforehand does not cover, as sentences."""
    own = (f.name for f in sight.files if f.name.rsplit("/", 1)[-1] == "setup.py")
    sent = (w for f in sight.files for w in f.warnings if w.endswith(SENDS))
    return (*(f"{name}: setting up may run it" for name in own), *sent)


def ask(
    deed: str, sight: Sight, clone: Clone | None, flags: Flags, console: Console
) -> Agreed | None:
    """Ask what has to be asked; None: the main answer, or that to the clone, is no.

    ``deed`` is what the main question is about. Raises AnswerNeeded with nobody to ask.
    """
    if flags.exact:
        return Agreed(scripting.of(sight) if flags.sets_up else (), clone is not None)
    flag = f"`--approve {sight.digest}`"
    if not flags.yes and console.choose(f"{deed}?", YES_NO, flag="`--yes`", default="no") != "yes":
        return None
    nobody = flags.yes or not console.interactive()
    if flags.sets_up and nobody and (more := beyond(sight)):
        raise AnswerNeeded(
            f"{'; '.join(more)}: `--yes` is no yes for that",
            hint=f"{flag} approves of what is there, `--files-only` writes it and runs nothing",
        )
    if clone and nobody:
        raise AnswerNeeded(f"{clone.url} is fetched on a yes of its own", hint=f"give it as {flag}")
    if clone and not _own(
        f"fetch {clone.url} at {clone.commit} with git into {clone.place}? (nothing of it runs)",
        flag,
        console,
    ):
        return None
    scripts = []
    for name in scripting.of(sight) if flags.sets_up else ():
        question = f"run {name}, as it is shown above, once the environment is there?"
        if nobody:
            console.say(f"{name} is not run; {flag} runs it")
        elif _own(question, flag, console):
            scripts.append(name)
    return Agreed(tuple(scripts), clone is not None)


def _own(question: str, flag: str, console: Console) -> bool:
    return console.choose(question, YES_NO, flag=flag, default="no") == "yes"
