"""The environment that this repository has already, and the places where it may be."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from envboot import engines, machine, transaction
from envboot.site import Site, python_of
from envboot.spec import fingerprint, lines
from envboot.survey import past

if TYPE_CHECKING:
    from envboot.request import Request
    from envboot.shell import Shell
    from envboot.spec import EnvironmentSpec
    from envboot.transaction import Stamp


@dataclass(frozen=True)
class Existing:
    """An environment of this repository that envboot made earlier."""

    prefix: Path
    stamp: Stamp
    changes: tuple[str, ...]
    """What the files say now and did not then: ``+ pypi six``, ``- pypi attrs``."""
    broken: str
    """Why it cannot be used as it is, "" when it can."""

    @property
    def up_to_date(self) -> bool:
        """Return whether nothing has to be done."""
        return not self.changes and not self.broken


def pointer(root: Path) -> Path:
    """Return the file in which a repository remembers where its environment is."""
    return root / ".envboot" / "environment.json"


def look_for(request: Request, spec: EnvironmentSpec, name: str, shell: Shell) -> Existing | None:
    """Return the environment of the repository; None without one, or when it is not ours."""
    for prefix in places(request, spec, name, shell):
        stamp = transaction.read_stamp(prefix, shell)
        if (
            stamp
            and belongs(stamp, request.root, shell)
            and not committed(prefix, request.root, shell)
        ):
            wanted = replace(spec, as_of=past.kept(request, spec, stamp))
            old, new = set(stamp.lines), lines(wanted)
            changes = tuple(f"+ {_short(x)}" for x in new if x not in old)
            changes += tuple(f"- {_short(x)}" for x in stamp.lines if x not in set(new))
            if not changes and stamp.fingerprint != fingerprint(wanted):
                changes = ("~ the order of channels or packages",)
            return Existing(prefix, stamp, changes, _broken(prefix, stamp, shell))
    return None


def _short(line: str) -> str:
    """Return a line with its digests cut: people compare no 64 digits."""
    return re.sub(r"\b([0-9a-f]{12})[0-9a-f]{52}\b", r"\1…", line)


def places(request: Request, spec: EnvironmentSpec, name: str, shell: Shell) -> list[Path]:
    """Return where the environment may be: where it was last, then where each engine puts it."""
    if request.prefix:
        return [request.prefix]
    found = []
    try:
        remembered = json.loads(shell.read(pointer(request.root)) or b"{}").get("prefix")
    except (ValueError, AttributeError, RecursionError):
        remembered = None
    known = isinstance(remembered, str) and Path(remembered).is_absolute()
    if known and not request.name and not request.engine:
        found.append(Path(remembered))
    nobody = machine.Machine("", "", 1, "")
    site = Site(request.root, name, request.root, nobody, shell, request.offline)
    for engine_name, engine in engines.recommended(spec):
        if request.engine in {None, engine_name}:
            place = engine.prefix(spec, site)
            if place not in found:
                found.append(place)
    return found


def of_notebooks(root: Path, shell: Shell) -> tuple[Path, ...]:
    """Return the environments in a folder that were made for notebooks, in the order of names."""
    near = (place for place in shell.folder(root) if place.name.startswith(".venv-"))
    stamped = ((place, transaction.read_stamp(place, shell)) for place in sorted(near))
    return tuple(place for place, stamp in stamped if stamp and stamp.notebook)


def belongs(stamp: Stamp, root: Path, shell: Shell) -> bool:
    """Return whether an environment is this repository's; a repository that moved keeps its own."""
    return stamp.root == str(root) or not shell.kind(Path(stamp.root))


def committed(prefix: Path, root: Path, shell: Shell) -> bool:
    """Return whether the repository brought this environment along: a stamp can be forged."""
    from envboot.infer import tracked  # not before the first question, which has no stamp to doubt

    if root not in prefix.parents:
        return False
    inside = f"{prefix.relative_to(root).as_posix()}/"
    return any(name.startswith(inside) for name in tracked.files(root, shell))


def _broken(prefix: Path, stamp: Stamp, shell: Shell) -> str:
    if Path(stamp.prefix) != prefix:
        return f"it was made at {stamp.prefix} and does not work elsewhere"
    if shell.kind(python_of(prefix, shell)) != "file":
        return "its interpreter is gone"
    if not stamp.proved:
        return "it was built, but not everything in it works"
    return ""
