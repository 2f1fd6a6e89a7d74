"""Which web apps a repository's code makes: its files are read, never run."""

from __future__ import annotations

import ast
import warnings
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from envboot.package.companions import signature
from envboot.spec import Origin

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from envboot.infer.facts import Scan
    from envboot.shell import Shell

_LIMIT = 1 << 20  # bytes; an app is no longer than that
_USUAL = ("app", "main", "server", "wsgi", "asgi", "api", "streamlit_app", "Home", "home")
"""How the file that makes the app is called, most often first."""
_MADE = {"flask": "Flask", "fastapi": "FastAPI", "dash": "Dash"}
_ORDER = ("fastapi", "flask", "dash", "streamlit", "gradio")
FACTORIES = frozenset({"create_app", "make_app"})
"""Functions that return an app; the servers find them by these names too."""


@dataclass(frozen=True)
class App:
    """An app that one file makes."""

    kind: str
    path: str
    """POSIX, relative to the root."""
    name: str
    """The variable, or the function that returns it; "": the file itself is the app."""
    line: int

    @property
    def shown(self) -> str:
        """Return where it is, for people."""
        what = f"{self.name}, " if self.name else ""
        return signature.comment(f"{self.kind}: {what}{Origin(self.path, self.line)}")


def look(root: Path, scan: Scan, files: Sequence[str], shell: Shell) -> tuple[App, ...]:
    """Return the apps that ``files`` (POSIX, relative to ``root``) make, the likeliest first."""
    imported = {
        i.module.partition(".")[0] for i in scan.modules if i.label in {"production", "guarded"}
    }
    kinds = [kind for kind in _ORDER if kind in imported]
    found: list[App] = []
    for path in files if kinds else ():
        data = shell.read(root / path, _LIMIT) or b""
        if any(kind.encode() in data for kind in kinds):
            found += _in_file(path, data, kinds)
    return tuple(sorted(found, key=_rank))


def _rank(app: App) -> tuple[int, int, int, str]:
    path = PurePosixPath(app.path)
    usual = _USUAL.index(path.stem) if path.stem in _USUAL else len(_USUAL)
    return _ORDER.index(app.kind), len(path.parts), usual, app.path


def _in_file(path: str, data: bytes, kinds: Sequence[str]) -> Iterator[App]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(data)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    imported = set(_imported(tree))
    for kind in kinds:
        if kind not in imported:
            continue
        if kind in _MADE:
            found = _made(tree.body, _MADE[kind])
            if found:
                yield App(kind, path, *found)
        elif kind == "streamlit":
            if "pages" not in PurePosixPath(path).parts[:-1]:
                yield App(kind, path, "", 1)
        elif any(called(node) == "launch" for node in ast.walk(tree)):
            yield App(kind, path, "", 1)


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def _made(body: Sequence[ast.stmt], maker: str) -> tuple[str, int] | None:
    """Return the name and line of ``app = Flask(…)``, else of a function that returns one."""
    for node in body:
        if isinstance(node, ast.Assign) and called(node.value) == maker:
            target = node.targets[0]
            if isinstance(target, ast.Name):
                return target.id, node.lineno
        if (
            isinstance(node, ast.AnnAssign)
            and isinstance(node.target, ast.Name)
            and called(node.value) == maker
        ):
            return node.target.id, node.lineno
    for node in body:
        if (
            isinstance(node, ast.FunctionDef)
            and node.name in FACTORIES
            and len(node.args.args) == len(node.args.defaults)
            and any(called(inner) == maker for inner in ast.walk(node))
        ):
            return node.name, node.lineno
    return None


def called(node: ast.AST | None) -> str:
    """Return the last name of what a call calls: ``Flask`` of ``flask.Flask(…)``."""
    if not isinstance(node, ast.Call):
        return ""
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""
