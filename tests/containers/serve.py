"""A package index on loopback (PEP 503) of the wheels in a folder: ``serve.py FOLDER PORT``."""

from __future__ import annotations

import re
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote, unquote


def serve(folder: Path, port: int) -> None:
    """Answer ``/NAME/`` with the wheels of that distribution, and ``/files/WHEEL`` with one."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            where = unquote(self.path)
            wheels = {p.name: p for p in folder.glob("*.whl")}
            name = where.removeprefix("/files/")
            if where.startswith("/files/") and name in wheels:
                self.reply(wheels[name].read_bytes(), "application/octet-stream")
                return
            wanted = where.strip("/")
            found = [n for n in sorted(wheels) if _normal(n.split("-")[0]) == wanted]
            if not found:
                self.send_error(404)
                return
            links = "".join(f'<a href="/files/{quote(n)}">{n}</a>\n' for n in found)
            self.reply(f"<!DOCTYPE html><html><body>{links}</body></html>".encode(), "text/html")

        def reply(self, data: bytes, kind: str) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_words: object) -> None:
            pass

    ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    serve(Path(sys.argv[1]), int(sys.argv[2]))
