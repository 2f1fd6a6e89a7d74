"""A preflight with py-rattler and uv themselves: channels of several platforms, and an index.

The channels are made here and the index is on loopback; the last test asks the package index that
pip is configured with.
"""

from __future__ import annotations

import functools
import http.server
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from envboot.cli.flags import parser
from envboot.preflight import preflight
from envboot.request import Request
from envboot.shell.local import LocalShell
from envboot.testing import ScriptedConsole
from envboot.tools import uv
from tests.channel import make_channel, stub
from tests.wheels import make_wheel

if os.name == "nt":
    pytest.skip("the stand-ins are made for POSIX", allow_module_level=True)
from tests.real.rattling import tools_at

pytestmark = pytest.mark.real
ROOT = Path(__file__).resolve().parents[2]
YML = """\
channels: [python]
dependencies:
  - numpy=1.9.*
  - pyTorch=2.8
  - python=3.7
  - pip:
    - jtest
"""
NATIVE = {
    "linux-64": "manylinux_2_17_x86_64",
    "osx-arm64": "macosx_11_0_arm64",
    "win-64": "win_amd64",
}


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """Return a cache in which py-rattler lies: it is fetched once."""
    return tools_at(tmp_path_factory)


@pytest.fixture(scope="module")
def channels(tmp_path_factory):
    """Make a channel called ``python`` for three platforms; return the folder of channels."""
    more = [stub("pip", "24.0")]
    for subdir in ("linux-64", "osx-arm64", "win-64"):
        more += [stub("python", v, subdir=subdir) for v in ("3.11.9", "3.12.4")]
        more += [stub("numpy", v, ["python"], subdir=subdir) for v in ("1.26.4", "2.1.0")]
        more.append(stub("pytorch", "2.8.0", ["python"], subdir=subdir, build="cpu_py312_0"))
    needs = ["python", "__cuda >=11.8,<12"]
    more.append(stub("pytorch", "2.8.0", needs, subdir="linux-64", build="cuda118_py312_1",
                     build_number=1))  # fmt: skip
    needs = ["python", "__cuda >=12.6"]
    more.append(stub("pytorch", "2.8.0", needs, subdir="linux-64", build="cuda126_py312_2",
                     build_number=2))  # fmt: skip
    more.append(stub("rapids", "1.0", ["__cuda >=12"], subdir="linux-64"))
    folder = tmp_path_factory.mktemp("channels")
    make_channel(folder / "python", None, (), more)
    return folder


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_words):
        """Say nothing."""


@pytest.fixture
def index(tmp_path):
    """Serve an index on loopback; return a function that adds a wheel to it, and its address."""
    folder = tmp_path / "index"
    folder.mkdir()
    serve = functools.partial(Quiet, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), serve)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()

    def add(name, version, system="", **options):
        wheel = make_wheel(folder / "files", name, version, **options)
        if system:
            tag = f"cp311-cp311-{NATIVE[system]}"
            wheel = wheel.rename(wheel.with_name(wheel.name.replace("py3-none-any", tag)))
        page = folder / "simple" / name / "index.html"
        page.parent.mkdir(parents=True, exist_ok=True)
        with page.open("a") as file:
            file.write(f'<a href="/files/{wheel.name}">{wheel.name}</a>\n')

    yield add, f"http://127.0.0.1:{server.server_port}/simple"
    server.shutdown()
    server.server_close()


@pytest.fixture
def shell(child_environ, cache, channels):
    """Return a computer whose conda takes the channels from a folder."""
    home = Path(child_environ["HOME"])
    (home / ".condarc").write_text(
        f"channel_alias: {channels.as_uri()}\ndefault_channels: []\nchannels: []\n"
    )
    tools = home / ".cache" / "envboot"
    tools.mkdir(parents=True)
    shutil.copytree(cache / "envboot" / "tools", tools / "tools", copy_function=os.link)
    return LocalShell({**child_environ, "PIP_CONFIG_FILE": "/dev/null"})


def configured(shell, url):
    """Return the computer with pip configured for an index; skips where there is no uv."""
    if uv.program_of(shell) is None:
        pytest.skip("uv is not installed")
    return LocalShell({**shell.environ, "PIP_INDEX_URL": url})


def judged(tmp_path, shell, *words, **files):
    root = tmp_path / "repo"
    root.mkdir(exist_ok=True)
    for name, text in files.items():
        (root / name.replace("_", ".")).write_text(text, encoding="utf-8")
    options = parser("envboot").parse_args(["preflight", *words])
    request = Request(root, yes=options.yes, offline=options.offline)
    console = ScriptedConsole()
    return preflight(options, request, shell, console), "\n".join(console.shown)


def test_the_users_own_example_one_line_a_mistake(tmp_path, shell, index):
    shell = configured(shell, index[1])
    files = {"environment_yml": YML}
    found, said = judged(tmp_path, shell, "--for", "linux-64,osx-arm64,win-64", **files)
    assert found.exit_code == 6
    lines = [row for row in said.splitlines() if row.startswith("✗")]
    assert len(lines) == 4, said
    starts = [
        "✗ environment.yml:3: there is no `numpy=1.9.*`: 1.26 to 2.1 exist; ",
        "✗ environment.yml:4: pyTorch=2.8: `pyTorch` is called `pytorch`; write `pytorch=2.8`",
        "✗ environment.yml:5: there is no `python=3.7`: 3.11 to 3.12 exist; ",
        "✗ environment.yml:7: there is no package `jtest` on the package index",
    ]
    for line, start in zip(lines, starts):
        assert line.startswith(start), line
    nearest = {f.spec: f.nearest for f in found.targets[0].cell("conda").findings}
    assert nearest["pyTorch=2.8"] == "pytorch=2.8"
    assert nearest["numpy=1.9.*"].startswith("numpy=1.26")
    assert nearest["python=3.7"].startswith("python=3.11")


def test_the_build_of_each_target(tmp_path, shell):
    text = "channels: [python]\ndependencies: [python=3.12, pytorch]\n"
    words = ("--for", "cpu,cuda118,cuda124,cuda126,osx-arm64")
    found, said = judged(tmp_path, shell, *words, environment_yml=text)
    assert found.exit_code == 0, said
    builds = [r.cell("conda").text.partition("pytorch ")[2] for r in found.targets]
    assert builds == ["cpu", "cuda118", "cpu", "cuda126", "cpu"], said
    assert {r.python for r in found.targets} == {"3.12"}


def test_what_needs_a_gpu_that_is_not_there(tmp_path, shell):
    text = "channels: [python]\ndependencies:\n  - rapids\n"
    words = ("--for", "cpu,cuda118,cuda124,win-64")
    found, said = judged(tmp_path, shell, *words, environment_yml=text)
    conda = {r.target: r.cell("conda") for r in found.targets}
    assert [c.verdict for c in conda.values()] == ["fail", "fail", "pass", "fail"], said
    assert "cuda" in conda["cpu"].findings[0].text.lower()
    assert all(f.at == "environment.yml:3" for c in conda.values() for f in c.findings)


def test_a_python_that_is_named_is_solved_for(tmp_path, shell):
    text = "channels: [python]\ndependencies: [python=3.12, numpy]\n"
    words = ("--for", "win-64", "--python", "3.11", "--python", "3.9")
    found, said = judged(tmp_path, shell, *words, environment_yml=text)
    assert [r.python for r in found.targets] == ["3.11", "3.9"]
    assert [r.cell("conda").verdict for r in found.targets] == ["pass", "fail"], said
    assert found.targets[0].cell("python").verdict == "fail", "the file asks for 3.12"


def test_a_channel_that_is_not_there_is_said(tmp_path, shell):
    text = "channels: [nowhere]\ndependencies: [python]\n"
    found, said = judged(tmp_path, shell, "--for", "win-64", environment_yml=text)
    assert "nowhere" in said
    assert found.targets[0].verdict in {"fail", "unknown"}


def test_offline_from_what_is_there(tmp_path, shell):
    text = "channels: [python]\ndependencies: [python=3.12, numpy]\n"
    judged(tmp_path, shell, "--for", "win-64", environment_yml=text)
    found, said = judged(tmp_path, shell, "--for", "win-64", "--offline")
    assert found.targets[0].cell("conda").verdict == "pass", said


def test_wheels_of_what_is_brought_along(tmp_path, shell, index):
    add, url = index
    add("top", "1.0", requires=["native"])
    add("native", "1.0", "linux-64")
    add("native", "1.0", "osx-arm64")
    words = ("--for", "linux-64,osx-arm64,win-64", "--python", "3.11")
    found, said = judged(tmp_path, configured(shell, url), *words, requirements_txt="top\n")
    assert [r.verdict for r in found.targets] == ["pass", "pass", "fail"], said
    assert found.targets[0].cell("pip").text == "2 packages"
    (finding,) = found.targets[2].cell("pip").findings
    assert finding.at == "requirements.txt:1"
    assert "native" in finding.text


def test_a_conflict_and_the_nearest(tmp_path, shell, index):
    add, url = index
    add("top", "1.0", requires=["below>=2,<4"])
    for version in ("1.0", "2.0", "3.0", "4.0"):
        add("below", version)
    text = "top\nbelow==1.0\n"
    found, said = judged(tmp_path, configured(shell, url), "--for", "win-64", requirements_txt=text)
    (finding,) = found.targets[0].cell("pip").findings
    assert (finding.at, finding.nearest) == ("requirements.txt:2", "below==3.0"), said


def test_a_clash_below_two_lines_and_the_nearest_that_goes_with_all(tmp_path, shell, index):
    add, url = index
    add("base", "1.0")
    add("base", "2.0")
    add("one", "1.0", requires=["base<2"])
    add("two", "1.0", requires=["base>=2"])
    add("two", "0.9", requires=["base<2"])
    shell = configured(shell, url)
    files = {"requirements_txt": "one\ntwo==1.0\n"}
    found, said = judged(tmp_path, shell, "--for", "win-64", **files)
    (finding,) = found.targets[0].cell("pip").findings
    assert (finding.at, finding.nearest) == ("requirements.txt:2", "two==0.9"), said
    assert "needs base" in finding.text
    (tmp_path / "repo" / "requirements.txt").write_text("one\ntwo==0.9\n")
    assert judged(tmp_path, shell, "--for", "win-64")[0].exit_code == 0, "it does"


def test_the_package_index_itself(tmp_path, shell):
    kept = ("PIP_", "SSL_", "HTTP", "NO_PROXY", "REQUESTS_")
    environ = {k: v for k, v in os.environ.items() if k.upper().startswith(kept)}
    shell = LocalShell({**shell.environ, **environ, "PIP_CONFIG_FILE": "/dev/null"})
    if uv.program_of(shell) is None:
        pytest.skip("uv is not installed")
    files = {"requirements_txt": "six\nnumpy==1.26.4\n"}
    words = ("--for", "osx-arm64,win-64", "--python", "3.12", "--python", "3.13")
    found, said = judged(tmp_path, shell, *words, **files)
    assert [(r.target, r.python, r.verdict) for r in found.targets] == [
        ("osx-arm64", "3.12", "pass"),
        ("osx-arm64", "3.13", "fail"),
        ("win-64", "3.12", "pass"),
        ("win-64", "3.13", "fail"),
    ], said
    (finding,) = found.targets[3].cell("pip").findings
    assert finding.at == "requirements.txt:2"
    assert finding.hint == "write `numpy==2.1.0` or take Python 3.12"


def test_the_command_as_a_person_types_it(tmp_path, shell, index):
    add, url = index
    add("six", "1.16.0")
    (tmp_path / "repo").mkdir()
    (tmp_path / "repo" / "requirements.txt").write_text("six\n")
    shell = configured(shell, url)
    environ = {**shell.environ, "LC_ALL": "C"}
    argv = [sys.executable, "-m", "envboot", "preflight", "--for", "win-64"]

    def typed(*more):
        return subprocess.run(
            [*argv, *more],
            cwd=tmp_path / "repo",
            env=environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=True,
        )

    done = typed("--json", "-q")
    assert not done.stderr
    told = json.loads(done.stdout)
    assert told["outcome"] == "passes"
    assert [t["verdict"] for t in told["targets"]] == ["pass"]
    assert "win-64" in typed().stdout


def test_ctrl_c_while_the_index_hangs_leaves_nothing(tmp_path, shell):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(60)
        (tmp_path / "repo").mkdir()
        (tmp_path / "repo" / "requirements.txt").write_text("six\n")
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/simple"
        environ = {**configured(shell, url).environ, "PIP_INDEX_URL": url}
        process = subprocess.Popen(
            [sys.executable, "-m", "envboot", "preflight", "--for", "win-64"],
            cwd=tmp_path / "repo",
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            with silent.accept()[0]:
                process.send_signal(signal.SIGINT)
                out, _ = process.communicate(timeout=180)
        finally:
            process.kill()
            process.wait()
    assert process.returncode == 130, out.decode()
    assert b"Traceback" not in out
    assert not list((Path(environ["HOME"]) / ".cache" / "envboot").glob("preflight-*"))
    assert [p.name for p in (tmp_path / "repo").iterdir()] == ["requirements.txt"]
