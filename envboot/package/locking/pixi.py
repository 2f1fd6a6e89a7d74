"""pixi.lock beside environment.yml: conda's part solved by py-rattler, pip's part by uv.

The child of :mod:`envboot.engines.rattler` solves for every platform at once, each as a plain
machine of its kind (:mod:`envboot.platforms`), so that the lock is the same wherever it is made.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from envboot import index, locks, platforms, tools
from envboot.engines.rattler import answered
from envboot.engines.rattler.order import Aim, Asked, Order, step
from envboot.errors import CommandFailed, EnvbootError, FallsShort, InvalidFile
from envboot.package.changes import Change
from envboot.package.locking import pip_part, uv_runs, written
from envboot.plan import Plan, Write, carry_out
from envboot.tools import pins

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from envboot.console import Console
    from envboot.engines.rattler.order import Solved
    from envboot.package.locking.written import Part
    from envboot.shell import Shell
    from envboot.spec import EnvironmentSpec, Need

FILENAME = written.FILENAME
_CUDA = "12.4"
"""What a lock supposes where a GPU is required and no version is: wheels and builds of 2024 on."""
_WITH_CUDA = ("linux-64", "linux-aarch64", "win-64")
_INDEX = "https://pypi.org/simple"


@dataclass(frozen=True)
class Wanted:
    """What a lock of conda's and pip's packages is made of."""

    spec: EnvironmentSpec
    """What environment.yml says itself; its ``source`` is where."""
    needs: tuple[Need, ...]
    platforms: tuple[str, ...]
    """conda's names, …"""
    asked: bool = False
    """… named by a person: each has to be solved."""


def lock(
    root: Path,
    wanted: Wanted,
    shell: Shell,
    console: Console,
    *,
    offline: bool = False,
    yes: bool = False,
) -> tuple[Change, ...]:
    """Return the change of pixi.lock, () when it is as it was.

    Versions that are locked already are kept where they still fit. Raises FallsShort without
    py-rattler or uv, InvalidFile with what stands in the way of a solution, CommandFailed.
    """
    path = place(wanted.spec)
    before = shell.read(root / path, locks.LIMIT)
    work = root / ".envboot" / f"lock-{token_hex(4)}"
    there = shell.kind(work.parent)
    try:
        parts = _parts(root, wanted, work, shell, console, offline=offline, yes=yes)
    finally:
        shell.remove(work if there else work.parent)
    channels = dict.fromkeys(str(r["channel"]).rstrip("/") + "/" for p in parts for r in p.records)
    text = written.render(parts, tuple(channels), _index(shell), locks.digest(wanted.spec))
    uv_runs.without_passwords(text, path)
    if local := sorted(_local(parts)):
        more = f" and {len(local) - 3} more" if len(local) > 3 else ""  # noqa: PLR2004 - named
        console.warn(
            f"{path}: {', '.join(local[:3])}{more} come from this computer: elsewhere the lock "
            "cannot be used",
            hint="lock with channels and an index that others reach",
        )
    data = text.encode()
    ours = before is None or b"package-env --lock" in before[:4096]
    return () if data == before else (Change(path, before, data, ours=ours),)


def place(spec: EnvironmentSpec) -> str:
    """Return the path of the lock: beside the environment.yml."""
    source = spec.source.path if spec.source else ""
    return source[: source.rfind("/") + 1] + FILENAME


def _parts(
    root: Path,
    wanted: Wanted,
    work: Path,
    shell: Shell,
    console: Console,
    *,
    offline: bool,
    yes: bool,
) -> list[Part]:
    """Return what is installed on each platform; a usual one that has no solution is left out."""
    spec = wanted.spec
    lines = pip_part.wanted(spec)
    for left in locks.rest(spec):
        console.warn(f"not locked, because it has no digest: {left.text[:80]}")
    old = root / place(spec)
    solved = _solved(wanted, old, work, shell, console, offline=offline, yes=yes)
    uv = uv_runs.maker(work, shell, console, offline=offline, yes=yes) if lines else None

    def part(one: Solved) -> Part:
        if one.findings:
            raise _unsolved(one, spec)
        records = tuple(dict(r) for r in one.packages)
        if uv is None:
            return written.Part(one.aim, records)
        console.say(f"locking pip's part for {one.aim}")
        held, aside = _held(old, one.aim, shell), work / one.aim
        wheels = pip_part.solve(spec, one.aim, records, held, uv, aside, shell, console)
        return written.Part(one.aim, records, wheels)

    parts = []
    for one in solved:
        try:
            parts.append(part(one))
        except EnvbootError as error:  # noqa: PERF203 - each platform by itself
            if wanted.asked or (one is solved[-1] and not parts):
                raise
            tail = " ".join(line.strip() for line in getattr(error, "tail", ())[-3:])
            console.warn(f"not locked for {one.aim}: {tail or error}", hint=error.hint)
    return parts


def _solved(
    wanted: Wanted,
    old: Path,
    work: Path,
    shell: Shell,
    console: Console,
    *,
    offline: bool,
    yes: bool,
) -> tuple[Solved, ...]:
    """Return the records for each platform, or what stands in their way."""
    tool = pins.RATTLER
    if why := tools.why_not(tool, shell, offline=offline, beside=work):
        raise FallsShort(f"no lock can be made: {why}")
    python = tools.python_for(tool, shell)
    where = tools.place(tool, shell, work)
    if tools.folder(tool, shell) is None:
        fetch = (tools.step(tool, where, offline=offline),)
        uv_runs.fetch(fetch, tool.text, shell, console, yes=yes)
    answer = work / "answer.json"
    order = Order(
        "solve",
        tuple(_asked(wanted.spec)),
        wanted.spec.channels,
        tuple(Aim(name, _virtual(name, wanted.needs), name) for name in wanted.platforms),
        lock=str(old) if shell.kind(old) == "file" else "",
        offline=offline,
        answer=str(answer),
    )
    ask = Write(work / "order.json", order.text(), private=True)
    why = f"solving for {', '.join(wanted.platforms)}"
    run = step(ask.path, where, str(python.path) if python else "", why)
    try:
        carry_out(Plan("pixi.lock", (ask, run)), shell, console.line, console.say)
    except CommandFailed:
        said = answered.read(answer, shell, locks.LIMIT * 4)
        found = answered.error(said) if said else None
        if found is None:
            raise
        raise found from None
    said = answered.read(answer, shell, locks.LIMIT * 4)
    if said is None:
        raise CommandFailed("the solver gave no answer")
    return said.solved


def _asked(spec: EnvironmentSpec) -> Iterator[Asked]:
    """Yield what is asked of conda; pip, where it has a part."""
    conda = [d for d in spec.dependencies if d.ecosystem == "conda"]
    yield from (Asked(d.text, str(d.origin)) for d in conda)
    if len(conda) < len(spec.dependencies) and all(d.name != "pip" for d in conda):
        yield Asked("pip")


def _virtual(subdir: str, needs: Sequence[Need]) -> tuple[str, ...]:
    """Return the virtual packages of a plain machine, with a GPU where one is required."""
    least = {n.key: n.value for n in needs if n.level == "minimum"}
    plain = platforms.ALL[subdir].virtual
    if subdir not in _WITH_CUDA or not least.get("gpu"):
        return plain
    return (*plain, f"__cuda={least.get('cuda', _CUDA)}=0")


def _unsolved(one: Solved, spec: EnvironmentSpec) -> InvalidFile:
    first, *more = one.findings
    text = "; ".join((first.text, *(f.text for f in more[:4])))
    return InvalidFile(text, hint=first.hint, origin=answered.origin(first) or spec.source)


def _held(old: Path, subdir: str, shell: Shell) -> tuple[locks.Locked, ...]:
    data = shell.read(old, locks.LIMIT)
    try:
        contents = locks.read((data or b"").decode("utf-8", "replace"), old.name, subdir)
    except InvalidFile:
        return ()
    return tuple(p for p in contents.packages if p.ecosystem == "pypi")


def _index(shell: Shell) -> str:
    url = index.settings(shell).url
    return _INDEX if not url or index.local(url) else re.sub(r"://[^/@]*@", "://", url)


def _local(parts: Sequence[Part]) -> set[str]:
    addresses: dict[str, Any] = {str(r["url"]): r["name"] for p in parts for r in p.records}
    addresses.update({w.url: w.name for p in parts for w in p.wheels})
    return {str(name) for url, name in addresses.items() if url.startswith("file:")}
