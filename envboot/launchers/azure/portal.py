"""Azure's portal: a machine in a browser, for those who have no login where they type.

The portal takes a template from an address that everybody can read, so the owner commits one:
``python -m envboot.launchers.azure template > azuredeploy.json``. Then the link works for anybody
with a subscription.

Source: "Use a deployment button to deploy remote template" of Azure's documentation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from pathlib import Path

    from envboot.git.published import Published
    from envboot.shell import Shell

NAME = "azuredeploy.json"
_RAW = {
    "github.com": "https://raw.githubusercontent.com/{owner}/{name}/{commit}/{path}",
    "gitlab.com": "https://gitlab.com/{owner}/{name}/-/raw/{commit}/{path}",
}


def link(source: Published, shell: Shell, root: Path) -> str:
    """Return the link that makes a machine of the pushed template; "" where none was pushed."""
    raw = _RAW.get(source.host, "")
    path = f"{source.folder}/{NAME}" if source.folder else NAME
    there = shell.kind(root / NAME) == "file" and path not in source.changed
    if not raw or not there or not source.commit:
        return ""
    address = raw.format(
        owner=quote(source.owner), name=quote(source.name), commit=source.commit, path=quote(path)
    )
    return f"https://portal.azure.com/#create/Microsoft.Template/uri/{quote(address, safe='')}"


def page(subscription: str, handle: str) -> str:
    """Return the portal's page of a job's resource group."""
    group = f"subscriptions/{subscription}/resourceGroups/{handle}"
    return f"https://portal.azure.com/#resource/{group}/overview"
