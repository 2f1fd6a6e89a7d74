"""The two files that needs are written into: how each has its sections, keys and values."""

from __future__ import annotations

import configparser
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from envboot.errors import InvalidFile
from envboot.formats import pyproject_toml, setup_cfg
from envboot.formats.parts import toml
from envboot.spec import Origin

if TYPE_CHECKING:
    from collections.abc import Callable

    from envboot.spec import EnvironmentSpec, Need


@dataclass(frozen=True)
class NeedFile:
    """How needs are written in one kind of file."""

    path: str
    section: str
    """The section of needs; it is made where there is none."""
    places: tuple[tuple[str, str], ...]
    """Sections to try, best first: name, and what stands before a key in it; "": a new section."""
    parse: Callable[[str, Origin], EnvironmentSpec]
    rest: Callable[[str], object]
    """All that a file's text says beside needs, to be compared. Raises InvalidFile."""
    value: Callable[[str, str], str]
    """A need's key and value → the value as the file has it."""

    def rows(self, text: str) -> tuple[Need, ...]:
        """Return the needs in a file's text. Raises InvalidFile."""
        return self.parse(text, Origin(self.path)).needs


def _beside_in_toml(text: str) -> object:
    document = toml.loads(text, Origin("pyproject.toml"))
    tool: dict[str, Any] = document.get("tool", {})
    own: dict[str, Any] = tool.get("envboot", {})
    own.pop("needs", None)
    if not own:
        tool.pop("envboot", None)
    if not tool:
        document.pop("tool", None)
    return document


def _beside_in_cfg(text: str) -> object:
    config = configparser.RawConfigParser()
    config.optionxform = str  # type: ignore[assignment,method-assign] # keeps the case
    try:
        config.read_string(text)
    except configparser.Error as error:
        raise InvalidFile("not a configuration file", origin=Origin("setup.cfg")) from error
    names = [s for s in config.sections() if not s.startswith("envboot:needs")]
    return {name: config.items(name) for name in names}


def _typed(key: str, text: str) -> str:
    return text if key in {"cpus", "gpu"} and text.isdigit() else json.dumps(text)


PROJECT = NeedFile(
    "pyproject.toml",
    "tool.envboot.needs",
    (
        ("tool.envboot.needs", ""),
        ("", ""),
        ("tool.envboot", "needs."),
        ("tool", "envboot.needs."),
    ),
    pyproject_toml.parse,
    _beside_in_toml,
    _typed,
)
CONFIG = NeedFile(
    "setup.cfg",
    "envboot:needs",
    (("envboot:needs", ""), ("", "")),
    setup_cfg.parse,
    _beside_in_cfg,
    lambda _key, text: text,
)
