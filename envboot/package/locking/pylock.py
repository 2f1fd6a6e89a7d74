"""``package-env --lock``: pylock.toml (PEP 751) with hashes, solved by uv for each platform.

One universal file for all platforms, restricted to those that were asked for: pip, uv and PDM read
``pylock.toml``, while a file for each platform (``pylock.NAME.toml``) would have to be chosen by
hand. What it was solved for stands in its ``environments``: elsewhere an installer refuses it.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from envboot.errors import CommandFailed, InvalidFile, NothingFound, UsageError
from envboot.formats.parts import toml
from envboot.locks.fitting import LOCAL
from envboot.locks.reading import MARK
from envboot.package.changes import Change
from envboot.package.locking import uv_runs
from envboot.platforms import ALL
from envboot.spec import Origin

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from envboot.console import Console
    from envboot.shell import Shell

FILENAME = "pylock.toml"


@dataclass(frozen=True)
class Wanted:
    """What a lock of pip's packages is made of."""

    requirements: str
    """The text of a requirements file."""
    python: str
    """The minor version to lock for, ``3.11``."""
    platforms: tuple[str, ...]
    """conda's names."""
    made_of: str = ""
    """The digest that says what it was made of."""


def lock(
    root: Path,
    wanted: Wanted,
    shell: Shell,
    console: Console,
    *,
    offline: bool = False,
    yes: bool = False,
) -> tuple[Change, ...]:
    """Return the change of pylock.toml, () when it is as it was.

    Versions that are locked already are kept where they still fit. Raises NothingFound where
    there is nothing to lock, FallsShort without uv, CommandFailed with what uv says, InvalidFile
    for a lock that must not be kept.
    """
    markers = _markers(wanted.python, wanted.platforms)
    lines = list(_remote(wanted.requirements, console))
    if not any(line.strip() and not line.lstrip().startswith(("#", "-")) for line in lines):
        raise NothingFound(
            "there is nothing to lock: no line of requirements.txt names a package",
            hint="a lock is for packages that others can fetch",
        )
    before = shell.read(root / FILENAME)
    work = root / ".envboot" / f"lock-{token_hex(4)}"
    there = shell.kind(work.parent)
    try:
        uv = uv_runs.maker(work, shell, console, offline=offline, yes=yes)
        shell.write(work / "pyproject.toml", _project(markers, wanted.python))
        shell.write(work / "requirements.txt", "\n".join(lines) + "\n", private=True)
        if before is not None:
            shell.write(work / FILENAME, before)
        console.say(f"locking with uv for Python {wanted.python}")
        flags = ("--universal", "--python-version", wanted.python)
        uv.compile(flags, FILENAME, work, shell, console)
        made = shell.read(work / FILENAME)
    finally:
        shell.remove(work if there else work.parent)
    if made is None:
        raise CommandFailed("uv wrote no lock", hint="does its version do? `uv self update`")
    after = _finished(made.decode("utf-8"), markers, wanted.made_of)
    for name in _checked(after):
        console.warn(
            f"{FILENAME}: {name} comes from this computer: elsewhere the lock cannot be used",
            hint="lock with the package index: without find-links to a local folder",
        )
    data = after.encode()
    return () if data == before else (Change(FILENAME, before, data, ours=_is_ours(before)),)


def _markers(python: str, platforms: Sequence[str]) -> tuple[str, ...]:
    """Return the environments to solve for, one marker each."""
    minor = re.fullmatch(r"3\.(\d{1,3})", python)
    if not minor:
        raise UsageError(f"`{python[:20]}` is no minor version of Python", hint="`3.11`")
    range_ = f"python_full_version >= '{python}' and python_full_version < '3.{int(minor[1]) + 1}'"
    out = []
    for name in dict.fromkeys(platforms):
        known = ALL[name]
        out.append(
            f"sys_platform == '{known.sys_platform}' "
            f"and platform_machine == '{known.machine}' and {range_}"
        )
    return tuple(out)


def _project(markers: tuple[str, ...], python: str) -> str:
    """Return a pyproject.toml that tells uv what to solve for; it has no flag for that."""
    return (
        f'[project]\nname = "locked-by-envboot"\nversion = "0"\nrequires-python = "=={python}.*"\n'
        f"[tool.uv]\nenvironments = {json.dumps(list(markers))}\n"
    )


def _remote(requirements: str, console: Console) -> Iterator[str]:
    """Yield the lines without those that only this computer has: the project itself, folders."""
    for line in requirements.splitlines():
        if LOCAL.match(line):
            console.warn(f"not locked, because it is a folder: {line.strip()[:80]}")
        else:
            yield line


def _finished(text: str, markers: tuple[str, ...], made_of: str) -> str:
    """Return the lock with the environments that it is good for, which uv leaves out.

    What it was made of stands in the head, so that it is known later without solving.
    """
    text = re.sub(rf"(?m)^{MARK}.*\n", "", text)
    if made_of:
        text = re.sub(r"(?m)^(?!#)", f"{MARK}{made_of}\n", text, count=1)
    if re.search(r"(?m)^environments\s*=", text):
        return text
    rows = "".join(f"    {json.dumps(marker)},\n" for marker in markers)
    return re.sub(
        r"(?m)^(requires-python = .*\n)",
        lambda found: f"{found.group()}environments = [\n{rows}]\n",
        text,
        count=1,
    )


def _checked(text: str) -> Iterator[str]:
    """Yield the packages that come from this computer. Raises InvalidFile for an unsafe lock."""
    origin = Origin(FILENAME)
    document = toml.loads(text, origin)
    uv_runs.without_passwords(text, FILENAME)
    for package in document.get("packages", []):
        name = str(package.get("name", "?"))
        sources = list(_sources(package))
        if not sources and not {"vcs", "directory"} & set(package):
            raise InvalidFile(f"{name} is locked without any file", origin=origin)
        if any(not source.get("hashes") for source in sources):
            raise InvalidFile(
                f"{name} is locked without a hash",
                hint="its index gives none: use another one",
                origin=origin,
            )
        local = any("path" in s or str(s.get("url", "")).startswith("file:") for s in sources)
        if local or "directory" in package:
            yield name


def _sources(package: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from package.get("wheels", [])
    for key in ("sdist", "archive"):
        if key in package:
            yield package[key]


def _is_ours(before: bytes | None) -> bool:
    return before is None or b"envboot package-env --lock" in before
