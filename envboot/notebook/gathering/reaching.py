"""Lines of dependency files that lead out of what a notebook carries: taken in, or left out.

``-r other.txt`` is replaced by the lines of that file, ``-c`` by one constraints.txt that is
carried too. A path on this computer (``-e .``, ``./x.whl``) means nothing elsewhere: its line
becomes a comment, and that is said. Sources: pip's "Requirements File Format", conda's
"Managing environments" (the ``pip:`` list is a requirements file).
"""

from __future__ import annotations

import json
import posixpath
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from envboot.formats import requirements_txt
from envboot.formats.parts import comments, requirement
from envboot.notebook.gathering import guarding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envboot.shell import Shell

CONSTRAINTS = "constraints.txt"
LEFT = f"{comments.MARK} not carried:"
"""How the comment begins that stands for a line that leads nowhere else."""
_LARGEST = 256 << 10
_DEEPEST = 20  # files that include one another, as pip itself would follow them
_INCLUDE = re.compile(r"\s*(-r|--requirement|-c|--constraint)(?:\s+|=|(?=[^-\s]))(.+?)\s*$")
_LINKS = re.compile(r"\s*(?:-f|--find-links|-i|--index-url|--extra-index-url)(?:\s+|=)(\S+)")
_EDITABLE = re.compile(r"(?:-e|--editable)(?:\s+|=)")
_REMOTE = re.compile(r"(?:\w+\+)?(?:https?|ssh|git)://")
_DIRECT = re.compile(r"[\w.-]+(?:\s*\[[^\]]*\])?\s*@\s*(.*)")
_ITEM = re.compile(r"(\s*)-\s+(.*\S)\s*$")
_PREFIX = re.compile(r"prefix:\s*\S")
_PLACE = re.compile(r"(?:\.{1,2}(?:[/\\]|$)|/|~[/\\]|file:|[A-Za-z]:\\)")
_SOURCE = re.compile(r"(?m)^\s*[\w.\"'-]+\s*=\s*\{[^}\n]*\b(?:path|workspace)\s*=")


@dataclass
class Reached:
    """What came of the lines of one folder's files."""

    root: Path
    """Nothing outside of it is read."""
    shell: Shell
    said: list[str] = field(default_factory=list)
    constraints: list[str] = field(default_factory=list)
    """The texts of constraints files that lie elsewhere than :data:`CONSTRAINTS`."""


def requirements(text: str, path: Path, reached: Reached) -> str:
    """Return a requirements file as it can travel; ``path`` is where it lies."""
    return _whole(text, path, path.parent, reached, (path,))


def environment(text: str, path: Path, reached: Reached, carried: frozenset[str]) -> str:
    """Return an environment.yml as it can travel; ``carried`` are the names beside it."""
    out = []
    for row in text.splitlines(keepends=True):
        found = _ITEM.match(row)
        item = _unquoted(found[2]) if found else ""
        include = _INCLUDE.fullmatch(item)
        if found and include:
            out += _item(row, found[1], include, path, reached, carried)
        elif found and (_EDITABLE.match(item) or _is_place(item)):
            out.append(_left(row, f"{path.name}: {item}", reached))
        elif _PREFIX.match(row):  # `conda env export` writes it: a folder of one computer
            out.append(_left(row, f"{path.name}: {row.strip()}", reached))
        else:
            out.append(row)
    return "".join(out)


def project(text: str, name: str, reached: Reached) -> str:
    """Return a pyproject.toml or pixi.toml as it is; what leads to other folders is said."""
    for found in _SOURCE.finditer(text):
        line = text.count("\n", 0, found.start() + 1) + 1
        reached.said.append(f"{name}:{line}: a folder of this computer is not carried")
    return text


def included(text: str, path: Path, shell: Shell, depth: int = 0) -> Iterator[Path]:
    """Yield the files that a requirements file reads, there or not: who changes one changes it."""
    for row in text.splitlines():
        found = _INCLUDE.fullmatch(row.partition(" #")[0])
        if found and "://" not in found[2]:
            target = path.parent / found[2].strip("\"'")
            yield target
            inner = shell.read(target, _LARGEST) if depth < _DEEPEST else None
            yield from included((inner or b"").decode("utf-8", "replace"), target, shell, depth + 1)


def _whole(text: str, path: Path, folder: Path, reached: Reached, chain: tuple[Path, ...]) -> str:
    out: list[str] = []
    going_on = False
    for row in text.splitlines(keepends=True):
        bare = requirement.uncommented(row.strip())
        include = _INCLUDE.fullmatch(bare)
        if going_on:
            out.append(_end(f"# {row.strip()}", row))
            going_on = bare.endswith("\\")
        elif include:
            out += _taken(row, include, path, folder, reached, chain)
        elif bare and _leads_out(bare):
            out.append(_left(row, f"{path.name}: {bare}", reached))
            going_on = bare.endswith("\\")
        else:
            out.append(row)
    return "".join(out)


def _taken(
    row: str,
    include: re.Match[str],
    path: Path,
    folder: Path,
    reached: Reached,
    chain: tuple[Path, ...],
) -> list[str]:
    """Return the lines that stand for one ``-r`` or ``-c``."""
    flag, name = include[1], include[2].strip("\"'")
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", name):
        return [row]
    target = Path(posixpath.normpath((path.parent / name).as_posix()))
    if target in chain:
        return [_end(f"{comments.MARK} already above: {name}", row)]
    inner = _read(target, reached)
    if inner is None:
        return [_left(row, f"{path.name}: {flag} {name}", reached)]
    inner = _whole(inner, target, folder, reached, (*chain, target)[-_DEEPEST:])
    if flag in {"-r", "--requirement"}:
        whole = inner if inner.endswith("\n") or not inner else f"{inner}\n"
        return [_end(f"{comments.MARK} the lines of {name}", row), whole]
    if target != folder / CONSTRAINTS and inner not in reached.constraints:
        reached.constraints.append(inner)
    line = f"-c {CONSTRAINTS}"
    return [_end(line, row)] if target != folder / CONSTRAINTS else [row]


def _item(
    row: str,
    indent: str,
    include: re.Match[str],
    path: Path,
    reached: Reached,
    carried: frozenset[str],
) -> list[str]:
    """Return the items that stand for a ``-r`` or ``-c`` in the ``pip:`` list."""
    name = posixpath.normpath(include[2].strip("\"'"))
    if name in carried:
        return [row]
    inner = "".join(_taken(f"{include[0]}\n", include, path, path.parent, reached, (path,)))
    if inner.startswith(LEFT):
        return [indent + inner]
    return [f"{indent}- {json.dumps(r.text)}\n" for r in requirements_txt.rows(inner)]


def _read(target: Path, reached: Reached) -> str | None:
    """Return a file of the repository; None where it is none, or outside, or no text."""
    try:
        real, root = target.resolve(), reached.root.resolve()
    except (OSError, RuntimeError):
        return None
    if root != real and root not in real.parents:
        return None
    data = reached.shell.read(target, _LARGEST + 1)
    if data is None or len(data) > _LARGEST:
        return None
    try:
        text = data.decode("utf-8-sig")  # its lines come to stand in the middle of a text
    except UnicodeDecodeError:
        return None
    guarding.refuse(str(target), text, reached.shell.environ)
    return text


def _leads_out(line: str) -> bool:
    """Return whether a requirement line names a place on this computer."""
    text = line.rstrip("\\").strip()
    links = _LINKS.match(text)
    if links:
        return bool(_PLACE.match(links[1])) or "://" not in links[1]
    if text.startswith("-") and not _EDITABLE.match(text):
        return False
    editable, target = bool(_EDITABLE.match(text)), _EDITABLE.sub("", text, count=1)
    direct = _DIRECT.fullmatch(target)
    target = direct[1] if direct else target
    if _REMOTE.match(target) or "${" in target:
        return False
    return editable or bool(direct) or requirement.is_location(target)


def _is_place(item: str) -> bool:
    direct = _DIRECT.fullmatch(item)
    return bool(_PLACE.match(direct[1] if direct else item))


def _unquoted(item: str) -> str:
    bare = re.sub(r"\s#.*$", "", item).strip()
    if len(bare) > 1 and bare[0] == bare[-1] and bare[0] in "\"'":
        return bare[1:-1]
    return bare


def _left(row: str, what: str, reached: Reached) -> str:
    reached.said.append(f"{what}: it leads out of what a notebook can carry, and is left out")
    indent = row[: len(row) - len(row.lstrip())]
    return _end(f"{indent}{LEFT} {row.strip()}", row)


def _end(text: str, row: str) -> str:
    """Return a line that ends as ``row`` does."""
    return text + row[len(row.rstrip("\r\n")) :]
