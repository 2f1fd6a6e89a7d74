"""What an environment should be: frozen values, each fact with the place it was read.

Nothing here touches the computer. Readers in :mod:`envboot.formats` make an
:class:`EnvironmentSpec`, :mod:`envboot.find` merges those of one repository, and everything
downstream (needs, decide, engines) only reads it.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import Literal, Union

Ecosystem = Literal["conda", "pypi"]
Level = Literal["minimum", "recommended"]
Evidence = Literal["declared", "measured", "inferred"]
MOMENT = "as of "
"""How the line begins that says as of when an environment was made."""
NeedValue = Union[int, float, str, "tuple[str, ...]"]


@dataclass(frozen=True)
class Origin:
    """Where a fact was read. ``path`` is POSIX, relative to the repository where it lies inside."""

    path: str
    line: int | None = None
    """1-based line; None when the whole file is meant."""
    cell: int | None = None
    """1-based notebook cell; ``line`` then counts inside the cell."""

    def __str__(self) -> str:
        """Return ``path:line`` or ``path, cell 3, line 2``, as editors and people read it."""
        if self.cell is not None:
            return f"{self.path}, cell {self.cell}" + (f", line {self.line}" if self.line else "")
        return f"{self.path}:{self.line}" if self.line else self.path


@dataclass(frozen=True)
class Dependency:
    """One package that is asked for."""

    name: str
    """Normalised: PEP 503 for pypi, lower case for conda; "" where the text names none (a URL)."""
    text: str
    """As its author wrote it: a conda match spec, or one requirement line (PEP 508, ``-e .`` …)."""
    ecosystem: Ecosystem
    origin: Origin
    why: str = field(default="", compare=False)
    """Its evidence, for the comment behind its line: ``cv2 in src/see.py:3 and 4 more``."""


@dataclass(frozen=True)
class Need:
    """One demand on the computer."""

    key: str
    """cpus, memory, disk, gpu, gpu_memory, cuda, compute_capability, arch, os, cpu_flags, glibc
    or macos."""
    value: NeedValue
    """cpus: cores; memory, disk, gpu_memory: bytes; gpu: how many (0: optional); cuda,
    compute_capability, glibc and macos: at least this version, "12.1"; arch, os, cpu_flags: a
    tuple of names."""
    text: str
    """As written, for people: ``16 GB``."""
    origin: Origin
    level: Level = "minimum"
    evidence: Evidence = "declared"
    why: str = field(default="", compare=False)
    """What it was inferred from, or measured with, where ``text`` does not say it."""


@dataclass(frozen=True)
class Include:
    """Another file that a file refers to (``-r``, ``-c``); ``path`` as written, POSIX."""

    path: str
    kind: Literal["requirements", "constraints"]
    origin: Origin


@dataclass(frozen=True)
class Notice:
    """A sentence about a file that a person should read: ignored, contradictory, unusual."""

    text: str
    origin: Origin | None = None

    def __str__(self) -> str:
        """Return ``file:line: sentence``."""
        return f"{self.origin}: {self.text}" if self.origin else self.text


@dataclass(frozen=True)
class Lock:
    """A lock file, handed whole to an engine that understands it."""

    format: str
    """uv.lock | pylock.toml | Pipfile.lock | poetry.lock | pdm.lock | conda-lock.yml | pixi.lock"""
    path: str
    sha256: str


@dataclass(frozen=True)
class Group:
    """Dependencies beyond production: an extra, a PEP 735 group, a Poetry group."""

    name: str
    dependencies: tuple[Dependency, ...]


@dataclass(frozen=True)
class EnvironmentSpec:
    """All that a repository declares about its environment."""

    name: str = ""
    python: str = ""
    """PEP 440 specifier set for the interpreter (``==3.11.*``, ``>=3.9,<3.13``); "": any."""
    python_origin: Origin | None = None
    dependencies: tuple[Dependency, ...] = ()
    groups: tuple[Group, ...] = ()
    channels: tuple[str, ...] = ()
    """Conda channels, highest priority first, as written."""
    platforms: tuple[str, ...] = ()
    """The platforms that the file is for, as conda calls them (``linux-64``); (): not said."""
    options: tuple[Dependency, ...] = ()
    """pip's index options, one a line (``--extra-index-url URL``); ``name`` is the flag."""
    constraints: tuple[Dependency, ...] = ()
    includes: tuple[Include, ...] = ()
    """Files still to be read; empty once :mod:`envboot.find` has resolved them."""
    variables: tuple[tuple[str, str], ...] = ()
    needs: tuple[Need, ...] = ()
    lock: Lock | None = None
    system: tuple[Dependency, ...] = ()
    """apt packages (whatever ``ecosystem`` says); installed only on a yes of their own."""
    scripts: tuple[Origin, ...] = ()
    """postBuild and the like; shown, and run only on a yes of their own."""
    project: bool = False
    """The file describes an installable project: ``pip install`` takes the repository itself."""
    next: str = ""
    """What the owner suggests to type when all is done; shown, never run."""
    notices: tuple[Notice, ...] = ()
    source: Origin | None = None
    """The file that this was read from; after ``find``, the file that won."""
    twin: str = ""
    """For an environment.yml: a file beside it that asks for the same distributions, all from the
    Python package index, so that a computer without conda can have them; "" without one."""
    as_of: str = ""
    """ISO 8601 in UTC: nothing newer counts; "" for now. Asked for by the person, in no file."""
    as_written: bool = False
    """True when giving ``source`` itself to pip or conda means the same as this value."""

    @property
    def is_conda(self) -> bool:
        """Return whether a conda package other than python and pip is asked for."""
        return any(
            d.ecosystem == "conda" and d.name not in {"python", "pip"} for d in self.dependencies
        )

    def group(self, name: str) -> Group | None:
        """Return the group of that name, compared as PEP 735 does (``_``, ``.``, ``-`` alike)."""
        wanted = normalise(name)
        return next((g for g in self.groups if normalise(g.name) == wanted), None)


def normalise(name: str) -> str:
    """Return ``name`` normalised as PEP 503 says: lower case, runs of ``-_.`` become ``-``."""
    out: list[str] = []
    for char in name.strip().lower():
        if char in "-_.":
            if out and out[-1] != "-":
                out.append("-")
        else:
            out.append(char)
    return "".join(out)


def lines(spec: EnvironmentSpec) -> tuple[str, ...]:
    """Return all that decides what gets installed, one readable line a fact, in order.

    Two specs with the same lines mean the same environment: comments, origins and needs are
    left out. The lines are kept in the stamp of an environment, to say later what changed: that
    is why the value of a variable, which may be secret, stands there as a digest.
    """
    out = [f"python {spec.python}"] if spec.python else []
    out += [f"channel {c}" for c in spec.channels]
    out += [f"option {o.text}" for o in spec.options]
    out += [f"{d.ecosystem} {d.text}" for d in spec.dependencies]
    out += [f"constraint {c.text}" for c in spec.constraints]
    out += [f"{MOMENT}{spec.as_of}"] if spec.as_of else []
    out += [f"variable {k} ({_digest(v)[:8]})" for k, v in spec.variables]
    if spec.lock:
        out.append(f"lock {spec.lock.path} {spec.lock.sha256}")
    return tuple(out)


def fingerprint(spec: EnvironmentSpec) -> str:
    """Return the sha256 (64 hex digits) of :func:`lines`: what a stamp compares."""
    return _digest(json.dumps(lines(spec)))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()
