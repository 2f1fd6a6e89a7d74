"""The files of a ``.dist-info`` or ``.egg-info`` folder: bytes in, values out, nothing raises.

Sources: the core metadata specification, PEP 376 (RECORD, REQUESTED), PEP 427 (WHEEL), PEP 794
(Import-Name), the entry points specification, setuptools' documentation of ``.egg-info``.
"""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

HEADER = 1 << 18
"""Bytes; the fields come before the description."""
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_VERSION = re.compile(r"[A-Za-z0-9!+._-]+")
_PROGRAM = re.compile(r"[A-Za-z0-9_][\w.+-]*")
_TAG = re.compile(r"[A-Za-z0-9_.]+-[A-Za-z0-9_.]+-[A-Za-z0-9_.]+")
_BIN = re.compile(r"(?:\.\./)+(?:bin|Scripts)/([^/]+)")
_ENDING = re.compile(r"(?:-script)?\.(?:exe|py|pyw|bat|cmd)$", re.IGNORECASE)
_SAME = re.compile(r"\s*;\s*")


def text(data: bytes | None) -> str:
    """Return a file as text; old ones are no UTF-8."""
    data = data or b""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def fields(data: bytes | None) -> dict[str, list[str]]:
    """Return the fields of METADATA or PKG-INFO: name in lower case → its values, in order.

    A value that goes on in the next line is joined with a blank.
    """
    found: dict[str, list[str]] = {}
    values: list[str] = []
    for row in re.split(r"\r\n|\r|\n", text((data or b"")[:HEADER])):
        if not row.strip():
            break
        if row[0].isspace():
            if values:
                values[-1] = f"{values[-1]} {row.strip()}"
            continue
        name, colon, value = row.partition(":")
        if colon:
            values = found.setdefault(name.strip().lower(), [])
            values.append(value.strip())
    return found


def name_and_version(said: dict[str, list[str]], stem: str) -> tuple[str, str] | None:
    """Return both as the metadata has them; None when they are no name and no version.

    ``stem`` is the name of the folder, ``numpy-1.26.0``: what is missing inside it may say.
    """
    parts = stem.split("-")
    name = (said.get("name") or parts[:1])[0]
    version = (said.get("version") or parts[1:2] or [""])[0]
    if not said or not _NAME.fullmatch(name) or not _VERSION.fullmatch(version):
        return None
    return name, version


def requires(said: dict[str, list[str]]) -> tuple[str, ...]:
    """Return the requirements, PEP 508 lines."""
    return tuple(t for t in said.get("requires-dist", ()) if t.isprintable() and t)


def egg_requires(data: bytes | None) -> tuple[str, ...]:
    """Return the requirements of ``requires.txt``: sections are extras and markers."""
    found, condition = [], ""
    for line in text(data).splitlines():
        row = line.strip()
        if row.startswith("[") and row.endswith("]"):
            extra, _, marker = row[1:-1].partition(":")
            parts = [f"({marker})" if extra and " or " in marker else marker] if marker else []
            parts += [f'extra == "{extra}"'] if extra else []
            condition = " and ".join(parts)
        elif row and row.isprintable() and not row.startswith("#"):
            found.append(f"{row} ; {condition}" if condition else row)
    return tuple(found)


def import_names(said: dict[str, list[str]]) -> tuple[str, ...] | None:
    """Return the modules that PEP 794's fields name, private ones too; None without such fields.

    An empty ``Import-Name`` says that there are none. ``Import-Namespace`` names packages that
    others share: they are in the way of nothing, and so left out.
    """
    if "import-name" not in said:
        return None
    names = (_SAME.split(value)[0] for value in said["import-name"])
    return tuple(sorted({n for n in names if _is_module(n)}))


def namespaces(said: dict[str, list[str]], old: bytes | None) -> frozenset[str]:
    """Return the packages that the distribution itself calls shared: PEP 794, setuptools."""
    new = (_SAME.split(value)[0] for value in said.get("import-namespace", ()))
    return frozenset(n for n in (*new, *words(old)) if _is_module(n))


def _is_module(text: str) -> bool:
    return all(part.isidentifier() for part in text.split("."))


def words(data: bytes | None) -> tuple[str, ...]:
    """Return the modules of ``top_level.txt``, one a line; a slash stands for a dot in old ones."""
    names = (line.strip().replace("/", ".") for line in text(data).splitlines())
    return tuple(n for n in names if _is_module(n))


def record(data: bytes | None) -> tuple[str, ...]:
    """Return the paths of RECORD, POSIX, relative to the folder that ``.dist-info`` is in."""
    found = []
    for row in text(data).splitlines():
        path = row.partition(",")[0]
        if row.startswith('"'):
            path = next(_csv(row), "")
        if path and path.isprintable():
            found.append(path.replace("\\", "/"))
    return tuple(found)


def _csv(row: str) -> Iterator[str]:
    try:
        for cells in csv.reader([row]):
            yield from cells[:1]
    except csv.Error:
        return


def tags(data: bytes | None) -> tuple[str, ...]:
    """Return the tags of WHEEL, sorted."""
    return tuple(sorted({t for t in fields(data).get("tag", ()) if _TAG.fullmatch(t)}))


def programs(entry_points: bytes | None, files: tuple[str, ...]) -> tuple[str, ...]:
    """Return the console programs: of the entry points, and those that lie beside Python itself."""
    found, section = set(), ""
    for line in text(entry_points).splitlines():
        row = line.strip()
        if row.startswith("["):
            section = row
        elif section in {"[console_scripts]", "[gui_scripts]"} and "=" in row:
            found.add(row.partition("=")[0].strip())
    found |= {_ENDING.sub("", m[1]) for f in files if (m := _BIN.fullmatch(f))}
    return tuple(sorted(f for f in found if _PROGRAM.fullmatch(f)))


def split_version(version: str) -> tuple[str, str]:
    """Return the version and its local label (PEP 440): ``2.6.0+cu124`` is 2.6.0 and cu124."""
    public, _, local = version.partition("+")
    return public, local
