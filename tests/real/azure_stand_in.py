"""Azure on loopback: the Resource Manager over TLS, an identity beside it, and a git host.

It remembers what it was asked for, holds every body against Microsoft's published schemas and the
models of the installed SDK, refuses snake_case, unknown api-versions and calls without the token
that its identity gave out, and misbehaves where it is told to. What could never be had here is
Azure itself: nothing of this was tried there.

Sources: "App Service managed identity REST endpoint reference"; "Track asynchronous Azure
operations"; Compute REST API (resource SKUs, usage, virtual machines).
"""

from __future__ import annotations

import functools
import json
import re
import secrets
import socket
import ssl
import struct
import subprocess
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from tests.real import azure_template
from tests.servers import certificate

SUBSCRIPTION = "11111111-2222-3333-4444-555555555555"
REGION = "westeurope"
_SNAKE = re.compile(r"[a-z0-9]+(_[a-z0-9]+)+")


@dataclass
class Fault:
    """What goes wrong for requests whose ``METHOD path`` matches ``where``, ``left`` times.

    ``kind``: a status; ``cut``: the connection is torn down; ``silent``: nothing is answered;
    ``lost``: it is done, and the connection is torn down before the answer.
    """

    where: str
    kind: int | str
    left: int = 1
    code: str = "Fault"
    message: str = "told to"
    headers: dict = field(default_factory=dict)


def sku(name, family, cpus, memory, *, restricted="", region=REGION, **more):
    """One size as the service lists it."""
    has = {"vCPUs": cpus, "MemoryGB": memory, "HyperVGenerations": "V1,V2", **more}
    has = {"CpuArchitectureType": "x64", "LowPriorityCapable": "True", **has}
    rule = {
        "type": "Location",
        "values": [region],
        "restrictionInfo": {"locations": [region]},
        "reasonCode": restricted,
    }
    return {
        "resourceType": "virtualMachines",
        "name": name,
        "tier": "Standard",
        "size": name.partition("_")[2],
        "family": family,
        "locations": [region],
        "capabilities": [{"name": k, "value": str(v)} for k, v in has.items()],
        "restrictions": [rule] if restricted else [],
    }


def usual():
    """A region with a few sizes: one restricted, one whose quota is 0, one with a GPU."""
    return [
        sku("Standard_D2s_v5", "standardDSv5Family", 2, 8),
        sku("Standard_D4s_v5", "standardDSv5Family", 4, 16),
        sku("Standard_D4s_v3", "standardDSv3Family", 4, 16),
        sku("Standard_D8s_v5", "standardDSv5Family", 8, 32),
        sku("Standard_B4ms", "standardBSFamily", 4, 16),
        sku("Standard_D4ps_v5", "standardDPSv5Family", 4, 16, CpuArchitectureType="Arm64"),
        sku(
            "Standard_E4s_v5", "standardESv5Family", 4, 32, restricted="NotAvailableForSubscription"
        ),
        sku("Standard_NC4as_T4_v3", "Standard NCASv3_T4 Family", 4, 28, GPUs=1),
        sku("Standard_NC6s_v3", "standardNCSv3Family", 6, 112, GPUs=1),
        sku("Standard_NV6ads_A10_v5", "StandardNVADSA10v5Family", 6, 55, GPUs=1),
        {"resourceType": "disks", "name": "Premium_LRS", "locations": [REGION]},
        {"resourceType": "virtualMachines", "name": "Standard_Later", "family": "x"},
    ]


class Azure:
    """The service, from :meth:`start` to :meth:`close`; a context manager."""

    def __init__(self, folder: Path, repositories: Path | None = None) -> None:
        """Keep a folder for the certificate, and one of bare repositories that it serves."""
        self.certificate, self._key = certificate(folder, "localhost")
        self._echo = certificate(folder / "echo", "api.ipify.org")
        self.bundle = folder / "bundle.pem"
        self.bundle.write_text(self.certificate.read_text() + self._echo[0].read_text())
        self.public = "203.0.113.9"  # the address that this computer is seen with
        self.repositories = repositories
        self.private = False  # whether its repositories ask for a login
        self.skus = usual()
        self.usage = {"cores": (4, 100), "standardDSv5Family": (0, 50), "lowPriorityCores": (0, 50)}
        self.usage |= {"Standard NCASv3_T4 Family": (0, 8), "standardNCSv3Family": (0, 0)}
        self.subscriptions = {SUBSCRIPTION: "Ann's own"}
        self.polls = 1  # how often a long operation says that it is not done
        self.error = None  # of the next deployment: {"code", "message", "details"}
        self.address = "127.0.0.1"
        self.faults: list[Fault] = []
        self.asked: list[str] = []
        self.problems: list[str] = []
        self.groups: dict[str, dict] = {}
        self.deleted: list[str] = []
        self.operations: dict[str, list] = {}
        self.token = f"ey.{secrets.token_hex(16)}"
        self.header = secrets.token_hex(8)
        self.lock = threading.RLock()
        self._servers: list[ThreadingHTTPServer] = []

    def __enter__(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self._key)
        for handler, secure in ((_Manager, context), (_Identity, None), (_Outside, None)):
            server = _Server(("127.0.0.1", 0), type("Own", (handler,), {"azure": self}))
            server.daemon_threads = True
            if secure:
                server.socket = secure.wrap_socket(
                    server.socket, server_side=True, do_handshake_on_connect=False
                )
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
            self._servers.append(server)
        return self

    def __exit__(self, *_):
        for server in self._servers:
            server.shutdown()
            server.server_close()

    @property
    def endpoint(self):
        return f"https://localhost:{self._servers[0].server_address[1]}"

    def environ(self):
        """What a computer that is signed in has: an identity, and where the service is."""
        port = self._servers[1].server_address[1]
        return {
            "IDENTITY_ENDPOINT": f"http://127.0.0.1:{port}/msi",
            "IDENTITY_HEADER": self.header,
            "ARM_ENDPOINT": self.endpoint,
            "REQUESTS_CA_BUNDLE": str(self.bundle),
            "HTTPS_PROXY": f"http://127.0.0.1:{self._servers[2].server_address[1]}",
            "AZURE_DEFAULTS_LOCATION": REGION,
            "NO_PROXY": "localhost,127.0.0.1",
            "no_proxy": "localhost,127.0.0.1",
        }

    def fault(self, method, path):
        with self.lock:
            for one in self.faults:
                if one.left and re.search(one.where, f"{method} {path}"):
                    one.left -= 1
                    return one
        return None

    def operation(self, done):
        """Start a long one: ``done`` is called when it has been asked about often enough."""
        name = secrets.token_hex(8)
        self.operations[name] = [self.polls, done]
        return (
            f"{self.endpoint}/subscriptions/{SUBSCRIPTION}/operations/{name}?api-version=2022-09-01"
        )

    def ended(self, name):
        """Return whether a long operation has ended; asking brings it nearer."""
        entry = self.operations[name]
        entry[0] -= 1
        if entry[0] >= 0:
            return False
        if entry[1]:
            entry[1]()
            entry[1] = None
        return True

    def user_data(self, group):
        """Return what the machine of a group was told to do, as bytes in base 64."""
        return self.machine(group)["properties"]["osProfile"]["customData"]

    def machine(self, group):
        found = self.groups[group]["resources"]
        return next(r for r in found if r["type"] == "Microsoft.Compute/virtualMachines")

    def resource(self, group, kind):
        return next(r for r in self.groups[group]["resources"] if r["type"] == kind)


@functools.cache
def versions():
    """Return the api-versions that the installed SDK knows, by client."""
    import azure.mgmt.compute
    import azure.mgmt.resource.deployments
    import azure.mgmt.resource.resources
    from azure.mgmt.resource import subscriptions

    found = {}
    for name, module in (
        ("compute", azure.mgmt.compute),
        ("deployments", azure.mgmt.resource.deployments),
        ("groups", azure.mgmt.resource.resources),
        ("subscriptions", subscriptions),
    ):
        text = "".join(
            p.read_text() for p in Path(module.__file__).parent.glob("**/_operations.py")
        )
        text += Path(module.__file__).with_name("_configuration.py").read_text()
        found[name] = set(re.findall(r'"(20\d\d-\d\d-\d\d)"', text))
    return found


@dataclass
class _Call:
    named: dict
    """What the path names."""
    query: dict
    body: object


class _Server(ThreadingHTTPServer):
    def handle_error(self, *_):
        """Say nothing of those who hung up."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    azure: Azure

    def log_message(self, *_):
        pass

    def reply(self, status, body=None, headers=None):
        data = (
            b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        )
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def cut(self):
        """Tear the connection down."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()


class _Identity(_Handler):
    """The managed identity of this computer."""

    def do_GET(self):
        azure, asked = self.azure, parse_qs(urlsplit(self.path).query)
        fault = azure.fault("GET", "/msi")
        if fault:
            self.reply(fault.kind, {"statusCode": fault.kind, "message": fault.message})
        elif self.headers.get("X-IDENTITY-HEADER") != azure.header or "resource" not in asked:
            azure.problems.append(f"identity asked wrongly: {self.path}")
            self.reply(400, {"statusCode": 400, "message": "wrong"})
        else:
            self.reply(
                200,
                {
                    "access_token": azure.token,
                    "expires_on": str(int(time.time()) + 3600),
                    "resource": asked["resource"][0],
                    "token_type": "Bearer",
                },
            )


class _Outside(_Handler):
    """The way out: a proxy behind which api.ipify.org is, and nothing else."""

    def do_CONNECT(self):
        azure = self.azure
        azure.asked.append(f"CONNECT {self.path}")
        if self.path != "api.ipify.org:443" or azure.fault("CONNECT", self.path):
            self.send_error(502)
            return
        self.send_response(200)
        self.end_headers()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*azure._echo)
        with context.wrap_socket(self.connection, server_side=True) as inside:
            while b"\r\n\r\n" not in inside.recv(65536):
                pass
            text = azure.public.encode()
            head = f"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {len(text)}"
            inside.sendall(head.encode() + b"\r\nConnection: close\r\n\r\n" + text)
        self.close_connection = True


class _Manager(_Handler):
    """The Resource Manager."""

    def do_GET(self):
        if urlsplit(self.path).path.startswith("/git/"):
            self._git()
        else:
            self._serve()

    def do_POST(self):
        self.do_GET()

    def do_PUT(self):
        self._serve()

    def do_DELETE(self):
        self._serve()

    def do_HEAD(self):
        self._serve()

    def _serve(self):
        azure, parts = self.azure, urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length) if length else b""
        azure.asked.append(f"{self.command} {parts.path}")
        fault = azure.fault(self.command, parts.path)
        if fault and fault.kind == "silent":
            time.sleep(120)
        if fault and fault.kind in {"cut", "silent"}:
            return self.cut()
        if fault and fault.kind != "lost":
            return self._error(fault.kind, fault.code, fault.message, fault.headers)
        if self.headers.get("Authorization") != f"Bearer {azure.token}":
            azure.problems.append(f"no token: {self.command} {self.path}")
            return self._error(401, "AuthenticationFailed", "the 'Authorization' header is missing")
        with azure.lock:
            status, answer, headers = self._answer(parts, body)
        if fault:
            return self.cut()
        return self.reply(status, answer, headers)

    def _error(self, status, code, message, headers=None):
        return self.reply(status, {"error": {"code": code, "message": message}}, headers)

    def _answer(self, parts, body):
        path, query = unquote(parts.path), parse_qs(parts.query)
        for pattern, client, method in _ROUTES:  # noqa: B007
            match = re.fullmatch(pattern, path, re.IGNORECASE)
            if match and method.startswith(self.command.lower()):
                break
        else:
            return self._wrong(404, "InvalidRoute", f"{self.command} {path}")
        version = query.get("api-version", [""])[0]
        if client and version not in versions()[client]:
            return self._wrong(400, "InvalidApiVersionParameter", f"{path}: {version!r}")
        named = match.groupdict()
        if "subscription" in named and named["subscription"] not in self.azure.subscriptions:
            return _said(404, "SubscriptionNotFound", f"no subscription {named['subscription']}")
        try:
            told = json.loads(body) if body else None
            _plain(told)
            return getattr(self, f"_{method}")(_Call(named, query, told))
        except (ValueError, azure_template.Wrong) as error:
            return self._wrong(400, "InvalidRequestContent", str(error))

    def _wrong(self, status, code, message):
        self.azure.problems.append(message)
        return _said(status, code, message)

    # ------------------------------------------------------------------ looking

    def _get_subscriptions(self, call):  # noqa: ARG002
        rows = [
            {"id": f"/subscriptions/{i}", "subscriptionId": i, "displayName": n, "state": "Enabled"}
            for i, n in self.azure.subscriptions.items()
        ]
        return 200, {"value": rows}, None

    def _get_skus(self, call):
        asked = re.fullmatch(r"location eq '(\w+)'", call.query.get("$filter", [""])[0])
        if not asked:
            raise ValueError(f"a filter that is none: {call.query}")
        found = [s for s in self.azure.skus if asked[1] in s.get("locations", [REGION])]
        half = len(found) // 2  # in two pages, as the service does
        if "skip" in call.query:
            return 200, {"value": found[half:]}, None
        link = f"{self.azure.endpoint}{self.path}&skip={half}"
        return 200, {"value": found[:half], "nextLink": link}, None

    def _get_usage(self, call):  # noqa: ARG002
        rows = [
            {
                "unit": "Count",
                "currentValue": used,
                "limit": limit,
                "name": {"value": name, "localizedValue": name},
            }
            for name, (used, limit) in self.azure.usage.items()
        ]
        return 200, {"value": rows}, None

    def _get_operation(self, call):
        status = "Succeeded" if self.azure.ended(call.named["operation"]) else "InProgress"
        return 200, {"status": status}, {"Retry-After": "0"}

    def _get_result(self, call):
        if self.azure.ended(call.named["operation"]):
            return 200, None, None
        return 202, None, {"Location": f"{self.azure.endpoint}{self.path}", "Retry-After": "0"}

    # ------------------------------------------------------------------- groups

    def _get_group(self, call):
        group = self.azure.groups.get(call.named["group"])
        if group is None:
            return _absent(call.named)
        return 200, group["itself"], None

    def _put_group(self, call):
        from azure.mgmt.resource.resources.models import ResourceGroup

        _known(call.body, ResourceGroup)
        name = call.named["group"]
        itself = {
            **call.body,
            "id": f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{name}",
            "name": name,
            "type": "Microsoft.Resources/resourceGroups",
            "properties": {"provisioningState": "Succeeded"},
        }
        there = name in self.azure.groups
        group = self.azure.groups.setdefault(name, {"resources": [], "deployments": {}})
        group["itself"] = itself
        return 200 if there else 201, itself, None

    def _delete_group(self, call):
        azure, name = self.azure, call.named["group"]
        if name not in azure.groups:
            return _absent(call.named)
        azure.groups[name]["itself"]["properties"]["provisioningState"] = "Deleting"

        def gone():
            azure.groups.pop(name, None)
            azure.deleted.append(name)

        where = azure.operation(gone).replace("/operations/", "/operationresults/")
        return 202, None, {"Location": where, "Retry-After": "0"}

    # -------------------------------------------------------------- deployments

    def _get_deployment(self, call):
        group = self.azure.groups.get(call.named["group"])
        one = group and group["deployments"].get(call.named["deployment"])
        if not one:
            return _said(404, "DeploymentNotFound", f"no deployment {call.named['deployment']}")
        if one["left"] > 0:
            one["left"] -= 1
        elif one["properties"]["provisioningState"] in {"Accepted", "Running"}:
            self._settle(group, one)
        return 200, {k: v for k, v in one.items() if k in {"id", "name", "properties"}}, None

    def _settle(self, group, one):
        properties = one["properties"]
        if error := one["error"]:
            properties.update(provisioningState="Failed", error=error)
            return
        group["resources"] = one["resources"]
        group["power"] = "running"
        address = next(r for r in one["resources"] if r["type"].endswith("publicIPAddresses"))
        scope = {"group": {"name": one["group"]}, "subscription": SUBSCRIPTION}
        state = {azure_template.ident(address, scope): {"ipAddress": self.azure.address}}
        values = one["outputs"](state)
        properties.update(
            provisioningState="Succeeded",
            outputs={k: {"type": "String", "value": v} for k, v in values.items()},
        )

    def _put_deployment(self, call):
        from azure.mgmt.resource.deployments.models import Deployment, DeploymentProperties

        azure, group = self.azure, self.azure.groups.get(call.named["group"])
        if group is None:
            return _absent(call.named)
        _known(call.body, Deployment)
        properties = call.body["properties"]
        _known(properties, DeploymentProperties)
        if properties["mode"] not in {"Incremental", "Complete"}:
            raise ValueError(f"a mode that is none: {properties['mode']}")
        resources, outputs = azure_template.resources(
            properties["template"],
            properties["parameters"],
            call.named["group"],
            group["itself"]["location"],
            SUBSCRIPTION,
        )
        name = call.named["deployment"]
        one = {
            "id": f"{group['itself']['id']}/providers/Microsoft.Resources/deployments/{name}",
            "name": name,
            "properties": {"provisioningState": "Accepted", "mode": properties["mode"]},
            "left": azure.polls,
            "error": azure.error,
            "resources": resources,
            "outputs": outputs,
            "group": call.named["group"],
        }
        group["deployments"][name] = one
        headers = {"Azure-AsyncOperation": azure.operation(None), "Retry-After": "0"}
        return 201, {k: one[k] for k in ("id", "name", "properties")}, headers

    # ----------------------------------------------------------------- machines

    def _get_view(self, call):
        group = self.azure.groups.get(call.named["group"])
        if not group or "power" not in group:
            return _said(404, "ResourceNotFound", f"no machine {call.named['machine']}")
        codes = ["ProvisioningState/succeeded", f"PowerState/{group['power']}"]
        return 200, {"statuses": [{"code": c, "level": "Info"} for c in codes]}, None

    def _post_power(self, call):
        group = self.azure.groups.get(call.named["group"])
        if not group or "power" not in group:
            return _said(404, "ResourceNotFound", f"no machine {call.named['machine']}")
        power = {"deallocate": "deallocated", "start": "running"}[call.named["deed"]]
        where = self.azure.operation(lambda: group.update(power=power))
        result = where.replace("/operations/", "/operationresults/")
        headers = {"Azure-AsyncOperation": where, "Location": result, "Retry-After": "0"}
        return 202, None, headers

    # ---------------------------------------------------------------------- git

    def _git(self):
        """Serve the bare repositories through git's own program (gitprotocol-http)."""
        parts = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length) if length else b""
        if self.azure.private:
            return self.reply(401, b"", {"WWW-Authenticate": 'Basic realm="git"'})
        done = subprocess.run(
            ["git", "http-backend"],
            input=body,
            stdout=subprocess.PIPE,
            check=False,
            env={
                "PATH": "/usr/bin:/bin",
                "GIT_PROJECT_ROOT": str(self.azure.repositories),
                "GIT_HTTP_EXPORT_ALL": "1",
                "PATH_INFO": parts.path.removeprefix("/git"),
                "QUERY_STRING": parts.query,
                "REQUEST_METHOD": self.command,
                "CONTENT_TYPE": self.headers.get("Content-Type", ""),
                "CONTENT_LENGTH": str(length),
                "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
                "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
                "GIT_CONFIG_COUNT": "1",
                "GIT_CONFIG_KEY_0": "safe.directory",
                "GIT_CONFIG_VALUE_0": "*",
            },
        )
        head, _, rest = done.stdout.partition(b"\r\n\r\n")
        rows = dict(r.split(": ", 1) for r in head.decode().split("\r\n") if ": " in r)
        status = int(rows.pop("Status", "200").split()[0])
        self.send_response(status)
        for name, value in {**rows, "Content-Length": str(len(rest))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(rest)
        return None


_SUB = r"/subscriptions/(?P<subscription>[^/]+)"
_GROUP = _SUB + r"/resourcegroups/(?P<group>[^/]+)"
_VM = _GROUP + r"/providers/Microsoft\.Compute/virtualMachines/(?P<machine>[^/]+)"
_DEPLOYMENT = _GROUP + r"/providers/Microsoft\.Resources/deployments/(?P<deployment>[^/]+)"
_COMPUTE = _SUB + r"/providers/Microsoft\.Compute"
_ROUTES = (
    (r"/subscriptions", "subscriptions", "get_subscriptions"),
    (_COMPUTE + "/skus", "compute", "get_skus"),
    (_COMPUTE + r"/locations/(?P<location>\w+)/usages", "compute", "get_usage"),
    (_GROUP, "groups", "get_group"),
    (_GROUP, "groups", "put_group"),
    (_GROUP, "groups", "delete_group"),
    (_DEPLOYMENT, "deployments", "get_deployment"),
    (_DEPLOYMENT, "deployments", "put_deployment"),
    (_VM + "/instanceView", "compute", "get_view"),
    (_VM + "/(?P<deed>deallocate|start)", "compute", "post_power"),
    (_SUB + r"/operations/(?P<operation>\w+)", "", "get_operation"),
    (_SUB + r"/operationresults/(?P<operation>\w+)", "", "get_result"),
)


def _said(status, code, message):
    return status, {"error": {"code": code, "message": message}}, None


def _absent(named):
    return _said(
        404, "ResourceGroupNotFound", f"Resource group '{named['group']}' could not be found."
    )


def _plain(body):
    """Refuse names in snake_case, which a dict given to the SDK would be sent with."""
    if isinstance(body, dict):
        for name, value in body.items():
            if _SNAKE.fullmatch(name):
                raise ValueError(f"the property {name!r} is not known: snake_case")
            _plain(value)
    elif isinstance(body, list):
        for value in body:
            _plain(value)


def _known(body, model):
    """Hold the names of a body to those of the SDK's own model."""
    known = {f._rest_name for f in model()._attr_to_rest_field.values()}
    if not isinstance(body, dict) or (strange := body.keys() - known):
        raise ValueError(f"not of {model.__name__}: {sorted(strange)}")
