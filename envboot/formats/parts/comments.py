"""Comments that people wrote into a file which is written anew."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envboot.formats.parts import encoding

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def keep(made: Sequence[tuple[str, str]], before: str, keys: Mapping[int, str]) -> str:
    """Return the lines of ``made`` (key, line) with the comments of the file so far.

    ``keys`` says which key stands in which line of ``before``. A comment on a line of its own
    belongs to the next key, one behind a value to that value; one whose key is gone stands at the
    end. A block at the top that a blank line closes stays at the top.
    """
    top, above, behind, rest = _attached(before, keys)
    out = list(top)
    for key, line in made:
        comment = behind.pop(key, "")
        indent = re.match(r"\s*", line)
        margin = indent.group() if indent else ""
        out += [margin + text for text in above.pop(key, [])]
        out.append(f"{line}  {comment}" if comment else line)
    out += [text for texts in above.values() for text in texts]
    out += [*behind.values(), *rest]
    return "\n".join(out) + "\n" if out else ""


def _attached(
    before: str, keys: Mapping[int, str]
) -> tuple[list[str], dict[str, list[str]], dict[str, str], list[str]]:
    top: list[str] = []
    above: dict[str, list[str]] = {}
    behind: dict[str, str] = {}
    waiting: list[str] = []
    for number, line in enumerate(encoding.lines(before.lstrip("\ufeff")), 1):
        line = "".join(c if c.isprintable() or c == "\t" else " " for c in line)  # noqa: PLW2901
        bare = line.strip()
        if bare.startswith("#"):
            waiting.append(bare)
        elif not bare and waiting and not top and not above and not behind:
            top, waiting = [*waiting, ""], []
        elif number in keys:
            if waiting:
                above.setdefault(keys[number], []).extend(waiting)
                waiting = []
            found = re.search(r"\s(#.*)$", line)
            if found:
                behind.setdefault(keys[number], found.group(1))
    return top, above, behind, waiting
