"""The journal of jobs: one file a job in the person's own state folder, readable by nobody else.

Source: XDG Base Directory Specification (``XDG_STATE_HOME``); Apple's File System Programming
Guide.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from envboot.jobs import Job
    from envboot.shell import Shell


def folder(shell: Shell) -> Path | None:
    """Return where jobs are kept, there or not; None where there is no home."""
    raise NotImplementedError


def handle(name: str, shell: Shell) -> str:
    """Return a new handle for something of the repository ``name``: ``[a-z0-9-]``, at most 40.

    It ends in four random digits of base 16, and no job here has it.
    """
    raise NotImplementedError


def write(job: Job, shell: Shell) -> None:
    """Note a job, before anything is asked of anybody. Raises EnvbootError when it cannot be."""
    raise NotImplementedError


def read(name: str, shell: Shell) -> Job:
    """Return the job of that handle. Raises NothingFound (near handles as hint), InvalidFile."""
    raise NotImplementedError


def every(shell: Shell) -> tuple[Job, ...]:
    """Return all jobs, the newest first; files that cannot be read are left out."""
    raise NotImplementedError


def forget(job: Job, shell: Shell) -> None:
    """Remove a job whose remains there are gone."""
    raise NotImplementedError
