"""Making the archive: envboot's modules, and what they need of others, compressed together.

It carries envboot without its test stand-ins, its setuptools commands and this module; and those
modules of PyYAML, packaging and tomli that envboot imports, as Python source from the installed
distributions, with their licences. What only the owner's commands need is apart, so that nobody
who sets up an environment unpacks it. Made twice from the same versions the bytes are the same.
"""

from __future__ import annotations

import ast
import importlib.util
import io
import json
import re
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import envboot
from envboot.archive import LIMIT, MANIFEST
from envboot.archive.bare import bare, is_for_checkers
from envboot.archive.importer import OWNERS, SOURCES, UNLZMA
from envboot.errors import EnvbootError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from envboot.shell import Shell

BORROWED = {"yaml": "PyYAML", "packaging": "packaging", "tomli": "tomli"}
"""Packages of others, and the distributions that they come from."""
LEFT_OUT = frozenset(
    f"envboot.{name}"
    for name in (
        "testing",
        "command",
        "archive.bare",
        "archive.bundling",
        "archive.importer",
        "archive.unlzma",
        "jupyter",
    )
)
OWNED = tuple(
    f"envboot/{name}"
    for name in (
        "activation/startup.py",
        "activation/without_conda.py",
        "asking.py",
        "conda/addresses.py",
        "conda/channels.py",
        "clouds/",
        "convert/",
        "create/",
        "derive/",
        "doctor.py",
        "engines/rattler/__main__.py",
        "engines/rattler/answered.py",
        "engines/rattler/work/",
        "estimate/",
        "export/",
        "formats/notebook/",
        "formats/parts/pixi_written.py",
        "formats/parts/project_written.py",
        "formats/parts/toml_splice.py",
        "freeze/",
        "git.py",
        "git/",
        "jobs/",
        "launchers/azure/",
        "launchers/codespaces/",
        "launchers/link/",
        "launchers/slurm/",
        "launchers/ssh/",
        "launching/",
        "locks/history.py",
        "measure/",
        "names/NOTICE",
        "notebook/",
        "package/",
        "preflight/",
        "remote/",
        "removal.py",
        "secrecy.py",
        "shell/placing.py",
        "shell/trees.py",
        "shell/watching.py",
        "tools/access.py",
        "tools/fetching.py",
        "tools/network.py",
        "tools/pages.py",
        "tools/unpacking.py",
        "verify/libraries.py",
        "verify/reasons.py",
        "virtualenv/pip_download.py",
    )
)
"""What neither the question nor ``check`` imports: the owner's commands, children, rare answers.

The data of :mod:`envboot.names` is apart too.
"""
_DATA = frozenset({".txt", ".tsv", ".json"})
_TIME = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can say
_FLOOR = (3, 9)
_LICENCE = re.compile(r"(?i)(^|/)(licen[cs]e|copying|notice)[^/]*$")
# PyYAML's __init__ imports the half that writes too, which envboot does not use.
_LOADING = b"".join(
    b"from .%s import *\n" % name for name in (b"error", b"tokens", b"events", b"nodes", b"loader")
)
# packaging.utils takes names from there for the names of wheels, which envboot does not read; the
# module itself would cost a tenth of the archive, and time at every start.
_HOLLOW = "packaging.tags"


def bundle(shell: Shell) -> bytes:
    """Return the archive. Raises EnvbootError: a part cannot be found, or it is too large."""
    files = dict(own(shell))
    files.update(borrowed(files, shell))
    owners = {name: text for name, text in files.items() if _is_owners(name)}
    versions = {name: _said(name, "Version") for name in BORROWED.values()}
    members = {
        "__main__.py": files["envboot/__main__.py"],
        "envboot/__init__.py": bare(_text("envboot.archive.importer", shell)),
        UNLZMA: bare(_text("envboot.archive.unlzma", shell)),
        MANIFEST: _manifest(versions),
        "NOTICE": _notice(versions, shell),
        SOURCES: _lzma(_tar({n: t for n, t in files.items() if n not in owners})),
        OWNERS: _lzma(_tar(owners)),
    }
    data = _zip(members)
    if len(data) >= LIMIT:
        raise EnvbootError(f"the archive has {len(data)} bytes, and must stay below {LIMIT}")
    return data


# ------------------------------------------------------------------------ what goes in


def _is_owners(name: str) -> bool:
    tables = name.startswith("envboot/names/") and not name.endswith(".py")
    templates = name.startswith("envboot/templates/")
    return name.startswith(OWNED) or tables or templates


def own(shell: Shell) -> Iterator[tuple[str, bytes]]:
    """Yield envboot's modules, bare, its tables, and its templates, as they are."""
    for folder in _folders("envboot"):
        yield from _modules(folder, "envboot", shell)
    for folder in _templates():
        for path in shell.folder(folder):
            text = shell.read(path)
            if text is not None and path.suffix not in {".pyc", ".pyo"}:
                yield f"envboot/templates/{path.name}", text.replace(b"\r\n", b"\n")


def borrowed(files: Mapping[str, bytes], shell: Shell) -> dict[str, bytes]:
    """Return what ``files`` import from other distributions, and what that imports of its own."""
    out: dict[str, bytes] = {}
    hollow: set[str] = set()
    todo = [m for name, text in files.items() if name.endswith(".py") for m in _imports(text, name)]
    while todo:
        module = todo.pop()
        parts = module.split(".")
        if parts[0] not in BORROWED:
            continue
        if module.startswith(f"{_HOLLOW}."):
            hollow.add(parts[-1])
        todo += [".".join(parts[:n]) for n in range(1, len(parts))]
        name = _file(parts, shell)
        if not name or name in out:
            continue
        text = {"yaml": _LOADING, _HOLLOW: b""}.get(module)
        out[name] = bare(_text(module, shell)) if text is None else text
        todo += _imports(out[name], name, lazy=False)
    if hollow:
        classes = "".join(f"class {name}(Exception): pass\n" for name in sorted(hollow))
        out[_HOLLOW.replace(".", "/") + ".py"] = classes.encode()
    return out


def _folders(package: str) -> tuple[Path, ...]:
    try:
        spec = importlib.util.find_spec(package)
    except (ImportError, ValueError):
        spec = None
    if spec is None or not spec.submodule_search_locations:
        raise EnvbootError(
            f"`{package}` is not installed, and the archive carries it",
            hint=f"`pip install {BORROWED.get(package, 'envboot')}`",
        )
    return tuple(Path(folder) for folder in spec.submodule_search_locations)


def _templates() -> tuple[Path, ...]:
    try:
        return _folders("envboot.templates")
    except EnvbootError:  # a source tree that is not installed
        return tuple(folder.parent / "templates" for folder in _folders("envboot"))


def _modules(folder: Path, package: str, shell: Shell) -> Iterator[tuple[str, bytes]]:
    for path in shell.folder(folder):
        name = f"{package}.{path.stem}"
        if name in LEFT_OUT or name == "envboot.templates":
            continue
        if shell.kind(path / "__init__.py") == "file":
            yield from _modules(path, name, shell)
        elif path.suffix == ".py" or path.suffix in _DATA or path.name == "NOTICE":
            text = (shell.read(path) or b"").replace(b"\r\n", b"\n")
            file = f"{package.replace('.', '/')}/{path.name}"
            yield file, bare(text) if path.suffix == ".py" else text


def _text(module: str, shell: Shell) -> bytes:
    """Return the source of a module; compiled distributions carry it beside the binary."""
    name = _file(module.split("."), shell)
    for folder in _folders(module.partition(".")[0]):
        text = shell.read(folder.parent / name)
        if name and text is not None:
            return text.replace(b"\r\n", b"\n")
    raise EnvbootError(f"the source of {module} cannot be found")


def _file(parts: list[str], shell: Shell) -> str:
    """Return the path of a module in the archive; "" when it is a name inside another module."""
    stem = "/".join(parts)
    for folder in _folders(parts[0]):
        for name in (f"{stem}/__init__.py", f"{stem}.py"):
            if shell.kind(folder.parent / name) == "file":
                return name
    return ""


def _imports(text: bytes, name: str, *, lazy: bool = True) -> Iterator[str]:
    """Yield what a module imports, relative names resolved; ``lazy``: inside functions too."""
    package = name.split("/")[:-1]
    todo: list[ast.AST] = [ast.parse(text)]
    while todo:
        node = todo.pop()
        if is_for_checkers(node) or (isinstance(node, ast.FunctionDef) and not lazy):
            continue
        # no import is inside of an expression
        todo += [n for n in ast.iter_child_nodes(node) if not isinstance(n, ast.expr)]
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)


# -------------------------------------------------------------------- what it says


def _manifest(versions: Mapping[str, str]) -> bytes:
    floor = _FLOOR
    for name in versions:
        wanted = re.search(r">=\s*3\.(\d+)", _said(name, "Requires-Python"))
        if wanted:
            floor = max(floor, (3, int(wanted.group(1))))
    said = {"envboot": envboot.__version__, "python": f"{floor[0]}.{floor[1]}", **versions}
    return (json.dumps(said, indent=1, sort_keys=True) + "\n").encode()


def _notice(versions: Mapping[str, str], shell: Shell) -> bytes:
    out = [f"envboot {envboot.__version__}, MIT License\n\n"]
    out.append("It carries parts of the following, comments and docstrings taken out.\n")
    for name, version in sorted(versions.items()):
        out.append(f"\n---- {name} {version}\n\n")
        texts = [
            text.decode("utf-8", "replace")
            for path in _licences(name)
            if (text := shell.read(path)) is not None
        ]
        out += texts or [_said(name, "License-Expression") or _said(name, "License")]
    return "".join(out).replace("\r\n", "\n").encode()


def _said(name: str, field: str) -> str:
    """Return a field of a distribution's metadata, "" when it has none."""
    found = metadata.metadata(name)
    return str(found[field]) if field in found else ""


def _licences(name: str) -> Iterable[Path]:
    """Return the licence files of a distribution; packaging is taken under its BSD licence."""
    return sorted(
        Path(str(file.locate()))
        for file in metadata.files(name) or ()
        if ".dist-info/" in str(file) and _LICENCE.search(str(file)) and "APACHE" not in file.name
    )


# -------------------------------------------------------------------------- as bytes


def _tar(files: Mapping[str, bytes]) -> bytes:
    import tarfile

    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name in sorted(files):
            member = tarfile.TarInfo(name)  # mode 0644, owner and time 0
            member.size = len(files[name])
            tar.addfile(member, io.BytesIO(files[name]))
    return out.getvalue()


@lru_cache(maxsize=2)
def _lzma(data: bytes) -> bytes:
    """Compress for text: eight-bit contexts of four bits, no alignment, long matches sought."""
    try:
        import lzma
    except ImportError as error:
        raise EnvbootError(
            "this Python was built without lzma, and cannot make the archive",
            hint="run envboot with another Python",
        ) from error
    settings = {"id": lzma.FILTER_LZMA1, "preset": 9 | lzma.PRESET_EXTREME, "dict_size": 1 << 20}
    tuned = {**settings, "lc": 4, "lp": 0, "pb": 0, "nice_len": 273, "depth": 1000}
    return lzma.compress(data, format=lzma.FORMAT_ALONE, filters=[tuned])


def _zip(members: Mapping[str, bytes]) -> bytes:
    import zipfile

    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for name in sorted(members):
            member = zipfile.ZipInfo(name, _TIME)
            stored = name.endswith(".lzma")
            member.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
            member.create_system = 3  # Unix, wherever it is built
            member.external_attr = 0o100644 << 16
            file.writestr(member, members[name], compresslevel=9)
    return out.getvalue()
