"""What a container, a batch job or systemd leaves of a Linux computer: cgroup limits.

A limit binds when any group above the process has it, so every ancestor is read, in both
hierarchies. Sources: the kernel's ``cgroup-v1`` and ``cgroup-v2`` pages and ``cgroups(7)``.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envboot.shell import Shell

UNLIMITED = 2**62
"""From here on a number means "no limit": v1 writes the largest signed page count."""
_ROOT = PurePosixPath("/sys/fs/cgroup")
_DEEPEST = 64  # ancestors; a hand-made path cannot make us read for ever


@dataclass(frozen=True)
class Limits:
    """What the groups of this process allow; None: no limit."""

    cpus: int | None = None
    """Cores, a part of one counted as one: the least of ceil(quota / period)."""
    memory: int | None = None
    """Bytes: the least limit."""
    memory_free: int | None = None
    """Bytes that may still be taken: the least of limit - use, caches not counted as use."""


def limits(shell: Shell) -> Limits:
    """Return the limits of this process; never raises, what cannot be read limits nothing."""
    cpus: list[int] = []
    totals: list[int] = []
    free: list[int] = []
    for folder, version in _groups(shell):
        quota = _quota(shell, folder, version)
        if quota is not None:
            cpus.append(quota)
        memory = _memory(shell, folder, version)
        if memory is not None:
            totals.append(memory[0])
            free.append(memory[1])
    return Limits(
        min(cpus, default=None),
        min(totals, default=None),
        min(free, default=None),
    )


def _groups(shell: Shell) -> Iterator[tuple[PurePosixPath, int]]:
    """Yield every group folder that binds this process, with its hierarchy's version."""
    mounts = _mounts(shell)
    for line in _text(shell, PurePosixPath("/proc/self/cgroup")).splitlines():
        number, _, rest = line.partition(":")
        names, _, path = rest.partition(":")
        version = 2 if number == "0" and not names else 1
        for controller in ("",) if version == 2 else names.split(","):  # noqa: PLR2004
            if version == 1 and controller not in {"cpu", "memory"}:
                continue
            for mount, root in mounts.get(controller, _usual(controller, names)):
                for group in _ancestors(path, root):
                    yield mount / group, version


def _usual(controller: str, names: str) -> tuple[tuple[PurePosixPath, str], ...]:
    """Return where a hierarchy is by custom; also what systemd's hybrid layout uses."""
    folders = (controller, names) if controller else ("", "unified")
    return tuple((_ROOT / folder, "/") for folder in dict.fromkeys(folders))


def _mounts(shell: Shell) -> dict[str, tuple[tuple[PurePosixPath, str], ...]]:
    """Return {controller: ((mount point, the group that is mounted there), …)}; v2 is ""."""
    found: dict[str, tuple[tuple[PurePosixPath, str], ...]] = {}
    for line in _text(shell, PurePosixPath("/proc/self/mountinfo")).splitlines():
        left, separator, right = line.partition(" - ")
        fields, kind = left.split(" "), right.split(" ")
        if not separator or len(fields) < 5 or len(kind) < 3:  # noqa: PLR2004 - proc(5)
            continue
        place = (PurePosixPath(fields[4]), fields[3])
        if kind[0] == "cgroup2":
            found[""] = (*found.get("", ()), place)
        elif kind[0] == "cgroup":
            for option in kind[2].split(","):
                found[option] = (*found.get(option, ()), place)
    return found


def _ancestors(path: str, root: str) -> Iterator[str]:
    """Yield ``path`` relative to the mounted group and every group above it, "" last.

    A container may see a path that lies outside of what is mounted (``/../x``, or the host's
    name of its group): then only the mounted group itself can be read.
    """
    parts = [p for p in path.split("/") if p]
    top = [p for p in root.split("/") if p]
    if parts[: len(top)] == top:
        parts = parts[len(top) :]
    if ".." in parts or "\0" in path:
        parts = []
    for count in range(min(len(parts), _DEEPEST), 0, -1):
        yield "/".join(parts[:count])
    yield ""


def _quota(shell: Shell, folder: PurePosixPath, version: int) -> int | None:
    if version == 1:
        quota = _number(_text(shell, folder / "cpu.cfs_quota_us"))
        period = _number(_text(shell, folder / "cpu.cfs_period_us"))
    else:
        first, _, second = _text(shell, folder / "cpu.max").strip().partition(" ")
        quota, period = _number(first), _number(second)
    if not quota or not period or quota < 0 or period < 0:
        return None  # "max", -1, or nothing that can be read
    return max(1, -(-quota // period))


def _memory(shell: Shell, folder: PurePosixPath, version: int) -> tuple[int, int] | None:
    names = (
        ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
        if version == 1
        else ("memory.max", "memory.current", "inactive_file")
    )
    limit = _number(_text(shell, folder / names[0]))
    if limit is None or limit < 0 or limit >= UNLIMITED:
        return None
    used = _number(_text(shell, folder / names[1])) or 0
    cached = 0
    for line in _text(shell, folder / "memory.stat").splitlines():
        key, _, value = line.partition(" ")
        if key == names[2]:
            cached = _number(value) or 0
    return limit, min(limit, max(0, limit - max(0, used - cached)))


def _number(text: str) -> int | None:
    text = text.strip()
    digits = text.removeprefix("-")
    return int(text) if digits.isascii() and digits.isdigit() and len(digits) < 25 else None  # noqa: PLR2004


def _text(shell: Shell, path: PurePosixPath) -> str:
    return (shell.read(Path(path), 1 << 20) or b"").decode("utf-8", "replace")
