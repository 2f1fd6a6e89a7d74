"""Dependency files that could not be set up: refused before anything is written."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from envboot import needs
from envboot.errors import InvalidFile
from envboot.formats import devcontainer_json, environment_yml, requirements_txt
from envboot.formats.notebook import environment
from envboot.notebook.visible import brief
from envboot.spec import Origin

if TYPE_CHECKING:
    from collections.abc import Collection

    from envboot.notebook.showing import Sight
    from envboot.spec import Include

_READERS = {
    "requirements.txt": requirements_txt,
    "environment.yml": environment_yml,
    "environment.yaml": environment_yml,
}
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")


def readable(sight: Sight) -> None:
    """Raise InvalidFile for a dependency file that cannot be read, or asks for one that is absent.

    And for a ``machine_configuration`` that means nothing.

    Only what the notebook carries counts, so that no file of this computer is ever read for it.
    """
    own = Origin(brief(sight.notebook.name))
    needs.read(devcontainer_json.asked(environment.machine(sight.embedded), own), lambda _key: own)
    carried = {file.name for file in sight.files}
    for file in sight.files:
        reader = _READERS.get(file.name.rsplit("/", 1)[-1])
        for include in reader.parse(file.text, Origin(file.name)).includes if reader else ():
            _there(include, file.name, carried)


def _there(include: Include, name: str, carried: Collection[str]) -> None:
    where = posixpath.normpath(posixpath.join(posixpath.dirname(name), include.path))
    if not _ADDRESS.match(include.path) and where not in carried:
        raise InvalidFile(
            f"`{include.path}` is a file that the notebook does not carry; nothing was written",
            hint="ask its sender for a notebook with all that it takes; `--files-only` writes what "
            "is there",
            origin=include.origin,
        )
