"""The kernel that a notebook names: pointed at an environment here, the portable one kept."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envboot.errors import CommandFailed
from envboot.formats import notebook as notebooks
from envboot.notebook import trust
from envboot.spec import Origin

if TYPE_CHECKING:
    from pathlib import Path

    from envboot.console import Console
    from envboot.shell import Shell

SPEC = ("metadata", "kernelspec")
KEPT = (*notebooks.OWN, "kernelspec")
_OURS = re.compile(r"envboot-[0-9a-f]{12}")
_LARGEST = 1 << 30  # bytes of a notebook


def language(notebook: Path, shell: Shell) -> str:
    """Return the language that a notebook says it is in, in lower case; "" where it does not.

    Raises InvalidFile for what is no notebook.
    """
    metadata = _metadata(shell.read(notebook, _LARGEST) or b"{}", notebook)
    for key, part in (("kernelspec", "language"), ("language_info", "name")):
        found = metadata.get(key)
        said = found.get(part) if isinstance(found, dict) else None
        if isinstance(said, str) and said:
            return said.lower()
    return ""


def point(notebook: Path, kernel: str, title: str, shell: Shell, console: Console) -> None:
    """Let a notebook name the kernel ``kernel``; a notebook that cannot be changed is said.

    ``title`` is what Jupyter shows. Nothing else of the file changes.
    """
    before = shell.read(notebook, _LARGEST)
    if before is None:
        console.warn(f"{notebook.name} cannot be read: choose the kernel `{title}` in Jupyter")
        return
    after = pointed(before, kernel, title, notebook)
    if after == before:
        return
    if shell.read(notebook, _LARGEST) != before:
        console.warn(f"{notebook.name} is being changed: choose the kernel `{title}` in Jupyter")
        return
    known = trust.trusted((notebook,), shell)
    try:
        shell.write(notebook, after)
    except CommandFailed as error:
        console.warn(
            f"{notebook.name} does not name its kernel: {error}",
            hint=f"choose the kernel `{title}` in Jupyter",
        )
        return
    if known:
        trust.sign({notebook: after}, shell)
    console.say(f"{notebook.name} names the kernel `{title}`")


def pointed(before: bytes, kernel: str, title: str, notebook: Path) -> bytes:
    """Return the bytes of a notebook that names the kernel; the first foreign one is kept."""
    metadata = _metadata(before, notebook)
    there = metadata.get("kernelspec")
    wanted = {"display_name": title, "language": "python", "name": kernel}
    if isinstance(there, dict) and there.get("name") == kernel:
        return before
    after = notebooks.put(before, SPEC, wanted)
    ours = isinstance(there, dict) and _OURS.fullmatch(str(there.get("name")))
    if isinstance(there, dict) and not ours:
        after = notebooks.put(after, KEPT, there)
    return after


def _metadata(data: bytes, notebook: Path) -> dict[str, object]:
    return dict(notebooks.read(data, Origin(notebook.name)).metadata)
