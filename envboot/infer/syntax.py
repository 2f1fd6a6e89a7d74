"""What one file of Python imports, and under which conditions: pure over its bytes."""

from __future__ import annotations

import ast
import re
import sys
import threading
import warnings
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Union

if TYPE_CHECKING:
    from collections.abc import Iterator

BIG = 4 << 20  # bytes; above it a tree would need gigabytes, so only its lines are read
STACK = 256 << 20  # bytes; enough for a file of BIG bytes that is one expression
_CAUGHT = {"ImportError", "ModuleNotFoundError", "Exception", "BaseException"}
_CONDITION = re.compile(
    r"TYPE_CHECKING|find_spec|avail|install|version_info|^(sys\.)?platform$|^(HAVE|HAS|WITH)_|"
    r"^_?(has|have|with)_",
)
_ENDS = {"exit", "_exit", "quit", "abort"}
_PYTHON_2 = re.compile(
    r"^\s*print\s+[\w\"'%]|^\s*except\s+[\w.()]+\s*,\s*\w+\s*:|^\s*raise\s+\w+\s*,|^\s*exec\s+[\"'\w]",
    re.MULTILINE,
)
_LINE = re.compile(r"^([ \t]*)(from\s+\.*[\w.]*\s+import\s+.*|import\s+[\w.]+.*)$", re.MULTILINE)
Block = Union[ast.Try, ast.If, ast.With, ast.AsyncWith]


@dataclass(frozen=True)
class Seen:
    """One import statement, or a call that means the same."""

    module: str
    """Dotted, as written; "" for ``from . import x``."""
    line: int
    names: tuple[str, ...] = ()
    """What ``from module import`` takes; () for ``import module``."""
    level: int = 0
    """Leading dots: above 0 the import is relative, and local."""
    guarded: bool = False
    """The code lives without it: try/except, TYPE_CHECKING, a test for its presence."""
    cell: int | None = None


@dataclass(frozen=True)
class Reading:
    """What was read of one file."""

    seen: tuple[Seen, ...] = ()
    paths: tuple[str, ...] = ()
    """What it adds to ``sys.path``, as far as it is written out: ``../src``."""
    made: tuple[str, ...] = ()
    """Modules that a notebook writes itself (``%%writefile name.py``)."""
    errors: tuple[tuple[str, int | None, int | None], ...] = ()
    """(why, line, cell) of each part that could not be parsed."""


def read(data: bytes | str) -> Reading:
    """Return what Python code imports; code that cannot be parsed is searched line by line."""
    if not re.search(b"import" if isinstance(data, bytes) else "import", data):  # type: ignore[arg-type]
        return Reading()
    if len(data) > BIG:
        return Reading(tuple(_by_lines(data)))
    tree = parse(data)
    if isinstance(tree, Broken):
        why = tree.why
        text = data if isinstance(data, str) else data.decode("latin-1")
        if _PYTHON_2.search(text):
            why = "written for Python 2"
        return Reading(tuple(_by_lines(data)), errors=((why, tree.line, None),))
    walker = _Walker()
    walker.walk(tree)
    return Reading(tuple(walker.seen), tuple(walker.paths))


@dataclass(frozen=True)
class Broken:
    """Why code could not be parsed, and the line."""

    why: str
    line: int | None = None


def parse(data: bytes | str) -> ast.Module | Broken:
    """Return the tree, or why there is none; no warning about the code reaches the person."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = _compile(data) if sys.version_info >= (3, 11) else _compile_aside(data)
    except SyntaxError as error:
        return Broken((error.msg or "invalid syntax").splitlines()[0], error.lineno or None)
    except (RecursionError, MemoryError, OverflowError):
        return Broken("nested too deeply")
    except ValueError as error:
        return Broken(str(error))
    assert isinstance(tree, ast.Module)  # noqa: S101 - "exec" makes modules
    return tree


def _compile(data: bytes | str) -> ast.AST:
    flags = ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    tree: ast.AST = compile(data, "<code>", "exec", flags, dont_inherit=True)
    return tree


def _compile_aside(data: bytes | str) -> ast.AST:
    """Compile on a large stack: before 3.11 Python overruns its own on a long ``1+1+1+…``."""
    done: list[ast.AST | Exception] = []

    def work() -> None:
        try:
            done.append(_compile(data))
        except Exception as error:  # noqa: BLE001 - raised again below, in the caller's thread
            done.append(error)

    before = threading.stack_size(STACK)
    try:
        thread = threading.Thread(target=work, daemon=True)
        thread.start()
    except RuntimeError as error:
        raise MemoryError from error
    finally:
        threading.stack_size(before)
    thread.join()
    if isinstance(done[0], Exception):
        raise done[0]
    return done[0]


def _by_lines(data: bytes | str) -> Iterator[Seen]:
    """Yield what looks like imports: certain at the margin of Python 3, else guarded."""
    text = data if isinstance(data, str) else data.decode("latin-1")
    old = bool(_PYTHON_2.search(text[:BIG]))
    for found in _LINE.finditer(text):
        statement = re.sub(r"\(.*|\\$", "", found[2].split("#")[0]).strip()
        if statement.endswith("import"):
            statement += " *"
        tree = parse(statement)
        if isinstance(tree, Broken) or not tree.body:
            continue
        line = text.count("\n", 0, found.start()) + 1 if len(text) < BIG else 1
        for seen in _of_statement(tree.body[0]):
            yield replace(seen, line=line, guarded=old or bool(found[1]))


def _of_statement(node: ast.AST) -> Iterator[Seen]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield Seen(alias.name, node.lineno)
    elif isinstance(node, ast.ImportFrom):
        names = tuple(alias.name for alias in node.names)
        yield Seen(node.module or "", node.lineno, names, node.level)


@dataclass
class _Walker:
    """Goes through a tree without recursion: generated code nests deeper than Python's stack."""

    seen: list[Seen] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)

    def walk(self, tree: ast.Module) -> None:
        pending: list[tuple[ast.AST, bool, bool]] = [(tree, False, False)]
        while pending:
            node, guarded, inside = pending.pop()
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                self.seen += [replace(s, guarded=guarded) for s in _of_statement(node)]
                continue
            if isinstance(node, ast.Call):
                self._call(node)
            inside = inside or isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
            pending += [
                (child, guarded or _guards(node, child, inside), inside)
                for child in ast.iter_child_nodes(node)
            ]
        self.seen.sort(key=lambda s: s.line)

    def _call(self, node: ast.Call) -> None:
        name = _dotted(node.func)
        last = name.rpartition(".")[2]
        if last in {"import_module", "__import__", "importorskip"} and node.args:
            first = node.args[0]
            value = first.value if isinstance(first, ast.Constant) else None
            if isinstance(value, str) and re.fullmatch(r"[^\W\d]\w*(\.[^\W\d]\w*)*", value):
                self.seen.append(Seen(value, node.lineno, guarded=True))
        elif name in {"sys.path.append", "sys.path.insert", "site.addsitedir"}:
            found = [n.value for n in ast.walk(node) if isinstance(n, ast.Constant)]
            self.paths.append("/".join(t.strip("/") for t in found if isinstance(t, str)) or ".")


def _guards(node: ast.AST, child: ast.AST, inside: bool) -> bool:
    """Return whether what stands in ``child`` is needed only under a condition of ``node``."""
    if isinstance(node, ast.Try) or type(node).__name__ == "TryStar":
        return child not in getattr(node, "finalbody", ()) and _catches(node, inside)
    if isinstance(node, ast.ExceptHandler):
        return _is_import_error(node)
    if isinstance(node, ast.If):
        return child is not node.test and _asks_for_presence(node.test)
    if isinstance(node, (ast.With, ast.AsyncWith)):
        calls = [i.context_expr for i in node.items if isinstance(i.context_expr, ast.Call)]
        return any(
            _dotted(c.func).endswith("suppress") and any(_dotted(a) in _CAUGHT for a in c.args)
            for c in calls
        )
    return False


def _catches(node: ast.AST, inside: bool) -> bool:
    """Return whether a missing module is survived.

    At module level a handler that raises again only words the error better; inside a function
    it belongs to a feature that is optional.
    """
    handlers = [h for h in getattr(node, "handlers", ()) if _is_import_error(h)]
    return bool(handlers) and (inside or not all(_gives_up(h) for h in handlers))


def _is_import_error(handler: ast.ExceptHandler) -> bool:
    caught = handler.type
    if caught is None:
        return True
    kinds = caught.elts if isinstance(caught, ast.Tuple) else [caught]
    return any(_dotted(k).rpartition(".")[2] in _CAUGHT for k in kinds)


def _gives_up(handler: ast.ExceptHandler) -> bool:
    last = handler.body[-1]
    if isinstance(last, ast.Raise):
        return True
    call = last.value if isinstance(last, ast.Expr) else None
    return isinstance(call, ast.Call) and _dotted(call.func).rpartition(".")[2] in _ENDS


def _asks_for_presence(test: ast.expr) -> bool:
    names = [_dotted(n) for n in ast.walk(test) if isinstance(n, (ast.Name, ast.Attribute))]
    system = {"os.name", "platform.system", "sys.platform"}
    return any(_CONDITION.search(n.rpartition(".")[2]) or n in system for n in names)


def _dotted(node: ast.AST) -> str:
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    parts.append(node.id if isinstance(node, ast.Name) else "")
    return ".".join(reversed(parts))
