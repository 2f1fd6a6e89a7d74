"""What a lock settles for a target: pixi.lock, pylock.toml and uv.lock as they are written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envboot import find
from envboot.errors import InvalidFile
from envboot.machine import Machine
from envboot.preflight import locked, locked_wheels, targets
from envboot.preflight.asked import Case
from envboot.preflight.values import Finding
from envboot.request import Request
from envboot.spec import Lock

HERE = Machine("Linux", "x86_64", 8, "3.11.7", glibc="2.36")
DIGEST = "a" * 64
YML = """\
channels: [nowhere]
dependencies:
  - python=3.12
  - numpy
  - pip
  - pip:
    - six
"""
PYLOCK = """\
lock-version = "1.0"
created-by = "hand"
[[packages]]
name = "native"
version = "1.0"
wheels = [
  { name = "native-1.0-cp311-cp311-win_amd64.whl", size = 1000, url = "https://x.example/a.whl" },
  { url = "https://x.example/native-1.0-cp311-cp311-manylinux_2_17_x86_64.whl", size = 2000 },
]
[[packages]]
name = "pywin32"
version = "306"
marker = "sys_platform == 'win32'"
wheels = [{ url = "https://x.example/pywin32-306-cp311-cp311-win_amd64.whl", size = 10 }]
[[packages]]
name = "sources"
version = "1.0"
sdist = { url = "https://x.example/sources-1.0.tar.gz" }
"""
UVLOCK = """\
version = 1
[[package]]
name = "project"
version = "0"
source = { virtual = "." }
dependencies = [
  { name = "top", extra = ["fast"] },
  { name = "colorama", marker = "sys_platform == 'win32'" },
]
[[package]]
name = "top"
version = "1.0"
source = { registry = "https://pypi.org/simple" }
wheels = [{ url = "https://x.example/top-1.0-py3-none-any.whl", size = 1 }]
dependencies = [{ name = "triton", marker = "sys_platform == 'linux'" }]
[package.optional-dependencies]
fast = [{ name = "fast" }]
[[package]]
name = "triton"
version = "1.0"
wheels = [{ url = "https://x.example/triton-1.0-cp311-cp311-manylinux_2_17_x86_64.whl", size = 2 }]
dependencies = [{ name = "top" }]
[[package]]
name = "fast"
version = "1.0"
wheels = [{ url = "https://x.example/fast-1.0-cp311-cp311-macosx_11_0_arm64.whl", size = 3 }]
[[package]]
name = "colorama"
version = "1.0"
wheels = [{ url = "https://x.example/colorama-1.0-py2.py3-none-any.whl", size = 4 }]
[[package]]
name = "never"
version = "1.0"
wheels = [{ url = "https://x.example/never-1.0-cp27-cp27m-win32.whl", size = 5 }]
"""


def case(name, python="3.11"):
    (target,) = targets.read([name], HERE, "linux-64")
    return Case(target, python)


def wheels_of(text, name, kind="pylock.toml", python="3.11"):
    return locked_wheels.judge(text, Lock(kind, kind, DIGEST), case(name, python))


def test_the_wheels_of_a_pylock():
    found, sizes = wheels_of(PYLOCK, "win-64")
    assert [(f.verdict, f.spec) for f in found.findings] == [("warn", "sources==1.0")]
    assert sizes == (1000, 10, None)
    found, _ = wheels_of(PYLOCK, "osx-arm64")
    assert [(f.verdict, f.line) for f in found.findings if f.verdict == "fail"] == [
        ("fail", "pylock.toml: native==1.0: there is no wheel for osx-arm64 with Python 3.11")
    ], "pywin32 does not count there"


def test_a_pylock_for_other_platforms():
    text = PYLOCK.replace('"hand"', '"hand"\nenvironments = ["sys_platform == \'linux\'"]')
    assert isinstance(wheels_of(text, "win-64"), Finding)
    assert not isinstance(wheels_of(text, "cpu"), Finding)


def test_a_uv_lock_is_followed_from_the_project():
    found, sizes = wheels_of(UVLOCK, "osx-arm64", "uv.lock")
    assert (found.verdict, found.text, sorted(sizes)) == ("pass", "2 packages, locked", [1, 3])
    found, _ = wheels_of(UVLOCK, "linux-64", "uv.lock")
    assert [f.spec for f in found.findings] == ["fast==1.0"]
    found, sizes = wheels_of(UVLOCK, "win-64", "uv.lock")
    assert sorted(s or 0 for s in sizes) == [0, 1, 4]


@pytest.mark.parametrize(
    "text", ["packages = 3", "[[packages]]\nversion = 1", 'packages = ["x"]', "package = [1]"]
)
def test_what_is_no_lock(text):
    kind = "uv.lock" if text.startswith("package =") else "pylock.toml"
    with pytest.raises(InvalidFile):
        wheels_of(text, "win-64", kind)


@given(st.text(max_size=40))
def test_no_marker_breaks_it(marker):
    text = PYLOCK.replace("sys_platform == 'win32'", "".join(c for c in marker if c.isalnum()))
    wheels_of(text, "win-64")


def pixi_lock(*platforms, demand=""):
    """Return a pixi.lock (version 6) of another tool, for some platforms."""
    rows, packages = [], []
    for platform in platforms:
        base = f"https://conda.example/{platform}"
        urls = [f"{base}/{n}-{v}-0.conda" for n, v in (("python", "3.12.4"), ("numpy", "2.1.0"))]
        urls.append(f"{base}/pip-24.0-0.conda")
        wheel = "https://x.example/six-1.16.0-py2.py3-none-any.whl"
        rows += [f"      {platform}:", *(f"      - conda: {u}" for u in urls)]
        rows.append(f"      - pypi: {wheel}")
        for url in urls:
            packages += [f"- conda: {url}", f"  sha256: {DIGEST}"]
            packages += ["  depends:", f"  - {demand}"] if demand and "numpy" in url else []
    packages += [f"- pypi: {wheel}", "  name: six", "  version: 1.16.0", f"  sha256: {DIGEST}"]
    head = ["version: 6", "environments:", "  default:", "    channels:",
            "    - url: https://conda.example/", "    packages:"]  # fmt: skip
    return "\n".join([*head, *rows, "packages:", *packages, ""])


def settled(tmp_path, shell, lock, *names):
    (tmp_path / "environment.yml").write_text(YML)
    (tmp_path / "pixi.lock").write_text(lock)
    spec = find.look(tmp_path, shell).spec
    cases = [case(name, "") for name in names]
    return locked.judge(spec, Request(tmp_path), shell, cases)


def test_a_pixi_lock_settles_its_platforms(tmp_path, shell):
    linux, windows = settled(tmp_path, shell, pixi_lock("linux-64"), "cpu", "win-64")
    assert linux.conda.verdict == "pass"
    assert linux.conda.text == "3 packages, locked"
    assert linux.pip.text == "1 package, locked"
    assert linux.python == "3.12"
    assert windows.conda is None
    assert windows.warning.text == "is for linux-64, not for win-64: solved anew there"


def test_what_a_lock_demands_of_the_computer(tmp_path, shell):
    lock = pixi_lock("linux-64", demand="__cuda >=12")
    cpu, old, new = settled(tmp_path, shell, lock, "cpu", "cuda118", "cuda124")
    assert [f.conda.verdict for f in (cpu, old, new)] == ["fail", "fail", "pass"]
    assert cpu.conda.findings[0].line == (
        "pixi.lock: its packages need `__cuda >=12`, which cpu has not"
    )


def test_a_stale_lock_settles_nothing(tmp_path, shell):
    lock = pixi_lock("linux-64").replace("numpy-", "scipy-")
    (found,) = settled(tmp_path, shell, lock, "cpu")
    assert found.conda is None
    (found,) = settled(tmp_path, shell, "version: 6\n", "cpu")
    assert found.conda is None


def test_an_older_demand_may_be_written_in_condas_own_way():
    target = case("linux-64").target
    assert locked.lacking("__glibc >=2.17,<3.0.a0", target) == ""
    assert locked.lacking("__glibc >=2.34", target)
    assert locked.lacking("__osx", target)
    assert locked.lacking("numpy >=2", target) == ""
    assert locked.lacking("__unix", target) == ""
