"""Which files of a repository travel: what git would clone, and what it would add.

Git is asked; where it is absent, or the folder is no repository, the rules of the ``.gitignore``
files are read here. Environments, and envboot's own state, belong to one computer and stay.
"""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from envboot.git import looking
from envboot.infer import sources

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from envboot.infer.sources import Rule
    from envboot.shell import Shell

ALWAYS = ("setup.py", ".envboot/envboot.pyz")
"""Without these nothing is set up there, whatever is ignored."""
_STATE, _KEPT = ".envboot", frozenset({".gitignore", ".gitattributes", "envboot.pyz"})
_MARKS = ("pyvenv.cfg", "conda-meta")
_SECONDS = 300.0
_ESCAPE = re.compile(r'\\([0-7]{3}|["\\abfnrtv])')
_NAMED = dict(zip('"\\abfnrtv', '"\\\a\b\f\n\r\t\v'))


def names(root: Path, shell: Shell) -> tuple[str, ...]:
    """Return the files and links that travel, sorted: POSIX, relative to ``root``.

    Bytes that are no UTF-8 stand as Python's surrogates, as :func:`os.fsdecode` has them.
    """
    found = _of_git(root, shell)
    if found is None or "setup.py" not in found:  # a home kept in git may ignore all below it
        found = set(_without(_walk(root, shell)))
    there = (n for n in {*found, *ALWAYS} if _travels(n) and _is(root / n, shell))
    return tuple(sorted(there))


def inside(name: str) -> bool:
    """Return whether a name from elsewhere stays below the folder that it is relative to."""
    path = PurePosixPath(name)
    return bool(name) and "\0" not in name and not path.is_absolute() and ".." not in path.parts


def _travels(name: str) -> bool:
    parts = PurePosixPath(name).parts
    if not inside(name) or ".git" in parts:
        return False
    return parts[0] != _STATE or parts[-1] in _KEPT


def _is(path: Path, shell: Shell) -> bool:
    return shell.target(path) is not None or shell.kind(path) == "file"


# ---------------------------------------------------------------------------- git


def _of_git(root: Path, shell: Shell) -> set[str] | None:
    tracked, new = _listed(root, shell, "--cached"), _listed(root, shell, "--others")
    if tracked is None or new is None:
        return None
    found = set()
    for name in (*tracked, *_without(new)):
        bare = name.rstrip("/")
        below = root / bare
        if shell.kind(below) == "folder" and shell.target(below) is None:
            # A submodule, or a clone inside: git lists it as one, its files travel all the same.
            found |= {f"{bare}/{n}" for n in _of_git(below, shell) or () if ".git" not in n}
        else:
            found.add(bare)
    return found


def _listed(root: Path, shell: Shell, which: str) -> list[str] | None:
    """Return what ``git ls-files`` prints; quoted, so that no byte of a name is lost."""
    words = ("-c", "core.quotePath=true", "ls-files", which, "--exclude-standard")
    said = shell.query(("git", "-C", str(root), *looking.SAFE, *words), timeout=_SECONDS)
    return None if said.out is None else [_unquoted(row) for row in said.out.splitlines()]


def _unquoted(row: str) -> str:
    """Return a name that git may have quoted as C does. Source: git-config(1), core.quotePath."""
    if not row.startswith('"'):
        return row

    def plain(found: re.Match[str]) -> str:
        return _NAMED.get(found[1]) or chr(int(found[1], 8) & 0xFF)

    return _ESCAPE.sub(plain, row[1:-1]).encode("latin-1").decode("utf-8", "surrogateescape")


def _without(found: Iterable[str]) -> list[str]:
    """Return the names that are in no environment: those work on one computer only."""
    listed = list(found)
    roots = set()
    for name in listed:
        parts = PurePosixPath(name).parts
        for mark in _MARKS:
            if mark in parts:
                roots.add(parts[: parts.index(mark)])
    roots.discard(())
    return [n for n in listed if not any(PurePosixPath(n).parts[: len(r)] == r for r in roots)]


# -------------------------------------------------------------------- without git


def _walk(root: Path, shell: Shell) -> Iterator[str]:
    pending: list[tuple[Path, str, tuple[Rule, ...]]] = [(root, "", ())]
    while pending:
        folder, prefix, known = pending.pop()
        text = shell.read(folder / ".gitignore", 1 << 20)
        if text:
            known = (*known, *sources.rules(text.decode("utf-8", "replace"), prefix.rstrip("/")))
        for entry in shell.folder(folder):
            name = prefix + entry.name
            deeper = shell.kind(entry) == "folder" and shell.target(entry) is None
            if entry.name == ".git" or sources.ignored(name, known, folder=deeper):
                continue
            if deeper:
                pending.append((entry, f"{name}/", known))
            else:
                yield name
