"""From files to the modules that they bring: what ``import`` can find, namespaces resolved.

Sources: PEP 420 (a folder without ``__init__`` may be shared by several distributions), PEP 3149
(names of compiled modules), CPython's ``importlib.machinery``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envboot.names import NAMESPACES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_FILE = re.compile(r"([^\W\d]\w*)(?:\.pyc?|(?:\.[\w-]+)*\.(?:so|pyd))")
_PLAIN_LIBRARY = re.compile(r"lib\w*\.so")
_MADE = re.compile(r"__editable__.*|\w*__mypyc|_virtualenv")


def brought(
    paths: Iterable[str],
    *,
    declared: frozenset[str] = frozenset(),
    shares: Callable[[str], bool] = lambda _package: False,
) -> tuple[str, ...]:
    """Return the modules of ``paths`` (POSIX, relative to a folder that Python searches), sorted.

    A package is named once; below a namespace the first package or module of each path is. A
    folder is a namespace when it has no ``__init__``, when several distributions are known to
    share it, when it is ``declared`` so, or when its ``__init__`` alone lies in it and
    ``shares`` (asked with ``azure/storage``) says that it opens the package to others.
    """
    sources = (path for path in paths if "__pycache__/" not in path)
    files = [parts for path in sources if (parts := _module(path))]
    packages = {parts[:-1] for parts in files if parts[-1] == "__init__"}
    full = {parts[:-1] for parts in files if parts[-1] != "__init__"}
    shared: dict[tuple[str, ...], bool] = {}

    def namespace(package: tuple[str, ...]) -> bool:
        if package not in packages:
            return True
        dotted = ".".join(package)
        if dotted in NAMESPACES or dotted in declared:
            return True
        if package not in full and package not in shared:
            shared[package] = shares("/".join(package))
        return shared.get(package, False)

    found = set()
    for parts in files:
        for end in range(1, len(parts) + 1):
            head = parts[:end]
            if end == len(parts) or not namespace(head):
                found.add(".".join(head))
                break
    return tuple(sorted(m for m in found if not m.endswith("__init__")))


def _module(path: str) -> tuple[str, ...]:
    """Return the dotted parts of a file, () when Python cannot import it."""
    *folders, name = path.split("/")
    match = _FILE.fullmatch(name)
    if not match or _PLAIN_LIBRARY.fullmatch(name) or _MADE.fullmatch(match[1]):
        return ()
    parts = (*folders, match[1])
    return parts if all(map(str.isidentifier, parts)) else ()


def opens(source: bytes | None) -> bool:
    """Return whether the text of an ``__init__.py`` opens its package to other distributions."""
    text = source or b""
    return b"extend_path" in text or b"declare_namespace" in text
