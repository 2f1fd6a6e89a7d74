"""The handlers of clouds, asked: modules of anybody, which may raise and return anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from envboot import clouds
from envboot.errors import EnvbootError
from envboot.notebook.opening import links
from envboot.notebook.visible import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from envboot.shell import Shell


def told(
    sections: tuple[Mapping[str, Any], ...], path: Path, shell: Shell
) -> tuple[dict[str, Any], ...]:
    """Return the sections that a notebook carries, each with who can open it."""
    out = []
    for section in sections:
        name, handler = of(section)
        why = why_not(handler, section, path, shell) if handler else _unknown(section)
        own = {k: section.get(k) for k in ("env_name", "handler_url", "cloud_ver", "metadata")}
        out.append({**own, "handler": name, "why_not": why})
    return tuple(out)


def of(section: Mapping[str, Any]) -> tuple[str, Any]:
    """Return the handler of a section and its name; ("", None) where none is installed."""
    wanted = text(section, "env_name").lower()
    for name, member in clouds.family().members:
        if wanted and wanted in {name, str(member.ENV_NAME).lower()}:
            return name, member
    return "", None


def _unknown(section: Mapping[str, Any]) -> str:
    """Return what is to be said of a section without a handler."""
    first, url = "no handler is installed for it", section.get("handler_url")
    why = links.why_unsafe(url) if url is not None else ""
    return f"{first}, and its link is not opened: {why}" if why else first


def section(
    handler: Any,  # noqa: ANN401 - a module
    carried: Sequence[Mapping[str, Any]],
    metadata: Mapping[str, Any],
    shell: Shell,
) -> Mapping[str, Any]:
    """Return the section that the notebook carries for a handler, else what it says of itself.

    So does the handler say of a section without a link: it is what somebody else's key amounts to.
    """
    own = next((s for s in carried if of(s)[1] is handler), None)
    if own is not None and own.get("handler_url"):
        return own
    found = safely(lambda: handler.section(metadata, shell))
    if isinstance(found, dict):
        return found
    return own if own is not None else {"env_name": str(handler.ENV_NAME)}


def why_not(handler: Any, section: Mapping[str, Any], path: Path, shell: Shell) -> str | None:  # noqa: ANN401 - a module
    """Return why a notebook cannot be opened there, a sentence; None where it can."""
    try:
        said = handler.why_not(section, path, shell)
    except Exception as error:  # noqa: BLE001 - a plug-in may raise anything
        return f"it cannot be asked: {str(error) or type(error).__name__}"
    return None if said is None else str(said)


def safely(ask: Callable[[], Any]) -> Any:  # noqa: ANN401 - whatever a plug-in returns
    """Return what a handler answers. Raises EnvbootError, whatever it raises."""
    try:
        return ask()
    except EnvbootError:
        raise
    except Exception as error:  # a plug-in may raise anything
        what = str(error) or type(error).__name__
        raise EnvbootError(f"the handler cannot say how to open it: {what}") from error


def text(section: Mapping[str, Any], name: str) -> str:
    """Return a text of a section, "" for what is none."""
    found = section.get(name)
    return found if isinstance(found, str) else ""


def shown(value: object) -> str:
    """Return a stranger's word on one line, fit to be seen; "" for what is no text."""
    return visible(value).replace("\n", " ") if isinstance(value, str) else ""
