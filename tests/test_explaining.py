from __future__ import annotations

import os
import random
import re
import subprocess
import sys
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envboot.engines.rattler.order import Aim, Answer, Asked, Finding, Order
from envboot.engines.rattler.work.explaining import of_exception, pip_lines, tree
from envboot.errors import FallsShort
from tests import apart
from tests.channel import make_channel, stub
from tests.servers import Server

PYTHONS = ("2.7", "3.5", "3.7", "3.9", "3.10", "3.11", "3.12", "3.13", "3.14")
YEAR = 365 * 86_400_000
"""Milliseconds."""


def _made(year):
    return (year - 1970) * YEAR


def _above(version):
    major, _, minor = version.partition(".")
    return f"{major}.{int(minor) + 1}.0a0"


def _for_pythons(name, version, pythons, year, needs=(), subdir="linux-64"):
    return [
        stub(
            name,
            version,
            [f"python >={p},<{_above(p)}", *needs],
            subdir=subdir,
            build=f"py{p.replace('.', '')}_0",
            timestamp=_made(year),
        )
        for p in pythons
    ]


def _forge():
    """Return packages as conda-forge has them, a few of each."""
    out = [
        stub("pip", "25.0", timestamp=_made(2010)),
        stub("cuda-version", "12.4", constrains=["__cuda >=12"]),
    ]
    out += [
        stub("python", f"{p}.1", subdir="linux-64", timestamp=_made(2015 + at))
        for at, p in enumerate(PYTHONS)
    ]
    out += _for_pythons("numpy", "1.9.3", ("2.7", "3.5"), 2016)
    out += _for_pythons("numpy", "1.21.6", ("3.7", "3.9", "3.10"), 2022)
    out += _for_pythons("numpy", "1.26.4", ("3.9", "3.10", "3.11", "3.12"), 2024)
    out += _for_pythons("numpy", "2.3.1", ("3.11", "3.12", "3.13"), 2025)
    for version, year in (("1.13.1", 2022), ("2.5.1", 2024), ("2.8.0", 2025)):
        pythons = (
            ("3.7", "3.9", "3.10") if year == 2022 else ("3.9", "3.10", "3.11", "3.12", "3.13")
        )
        out += _for_pythons("pytorch", version, pythons, year, ["numpy >=1.19"])
    out += [
        stub("pytorch-gpu", "2.8.0", ["pytorch 2.8.*", "cudart"], subdir="linux-64"),
        stub("cudart", "12.4", ["__cuda >=12"], subdir="linux-64"),
        stub("newlib", "2.0", ["__glibc >=2.90,<3.0.a0"], subdir="linux-64"),
        stub("newlib", "1.0", subdir="linux-64"),
        stub("py-opencv", "4.9"),
        stub("scikit-learn", "1.5"),
        stub("ruamel.yaml", "0.18"),
        stub("winonly", "1.0", subdir="win-64"),
        stub("onlymac", "3.11", subdir="osx-arm64"),
        stub("needsmac", "1.0", depends=["onlymac"]),
        stub("half", "1.0", subdir="linux-64"),
        stub("half", "2.0", subdir="osx-arm64"),
        stub("broken", "1.0", ["nothere >=2"]),
        stub("six", "1.16", build="py_0"),
        stub("tool", "1.0", ["python >=3.11"], timestamp=_made(2010)),
    ]
    return out


@pytest.fixture(scope="module")
def servers(tmp_path_factory):
    """Serve conda-forge and a channel without packages."""
    root = tmp_path_factory.mktemp("servers")
    make_channel(root / "conda-forge", None, more=_forge())
    make_channel(root / "empty", None)
    with Server(root) as served:
        yield served


class _Pages(BaseHTTPRequestHandler):
    """A package index with three packages; ``/locked/`` wants a password, ``/ill/`` is ill."""

    def do_GET(self):
        _, index, package, *_ = self.path.split("/")
        self.server.asked.append((package, self.headers.get("Authorization", "")))
        status = 200 if package in {"six", "numpy", "requests"} else 404
        if index == "locked" and not self.headers.get("Authorization"):
            status = 401
        self.send_response(500 if index == "ill" else status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_about):
        pass


@pytest.fixture
def pypi():
    served = ThreadingHTTPServer(("127.0.0.1", 0), _Pages)
    served.asked = []
    served.url = f"http://127.0.0.1:{served.server_port}/simple"
    threading.Thread(target=served.serve_forever, args=(0.02,), daemon=True).start()
    yield served
    served.shutdown()
    served.server_close()


def _order(*asked, channels=("conda-forge",), pip=(), **more):
    lines = [Asked(text, f"environment.yml:{at}") for at, text in enumerate(asked, 4)]
    below = [Asked(text, f"environment.yml:{at}") for at, text in enumerate(pip, 5 + len(lines))]
    return Order("explain", tuple(lines), tuple(channels), pip=tuple(below), **more)


async def _explain(folder, jobs, forge):
    from rattler import Client, Gateway

    from envboot.engines.rattler.work import explaining
    from envboot.index import Index as PipIndex

    gateway = Gateway(cache_dir=Path(folder), client=Client.default_client(max_retries=0))
    out = []
    for order, aim, urls, index in jobs:
        found = await explaining.findings(
            Order.read(order),
            Aim(*aim),
            gateway,
            urls,
            index=PipIndex(url=index) if index else None,
            forge=forge,
        )
        out.append([[f.text, f.hint, f.at, f.spec, f.nearest] for f in found])
    return out


MACHINE = ("__unix=0=0", "__linux=6.1=0", "__glibc=2.36=0", "__archspec=1=x86_64_v3")


def explain(servers, folder, *orders, virtual=MACHINE, pip=("",), urls=(), env=None):
    """Return the findings of each order, and of each index for pip where there are several."""
    jobs = []
    for order in orders:
        own = urls or [c if "://" in c else f"{servers.url}/{c}" for c in order.channels]
        jobs += [[order.text(), ["linux-64", virtual, "box"], own, index] for index in pip]
    forge = f"{servers.url}/conda-forge"
    found = apart.run(_explain, str(folder / "lists"), jobs, forge, env=env)
    return [[Finding(*row) for row in rows] for rows in found]


def lines(found):
    """Return findings as they are printed."""
    return [f"{f.at}: {f.text} ({f.hint})" if f.hint else f"{f.at}: {f.text}" for f in found]


@apart.needs_rattler
def test_the_mistakes_of_one_file_are_one_line_each(servers, pypi, tmp_path):
    order = _order("numpy=1.9.*", "pyTorch=2.8", "python=3.7", channels=["python"], pip=["jtest"])
    (found,) = explain(servers, tmp_path, order, pip=[pypi.url])
    assert lines(found) == [
        "environment.yml: there is no channel `python` (write `conda-forge`)",
        (
            "environment.yml:4: `numpy=1.9.*` does not go with `pyTorch=2.8` on line 5 (the "
            "nearest that can be: `numpy=1.21.*`; 1.21 to 1.26 would do)"
        ),
        "environment.yml:5: `pyTorch` is called `pytorch` (write `pytorch=2.8`)",
        (
            "environment.yml:6: `python=3.7` does not go with `pyTorch=2.8` on line 5 (the nearest "
            "that can be: `python=3.9`; 3.9 to 3.13 would do)"
        ),
        "environment.yml:8: the Python package index has no `jtest` (did you mean `pytest`?)",
    ]
    mended = [f.nearest for f in found]
    assert mended == ["conda-forge", "numpy=1.21.*", "pytorch=2.8", "python=3.9", "pytest"]
    again = _order(*dict.fromkeys(mended[1:4]), pip=["requests"])
    assert explain(servers, tmp_path, again, pip=[pypi.url]) == [[]], (
        "all the nearest together can be had"
    )


@apart.needs_rattler
def test_the_child_prints_them_and_ends_with_4(servers, pypi, tmp_path):
    (tmp_path / "home").mkdir()
    (tmp_path / "home/.condarc").write_text(f"channel_alias: {servers.url}\nchannels: []\n")
    order = replace(
        _order("nunpy", "pyTorch=2.8", "python=3.7", channels=["python"], pip=["jtest"]),
        task="create",
        prefix=str(tmp_path / "env"),
        answer=str(tmp_path / "answer.json"),
        cache=str(tmp_path / "cache"),
    )
    (tmp_path / "order.json").write_text(order.text())
    done = subprocess.run(
        [sys.executable, "-m", "envboot.engines.rattler", str(tmp_path / "order.json")],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={
            "HOME": str(tmp_path / "home"),
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(apart.ROOT),
            "PIP_INDEX_URL": pypi.url,
        },
    )
    assert done.returncode == 4, done.stderr
    assert done.stdout.splitlines() == [
        "solving",
        "environment.yml: there is no channel `python` (write `conda-forge`)",
        "environment.yml:4: there is no package `nunpy` (did you mean `numpy`?)",
        "environment.yml:5: `pyTorch` is called `pytorch` (write `pytorch=2.8`)",
        (
            "environment.yml:6: `python=3.7` does not go with `pyTorch=2.8` on line 5 (the nearest "
            "that can be: `python=3.9`; 3.9 to 3.13 would do)"
        ),
        "environment.yml:8: the Python package index has no `jtest` (did you mean `pytest`?)",
    ]
    assert not (tmp_path / "env").exists()
    answer = Answer.read((tmp_path / "answer.json").read_text())
    assert [f.nearest for f in answer.findings][-2:] == ["python=3.9", "pytest"]


CASES = {
    "case alone is no mistake": (["pyTorch=2.8"], []),
    "a dash for an underscore": (
        ["scikit_learn"],
        ["there is no package `scikit_learn`: it is called `scikit-learn` (write `scikit-learn`)"],
    ),
    "a dash for a dot, with a version": (
        ["ruamel-yaml>=0.17"],
        [("there is no package `ruamel-yaml`: it is called `ruamel.yaml`"
         " (write `ruamel.yaml>=0.17`)")],
    ),
    "what the Python package index calls it": (
        ["torch=2.8"],
        ["there is no package `torch`: it is called `pytorch` (write `pytorch=2.8`)"],
    ),
    "a variant of the Python package index": (
        ["opencv-python"],
        ["there is no package `opencv-python`: it is called `py-opencv` (write `py-opencv`)"],
    ),
    "what import calls it": (
        ["sklearn"],
        ["there is no package `sklearn`: it is called `scikit-learn` (write `scikit-learn`)"],
    ),
    "a slip of the finger": (
        ["nunpy=1.26"], ["there is no package `nunpy` (did you mean `numpy`?)"],
    ),
    "nothing like it": (["qqqqqqqq"], ["there is no package `qqqqqqqq`"]),
    "on other platforms": (
        ["winonly"], ["there is no package `winonly` for linux-64: it is there for win-64"],
    ),
    "a Python on other platforms, and what needs it": (
        ["onlymac=3.11", "needsmac"],
        ["there is no package `onlymac` for linux-64: it is there for osx-arm64"],
    ),
    "a version on other platforms": (
        ["half=2.0"],
        [("there is no `half=2.0` for linux-64, only for osx-arm64"
         " (the nearest that can be: `half=1.0`)")],
    ),
    "too new a version": (
        ["pytorch=9.9"],
        ["there is no `pytorch=9.9`: 1.13 to 2.8 exist (the nearest that can be: `pytorch=2.8`)"],
    ),
    "too old a version": (
        ["numpy==1.0.1"],
        [("there is no `numpy==1.0.1`: 1.9 to 2.3 exist"
         " (the nearest that can be: `numpy==1.9.3`; 1.9 to 2.3 would do)")],
    ),
    "a version between two, beside a python": (
        ["numpy=1.22", "python=3.9"],
        ["there is no `numpy=1.22`: 1.9 to 2.3 exist (the nearest that can be: `numpy=1.26`)"],
    ),
    "a range": (
        ["numpy>=3"],
        ["there is no `numpy>=3`: 1.9 to 2.3 exist (the nearest that can be: `numpy=2.3`)"],
    ),
    "a build that is not there": (
        ["numpy=1.26.4=py27_0"],
        [("there is no `numpy=1.26.4=py27_0`: that version has other builds, py311_0, py312_0, "
         "py39_0 (the nearest that can be: `numpy=1.26`; 1.26 to 2.3 would do)")],
    ),
    "another name and no such version": (
        ["torch=2.9"],
        [("there is no `torch=2.9` (it is called `pytorch`): 1.13 to 2.8 exist"
         " (the nearest that can be: `pytorch=2.8`)")],
    ),
    "two that do not go together": (
        ["pytorch=2.8", "python=3.14"],
        [("`python=3.14` does not go with `pytorch=2.8` on line 4"
         " (the nearest that can be: `python=3.13`)")],
    ),
    "two, of which the newer is kept": (
        ["python=3.7", "numpy", "pytorch=2.8"],
        [("`python=3.7` does not go with `pytorch=2.8` on line 6"
         " (the nearest that can be: `python=3.9`; 3.9 to 3.13 would do)")],
    ),
    "two, of which only one can change": (
        ["python=3.9", "tool=1.0"],
        [("`python=3.9` does not go with `tool=1.0` on line 5"
         " (the nearest that can be: `python=3.11`; 3.11 to 3.14 would do)")],
    ),
    "a comma is missing": (
        ["python>=3.9<3.13", "numpy=1.26"],
        [("`python>=3.9<3.13` needs a comma between its two conditions"
         " (write `python>=3.9,<3.13`)")],
    ),
    "three equals signs, and something else": (
        ["numpy===1.26.4", "nunpy"],
        ["`numpy===1.26.4` is no version that conda knows: `===` (write `numpy==1.26.4`)",
         "there is no package `nunpy` (did you mean `numpy`?)"],
    ),
    "a GPU": (
        ["pytorch-gpu"],
        [("`pytorch-gpu` needs CUDA, `__cuda >=12` (through `cudart`), and `box` has none"
         " (take a build without a GPU for it)")],
    ),
    "a newer system": (
        ["newlib=2"],
        [("`newlib=2` needs the C library (glibc), `__glibc >=2.90,<3.0.a0`, and `box` has 2.36"
         " (an older version of the package may go with an older system)")],
    ),
}  # fmt: skip


@apart.needs_rattler
def test_each_mistake_has_its_sentence(servers, tmp_path):
    found = explain(servers, tmp_path, *(_order(*asked) for asked, _ in CASES.values()))
    said = {}
    for case, rows in zip(CASES, found):
        said[case] = [f"{f.text} ({f.hint})" if f.hint else f.text for f in rows]
    assert said == {case: texts for case, (_, texts) in CASES.items()}


@apart.needs_rattler
def test_a_build_without_its_gpu_on_this_machine_says_how_to_go_on(servers, tmp_path):
    order = _order("pytorch-gpu")
    (found,) = explain(servers, tmp_path, order, virtual=None, env={"CONDA_OVERRIDE_CUDA": "11.8"})
    assert lines(found) == [
        (
            "environment.yml:4: `pytorch-gpu` needs CUDA, `__cuda >=12` (through `cudart`), and "
            "this machine has 11.8 (take a build without a GPU, or, where the driver is only "
            "missing here, say its version: `CONDA_OVERRIDE_CUDA=12.4`)"
        )
    ]
    env = {"CONDA_OVERRIDE_CUDA": "12.4"}
    assert explain(servers, tmp_path, order, virtual=None, env=env) == [[]]


@apart.needs_rattler
def test_a_package_of_conda_forge_where_that_is_no_channel(servers, tmp_path):
    make_channel(tmp_path / "own", None, more=[stub("mine")])
    urls = [(tmp_path / "own").as_uri()]
    order = _order("mine", "scikit-learn", "opencv-python", channels=["own"])
    (found,) = explain(servers, tmp_path, order, urls=urls)
    assert lines(found) == [
        (
            "environment.yml:5: there is no package `scikit-learn` in the channels that the file "
            "names: conda-forge has it (add `conda-forge` to `channels`)"
        ),
        (
            "environment.yml:6: there is no package `opencv-python` in the channels that the file "
            "names: conda-forge has it (add `conda-forge` to `channels`, and write `py-opencv`)"
        ),
    ]


@apart.needs_rattler
def test_a_channel_without_packages_is_said_where_it_matters(servers, tmp_path):
    both = ["empty", "conda-forge"]
    orders = [_order("six", channels=both), _order("sixx", channels=both)]
    orders += [_order("six", channels=["empty"])]
    nothing, found, alone = explain(servers, tmp_path, *orders)
    assert nothing == []
    assert lines(found) == [
        "environment.yml: the channel `empty` has no packages for linux-64 (leave it out)",
        "environment.yml:4: there is no package `sixx` (did you mean `six`?)",
    ]
    assert lines(alone) == [
        "environment.yml: the channel `empty` has no packages for linux-64 (write `conda-forge`)"
    ]


@apart.needs_rattler
def test_a_misspelt_channel_beside_a_good_one(servers, tmp_path):
    orders = [_order("six", channels=["conda-forge", "biocnda"])]
    orders += [_order("six", channels=[f"{servers.url}/t/tk-12345678-secret/mine"])]
    near, own = explain(servers, tmp_path, *orders)
    assert lines(near) == ["environment.yml: there is no channel `biocnda` (write `bioconda`)"]
    assert lines(own) == [
        f"environment.yml: there is no channel `{servers.url}/mine` (is the address right?)"
    ]


ILL = {
    "401": "{host} wants a login for the channel `401`",
    "403": "{host} refuses the channel `403` (403 Forbidden)",
    "500": "{host} has an error of its own: HTTP status server error (500 Internal Server Error)",
    "loop": "{host} sends each request on, for ever",
    "portal": "what {host} sent for the channel `portal` cannot be read",
    "reset": "the connection to {host} breaks off: ",
}


@apart.needs_rattler
def test_a_channel_that_cannot_be_read_is_said(servers, tmp_path):
    for what in ("shards*", "*.zst", "*.bz2"):
        servers.fault(404, f"*{what}")
    for kind in ILL:
        (servers.folder / kind).symlink_to(servers.folder / "conda-forge")
        servers.fault(kind, f"/{kind}/*")
    try:
        found = explain(servers, tmp_path, *(_order("six", channels=[kind]) for kind in ILL))
    finally:
        servers.heal()
    for (said,), text in zip(found, ILL.values()):
        assert said.text.startswith(text.format(host=servers.host))
        assert said.hint


@apart.needs_rattler
def test_the_tree_of_the_solver_is_the_last_resort(servers, tmp_path):
    (found,) = explain(servers, tmp_path, _order("six", "broken=1.0"))
    assert [f.text for f in found] == [
        (
            "the packages do not go together:\n"
            "  environment.yml:5: broken 1.0.* cannot be installed because there are no viable "
            "options:\n"
            "  └─ broken 1.0 would require\n"
            "     └─ nothere >=2, for which no candidates were found."
        )
    ]


@apart.needs_rattler
def test_three_that_go_together_only_by_twos(servers, tmp_path):
    more = [
        stub("left", "1.0", ["x >=1,<3"], timestamp=_made(2024)),
        stub("right", "1.0", ["x >=2"], timestamp=_made(2023)),
        stub("odd", "1.0", ["x !=2"], timestamp=_made(2022)),
        stub("odd", "2.0", timestamp=_made(2025)),
        *(stub("x", version) for version in ("1", "2", "3")),
        stub("pip", "25.0"),
    ]
    make_channel(tmp_path / "own", None, more=more)
    urls = [(tmp_path / "own").as_uri()]
    order = _order("left=1.0", "right=1.0", "odd=1.0", channels=["own"])
    (found,) = explain(servers, tmp_path, order, urls=urls)
    assert lines(found) == [
        (
            "environment.yml:6: `odd=1.0` does not go with `left=1.0` on line 4 and `right=1.0` on "
            "line 5 (the nearest that can be: `odd=2.0`)"
        )
    ]


@apart.needs_rattler
def test_lines_for_pip_are_asked_of_the_index(servers, pypi, tmp_path):
    pip = ["six==1.16", "-r more.txt", "./here", "git+https://example.org/x", "x @ file:///y",
           "requsts[socks]>=2 ; python_version > '3'", "wheels/a.whl", "zzzzzzqq"]  # fmt: skip
    (found,) = explain(servers, tmp_path, _order("numpy", pip=pip), pip=[pypi.url])
    assert lines(found) == [
        "environment.yml:11: the Python package index has no `requsts` (did you mean `requests`?)",
        "environment.yml:13: the Python package index has no `zzzzzzqq` (is the name right?)",
    ]
    assert found[0].nearest == "requests[socks]>=2 ; python_version > '3'"
    assert sorted(package for package, _ in pypi.asked) == ["requsts", "six", "zzzzzzqq"]


@apart.needs_rattler
def test_an_index_that_is_ill_says_nothing_about_a_name(servers, pypi, tmp_path):
    order = _order("numpy", pip=["zzzzzzqq"])
    ill = [pypi.url.replace("simple", "ill"), pypi.url.replace("simple", "locked")]
    ill += ["http://127.0.0.1:9/simple", "", (tmp_path / "no-folder").as_uri()]
    assert explain(servers, tmp_path, order, pip=ill) == [[]] * 5


@apart.needs_rattler
def test_an_index_gets_its_password_and_nobody_else_sees_it(servers, pypi, tmp_path):
    url = pypi.url.replace("//", "//me:secret%2Dpw@").replace("simple", "locked")
    (found,) = explain(servers, tmp_path, _order("numpy", pip=["zzzzzzqq"]), pip=[url])
    assert [f.text for f in found] == ["the Python package index has no `zzzzzzqq`"]
    assert pypi.asked == [("zzzzzzqq", "Basic bWU6c2VjcmV0LXB3")]
    assert "secret" not in str(found)


@apart.needs_rattler
def test_a_line_for_pip_about_a_conda_package_is_said_beside_something_else(servers, tmp_path):
    twice = {"pip": ["NumPy>=1", "opencv-python"]}
    both = [_order("numpy", "py-opencv", **twice), _order("numpy", "py-opencv", "sixx", **twice)]
    nothing, found = explain(servers, tmp_path, *both)
    assert nothing == []
    assert lines(found) == [
        "environment.yml:6: there is no package `sixx` (did you mean `six`?)",
        (
            "environment.yml:8: `NumPy>=1` below `pip:` is a conda package of this file too "
            "(environment.yml:4) (leave one of the two out)"
        ),
        (
            "environment.yml:9: `opencv-python` below `pip:` is a conda package of this file too "
            "(environment.yml:5) (leave one of the two out)"
        ),
    ]


async def _shards(folder):
    from rattler.index import index_fs

    await index_fs(Path(folder))


@apart.needs_rattler
def test_only_the_names_in_question_are_asked_of_a_channel(tmp_path):
    folder = tmp_path / "channel"
    others = [stub(f"other{n}", "1.0") for n in range(40)]
    more = [*others, stub("pytorch", "2.8"), stub("numpy", "1.26"), stub("pip", "25.0")]
    make_channel(folder, None, more=more)
    apart.run(_shards, str(folder))
    with Server(folder) as served:
        order = _order("pyTorch=2.9", "numpy", "nunpy")
        (found,) = explain(served, tmp_path, order, urls=[served.url])
        assert [f.nearest for f in found] == ["pytorch=2.8", "numpy"]
        asked = [p for p in served.paths() if "/shards/" in p]
        whole = [p for p in served.paths() if p.startswith(("/linux-64/repodata.", "/noarch/rep"))]
    assert 0 < len(set(asked)) <= 2, "pytorch and numpy"
    assert not any("repodata.json" in path for path in whole)


@apart.needs_rattler
def test_what_was_made_later_than_asked_counts_for_nothing(servers, tmp_path):
    order = _order("pytorch=2.8", as_of="2023-01-01T00:00:00Z")
    (found,) = explain(servers, tmp_path, order)
    assert lines(found) == [
        (
            "environment.yml:4: there is no `pytorch=2.8`: there is only 1.13.1 (the nearest that "
            "can be: `pytorch=1.13`)"
        )
    ]


async def _wishes(lines):
    from envboot.engines.rattler.work.explaining.wishes import wish

    out = []
    for line in lines:
        found = wish(Asked(line), 0, lambda name: name)
        if found:
            out.append([found.with_version("1.2.3"), found.respelled("other"), found.wanted])
    return out


@apart.needs_rattler
def test_any_line_is_a_wish_or_none():
    seed = random.Random(11)  # noqa: S311 - nothing secret
    signs = "abcXYZ019.-_=<>!~*,|[]()'\"#:;/ \t\\ \u00e9\u0662"
    lines = ["".join(seed.choices(signs, k=seed.randrange(30))) for _ in range(2000)]
    sound = ["numpy", "numpy 1.9", "conda-forge::numpy=1.9.*", "numpy==1.9.1", "numpy>=1,<2"]
    found = apart.run(_wishes, [*lines, *sound])
    assert found[-5:] == [
        ["numpy=1.2", "other", ""],
        ["numpy==1.2.3", "other 1.9", "1.9"],
        ["conda-forge::numpy=1.2.*", "conda-forge::other=1.9.*", "1.9"],
        ["numpy==1.2.3", "other==1.9.1", "1.9.1"],
        ["numpy=1.2", "other>=1,<2", "1"],
    ]


# ---------------------------------------------------------------------------------- exceptions


class InstallerError(Exception):
    """Called as py-rattler's own."""


class GatewayError(Exception):
    """Called as py-rattler's own."""


class SolverError(Exception):
    """Called as py-rattler's own."""


_PACKAGE = "https://conda.anaconda.org/t/tk-12345678-secret/conda-forge/noarch/six-1-0.conda"
_FETCH = "failed to fetch six-1-0.conda / failed to interact with the package cache layer."


def _raised(kind, text):
    return kind(text.replace(" / ", "\n  Caused by: "))


@pytest.mark.parametrize(
    ("error", "text", "code"),
    [
        (_raised(InstallerError, f"{_FETCH} / HTTP status client error (401 Unauthorized) for url"
                 f" ({_PACKAGE})"),
         "conda.anaconda.org wants a login for the channel `conda-forge`", 7),
        (_raised(InstallerError, f"{_FETCH} / HTTP status client error (403 Forbidden) for url"
                 f" ({_PACKAGE})"),
         "conda.anaconda.org refuses the channel `conda-forge` (403 Forbidden)", 7),
        (_raised(InstallerError, f"{_FETCH} / HTTP status client error (404 Not Found) for url"
                 f" ({_PACKAGE})"),
         "conda.anaconda.org no longer has six-1-0.conda", 7),
        (_raised(GatewayError, "could not find subdir 'noarch' in channel"
                 " 'https://conda.anaconda.org/python/' / HTTP status client error (404 Not Found)"
                 " for url (https://conda.anaconda.org/python/noarch/repodata.json)"),
         "there is no channel `python`", 4),
        (_raised(InstallerError, f"{_FETCH} / hash mismatch when extracting {_PACKAGE} to"
                 " /home/me/.cache/rattler/cache/pkgs/.six: expected 1, got 2, total size 3 bytes"),
         ("six-1-0.conda from conda.anaconda.org is not what its channel promises: its hash is"
         " another"), 7),
        (_raised(InstallerError, "failed to link six / failed to create file"
                 " `/srv/env/lib/six.py`: No space left on device (os error 28)"),
         "the disk of /srv/env/lib/six.py is full", 6),
        (_raised(InstallerError, "failed to create the prefix / failed to create directory"
                 " `/srv/env/conda-meta`: Permission denied (os error 13)"),
         "/srv/env/conda-meta cannot be written: permission denied", 6),
        (_raised(InstallerError, "failed to acquire global cache lock / failed to create cache"
                 " directory: '/ro/pkgs' / Read-only file system (os error 30)"),
         "/ro/pkgs cannot be written: that disk can only be read", 6),
        (OSError(28, "No space left on device", "/srv/full/x"),
         "the disk of /srv/full/x is full", 6),
        (_raised(GatewayError, "error sending request for url (https://conda.example.org/x/noarch/"
                 "repodata_shards.msgpack.zst) / client error (Connect) / invalid peer certificate:"
                 " UnknownIssuer"),
         ("the certificate of conda.example.org is not trusted: invalid peer certificate:"
         " UnknownIssuer"), 7),
        (_raised(GatewayError, "error sending request for url (https://conda.example.org/x/noarch/"
                 "repodata_shards.msgpack.zst) / client error (Connect) / dns error / failed to"
                 " lookup address information: Name or service not known"),
         "conda.example.org cannot be found: no address has that name (DNS)", 7),
        (_raised(GatewayError, "error sending request for url (http://127.0.0.1:9/x/noarch/"
                 "repodata.json) / client error (Connect) / tcp connect error / Connection refused"
                 " (os error 111)"),
         "127.0.0.1:9 cannot be reached: Connection refused (os error 111)", 7),
        (_raised(GatewayError, "failed to parse repodata.json / expected value at line 1 column 1"),
         ("what the channel `conda-forge`, the channel `python` sent for the lists of packages"
         " cannot be read"), 7),
        (TimeoutError("no byte came for 120 s: waiting for conda.anaconda.org (six-1-0.conda)"),
         "no byte came for 120 s: waiting for conda.anaconda.org (six-1-0.conda)", 7),
        (FallsShort("there is no Python", hint="install one"), "there is no Python", 6),
        (KeyboardInterrupt(), "interrupted", 130),
        (ValueError("something new: password=hunter2"), "something new: password=***", 7),
        (SolverError("Cannot solve the request because of: No candidates were found for six *."),
         ("the packages do not go together:\n  environment.yml:4: No candidates were found for six"
         " *."), 4),
    ],
)  # fmt: skip
def test_an_exception_is_a_sentence_with_a_code(error, text, code):
    order = _order("six", channels=["conda-forge", "python"])
    answer = of_exception(error, order, {})
    assert [f.text for f in answer.findings] == [text]
    assert answer.exit_code == code
    assert "tk-12345678" not in answer.text()


def test_an_exception_keeps_no_secret_of_the_environment():
    error = ValueError("the server said: bad key correct-horse-battery")
    answer = of_exception(error, _order("six"), {"MY_API_KEY": "correct-horse-battery"})
    assert answer.findings[0].text == "the server said: bad key ***"


def test_offline_is_the_reason_where_the_network_is_missed():
    error = _raised(GatewayError, "error sending request for url (https://c.org/x) / dns error")
    answer = of_exception(error, _order("six", offline=True), {})
    assert answer.findings[0].text == "what is needed is not on this computer"


@given(st.text(max_size=200), st.sampled_from([GatewayError, InstallerError, SolverError]))
def test_any_words_of_an_error_become_one_finding(text, kind):
    answer = of_exception(kind(text), _order("six"), {})
    assert len(answer.findings) == 1
    assert answer.findings[0].text.strip()
    assert answer.exit_code in (4, 6, 7)


@given(st.text(max_size=60))
def test_any_line_for_pip_has_a_plain_name_or_none(text):
    assert re.fullmatch(r"([a-z0-9]+(-[a-z0-9]+)*)?", pip_lines.name(text), re.ASCII)


@pytest.mark.parametrize(
    ("line", "name"),
    [("NumPy>=1", "numpy"), ("ruamel.yaml", "ruamel-yaml"), ("a[b,c]==1 # why", "a"),
     ("-e .", ""), ("--pre", ""), ("git+https://x/y", ""), ("./x", ""), ("x @ https://y", ""),
     ("C:\\wheels\\x.whl", ""), ("x.whl", ""), ("", ""), ("dir/x", "")],
)  # fmt: skip
def test_a_line_for_pip_has_a_name(line, name):
    assert pip_lines.name(line) == name


def test_a_long_tree_is_cut():
    text = "\n".join(["Cannot solve the request because of: a * cannot be installed",
                      *(f"├─ x {n} would require" for n in range(99))])  # fmt: skip
    found = tree.finding(text, _order("a"))
    assert "environment.yml:4: a * cannot be installed" in found.text
    assert found.text.endswith("… and 70 more lines")
