"""GitHub on loopback: what gh and git ask of it, checked against what GitHub publishes.

gh speaks to api.github.com over TLS and to nothing else by that name, so it is met half way: the
stand-in is the proxy that HTTPS_PROXY names, and shows a certificate of an authority of its own
(SSL_CERT_FILE for gh, GIT_SSL_CAINFO for git). git's own half is ``git http-backend``.
"""

from __future__ import annotations

import base64
import contextlib
import http.server
import json
import os
import re
import ssl
import subprocess
import threading

from tests.real.github_schema import Operation, Wrong, reply

HOSTS = ("github.com", "api.github.com")
_REQUEST = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


def authority(folder, hosts=HOSTS):
    """Make an authority and a certificate of its for GitHub's names; return both files."""
    names = ",".join(f"DNS:{host}" for host in hosts)
    (folder / "names").write_text(f"subjectAltName={names}\n")

    def openssl(*words):
        subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)

    subject = ("-subj", "/CN=stand-in for tests")
    openssl("req", "-x509", *_REQUEST, *subject, "-keyout", "ca.key", "-out", "ca.pem")
    openssl("req", *_REQUEST, *subject, "-keyout", "own.key", "-out", "own.csr")
    signing = ("-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "names")
    openssl("x509", "-req", "-in", "own.csr", *signing, "-out", "own.pem")
    whole = folder / "whole.pem"
    whole.write_text((folder / "own.key").read_text() + (folder / "own.pem").read_text())
    return folder / "ca.pem", whole


class GitHub:
    """The stand-in, with one person signed in; a context manager."""

    def __init__(self, folder, certificates):
        self.folder, (self.ca, certificate) = folder, certificates
        self.login, self.organisations = "ada", ["analytical-engines"]
        self.token = "gho_" + "x7" * 12
        self.signed_in, self.may_push, self.public = True, True, False
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.created: list[dict[str, object]] = []
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate)
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Proxy)
        self.server.daemon_threads = True
        self.server.github = self

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_why):
        self.server.shutdown()
        self.server.server_close()

    @property
    def environ(self):
        """Return the variables with which gh and git come here."""
        address = f"http://127.0.0.1:{self.server.server_address[1]}"
        return {
            "HTTPS_PROXY": address,
            "https_proxy": address,
            "SSL_CERT_FILE": str(self.ca),
            "GIT_SSL_CAINFO": str(self.ca),
            "GH_TOKEN": self.token,
        }

    def repository(self, full):
        """Return where a repository lies; perhaps it does not."""
        return self.folder / f"{full}.git"

    # ---------------------------------------------------------------- the operations

    def graphql(self, body):
        operation = Operation(body)
        self.requests[-1] += f" {operation.name}"
        viewer = {"id": "U_1", "login": self.login, "url": f"https://github.com/{self.login}"}
        if operation.name == "viewer":
            return {"data": operation.answer({"viewer": viewer})}
        wanted = operation.variables["input"]
        owner = {f"O_{name}": name for name in self.organisations}.get(
            wanted.get("ownerId"), self.login
        )
        full = f"{owner}/{wanted['name']}"
        if self.repository(full).exists():
            said = "Name already exists on this account"
            error = {"type": "UNPROCESSABLE", "path": ["createRepository"], "message": said}
            return {"data": {"createRepository": None}, "errors": [error]}
        bare = ["git", "init", "--quiet", "--bare", "-b", "main", str(self.repository(full))]
        subprocess.run(bare, check=True)
        self.created.append(wanted)
        made = {
            "id": "R_1",
            "name": wanted["name"],
            "nameWithOwner": full,
            "owner": {"id": "X_1", "login": owner, "url": f"https://github.com/{owner}"},
            "url": f"https://github.com/{full}",
        }
        return {"data": operation.answer({"createRepository": {"repository": made}})}

    def rest(self, path):
        if path.partition("?")[0] == "/user/orgs":
            return [
                reply("organization-simple", login=name, node_id=f"O_{name}")
                for name in self.organisations
            ]
        if found := re.fullmatch(r"/users/([\w-]+)", path):
            kind = "Organization" if found[1] in self.organisations else "User"
            return reply("public-user", login=found[1], node_id=f"O_{found[1]}", type=kind)
        if path == "/":
            return {}
        raise Wrong(f"nothing is known of {path}")


class _Proxy(http.server.BaseHTTPRequestHandler):
    """Takes CONNECT, and answers inside the tunnel itself."""

    def do_CONNECT(self):
        github = self.server.github
        host = self.path.partition(":")[0]
        if host not in HOSTS:
            github.complaints.append(f"another host: {self.path}")
            self.send_error(403)
            return
        self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        inner = _API if host == "api.github.com" else _Git
        with (
            contextlib.suppress(OSError, ssl.SSLError),  # a client that went away
            github.context.wrap_socket(self.connection, server_side=True) as tunnel,
        ):
            inner(tunnel, self.client_address, self.server)
        self.close_connection = True

    def log_message(self, *_words):
        pass


class _Inside(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def _body(self):
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _send(self, status, data=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_words):
        pass


class _API(_Inside):
    def _answer(self):
        github, body = self.server.github, self._body()
        github.requests.append(f"{self.command} {self.path}")
        if not github.signed_in or self.headers["Authorization"] != f"token {github.token}":
            self._json(401, {"message": "Bad credentials"})
            return
        try:
            if self.path == "/graphql":
                self._json(200, github.graphql(json.loads(body)))
            else:
                self._json(200, github.rest(self.path))
        except (Wrong, KeyError, ValueError, IndexError) as error:
            github.complaints.append(f"{self.command} {self.path}: {error!r}")
            self._json(422, {"message": str(error)})

    do_GET = do_POST = do_HEAD = _answer  # noqa: N815 - http.server's way

    def _json(self, status, value):
        data = json.dumps(value).encode() if self.command != "HEAD" else b""
        kinds = {"Content_Type": "application/json; charset=utf-8"}
        self._send(status, data, X_Oauth_Scopes="repo, read:org", **kinds)


class _Git(_Inside):
    """github.com as git sees it: the smart protocol, after signing in."""

    def _serve(self):
        github, body = self.server.github, self._body()
        path, _, query = self.path.partition("?")
        github.requests.append(f"{self.command} {path}")
        wanted = base64.b64decode((self.headers["Authorization"] or "").partition(" ")[2])
        everybodys = github.public and "receive-pack" not in self.path
        if not everybodys and not wanted.decode().endswith(f":{github.token}"):
            self._send(401, WWW_Authenticate='Basic realm="GitHub"')
            return
        if not github.may_push and "receive-pack" in self.path:
            self._send(403, b"Permission to it denied to ada.\n", Content_Type="text/plain")
            return
        environ = {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": str(github.folder),
            "GIT_HTTP_EXPORT_ALL": "1",
            "REMOTE_USER": github.login,
            "REQUEST_METHOD": self.command,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
        }
        argv = ["git", "http-backend"]
        said = subprocess.run(argv, input=body, env=environ, capture_output=True, check=True)
        head, _, data = said.stdout.partition(b"\r\n\r\n")
        headers = dict(row.split(": ", 1) for row in head.decode().split("\r\n"))
        status = int(headers.pop("Status", "200 OK").split()[0])
        self._send(status, data, **{k.replace("-", "_"): v for k, v in headers.items()})

    do_GET = do_POST = _serve  # noqa: N815 - http.server's way
