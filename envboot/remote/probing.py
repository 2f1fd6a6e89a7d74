"""What a computer behind ssh has: the archive of this repository is carried there, and asks.

One round trip: the archive goes in by standard input, :class:`envboot.machine.Machine` comes out
as JSON. Nothing is left there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from envboot.machine import Machine
    from envboot.remote import Place
    from envboot.shell import Shell


def probe(
    where: Place, root: Path, asked: frozenset[str], shell: Shell, *, timeout: float = 30.0
) -> Machine | str:
    """Return what it has, or a sentence that says why it cannot be learnt.

    ``root`` is the packed repository whose archive is carried; ``asked`` as for
    :func:`envboot.machine.probe`.
    """
    raise NotImplementedError


def probes(
    places: tuple[Place, ...], root: Path, asked: frozenset[str], shell: Shell
) -> tuple[Machine | str, ...]:
    """Probe all at once, in the same order."""
    raise NotImplementedError
