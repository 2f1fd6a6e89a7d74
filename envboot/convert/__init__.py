"""``envboot convert FROM TO``: the same environment in another file, with what is lost listed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from envboot import find, formats, plan, platforms
from envboot.console import YES_NO
from envboot.convert import losses, reading, translating
from envboot.derive.heading import CHANNELS
from envboot.errors import InvalidFile, UsageError
from envboot.formats.parts import encoding, pixi_pypi, pixi_targets, requirement
from envboot.plan import Plan, Write
from envboot.shell import redact
from envboot.spec import Dependency, EnvironmentSpec, Notice, Origin

if TYPE_CHECKING:
    import argparse

    from envboot.console import Console
    from envboot.request import Request
    from envboot.result import Outcome
    from envboot.shell import Shell

KINDS = ("environment.yml", "requirements.txt", "pyproject.toml", "pixi.toml")
"""What can be written."""
_DEFAULTS = ("https://repo.anaconda.com/pkgs/main", "https://repo.anaconda.com/pkgs/r")
_SUFFIXES = {".yml": KINDS[0], ".yaml": KINDS[0], ".txt": KINDS[1], ".in": KINDS[1]}


@dataclass(frozen=True)
class Converted:
    """What came of it."""

    outcome: str
    """converted | planned | unchanged"""
    exit_code: int
    source: str
    """The file that was read, as it was given."""
    target: str
    """The file that was written, as it was given; ``-``: it was printed."""
    kind: str
    """environment.yml | requirements.txt | pyproject.toml | pixi.toml"""
    text: str = ""
    """All of the new file."""
    names: tuple[dict[str, str], ...] = ()
    """from, to: packages that are called otherwise there."""
    losses: tuple[dict[str, str], ...] = ()
    """text, origin: what the new file does not say; origin is ``file:line`` of the old one."""


def convert(
    options: argparse.Namespace, request: Request, shell: Shell, console: Console
) -> Outcome:
    """Write ``options.target`` from ``options.source``; names are translated, losses are listed.

    Raises UsageError for a kind of file that it cannot write, InvalidFile for one it cannot read,
    AnswerNeeded where a file would be replaced and nobody said so.
    """
    kind = _kind(options.target, options.kind)
    target = None if options.target == "-" else Path(options.target).expanduser().absolute()
    spec = reading.read(options.source, request, shell)
    if target == options.source.expanduser().absolute() and kind != "pyproject.toml":
        raise UsageError(
            f"{options.source} is that file already", hint=f"kinds: {', '.join(KINDS)}"
        )
    spec, journey = _translated(spec, kind, shell)
    spec = _named(spec, target or options.source.absolute())
    before = shell.read(target, encoding.LIMIT + 1) if target else None
    text, replaces = _text(spec, kind, before, options.target)
    found = Converted(
        "planned",
        0,
        str(options.source),
        options.target,
        kind,
        redact(text, shell.environ) if options.json else text,
        tuple({"from": old, "to": new} for old, new in sorted(journey.names.items())),
        tuple({"text": n.text, "origin": str(n.origin or "")} for n in _told(journey, shell)),
    )
    _tell(found, console)
    if target is None or request.dry_run:
        if not options.json:
            console.show(redact(text, shell.environ) if target else text)
        return found if target else replace(found, outcome="converted")
    data = encoding.encode(text, before, options.target) if before else text.encode()
    if data == before:
        console.say(f"{options.target} says so already")
        return replace(found, outcome="unchanged")
    if replaces and not (options.force or request.yes):
        question = f"{options.target} is there already, and says other things: replace them?"
        if console.choose(question, YES_NO, flag="`--force`", default="no") == "no":
            console.say("nothing was written")
            return found
    plan.carry_out(Plan("convert", (Write(target, data),)), shell, console.line)
    console.say(f"{options.target} is written")
    return replace(found, outcome="converted")


def _kind(target: str, given: str | None) -> str:
    """Return which of :data:`KINDS` is to be written. Raises UsageError."""
    name = Path(given or target).name
    reader = formats.reader_for(name)
    own = getattr(reader, "FILENAME", "")
    kind = own if own in KINDS else _SUFFIXES.get(Path(name).suffix.lower(), "")
    if not kind or name in {"runtime.txt", "apt.txt"}:
        what = requirement.short(name)
        raise UsageError(
            f"`{what}` does not say which kind of file it is"
            if target in {"-", name}
            else f"`{what}` is no kind of file that can be written",
            hint=f"give `--kind` and one of {', '.join(KINDS)}",
        )
    return kind


def _translated(
    spec: EnvironmentSpec, kind: str, shell: Shell
) -> tuple[EnvironmentSpec, translating.Journey]:
    """Return the spec as a file of that kind can say it, and what became of it."""
    journey = translating.Journey([*spec.notices])
    spec = translating.folded(spec, journey)
    from_pixi = bool(spec.platforms)
    if kind in {"requirements.txt", "pyproject.toml"}:
        _unsaid_python(spec, journey)
        spec = _marked(translating.to_pypi(spec, journey))
    else:
        conda, closed = spec.is_conda, "nodefaults" in spec.channels or not spec.channels
        spec = translating.to_conda(spec, journey)
        channels = spec.channels or (CHANNELS if kind == "environment.yml" else CHANNELS[:1])
        if not spec.channels and spec.source and conda:
            text = f"no channel is named: {CHANNELS[0]} is written"
            journey.losses.append(Notice(text, spec.source))
        spec = replace(spec, channels=channels)
        if kind == "pixi.toml":
            spec = _for_pixi(spec, shell)
        elif from_pixi and not closed and not {"defaults", *_DEFAULTS} & set(channels):
            spec = replace(spec, channels=(*channels, "nodefaults"))  # pixi adds none of its own
    spec, lost = losses.fitted(spec, kind.replace(".", "_"))
    journey.losses += lost
    return spec, journey


def _for_pixi(spec: EnvironmentSpec, shell: Shell) -> EnvironmentSpec:
    """Return the spec with channels and platforms that pixi knows, a Python, and without pip.

    pixi takes nothing from the Python index where no Python is asked for.
    """
    kept = [d for d in spec.dependencies if (d.ecosystem, d.text) != ("conda", "pip")]
    if not spec.python and not any(d.name == "python" for d in kept):
        kept.insert(0, Dependency("python", "python", "conda", spec.source or Origin("")))
    expanded = (c for name in spec.channels for c in (_DEFAULTS if name == "defaults" else (name,)))
    here = platforms.here(shell)
    return replace(
        spec,
        channels=tuple(dict.fromkeys(c for c in expanded if c != "nodefaults")),
        platforms=spec.platforms or tuple(dict.fromkeys((here, *platforms.USUAL))),
        dependencies=tuple(kept),
    )


def _unsaid_python(spec: EnvironmentSpec, journey: translating.Journey) -> None:
    named = next((d for d in spec.dependencies if d.name == "python" and d.text != "python"), None)
    if named and not spec.python:
        journey.lose(f"`{requirement.short(named.text)}` is no range of versions", named)


def _marked(spec: EnvironmentSpec) -> EnvironmentSpec:
    """Return the spec with what one platform alone has among the rest, behind a marker."""
    wide = [g for g in spec.groups if g.name.startswith(pixi_targets.TARGET)]
    more: list[Dependency] = []
    for group in wide:
        marker = pixi_targets.marker(group.name[len(pixi_targets.TARGET) :])
        more += [pixi_pypi.marked(d, marker) for d in group.dependencies]
    groups = tuple(g for g in spec.groups if g not in wide)
    return replace(spec, dependencies=(*spec.dependencies, *more), groups=groups)


def _named(spec: EnvironmentSpec, path: Path) -> EnvironmentSpec:
    name = find.environment_name(spec.name) or find.environment_name(path.parent.name)
    return replace(spec, name=spec.name or name or "environment")


def _text(spec: EnvironmentSpec, kind: str, before: bytes | None, target: str) -> tuple[str, bool]:
    """Return the new file, and whether something of the old one goes. Raises InvalidFile."""
    writer: Any = formats.writers().get(kind.replace(".", "_"))
    splices = kind == "pyproject.toml" and before is not None
    try:
        old = encoding.decode(before, target) if splices and before else ""
        text: str = writer.render(spec, old)
        writer.parse(text, Origin(target))  # what nobody can read is not written
        known = writer.parse(old, Origin(target)) if splices else None
    except InvalidFile as error:
        raise reading.broken(target, error) from error
    return text, bool(known.dependencies or known.python) if known else before is not None


def _told(journey: translating.Journey, shell: Shell) -> tuple[Notice, ...]:
    """Return the losses in the order of the old file, each once, secrets masked."""
    rows = {str(n): replace(n, text=redact(n.text, shell.environ)) for n in journey.losses}
    return tuple(sorted(rows.values(), key=lambda n: (n.origin.line or 0) if n.origin else 0))


def _tell(found: Converted, console: Console) -> None:
    if found.names:
        pairs = ", ".join(f"{row['from']} → {row['to']}" for row in found.names)
        console.say(f"called otherwise there: {pairs}")
    if found.losses:
        console.say(f"what {found.kind} does not say ({len(found.losses)}):")
    for row in found.losses:
        console.warn(f"{row['origin']}: {row['text']}" if row["origin"] else row["text"])
