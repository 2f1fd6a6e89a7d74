"""What the child answered, and the error that it means.

The answer lies where a stranger's repository could have put one: nothing of it is believed but its
texts, which are cut.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envboot.engines.rattler.order import Answer
from envboot.errors import CommandFailed, FallsShort, InvalidFile
from envboot.spec import Origin

if TYPE_CHECKING:
    from pathlib import Path

    from envboot.engines.rattler.order import Finding
    from envboot.errors import EnvbootError
    from envboot.shell import Shell

_TOLD = 12
"""Findings that a person is told of at once."""
_LONGEST = 600
_ERRORS: dict[int, type[EnvbootError]] = {
    InvalidFile.exit_code: InvalidFile,
    FallsShort.exit_code: FallsShort,
}


def read(path: Path, shell: Shell, limit: int) -> Answer | None:
    """Return the answer in a file of at most ``limit`` bytes; None where there is none."""
    try:
        return Answer.read((shell.read(path, limit) or b"").decode("utf-8", "replace"))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def error(answer: Answer) -> EnvbootError | None:
    """Return why the child failed; None when it left no word.

    Several findings become one error that tells them all.
    """
    found = [f for f in answer.findings if isinstance(f.text, str) and f.text]
    if not found:
        return None
    kind = _ERRORS.get(answer.exit_code, CommandFailed)
    if len(found) == 1:
        return kind(_cut(found[0].text), hint=_cut(found[0].hint), origin=origin(found[0]))
    files = {at.path if (at := origin(f)) else "" for f in found}
    where = f" in {files.pop()}" if len(files) == 1 and "" not in files else ""
    head = f"{len(found)} things{where} stand in the way:"
    more = [f"  and {len(found) - _TOLD} more"] if len(found) > _TOLD else []
    rows = [row for f in found[:_TOLD] for row in _rows(f)]
    return kind("\n".join([head, *rows, *more]), hint="correct them, and try again")


def origin(finding: Finding) -> Origin | None:
    """Return the place in a file that a finding is about; None where it has none."""
    path, colon, line = _cut(finding.at).rpartition(":")
    if colon and line.isdecimal() and len(line) < 9:  # noqa: PLR2004 - no file has more lines
        return Origin(path, int(line))
    return Origin(_cut(finding.at)) if finding.at else None


def _rows(finding: Finding) -> list[str]:
    """Return a finding for a list: its place and sentence, and below it what would mend it."""
    at = f"{_cut(finding.at)}: " if finding.at else ""
    row = f"  {at}{_cut(finding.text)}".replace("\n", "\n    ")
    return [row, f"    {_cut(finding.hint)}"] if finding.hint else [row]


def _cut(text: object) -> str:
    said = text if isinstance(text, str) else ""
    return said if len(said) <= _LONGEST else f"{said[:_LONGEST]} …"
