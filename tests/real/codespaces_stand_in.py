"""GitHub Codespaces on loopback: stateful, and checked against what GitHub publishes.

Every request and every reply is held against GitHub's description of its API by openapi-core
(:mod:`tests.real.codespaces_schema`); what does not agree is kept in ``complaints`` and answered
with 500. Time moves when somebody looks, or by :meth:`Codespaces.advance`: never by the clock.

It is met by its own names through the proxy that HTTPS_PROXY names, as :mod:`github_stand_in` is
(``environ``), or by GITHUB_API_URL without TLS (``plain``). What has no published description is
checked by hand: device flow by RFC 8628, gh's one GraphQL query by :mod:`github_schema`.
"""

from __future__ import annotations

import contextlib
import dataclasses
import http.server
import json
import re
import ssl
import subprocess
import threading
import time
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from tests.real import github_stand_in
from tests.real.codespaces_schema import HOST, Exchange, Wrong, check, filled
from tests.real.github_schema import Operation

ELSEWHERE = "elsewhere.example"
HOSTS = (*github_stand_in.HOSTS, ELSEWHERE)
GIB = 1 << 30
_DOC = "https://docs.github.com/rest"
_ONE = "/user/codespaces/{codespace_name}"
_OF_REPO = "/repos/{owner}/{repo}/codespaces"
_GEOS = {
    "EuropeWest": "WestEurope",
    "SoutheastAsia": "SouthEastAsia",
    "UsEast": "EastUs",
    "UsWest": "WestUs2",
}
_NEXT = {"Provisioning": "Available", "Starting": "Available", "ShuttingDown": "Shutdown"}
# name, cores, GiB of memory, GiB of disk (source: GitHub's page on machine types, and its API)
MACHINES = (
    ("basicLinux32gb", 2, 8, 32),
    ("standardLinux32gb", 4, 16, 32),
    ("premiumLinux", 8, 32, 64),
    ("largePremiumLinux", 16, 64, 128),
    ("xLargePremiumLinux", 32, 128, 128),
)


def _said(message, status=None, **headers):
    return status, {"message": message, "documentation_url": _DOC}, headers


_SCOPES = {"X-OAuth-Scopes": "repo, read:org", "X-Accepted-OAuth-Scopes": "codespace"}
# name → status, body, headers. The status and the shape are GitHub's, the words are mostly ours.
FAULTS = {
    "401": _said("Bad credentials", 401),
    "402": _said("Payment required: the spending limit of this account is reached.", 402),
    "403 scopes": _said("Must have admin rights to Repository.", 403, **_SCOPES),
    "403 fine-grained": _said(
        "Resource not accessible by personal access token",
        403,
        **{"X-Accepted-GitHub-Permissions": "codespaces=write"},
    ),
    "403 policy": _said("Codespaces is disabled by a policy of this organization.", 403),
    "403 rate": _said(
        "API rate limit exceeded for user ID 7.",
        403,
        **{"X-RateLimit-Remaining": "0"},
    ),
    "403 letters": _said("\x1b[2J\x1b[31mno\x1b]0;title\x07 \u202etxet", 403),
    "404": _said("Not Found", 404),
    "409": _said("Conflict", 409),
    "422": _said("Validation Failed", 422),
    "429": _said("You have exceeded a secondary rate limit.", 429, **{"Retry-After": "1"}),
    "500": _said("Server Error", 500),
    "502": _said("Bad Gateway", 502),
    "503": _said("Service unavailable", 503),
    "silent": (None, None, {}),
    "cut": (None, None, {}),
    "broken": (200, '{"total_count": 1, "machines": [', {}),
    "html": (200, "<!DOCTYPE html><title>Unicorn!</title>", {"Content-Type": "text/html"}),
    "list": (200, "[1, null]", {}),
    "elsewhere": (302, {"message": "Found"}, {"Location": f"https://{ELSEWHERE}/there"}),
    "moved": (301, {"message": "Moved Permanently"}, {}),
}
_ODD = {"broken", "html", "list", "elsewhere"}  # no reply that GitHub publishes


@dataclasses.dataclass
class Fault:
    """What goes wrong with some request."""

    name: str
    on: str
    """A pattern for ``POST /repos/o/r/codespaces``, without the query."""
    times: int
    after: bool
    """The deed is done, and what is told of it goes wrong."""


@dataclasses.dataclass
class Space:
    """One codespace."""

    name: str
    display_name: str
    machine: str
    ref: str
    path: str | None
    idle: int
    retention: int
    location: str
    state: str = "Queued"
    looks: int = 0
    asked: dict[str, object] = dataclasses.field(default_factory=dict)
    """The body of the request that made it."""


class Codespaces:
    """The stand-in, with one person, her tokens and her repository; a context manager."""

    public = True
    may_push = True

    def __init__(self, folder, certificates=None, *, repository="o/r"):
        self.folder, self.full = folder, repository
        self.login, self.billable, self.identity = "ada", "ada", 1296269
        self.token = "gho_" + "x7Q2" * 9
        self.tokens = {self.token: {"codespace", "repo", "read:org"}}
        self.private = False
        self.machines = MACHINES
        self.created = 201
        self.slow: int | None = 0
        """So many looks find the same state; None: it never changes."""
        self.ends = "Available"
        self.accepted = True
        self.spaces: dict[str, Space] = {}
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.elsewhere: list[dict[str, str]] = []
        """The headers of requests to another host."""
        self.faults: list[Fault] = []
        self.devices: dict[str, dict[str, object]] = {}
        self.released, self.lock, self.count = threading.Event(), threading.RLock(), 0
        self.ca = self.context = None
        if certificates:
            self.ca, certificate = certificates
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(certificate)
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Front)
        self.server.daemon_threads = True
        self.server.github = self

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_why):
        self.released.set()
        self.server.shutdown()
        self.server.server_close()

    @property
    def address(self):
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    @property
    def environ(self):
        """Return the variables with which all come here by GitHub's own names."""
        return {
            "HTTPS_PROXY": self.address,
            "https_proxy": self.address,
            "SSL_CERT_FILE": str(self.ca),
            "GIT_SSL_CAINFO": str(self.ca),
            "GH_TOKEN": self.token,
            "GH_NO_UPDATE_NOTIFIER": "1",
        }

    @property
    def plain(self):
        """Return the variables with which gh and envboot come here without TLS."""
        return {
            "GITHUB_API_URL": self.address,
            "GITHUB_SERVER_URL": self.address,
            "GH_NO_UPDATE_NOTIFIER": "1",
            "GH_TOKEN": self.token,
        }

    def bare(self):
        """Return where the repository lies."""
        return self.folder / f"{self.full}.git"

    def fail(self, name, on=".*", times=1, *, after=False):
        """Let requests go wrong; the first that fits is taken, and gone after so many times."""
        assert name in FAULTS
        self.faults.append(Fault(name, on, times, after))

    def advance(self, name, state=""):
        """Let time pass for one codespace: to its next state, or to that one."""
        space = self.spaces[name]
        following = "Provisioning" if space.state == "Queued" else _NEXT.get(space.state)
        following = self.ends if following == "Available" else following
        space.state, space.looks = state or following or space.state, 0

    def approve(self, code):
        """Let the person type her one-time code in a browser, and say yes."""
        for one in self.devices.values():
            if one["user_code"] == code:
                one["approved"] = True
                return
        raise Wrong(f"no such code: {code}")

    def asked(self, start):
        """Return the requests that begin so."""
        return [one for one in self.requests if one.startswith(start)]

    # ---------------------------------------------------------------- one request

    def answer(self, method, target, headers, body):
        """Return (status, body, headers) of the reply to one request."""
        with self.lock:
            self.requests.append(f"{method} {target}")
            try:
                return self._answer(method, target, headers, body)
            except (Wrong, KeyError, ValueError, IndexError, TypeError) as error:
                self.complaints.append(f"{method} {target}: {error!r}")
                return 500, {"message": f"the stand-in complains: {error}"}, {}

    def _answer(self, method, target, headers, body):
        if any(token in target for token in self.tokens):
            raise Wrong("a token in an address")
        path = urlsplit(target).path
        if path == "/graphql":
            return self._graphql(headers, json.loads(body))
        if path == "/":
            return 200, {}, self._scopes(headers)
        target = target.replace(f"/repositories/{self.identity}", f"/repos/{self.full}", 1)
        exchange = Exchange(method, target, headers, body)
        fault = self._fault(method, path)
        if fault and not fault.after:
            return self._faulty(fault, exchange, target)
        refused = self._refused(exchange, headers)
        if refused:
            exchange.answered(*refused[:2])
            return refused
        doing = self._operations()[method, exchange.pattern]
        names = re.fullmatch(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", exchange.pattern), path)
        given = {} if names is None else names.groupdict()
        query = dict(parse_qsl(urlsplit(target).query))
        status, value = doing(given, {**query, **(json.loads(body) if body else {})})
        exchange.answered(status, value)
        if fault:
            return self._faulty(fault, exchange, target)
        return status, value, self._scopes(headers)

    def _fault(self, method, path):
        for fault in self.faults:
            if fault.times and re.fullmatch(fault.on, f"{method} {path}"):
                fault.times -= 1
                return fault
        return None

    def _faulty(self, fault, exchange, target):
        status, value, headers = FAULTS[fault.name]
        if status is None:
            return fault.name, None, {}
        if fault.name == "moved":
            moved = target.replace(f"/repos/{self.full}", f"/repositories/{self.identity}")
            headers = {"Location": HOST + moved}
        if fault.name == "403 rate":
            headers = {**headers, "X-RateLimit-Reset": str(int(time.time()) + 1800)}
        if status == 503:
            value = {"code": "503", **value}
        if fault.name not in {*_ODD, "moved"}:
            exchange.answered(status, value)
        return status, value, headers

    def _scopes(self, headers):
        scopes = self.tokens.get(_token(headers), set())
        return {"X-OAuth-Scopes": ", ".join(sorted(scopes))}

    def _refused(self, exchange, headers):
        """Return the reply to one who may not do this, else None."""
        token = _token(headers)
        if token is None:
            return 401, {"message": "Requires authentication", "documentation_url": _DOC}, {}
        if token not in self.tokens:
            return FAULTS["401"]
        if "codespaces" in exchange.pattern and "codespace" not in self.tokens[token]:
            return (
                403,
                FAULTS["403 scopes"][1],
                {**self._scopes(headers), "X-Accepted-OAuth-Scopes": "codespace"},
            )
        repository = re.match(r"/repos/([^/]+/[^/]+)", exchange.request.path)
        if repository and repository[1].lower() != self.full.lower():
            return FAULTS["404"]
        if repository and self.private and "repo" not in self.tokens[token]:
            return FAULTS["404"]
        return None

    # ---------------------------------------------------------------- the operations

    def _operations(self):
        return {
            ("GET", "/user"): self._user,
            ("GET", "/repos/{owner}/{repo}"): lambda _names, _given: (200, self._repository()),
            ("GET", f"{_OF_REPO}/machines"): self._sizes,
            ("GET", f"{_OF_REPO}/new"): self._preflight,
            ("GET", f"{_OF_REPO}/permissions_check"): self._permissions,
            ("GET", f"{_OF_REPO}/devcontainers"): self._devcontainers,
            ("GET", _OF_REPO): self._list,
            ("POST", _OF_REPO): self._create,
            ("GET", "/user/codespaces"): self._list,
            ("POST", "/user/codespaces"): self._create,
            ("GET", _ONE): self._get,
            ("DELETE", _ONE): self._delete,
            ("POST", f"{_ONE}/start"): self._start,
            ("POST", f"{_ONE}/stop"): self._stop,
        }

    def _user(self, _names, _given):
        mine = {"login": self.login, "user_view_type": "private", "type": "User"}
        return 200, filled("private-user", f"{HOST}/users/{self.login}", **mine)

    def _person(self, login):
        return filled("simple-user", f"{HOST}/users/{login}", login=login)

    def _repository(self, schema="full-repository"):
        owner, _, name = self.full.partition("/")
        return filled(
            schema,
            f"{HOST}/repos/{self.full}",
            id=self.identity,
            name=name,
            full_name=self.full,
            owner=self._person(owner),
            private=self.private,
            html_url=f"https://github.com/{self.full}",
            clone_url=f"https://github.com/{self.full}.git",
            default_branch="main",
        )

    def _machine(self, name):
        cores, memory, disk = next(m[1:] for m in self.machines if m[0] == name)
        return filled(
            "codespace-machine",
            HOST,
            name=name,
            display_name=f"{cores} cores, {memory} GB RAM, {disk} GB storage",
            operating_system="linux",
            storage_in_bytes=disk * GIB,
            memory_in_bytes=memory * GIB,
            cpus=cores,
            prebuild_availability="none",
        )

    def _sizes(self, _names, _given):
        found = [self._machine(name) for name, *_rest in self.machines]
        return 200, {"total_count": len(found), "machines": found}

    def _preflight(self, _names, _given):
        defaults = {"location": "WestEurope", "devcontainer_path": None}
        return 200, {"billable_owner": self._person(self.billable), "defaults": defaults}

    def _permissions(self, _names, given):
        if given["devcontainer_path"] not in self._containers(given["ref"]):
            return 404, FAULTS["404"][1]
        return 200, {"accepted": self.accepted}

    def _containers(self, ref):
        """Return the devcontainer.json files of what was really pushed."""
        argv = ["git", "-C", str(self.bare()), "ls-tree", "-r", "--name-only", ref, "--"]
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        wanted = r"\.devcontainer\.json|\.devcontainer/([^/]+/)?devcontainer\.json"
        return [one for one in done.stdout.splitlines() if re.fullmatch(wanted, one)]

    def _devcontainers(self, _names, given):
        found = [{"path": path} for path in self._containers(given.get("ref", "main"))]
        return 200, {"total_count": len(found), "devcontainers": found}

    def _create(self, _names, given):
        if given.get("repository_id", self.identity) != self.identity:
            return 404, FAULTS["404"][1]
        idle, keep = given.get("idle_timeout_minutes", 30), given.get("retention_period_minutes", 1)
        if given.get("machine", MACHINES[0][0]) not in {name for name, *_rest in self.machines}:
            return 403, {"message": "machine type not allowed"}
        if not 5 <= idle <= 240 or not 0 <= keep <= 43200:
            return 400, {"message": "idle_timeout_minutes 5-240, retention_period_minutes 0-43200"}
        path = given.get("devcontainer_path")
        if self.bare().exists():
            ref = ["git", "-C", str(self.bare()), "rev-parse", "-q", "--verify", given["ref"], "--"]
            if subprocess.run(ref, capture_output=True, check=False).returncode:
                return 404, {"message": "Ref not found"}
            if path and path not in self._containers(given["ref"]):
                return 400, {"message": f"{path} does not exist on {given['ref']}"}
        self.count += 1
        shown = given.get("display_name") or "fuzzy adventure"
        slug = re.sub(r"[^a-z0-9]+", "-", shown.lower())
        space = Space(
            name=f"{slug}-7v4x{self.count:04d}",
            display_name=shown,
            machine=given.get("machine", MACHINES[0][0]),
            ref=given.get("ref", "main"),
            path=path,
            idle=idle,
            retention=keep,
            location=_GEOS.get(given.get("geo"), "WestEurope"),
            asked=given,
        )
        self.spaces[space.name] = space
        return self.created, self._shown(space)

    def _shown(self, space):
        own = f"{HOST}/user/codespaces/{space.name}"
        return filled(
            "codespace",
            own,
            name=space.name,
            display_name=space.display_name,
            owner=self._person(self.login),
            billable_owner=self._person(self.billable),
            repository=self._repository("minimal-repository"),
            machine=self._machine(space.machine),
            devcontainer_path=space.path,
            state=space.state,
            git_status={"ahead": 0, "behind": 0, "ref": space.ref},
            location=space.location,
            idle_timeout_minutes=space.idle,
            retention_period_minutes=space.retention,
            web_url=f"https://{space.name}.github.dev",
            start_url=f"{own}/start",
            stop_url=f"{own}/stop",
        )

    def _list(self, _names, given):
        page, size = int(given.get("page", 1)), int(given.get("per_page", 30))
        every = list(self.spaces.values())
        rows = [self._look(space) for space in every[(page - 1) * size : page * size]]
        return 200, {"total_count": len(every), "codespaces": rows}

    def _look(self, space):
        """Show one, after time has moved."""
        space.looks += 1
        if self.slow is not None and space.looks > self.slow:
            self.advance(space.name)
        return self._shown(space)

    def _get(self, names, _given):
        space = self.spaces.get(names["codespace_name"])
        return (404, FAULTS["404"][1]) if space is None else (200, self._look(space))

    def _delete(self, names, _given):
        space = self.spaces.pop(names["codespace_name"], None)
        return (404, FAULTS["404"][1]) if space is None else (202, {})

    def _start(self, names, _given):
        space = self.spaces.get(names["codespace_name"])
        if space is None:
            return 404, FAULTS["404"][1]
        if space.state == "Available":
            return 409, FAULTS["409"][1]
        space.state = "Starting"
        return 200, self._shown(space)

    def _stop(self, names, _given):
        space = self.spaces.get(names["codespace_name"])
        if space is None:
            return 404, FAULTS["404"][1]
        space.state = "ShuttingDown"
        return 200, self._shown(space)

    # ---------------------------------------------------------------- not in the description

    def _graphql(self, headers, body):
        if _token(headers) not in self.tokens:
            return FAULTS["401"]
        mine = {"id": "U_1", "login": self.login, "url": f"https://github.com/{self.login}"}
        return 200, {"data": Operation(body).answer({"viewer": mine})}, self._scopes(headers)

    def sign_in(self, path, form):
        """Answer for the device flow: RFC 8628, and GitHub's page on authorising OAuth apps."""
        with self.lock:
            self.requests.append(f"POST {path}")
            if not form.get("client_id"):
                raise Wrong("RFC 8628, 3.1: client_id is required")
            if path == "/login/device/code":
                number = len(self.devices) + 1
                made = {"user_code": f"WDJB-{number:04d}", "approved": False}
                self.devices[f"device{number}"] = {**made, "scope": form.get("scope", "")}
                return {
                    "device_code": f"device{number}",
                    "user_code": made["user_code"],
                    "verification_uri": "https://github.com/login/device",
                    "expires_in": 900,
                    "interval": 1,
                }
            if form.get("grant_type") != "urn:ietf:params:oauth:grant-type:device_code":
                raise Wrong("RFC 8628, 3.4: another grant_type")
            one = self.devices[form["device_code"]]
            if not one["approved"]:
                return {"error": "authorization_pending"}
            token = "gho_" + "d3Vc" * 9
            self.tokens[token] = set(re.split(r"[ ,]+", str(one["scope"])))
            self.token = token
            return {"access_token": token, "token_type": "bearer", "scope": one["scope"]}


def _token(headers):
    """Return the token of a request; None: it has none."""
    scheme, _, token = (headers.get("Authorization") or "").partition(" ")
    return token if scheme.lower() in {"bearer", "token"} else None


class _Within(github_stand_in._Git):
    """All of GitHub, at whichever address: the API, signing in, and git."""

    here = ""

    def _serve(self):
        path = urlsplit(self.path).path
        if self.here == ELSEWHERE:
            self.server.github.elsewhere.append(dict(self.headers))
            self._json(200, {}, {})
        elif path.startswith("/login/"):
            self._login(path)
        elif ".git/" in path or path.endswith(".git"):
            super()._serve()
        else:
            self._api()

    do_GET = do_POST = do_DELETE = do_PATCH = do_PUT = do_HEAD = _serve  # noqa: N815 - http.server's way

    def _api(self):
        github = self.server.github
        answer = github.answer(self.command, self.path, self.headers, self._body())
        status, value, headers = answer
        if status == "silent":
            github.released.wait(120)
        if status in {"silent", "cut"}:
            self.close_connection = True
            with contextlib.suppress(OSError):
                self.connection.shutdown(2)
            return
        self._json(status, value, headers)

    def _json(self, status, value, headers):
        data = value if isinstance(value, str) else json.dumps(value)
        sent = data.encode() if self.command != "HEAD" else b""
        kind = {"Content-Type": "application/json; charset=utf-8"}
        self._send(status, sent, **{**kind, **headers})

    def _login(self, path):
        github, body = self.server.github, self._body().decode()
        form = {name: values[0] for name, values in parse_qs(body).items()}
        try:
            value = github.sign_in(path, form)
        except (Wrong, KeyError) as error:
            github.complaints.append(f"{self.command} {path}: {error!r}")
            self._json(400, {"error": str(error)}, {})
            return
        if "json" in (self.headers["Accept"] or ""):
            self._json(200, value, {})
        else:
            kind = {"Content-Type": "application/x-www-form-urlencoded"}
            self._json(200, urlencode(value), kind)


class _Front(_Within):
    """What stands at the port: itself, and a proxy for GitHub's own names."""

    def do_CONNECT(self):  # noqa: N802 - http.server's way
        github, host = self.server.github, self.path.partition(":")[0]
        if host not in HOSTS or github.context is None:
            github.complaints.append(f"another host: {self.path}")
            self.send_error(403)
            return
        self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        inner = type("_Inner", (_Within,), {"here": host})
        with (
            contextlib.suppress(OSError, ssl.SSLError),  # a client that went away
            github.context.wrap_socket(self.connection, server_side=True) as tunnel,
        ):
            inner(tunnel, self.client_address, self.server)
        self.close_connection = True


__all__ = ["FAULTS", "MACHINES", "Codespaces", "Fault", "Space", "check"]
