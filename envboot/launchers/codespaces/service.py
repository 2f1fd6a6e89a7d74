"""Which GitHub: where its API is, what gh calls it, and links that need no login here.

Sources: ``gh help environment`` (GH_HOST); GitHub's documentation of workflow variables
(GITHUB_API_URL, GITHUB_SERVER_URL) and of the REST API's addresses on github.com, on GHE.com
(``https://api.SUBDOMAIN.ghe.com``) and on Enterprise Server (``https://HOST/api/v3``).
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, quote, urlencode, urlsplit

from envboot.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

PUBLIC = "github.com"
_API = "https://api.github.com"
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?(?::[0-9]{1,5})?")
_HERE = "github.localhost"
"""The host that gh itself is tested with."""


@dataclass(frozen=True)
class Service:
    """One GitHub."""

    host: str
    """What ``gh --hostname`` takes: ``github.com``."""
    api: str
    """Without a slash at the end: ``https://api.github.com``."""
    web: str
    """For browsers: ``https://github.com``."""
    named: bool = False
    """GITHUB_API_URL names the API: the tokens of the environment are for it."""

    def serves(self, host: str) -> bool:
        """Return whether a repository at ``host`` is one that this GitHub has."""
        names = {self.host, urlsplit(self.web).hostname, urlsplit(self.api).hostname}
        # whoever points the API at this very computer means the stand-in of github.com there
        return host in names or (host == PUBLIC and loopback(urlsplit(self.api).hostname or ""))


def service(environ: Mapping[str, str]) -> Service:
    """Return the GitHub that the environment names, github.com by default.

    GITHUB_API_URL comes first, as for ``gh codespace``; the public one that every job of GitHub
    Actions has does not hide a GH_HOST. Raises UsageError for an address that no token goes to.
    """
    told = environ.get("GITHUB_API_URL", "").strip().rstrip("/")
    host = environ.get("GH_HOST", "").strip().lower()
    server = environ.get("GITHUB_SERVER_URL", "").strip().rstrip("/")
    if host and not _HOST.fullmatch(host):
        raise UsageError("GH_HOST is no name of a host", hint="`GH_HOST=github.example.com`")
    if told and not (told == _API and host not in ("", PUBLIC)):
        api = _checked(told, "GITHUB_API_URL")
        host = host or (_split(server).hostname if server else "") or _behind(api)
        return Service(host, told, server or f"https://{host}", named=True)
    host = host or PUBLIC
    api_of_host = {PUBLIC: _API, _HERE: f"http://api.{_HERE}"}.get(host)
    if api_of_host is None:
        api_of_host = (
            f"https://api.{host}" if host.endswith(".ghe.com") else f"https://{host}/api/v3"
        )
    return Service(host, api_of_host, f"https://{host}")


def loopback(host: str) -> bool:
    """Return whether a name or an address never leaves this computer (RFC 6761, RFC 1122)."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises for one that is no number
    except ValueError:
        return urlsplit("")
    return parts


def _checked(url: str, name: str) -> SplitResult:
    parts = _split(url)
    host = parts.hostname or ""
    named = _HOST.fullmatch(host) or loopback(host)  # ::1 is no name
    if "@" in parts.netloc or parts.query or parts.fragment or not named:
        raise UsageError(f"{name} is no address of an API", hint=f"`{name}={_API}`")
    if parts.scheme == "https" or (parts.scheme == "http" and loopback(host)):
        return parts
    raise UsageError(
        f"{name} does not begin with https://, and a token would be readable on its way",
        hint=f"`{name}={_API}`",
    )


def _behind(api: SplitResult) -> str:
    """Return the host whose API it is."""
    host = api.hostname or ""
    if loopback(host):
        return PUBLIC
    return host.removeprefix("api.")


# --------------------------------------------------------------------------- links


@dataclass(frozen=True)
class Wanted:
    """A codespace as it is asked for."""

    repository: str
    """``ann/sunspots``"""
    branch: str
    machine: str = ""
    """GitHub's name of the size; "": as GitHub chooses."""
    devcontainer: str = ""
    """Where devcontainer.json is in the repository; "": GitHub's own image."""
    geo: str = ""
    """EuropeWest | SoutheastAsia | UsEast | UsWest; "": near whoever asks."""


def link(wanted: Wanted, at: Service) -> str:
    """Return the page where a person makes that codespace, after signing in there.

    Source: GitHub's documentation, "Facilitating quick creation and resumption of codespaces".
    """
    if at.host == PUBLIC and not (wanted.machine or wanted.geo):
        place = f"https://codespaces.new/{quote(wanted.repository)}"
        tree = f"/tree/{quote(wanted.branch)}" if wanted.branch else ""
        more = {"quickstart": "1", "devcontainer_path": wanted.devcontainer}
        return f"{place}{tree}?{_query(more)}"
    asked = {
        "hide_repo_select": "true",
        "repo": wanted.repository,
        "ref": wanted.branch,
        "machine": wanted.machine,
        "devcontainer_path": wanted.devcontainer,
        "geo": wanted.geo,
        "skip_quickstart": "true",
    }
    return f"{at.web}/codespaces/new?{_query(asked)}"


def _query(values: Mapping[str, str]) -> str:
    return urlencode({k: v for k, v in values.items() if v})
