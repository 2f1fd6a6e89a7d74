"""Package indexes as Pipfile and Pipfile.lock name them, said as pip's options."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from envboot.errors import InvalidFile
from envboot.formats.parts import requirement
from envboot.spec import Dependency, Notice

if TYPE_CHECKING:
    from envboot.spec import Origin

_PUBLIC = ("https://pypi.org/simple", "https://pypi.python.org/simple")


def options(declared: object, origin: Origin) -> tuple[tuple[Dependency, ...], tuple[Notice, ...]]:
    """Return the options and what is to be said. The public index is left out: pip's own default.

    So a mirror that pip is configured with stays in force. Raises InvalidFile.
    """
    items: list[Any] = declared if isinstance(declared, list) else [declared]
    found: list[Dependency] = []
    notices: list[Notice] = []
    first = True
    for item in items:
        url = item.get("url") if isinstance(item, dict) else None
        if not isinstance(url, str) or not url or " " in url:
            raise InvalidFile(
                "a source has no `url`", hint='write `url = "https://…/simple"`', origin=origin
            )
        public = url.rstrip("/") in _PUBLIC
        if not public:
            flag = "--index-url" if first else "--extra-index-url"
            text = requirement.clean(f"{flag} {url}", origin)
            found.append(Dependency(flag, text, "pypi", origin))
        first = False
        if item.get("verify_ssl") is False:
            notices.append(
                Notice("`verify_ssl = false` is ignored: certificates are checked", origin)
            )
    return tuple(found), tuple(notices)
