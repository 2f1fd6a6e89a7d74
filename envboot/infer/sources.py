"""Which files of a repository are its own code: not ignored, not installed, not copied in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from envboot.infer.tracked import files as tracked_files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from envboot.shell import Shell


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


NOT_OURS = _words(
    """
    node_modules site-packages dist-packages __pycache__ __pypackages__ _vendor _vendored vendor
    vendored third_party third-party thirdparty 3rdparty 3rd_party bower_components conda-meta
    """
)
DECLARES = frozenset(
    {"environment.yml", "environment.yaml", "requirements.txt", "pyproject.toml", "Pipfile"}
)
"""A folder below the root with one of these declares an environment of its own."""
ROOTS = DECLARES | {"setup.py", "setup.cfg", "binder", ".binder"}
"""A root with none of these leaves it to its folders: then none of them stands apart."""
OFTEN_BUILT = frozenset({"build", "dist"})
"""Skipped unless they are packages."""
PYTHON = (".py", ".pyx", ".ipynb")
_DATA = _words(
    """
    .jpg .jpeg .png .gif .tif .tiff .bmp .npy .npz .csv .tsv .txt .json .jsonl .xml .parquet .h5
    .hdf5 .wav .mp3 .mp4 .pt .pth .bin .gz .zip .pdf .md .pkl .yaml .yml .html .js .css
    """
)


@dataclass(frozen=True)
class Source:
    """One Python file or notebook."""

    path: Path
    relative: str
    """POSIX, relative to the root."""
    apart: bool = False
    """It lies in a folder that declares an environment of its own."""


@dataclass(frozen=True)
class Rule:
    """One line of a ``.gitignore``, relative to the folder that holds the file."""

    folder: str
    """POSIX, relative to the root; "" is the root."""
    pattern: re.Pattern[str]
    folders_only: bool
    negated: bool


@dataclass(frozen=True)
class _Folder:
    """A folder still to be looked into."""

    path: Path
    relative: str
    rules: tuple[Rule, ...] = ()
    apart: bool = False
    ignored: bool = False


def rules(text: str, folder: str) -> tuple[Rule, ...]:
    """Return the rules of a ``.gitignore`` in ``folder``. Source: gitignore(5)."""
    found = []
    for raw in text.splitlines():
        line = raw.rstrip("\n\r")
        if not line.endswith("\\ "):
            line = line.rstrip(" ")
        negated = line.startswith("!")
        line = line[1:] if negated else line
        if not line or line.startswith("#"):
            continue
        line = line[1:] if line.startswith(("\\#", "\\!")) else line
        folders_only = line.endswith("/")
        line = line.rstrip("/")
        anchored = "/" in line
        expression = _expression(line.lstrip("/"))
        try:
            pattern = re.compile(expression if anchored else f"(?:.*/)?{expression}")
        except re.error:
            continue
        found.append(Rule(folder, pattern, folders_only, negated))
    return tuple(found)


def ignored(path: str, known: tuple[Rule, ...], *, folder: bool) -> bool:
    """Return whether ``path`` (POSIX, relative to the root) is ignored: the last rule wins."""
    for rule in reversed(known):
        if rule.folders_only and not folder:
            continue
        below = path[len(rule.folder) + 1 :] if rule.folder else path
        if rule.pattern.fullmatch(below):
            return not rule.negated
    return False


def walk(root: Path, shell: Shell) -> Iterator[Source]:
    """Yield the Python files and notebooks below ``root``, in order.

    Links are not followed: what they point to lies elsewhere in the repository or outside it.
    What git tracks belongs to the repository even where ``.gitignore`` would leave it out; so does
    an ignored package where git's index is not there to ask (an archive without ``.git``).
    """
    index = tracked_files(root, shell)
    tracked = frozenset(t for t in index if t.endswith(PYTHON))
    holding = {str(parent) for t in tracked for parent in PurePosixPath(t).parents}
    declares = False
    pending = [_Folder(root, "")]
    while pending:
        here = pending.pop()
        entries = shell.folder(here.path)
        names = {e.name for e in entries}
        if here.relative and _is_foreign(here.path.name, names):
            continue
        declares = declares if here.relative else not names.isdisjoint(ROOTS)
        stands_apart = bool(here.relative) and declares and not names.isdisjoint(DECLARES)
        apart = here.apart or stands_apart
        known = here.rules
        if ".gitignore" in names:
            text = shell.read(here.path / ".gitignore", 1 << 20) or b""
            known = (*known, *rules(text.decode("utf-8", "replace"), here.relative))
        deeper = []
        for entry in entries:
            relative = f"{here.relative}/{entry.name}" if here.relative else entry.name
            suffix = entry.suffix.lower()
            if _skip(entry.name, suffix):
                continue
            folder = shell.kind(entry) == "folder"
            if (suffix not in PYTHON and not folder) or shell.target(entry) is not None:
                continue
            out = here.ignored or ignored(relative, known, folder=folder)
            out = out and bool(index or shell.kind(entry / "__init__.py") != "file")
            if out and relative not in (holding if folder else tracked):
                continue
            if folder:
                deeper.append(_Folder(entry, relative, known, apart, out))
            else:
                yield Source(entry, relative, apart)
        pending += reversed(deeper)


def _is_foreign(name: str, names: set[str]) -> bool:
    """Return whether a folder is an environment, a packed repository of its own, or built."""
    marked = not names.isdisjoint({"pyvenv.cfg", "conda-meta", ".envboot", ".git"})
    return marked or (name in OFTEN_BUILT and "__init__.py" not in names)


def _skip(name: str, suffix: str) -> bool:
    hidden = name.startswith(".") or name in NOT_OURS
    return hidden or suffix in _DATA or name.endswith((".egg-info", ".egg", ".dist-info"))


@lru_cache(maxsize=512)
def _expression(glob: str) -> str:
    out, at = "", 0
    while at < len(glob):
        char = glob[at]
        if glob.startswith("**/", at):
            out, at = out + "(?:.*/)?", at + 3
            continue
        if glob.startswith("**", at):
            out, at = out + ".*", at + 2
            continue
        if char == "[" and (end := glob.find("]", at + 2)) > 0:
            inside = glob[at + 1 : end].replace("\\", "\\\\")
            inside = "^" + inside[1:] if inside.startswith("!") else inside
            out, at = f"{out}[{inside}]", end + 1
            continue
        if char == "\\" and at + 1 < len(glob):
            at += 1
            out += re.escape(glob[at])
        else:
            out += {"*": "[^/]*", "?": "[^/]"}.get(char, re.escape(char))
        at += 1
    return out
