"""What is known of a notebook on disk: what it carries, what differs, what the machine has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


def known(notebook: Path, path: str, own: Any, brief: bool = False) -> dict[str, Any]:  # noqa: ANN401,FBT001,FBT002,ARG001
    """Return it as ``GET envboot/api/notebook`` says it."""
    return {
        "path": path,
        "state": "nothing",
        "digest": "",
        "carries": None,
        "differs": [],
        "kernel": None,
        "needs": [],
        "places": [],
        "job": None,
        "messages": [],
    }


def embed(notebook: Path, path: str, own: Any, force: bool) -> dict[str, Any]:  # noqa: ANN401,FBT001
    return known(notebook, path, own, brief=True)


def digest(notebook: Path, own: Any) -> str:  # noqa: ANN401
    return ""


def words(digest: str, *, scripts: bool) -> tuple[str, ...]:
    """Return the flags of ``notebook unpack``."""
    return ("--yes", "--json", *(("--approve", digest) if scripts else ()))
