"""What others keep in ``metadata.environment``: Google's notebooks, and conda's ``env attach``.

The latter was removed from conda. It is understood as far as it says something, and never an error.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from envboot.formats.notebook.embedded import Embedded

if TYPE_CHECKING:
    from collections.abc import Iterator

# What JSON may hold as it is, and YAML only as an escape (YAML 1.1, section 5.1: c-printable).
_ESCAPED = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")


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
        if isinstance(value, list) and value:
            yield f"{key}:"
            for one in value:
                yield from _row(one)
        elif value is not None:
            yield f"{key}: {_json(value)}"


def _row(one: object) -> Iterator[str]:
    rows = one.get("pip") if isinstance(one, dict) and len(one) == 1 else None
    if isinstance(rows, list) and rows:
        yield "  - pip:"
        for row in rows:
            yield f"      - {_json(row)}"
    else:
        yield f"  - {_json(one)}"


def _json(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return _ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
