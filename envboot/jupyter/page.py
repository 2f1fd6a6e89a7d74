"""The page: what a notebook carries, as HTML in which every text of a stranger's is text."""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_FILES = Path(__file__).parent / "static"
_SENTENCES = {
    "ok": "What it carries is what counts here.",
    "differs": "What it carries differs from what is here.",
    "nothing": "It carries no environment.",
    "foreign": "What it carries was put there by another program, and is left alone.",
    "opted-out": "It is left alone at every save: its metadata.envboot.embed is false.",
    "error": "It cannot be read.",
}
_WORDS = {
    "absent": "not here",
    "same": "the same here",
    "differs": "differs",
    "missing": "missing",
    "only-here": "only here",
    "only-there": "only in the notebook",
}


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
    """Return the page; the template escapes every text but its own script and style."""
    from tornado.template import Loader

    carried = known["carries"] or {}
    text: bytes = (
        Loader(str(_FILES))
        .load("page.html")
        .generate(
            known=known,
            sentence=_SENTENCES[known["state"]],
            words=_WORDS,
            machine=json.dumps(carried.get("machine", {}), ensure_ascii=False),
            base=base,
            nonce=nonce,
            style=(_FILES / "page.css").read_text(encoding="utf-8"),
            script=(_FILES / "page.js").read_text(encoding="utf-8"),
        )
    )
    return text.decode()
