"""A single script that names its dependencies in a comment block. Source: PEP 723."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from envboot import needs
from envboot.errors import InvalidFile
from envboot.formats import pyproject_toml
from envboot.formats.parts import encoding, toml
from envboot.spec import EnvironmentSpec, Origin

if TYPE_CHECKING:
    from collections.abc import Iterator

PATTERNS = ("*.py",)


def parse(text: str, origin: Origin) -> EnvironmentSpec:
    """Return what the block ``# /// script`` declares; an empty spec where there is none."""
    spec = EnvironmentSpec(source=origin)
    rows = encoding.lines(text)
    blocks = list(_blocks(rows))
    if not blocks:
        return spec
    if len(blocks) > 1:
        raise InvalidFile(
            "there are two blocks `# /// script`",
            hint="keep one (PEP 723)",
            origin=Origin(origin.path, blocks[1][0] + 1),
        )
    start, end = blocks[0]
    content = [row[2:] if row.startswith("# ") else row[1:] for row in rows[start + 1 : end]]
    shifted = "\n" * (start + 1) + "\n".join(content)
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


def _blocks(rows: list[str]) -> Iterator[tuple[int, int]]:
    """Yield the indices of the first and the last line of each script block.

    A block reaches to the last ``# ///`` of an unbroken run of comments, as the PEP's regular
    expression has it; that expression itself takes minutes on a hostile file.
    """
    number = 0
    while number < len(rows):
        if rows[number] != "# /// script":
            number += 1
            continue
        after = number + 1
        last = 0
        while after < len(rows) and (rows[after] == "#" or rows[after].startswith("# ")):
            last = after if rows[after] == "# ///" else last
            after += 1
        if last > number + 1:
            yield number, last
        number = last + 1 if last else after
