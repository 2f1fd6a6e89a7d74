"""``envboot create``, with the real git and the real gh, against a stand-in for GitHub."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

import pytest

from tests.real.github_stand_in import GitHub, authority
from tests.real.person import Person, Terminal

pytestmark = pytest.mark.real
CONFIG = "[user]\nname = Ada\nemail = ada@localhost\n[init]\ndefaultBranch = main\n"
NEW = "> New ML repository created: "


class Ada(Person):
    def start(self, *words, **options):
        return super().start(*words, **{"program": self.program, **options})


@pytest.fixture
def ada(tmp_path, pyz):
    """Someone who has told git her name, and has envboot as it travels: the archive."""
    made = Ada(tmp_path / "ada")
    made.program = (sys.executable, "-I", str(pyz))
    (made.home / ".gitconfig").write_text(CONFIG)
    return made


@pytest.fixture
def desk(tmp_path):
    """The folder in which she works."""
    place = tmp_path / "her desk"
    place.mkdir()
    return place


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    return authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def github(tmp_path, certificates):
    """GitHub, with gh signed in to it; what was asked of it has to be what GitHub publishes."""
    if shutil.which("gh") is None:
        pytest.skip("gh is not installed (https://cli.github.com)")
    folder = tmp_path / "github"
    folder.mkdir()
    with GitHub(folder, certificates) as standing:
        yield standing
    assert standing.complaints == []


def git(place, *words):
    done = subprocess.run(["git", "-C", place, *words], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def whole(place):
    """Assert that all of it is there, committed, and nothing lies beside it."""
    assert git(place, "status", "--porcelain", "--ignored") == ""
    assert git(place, "rev-list", "--count", "HEAD") == "1"
    names = set(git(place, "ls-files").splitlines())
    assert {"README.md", "environment.yml", "setup.py", ".envboot/envboot.pyz"} <= names
    assert [p.name for p in place.parent.iterdir() if p.name.startswith(".")] == []


def test_on_github_for_oneself(ada, desk, github):
    done = ada.types("create", "my-net", "--ml", "--private", cwd=desk, environ=github.environ)
    assert done.returncode == 0, done.stderr
    assert f"{NEW}https://github.com/ada/my-net, done\n" in done.stderr
    assert "gh auth login" not in done.stderr
    whole(desk / "my-net")
    assert git(github.repository("ada/my-net"), "rev-parse", "main") == git(
        desk / "my-net", "rev-parse", "HEAD"
    )
    assert git(desk / "my-net", "rev-parse", "--abbrev-ref", "@{upstream}") == "origin/main"
    (wanted,) = github.created
    assert (wanted["name"], wanted["visibility"]) == ("my-net", "PRIVATE")
    assert "POST /graphql createRepository" in github.requests
    assert "POST /ada/my-net.git/git-receive-pack" in github.requests
    config = (desk / "my-net" / ".git" / "config").read_text()
    assert github.token not in done.stdout + done.stderr + config


def test_on_github_for_an_organisation_and_everybody(ada, desk, github):
    words = ("create", "my-net", "--ml", "--public", "--organisation", "analytical-engines")
    done = ada.types(*words, "--json", cwd=desk, environ=github.environ)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["url"] == "https://github.com/analytical-engines/my-net"
    assert said["commands"] == []
    (wanted,) = github.created
    assert (wanted["ownerId"], wanted["visibility"]) == ("O_analytical-engines", "PUBLIC")
    assert github.repository("analytical-engines/my-net").is_dir()


def test_asked_at_a_terminal(ada, desk, github):
    terminal = Terminal(
        ada, "create", "my-net", "--ml", cwd=desk, program=ada.program, **github.environ
    )
    try:
        terminal.read("put it on GitHub too?")
        terminal.read("[3]: ")
        terminal.send("1\n")
        terminal.read("analytical-engines")
        terminal.send("2\n")
        terminal.read("/analytical-engines/my-net, done")
        assert terminal.end() == 0
    finally:
        terminal.kill()
    assert "GET /user/orgs?per_page=100" in github.requests
    assert github.repository("analytical-engines/my-net").is_dir()


def test_a_person_who_says_no_is_not_told_how(ada, desk, github):
    terminal = Terminal(
        ada, "create", "my-net", "--ml", cwd=desk, program=ada.program, **github.environ
    )
    try:
        terminal.read("put it on GitHub too?")
        terminal.send("\n")
        terminal.read(f"{desk}/my-net, done")
        assert terminal.end() == 0
    finally:
        terminal.kill()
    assert "gh repo create" not in terminal.text
    assert github.created == []
    whole(desk / "my-net")


def test_a_name_that_is_taken_there(ada, desk, github):
    github.repository("ada/my-net").mkdir(parents=True)
    done = ada.types("create", "my-net", "--ml", "--private", cwd=desk, environ=github.environ)
    assert done.returncode == 7
    assert "has a repository of that name already" in done.stderr
    assert "gh repo create ANOTHER_NAME --private" in done.stderr
    whole(desk / "my-net")
    assert git(desk / "my-net", "remote") == ""


def test_a_push_that_is_refused(ada, desk, github):
    github.may_push = False
    done = ada.types("create", "my-net", "--ml", "--private", cwd=desk, environ=github.environ)
    assert done.returncode == 7
    assert "https://github.com/ada/my-net was created, and pushing to it failed" in done.stderr
    assert "git push --set-upstream origin HEAD" in done.stderr
    whole(desk / "my-net")
    assert git(desk / "my-net", "remote", "get-url", "origin").startswith("https://github.com/ada/")


def test_nobody_said_whether_it_is_to_be_there(ada, desk, github):
    done = ada.types("create", "my-net", "--ml", cwd=desk, environ=github.environ)
    assert done.returncode == 0
    commands = re.findall(r"(?m)^>   (.*)$", done.stderr)
    assert commands[0] == "gh auth login"
    assert commands[1] == f"cd '{desk}/my-net'"
    assert commands[2] == "gh repo create my-net --private --source . --remote origin --push"
    assert github.created == []
    # and they do what they say
    line = " && ".join(commands[1:])
    environ = {**ada.environ, **github.environ}
    subprocess.run(["sh", "-c", line], env=environ, check=True, capture_output=True)
    assert git(github.repository("ada/my-net"), "rev-list", "--count", "main") == "1"


@pytest.mark.parametrize(("flags", "code"), [((), 0), (("--public",), 6)])
def test_nobody_is_signed_in(ada, desk, github, flags, code):
    github.signed_in = False
    done = ada.types("create", "my-net", "--ml", *flags, cwd=desk, environ=github.environ)
    assert done.returncode == code
    assert f"{NEW}{desk}/my-net, done\n" in done.stderr
    assert "not signed in to github.com" in done.stderr
    visibility = flags[0] if flags else "--private"
    assert f"gh repo create my-net {visibility} --source ." in done.stderr
    whole(desk / "my-net")


def test_the_stand_in_refuses_what_github_would(ada, github):
    """It has to be able to say no, or it would prove nothing."""

    def graphql(query, **values):
        fields = [f"--raw-field={name}={value}" for name, value in values.items()]
        argv = ["gh", "api", "graphql", f"--raw-field=query={query}", *fields]
        environ = {**ada.environ, **github.environ}
        return subprocess.run(argv, env=environ, capture_output=True, check=False).returncode

    assert graphql("query Me { viewer { login } }") == 0
    assert graphql("query Me { viewer { shoe_size } }") != 0
    create = "mutation M($input: CreateRepositoryInput!) "
    assert graphql(create + "{ createRepository(input: $input) { repository { id } } }") != 0
    assert len(github.complaints) == 2
    github.complaints.clear()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_stopped_half_way(ada, desk, number):
    """A hook of git's template waits: half of it is there, and nothing has its name yet."""
    template = ada.home / "template" / "hooks"
    template.mkdir(parents=True)
    script = f"echo $$ > '{desk}/waiting'; mv '{desk}/waiting' '{desk}/waits'; exec sleep 60"
    (template / "pre-commit").write_text(f"#!/bin/sh\n{script}\n")
    (template / "pre-commit").chmod(0o755)
    slow = {"GIT_TEMPLATE_DIR": str(template.parent)}
    process = ada.start("create", "my-net", "--ml", "--no-github", cwd=desk, environ=slow)
    end = time.monotonic() + 180
    while not (desk / "waits").exists():
        assert time.monotonic() < end
        assert process.poll() is None
        time.sleep(0.02)
    assert not (desk / "my-net").exists()
    os.kill(process.pid, number)
    process.communicate(timeout=180)
    assert not (desk / "my-net").exists()
    waiting = int((desk / "waits").read_text())
    (desk / "waits").unlink()
    if number == signal.SIGKILL:
        assert (desk / ".my-net.envboot-new").exists()
        os.kill(waiting, signal.SIGKILL)  # an orphan keeps the lock, and the next run would wait
    else:
        assert process.returncode == 130
        assert list(desk.iterdir()) == []
    done = ada.types("create", "my-net", "--ml", "--no-github", cwd=desk)
    assert done.returncode == 0, done.stderr
    whole(desk / "my-net")


def test_the_next_person_sets_it_up(ada, desk, tmp_path):
    """From an empty folder to an environment in which its own package is imported."""
    if shutil.which("uv", path=ada.environ["PATH"]) is None:
        pytest.skip("uv is not installed")
    done = ada.types("create", "my-net", "--ml", "--no-github", cwd=desk)
    assert done.returncode == 0, done.stderr
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", desk / "my-net", clone], check=True)
    kept = ("PIP_INDEX_URL", "UV_INDEX_URL", "UV_DEFAULT_INDEX", "SSL_CERT_FILE", "HTTPS_PROXY")
    index = {name: os.environ.get(name) for name in kept}
    index |= {"PIP_NO_INDEX": None, "PIP_CONFIG_FILE": os.environ.get("PIP_CONFIG_FILE")}
    bare = {**index, "PYTHONPATH": None}

    def setup(*words):
        program = (shutil.which("python3", path=ada.environ["PATH"]), "setup.py")
        return ada.types(*words, cwd=clone, program=program, environ=bare)

    done = setup("--yes", "--engine", "uv")
    assert done.returncode == 0, done.stderr
    said = setup("run", "--", "python", "-c", "import my_net, ipykernel; print(my_net.__file__)")
    assert said.stdout.strip() == str(clone / "src" / "my_net" / "__init__.py")
    assert git(clone, "status", "--porcelain") == ""
    data = clone / "data" / "raw.csv"
    data.write_text("1\n")
    assert git(clone, "status", "--porcelain") == ""
