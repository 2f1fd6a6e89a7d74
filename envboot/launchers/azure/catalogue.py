"""What the child asks before the yes: the sizes of a region, the quota, whether all may clone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from envboot.launchers.azure.service import sentences

if TYPE_CHECKING:
    from azure.mgmt.compute.models import ResourceSku

    from envboot.launchers.azure.service import Service
    from envboot.shell import Shell


def sizes(azure: Service, region: str) -> dict[str, Any]:
    """Return the sizes of a region as :func:`envboot.launchers.azure.sizes.parse` takes them."""
    out = []
    with sentences():
        for sku in azure.compute.resource_skus.list(filter=f"location eq '{region}'"):
            if sku.resource_type != "virtualMachines":
                continue
            out.append(
                {
                    "name": sku.name,
                    "family": sku.family or "",
                    "capabilities": {c.name: c.value for c in sku.capabilities or ()},
                    "restricted": _restricted(sku, region),
                }
            )
        usage = {
            str(u.name.value).lower(): (int(u.current_value), int(u.limit))
            for u in azure.compute.usage.list(region)
        }
    return {"sizes": out, "usage": usage}


def _restricted(sku: ResourceSku, region: str) -> str:
    """Return the reason code of what keeps the size out of the whole region; zones do not."""
    for rule in sku.restrictions or ():
        kind = str(getattr(rule.type, "value", rule.type))
        if kind == "Location" and region.lower() in [
            str(v).lower() for v in rule.values_property or ()
        ]:
            return str(getattr(rule.reason_code, "value", rule.reason_code) or "not told why")
    return ""


def closed(url: str, shell: Shell) -> str:
    """Return why not everybody can clone ``url``, "" when they can, or when that was not learnt.

    It is asked as git asks first (gitprotocol-http, "Smart Clients"), without any login.
    """
    import http.client
    import urllib.error
    import urllib.request

    from envboot import index
    from envboot.tools import access

    address = f"{url}/info/refs?service=git-upload-pack"
    try:
        opener = access.opener(address, index.settings(shell))
        with opener.open(urllib.request.Request(address), timeout=20.0):  # noqa: S310 - https
            return ""
    except urllib.error.HTTPError as error:
        error.close()
        refused = {401, 403, 404}  # GitHub says 401 of what is private and of what is not there
        return f"it asks for a login ({error.code})" if error.code in refused else ""
    except (OSError, ValueError, http.client.HTTPException):
        return ""
