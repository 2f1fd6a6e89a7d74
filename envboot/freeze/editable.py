"""Editable installations: what the folder brings that a ``.pth`` file or a finder points to.

Sources: PEP 660, the ``site`` module (``.pth``), setuptools' documentation ("Development Mode");
setuptools, hatchling, flit, poetry, pdm and maturin write a ``.pth`` or a finder with a MAPPING.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from envboot.freeze import metadata, modules
from envboot.freeze.facts import STRAY
from envboot.spec import normalise

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envboot.shell import Shell

_TABLE = re.compile(r"^(MAPPING|NAMESPACES)\b[^=\n]*=\s*\{([^\n]*)\}", re.MULTILINE)
_KEY = re.compile(r"'([\w.]+)'\s*:")
_FINDER = re.compile(r"__editable___\w+_finder\.py")
_PTH = 1 << 16  # bytes
_ENTRIES = 2000  # of a source folder; a pth may point to a person's home


def points(folder: Path, files: tuple[str, ...], shell: Shell) -> bool:
    """Return whether a distribution without a direct URL is an editable one by its files."""
    tops = [f for f in files if "/" not in f]
    if any(t.startswith("__editable__") for t in tops):
        return True
    paths = [folder / t for t in tops if t.endswith(".pth")]
    return (
        bool(paths)
        and not modules.brought(files)
        and any(True for path in paths for _ in _places(path, shell))
    )


def brought(
    name: str,
    folder: Path,
    files: tuple[str, ...],
    source: str,
    tops: tuple[str, ...],
    shell: Shell,
) -> tuple[str, ...]:
    """Return the modules of an editable distribution, sorted.

    ``folder`` is where its metadata lies, ``files`` its RECORD, ``source`` the folder that its
    direct URL names (or ""), ``tops`` its ``top_level.txt``.
    """
    mapped = [m for f in files if _FINDER.fullmatch(f) for m in _mapped(folder / f, shell)]
    if mapped:
        return tuple(sorted(set(mapped)))
    places = [p for f in files if f.endswith(".pth") for p in _places(folder / f, shell)]
    if not places and source and Path(source).is_absolute():
        src = Path(source, "src")
        places = [src if shell.kind(src) == "folder" else Path(source)]
    inside = {m for place in places for m in listed(place, shell)}
    of_its_name = {m for m in inside if normalise(m) == normalise(name)}
    # A folder with the whole project in it has scripts beside the package; its name tells them.
    return tops or tuple(sorted(of_its_name or inside))


def listed(place: Path, shell: Shell) -> tuple[str, ...]:
    """Return the packages and modules that lie in a folder, without those nobody imports."""
    paths = []
    for entry in shell.folder(place)[:_ENTRIES]:
        stem = entry.name.partition(".")[0]
        if stem in STRAY or not stem.isidentifier():
            continue
        if entry.suffix in {".py", ".so", ".pyd"}:
            paths.append(entry.name)
        elif shell.kind(entry / "__init__.py") == "file":
            paths.append(f"{entry.name}/__init__.py")
    return modules.brought(paths)


def _mapped(finder: Path, shell: Shell) -> Iterator[str]:
    """Yield the modules of the finder that setuptools writes, read as text."""
    text = metadata.text(shell.read(finder, 1 << 20))
    tables = {m[1]: set(_KEY.findall(m[2])) for m in _TABLE.finditer(text)}
    yield from sorted(tables.get("MAPPING", set()) - tables.get("NAMESPACES", set()))


def _places(pth: Path, shell: Shell) -> Iterator[Path]:
    """Yield the folders of a ``.pth`` file; its lines with code are never run."""
    for line in metadata.text(shell.read(pth, _PTH)).splitlines():
        row = line.strip()
        if row and row.isprintable() and not row.startswith(("#", "import ", "import\t")):
            place = pth.parent / row
            if shell.kind(place) == "folder":
                yield place
