"""What was launched, later: the list, one job's state, its log, the way in, and its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from envboot.console import Console
    from envboot.launching import Launched
    from envboot.shell import Shell


def jobs(shell: Shell, console: Console, *, quiet: bool = False) -> Launched:
    """Print a table of all jobs, each looked at; ``quiet``: none on standard output."""
    raise NotImplementedError


def status(handle: str, shell: Shell, console: Console, *, wait: bool) -> Launched:
    """Say what became of one; ``wait``: until it is ready or ended."""
    raise NotImplementedError


def logs(handle: str, shell: Shell, console: Console, *, follow: bool) -> Launched:
    """Print its log."""
    raise NotImplementedError


def enter(handle: str, shell: Shell, console: Console) -> Launched:
    """Bring the person there."""
    raise NotImplementedError


def stop(handle: str, shell: Shell, console: Console, *, yes: bool) -> Launched:
    """Stop what costs, after a yes."""
    raise NotImplementedError


def delete(handle: str, shell: Shell, console: Console, *, yes: bool) -> Launched:
    """Remove all of it there, after a yes, then forget it here."""
    raise NotImplementedError
