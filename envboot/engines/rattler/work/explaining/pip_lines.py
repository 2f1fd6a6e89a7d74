"""Lines for pip: names that the Python package index does not have.

The index is asked with the standard library, by its simple interface (PEP 503), for the
explanation alone, at most :data:`SECONDS` long; a name about which nothing was learnt is not spoken
of. Credentials in an address are sent, and never shown.
"""

from __future__ import annotations

import asyncio
import contextlib
import difflib
import http.client
import re
import threading
import urllib.error
import urllib.request
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from envboot import names as tables
from envboot.engines.rattler.order import Finding
from envboot.names.tables import column
from envboot.spec import normalise
from envboot.tools import access

if TYPE_CHECKING:
    from collections.abc import Callable

    from envboot.engines.rattler.order import Asked, Order
    from envboot.index import Index

SECONDS = 5.0
_MOST = 60
_AT_ONCE = 8
_NAME = re.compile(r"\s*([A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?)\s*(?:\[[^\]]*\])?\s*(.*)", re.ASCII)


async def look(order: Order, index: Index | None) -> tuple[tuple[int, Finding], ...]:
    """Return the lines whose package no index has, each with its place in ``order.pip``."""
    named = [(at, asked, name(asked.text)) for at, asked in enumerate(order.pip)]
    named = [row for row in named if row[2]][:_MOST]
    if index is None or not named or index.find_links:
        return ()
    gate = asyncio.Semaphore(_AT_ONCE)

    async def absent(package: str) -> bool:
        async with gate:
            answers = [await _aside(_there, url, package, index) for url in index.urls]
        return bool(answers) and not any(a is not False for a in answers)

    asking = [asyncio.ensure_future(absent(package)) for _, _, package in named]
    done, late = await asyncio.wait(asking, timeout=SECONDS)
    for task in late:
        task.cancel()
    return tuple(
        (at, _finding(asked, package))
        for (at, asked, package), task in zip(named, asking)
        if task in done and not task.exception() and task.result()
    )


def twice(order: Order) -> tuple[tuple[int, Finding], ...]:
    """Return the lines for pip about what a conda package of the file brings already."""
    from envboot.engines.rattler.work import specs

    parts = [(asked, specs.parts(asked.text)) for asked in order.asked if asked.at]
    conda = {p.name: asked for asked, p in parts if p}
    out = []
    for at, asked in enumerate(order.pip):
        package = name(asked.text)
        also = package and (conda.get(package) or conda.get(tables.conda_name(package) or ""))
        if also:
            text = f"`{asked.text}` below `pip:` is a conda package of this file too ({also.at})"
            out.append((at, Finding(text, "leave one of the two out", asked.at, asked.text)))
    return tuple(out)


def name(line: str) -> str:
    """Return the normalised name in a line for pip; "" for options, paths and addresses."""
    text = line.partition("#")[0].strip()
    found = _NAME.fullmatch(text)
    if found is None or not re.match(r"[<>=!~;(]|$", found[2]):
        return ""  # an option, an address, a path
    if re.search(r"\.(?:whl|zip|tar\.gz|txt)$", found[1]):
        return ""
    return normalise(found[1])


async def _aside(ask: Callable[..., bool | None], *values: object) -> bool | None:
    """Return what ``ask(*values)`` returns, on a thread that nobody has to wait for at the end."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[bool | None] = loop.create_future()

    def tell(found: bool | None) -> None:
        if not answer.done():
            answer.set_result(found)

    def work() -> None:
        found = ask(*values)
        with contextlib.suppress(RuntimeError):  # too late: the loop is closed
            loop.call_soon_threadsafe(tell, found)

    threading.Thread(target=work, daemon=True).start()
    return await answer


def _finding(asked: Asked, package: str) -> Finding:
    near = _near(package)
    text = f"the Python package index has no `{package}`"
    if near in ("", package):
        hint = "does pip's configuration name the right index?" if near else "is the name right?"
        return Finding(text, hint, asked.at, asked.text)
    better = re.sub(r"^\s*[\w.-]+", near, asked.text, count=1)
    return Finding(text, f"did you mean `{near}`?", asked.at, asked.text, better)


def _near(package: str) -> str:
    """Return the name that was meant: the well-known ones are looked at first."""
    known = {normalise(n) for n in tables.SAME} | set(tables.DISTRIBUTIONS.values())
    popular = column("popular.txt") | {n for n in column("conda_forge.txt") if "!" not in n}
    if package in known | popular:
        return package
    for pool, nearness in ((known, 0.7), (popular, 0.8)):
        found = difflib.get_close_matches(package, sorted(pool), 1, nearness)
        if found:
            return found[0]
    return ""


def _there(url: str, package: str, index: Index) -> bool | None:
    """Return whether an index has a package; None where it cannot be asked."""
    if urlsplit(url).scheme not in ("http", "https"):
        return None
    place = f"{url.rstrip('/')}/{package}/"
    request = urllib.request.Request(access.without_login(place))  # noqa: S310
    try:
        if login := access.login(place, index):
            request.add_unredirected_header("Authorization", login)
        with access.opener(place, index).open(request, timeout=SECONDS):
            return True
    except urllib.error.HTTPError as error:
        error.close()
        return False if error.code in (404, 410) else None
    except (OSError, ValueError, http.client.HTTPException):
        return None
