"""Which codespaces can be had: the repository on GitHub, the machine types, who is billed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

from envboot.errors import FallsShort, NothingFound, UsageError
from envboot.git import looking
from envboot.git.published import published
from envboot.jobs import Offer
from envboot.launchers.codespaces import child, signing_in
from envboot.launchers.codespaces.github import NAME
from envboot.launchers.codespaces.service import service
from envboot.machine import GIB, Machine
from envboot.plan import Plan, Run

if TYPE_CHECKING:
    from collections.abc import Mapping

    from envboot.git.published import Published
    from envboot.shell import Shell
    from envboot.site import Site

PRICES = "https://github.com/features/codespaces"
GEOS = ("EuropeWest", "SoutheastAsia", "UsEast", "UsWest")
IDLE = (5, 240)
"""Minutes: GitHub takes no fewer, and no more."""
_GLIBC = (
    "2.36"  # of Debian 12, which `package-env --with devcontainer` names; GitHub's own is newer
)
# Name, cores, GiB of memory, GB of disk. Source: GitHub's documentation, "Machine types for
# codespaces"; for the link alone: whoever is signed in is told by GitHub which there are.
_PUBLISHED = (
    ("basicLinux32gb", 2, 8, 32),
    ("standardLinux32gb", 4, 16, 32),
    ("premiumLinux", 8, 32, 64),
    ("largePremiumLinux", 16, 64, 128),
)


@dataclass(frozen=True)
class Origin:
    """The repository as GitHub has it."""

    repository: str
    """``ann/sunspots``"""
    branch: str
    commit: str
    """The newest commit here that is there."""
    folder: str = ""
    """Where the repository that is packed lies below the top; "" at the top."""


def unreachable(site: Site) -> str:
    """Return why GitHub cannot have this repository, as a sentence; "" when it can."""
    try:
        at = service(site.shell.environ)
    except UsageError as error:
        return error.message
    found = published(site.root, site.shell)
    if found is None and looking.line(looking.ask(site.root, site.shell, "remote")):
        return f"nothing is committed here yet, and a codespace is made from what is at {at.host}"
    if found is None or not found.host:
        return f"the repository has no remote on {at.host}, and a codespace is made from there"
    if not at.serves(found.host):
        return f"the repository is at {found.host}, and codespaces are at {at.host}"
    if not _names(found):
        return f"{found.url} is no repository of {at.host}"
    return ""


def _names(found: Published) -> bool:
    return bool(NAME.fullmatch(found.owner) and NAME.fullmatch(found.name))


def origin(site: Site) -> Origin:
    """Return the repository as GitHub has it. Raises NothingFound where it has not."""
    why = unreachable(site)
    found = published(site.root, site.shell)
    if why or found is None:
        raise NothingFound(why or "the repository has no remote")
    if not found.branch:
        detached = not looking.line(looking.ask(site.root, site.shell, "branch", "--show-current"))
        what = "HEAD is detached" if detached else "this branch is not at GitHub"
        raise NothingFound(
            f"{what}, and a codespace begins with a branch that is there",
            hint="`git switch BRANCH`; a new one has to be pushed"
            if detached
            else f"`--push` pushes it, or `git push --set-upstream {found.remote} HEAD`",
        )
    return Origin(f"{found.owner}/{found.name}", found.branch, found.commit, found.folder)


# ------------------------------------------------------------------------ signing in


def signing(site: Site) -> Plan | None:
    """Return gh's own steps where nobody is signed in yet, or without the scope; None: go on."""
    check(site)  # before anybody signs in for what cannot be ordered
    place, shell = origin(site), site.shell
    said = child.ask(shell, "ready", *_of(place))
    if shell.which("gh") is None:
        return None
    at = service(shell.environ)
    if said.remedy == "refresh":
        argv, why = signing_in.refresh(at), "gh asks GitHub for more, in your browser"
    elif said.unsigned or said.remedy == "login":
        argv, why = signing_in.login(at), f"gh signs you in to {at.host}, in your browser"
    else:
        return None
    told = f"`{' '.join(argv)}`: {why}"
    return Plan(said.problem, (Run(signing_in.at_terminal(argv, shell), terminal=True, why=told),))


def _of(place: Origin) -> tuple[str, ...]:
    return ("--repository", place.repository, "--branch", place.branch)


# ----------------------------------------------------------------------------- sizes


@dataclass(frozen=True)
class Terms:
    """What GitHub says before one is made."""

    place: Origin
    signed: bool
    """False: nobody is signed in here, and a link remains."""
    machines: tuple[Mapping[str, Any], ...] = ()
    billed: str = ""
    """The account that GitHub bills; "" when it does not say."""
    devcontainer: str = ""
    granted: bool = True


def terms(site: Site) -> Terms:
    """Return what GitHub says of a codespace of this repository. Raises EnvbootError."""
    place = origin(site)
    try:
        facts = _asked(cast("Any", site.shell), *_of(place))
    except _RefusedError as error:
        if error.said.unsigned and site.shell.which("gh") is None:
            return Terms(place, signed=False)
        raise error.said.error from None
    machines = tuple(facts.get("machines") or ())
    if not machines:
        raise FallsShort(
            f"GitHub offers no machine type for {place.repository}",
            hint="that is so where a free plan's hours are used up, or an organisation forbids "
            "codespaces: https://github.com/settings/billing",
        )
    return Terms(
        place,
        signed=True,
        machines=machines,
        billed=str(facts.get("billed") or ""),
        devcontainer=str(facts.get("devcontainer") or ""),
        granted=bool(facts.get("granted")),
    )


class _RefusedError(Exception):
    """GitHub does not say; not kept, so that it is asked again."""

    def __init__(self, said: child.Said) -> None:
        super().__init__(said.problem)
        self.said = said


@lru_cache(maxsize=1)
def _asked(shell: Shell, *words: str) -> Mapping[str, Any]:
    """Return what GitHub says, asked once a launch: the sizes, and the plan of the one chosen."""
    said = child.ask(shell, "sizes", *words)
    if said.problem:
        raise _RefusedError(said)
    return said.facts


def offers(site: Site) -> tuple[Offer, ...]:
    """Return the machine types: GitHub's list, or the published one where a link remains."""
    check(site)
    found = terms(site)
    if not found.signed:
        return tuple(
            _offer(
                name,
                f"{cores} cores, {memory} GB of memory, {disk} GB of disk",
                machine(cores, memory * GIB, disk * 10**9),
            )
            for name, cores, memory, disk in _PUBLISHED
        )
    return tuple(_typed(row) for row in found.machines)


def _typed(row: Mapping[str, Any]) -> Offer:
    cores, memory, disk = (row[k] for k in ("cpus", "memory_in_bytes", "storage_in_bytes"))
    title = f"{cores} cores, {memory / GIB:.0f} GB of memory, {disk / GIB:.0f} GB of disk"
    more = ", prebuilt" if row.get("prebuilt") else ""
    return _offer(str(row["name"]), title + more, machine(cores, memory, disk))


def _offer(name: str, title: str, what: Machine) -> Offer:
    return Offer(name, title, what, price=f"see {PRICES}")


def machine(cpus: int, memory: int, disk: int) -> Machine:
    """Return a codespace as it would judge itself; sizes in bytes. None has a GPU."""
    return Machine(
        "Linux", "x86_64", cpus, "", memory=memory, disk_free=disk, gpus=(), glibc=_GLIBC
    )


# ------------------------------------------------------------------------- the order


def check(site: Site) -> None:
    """Raise UsageError for what a codespace cannot be ordered with."""
    order = site.order
    if order.command:
        raise UsageError(
            "a codespace runs no command by itself",
            hint="`open` it, and type `python3 setup.py run -- COMMAND` there",
        )
    if order.then and site.shell.which("gh") is None:
        raise UsageError(
            f"`--then {order.then}` needs the GitHub CLI `gh` (https://cli.github.com)",
            hint="without it the codespace opens in a browser",
        )
    geo(site)
    idle(site)


def geo(site: Site) -> str:
    """Return where it is to stand, in GitHub's words; "" for near whoever asks."""
    asked = site.order.option("region") or site.order.where
    found = {name.lower(): name for name in GEOS}.get(asked.replace("-", "").lower(), "")
    if asked and not found:
        raise UsageError(f"GitHub has no region `{asked}`", hint=f"regions: {', '.join(GEOS)}")
    return found


def idle(site: Site) -> int:
    """Return after how many idle minutes it is to stop; 0: as the account has it."""
    asked = site.order.option("idle")
    least, most = IDLE
    if not asked:
        return 0
    if not asked.isascii() or not asked.isdigit() or not least <= int(asked[:9]) <= most:
        raise UsageError(
            f"`--idle {asked}` is not what GitHub takes", hint=f"minutes, from {least} to {most}"
        )
    return int(asked)
