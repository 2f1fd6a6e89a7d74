"""``envboot notebook cloud``: where the notebook came from and where it can be opened.

A handler (:mod:`envboot.clouds`) opens it on its service, a launcher on a computer that is set up
for it. A link that a stranger's notebook brings along is shown, and opened on nothing but a
person's yes to that very link.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from envboot import clouds
from envboot import plan as plans
from envboot.console import YES_NO
from envboot.errors import AnswerNeeded, EnvbootError, FallsShort
from envboot.launching import telling
from envboot.notebook import carried, unpacking
from envboot.notebook.opening import elsewhere, handlers, links
from envboot.notebook.showing import visible
from envboot.notebook.values import Opened
from envboot.plan import Open, Plan
from envboot.shell import redact

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from envboot.console import Console
    from envboot.request import Request
    from envboot.shell import Shell


@dataclass(frozen=True)
class _Visit:
    """A notebook that is to be opened somewhere, and who asked for it."""

    path: Path
    sections: tuple[Mapping[str, Any], ...]
    metadata: Mapping[str, Any]
    request: Request
    shell: Shell
    console: Console
    browse: bool


def cloud(options: argparse.Namespace, request: Request, shell: Shell, console: Console) -> Opened:
    """List where a notebook can be opened, or open it at ``options.where``.

    Raises UsageError for a name that nobody knows, FallsShort for what cannot open it, AnswerNeeded
    with nobody to ask.
    """
    path = unpacking.notebook_of(options.notebook, request)
    found, embedded = carried.read(path, shell)
    sections = embedded.clouds if embedded else ()
    visit = _Visit(path, sections, found.metadata, request, shell, console, options.browse)
    for warning in clouds.family().warnings:
        console.warn(warning)
    if not options.where:
        return _listed(visit, quiet=options.json)
    name = options.where.strip()
    handler = clouds.family().get(name.lower())
    if handler is not None:
        return _by_handler(name.lower(), handler, visit)
    if elsewhere.knows(name):
        launched = elsewhere.launch(name, path, request, shell, console, browse=options.browse)
        return Opened(
            launched.outcome,
            launched.exit_code,
            str(path),
            where=name,
            plan=launched.plan,
            link=launched.link,
            launched=asdict(launched),
        )
    section = next((s for s in sections if handlers.text(s, "env_name") == name), None)
    if section is None:
        raise elsewhere.unknown(name, [n for n, _ in clouds.family().members])
    console.say(f"no handler is installed for {visible(name)}")
    return _by_hand(visit, name, section.get("handler_url"))


# ------------------------------------------------------------------ what there is


def _listed(visit: _Visit, *, quiet: bool) -> Opened:
    found = Opened(
        "listed",
        0,
        str(visit.path),
        clouds=handlers.told(visit.sections, visit.path, visit.shell),
        handlers=tuple(_handlers(visit)),
        launchers=elsewhere.rows(visit.path, visit.request, visit.shell),
    )
    if not quiet:
        text = "\n".join(_rows(found, visit.path.name))
        visit.console.show(redact(text, visit.shell.environ))
    return found


def _handlers(visit: _Visit) -> Iterator[dict[str, Any]]:
    for name, member in clouds.family().members:
        try:
            section = _section(member, visit)
            why_not = handlers.why_not(member, section, visit.path, visit.shell)
        except EnvbootError as error:
            why_not = str(error)
        yield {"name": name, "title": str(member.TITLE), "why_not": why_not}


def _rows(found: Opened, name: str) -> Iterator[str]:
    yield f"what {visible(name)} says of clouds:" if found.clouds else "it names no cloud"
    for row in found.clouds:
        said = f" ({row['why_not']})" if row["why_not"] else ""
        name, url = handlers.shown(row["env_name"]), handlers.shown(row["handler_url"])
        yield f"  {name}  {url}{said}".rstrip()
    for title, rows in (("handlers:", found.handlers), ("launchers:", found.launchers)):
        yield title
        wide = max((len(row["name"]) for row in rows), default=0)
        for row in rows:
            state = f"not possible: {row['why_not']}" if row["why_not"] else "open"
            yield f"  {row['name'].ljust(wide)}  {row['title']} ({state})"


# ------------------------------------------------------------------ to go there


def _by_handler(name: str, handler: Any, visit: _Visit) -> Opened:  # noqa: ANN401 - a module
    """Open the notebook as its handler plans it, after a yes."""
    section = _section(handler, visit)
    title = str(handler.TITLE)
    why_not = handlers.why_not(handler, section, visit.path, visit.shell)
    if why_not and section.get("handler_url"):
        visit.console.say(f"{title} cannot open it: {visible(why_not)}")
        return _by_hand(visit, name, section["handler_url"])
    if why_not:
        raise FallsShort(
            f"`{name}` cannot open it: {visible(why_not)}", hint="`notebook cloud` lists the others"
        )
    steps = handlers.safely(lambda: handler.plan(section, visit.path, visit.shell))
    if not isinstance(steps, Plan):
        raise EnvbootError(f"the handler `{name}` returned no plan")
    ready = _planned(visit, name, steps)
    if visit.request.dry_run:
        visit.console.say("nothing of it was done")
        return ready
    if not visit.request.yes:
        question = f"do you want to open it with {title}?"
        if visit.console.choose(question, YES_NO, flag="`--yes`", default="no") != "yes":
            visit.console.say("nothing was done")
            return replace(ready, outcome="declined")
    rest = tuple(step for step in steps.steps if not isinstance(step, Open))
    console = visit.console
    plans.carry_out(replace(steps, steps=rest), visit.shell, console.line, console.say)
    for step in steps.steps:
        if isinstance(step, Open):
            _open(step.url, visit)
    if steps.paste:
        console.warn(f"paste this there, before all else:\n\n{steps.paste}")
    return replace(ready, outcome="opened")


def _planned(visit: _Visit, name: str, steps: Plan) -> Opened:
    """Say what is going to be done; nobody says yes to what she did not see, also when quiet."""
    console = visit.console
    asked = console.verbose < 0 and not (visit.request.yes or visit.request.dry_run)
    tell = console.warn if asked else console.say
    tell(f"the plan: {visible(steps.title)}")
    rows = telling.steps(steps)
    for row in (*rows, *steps.told.splitlines()):
        tell(f"  {visible(row)}")
    link = next((step.url for step in steps.steps if isinstance(step, Open)), "")
    return Opened("planned", 0, str(visit.path), where=name, plan=rows, link=link)


def _by_hand(visit: _Visit, name: str, url: object) -> Opened:
    """Show a link that the notebook brings along; open it when a person says yes to it.

    ``--yes`` is no yes to it: who typed that did not know which link a stranger had put there.
    """
    why = links.why_unsafe(url)
    if why:
        raise FallsShort(
            f"its link is not opened: {why}", hint=f"the notebook says: {handlers.shown(url)[:200]}"
        )
    link = str(url)
    console = visit.console
    console.say(f"the notebook names this link: {link}")
    ready = Opened("planned", 0, str(visit.path), where=name, plan=(f"open {link}",), link=link)
    if visit.request.dry_run:
        console.say("nothing of it was done")
        return ready
    if not console.interactive():
        raise AnswerNeeded(
            f"an answer is needed: open {link}?",
            hint="`--yes` does not cover a link that a notebook brings along: open it yourself",
        )
    question = f"it leads to {links.host(link)}. open exactly this link: {link}?"
    if console.choose(question, YES_NO, flag="a person", default="no") != "yes":
        console.say("nothing was done")
        return replace(ready, outcome="declined")
    _open(link, visit)
    return replace(ready, outcome="opened")


def _open(url: str, visit: _Visit) -> None:
    """Open a link in the browser, and print it; print it alone where no browser is wanted."""
    if visit.browse and not visit.shell.environ.get("CI"):
        plans.carry_out(
            Plan("link", (Open(url),)), visit.shell, visit.console.line, visit.console.say
        )
    else:
        visit.console.say(f"open this link: {url}")


def _section(handler: Any, visit: _Visit) -> Mapping[str, Any]:  # noqa: ANN401 - a module
    return handlers.section(handler, visit.sections, visit.metadata, visit.shell)
