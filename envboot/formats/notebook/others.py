"""What others keep in ``metadata.environment``: Google's notebooks, and conda's ``env attach``.

The latter was removed from conda. It is understood as far as it says something, and never an error.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from envboot.formats.notebook.embedded import Embedded

if TYPE_CHECKING:
    from collections.abc import Iterator


def read(raw: object) -> Embedded:
    """Return what somebody else's value means; "foreign", with nothing in it, for the rest."""
    if not isinstance(raw, dict):
        return Embedded(version="", whose="foreign")
    if raw.get("type") == "gcloud" or {"kernel", "uri", "name"} <= raw.keys():
        return _google(raw)
    if isinstance(raw.get("dependencies"), list):
        return Embedded(version="", files={"environment.yml": _yaml(raw)}, whose="conda")
    return Embedded(version="", whose="foreign")


def _google(raw: dict[str, Any]) -> Embedded:
    """Read ``{kernel, name, type: "gcloud", uri}``, as Deep Learning VMs and Workbench write it."""
    said = {"environment_version": raw.get("name"), "container": raw.get("uri")}
    metadata = {key: value for key, value in said.items() if value and isinstance(value, str)}
    return Embedded(
        version="",
        container=metadata.get("container", ""),
        clouds=({"env_name": "google", "metadata": metadata},),
        whose="google",
    )


def _yaml(raw: dict[str, Any]) -> str:
    """Return a parsed environment.yml as text again; every JSON value is YAML too."""
    return "".join(f"{line}\n" for line in _lines(raw))


def _lines(raw: dict[str, Any]) -> Iterator[str]:
    for key in ("name", "channels", "dependencies", "variables"):  # `prefix` is of one machine
        value = raw.get(key)
        if isinstance(value, list):
            yield f"{key}:"
            for one in value:
                yield from _row(one)
        elif value is not None:
            yield f"{key}: {json.dumps(value)}"


def _row(one: object) -> Iterator[str]:
    if isinstance(one, dict):  # {"pip": [...]}
        for key, rows in one.items():
            yield f"  - {json.dumps(str(key))}:"
            for row in rows if isinstance(rows, list) else [rows]:
                yield f"      - {json.dumps(row)}"
    else:
        yield f"  - {json.dumps(one)}"
