"""Formats: how a spec is written down. One module a file format, which reads and may write it.

Plug-ins: entry points ``envboot.readers`` (and ``envboot.writers``). The members of the family are
those that :data:`BUILT_IN` names; the other modules here hold what several formats share.
"""

from __future__ import annotations

import importlib
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

from envboot import plugins

if TYPE_CHECKING:
    from collections.abc import Mapping

    from envboot.spec import EnvironmentSpec, Origin


class Reader(Protocol):
    """A module that reads one kind of file."""

    PATTERNS: tuple[str, ...]
    """File names (fnmatch) that it reads, ``environment.y*ml``."""

    def parse(self, text: str, origin: Origin) -> EnvironmentSpec:
        """Return what ``text`` declares; pure, no other file is opened (see ``spec.includes``).

        ``origin.path`` names the file. Raises InvalidFile with file, line and hint.
        """


class Writer(Protocol):
    """A module that writes one kind of file."""

    FILENAME: str

    def render(self, spec: EnvironmentSpec, before: str = "") -> str:
        """Return the file's text; ``parse(render(spec))`` means what ``spec`` means.

        ``before`` is the text of the file so far: its comments survive.
        """


BUILT_IN: Mapping[str, tuple[str, ...]] = {
    "environment_yml": (
        "environment*.yml",
        "environment*.yaml",
        "*environment.yml",
        "*environment.yaml",
    ),
    "requirements_txt": ("requirements*.txt", "*requirements.txt", "constraints*.txt", "*.in"),
    "pixi_toml": ("pixi.toml",),
    "pyproject_toml": ("pyproject.toml",),
    "pipfile": ("Pipfile",),
    "pipfile_lock": ("Pipfile.lock",),
    "setup_cfg": ("setup.cfg",),
    "setup_py": ("setup.py",),
    "runtime_txt": ("runtime.txt",),
    "apt_txt": ("apt.txt",),
    "post_build": ("postBuild",),
    "devcontainer_json": ("devcontainer.json", ".devcontainer.json"),
    "lock_file": (
        "uv.lock",
        "pylock.toml",
        "pylock.*.toml",
        "poetry.lock",
        "pdm.lock",
        "conda-lock.yml",
        "pixi.lock",
    ),
    "script_py": ("*.py",),
}
"""The modules and their PATTERNS, said here once more so that only the one that is needed is
imported; the first that matches a name reads it."""

WRITERS = ("environment_yml", "requirements_txt", "pixi_toml", "pyproject_toml")


def reader_for(name: str) -> Reader | None:
    """Return the reader of files called ``name`` (no folders); None when there is none.

    Only the module that matches is imported; plug-ins are asked where no built-in one matches.
    """
    for module, patterns in BUILT_IN.items():
        if any(fnmatchcase(name, pattern) for pattern in patterns):
            reader: Reader = importlib.import_module(f"{__name__}.{module}")
            return reader
    for _, member in plug_ins().members:
        patterns = getattr(member, "PATTERNS", ())
        if any(fnmatchcase(name, str(pattern)) for pattern in patterns):
            return member  # type: ignore[no-any-return]
    return None


@lru_cache(maxsize=1)
def plug_ins() -> plugins.Family:
    """Return the readers that other distributions add."""
    taken = tuple(BUILT_IN)
    found = plugins.load(__name__, (), group="envboot.readers", required=("PATTERNS", "parse"))
    members = tuple((name, member) for name, member in found.members if name not in taken)
    return plugins.Family(members, found.warnings)


def readers() -> plugins.Family:
    """Return every reader by name: imports all of them, so for listings and tests only."""
    return plugins.load(
        __name__, tuple(BUILT_IN), group="envboot.readers", required=("PATTERNS", "parse")
    )


def writers() -> plugins.Family:
    """Return every writer by name."""
    return plugins.load(__name__, WRITERS, group="envboot.writers", required=("FILENAME", "render"))
