"""The generated Dockerfile is built, and the generated development container is started.

``tests/containers/run.sh`` sets the stage and runs this file; pytest does not find it on its own.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from envboot.formats.parts import json_text
from envboot.package import companions
from envboot.shell.local import LocalShell
from envboot.spec import Origin
from tests.pictures import picture
from tests.wheels import make_wheel

HERE = Path(os.environ["CONTAINERS"])
REPOSITORY = Path(__file__).parents[2]
APP = """\
import os
import flask
import tides

app = flask.Flask(__name__)


@app.get("/")
def index():
    open("written", "w").close()
    return {
        "tides": tides.__version__,
        "user": os.getuid(),
        "mode": os.environ["MODE"],
        "files": sorted(os.listdir(".")),
        "tree": os.path.exists("/usr/bin/tree"),
    }
"""


def run(*words, cwd=None, limit=400):
    done = subprocess.run(
        words, cwd=cwd, capture_output=True, text=True, timeout=limit, check=False
    )
    told = f"$ {' '.join(words)}\n{done.stdout[-6000:]}\n{done.stderr[-6000:]}\n"
    sys.stdout.write(told)  # pytest shows it where something fails
    assert done.returncode == 0, done.stderr[-3000:] or done.stdout[-3000:]
    return done.stdout + done.stderr


def draft(root, *kinds):
    seen = picture(root, "flask>=3,<4", "tides", variables=[("MODE", 'a "b" $HOME')])
    for change in companions.draft(kinds, seen, LocalShell({})):
        path = root / change.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(change.after)


@pytest.fixture
def root(tmp_path):
    root = tmp_path / "tide tables"
    (root / "web").mkdir(parents=True)
    (root / "web" / "server.py").write_text(APP)
    (root / "requirements.txt").write_text("flask>=3,<4\ntides\n")
    (root / "apt.txt").write_text("tree\n")
    (root / ".env").write_text("DATABASE=mine\n")
    (root / ".venv").mkdir()
    make_wheel(HERE / "wheels", "tides", "1.0")
    return root


def answer(url, limit=60):
    until = time.monotonic() + limit
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5) as said:  # noqa: S310 - loopback
                return json.load(said)
        except (urllib.error.URLError, ConnectionError):  # noqa: PERF203 - it is about to start
            if time.monotonic() > until:
                raise
            time.sleep(0.3)


@contextlib.contextmanager
def started(*words):
    name = run("podman", "run", "--detach", *words).split()[-1]
    try:
        yield name
    finally:
        run("podman", "logs", name)
        run("podman", "rm", "--force", "--time", "5", name)


def test_the_dockerfile_is_built_and_its_app_answers(root):
    draft(root, "dockerfile")
    build = ["buildah", "bud", "--isolation", "chroot", "--pull-never", "--layers", "-t", "tides"]
    run(*build, ".", cwd=root)
    config = json.loads(run("buildah", "inspect", "--type", "image", "tides"))["OCIv1"]["config"]
    assert config["User"] == "10001"
    assert config["ExposedPorts"] == {"5000": {}} or config["ExposedPorts"] == {"5000/tcp": {}}
    with started("tides"):
        said = answer("http://127.0.0.1:5000/")
    assert said["tides"] == "1.0"
    assert said["user"] == 10001
    assert said["mode"] == 'a "b" $HOME'
    assert said["tree"], "the packages of apt.txt are there"
    assert "web" in said["files"]
    assert "written" in said["files"], "the person in the container may write"
    assert not {".env", ".venv", ".git"} & set(said["files"]), "what .dockerignore leaves out"
    (root / "web" / "server.py").write_text(APP + "\n# changed\n")
    again = run(*build, ".", cwd=root)
    installs = again.index("pip install")
    assert "Using cache" in again[installs : installs + 300], "the code does not touch that layer"


def test_hadolint_has_nothing_to_say(root):
    if not shutil.which("hadolint"):
        pytest.skip("hadolint is not installed")
    draft(root, "dockerfile")
    assert run("hadolint", "Dockerfile", cwd=root) == ""


@pytest.fixture
def packed(root):
    """Return the repository, packed, with its devcontainer.json; a person owns it."""
    (root / "requirements.txt").write_text("tides\n")
    shutil.rmtree(root / "web")
    (root / "apt.txt").unlink()
    (root / ".venv").rmdir()
    (root / "look.py").write_text("import tides\n")
    run("git", "init", "-q", str(root))
    run(
        sys.executable, "-m", "envboot", "package-env", "--root", str(root), "--yes", cwd=REPOSITORY
    )
    draft(root, "devcontainer")
    for place in (root, *root.rglob("*")):
        os.chown(place, 1000, 1000)
    for above in root.parents:  # pytest keeps its folders to itself
        if above.stat().st_uid == os.getuid() and above != Path("/"):
            above.chmod(above.stat().st_mode | 0o055)
    return root


def test_the_development_container_sets_itself_up(packed):
    file = packed / ".devcontainer" / "devcontainer.json"
    text = json_text.without_comments(file.read_text())
    wanted = json_text.loads(text, Origin(file.name))
    volume = f"{packed}:/workspaces/tides"
    with started(
        *("--volume", volume, "--workdir", "/workspaces/tides", "--user", "vscode"),
        *(wanted["image"], "sleep", "600"),
    ) as name:
        said = run("podman", "exec", name, "/bin/sh", "-c", wanted["postCreateCommand"])
        assert "done." in said
        python = wanted["customizations"]["vscode"]["settings"]["python.defaultInterpreterPath"]
        python = python.replace("${containerWorkspaceFolder}", "/workspaces/tides")
        code = "import tides; print('tides', tides.__version__)"
        assert "tides 1.0" in run("podman", "exec", name, python, "-c", code)


def test_their_own_program_brings_it_up(packed):
    if not shutil.which("devcontainer"):
        pytest.skip("the development containers' program is not installed")
    here = ("--docker-path", str(HERE / "docker"), "--workspace-folder", str(packed))
    said = run("devcontainer", "up", *here, "--update-remote-user-uid-default", "off")
    up = json.loads(next(row for row in said.splitlines() if row.startswith('{"outcome"')))
    try:
        assert up["outcome"] == "success"
        assert up["remoteUser"] == "vscode"
        python = f"{up['remoteWorkspaceFolder']}/.venv/bin/python"
        code = "import tides; print('tides', tides.__version__)"
        assert "tides 1.0" in run("devcontainer", "exec", *here, python, "-c", code)
    finally:
        run("podman", "rm", "--force", "--time", "5", up["containerId"])
