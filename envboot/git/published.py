"""What others can see of a repository: the commit that was pushed, where, and what was not."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from envboot.git import address, looking, porcelain
from envboot.git.tree import names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from envboot.git.tree import State
    from envboot.shell import Shell


@dataclass(frozen=True)
class Published:
    """A repository as others see it."""

    url: str
    """For ``git clone`` without a login of one's own where it can be: ``https://host/o/r.git``."""
    host: str
    """``github.com``; "" for a path."""
    owner: str
    """``ann``, or deeper groups of GitLab; "" for a path."""
    name: str
    """Without ``.git``."""
    branch: str
    """The branch there that this one follows, or that has its name; "" without one."""
    commit: str
    """The newest commit here that is known to be there, 40 hex digits; "" when none is."""
    folder: str = ""
    """Where the repository that is packed lies below the top: ``part/of/it``; "" at the top."""
    changed: tuple[str, ...] = ()
    """Paths from the top that are changed or new here and in no commit."""
    ahead: int = 0
    """Commits that were not pushed."""
    remote: str = "origin"
    behind: int = 0
    """Commits of ``branch`` there, as last fetched, that are not here: whoever is given the branch
    and not the commit gets them too."""

    @property
    def problems(self) -> tuple[str, ...]:
        """Return what others do not see, a sentence each; () when they see all."""
        found = []
        if self.changed:
            found.append(f"changed or new here, and in no commit: {names(self.changed)}")
        if not self.commit:
            found.append(f"nothing of this was pushed to {self.remote} yet, as far as git knows")
        elif self.ahead:
            counted = "1 commit was" if self.ahead == 1 else f"{self.ahead} commits were"
            found.append(f"{counted} not pushed to {self.remote}")
        return tuple(found)


def published(root: Path, shell: Shell) -> Published | None:
    """Return what others see; None without git, without a remote, or without a commit.

    What git knows of the remote since the last fetch counts: the network is not asked.
    """
    now = looking.state(root, shell)
    if now is None or now.unborn or not now.remotes:
        return None
    head = looking.head(now, shell)
    if not head:
        return None
    follows = _follows(now, shell)
    seen = {name: _pushed(now, name, head, shell) for name in _candidates(now, follows)}
    # The one that has all; else the one that has anything; else where a push would go.
    ranked = sorted(seen, key=lambda name: (seen[name][0] != head, not seen[name][0]))
    remote = ranked[0]
    commit, ahead = seen[remote]
    said = looking.line(looking.ask(now.top, shell, "remote", "get-url", "--", remote))
    place = address.parse(said.split("\n")[0], lambda host: address.behind_alias(host, shell))
    branch, behind = _branch(now, remote, follows, shell)
    return Published(
        place.url,
        place.host,
        place.owner,
        place.name,
        branch,
        commit,
        now.prefix.rstrip("/"),
        tuple(sorted({*now.changed, *now.untracked})),
        ahead,
        remote,
        behind,
    )


def there(root: Path, seen: Published, shell: Shell) -> frozenset[str]:
    """Return the files of the commit that others see, by their paths from the top."""
    said = looking.ask(
        root, shell, "ls-tree", "-r", "-z", "--name-only", "--full-tree", seen.commit
    )
    return frozenset(filter(None, (said.out or "").split("\0")))


def _follows(now: State, shell: Shell) -> str:
    """Return the remote of the branch's upstream; "" without one."""
    said = looking.ask(now.top, shell, "config", "-z", "--get-regexp", r"^branch\..*\.remote$")
    return porcelain.config(said.out or "").get(f"branch.{now.branch}.remote", "")


def _candidates(now: State, follows: str) -> tuple[str, ...]:
    """Return the remotes, the likeliest first; a branch may also follow an address: not counted."""
    wanted = (now.remote, follows, "origin", *now.remotes)
    return tuple(dict.fromkeys(name for name in wanted if name in now.remotes))


def _pushed(now: State, remote: str, head: str, shell: Shell) -> tuple[str, int]:
    """Return the newest commit of ours that is known to be there, and how many came after it."""
    said = looking.ask(
        now.top, shell, "rev-list", "--boundary", head, "--not", f"--remotes={remote}"
    )
    if said.out is None:
        return "", 0
    rows = said.out.split()
    ahead = [row for row in rows if not row.startswith("-")]
    edge = [row[1:] for row in rows if row.startswith("-")]
    if not ahead:
        return head, 0
    cut = _cut(now, shell)
    if ahead[0] in cut:
        return head, 0
    edge += [row for row in ahead if row in cut]
    if not edge:
        return "", len(ahead)
    newest = looking.ask(now.top, shell, "rev-list", "--no-walk", "--max-count=1", *edge[:99])
    count = len(ahead) - sum(row in cut for row in ahead)
    return looking.line(newest) or edge[0], count


def _cut(now: State, shell: Shell) -> frozenset[str]:
    """Return the commits at which a shallow clone ends: they came from there, for certain.

    ``git clone --depth 1 --branch TAG`` and what CI checks out leave no branch of the remote.
    """
    found = looking.line(looking.ask(now.top, shell, "rev-parse", "--git-path", "shallow"))
    text = shell.read(Path(now.top, found)) if found and len(now.remotes) == 1 else None
    return frozenset((text or b"").decode("ascii", "replace").split())


def _branch(now: State, remote: str, follows: str, shell: Shell) -> tuple[str, int]:
    """Return the branch there that belongs to ours, and how many of its commits are not here."""
    wanted: Sequence[str] = (now.merges if follows == remote else "", now.branch)
    for name in filter(None, wanted):
        ref = f"refs/remotes/{remote}/{name}"
        said = looking.ask(now.top, shell, "rev-list", "--count", f"HEAD..{ref}", "--")
        if said.out is not None:
            return name, int(looking.line(said) or 0)
    return "", 0
