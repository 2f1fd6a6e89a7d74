"""``launch codespaces`` with the real git and the real gh, against the checked stand-in.

Everybody speaks to GitHub by its own names, over TLS: envboot's child, git, gh.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace

import pytest

from tests.real.person import Terminal, make_repository

pytest.importorskip("openapi_core", reason="openapi-core is not installed")

from tests.real import codespaces_player as player
from tests.real.codespaces_desk import Ada, Watch, enter_until, git
from tests.real.codespaces_stand_in import HOSTS, Codespaces
from tests.real.github_stand_in import authority

pytestmark = pytest.mark.real
OWN = "/repos/o/r/codespaces"
LAUNCH = ("launch", "codespaces", "--yes", "--no-browser")


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
def ada(tmp_path, github):
    """Someone with a token in GH_TOKEN, and no gh."""
    made = Ada(tmp_path / "ada", github)
    made.environ |= made.without("gh")
    return made


@pytest.fixture
def clone(tmp_path, ada, packed):
    """Her clone, packed; all of it is pushed."""
    root = make_repository(tmp_path / "r")
    ada.publish(root, packed)
    return root


@pytest.fixture
def child(ada):
    """Return a function that runs envboot's child, which alone talks to GitHub."""

    def run(*words, **environ):
        program = (sys.executable, "-m", "envboot.launchers.codespaces")
        place = ("--repository=o/r", "--branch=main", "--display=sun-1a2b")
        return ada.types(*words, *place, program=program, cwd=ada.home, environ=environ)

    return run


def said(done):
    """Return the JSON that it printed."""
    return json.loads(done.stdout)


def notes(person):
    """Return the jobs that are kept for her."""
    return list(person.home.glob(".local/state/envboot/jobs/*.json"))


def only(github):
    """Return the one codespace that there is."""
    (space,) = github.spaces.values()
    return space


# -------------------------------------------------------------------------------- it works


def test_from_nothing_to_nothing(ada, clone, github):
    """Launch, list, look, stop, enter and delete; the token is nowhere but in its variable."""
    before = git(clone, "status", "--porcelain", "--ignored")
    with Watch(github.token) as watch:
        done = ada.types(*LAUNCH, "--json", cwd=clone)
        assert done.returncode == 0, done.stderr
        made, outs = said(done), [done]
        assert (made["outcome"], made["state"]) == ("ready", "ready")
        space, handle = only(github), made["handle"]
        assert made["link"] == f"https://{space.name}.github.dev"
        assert space.asked["display_name"] == handle
        assert space.asked["machine"] == made["size"] == "basicLinux32gb"
        assert (space.ref, space.path) == ("main", ".devcontainer/devcontainer.json")
        assert "GitHub bills" in done.stderr
        outs.append(ada.types("jobs", "--json", cwd=clone))
        (row,) = said(outs[-1])["jobs"]
        assert (row["handle"], row["state"], row["link"]) == (handle, "ready", made["link"])
        outs.append(ada.types("stop", handle, "--yes", cwd=clone))
        assert space.state in {"ShuttingDown", "Shutdown"}
        outs.append(ada.types("status", handle, "--json", cwd=clone))
        assert said(outs[-1])["state"] == "stopped"
        outs.append(ada.types("delete", handle, "--yes", cwd=clone))
        outs.append(ada.types("jobs", "--json", cwd=clone))
        assert said(outs[-1])["jobs"] == []
    assert [done.returncode for done in outs] == [0] * len(outs)
    assert github.spaces == {}
    assert len(github.asked("POST /repos")) == 1
    assert watch.count > 0
    assert watch.seen == []
    assert ada.holds(github.token) == []
    assert not any(github.token in one.stdout + one.stderr for one in outs)
    assert git(clone, "status", "--porcelain", "--ignored") == before


def test_a_dry_run_only_asks(ada, clone, github):
    before = ada.written()
    done = ada.types("launch", "codespaces", "--dry-run", cwd=clone)
    assert done.returncode == 0, done.stderr
    assert "basicLinux32gb" in done.stderr
    assert {one.partition(" ")[0] for one in github.requests} == {"GET"}
    assert ada.written() == before


def test_the_machine_is_the_smallest_that_meets_the_needs(ada, clone, github):
    (clone / "setup.cfg").write_text("[envboot:needs]\ncpus = 6\nmemory = 20 GB\n")
    done = ada.types(*LAUNCH, "--no-wait", "--as-pushed", "--idle", "45", "--json", cwd=clone)
    assert done.returncode == 0, done.stderr
    assert only(github).asked["machine"] == "premiumLinux"
    assert only(github).asked["idle_timeout_minutes"] == 45
    offers = {row["name"]: row["closed"] for row in said(done)["offers"]}
    assert "too small" in offers["standardLinux32gb"]
    assert not offers["premiumLinux"]


@pytest.mark.parametrize(
    ("needs", "words"),
    [("gpu = yes", "GPU"), ("cpus = 500", "no size that meets the requirements")],
)
def test_what_cannot_be_had_is_said_and_not_launched(ada, clone, github, needs, words):
    (clone / "setup.cfg").write_text(f"[envboot:needs]\n{needs}\n")
    done = ada.types(*LAUNCH, "--as-pushed", cwd=clone)
    assert done.returncode == 6
    assert words in done.stderr
    assert github.spaces == {}
    if "gpu" in needs:
        assert github.requests == []


def test_another_address_of_the_api_without_tls(child, github):
    environ = dict.fromkeys(github.environ) | github.plain
    assert len(said(child("sizes", **environ))["machines"]) == 5
    assert child("create", **environ).returncode == 0
    assert said(child("look", **environ))["codespace"]["name"] == only(github).name
    assert child("delete", **environ).returncode == 0
    assert github.spaces == {}


# ------------------------------------------------------------------------ what was pushed


def test_what_is_not_pushed_is_named_and_pushed_on_request(ada, clone, github):
    (clone / "new.py").write_text("1\n")
    subprocess.run(["git", "add", "new.py"], cwd=clone, check=True)
    subprocess.run(["git", "commit", "-qm", "more"], cwd=clone, env=ada.environ, check=True)
    (clone / "main.py").write_text("2\n")
    done = ada.types(*LAUNCH, cwd=clone)
    assert done.returncode == 5
    assert "main.py" in done.stderr
    assert "1 commit was not pushed" in done.stderr
    assert "--push" in done.stderr
    assert github.requests == []
    done = ada.types(*LAUNCH, "--push", "--no-wait", cwd=clone)
    assert done.returncode == 0, done.stderr
    assert git(github.bare(), "rev-parse", "main") == git(clone, "rev-parse", "HEAD")
    assert "POST /o/r.git/git-receive-pack" in github.requests
    pushed = next(n for n, one in enumerate(github.requests) if "receive-pack" in one)
    made = github.requests.index(f"POST {OWN}")
    assert pushed < made


def test_a_devcontainer_that_is_not_pushed_is_named(ada, clone, github):
    (clone / ".devcontainer" / "devcontainer.json").rename(clone / "kept.json")
    subprocess.run(["git", "commit", "-qam", "none"], cwd=clone, env=ada.environ, check=True)
    git(clone, "push", "-q", github.bare(), "main")
    git(clone, "update-ref", "refs/remotes/origin/main", "HEAD")
    (clone / "kept.json").unlink()
    done = ada.types(*LAUNCH, "--dry-run", cwd=clone)
    assert done.returncode == 0, done.stderr
    assert "devcontainer" in done.stderr
    assert "package-env" in done.stderr


# ------------------------------------------------------------------------ what goes wrong

REFUSALS = {
    "401": "does not accept the token of GH_TOKEN",
    "402": "asks for a payment",
    "403 scopes": "lacks the scope `codespace`",
    "403 fine-grained": "codespaces=write",
    "403 policy": "an organisation may forbid codespaces",
    "403 rate": "asked too often",
    "403 letters": "GitHub does not allow it",
    "404": "GitHub has nothing there",
    "409": "409",
    "422": "422",
    "broken": "what answers is not GitHub's API: it sends no JSON",
    "html": "it sends a web page",
    "list": "GitHub's answer",
    "elsewhere": "answers with another address (elsewhere.example)",
}


UNSEEN = r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]"  # what moves a cursor, or turns text about


def test_every_refusal_is_a_sentence(child, github):
    for name, words in REFUSALS.items():
        github.faults.clear()
        github.fail(name, "GET .*/machines", times=9)
        found = said(child("sizes"))
        assert words in f"{found['error']}; {found['hint']}", name
        assert not re.search(UNSEEN, found["error"] + found["hint"]), name
    assert github.asked("POST") == []
    assert github.elsewhere == []


@pytest.mark.parametrize("name", ["401", "402", "403 letters", "elsewhere"])
def test_a_refusal_ends_the_launch(ada, clone, github, name):
    """Nothing is made, nothing is kept, and the token goes nowhere else."""
    github.fail(name, "GET .*/machines", times=9)
    done = ada.types(*LAUNCH, cwd=clone)
    assert done.returncode == 7
    assert REFUSALS[name] in done.stderr
    assert not re.search(UNSEEN, done.stderr)
    assert github.asked("POST") == []
    assert github.elsewhere == []
    assert notes(ada) == []


MAKING = ("402", "403 policy", "404", "409", "422", "broken", "html")


def test_every_refusal_to_make_it_is_a_sentence(child, github):
    for name in MAKING:
        github.faults.clear()
        github.fail(name, f"POST {OWN}")
        done = child("create", "--machine=premiumLinux")
        assert done.returncode not in {0, 130}, name
        assert REFUSALS[name] in done.stdout, name
        assert github.spaces == {}


def test_a_refusal_to_make_it_leaves_no_job(ada, clone, github):
    github.fail("402", f"POST {OWN}")
    done = ada.types(*LAUNCH, cwd=clone)
    assert done.returncode == 7, done.stderr
    assert REFUSALS["402"] in done.stderr
    assert "nothing of it is left there" in done.stderr
    assert github.spaces == {}
    assert notes(ada) == []


def test_what_passes_is_asked_again(child, clone, github):
    github.private = True
    for name, last in zip(("429", "500", "502", "cut"), ("machines", "new", "devcontainers", ".*")):
        github.fail(name, f"GET {OWN}/{last}")
    found = said(child("sizes"))
    assert len(found["machines"]) == 5
    assert (found["billed"], found["granted"]) == ("ada", True)
    assert found["devcontainer"] == ".devcontainer/devcontainer.json"
    github.fail("503", "GET /user/codespaces")
    assert said(child("look")) == {"codespace": None}
    assert not any(fault.times for fault in github.faults)
    assert (clone / ".git").is_dir()


@pytest.mark.parametrize("name", ["500", "503", "cut"])
@pytest.mark.parametrize("after", [False, True])
def test_never_two_of_them(child, github, name, after):
    """Whether GitHub made it before it broke down or not: one is there in the end."""
    github.fail(name, f"POST {OWN}", after=after)
    done = child("create")
    assert done.returncode == 0, done.stdout
    assert only(github).display_name == "sun-1a2b"
    assert len(github.asked("POST /repos")) == (1 if after else 2)


def test_nobody_answers(child, github):
    """Silence is borne as long as pip bears it (PIP_DEFAULT_TIMEOUT), and no longer."""
    github.fail("silent", "GET .*/machines", times=9)
    silent = said(child("ready", PIP_DEFAULT_TIMEOUT="0.3"))
    assert "api.github.com gives no answer" in silent["error"]
    count, nowhere = len(github.requests), "http://127.0.0.1:9"
    alone = said(child("ready", HTTPS_PROXY=nowhere, https_proxy=nowhere))
    assert "api.github.com gives no answer" in alone["error"]
    assert len(github.requests) == count


def test_a_certificate_that_nobody_vouches_for(child, github, tmp_path):
    (tmp_path / "other").mkdir()
    other, _own = authority(tmp_path / "other")
    found = said(child("ready", SSL_CERT_FILE=str(other)))
    assert "is not one that this computer trusts" in found["error"]
    assert github.requests == []


def test_a_repository_that_was_renamed(child, github):
    """GitHub sends a look to the repository's new place, on the same host: it is followed."""
    github.fail("moved", f"GET {OWN}/machines")
    assert said(child("ready")) == {}
    assert f"GET /repositories/{github.identity}/codespaces/machines?ref=main" in github.requests


def test_found_among_many(child, github):
    """A person may have more codespaces than one page of GitHub's answer has."""
    assert child("create").returncode == 0
    space = only(github)
    others = {f"o{n}": replace(space, name=f"o{n}", display_name="o") for n in range(120)}
    github.spaces = {**others, space.name: space}
    assert said(child("look"))["codespace"]["name"] == space.name
    assert child("create").returncode == 0
    assert len(github.asked("POST")) == 1


def test_it_fails_there(ada, clone, github):
    github.ends = "Failed"
    done = ada.types(*LAUNCH, "--json", cwd=clone)
    assert done.returncode == 7
    assert said(done)["state"] == "failed"
    assert "GitHub could not make it" in done.stderr
    assert f"delete {said(done)['handle']}" in done.stderr


# ------------------------------------------------------------------------ stopped half-way


def wait_for(condition, process=None):
    """Wait until it is so, generously."""
    end = time.monotonic() + 180
    while not condition():
        assert time.monotonic() < end
        assert process is None or process.poll() is None, process.communicate()
        time.sleep(0.02)


def test_killed_while_github_makes_it(ada, clone, github):
    """GitHub made it, and nobody was there to hear so: the next launch finds that one."""
    github.fail("silent", f"POST {OWN}", after=True)
    process = ada.start(*LAUNCH, cwd=clone)
    wait_for(lambda: github.spaces, process)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=180)
    (note,) = notes(ada)
    assert ada.holds(github.token) == []
    rows = said(ada.types("jobs", "--json", cwd=clone))["jobs"]
    assert [row["handle"] for row in rows] == [note.stem]
    done = ada.types(*LAUNCH, "--json", cwd=clone)
    assert done.returncode == 0, done.stderr
    assert (said(done)["handle"], said(done)["state"]) == (note.stem, "ready")
    assert len(github.spaces) == 1
    assert len(github.asked("POST /repos")) == 1


@pytest.mark.parametrize("answer", ["leave", "stop", "delete"])
def test_ctrl_c_while_it_is_provisioned(ada, clone, github, answer):
    github.slow = None
    words = ("launch", "codespaces", "--yes", "--no-browser")
    terminal = Terminal(ada, *words, cwd=clone)
    try:
        terminal.read("queued at GitHub")
        terminal.send("\x03")
        terminal.read("what shall become of it?")
        terminal.read("]: ")
        terminal.send({"leave": "1\n", "stop": "2\n", "delete": "3\n"}[answer])
        assert terminal.end() == 130
    finally:
        terminal.kill()
    states = [space.state for space in github.spaces.values()]
    wanted = {"leave": ["Queued"], "stop": ["ShuttingDown"], "delete": []}[answer]
    assert states == wanted
    kept = notes(ada)
    assert len(kept) == (answer != "delete")
    if answer == "leave":
        assert f"stop {kept[0].stem}" in terminal.text


# ------------------------------------------------------------------------ signing in


def test_nobody_is_signed_in_and_there_is_no_gh(ada, clone, github):
    """The link does without all of it."""
    done = ada.types(
        "launch", "codespaces", "--no-browser", "--yes", cwd=clone, environ={"GH_TOKEN": None}
    )
    assert done.returncode == 0, done.stderr
    assert re.search(
        r"https://(codespaces\.new/o/r|github\.com/codespaces/new\?\S*o%2Fr)", done.stderr
    )
    assert github.requests == []
    assert "GitHub bills" in done.stderr


@pytest.fixture
def with_gh(tmp_path, github):
    """Someone who has the real gh, where nobody is signed in."""
    if shutil.which("gh") is None:
        pytest.skip("gh is not installed (https://cli.github.com)")
    made = Ada(tmp_path / "with-gh", github)
    del made.environ["GH_TOKEN"]
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" >>"{tmp_path}/opened"\n')
    browser.chmod(0o755)
    made.environ["BROWSER"] = str(browser)
    return made


def test_gh_signs_her_in_for_it(with_gh, clone, github, tmp_path):
    """Device flow by the real gh at her terminal; the token stays where gh keeps it."""
    old = github.tokens.pop(github.token)
    assert old
    terminal = Terminal(with_gh, "launch", "codespaces", "--no-wait", cwd=clone)
    try:
        terminal.read("gh auth login")
        terminal.read("]: ")
        terminal.send("y\n")
        terminal.read("preferred protocol for Git")  # gh asks
        enter_until(terminal, "(Y/n)")  # Authenticate Git with your GitHub credentials?
        enter_until(terminal, "one-time code: ")
        terminal.read("Press Enter")
        terminal.send("\r")
        github.approve(re.search(r"WDJB-\d{4}", terminal.text)[0])
        terminal.read("which size?")
        terminal.read("]: ")
        terminal.send("\n")
        terminal.read("instead?")
        terminal.read("]: ")
        terminal.send("y\n")
        assert terminal.end() == 0
    finally:
        terminal.kill()
    assert (tmp_path / "opened").read_text() == "https://github.com/login/device\n"
    assert len(github.spaces) == 1
    own = f"{with_gh.home}/.config/gh/"
    assert with_gh.holds(github.token, but=(own,)) == []
    assert github.token not in terminal.text


def test_nobody_is_there_to_sign_in(with_gh, clone, github):
    done = with_gh.types(*LAUNCH, cwd=clone)
    assert done.returncode == 5
    assert "gh auth login" in done.stderr
    assert github.spaces == {}


def test_a_login_of_gh_without_the_scope(with_gh, clone, github):
    """gh's own logins lack it; what adds it is named."""
    github.tokens[github.token] = {"repo", "read:org"}
    argv = ["gh", "auth", "login", "--hostname", "github.com", "--with-token"]
    subprocess.run(argv, input=github.token, env=with_gh.environ, text=True, check=True)
    done = with_gh.types(*LAUNCH, cwd=clone)
    assert done.returncode != 0
    assert "gh auth refresh --hostname github.com -s codespace" in done.stderr
    assert github.token not in done.stdout + done.stderr
    assert github.spaces == {}


def test_an_image_without_an_ssh_server(with_gh, clone, github, tmp_path):
    """gh finds no way in: it is up all the same, and that is said."""
    player.play(tmp_path / "containers", with_gh.folder / "first", ssh_server=False)
    environ = {
        "GH_TOKEN": github.token,
        "PATH": f"{with_gh.folder / 'first'}{os.pathsep}{with_gh.environ['PATH']}",
    }
    done = with_gh.types(*LAUNCH, "--json", cwd=clone, environ=environ)
    assert done.returncode == 0, done.stderr
    assert said(done)["state"] == "ready"
    assert said(done)["result"] is None
    assert "SSH server" in done.stderr
    assert said(done)["link"] in done.stderr
