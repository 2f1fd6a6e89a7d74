"""Small questions to a syntax tree: what a node is called, and what is written out in it."""

from __future__ import annotations

import ast
import functools
from dataclasses import dataclass, field

from envboot import names

_LEAVES = frozenset({ast.Name, ast.Load, ast.Store, ast.Del})


def dotted(node: ast.AST) -> str:
    """Return ``a.b.c`` as written; what is no plain name at the root is left empty: ``.b.c``."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    parts.append(node.id if isinstance(node, ast.Name) else "")
    return ".".join(reversed(parts))


def text(node: ast.AST | None) -> str | None:
    """Return the text that a node spells, with ``{}`` for what only a run would know.

    Strings, f-strings, ``"…" % x``, ``"…".format(x)``, ``"…" + x`` and ``Path("…")`` have one.
    """
    while isinstance(node, ast.Call):  # no recursion: "…".format().format() can be long
        last = dotted(node.func).rpartition(".")[2]
        if isinstance(node.func, ast.Attribute) and last in {"format", "split"}:
            node = node.func.value
        elif last in {"Path", "str", "join"} and node.args and not node.keywords:
            node = node.args[-1]
        else:
            return None
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        parts = (p.value if isinstance(p, ast.Constant) else "{}" for p in node.values)
        return "".join(p for p in parts if isinstance(p, str))
    return _joined(node) if isinstance(node, ast.BinOp) else None


def _joined(node: ast.BinOp) -> str | None:
    """Return ``a + b`` or ``a / b`` without recursion: generated sums are long."""
    parts: list[str] = []
    current: ast.AST = node
    while isinstance(current, ast.BinOp):
        if isinstance(current.op, (ast.Add, ast.Div)):
            right = None if isinstance(current.right, ast.BinOp) else text(current.right)
            parts.append(right if right is not None else "{}")
        elif not isinstance(current.op, ast.Mod):
            return None
        current = current.left
    parts.append(text(current) or "{}")
    whole = "".join(reversed(parts))
    return whole if whole.replace("{}", "") else None


def argument(call: ast.Call, place: str) -> ast.expr | None:
    """Return an argument by its place or name: ``0``, ``engine``, or the first there of ``0|io``.

    Positions do not count behind ``*args``.
    """
    for name in place.split("|"):
        if name.isdigit():
            before = call.args[: int(name) + 1]
            if len(before) > int(name) and not any(isinstance(a, ast.Starred) for a in before):
                return before[-1]
        for keyword in call.keywords:
            if keyword.arg == name:
                return keyword.value
    return None


_distribution = functools.lru_cache(maxsize=8192)(names.distribution)


def inside(top: ast.AST, kinds: frozenset[type[ast.AST]]) -> list[ast.AST]:
    """Return all nodes of some kinds in a tree: as :func:`ast.walk`, in a third of its time."""
    found = []
    pending = [top]
    while pending:
        node = pending.pop()
        if type(node) in kinds:
            found.append(node)
        for value in node.__dict__.values():
            if isinstance(value, ast.AST):
                if type(value) not in _LEAVES:
                    pending.append(value)
            elif type(value) is list:
                pending += [v for v in value if isinstance(v, ast.AST)]
    return found


@dataclass
class Scope:
    """What the names of one file stand for, as far as its import statements say."""

    names: dict[str, str] = field(default_factory=dict)
    """Name → dotted: ``pd`` → ``pandas``; ``read_csv`` → ``pandas.read_csv``."""
    modules: set[str] = field(default_factory=set)
    """All modules that are imported, dotted."""

    def bind(self, node: ast.Import | ast.ImportFrom) -> None:
        """Take in one import statement."""
        if isinstance(node, ast.Import):
            for alias in node.names:
                self.modules.add(alias.name)
                whole = alias.name if alias.asname else alias.name.partition(".")[0]
                self.names[alias.asname or whole] = whole
        elif not node.level and node.module:
            self.modules.add(node.module)
            for alias in node.names:
                self.modules.add(f"{node.module}.{alias.name}")
                self.names[alias.asname or alias.name] = f"{node.module}.{alias.name}"

    @functools.cached_property
    def roots(self) -> frozenset[str]:
        """Return the top-level modules; asked for when all imports are known."""
        return frozenset(m.partition(".")[0] for m in self.modules)

    @functools.cached_property
    def distributions(self) -> frozenset[str | None]:
        """Return the distributions that the file imports itself."""
        return frozenset(_distribution(module) for module in self.modules)

    def resolve(self, node: ast.AST) -> str:
        """Return what a name stands for, dotted; with an empty root where that is not known."""
        written = dotted(node)
        first, dot, rest = written.partition(".")
        known = self.names.get(first)
        if known:
            return known + dot + rest
        return written if not dot else f".{rest}"
