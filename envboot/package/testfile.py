"""test_env.py: a test that the environment brings what the production code imports."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from envboot.package import itself, literals, templates
from envboot.package.changes import Change
from envboot.package.setupfile import newline, same_code

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from envboot.derive import Derived
    from envboot.shell import Shell
    from envboot.spec import Dependency

FILENAME = "test_env.py"
_DATA = "MODULES"
_MARK = b"Written by `envboot package-env`"


def draft(root: Path, derived: Derived, shell: Shell) -> tuple[Change, ...]:
    """Return the change of test_env.py: none where nothing is imported, or it is someone else's."""
    before = shell.read(root / FILENAME)
    wanted = {d.name: _asked(d) for d in derived.pip.dependencies if d.name}
    modules = {module: wanted.get(name, name) for module, name in derived.modules}
    if before is None and not modules:
        return ()
    if before is not None and _MARK not in before:
        return ()
    after = render(modules).encode("ascii").replace(b"\n", newline(before or b""))
    if before is not None and same_code(before, after):  # a formatter was at work
        after = before
    return (Change(FILENAME, before, after, ours=before is None or is_ours(before)),)


def _asked(dependency: Dependency) -> str:
    """Return the requirement without a place or a digest: what an installed version can fit."""
    text = dependency.text.split(" --")[0].strip()
    place = "://" in text or itself.is_local(dependency)
    return dependency.name if place else text


def render(modules: Mapping[str, str]) -> str:
    """Return the file: module → requirement line of the distribution that brings it."""
    head, _, tail = templates.text(FILENAME).partition(f"{_DATA} = {{}}\n")
    return head + literals.assignment(_DATA, dict(sorted(modules.items()))) + tail


def is_ours(text: bytes) -> bool:
    """Return whether envboot wrote the file, for whatever modules, and nobody changed it."""
    return _shape(text) == _shape(templates.text(FILENAME).encode())


def _shape(text: bytes) -> str:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""
    for node in tree.body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == _DATA:
            node.value = ast.Constant(value=None)
    return re.sub(r"\s+", " ", ast.dump(tree))
