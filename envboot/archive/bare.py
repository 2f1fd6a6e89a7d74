"""Python source without what only its readers need; every statement keeps its line.

So a traceback out of the archive names the lines of the source that it was made from.
"""

from __future__ import annotations

import ast
import io
import tokenize
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    Cut = tuple[tuple[int, int], tuple[int, int], bytes]  # from, to (line, UTF-8 column), instead

_STEP = 4


@cache  # pure, and slow for a hundred modules
def bare(source: bytes) -> bytes:
    """Return UTF-8 ``source`` without comments, docstrings, and what is there for type checkers.

    Annotations of fields stay: dataclasses read them. A module that mentions ``__doc__`` keeps
    its docstrings. Blocks are indented by one blank.
    """
    if b"TYPE_CHECKING" in source:
        source = _without(_for_checkers, source)  # first: comments may stand inside
    if b"#" in source:
        source = _without(_comments, source)
    source = _without(_unread, source)
    return b"\n".join(_trimmed(source))


def is_for_checkers(node: ast.AST) -> bool:
    """Return whether a statement is ``if TYPE_CHECKING:`` and nothing else."""
    return (
        isinstance(node, ast.If)
        and not node.orelse
        and ast.unparse(node.test) in {"TYPE_CHECKING", "typing.TYPE_CHECKING"}
    )


def _without(find: Callable[[bytes], Iterator[Cut]], source: bytes) -> bytes:
    """Return ``source`` with what ``find`` yields replaced; its line breaks stay."""
    starts = [0]
    for line in source.split(b"\n"):
        starts.append(starts[-1] + len(line) + 1)
    for (row, column), (end_row, end_column), instead in sorted(find(source), reverse=True):
        start, end = starts[row - 1] + column, starts[end_row - 1] + end_column
        blank = b"\n" * source.count(b"\n", start, end)
        source = source[:start] + instead + blank + source[end:]
    return source


def _for_checkers(source: bytes) -> Iterator[Cut]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.If) and is_for_checkers(node):
            yield _cut(node, b"pass")


def _comments(source: bytes) -> Iterator[Cut]:
    for token in tokenize.tokenize(io.BytesIO(source).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start[0], len(token.line[: token.start[1]].encode())
            yield (row, column), (row, column + len(token.string.encode())), b""


def _unread(source: bytes) -> Iterator[Cut]:
    tree = ast.parse(source)
    nodes = tuple(ast.walk(tree))
    if b"__doc__" not in source:
        yield from _docstrings(nodes)
    yield from _annotations(source, tree, nodes)


def _docstrings(nodes: Iterable[ast.AST]) -> Iterator[Cut]:
    """Yield all strings that stand alone as a statement: docstrings, and those of fields."""
    for node in nodes:
        value = node.value if isinstance(node, ast.Expr) else None
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            yield _cut(value, b'""')


def _annotations(source: bytes, tree: ast.AST, nodes: Iterable[ast.AST]) -> Iterator[Cut]:
    """Yield the annotations of arguments, of returned values, and of names inside functions."""
    rows = source.split(b"\n")
    for node in nodes:
        if isinstance(node, ast.arg) and node.annotation:
            start = (node.lineno, node.col_offset + len(node.arg.encode()))
            yield start, _end(node.annotation), b""
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.returns:
            row = node.returns.lineno
            at = rows[row - 1].rfind(b"->", 0, node.returns.col_offset)
            if at > 0 and row == node.returns.end_lineno:
                yield (row, at), _end(node.returns), b""
    for name in _locals(tree, inside=False):
        if name.value and name.lineno == name.annotation.end_lineno:  # a line break needs brackets
            yield _end(name.target), _end(name.annotation), b""


def _locals(tree: ast.AST, *, inside: bool) -> Iterator[ast.AnnAssign]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.expr):  # no statement is inside of one
            continue
        if isinstance(node, ast.AnnAssign) and inside:
            yield node
        function = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        yield from _locals(node, inside=function or (inside and not isinstance(node, ast.ClassDef)))


def _end(node: ast.stmt | ast.expr) -> tuple[int, int]:
    return node.end_lineno or node.lineno, node.end_col_offset or 0


def _cut(node: ast.stmt | ast.expr, instead: bytes) -> Cut:
    return (node.lineno, node.col_offset), _end(node), instead


def _trimmed(source: bytes) -> Iterator[bytes]:
    """Yield the lines with narrow indents and no blanks at their ends; long strings as they are."""
    first: set[int] = set()
    last: set[int] = set()
    long = any(mark in source for mark in (b'"""', b"'''", b"\\\n"))
    for token in tokenize.tokenize(io.BytesIO(source).readline) if long else ():
        if token.end[0] > token.start[0] and token.type not in {tokenize.NL, tokenize.NEWLINE}:
            first.update(range(token.start[0] + 1, token.end[0] + 1))
            last.update(range(token.start[0], token.end[0]))
    for number, line in enumerate(source.split(b"\n"), 1):
        row = line if number in last else line.rstrip()
        blanks = len(row) - len(row.lstrip(b" "))
        yield row if number in first or blanks % _STEP else row[blanks - blanks // _STEP :]
