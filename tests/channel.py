"""A small conda channel of real packages, made from this machine's Python and from wheels.

``file://`` URLs of it work for conda, mamba and py-rattler. Nothing is downloaded: Python comes
from an installation that can be moved (pyenv's, uv's, conda's; not a distribution's in ``/usr``),
pip from the wheel inside ``ensurepip``. Packages are ``.tar.bz2`` files, which need nothing but the
standard library. Source: conda-build's documentation, "Conda package specification".
"""

from __future__ import annotations

import email
import hashlib
import io
import json
import os
import platform
import re
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from envboot.interpreters import Interpreter

SUBDIR = {"x86_64": "linux-64", "aarch64": "linux-aarch64"}.get(platform.machine(), "linux-64")
_LEFT_OUT = re.compile(
    r"(^|/)(site-packages|test|tests|idlelib|turtledemo|tkinter|lib2to3|__pycache__|config-[^/]*)/"
)


@dataclass(frozen=True)
class File:
    """One file of a package; ``placeholder`` is the prefix inside it, replaced at installation."""

    data: bytes = b""
    link: str = ""
    executable: bool = False
    placeholder: str = ""


Package = tuple["dict[str, object]", "Mapping[str, File]", "Mapping[str, object]"]
"""The record of the index, the files by path, and further members of ``info/``."""


def make_channel(
    out: Path, python: Interpreter, wheels: Sequence[Path] = (), more: Sequence[Package] = ()
) -> str:
    """Make the channel at ``out`` and return its URL.

    It holds ``python`` of that interpreter, its ``pip``, each pure wheel, and what is in ``more``
    (see :func:`native` and :func:`of_wheel`).
    """
    records: dict[str, dict[str, dict[str, object]]] = {"noarch": {}, SUBDIR: {}}
    _add(records, out, _python(python))
    home = python.path.resolve().parent.parent
    bundled = home / f"lib/python{python.version[0]}.{python.version[1]}/ensurepip/_bundled"
    for wheel in (*sorted(bundled.glob("pip-*.whl")), *wheels):
        _add(records, out, of_wheel(wheel))
    for package in more:
        _add(records, out, package)
    for subdir, packages in records.items():
        (out / subdir).mkdir(parents=True, exist_ok=True)
        text = json.dumps({"info": {"subdir": subdir}, "packages": packages, "repodata_version": 1})
        (out / subdir / "repodata.json").write_text(text)
    return out.resolve().as_uri()


def _add(records: dict[str, dict[str, dict[str, object]]], out: Path, package: Package) -> None:
    record, files, info = package
    subdir = str(record["subdir"])
    name = f"{record['name']}-{record['version']}-{record['build']}.tar.bz2"
    path = out / subdir / name
    path.parent.mkdir(parents=True, exist_ok=True)
    members = {**_info(record, files, info), **files}
    with tarfile.open(path, "w:bz2", compresslevel=1) as archive:
        for inside, file in members.items():
            member = tarfile.TarInfo(inside)
            member.mode = 0o755 if file.executable else 0o644
            member.mtime = 1_700_000_000
            if file.link:
                member.type, member.linkname = tarfile.SYMTYPE, file.link
            member.size = 0 if file.link else len(file.data)
            archive.addfile(member, io.BytesIO(file.data))
    data = path.read_bytes()
    digests = {
        "md5": hashlib.md5(data, usedforsecurity=False).hexdigest(),
        "sha256": hashlib.sha256(data).hexdigest(),
    }
    records[subdir][name] = {**record, **digests, "size": len(data)}


def _info(
    record: Mapping[str, object], files: Mapping[str, File], more: Mapping[str, object]
) -> dict[str, File]:
    paths = []
    for name, file in files.items():
        entry: dict[str, object] = {
            "_path": name,
            "path_type": "softlink" if file.link else "hardlink",
            "sha256": hashlib.sha256(file.data).hexdigest(),
            "size_in_bytes": len(file.data),
        }
        if file.placeholder:
            entry.update(prefix_placeholder=file.placeholder, file_mode="text")
        paths.append(entry)
    texts = {
        "info/index.json": json.dumps(record),
        "info/paths.json": json.dumps({"paths": paths, "paths_version": 1}),
        "info/files": "".join(f"{name}\n" for name in files),
        **{name: json.dumps(value) for name, value in more.items()},
    }
    return {name: File(text.encode()) for name, text in texts.items()}


def _record(
    name: str, version: str, build: str, subdir: str, depends: list[str]
) -> dict[str, object]:
    return {"name": name, "version": version, "build": build, "build_number": 0,
            "depends": depends, "subdir": subdir, "timestamp": 1_700_000_000_000}  # fmt: skip


def _python(python: Interpreter) -> Package:
    """Return a CPython as a package: found by its own landmark, it runs in any folder."""
    short = f"{python.version[0]}.{python.version[1]}"
    program = python.path.resolve()
    root = program.parent.parent
    library = root / "lib" / f"python{short}"
    assert root != Path("/usr"), "a distribution's Python is spread over the system"
    files = {
        f"bin/python{short}": File(program.read_bytes(), executable=True),
        "bin/python3": File(link=f"python{short}"),
        "bin/python": File(link=f"python{short}"),
    }
    places = [*library.rglob("*"), *(root / "lib").glob("libpython*.so*")]
    places += (root / "include").rglob("*")
    for path in sorted(places):
        name = path.relative_to(root).as_posix()
        if path.is_symlink():
            files[name] = File(link=os.readlink(path))  # noqa: PTH115
        elif path.is_file() and not _LEFT_OUT.search(name):
            data = path.read_bytes()
            text = path.suffix == ".py" and str(root).encode() in data
            files[name] = File(data, placeholder=str(root) if text else "")
    files[f"lib/python{short}/site-packages/README.txt"] = File(b"packages go here\n")
    return _record("python", python.text, "0_envboot", SUBDIR, []), files, {}


def native(name: str, version: str, files: Mapping[str, File]) -> Package:
    """Return a package without Python: a library, a program."""
    return _record(name, version, "h0_0", SUBDIR, []), files, {}


def of_wheel(path: Path, name: str = "", needs: Sequence[str] = ()) -> Package:
    """Return a pure wheel as a ``noarch: python`` package, called ``name`` where that is given.

    ``needs`` are conda packages that it depends on beside those of its metadata.
    """
    with zipfile.ZipFile(path) as archive:
        data = {n: archive.read(n) for n in archive.namelist() if not n.endswith("/")}
    folder = next(n.split("/")[0] for n in data if n.endswith(".dist-info/WHEEL"))
    assert b"Root-Is-Purelib: true" in data[f"{folder}/WHEEL"], f"{path.name} is not pure"
    metadata = email.message_from_bytes(data[f"{folder}/METADATA"])
    scripts = data.get(f"{folder}/entry_points.txt", b"").decode()
    section = scripts.partition("[console_scripts]")[2].partition("[")[0]
    points = [line.strip() for line in section.splitlines() if "=" in line]
    data[f"{folder}/INSTALLER"] = b"conda\n"
    files = {f"site-packages/{name}": File(content) for name, content in data.items()}
    all_needs = [n for n in metadata.get_all("Requires-Dist") or [] if ";" not in n] + [*needs]
    name = name or str(metadata["Name"]).lower()
    version = str(metadata["Version"]).partition("+")[0]  # conda has no local labels
    record = _record(name, version, "py_0", "noarch", ["python", *all_needs])
    link = {"noarch": {"type": "python", "entry_points": points}, "package_metadata_version": 1}
    return {**record, "noarch": "python"}, files, {"info/link.json": link}


if __name__ == "__main__":
    from envboot import interpreters

    sys.stdout.write(make_channel(Path(sys.argv[1]), interpreters.running()) + "\n")
