"""The first cell of a notebook that juv and uv read: PEP 723's block of comments.

It says less than what the notebook carries: distributions of the Python package index, a range of
Pythons, indexes and constraints (in ``[tool.uv]``). What it cannot say is listed.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from envboot import formats
from envboot.convert import translating
from envboot.derive import lines
from envboot.errors import InvalidFile
from envboot.formats.notebook import cells
from envboot.spec import EnvironmentSpec, Origin

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from envboot.spec import Dependency

MARK = {"pep723": True}
"""What the metadata of our cell says under ``envboot``."""
_BEGIN = "# /// script"
_WINS = (
    *("environment.yml", "environment.yaml", "Pipfile", "requirements.txt"),
    *("pixi.toml", "pyproject.toml"),
)
"""Which file of a notebook says what is installed: the order of :mod:`envboot.find`."""
_UNSAID = ("apt.txt", "setup.sh", "postBuild", "start", "install.R", "Project.toml", "default.nix")


def source(files: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
    """Return the text of the cell, and what it does not say; "" where no Python is asked for."""
    name = next((n for n in _WINS if n in files), "")
    said = [f"{n}: a PEP 723 cell has no place for it" for n in _UNSAID if n in files]
    if not name:
        return "", ("no file of the notebook asks for Python packages: it gets no PEP 723 cell",)
    spec = _spec(name, files)
    if spec.twin in files:
        name = spec.twin
        spec = _with_python(_spec(name, files), spec)
    journey = translating.Journey([*spec.notices])
    spec = translating.to_pypi(translating.folded(spec, journey), journey)
    said += [str(notice) for notice in journey.losses]
    wanted = [text for d in spec.dependencies for text in _requirement(d, said)]
    limits = [text for d in _constraints(spec, files) for text in _requirement(d, said)]
    rows = [f"requires-python = {_text(spec.python)}"] if spec.python else []
    rows += _list("dependencies", wanted)
    rows += _uv(spec, limits, said)
    body = "\n".join(f"# {row}" if row else "#" for row in rows)
    return f"# /// script\n{body}\n# ///", tuple(dict.fromkeys(said))


def is_there(data: bytes) -> bool:
    """Return whether our cell is in the notebook. Raises InvalidFile."""
    return b'"pep723"' in data and any(_is_ours(cell) for cell in cells.cells(data))


def foreign(data: bytes) -> str:
    """Return the source of somebody else's cell with a block; "" without one.

    Raises InvalidFile for what is no notebook.
    """
    if _BEGIN.encode() not in data:
        return ""
    for cell in cells.cells(data):
        if cell.kind == "code" and not _is_ours(cell) and _BEGIN in cell.source.splitlines():
            return cell.source
    return ""


def declared(data: bytes) -> EnvironmentSpec | None:
    """Return what somebody's own block asks for, as juv wrote it; None without one."""
    block = foreign(data)
    if not block:
        return None
    reader: Any = formats.reader_for("script.py")
    try:
        spec: EnvironmentSpec = reader.parse(block, Origin("requirements.txt"))
    except InvalidFile:
        return None
    return spec if spec.dependencies else None


def _is_ours(cell: cells.Cell) -> bool:
    own = cell.metadata.get("envboot")
    return isinstance(own, dict) and own.get("pep723") is True


def _spec(name: str, files: Mapping[str, str]) -> EnvironmentSpec:
    reader: Any = formats.reader_for(name)
    spec: EnvironmentSpec = reader.parse(files[name], Origin(name))
    if not spec.python and "runtime.txt" in files:
        runtime: Any = formats.reader_for("runtime.txt")
        spec = _with_python(spec, runtime.parse(files["runtime.txt"], Origin("runtime.txt")))
    return spec


def _with_python(spec: EnvironmentSpec, other: EnvironmentSpec) -> EnvironmentSpec:
    return replace(spec, python=spec.python or other.python)


def _constraints(spec: EnvironmentSpec, files: Mapping[str, str]) -> Iterator[Dependency]:
    yield from spec.constraints
    for include in spec.includes:
        if include.path in files:
            reader: Any = formats.reader_for("requirements.txt")
            yield from reader.parse(files[include.path], Origin(include.path)).dependencies


def _requirement(dependency: Dependency, said: list[str]) -> Iterator[str]:
    """Yield the line as PEP 508 has it; hashes and what has no name are said."""
    from packaging.requirements import InvalidRequirement, Requirement

    text, *options = re.split(r"\s--", dependency.text)
    if options:
        said.append(f"{dependency.origin}: its hashes are left out of the PEP 723 cell")
    shape = lines.pip_shape(dependency.text)
    if dependency.name and shape.url and "@" not in text.split("://")[0]:
        text = f"{dependency.name} @ {shape.url}"  # `-e git+https://…#egg=name`
    try:
        Requirement(text.strip())
    except InvalidRequirement:
        said.append(f"{dependency.origin}: a PEP 723 cell cannot say `{text.strip()[:80]}`")
    else:
        yield " ".join(text.split())


def _list(key: str, texts: list[str]) -> list[str]:
    return [f"{key} = [", *(f"    {_text(text)}," for text in texts), "]"]


def _uv(spec: EnvironmentSpec, limits: list[str], said: list[str]) -> list[str]:
    """Return what uv alone understands: indexes and constraints."""
    rows: list[str] = []
    tables: list[str] = []
    for option in spec.options:
        url = re.split(r"[\s=]+", option.text, maxsplit=1)[-1].strip()
        if option.name in {"--index-url", "--extra-index-url"} and "${" not in url:
            tables += ["", "[[tool.uv.index]]", f"url = {_text(url)}"]
            tables += ["default = true"] if option.name == "--index-url" else []
        else:
            said.append(f"{option.origin}: a PEP 723 cell cannot say `{option.name}`")
    if limits:
        rows += ["", "[tool.uv]", *_list("constraint-dependencies", limits)]
    return rows + tables


def _text(text: str) -> str:
    """Return a basic string of TOML, of which JSON's are some."""
    return json.dumps(text, ensure_ascii=False)
