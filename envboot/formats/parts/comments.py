"""Comments in a file that is written anew: people's own stay, envboot's say why a line is there.

A comment behind a line may have two parts: ``numpy  # not 2  # envboot: src/a.py:3``. The first is
a person's and stays as it is; the second is the evidence, :attr:`envboot.spec.Dependency.why`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from envboot.formats.parts import encoding

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from envboot.spec import Dependency

MARK = "# envboot:"
_EVIDENCE = re.compile(r"(?:^|(?<=\s))#\s*envboot:(?!\S)(.*?)(?=\s#|$)")
_LONGEST = 400  # characters of one evidence


class Line(NamedTuple):
    """One line of the new file."""

    key: str
    """What it is about: the same in the old file and in the new one."""
    text: str
    why: str = ""


def keep(made: Sequence[Line], before: str, keys: Mapping[int, str]) -> str:
    """Return the lines of ``made`` with their evidence and the comments of the file so far.

    ``keys`` says which key stands in which line of ``before``. A comment on a line of its own
    belongs to the next key, one behind a value to that value; one whose key is gone stands at the
    end. A block at the top that a blank line closes stays at the top. Comments of envboot's own
    are made anew, and not kept.
    """
    top, above, behind, rest = _attached(before, keys)
    out = list(top)
    for key, text, why in made:
        indent = re.match(r"\s*", text)
        margin = indent.group() if indent else ""
        out += [margin + row for row in above.pop(key, [])]
        said = [text, behind.pop(key, ""), f"{MARK} {shown}" if (shown := plain(why)) else ""]
        out.append("  ".join(part for part in said if part))
    out += [row for rows in above.values() for row in rows]
    out += [*behind.values(), *rest]
    return "\n".join(out) + "\n" if out else ""


def why(line: str) -> str:
    """Return the evidence in the comment behind a line; "" when there is none."""
    found = _EVIDENCE.search(line[-2 * _LONGEST :])
    return found.group(1).strip() if found else ""


def plain(why: str) -> str:
    """Return an evidence as it can stand in a comment: on one line, without a second comment.

    It holds names of a stranger's files.
    """
    text = "".join(c if c.isprintable() else "?" for c in why.strip()[:_LONGEST])
    return re.sub(r"\s(?=#)|^(?=#)", "%20", text).strip()


def key(dependency: Dependency) -> str:
    """Return what the line of a dependency is about."""
    return f"{dependency.ecosystem} {dependency.name or dependency.text}"


def numbered(keys: Iterable[str]) -> list[str]:
    """Return the keys, each different: one package may have a line for each platform."""
    seen: dict[str, int] = {}
    out = []
    for one in keys:
        seen[one] = seen.get(one, 0) + 1
        out.append(one if seen[one] == 1 else f"{one} ({seen[one]})")
    return out


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
        if bare.startswith(MARK):
            continue
        if bare.startswith("#"):
            waiting.append(bare)
        elif not bare and waiting and not top and not above and not behind:
            top, waiting = [*waiting, ""], []
        elif number in keys:
            if waiting:
                above.setdefault(keys[number], []).extend(waiting)
                waiting = []
            found = re.search(r"\s(#.*)$", line)
            theirs = _EVIDENCE.sub("", found.group(1)).strip() if found else ""
            if theirs:
                behind.setdefault(keys[number], re.sub(r"\s+(?=#)", "  ", theirs))
    return top, above, behind, waiting
