"""The journal: what is half done at a prefix, and the folders that only envboot makes beside it."""

from __future__ import annotations

import json
import os
import re
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from envboot.transaction.stamp import read_json

if TYPE_CHECKING:
    from pathlib import Path

    from envboot.shell import Shell


@dataclass(frozen=True)
class Journal:
    """What is half done at a prefix."""

    phase: str
    """building | swapping | clearing (as swapping; what stands at the prefix is being removed)"""
    build: str
    old: str = ""


def state_folder(prefix: Path) -> Path:
    """Return the folder beside ``prefix`` for its lock, journal, builds and logs."""
    return prefix.parent / ".envboot"


def is_ours(path: Path, prefix: Path) -> bool:
    """Return whether ``path`` is a folder that only envboot makes, for this prefix alone."""
    name = re.escape(plain_name(prefix))
    if path.parent == state_folder(prefix):
        return re.fullmatch(rf"(?:build|old)-{name}-[0-9]+", path.name) is not None
    beside = rf"{re.escape(prefix.name)}--(?:[0-9a-f]{{8}}|old-[0-9]+)"
    return path.parent == prefix.parent and re.fullmatch(beside, path.name) is not None


def plain_name(prefix: Path) -> str:
    """Return the name for folders beside: nothing in it that a shell would quote."""
    return re.sub(r"[^A-Za-z0-9_-]", "", prefix.name) or "env"


def path_of(prefix: Path) -> Path:
    """Return where the journal of a prefix lies."""
    return state_folder(prefix) / f"{prefix.name}.journal"


def write(journal: Journal, prefix: Path, shell: Shell) -> None:
    """Note what is half done, before it is."""
    text = json.dumps({**asdict(journal), "pid": os.getpid(), "time": time.ctime()})
    shell.write(path_of(prefix), text)


def read(prefix: Path, shell: Shell) -> Journal | None:
    """Return what is half done; None when nothing is, or the file says nothing."""
    found = read_json(path_of(prefix), shell)
    try:
        return Journal(str(found["phase"]), str(found["build"]), str(found.get("old", "")))
    except (KeyError, TypeError):
        return None
