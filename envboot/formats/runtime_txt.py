"""runtime.txt: the version of Python for pip projects. Source: repo2docker's documentation."""

from __future__ import annotations

import re

from envboot.errors import InvalidFile
from envboot.formats.parts import encoding, requirement, versions
from envboot.spec import EnvironmentSpec, Notice, Origin

PATTERNS = ("runtime.txt",)


def parse(text: str, origin: Origin) -> EnvironmentSpec:
    """Return the Python that ``python-3.11`` names, as a series; ``r-4.1-…`` is noticed.

    Raises InvalidFile.
    """
    for number, line in enumerate(encoding.lines(text), 1):
        bare = line.strip()
        if not bare or bare.startswith("#"):
            continue
        place = Origin(origin.path, number)
        if bare.startswith("r-"):
            notice = Notice("an R runtime is named: envboot makes Python environments", place)
            return EnvironmentSpec(notices=(notice,), source=origin)
        found = re.fullmatch(r"python-?(\d+(?:\.\d+){0,2})(?:\.x)?", bare)
        if not found:
            raise InvalidFile(
                f"`{requirement.short(bare)}` names no runtime",
                hint="write `python-3.11`",
                origin=place,
            )
        series = ".".join(found.group(1).split(".")[:2])
        said: tuple[Notice, ...] = ()
        if series != found.group(1):  # nobody has every patch release
            said = (Notice(f"any Python {series} will do for {found.group(1)}", place),)
        python = versions.exact_python(series)
        return EnvironmentSpec(python=python, python_origin=place, notices=said, source=origin)
    return EnvironmentSpec(source=origin)
