"""``pypi-dependencies`` and ``pypi-options`` of pixi's tables, said as requirement lines."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from envboot.errors import InvalidFile
from envboot.formats.parts import requirement
from envboot.spec import Dependency, Notice, normalise

if TYPE_CHECKING:
    from envboot.formats.parts.toml import Lines
    from envboot.spec import Origin

_HINT = 'write `name = ">=1.2"` or `name = {version = ">=1.2", extras = ["x"]}`'
_TEXTS = ("version", "git", "rev", "tag", "branch", "path", "url", "subdirectory", "env-markers")
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")


def packages(
    declared: dict[str, Any], at: Lines, *keys: str
) -> tuple[tuple[Dependency, ...], tuple[Notice, ...]]:
    """Return the packages of a table, and what is to be said of them. Raises InvalidFile."""
    found, notices = [], []
    for name, value in declared.items():
        origin = at.origin(*keys, "pypi-dependencies", name)
        found.append(package(name, value, origin))
        if isinstance(value, dict) and "index" in value:
            text = f"the index that pixi takes `{requirement.short(name)}` from is not known to pip"
            notices.append(Notice(text, origin))
    return tuple(found), tuple(notices)


def package(name: str, value: object, origin: Origin) -> Dependency:
    """Return one entry as a requirement line. Raises InvalidFile."""
    entry: dict[str, Any] = value if isinstance(value, dict) else {"version": value}
    extras = entry.get("extras", [])
    texts = all(isinstance(entry[k], str) for k in _TEXTS if k in entry)
    listed = isinstance(extras, list) and all(isinstance(e, str) for e in extras)
    if not (texts and listed and _NAME.fullmatch(name)):
        raise InvalidFile(
            f"`{requirement.short(name)}` is not understood", hint=_HINT, origin=origin
        )
    extra = f"[{','.join(extras)}]" if extras else ""
    body = _place(name, extra, entry, origin)
    if isinstance(body, Dependency):
        return body
    tail = f" ; {entry['env-markers']}" if entry.get("env-markers") else ""
    return requirement.requirement(f"{body}{tail}", origin)


def marked(dependency: Dependency, marker: str) -> Dependency:
    """Return the dependency for some platforms only; a folder can have no marker of its own."""
    text = dependency.text
    if not marker or text.startswith("-e") or requirement.is_location(text):
        return dependency
    body, _, old = text.partition(" ; ")
    both = f"({old}) and {marker}" if old else marker
    return Dependency(dependency.name, f"{body} ; {both}", "pypi", dependency.origin)


def options(
    root: dict[str, Any], at: Lines, *keys: str
) -> tuple[tuple[Dependency, ...], tuple[Notice, ...]]:
    """Return pip's index options, and what ``pypi-options`` says beyond. Raises InvalidFile."""
    declared = root.get("pypi-options", {})
    place = at.origin(*keys, "pypi-options")
    if not isinstance(declared, dict):
        raise InvalidFile(
            "`pypi-options` must be a table", hint="write `[pypi-options]`", origin=place
        )
    rows: list[tuple[str, str, object]] = []
    for key, value in declared.items():
        if key == "index-url":
            rows.append((key, "--index-url", value))
        elif key == "extra-index-urls" and isinstance(value, list):
            rows += [(key, "--extra-index-url", url) for url in value]
        elif key == "find-links" and isinstance(value, list):
            found = [v.get("url") or v.get("path") if isinstance(v, dict) else v for v in value]
            rows += [(key, "--find-links", where) for where in found]
    made = []
    for key, flag, value in rows:
        origin = at.origin(*keys, "pypi-options", key)
        if not isinstance(value, str) or not value or " " in value or value.startswith("-"):
            raise InvalidFile(
                f"`pypi-options.{key}` holds no address",
                hint='write `"https://…/simple"`',
                origin=origin,
            )
        made.append(Dependency(flag, requirement.clean(f"{flag} {value}", origin), "pypi", origin))
    left = [k for k in declared if k not in {key for key, _, _ in rows} and declared[k]]
    said = [
        Notice(f"`pypi-options.{requirement.short(key)}` is left to pixi", place) for key in left
    ]
    return tuple(made), tuple(said)


def _place(name: str, extra: str, entry: dict[str, Any], origin: Origin) -> str | Dependency:
    inner = f"#subdirectory={entry['subdirectory']}" if entry.get("subdirectory") else ""
    if entry.get("path"):
        where = entry["path"].replace("\\", "/")
        where = where if where.startswith(("/", ".")) else f"./{where}"
        text = f"{where}{extra}"
        found = requirement.line(f"-e {text}" if entry.get("editable") is True else text, origin)
        return Dependency(normalise(name), found.text, "pypi", origin)
    if entry.get("git"):
        ref = next((entry[k] for k in ("rev", "tag", "branch") if entry.get(k)), "")
        url = entry["git"]
        url = "ssh://" + url.replace(":", "/", 1) if url.startswith("git@") else url
        url = url if url.startswith("git+") else f"git+{url}"
        return f"{name}{extra} @ {url}{'@' + ref if ref else ''}{inner}"
    if entry.get("url"):
        return f"{name}{extra} @ {entry['url']}{inner}"
    version = entry.get("version", "*").strip()
    version = "" if version in {"*", ""} else version
    return f"{name}{extra}{f'=={version}' if re.match(r'[0-9]', version) else version}"
