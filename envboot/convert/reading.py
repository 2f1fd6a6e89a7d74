"""The file to convert from, whole: with the files that it includes, and pixi's tables beside."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from envboot.errors import InvalidFile, NothingFound, UsageError
from envboot.find import groups as beyond
from envboot.find.reading import Repository
from envboot.formats.parts import comments, encoding, pixi, toml
from envboot.spec import EnvironmentSpec, Notice, Origin

if TYPE_CHECKING:
    from pathlib import Path

    from envboot.request import Request
    from envboot.shell import Shell

_NO_LIST = frozenset({"runtime.txt", "apt.txt", "postBuild", "devcontainer.json"})
_COMMENT = re.compile(r"(?:^|\s)#")


def read(source: Path, request: Request, shell: Shell) -> EnvironmentSpec:
    """Return what a file declares, with the groups that were asked for among its dependencies.

    Paths in its origins are relative to the repository, or to its folder where it lies outside.
    Raises NothingFound for a file that is not there or declares nothing, UsageError for one that
    is no list of packages, InvalidFile for a broken one.
    """
    path = source.expanduser().absolute()
    root = request.root if request.root in path.parents else path.parent
    repository, name = Repository(root, shell), path.relative_to(root).as_posix()
    if not repository.on_disk(name):
        raise NothingFound(f"{source} does not exist", hint="give the path of a file")
    spec = repository.spec(name)
    if spec.lock or path.name in _NO_LIST:
        raise UsageError(
            f"{path.name} is no list of what is asked for",
            hint="convert the file that it belongs to: pyproject.toml, environment.yml …",
        )
    text = repository.text(name) or ""
    if path.name == "pyproject.toml":
        spec = _with_pixi(spec, text, Origin(name))
    spec, _ = beyond.add(spec, request.groups, (), repository, "")
    if not (spec.dependencies or spec.groups or spec.name or spec.python):
        raise NothingFound(f"{source} declares no packages", hint="is this the file that you mean?")
    return replace(spec, source=Origin(name), notices=(*spec.notices, *_comments(text, name)))


def _with_pixi(spec: EnvironmentSpec, text: str, origin: Origin) -> EnvironmentSpec:
    """Return the project with ``[tool.pixi]``: there its dependencies are the Python index's."""
    document: dict[str, Any] = toml.loads(text, origin)
    tool = document.get("tool", {})
    tables = tool.get("pixi") if isinstance(tool, dict) else None
    if not isinstance(tables, dict):
        return spec
    more = pixi.read(tables, toml.Lines(text, origin), "tool", "pixi")
    known = {d.name for d in more.dependencies}
    return replace(
        spec,
        name=spec.name or more.name,
        python=spec.python or more.python,
        python_origin=spec.python_origin or more.python_origin,
        dependencies=(*more.dependencies, *(d for d in spec.dependencies if d.name not in known)),
        groups=tuple({g.name: g for g in (*spec.groups, *more.groups)}.values()),
        channels=more.channels,
        platforms=more.platforms,
        options=(*spec.options, *more.options),
        variables=more.variables,
        needs=spec.needs or more.needs,
        notices=(*spec.notices, *more.notices),
    )


def _comments(text: str, path: str) -> tuple[Notice, ...]:
    """Return a sentence for the comments of people, which stay behind."""
    if path.endswith(".py"):
        return ()
    rows = encoding.lines(text)
    at = [n for n, row in enumerate(rows, 1) if _COMMENT.search(row) and comments.MARK not in row]
    if not at:
        return ()
    what = "a comment stays" if len(at) == 1 else f"{len(at)} comments stay"
    return (Notice(f"{what} behind", Origin(path, at[0])),)


def broken(target: str, error: InvalidFile) -> InvalidFile:
    """Return the error of a file that is to be written into, named as the person named it."""
    line = error.origin.line if error.origin else None
    return InvalidFile(error.message, hint=error.hint, origin=Origin(target, line))
