"""The dependency files of one folder, as they can travel inside of a notebook."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from envboot.formats.notebook import environment
from envboot.notebook.gathering import guarding, reaching

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from envboot.shell import Shell

CONDA = ("environment.yml", "environment.yaml")
NAMES = tuple(dict.fromkeys(("requirements.txt", *CONDA, "setup.sh", *environment.ALLOWED)))
"""What a notebook carries, in a steady order."""
_DECLARE = (
    *("requirements.txt", *CONDA, "Pipfile", "Pipfile.lock", "pixi.toml", "pylock.toml"),
    *("conda-lock.yml", "Project.toml", "JuliaProject.toml", "REQUIRE", "install.R"),
    *("renv.lock", "DESCRIPTION", "default.nix"),
)
_PROJECT = re.compile(
    rb"(?m)^\s*\[\s*(?:project|dependency-groups|tool\.(?:poetry|pixi|pdm))\s*[\].]"
)
_BUILT = ("setup.py", "setup.cfg")
_BLOCK = b"# >>> envboot >>>"
_SHORT = 1 << 20  # bytes in which a project says that it is one


@dataclass(frozen=True)
class Taken:
    """The files of a folder as they can travel."""

    files: Mapping[str, str]
    said: tuple[str, ...] = ()
    """What was left out, and why: a sentence each."""


@dataclass
class _Looking:
    """A folder while it is looked at."""

    place: Path
    root: Path
    shell: Shell
    said: list[str] = field(default_factory=list)

    def leave(self, name: str, why: str) -> None:
        """Say why a file is not carried."""
        self.said.append(f"{name}: {why}")


def take(place: Path, root: Path, shell: Shell) -> Taken:
    """Return the files of ``place``; ``root`` is its repository, out of which nothing is read.

    Raises InvalidFile for a password or a token.
    """
    looking = _Looking(place, root, shell)
    found = {name: _text(name, looking) for name in NAMES}
    texts = {name: text for name, text in found.items() if text is not None}
    if all(name in texts for name in CONDA):
        looking.leave(CONDA[1], f"{CONDA[0]} is there too, and wins")
        del texts[CONDA[1]]
    reached = reaching.Reached(root, shell)
    texts = {name: _reached(name, text, looking, reached, texts) for name, text in texts.items()}
    if reached.constraints:
        own = texts.get(reaching.CONSTRAINTS, "")
        own = f"{own}\n" if own and not own.endswith("\n") else own
        texts[reaching.CONSTRAINTS] = own + "".join(reached.constraints)
    short = {n: t for n, t in texts.items() if len(t) <= environment.LARGEST}
    long = [_too_long(name) for name in texts if name not in short]
    return Taken(short, (*looking.said, *reached.said, *long))


def declares(place: Path, shell: Shell) -> bool:
    """Return whether a folder says what is to be installed."""
    if any(shell.kind(place / name) == "file" for name in _DECLARE):
        return True
    if _PROJECT.search(shell.read(place / "pyproject.toml", _SHORT) or b""):
        return True
    return any(_asks(shell.read(place / name, _SHORT) or b"") for name in _BUILT)


def _asks(data: bytes) -> bool:
    """Return whether a setup.py or setup.cfg asks for packages; envboot's own needs its archive."""
    return b"install_requires" in data and _BLOCK not in data


def _reached(
    name: str, text: str, looking: _Looking, reached: reaching.Reached, every: Mapping[str, str]
) -> str:
    path = looking.place / name
    if name == "requirements.txt":
        return reaching.requirements(text, path, reached)
    if name in CONDA:
        return reaching.environment(text, path, reached, frozenset(every))
    return reaching.project(text, name, reached) if name.endswith(".toml") else text


def _text(name: str, looking: _Looking) -> str | None:
    """Return one file as it lies there; None where it is not carried."""
    path, shell = looking.place / name, looking.shell
    if not shell.mark(path) or shell.kind(path) != "file":
        return None
    if _leads_out(path, looking.root):  # also by a link in the place of its folder
        looking.leave(name, f"the link leads out of {looking.root}, and is not followed")
        return None
    data = shell.read(path, 4 * environment.LARGEST + 1)
    if data is None:
        looking.leave(name, "it cannot be read, and is left out")
    if data is None or not _wanted(name, data, looking):
        return None
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = "\0"
    if len(data) > 4 * environment.LARGEST or len(text) > environment.LARGEST:
        looking.said.append(_too_long(name))
        return None
    if "\0" in text:
        looking.leave(name, "it is not UTF-8 text, and is left out")
        return None
    guarding.refuse(str(path), text, shell.environ)
    return text


def _wanted(name: str, data: bytes, looking: _Looking) -> bool:
    """Return whether a file says something of the environment, and not of other tools alone."""
    if name == "pyproject.toml":
        return bool(_PROJECT.search(data)) or b"[tool.uv" in data
    if name not in _BUILT:
        return True
    others = (*_DECLARE, "pyproject.toml")  # a project's own is built where nothing else is said
    return _asks(data) and not any(
        looking.shell.kind(looking.place / other) == "file" for other in others
    )


def _leads_out(path: Path, root: Path) -> bool:
    try:
        real, home = path.resolve(), root.resolve()
    except (OSError, RuntimeError):  # links in a circle
        return True
    return home not in real.parents


def _too_long(name: str) -> str:
    return f"{name}: it is longer than {environment.LARGEST >> 10} KiB, and is left out"
