"""What an environment.yml says beside its packages: python, pip, channels, variables."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from envboot.derive import portable
from envboot.derive.lines import BY_HAND, is_bare
from envboot.formats import environment_yml
from envboot.spec import Dependency, Notice, Origin

if TYPE_CHECKING:
    from collections.abc import Sequence

    from envboot.derive.lines import File, Line
    from envboot.freeze import Live
    from envboot.spec import EnvironmentSpec

CHANNELS = ("conda-forge", "nodefaults")
_HERE = Origin("envboot")


def python(
    file: File, live: Live | None, others: Sequence[EnvironmentSpec]
) -> tuple[str, Dependency | None]:
    """Return the interpreter that is asked for (PEP 440) and its line in environment.yml.

    The line of a person stays; else it is the minor version in use, else what was there, else
    what another file declares.
    """
    line = next((n for n in file.lines if n.dependency.name == "python"), None)
    minor = ".".join(live.python.split(".")[:2]) if live else ""
    said = file.spec.python if file.spec else ""
    if line and line.hand and not (is_bare(line) and file.fresh and minor):
        return said, Dependency("python", line.dependency.text, "conda", _HERE, BY_HAND)
    if live and minor:
        text, why = f"python={minor}", f"{minor} is in use"
        return f"=={minor}.*", Dependency("python", text, "conda", _HERE, why)
    if line:
        why = re.sub(r"^was `[^`]*`; ", "", line.dependency.why)
        return said, replace(line.dependency, why=why)
    for spec in (*([file.spec] if file.spec else []), *others):
        if spec.python:
            origin = spec.python_origin or spec.source or _HERE
            text = f"python{environment_yml.as_conda(spec.python)}"
            return spec.python, Dependency("python", text, "conda", _HERE, origin.path)
    return "", None


def is_pip(line: Line) -> bool:
    """Return whether a line is conda's ``pip``."""
    return line.dependency.ecosystem == "conda" and line.dependency.name == "pip"


def around(
    file: File, python: Dependency | None, dependencies: Sequence[Dependency]
) -> tuple[Dependency, ...]:
    """Return the dependencies with python at their head, and pip where conda wants it."""
    conda = [d for d in dependencies if d.ecosystem == "conda"]
    pypi = [d for d in dependencies if d.ecosystem == "pypi"]
    pip = _pip(file, needed=bool(pypi))
    return (*([python] if python else []), *conda, *([pip] if pip else []), *pypi)


def _pip(file: File, *, needed: bool) -> Dependency | None:
    line = next((n for n in file.lines if is_pip(n) and n.hand), None)
    if line:
        return Dependency("pip", line.dependency.text, "conda", _HERE, BY_HAND)
    extra = (*file.spec.options, *file.spec.includes) if file.spec else ()
    if extra or needed:
        return Dependency("pip", "pip", "conda", _HERE, "for what stands below `pip:`")
    return None


def channels(
    file: File, live: Live | None, names: Sequence[str]
) -> tuple[tuple[str, ...], tuple[Notice, ...]]:
    """Return the channels for the conda packages ``names``, and what was left out.

    Those of the file; else those of the live environment, with conda-forge where none is left.
    A channel that a package in it came from is added. Folders and tokens stay out.
    """
    said = file.spec.channels if file.spec else ()
    seen = tuple(live.channels) if live else ()
    from_live = tuple(
        i.channel
        for i in (live.installed if live else ())
        if i.channel and i.conda_name.lower() in names
    )
    good = [c for c in (*seen, *from_live) if portable.channel(c)]
    bad = sorted({c for c in (*seen, *from_live) if not portable.channel(c)})
    notices = tuple(
        Notice("a channel is left out: it is a folder of this computer, or has a token")
        for _ in bad
    )[:1]
    if said:
        wanted = [c for c in from_live if c in good and _base(c) not in map(_base, said)]
        return tuple(dict.fromkeys((*said, *_open(said, wanted)))), notices
    if not good:
        return CHANNELS, notices
    closed = any(c in {"defaults", "nodefaults"} or c.startswith("pkgs/") for c in good)
    return tuple(dict.fromkeys((*good, *(() if closed else ("nodefaults",))))), notices


def _base(channel: str) -> str:
    """Return what a channel is called, however it is written."""
    text = channel.rstrip("/")
    return "defaults" if "pkgs/" in text else text.rpartition("conda.anaconda.org/")[2]


def _open(said: Sequence[str], wanted: Sequence[str]) -> list[str]:
    """Return the channels to add: none of ``defaults`` where a person has closed them out."""
    return [c for c in wanted if not ("nodefaults" in said and _base(c) == "defaults")]


def variables(file: File, asked: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """Return the variables of the file so far and those asked for, which win."""
    before = file.spec.variables if file.spec else ()
    return tuple({**dict(before), **dict(asked)}.items())
