"""``envboot infer``: what the code asks for, as requirement lines, and nothing written.

The code alone is the witness here: no environment is looked at, no declaration is read, and the
network is not used. What nobody knows is left out and said, never guessed.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from envboot import infer as code
from envboot import names
from envboot.derive import naming, which
from envboot.errors import UsageError
from envboot.infer import remembering, sources

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from envboot.console import Console
    from envboot.derive.which import Heard, Use
    from envboot.infer.facts import Asked, Scan
    from envboot.shell import Shell
    from envboot.survey import Request

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
    cache = None if options.no_cache else remembering.folder(shell)
    scan = code.imports(root, shell, only=root / below if below else None, cache=cache)
    found = judge(scan, root, below)
    if not options.json:
        rows = [*(w.text for w in found.requirements)]
        if options.all:
            rows += [f"{w.text}  # {_said(w)}" for w in found.optional]
        if rows:
            console.show("\n".join(rows))
    for text, hint in _warnings(found):
        console.warn(text, hint=hint)
    for notice in found.suggestions:
        console.say(f"{notice['origin']}: {notice['call']} needs {notice['distribution']} too")
    if found.optional and not options.all and not options.json:
        console.say(f"{_count(len(found.optional))} more, guarded or for tests: `--all` lists them")
    return found


def judge(scan: Scan, root: Path, below: str = "") -> Inferred:
    """Return what a scan means: which distributions, and what stays unknown. Pure."""
    table = naming.of(None)
    asked = which.requests(scan.asked, table)
    witnesses = which.Witnesses({}, frozenset(), table, {}, asked)
    heard = which.hear(scan, witnesses)
    wanted = tuple(_wanted(use, heard) for _, use in sorted(heard.uses.items()))
    installs = tuple(_asked(item) for item in _unused(scan, heard))
    return Inferred(
        "inferred",
        0,
        str(root),
        below,
        tuple(w for w in wanted if w.label == "production"),
        (*(w for w in wanted if w.label != "production"), *installs),
        tuple(_unknown(heard)),
        tuple(
            {"distribution": b.distribution, "call": b.call, "origin": str(b.origin)}
            for b in scan.back_ends
            if b.label == "production" and b.distribution not in heard.uses
        ),
        tuple(str(notice) for notice in scan.unreadable),
        tuple(
            {"name": v.name, "required": v.required, "origin": str(v.origin)}
            for v in scan.variables
        ),
        len(scan.notebooks),
    )


def _where(options: argparse.Namespace, request: Request, shell: Shell) -> tuple[Path, str]:
    """Return the folder to resolve modules from, and what is asked for below it."""
    if options.path is None:
        return request.root, ""
    try:
        path = Path(options.path).expanduser().resolve()
    except (OSError, RuntimeError) as error:
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
        root = _repository(path if kind == "folder" else path.parent, shell)
    return root, path.relative_to(root).as_posix() if path != root else ""


def _repository(folder: Path, shell: Shell) -> Path:
    """Return the repository that a folder lies in; itself where it lies in none."""
    for place in (folder, *folder.parents):
        if shell.kind(place / ".git") or shell.kind(place / ".envboot") == "folder":
            return place
    return folder


def _wanted(use: Use, heard: Heard) -> Wanted:
    request = heard.requests.get(use.name)
    url = request.shape.url if request else ""
    text = f"{use.name} @ {url}" if url else use.name
    label = use.label if use.module else "program"
    return Wanted(use.name, text, label, str(use.origin), use.why)


def _unused(scan: Scan, heard: Heard) -> Iterator[Asked]:
    """Yield what the code installs and nothing imports; each distribution once."""
    for request in heard.requests.values():
        if request.name not in heard.uses and request.asked in scan.asked:
            yield request.asked


def _asked(item: Asked) -> Wanted:
    name = item.text.split("@")[0].strip() if " @ " in item.text else item.text
    return Wanted(name, item.text, "asked", str(item.origin), f"installed in {item.origin}")


def _unknown(heard: Heard) -> Iterator[dict[str, str | bool]]:
    for item in heard.unknown:
        yield {
            "module": item.module,
            "origin": str(item.origin),
            "label": "production",
            "namesake": item.namesake,
        }
    for other in heard.doubtful:
        yield {
            "module": other.module,
            "origin": str(other.origin),
            "label": other.label,
            "namesake": names.is_namesake(other.module),
        }


def _warnings(found: Inferred) -> Iterator[tuple[str, str]]:
    """Yield what a person should not miss, with what to do about it."""
    for text in found.unreadable:
        yield text, ""
    for item in found.unknown:
        if item["label"] != "production":
            continue
        module, origin = item["module"], item["origin"]
        known = f"{origin}: nobody knows which distribution brings `{module}`; it is left out"
        if item["namesake"]:
            known = f"{origin}: `{module}` on the package index is another project; it is left out"
        hint = (
            f"say it in the code (`%pip install NAME`), or `package-env --provides {module}=NAME`"
        )
        yield known, hint
    if not (found.requirements or found.optional or found.unknown):
        yield f"no import of another project's code below {found.path or found.root}", ""


def _said(wanted: Wanted) -> str:
    if wanted.label in {"asked", "program"}:
        return wanted.why
    return f"{_LABELS.get(wanted.label, wanted.label)}: {wanted.why}"


def _count(number: int) -> str:
    return "one" if number == 1 else str(number)
