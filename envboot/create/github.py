"""Putting a new repository on GitHub, through GitHub's own command ``gh``.

gh holds the credentials; none passes through here. Source: ``gh help repo create``.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from envboot.console import Choice
from envboot.errors import CommandFailed

if TYPE_CHECKING:
    from pathlib import Path

    from envboot.console import Console
    from envboot.shell import Shell

SECONDS = 20.0
_SILENT = {"GH_PROMPT_DISABLED": "1", "GH_NO_UPDATE_NOTIFIER": "1", "GH_PAGER": "cat"}
_PUSHING = {"GIT_TERMINAL_PROMPT": "0", "LANGUAGE": "en"}


@dataclass(frozen=True)
class Wish:
    """How a repository is to be on GitHub."""

    visibility: str
    """public | private"""
    owner: str = ""
    """An organisation; "": the person who is signed in."""

    def argv(self, name: str) -> tuple[str, ...]:
        """Return the command that does it, to be run inside the repository."""
        full = f"{self.owner}/{name}" if self.owner else name
        rest = ("--source", ".", "--remote", "origin", "--push")
        return ("gh", "repo", "create", full, f"--{self.visibility}", *rest)


def why_not(shell: Shell) -> str:
    """Return why gh cannot do it now, as a sentence; "" when it can."""
    if shell.which("gh") is None:
        return "`gh` is not installed (https://cli.github.com)"
    host = shell.environ.get("GH_HOST") or "github.com"
    argv = ("gh", "auth", "status", "--hostname", host)
    said = shell.query(argv, timeout=SECONDS, env=_SILENT)
    return "" if said.out is not None else f"`gh` is not signed in to {host}"


def asked(shell: Shell, console: Console) -> Wish | None:
    """Ask a person whether, and as whose, it is to be on GitHub; None: it is not."""
    answer = console.choose(
        "put it on GitHub too?",
        (
            Choice("private", "yes, for me and those whom I invite"),
            Choice("public", "yes, for everybody"),
            Choice("no", "no, it stays here"),
        ),
        flag="`--private`, `--public` or `--no-github`",
        default="no",
    )
    if answer == "no":
        return None
    logins = organisations(shell)
    if not logins:
        return Wish(answer)
    # Their names cannot begin with a blank: no organisation is mistaken for oneself.
    mine = Choice(" me", "mine")
    choices = (mine, *(Choice(login, login) for login in logins))
    whose = console.choose("whose is it?", choices, flag="`--organisation NAME`", default=mine.name)
    return Wish(answer, "" if whose == mine.name else whose)


def organisations(shell: Shell) -> tuple[str, ...]:
    """Return the organisations of the person who is signed in; () when GitHub does not say."""
    argv = ("gh", "api", "--paginate", "user/orgs", "--jq", ".[].login")
    said = shell.query(argv, timeout=SECONDS, env=_SILENT)
    return tuple(sorted((said.out or "").split()))


def commands(target: Path, wish: Wish | None) -> tuple[str, ...]:
    """Return the three commands that do it by hand."""
    argv = (wish or Wish("private")).argv(target.name)
    return ("gh auth login", f"cd {shlex.quote(str(target))}", shlex.join(argv))


def publish(target: Path, wish: Wish, shell: Shell, console: Console) -> str:
    """Make it on GitHub and push the first commit; return its address.

    Raises CommandFailed that says how far it came: the repository here is whole in any case.
    """
    rows: list[str] = []

    def said(row: str) -> None:
        rows.append(row)
        console.line(row)

    try:
        shell.do(
            wish.argv(target.name),
            cwd=target,
            env={**_SILENT, **_PUSHING},
            said=said,
            why="creating it on GitHub",
        )
    except CommandFailed as error:
        raise _explained(error, target, wish, _address(rows)) from error
    return _address(rows)


def _address(rows: list[str]) -> str:
    """Return what gh prints once the repository is there: its address, on a line of its own."""
    return next((r for r in rows if r.startswith(("https://", "http://")) and " " not in r), "")


def _explained(error: CommandFailed, target: Path, wish: Wish, url: str) -> CommandFailed:
    text = "\n".join(error.tail)
    if url:
        message = f"{url} was created, and pushing to it failed"
        hint = f"`cd {shlex.quote(str(target))}` and `git push --set-upstream origin HEAD`"
    elif "already exists" in text:
        message = "GitHub has a repository of that name already"
        other = wish.argv("ANOTHER_NAME")
        hint = f"in {target}: `{shlex.join(other)}`"
    else:
        message = "GitHub did not create it"
        hint = f"it is whole in {target}; there, later: `{shlex.join(wish.argv(target.name))}`"
    return CommandFailed(
        message, hint=hint, returncode=error.returncode, tail=error.tail, log=error.log
    )
