"""A stand-in for the package index on loopback: it says which names exist, and nothing else.

pipreqs asks its index about every name that it finds, pigar about every distribution; this one
answers at once, so that neither the network nor the index's own machines are in the times.
"""

from __future__ import annotations

import contextlib
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container, Iterator


def answer(path: str, names: Container[str] | None) -> tuple[str, bytes]:
    """Return the kind and the text that the index has at a path; "" where it has nothing.

    ``names``: distributions that exist, normalised; None: every name does.
    """
    wanted = re.match(r"/(pypi|simple)/([^/]+)/(?:json)?$", path)
    name = re.sub(r"[-_.]+", "-", wanted[2]).lower() if wanted else ""
    if not wanted or (names is not None and name not in names):
        return "", b""
    if wanted[1] == "simple":  # PEP 503
        file = f"{name.replace('-', '_')}-1.0-py3-none-any.whl"
        return "text/html", f'<!DOCTYPE html><a href="/files/{file}">{file}</a>'.encode()
    info = {"name": name, "version": "1.0", "package_url": f"/project/{name}/"}
    whole = {"info": {**info, "home_page": "", "author": ""}, "releases": {"1.0": []}, "urls": []}
    return "application/json", json.dumps(whole).encode()


@contextlib.contextmanager
def serving(names: Container[str] | None) -> Iterator[str]:
    """Serve on a free port of 127.0.0.1 until the block ends; yield the base address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            kind, data = answer(self.path, names)
            self.send_response(200 if kind else 404)
            self.send_header("Content-Type", kind or "text/plain")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            with contextlib.suppress(ConnectionError):
                self.wfile.write(data)

        def log_message(self, *_arguments: object) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
