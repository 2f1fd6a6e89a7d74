"""What the child asks of GitHub and does there: sizes, one codespace made, looked at, ended.

Answers are plain values for JSON. What GitHub replies is read with care: a name becomes part of an
address and of a command line, a link is opened by a browser. Source: GitHub's OpenAPI description
of its REST API, "Codespaces".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from envboot.launchers.codespaces.sentences import Trouble, plain
from envboot.launchers.codespaces.service import loopback

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from envboot.launchers.codespaces.rest import Api
    from envboot.launchers.codespaces.service import Wanted

Facts = dict[str, Any]
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
"""What a codespace, a machine type, an owner or a repository may be called."""
_PAGE = 100  # codespaces an answer
_PAGES = 20
_FILES = (".devcontainer/devcontainer.json", ".devcontainer.json")
_TRIES = 3  # to make one


# ------------------------------------------------------------------------- looking


def sizes(api: Api, repository: str, branch: str) -> Facts:
    """Return the machine types, who is billed, and what was pushed for containers.

    ``machines``: as GitHub's machine types; ``billed``: a login; ``devcontainer``: its path, ""
    without one; ``granted``: whether what it asks for of other repositories was given (True where
    GitHub does not say).
    """
    place = f"/repos/{quote(repository)}/codespaces"
    found = machines(api, repository, branch)
    before = _table(api.get(f"{place}/new", ref=branch))
    owner = before.get("billable_owner")
    path = _devcontainer(api, place)
    granted = True
    if path:
        try:
            said = api.get(f"{place}/permissions_check", ref=branch, devcontainer_path=path)
            granted = _table(said).get("accepted") is not False
        except Trouble as error:
            if error.status not in (404, 422, 503):  # it knows nothing of that file: no bar
                raise
    return {
        "machines": found,
        "billed": _name(owner.get("login")) if isinstance(owner, dict) else "",
        "devcontainer": path,
        "granted": granted,
    }


def machines(api: Api, repository: str, branch: str) -> list[Facts]:
    """Return the machine types that this account may have for that branch."""
    said = api.get(f"/repos/{quote(repository)}/codespaces/machines", ref=branch)
    return [_machine(row) for row in _rows(said, "machines")]


def _devcontainer(api: Api, place: str) -> str:
    """Return the devcontainer.json of the whole repository; "" without one."""
    rows = _rows(api.get(f"{place}/devcontainers", per_page=str(_PAGE)), "devcontainers")
    paths = {row.get("path") for row in rows}
    return next((path for path in _FILES if path in paths), "")


def _machine(row: Facts) -> Facts:
    numbers = {k: row.get(k) for k in ("cpus", "memory_in_bytes", "storage_in_bytes")}
    if not all(isinstance(n, int) and n > 0 for n in numbers.values()) or not _name(
        row.get("name")
    ):
        raise Trouble("GitHub describes a machine type in a way that is not known here")
    return {
        "name": _name(row["name"]),
        "title": plain(str(row.get("display_name") or "")),
        "system": plain(str(row.get("operating_system") or "linux")),
        "prebuilt": row.get("prebuild_availability") == "ready",
        **numbers,
    }


def look(api: Api, name: str, display: str) -> Facts | None:
    """Return one codespace, by GitHub's name, else by the one that we gave it; None: not there."""
    if not name:
        return _titled(api, display)
    try:
        return _codespace(api.get(f"/user/codespaces/{quote(name)}"))
    except Trouble as error:
        if error.status == 404:  # noqa: PLR2004
            return None
        raise


def _titled(api: Api, display: str) -> Facts | None:
    """Return the codespace that was called ``display``; one that is not being deleted first."""
    found = [_codespace(row) for row in _every(api) if row.get("display_name") == display]
    return min(found, key=lambda one: one["state"] == "Deleted", default=None)


def _every(api: Api) -> Iterator[Facts]:
    for page in range(1, _PAGES + 1):
        query = {"per_page": str(_PAGE), "page": str(page)}
        rows = _rows(api.get("/user/codespaces", **query), "codespaces")
        yield from rows
        if len(rows) < _PAGE:
            return


def _codespace(said: object) -> Facts:
    row = _table(said)
    repository = row.get("repository")
    full = str(repository.get("full_name") or "") if isinstance(repository, dict) else ""
    git = row.get("git_status") if isinstance(row.get("git_status"), dict) else {}
    machine = row.get("machine") if isinstance(row.get("machine"), dict) else {}
    assert isinstance(git, dict)  # noqa: S101 - as above
    assert isinstance(machine, dict)  # noqa: S101 - as above
    notices = ("last_known_stop_notice", "pending_operation_disabled_reason", "idle_timeout_notice")
    name = _name(row.get("name"))
    if not name:
        raise Trouble("GitHub describes a codespace in a way that is not known here")
    return {
        "name": name,
        "state": plain(str(row.get("state") or "Unknown")),
        "link": _link(row.get("web_url")),
        "folder": _name(full.rpartition("/")[2]),
        "machine": plain(str(machine.get("display_name") or "")),
        "notice": next((plain(str(row[n])) for n in notices if row.get(n)), ""),
        "unsaved": bool(git.get("has_uncommitted_changes") or git.get("has_unpushed_changes")),
    }


# --------------------------------------------------------------------------- doing


@dataclass(frozen=True)
class Order:
    """What is to be made."""

    wanted: Wanted
    display: str
    """The name that we give it, at most 48 characters: by it a killed launch is found again."""
    idle: int = 0
    """Minutes after which it stops by itself; 0: as the account has it."""
    without_permissions: bool = False
    """Do without what devcontainer.json asks for of other repositories."""

    @property
    def body(self) -> Facts:
        """Return GitHub's words for it."""
        body = {
            "ref": self.wanted.branch,
            "machine": self.wanted.machine,
            "devcontainer_path": self.wanted.devcontainer,
            "geo": self.wanted.geo,
            "idle_timeout_minutes": self.idle,
            "display_name": self.display,
            "multi_repo_permissions_opt_out": self.without_permissions,
        }
        return {key: value for key, value in body.items() if value}


def create(api: Api, order: Order, said: Callable[[str], None]) -> Facts:
    """Return the codespace of that name: the one that is there, else a new one.

    Where it is not known whether GitHub heard us, we look before we ask again: never two.
    """
    place = f"/repos/{quote(order.wanted.repository)}/codespaces"
    last: Trouble | None = None
    for attempt in range(_TRIES + 1):
        if last:
            said(f"{last}; looking whether it was made all the same")
            api.pause(last)
        there = _titled(api, order.display)
        if there and there["state"] != "Deleted":
            said(f"it is there: {there['name']}")
            return there
        if last and attempt == _TRIES:
            break
        try:
            made = _codespace(api.post(place, order.body))
        except Trouble as error:
            if not error.passing:
                raise
            last = error
        else:
            said(f"GitHub makes it: {made['name']}")
            return made
    raise last or Trouble("GitHub makes no codespace")


def end(api: Api, deed: str, name: str, display: str, said: Callable[[str], None]) -> None:
    """Stop it or delete it; what is not there any more is no error."""
    found = {"name": name} if name else _titled(api, display)
    if found is None:
        said("there is no such codespace any more")
        return
    place = f"/user/codespaces/{quote(found['name'])}"
    try:
        if deed == "delete":
            api.delete(place)
        else:
            api.post(f"{place}/stop", tries=_TRIES)
    except Trouble as error:
        if error.status != 404:  # noqa: PLR2004
            raise
        said("there is no such codespace any more")
        return
    said("GitHub deletes it" if deed == "delete" else "GitHub stops it")


# ------------------------------------------------------------------- what it replies


def _table(said: object) -> Facts:
    if not isinstance(said, dict):
        raise Trouble("GitHub's answer is not of the kind that was expected")
    return said


def _rows(said: object, key: str) -> list[Facts]:
    rows = _table(said).get(key)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Trouble(f"GitHub's answer has no list of {key}")
    return rows


def _name(said: object) -> str:
    """Return a name that may stand in an address and on a command line; "" for another."""
    return said if isinstance(said, str) and NAME.fullmatch(said) else ""


def _link(said: object) -> str:
    """Return a link that a browser may be given; "" for another."""
    try:
        parts = urlsplit(said if isinstance(said, str) else "")
        host = parts.hostname or ""
    except ValueError:
        return ""
    fine = parts.scheme == "https" or (parts.scheme == "http" and loopback(host))
    return str(said) if fine and host and str(said).isprintable() and " " not in str(said) else ""
