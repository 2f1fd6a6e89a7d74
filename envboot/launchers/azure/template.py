"""The one ARM template: a machine, its network, its shutdown; all in one resource group.

What differs from machine to machine are its parameters, which Azure never takes for expressions.

Sources: ARM template reference (``learn.microsoft.com/azure/templates``): Microsoft.Network and
Microsoft.Compute 2024-07-01, Microsoft.DevTestLab 2018-09-15, where a schedule that stops one
machine has to be called ``shutdown-computevm-NAME``.
"""

from __future__ import annotations

from typing import Any

NETWORK = "2024-07-01"
COMPUTE = "2024-07-01"
SCHEDULE = "2018-09-15"
USER = "envboot"
DEPLOYMENT = "envboot"
"""The name of the deployment in its group: asked for twice, it is the same one."""
_NAME, _HERE = "[parameters('name')]", "[resourceGroup().location]"
_TAGS = {"envboot": _NAME}


def template() -> dict[str, Any]:
    """Return the template. Every resource is called as the resource group is, by default."""
    return {
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "parameters": _parameters(),
        "resources": [_guard(), _address(), _network(), _card(), _machine(), _shutdown()],
        "outputs": {
            "address": {
                "type": "string",
                "value": f"[reference({_id('publicIPAddresses')}).ipAddress]",
            }
        },
    }


def _parameters() -> dict[str, Any]:
    def text(says: str, **more: object) -> dict[str, Any]:
        return {"type": "string", "metadata": {"description": says}, **more}

    return {
        "name": text("What all of it is called.", defaultValue="[resourceGroup().name]"),
        "size": text("The size of the machine.", defaultValue="Standard_D4s_v5"),
        "publicKey": text("Your SSH public key: ssh-ed25519 or ssh-rsa, one line."),
        "allow": text("Your own public address: nobody else reaches the machine."),
        "shutdown": text("When it is stopped each day, in UTC: 1900.", defaultValue="1900"),
        "customData": text("What the machine does when it starts, in base 64."),
        "priority": text("Spot: cheaper, and may be taken away.", defaultValue="Regular"),
        "disk": {"type": "int", "defaultValue": 64, "metadata": {"description": "GiB."}},
        "image": {"type": "object", "defaultValue": image("x86_64", gpu=False, first=False)},
        "controller": text("How disks are attached: SCSI or NVMe.", defaultValue="SCSI"),
    }


def image(arch: str, *, gpu: bool, first: bool) -> dict[str, str]:
    """Return the image that is started; ``first``: of the first generation of machines.

    With a GPU it is the one with NVIDIA's driver: Microsoft's own "Ubuntu-HPC".
    """
    if gpu:
        return {
            "publisher": "microsoft-dsvm",
            "offer": "ubuntu-hpc",
            "sku": "2204",
            "version": "latest",
        }
    kind = "server-arm64" if arch == "arm64" else "server-gen1" if first else "server"
    offer = {"publisher": "Canonical", "offer": "ubuntu-24_04-lts"}
    return {**offer, "sku": kind, "version": "latest"}


def _id(kind: str, space: str = "Microsoft.Network") -> str:
    return f"resourceId('{space}/{kind}', parameters('name'))"


def _one(kind: str, version: str, properties: dict[str, Any], *after: str) -> dict[str, Any]:
    own = {"type": kind, "apiVersion": version, "name": _NAME, "location": _HERE, "tags": _TAGS}
    waits = {"dependsOn": [f"[{a}]" for a in after]} if after else {}
    return {**own, **waits, "properties": properties}


def _guard() -> dict[str, Any]:
    rule = {
        "priority": 1000,
        "direction": "Inbound",
        "access": "Allow",
        "protocol": "Tcp",
        "sourceAddressPrefix": "[parameters('allow')]",
        "sourcePortRange": "*",
        "destinationAddressPrefix": "*",
        "destinationPortRange": "22",
    }
    rules = {"securityRules": [{"name": "ssh", "properties": rule}]}
    return _one("Microsoft.Network/networkSecurityGroups", NETWORK, rules)


def _address() -> dict[str, Any]:
    fixed = {"publicIPAllocationMethod": "Static", "publicIPAddressVersion": "IPv4"}
    one = _one("Microsoft.Network/publicIPAddresses", NETWORK, fixed)
    return {**one, "sku": {"name": "Standard"}}


def _network() -> dict[str, Any]:
    guard = _id("networkSecurityGroups")
    subnet = {"addressPrefix": "10.0.0.0/24", "networkSecurityGroup": {"id": f"[{guard}]"}}
    properties = {
        "addressSpace": {"addressPrefixes": ["10.0.0.0/24"]},
        "subnets": [{"name": "default", "properties": subnet}],
    }
    return _one("Microsoft.Network/virtualNetworks", NETWORK, properties, guard)


def _card() -> dict[str, Any]:
    network, address = _id("virtualNetworks"), _id("publicIPAddresses")
    subnet = (
        "resourceId('Microsoft.Network/virtualNetworks/subnets', parameters('name'), 'default')"
    )
    properties = {
        "subnet": {"id": f"[{subnet}]"},
        "privateIPAllocationMethod": "Dynamic",
        "publicIPAddress": {"id": f"[{address}]"},
    }
    cards = {"ipConfigurations": [{"name": "own", "properties": properties}]}
    return _one("Microsoft.Network/networkInterfaces", NETWORK, cards, network, address)


def _machine() -> dict[str, Any]:
    card = _id("networkInterfaces")
    spot = "equals(parameters('priority'), 'Spot')"
    keys = [
        {
            "path": f"/home/{USER}/.ssh/authorized_keys",
            "keyData": "[parameters('publicKey')]",
        }
    ]
    system = {
        "computerName": _NAME,
        "adminUsername": USER,
        "customData": "[parameters('customData')]",
        "linuxConfiguration": {"disablePasswordAuthentication": True, "ssh": {"publicKeys": keys}},
    }
    disk = {
        "createOption": "FromImage",
        "deleteOption": "Delete",
        "diskSizeGB": "[parameters('disk')]",
        "managedDisk": {"storageAccountType": "StandardSSD_LRS"},
    }
    properties = {
        "hardwareProfile": {"vmSize": "[parameters('size')]"},
        "priority": "[parameters('priority')]",
        "evictionPolicy": f"[if({spot}, 'Deallocate', null())]",
        "osProfile": system,
        "storageProfile": {
            "imageReference": "[parameters('image')]",
            "osDisk": disk,
            "diskControllerType": "[parameters('controller')]",
        },
        "networkProfile": {
            "networkInterfaces": [{"id": f"[{card}]", "properties": {"deleteOption": "Delete"}}]
        },
        "diagnosticsProfile": {"bootDiagnostics": {"enabled": True}},
    }
    return _one("Microsoft.Compute/virtualMachines", COMPUTE, properties, card)


def _shutdown() -> dict[str, Any]:
    machine = _id("virtualMachines", "Microsoft.Compute")
    properties = {
        "status": "Enabled",
        "taskType": "ComputeVmShutdownTask",
        "dailyRecurrence": {"time": "[parameters('shutdown')]"},
        "timeZoneId": "UTC",
        "notificationSettings": {"status": "Disabled"},
        "targetResourceId": f"[{machine}]",
    }
    one = _one("Microsoft.DevTestLab/schedules", SCHEDULE, properties, machine)
    return {**one, "name": "[concat('shutdown-computevm-', parameters('name'))]"}
