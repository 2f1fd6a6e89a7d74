"""What the child solves: channels and priorities as conda means them, dates, platforms."""

from __future__ import annotations

import http.server
import json
import shutil
import threading
from functools import partial
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from envboot.engines.rattler.order import Aim
from tests import condas
from tests.apart import needs_rattler
from tests.channel import SUBDIR, make_channel, stub
from tests.servers import Server, certificate

pytestmark = needs_rattler
TOKEN = "tk-0123456789-abcdef"  # noqa: S105 - of nobody
OLD, NEW = 1_699_574_400_000, 1_700_438_400_000  # the 10th and the 20th of November 2023


@pytest.fixture(scope="module")
def channels(tmp_path_factory):
    """Two channels: the second has a newer ``both``, and ``only``."""
    folder = tmp_path_factory.mktemp("channels")
    first = [
        stub("both", "1.0", timestamp=OLD),
        stub("dated", "1.0", timestamp=OLD),
        stub("dated", "2.0", timestamp=NEW),
        stub("undated", "0.1", timestamp=None),
        stub("both-user", needs=["both"]),
        stub("gpu", "1.0", build="cpu_0"),
        stub("gpu", "1.0", ["__cuda >=12"], build="cuda_1", build_number=1),
        stub("needs-cuda", needs=["__cuda >=12"]),
        stub("here-only", subdir=SUBDIR),
        stub("here-only", "2.0", subdir="osx-arm64"),
        stub("python", "3.12.1"),
        stub("pip", "26.0"),
    ]
    second = [stub("both", "2.0"), stub("only", "1.0")]
    return (
        make_channel(folder / "first", None, more=first),
        make_channel(folder / "second", None, more=second),
    )


@pytest.fixture
def place(tmp_path, channels):
    return condas.workplace(tmp_path / "person", channels[0])


@pytest.fixture
def settings(place):
    """Write the person's .condarc."""
    return (place.folder / "home" / ".condarc").write_text


def versions(done):
    assert done.code == 0, done.said
    return {name: r["version"] for name, r in condas.records(done).items()}


def test_python_brings_pip(place):
    assert versions(place.solve("python")) == {"python": "3.12.1", "pip": "26.0"}


def test_a_record_is_one_of_repodata(place, channels):
    record = condas.records(place.solve("dated"))["dated"]
    assert record["url"] == f"{channels[0]}/noarch/dated-2.0-0.tar.bz2"
    assert record["channel"].rstrip("/") == channels[0]
    assert (record["version"], record["build"], record["subdir"]) == ("2.0", "0", "noarch")
    assert len(record["sha256"]) == 64


@pytest.mark.parametrize(
    ("priority", "version"),
    [("", "1.0"), ("flexible", "1.0"), ("strict", "1.0"), ("disabled", "2.0")],
)
def test_channels_have_the_priority_of_the_settings(place, channels, settings, priority, version):
    settings(f"channel_priority: {priority}\n" if priority else "")
    order = (*channels, "nodefaults")
    assert versions(place.solve("both", channels=order))["both"] == version


def test_flexible_goes_on_where_strict_stops(place, channels):
    order = (*channels, "nodefaults")
    assert versions(place.solve("both>=2", channels=order)) == {"both": "2.0"}


def test_channels_of_the_settings_come_last_and_not_with_nodefaults(place, channels, settings):
    settings(f"channels: [{channels[1]}]\n")
    assert versions(place.solve("only", channels=(channels[0],))) == {"only": "1.0"}
    assert versions(place.solve("both", channels=(channels[0],))) == {"both": "1.0"}


def test_a_channel_of_a_single_spec_is_asked_for_it(place, channels):
    found = place.solve(f"{channels[1]}::only", "both")
    assert versions(found) == {"only": "1.0", "both": "1.0"}


def test_a_channel_of_a_spec_is_called_as_in_the_settings(place, channels, settings):
    alias = channels[0].rpartition("/")[0]
    settings(f"channel_alias: {alias}\n")
    found = place.solve("second::both", "both-user", channels=("first", "second", "nodefaults"))
    assert versions(found)["both"] == "2.0"


def test_many_channels_under_one_name_are_asked_together(place, channels, settings):
    settings(json.dumps({"default_channels": list(channels)}))
    found = place.solve("defaults::only", "defaults::both", channels=("defaults",))
    # One name is one priority: the newest counts, whichever of its channels has it.
    assert versions(found) == {"only": "1.0", "both": "2.0"}


@pytest.mark.parametrize(
    ("as_of", "version"),
    [
        ("", "2.0"),
        ("2023-11-20T00:00:00Z", "2.0"),
        ("2023-11-19T23:59:59Z", "1.0"),
        ("2023-11-20T01:30:00+02:00", "1.0"),
        ("2023-11-15", "1.0"),
    ],
)
def test_a_date_hides_what_is_newer_in_any_zone(place, as_of, version):
    assert versions(place.solve("dated", as_of=as_of)) == {"dated": version}


def test_a_package_without_a_date_is_older_than_any(place):
    assert versions(place.solve("undated", as_of="2001-01-02")) == {"undated": "0.1"}


def test_a_date_that_is_none_is_said(place):
    done = place.solve("dated", as_of="yesterday")
    assert done.code == 2
    assert "`yesterday` is no date" in done.said


def test_each_aim_has_its_own_packages(place):
    aims = (
        Aim(SUBDIR, ("__cuda=12.4=0",), "cuda124"),
        Aim(SUBDIR, (), "cpu"),
        Aim("osx-arm64", ("__osx=14.0=0",)),
    )
    done = place.solve("gpu", "here-only", aims=aims)
    assert done.code == 0, done.said
    assert [s.aim for s in done.answer.solved] == ["cuda124", "cpu", "osx-arm64"]
    builds = [condas.records(done, n)["gpu"]["build"] for n in range(3)]
    assert builds == ["cuda_1", "cpu_0", "cpu_0"]
    assert [condas.records(done, n)["here-only"]["version"] for n in range(3)] == [
        "1.0",
        "1.0",
        "2.0",
    ]


def test_an_aim_that_fails_leaves_the_others(place):
    aims = (Aim(SUBDIR, (), "cpu"), Aim(SUBDIR, ("__cuda=12.4=0",), "cuda"))
    done = place.solve("needs-cuda", aims=aims)
    cpu, cuda = done.answer.solved
    assert cpu.findings
    assert not cpu.packages
    assert [p["name"] for p in cuda.packages] == ["needs-cuda"]


def test_a_virtual_package_that_is_none_is_said(place):
    done = place.solve("gpu", aims=(Aim(SUBDIR, ("not a name=",)),))
    assert done.code == 2
    assert "no virtual package" in done.said


@pytest.mark.parametrize(
    ("override", "build"), [("12.4", "cuda_1"), ("11.8", "cpu_0"), ("", "cpu_0")]
)
def test_an_override_of_conda_counts_on_this_computer(place, override, build):
    order = place.order("none", "gpu", task="solve", prefix="")
    done = place.does(order, CONDA_OVERRIDE_CUDA=override)
    assert condas.records(done)["gpu"]["build"] == build


def test_a_solver_that_takes_too_long_is_ended_with_what_to_do(place):
    order = place.order("env", "both-user", "python")
    done = place.does(order, ENVBOOT_SOLVE_LIMIT="0.000001")
    assert done.code == 7
    assert "within 1e-06 seconds" in done.said
    assert "pin `python`" in done.said
    assert not done.prefix.exists()


@pytest.mark.parametrize(("subdir", "version"), [("", "1.0"), ("osx-arm64", "2.0")])
def test_this_computer_is_what_conda_takes_it_for(place, subdir, version):
    order = place.order("none", "here-only", task="solve", prefix="")
    done = place.does(order, CONDA_SUBDIR=subdir)
    assert versions(done) == {"here-only": version}


def test_a_platform_that_is_none_is_said(place):
    order = place.order("none", "here-only", task="solve", prefix="")
    done = place.does(order, CONDA_SUBDIR="amiga")
    assert done.code == 2
    assert "`amiga`" in done.said


def test_an_unknown_task_is_said(place):
    done = place.solve("gpu", task="dance")
    assert done.code == 4
    assert "dance" in done.said


# ------------------------------------------------------------------- tokens and the network


class _Private(http.server.SimpleHTTPRequestHandler):
    """A channel behind a token: other addresses are not found."""

    asked: list[str]
    head = f"/t/{TOKEN}"

    def do_GET(self):
        type(self).asked.append(self.path)
        if not self.path.startswith(self.head):
            self.send_error(404)
            return
        self.path = self.path[len(self.head) :]
        super().do_GET()

    do_HEAD = do_GET  # noqa: N815 - the library's name

    def log_message(self, *_words):
        pass


@pytest.fixture
def private(channels):
    """The address of a server whose channels want a token, and what it was asked."""
    yield from _serving(channels, _Private.head)


@pytest.fixture
def public(channels):
    """The address of a server whose channels are for everybody, and what it was asked."""
    yield from _serving(channels, "")


def _serving(channels, head):
    folder = Path(unquote(urlsplit(channels[0]).path)).parent
    handler = type("Handler", (_Private,), {"asked": [], "head": head})
    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), partial(handler, directory=str(folder))
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", handler.asked
    server.shutdown()
    server.server_close()


def test_a_token_is_used_and_stands_nowhere(place, settings, private):
    address, asked = private
    settings(f"channel_alias: {address}/t/{TOKEN}\n")
    solved = place.solve("dated", channels=("first", "nodefaults"))
    assert versions(solved) == {"dated": "2.0"}
    done = place.create("env", "dated", "first::both", channels=("first", "nodefaults"))
    assert done.code == 0, done.said
    assert any(path.endswith("dated-2.0-0.tar.bz2") for path in asked)
    assert done.record("dated")["url"] == f"{address}/first/noarch/dated-2.0-0.tar.bz2"
    assert done.record("dated")["channel"] == f"{address}/first/noarch"
    for text in (solved.said, done.said, solved.answer.text()):
        assert TOKEN not in text
    for path in place.folder.rglob("*"):
        if path.is_file() and path.name != ".condarc":
            assert TOKEN.encode() not in path.read_bytes(), path
    assert not list(place.folder.rglob("*.lists"))
    assert "+first/noarch::dated-2.0-0\n" in (done.prefix / "conda-meta/history").read_text()


def test_offline_takes_what_is_there_and_asks_nobody(place, settings, public):
    address, asked = public
    channel = f"{address}/first"
    assert place.create("env", "dated", channels=(channel, "nodefaults")).code == 0
    asked.clear()
    again = place.create("again", "dated", channels=(channel, "nodefaults"), offline=True)
    assert again.code == 0, again.said
    absent = place.create("third", "both", channels=(channel, "nodefaults"), offline=True)
    assert absent.code != 0
    assert "both-1.0-0.tar.bz2" in absent.said
    assert "offline" in absent.said
    assert not (absent.prefix / "conda-meta").exists()
    settings("offline: true\n")
    assert place.create("fourth", "dated", channels=(channel, "nodefaults")).code == 0
    assert asked == []


def test_a_proxy_of_the_settings_is_used(place, settings, private):
    address, asked = private
    settings(f"proxy_servers:\n  http: {address}\n")
    done = place.solve("dated", channels=("http://nowhere.invalid/first", "nodefaults"))
    assert not done.answer.solved[0].packages
    assert "no channel" in done.answer.solved[0].findings[0].text, "the proxy has none"
    assert any(path.startswith("http://nowhere.invalid/first/") for path in asked)


# -------------------------------------------------------------------------- certificates


@pytest.fixture(scope="module")
def secure(tmp_path_factory, channels):
    """A server whose certificate nobody has signed but itself, and the certificate's file."""
    pair = certificate(tmp_path_factory.mktemp("tls"))
    folder = Path(unquote(urlsplit(channels[0]).path))
    with Server(folder, pair) as server:
        yield server.url, str(pair[0])


@pytest.mark.skipif(not shutil.which("openssl"), reason="`openssl` is not installed")
@pytest.mark.parametrize(
    ("text", "variable", "works"),
    [
        ("", "", False),
        ("ssl_verify: false\n", "", True),
        ("ssl_verify: CERT\n", "", True),
        ("ssl_verify: truststore\n", "SSL_CERT_FILE", True),
        ("", "SSL_CERT_FILE", True),
        ("", "REQUESTS_CA_BUNDLE", True),
    ],
)
def test_certificates_are_those_of_the_settings(place, settings, secure, text, variable, works):
    address, cert = secure
    settings(text.replace("CERT", cert))
    order = place.order("none", "dated", task="solve", prefix="", channels=(address, "nodefaults"))
    done = place.does(order, **({variable: cert} if variable else {}))
    assert (done.code == 0) == works, done.said
    assert works or "certificate" in done.said


@pytest.mark.parametrize("text", ["ssl_verify: /no/such/file\n", "client_ssl_cert: /my.pem\n"])
def test_certificates_that_cannot_be_used_are_said(place, settings, text):
    settings(text)
    done = place.solve("dated")
    assert done.code == 6
    assert "conda's settings" in done.said
