"""Committing exactly some files: staged, committed by name, and unstaged again when that fails."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from envboot import plan
from envboot.errors import CommandFailed, EnvbootError, UsageError
from envboot.git import looking
from envboot.plan import Plan, Run

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from envboot.git.tree import State
    from envboot.shell import Shell

MESSAGE = "Package the environment with envboot"
_GIT = ("git", "--literal-pathspecs")  # a `*` in a name is a `*`
_LANGUAGE = tuple(looking.ENGLISH.items())


def commit(now: State, paths: Sequence[str], message: str) -> Plan:
    """Return the steps that stage and commit exactly ``paths``, with the repository's hooks.

    Committing by name leaves out whatever else gets staged meanwhile. A folder stands for all
    that is in it; what is gone from the disk is committed as gone.
    """
    own = now.whole(paths)
    add = Run((*_GIT, "add", "--", *own), now.top, _LANGUAGE, "staging what was written")
    words = ("commit", "--quiet", "--message", message, "--", *own)
    return Plan("commit", (add, Run((*_GIT, *words), now.top, _LANGUAGE, "committing it")))


def record(
    now: State, paths: Sequence[str], message: str, shell: Shell, said: Callable[[str], None]
) -> str:
    """Commit exactly ``paths``; return the commit, "" when there was nothing to commit.

    ``said`` gets what git and its hooks print. When it fails, or is interrupted, the index is as
    it was before, and the files stay as they were written. Raises UsageError for a message
    without text, CommandFailed when a hook or git itself refuses.
    """
    if not message.strip():
        raise UsageError("a commit needs a message", hint="`--message TEXT`")
    own = now.whole(paths)
    before = looking.entries(now, shell, own)
    there = [p for p, full in zip(paths, own) if _is(now.top / full, shell) or _has(before, full)]
    if not there or not looking.differ(now, shell, now.whole(there)):
        return ""
    last = looking.head(now, shell)
    try:
        plan.carry_out(commit(now, there, message), shell, said)
    except BaseException as error:
        if (
            looking.head(now, shell) == last
        ):  # else it is committed, and only what came after failed
            _restore(now, own, before, shell)
        if isinstance(error, CommandFailed):
            raise _explained(error) from error
        raise
    return looking.head(now, shell)


def _restore(
    now: State, own: Sequence[str], before: dict[str, tuple[str, str]], shell: Shell
) -> None:
    """Give the index back its entries of ``own`` and take out those that it did not have."""
    with contextlib.suppress(EnvbootError):
        after = looking.entries(now, shell, own)
        steps = [
            Run((*_GIT, "update-index", "--force-remove", "--", *new), now.top)
            for new in (sorted(after.keys() - before.keys()),)
            if new
        ]
        last = looking.committed(now.top, shell, list(before))
        for path, (mode, digest) in before.items():
            if path not in now.staged and path not in last:  # it was only intended to be added
                steps.append(Run((*_GIT, "update-index", "--force-remove", "--", path), now.top))
                steps.append(Run((*_GIT, "add", "--intent-to-add", "--", path), now.top))
            elif after.get(path) != (mode, digest):
                entry = f"{mode},{digest},{path}"
                words = ("update-index", "--add", "--cacheinfo", entry)
                steps.append(Run((*_GIT, *words), now.top))
        plan.carry_out(Plan("unstage", tuple(steps)), shell, lambda _line: None)


def _is(path: Path, shell: Shell) -> bool:
    return bool(shell.kind(path)) or shell.target(path) is not None


def _has(entries: dict[str, tuple[str, str]], path: str) -> bool:
    return any(name == path or name.startswith(f"{path}/") for name in entries)


def _explained(error: CommandFailed) -> CommandFailed:
    """Return the same failure with what to do about it."""
    text = "\n".join(error.tail)
    if "index.lock" in text:
        hint = "another git is at work here, or was killed: then remove that file"
    elif "gpg failed" in text or "failed to write commit object" in text:
        hint = "git could not sign it without a terminal: `git add` and `git commit` by hand"
    else:
        hint = (
            "what was written stays, nothing is staged: when what git or a hook says is mended, "
            "do it again"
        )
    return CommandFailed(
        error.message, hint=hint, returncode=error.returncode, tail=error.tail, log=error.log
    )
