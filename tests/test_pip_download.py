"""pip's wheel is fetched by its digest from a loopback index, however badly that behaves."""

from __future__ import annotations

import hashlib
import json
import time
from pathlib import Path

import pytest

from envboot import index
from envboot.errors import CommandFailed, FallsShort
from envboot.plan import child
from envboot.shell.local import LocalShell
from envboot.tools import network
from envboot.virtualenv import pip_download
from envboot.virtualenv.pip_wheel import PINS, Pin
from tests.answering import serving

WHEEL = b"PK pretended wheel" * 1000
PIN = Pin("99.1", hashlib.sha256(WHEEL).hexdigest(), (3, 9))
HTML = f'<!doctype html><a href="pip-1.whl">a</a><a href="../../f/{PIN.filename}#sha256=x">b</a>'


def good(**more):
    html = {"Content-Type": "text/html"}
    return {
        "/simple/pip/": (200, html, HTML.encode()),
        f"/f/{PIN.filename}": (200, {}, WHEEL),
        **more,
    }


@pytest.fixture
def fetch(tmp_path, monkeypatch):
    monkeypatch.setattr(network, "PAUSES", (0.01, 0.01))

    def fetch(**where):
        shell = LocalShell({"HOME": str(tmp_path)})
        return pip_download.fetch(PIN, tmp_path / "into", index.Index(**where), shell)

    return fetch


def test_by_html_page(fetch):
    with serving(good()) as (url, _):
        assert fetch(url=f"{url}/simple").read_bytes() == WHEEL


def test_by_json_page(fetch):
    page = {"files": [{"url": "/other.whl"}, {"url": f"/f/{PIN.filename}"}]}
    kind = {"Content-Type": "application/vnd.pypi.simple.v1+json"}
    pages = good(**{"/simple/pip/": (200, kind, json.dumps(page).encode())})
    with serving(pages) as (url, _):
        assert fetch(url=f"{url}/simple/").name == PIN.filename


def test_by_redirect_with_a_login_that_stays_with_its_host(fetch):
    with serving(good()) as (other, seen_other):
        moved = {"/private/pip/": (302, {"Location": f"{other}/simple/pip/"}, b"")}
        with serving(moved) as (url, seen):
            assert fetch(url=url.replace("//", "//ada:s%40crt@") + "/private").is_file()
    assert seen[0][1]["Authorization"] == "Basic YWRhOnNAY3J0"
    assert all("Authorization" not in headers for _, headers in seen_other)


def test_by_folder_of_wheels_before_any_index(fetch, tmp_path):
    (tmp_path / "wheels").mkdir()
    (tmp_path / "wheels" / PIN.filename).write_bytes(WHEEL)
    with serving(good()) as (url, seen):
        assert fetch(url=f"{url}/simple", find_links=(str(tmp_path / "wheels"),)).is_file()
    assert seen == []


def test_by_folder_that_is_an_index(fetch, tmp_path):
    (tmp_path / "simple" / "pip").mkdir(parents=True)
    (tmp_path / "f").mkdir()
    (tmp_path / "simple" / "pip" / "index.html").write_text(HTML)
    (tmp_path / "f" / PIN.filename).write_bytes(WHEEL)
    assert fetch(url=(tmp_path / "simple").as_uri()).is_file()


def test_the_next_index_is_asked_when_the_first_has_none(fetch):
    with serving({}) as (empty, _), serving(good()) as (url, _):
        assert fetch(url=f"{empty}/simple", extra=(f"{url}/simple",)).is_file()


def test_through_a_proxy(fetch):
    pages = {f"http://index.invalid{path}": page for path, page in good().items()}
    with serving(pages) as (url, _):
        assert fetch(url="http://index.invalid/simple", proxy=url.removeprefix("http://")).is_file()


def test_nobody_has_it(fetch):
    with serving({}) as (url, _), pytest.raises(FallsShort) as caught:
        fetch(url=f"{url}/simple")
    assert "404" in str(caught.value)
    assert "python3-venv" in caught.value.hint
    with pytest.raises(FallsShort, match="no network"):
        fetch(no_index=True)


def test_a_page_without_that_version(fetch):
    pages = {"/simple/pip/": (200, {"Content-Type": "text/html"}, b"<a href=pip-1.whl>x</a>")}
    with serving(pages) as (url, _), pytest.raises(FallsShort, match="no link to pip-99"):
        fetch(url=f"{url}/simple")


def test_a_wrong_digest_ends_it_and_keeps_nothing(fetch, tmp_path):
    pages = good(**{f"/f/{PIN.filename}": (200, {}, b"something else")})
    with serving(pages) as (url, _), pytest.raises(CommandFailed, match="sha256"):
        fetch(url=f"{url}/simple")
    assert not (tmp_path / "into").exists()


def test_a_truncated_file(fetch):
    def cut(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(WHEEL)))
        handler.end_headers()
        handler.wfile.write(WHEEL[:500])
        handler.close_connection = True

    pages = good(**{f"/f/{PIN.filename}": cut})
    with serving(pages) as (url, _), pytest.raises(FallsShort, match=r"500 of \d+ bytes"):
        fetch(url=f"{url}/simple")


def test_a_server_that_never_answers(fetch):
    def hang(_handler):
        time.sleep(20)

    started = time.monotonic()
    with (
        serving({"/simple/pip/": hang}) as (url, _),
        pytest.raises(FallsShort, match="timed out"),
    ):
        fetch(url=f"{url}/simple", timeout="0.3")
    assert time.monotonic() - started < 10


def test_an_answer_that_never_ends(fetch, monkeypatch):
    def drip(handler):
        handler.send_response(200)
        handler.end_headers()
        for _ in range(200):
            handler.wfile.write(b"x")
            handler.wfile.flush()
            time.sleep(0.02)

    monkeypatch.setattr(network, "PATIENCE", 0.3)
    with (
        serving({"/simple/pip/": drip}) as (url, _),
        pytest.raises(FallsShort, match="too slowly"),
    ):
        fetch(url=f"{url}/simple", timeout="0.3")


@pytest.mark.parametrize(
    "page",
    [
        (200, {"Content-Type": "application/vnd.pypi.simple.v1+json"}, b"[]"),
        (200, {"Content-Type": "application/vnd.pypi.simple.v1+json"}, b"{nonsense"),
        (200, {"Content-Type": "text/html"}, b"\xff\xfe<a href"),
        (500, {}, b""),
        (302, {"Location": "/simple/pip/"}, b""),
        (302, {"Location": "file:///etc/passwd"}, b""),
    ],
)
def test_a_page_that_is_none(fetch, page):
    with serving({"/simple/pip/": page}) as (url, _), pytest.raises(FallsShort):
        fetch(url=f"{url}/simple")


def test_a_password_is_never_shown(fetch):
    with pytest.raises(FallsShort) as caught:
        fetch(url="http://ada:hunter2@127.0.0.1:9/simple")
    assert "hunter2" not in str(caught.value)


def test_the_child_says_what_went_wrong_in_its_last_lines(tmp_path, python):
    step = child("envboot.virtualenv.pip_download", "--version", PINS[0].version, "--offline", "--",
                 str(tmp_path / "into"), python=python)  # fmt: skip
    said: list[str] = []
    shell = LocalShell({"HOME": str(tmp_path), "PIP_CONFIG_FILE": "/dev/null"})
    with pytest.raises(CommandFailed) as caught:
        shell.do(step.argv, said=said.append)
    assert caught.value.returncode == FallsShort.exit_code
    assert said[-1].startswith("hint: ")
    assert not Path(tmp_path / "into").exists()
