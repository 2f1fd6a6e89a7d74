"""Pushing the current branch: where to, and what a refusal means. Never with force."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envboot import plan
from envboot.errors import CommandFailed, UsageError
from envboot.git import looking
from envboot.plan import Plan, Run

if TYPE_CHECKING:
    from envboot.console import Console
    from envboot.git.tree import State
    from envboot.shell import Shell

_SILENT = (*looking.ENGLISH.items(), ("GIT_TERMINAL_PROMPT", "0"))
_SIGN_IN = re.compile(
    r"terminal prompts disabled|could not read (?:Username|Password)|Permission denied \("
    r"|Authentication failed|Host key verification failed"
)
# What git and servers print, and what it means. Sources: git's transport.c and
# builtin/receive-pack.c; GitHub's documentation of its GH001 and GH006.
_REFUSALS = (
    (
        re.compile(r"\((?:fetch first|non-fast-forward|needs force)\)"),
        "there are commits that are not here yet",
        "`git pull --rebase`, then `git push`",
    ),
    (
        re.compile(r"GH006|protected branch"),
        "the branch is protected there",
        "push a branch of your own (`git switch -c NAME`), and ask for it to be merged",
    ),
    (
        re.compile(r"GH001|exceeds GitHub's file size limit"),
        "a file is too large for it",
        "keep large files out of git, or in Git LFS: https://git-lfs.com",
    ),
    (
        re.compile(r"hook declined|pre-receive hook|remote rejected"),
        "the server declined it",
        "the lines above say why, as far as the server does",
    ),
    (
        re.compile(r"Permission (?:to \S+ )?denied to|error: 403|write access .* not granted"),
        "you may not write there",
        "ask for the right to, or push to a fork of your own",
    ),
    (
        _SIGN_IN,
        "git could not sign in there",
        "`git push` by hand once, at a terminal; or `gh auth login` for GitHub",
    ),
    (
        re.compile(
            r"[Rr]epository .*not found|does not appear to be a git repository"
            r"|repository '.*' does not exist"
        ),
        "there is no such repository, or not for you",
        "`git remote -v` shows where it goes, `git remote set-url` changes it",
    ),
    (
        re.compile(
            r"Could not resolve host|Connection refused|Connection timed out"
            r"|Failed to connect|unable to access|Network is unreachable"
        ),
        "it cannot be reached",
        "the commit is safe here: `git push` when the network is back",
    ),
)


def push(now: State) -> Plan:
    """Return the step that pushes the branch, and sets its upstream where it has none.

    The remote is the configured one, else the only one, else ``origin``. Raises UsageError
    without a branch, without a remote, and when the branch follows one of another name.
    """
    if not now.branch:
        raise UsageError("HEAD is detached: there is no branch to push", hint="`git switch BRANCH`")
    remote = _remote(now)
    upstream = now.remote == remote and now.merges
    if upstream and now.merges != now.branch and now.upstream == f"{remote}/{now.merges}":
        raise UsageError(
            f"`{now.branch}` follows {now.upstream}, which has another name",
            hint=f"`git push {remote} HEAD:{now.merges}` or `git push {remote} HEAD`",
        )
    flag = () if now.upstream else ("--set-upstream",)
    argv = ("git", "push", *flag, "--", remote, f"refs/heads/{now.branch}")
    return Plan("push", (Run(argv, now.top, _SILENT, f"pushing {now.branch} to {remote}"),))


def send(now: State, shell: Shell, console: Console) -> None:
    """Push the branch. Raises CommandFailed that says what a refusal means.

    Nothing is asked in a child; where git has to sign in and a person is there, it runs once
    more on her own terminal.
    """
    steps = push(now)
    try:
        plan.carry_out(steps, shell, console.line)
    except CommandFailed as error:
        if not _SIGN_IN.search("\n".join(error.tail)) or not console.interactive():
            raise _explained(error) from error
        for step in steps.steps:
            assert isinstance(step, Run)  # noqa: S101 - made above
            strange = looking.elsewhere(shell)
            environ = {k: v for k, v in shell.environ.items() if k not in strange}
            status = shell.hand_over(step.argv, environ, step.cwd)
            if status:
                raise CommandFailed(
                    f"{step.why}: git ended with status {status}",
                    hint="what was committed is safe here: `git push` when it is mended",
                    returncode=status,
                ) from error


def _remote(now: State) -> str:
    if now.remote:
        return now.remote
    if len(now.remotes) == 1:
        return now.remotes[0]
    if "origin" in now.remotes:
        return "origin"
    if not now.remotes:
        raise UsageError(
            "there is nowhere to push to: the repository has no remote",
            hint="`git remote add origin URL`, or `gh repo create --source . --push`",
        )
    raise UsageError(
        f"several remotes, and none is named origin: {', '.join(now.remotes)}",
        hint=f"`git config remote.pushDefault {now.remotes[0]}` settles it",
    )


def _explained(error: CommandFailed) -> CommandFailed:
    """Return the same failure with what it means, where that is known."""
    text = "\n".join(error.tail)
    known = ((meaning, hint) for pattern, meaning, hint in _REFUSALS if pattern.search(text))
    meaning, hint = next(known, ("git or a hook refused", "what was committed is safe here"))
    return CommandFailed(
        f"{error.message.partition(':')[0]} failed: {meaning}",
        hint=hint,
        returncode=error.returncode,
        tail=error.tail,
        log=error.log,
    )
