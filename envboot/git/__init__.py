"""What git says of a repository, and the steps that commit and push exactly some files.

Whoever packs asks in this order: :func:`state` and :func:`why_no_commit` before anything is
written, then :func:`record` and :func:`send`, which do what the plans :func:`commit` and
:func:`push` show, and leave nothing half done. Paths are POSIX and relative to the folder that
:func:`state` was asked about, which may lie deep inside a bigger repository.
"""

from __future__ import annotations

from envboot.git.committing import MESSAGE, commit, record
from envboot.git.looking import absent, nameless, state, top
from envboot.git.published import Published, published
from envboot.git.pushing import push, send
from envboot.git.tree import State, why_no_commit

__all__ = [
    "MESSAGE",
    "Published",
    "State",
    "absent",
    "commit",
    "nameless",
    "published",
    "push",
    "record",
    "send",
    "state",
    "top",
    "why_no_commit",
]
