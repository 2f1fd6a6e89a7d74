"""The solver's own tree, when nothing simpler was found: trimmed, with the lines of the file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envboot.engines.rattler.order import Finding
from envboot.engines.rattler.work import specs
from envboot.shell import redact

if TYPE_CHECKING:
    from collections.abc import Sequence

    from envboot.engines.rattler.order import Order

LINES = 30
"""Most that is shown: what follows repeats itself for every build."""
_INTRO = re.compile(r"^Cannot solve the request because of:\s*")


def finding(error: BaseException | str, order: Order) -> Finding:
    """Return the solver's reasons with ``file:line`` for each spec that is asked for."""
    text = _INTRO.sub("", redact(str(error)).strip())
    lines = [line for line in text.splitlines() if line.strip()]
    top = lines[0] if lines else "the solver does not say why"
    first = _with_line(top, order)
    alone = first != top  # then all that follows is its tree, else the branches are what is asked
    rest = lines[1:] if alone else [_with_line(x, order) for x in lines[1:]]
    lines = _once([first, *rest])
    shown = lines[:LINES]
    if len(lines) > LINES:
        shown.append(f"… and {len(lines) - LINES} more lines")
    return Finding("the packages do not go together:\n" + "\n".join(f"  {x}" for x in shown))


def _once(lines: Sequence[str]) -> list[str]:
    """Return the lines without those that follow one another and say the same."""
    return [x for i, x in enumerate(lines) if not i or x != lines[i - 1]]


def _with_line(line: str, order: Order) -> str:
    """Return a line of the tree with the place of the spec that it is about, if asked for.

    What stands deeper in the tree nobody wrote.
    """
    branch, text = (line[:3], line[3:]) if line.startswith(("├─ ", "└─ ")) else ("", line)
    name = text.removeprefix("No candidates were found for ").partition(" ")[0]
    for asked in order.asked:
        parts = specs.parts(asked.text)
        if asked.at and parts and parts.name == name:
            return f"{branch}{asked.at}: {text}"
    return line
