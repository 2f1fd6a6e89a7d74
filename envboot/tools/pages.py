"""The pages of a package index: links to files, as HTML or as JSON.

Sources: PEP 503 and PEP 691 (simple index pages); a page of ``find-links`` is HTML of that kind.
"""

from __future__ import annotations

import json
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

if TYPE_CHECKING:
    from envboot.tools.network import Reply


def link(page: Reply, filename: str) -> str:
    """Return the address of a file that a page links to.

    Raises LookupError when it links to none of that name, ValueError when it is no such page.
    """
    base, hrefs = _json(page) if "json" in page.kind else _html(page)
    for href in hrefs:
        address = urldefrag(urljoin(base, href))[0]
        if unquote(urlsplit(address).path).rpartition("/")[2] == filename:
            return address
    raise LookupError(f"no link to {filename}")


class _Links(HTMLParser):
    """Collects the links of a page, and its base address when it names one."""

    def __init__(self) -> None:
        super().__init__()
        self.hrefs: list[str] = []
        self.base = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        hrefs = [value for name, value in attrs if name == "href" and value]
        if tag == "a":
            self.hrefs += hrefs
        elif tag == "base" and hrefs and not self.base:
            self.base = hrefs[0]


def _html(page: Reply) -> tuple[str, list[str]]:
    parser = _Links()
    parser.feed(page.data.decode("utf-8", "replace"))
    return urljoin(page.address, parser.base), parser.hrefs


def _json(page: Reply) -> tuple[str, list[str]]:
    try:
        return page.address, [str(file["url"]) for file in json.loads(page.data)["files"]]
    except (KeyError, TypeError, RecursionError) as error:
        raise ValueError("not the page of an index") from error
