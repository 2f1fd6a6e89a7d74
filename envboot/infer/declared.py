"""Where a project says that its packages are: read from its files as text, nothing is run.

setup.cfg (``package_dir``, ``packages.find``), pyproject.toml (setuptools, Poetry, Hatch, PDM),
setup.py (``package_dir``, ``where``, compiled extensions) and .gitmodules. Only what is written
out counts; what cannot be read says nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from envboot.shell import Shell

LIMIT = 1 << 20  # bytes of one of these files
_FOLDERS = (
    # setup.cfg: "package_dir =\n    = src"; pyproject.toml: package-dir = {"" = "src"}
    re.compile(r"package[_-]dir\s*=\s*(?:\n\s*)?=\s*([\w./-]+)"),
    re.compile(r"""package[_-]dir\s*=\s*(?:dict\()?\{?\s*["']{2}\s*[=:]\s*["']([\w./-]+)["']"""),
    re.compile(r"""(?m)^\s*where\s*=\s*\[?\s*["']?([\w./-]+)"""),
    re.compile(r"""find_(?:namespace_)?packages\(\s*(?:where\s*=\s*)?["']([\w./-]+)["']"""),
    re.compile(r"""include\s*=\s*["'][\w.*/-]+["']\s*,\s*from\s*=\s*["']([\w./-]+)["']"""),
    re.compile(r"""(?m)^\s*package-dir\s*=\s*["']([\w./-]+)["']"""),
)
_WHEEL = re.compile(r"(?ms)^\[tool\.hatch\.build\.targets\.wheel\]\s*^packages\s*=\s*\[(.*?)\]")
_QUOTED = re.compile(r"""["']([\w./-]+)["']""")
_EXTENSION = re.compile(r"""\b\w*Extension\(\s*(?:name\s*=\s*)?["']([\w.]+)["']""")
_SUBMODULE = re.compile(r"(?m)^\s*path\s*=\s*(.+?)\s*$")


@dataclass(frozen=True)
class Declared:
    """What a project says of its own modules."""

    folders: tuple[str, ...] = ()
    """Where its packages lie: POSIX, relative to the root, inside it."""
    modules: frozenset[str] = frozenset()
    """Modules that exist once it is built: compiled extensions."""
    submodules: frozenset[str] = frozenset()
    """Names of repositories that it contains (git submodules), with ``-`` as ``_``."""


def read(root: Path, shell: Shell) -> Declared:
    """Return what the files at the root say."""
    texts = {
        name: (shell.read(root / name, LIMIT) or b"").decode("utf-8", "replace")
        for name in ("setup.cfg", "pyproject.toml", "setup.py", ".gitmodules")
    }
    project = [text for name, text in texts.items() if name != ".gitmodules"]
    folders = [f for text in project for known in _FOLDERS for f in known.findall(text)]
    for listed in _WHEEL.findall(texts["pyproject.toml"]):
        folders += [str(PurePosixPath(package).parent) for package in _QUOTED.findall(listed)]
    modules = {m.partition(".")[0] for m in _EXTENSION.findall(texts["setup.py"])}
    paths = _SUBMODULE.findall(texts[".gitmodules"])
    return Declared(
        tuple(dict.fromkeys(f for f in folders if _inside(f))),
        frozenset(modules),
        frozenset(PurePosixPath(p).name.replace("-", "_") for p in paths),
    )


def _inside(folder: str) -> bool:
    """Return whether a path stays below the root."""
    path = PurePosixPath(folder)
    return not path.is_absolute() and ".." not in path.parts
