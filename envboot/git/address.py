"""Addresses of repositories: which host, whose, called what, and how others clone it.

Sources: git-clone(1), "GIT URLS"; the hosts' own pages on SSH over the HTTPS port.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlsplit

from envboot.shell import redact

if TYPE_CHECKING:
    from collections.abc import Callable

    from envboot.shell import Shell

PUBLIC = frozenset({"github.com", "gitlab.com", "bitbucket.org", "codeberg.org"})
"""Where the same path behind ``https://`` is the same repository, for reading without a key."""
_SAME = {
    "www.github.com": "github.com",
    "ssh.github.com": "github.com",
    "altssh.gitlab.com": "gitlab.com",
    "altssh.bitbucket.org": "bitbucket.org",
}
_SCP = re.compile(r"(?:([^@/:\s]+)@)?(\[[^\]/]+\]|[^/:\s\[\]]{2,}):(?!:)(?!//)(.+)")
_HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*|[0-9a-fA-F:]+")
_HELPER = re.compile(r"[A-Za-z0-9][\w+-]*::")  # gitremote-helpers(7): runs a program of that name
_WEB = ("http", "https")
_NET = (*_WEB, "git", "ssh", "git+ssh", "ssh+git")


@dataclass(frozen=True)
class Address:
    """Where a repository is; ``host`` and ``owner`` are "" for a path and what is not known."""

    url: str
    host: str
    owner: str
    name: str


def parse(text: str, alias: Callable[[str], str] = str) -> Address:
    """Return what an address says; passwords and tokens in it are left out.

    ``alias`` returns the real name of a host that only ``ssh`` knows.
    """
    text = text.strip()
    if not text.isprintable():
        return Address(ascii(text), "", "", "")
    scp = _SCP.fullmatch(text)
    if _HELPER.match(text):
        return Address(redact(text), "", "", "")
    if "://" in text:
        return _address(text, alias)
    if scp:
        return _scp(text, scp, alias)
    return Address(redact(text), "", "", _name(text))


def behind_alias(host: str, shell: Shell) -> str:
    """Return the host that ``ssh`` would go to for ``host``, by the person's own settings."""
    if host in PUBLIC or host in _SAME or not _HOST.fullmatch(host) or not shell.which("ssh"):
        return host
    said = shell.query(("ssh", "-G", "--", host)).out or ""
    found = re.search(r"(?m)^hostname (\S+)$", said)
    return found[1] if found else host


def _address(text: str, alias: Callable[[str], str]) -> Address:
    scheme, _, rest = text.partition("://")
    authority, slash, path = rest.partition("/")
    login, _, host = authority.rpartition("@")  # a password may hold what ends a name elsewhere
    try:
        parts = urlsplit(f"{scheme}://{host}{slash}{path}")
        port = parts.port
    except ValueError:
        return Address(re.sub(r"://.*@", "://***@", redact(text)), "", "", "")
    host = (parts.hostname or "").lower()
    if parts.scheme not in _NET or not _HOST.fullmatch(host):
        shown = re.sub(r"://.*@", "://***@", parts.geturl())  # a password may hold any sign
        return Address(redact(shown), "", "", _name(parts.path.rpartition("@")[2]))
    web = parts.scheme in _WEB
    real = host if web or parts.scheme == "git" else alias(host).lower()
    real = _SAME.get(real, real)
    owner, name = _owner(parts.path)
    if real in PUBLIC:
        return Address(_https(real, owner, name), real, owner, name)
    name_there = login.partition(":")[0]
    user = "" if web or not re.fullmatch(r"[\w.%+-]+", name_there) else f"{name_there}@"
    shown = f"[{host}]" if ":" in host else host
    where = f"{user}{shown}:{port}" if port else f"{user}{shown}"
    return Address(f"{parts.scheme}://{where}{parts.path}", real, owner, name)


def _scp(text: str, found: re.Match[str], alias: Callable[[str], str]) -> Address:
    user, host, path = found[1] or "", found[2].strip("[]"), found[3]
    if not _HOST.fullmatch(host):
        return Address(redact(text), "", "", _name(path))
    real = alias(host).lower()
    real = _SAME.get(real, real)
    owner, name = _owner(path)
    if real in PUBLIC:
        return Address(_https(real, owner, name), real, owner, name)
    if not user and "." not in real:  # `gh:o/r`: a shorthand of somebody's, or a name on this net
        return Address(text, "", "", name)
    return Address(text, real, owner, name)


def _owner(path: str) -> tuple[str, str]:
    """Return whose it is and its name: ``/group/sub/repo.git`` → ``group/sub``, ``repo``."""
    parts = [unquote(part) for part in path.split("/") if part not in ("", ".", "..", "~")]
    return "/".join(parts[:-1]), _name("/".join(parts))


def _name(path: str) -> str:
    last = posixpath.basename(path.replace("\\", "/").rstrip("/"))
    return last[: -len(".git")] if last.endswith(".git") and last != ".git" else last


def _https(host: str, owner: str, name: str) -> str:
    return f"https://{host}/{quote(f'{owner}/{name}'.lstrip('/'))}.git"
