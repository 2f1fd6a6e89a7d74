"""``package-env --lock``: pylock.toml (PEP 751) with hashes, solved by uv for each platform.

One universal file for all platforms, restricted to those that were asked for: pip, uv and PDM read
``pylock.toml``, while a file for each platform (``pylock.NAME.toml``) would have to be chosen by
hand. What it was solved for stands in its ``environments``: elsewhere an installer refuses it.
"""

from __future__ import annotations

import json
import re
import sys
from dataclasses import replace
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from envboot import index
from envboot.engines import uv
from envboot.errors import CommandFailed, FallsShort, InvalidFile, NothingFound, UsageError
from envboot.formats.parts import toml
from envboot.machine import arch_of
from envboot.package.changes import Change
from envboot.spec import Origin

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from envboot.console import Console
    from envboot.index import Index
    from envboot.shell import Shell

FILENAME = "pylock.toml"
PLATFORMS = {
    "linux-64": ("linux", "x86_64"),
    "linux-aarch64": ("linux", "aarch64"),
    "linux-ppc64le": ("linux", "ppc64le"),
    "linux-s390x": ("linux", "s390x"),
    "osx-64": ("darwin", "x86_64"),
    "osx-arm64": ("darwin", "arm64"),
    "win-64": ("win32", "AMD64"),
    "win-arm64": ("win32", "ARM64"),
}
"""conda's name of a platform → sys_platform and platform_machine (PEP 508)."""
OLDEST = (0, 7)
"""The first uv that writes pylock.toml."""
_SYSTEMS = {"Linux": "linux", "Darwin": "osx", "Windows": "win"}
_ARCHS = {"x86_64": "64", "arm64": "aarch64"}
_LOCAL = re.compile(r"\s*(?:-e\b|--editable\b|\.{0,2}[/\\]|\.\s*$|[^#;]*@\s*file:)")
_PASSWORD = re.compile(r"://[^/\s\"'@:]*:[^/\s\"'@]+@")


def lock(
    root: Path,
    requirements: str,
    python: str,
    platforms: Sequence[str],
    shell: Shell,
    console: Console,
    *,
    offline: bool = False,
) -> tuple[Change, ...]:
    """Return the change of pylock.toml, () when it is as it was.

    ``requirements`` is the text of a requirements file, ``python`` the minor to lock for ("3.11"),
    ``platforms`` are names of :data:`PLATFORMS` (none: this one). Versions that are locked already
    are kept where they still fit. Raises UsageError for a platform that does not exist,
    NothingFound where there is nothing to lock, FallsShort without uv, CommandFailed with what uv
    says, InvalidFile for a lock that must not be kept.
    """
    markers = _markers(python, platforms or (here(shell),))
    lines = list(_remote(requirements, console))
    if not any(line.strip() and not line.lstrip().startswith(("#", "-")) for line in lines):
        raise NothingFound(
            "there is nothing to lock: no line of requirements.txt names a package",
            hint="a lock is for pip's packages; environment.yml has none of them",
        )
    program = _program(shell)
    before = shell.read(root / FILENAME)
    work = root / ".envboot" / f"lock-{token_hex(4)}"
    there = shell.kind(work.parent)
    try:
        shell.write(work / "pyproject.toml", _project(markers, python))
        shell.write(work / "requirements.txt", "\n".join(lines) + "\n")
        if before is not None:
            shell.write(work / FILENAME, before)
        _solve(program, python, work, shell, console, offline=offline)
        made = shell.read(work / FILENAME)
    finally:
        shell.remove(work if there else work.parent)
    if made is None:
        raise CommandFailed("uv wrote no lock", hint="does its version do? `uv self update`")
    after = _finished(made.decode("utf-8"), markers)
    for name in _checked(after):
        console.warn(
            f"{FILENAME}: {name} comes from this computer: elsewhere the lock cannot be used",
            hint="lock with the package index: without find-links to a local folder",
        )
    data = after.encode()
    return () if data == before else (Change(FILENAME, before, data, ours=_is_ours(before)),)


def here(shell: Shell) -> str:
    """Return conda's name of this computer's platform."""
    system = _SYSTEMS.get(shell.platform.system, shell.platform.system.lower())
    arch = arch_of(shell.platform.machine)
    if system != "linux" and arch == "arm64":
        return f"{system}-arm64"
    return f"{system}-{_ARCHS.get(arch, arch)}"


def _markers(python: str, platforms: Sequence[str]) -> tuple[str, ...]:
    """Return the environments to solve for, one marker each."""
    minor = re.fullmatch(r"3\.(\d{1,3})", python)
    if not minor:
        raise UsageError(f"`{python[:20]}` is no minor version of Python", hint="`3.11`")
    range_ = f"python_full_version >= '{python}' and python_full_version < '3.{int(minor[1]) + 1}'"
    out = []
    for name in dict.fromkeys(platforms):
        if name not in PLATFORMS:
            hint = f"platforms: {', '.join(PLATFORMS)}"
            raise UsageError(f"there is no platform `{name[:40]}` to lock for", hint=hint)
        system, machine = PLATFORMS[name]
        out.append(f"sys_platform == '{system}' and platform_machine == '{machine}' and {range_}")
    return tuple(out)


def _program(shell: Shell) -> str:
    program = uv.program_of(shell)
    hint = "`pip install uv`, or see https://docs.astral.sh/uv/"
    if program is None:
        raise FallsShort("uv is not installed, and it makes the lock", hint=hint)
    said = shell.query((str(program), "--version"))
    match = re.match(r"uv (\d+)\.(\d+)", said.out or "")
    if match is None:
        raise FallsShort(f"{program} does not work" + (f": {said.why}" if said.why else ""))
    if (int(match[1]), int(match[2])) < OLDEST:
        wanted = ".".join(map(str, OLDEST))
        raise FallsShort(f"{match[0]} writes no {FILENAME}: {wanted} or newer does", hint=hint)
    return str(program)


def _project(markers: tuple[str, ...], python: str) -> str:
    """Return a pyproject.toml that tells uv what to solve for; it has no flag for that."""
    return (
        f'[project]\nname = "locked-by-envboot"\nversion = "0"\nrequires-python = "=={python}.*"\n'
        f"[tool.uv]\nenvironments = {json.dumps(list(markers))}\n"
    )


def _remote(requirements: str, console: Console) -> Iterator[str]:
    """Yield the lines without those that only this computer has: the project itself, folders."""
    for line in requirements.splitlines():
        if _LOCAL.match(line):
            console.warn(f"not locked, because it is a folder: {line.strip()[:80]}")
        else:
            yield line


def _solve(
    program: str, python: str, work: Path, shell: Shell, console: Console, *, offline: bool
) -> None:
    where = index.settings(shell)
    where = index.offline(where, shell) if offline else _elsewhere(where)
    env = dict(uv.environ(where, shell, offline=offline))
    env["UV_CUSTOM_COMPILE_COMMAND"] = "envboot package-env --lock"
    argv = (
        *(program, "pip", "compile", "--quiet", "--universal", "--format", FILENAME),
        *("--generate-hashes", "--python-version", python, "--python", sys.executable),
        *(("--no-index",) if where.no_index else ()),
        *("-o", FILENAME, "--", "requirements.txt"),
    )
    console.say(f"locking with uv for Python {python}")
    shell.do(argv, cwd=work, env=env, said=console.line, why="solving the lock")


def _elsewhere(where: Index) -> Index:
    """Return the indexes that other computers reach too, where there are any."""
    if where.no_index or index.local(where.url):
        return where
    return replace(
        where,
        extra=tuple(url for url in where.extra if not index.local(url)),
        find_links=tuple(place for place in where.find_links if not index.local(place)),
    )


def _finished(text: str, markers: tuple[str, ...]) -> str:
    """Return the lock with the environments that it is good for; uv leaves them out."""
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
    if _PASSWORD.search(text):
        raise InvalidFile(
            "the lock would carry the password of a package index",
            hint="give it in ~/.netrc or a keyring instead of the address",
            origin=origin,
        )
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
