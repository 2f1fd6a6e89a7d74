"""What IPython adds to Python: magics (``%time``), shell lines (``!ls``), help (``name?``).

They are taken out, line for line, so that the rest can be parsed; and what they install or load
is evidence. Source: IPython's documentation, "Built-in magic commands".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from envboot.infer import commands
from envboot.infer.gathering import of_magic

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envboot.infer.reading import Fact, Seen


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Cell magics whose body is Python; the body of any other one is not ours to read.
_PYTHON_CELLS = _words(
    """
    time timeit capture prun python python3 memit mprun lprun debug px heat scalene snakeviz
    pyinstrument wandb ipytest notify matplotlib
    """
)
_SHELL_CELLS = _words("bash sh script system sx ! cmd")
_TIMED = re.compile(
    r"^(\s*)%(?:time|timeit|prun|memit|lprun|mprun|debug)\b(?:\s+-[fm]\s+\S+|\s+-\w+(?:\s+\d+)?)*\s*(.*)$"
)
_AUTOMATIC = (
    r"(?:pip|conda|mamba)\s+(?:install|uninstall|list|show|update)\b|(?:cd|ls|cat)\s+[\w./~]"
)
_MAGIC = re.compile(
    r"^\s*(?:!|%{1,2}[A-Za-z_]|\?{1,2}\w|[,;/][A-Za-z_])|^\s*%?[\w.*\[\]]+\?{1,2}\s*$"
    r"|^[\w., \t\[\]'\"]+=\s*(?:!|%[A-Za-z_])|^(?:" + _AUTOMATIC + ")"
)
_AFTER_COLON = re.compile(
    r"^(\s*(?:if|elif|else|for|while|try|except|finally|with)\b.*?:)\s*([!%]\s*\w.*)$"
)
_ASKS = re.compile(
    r"^(\s*)(?=\S)(?:[\w., \t\[\]'\"]+=\s*)?"
    r"(?:(!{1,2})\s*(.*)|%(\w+)\s*(.*)|((?:pip|conda|mamba)\s.*))$"
)
MAY_ASK = re.compile(r"^[ \t]*[!%]|[=:][ \t]*[!%][ \t]*\w|^(?:pip|conda|mamba)[ \t]", re.MULTILINE)
"""Whether a cell may hold a line that asks for something; its parser has the last word."""
_WRITES = re.compile(r"(?:.*/)?([^\W\d]\w*)\.py$")


class Cell(NamedTuple):
    """One cell, its first magic taken off."""

    number: int
    text: str
    """Python and line magics; "" where the cell is in another language."""
    shell: str = ""
    """The body of a cell that is given to a shell."""
    made: str = ""
    """The module that the cell writes."""


def cell(source: str, number: int) -> Cell:
    """Return a cell by its cell magic: ``%%time`` is Python, ``%%bash`` a shell's, ``%%R`` no."""
    magic = re.match(r"\s*%%(\w+|!)[ \t]*([^\n]*)\n?", source)
    if not magic:
        return Cell(number, source)
    body = "\n" * source[: magic.end()].count("\n") + source[magic.end() :]
    name, rest = magic[1], magic[2]
    if name in {"writefile", "file"}:
        target = _WRITES.match(rest.split()[-1] if rest.split() else "")
        return Cell(number, body, made=target[1]) if target else Cell(number, "")
    if name in _SHELL_CELLS:
        return Cell(number, "", body)
    if name not in _PYTHON_CELLS:
        return Cell(number, "")
    return Cell(number, rest + body if "import" in rest else body)


def plain(source: str) -> str:
    """Return a cell with its magics, shell lines and help replaced by ``pass``, line for line."""
    out: list[str] = []
    continued = False
    for row in source.split("\n"):
        indent = row[: len(row) - len(row.lstrip())]
        timed = _TIMED.match(row)
        magic = _MAGIC.match(row) is not None
        if continued:
            out.append("")
        elif timed:
            out.append(timed[1] + (timed[2] or "pass"))
        elif magic:
            out.append(f"{indent}pass")
        else:
            out.append(_AFTER_COLON.sub(r"\1 pass", row))
        continued = (continued or (magic and not timed)) and row.rstrip().endswith("\\")
    return "\n".join(out)


def asked(source: str) -> Iterator[Fact | Seen]:
    """Yield what the magics and shell lines of a cell ask for; the cell is no plain Python.

    A line that stands under a condition is "guarded".
    """
    rows = source.split("\n")
    number = 0
    while number < len(rows):
        start, row = number + 1, rows[number]
        under = _AFTER_COLON.match(row)
        found = _ASKS.match(under[2] if under else row)
        while found and rows[number].rstrip().endswith("\\") and number + 1 < len(rows):
            number += 1
            row = f"{row.rstrip()[:-1]} {rows[number].strip()}"
            found = _ASKS.match(row)
        number += 1
        if not found:
            continue
        guarded = bool(found[1] or under)
        if found[4]:
            yield from of_magic(found[4], found[5], start, guarded=guarded)
        else:
            yield from of_shell(found[3] or found[6] or "", start, guarded=guarded)


def of_shell(text: str, line: int, *, guarded: bool) -> Iterator[Fact | Seen]:
    """Yield what the commands of one line ask for."""
    for argv in commands.line(text):
        yield from commands.facts(argv, line, guarded=guarded)
