"""The page: what a notebook carries, as HTML in which every text of a stranger's is text."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_FILES = Path(__file__).parent / "static"


def nonce() -> str:
    """Return what a page's own script and style name themselves by, new for each page."""
    return secrets.token_urlsafe(18)


def policy(nonce: str) -> str:
    """Return the Content-Security-Policy: only what names this number is loaded.

    ``'self'`` would not do for scripts: a server also serves its person's files.
    """
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'nonce-{nonce}'",
            f"style-src 'nonce-{nonce}'",
            "connect-src 'self'",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'self'",
            "require-trusted-types-for 'script'",
        )
    )


def render(known: Mapping[str, Any], *, base: str, nonce: str) -> str:
    """Return the page."""
    from tornado.template import Loader

    loader = Loader(str(_FILES))  # every {{ … }} is escaped, unless `raw` says so
    return loader.load("page.html").generate(known=known, base=base, nonce=nonce).decode()
