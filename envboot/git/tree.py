"""A working tree as git sees it, and whether exactly some files of it can be committed now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

SHOWN = 5  # names in a sentence before the rest is only counted


@dataclass(frozen=True)
class State:
    """A working tree as git sees it."""

    top: Path
    """Its top folder, absolute."""
    branch: str
    """"" with a detached HEAD."""
    busy: str
    """What is under way: merge, rebase, am, cherry-pick, revert or bisect; "" when nothing is."""
    staged: tuple[str, ...]
    """Paths with staged changes, POSIX, relative to ``top``."""
    changed: tuple[str, ...]
    """Tracked paths that differ from the last commit, staged or not; relative to ``top``."""
    untracked: tuple[str, ...]
    """What git neither tracks nor ignores, relative to ``top``: files, and whole folders ``a/``."""
    upstream: str = ""
    """``origin/main``; "" without one."""
    remotes: tuple[str, ...] = ()
    prefix: str = ""
    """Where the folder asked about is below ``top``: ``part/of/it/``; "" at the top itself."""
    unborn: bool = False
    """The branch has no commit yet."""
    unmerged: tuple[str, ...] = ()
    """Paths with conflicts, relative to ``top``."""
    ignored: tuple[tuple[str, str], ...] = ()
    """Of the paths asked about, those that git ignores, each with the rule: ``.gitignore:3: *``."""
    kept: tuple[str, ...] = ()
    """Of the paths asked about, the files that are in the last commit as they are on disk."""
    nameless: bool = False
    """git does not know whose name to write into a commit."""
    remote: str = ""
    """Where a push goes as it is configured (pushRemote, pushDefault, the upstream's); or ""."""
    merges: str = ""
    """The branch of the upstream's remote that this one follows, ``main``; "" without one."""

    def whole(self, paths: Iterable[str]) -> tuple[str, ...]:
        """Return ``paths`` as git's own lists have them: relative to ``top``."""
        return tuple(self.prefix + path for path in paths)


def why_no_commit(now: State, paths: Sequence[str]) -> str:  # noqa: PLR0911 - one a reason
    """Return why exactly ``paths`` cannot be committed now, as a sentence; "" when they can."""
    own = now.whole(paths)
    foreign = [s for s in now.staged if not _among(s, own)]
    rules = {path: rule for path, rule in now.ignored if path in paths}
    if now.busy:
        return (
            f"{_article(now.busy)} {now.busy} is under way: finish it, or `git {now.busy} "
            f"{'reset' if now.busy == 'bisect' else '--abort'}`"
        )
    if now.unmerged:
        return f"conflicts are not resolved yet: {names(now.unmerged)}"
    if not now.branch:
        return "HEAD is detached, a commit would be on no branch: `git switch BRANCH` first"
    if foreign:
        return (
            f"other changes are staged: {names(foreign)}; commit them first, or "
            "`git restore --staged` them"
        )
    if rules:
        said = "; ".join(f"{path} (by {rule})" for path, rule in rules.items())
        return f"git ignores what was to be committed: {said}; change that rule first"
    if now.nameless:
        return (
            "git does not know who you are: `git config --global user.name NAME` and "
            "`git config --global user.email ADDRESS`"
        )
    return ""


def names(paths: Sequence[str]) -> str:
    """Return paths for a sentence, the first few by name; odd ones quoted."""
    shown = [p if p.isprintable() and p.strip() == p else ascii(p) for p in paths[:SHOWN]]
    more = len(paths) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def _among(path: str, own: Sequence[str]) -> bool:
    """Return whether ``path`` is one of ``own``, or lies in a folder that is."""
    return any(path == one or path.startswith(f"{one.rstrip('/')}/") for one in own)


def _article(noun: str) -> str:
    return "an" if noun[0] in "aeiou" else "a"
