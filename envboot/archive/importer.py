"""How Python finds envboot's modules inside ``.envboot/envboot.pyz``.

:mod:`envboot.archive.bundling` copies this file into the archive as its ``envboot/__init__.py``; in
an installed envboot nothing runs it. The modules are in two members, tars compressed with LZMA: it
sees what they have in common, where a plain zip would be half as large again. ``unzip`` and ``tar``
are enough to read them. The second one, which only the owner's commands need, stays packed until
one of its modules is asked for: whoever sets up an environment does not wait for it.
"""

from __future__ import annotations

import os
import sys
from importlib.machinery import ModuleSpec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, ModuleType

SOURCES = "sources.tar.lzma"
OWNERS = "owners.tar.lzma"
UNLZMA = "unlzma.py"
_BLOCK = 512


def unpack(data: bytes) -> dict[str, bytes]:
    """Return the files of an uncompressed tar archive by name (POSIX.1-1988, ustar)."""
    files = {}
    at = 0
    while at < len(data) and data[at]:
        name = data[at : at + 100].rstrip(b"\0").decode()
        size = int(data[at + 124 : at + 135], 8)
        at += _BLOCK
        files[name] = data[at : at + size]
        at += -(-size // _BLOCK) * _BLOCK
    return files


class Importer:
    """Finds and loads the modules of the archive; they win over installed ones of that name."""

    def __init__(
        self, archive: str, files: dict[str, bytes], more: Callable[[], dict[str, bytes]] = dict
    ) -> None:
        """Take the path of the archive, its files by name, and what gives the rest of them."""
        self.archive = archive
        self._files = files
        self._more: Callable[[], dict[str, bytes]] | None = more
        self._tops = frozenset(name.partition("/")[0] for name in files)

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:  # noqa: ARG002 - importlib's signature
        """Return where a module is; None when it is not in the archive."""
        file = self._file(name)
        if not file:
            return None
        origin = self._path(file)
        package = self.is_package(name)
        spec = ModuleSpec(name, self, origin=origin, is_package=package)  # type: ignore[arg-type]
        spec.has_location = True
        if package:
            spec.submodule_search_locations = [os.path.dirname(origin)]  # noqa: PTH120
        return spec

    def create_module(self, spec: ModuleSpec) -> None:
        """Leave making the module to Python."""

    def exec_module(self, module: ModuleType) -> None:
        """Run the module."""
        exec(self.get_code(module.__name__), module.__dict__)  # noqa: S102

    def get_code(self, name: str) -> CodeType:
        """Return the compiled module: what ``runpy`` asks for."""
        file = self._file(name)
        if not file:
            raise ImportError(f"{self.archive} has no module {name}", name=name)
        return compile(self._files[file], self._path(file), "exec", dont_inherit=True)

    def get_source(self, name: str) -> str | None:
        """Return the text of a module: what tracebacks ask for."""
        file = self._file(name)
        return self._files[file].decode() if file else None

    def get_data(self, path: str) -> bytes:
        """Return a file by its whole path: what ``pkgutil.get_data`` asks for."""
        file = path[len(self.archive) + 1 :].replace(os.sep, "/")
        if file not in self._files:
            self._load()
        if file not in self._files:
            raise FileNotFoundError(path)
        return self._files[file]

    def is_package(self, name: str) -> bool:
        """Return whether a module is a package: what ``runpy`` asks for."""
        return self._file(name).endswith("/__init__.py")

    def _file(self, name: str) -> str:
        if name.partition(".")[0] not in self._tops:
            return ""
        stem = name.replace(".", "/")
        for file in (f"{stem}/__init__.py", f"{stem}.py"):
            if file in self._files:
                return file
        return self._file(name) if self._load() else ""

    def _load(self) -> bool:
        """Unpack the second member, once; return whether there was something to unpack."""
        more, self._more = self._more, None
        if more:
            self._files.update(more())
        return more is not None

    def _path(self, file: str) -> str:
        return os.path.join(self.archive, *file.split("/"))  # noqa: PTH118 - pathlib comes late


if __name__ == "envboot":  # inside the archive
    _zip = globals()["__loader__"]
    try:
        from lzma import decompress as _decode
    except ImportError:  # this Python was built without it
        _slow: dict[str, Any] = {"__name__": UNLZMA}
        exec(_zip.get_data(os.path.join(_zip.archive, UNLZMA)), _slow)  # noqa: PTH118, S102
        _decode = _slow["decode"]

    def _member(name: str) -> dict[str, bytes]:
        return unpack(_decode(_zip.get_data(os.path.join(_zip.archive, name))))  # noqa: PTH118

    _importer = Importer(_zip.archive, _member(SOURCES), lambda: _member(OWNERS))
    sys.meta_path.insert(0, _importer)
    exec(_importer.get_code(__name__), globals())  # noqa: S102
