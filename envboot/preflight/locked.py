"""What a lock says of each target: there the packages are known, and nothing has to be solved.

A lock that fits is what setting up takes. Where it is for other platforms alone, they are solved
anew there, which is said.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from envboot import locks
from envboot.errors import EnvbootError
from envboot.find.reading import Repository
from envboot.preflight import locked_wheels, values
from envboot.preflight.values import Cell, Finding, cell

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from envboot.locks import Contents
    from envboot.preflight.asked import Case
    from envboot.preflight.targets import Target
    from envboot.request import Request
    from envboot.shell import Shell
    from envboot.spec import EnvironmentSpec, Lock

_DEMAND = re.compile(r"(__[a-z0-9_]+)\s*(.*)")


@dataclass(frozen=True)
class Fixed:
    """What a lock settles for one case; None is what it leaves open."""

    conda: Cell | None = None
    pip: Cell | None = None
    sizes: tuple[int | None, ...] = ()
    python: str = ""
    """The Python that it names, "3.11"."""
    warning: Finding | None = None
    """Why it settles nothing there."""


def judge(
    spec: EnvironmentSpec, request: Request, shell: Shell, cases: Sequence[Case]
) -> tuple[Fixed, ...]:
    """Return for each case what the lock beside the dependency file settles."""
    path, lock = spec.source.path if spec.source else "", spec.lock
    if path.endswith((".yml", ".yaml", "pixi.toml")):
        return tuple(_conda(path, request, shell, cases))
    if lock and lock.format in {"pylock.toml", "uv.lock"}:
        text = _text(request.root / lock.path, shell)
        return tuple(_wheels(text, lock, case, alone=not spec.dependencies) for case in cases)
    return tuple(Fixed() for _ in cases)


def _wheels(text: str, lock: Lock, case: Case, *, alone: bool) -> Fixed:
    """Return what a lock of wheels settles; ``alone``: no file says what it was made of."""
    try:
        found = locked_wheels.judge(text, lock, case)
    except EnvbootError as error:  # another tool may read it better
        unknown = Finding("unknown", error.message, lock.path)
        return Fixed(pip=cell("pip", (unknown,), "1 not known"))
    if not isinstance(found, Finding):
        return Fixed(pip=found[0], sizes=found[1])
    if alone:
        return Fixed(pip=cell("pip", (_failing(found),), "1 fail"))
    return Fixed(warning=found)


def _text(path: Path, shell: Shell) -> str:
    return (shell.read(path, locks.LIMIT) or b"").decode("utf-8", "replace")


def _failing(finding: Finding) -> Finding:
    return Finding("fail", finding.text.partition(";")[0], finding.at, hint="lock for it too")


def _conda(path: str, request: Request, shell: Shell, cases: Sequence[Case]) -> Iterator[Fixed]:
    folder = path[: path.rfind("/") + 1]
    lock = next((folder + n for n in locks.FORMATS if shell.kind(request.root / folder / n)), "")
    if not lock or not request.locked:
        yield from (Fixed() for _ in cases)
        return
    own = Repository(request.root, shell).spec(path)
    text = _text(request.root / lock, shell)
    for case in cases:
        subdir = case.target.platform.subdir
        try:
            contents = locks.read(text, lock, subdir)
        except EnvbootError:
            yield Fixed()  # found already, and said
            continue
        if subdir not in contents.platforms:
            known = ", ".join(contents.platforms)
            said = f"is for {known}, not for {subdir}: solved anew there"
            yield Fixed(
                warning=Finding("warn", said, lock, "", "`package-env --lock` locks for it")
            )
        elif case.given or locks.stale(own, contents, subdir):
            yield Fixed()
        else:
            yield _settled(contents, case.target, lock)


def _settled(contents: Contents, target: Target, lock: str) -> Fixed:
    """Return what a lock that fits says of a platform: its packages, and what they demand."""
    conda = [p for p in contents.packages if p.ecosystem == "conda"]
    wheels = len(contents.packages) - len(conda)
    missing = tuple(
        Finding("fail", text, lock) for d in contents.demands if (text := lacking(d, target))
    )
    python = next((p.version for p in conda if p.name == "python"), "")
    text = values.count(missing) or f"{values.packages(len(conda))}, locked"
    return Fixed(
        cell("conda", missing, text),
        cell("pip", (), f"{values.packages(wheels)}, locked") if wheels else Cell("pip", "none"),
        (),
        ".".join(python.split(".")[:2]),
    )


def lacking(demand: str, target: Target) -> str:
    """Return what a target lacks of a demand (``__cuda >=12``), "" when it has it.

    Nothing is said of this computer, whose virtual packages conda itself detects.
    """
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    found = _DEMAND.match(demand)
    if found is None or target.virtual is None:
        return ""
    have = dict(v.split("=")[:2] for v in target.virtual)
    name, clauses = found[1], found[2].split()[0] if found[2].split() else ""
    if name not in have:
        return f"its packages need `{demand}`, which {target.name} has not"
    try:
        plain = re.sub(r"\.?[a-z]\w*|\.?\*", "", clauses)
        fits = SpecifierSet(plain).contains(have[name], prereleases=True)
    except InvalidSpecifier:
        return ""  # a build, or a way of writing that is conda's own
    return "" if fits else f"its packages need `{demand}`, and {target.name} has {have[name]}"
