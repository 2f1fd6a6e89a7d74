"""From what was measured to figures: the table for people, and needs with a margin."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from envboot.spec import Need, Origin

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from envboot.shell import Shell, Usage

GB = 10**9
MARGIN = 1.25
"""Another run, with other data on another computer, may take somewhat more."""
_NOT_ITS = (".git/", ".envboot/", ".venv/")


@dataclass(frozen=True)
class Taken:
    """What a command took."""

    usage: Usage
    written: int
    """Bytes in new files, and in those that grew."""
    environment: int | None
    """Bytes of the environment that it ran in; None without one."""


def places(root: Path, shell: Shell) -> tuple[Path, ...]:
    """Return the folders to compare: the repository, and the one for temporary files."""
    named = (shell.environ.get(name) for name in ("TMPDIR", "TEMP", "TMP"))
    temporary = Path(next((n for n in named if n), "/tmp"))  # noqa: S108 - looked at, not written
    if temporary == root or temporary in root.parents or root in temporary.parents:
        return (root,)
    return (root, temporary)


def grown(before: Mapping[str, int], after: Mapping[str, int]) -> int:
    """Return how many bytes more the files hold, those of git and of the environment left out."""
    return sum(
        max(0, size - before.get(path, 0))
        for path, size in after.items()
        if not path.startswith(_NOT_ITS)
    )


def table(took: Taken) -> Iterator[str]:
    """Yield the lines of the table."""
    usage = took.usage
    many = f", {usage.processes} processes at most" if usage.processes > 1 else ""
    memory = shown(usage.memory) if usage.memory else "not learnt: it was too short"
    rows = [("memory", f"{memory}{many}")]
    if usage.gpu_memory is not None:
        rows.append(("GPU memory", shown(usage.gpu_memory)))
    rows.append(("written", shown(took.written) if took.written else "nothing"))
    if took.environment:
        rows.append(("environment", shown(took.environment)))
    cpu = f", {usage.cpu:.1f} s of processor time" if usage.cpu is not None else ""
    rows.append(("time", f"{usage.seconds:.1f} s{cpu}"))
    if usage.left:
        noun = "1 process goes" if usage.left == 1 else f"{usage.left} processes go"
        rows.append(("left", f"{noun} on, and no longer counted"))
    for name, text in rows:
        yield f"  {name:<11}  {text}"


def needs(took: Taken, command: str) -> tuple[Need, ...]:
    """Return the needs to offer: each figure and a quarter, in whole GB.

    A disk need is of the environment and what was written, from 1 GB on.
    """
    usage = took.usage
    disk = took.written + (took.environment or 0)
    sizes = {
        "memory": usage.memory or 0,
        "disk": disk if disk >= GB else 0,
        "gpu_memory": usage.gpu_memory or 0,
    }
    return tuple(
        Need(
            key,
            value := margin(size),
            f"{value // GB} GB",
            Origin("."),
            "minimum",
            "measured",
            command,
        )
        for key, size in sizes.items()
        if size
    )


def margin(size: int) -> int:
    """Return bytes and a quarter, rounded up to whole GB."""
    return -(-int(size * MARGIN) // GB) * GB


def shown(size: int) -> str:
    """Return bytes in the units that needs are written in."""
    for unit, name in ((GB, "GB"), (10**6, "MB")):
        if size >= unit:
            return f"{size / unit:.1f} {name}"
    return f"{size} bytes"
