"""Why a step failed where the computer is the reason, and what to do: a full disk, no network."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from envboot.shell import Shell

LITTLE = 64 << 20
"""Bytes free below which a disk counts as full: pip alone needs a quarter of it."""
_FULL = re.compile(
    r"no space left on device|disk quota exceeded|not enough space on the disk|os error 28\b",
    re.IGNORECASE,
)
_UNREACHABLE = re.compile(
    r"name resolution|resolving dns|dns error|could not resolve|name or service not known"
    r"|nodename nor servname|getaddrinfo failed|network is unreachable|no route to host"
    r"|connection (?:refused|timed out|reset)|failed to establish a new connection"
    r"|newconnectionerror|connecttimeout|error sending request|cannot connect to proxy"
    r"|ProxyError|CondaHTTPError|error \(?connect\)?|cannot be reached|no address has that name",
    re.IGNORECASE,
)


_REASONS = (
    (
        re.compile(r"missing an upload date|upload[- ]time", re.IGNORECASE),
        (
            "this index does not say when files were uploaded (PEP 700), so it cannot be asked "
            "as of a date: leave `--as-of` out, or configure an index that says so"
        ),
    ),
    (
        re.compile("download.pytorch.org"),
        (
            "torch was to come from PyTorch's own index: where that cannot be reached, "
            "`PIP_INDEX_URL=https://pypi.org/simple` takes it from PyPI as it is there"
        ),
    ),
    (
        _UNREACHABLE,
        (
            "the package index cannot be reached: is there a network? A proxy is named by "
            "HTTPS_PROXY, an index of your own by pip's configuration"
        ),
    ),
    (
        re.compile("from versions: none"),  # pip, also where an index did not answer
        "no index that was asked has a package of that name: is it written right?",
    ),
)


def remedy(said: Sequence[str], prefix: Path, shell: Shell, *, offline: bool) -> str:
    """Return what to do about a step that failed, "" where the reason is not the computer.

    ``said`` are the step's message and last lines. The disks are looked at too, since programs
    clear away what they could not finish, and some (ensurepip) do not say why.
    """
    text = "\n".join(said)
    full = _full(prefix, shell)
    if full:
        return full
    if _FULL.search(text):
        return "a disk is full, the lines above say where: make room there, and try again"
    if offline:
        return "`--offline` takes only what is on this computer: without it the index is asked"
    return next((hint for reason, hint in _REASONS if reason.search(text)), "")


def unreachable(said: Sequence[str]) -> bool:
    """Return whether a step failed because a server could not be reached."""
    return _UNREACHABLE.search("\n".join(said)) is not None


def _full(prefix: Path, shell: Shell) -> str:
    """Return which of the disks that are written to is full."""
    places = [(prefix.parent, "make room there, or give another place with `--prefix`")]
    named = (shell.environ.get(name) for name in ("TMPDIR", "TEMP", "TMP"))
    temporary = next(filter(None, named), None)
    places.append((Path(temporary or "/tmp"), "make room there, or set TMPDIR to another folder"))  # noqa: S108
    if shell.home:
        places.append((shell.home, "make room there: installers keep their caches in it"))
    for place, what in places:
        free = shell.disk_free(place)
        if free is not None and free < LITTLE:
            return f"the disk of {place} is full ({free / 2**20:.0f} MiB are free): {what}"
    return ""
