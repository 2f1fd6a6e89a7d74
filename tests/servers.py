"""A web server on loopback that serves a folder, and misbehaves where it is told to.

It stands for a channel, or any other place that things are fetched from. Standard library alone;
:func:`certificate` needs the program ``openssl``.
"""

from __future__ import annotations

import contextlib
import fnmatch
import socket
import ssl
import struct
import subprocess
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from pathlib import Path

TYPES = {".json": "application/json", ".html": "text/html"}
PAGE = b"<!DOCTYPE html><title>Welcome</title><p>Please log in to use this network.</p>\n"
MOST = 120.0
"""Seconds after which what hangs here gives up, so that no test run hangs with it."""


@dataclass
class Fault:
    """What goes wrong for paths that match ``where``.

    ``kind`` is one of:

    * ``silent``: the connection stays open, and nothing is ever answered;
    * ``hanging``: half of the file comes, then nothing more;
    * ``slow``: the file comes whole, ``drip`` bytes at a time, ``pause`` seconds between;
    * ``truncated``: half of the file comes, and the connection is closed;
    * ``reset``: the same, and it is torn down (RST);
    * ``corrupt``: as many bytes as in the file, some of them others;
    * ``empty``: no bytes, and a length of nought;
    * ``other``: another file of the folder, ``to``;
    * ``portal``: a page to log in, with status 200;
    * ``redirect``: to ``to``, with the rest of the path; ``loop``: to itself, for ever;
    * a number, ``500``, ``401``: that status, with a short text.
    """

    kind: str
    where: str = "*"
    """A pattern as of a shell for the path, ``*.conda``, ``/noarch/repodata.json*``."""
    left: int | None = None
    """How often it will still happen; None for always."""
    to: str = ""
    drip: int = 4096
    """Bytes."""
    pause: float = 0.05
    """Seconds."""
    met: int = 0
    """How often it has happened."""


@dataclass
class Asked:
    """One request that came in."""

    method: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    """By name in lower case."""


class Server:
    """Serves ``folder`` on loopback from :meth:`start` to :meth:`close`; a context manager."""

    def __init__(self, folder: Path, certificate: tuple[Path, Path] | None = None) -> None:
        """Keep the folder, and the certificate and key with which to speak TLS."""
        self.folder, self.faults, self.asked = folder, list[Fault](), list[Asked]()
        self.closing = threading.Event()
        self._lock = threading.Lock()
        self._http = _Http(("127.0.0.1", 0), _Handler)
        self._http.server = self
        self.scheme = "http"
        if certificate:
            self.scheme = "https"
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self._http.socket = context.wrap_socket(
                self._http.socket, server_side=True, do_handshake_on_connect=False
            )
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    @property
    def host(self) -> str:
        """Return the host with its port, as messages should name it."""
        return f"127.0.0.1:{self._http.server_address[1]}"

    @property
    def url(self) -> str:
        """Return the address of the folder."""
        return f"{self.scheme}://{self.host}"

    def fault(self, kind: str | int, where: str = "*", times: int | None = None, **more) -> Fault:
        """Let something go wrong from now on, ``times`` times or always; return it."""
        self.faults.append(Fault(str(kind), where, times, **more))
        return self.faults[-1]

    def heal(self) -> None:
        """Let everything go well again; what hangs is let go."""
        self.faults.clear()
        self.closing.set()
        self.closing = threading.Event()

    def meet(self, path: str) -> Fault | None:
        """Return what goes wrong with this request, having counted it."""
        with self._lock:
            for fault in self.faults:
                if fault.left != 0 and fnmatch.fnmatchcase(path, fault.where):
                    fault.left = None if fault.left is None else fault.left - 1
                    fault.met += 1
                    return fault
        return None

    def paths(self) -> list[str]:
        """Return what was asked for, in order."""
        return [a.path for a in self.asked]

    def close(self) -> None:
        """Stop; what hangs is let go."""
        self.closing.set()
        self._http.shutdown()
        self._http.server_close()

    def __enter__(self):
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64
    server: Server

    def handle_error(self, *_about: object) -> None:
        """Say nothing: a client that gives up is what the tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = MOST
    server: _Http

    def do_GET(self) -> None:
        """Answer a request, rightly or wrongly."""
        ours = self.server.server
        path = unquote(urlsplit(self.path).path)
        headers = {k.lower(): v for k, v in self.headers.items()}
        ours.asked.append(Asked(self.command, path, headers))
        fault = ours.meet(path)
        if fault:
            self._wrongly(fault, path)
        else:
            self._rightly(path)

    do_HEAD = do_GET  # noqa: N815 - http.server's name

    def _file(self, path: str) -> Path | None:
        folder = self.server.server.folder.resolve()
        found = (folder / path.lstrip("/")).resolve()
        return found if found.is_file() and folder in found.parents else None

    def _rightly(self, path: str) -> None:
        found = self._file(path)
        if found is None:
            self._say(404, b"there is no such file\n")
        else:
            self._say(200, found.read_bytes(), TYPES.get(found.suffix, "application/octet-stream"))

    def _say(self, status: int, body: bytes, kind: str = "text/plain", **headers: str) -> None:
        self._head(status, len(body), kind, **headers)
        if self.command != "HEAD":
            self.wfile.write(body)

    def _head(self, status: int, length: int, kind: str = "text/plain", **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(length))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.flush()

    def _wrongly(self, fault: Fault, path: str) -> None:
        ours = self.server.server
        if fault.kind.isdigit():
            more = {"WWW_Authenticate": 'Basic realm="channel"'} if fault.kind == "401" else {}
            self._say(int(fault.kind), b"something went wrong\n", **more)
            return
        if fault.kind in {"redirect", "loop"}:
            self._say(302, b"", Location=fault.to + path)
            return
        if fault.kind == "portal":
            self._say(200, PAGE, "text/html")
            return
        if fault.kind == "silent":
            self.close_connection = True
            ours.closing.wait(MOST)
            return
        found = self._file(path)
        if found is None or fault.kind == "other":
            self._rightly(fault.to or path)
            return
        self._file_wrongly(fault, found.read_bytes())

    def _file_wrongly(self, fault: Fault, data: bytes) -> None:
        ours, half = self.server.server, len(data) // 2
        if fault.kind == "empty":
            self._say(200, b"")
        elif fault.kind == "corrupt":
            wrong = bytes(b ^ 0x5A for b in data[half : half + 64])
            self._say(200, data[:half] + wrong + data[half + 64 :], "application/octet-stream")
        elif fault.kind == "slow":
            self._head(200, len(data), "application/octet-stream")
            for start in range(0, len(data), fault.drip):
                self.wfile.write(data[start : start + fault.drip])
                self.wfile.flush()
                if ours.closing.wait(fault.pause):
                    self.wfile.write(data[start + fault.drip :])
                    break
        else:
            self.close_connection = True
            self._head(200, len(data), "application/octet-stream")
            self.wfile.write(data[:half])
            self.wfile.flush()
            if fault.kind == "hanging":
                ours.closing.wait(MOST)
            elif fault.kind == "reset":
                linger = struct.pack("ii", 1, 0)  # for no time at all: the kernel sends RST
                with contextlib.suppress(OSError):
                    self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)

    def log_message(self, *_about: object) -> None:
        """Say nothing."""


def certificate(folder: Path, host: str = "127.0.0.1") -> tuple[Path, Path]:
    """Make a certificate that signs itself, for one day; return its file and that of its key.

    Raises OSError without ``openssl``, CalledProcessError when it fails.
    """
    folder.mkdir(parents=True, exist_ok=True)
    cert, key = folder / "cert.pem", folder / "key.pem"
    names = f"subjectAltName=IP:{host}" if host[0].isdigit() else f"subjectAltName=DNS:{host}"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += ["-nodes", "-days", "1", "-subj", "/CN=a channel", "-addext", names]
    command += ["-addext", "basicConstraints=critical,CA:FALSE"]
    subprocess.run(
        [*command, "-keyout", str(key), "-out", str(cert)],
        check=True,
        capture_output=True,
        timeout=180,
    )
    return cert, key


def nobody_listens() -> str:
    """Return an address on loopback at which nothing listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{taken.getsockname()[1]}"
