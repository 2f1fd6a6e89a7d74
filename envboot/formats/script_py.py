"""A single script that names its dependencies in a comment block. Source: PEP 723."""

from __future__ import annotations

import re
from dataclasses import replace

from envboot import needs
from envboot.errors import InvalidFile
from envboot.formats import pyproject_toml, toml
from envboot.spec import EnvironmentSpec, Origin

PATTERNS = ("*.py",)
_BLOCK = re.compile(r"(?m)^# /// (?P<type>[a-zA-Z0-9-]+)$\s(?P<content>(^#(| .*)$\s)+)^# ///$")


def parse(text: str, origin: Origin) -> EnvironmentSpec:
    """Return what the block ``# /// script`` declares; an empty spec where there is none."""
    spec = EnvironmentSpec(source=origin)
    blocks = [m for m in _BLOCK.finditer(text.replace("\r\n", "\n")) if m["type"] == "script"]
    if not blocks:
        return spec
    first = text.replace("\r\n", "\n").count("\n", 0, blocks[0].start("content"))
    if len(blocks) > 1:
        line = text.replace("\r\n", "\n").count("\n", 0, blocks[1].start()) + 1
        raise InvalidFile(
            "there are two blocks `# /// script`",
            hint="keep one (PEP 723)",
            origin=Origin(origin.path, line),
        )
    content = "\n".join(
        row[2:] if row.startswith("# ") else row[1:] for row in blocks[0]["content"].split("\n")
    )
    shifted = "\n" * first + content
    document = toml.loads(shifted, origin)
    at = toml.Lines(shifted, origin)
    place = at.origin("requires-python")
    python = pyproject_toml.check_python(document.get("requires-python", ""), place)
    wanted = pyproject_toml.table(document, at, "tool", "envboot", "needs")
    return replace(
        spec,
        python=python,
        python_origin=place if python else None,
        dependencies=pyproject_toml.strings(document.get("dependencies", []), at, "dependencies"),
        needs=needs.read(wanted, at.under("tool", "envboot", "needs")) if wanted else (),
    )
