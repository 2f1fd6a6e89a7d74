"""What an installer is given where a pylock.toml fits the requirements: the lock, then the rest."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from envboot import locks, virtualenv
from envboot.locks import pylock
from envboot.plan import Remove, Write
from envboot.virtualenv import RENDERED, Requirements

if TYPE_CHECKING:
    from envboot.site import Site
    from envboot.spec import EnvironmentSpec


def requirements(spec: EnvironmentSpec, site: Site) -> tuple[Requirements, ...]:
    """Return what pip is given, in order: the locked versions with their digests, then the rest.

    A project's lock is left to those who read it whole. Raises InvalidFile.
    """
    lock = spec.lock
    if lock is None or lock.format != "pylock.toml" or spec.project or not spec.dependencies:
        return (virtualenv.requirements(spec, site),)
    text = (site.shell.read(site.root / lock.path, locks.LIMIT) or b"").decode("utf-8", "replace")
    lines = pylock.pip_lines(text, lock.path)
    target = site.prefix / RENDERED
    first = Requirements(
        ("--no-deps", "--require-hashes", "-r", str(target)),
        site.root,
        (Write(target, "".join(f"{line}\n" for line in lines), private=True),),
        (Remove(target),),
        f"installing the packages of {lock.path}",
    )
    left = rest(spec, site)
    return (first, left) if left.arguments else (first,)


def rest(spec: EnvironmentSpec, site: Site) -> Requirements:
    """Return what no lock has: folders, and what is built from a repository."""
    own = locks.rest(spec)
    bare = replace(spec, dependencies=own, as_written=False, lock=None)
    return virtualenv.requirements(bare, site) if own else Requirements((), site.root)
