"""``--as-of``: the environment that worked then.

Without pins, files that nobody touched for a year ask for packages that did not exist when they
worked. The default that is offered is the last commit that touched them. An environment that was
made as of a moment keeps it until ``--as-of`` says another; ``now`` is one.
"""

from __future__ import annotations

import hashlib
import re
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from envboot.errors import UsageError
from envboot.formats.parts import encoding, requirement
from envboot.spec import MOMENT

if TYPE_CHECKING:
    from pathlib import Path

    from envboot.request import Request
    from envboot.shell import Shell
    from envboot.spec import EnvironmentSpec
    from envboot.transaction import Stamp

NOW = "now"
_WRITTEN = "%Y-%m-%dT%H:%M:%SZ"
_SPELLINGS = "write a date, `2023-06-01`; a month, `2023-06`; or `now`"
_DAY = re.compile(r"(\d{4})-(\d{1,2})(?:-(\d{1,2}))?")
_FIRST = 1991  # the year of Python
_YEAR = timedelta(days=365)
_PINNED = re.compile(r"[=<~]|\s@\s")
_SECONDS = 20.0  # for git: one look at the history of a few files
# The repository is a stranger's: git is kept from what its configuration may name (a file system
# monitor, a program for signatures, a remote to fetch what is missing from). No hook and no filter
# has a part in `log` and `ls-tree`. (:mod:`envboot.git` is unpacked for owners alone.)
_GIT = (
    *("--no-optional-locks", "--literal-pathspecs", "-c", "core.fsmonitor=false"),
    *("-c", "safe.bareRepository=explicit"),  # as :data:`envboot.git.looking.SAFE`
    *("-c", "log.showSignature=false", "-c", "protocol.allow=never"),
)
_ENV = {"GIT_NO_LAZY_FETCH": "1", "LANGUAGE": "en"}


def moment(text: str) -> str:
    """Return a date (``2023-06-01``), a timestamp or a year-month as ISO 8601 in UTC.

    A date means its end; "" is ``now``. Raises UsageError for what is none, or lies ahead.
    """
    text = text.strip()
    if text.lower() == NOW:
        return ""
    found = _read(text)
    if found is None or found.year < _FIRST:
        raise UsageError(f"`{requirement.short(text)}` is no date", hint=_SPELLINGS)
    if found > datetime.now(timezone.utc) + timedelta(days=1):
        raise UsageError(f"`{requirement.short(text)}` has not been yet", hint=_SPELLINGS)
    return found.strftime(_WRITTEN)


def kept(request: Request, spec: EnvironmentSpec, stamp: Stamp | None) -> str:
    """Return the moment to go by: as asked for, else that of the environment; "" is now.

    A lock says all by itself: what was asked for once does not outlive it.
    """
    if request.as_of is not None:
        return moment(request.as_of)
    if spec.lock:
        return ""
    rows = (row[len(MOMENT) :] for row in stamp.lines if row.startswith(MOMENT)) if stamp else ()
    return next((row for row in rows if _is_moment(row)), "")


def offered(request: Request, spec: EnvironmentSpec, shell: Shell) -> str:
    """Return the moment to offer: the last commit that touched the dependency files; else "".

    Only where pins are missing, no lock is used, and it is more than a year ago.
    """
    if request.as_of is not None or spec.as_of or spec.lock or not unpinned(spec):
        return ""
    found = _touched(request, spec, shell)
    if found is None or datetime.now(timezone.utc) - found < _YEAR:
        return ""
    return moment(found.strftime("%Y-%m-%d"))


def unpinned(spec: EnvironmentSpec) -> tuple[str, ...]:
    """Return the packages that are asked for without any upper bound, Python and pip left out."""
    limited = {c.name for c in spec.constraints}
    return tuple(
        d.name
        for d in spec.dependencies
        if d.name
        and d.name not in {"python", "pip", *limited}
        and not d.text.startswith("-")
        and not requirement.is_location(d.text)
        and not _PINNED.search(re.sub(r">=|!=", "", d.text.partition(";")[0]))
    )


def question(spec: EnvironmentSpec, then: str) -> str:
    """Return what is asked of the person, or told where there is none."""
    loose, path = unpinned(spec), spec.source.path if spec.source else "the file"
    named = sum(1 for d in spec.dependencies if d.name not in {"", "python", "pip"})
    what = "pins nothing" if len(loose) == named else f"does not pin {', '.join(loose[:3])}"
    more = f" and {len(loose) - 3} more" if len(loose) < named and len(loose) > 3 else ""  # noqa: PLR2004
    return f"{path} was last touched on {then[:10]} and {what}{more}"


def _touched(request: Request, spec: EnvironmentSpec, shell: Shell) -> datetime | None:
    """Return when git last saw one of the files change; None without git, or with changes now."""
    files = {d.origin.path for d in (*spec.dependencies, *spec.constraints)}
    files |= {spec.source.path} if spec.source else set()
    if shell.which("git") is None or not files:
        return None
    here, paths = ("git", "-C", str(request.root), *_GIT), ("--", *sorted(files))
    listed = shell.query((*here, "ls-tree", "-z", "HEAD", *paths), timeout=_SECONDS, env=_ENV)
    rows = [row.partition("\t") for row in (listed.out or "").split("\0") if row]
    objects = {path: facts.split(" ")[-1] for facts, _, path in rows}
    if not files or any(not _same(request.root / f, objects.get(f, ""), shell) for f in files):
        return None  # not committed so: somebody is at work on it
    argv = (*here, "log", "-1", "--format=%cI", *paths)
    return _read((shell.query(argv, timeout=_SECONDS, env=_ENV).out or "").strip())


def _same(path: Path, digest: str, shell: Shell) -> bool:
    """Return whether a file is the object that git has, with whatever line ends."""
    data = shell.read(path, encoding.LIMIT) or b""
    kind = hashlib.sha256 if len(digest) == 64 else hashlib.sha1  # noqa: PLR2004
    bodies = (data, data.replace(b"\r\n", b"\n"))
    return digest in {kind(b"blob %d\0" % len(body) + body).hexdigest() for body in bodies}


def _is_moment(text: str) -> bool:
    return bool(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", text))


def _read(text: str) -> datetime | None:
    """Return a date's or a month's last second, or a moment; without a zone it is in UTC."""
    day = _DAY.fullmatch(text)
    try:
        if day:
            year, month = int(day[1]), int(day[2])
            if day[3]:
                begin = datetime(year, month, int(day[3]), tzinfo=timezone.utc)
                return begin + timedelta(days=1, seconds=-1)
            begin = datetime(year, month, 1, tzinfo=timezone.utc)
            return (begin + timedelta(days=31)).replace(day=1) - timedelta(seconds=1)
        found = datetime.fromisoformat(re.sub(r"[zZ]$", "+00:00", text))
        zoned = found if found.tzinfo else found.replace(tzinfo=timezone.utc)
        return zoned.astimezone(timezone.utc)
    except (ValueError, OverflowError):
        return None
