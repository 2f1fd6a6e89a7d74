"""What the code says, as values: each fact with the file, the line or the cell, and its label."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from envboot.spec import Ecosystem, Notice, Origin

Label = Literal["production", "guarded", "test", "docs"]
ORDER: tuple[Label, ...] = ("production", "guarded", "test", "docs")
"""How much a module is needed, most first; of several uses the strongest counts."""


@dataclass(frozen=True)
class Imported:
    """One third-party module, at the place that needs it most."""

    module: str
    """As it must be imported: ``numpy``; below a namespace ``google.cloud.storage``."""
    origin: Origin
    label: Label
    places: int = 1
    """In how many files it is imported with this label."""


@dataclass(frozen=True)
class Asked:
    """What the code itself asks an installer for: ``%pip install``, ``!conda install``, PEP 723."""

    text: str
    """One requirement line (PEP 508), or one conda match spec."""
    ecosystem: Ecosystem
    origin: Origin
    label: Label


@dataclass(frozen=True)
class Program:
    """A console program that the code starts, and the distribution that brings it."""

    name: str
    distribution: str
    """Normalised as PEP 503 says; only programs that the table knows are kept."""
    origin: Origin
    label: Label


@dataclass(frozen=True)
class BackEnd:
    """A distribution that a call needs without any import: ``read_excel`` needs openpyxl."""

    distribution: str
    call: str
    """What needs it, for people: ``pandas.read_excel``."""
    origin: Origin
    label: Label


@dataclass(frozen=True)
class Variable:
    """An environment variable that the code reads."""

    name: str
    required: bool
    """``os.environ["NAME"]``; False: ``.get``, ``getenv``, or a default is given."""
    origin: Origin


@dataclass(frozen=True)
class Device:
    """A place that uses a GPU: ``.cuda()``, ``device="cuda"``, ``torch.cuda.is_available()``."""

    required: bool
    """It uses one without asking whether there is one."""
    text: str
    """The call as written, short: ``model.cuda()``."""
    origin: Origin


@dataclass(frozen=True)
class Scan:
    """What a repository's own code says. All tuples are sorted, and name each thing once."""

    modules: tuple[Imported, ...]
    """One for each module, sorted by name."""
    unreadable: tuple[Notice, ...]
    """Files and cells that could not be read whole; what they seem to import is counted."""
    notebooks: tuple[str, ...]
    """POSIX paths of all notebooks, relative to the root; those of other languages too."""
    asked: tuple[Asked, ...] = ()
    programs: tuple[Program, ...] = ()
    back_ends: tuple[BackEnd, ...] = ()
    variables: tuple[Variable, ...] = ()
    devices: tuple[Device, ...] = ()
    made: tuple[str, ...] = ()
    """Modules that exist only at run time: written by a cell, made by protoc."""
