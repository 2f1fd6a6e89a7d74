r"""What ``git status --porcelain=v2 --branch -z`` prints, as values.

Source: git-status(1), "Porcelain Format Version 2". With ``-z`` names come as they are, each
record ends with NUL, and a renamed file's old name is a record of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

_BEFORE_NAME = {"1": 8, "2": 9, "u": 10}  # fields before the name, each followed by one blank


@dataclass(frozen=True)
class Status:
    """Its records, by what they say; names are relative to the top of the working tree."""

    staged: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    untracked: tuple[str, ...] = ()
    unmerged: tuple[str, ...] = ()
    upstream: str = ""
    unborn: bool = False


def parse(text: str) -> Status:
    """Return what the records say; one that no version of git is known to print is passed over."""
    staged: list[str] = []
    changed: list[str] = []
    untracked: list[str] = []
    unmerged: list[str] = []
    headers: dict[str, str] = {}
    records = iter(text.split("\0"))
    for record in records:
        kind, _, rest = record.partition(" ")
        if kind == "#":
            key, _, value = rest.partition(" ")
            headers[key] = value
        elif kind == "?" and rest:
            untracked.append(rest)
        elif kind in _BEFORE_NAME:
            fields = record.split(" ", _BEFORE_NAME[kind])
            old = (next(records, ""),) if kind == "2" else ()
            if len(fields) <= _BEFORE_NAME[kind]:
                continue
            found = (fields[-1], *filter(None, old))
            changed += found
            if kind == "u":
                unmerged += found
            elif fields[1][:1] != ".":
                staged += found
    return Status(
        tuple(staged),
        tuple(changed),
        tuple(untracked),
        tuple(unmerged),
        headers.get("branch.upstream", ""),
        headers.get("branch.oid") == "(initial)",
    )


def config(text: str) -> dict[str, str]:
    r"""Return what ``git config -z --get-regexp`` prints: ``key\nvalue`` and NUL, the last wins.

    A key without a value (``[push] default``) means true to git and nothing here.
    """
    pairs = (row.partition("\n") for row in text.split("\0") if row)
    return {key: value for key, _, value in pairs}
