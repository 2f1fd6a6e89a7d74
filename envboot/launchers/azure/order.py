"""What is asked of Azure for one job: noted before it is asked, beside the job's key.

One file, ``azure/HANDLE/order.json``, in the person's own state folder. The child that makes the
machine reads it, and so does every later look: the subscription stays the one that was chosen,
whatever ``az account set`` says the next day.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING

from envboot.jobs import journal

if TYPE_CHECKING:
    from pathlib import Path

    from envboot.shell import Shell

_LARGEST = 1 << 20
_ID = re.compile(r"[0-9a-fA-F-]{36}")


@dataclass(frozen=True)
class Asked:
    """One machine, as it was asked for."""

    handle: str
    subscription: str
    """Its id."""
    region: str
    size: str
    url: str
    commit: str
    folder: str = ""
    key: str = ""
    """The path of the private key, whose public half ends in ``.pub``; never its text."""
    allow: str = ""
    """The address that may connect; "": the public one of this computer, when it is made."""
    shutdown: str = "1900"
    """UTC."""
    priority: str = "Regular"
    """Or ``Spot``."""
    disk: int = 64
    """GiB."""
    arch: str = "x86_64"
    gpu: bool = False
    first: bool = False
    controller: str = "SCSI"
    setup: tuple[str, ...] = ()
    """More words for ``setup.py --yes`` there."""
    command: tuple[str, ...] = ()

    def text(self) -> str:
        """Return it as it is written."""
        return json.dumps(asdict(self), indent=1) + "\n"


def parse(data: bytes) -> Asked:
    """Return what :meth:`Asked.text` wrote. Raises ValueError for anything else."""
    try:
        found = json.loads(data)
        known = {f.name: found[f.name] for f in fields(Asked) if f.name in found}
        for name in ("setup", "command"):
            known[name] = tuple(map(str, known.get(name, ())))
        asked = Asked(**known)
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError("it is no note of what was asked of Azure") from error
    texts = (asked.handle, asked.region, asked.size, asked.url, asked.commit, asked.key)
    if not all(isinstance(t, str) for t in texts) or not _ID.fullmatch(str(asked.subscription)):
        raise ValueError("it is no note of what was asked of Azure")
    return asked


def folder(handle: str, shell: Shell) -> Path | None:
    """Return the folder of the job's own files here: the order, its key, the hosts it knows."""
    jobs = journal.folder(shell)
    return jobs.parent / "azure" / handle if jobs and re.fullmatch(r"[a-z0-9-]+", handle) else None


def path(handle: str, shell: Shell) -> Path | None:
    """Return the file of a job's order, there or not."""
    place = folder(handle, shell)
    return place / "order.json" if place else None


def read(handle: str, shell: Shell) -> Asked | None:
    """Return what was asked for; None when nothing was noted, or it cannot be read."""
    place = path(handle, shell)
    try:
        return parse(shell.read(place, _LARGEST) or b"") if place else None
    except ValueError:
        return None
