"""What git says of a repository, and the steps that commit and push exactly some files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from envboot.plan import Plan
    from envboot.shell import Shell


@dataclass(frozen=True)
class State:
    """A working tree as git sees it."""

    top: Path
    """Its top folder, absolute."""
    branch: str
    """"" with a detached HEAD."""
    busy: str
    """What is under way: merge, rebase, cherry-pick, revert or bisect; "" when nothing is."""
    staged: tuple[str, ...]
    """Paths with staged changes, POSIX, relative to ``top``."""
    changed: tuple[str, ...]
    """Tracked paths whose text differs from the last commit."""
    untracked: tuple[str, ...]
    upstream: str = ""
    """``origin/main``; "" without one."""
    remotes: tuple[str, ...] = ()


def state(root: Path, shell: Shell) -> State | None:
    """Return the state of the repository at ``root``; None without git or outside of any."""
    raise NotImplementedError


def why_no_commit(now: State, paths: Sequence[str]) -> str:
    """Return why exactly ``paths`` cannot be committed now, as a sentence; "" when they can."""
    raise NotImplementedError


def commit(now: State, paths: Sequence[str], message: str) -> Plan:
    """Return the steps that stage and commit exactly ``paths``, with the repository's hooks."""
    raise NotImplementedError


def push(now: State) -> Plan:
    """Return the step that pushes the branch, and sets its upstream where it has none."""
    raise NotImplementedError
