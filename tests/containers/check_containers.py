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
from dataclasses import replace
from pathlib import Path

import pytest

from envboot import interpreters
from envboot.formats.parts import json_text
from envboot.package import companions
from envboot.package.companions import images
from envboot.shell.local import LocalShell
from envboot.spec import Origin
from tests.channel import File, make_channel, native
from tests.pictures import picture
from tests.wheels import make_wheel

HERE = Path(os.environ["CONTAINERS"])
DEVCONTAINER = ".devcontainer/devcontainer.json"
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


def draft(root, *kinds, conda=()):
    wheels = () if conda else ("flask>=3,<4", "tides")
    seen = picture(root, *wheels, conda=conda, variables=[("MODE", 'a "b" $HOME')])
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


def pack(root):
    """Pack the repository; a person owns it, whom the container has too."""
    run("git", "init", "-q", str(root))
    words = ("package-env", "--no-live", "--with", "devcontainer", "--yes")
    run(sys.executable, "-m", "envboot", *words, "--root", str(root), cwd=REPOSITORY)
    for place in (root, *root.rglob("*")):
        os.chown(place, 1000, 1000)
    for above in root.parents:  # pytest keeps its folders to itself
        if above.stat().st_uid == os.getuid() and above != Path("/"):
            above.chmod(above.stat().st_mode | 0o055)


@pytest.fixture
def packed(root):
    """Return the repository with its development container, for pip alone."""
    (root / "requirements.txt").write_text("tides\n")
    (root / "pyproject.toml").write_text("[tool.envboot.package]\npip-only = true\n")
    (root / "runtime.txt").write_text("python-3.11\n")
    shutil.rmtree(root / "web")
    (root / "apt.txt").unlink()
    (root / ".venv").rmdir()
    (root / "look.py").write_text("import tides\n")
    pack(root)
    return root


def test_the_development_container_sets_itself_up(packed):
    text = json_text.without_comments((packed / DEVCONTAINER).read_text())
    wanted = json_text.loads(text, Origin(DEVCONTAINER))
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


# ------------------------------------------------------------------------------ conda

CONDA = """\
FROM python:3.11-slim-bookworm
RUN python3 -m venv /opt/conda/tool && /opt/conda/tool/bin/pip install py-rattler pyyaml
COPY conda conda_stand_in.py /opt/conda/bin/
COPY channel /channel
ENV PATH="/opt/conda/bin:$PATH"
"""
PROGRAM = """\
#!/bin/sh
[ "$1" != clean ] || exit 0
exec /opt/conda/tool/bin/python /opt/conda/bin/conda_stand_in.py "$@"
"""
ENVIRONMENT = """\
name: high tide
channels: [file:///channel, nodefaults]
dependencies:
  - python=3
  - tides
  - moon
variables:
  MODE: spring
"""
MAIN = """\
import os
import tides
print(tides.__version__, os.environ["MODE"], os.environ["MOON"], os.getuid())
"""


def movable_copy(python, folder):
    """Copy a Python, and have it find its library beside itself, as those of conda do."""
    home = python.path.resolve().parent.parent
    left_out = shutil.ignore_patterns("site-packages", "test", "tests", "__pycache__", "*.a")
    shutil.copytree(home, folder, symlinks=True, ignore=left_out)
    copy = folder / "bin" / python.path.resolve().name
    run("patchelf", "--set-rpath", "$ORIGIN/../lib", str(copy))
    return replace(python, path=copy)


@pytest.fixture(scope="module")
def with_conda(tmp_path_factory):
    """Make the images of the conda recipe: the tests' stand-in for conda, and a channel."""
    movable = (i for i in interpreters.find(LocalShell()) if i.path.resolve().parts[1] != "usr")
    python = next(movable, None)
    if python is None:
        pytest.skip("there is no Python here that can be moved")
    folder = tmp_path_factory.mktemp("conda")
    python = movable_copy(python, folder / "python")
    start = {"etc/conda/activate.d/moon.sh": File(b"export MOON=full\n")}
    wheel = make_wheel(folder / "w", "tides", "2.0")
    make_channel(folder / "channel", python, [wheel], [native("moon", "1.0", start)])
    (folder / "conda").write_text(PROGRAM)
    (folder / "conda").chmod(0o755)
    shutil.copy(Path(__file__).parents[1] / "real" / "conda_stand_in.py", folder)
    (folder / "Dockerfile").write_text(CONDA)
    build = ("buildah", "bud", "--isolation", "chroot", "--pull-never", "-t")
    run(*build, f"docker.io/{images.MINIFORGE}", ".", cwd=folder)
    run("buildah", "tag", "python:3.11-slim-bookworm", f"docker.io/library/{images.DEBIAN}")


@pytest.fixture
def tidal(tmp_path):
    root = tmp_path / "high tide"
    root.mkdir()
    (root / "environment.yml").write_text(ENVIRONMENT)
    (root / "main.py").write_text(MAIN)
    return root


@pytest.mark.usefixtures("with_conda")
def test_an_environment_of_conda_runs_in_an_image_without_conda(tidal):
    draft(tidal, "dockerfile", conda=["python=3", "tides", "moon"])
    run("buildah", "bud", "--isolation", "chroot", "--pull-never", "-t", "high", ".", cwd=tidal)
    said = run("podman", "run", "--rm", "high")
    assert '2.0 a "b" $HOME full 10001\n' in said
    which = ("sh", "-c", "command -v conda || echo none")
    assert "none\n" in run("podman", "run", "--rm", "high", *which)


@pytest.mark.usefixtures("with_conda")
def test_a_development_container_with_conda_sets_itself_up(tidal):
    pack(tidal)
    text = json_text.without_comments((tidal / DEVCONTAINER).read_text())
    wanted = json_text.loads(text, Origin(DEVCONTAINER))
    assert wanted["image"] == images.MINIFORGE
    volume = f"{tidal}:/workspaces/tide"
    words = ("--volume", volume, "--workdir", "/workspaces/tide", wanted["image"], "sleep", "600")
    with started(*words) as name:
        said = run("podman", "exec", name, "/bin/sh", "-c", wanted["postCreateCommand"])
        assert "done." in said
        python = wanted["customizations"]["vscode"]["settings"]["python.defaultInterpreterPath"]
        code = "import tides; print('tides', tides.__version__)"
        assert "tides 2.0" in run("podman", "exec", name, python, "-c", code)
