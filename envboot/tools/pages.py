"""The pages of a package index: links to files, as HTML or as JSON.

Sources: PEP 503 and PEP 691 (simple index pages); a page of ``find-links`` is HTML of that kind.
"""

from __future__ import annotations

import contextlib
import json
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

if TYPE_CHECKING:
    from envboot.tools.network import Reply

    Facts = dict[str, Any]


def link(page: Reply, filename: str) -> str:
    """Return the address of a file that a page links to.

    Raises LookupError when it links to none of that name, ValueError when it is no such page.
    """
    for address, _ in rows(page):
        if named(address) == filename:
            return address
    raise LookupError(f"no link to {filename}")


def named(address: str) -> str:
    """Return the name of the file at an address."""
    return unquote(urlsplit(address).path).rpartition("/")[2]


def rows(page: Reply) -> list[tuple[str, Facts]]:
    """Return the addresses of the files of a page, whole, with what it says of each.

    By PEP 691's names: ``requires-python``, ``yanked``, and ``size`` where it is JSON. Raises
    ValueError when it is no such page.
    """
    base, found = _json(page) if "json" in page.kind else _html(page)
    out = []
    for href, facts in found:
        with contextlib.suppress(ValueError):  # an address that is none
            out.append((urldefrag(urljoin(base, href))[0], facts))
    return out


class _Links(HTMLParser):
    """Collects the links of a page (PEP 503, PEP 592), and its base address when it names one."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, Facts]] = []
        self.base = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        href = told.get("href")
        if tag == "a" and href:
            asks = told.get("data-requires-python") or ""
            self.found.append((href, {"requires-python": asks, "yanked": "data-yanked" in told}))
        elif tag == "base" and href and not self.base:
            self.base = href


def _html(page: Reply) -> tuple[str, list[tuple[str, Facts]]]:
    parser = _Links()
    parser.feed(page.data.decode("utf-8", "replace"))
    return urljoin(page.address, parser.base), parser.found


def _json(page: Reply) -> tuple[str, list[tuple[str, Facts]]]:
    try:
        return page.address, [(str(f["url"]), dict(f)) for f in json.loads(page.data)["files"]]
    except (KeyError, TypeError, RecursionError) as error:
        raise ValueError("not the page of an index") from error
