"""Which names a stranger's files may have, what is there already, and the writing of them.

A name is compared with the list before anything is looked at, and again before anything is
written. Sources: "Naming Files, Paths, and Namespaces" of Windows for the names that are devices
and the endings that vanish, git's protectNTFS and protectHFS for what else means another file.
"""

from __future__ import annotations

import re
import time
import unicodedata
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from envboot.errors import AnswerNeeded, CommandFailed, InvalidFile
from envboot.formats.notebook import environment
from envboot.notebook.visible import brief
from envboot.spec import Origin

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from envboot.notebook.showing import Sight
    from envboot.shell import Shell

FIXED = ("requirements.txt", "environment.yml", "environment.yaml", "setup.sh")
"""The names that have a key of their own; the rest is in the format's list."""
_FOLDER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._ +-]*[A-Za-z0-9_+-]|[A-Za-z0-9_]")
STATES = ("absent", "same", "differs")
_DEVICE = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d|conin\$|conout\$|clock\$)(\..*)?")
_DEEPEST = 4
_ELSEWHERE = "`notebook unpack --to DIR` writes elsewhere"
_HINT = "the file is not unpacked; its sender can tell what it is for"


def refuse(names: Iterable[str], origin: Origin) -> None:
    """Raise InvalidFile for a name that is not on the list, or leads elsewhere; nothing else."""
    seen: dict[str, str] = {}
    for name in names:
        why = _why_not(name)
        if why:
            raise InvalidFile(f"`{brief(name, 80)}` {why}", hint=_HINT, origin=origin)
        folded = unicodedata.normalize("NFKC", name).casefold()
        if folded in seen:
            both = f"`{brief(seen[folded], 80)}` and `{brief(name, 80)}`"
            message = f"{both} are one file on some computers"
            raise InvalidFile(message, hint=_HINT, origin=origin)
        seen[folded] = name


def _why_not(name: str) -> str:
    """Return why a name may not be written, as the end of a sentence; "" when it may."""
    *folders, last = name.split("/")
    if last not in {*FIXED, *environment.ALLOWED}:
        return "is no file that a notebook may carry"
    if len(folders) > _DEEPEST:
        return f"lies more than {_DEEPEST} folders deep"
    for folder in folders:
        if folder == "..":
            return "leads out of the notebook's folder"
        if not (plain(folder) or folder == ".binder"):
            return f"lies in a folder whose name is refused: `{brief(folder, 40)}`"
    return ""


def plain(folder: str) -> bool:
    """Return whether a folder may have that name: on every system it means itself, unhidden."""
    return bool(_FOLDER.fullmatch(folder)) and not _DEVICE.fullmatch(folder)


def state(folder: Path, name: str, data: bytes, shell: Shell) -> str:
    """Return absent, same or differs; else a sentence that says why it cannot be written there."""
    place = folder
    for part in PurePosixPath(name).parts[:-1]:
        place = place / part
        if shell.target(place) is not None:
            return f"{place} is a link"
        if shell.kind(place) == "file":
            return f"{place} is a file, and a folder is needed there"
    place = folder / name
    if (to := shell.target(place)) is not None:
        return f"{place} is a link (to {brief(str(to))})"
    kind = shell.kind(place)
    if not kind:
        return "absent"
    found = shell.read(place) if kind == "file" else None
    if found is None:
        return f"{place} is a {'folder' if kind == 'folder' else 'pipe, a device or unreadable'}"
    return "same" if found.replace(b"\r\n", b"\n") == data.replace(b"\r\n", b"\n") else "differs"


def place(sight: Sight, shell: Shell, *, overwrite: bool) -> tuple[dict[str, str], ...]:
    """Write the files; a differing one is refused before any is written, or kept as a backup.

    Returns path, state, backup of each. Raises EnvbootError.
    """
    refuse((f.name for f in sight.files), Origin(sight.notebook.name))
    wanted = _texts(sight)
    states = _states(sight, wanted, shell)
    _check(sight.folder, states, overwrite=overwrite)
    old = {n: shell.read(sight.folder / n) or b"" for n, s in states.items() if s == "differs"}
    backups = _backups(sight.folder, old, shell)
    texts = {backups[n]: data for n, data in old.items()}
    texts.update({n: d for n, d in wanted.items() if states[n] != "same"})
    if texts:
        try:
            shell.place(sight.folder, texts, old)
        except CommandFailed as error:
            error.hint = error.hint or _ELSEWHERE
            raise
    words = {"absent": "written", "same": "unchanged", "differs": "replaced"}
    return tuple(
        {
            "path": str(sight.folder / name),
            "state": words[states[name]],
            "backup": str(sight.folder / backups[name]) if name in backups else "",
        }
        for name in wanted
    )


def check(sight: Sight, shell: Shell, *, overwrite: bool) -> None:
    """Raise what :func:`place` would raise of what is there now, and write nothing."""
    _check(sight.folder, _states(sight, _texts(sight), shell), overwrite=overwrite)


def _texts(sight: Sight) -> dict[str, bytes]:
    found = {f.name: f.text.encode() for f in sight.files}
    return {**found, sight.notebook.name: sight.data} if sight.copy else found


def _states(sight: Sight, wanted: Mapping[str, bytes], shell: Shell) -> dict[str, str]:
    found = {n: state(sight.folder, n, d, shell) for n, d in wanted.items()}
    own = sight.notebook.name
    if sight.copy == "same" and found[own] == "differs":  # in its outputs, or its kernel
        found[own] = "same"
    return found


def _check(folder: Path, states: Mapping[str, str], *, overwrite: bool) -> None:
    """Raise InvalidFile for what stands in the way, AnswerNeeded for what would be replaced."""
    for name, found in states.items():
        if found not in STATES:
            raise InvalidFile(f"`{name}` is not written: {found}", hint=_ELSEWHERE)
    differing = [name for name, found in states.items() if found == "differs"]
    if differing and not overwrite:
        plural = "differs" if len(differing) == 1 else "differ"
        raise AnswerNeeded(
            f"{', '.join(differing)} in {folder} {plural} from what the notebook carries; "
            "nothing was written",
            hint="`--overwrite`, of `notebook unpack` and `notebook run`, replaces and keeps a "
            "backup; `--to DIR` writes elsewhere; `notebook diff` shows how they differ; "
            "`notebook pack` puts those that are here into the notebook",
        )


def _backups(folder: Path, old: Iterable[str], shell: Shell) -> dict[str, str]:
    """Return the name of the backup of each; none is ever written over."""
    moment = time.strftime("%Y-%m-%dT%H%M%SZ", time.gmtime())
    found = {}
    for name in old:
        number, backup = 1, f"{name}.{moment}.bak"
        while shell.kind(folder / backup) or shell.target(folder / backup) is not None:
            number += 1
            backup = f"{name}.{moment}.{number}.bak"
        found[name] = backup
    return found
