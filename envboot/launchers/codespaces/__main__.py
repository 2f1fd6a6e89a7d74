"""The child that talks to GitHub: ``python -m envboot.launchers.codespaces WHAT …``.

Started by ``plan.child``: it alone reads a token, from the environment or from gh. Looks
(``ready``, ``sizes``, ``look``) print JSON on standard output, errors too; deeds (``create``,
``stop``, ``delete``) print lines for the person, and end with a status.
"""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING, Any

from envboot import index
from envboot.errors import EnvbootError
from envboot.launchers.codespaces import github, signing_in
from envboot.launchers.codespaces.rest import Api
from envboot.launchers.codespaces.sentences import Trouble
from envboot.launchers.codespaces.service import Wanted, service
from envboot.shell import quiet
from envboot.shell.local import LocalShell

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from envboot.shell import Shell

LOOKS = ("ready", "sizes", "look")
DEEDS = ("create", "stop", "delete")


class Unsigned(Trouble):
    """Nobody is signed in to GitHub here."""


def api(shell: Shell, said: Callable[[str], None] = quiet, *, tries: int = 0) -> Api:
    """Return GitHub's API for whoever is signed in. Raises Unsigned, UsageError."""
    at = service(shell.environ)
    token = signing_in.found(at, shell)
    if token is None:
        how = f"`{' '.join(signing_in.login(at))}`"
        if shell.which("gh") is None:
            how = "a token in GH_TOKEN, or the GitHub CLI `gh`: https://cli.github.com"
        raise Unsigned(f"nobody is signed in to {at.host}", hint=how)
    more = {"tries": tries} if tries else {}
    return Api(at, token, index.settings(shell), said, **more)


def seen(given: argparse.Namespace, shell: Shell) -> dict[str, Any]:
    """Return the answer to a look, for JSON."""
    if given.what == "ready":
        # once: `sizes` follows, and is patient
        github.machines(api(shell, tries=1), given.repository, given.branch)
        return {}
    if given.what == "sizes":
        return github.sizes(api(shell), given.repository, given.branch)
    return {"codespace": github.look(api(shell), given.name, given.display)}


def do(given: argparse.Namespace, shell: Shell) -> None:
    """Carry out a deed. Raises EnvbootError, Trouble."""
    if given.what != "create":
        github.end(api(shell, say), given.what, given.name, given.display, say)
        return
    wanted = Wanted(given.repository, given.branch, given.machine, given.devcontainer, given.geo)
    order = github.Order(wanted, given.display, given.idle, bool(given.without_permissions))
    github.create(api(shell, say), order, say)


def main(arguments: Sequence[str]) -> int:
    """Do what the parent asks for."""
    given = _parser().parse_args(arguments)
    shell = LocalShell()
    try:
        if given.what in DEEDS:
            do(given, shell)
            return 0
        said = seen(given, shell)
    except (EnvbootError, Trouble) as error:
        if given.what in DEEDS:
            say(error.message + (f"\nhint: {error.hint}" if error.hint else ""))
            return error.exit_code
        said = {
            "error": error.message,
            "hint": error.hint,
            "unsigned": isinstance(error, Unsigned),
            "remedy": error.remedy if isinstance(error, Trouble) else "",
        }
    except KeyboardInterrupt:
        return 130
    say(json.dumps(said))
    return 0


def say(line: str) -> None:
    """Print a line for the parent, at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m envboot.launchers.codespaces")
    parser.add_argument("what", choices=(*LOOKS, *DEEDS))
    for name in ("repository", "branch", "machine", "devcontainer", "geo", "display", "name"):
        parser.add_argument(f"--{name}", default="")
    parser.add_argument("--idle", type=int, default=0)
    parser.add_argument("--without-permissions", choices=("yes",), default="")
    return parser


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
