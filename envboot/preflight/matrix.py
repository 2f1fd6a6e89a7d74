"""The table for people, the lines below it, and the badge."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from envboot.preflight.values import ASPECTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from envboot.preflight.values import Cell, Forecast, Mark, Row

_SIGNS: dict[Mark, str] = {"pass": "✓", "fail": "✗", "warn": "!", "unknown": "?", "none": "-"}
_PLAIN: dict[Mark, str] = {"pass": "ok", "fail": "NO", "warn": "!", "unknown": "?", "none": "-"}
_VERDICTS: dict[Mark, str] = {
    "pass": "runs",
    "fail": "does not run",
    "warn": "runs, see below",
    "unknown": "not known",
    "none": "nothing to judge",
}
_COLOURS = {"pass": "brightgreen", "warn": "green", "unknown": "yellow", "fail": "red"}


def table(rows: Sequence[Row], *, plain: bool = False) -> str:
    """Return targets by aspects, aligned; ``plain``: in ASCII, for what cannot print ✓.

    Nothing of a file can add lines or control characters to it.
    """
    aspects = [a for a in ASPECTS if any(r.cell(a).verdict != "none" for r in rows)]
    body = [("target", "verdict", *aspects)]
    for row in rows:
        head = f"{_mark(row.verdict, plain=plain)} {_VERDICTS[row.verdict]}"
        cells = (_cell(row.cell(a), plain=plain) for a in aspects)
        body.append((row.label, head, *cells))
    body = [tuple(map(printable, cells)) for cells in body]
    widths = [max(len(cells[n]) for cells in body) for n in range(len(body[0]))]
    padded = ("  ".join(c.ljust(w) for c, w in zip(cells, widths)).rstrip() for cells in body)
    return "\n".join(padded)


def below(rows: Sequence[Row], *, plain: bool = False) -> tuple[str, ...]:
    """Return one line for each thing that is the matter, failures first.

    What is the same on every target is said once; else the targets stand behind it.
    """
    found: dict[tuple[Mark, str], list[str]] = {}
    for row in rows:
        for cell in row.cells:
            for finding in cell.findings:
                said = found.setdefault((finding.verdict, finding.line), [])
                if row.label not in said:
                    said.append(row.label)
    out = []
    separator = "; " if any("," in row.label for row in rows) else ", "
    for (verdict, text), where in sorted(found.items(), key=lambda item: _place(*item[0])):
        everywhere = len(where) == len({r.label for r in rows})
        at = "" if everywhere else f" ({separator.join(where)})"
        whole = re.sub(r"\s*\n\s*", " ", text)  # a solver's reasons have several lines
        out.append(printable(f"{_mark(verdict, plain=plain)} {whole}{at}"))
    return tuple(out)


def _place(verdict: Mark, text: str) -> tuple[int, str, int]:
    """Return what lines are sorted by: the failures first, then as they stand in the files."""
    order: tuple[Mark, ...] = ("fail", "unknown", "warn")
    at = re.match(r"([^:]*):(\d{1,9}): ", text)
    return order.index(verdict), at[1] if at else "", int(at[2]) if at else 0


def badge(forecast: Forecast) -> str:
    """Return the badge as shields.io reads it (its documentation, "Endpoint Badge")."""
    marks = {row.verdict for row in forecast.targets}
    runs = [row.label for row in forecast.targets if row.verdict in {"pass", "warn", "none"}]
    total = len(forecast.targets)
    message = ", ".join(runs) if len(runs) == total else f"{len(runs)} of {total} targets"
    worst = next((m for m in ("fail", "unknown", "warn") if m in marks), "pass")
    colour = _COLOURS[worst] if worst != "fail" or not runs else "orange"
    badge = {"schemaVersion": 1, "label": "runs on", "message": printable(message), "color": colour}
    return json.dumps(badge, indent=2) + "\n"


def printable(text: str) -> str:
    """Return ``text`` without what moves the cursor."""
    return "".join(char if char.isprintable() else "?" for char in text)


def _cell(cell: Cell, *, plain: bool) -> str:
    text = f"{_mark(cell.verdict, plain=plain)} {cell.text}"
    return text.strip() if cell.verdict != "none" else cell.text or "-"


def _mark(mark: Mark, *, plain: bool) -> str:
    return (_PLAIN if plain else _SIGNS)[mark]
