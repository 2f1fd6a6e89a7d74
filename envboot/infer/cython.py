"""What a Cython file imports: pure over its bytes, and line by line, for it is no Python.

``cimport`` reads declarations at build time. Only the well-known distributions bring any, and
their modules are imported at run time too (numpy's has to be: ``import_array``).
"""

from __future__ import annotations

import re

from envboot import names
from envboot.infer.reading import EMPTY, Reading, Seen
from envboot.infer.syntax import by_lines

_TEXT = re.compile(rb"(\"\"\"|''').*?\1", re.DOTALL)
_CIMPORT = re.compile(
    rb"^[ \t]*(?:from[ \t]+([\w.]+)[ \t]+cimport\b|cimport[ \t]+([\w., \t]+))", re.MULTILINE
)
_OWN = frozenset({"cython", "libc", "libcpp", "cpython", "posix", "openmp"})


def read(data: bytes) -> Reading:
    """Return what Cython code imports; guarded where it stands indented."""
    if b"import" not in data:
        return EMPTY
    data = _TEXT.sub(lambda found: b"\n" * found[0].count(b"\n"), data)
    seen = list(by_lines(data))
    for found in _CIMPORT.finditer(data):
        line = data.count(b"\n", 0, found.start(1 if found[1] else 2)) + 1
        for word in (found[1] or found[2]).decode("latin-1").split(","):
            module = word.split()[0] if word.split() else ""
            if module.partition(".")[0] not in _OWN and names.is_known(module):
                seen.append(Seen(module, line))
    return Reading(tuple(sorted(seen, key=lambda s: s.line)))
