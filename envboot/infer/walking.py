"""From a tree to the statements that matter, each with the conditions under which it runs.

No recursion: generated code nests deeper than Python's stack. What no line of interest touches is
not gone into, so most of a tree costs nothing.
"""

from __future__ import annotations

import ast
import re
from bisect import bisect_left
from typing import TYPE_CHECKING

from envboot.infer.nodes import dotted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envboot.infer.rows import Rows

GUARDED = 1
"""The code lives without the modules that are imported here."""
INSIDE = 2
"""Inside a function: it runs only when that is called."""
TRIED = 4
"""Some exception is caught."""
ASKED = 8
"""It was asked before whether there is a GPU, or whether one is wanted."""

_CAUGHT = {"ImportError", "ModuleNotFoundError", "Exception", "BaseException"}
_CONDITION = re.compile(
    r"TYPE_CHECKING|find_spec|avail|install|version_info|^(sys\.)?platform$|^(HAVE|HAS|WITH)_|"
    r"^_?(has|have|with)_",
)
_GPU = re.compile(r"cuda|gpu|device", re.IGNORECASE)
_ENDS = {"exit", "_exit", "quit", "abort"}
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_DECORATED = (*_FUNCTIONS, ast.ClassDef)
_COMPOUND = (
    *_DECORATED,
    *(ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try),
    ast.ExceptHandler,
    *(getattr(ast, name) for name in ("Match", "match_case", "TryStar") if hasattr(ast, name)),
)
_HEADS = (
    *("decorator_list", "args", "returns", "bases", "keywords", "test", "target", "iter"),
    *("items", "subject", "type"),
)


def statements(tree: ast.Module, rows: Rows, *, heads: bool) -> Iterator[tuple[ast.AST, int]]:
    """Yield the simple statements that touch ``rows``, with flags, in the order of the file.

    ``heads``: also what stands in the heads of compound statements: conditions, defaults,
    decorators.
    """
    numbers = rows.numbers
    pending: list[tuple[ast.AST, int]] = [(node, 0) for node in reversed(tree.body)]
    while pending:
        node, flags = pending.pop()
        if isinstance(node, (ast.stmt, ast.ExceptHandler)):  # all but a match_case
            first = node.lineno
            if isinstance(node, _DECORATED) and node.decorator_list:
                first = min(first, node.decorator_list[0].lineno)
            at = bisect_left(numbers, first)
            if at == len(numbers) or numbers[at] > (node.end_lineno or first):
                continue
        if not isinstance(node, _COMPOUND):
            yield node, flags
            continue
        if heads:
            for name in _HEADS:
                value = getattr(node, name, None)
                for part in value if isinstance(value, list) else [value]:
                    if isinstance(part, ast.AST):
                        yield part, flags
        pending += reversed(list(_below(node, flags)))


def _below(node: ast.AST, flags: int) -> Iterator[tuple[ast.AST, int]]:
    """Yield the statements of a compound one; of a try, what is under its handlers apart."""
    handlers = getattr(node, "handlers", ())
    body: list[ast.stmt] = getattr(node, "body", [])
    if not handlers:
        under = flags | _of_compound(node)
        real = _run_time_part(node)
        for name in ("body", "orelse", "finalbody", "cases"):
            for child in getattr(node, name, ()):
                yield child, flags if name == real else under
        return
    inner = flags | (GUARDED if _catches(body, handlers, inside=bool(flags & INSIDE)) else 0)
    for child in body:
        yield child, inner | TRIED
    for child in (*handlers, *getattr(node, "orelse", ())):
        yield child, inner
    for child in getattr(node, "finalbody", ()):
        yield child, flags


def _of_compound(node: ast.AST) -> int:
    if isinstance(node, _FUNCTIONS):  # def cuda(self): whoever calls it wants a GPU
        return INSIDE | (ASKED if _GPU.search(node.name) else 0)
    if isinstance(node, ast.If):
        return of_test(node.test)
    if isinstance(node, (ast.With, ast.AsyncWith)):
        return GUARDED | TRIED if _suppresses(node) else 0
    return GUARDED if isinstance(node, ast.ExceptHandler) and _is_import_error(node) else 0


def _run_time_part(node: ast.AST) -> str:
    """Return which part of ``if TYPE_CHECKING`` is no type checker's: that one runs."""
    test = node.test if isinstance(node, ast.If) else None
    turned = isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)
    name = dotted(test.operand if turned and isinstance(test, ast.UnaryOp) else test or node)
    if name.rpartition(".")[2] != "TYPE_CHECKING":
        return ""
    return "body" if turned else "orelse"


def of_test(test: ast.expr) -> int:
    """Return the flags of what runs only under a condition."""
    names = [dotted(n) for n in ast.walk(test) if isinstance(n, (ast.Name, ast.Attribute))]
    flags = 0
    if any(_asks_for_presence(name) for name in names):
        flags |= GUARDED
    words = [n.value for n in ast.walk(test) if isinstance(n, ast.Constant)]
    if any(_GPU.search(w) for w in (*names, *words) if isinstance(w, str)):
        flags |= ASKED
    return flags


def _asks_for_presence(name: str) -> bool:
    system = {"os.name", "platform.system", "sys.platform"}
    return bool(_CONDITION.search(name.rpartition(".")[2])) or name in system


def _suppresses(node: ast.With | ast.AsyncWith) -> bool:
    calls = [i.context_expr for i in node.items if isinstance(i.context_expr, ast.Call)]
    return any(
        dotted(c.func).endswith("suppress") and any(dotted(a) in _CAUGHT for a in c.args)
        for c in calls
    )


def _catches(body: list[ast.stmt], handlers: list[ast.ExceptHandler], *, inside: bool) -> bool:
    """Return whether a missing module is survived.

    At module level a handler that raises again only words the error better; inside a function
    it belongs to a feature that is optional. A handler that imports from the same package again
    (another place of it, or after installing it) does not live without it.
    """
    found = [h for h in handlers if _is_import_error(h)]
    wanted = _packages(body)
    if not found or (wanted and all(wanted <= _packages(h.body) for h in found)):
        return False
    return inside or not all(_gives_up(h) for h in found)


def _packages(nodes: list[ast.stmt]) -> set[str]:
    """Return the top-level packages that some statements import."""
    out: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            out |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            out.add((node.module or "").partition(".")[0] if not node.level else ".")
    return out


def _is_import_error(handler: ast.ExceptHandler) -> bool:
    caught = handler.type
    if caught is None:
        return True
    kinds = caught.elts if isinstance(caught, ast.Tuple) else [caught]
    return any(dotted(k).rpartition(".")[2] in _CAUGHT for k in kinds)


def _gives_up(handler: ast.ExceptHandler) -> bool:
    last = handler.body[-1]
    if isinstance(last, ast.Raise):
        return True
    call = last.value if isinstance(last, ast.Expr) else None
    return isinstance(call, ast.Call) and dotted(call.func).rpartition(".")[2] in _ENDS
