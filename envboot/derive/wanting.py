"""What has to be there: used by the code, asked for by a person, or declared in some file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from envboot import infer
from envboot.derive import naming, portable
from envboot.derive.which import Use
from envboot.spec import Notice, Origin

if TYPE_CHECKING:
    from collections.abc import Sequence

    from envboot.derive.lines import File, Line
    from envboot.derive.naming import Names
    from envboot.derive.which import Heard
    from envboot.freeze import Installed
    from envboot.infer.facts import BackEnd, Scan

Group = Literal["main", "dev"]
Key = tuple[bool, str]
"""(whether it is a Python distribution, its name)."""


@dataclass(frozen=True)
class Wanted:
    """One thing that has to be there."""

    name: str
    group: Group
    why: str
    """Evidence; "" where only the line of a person asks for it."""
    origin: Origin | None = None
    python: bool = True

    @property
    def key(self) -> Key:
        """Return what a line about it is found by."""
        return self.python, self.name


@dataclass(frozen=True)
class Wish:
    """All that is wanted, and what was left out."""

    wanted: dict[Key, Wanted]
    left_out: dict[Key, str]
    """A sentence for each that the code uses and that cannot be written."""
    notices: tuple[Notice, ...]
    suggestions: tuple[Notice, ...]
    evidence: dict[str, str]
    """How the code uses a distribution, whatever came of it; with the label."""


def want(
    scan: Scan,
    heard: Heard,
    names: Names,
    others: Sequence[Line],
    files: Sequence[File],
    beyond: frozenset[Key] = frozenset(),
) -> Wish:
    """Return what has to be there. ``files``: those that envboot writes, as they are so far.

    ``beyond``: what extras and groups of other files declare. What only tests and docs use of it
    stands where it belongs already, and what is optional there needs no suggestion.
    """
    ours = [line for file in files for line in file.lines if not line.hand and line.name]
    dev = {key for file in files[2:] for key in file.hands()}
    there = set(names.by_name) if names.live else {line.name for line in ours if line.python}
    uses, evidence = _uses(scan, heard, there)
    found: dict[Key, Wanted] = {}
    for use in uses.values():
        group: Group = "main" if use.label == "production" else "dev"
        if group == "dev" and (True, use.name) in beyond:
            continue
        found[True, use.name] = Wanted(use.name, group, use.why, use.origin)
    for request in heard.requests.values():
        _into(found, Wanted(request.name, "main", f"asked for in {request.asked.origin}"))
    for line in others:
        if line.name and not line.is_local and line.key not in dev:
            at = str(line.dependency.origin)
            _into(found, Wanted(line.name, "main", at, python=line.python))
    for one in _at_conda(names, ours):
        found.setdefault(one.key, one)
    wanted, left, notices = _portable(found, names)
    return Wish(
        wanted, left, notices, _suggestions(scan.back_ends, heard, {*found, *beyond}), evidence
    )


def _uses(scan: Scan, heard: Heard, there: set[str]) -> tuple[dict[str, Use], dict[str, str]]:
    """Return what the code needs, and how it uses anything; ``there``: installed, or written."""
    uses = {n: u for n, u in heard.uses.items() if u.label != "guarded"}
    said = dict(heard.uses)
    for end in scan.back_ends:
        use = Use(end.distribution, end.label, f"{end.call} in {end.origin}", end.origin)
        said.setdefault(use.name, use)
        if use.name in there and use.label != "guarded":
            _add(uses, use)
    for path in scan.notebooks:
        why = f"to run {path}" + _more(len(scan.notebooks))
        _add(uses, Use("ipykernel", infer.label(path), why, Origin(path)))
    return uses, {name: use.said for name, use in {**said, **uses}.items()}


def _at_conda(names: Names, ours: Sequence[Line]) -> list[Wanted]:
    """Return what conda's history says was asked for; without it, what earlier lines say."""
    out = []
    for item in names.live:
        if item.requested and item.ecosystem == "conda":
            asked = naming.ASKED + (f": {item.asked_as}" if item.asked_as else "")
            called = item.conda_name or item.name
            name = (names.pypi(called.lower()) or item.name) if item.python else called
            out.append(Wanted(name, "main", asked, python=item.python))
    for line in () if names.live else ours:
        _, found, asked = line.dependency.why.partition(naming.ASKED)
        if found:
            out.append(Wanted(line.name, "main", found + asked, python=line.python))
    return out


def _into(found: dict[Key, Wanted], one: Wanted) -> None:
    """Add what is declared for production; the evidence of a use stays the better one."""
    before = found.get(one.key)
    found[one.key] = replace(before, group="main") if before else one


def _more(count: int) -> str:
    return f" and {count - 1} more" if count > 1 else ""


def _add(uses: dict[str, Use], use: Use) -> None:
    before = uses.get(use.name)
    if before is None or (before.label != "production" and use.label == "production"):
        uses[use.name] = use


def _portable(
    found: dict[Key, Wanted], names: Names
) -> tuple[dict[Key, Wanted], dict[Key, str], tuple[Notice, ...]]:
    """Return what of it can stand in a file for other computers."""
    wanted: dict[Key, Wanted] = {}
    left: dict[Key, str] = {}
    notices = []
    for key, one in found.items():
        if one.name in portable.ITSELF:
            continue
        brought = portable.BROUGHT.get(one.name)
        comes = brought and (True, brought) in found and one.python
        why = f"{brought} brings the one that it needs" if comes else _why_not(one, names)
        if why:
            left[key] = why
            notices.append(Notice(f"{one.name} is left out: {why}", one.origin))
        else:
            wanted[key] = one
    notices += [n for one in wanted.values() if (n := _built(names.by_name.get(one.name)))]
    return wanted, left, tuple(notices)


def _why_not(one: Wanted, names: Names) -> str:
    if not one.python:
        return portable.why_not_conda(one.name)
    if portable.is_native(one.name):
        return "another distribution brings it along where it fits"
    live = names.by_name.get(one.name)
    if live and live.ecosystem == "pypi" and live.url.startswith("file:"):
        return "" if names.is_public(one.name) else "it is installed from a folder of this computer"
    return ""


def _built(live: Installed | None) -> Notice | None:
    """Return the intent of a build for CUDA: the line asks for the version alone."""
    if live is None or not live.local.startswith(("cu", "rocm")):
        return None
    text = (
        f"{live.name} {live.version} is built with {live.local} here: its line asks for the"
        " version, and each computer takes the build that fits it"
    )
    return Notice(text)


def _suggestions(
    back_ends: tuple[BackEnd, ...], heard: Heard, found: set[Key]
) -> tuple[Notice, ...]:
    out = [
        Notice(f"{end.call} may need {end.distribution}, which is not installed", end.origin)
        for end in back_ends
        if end.label in {"production", "guarded"} and (True, end.distribution) not in found
    ]
    out += [
        Notice(f"{use.name} is optional: the code does without {use.module or 'it'}", use.origin)
        for _, use in sorted(heard.uses.items())
        if use.label == "guarded" and (True, use.name) not in found
    ]
    return tuple(dict.fromkeys(out))


def with_theirs(
    wanted: dict[Key, Wanted], files: Sequence[File], group: Group
) -> dict[Key, Wanted]:
    """Return what is wanted once people's own lines are heard too: each file has all of them."""
    out = dict(wanted)
    for file in files:
        for line in file.lines:
            if not line.hand or line.is_local or line.name in portable.ITSELF:
                continue
            before = out.get(line.key)
            if before is None:
                out[line.key] = Wanted(line.key[1], group, file.path, python=line.python)
            elif group == "main":
                out[line.key] = replace(before, group=group)
    return out
