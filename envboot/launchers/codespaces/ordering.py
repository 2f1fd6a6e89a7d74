"""The plan: what is made at GitHub, who is billed, and what sets it up there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envboot.errors import UsageError
from envboot.git import looking
from envboot.launchers.codespaces import child, offering
from envboot.launchers.codespaces.service import Wanted, link, service
from envboot.plan import Open, Plan

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envboot.errors import EnvbootError
    from envboot.launchers.codespaces.offering import Terms
    from envboot.site import Site


def plan(site: Site) -> Plan:
    """Return the step that makes the codespace ``site.order``; without a login here, its link.

    Raises EnvbootError where GitHub does not say its terms.
    """
    offering.check(site)
    found, order = offering.terms(site), site.order
    place = found.place
    wanted = Wanted(
        place.repository, place.branch, order.size, found.devcontainer, offering.geo(site)
    )
    if not found.signed:
        at = service(site.shell.environ)
        title = f"GitHub's own page that makes a codespace of {place.repository} ({place.branch})"
        return Plan(title, (Open(link(wanted, at)),), told="\n".join(_by_hand(at.host)))
    if error := _refused(order.size, found):
        raise error
    idle = offering.idle(site)
    words = (
        *("--repository", wanted.repository, "--branch", wanted.branch),
        *("--machine", wanted.machine, "--devcontainer", wanted.devcontainer),
        *("--geo", wanted.geo, "--display", order.handle),
        *("--idle", str(idle) if idle else ""),
        *("--without-permissions", "" if found.granted else "yes"),
    )
    billed = f"{found.billed}'s account" if found.billed else "your account"
    title = (
        f"a codespace of {place.repository} ({place.branch}): GitHub bills {billed}, "
        "and no other account is needed"
    )
    why = f"making `{order.handle}`" + (f", {order.size}" if order.size else "") + ", at GitHub"
    step = child.step("create", *words, why=why)
    return Plan(title, (step,), told="\n".join(_told(found, site, idle)))


def _told(found: Terms, site: Site, idle: int) -> Iterator[str]:
    """Yield what follows from it, a sentence a line."""
    yield _setting_up(found, site)
    if not found.granted:
        yield "it does without what its devcontainer.json asks for of other repositories"
    after = f"after {idle} idle minutes" if idle else "when idle (after 30 minutes, unless you set"
    yield f"it stops {after}" + ("" if idle else " another time at GitHub)")
    yield "stopped, what it keeps still costs storage, until it is deleted"


def _setting_up(found: Terms, site: Site) -> str:
    if not found.devcontainer:
        begins = (
            "no devcontainer.json was pushed, so it gets GitHub's own image (`envboot package-env "
            "--with devcontainer`, committed and pushed, gives it its own)"
        )
    elif _sets_itself_up(found, site):
        return f"there its {found.devcontainer} runs `python3 setup.py --yes`"
    else:
        begins = f"its {found.devcontainer} does not run setup.py"
    if site.shell.which("gh"):
        return f"{begins}; `python3 setup.py --yes` is run there through `gh codespace ssh`"
    return f"{begins}; type `python3 setup.py` in its terminal"


def _by_hand(host: str) -> Iterator[str]:
    yield f"you sign in to {host} there, and GitHub bills that account; nothing is kept here"
    yield "with the GitHub CLI `gh`, or a token in GH_TOKEN, envboot makes it and waits for it"


def _sets_itself_up(found: Terms, site: Site) -> bool:
    """Return whether the devcontainer.json that was pushed starts the setup.py that is packed."""
    if not found.devcontainer or not found.place.commit:
        return False
    what = f"{found.place.commit}:{found.devcontainer}"
    text = looking.ask(site.root, site.shell, "show", what).out or ""
    # It is run from the top: below it, setup.py is another one unless its folder is named.
    return "setup.py" in text and found.place.folder in text


def _refused(size: str, found: Terms) -> EnvbootError | None:
    """Return the error for a size that GitHub does not list; None for one that it does."""
    names = [str(row.get("name")) for row in found.machines]
    if not found.signed or not size or size in names:
        return None
    return UsageError(f"there is no size `{size}`", hint=f"sizes: {', '.join(names)}")
