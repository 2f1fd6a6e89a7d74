from __future__ import annotations

import asyncio
import contextlib
import random
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from envboot.engines.rattler.work import causes
from envboot.engines.rattler.work.progress import Reporter
from envboot.engines.rattler.work.telling import Rate, State, line, server
from envboot.engines.rattler.work.watchers import Silent
from envboot.engines.rattler.work.watching import Patience, attempt, installing, patience
from tests import apart
from tests.channel import SUBDIR, File, make_channel, native, stub
from tests.servers import Server, nobody_listens

PATIENT = {"stall": 60, "end": 240, "tries": 4, "pause": 0.01, "every": 0.05}
QUICK = {**PATIENT, "stall": 0.4, "end": 1.6, "silent": 1.6}
"""For what hangs: no more than that may be expected of it, since a busy machine pauses too."""
BIG = 400_000
"""Bytes of the package ``big``, which no packing makes smaller."""


@pytest.fixture
def channel(tmp_path):
    data = random.Random(7).randbytes(BIG)  # noqa: S311 - nothing secret
    big = native("big", "1.0", {"share/big.bin": File(data)})
    small = native("small", "2.0", {"share/small.txt": File(b"small\n")}, ["big"])
    make_channel(tmp_path / "channel", None, more=[big, small, stub("other")])
    with Server(tmp_path / "channel") as served:
        yield served


async def _install(folder, url, waits, names=("small", "other"), lists=None):
    """Install from ``url``; return the lines, and the error if there was one."""
    from rattler import Client, Gateway, MatchSpec, install, solve

    lines = []
    room = Path(folder)
    client = Client.default_client(max_retries=0)
    waits = Patience(**waits)
    out = {"lines": lines, "error": "", "kind": ""}
    try:
        gateway = Gateway(cache_dir=room / "lists", client=client)
        specs = [MatchSpec(name) for name in names]
        records = await attempt(
            lambda: solve([url], specs, gateway=gateway, virtual_packages=[]),
            "solving",
            [url],
            lines.append,
            Patience(**(lists or PATIENT)),
        )
        await installing(
            lambda reporter: install(
                records,
                room / "env",
                cache_dir=room / "packages",
                client=client,
                reporter=reporter,
            ),
            records,
            lines.append,
            waits,
        )
    except Exception as error:  # noqa: BLE001 - told in the parent
        out.update(error=str(error), kind=causes.of(error).name)
    out["files"] = sorted(p.name for p in (room / "env").glob("share/*"))
    out["names"] = sorted(p.name.split("-")[0] for p in (room / "env").glob("conda-meta/*.json"))
    return out


@apart.needs_rattler
def test_an_installation_is_told_in_packages_and_bytes(tmp_path, channel):
    channel.fault("slow", "*big-1.0*", pause=0.02, drip=40_000)
    out = apart.run(_install, str(tmp_path), channel.url, PATIENT)
    assert out["error"] == ""
    assert out["files"] == ["big.bin", "small.txt"]
    assert out["lines"][0] == "solving"
    last = out["lines"][-1]
    assert last.startswith("3 of 3 packages, ")
    got, size = last.split(", ")[1].split(" kB")[0].split(" of ")
    assert got == size, "at the end all has come"
    assert float(size) * 1000 > BIG
    assert any("slowest: big (" in said and " kB)" in said for said in out["lines"])
    assert any("/s" in said for said in out["lines"]), "a rate while it comes"


@apart.needs_rattler
def test_what_lies_in_the_cache_is_not_counted_among_the_bytes(tmp_path, channel):
    apart.run(_install, str(tmp_path), channel.url, PATIENT, ["big"])
    out = apart.run(_install, str(tmp_path), channel.url, PATIENT)
    assert out["names"] == ["big", "other", "small"]
    assert out["lines"][-1].startswith("2 of 2 packages, ")
    packages = (channel.folder / SUBDIR).glob("small-*"), (channel.folder / "noarch").glob("oth*")
    size = sum(path.stat().st_size for found in packages for path in found)
    assert out["lines"][-1].endswith(f" of {size} B")
    out = apart.run(_install, str(tmp_path), channel.url, PATIENT)
    assert out["error"] == ""
    assert out["lines"] == ["solving"], "there is nothing left to do, and nothing is said"


@apart.needs_rattler
def test_a_channel_on_this_disk_has_packages_and_no_bytes(tmp_path, channel):
    out = apart.run(_install, str(tmp_path), channel.folder.as_uri(), PATIENT)
    assert out["lines"][-1] == "3 of 3 packages"
    assert not any("B" in said for said in out["lines"])


@apart.needs_rattler
def test_a_download_that_hangs_is_named_ended_and_begun_again(tmp_path, channel):
    channel.fault("hanging", "*big-1.0*", times=2)
    out = apart.run(_install, str(tmp_path), channel.url, {**QUICK, "tries": 9})
    assert out["error"] == ""
    assert out["names"] == ["big", "other", "small"]
    assert (tmp_path / "env/share/big.bin").stat().st_size == BIG
    wanted = f"no progress for 0.4 s: waiting for {channel.host} (big-1.0-h0_0.tar.bz2)"
    assert out["lines"].count(wanted) >= 2
    tries = [said[-14:] for said in out["lines"] if "trying again" in said]
    assert tries[:2] == ["s (try 2 of 9)", "s (try 3 of 9)"]
    assert len([p for p in channel.paths() if "big-1.0" in p]) >= 3


@apart.needs_rattler
def test_a_server_that_never_answers_is_named_in_the_error(tmp_path, channel):
    channel.fault("silent", "*.tar.bz2")
    out = apart.run(_install, str(tmp_path), channel.url, {**QUICK, "tries": 2})
    assert out["kind"] == "late"
    assert out["error"].startswith(f"no byte came for 1.6 s: waiting for {channel.host} (")
    assert out["names"] == []


@apart.needs_rattler
def test_lists_that_never_come_are_named_too(tmp_path, channel):
    channel.fault("silent")
    lists = {**QUICK, "tries": 2}
    out = apart.run(_install, str(tmp_path), channel.url, QUICK, ["small"], lists)
    assert out["error"] == f"no answer for 1.6 s: waiting for {channel.host}"
    assert out["lines"].count(f"no progress for 0.4 s: waiting for {channel.host}") == 2


async def _install_each(folder, url, kinds, waits):
    """Install from the channels that are called as ``kinds``, at the same time."""
    rooms = [str(Path(folder) / kind) for kind in kinds]
    todo = [_install(room, f"{url}/{kind}", waits) for room, kind in zip(rooms, kinds)]
    return dict(zip(kinds, await asyncio.gather(*todo)))


def _ill(channel, *kinds, times=None):
    """Let a channel fail in each of ``kinds``, below the name of the kind."""
    for kind in kinds:
        (channel.folder / kind).symlink_to(channel.folder, target_is_directory=True)
        channel.fault(kind, f"/{kind}/*big-1.0*", times=times)


@apart.needs_rattler
def test_what_passes_is_tried_again(tmp_path, channel):
    kinds = ["500", "503", "reset", "truncated"]
    _ill(channel, *kinds, times=2)
    _ill(channel, "corrupt", times=1)  # fetched anew once, and no oftener
    waits = {**PATIENT, "tries": 9}
    found = apart.run(_install_each, str(tmp_path), channel.url, [*kinds, "corrupt"], waits)
    for kind, out in found.items():
        assert out["error"] == "", kind
        assert out["names"] == ["big", "other", "small"]
        assert (tmp_path / kind / "env/share/big.bin").stat().st_size == BIG


@apart.needs_rattler
def test_what_no_retry_mends_is_asked_once(tmp_path, channel):
    kinds = ["401", "403", "404"]
    _ill(channel, *kinds)
    found = apart.run(_install_each, str(tmp_path), channel.url, kinds, PATIENT)
    assert [found[kind]["kind"] for kind in kinds] == ["login", "refused", "absent"]
    said = [said for out in found.values() for said in out["lines"]]
    assert not any("trying again" in line for line in said)


@apart.needs_rattler
def test_another_package_in_its_place_is_refused_after_one_clean_retry(tmp_path, channel):
    wrong = channel.folder / SUBDIR / "big-1.0-h0_0.tar.bz2"
    wrong.write_bytes((channel.folder / SUBDIR / "small-2.0-h0_0.tar.bz2").read_bytes())
    out = apart.run(_install, str(tmp_path), channel.url, PATIENT)
    assert out["kind"] == "hash"
    assert len([said for said in out["lines"] if "trying again" in said]) == 1
    assert "big" not in out["names"]


@apart.needs_rattler
def test_a_new_try_does_not_meet_the_threads_of_the_last_one(tmp_path, channel):
    many = {f"share/many/{n}.txt": File(b"%d\n" % n) for n in range(3000)}
    big = native("big", "1.0", {"share/big.bin": File(b"b" * 1000)})
    make_channel(channel.folder, None, more=[big, native("many", "1.0", many)])
    channel.fault("500", "*big-1.0*", times=2)
    waits = {**PATIENT, "tries": 9}
    out = apart.run(_install, str(tmp_path), channel.url, waits, ["many", "big"])
    assert out["error"] == ""
    assert len([*(tmp_path / "env/share/many").iterdir()]) == 3000


@apart.needs_rattler
def test_nobody_listens(tmp_path):
    out = apart.run(_install, str(tmp_path), nobody_listens(), PATIENT)
    assert out["kind"] == "down"
    assert len([said for said in out["lines"] if "trying again" in said]) == 3


# ---------------------------------------------------------------------------- without py-rattler


def _records(**sizes):
    return [
        SimpleNamespace(
            name=SimpleNamespace(normalized=name),
            size=size,
            url=f"https://user:pw@conda.anaconda.org/t/tk-12345678-x/conda-forge/linux-64/{name}.conda",
        )
        for name, size in sizes.items()
    ]


def test_a_reporter_counts_what_it_is_told():
    reporter = Reporter(_records(mkl=120_000_000, numpy=90_000_000, python=30_000_000))
    assert reporter.state() == State()
    reporter.on_transaction_start(3)
    tokens = {n: reporter.on_populate_cache_start(0, n) for n in ("mkl", "numpy", "python")}
    reporter.on_populate_cache_complete(tokens["python"])  # it is there
    for name in ("mkl", "numpy"):
        reporter.on_download_progress(reporter.on_download_start(tokens[name]), 3_000_000, None)
    reporter.on_download_progress(tokens["numpy"], 31_100_000, 90_000_000)
    assert line(reporter.state(), 8_100_000) == (
        "0 of 3 packages, 34.1 of 210 MB, 8.1 MB/s, slowest: mkl (3 of 120 MB)"
    )
    reporter.on_download_completed(tokens["mkl"])
    assert reporter.state().slowest == "numpy"
    reporter.on_link_complete(reporter.on_link_start(0, "python"))
    reporter.on_transaction_operation_complete(0)
    assert reporter.state().done == 1


def test_a_reporter_keeps_what_goes_wrong_in_it_and_what_scripts_failed():
    reporter = Reporter(_records(a=1))
    assert reporter.on_download_start(99) == 0
    assert isinstance(reporter.error, IndexError)
    reporter.on_post_link_complete(reporter.on_post_link_start("a", "bin/.a-post-link.sh"), False)
    reporter.on_pre_unlink_complete(reporter.on_pre_unlink_start("b", "bin/.b.sh"), True)
    assert reporter.failed_scripts == ("a",)


def test_an_error_in_a_reporter_reaches_the_main_thread():
    async def work(reporter):
        await asyncio.to_thread(reporter.on_download_progress, 7, 1, None)

    with pytest.raises(IndexError):
        asyncio.run(installing(work, (), lambda _: None, Patience(**QUICK)))


def test_a_server_is_named_without_a_login_or_a_token():
    url = _records(a=1)[0].url
    assert server(url) == "conda.anaconda.org"
    assert server("http://127.0.0.1:8000/x") == "127.0.0.1:8000"
    assert server("file:///srv/channel") == "/srv/channel"
    assert server("http://[::1") == "a server"


def test_linking_for_long_is_no_stall_of_a_server():
    async def work(reporter):
        reporter.on_transaction_start(1)
        reporter.on_link_start(0, "a")
        await asyncio.sleep(1.9)  # past the end of the patience
        return "done"

    lines = []
    waits = Patience(**QUICK)
    assert asyncio.run(installing(work, _records(a=1), lines.append, waits)) == "done"
    assert "no progress for 0.4 s: still at work on a" in lines


def test_a_wait_for_another_program_is_said_and_goes_on():
    async def work(_reporter):
        await asyncio.sleep(1.9)

    lines = []
    asyncio.run(installing(work, (), lines.append, Patience(**QUICK)))
    assert lines == [
        "no progress for 0.4 s: waiting for the package cache, which another program may be using"
    ]


def test_lines_are_said_only_when_something_changes():
    async def work(reporter):
        reporter.on_transaction_start(2)
        await asyncio.sleep(0.15)
        reporter.on_transaction_operation_complete(0)
        reporter.on_transaction_operation_complete(1)

    lines = []
    asyncio.run(installing(work, _records(a=1, b=1), lines.append, Patience(tries=1, every=0.01)))
    assert lines == ["0 of 2 packages", "2 of 2 packages"]


def test_work_that_asks_no_server_is_never_given_up():
    async def solve():
        await asyncio.sleep(0.5)
        return 3

    lines = []
    waits = Patience(0.05, 0.1, 0.1, 1, 0.01, 0.02)
    assert asyncio.run(attempt(solve, "solving", (), lines.append, waits)) == 3
    assert lines == ["solving"]


def test_a_process_that_computes_waits_for_nobody():
    said = []
    waits = Patience(stall=0.3, silent=0.6)
    watcher = Silent("solving", ["https://example.org/channel"], said.append, waits)
    begun = time.monotonic()
    for step in range(1, 6):  # a fifth of a second each, half of it spent computing
        until = time.process_time() + 0.1
        while time.process_time() < until:
            sum(range(10_000))
        watcher.look(begun + 0.2 * step)
    assert said == []
    watcher.look(begun + 1.4)
    assert said == ["no progress for 0.3 s: waiting for example.org"]
    with pytest.raises(TimeoutError, match=r"no answer for 0\.6 s: waiting for example\.org"):
        watcher.look(begun + 1.7)


def test_a_try_that_is_given_up_is_cancelled():
    async def hang():
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(60)
            return
        ended.append(1)
        raise asyncio.CancelledError

    ended = []
    with pytest.raises(TimeoutError, match=r"waiting for example\.org"):
        asyncio.run(
            attempt(
                hang,
                "x",
                ["https://example.org/y"],
                [].append,
                Patience(0.05, 0.1, 0.1, 2, 0, 0.02),
            )
        )
    assert ended == [1, 1]


def test_interruption_cancels_the_work():
    async def both():
        task = asyncio.ensure_future(attempt(hang, "x", (), [].append, Patience()))
        await started.wait()
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    async def hang():
        started.set()
        try:
            await asyncio.sleep(60)
        finally:
            ended.append(1)

    ended = []
    started = asyncio.Event()
    asyncio.run(both())
    assert ended == [1]


@pytest.mark.parametrize(
    ("text", "stall"),
    [("", 30), ("5", 5), ("0.5", 0.5), ("0", 30), ("-1", 30), ("nan", 30), ("inf", 30), ("x", 30)],
)
def test_a_variable_says_how_long_a_stall_may_last(text, stall):
    waits = patience({"ENVBOOT_STALL": text} if text else {})
    assert waits.stall == stall
    assert waits.end == 4 * stall


@pytest.mark.parametrize(
    ("state", "rate", "text"),
    [
        (State(), 0, "0 of 0 packages"),
        (State(1, 2), 0, "1 of 2 packages"),
        (State(1, 2, 999, 999), 0, "1 of 2 packages, 999 of 999 B"),
        (State(1, 2, 5, 1_500_000_000), 0, "1 of 2 packages, 0 of 1.5 GB"),
        (State(0, 2, 1, 9_000, "a", 1, 9_000, ("u",)), 1500,
         "0 of 2 packages, 0 of 9 kB, 1.5 kB/s, slowest: a (0 of 9 kB)"),
        (State(0, 1, 50, 0, "a", 50, 0, ("u",)), 0, "0 of 1 packages, slowest: a (50 B)"),
    ],
)  # fmt: skip
def test_a_state_is_a_line(state, rate, text):
    assert line(state, rate) == text


def test_a_rate_is_that_of_the_last_seconds():
    rate = Rate()
    assert rate.of(0, 0) == 0
    assert [rate.of(second, second * 100) for second in range(1, 9)] == [100] * 8
    for second in range(9, 20):
        last = rate.of(second, 800)
    assert last == 0
    assert rate.of(20, 10) == 0, "a retry began again"


class InstallerError(Exception):
    """Called as py-rattler's own."""


class SolverError(Exception):
    """Called as py-rattler's own."""


def _error(text):
    return InstallerError(text.replace(" / ", "\n  Caused by: "))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("failed to fetch async-timeout-4.conda / No space left on device (os error 28)", "full"),
        ("failed to fetch async-timeout-4.conda / something new", ""),
        ("failed to link / failed to create `/x/timed out`: Permission denied (os error 13)",
         "denied"),
        (("x / error sending request for url (https://h/timeout) / Read-only file system"
         " (os error 30)"), "read-only"),
        ("x / client error (Connect) / dns error / failed to lookup address information", "name"),
        ("x / client error (Connect) / invalid peer certificate: UnknownIssuer", "tls"),
        ("x / operation timed out", "late"),
        (("failed to fetch a / failed to rename temp directory '/p/.a' to '/p/a': Directory not"
         " empty (os error 39)"), "met"),
    ],
)  # fmt: skip
def test_a_cause_is_read_off_the_words(text, name):
    assert causes.of(_error(text)).name == name


def test_a_solver_that_speaks_of_time_outs_is_not_asked_again():
    error = SolverError("No candidates were found for async-timeout >=4, timed out, os error 104")
    assert causes.of(error).name == ""
    assert not causes.of(error).passing


def test_a_cause_keeps_no_secret():
    url = "https://user:secret-pw@host/t/tk-12345678-abcdef/x/noarch/repodata.json"
    found = causes.of(_error(f"HTTP status client error (401 Unauthorized) for url ({url})"))
    assert found.name == "login"
    for text in (found.text, found.url, found.short):
        assert "secret-pw" not in text
        assert "tk-12345678-abcdef" not in text
