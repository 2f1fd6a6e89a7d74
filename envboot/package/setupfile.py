"""The marked block in setup.py: rendered, put in, read again, and taken out byte for byte.

The block makes ``python setup.py`` set up the environment; everything that pip, build and
setuptools want goes on below it. It is ASCII, so it fits into a file of any encoding.
"""

from __future__ import annotations

import ast
import hashlib
import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from envboot.errors import InvalidFile
from envboot.package import literals, marks, templates
from envboot.spec import Origin

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FILENAME = "setup.py"
BEGIN, END = b"# >>> envboot >>>", b"# <<< envboot <<<"
_DATA = "_ENVBOOT"
_KEEP = "take it out by hand, or restore the file"


@dataclass(frozen=True)
class Block:
    """What the block holds."""

    version: str
    """envboot's, for people: the archive is pinned by its digest."""
    sha256: str
    """Of the archive; 64 hex digits."""
    python: tuple[int, int] = (3, 9)
    """The oldest Python that runs the archive."""
    files: Mapping[str, str] = field(default_factory=dict)
    """Dependency files by their path in the repository, line ends ``\\n``."""
    needs: Mapping[str, Any] = field(default_factory=dict)
    """As :func:`envboot.needs.read` takes them."""


def render(block: Block) -> str:
    r"""Return the block, from mark to mark; lines end with ``\n``."""
    before, _, after = _template().partition(f"{_DATA} = {{}}\n")
    head = before[before.index(BEGIN.decode()) :]
    python = ".".join(map(str, block.python))
    head = head.replace('# requires-python = ">=3.9"', f'# requires-python = ">={python}"')
    data = {
        "version": block.version,
        "sha256": block.sha256,
        "python": block.python,
        "files": {name: (sha256(text), text) for name, text in sorted(block.files.items())},
        "needs": block.needs,
    }
    return head + literals.assignment(_DATA, data) + after


def whole(block: Block, tail: str) -> bytes:
    """Return a setup.py of our own: docstring, block, and ``tail`` for setuptools."""
    template = _template()
    docstring = template[: template.index(BEGIN.decode())]
    return f"{docstring}{render(block)}\n{tail}".encode("ascii")


def insert(before: bytes, block: Block) -> bytes:
    """Return ``before`` with the block: instead of an earlier one, else below the docstring.

    :func:`remove` gives back ``before`` byte for byte. Raises InvalidFile where no block fits:
    a byte order mark, Python 2, marks that do not pair.
    """
    found = _marked(before)
    text = render(block).encode("ascii")
    if found:
        return marks.exchange(before, found, text)
    return marks.put(before, _place(before), text)


def remove(text: bytes) -> bytes:
    """Return ``text`` without the block. Raises InvalidFile when its marks do not pair."""
    found = _marked(text)
    return marks.take(text, found) if found else text


def own_tail(text: bytes) -> str | None:
    r"""Return what stands below the block in a file that :func:`whole` made; None: it did not.

    Its line ends are made ``\n``: git may have changed those of the whole file.
    """
    mine = _marked(text)
    head = _template()
    head = head[: head.index(BEGIN.decode())]
    if mine is None or text[: mine[0]].replace(b"\r\n", b"\n") != head.encode("ascii"):
        return None
    return text[mine[1] :].replace(b"\r\n", b"\n").decode("utf-8", "replace").lstrip("\n")


def newline(text: bytes) -> bytes:
    """Return the line end that ``text`` uses."""
    return marks.newline(text)


def read(text: bytes) -> Block | None:
    """Return what the block in ``text`` holds; None without one.

    Raises InvalidFile when it was edited so that it cannot be read.
    """
    found = _marked(text)
    if not found:
        return None
    data = next((d for d in _assigned(text[slice(*found)])), None)
    try:
        assert isinstance(data, dict)  # noqa: S101 - caught below
        return Block(
            str(data["version"]),
            str(data["sha256"]),
            (int(data["python"][0]), int(data["python"][1])),
            {str(name): str(given[1]) for name, given in data["files"].items()},
            dict(data["needs"]),
        )
    except (AssertionError, LookupError, TypeError, ValueError, AttributeError) as error:
        raise InvalidFile(
            "the block of envboot was edited and cannot be read",
            hint="`envboot package-env --remove` takes it out, `envboot package-env` writes it",
            origin=Origin(FILENAME, marks.line(text, found[0])),
        ) from error


def same_code(one: bytes, other: bytes) -> bool:
    """Return whether two files are the same program, however they are formatted."""
    try:
        return ast.dump(_parse(one)) == ast.dump(_parse(other))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False


def reads_argv(text: bytes) -> int:
    """Return the first line at which a file itself looks at ``sys.argv``; 0: nowhere."""
    rows = [0]
    for node in ast.walk(_checked(remove(text))):
        if isinstance(node, ast.Attribute) and node.attr == "argv":
            rows.append(node.lineno)
        elif isinstance(node, ast.ImportFrom) and node.module == "sys":
            rows += [node.lineno for alias in node.names if alias.name in {"argv", "*"}]
    return min(rows[1:], default=0)


def sha256(text: str) -> str:
    r"""Return the digest of an embedded file: over UTF-8, line ends already made ``\n``."""
    return hashlib.sha256(text.encode()).hexdigest()


# ------------------------------------------------------------------------- rendering


def _template() -> str:
    return templates.text(FILENAME)


# --------------------------------------------------------------------------- finding


def _marked(text: bytes) -> tuple[int, int] | None:
    return marks.find(text, BEGIN, END, FILENAME)


def _place(text: bytes) -> int:
    """Return the offset of the line below docstring and ``__future__`` imports."""
    body = _checked(text).body
    starts = marks.starts(text)
    head = 0
    if body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        head = 1 if isinstance(body[0].value.value, str) else 0
    while head < len(body) and getattr(body[head], "module", "") == "__future__":
        head += 1
    row = 0
    if head:
        row = body[head - 1].end_lineno or 0
    else:  # below shebang, encoding and the comment that heads the file
        while row < len(starts) - 1 and text.startswith(b"#", starts[row]):
            row += 1
    for statement in body[head:]:  # `"""doc"""; import os`: below the whole line
        if statement.lineno <= row:
            row = max(row, statement.end_lineno or row)
    return starts[min(row, len(starts) - 1)]


def _checked(text: bytes) -> ast.Module:
    origin = Origin(FILENAME)
    if text.startswith(b"\xef\xbb\xbf"):
        raise InvalidFile(
            "the file begins with a byte order mark",
            hint="save it as UTF-8 without one (without BOM)",
            origin=origin,
        )
    try:
        return _parse(text)
    except SyntaxError as error:
        raise InvalidFile(
            f"this Python cannot read the file: {error.msg.lower()}",
            hint="Python 2 is not supported; correct the file, or run envboot with a newer Python",
            origin=Origin(FILENAME, error.lineno),
        ) from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise InvalidFile("the file is no Python source", hint=_KEEP, origin=origin) from error


def _parse(text: bytes) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # invalid escapes of others are not our affair
        return ast.parse(text)


def _assigned(text: bytes) -> Iterator[object]:
    """Yield the literal that the block assigns to its data."""
    try:
        body = _parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for node in body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == _DATA:
            try:
                yield ast.literal_eval(node.value)
            except (ValueError, TypeError):
                return
