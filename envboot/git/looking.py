"""Asking git about a folder, without changing anything and without what a repository configures.

git runs programs that a repository's own configuration names (a file system monitor, filters of
attributes). A clone brings no configuration with it, but may hold the files of a bare repository,
which has one: such a folder is no repository here (``safe.bareRepository``, git 2.38 and newer). An
unpacked archive may bring a ``.git``: git refuses folders of other people by itself
(``safe.directory``), and the monitor is switched off.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from envboot.errors import EnvbootError, NothingFound
from envboot.git import porcelain
from envboot.git.tree import State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from envboot.shell import Answer, Shell

SECONDS = 120.0  # a first look at a big repository on a network disk takes its time
SAFE = ("--no-optional-locks", "-c", "core.fsmonitor=false", "-c", "safe.bareRepository=explicit")
"""git's words for a look at a stranger's folder. Source: git-config(1)."""
ENGLISH = {"LANGUAGE": "en"}  # what git says is read here; names and encoding stay the person's
_RULE = re.compile(r"(.*?):(\d+):(.*?)\t")  # of git-check-ignore(1): source, line, pattern
# Source: git's own list of what `git status` reports, wt-status.c. The first that is there counts:
# a rebase also leaves a CHERRY_PICK_HEAD.
_BUSY = (
    ("rebase-merge", "rebase"),
    ("rebase-apply/applying", "am"),
    ("rebase-apply", "rebase"),
    ("MERGE_HEAD", "merge"),
    ("CHERRY_PICK_HEAD", "cherry-pick"),
    ("REVERT_HEAD", "revert"),
    ("BISECT_LOG", "bisect"),
)


def state(root: Path, shell: Shell, paths: Sequence[str] = ()) -> State | None:
    """Return the state of the working tree around ``root``; :func:`absent` says why None.

    ``paths``, relative to ``root``, are those of which ``ignored`` and ``kept`` speak.
    """
    place = top(root, shell)
    folder = line(ask(root, shell, "rev-parse", "--absolute-git-dir"))
    said = ask(
        root,
        shell,
        "status",
        "--porcelain=v2",
        "--branch",
        "-z",
        "--untracked-files=normal",
        "--no-renames",
        "--ignore-submodules=dirty",
    )
    if not place or not folder or said.out is None:
        return None
    status = porcelain.parse(said.out)
    prefix = line(ask(root, shell, "rev-parse", "--show-prefix"))
    branch = line(ask(root, shell, "symbolic-ref", "--quiet", "HEAD"))
    branch = branch[len("refs/heads/") :] if branch.startswith("refs/heads/") else ""
    pattern = r"^(remote\.pushdefault|branch\..*\.(remote|merge|pushremote))$"
    settings = porcelain.config(ask(root, shell, "config", "-z", "--get-regexp", pattern).out or "")
    follows = settings.get(f"branch.{branch}.remote", "")
    changed = {*status.changed, *status.untracked}
    return State(
        place,
        branch,
        next((word for name, word in _BUSY if shell.kind(Path(folder, name))), ""),
        status.staged,
        status.changed,
        status.untracked,
        status.upstream,
        tuple((ask(root, shell, "remote").out or "").splitlines()),
        prefix,
        status.unborn,
        status.unmerged,
        _ignored(root, shell, paths),
        tuple(p for p in committed(root, shell, paths) if prefix + p not in changed),
        nameless(root, shell),
        settings.get(f"branch.{branch}.pushremote")
        or settings.get("remote.pushdefault")
        or ("" if follows == "." else follows),
        settings.get(f"branch.{branch}.merge", "").replace("refs/heads/", "", 1),
    )


def top(root: Path, shell: Shell) -> Path | None:
    """Return the top of the working tree around ``root``, without looking at its files."""
    found = line(ask(root, shell, "rev-parse", "--show-toplevel"))
    return Path(found) if found else None


def absent(root: Path, shell: Shell) -> EnvbootError:
    """Return, to be raised, why :func:`state` is None there."""
    if shell.which("git") is None:
        return NothingFound(
            "git is not installed", hint="install it, or leave `--commit` and `--push` out"
        )
    said = ask(root, shell, "rev-parse", "--show-toplevel")
    if "dubious ownership" in said.why or "safe.directory" in said.why:
        return EnvbootError(
            f"git does not trust {root}: the folder is somebody else's",
            hint="if it is meant to be so: `git config --global --add safe.directory FOLDER`",
        )
    inside = line(ask(root, shell, "rev-parse", "--is-inside-work-tree"))
    if inside == "false" or "bareRepository" in said.why:
        return NothingFound(
            f"{root} is inside of a repository without a working tree (bare)",
            hint="clone it, and pack the clone",
        )
    if said.out is None and "not a git repository" in said.why:
        return NothingFound(f"{root} is not in a git repository", hint="`git init` makes it one")
    return EnvbootError(f"git cannot be asked about {root}: {said.why or 'no answer'}")


def nameless(root: Path, shell: Shell) -> bool:
    """Return whether git does not know whose name to write into a commit; no repository needed."""
    wanted = ("GIT_AUTHOR_IDENT", "GIT_COMMITTER_IDENT")
    return any(ask(root, shell, "var", name).out is None for name in wanted)


def elsewhere(shell: Shell) -> frozenset[str]:
    """Return the names of the variables by which git means another repository than the folder's."""
    said = shell.query(("git", "rev-parse", "--local-env-vars"))
    return frozenset((said.out or "").split())


def entries(now: State, shell: Shell, paths: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Return mode and object of the files below ``paths`` in git's index, by path from the top."""
    said = ask(now.top, shell, "ls-files", "--stage", "-z", "--full-name", "--", *paths)
    found = {}
    for row in (said.out or "").split("\0"):
        facts, _, name = row.partition("\t")
        if name and len(facts.split(" ")) == 3:  # noqa: PLR2004 - mode, object, stage
            mode, digest, _stage = facts.split(" ")
            found[name] = (mode, digest)
    return found


def differ(now: State, shell: Shell, paths: Sequence[str]) -> bool:
    """Return whether there is anything below ``paths`` (from the top) to commit."""
    said = ask(
        now.top, shell, "status", "--porcelain=v2", "-z", "--untracked-files=all", "--", *paths
    )
    return bool(said.out)


def head(now: State, shell: Shell) -> str:
    """Return the last commit; "" when there is none yet."""
    return line(ask(now.top, shell, "rev-parse", "--quiet", "--verify", "HEAD"))


def _ignored(root: Path, shell: Shell, paths: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Return the ignored ones of ``paths``, and by which rule; what is tracked never is."""
    found = []
    for path in paths:  # one at a time: only then is it plain where the rule ends
        said = ask(root, shell, "check-ignore", "--verbose", "--", path, literal=False)
        rule = _RULE.match(said.out or "")
        if rule and not rule[3].startswith("!"):
            found.append((path, f"{rule[1]}:{rule[2]}: {rule[3]}"))
    return tuple(found)


def committed(root: Path, shell: Shell, paths: Sequence[str]) -> tuple[str, ...]:
    """Return the files of the last commit below ``paths``, all relative to ``root``."""
    if not paths:
        return ()
    said = ask(root, shell, "ls-tree", "-r", "-z", "--name-only", "HEAD", "--", *paths)
    return tuple(filter(None, (said.out or "").split("\0")))


def ask(root: Path, shell: Shell, *words: str, literal: bool = True) -> Answer:
    """Return what git answers to ``words`` about ``root``, running nothing that is configured."""
    pathspecs = ("--literal-pathspecs",) if literal else ()
    argv = ("git", "-C", str(root), *SAFE, *pathspecs, *words)
    return shell.query(argv, timeout=SECONDS, env=ENGLISH)


def line(said: Answer) -> str:
    r"""Return an answer of one line; a folder's name may hold ``\n`` and blanks itself."""
    return (said.out or "").removesuffix("\n") if said.out else ""
