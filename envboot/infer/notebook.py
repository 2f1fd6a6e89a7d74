"""What the code cells of a notebook import, cell by cell: pure over its bytes.

Formats 3 and 4 (nbformat's documentation). A cell holds IPython, which is Python with magics
(``%matplotlib inline``), shell lines (``!ls``) and help (``name?``): those are taken out, and
what then cannot be parsed costs that one cell.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from envboot.infer import syntax
from envboot.infer.syntax import Reading, Seen

if TYPE_CHECKING:
    from collections.abc import Iterator


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Cell magics whose body is Python; the body of any other one is not ours to read.
_PYTHON_CELLS = _words(
    """
    time timeit capture prun python python3 memit mprun lprun debug px heat scalene snakeviz
    pyinstrument wandb ipytest notify matplotlib
    """
)
_TIMED = re.compile(
    r"^(\s*)%(?:time|timeit|prun|memit|lprun|mprun|debug)\b(?:\s+-\w+(?:\s+\d+)?)*\s*(.*)$"
)
_MAGIC = re.compile(
    r"^\s*(?:!|%{1,2}[A-Za-z_]|\?{1,2}\w|[,;/][A-Za-z_])|^\s*%?[\w.*\[\]]+\?{1,2}\s*$"
    r"|^\s*[\w., \[\]'\"]+?\s*=\s*(?:!|%[A-Za-z_])"
)
_AFTER_COLON = re.compile(
    r"^(\s*(?:if|elif|else|for|while|try|except|finally|with)\b.*?:)\s*[!%]\s*\w.*$"
)
_WRITES = re.compile(r"(?:.*/)?([^\W\d]\w*)\.py$")


def read(data: bytes) -> Reading:
    """Return what a notebook imports; () everything for a notebook of another language."""
    try:
        found = json.loads(data.decode("utf-8-sig") if data[:3] == b"\xef\xbb\xbf" else data)
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", None)
        return Reading(errors=((f"not a notebook: {str(error).splitlines()[0]}", line, None),))
    if not isinstance(found, dict):
        return Reading(errors=(("not a notebook: no object at the top", None, None),))
    if not _is_python(_table(found, "metadata")):
        return Reading()
    readings = [_cell(c, n) for n, c in enumerate(_cells(found), 1)]
    return Reading(
        tuple(s for r in readings for s in r.seen),
        tuple(p for r in readings for p in r.paths),
        tuple(m for r in readings for m in r.made),
        tuple(e for r in readings for e in r.errors),
    )


def _is_python(metadata: dict[str, Any]) -> bool:
    """Return whether the cells are Python; a notebook that does not say is."""
    spec, info = _table(metadata, "kernelspec"), _table(metadata, "language_info")
    said = spec.get("language") or info.get("name") or metadata.get("language")
    if not said:
        name = str(spec.get("name") or "python")
        other = {"ir", "irkernel", "bash", "sos", "javascript", "rust", "deno", "octave", "scala"}
        return name not in other and not name.startswith(("julia", "xcpp", ".net", "ijava"))
    return str(said).lower().startswith(("python", "ipython", "cython"))


def _cells(found: dict[str, Any]) -> Iterator[Any]:
    for holder in (found, *(_list(found.get("worksheets")))):
        if isinstance(holder, dict):
            yield from _list(holder.get("cells"))


def _cell(cell: object, number: int) -> Reading:
    if not isinstance(cell, dict):
        return Reading(errors=(("not a cell", None, number),))
    if cell.get("cell_type") != "code":
        return Reading()
    if not str(cell.get("language", "python")).lower().startswith("python"):
        return Reading()
    source = cell.get("source", cell.get("input", ""))
    if isinstance(source, list):
        source = "".join(s for s in source if isinstance(s, str))
    if not isinstance(source, str):
        return Reading(errors=(("the source is not text", None, number),))
    reading = _code(source)
    return replace(
        reading,
        seen=tuple(replace(s, cell=number) for s in reading.seen),
        errors=tuple((why, line, number) for why, line, _ in reading.errors),
    )


def _code(source: str) -> Reading:
    made: tuple[str, ...] = ()
    magic = re.match(r"\s*%%(\w+)[ \t]*([^\n]*)\n?", source)
    if magic:
        body = "\n" * source[: magic.end()].count("\n") + source[magic.end() :]
        if magic[1] in {"writefile", "file"}:
            target = _WRITES.match(magic[2].split()[-1] if magic[2].split() else "")
            if not target:
                return Reading()
            made = (target[1],)
        elif magic[1] not in _PYTHON_CELLS:
            return Reading()
        elif "import" in magic[2]:
            body = magic[2] + body
        source = body
    reading = syntax.read(source)
    if reading.errors:
        reading = syntax.read(plain(source))
    return replace(reading, made=made)


def plain(source: str) -> str:
    """Return a cell with its magics, shell lines and help replaced by ``pass``, line for line."""
    out: list[str] = []
    continued = False
    for row in source.split("\n"):
        indent = row[: len(row) - len(row.lstrip())]
        timed = _TIMED.match(row)
        if continued:
            out.append("")
        elif timed:
            out.append(timed[1] + (timed[2] or "pass"))
        elif _MAGIC.match(row):
            out.append(f"{indent}pass")
        else:
            out.append(_AFTER_COLON.sub(r"\1 pass", row))
        touched = continued or (_MAGIC.match(row) is not None and not timed)
        continued = touched and row.rstrip().endswith("\\")
    return "\n".join(out)


def _table(found: dict[str, Any], key: str) -> dict[str, Any]:
    value = found.get(key)
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


__all__ = ["Seen", "plain", "read"]
