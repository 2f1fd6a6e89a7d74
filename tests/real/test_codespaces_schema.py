"""The stand-in for Codespaces: it refuses what GitHub would, and the real gh is at home in it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import urllib.error
import urllib.request

import pytest

from tests.real.person import Terminal

pytest.importorskip("openapi_core", reason="openapi-core is not installed")

from tests.real import codespaces_schema as schema
from tests.real.codespaces_desk import enter_until
from tests.real.codespaces_stand_in import FAULTS, HOSTS, Codespaces
from tests.real.github_stand_in import authority

pytestmark = pytest.mark.real
OWN = "/repos/o/r/codespaces"


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    return authority(tmp_path_factory.mktemp("authority"), HOSTS)


@pytest.fixture
def github(tmp_path, certificates):
    folder = tmp_path / "github"
    folder.mkdir()
    with Codespaces(folder, certificates) as standing:
        yield standing
    assert standing.complaints == []


@pytest.fixture
def gh(person, github):
    """Return a function that runs the real gh, by GitHub's own names."""
    if shutil.which("gh") is None:
        pytest.skip("gh is not installed (https://cli.github.com)")

    def run(*words, environ=github.environ, fine=True):
        argv, environ = ["gh", *words], {**person.environ, **environ}
        done = subprocess.run(argv, env=environ, capture_output=True, text=True, check=False)
        assert not fine or done.returncode == 0, done.stderr
        return done

    return run


def ask(github, method, path, body=None, *, token=None, **headers):
    """Ask the stand-in without TLS; return (status, body, headers)."""
    data = None if body is None else json.dumps(body).encode()
    sent = {"User-Agent": "test", "Authorization": f"Bearer {token or github.token}"}
    sent |= {"Content-Type": "application/json"} if data else {}
    request = urllib.request.Request(github.address + path, data, {**sent, **headers})  # noqa: S310
    request.method = method
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=180) as reply:
            return reply.status, json.load(reply), reply.headers
    except urllib.error.HTTPError as error:
        return error.code, json.load(error), error.headers


# -------------------------------------------------------------------------------- it can say no


@pytest.mark.parametrize(
    ("method", "path", "body", "said"),
    [
        ("GET", f"{OWN}/machines?reff=main", None, "no parameter reff"),
        ("GET", f"{OWN}/permissions_check?ref=main", None, "devcontainer_path"),
        ("GET", f"{OWN}/engines", None, "publishes no GET"),
        ("PUT", f"{OWN}/machines", None, "publishes no PUT"),
        ("POST", OWN, {"mashine": "premiumLinux"}, "'mashine' was unexpected"),
        ("POST", OWN, {"geo": "WestEurope"}, "is not one of"),
        ("POST", OWN, {"idle_timeout_minutes": "30"}, "is not of type 'integer'"),
        ("POST", OWN, None, "required request body"),
        ("POST", "/user/codespaces", {"ref": "main"}, "any of the given schemas"),
        ("DELETE", "/user/codespaces/some", {"now": True}, "takes no body"),
    ],
)
def test_a_request_that_github_does_not_publish(github, method, path, body, said):
    status, value, _headers = ask(github, method, path, body)
    assert status == 500
    assert said in value["message"]
    (complaint,) = github.complaints
    github.complaints.clear()
    assert said in complaint


def test_neither_a_token_in_an_address_nor_a_request_without_a_name(github):
    ask(github, "GET", f"/user?access_token={github.token}")
    ask(github, "GET", "/user", **{"User-Agent": ""})
    one, two = github.complaints
    github.complaints.clear()
    assert "token in an address" in one
    assert "User-Agent" in two


def test_a_reply_that_github_does_not_publish():
    headers = {"User-Agent": "test"}
    exchange = schema.Exchange("GET", f"{OWN}/machines", headers)
    machine = schema.filled("codespace-machine", schema.HOST)
    exchange.answered(200, {"total_count": 1, "machines": [machine]})
    for wrong in ({**machine, "cpus": "2"}, {k: v for k, v in machine.items() if k != "cpus"}):
        with pytest.raises(schema.Wrong, match=r"cpus|'2' is not"):
            exchange.answered(200, {"total_count": 1, "machines": [wrong]})
    with pytest.raises(schema.Wrong, match="not publish 201"):
        exchange.answered(201, {})
    with pytest.raises(schema.Wrong, match="3 is not of type 'string'"):
        exchange.answered(429, {"message": 3})
    one = schema.Exchange("GET", "/user/codespaces/some", headers)
    space = schema.filled("codespace", schema.HOST, state="Queued")
    one.answered(200, space)
    for wrong in ({"state": "Broken"}, {"created_at": "yesterday"}, {"web_url": None}):
        with pytest.raises(schema.Wrong):
            one.answered(200, {**space, **wrong})
    with pytest.raises(schema.Wrong, match="has no"):
        schema.filled("codespace", schema.HOST, colour="red")


# -------------------------------------------------------------------------------- its life


def test_the_life_of_a_codespace(github):
    status, made, _headers = ask(github, "POST", OWN, {"ref": "main", "display_name": "a b"})
    assert (status, made["state"], made["display_name"]) == (201, "Queued", "a b")
    own = f"/user/codespaces/{made['name']}"
    seen = [ask(github, "GET", own)[1]["state"] for _ in range(3)]
    assert seen == ["Provisioning", "Available", "Available"]
    assert ask(github, "POST", f"{own}/start")[0] == 409
    assert ask(github, "POST", f"{own}/stop")[1]["state"] == "ShuttingDown"
    assert ask(github, "GET", own)[1]["state"] == "Shutdown"
    assert ask(github, "POST", f"{own}/start")[1]["state"] == "Starting"
    assert ask(github, "GET", own)[1]["state"] == "Available"
    assert ask(github, "DELETE", own)[0] == 202
    assert ask(github, "GET", own)[0] == 404
    assert ask(github, "DELETE", own)[0] == 404


def test_time_moves_when_somebody_looks_or_when_it_is_told_to(github):
    github.slow = None
    name = ask(github, "POST", OWN, {"ref": "main"})[1]["name"]
    own = f"/user/codespaces/{name}"
    assert {ask(github, "GET", own)[1]["state"] for _ in range(3)} == {"Queued"}
    github.ends = "Failed"
    github.advance(name)
    assert ask(github, "GET", own)[1]["state"] == "Provisioning"
    github.slow = 1
    assert [ask(github, "GET", own)[1]["state"] for _ in range(2)] == ["Failed", "Failed"]


def test_pages(github):
    for _ in range(3):
        ask(github, "POST", OWN, {"ref": "main"})
    rows = ask(github, "GET", "/user/codespaces?per_page=2&page=2")[1]
    assert rows["total_count"] == 3
    assert len(rows["codespaces"]) == 1


def test_who_may_do_what(github):
    plain, unknown = "gho_plain", "gho_unknown"
    github.tokens[plain] = {"repo"}
    assert ask(github, "GET", OWN, token=unknown)[0] == 401
    status, _value, headers = ask(github, "GET", f"{OWN}/machines", token=plain)
    assert status == 403
    assert headers["X-OAuth-Scopes"] == "repo"
    assert headers["X-Accepted-OAuth-Scopes"] == "codespace"
    assert ask(github, "GET", "/user", token=plain)[0] == 200
    assert ask(github, "GET", "/repos/o/other")[0] == 404
    body = {"ref": "main", "machine": "gpuLinux"}
    assert ask(github, "POST", OWN, body)[0] == 403
    body = {"ref": "main", "retention_period_minutes": 50_000}
    assert ask(github, "POST", OWN, body)[0] == 400


@pytest.mark.parametrize("name", [name for name in FAULTS if name[0].isdigit()])
def test_faults(github, name):
    github.fail(name, f"GET {OWN}/machines")
    status, _value, headers = ask(github, "GET", f"{OWN}/machines")
    assert status == FAULTS[name][0]
    assert headers["Retry-After"] == ("1" if name == "429" else None)
    assert ask(github, "GET", f"{OWN}/machines")[0] == 200


def test_a_deed_that_is_done_and_not_told(github):
    github.fail("cut", f"POST {OWN}", after=True)
    with pytest.raises(OSError, match=r"closed|reset"):
        ask(github, "POST", OWN, {"ref": "main"})
    assert len(github.spaces) == 1


# -------------------------------------------------------------------------------- the real gh


def _life(gh, environ, github):
    size = ("--machine", "standardLinux32gb", "--branch", "main", "--idle-timeout", "10m")
    words = ("codespace", "create", "--repo", "o/r", "--display-name", "sunspots", *size)
    name = gh(*words, environ=environ).stdout.strip()
    assert github.spaces[name].asked["machine"] == "standardLinux32gb"
    fields = "name,state,machineName,repository,displayName"
    (row,) = json.loads(gh("codespace", "list", "--json", fields, environ=environ).stdout)
    assert (row["name"], row["repository"]) == (name, "o/r")
    assert (row["machineName"], row["displayName"]) == ("standardLinux32gb", "sunspots")
    gh("codespace", "stop", "--codespace", name, environ=environ)
    assert github.spaces[name].state in {"ShuttingDown", "Shutdown"}
    gh("codespace", "delete", "--force", "--codespace", name, environ=environ)
    assert github.spaces == {}


@pytest.mark.parametrize("created", [201, 202])
def test_gh_lists_creates_stops_and_deletes(gh, github, created):
    github.created = created
    _life(gh, github.environ, github)
    assert "GET /repositories/1296269/codespaces/devcontainers?per_page=100&ref=main" in (
        github.requests
    )


def test_gh_does_so_without_tls_as_well(gh, github):
    own = {"GH_HOST": "127.0.0.1", "GH_ENTERPRISE_TOKEN": github.token, "GH_TOKEN": ""}
    _life(gh, {**github.plain, **own}, github)


def test_gh_names_the_scope_that_a_token_lacks(gh, github):
    github.tokens[github.token] = {"repo", "read:org"}
    done = gh("codespace", "list", fine=False)
    assert done.returncode == 1
    assert "gh auth refresh -h github.com -s codespace" in done.stderr


def test_gh_signs_in_with_the_device_flow(gh, person, github, tmp_path):
    """She reads the code on her screen, and types it in the browser that gh opens."""
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" >>"{tmp_path}/opened"\n')
    browser.chmod(0o755)
    environ = {**github.environ, "BROWSER": str(browser)}
    del environ["GH_TOKEN"]
    login = ("auth", "login", "--hostname", "github.com", "--git-protocol", "https")
    words = (*login, "--web", "--scopes", "codespace")
    terminal = Terminal(person, *words, cwd=tmp_path, program=("gh",), **environ)
    try:
        terminal.read("(Y/n)")  # Authenticate Git with your GitHub credentials?
        enter_until(terminal, "one-time code: ")
        terminal.read("Press Enter")
        terminal.send("\r")
        github.approve(re.search(r"WDJB-\d{4}", terminal.text)[0])
        terminal.read("Logged in as")
        assert terminal.end() == 0
    finally:
        terminal.kill()
    assert (tmp_path / "opened").read_text() == "https://github.com/login/device\n"
    assert "codespace" in github.tokens[github.token]
    own = {k: v for k, v in github.environ.items() if k != "GH_TOKEN"}
    assert gh("auth", "token", environ=own).stdout.strip() == github.token
    assert gh("codespace", "list", environ=own).returncode == 0
