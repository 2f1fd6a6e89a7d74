"""Which third-party modules the code and the notebooks of a repository import."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pathlib import Path

    from envboot.shell import Shell
    from envboot.spec import Notice, Origin

Label = Literal["production", "guarded", "test", "docs"]


@dataclass(frozen=True)
class Imported:
    """One third-party module, at the place that needs it most."""

    module: str
    """As it must be imported: ``numpy``; below a namespace ``google.cloud.storage``."""
    origin: Origin
    label: Label


@dataclass(frozen=True)
class Scan:
    """What a repository's own code imports."""

    modules: tuple[Imported, ...]
    unreadable: tuple[Notice, ...]
    notebooks: tuple[str, ...]
    """POSIX paths of all notebooks, relative to the root; those of other languages too."""


def imports(root: Path, shell: Shell) -> Scan:
    """Return the third-party modules that the files below ``root`` import."""
    raise NotImplementedError
