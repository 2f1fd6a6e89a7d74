"""What the owner settled once: ``[tool.envboot.package]`` or ``[envboot:package]``.

The keys are the flags of ``package-env``. What decides the text of a file belongs here: a check in
CI is given no flags, and must come to the same files.
"""

from __future__ import annotations

import configparser
import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from envboot.errors import InvalidFile, UsageError
from envboot.formats.parts import encoding, requirement, toml
from envboot.package.companions import KINDS
from envboot.spec import Origin, normalise

if TYPE_CHECKING:
    from collections.abc import Callable

    from envboot.package import Packing
    from envboot.shell import Shell

PINS = ("exact", "compatible", "minimum")
_SECTION = "envboot:package"
_WORDS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_MODULE = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*")
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_PLATFORM = re.compile(r"[a-z]+-[a-z0-9_]+")


@dataclass(frozen=True)
class _Key:
    """One setting: the field of Packing that it fills, and how its value is read."""

    field: str
    read: Callable[[object], Any]
    """Raises ValueError with what is wanted."""


def settle(request: Packing, shell: Shell) -> Packing:
    """Return the request with what the repository's settings say where no flag was given.

    pyproject.toml comes before setup.cfg. Raises InvalidFile for an unknown key or value,
    UsageError for flags that do not go together.
    """
    settled = _table(request, shell)
    given = {field for field in _FIELDS if getattr(request, field) not in (None, ())}
    if {"pip_only", "conda_only"} & given:  # the flag of one decides both
        given |= {"pip_only", "conda_only"}
    request = replace(request, **{k: v for k, v in settled.items() if k not in given})
    if request.pip_only and request.conda_only:
        raise UsageError("`--pip-only` and `--conda-only` do not go together")
    for kind in request.companions:
        if kind not in KINDS:
            raise UsageError(f"`--with {kind}`: no such kind", hint=f"kinds: {', '.join(KINDS)}")
    answers(request.provides)
    request = replace(request, readme=request.readme or "readme" in request.companions)
    for name in request.variable:
        if not _VARIABLE.fullmatch(name):
            raise UsageError(f"`{requirement.short(name)}` cannot be the name of a variable")
    return request


def unsettled(given: Packing, shell: Shell) -> tuple[str, ...]:
    """Return the flags that decide texts and are not settled: a check would not know them."""
    settled = _table(given, shell)
    return tuple(
        _FLAGS[key.field]
        for key in _KEYS.values()
        if key.field in _TEXTUAL
        and getattr(given, key.field) not in (None, ())
        and settled.get(key.field) != getattr(given, key.field)
    )


def answers(provides: tuple[str, ...]) -> dict[str, str]:
    """Return ``MODULE=DISTRIBUTION`` lines as module → distribution. Raises UsageError."""
    found = {}
    for text in provides:
        module, _, name = (part.strip() for part in text.partition("="))
        if not _MODULE.fullmatch(module) or not distribution(name):
            raise UsageError(
                f"`{requirement.short(text)}` does not say which distribution brings which module",
                hint="write it as `--provides cv2=opencv-python`",
            )
        found[module] = distribution(name)
    return found


def distribution(text: str) -> str:
    """Return the name of a distribution as PEP 503 has it; "" when PEP 508 allows no such name."""
    bare = text.strip()
    return normalise(bare) if _NAME.fullmatch(bare) else ""


# ------------------------------------------------------------------------ reading


def _table(request: Packing, shell: Shell) -> dict[str, Any]:
    """Return field → value of what the repository settled."""
    path = "pyproject.toml"
    data = shell.read(request.root / path)
    if data is not None and b"envboot" in data:
        text = encoding.decode(data, path)
        document: Any = toml.loads(text, Origin(path))
        keys = ("tool", "envboot", "package")
        for key in keys:
            document = document.get(key, {}) if isinstance(document, Mapping) else {}
        lines = toml.Lines(text, Origin(path))
        if not isinstance(document, Mapping):
            raise InvalidFile(
                "`tool.envboot.package` must be a table",
                hint="write `[tool.envboot.package]` and `key = value` lines below it",
                origin=lines.origin(*keys),
            )
        if document:
            return _read(document, lines.under(*keys))
    return _section(request, shell)


def _section(request: Packing, shell: Shell) -> dict[str, Any]:
    path = "setup.cfg"
    data = shell.read(request.root / path)
    if data is None or _SECTION.encode() not in data:
        return {}
    text = encoding.decode(data, path)
    config = configparser.RawConfigParser()
    try:
        config.read_string(text, path)
    except configparser.Error as error:
        raise InvalidFile(
            "not a valid configuration file",
            hint="write `[section]` lines, and `key = value` lines below them",
            origin=Origin(path, getattr(error, "lineno", None)),
        ) from error
    if not config.has_section(_SECTION):
        return {}

    def locate(key: str) -> Origin:
        rows = encoding.lines(text)
        start = next((n for n, row in enumerate(rows) if row.startswith(f"[{_SECTION}]")), 0)
        entry = re.compile(rf"{re.escape(key)}\s*[=:]", re.IGNORECASE)
        return Origin(
            path, next((n for n, r in enumerate(rows, 1) if n > start and entry.match(r)))
        )

    return _read(dict(config.items(_SECTION)), locate)


def _read(table: Mapping[str, object], locate: Callable[[str], Origin]) -> dict[str, Any]:
    found = {}
    for name, value in table.items():
        key = _KEYS.get(name.strip().lower().replace("_", "-"))
        if key is None:
            near = difflib.get_close_matches(name, _KEYS, 1)
            hint = f"did you mean `{near[0]}`?" if near else f"the keys are {', '.join(_KEYS)}"
            message = f"unknown setting `{requirement.short(name)}`"
            raise InvalidFile(message, hint=hint, origin=locate(name))
        try:
            found[key.field] = key.read(value)
        except (ValueError, UsageError) as error:
            message = f"`{requirement.short(name)}` is not understood"
            raise InvalidFile(message, hint=str(error), origin=locate(name)) from error
    return found


def _yes(value: object) -> bool:
    found = value if isinstance(value, bool) else _WORDS.get(str(value).strip().lower())
    if found is None:
        raise ValueError("write true or false")
    return found


def _pin(value: object) -> str:
    if value not in PINS:
        raise ValueError(f"write one of {', '.join(PINS)}")
    return str(value)


def _list(value: object) -> tuple[str, ...]:
    """Return a list, or the words and lines of a text."""
    if isinstance(value, str):
        return tuple(re.split(r"[\s,]+", value.strip())) if value.strip() else ()
    if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
        raise ValueError('write a list of texts: `["one", "two"]`')
    return tuple(value)


def _kinds(value: object) -> tuple[str, ...]:
    found = _list(value)
    if set(found) - set(KINDS):
        raise ValueError(f"write some of {', '.join(KINDS)}")
    return found


def _variables(value: object) -> tuple[str, ...]:
    found = _list(value)
    if not all(_VARIABLE.fullmatch(name) for name in found):
        raise ValueError("write names of variables; their values come from the environment")
    return found


def _platforms(value: object) -> tuple[str, ...]:
    found = _list(value)
    if not all(_PLATFORM.fullmatch(name) for name in found):
        raise ValueError("write conda's names: linux-64, osx-arm64, win-64")
    return found


def _provided(value: object) -> tuple[str, ...]:
    """Return ``MODULE=DISTRIBUTION`` lines from a table, a list of them, or lines."""
    if isinstance(value, Mapping):
        found = tuple(f"{module}={name}" for module, name in value.items())
    elif isinstance(value, str):
        rows = (re.sub(r"\s*=\s*", "=", row.strip()) for row in value.splitlines())
        found = tuple(row for row in rows if row)
    else:
        found = _list(value)
    answers(found)
    return found


_KEYS = {
    "pin": _Key("pin", _pin),
    "pip-only": _Key("pip_only", _yes),
    "conda-only": _Key("conda_only", _yes),
    "with": _Key("companions", _kinds),
    "variable": _Key("variable", _variables),
    "provides": _Key("provides", _provided),
    "platform": _Key("platform", _platforms),
}
_FIELDS = tuple(key.field for key in _KEYS.values())
_FLAGS = {key.field: f"--{name}" for name, key in _KEYS.items()}
_TEXTUAL = frozenset({"pin", "pip_only", "conda_only", "provides"})
