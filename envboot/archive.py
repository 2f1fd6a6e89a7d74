"""The archive that travels in a repository: envboot's modules, and what they need, in one zip.

It carries what setting up needs: envboot without its test stand-ins and setuptools commands, and
those modules of PyYAML, packaging and tomli that envboot imports, as Python source from the
installed distributions, with their licences. Comments and docstrings are taken out, and every
statement keeps its line. Built twice from the same versions the bytes are the same.
"""

from __future__ import annotations

import ast
import importlib.util
import io
import json
import re
import tokenize
from importlib import metadata
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import envboot
from envboot.errors import EnvbootError, InvalidFile

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from envboot.shell import Shell

PLACE = PurePosixPath(".envboot/envboot.pyz")
"""Where it lies in a repository."""
LIMIT = 150_000
"""Bytes that it must stay below: it is committed, and cloned with the repository."""
MANIFEST = "manifest.json"

_SOURCES = "sources.tar"
_NOTICE = "NOTICE"
_TIME = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can say
_FLOOR = (3, 9)
_BORROWED = {"yaml": "PyYAML", "packaging": "packaging", "tomli": "tomli"}
# Not needed to set up, or (cyaml) of no use without a compiled part.
_LEFT_OUT = {"envboot.testing", "envboot.command", "envboot.importer", "yaml.cyaml"}
_LICENCE = re.compile(r"(?i)(^|/)(licen[cs]e|copying|notice)[^/]*$")


def build(shell: Shell) -> bytes:
    """Return the archive; an envboot that itself runs from one returns that, byte for byte.

    Raises EnvbootError when a part cannot be found or the result is larger than LIMIT.
    """
    own = _running_from()
    if own is not None:
        data = shell.read(own)
        if data is None:
            raise EnvbootError(f"{own} cannot be read any more")
        return data
    files = dict(_own(shell))
    files.update(_borrow(files, shell))
    importer = _text("envboot.importer", shell)
    versions = {name: metadata.version(name) for name in _BORROWED.values()}
    data = _zip(
        {
            "__main__.py": files["envboot/__main__.py"],
            "envboot/__init__.py": strip(importer),
            MANIFEST: _manifest(versions),
            _NOTICE: _notice(versions, shell),
            _SOURCES: _tar(files),
        }
    )
    if len(data) > LIMIT:
        raise EnvbootError(f"the archive is {len(data)} bytes large, more than {LIMIT}")
    return data


def contents_differ(one: bytes, other: bytes) -> bool:
    """Return whether two archives hold different files.

    The bytes of equal archives differ between machines: zlib compresses differently from version
    to version. Raises InvalidFile for what is no archive.
    """
    return one != other and _members(one) != _members(other)


def manifest(data: bytes) -> Mapping[str, str]:
    """Return the versions in an archive, and the oldest ``python`` that runs it ("3.9").

    Raises InvalidFile for what is no archive of envboot.
    """
    try:
        said = json.loads(_members(data)[MANIFEST])
    except (KeyError, ValueError) as error:
        raise _no_archive() from error
    if not isinstance(said, dict):
        raise _no_archive()
    return {str(key): str(value) for key, value in said.items()}


def strip(source: bytes) -> bytes:
    """Return Python source without comments and docstrings; every statement keeps its line."""
    tree = ast.parse(source)
    starts = [0]
    for line in source.split(b"\n"):
        starts.append(starts[-1] + len(line) + 1)
    cuts = []
    for token in tokenize.tokenize(io.BytesIO(source).readline):
        if token.type == tokenize.COMMENT:
            before = len(token.line[: token.start[1]].encode())
            start = starts[token.start[0] - 1] + before
            cuts.append((start, start + len(token.string.encode()), b""))
    if b"__doc__" not in source:
        for value in _docstrings(tree):
            start = starts[value.lineno - 1] + value.col_offset
            end = starts[(value.end_lineno or 1) - 1] + (value.end_col_offset or 0)
            cuts.append((start, end, b'""' + b"\n" * source.count(b"\n", start, end)))
    for start, end, instead in sorted(cuts, reverse=True):
        source = source[:start] + instead + source[end:]
    return b"\n".join(_bare(source))


def _bare(source: bytes) -> Iterator[bytes]:
    """Yield the lines without blanks at their ends, except inside strings of several lines."""
    inside: set[int] = set()
    for token in tokenize.tokenize(io.BytesIO(source).readline):
        if token.end[0] > token.start[0] and token.type not in {tokenize.NL, tokenize.NEWLINE}:
            inside.update(range(token.start[0], token.end[0]))
    for number, line in enumerate(source.split(b"\n"), 1):
        yield line if number in inside else line.rstrip()


def _docstrings(tree: ast.AST) -> Iterator[ast.Constant]:
    """Yield all strings that stand alone as a statement: docstrings, and those of fields."""
    for node in ast.walk(tree):
        value = node.value if isinstance(node, ast.Expr) else None
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            yield value


# ------------------------------------------------------------------------ what goes in


def _running_from() -> Path | None:
    loader = getattr(envboot.__spec__, "loader", None)
    found = getattr(loader, "archive", None)
    return Path(found) if found else None


def _folders(package: str) -> tuple[Path, ...]:
    try:
        spec = importlib.util.find_spec(package)
    except (ImportError, ValueError):
        spec = None
    if spec is None or not spec.submodule_search_locations:
        raise EnvbootError(
            f"`{package}` is not installed, and the archive carries it",
            hint=f"`pip install {_BORROWED.get(package, 'envboot')}`",
        )
    return tuple(Path(folder) for folder in spec.submodule_search_locations)


def _templates() -> tuple[Path, ...]:
    try:
        return _folders("envboot.templates")
    except EnvbootError:  # a source tree that is not installed
        return tuple(folder.parent / "templates" for folder in _folders("envboot"))


def _text(module: str, shell: Shell) -> bytes:
    """Return the source of a module; compiled distributions carry it beside the binary."""
    package, *rest = module.split(".")
    for folder in _folders(package):
        place = folder.joinpath(*rest)
        for path in (place / "__init__.py", place.with_suffix(".py") if rest else None):
            text = shell.read(path) if path else None
            if text is not None:
                return text.replace(b"\r\n", b"\n")
    raise EnvbootError(f"the source of {module} cannot be found")


def _own(shell: Shell) -> Iterator[tuple[str, bytes]]:
    """Yield envboot's modules, stripped, and the files of its templates, as they are."""
    for folder in _folders("envboot"):
        yield from _modules(folder, "envboot", shell)
    for folder in _templates():
        for path in shell.folder(folder):
            text = shell.read(path)
            if text is not None and path.suffix not in {".pyc", ".pyo"}:
                yield f"envboot/templates/{path.name}", text.replace(b"\r\n", b"\n")


def _modules(folder: Path, package: str, shell: Shell) -> Iterator[tuple[str, bytes]]:
    for path in shell.folder(folder):
        name = f"{package}.{path.stem}"
        if name in _LEFT_OUT or name == "envboot.templates":
            continue
        if shell.kind(path / "__init__.py") == "file":
            yield from _modules(path, name, shell)
        elif path.suffix == ".py":
            text = (shell.read(path) or b"").replace(b"\r\n", b"\n")
            yield f"{package.replace('.', '/')}/{path.name}", strip(text)


def _borrow(own: Mapping[str, bytes], shell: Shell) -> dict[str, bytes]:
    """Return what ``own`` imports from other distributions, and what that imports of its own."""
    out: dict[str, bytes] = {}
    todo = [m for file, text in own.items() if file.endswith(".py") for m in _imports(text, file)]
    while todo:
        module = todo.pop()
        top = module.partition(".")[0]
        if top not in _BORROWED or module in _LEFT_OUT:
            continue
        parts = module.split(".")
        todo += [".".join(parts[:n]) for n in range(1, len(parts))]
        file = _file(module, shell)
        if not file or file in out:
            continue
        out[file] = strip(_text(module, shell))
        todo += _imports(out[file], file)
    return out


def _file(module: str, shell: Shell) -> str:
    """Return the path of a module in the archive; "" when it is a name inside another module."""
    package, *rest = module.split(".")
    for folder in _folders(package):
        place = folder.joinpath(*rest)
        if shell.kind(place / "__init__.py") == "file":
            return "/".join([package, *rest, "__init__.py"])
        if rest and shell.kind(place.with_suffix(".py")) == "file":
            return "/".join([package, *rest]) + ".py"
    return ""


def _imports(text: bytes, file: str) -> Iterator[str]:
    """Yield all modules that a module may import, anywhere in it, relative names resolved."""
    package = file.split("/")[:-1]
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)


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
    found = metadata.files(name) or ()
    return sorted(
        Path(str(file.locate()))
        for file in found
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


def _zip(members: Mapping[str, bytes]) -> bytes:
    import zipfile

    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for name in sorted(members):
            member = zipfile.ZipInfo(name, _TIME)
            member.compress_type = zipfile.ZIP_DEFLATED
            member.create_system = 3  # Unix, wherever it is built
            member.external_attr = 0o100644 << 16
            file.writestr(member, members[name], compresslevel=9)
    return out.getvalue()


def _members(data: bytes) -> dict[str, bytes]:
    import zipfile
    import zlib

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            return {name: file.read(name) for name in file.namelist()}
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise _no_archive() from error


def _no_archive() -> InvalidFile:
    return InvalidFile(
        "this is no archive of envboot",
        hint="`envboot package-env` writes it anew; `git checkout -- .envboot` restores it",
    )
