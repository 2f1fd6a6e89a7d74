"""What others see of the repository: asked about where only pushed commits get there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envboot import git
from envboot.console import Choice
from envboot.errors import AnswerNeeded, EnvbootError, NothingFound

if TYPE_CHECKING:
    from envboot.console import Console
    from envboot.git.published import Published
    from envboot.launching.outcome import Wish
    from envboot.request import Request
    from envboot.shell import Shell

_HINT = "`--push` pushes the commits first, `--as-pushed` goes on with what is there"


def settle(wish: Wish, request: Request, shell: Shell, console: Console) -> bool:
    """Name what others do not see, and have it pushed where the person wants that; False: stop.

    Raises NothingFound without a remote, AnswerNeeded with nobody to ask, and what a push can
    fail with. A dry run pushes nothing.
    """
    found = git.published(request.root, shell)
    if found is None:
        raise NothingFound(
            "others cannot get this repository: it has no remote, or no commit",
            hint="`git remote add origin URL`, or `gh repo create --source . --push`",
        )
    if not found.problems:
        return True
    console.warn("only what was pushed gets there:")
    for problem in found.problems:
        console.say(f"  {problem}")
    if request.dry_run:
        return True
    answer = _answer(wish, found, console)
    if answer == "stop":
        return False
    if answer == "push":
        _push(request, shell, console)
        found = git.published(request.root, shell) or found
    if not found.commit:
        raise EnvbootError(
            "nothing of this repository was pushed", hint="`--push` pushes the commits first"
        )
    return True


def _answer(wish: Wish, found: Published, console: Console) -> str:
    """Return push, on or stop."""
    if wish.push:
        return "push"
    if wish.as_pushed:
        return "on"
    may_push = "" if found.ahead or not found.commit else "there is no commit to push"
    nothing = "" if found.commit else "nothing was pushed yet"
    choices = (
        Choice("push", "push the commits and go on", may_push),
        Choice("on", "go on with what was pushed", nothing),
        Choice("stop", "stop here"),
    )
    if not console.interactive():
        raise AnswerNeeded("only a part of this repository was pushed", hint=_HINT)
    return console.choose(
        "how do you want to go on?", choices, flag="`--push` or `--as-pushed`", default="stop"
    )


def _push(request: Request, shell: Shell, console: Console) -> None:
    now = git.state(request.root, shell)
    if now is None:
        raise git.absent(request.root, shell)
    git.send(now, shell, console)
    console.say("pushed")
