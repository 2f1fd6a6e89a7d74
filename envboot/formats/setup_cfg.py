"""setup.cfg: setuptools' declarative keywords, and ``[envboot:needs]``."""

from __future__ import annotations

import configparser
import re
from typing import TYPE_CHECKING

from envboot import needs
from envboot.errors import InvalidFile
from envboot.formats.parts import encoding, requirement
from envboot.formats.pyproject_toml import check_python
from envboot.needs import evidence
from envboot.spec import Dependency, EnvironmentSpec, Group, Include, Need, Notice, Origin

if TYPE_CHECKING:
    from collections.abc import Callable

PATTERNS = ("setup.cfg",)
_NEEDS = "envboot:needs"
_RECOMMENDED = "envboot:needs.recommended"


def parse(text: str, origin: Origin) -> EnvironmentSpec:
    """Return what the file declares; other tools' sections are left alone. Raises InvalidFile."""
    config = configparser.RawConfigParser()
    config.optionxform = str  # type: ignore[assignment,method-assign] # setuptools keeps the case of extras
    try:
        config.read_string(text, origin.path)
    except configparser.Error as error:
        errors = getattr(error, "errors", None)
        line = errors[0][0] if errors else getattr(error, "lineno", None)
        raise InvalidFile(
            f"not a valid configuration file: {_reason(error)}",
            hint="write `[section]` lines, and `key = value` lines below them",
            origin=Origin(origin.path, line),
        ) from error
    at = _lines(text, origin)
    main, included, notices = _list(config, "options", "install_requires", at)
    groups = []
    if config.has_section("options.extras_require"):
        for extra in config.options("options.extras_require"):
            found, files, said = _list(config, "options.extras_require", extra, at)
            groups.append(Group(extra, found))
            notices += tuple(
                Notice(
                    f"the extra `{requirement.short(extra)}` reads {i.path}: not followed", i.origin
                )
                for i in files
            )
            notices += said
    place = at("options", "python_requires")
    python = check_python(config.get("options", "python_requires", fallback=""), place)
    return (
        EnvironmentSpec(
            name=config.get("metadata", "name", fallback="").strip(),
            python=python,
            python_origin=place if python else None,
            dependencies=main,
            groups=tuple(groups),
            includes=included,
            needs=evidence.recover(_needs(config, at), text),
            next=" ".join(config.get("envboot", "next", fallback="").split()),
            project=config.has_section("options") or config.has_option("metadata", "name"),
            notices=notices,
            source=origin,
        )
        if _ours(config)
        else EnvironmentSpec(source=origin)
    )


def _ours(config: configparser.RawConfigParser) -> bool:
    return any(
        s.split(".")[0] in {"metadata", "options"} or s.split(":")[0] == "envboot"
        for s in config.sections()
    )


def _reason(error: configparser.Error) -> str:
    if isinstance(error, configparser.MissingSectionHeaderError):
        return "the first line belongs to no section"
    if isinstance(error, configparser.DuplicateSectionError):
        return f"the section `{requirement.short(error.section)}` stands there twice"
    if isinstance(error, configparser.DuplicateOptionError):
        return f"the key `{requirement.short(error.option)}` stands there twice"
    return "this line is not understood"


def _list(
    config: configparser.RawConfigParser,
    section: str,
    key: str,
    at: Callable[..., Origin],
) -> tuple[tuple[Dependency, ...], tuple[Include, ...], tuple[Notice, ...]]:
    value = config.get(section, key, fallback="").strip()
    origin = at(section, key)
    if value.startswith("file:"):
        names = [n.strip() for n in value[len("file:") :].split(",") if n.strip()]
        return (), tuple(Include(n, "requirements", origin) for n in names), ()
    if value.startswith("attr:"):
        text = f"`{requirement.short(key)}` is known only once the project is built"
        return (), (), (Notice(text, origin),)
    rows = (
        value.splitlines() if "\n" in value else value.split(";") if _semicolons(value) else [value]
    )
    bare = [requirement.uncommented(row) for row in rows]
    found = [requirement.requirement(b, at(section, key, b)) for b in bare if b]
    return tuple(found), (), ()


def _semicolons(value: str) -> bool:
    """Return whether `;` separates the items of a one-line list and starts no marker."""
    return ";" in value and not re.search(
        r";\s*\(*\s*(python_|os_|sys_|platform|implement|extra)", value
    )


def _needs(config: configparser.RawConfigParser, at: Callable[..., Origin]) -> tuple[Need, ...]:
    if not (config.has_section(_NEEDS) or config.has_section(_RECOMMENDED)):
        return ()
    wanted: dict[str, object] = {}
    if config.has_section(_NEEDS):
        wanted.update({k.strip(): _value(v) for k, v in config.items(_NEEDS)})
    if config.has_section(_RECOMMENDED):
        wanted["recommended"] = {k.strip(): _value(v) for k, v in config.items(_RECOMMENDED)}

    def locate(name: str) -> Origin:
        if name.startswith("recommended.") and config.has_section(_RECOMMENDED):
            return at(_RECOMMENDED, name.split(".", 1)[1])
        return at(_NEEDS, name)

    return needs.read(wanted, locate)


def _value(text: str) -> object:
    """Return a value as TOML would type it: true, a number, a list of lines or words."""
    bare = text.strip().strip("\"'")
    if bare.lower() in {"true", "false", "yes", "no"}:
        return bare.lower() in {"true", "yes"}
    if re.fullmatch(r"\d{1,9}", bare):
        return int(bare)
    if "\n" in bare or "," in bare:
        return [b.strip() for b in re.split(r"[\n,]", bare) if b.strip()]
    return bare


def _lines(text: str, origin: Origin) -> Callable[..., Origin]:
    """Return the locator of (section, key, text of one item)."""
    found: dict[tuple[str, str, str], int] = {}
    section = key = ""
    for number, row in enumerate(encoding.lines(text), 1):
        header, entry = re.match(r"\[([^\]]+)\]", row), re.match(r"([^\s=:#\[][^=:]*)[=:]", row)
        if header:
            section, key = header.group(1), ""
        elif entry:
            key = entry.group(1).strip()
            found.setdefault((section, key, ""), number)
            item = requirement.uncommented(row[entry.end() :])
            found.setdefault((section, key, item), number)
        elif row[:1].isspace():
            found.setdefault((section, key, requirement.uncommented(row)), number)

    def at(section: str, key: str, item: str = "") -> Origin:
        line = found.get((section, key, item)) or found.get((section, key, ""))
        return Origin(origin.path, line)

    return at
