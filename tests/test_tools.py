"""The tool cache: what lies where, what is fetched from whom, and that nothing is ever half there.

Tools are made up here: a wheel of a few files on a loopback index, pinned by its digest.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import io
import json
import os
import random
import re
import select
import shutil
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
import zipfile
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.request import urlopen

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envboot import index, interpreters, tools
from envboot.engines import uv as engine
from envboot.errors import CommandFailed, EnvbootError, FallsShort
from envboot.plan import Remove, Run
from envboot.shell import Platform
from envboot.shell.local import LocalShell
from envboot.site import Site
from envboot.spec import EnvironmentSpec
from envboot.testing import ScriptedShell
from envboot.tools import MARK, Tool, Wheel, fetching, network, pins, unpacking, uv
from tests.answering import serving
from tests.servers import Server, certificate, nobody_listens

LINUX = Platform("Linux", "x86_64", "6.1", "2.36")
NAME = "tool_x-1.0-py3-none-any.whl"


def zipped(members):
    """Return a zip: a name, or a ZipInfo, → bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def wheel_of(files=3, size=2000):
    """Return a wheel with a module, a program, and more files of random bytes."""
    chance = random.Random(11)  # noqa: S311 - the same each time
    script = zipfile.ZipInfo("tool_x-1.0.data/scripts/tool-x", (1980, 1, 1, 0, 0, 0))
    script.external_attr = (stat.S_IFREG | 0o755) << 16
    more = {f"tool_x/part{n}.bin": chance.randbytes(size) for n in range(files)}
    info = "tool_x-1.0.dist-info/METADATA"
    start = {"tool_x/__init__.py": "value = 42\n", script: "#!/bin/sh\necho works\n", info: "x\n"}
    return zipped({**start, "tool_x-1.0.data/purelib/beside.py": "value = 43\n", **more})


def pinned(data, shell, filename=NAME):
    wheel = Wheel(filename, hashlib.sha256(data).hexdigest(), len(data))
    return Tool("tool-x", "1.0", (3, 9), ((tools.platform_of(shell), wheel),))


def spread(folder, data):
    """Make the folder an index that has the wheel."""
    page = folder / "mirror" / "simple" / "tool-x"
    page.mkdir(parents=True)
    (folder / "files").mkdir()
    link = f"../../../files/{NAME}#sha256=0"
    (page / "index.html").write_text(f'<a href="x.whl">x</a><a href="{link}">y</a>')
    (folder / "files" / NAME).write_bytes(data)
    return folder


@pytest.fixture
def data():
    return wheel_of()


@pytest.fixture
def served(data):
    """Serve the wheel, below a path, as mirrors do."""
    page = b'<a href="../../../files/%s">y</a>' % NAME.encode()
    with serving(
        {
            "/mirror/simple/tool-x/": (200, {"Content-Type": "text/html"}, page),
            f"/files/{NAME}": (200, {}, data),
        }
    ) as (url, seen):
        yield f"{url}/mirror/simple", seen


@pytest.fixture
def lone(environ):
    """This computer, seen by a person without pip's settings."""
    return LocalShell({**environ, "PIP_CONFIG_FILE": os.devnull})


def child(tool, shell, *, url="", offline=False, into=None, **more):
    """Return the arguments and variables with which the child for ``tool`` is started."""
    into = into or tools.place(tool, shell, Path(shell.environ["HOME"]) / "beside")
    env = {**shell.environ, **({"PIP_INDEX_URL": url} if url else {}), **more}
    return tools.step(tool, into, offline=offline).argv, env


def run(tool, shell, **more):
    argv, env = child(tool, shell, **more)
    done = subprocess.run(
        argv, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    assert "Traceback" not in done.stdout, done.stdout
    return done


def left(shell):
    """Return what lies in the cache of tools and is no tool."""
    cache = Path(shell.environ["HOME"]) / ".cache" / "envboot" / "tools"
    return sorted(p.name for p in cache.glob(".*") if not p.name.endswith(".lock"))


# ---------------------------------------------------------------------- it is fetched


def test_a_wheel_becomes_a_folder(lone, data, served):
    tool, (url, seen) = pinned(data, lone), served
    assert tools.folder(tool, lone) is None
    assert tools.why_not(tool, lone, offline=False) is None
    done = run(tool, lone, url=url)
    assert done.returncode == 0, done.stdout
    assert done.stdout.splitlines()[-1] == "tool-x 1.0 is there"
    where = tools.folder(tool, lone)
    assert where is not None
    assert where.parent == lone.home / ".cache" / "envboot" / "tools"
    assert re.fullmatch(r"tool-x-1\.0-[0-9a-f]{12}", where.name)
    program = tools.program(tool, where, lone)
    assert subprocess.run([program], capture_output=True, check=True).stdout == b"works\n"
    code = "import sys; sys.path.insert(0, sys.argv[1]); import tool_x, beside; print(beside.value)"
    said = subprocess.run(
        [sys.executable, "-I", "-c", code, where], capture_output=True, check=True
    )
    assert said.stdout == b"43\n"
    assert left(lone) == []
    # It is whole also with what Python keeps beside its modules; and nobody is asked again.
    asked = len(seen)
    assert tools.folder(tool, lone) == tools.place(tool, lone, Path("/nowhere")) == where
    assert run(tool, lone, url=url).returncode == 0
    assert len(seen) == asked
    assert tools.after(where, lone) == ()


def test_offline_it_is_there_or_said(lone, data, served, tmp_path):
    tool, (url, _) = pinned(data, lone), served
    said = tools.why_not(tool, lone, offline=True)
    assert said == "tool-x 1.0 was not fetched yet, which takes the network"
    assert run(tool, lone, offline=True, url=url).returncode == FallsShort.exit_code
    assert tools.folder(tool, lone) is None
    # A folder of wheels that pip is told of is no network, and neither is an index on the disk.
    (tmp_path / "wheels").mkdir()
    (tmp_path / "wheels" / NAME).write_bytes(data)
    spread(tmp_path / "disk", data)
    near = {"PIP_FIND_LINKS": str(tmp_path / "wheels")}
    disk = {"PIP_INDEX_URL": (tmp_path / "disk/mirror/simple").as_uri()}
    for more in (near, disk):
        shell = LocalShell({**lone.environ, **more})
        assert tools.why_not(tool, shell, offline=True) is None
        assert run(tool, lone, offline=True, **more).returncode == 0
        where = tools.folder(tool, lone)
        assert where is not None
        assert tools.why_not(tool, lone, offline=True) is None
        lone.remove(where)


def html(text):
    return 200, {"Content-Type": "text/html"}, text.encode()


JSON = "application/vnd.pypi.simple.v1+json"


@pytest.mark.parametrize(
    "page",
    [
        html(f'<a class=x href="/f/{NAME}#sha256=1" data-yanked="">it</a>'),
        html(f"<A HREF='/f/{NAME.replace('_', '%5F')}'>it</A>"),
        html(f'<base href="/f/"><a href="{NAME}">it</a>'),
        (200, {"Content-Type": JSON}, json.dumps({"files": [{"url": f"/f/{NAME}"}]}).encode()),
        (
            200,
            {"Content-Type": "text/html", "Content-Encoding": "gzip"},
            gzip.compress(f'<a href="/f/{NAME}">it</a>'.encode()),
        ),
    ],
    ids=["html", "quoted", "base", "json", "gzip"],
)
def test_pages_of_every_kind(lone, data, page):
    file, quoted = (200, {}, data), f"/f/{NAME.replace('_', '%5F')}"
    with serving({"/simple/tool-x/": page, f"/f/{NAME}": file, quoted: file}) as (url, _):
        where = index.Index(url=f"{url}/simple/")
        assert fetching.fetch(wanted(data), where, lone) == data


@pytest.mark.parametrize(
    "page",
    [
        (200, {"Content-Type": "text/html", "Content-Encoding": "gzip"}, b"no gzip"),
        (
            200,
            {"Content-Type": "text/html", "Content-Encoding": "gzip"},
            gzip.compress(b"\0" * (network.LIMIT + 9)),
        ),
        (200, {"Content-Type": JSON}, b'{"files": [{}]}'),
        (200, {"Content-Type": JSON}, b"[" * 100_000),
        html("<a href='http://[x/y'>broken</a>"),
        html("<title>please log in</title>"),
    ],
    ids=["no gzip", "bomb", "no files", "deep", "broken link", "portal"],
)
def test_pages_that_are_none(lone, data, page):
    with (
        serving({"/simple/tool-x/": page}) as (url, _),
        pytest.raises(FallsShort, match=r"tool-x 1\.0 cannot be fetched: http"),
    ):
        fetching.fetch(wanted(data), index.Index(url=f"{url}/simple"), lone)


def wanted(data, **more):
    digest = hashlib.sha256(data).hexdigest()
    return replace(fetching.Wanted("tool-x", "1.0", NAME, digest, len(data)), **more)


def test_a_login_of_the_index_is_for_its_files_too_and_for_nobody_else(lone, data):
    with serving({f"/f/{NAME}": (200, {}, data)}) as (other, seen_other):
        page = html(f'<a href="{other}/f/{NAME}">it</a>')
        pages = {"/simple/tool-x/": page, f"/f/{NAME}": (200, {}, data)}
        with serving(pages) as (url, seen):
            where = index.Index(url=url.replace("//", "//ada:hunter2@") + "/simple")
            assert fetching.fetch(wanted(data), where, lone) == data
            pages["/simple/tool-x/"] = html(f'<a href="/f/{NAME}">it</a>')
            assert fetching.fetch(wanted(data), where, lone) == data
    assert [path for path, headers in seen if "Authorization" in headers] == [
        "/simple/tool-x/",
        "/simple/tool-x/",
        f"/f/{NAME}",
    ]
    assert not any("Authorization" in headers for _, headers in seen_other)


def test_a_login_from_netrc(lone, data, served, tmp_path):
    url, seen = served
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login ada password hunter2\n")
    netrc.chmod(0o600)
    assert run(pinned(data, lone), lone, url=url, NETRC=str(netrc)).returncode == 0
    assert {headers.get("Authorization") for _, headers in seen} == {"Basic YWRhOmh1bnRlcjI="}
    netrc.write_text("nonsense")
    lone.remove(tools.folder(pinned(data, lone), lone))
    assert run(pinned(data, lone), lone, url=url, NETRC=str(netrc)).returncode == 0


def test_certificates_are_checked_as_pip_checks_them(lone, data, tmp_path):
    if shutil.which("openssl") is None:
        pytest.skip("`openssl` is not installed, which makes a certificate")
    pair = certificate(tmp_path / "tls")
    tool, folder = pinned(data, lone), spread(tmp_path / "www", data)
    with Server(folder, pair) as server:
        more = {
            "PIP_FIND_LINKS": f"{server.url}/mirror/simple/tool-x/index.html",
            "PIP_NO_INDEX": "1",
        }
        done = run(tool, lone, **more)
        assert done.returncode == FallsShort.exit_code
        assert "certificate verify failed" in done.stdout
        assert "asked again" not in done.stdout, "it will not be otherwise the next time"
        for told in (
            {"PIP_CERT": str(pair[0])},
            {"REQUESTS_CA_BUNDLE": str(pair[0])},
            {"SSL_CERT_FILE": str(pair[0])},
            {"PIP_TRUSTED_HOST": server.host},
            {"PIP_TRUSTED_HOST": "127.0.0.1"},
        ):
            done = run(tool, lone, **more, **told)
            assert done.returncode == 0, (told, done.stdout)
            lone.remove(tools.folder(tool, lone))


class _Proxy(BaseHTTPRequestHandler):
    """A forward proxy: for plain http, and a tunnel."""

    def do_GET(self):
        self.server.asked.append(self.path)
        with urlopen(  # noqa: S310 - a server of the test
            self.path.replace("index.invalid", self.server.real)
        ) as reply:
            body = reply.read()
            self.send_response(reply.status)
            self.send_header("Content-Type", reply.headers["Content-Type"] or "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def do_CONNECT(self):
        self.server.asked.append(self.headers.get("Proxy-Authorization"))
        with socket.create_connection(self.server.real.split(":")) as far:
            self.send_response(200)
            self.end_headers()
            ends = {self.connection: far, far: self.connection}
            while ready := select.select(list(ends), [], [], 30)[0]:
                for end in ready:
                    data = end.recv(65536)
                    if not data:
                        return
                    ends[end].sendall(data)

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def proxying(real):
    """Run a proxy for the server at ``real``, host and port; yield it."""
    proxy = ThreadingHTTPServer(("127.0.0.1", 0), _Proxy)
    proxy.asked, proxy.real, proxy.daemon_threads = [], real, True
    proxy.block_on_close = False
    threading.Thread(target=proxy.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield proxy
    finally:
        proxy.shutdown()
        proxy.server_close()


def test_through_the_tunnel_of_a_proxy_that_wants_a_login(lone, data, tmp_path):
    if shutil.which("openssl") is None:
        pytest.skip("`openssl` is not installed, which makes a certificate")
    cert, _ = pair = certificate(tmp_path / "tls", "index.invalid")
    folder = spread(tmp_path / "www", data)
    with Server(folder, pair) as server, proxying(server.host) as proxy:
        more = {
            "PIP_FIND_LINKS": "https://index.invalid/mirror/simple/tool-x/index.html",
            "PIP_NO_INDEX": "1",
            "PIP_CERT": str(cert),
            "PIP_PROXY": f"ada:s%40crt@127.0.0.1:{proxy.server_port}",
        }
        done = run(pinned(data, lone), lone, **more)
        assert done.returncode == 0, done.stdout
        assert proxy.asked == ["Basic YWRhOnNAY3J0"] * 2
        assert server.paths()[-1].endswith(NAME)


@pytest.mark.parametrize("how", ["PIP_PROXY", "http_proxy"])
def test_through_a_proxy(lone, data, served, how):
    tool = pinned(data, lone)
    with proxying(served[0].split("/")[2]) as proxy:
        variables = {how: f"http://127.0.0.1:{proxy.server_port}"}
        done = run(tool, lone, url="http://index.invalid/mirror/simple", **variables)
    assert done.returncode == 0, done.stdout
    assert len(proxy.asked) == 2
    assert tools.folder(tool, lone)


# ------------------------------------------------------------- servers that misbehave


@pytest.fixture
def fetch(lone, data, tmp_path, monkeypatch):
    """Return a function that fetches from a server with faults, and what was said meanwhile."""
    monkeypatch.setattr(network, "PAUSES", (0.01, 0.01))
    folder = spread(tmp_path / "www", data)
    (folder / "mirror/simple/tool-x.html").write_bytes(
        (folder / "mirror/simple/tool-x/index.html").read_bytes()
    )
    said = []

    def fetch(server, **more):
        where = index.Index(find_links=(f"{server.url}/mirror/simple/tool-x/index.html",), **more)
        return fetching.fetch(wanted(data), replace(where, no_index=True), lone, said.append)

    fetch.said, fetch.folder = said, folder
    return fetch


@pytest.mark.parametrize("kind", ["500", "503", "429", "truncated", "reset", "silent", "hanging"])
@pytest.mark.parametrize("where", ["*.html", "*.whl"])
def test_what_passes_is_asked_again(fetch, data, kind, where):
    with Server(fetch.folder) as server:
        fault = server.fault(kind, where, times=2)
        assert fetch(server, timeout="0.5") == data
        assert fault.met == 2
    assert sum("asked again in" in line for line in fetch.said) == 2
    assert all("127.0.0.1" in line for line in fetch.said)


@pytest.mark.parametrize("kind", ["500", "truncated", "silent", "404", "401", "loop", "empty"])
def test_what_stays_is_said(fetch, kind):
    with Server(fetch.folder) as server:
        fault = server.fault(kind, "*.html")
        with pytest.raises(FallsShort, match=re.escape(server.host)) as caught:
            fetch(server, timeout="0.3")
        assert fault.met == (1 if kind in {"404", "401", "empty"} else fault.met)
        assert fault.met < 40
    assert "cannot be fetched" in str(caught.value)
    assert "PIP" in caught.value.hint or "pip" in caught.value.hint


@pytest.mark.parametrize("kind", ["corrupt", "portal", "empty", "other"])
def test_what_is_not_the_wheel_is_refused(fetch, kind):
    with Server(fetch.folder) as server:
        server.fault(kind, "*.whl", to="/mirror/simple/tool-x/index.html")
        with pytest.raises(CommandFailed, match="as it was released: its sha256 differs"):
            fetch(server)


def test_more_than_the_wheel_is_not_read(lone, data):
    def endless(handler):
        handler.send_response(200)
        handler.end_headers()
        with contextlib.suppress(OSError):
            while True:
                handler.wfile.write(b"x" * 65536)

    pages = {"/s/tool-x/": html(f'<a href="/f/{NAME}">it</a>'), f"/f/{NAME}": endless}
    with serving(pages) as (url, _), pytest.raises(FallsShort, match="far too long"):
        fetching.fetch(wanted(data), index.Index(url=f"{url}/s"), lone)


class _Ranges:
    """A file that comes in pieces: each answer breaks off after some bytes."""

    def __init__(self, data, piece, etag='"one"'):
        self.data, self.piece, self.etag, self.asked = data, piece, etag, []

    def __call__(self, handler):
        self.asked.append(handler.headers["Range"])
        found = re.fullmatch(r"bytes=(\d+)-", handler.headers["Range"] or "")
        start = int(found[1]) if found and handler.headers["If-Range"] == self.etag else 0
        handler.send_response(206 if start else 200)
        if self.etag:
            handler.send_header("ETag", self.etag)
        if start:
            whole = len(self.data)
            handler.send_header("Content-Range", f"bytes {start}-{whole - 1}/{whole}")
        handler.send_header("Content-Length", str(len(self.data) - start))
        handler.end_headers()
        handler.wfile.write(self.data[start : start + self.piece])
        handler.close_connection = True


@pytest.mark.parametrize(
    ("etag", "asked"),
    [('"one"', [None, "bytes=2500-", "bytes=5000-"]), ("", [None] * 3), ('W/"weak"', [None] * 3)],
)
def test_it_goes_on_from_where_it_stopped(lone, data, monkeypatch, etag, asked):
    monkeypatch.setattr(network, "PAUSES", (0.01, 0.01))
    file = _Ranges(data, 2500, etag)
    assert 5000 < len(data) < 7500
    pages = {"/s/tool-x/": html(f'<a href="/f/{NAME}">it</a>'), f"/f/{NAME}": file}
    with serving(pages) as (url, _):
        where = index.Index(url=f"{url}/s")
        if asked[1]:
            assert fetching.fetch(wanted(data), where, lone) == data
        else:
            with pytest.raises(FallsShort, match=f"ended after 2500 of {len(data)} bytes"):
                fetching.fetch(wanted(data), where, lone)
    assert file.asked == asked


def test_another_file_is_not_gone_on_with(lone, data, monkeypatch):
    monkeypatch.setattr(network, "PAUSES", (0.01, 0.01))
    old, new = _Ranges(b"other" * 1000, 900, '"old"'), _Ranges(data, len(data), '"new"')
    answers = [old, new]
    pages = {
        "/s/tool-x/": html(f'<a href="/f/{NAME}">it</a>'),
        f"/f/{NAME}": lambda handler: answers.pop(0)(handler),  # noqa: PLW0108 - one after the other
    }
    with serving(pages) as (url, _):
        assert fetching.fetch(wanted(data), index.Index(url=f"{url}/s"), lone) == data
    assert new.asked == ["bytes=900-"]


def test_silence_is_said_with_the_name_of_the_server(fetch, data, monkeypatch):
    monkeypatch.setattr(network, "SILENCE", 0.1)
    with Server(fetch.folder) as server:
        server.fault("hanging", "*.whl", times=1)
        assert fetch(server, timeout="1") == data
    assert [x for x in fetch.said if re.fullmatch(r"no byte from 127\.0\.0\.1 for \d+ s", x)]


def test_progress_has_bytes_and_a_rate(fetch, data):
    with Server(fetch.folder) as server:
        server.fault("slow", "*.whl", drip=len(data) // 8, pause=0.3)
        assert fetch(server) == data
    row = r"0\.0 of 0\.0 MB, \d+\.\d MB/s from 127\.0\.0\.1"
    assert [x for x in fetch.said if re.fullmatch(row, x)], fetch.said


def test_certificates_that_cannot_be_read_are_named(lone, data, tmp_path):
    where = index.Index(url="https://127.0.0.1:9/simple", cert=str(tmp_path / "none.pem"))
    with pytest.raises(FallsShort, match=r"certificates cannot be read .*none\.pem"):
        fetching.fetch(wanted(data), where, lone)


def test_a_password_is_never_said(lone, data):
    url = nobody_listens().replace("//", "//ada:hunter2@")
    done = run(pinned(data, lone), lone, url=f"{url}/simple", PIP_TIMEOUT="1")
    assert done.returncode == FallsShort.exit_code
    assert "refused" in done.stdout
    assert "hunter2" not in done.stdout


# ------------------------------------------------------------------- whole or not there


def test_four_first_runs_at_once(lone, data, served):
    tool, (url, seen) = pinned(data, lone), served
    argv, env = child(tool, lone, url=url)
    started = [
        subprocess.Popen(argv, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for _ in range(4)
    ]
    said = [p.communicate(timeout=120)[0] for p in started]
    assert [p.returncode for p in started] == [0] * 4, said
    assert tools.folder(tool, lone)
    assert left(lone) == []
    assert [path for path, _ in seen].count(f"/files/{NAME}") == 1, "others waited, and took it"


@pytest.mark.parametrize("moment", ["sync", "rename"])
def test_who_loses_the_race_takes_what_won(lone, data, tmp_path, served, moment):
    """Without locks, as on some cluster file systems, two unpack the same at the same time."""
    tool = pinned(data, lone)
    into = tools.place(tool, lone, tmp_path)

    class Lockless(LocalShell):
        def lock(self, path, waiting):  # noqa: ARG002
            return contextlib.nullcontext()

        def sync(self):
            if moment == "sync":
                assert run(tool, lone, url=served[0]).returncode == 0

        def rename(self, source, target):
            if moment == "rename":
                assert run(tool, lone, url=served[0]).returncode == 0
            super().rename(source, target)

    shell = Lockless(lone.environ)
    fetching.bring(wanted(data), into, index.Index(url=served[0]), shell, print)
    assert tools.folder(tool, lone) == into
    assert left(lone) == []


def test_killed_at_any_moment_and_run_again(lone, tmp_path):
    """After each kill the tool is whole or not there, and the next run ends with a whole one."""
    data = wheel_of(files=150, size=3000)
    tool, chance = pinned(data, lone), random.Random(5)  # noqa: S311
    with Server(spread(tmp_path / "www", data)) as server:
        server.fault("slow", "*.whl", drip=60_000, pause=0.02)
        page = f"{server.url}/mirror/simple/tool-x/index.html"
        argv, env = child(tool, lone, PIP_FIND_LINKS=page, PIP_NO_INDEX="1")
        ends = []
        for _ in range(8):
            process = subprocess.Popen(argv, env=env, stdout=subprocess.DEVNULL)
            time.sleep(chance.uniform(0.1, 0.8))
            process.kill()
            ends.append(process.wait())
            if where := tools.folder(tool, lone):
                check(where, data)
                lone.remove(where)
        assert -signal.SIGKILL in ends
        done = run(tool, lone, PIP_FIND_LINKS=page, PIP_NO_INDEX="1")
    assert done.returncode == 0, done.stdout
    check(tools.folder(tool, lone), data)
    assert left(lone) == []


def check(where, data):
    """Assert that a folder holds the files of a wheel, and no byte more or less."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for target, info in unpacking.members(archive):
            assert (where / target).read_bytes() == archive.read(info)


@pytest.mark.parametrize("moment", ["asked again", "unpacking"])
@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for another process")
def test_interrupted_it_leaves_nothing(lone, tmp_path, moment):
    data = wheel_of(files=4000, size=50)  # long enough to be met while it is unpacked
    tool = pinned(data, lone)
    with Server(spread(tmp_path / "www", data)) as server:
        if moment == "asked again":
            server.fault("500", "*.whl")
        page = f"{server.url}/mirror/simple/tool-x/index.html"
        argv, env = child(tool, lone, PIP_FIND_LINKS=page, PIP_NO_INDEX="1")
        process = subprocess.Popen(
            argv, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        said = []
        for line in process.stdout:
            said.append(line)
            if moment in line:
                while moment == "unpacking" and not any("part" in name for name in left(lone)):
                    assert process.poll() is None, "it was too fast to be interrupted"
                process.send_signal(signal.SIGINT)
                break
        said += process.communicate(timeout=180)[0].splitlines(keepends=True)
    assert "Traceback" not in "".join(said)
    assert process.returncode == 130, said
    assert left(lone) == []
    assert tools.folder(tool, lone) is None


@pytest.mark.parametrize(
    "spoil",
    [
        lambda where: (where / "tool_x" / "__init__.py").unlink(),
        lambda where: (where / "tool_x" / "part0.bin").write_bytes(b"short"),
        lambda where: (where / MARK).unlink(),
        lambda where: (where / MARK).write_text("{"),
        lambda where: (where / MARK).write_text("[]"),
        lambda where: (where / MARK).write_text('{"files": []}'),
        lambda where: (where / MARK).write_text('{"files": {}}'),
        lambda where: (where / MARK).write_bytes(b"\xff\xfe" * 9),
    ],
)
def test_what_is_not_whole_is_not_taken_and_is_made_good(lone, data, served, spoil):
    tool = pinned(data, lone)
    assert run(tool, lone, url=served[0]).returncode == 0
    spoil(tools.folder(tool, lone))
    assert tools.folder(tool, lone) is None
    assert run(tool, lone, url=served[0]).returncode == 0
    check(tools.folder(tool, lone), data)
    assert left(lone) == []


def test_a_file_in_its_place_or_a_link_is_replaced(lone, data, served, tmp_path):
    tool = pinned(data, lone)
    into = tools.place(tool, lone, tmp_path)
    into.parent.mkdir(parents=True)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "mine").write_text("mine")
    for make in (
        lambda: into.write_text("no folder"),
        lambda: into.symlink_to(elsewhere),
        lambda: into.symlink_to(tmp_path / "nowhere"),
    ):
        make()
        assert run(tool, lone, url=served[0]).returncode == 0
        assert tools.folder(tool, lone) == into
        assert not into.is_symlink()
        lone.remove(into)
    assert (elsewhere / "mine").read_text() == "mine"


def test_where_the_home_cannot_be_written_to_it_lies_beside_and_is_never_believed(
    environ, data, served, tmp_path
):
    home = environ["HOME"]
    shell = ScriptedShell(environ=environ, read_only=(home,), disk=True, platform=LINUX)
    tool, beside = pinned(data, shell), tmp_path / "repository" / ".envboot"
    into = tools.place(tool, shell, beside)
    assert into.parent == beside / "tools"
    assert tools.why_not(tool, shell, offline=False, beside=beside) is None
    assert tools.after(into, shell) == (Remove(into),)
    # A repository may come with a folder of that name, which even claims to be whole.
    (into / "tool_x").mkdir(parents=True)
    (into / "tool_x" / "__init__.py").write_text("strange = 1\n")
    (into / MARK).write_text(json.dumps({"files": {"tool_x/__init__.py": 12}}))
    assert tools.whole(into, shell)
    assert tools.folder(tool, shell) is None
    lone = LocalShell({**environ, "PIP_CONFIG_FILE": os.devnull})
    done = run(tool, lone, url=served[0], into=into)
    assert done.returncode == 0, done.stdout
    check(into, data)
    assert not (Path(home) / ".cache").exists()
    # Nor is a link followed that leads out of it.
    lone.remove(into.parent)
    (tmp_path / "elsewhere").mkdir()
    into.parent.symlink_to(tmp_path / "elsewhere")
    done = run(tool, lone, url=served[0], into=into)
    assert done.returncode == 7, done.stdout
    assert "a link leads out of" in done.stdout
    assert not list((tmp_path / "elsewhere").iterdir())

    nowhere = ScriptedShell(environ=environ, read_only=("/",), platform=LINUX)
    said = tools.why_not(tool, nowhere, offline=False, beside=beside)
    assert str(beside) in said
    assert home in said
    assert "cannot be written" in said


def test_without_a_home_it_lies_beside(data, tmp_path):
    shell = ScriptedShell(platform=LINUX)
    tool = pinned(data, shell)
    assert tools.folder(tool, shell) is None
    assert tools.place(tool, shell, tmp_path).parent == tmp_path / "tools"
    full = ScriptedShell(environ={"HOME": "/home/ann"}, disk_free=10, platform=LINUX)
    assert tools.place(tool, full, tmp_path).parent == tmp_path / "tools"
    assert "needs" in tools.why_not(tool, full, offline=False, beside=tmp_path)


# --------------------------------------------------------------------- hostile wheels


def info_of(name, mode=0o644, flags=0):
    info = zipfile.ZipInfo("x", (1980, 1, 1, 0, 0, 0))
    info.filename = info.orig_filename = name
    info.external_attr, info.flag_bits = mode << 16, flags
    return info


@pytest.mark.parametrize(
    "name",
    [
        "/etc/passwd",
        "../up.py",
        "a/../../up.py",
        "a/./b.py",
        "a//b.py",
        "a\\b.py",
        "C:/x.py",
        "C:x.py",
        "nul\x01.py",
        "a\nb.py",
        "x.data/scripts/../../../up",
        "x.data/purelib//etc/passwd",
        MARK,
    ],
)
def test_names_that_lead_elsewhere(lone, tmp_path, name):
    with pytest.raises(CommandFailed, match="a file that is none"):
        unpacking.unpack(zipped({info_of(name): b"x"}), tmp_path / "into", lone)
    assert not (tmp_path / "into").exists()
    assert list(tmp_path.iterdir()) == [tmp_path / "home"]


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({info_of("link", stat.S_IFLNK | 0o777): b"/etc/passwd"}, "a file that is none"),
        ({info_of("pipe", stat.S_IFIFO | 0o644): b""}, "a file that is none"),
        ({info_of("A.py"): b"1", info_of("a.py"): b"2"}, "two files called"),
        ({"a.py": b"1", "x.data/purelib/a.py": b"2"}, "two files called"),
        ({"a": b"a file", "a/b": b"and a folder"}, "cannot be written"),
    ],
)
def test_files_that_are_none(lone, tmp_path, members, said):
    with pytest.raises(CommandFailed, match=said):
        unpacking.unpack(zipped(members), tmp_path / "into", lone)
    assert not (tmp_path / "into" / MARK).exists()


def test_a_wheel_that_is_broken_or_locked_or_too_large(lone, tmp_path, data, monkeypatch):
    locked = bytearray(zipped({"a.py": b"x"}))
    locked[6] |= 1
    locked[locked.index(b"PK\x01\x02") + 8] |= 1
    broken = bytearray(data)
    broken[len(data) // 2] ^= 0xFF
    for bad in (b"", b"<html>", data[:-30], bytes(locked), bytes(broken)):
        with pytest.raises(CommandFailed, match="a wheel"):
            unpacking.unpack(bad, tmp_path / "into", lone)
        assert not (tmp_path / "into" / MARK).exists()
    monkeypatch.setattr(unpacking, "LARGEST", 1000)
    with pytest.raises(CommandFailed, match="far too large"):
        unpacking.unpack(data, tmp_path / "into", lone)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.text("ab./\\:\0~ \n é-", max_size=9), min_size=1, max_size=4))
def test_whatever_its_names_are_nothing_is_written_elsewhere(tmp_path_factory, names):
    place = tmp_path_factory.mktemp("zip")
    into = place / "a" / "into"
    members = {info_of(name): b"x" for name in dict.fromkeys(names)}
    with contextlib.suppress(EnvbootError):
        unpacking.unpack(zipped(members), into, LocalShell({"HOME": str(place)}))
    outside = [
        p for p in place.rglob("*") if into not in p.parents and p not in (into, into.parent)
    ]
    assert outside == []
    assert not any(p.is_symlink() for p in place.rglob("*"))


# --------------------------------------------------------------------- where it cannot


def test_the_pins_are_sound():
    for tool in (pins.RATTLER, pins.UV):
        names = [name for name, _ in tool.wheels]
        assert len(names) == len(set(names))
        assert {"linux-64", "linux-64-musl", "osx-64", "osx-arm64", "win-64"} <= set(names)
        for name, wheel in tool.wheels:
            assert re.fullmatch("[0-9a-f]{64}", wheel.sha256)
            assert wheel.filename.startswith(f"{tool.name.replace('-', '_')}-{tool.version}-")
            assert 1_000_000 < wheel.size < 100_000_000
            assert ("musllinux" in wheel.filename) >= name.endswith("-musl")
            system = {"linux": "linux", "osx": "macosx", "win": "win"}[name.split("-")[0]]
            assert (
                f"-{system}" in wheel.filename
                or f"-many{system}" in wheel.filename
                or (name.endswith("-musl"))
            )


@pytest.mark.parametrize(
    ("platform", "name"),
    [
        (LINUX, "linux-64"),
        (Platform("Linux", "x86_64"), "linux-64-musl"),
        (Platform("Linux", "aarch64", "", "2.31"), "linux-aarch64"),
        (Platform("Darwin", "arm64"), "osx-arm64"),
        (Platform("Windows", "AMD64"), "win-64"),
    ],
)
def test_every_platform_has_its_wheel(platform, name):
    shell = ScriptedShell(platform=platform, environ={"HOME": "/home/ann"})
    assert tools.platform_of(shell) == name
    for tool in (replace(pins.RATTLER, python=(3, 9)), pins.UV):
        assert tools.wheel_for(tool, shell) == dict(tool.wheels)[name]
        assert tools.why_not(tool, shell, offline=False) is None


@pytest.mark.parametrize(
    ("platform", "said"),
    [
        (
            Platform("Linux", "sparc64", "", "2.36"),
            "there is no py-rattler 0.28.0 for linux-sparc64",
        ),
        (Platform("Linux", "s390x"), "there is no py-rattler 0.28.0 for linux-s390x with musl"),
        (
            Platform("Linux", "aarch64", "", "2.27"),
            "py-rattler 0.28.0 needs glibc 2.28 or newer, and this computer has 2.27",
        ),
        (
            Platform("Linux", "x86_64", "", "2.9"),
            "py-rattler 0.28.0 needs glibc 2.17 or newer, and this computer has 2.9",
        ),
    ],
)
def test_a_platform_without_a_wheel_is_named(platform, said):
    shell = ScriptedShell(platform=platform, environ={"HOME": "/home/ann"})
    assert tools.why_not(pins.RATTLER, shell, offline=False) == said


def test_a_glibc_that_cannot_be_read_is_tried():
    shell = ScriptedShell(platform=Platform("Linux", "x86_64", "", "2.x"))
    assert tools.why_not(pins.UV, shell, offline=False) is None


def python_in_pyenv(version):
    answer = json.dumps([[*version, "final", 0], "cpython", "/p", "/p", "/p/bin/python"])
    path = f"/home/ann/.pyenv/versions/{'.'.join(map(str, version))}/bin/python"
    return ScriptedShell(
        environ={"HOME": "/home/ann"},
        platform=LINUX,
        files={path: ""},
        answers={f"{path} -I -c {interpreters.ASK}": answer},
    ), path


def test_the_running_python_else_one_that_is_found_else_said():
    mine = interpreters.running()
    newer = (mine.version[0], mine.version[1] + 1, 2)
    shell, path = python_in_pyenv(newer)
    tool = Tool("tool-x", "1.0", mine.version[:2], (("linux-64", Wheel(NAME, "0" * 64, 9)),))
    assert tools.python_for(tool, shell) == mine
    tool = replace(tool, python=newer[:2])
    assert str(tools.python_for(tool, shell).path) == path
    assert tools.why_not(tool, shell, offline=False) is None
    tool = replace(tool, python=(3, 99))
    assert tools.python_for(tool, shell) is None
    said = tools.why_not(tool, shell, offline=False)
    assert said.startswith("tool-x 1.0 needs Python 3.99 or newer, and this computer has ")
    assert mine.text in said


def test_the_page_names_the_releases_that_are_pinned():
    page = (Path(__file__).parent.parent / "docs/reference/tool-cache.md").read_text()
    for tool in (pins.RATTLER, pins.UV):
        assert f"| {tool.text} |" in page
        sizes = [wheel.size / 1e6 for _, wheel in tool.wheels]
        assert f"{min(sizes):.0f} to {max(sizes):.0f} MB" in page


def test_a_place_of_another_tool_is_refused(tmp_path):
    with pytest.raises(ValueError, match="no place for uv"):
        tools.step(pins.UV, tmp_path / "elsewhere")


# ------------------------------------------------------------------------------- uv


def uv_shell(answer="", **more):
    programs = {"uv": "/usr/bin/uv"} if answer else {}
    environ = {"HOME": "/home/ann"}
    shell = ScriptedShell(
        platform=LINUX, environ=environ, programs=programs, answers={"uv": answer}, **more
    )
    if uv.program_of(shell) and not answer:
        pytest.skip("a uv lies beside this Python")
    return shell


def test_an_installed_uv_is_taken():
    assert uv.obtain(uv_shell("uv 0.9.2"), Path("/beside"), offline=True) == uv.Obtained(
        Path("/usr/bin/uv")
    )


@pytest.mark.parametrize("answer", ["", "uv 0.4.30", "no uv at all"])
def test_uv_is_fetched_where_there_is_none_that_works(answer):
    shell = uv_shell(answer)
    got = uv.obtain(shell, Path("/beside"), offline=False)
    [step] = got.before
    assert isinstance(step, Run)
    assert "envboot.tools.fetching" in step.argv
    assert step.why == "fetching uv 0.13.8 (17 MB)"
    assert got.program == Path(step.argv[-1], "bin", "uv")
    assert got.program.is_relative_to("/home/ann/.cache/envboot/tools")
    assert got.after == ()
    with pytest.raises(FallsShort, match="not fetched yet") as caught:
        uv.obtain(shell, Path("/beside"), offline=True)
    assert "docs.astral.sh" in caught.value.hint
    assert not shell.done


def test_uv_that_cannot_be_kept_goes_again():
    shell = uv_shell("uv 0.1.1", read_only=("/home/ann",))
    got = uv.obtain(shell, Path("/beside"), offline=False)
    [step], [last] = got.before, got.after
    assert got.program.is_relative_to("/beside/tools")
    assert last == Remove(Path(step.argv[-1]))


def test_uv_from_the_cache_is_there_at_once():
    shell = uv_shell("uv 0.4.0")
    where = tools.place(pins.UV, shell, Path("/beside"))
    shell.files[f"{where}/bin/uv"] = b"uv"
    shell.files[f"{where}/{MARK}"] = b'{"files": {"bin/uv": 2}}'
    assert uv.obtain(shell, Path("/beside"), offline=True) == uv.Obtained(where / "bin" / "uv")


def test_the_engine_fetches_uv_only_when_it_is_asked_for(tmp_path):
    shell = uv_shell("uv 0.4.0")
    site = Site(tmp_path, "x", tmp_path / ".venv", None, shell)
    spec = EnvironmentSpec(name="x")
    assert "0.5 or newer is needed" in engine.why_not(spec, site)
    assert engine.plan(spec, site).steps == ()
    asked = replace(site, asked="uv")
    assert engine.why_not(spec, asked) is None
    first, second = engine.plan(spec, asked).steps[:2]
    assert "envboot.tools.fetching" in first.argv
    assert second.argv[:2] == (f"{first.argv[-1]}/bin/uv", "venv")
    offline = engine.why_not(spec, replace(asked, offline=True))
    assert "was not fetched yet" in offline
    assert "uv 0.4;" in offline
