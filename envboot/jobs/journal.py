"""The journal of jobs: one file a job in the person's own state folder, readable by nobody else.

Source: XDG Base Directory Specification (``XDG_STATE_HOME``); Apple's File System Programming
Guide.
"""

from __future__ import annotations

import difflib
import json
import re
import secrets
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from envboot.errors import CommandFailed, EnvbootError, InvalidFile, NothingFound
from envboot.jobs import Job
from envboot.spec import Origin

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envboot.shell import Shell

_HANDLE = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?", re.ASCII)
_LONGEST = 35  # characters of a name before the random digits
_LARGEST = 1 << 20  # bytes of one job


def folder(shell: Shell) -> Path | None:
    """Return where jobs are kept, there or not; None where there is no home."""
    system, home = shell.platform.system, shell.home
    said = {"Windows": "LOCALAPPDATA", "Darwin": ""}.get(system, "XDG_STATE_HOME")
    place = Path(shell.environ.get(said) or "")
    if place.is_absolute():
        return place / "envboot" / "jobs"
    if home is None:
        return None
    usual = {"Windows": "AppData/Local", "Darwin": "Library/Application Support"}
    return home / usual.get(system, ".local/state") / "envboot" / "jobs"


def handle(name: str, shell: Shell) -> str:
    """Return a new handle for something of the repository ``name``: ``[a-z0-9-]``, at most 40.

    It ends in four random digits of base 16, and no job here has it.
    """
    plain = re.sub(r"[^a-z0-9]+", "-", name.lower(), flags=re.ASCII).strip("-")
    plain = plain[:_LONGEST].strip("-") or "job"
    place = folder(shell)
    taken = {path.name for path in shell.folder(place)} if place else set()
    while True:
        found = f"{plain}-{secrets.token_hex(2)}"
        if f"{found}.json" not in taken:
            return found


def write(job: Job, shell: Shell) -> None:
    """Note a job, before anything is asked of anybody. Raises EnvbootError when it cannot be."""
    path = _path(job.handle, shell)
    if path is None:
        raise EnvbootError(
            "there is no home folder to note the job in", hint="set HOME, or XDG_STATE_HOME"
        )
    text = json.dumps(asdict(job), indent=1, ensure_ascii=False) + "\n"
    try:
        shell.write(path, text, private=True)
    except EnvbootError as error:
        raise CommandFailed(
            f"the job cannot be noted: {error.message}",
            hint=f"{path.parent} has to be writable; XDG_STATE_HOME names another place",
        ) from error


def read(name: str, shell: Shell) -> Job:
    """Return the job of that handle. Raises NothingFound (near handles as hint), InvalidFile."""
    path = _path(name, shell)
    if path is not None and shell.kind(path):
        return _job(path, shell)
    known = [job.handle for job in every(shell)]
    near = difflib.get_close_matches(name, known, 3, 0.5)
    hint = f"did you mean {', '.join(f'`{n}`' for n in near)}?" if near else "`jobs` lists them"
    shown = name if name.isprintable() else ascii(name)
    raise NothingFound(f"there is no job `{shown}`", hint=hint)


def every(shell: Shell) -> tuple[Job, ...]:
    """Return all jobs, the newest first; files that cannot be read are left out."""
    found = [job for job in _notes(shell) if isinstance(job, Job)]
    return tuple(sorted(found, key=lambda job: (job.created, job.handle), reverse=True))


def unreadable(shell: Shell) -> tuple[InvalidFile, ...]:
    """Return what is wrong with the files that cannot be read: something may run there."""
    return tuple(one for one in _notes(shell) if isinstance(one, InvalidFile))


def _notes(shell: Shell) -> Iterator[Job | InvalidFile]:
    place = folder(shell)
    for path in shell.folder(place) if place else ():
        if path.suffix == ".json":
            try:
                yield _job(path, shell)
            except InvalidFile as error:
                yield error


def forget(job: Job, shell: Shell) -> None:
    """Remove a job whose remains there are gone, and what its launcher kept for it beside."""
    path = _path(job.handle, shell)
    if path is None:
        return
    if _HANDLE.fullmatch(job.launcher):
        shell.remove(path.parent.parent / job.launcher / job.handle)  # a key made for it alone
    shell.remove(path)


def _path(name: str, shell: Shell) -> Path | None:
    """Return the file of a handle; None for what can be none: it could lead anywhere."""
    place = folder(shell)
    return place / f"{name}.json" if place and _HANDLE.fullmatch(name) else None


def _job(path: Path, shell: Shell) -> Job:
    try:
        found = json.loads(shell.read(path, _LARGEST) or b"")
        return _checked(found, path.stem)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise InvalidFile(
            "it is no note of a job",
            hint="remove the file, after a look at the service itself: something may run there",
            origin=Origin(str(path)),
        ) from error


def _checked(found: dict[str, Any], name: str) -> Job:
    known = {f.name: found[f.name] for f in fields(Job) if f.name in found}
    facts = {str(k): str(v) for k, v in dict(known.get("facts", {})).items()}
    options = tuple((str(k), str(v)) for k, v in known.get("options", ()))
    command = tuple(map(str, known.get("command", ())))
    job = Job(**{**known, "facts": facts, "options": options, "command": command})
    texts = (job.handle, job.launcher, job.root, job.where, job.size, job.then, job.created)
    if job.handle != name or not all(isinstance(text, str) for text in (*texts, job.state)):
        raise ValueError(name)
    return job
