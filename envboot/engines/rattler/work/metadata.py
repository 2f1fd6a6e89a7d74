"""The records in ``conda-meta``: read as rattler writes them, written as conda reads its own.

What differs: the channel has its platform, the specs that were asked for are in conda's spelling, a
link has no digest of its own, compiled files are listed, the mode is the person's umask.
Compared with what conda 26.7 writes, file by file.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from envboot.conda import addresses

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from envboot.shell import Shell

Document = dict[str, Any]


def read(prefix: Path, shell: Shell) -> dict[Path, Document]:
    """Return the records of an environment by their files. Raises ValueError for a broken one.

    What a lock file left out comes from the package itself.
    """
    files = (p for p in shell.folder(prefix / "conda-meta") if p.suffix == ".json")
    found = {p: json.loads(shell.read(p) or b"") for p in files}
    return {p: d if "timestamp" in d else {**d, **_index(d, shell)} for p, d in found.items()}


def write(path: Path, document: Document, shell: Shell) -> None:
    """Write a record anew, so that it has the mode of the person's umask."""
    shell.remove(path)
    shell.write(path, text(document), lasting=False)


def text(document: Document) -> str:
    """Return a record as JSON, a line for each key and each file: quickly written and compared."""
    lines = [f"  {json.dumps(k)}: {_value(v)}" for k, v in document.items()]
    return "{\n" + ",\n".join(lines) + "\n}"


def amended(
    document: Document, asked: Sequence[str], compiled: Sequence[tuple[str, int]]
) -> Document:
    """Return a record as conda has it.

    ``asked``: the specs that asked for the package, in conda's spelling; ``compiled``: the paths of
    its compiled files and their bytes.
    """
    found = dict(document)
    found["url"] = addresses.shown(str(found.get("url", "")))
    found["channel"] = f"{channel_of(found)}/{found.get('subdir', '')}"
    for name in ("depends", "constrains"):
        found.setdefault(name, [])
    if found.get("noarch") in ("python", "generic"):
        found["package_type"] = f"noarch_{found['noarch']}"
    for name in ("requested_spec", "requested_specs"):
        found.pop(name, None)
    if asked:
        found["requested_spec"], found["requested_specs"] = _merged(asked), list(asked)
    paths = [_path(p) for p in found.get("paths_data", {}).get("paths", ())]
    listed = {p["_path"] for p in paths}
    more = [(name, size) for name, size in compiled if name not in listed]
    paths += [{"_path": n, "path_type": "pyc_file", "size_in_bytes": s} for n, s in more]
    found["paths_data"] = {"paths_version": 1, "paths": paths}
    found["files"] = [*found.get("files", ()), *(name for name, _size in more)]
    return found


def channel_of(document: Mapping[str, Any]) -> str:
    """Return the address of a record's channel, without platform, password and token.

    It is that of the package: in a channel's own rattler masks what it takes for a token.
    """
    url = addresses.shown(str(document.get("url") or ""))
    folder, _, _file = url.rpartition("/")
    return folder.removesuffix(f"/{document.get('subdir', '')}")


def _index(document: Document, shell: Shell) -> Mapping[str, Any]:
    """Return what the package says of itself."""
    folder = str(document.get("extracted_package_dir") or "")
    data = shell.read(Path(folder, "info", "index.json")) if folder else None
    try:
        found = json.loads(data or b"{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _path(entry: Document) -> Document:
    """Return the entry of a file as conda has it: links and programs of ours have no digest."""
    kind = entry.get("path_type")
    if kind == "softlink":  # conda would compare it with what the link points to
        return {k: v for k, v in entry.items() if k != "sha256_in_prefix"}
    if kind == "unix_python_entry_point":
        return {k: v for k, v in entry.items() if k != "sha256"}
    if kind == "hardlink" and "sha256" in entry and "sha256_in_prefix" not in entry:
        return {**entry, "sha256_in_prefix": entry["sha256"]}
    return entry


def _merged(asked: Sequence[str]) -> str:
    """Return the one spec that conda makes of several for the same package."""
    from envboot.engines.rattler.work import specs

    if len(asked) == 1:
        return asked[0]
    found = [p for p in map(specs.parts, asked) if p]
    versions = ",".join(dict.fromkeys(p.version for p in found if p.version))
    return specs.spelled(f"{found[0].name}[version='{versions}']" if versions else found[0].name)


def _value(value: object) -> str:
    if isinstance(value, list) and value:
        return "[\n" + ",\n".join(f"    {json.dumps(v)}" for v in value) + "\n  ]"
    if isinstance(value, dict) and isinstance(value.get("paths"), list):
        inner = ", ".join(f"{json.dumps(k)}: {_value(v)}" for k, v in value.items())
        return f"{{{inner}}}"
    return json.dumps(value)
