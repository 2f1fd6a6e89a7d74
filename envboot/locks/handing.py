"""A lock as the lists that installers take: conda's explicit file, pip's requirements."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from envboot.locks.values import Contents, Locked

_INDEX = re.compile(r"https://files\.pythonhosted\.org/")


def explicit(contents: Contents, *, sha256: bool = True) -> str:
    """Return the file for ``conda create --file``: one address with its digest a line.

    conda 24.9 and newer and mamba 2 know sha256; older ones are given md5, where there is one.
    """
    out = ["@EXPLICIT"]
    for one in _in_order([p for p in contents.packages if p.ecosystem == "conda"]):
        best = (one.sha256, one.md5) if sha256 else (one.md5, one.sha256)
        out.append(f"{one.url}#{best[0] or best[1]}")
    return "\n".join(out) + "\n"


def _in_order(packages: list[Locked]) -> list[Locked]:
    """Return the packages so that each comes after those that it needs, where that can be.

    Programs link them as they are listed, and a package's script may use what it needs.
    """
    by_name = {p.name: p for p in packages}
    done: dict[str, Locked] = {}
    begun: set[str] = set()
    todo = [p.name for p in reversed(packages)]
    while todo:
        name = todo[-1]
        needs = [d for d in by_name[name].depends if (name, d) != ("python", "pip")]  # a circle
        missing = [d for d in needs if d in by_name and d not in begun]
        if name not in begun and missing:
            begun.add(name)
            todo += missing
            continue
        begun.add(name)
        todo.pop()
        done.setdefault(name, by_name[name])
    return list(done.values())


def requirements(contents: Contents) -> str:
    """Return the file for ``pip install --no-deps --require-hashes -r``, "" when pip has no part.

    What the Python package index has is named by its version, so that a mirror serves it too; the
    digest lets one file through only.
    """
    out = []
    for one in contents.packages:
        if one.ecosystem == "pypi":
            version = one.version if _INDEX.match(one.url) else ""
            what = f"{one.name}=={version}" if version else f"{one.name} @ {one.url}"
            out.append(f"{what} --hash=sha256:{one.sha256}\n")
    return "".join(out)
