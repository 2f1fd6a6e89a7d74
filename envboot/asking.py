"""``envboot infer``: what the code asks for, as requirement lines, and nothing written.

The code alone is the witness here: no environment is looked at, no declaration is read, and the
network is not used. What nobody knows is left out and said, never guessed.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from envboot import caches, names
from envboot import infer as code
from envboot.errors import UsageError
from envboot.infer import sources
from envboot.infer.facts import ORDER
from envboot.shell import redact
from envboot.site import repository
from envboot.spec import normalise

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator

    from envboot.console import Console
    from envboot.infer.facts import Imported, Scan
    from envboot.request import Request
    from envboot.shell import Shell
    from envboot.spec import Origin

_LABELS = {
    "guarded": "guarded",
    "test": "tests only",
    "docs": "docs only",
}


@dataclass(frozen=True)
class Wanted:
    """One distribution that the code asks for."""

    name: str
    """Normalised as PEP 503 says."""
    text: str
    """The requirement line: the name alone, or with the URL that the code itself asks for."""
    label: str
    """production | guarded | test | docs | program | asked"""
    origin: str
    """``src/see.py:3``: the place that needs it most."""
    why: str
    """``cv2 in src/see.py:3 and 4 more``"""


@dataclass(frozen=True)
class _Request:
    """What the code itself asks an installer for."""

    text: str
    url: str
    """"" where it names a distribution of the index."""
    origin: Origin


@dataclass(frozen=True)
class Inferred:
    """What came of it."""

    outcome: str
    """inferred"""
    exit_code: int
    root: str
    """The repository, or the folder that was asked for."""
    path: str = ""
    """What was asked for, POSIX, relative to the root; "" is all of it."""
    requirements: tuple[Wanted, ...] = ()
    """What production code imports, sorted by name."""
    optional: tuple[Wanted, ...] = ()
    """What is tried, or used by tests and docs alone; programs; what the code installs itself."""
    unknown: tuple[dict[str, str | bool], ...] = ()
    """module, origin, label, namesake: modules of which nobody knows the distribution."""
    suggestions: tuple[dict[str, str], ...] = ()
    """distribution, call, origin: what a call needs without any import."""
    unreadable: tuple[str, ...] = ()
    """Files and cells that could not be read whole."""
    variables: tuple[dict[str, str | bool], ...] = ()
    """name, required, origin: environment variables that the code reads."""
    notebooks: int = 0


def infer(
    options: argparse.Namespace, request: Request, shell: Shell, console: Console
) -> Inferred:
    """Print what the code at ``options.path`` asks for; needs no environment and no network.

    Raises UsageError for a path that is not there, or not in the repository that was named.
    """
    root, below = _where(options, request, shell)
    cache = None if options.no_cache else caches.folder(shell)
    scan = code.imports(root, shell, only=root / below if below else None, cache=cache)
    found = judge(scan, root, below)
    listed = (*found.requirements, *(found.optional if options.all else ()))
    rows = [w.text if w.label == "production" else f"{w.text}  # {_said(w)}" for w in listed]
    if rows and not options.json:
        console.show(redact("\n".join(rows), shell.environ))
    for text, hint in _warnings(found):
        console.warn(redact(text, shell.environ), hint=hint)
    for notice in found.suggestions:
        console.say(f"{notice['origin']}: {notice['call']} needs {notice['distribution']} too")
    if found.optional and not options.all and not options.json:
        console.say(f"{_count(len(found.optional))} more, guarded or for tests: `--all` lists them")
    return found


def judge(scan: Scan, root: Path, below: str = "") -> Inferred:
    """Return what a scan means: which distributions, and what stays unknown. Pure."""
    requests, provider = _witnesses(scan)
    uses: dict[str, Wanted] = {}
    unknown = []
    for item in sorted(scan.modules, key=lambda m: ORDER.index(m.label)):
        name = provider(item.module)
        if name:
            same = normalise(item.module) == name
            more = f" and {item.places - 1} more" if item.places > 1 else ""
            why = f"{'' if same else f'{item.module} in '}{item.origin}{more}"
            url = requests[name].url if name in requests else ""
            text = f"{name} @ {url}" if url else name
            uses.setdefault(name, Wanted(name, _line(text), item.label, str(item.origin), why))
        elif not (names.is_hosted(item.module) or item.module in names.NAMESPACES):
            unknown.append(_unknown(item))
    for program in scan.programs:
        name, why = program.distribution, f"the program {program.name} in {program.origin}"
        uses.setdefault(name, Wanted(name, name, "program", str(program.origin), why))
    for name, request in requests.items():
        why = f"installed in {request.origin}"
        uses.setdefault(name, Wanted(name, _line(request.text), "asked", str(request.origin), why))
    found = tuple(uses[name] for name in sorted(uses))
    return Inferred(
        "inferred",
        0,
        str(root),
        below,
        tuple(w for w in found if w.label == "production"),
        tuple(w for w in found if w.label != "production"),
        tuple(unknown),
        tuple(
            {"distribution": b.distribution, "call": b.call, "origin": str(b.origin)}
            for b in scan.back_ends
            if b.label == "production" and b.distribution not in uses
        ),
        tuple(str(notice) for notice in scan.unreadable),
        tuple(
            {"name": v.name, "required": v.required, "origin": str(v.origin)}
            for v in scan.variables
        ),
        len(scan.notebooks),
    )


def _witnesses(scan: Scan) -> tuple[dict[str, _Request], Callable[[str], str | None]]:
    """Return what the code installs itself, and what names the distribution of a module.

    The tables alone, unless the code asks an installer for something: that is evidence too.
    """
    if not scan.asked:
        return {}, names.distribution
    from envboot.derive import naming, which  # late: most code asks for nothing

    table = naming.of(None)
    heard = which.requests(scan.asked, table)
    witnesses = which.Witnesses({}, frozenset(), table, {}, heard)
    requests = {
        name: _Request(found.asked.text, found.shape.url, found.asked.origin)
        for name, found in heard.items()
    }
    return requests, lambda module: which.provider(module, witnesses)


def _where(options: argparse.Namespace, request: Request, shell: Shell) -> tuple[Path, str]:
    """Return the folder to resolve modules from, and what is asked for below it."""
    if options.path is None:
        return request.root, ""
    try:
        path = Path(options.path).expanduser().resolve()
    except (OSError, RuntimeError, ValueError) as error:
        raise UsageError(f"`{options.path}` cannot be found: {error}") from error
    kind = shell.kind(path)
    if not kind:
        raise UsageError(f"there is no `{options.path}`", hint="`infer` takes a folder or a file")
    if kind == "file" and path.suffix.lower() not in sources.PYTHON:
        hint = f"it reads {', '.join(sources.PYTHON)}"
        raise UsageError(f"{path} is neither Python nor a notebook", hint=hint)
    if options.root is not None:
        root = request.root
        if root != path and root not in path.parents:
            raise UsageError(f"{path} is not in {root}", hint="leave out `--root`")
    else:
        folder = path if kind == "folder" else path.parent
        root = repository(folder, shell) or folder
    return root, path.relative_to(root).as_posix() if path != root else ""


def _unknown(item: Imported) -> dict[str, str | bool]:
    return {
        "module": item.module,
        "origin": str(item.origin),
        "label": item.label,
        "namesake": names.is_namesake(item.module),
    }


def _warnings(found: Inferred) -> Iterator[tuple[str, str]]:
    """Yield what a person should not miss, with what to do about it behind the last."""
    for text in found.unreadable:
        yield text, ""
    rows = [item for item in found.unknown if item["label"] == "production"]
    for number, item in enumerate(rows, 1):
        why = f"nobody knows which distribution brings `{item['module']}`"
        if item["namesake"]:
            why = f"the package index has another project of the name `{item['module']}`"
        said = f"--provides {item['module']}=NAME"
        hint = f"`%pip install NAME` in the code says it; `package-env {said}` too"
        yield f"{item['origin']}: {why}; it is left out", hint if number == len(rows) else ""
    if not (found.requirements or found.optional or found.unknown):
        yield (
            f"nothing below {found.path or found.root} imports what is not Python's or its own",
            "",
        )


def _line(text: str) -> str:
    """Return a text of the code as one line: what it prints is read by programs."""
    return " ".join(text.split())


def _said(wanted: Wanted) -> str:
    if wanted.label in {"asked", "program"}:
        return wanted.why
    return f"{_LABELS.get(wanted.label, wanted.label)}: {wanted.why}"


def _count(number: int) -> str:
    return "one" if number == 1 else str(number)
