"""A small conda channel of real packages, made from this machine's Python and from wheels.

``file://`` URLs of it work for conda, mamba and py-rattler. Nothing is downloaded but what
:func:`download` is asked for: Python comes from an installation that can be moved (pyenv's, uv's,
conda's; not a distribution's in ``/usr``), pip from the wheel inside ``ensurepip``. Packages are
``.tar.bz2`` files, which need nothing but the standard library; ``.conda`` files, which unpack
faster, need ``zstandard``. Source: conda-build's documentation, "Conda package specification".

What goes into a channel is a :data:`Package`:

* :func:`python_of`: a whole CPython; :func:`light_python`: one of three files, for tests that make
  many environments, which work where they are and nowhere else;
* :func:`of_wheel`: a wheel, pure or not; :func:`noarch`: modules and entry points;
* :func:`native`: files without Python; :func:`stub`: a name, a version and what it depends on, for
  any platform, ``__cuda`` included;
* :func:`post_link`, :func:`activates`: a script that conda runs after linking, variables that
  activation sets; :func:`with_prefix`: files that hold the prefix, one of them a binary.
"""

from __future__ import annotations

import email
import hashlib
import io
import json
import os
import platform
import re
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from envboot.interpreters import Interpreter

SUBDIR = {"x86_64": "linux-64", "aarch64": "linux-aarch64"}.get(platform.machine(), "linux-64")
_LEFT_OUT = re.compile(
    r"(^|/)(site-packages|test|tests|idlelib|turtledemo|tkinter|lib2to3|__pycache__|config-[^/]*)/"
)


TIMESTAMP = 1_700_000_000_000
"""Milliseconds since 1970: when all packages were made that do not say otherwise."""
PLACEHOLDER = "/opt/" + "_placehold" * 20
"""A prefix that is longer than that of any environment."""


@dataclass(frozen=True)
class File:
    """One file of a package; ``placeholder`` is the prefix inside it, replaced at installation."""

    data: bytes = b""
    link: str = ""
    executable: bool = False
    placeholder: str = ""
    mode: str = "text"
    """How the prefix is replaced: ``text``, or ``binary``, which keeps the length."""


@dataclass(frozen=True)
class Package:
    """One package before it is packed."""

    record: Mapping[str, object]
    """As it will be in the index, without digests and size."""
    files: Mapping[str, File] = field(default_factory=dict)
    """By path."""
    info: Mapping[str, object] = field(default_factory=dict)
    """Further members of ``info/``, as JSON."""


def make_channel(
    out: Path,
    python: Interpreter | None,
    wheels: Sequence[Path] = (),
    more: Sequence[Package] = (),
    *,
    packing: str = "tar.bz2",
) -> str:
    """Make the channel at ``out`` and return its URL.

    It holds ``python`` of that interpreter with its ``pip``, unless it is None, each pure wheel,
    and what is in ``more``. ``packing`` is ``tar.bz2`` or ``conda`` (see :func:`packing_here`).
    The same packages give the same bytes.
    """
    records: dict[str, dict[str, dict[str, object]]] = {"noarch": {}, SUBDIR: {}}
    packages = [python_of(python), *pip_of(python)] if python else []
    for package in (*packages, *map(of_wheel, wheels), *more):
        _add(records, out, package, packing)
    for subdir, rows in records.items():
        (out / subdir).mkdir(parents=True, exist_ok=True)
        kinds = {
            key: {k: v for k, v in rows.items() if k.endswith(f".{ending}")}
            for key, ending in (("packages", "tar.bz2"), ("packages.conda", "conda"))
        }
        text = json.dumps({"info": {"subdir": subdir}, **kinds, "repodata_version": 1})
        (out / subdir / "repodata.json").write_text(text)
    return out.resolve().as_uri()


def packing_here() -> str:
    """Return ``conda`` where this Python can write such files, else ``tar.bz2``."""
    return "conda" if find_spec("zstandard") else "tar.bz2"


def _add(
    records: dict[str, dict[str, dict[str, object]]], out: Path, package: Package, packing: str
) -> None:
    record = package.record
    subdir = str(record["subdir"])
    stem = f"{record['name']}-{record['version']}-{record['build']}"
    path = out / subdir / f"{stem}.{packing}"
    path.parent.mkdir(parents=True, exist_ok=True)
    info = _info(record, package.files, package.info)
    if packing == "conda":
        _zip(path, stem, info, package.files)
    else:
        with tarfile.open(path, "w:bz2", compresslevel=1) as archive:
            _fill(archive, {**info, **package.files})
    data = path.read_bytes()
    digests = {
        "md5": hashlib.md5(data, usedforsecurity=False).hexdigest(),
        "sha256": hashlib.sha256(data).hexdigest(),
    }
    records.setdefault(subdir, {})[path.name] = {**record, **digests, "size": len(data)}


def _zip(path: Path, stem: str, info: Mapping[str, File], files: Mapping[str, File]) -> None:
    import zstandard

    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        first = zipfile.ZipInfo("metadata.json", (2023, 11, 14, 0, 0, 0))
        archive.writestr(first, json.dumps({"conda_pkg_format_version": 2}))
        for kind, members in (("pkg", files), ("info", info)):
            raw = io.BytesIO()
            with tarfile.open(fileobj=raw, mode="w") as inner:
                _fill(inner, members)
            member = zipfile.ZipInfo(f"{kind}-{stem}.tar.zst", (2023, 11, 14, 0, 0, 0))
            archive.writestr(member, zstandard.ZstdCompressor(level=3).compress(raw.getvalue()))


def _fill(archive: tarfile.TarFile, members: Mapping[str, File]) -> None:
    for inside, file in members.items():
        member = tarfile.TarInfo(inside)
        member.mode = 0o755 if file.executable else 0o644
        member.mtime = TIMESTAMP // 1000
        if file.link:
            member.type, member.linkname = tarfile.SYMTYPE, file.link
        member.size = 0 if file.link else len(file.data)
        archive.addfile(member, io.BytesIO(file.data))


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
            entry.update(prefix_placeholder=file.placeholder, file_mode=file.mode)
        paths.append(entry)
    texts = {
        "info/index.json": json.dumps(record),
        "info/paths.json": json.dumps({"paths": paths, "paths_version": 1}),
        "info/files": "".join(f"{name}\n" for name in files),
        **{name: json.dumps(value) for name, value in more.items()},
    }
    return {name: File(text.encode()) for name, text in texts.items()}


def _record(
    name: str, version: str, build: str, subdir: str, depends: Sequence[str]
) -> dict[str, object]:
    return {"name": name, "version": version, "build": build, "build_number": 0,
            "depends": list(depends), "subdir": subdir, "timestamp": TIMESTAMP}  # fmt: skip


def python_of(python: Interpreter) -> Package:
    """Return a CPython as a package: found by its own landmark, it runs in any folder."""
    short = f"{python.version[0]}.{python.version[1]}"
    program = python.path.resolve()
    root = program.parent.parent
    library = root / "lib" / f"python{short}"
    assert root != Path("/usr"), "a distribution's Python is spread over the system"
    files = {f"bin/python{short}": File(program.read_bytes(), executable=True), **_links(short)}
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
    return Package(_record("python", python.text, "0_envboot", SUBDIR, []), files)


def light_python(python: Interpreter) -> Package:
    """Return a ``python`` of three files that borrows all else from the interpreter (PEP 405).

    Environments of it run, import and prove as others do, while that interpreter is there.
    """
    short = f"{python.version[0]}.{python.version[1]}"
    home = python.path.parent
    files = {
        f"bin/python{short}": File(link=str(python.path)),
        **_links(short),
        "pyvenv.cfg": File(f"home = {home}\ninclude-system-site-packages = false\n".encode()),
        f"lib/python{short}/site-packages/README.txt": File(b"packages go here\n"),
    }
    return Package(_record("python", python.text, "0_light", SUBDIR, []), files)


def _links(short: str) -> dict[str, File]:
    return {f"bin/{name}": File(link=f"python{short}") for name in ("python3", "python")}


def pip_of(python: Interpreter) -> list[Package]:
    """Return the pip that the interpreter bundles; none where a distribution took it out."""
    home = python.path.resolve().parent.parent
    bundled = home / f"lib/python{python.version[0]}.{python.version[1]}/ensurepip/_bundled"
    return [of_wheel(wheel) for wheel in sorted(bundled.glob("pip-*.whl"))]


def native(
    name: str,
    version: str,
    files: Mapping[str, File],
    needs: Sequence[str] = (),
    subdir: str = SUBDIR,
) -> Package:
    """Return a package without Python: a library, a program. ``needs`` are what it depends on."""
    return Package(_record(name, version, "h0_0", subdir, needs), files)


def stub(
    name: str,
    version: str = "1.0",
    needs: Sequence[str] = (),
    *,
    subdir: str = "noarch",
    build: str = "0",
    **more: object,
) -> Package:
    """Return a package without files, for what solves.

    ``needs`` may name virtual packages, ``__cuda >=12``; ``more`` are fields of the index:
    ``constrains``, ``timestamp`` (milliseconds), ``build_number``, ``track_features``.
    """
    kind = {"noarch": "generic"} if subdir == "noarch" else {}
    return Package({**_record(name, version, build, subdir, needs), **kind, **more})


def post_link(name: str, script: str, version: str = "1.0") -> Package:
    """Return a package whose shell ``script`` conda runs after linking, ``$PREFIX`` being set."""
    text = f"#!/bin/sh\n{script}\n".encode()
    files = {
        f"bin/.{name}-post-link.sh": File(text, executable=True),
        f"share/{name}.txt": File(b"a file, for the linking\n"),
    }
    return native(name, version, files)


def activates(name: str, version: str = "1.0", **variables: str) -> Package:
    """Return a package that sets ``variables`` when its environment is activated."""
    on = "".join(f'export {k}="{v}"\n' for k, v in variables.items())
    off = "".join(f"unset {k}\n" for k in variables)
    files = {
        f"etc/conda/activate.d/{name}.sh": File(on.encode()),
        f"etc/conda/deactivate.d/{name}.sh": File(off.encode()),
    }
    return native(name, version, files)


def with_prefix(name: str, version: str = "1.0") -> Package:
    """Return a package with its prefix in a script's first line and in a binary file.

    ``bin/NAME`` prints the first, ``share/NAME.bin`` holds the prefix between two marks,
    ``b"<" + prefix + b"\\0…" + b">"``, and keeps its length of ``len(PLACEHOLDER) + 4`` bytes.
    """
    text = f"#!/bin/sh\necho {PLACEHOLDER}\n".encode()
    files = {
        f"bin/{name}": File(text, executable=True, placeholder=PLACEHOLDER),
        f"share/{name}.bin": File(
            b"\0<" + PLACEHOLDER.encode() + b"\0>", placeholder=PLACEHOLDER, mode="binary"
        ),
    }
    return native(name, version, files)


def noarch(
    name: str,
    version: str = "1.0",
    modules: Mapping[str, str] | None = None,
    scripts: Mapping[str, str] | None = None,
    needs: Sequence[str] = (),
) -> Package:
    """Return a ``noarch: python`` package of ``modules``, path → text, with its entry points.

    Without modules it has one of its own name, with ``__version__`` and a function ``main``.
    """
    module = name.replace("-", "_")
    text = f"__version__ = {version!r}\n\n\ndef main():\n    print({name!r}, __version__)\n"
    data = {k: v.encode() for k, v in (modules or {f"{module}.py": text}).items()}
    info = f"{module}-{version}.dist-info"
    head = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    data[f"{info}/METADATA"] = head.encode()
    points = [f"{k} = {v}" for k, v in (scripts or {}).items()]
    return _noarch(name, version, data, info, points, needs)


def _noarch(
    name: str,
    version: str,
    data: Mapping[str, bytes],
    info: str,
    points: Sequence[str],
    needs: Sequence[str],
) -> Package:
    members = {**data, f"{info}/INSTALLER": b"conda\n"}
    files = {f"site-packages/{inside}": File(content) for inside, content in members.items()}
    record = {**_record(name, version, "py_0", "noarch", ["python", *needs]), "noarch": "python"}
    link = {"noarch": {"type": "python", "entry_points": list(points)}}
    return Package(record, files, {"info/link.json": {**link, "package_metadata_version": 1}})


def of_wheel(path: Path, name: str = "", needs: Sequence[str] = ()) -> Package:
    """Return a wheel as a package, called ``name`` where that is given.

    A pure one is ``noarch: python``; another depends on the Python of its tag. ``needs`` are conda
    packages that it depends on beside those of its metadata.
    """
    with zipfile.ZipFile(path) as archive:
        data = {n: archive.read(n) for n in archive.namelist() if not n.endswith("/")}
    folder = next(n.split("/")[0] for n in data if n.endswith(".dist-info/WHEEL"))
    pure = b"Root-Is-Purelib: true" in data[f"{folder}/WHEEL"]
    metadata = email.message_from_bytes(data[f"{folder}/METADATA"])
    scripts = data.get(f"{folder}/entry_points.txt", b"").decode()
    section = scripts.partition("[console_scripts]")[2].partition("[")[0]
    points = [line.strip() for line in section.splitlines() if "=" in line]
    wanted = [n for n in metadata.get_all("Requires-Dist") or [] if ";" not in n]
    all_needs = [re.sub(r"^[\w.-]+", lambda m: _plain(m[0]), n) for n in wanted] + [*needs]
    name = name or _plain(str(metadata["Name"]))
    version = str(metadata["Version"]).partition("+")[0]  # conda has no local labels
    if pure:
        return _noarch(name, version, data, folder, points, all_needs)
    minor = re.search(r"-cp3(\d+)-", path.name)
    assert minor, f"{path.name} is for no one Python"
    short = f"3.{minor[1]}"
    files = {f"lib/python{short}/site-packages/{inside}": File(d) for inside, d in data.items()}
    files[f"lib/python{short}/site-packages/{folder}/INSTALLER"] = File(b"conda\n")
    for point in points:
        script, _, target = (part.strip() for part in point.partition("="))
        module, _, call = target.partition(":")
        text = (
            f"#!{PLACEHOLDER}/bin/python\nimport sys\nfrom {module} import {call}\n"
            f"if __name__ == '__main__':\n    sys.exit({call}())\n"
        )
        files[f"bin/{script}"] = File(text.encode(), executable=True, placeholder=PLACEHOLDER)
    record = _record(name, version, f"py3{minor[1]}_0", SUBDIR, [f"python {short}.*", *all_needs])
    return Package(record, files)


def _plain(name: str) -> str:
    """Return a distribution's name as PEP 503 writes it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def download(python: Interpreter, folder: Path, *requirements: str) -> list[Path]:
    """Fetch wheels for ``python`` from the package index that pip is configured with.

    What lies in ``folder`` already is not fetched again. Raises CalledProcessError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    short = f"{python.version[0]}.{python.version[1]}"
    command = [str(python.path), "-m", "pip", "download", "-qq", "--disable-pip-version-check"]
    options = ["--python-version", short, "--only-binary=:all:", "--no-deps", "--dest", str(folder)]
    subprocess.run([*command, *options, *requirements], check=True, timeout=300)
    return sorted(folder.glob("*.whl"))


if __name__ == "__main__":
    from envboot import interpreters

    sys.stdout.write(make_channel(Path(sys.argv[1]), interpreters.running()) + "\n")
