"""What a person answered, kept where it is asked for: ``provides`` in the settings of package-env.

Lines are put in, and nothing else of the file is touched.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envboot.formats.parts import encoding
from envboot.package.changes import Change

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from envboot.shell import Shell

_TABLE, _SECTION = "[tool.envboot.package.provides]", "[envboot:package]"


def write(
    root: Path, answers: Sequence[str], pending: Sequence[Change], shell: Shell
) -> tuple[Change, ...]:
    """Return ``pending`` with the change that keeps ``answers`` (``MODULE=DISTRIBUTION``).

    pyproject.toml where there is one, else setup.cfg. () of a file whose settings are written in
    a form that no line fits into: then it is left alone.
    """
    if not answers:
        return tuple(pending)
    toml = shell.kind(root / "pyproject.toml") == "file"
    path = "pyproject.toml" if toml else "setup.cfg"
    earlier = next((c for c in pending if c.path == path), None)
    before = earlier.before if earlier else shell.read(root / path)
    so_far = earlier.after if earlier else before
    text = encoding.decode(so_far or b"", path)
    after = (_in_toml if toml else _in_cfg)(text, [a.partition("=") for a in answers])
    data = encoding.encode(after, so_far or b"", path) if after != text else so_far
    change = Change(path, before, data, ours=before is None)
    return (*(c for c in pending if c is not earlier), change)


def _in_toml(text: str, answers: Sequence[tuple[str, str, str]]) -> str:
    lines = [f'"{module}" = "{name}"' for module, _, name in answers]
    rows = text.rstrip("\n").split("\n")
    for number, row in enumerate(rows):
        if re.sub(r"\s", "", row.partition("#")[0]) == _TABLE:
            return "\n".join([*rows[: number + 1], *lines, *rows[number + 1 :]]) + "\n"
    if re.search(r"^\s*provides\s*=", _below(rows, "[tool.envboot.package]"), re.MULTILINE):
        return text
    head = [*rows, ""] if text.strip() else []
    return "\n".join([*head, _TABLE, *lines]) + "\n"


def _in_cfg(text: str, answers: Sequence[tuple[str, str, str]]) -> str:
    lines = [f"    {module} = {name}" for module, _, name in answers]
    rows = text.rstrip("\n").split("\n")
    start = next((n for n, row in enumerate(rows) if row.strip() == _SECTION), None)
    if start is None:
        head = [*rows, ""] if text.strip() else []
        return "\n".join([*head, _SECTION, "provides =", *lines]) + "\n"
    inside = _below(rows, _SECTION).split("\n")
    at = next((n for n, row in enumerate(inside) if re.match(r"provides\s*[=:]\s*$", row)), None)
    if at is not None:
        at += start + 2
        return "\n".join([*rows[:at], *lines, *rows[at:]]) + "\n"
    if any(re.match(r"provides\s*[=:]", row) for row in inside):
        return text
    return "\n".join([*rows[: start + 1], "provides =", *lines, *rows[start + 1 :]]) + "\n"


def _below(rows: Sequence[str], header: str) -> str:
    """Return the lines of a table or a section, without its header."""
    found, inside = [], False
    for row in rows:
        if re.match(r"\s*\[", row):
            inside = re.sub(r"\s", "", row.partition("#")[0]) == header
        elif inside:
            found.append(row)
    return "\n".join(found)
