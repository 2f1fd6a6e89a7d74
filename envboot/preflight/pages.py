"""What the package index has of some names: versions, and which wheels each has.

Nothing of a package is fetched. A page is a stranger's text: only names of files are believed.
Sources: PEP 503, 592, 691, 700.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import http.client
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from envboot import index
from envboot.preflight import wheels
from envboot.shell import redact
from envboot.spec import normalise
from envboot.tools import network
from envboot.tools import pages as links

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envboot.index import Index
    from envboot.shell import Shell
    from envboot.tools.network import Reply

AT_ONCE = 8
_LONGEST = 4096  # characters of one name of a file
_NONE = frozenset({404, 410})  # statuses that say that there is no such page


@dataclass
class Release:
    """One version."""

    tags: list[str] = field(default_factory=list)
    """Of its wheels."""
    sizes: list[int | None] = field(default_factory=list)
    """Bytes of the wheels, in the same order; None where the index does not say."""
    source: bool = False
    """There is an archive of sources."""
    python: str = ""
    """What it asks of Python, PEP 440."""
    yanked: bool = False


@dataclass
class Page:
    """What all indexes together have of one name."""

    releases: dict[str, Release] = field(default_factory=dict)
    found: bool = False
    why: str = ""
    """Why nothing could be learnt: no index answered."""


def read(text: str) -> dict[str, Page]:
    """Return the pages that the child wrote, by name. Raises ValueError, TypeError, KeyError."""
    return {
        str(name): Page(
            {v: Release(**r) for v, r in page["releases"].items()}, page["found"], page["why"]
        )
        for name, page in json.loads(text).items()
    }


def look(names: list[str], where: Index, shell: Shell) -> dict[str, Page]:
    """Return what the indexes have of each name; errors stand in the page."""
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        return dict(zip(names, pool.map(lambda name: _page(name, where, shell), names)))


def _page(name: str, where: Index, shell: Shell) -> Page:
    page, failed = Page(), []
    for url in where.urls:
        why = _read_index(page, name, url, where, shell)
        failed += [f"{urlsplit(url).hostname or url}: {why}"] if why else []
    for place in where.find_links:
        with contextlib.suppress(OSError, ValueError, http.client.HTTPException):
            _add(page, name, _linked(place, where, shell))
    if page.releases:
        page.found = True
    elif failed and not page.found:
        page.why = redact("; ".join(failed))
    elif not where.urls and not page.found:
        page.why = "no package index may be asked"
    return page


def _read_index(page: Page, name: str, url: str, where: Index, shell: Shell) -> str:
    """Add what one index has of a name; return why it could not be asked, "" when it could."""
    try:
        reply = network.get(f"{url.rstrip('/')}/{normalise(name)}/", where, shell)
        page.found = True
        _add(page, name, _rows(reply))
    except FileNotFoundError:
        return ""
    except (OSError, ValueError, http.client.HTTPException) as error:
        if getattr(error, "code", 0) in _NONE:
            return ""
        page.found = False
        return network.reason(error)
    return ""


def _linked(place: str, where: Index, shell: Shell) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield what lies in a folder of ``--find-links``, or what a page of it names."""
    if index.local(place) and shell.kind(index.path_of(place, shell)) == "folder":
        for path in shell.folder(index.path_of(place, shell)):
            yield path.name, {}
    else:
        yield from _rows(network.get(place, where, shell))


def _rows(page: Reply) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the names of the files of a page, with what it says of each. Raises ValueError."""
    return ((links.named(address), facts) for address, facts in links.rows(page))


def _add(page: Page, name: str, rows: Iterator[tuple[str, dict[str, Any]]]) -> None:
    own = normalise(name)
    for filename, facts in rows:
        if len(filename) > _LONGEST or not normalise(filename).startswith(own):
            continue  # a folder of find-links holds other names too
        file = wheels.read(filename)
        stem = "[-_.]+".join(map(re.escape, own.split("-")))
        if file is None or not re.match(rf"(?i){stem}-{re.escape(file.version[:1])}", filename):
            continue
        release = page.releases.setdefault(file.version, Release())
        if file.tags:
            size = facts.get("size")
            release.tags.append(file.tags)
            release.sizes.append(size if isinstance(size, int) else None)
        else:
            release.source = True
        python = facts.get("requires-python")
        release.python = release.python or (python if isinstance(python, str) else "")
        release.yanked = release.yanked or bool(facts.get("yanked"))
