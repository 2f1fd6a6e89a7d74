"""apt.txt: system packages, installed only on a yes of their own. Source: repo2docker's docs."""

from __future__ import annotations

import re

from envboot.errors import InvalidFile
from envboot.formats.parts import encoding, requirement
from envboot.spec import Dependency, EnvironmentSpec, Origin

PATTERNS = ("apt.txt",)
# Debian Policy 5.6.1 for the name; `=version`, `:arch` and `/release` as apt-get takes them.
_PACKAGE = re.compile(r"[a-z0-9][a-z0-9+.-]+(?::[a-z0-9-]+)?(?:=[A-Za-z0-9.+:~-]+|/[a-z0-9.-]+)?")


def parse(text: str, origin: Origin) -> EnvironmentSpec:
    """Return the packages, one or several a line; what could be an option is refused."""
    found = []
    for number, line in enumerate(encoding.lines(text), 1):
        for word in line.split("#", 1)[0].split():
            place = Origin(origin.path, number)
            if not _PACKAGE.fullmatch(word):
                raise InvalidFile(
                    f"`{requirement.short(word)}` is not the name of a Debian package",
                    hint="write one name a line",
                    origin=place,
                )
            name = re.split(r"[:=/]", word)[0]
            found.append(Dependency(name, word, "pypi", place))
    return EnvironmentSpec(system=tuple(found), source=origin)
