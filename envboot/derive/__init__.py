"""From three witnesses, the code, the live environment and the files, to what has to be written.

Pure: all comes in as values, nothing is looked at. Each line of the result says why it is there.
What it gives, given back as the files that are there, gives the same again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envboot.derive import lines, naming, placing, sheets, wanting, which
from envboot.derive import table as _table
from envboot.derive.table import table
from envboot.derive.values import (
    Before,
    Derived,
    Pin,
    Policy,
    Row,
    Unknown,
    Verdict,
)
from envboot.spec import Notice

if TYPE_CHECKING:
    from collections.abc import Sequence

    from envboot.derive.lines import File, Line
    from envboot.derive.naming import Names
    from envboot.derive.placing import Made
    from envboot.derive.wanting import Group, Key, Wanted
    from envboot.freeze import Live
    from envboot.infer.facts import Scan

__all__ = [
    "Before",
    "Derived",
    "Pin",
    "Policy",
    "Row",
    "Unknown",
    "Verdict",
    "derive",
    "table",
]


def derive(
    scan: Scan,
    live: Live | None,
    before: Before,
    policy: Policy,
    *,
    name: str,
) -> Derived:
    """Return what has to be written. ``name`` is the environment's, where no file gives one."""
    names = naming.of(live, before)
    files = lines.read(before, names)
    others = [lines.other(d, names) for s in before.others for d in s.dependencies]
    extra = lines.beyond(before.others, others, names)
    heard = which.hear(scan, _witnesses(scan, files, [*others, *extra], names, policy))
    wish = wanting.want(scan, heard, names, others, files, frozenset(n.key for n in extra))
    conda, pip = (lines.filled(file, _fillable(wish, names)) for file in files[:2])
    conda_dev, pip_dev = files[2:]
    main = wanting.with_theirs(wish.wanted, (conda, pip), "main")
    dev = wanting.with_theirs(wish.wanted, (conda_dev, pip_dev), "dev")
    dev = {k: w for k, w in dev.items() if k not in conda.hands() | pip.hands()}

    def made(file: File, beside: File, wanted: dict[Key, Wanted], group: Group) -> Made:
        know = placing.Knowledge(
            placing.declared(beside, [*others, *extra]),
            placing.so_far((file, beside)),
            {(True, n): r.shape for n, r in heard.requests.items()},
            wish.evidence,
            names,
            policy,
        )
        return placing.place(file, wanted, group, know, conda=file is conda or file is conda_dev)

    results = (
        made(conda, pip, main, "main"),
        made(pip, conda, main, "main"),
        made(conda_dev, pip_dev, dev, "dev"),
        made(pip_dev, conda_dev, dev, "dev"),
    )
    left_out = {**wish.left_out, **_without(results, policy)}
    files = (conda, pip, conda_dev, pip_dev)
    written, notices = sheets.make(files, results, live, before.others, policy, name)
    notices = (
        *heard.notices,
        *wish.notices,
        *(_said(key, why) for key, why in sorted(left_out.items()) if key not in wish.left_out),
        *notices,
    )
    declared = [line for file in files for line in file.lines] + others + extra
    return Derived(
        conda=written[0],
        pip=written[1],
        conda_dev=written[2],
        pip_dev=written[3],
        rows=_table.rows(declared, heard, wish, left_out, live),
        unknown=heard.unknown,
        suggestions=wish.suggestions,
        notices=notices,
        modules=tuple(m for m in heard.modules if (True, m[1]) not in left_out),
    )


def _witnesses(
    scan: Scan, files: Sequence[File], others: Sequence[Line], names: Names, policy: Policy
) -> which.Witnesses:
    theirs = [line for file in files for line in file.lines if line.hand] + list(others)
    return which.Witnesses(
        policy.provides or {},
        frozenset(line.name for line in theirs if line.python and line.name),
        names,
        lines.whys(tuple(files)),
        which.requests(scan.asked, names),
    )


def _fillable(wish: wanting.Wish, names: Names) -> set[Key]:
    """Return what gets its version filled in, where a person wrote the name alone."""
    return {
        key
        for key, one in wish.wanted.items()
        if one.group == "main" and one.name in wish.evidence and one.name in names.by_name
    }


def _without(results: Sequence[Made], policy: Policy) -> dict[Key, str]:
    """Return what the files that are asked for cannot hold."""
    if policy.pip_only:
        return {**results[1].left_out, **results[3].left_out}
    return {**results[0].left_out, **results[2].left_out}


def _said(key: Key, why: str) -> Notice:
    return Notice(f"{key[1]} is left out: {why}")
