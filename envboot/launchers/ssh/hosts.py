"""Which hosts there are to go to: the one that the person names, else those of settings files.

The person's own settings come first, then the repository's, whose file is a stranger's: each host
keeps the line that named it, and a name that ssh could take for anything else is refused.
"""

from __future__ import annotations

import configparser
import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from envboot import remote
from envboot.errors import InvalidFile, UsageError
from envboot.formats.parts import encoding, requirement, toml
from envboot.spec import Origin

if TYPE_CHECKING:
    from collections.abc import Callable

    from envboot.remote import Place
    from envboot.shell import Shell
    from envboot.site import Site

MOST = 32
"""Hosts that one file may name: all are asked at once."""
_SECTION = "envboot:ssh"
_KEYS = ("hosts",)


@dataclass(frozen=True)
class Host:
    """One that could be gone to."""

    place: Place
    origin: Origin | None = None
    """Where it is named; None: by the person, on the command line."""
    strange: bool = False
    """Only the repository names it, whose file is a stranger's."""

    def __str__(self) -> str:
        """Return ``gpu-box (pyproject.toml:12)``."""
        return f"{self.place.host} ({self.origin})" if self.origin else self.place.host


def of(site: Site) -> tuple[Host, ...]:
    """Return the host that was ordered, else all of :func:`settled`.

    Raises UsageError for a name that is none, InvalidFile for what a file says.
    """
    if not site.order.where:
        return settled(site.root, site.shell)
    where = remote.place(site.order.where)
    if not where.host:
        raise UsageError(
            f"`{requirement.short(site.order.where)}` is this computer",
            hint="name one that `ssh` reaches",
        )
    return (Host(where),)


def settled(root: Path, shell: Shell) -> tuple[Host, ...]:
    """Return the hosts of the person's own settings, then those of the repository, each once.

    Raises InvalidFile, with the line, for an unknown key and for what is no name of a host.
    """
    found: dict[str, Host] = {}
    for host in _own(shell):
        found.setdefault(host.place.host, host)
    for host in _of_repository(root, shell):
        found.setdefault(host.place.host, replace(host, strange=True))
    return tuple(found.values())


def settings(shell: Shell) -> Path | None:
    """Return the person's own settings file, there or not; None where there is no home.

    Source: XDG Base Directory Specification; a relative path counts as unset.
    """
    named = shell.environ.get("XDG_CONFIG_HOME", "")
    if named and Path(named).is_absolute():
        return Path(named) / "envboot" / "config.ini"
    return shell.home / ".config" / "envboot" / "config.ini" if shell.home else None


# ------------------------------------------------------------------------ reading


def _own(shell: Shell) -> tuple[Host, ...]:
    path = settings(shell)
    data = shell.read(path) if path else None
    if path is None or data is None:
        return ()
    home = shell.home
    inside = home is not None and path.is_relative_to(home)
    shown = f"~/{path.relative_to(home).as_posix()}" if inside and home else path.as_posix()
    return _section(data, shown)


def _of_repository(root: Path, shell: Shell) -> tuple[Host, ...]:
    """Return what pyproject.toml says; without its table, what setup.cfg does."""
    path = "pyproject.toml"
    data = shell.read(root / path)
    if data is not None and b"envboot" in data:
        text = encoding.decode(data, path)
        document: object = toml.loads(text, Origin(path))
        keys = ("tool", "envboot", "ssh")
        for key in keys:
            document = document.get(key, {}) if isinstance(document, Mapping) else {}
        lines = toml.Lines(text, Origin(path))
        if not isinstance(document, Mapping):
            raise InvalidFile(
                "`tool.envboot.ssh` must be a table",
                hint='write `[tool.envboot.ssh]` and `hosts = ["gpu-box"]` below it',
                origin=lines.origin(*keys),
            )
        if document:
            return _read(document, lambda key, item: lines.origin(*keys, key, item=item))
    path = "setup.cfg"
    data = shell.read(root / path)
    return _section(data, path) if data is not None else ()


def _section(data: bytes, path: str) -> tuple[Host, ...]:
    """Return what ``[envboot:ssh]`` of a file says."""
    if _SECTION.encode() not in data:
        return ()
    text = encoding.decode(data, path)
    config = configparser.RawConfigParser()
    try:
        config.read_string(text, path)
    except configparser.Error as error:
        errors = getattr(error, "errors", None)
        raise InvalidFile(
            "not a valid configuration file",
            hint="write `[section]` lines, and `key = value` lines below them",
            origin=Origin(path, errors[0][0] if errors else getattr(error, "lineno", None)),
        ) from error
    if not config.has_section(_SECTION):
        return ()
    rows = encoding.lines(text)

    def locate(key: str, item: str) -> Origin:
        start = next(n for n, row in enumerate(rows) if row.startswith(f"[{_SECTION}]"))
        entry = re.compile(rf"{re.escape(key)}\s*[=:]", re.IGNORECASE)
        first = next(n for n, row in enumerate(rows) if n > start and entry.match(row))
        word = re.compile(rf"(?:^|[\s,=:]){re.escape(item)}(?:$|[\s,])") if item else entry
        for number in range(first, len(rows)):
            if number > first and rows[number] and not rows[number][0].isspace():
                break
            if word.search(rows[number]):
                return Origin(path, number + 1)
        return Origin(path, first + 1)

    return _read(dict(config.items(_SECTION)), locate)


def _read(table: Mapping[str, object], locate: Callable[[str, str], Origin]) -> tuple[Host, ...]:
    """Return the hosts of a table; ``locate`` says where a key stands, and an item of it."""
    for name in table:
        if name.strip().lower() not in _KEYS:
            near = difflib.get_close_matches(name, _KEYS, 1)
            hint = f"did you mean `{near[0]}`?" if near else f"the keys are {', '.join(_KEYS)}"
            message = f"unknown setting `{requirement.short(name)}`"
            raise InvalidFile(message, hint=hint, origin=locate(name, ""))
    found = []
    for key, value in table.items():
        names = re.split(r"[\s,]+", value.strip(" \t\n,")) if isinstance(value, str) else value
        if not isinstance(names, list) or not all(isinstance(n, str) for n in names):
            hint = 'write names, as ssh takes them: `["gpu-box", "ann@big"]`'
            raise InvalidFile(f"`{key}` is not understood", hint=hint, origin=locate(key, ""))
        if len(names) > MOST:
            message = f"`{key}` names {len(names)} hosts, and at most {MOST} are asked"
            raise InvalidFile(message, hint="keep the nearest", origin=locate(key, ""))
        found += [_host(name, locate(key, name)) for name in names if name]
    return tuple(found)


def _host(name: str, origin: Origin) -> Host:
    try:
        place = remote.place(name)
    except UsageError as error:
        raise InvalidFile(error.message, hint=error.hint, origin=origin) from error
    if not place.host:
        message = f"`{requirement.short(name)}` is this computer"
        raise InvalidFile(message, hint="name hosts that `ssh` reaches", origin=origin)
    return Host(place, origin)
