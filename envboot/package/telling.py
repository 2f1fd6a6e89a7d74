"""What a person should know before she is asked: the table, what is unknown, what may be wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envboot.derive import table
from envboot.package import strangers
from envboot.package.values import Packed

if TYPE_CHECKING:
    from envboot.console import Console
    from envboot.derive import Derived
    from envboot.package.embedding import Carried
    from envboot.package.values import Packing
    from envboot.package.witnesses import Heard

_SHOWN = 10  # variables, before the rest is only counted
_TELLING = frozenset({"undeclared", "unused", "differs", "missing", "unknown"})
"""Verdicts for which the table is shown without being asked for (`-v`)."""


def tell(
    request: Packing,
    heard: Heard,
    derived: Derived,
    carried: Carried,
    unsettled: tuple[str, ...],
    console: Console,
) -> Packed:
    """Say what a person should know before she is asked; return it for ``--json``."""
    notices = dict.fromkeys(
        str(n)
        for n in (
            *carried.found.contradictions,
            *carried.found.spec.notices,
            *carried.notices,
            *derived.notices,
        )
    )
    for notice in notices:
        console.warn(notice)
    strangers.tell(derived.unknown, console)
    rows = [r for r in derived.rows if console.verbose > 0 or r.declared or r.used]
    if rows and (console.verbose > 0 or any(r.verdict in _TELLING for r in rows)):
        console.say("what the files say so far:")
        console.say(table(rows))
    for suggestion in derived.suggestions:
        console.say(f"  maybe: {suggestion}")
    missing = _unset(heard, carried)
    if missing:
        console.say(f"  {missing}")
    if unsettled and not request.check:
        flags = ", ".join(f"`{flag}`" for flag in unsettled)
        console.say(
            f"{flags}: write it under `[tool.envboot.package]` in pyproject.toml or "
            "`[envboot:package]` in setup.cfg, so that `--check` knows it too"
        )
    source = carried.found.spec.source
    return Packed(
        "packed",
        0,
        source=source.path if source else None,
        notices=tuple(notices),
        rows=tuple(vars(row) for row in derived.rows),
        unknown=tuple(
            {"module": u.module, "origin": str(u.origin), "namesake": u.namesake}
            for u in derived.unknown
        ),
        suggestions=tuple(str(s) for s in derived.suggestions),
        variables=tuple(
            {"name": v.name, "required": v.required, "origin": str(v.origin)}
            for v in heard.scan.variables
        ),
    )


def _unset(heard: Heard, carried: Carried) -> str:
    """Return the sentence about the variables that the code needs and no file gives; "" for none.

    A variable's value is never looked at.
    """
    given = {name for name, _ in carried.found.spec.variables}
    needed = {v.name: v.origin for v in heard.scan.variables if v.required and v.name not in given}
    if not needed:
        return ""
    shown = [f"{name} ({origin})" for name, origin in needed.items()][:_SHOWN]
    more = f" and {len(needed) - _SHOWN} more" if len(needed) > _SHOWN else ""
    them = "it" if len(needed) == 1 else "them"
    return f"the code reads {', '.join(shown)}{more} and has no default for {them}"
