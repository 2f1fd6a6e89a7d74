"""Where the token comes from, in the child alone: the environment first, then gh, which keeps it.

Nothing here prints, stores or passes a token on. Sources: ``gh help environment``, ``gh auth
token --help``; signing in is gh's own work (``gh auth login --web``), because envboot is no
application that GitHub knows.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from envboot.errors import EnvbootError, UsageError

if TYPE_CHECKING:
    from envboot.launchers.codespaces.service import Service
    from envboot.shell import Shell

SILENT = {"GH_PROMPT_DISABLED": "1", "GH_NO_UPDATE_NOTIFIER": "1", "GH_PAGER": "cat"}
SCOPE = "codespace"
GH = "gh"
"""The source that can be signed in anew."""
_SECONDS = 20.0  # a keyring may have to be unlocked
_OWN = ("GH_TOKEN", "GITHUB_TOKEN")
_SERVERS = ("GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN")
_LONGEST = 4096


@dataclass(frozen=True)
class Token:
    """What says to GitHub who asks."""

    value: str = field(repr=False)
    source: str
    """The variable that it came from, or ``gh``."""


def found(at: Service, shell: Shell) -> Token | None:
    """Return the token for that GitHub; None where nobody is signed in.

    Raises UsageError for a variable that holds no token, EnvbootError for a gh that is too old.
    """
    for name in _variables(at):
        value = shell.environ.get(name, "").strip()
        if value and not _plain(value):
            raise UsageError(f"{name} holds what is no token", hint=f"set {name} anew, or unset it")
        if value:
            return Token(value, name)
    if shell.which("gh") is None:
        return None
    said = shell.query(("gh", "auth", "token", "--hostname", at.host), timeout=_SECONDS, env=SILENT)
    if said.out is None and "unknown command" in said.why:
        raise EnvbootError(
            "this `gh` is too old to say who is signed in",
            hint="version 2.17 or newer: https://cli.github.com",
        )
    value = (said.out or "").strip()
    return Token(value, GH) if value and _plain(value) else None


def _variables(at: Service) -> tuple[str, ...]:
    """Return the variables whose token is for that host, and for no other, as gh has it."""
    if at.named:
        return (*_OWN, *_SERVERS)
    return _OWN if at.host in {"github.com", "github.localhost"} or _cloud(at.host) else _SERVERS


def _cloud(host: str) -> bool:
    return host.endswith(".ghe.com")


def _plain(value: str) -> bool:
    """Return whether it can stand in a header: more would be another header."""
    return len(value) <= _LONGEST and value.isascii() and value.isprintable() and " " not in value


def at_terminal(argv: tuple[str, ...], shell: Shell) -> tuple[str, ...]:
    """Return gh's command for the person's terminal, with gh's absolute path.

    It starts in the person's folder, and Windows takes a program that lies there before PATH.
    """
    return (str(shell.which(argv[0]) or argv[0]), *argv[1:])


def login(at: Service) -> tuple[str, ...]:
    """Return gh's command that signs a person in, in her browser, with the scope that is needed."""
    return ("gh", "auth", "login", "--hostname", at.host, "--web", "-s", SCOPE)


def refresh(at: Service) -> tuple[str, ...]:
    """Return gh's command that adds the scope to a login that lacks it."""
    return ("gh", "auth", "refresh", "--hostname", at.host, "-s", SCOPE)
