"""Python source without what only its readers need; every statement keeps its line.

So a traceback out of the archive names the lines of the source that it was made from.
"""

from __future__ import annotations

import ast
import io
import tokenize
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Cut = tuple[tuple[int, int], tuple[int, int], bytes]  # from, to (line, UTF-8 column), instead


def bare(source: bytes) -> bytes:
    """Return UTF-8 ``source`` without comments, docstrings and imports for type checkers.

    A module that mentions ``__doc__`` keeps its docstrings.
    """
    source = _without(_for_checkers, source)  # first: comments may stand inside
    source = _without(_comments, source)
    if b"__doc__" not in source:
        source = _without(_docstrings, source)
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


def _docstrings(source: bytes) -> Iterator[Cut]:
    """Yield all strings that stand alone as a statement: docstrings, and those of fields."""
    for node in ast.walk(ast.parse(source)):
        value = node.value if isinstance(node, ast.Expr) else None
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            yield _cut(value, b'""')


def _cut(node: ast.stmt | ast.expr, instead: bytes) -> Cut:
    end = (node.end_lineno or node.lineno, node.end_col_offset or 0)
    return (node.lineno, node.col_offset), end, instead


def _trimmed(source: bytes) -> Iterator[bytes]:
    """Yield the lines without blanks at their ends, except inside strings of several lines."""
    inside: set[int] = set()
    for token in tokenize.tokenize(io.BytesIO(source).readline):
        if token.end[0] > token.start[0] and token.type not in {tokenize.NL, tokenize.NEWLINE}:
            inside.update(range(token.start[0], token.end[0]))
    for number, line in enumerate(source.split(b"\n"), 1):
        yield line if number in inside else line.rstrip()
