"""Servers that misbehave, disks that are full: our engine says what is wrong, and then goes on.

Each case is run twice, with the fault and without: first there is a sentence that names the server
or the package, then an environment that works and in which no file is altered.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.real.person import PATH, leftovers
from tests.real.rattling import BIG, MARK, UP, Child, Story, tiny_channel, tools_at
from tests.servers import Server, certificate, nobody_listens

pytestmark = pytest.mark.real

LISTS = "*/repodata.json"
PACKAGE = f"*/{BIG}"
QUICK = {"ENVBOOT_STALL": "0.1", "CONDA_REMOTE_MAX_RETRIES": "0"}
"""So that what goes wrong for ever does so in seconds."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return the channel's folder."""
    return tiny_channel(tmp_path_factory.mktemp("channel"))


@pytest.fixture
def server(folder):
    with Server(folder) as serving:
        yield serving


@pytest.fixture
def child(tmp_path, server):
    return Child(tmp_path / "hers", [server.url], **QUICK)


def fails(child, *words, code=(7,), before=()):
    """Run with the fault: it ends with such an exit code, and one of the words is said."""
    done = child.run(before=before)
    assert done.returncode in code, done.reasons
    assert done.answer is not None, done.said
    assert done.answer.exit_code == done.returncode
    assert done.answer.findings, done.said
    text = "\n".join(f"{f.text} {f.hint}" for f in done.answer.findings)
    assert any(w in text for w in words), text
    meta = child.prefix / "conda-meta"
    assert not (meta / "history").exists() or (meta / MARK).exists(), "it looks like a whole one"
    return text


def goes_on(child):
    """Run without the fault, patiently: a busy machine is no fault."""
    child.environ.pop("ENVBOOT_STALL", None)
    return child.works()


def at_once(cases, play):
    """Play the cases, which mostly wait, six at a time; fail with all that went wrong."""

    def one(case):
        try:
            play(*case)
        except AssertionError as error:
            return f"{case}: {error}"
        return ""

    with ThreadPoolExecutor(6) as pool:
        wrong = [line for line in pool.map(one, cases) if line]
    assert not wrong, "\n\n".join(wrong)


# ------------------------------------------------------------------ what happens once

ONCE = ("500", "503", "reset", "truncated", "hanging", "silent", "empty", "portal")


def test_what_goes_wrong_once_is_tried_again(tmp_path, folder):
    """Of lists too, but that a list has no digest: what is read there is what is there."""

    def play(kind, where):
        with Server(folder) as server:
            variables = {**QUICK, "ENVBOOT_STALL": "0.5"}
            child = Child(tmp_path / f"{kind} {len(where)}", [server.url], **variables)
            fault = server.fault(kind, where, 1)
            child.works()
            assert fault.met == 1

    cases = [(kind, where) for kind in ONCE for where in (LISTS, PACKAGE)]
    at_once([*cases, ("corrupt", PACKAGE)], play)


def test_a_slow_server_is_waited_for(child, server):
    """The file takes longer than a stall is borne, but bytes keep coming."""
    child.environ["ENVBOOT_STALL"] = "0.4"
    fault = server.fault("slow", PACKAGE, drip=15_000, pause=0.1)
    child.works()
    assert fault.met


def test_a_redirect_is_followed(child, server, folder):
    with Server(folder) as other:
        server.fault("redirect", to=other.url)
        child.environ["ENVBOOT_STALL"] = "1"
        child.works()
        assert any(BIG in path for path in other.paths())


# ------------------------------------------------------------------ what goes on for ever

LASTING = [
    ("silent", LISTS), ("hanging", LISTS), ("truncated", LISTS), ("reset", LISTS), ("500", LISTS),
    ("portal", LISTS), ("empty", LISTS), ("loop", LISTS), ("401", "*"), ("404", "*"), ("403", "*"),
    ("silent", PACKAGE), ("hanging", PACKAGE), ("truncated", PACKAGE), ("500", PACKAGE),
    ("corrupt", PACKAGE), ("portal", PACKAGE), ("404", PACKAGE), ("401", PACKAGE), ("loop", "*"),
]  # fmt: skip


def test_what_goes_on_is_said_and_the_next_run_works(tmp_path, folder):
    def play(kind, where):
        with Server(folder) as server:
            child = Child(tmp_path / f"{kind} {len(where)}", [server.url], **QUICK)
            fault = server.fault(kind, where)
            fails(child, server.host, "big", code=(4, 7) if kind == "404" else (7,))
            assert fault.met
            server.heal()
            goes_on(child)

    at_once(LASTING, play)


STORIES = [("500", PACKAGE), ("corrupt", PACKAGE), ("401", "*"), ("silent", LISTS)]


def test_the_whole_story_says_it_and_leaves_nothing_half_made(tmp_path, tmp_path_factory, folder):
    tools = tools_at(tmp_path_factory)

    def play(kind, where):
        with Server(folder) as server:
            story = Story(tmp_path / f"{kind} {len(where)}", server.url, tools, **QUICK)
            server.fault(kind, where)
            done = story.types(*UP, cwd=story.root)
            assert done.returncode == 7, done.stderr
            assert server.host in done.stderr or "big" in done.stderr, done.stderr
            assert "error: " in done.stderr
            assert story.beside() == []
            assert leftovers(story.root) == []
            server.heal()
            del story.environ["ENVBOOT_STALL"]
            story.goes_up()

    at_once(STORIES, play)


def test_another_package_than_the_list_promises(child, server):
    server.fault("other", PACKAGE, to="/linux-64/many-1.0-h0_0.tar.bz2")
    fails(child, "big")
    server.heal()
    goes_on(child)


def test_who_must_log_in_reads_how_and_no_secret(tmp_path, server):
    url = server.url.replace("http://", "http://ada:s3cret@") + "/t/tk-0123456789/main"
    child = Child(tmp_path / "hers", [url], **QUICK)
    server.fault("401")
    text = fails(child, server.host)
    done = child.run()
    for secret in ("s3cret", "tk-0123456789"):
        assert secret not in text + done.said + done.answer.text()
    assert "401" in text or "log in" in text or "login" in text


def test_a_name_that_nobody_knows(tmp_path, server):
    child = Child(tmp_path / "hers", ["http://no-such-host.invalid/channel"], **QUICK)
    fails(child, "no-such-host.invalid")
    child.order = child.asks(channels=(server.url, "nodefaults")).order
    goes_on(child)


def test_nobody_listens(tmp_path, server):
    url = nobody_listens()
    child = Child(tmp_path / "hers", [url], **QUICK)
    fails(child, url.partition("//")[2])
    child.asks(channels=(server.url, "nodefaults"))
    goes_on(child)


def test_a_certificate_that_signs_itself(tmp_path, folder):
    if shutil.which("openssl", path=PATH) is None:
        pytest.skip("`openssl` is not installed")
    pair = certificate(tmp_path / "tls")
    with Server(folder, pair) as server:
        child = Child(tmp_path / "hers", [server.url], **QUICK)
        text = fails(child, server.host)
        assert "certificate" in text
        assert "ssl_verify" in text
        child.environ["CONDA_SSL_VERIFY"] = str(pair[0])
        goes_on(child)
        shutil.rmtree(child.prefix)
        shutil.rmtree(child.order.cache)
        child.environ["CONDA_SSL_VERIFY"] = "false"
        goes_on(child)


# ------------------------------------------------------------------ this computer's part


@pytest.fixture
def disk(tmp_path):
    """Return a disk of 8 MiB."""
    if os.geteuid() or shutil.which("mount", path=PATH) is None:
        pytest.skip("only root may mount a disk")
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(place)]
    if subprocess.run(command, check=False).returncode:
        pytest.skip("this container may not mount a disk")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.mark.parametrize("room", [0, 40, 300, 800])
@pytest.mark.parametrize("what", ["packages", "environment"])
def test_a_full_disk(tmp_path, disk, server, what, room):
    """``room`` is what is left, in KiB: the packages take 1.2 MiB, so does the environment."""
    asked = ("python", "tool", "big", "many")
    child = Child(tmp_path / "hers", [server.url], asked, ENVBOOT_STALL="2")
    if what == "packages":
        child.asks(cache=str(disk / "packages"))
    else:
        child.asks(prefix=str(disk / "envs" / "made"))
        child.prefix = Path(child.order.prefix)
    ballast = disk / "ballast"
    ballast.write_bytes(b"\0" * (shutil.disk_usage(disk).free - room * 1024))
    fails(child, "full", "no space", "No space", code=(6, 7))
    ballast.unlink()
    goes_on(child)


@pytest.mark.parametrize("what", ["packages", "environment"])
def test_a_disk_that_can_only_be_read(tmp_path, disk, server, what):
    child = Child(tmp_path / "hers", [server.url], **QUICK)
    if what == "packages":
        child.asks(cache=str(disk / "packages"))
    else:
        child.asks(prefix=str(disk / "envs" / "made"))
        child.prefix = Path(child.order.prefix)
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    text = fails(child, "read-only", "cannot be written", "Read-only", code=(6, 7))
    assert str(disk) in text
    subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
    goes_on(child)


@pytest.mark.parametrize("what", ["packages", "environment"])
def test_a_folder_that_others_keep_to_themselves(child, what):
    """The engine is run without root's right to write anywhere."""
    before = ()
    if not os.geteuid():
        before = ("setpriv", "--bounding-set", "-dac_override,-dac_read_search")
        if shutil.which("setpriv", path=PATH) is None:
            pytest.skip("`setpriv` is not installed")
        if subprocess.run([*before, "true"], check=False).returncode:
            pytest.skip("this container may not give up rights")
    place = Path(child.order.cache) if what == "packages" else child.prefix.parent
    place.mkdir()
    place.chmod(0o555)
    text = fails(child, str(place), code=(6, 7), before=before)
    assert "permission" in text.lower() or "cannot be written" in text
    place.chmod(0o755)
    goes_on(child)
