"""The table of what is declared, used and installed, with a verdict for each distribution."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envboot.derive import lines, pins
from envboot.derive.portable import ITSELF
from envboot.derive.values import Row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from envboot.derive.lines import Line
    from envboot.derive.values import Verdict
    from envboot.derive.wanting import Wanted, Wish
    from envboot.derive.which import Heard
    from envboot.freeze import Installed, Live

Declared = dict[tuple[bool, str], "list[Line]"]


def rows(
    declared: Sequence[Line],
    heard: Heard,
    wish: Wish,
    left_out: dict[tuple[bool, str], str],
    live: Live | None,
) -> tuple[Row, ...]:
    """Return one row for each distribution that any witness names for its own sake."""
    by_key: Declared = {}
    for line in declared:
        if line.name and not line.is_local and line.name not in ITSELF:
            by_key.setdefault(line.key, []).append(line)
    installed = {
        (i.python, i.name if i.python else i.conda_name or i.name): i
        for i in (live.installed if live else ())
    }
    asked = {k for k, i in installed.items() if i.requested and i.name not in ITSELF}
    keys = {*by_key, *wish.wanted, *left_out, *asked, *((True, n) for n in heard.uses)}
    out = [
        _row(
            key,
            by_key.get(key, []),
            heard,
            wish,
            left_out.get(key, ""),
            installed.get(key),
            looked=live is not None,
        )
        for key in keys
    ]
    for unknown in heard.unknown:
        why = "which distribution brings it is not known"
        if unknown.namesake:
            why += "; the project of that name on the package index is another one"
        out.append(Row(unknown.module, "", str(unknown.origin), "", "unknown", why))
    for item in heard.doubtful:
        used = f"{item.origin} ({item.label})"
        why = "which distribution brings it is not known"
        out.append(Row(item.module, "", used, "", "unknown", why))
    return tuple(sorted(out, key=lambda r: (r.name.lower(), r.name, r.declared, r.used)))


def _row(
    key: tuple[bool, str],
    declared: list[Line],
    heard: Heard,
    wish: Wish,
    left_out: str,
    found: Installed | None,
    *,
    looked: bool,
) -> Row:
    python, name = key
    used = wish.evidence.get(name, "") if python else ""
    first = sorted(declared, key=lambda line: not line.hand)
    text = first[0].dependency.text if first else ""
    version = found.version if found else ""
    verdict, why = _verdict(key, declared, heard, wish, found, used, looked=looked)
    if declared and all(n.beyond for n in declared) and not wish.wanted.get(key):
        verdict, why = "optional", f"for whoever wants it: {declared[0].dependency.origin}"
    if left_out and verdict != "ok":
        verdict, why = "unknown", left_out
    return Row(name, text, used, version, verdict, why)


def _verdict(
    key: tuple[bool, str],
    declared: list[Line],
    heard: Heard,
    wish: Wish,
    found: Installed | None,
    used: str,
    *,
    looked: bool,
) -> tuple[Verdict, str]:
    use = heard.uses.get(key[1]) if key[0] else None
    wanted = wish.wanted.get(key)
    if not declared and not wanted:
        if use and use.label == "guarded":
            return "optional", "the code does without it"
        return "unused", "nothing imports it"
    if looked and not found and (used or not declared):
        return "missing", "not installed here"
    if not declared:
        return "undeclared", "" if used else wanted.why if wanted else ""
    return _declared_verdict(key, declared, wanted, found, used)


def _declared_verdict(
    key: tuple[bool, str],
    declared: list[Line],
    wanted: Wanted | None,
    found: Installed | None,
    used: str,
) -> tuple[Verdict, str]:
    if found and _differs(declared, found.version):
        return "differs", f"{found.version} is installed"
    if not used and key[0] and not (wanted and wanted.why.startswith("asked for")):
        return "unused", "nothing imports it"
    return "ok", ""


def _differs(declared: list[Line], version: str) -> bool:
    """Return whether no line of it admits the version; of several each may be for a platform."""
    return all(pins.admits(lines.shape(line).specifier, version) is False for line in declared)


def table(rows: Sequence[Row]) -> str:
    """Return the rows as an aligned table; "" without rows.

    Plain text without colour; nothing of a file can add lines or control characters to it.
    """
    if not rows:
        return ""
    cells = [("distribution", "declared", "used", "installed", "verdict")]
    for row in rows:
        verdict = f"{row.verdict}: {row.why}" if row.why else row.verdict
        shown = (row.name, row.declared, row.used, row.installed, verdict)
        cells.append(
            (
                _plain(shown[0]),
                _plain(shown[1]),
                _plain(shown[2]),
                _plain(shown[3]),
                _plain(shown[4]),
            )
        )
    widths = [min(max(len(line[column]) for line in cells), 60) for column in range(4)]
    padded = (
        "  ".join([*(cell.ljust(width) for cell, width in zip(line, widths)), line[4]])
        for line in cells
    )
    return "\n".join(line.rstrip() for line in padded)


def _plain(text: str) -> str:
    return "".join(char if char.isprintable() else "?" for char in text)
