"""What one file of Python says: pure over its bytes.

The file is parsed once. Where it cannot be, it is searched line by line, and what was no Python is
in ``errors``.
"""

from __future__ import annotations

import ast
import re
import sys
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

from envboot.infer import block, rows
from envboot.infer.gathering import Gathering, of_statement
from envboot.infer.reading import EMPTY, Reading, Seen

if TYPE_CHECKING:
    from collections.abc import Iterator

BIG = 4 << 20  # bytes; above it a tree would need gigabytes, so only its lines are read
STACK = 256 << 20  # bytes; enough for a file of BIG bytes that is one expression
_PYTHON_2 = re.compile(
    r"^[ \t]*(?:print[ \t]+[\w\"'%]|except[ \t]+[\w.()]+[ \t]*,[ \t]*\w+[ \t]*:|"
    r"raise[ \t]+\w+[ \t]*,|exec[ \t]+[\"'\w])",
    re.MULTILINE,
)
_LINE = re.compile(r"^([ \t]*)(from\s+\.*[\w.]*\s+import\s+.*|import\s+[\w.]+.*)$", re.MULTILINE)
_TEMPLATE = re.compile(rb"\{\{.{0,200}?\}\}|\{%.{0,200}?%\}|\{#.{0,200}?#\}")
_FILLED = b"_to_be_filled_in_"
_WIDE = frozenset({b"\xff\xfe", b"\xfe\xff"})  # the first bytes of UTF-16
_TAG_LINE = re.compile(rb"^[ \t]*\{%.*?%\}[ \t]*$", re.MULTILINE)


def read(data: bytes) -> Reading:
    """Return what Python code says; code that cannot be parsed is searched line by line."""
    facts = block.asked(data)
    if b"import" not in data and data[:2] not in _WIDE:
        return Reading(facts=facts) if facts else EMPTY
    if len(data) > BIG:
        return Reading(tuple(by_lines(data)), facts=facts)
    tree = parse(data)
    errors: tuple[tuple[str, int | None, int | None], ...] = ()
    if isinstance(tree, Broken):
        errors = ((why(data, tree), tree.line, None),)
        data, tree = _mended(data)
        if isinstance(tree, Broken):
            return Reading(tuple(by_lines(data)), errors=errors, facts=facts)
    found = Gathering()
    found.imports(tree, rows.holding(data, (b"import",)))
    lines = rows.holding(data, found.words())
    if lines:
        found.calls(tree, lines)
    found.facts += facts
    if errors:
        found.seen = [s for s in found.seen if _FILLED.decode() not in s.module]
    return found.reading(errors)


def why(data: bytes, broken: Broken) -> str:
    """Return why code could not be parsed, as a person would say it."""
    if _PYTHON_2.search(data.decode("latin-1")):
        return "written for Python 2"
    return "a template" if _TEMPLATE.search(data) else broken.why


def _mended(data: bytes) -> tuple[bytes, ast.Module | Broken]:
    """Return code and its tree once more: in another encoding, or with its template filled in.

    The line numbers stay what they are.
    """
    tries = []
    if data[:2] in _WIDE:
        tries.append(data.decode("utf-16", "replace").encode("utf-8", "replace"))
    else:
        try:
            data.decode("utf-8")
        except UnicodeDecodeError:
            tries.append(data.decode("latin-1").encode())
    if _TEMPLATE.search(data):
        tries.append(_TEMPLATE.sub(_FILLED, _TAG_LINE.sub(b"", data)))
    for attempt in tries:
        tree = parse(attempt)
        if not isinstance(tree, Broken):
            return attempt, tree
    return (tries[0] if tries else data), Broken("")


def by_lines(data: bytes) -> Iterator[Seen]:
    """Yield what looks like imports: certain at the margin of Python 3, else guarded."""
    text = data.decode("latin-1")
    old = bool(_PYTHON_2.search(text[:BIG]))
    line, before = 1, 0
    for found in _LINE.finditer(text):
        statement = re.sub(r"\(.*|\\$", "", found[2].split("#")[0]).strip()
        if statement.endswith("import"):
            statement += " *"
        tree = parse(statement.encode("latin-1"))
        line += text.count("\n", before, found.start())
        before = found.start()
        if isinstance(tree, Broken) or not tree.body:
            continue
        for seen in of_statement(tree.body[0]):
            yield seen._replace(line=line, guarded=old or bool(found[1]))


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
    import threading

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
