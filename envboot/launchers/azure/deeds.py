"""What the child does at Azure: make, look, start, stop, delete; each may be done twice.

The resource group has the job's handle for its name and the deployment always the same one: a
child that was killed is followed by one that finds what is there.
"""

from __future__ import annotations

import ipaddress
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from envboot.errors import CommandFailed
from envboot.launchers.azure import cloud_init, keys, service, template
from envboot.launchers.azure.service import sentences

if TYPE_CHECKING:
    from collections.abc import Callable

    from azure.core.polling import LROPoller
    from azure.mgmt.resource.deployments.models import DeploymentPropertiesExtended

    from envboot.launchers.azure.order import Asked
    from envboot.launchers.azure.service import Service
    from envboot.shell import Shell

T = TypeVar("T")
_TAG = "envboot"
_POLLED = {"polling_interval": 2}  # seconds between two looks, where the service names none


# ------------------------------------------------------------------------------ making


def parameters(asked: Asked, shell: Shell) -> dict[str, Any]:
    """Return what the template is filled with; nothing is asked of Azure. Raises EnvbootError."""
    key = (shell.read(Path(f"{asked.key}.pub"), 1 << 14) or b"").decode("ascii", "replace").strip()
    if not key.startswith(("ssh-ed25519 ", "ssh-rsa ")):
        raise CommandFailed(f"{asked.key}.pub is no public key that Azure takes")
    return {
        "size": asked.size,
        "publicKey": key,
        "allow": asked.allow or address(shell),
        "shutdown": asked.shutdown,
        "customData": cloud_init.custom_data(asked),
        "priority": asked.priority,
        "disk": asked.disk,
        "image": template.image(asked.arch, gpu=asked.gpu, first=asked.first),
        "controller": asked.controller,
    }


def create(
    asked: Asked, values: dict[str, Any], azure: Service, said: Callable[[str], None]
) -> None:
    """Ask for the machine; it is being made when this ends. Raises EnvbootError."""
    said(f"making the resource group {asked.handle} in {asked.region}")
    _group(asked, azure)
    said(f"asking for {asked.size}, ssh from {values['allow']}")
    _deploy(asked, azure, template.template(), values)
    said(f"Azure is making {asked.handle}")


def _group(asked: Asked, azure: Service) -> None:
    """Make the group, unless it is there; one that somebody else made is left alone."""
    from azure.mgmt.resource.resources.models import ResourceGroup

    with sentences():
        found = _found(lambda: azure.groups.get(asked.handle))
        if found is not None and (found.tags or {}).get(_TAG) != asked.handle:
            raise CommandFailed(
                f"there is a resource group {asked.handle} that envboot did not make",
                hint="launch it again: the next one gets another name",
            )
        if found is None:
            group = ResourceGroup(location=asked.region, tags={_TAG: asked.handle})
            azure.groups.create_or_update(asked.handle, group)


def _deploy(asked: Asked, azure: Service, what: dict[str, Any], values: dict[str, Any]) -> None:
    from azure.mgmt.resource.deployments import models

    properties = models.DeploymentProperties(
        mode="Incremental",
        template=what,
        parameters={k: models.DeploymentParameter(value=v) for k, v in values.items()},
    )
    with sentences():
        now = _found(lambda: azure.deployments.get(asked.handle, template.DEPLOYMENT))
        if now is not None and _state(now.properties) in {"Accepted", "Running", "Succeeded"}:
            return  # a killed child had asked for it
        azure.deployments.begin_create_or_update(
            asked.handle,
            template.DEPLOYMENT,
            models.Deployment(properties=properties),
            polling=False,
        )


def address(shell: Shell) -> str:
    """Return the public IPv4 address of this computer. Raises CommandFailed."""
    from envboot import index
    from envboot.tools import network

    hint = "`--allow ADDRESS` names the address or network that may connect to the machine"
    try:
        reply = network.get(keys.ECHO, index.settings(shell), shell)
        return str(ipaddress.IPv4Address(reply.data.decode("ascii").strip()))
    except (OSError, ValueError) as error:
        why = network.reason(error)
        raise CommandFailed(f"{keys.ECHO} does not say your address: {why}", hint=hint) from error


def portal(asked: Asked) -> dict[str, Any]:
    """Return the template for a browser, which asks for the size, the key and the address."""
    out = template.template()
    told = out["parameters"]["customData"]
    out["parameters"]["customData"] = {**told, "defaultValue": cloud_init.custom_data(asked)}
    return out


# ------------------------------------------------------------------------------ looking


def look(handle: str, azure: Service) -> dict[str, str]:
    """Return what there is: group, deployment, why it failed, power, address."""
    with sentences():
        group = _found(lambda: azure.groups.get(handle))
        if group is None:
            return {"group": "absent"}
        if (group.tags or {}).get(_TAG) != handle:
            return {"group": "strange"}
        if str(group.properties.provisioning_state) == "Deleting":
            return {"group": "deleting"}
        now = _found(lambda: azure.deployments.get(handle, template.DEPLOYMENT))
        if now is None:
            return {"group": "there", "deployment": "absent"}
        out = {"group": "there", "deployment": _state(now.properties), "id": str(group.id)}
        error = now.properties.error
        if error is not None:
            out["why"] = service.innermost(error.code, error.message, error.details)
        told = now.properties.outputs or {}
        out["address"] = str(told.get("address", {}).get("value", ""))
        if out["deployment"] == "Succeeded":
            out["power"] = _power(handle, azure)
    return out


def _power(handle: str, azure: Service) -> str:
    """Return ``running``, ``deallocated`` …, "" when it is not told, ``absent``."""
    view = _found(lambda: azure.compute.virtual_machines.instance_view(handle, handle))
    if view is None:
        return "absent"
    codes = [str(s.code) for s in view.statuses or ()]
    return next((c.partition("/")[2] for c in codes if c.startswith("PowerState/")), "")


def _state(properties: DeploymentPropertiesExtended) -> str:
    found = properties.provisioning_state
    return str(getattr(found, "value", found))


def _found(ask: Callable[[], T]) -> T | None:
    """Return what is there; None when the service says that it is not."""
    from azure.core.exceptions import ResourceNotFoundError

    try:
        return ask()
    except ResourceNotFoundError:
        return None


# ------------------------------------------------------------------------------ ending


def start(handle: str, azure: Service, said: Callable[[str], None]) -> None:
    """Start a machine that was stopped."""
    with sentences():
        _wait(
            azure.compute.virtual_machines.begin_start(handle, handle, **_POLLED), "starting", said
        )


def stop(handle: str, azure: Service, said: Callable[[str], None]) -> None:
    """Stop it and give its processor back: computing costs no more, its disk does."""
    with sentences():
        poller = _found(
            lambda: azure.compute.virtual_machines.begin_deallocate(handle, handle, **_POLLED)
        )
        if poller is None:
            raise CommandFailed(
                f"there is no machine in {handle}", hint="`delete` removes what there is"
            )
        _wait(poller, "stopping", said)


def delete(handle: str, azure: Service, said: Callable[[str], None]) -> None:
    """Remove the group with all that is in it, and wait until it is gone."""
    with sentences():
        group = _found(lambda: azure.groups.get(handle))
        if group is None:
            said("nothing of it is left at Azure")
            return
        if (group.tags or {}).get(_TAG) != handle:
            raise CommandFailed(f"the resource group {handle} is not one that envboot made")
        _wait(azure.groups.begin_delete(handle, **_POLLED), "removing all of it", said)
        if _found(lambda: azure.groups.get(handle)) is not None:
            raise CommandFailed(
                f"the resource group {handle} is still there", hint=f"`envboot delete {handle}`"
            )
    said("nothing of it is left at Azure")


def _wait(poller: LROPoller[None], what: str, said: Callable[[str], None]) -> None:
    """Wait for a long operation, and say every few seconds that it goes on."""
    began = time.monotonic()
    said(what)
    while not poller.done():
        poller.wait(10.0)
        if not poller.done():
            said(f"{what}: {time.monotonic() - began:.0f} s")
    poller.result()
