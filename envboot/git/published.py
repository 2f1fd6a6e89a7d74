"""What others can see of a repository: the commit that was pushed, where, and what was not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

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
    """The branch there that this one follows; "" without one."""
    commit: str
    """The newest commit here that is known to be there, 40 hex digits; "" when none is."""
    folder: str = ""
    """Where the repository that is packed lies below the top: ``part/of/it``; "" at the top."""
    changed: tuple[str, ...] = ()
    """Paths that are changed or new here and in no commit."""
    ahead: int = 0
    """Commits that were not pushed."""
    remote: str = "origin"

    @property
    def problems(self) -> tuple[str, ...]:
        """Return what others do not see, a sentence each; () when they see all."""
        raise NotImplementedError


def published(root: Path, shell: Shell) -> Published | None:
    """Return what others see; None without git, without a remote, or without a commit.

    What git knows of the remote since the last fetch counts: the network is not asked.
    """
    raise NotImplementedError
