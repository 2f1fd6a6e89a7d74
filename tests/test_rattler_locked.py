"""A lock taken as it stands: nothing is solved, and no other file than the locked one gets in."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from tests import apart, condas
from tests.apart import needs_rattler
from tests.channel import SUBDIR, light_python, make_channel, noarch, stub

pytestmark = needs_rattler


@pytest.fixture(scope="module")
def channel(tmp_path_factory):
    more = [
        stub("pip", "26.0"),
        light_python(condas.movable_python()),
        noarch("alpha", "1.0", scripts={"alpha": "alpha:main"}),
        noarch("alpha", "2.0"),
        noarch("beta", "1.0", needs=["alpha >=1"]),
    ]
    return make_channel(tmp_path_factory.mktemp("channel") / "made", None, more=more)


@pytest.fixture
def place(tmp_path, channel):
    copy = tmp_path / "copy"  # some tests change it
    shutil.copytree(unquote(urlsplit(channel).path), copy)
    return condas.workplace(tmp_path / "person", copy.as_uri())


async def _write(channel, path, specs, platforms):
    """Write a pixi.lock as rattler does."""
    from rattler import Gateway, LockFile, LockPlatform, solve
    from rattler.lock import LockChannel

    found = [LockPlatform(p) for p in platforms]
    lock = LockFile(found)
    lock.set_channels("default", [LockChannel(channel)])
    gateway = Gateway(cache_dir=Path(path).parent / "lists")
    for platform in found:
        subdirs = [str(platform.subdir), "noarch"]
        records = await solve([channel], specs, gateway=gateway, platforms=subdirs,
                              virtual_packages=[])  # fmt: skip
        for record in records:
            lock.add_conda_package("default", platform, record)
    lock.to_path(path)


@pytest.fixture
def lock(place):
    """A pixi.lock with the older alpha, and the order that takes it."""
    path = place.folder / "pixi.lock"
    apart.run(_write, place.channel, str(path), ["python", "alpha=1.0", "beta"], [SUBDIR])
    return path


def order(place, path, *specs, **more):
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    more = {"lock": str(path), "lock_sha256": sha256, **more}
    return place.order("env", *(specs or ("python", "alpha", "beta")), **more)


def folder_of(place):
    return Path(unquote(urlsplit(place.channel).path))


def test_the_locked_packages_are_taken_though_newer_ones_are_there(place, lock):
    (folder_of(place) / "noarch" / "repodata.json").write_text("no list of packages is asked for")
    done = place.does(order(place, lock))
    assert done.code == 0, done.said
    assert done.record("alpha")["version"] == "1.0"
    assert (done.prefix / "bin" / "alpha").exists()
    history = (done.prefix / "conda-meta" / "history").read_text()
    assert "# update specs: ['python', 'alpha', 'beta']\n" in history
    assert any(f.endswith(".pyc") for f in done.record("beta")["files"])


def test_a_lock_that_was_changed_meanwhile_is_refused(place, lock):
    wanted = order(place, lock)
    lock.write_text(lock.read_text() + "\n")
    done = place.does(wanted)
    assert done.code == 4
    assert "was changed" in done.said
    assert not done.prefix.exists()


@pytest.mark.parametrize("text", ["", "{", "version: 99\n", "version: 6\npackages: 3\n"])
def test_a_lock_that_is_none_is_refused(place, lock, text):
    lock.write_text(text)
    done = place.does(order(place, lock))
    assert done.code == 4
    assert "pixi.lock" in done.said
    assert not done.prefix.exists()


def test_a_lock_for_another_platform_is_refused(place, lock):
    apart.run(_write, place.channel, str(lock), ["pip"], ["win-64", "osx-arm64"])
    done = place.does(order(place, lock))
    assert done.code == 4
    assert f"is for osx-arm64, win-64, and this is {SUBDIR}" in done.said


def test_a_package_with_another_digest_does_not_get_in(place, lock):
    (package,) = folder_of(place).glob("noarch/alpha-1.0-*")
    other = next(folder_of(place).glob("noarch/alpha-2.0-*"))
    package.write_bytes(other.read_bytes())
    done = place.does(order(place, lock))
    assert done.code != 0
    assert "alpha" in done.said
    assert not list((done.prefix / "conda-meta").glob("alpha-*"))


def test_a_package_of_the_cache_with_another_digest_does_not_get_in(place, lock):
    assert place.create("first", "alpha=1.0").code == 0
    (package,) = folder_of(place).glob("noarch/alpha-1.0-*")
    old = package.read_bytes()
    new = make_channel(place.folder / "new", None,
                       more=[noarch("alpha", "1.0", {"alpha.py": "changed = True\n"})])  # fmt: skip
    (changed,) = Path(unquote(urlsplit(new).path)).glob("noarch/alpha-1.0-*")
    package.write_bytes(changed.read_bytes())
    text = lock.read_text()
    for algorithm in ("sha256", "md5"):
        before = hashlib.new(algorithm, old).hexdigest()
        text = text.replace(before, hashlib.new(algorithm, package.read_bytes()).hexdigest())
    lock.write_text(text)
    done = place.does(order(place, lock))
    assert done.code == 0, done.said
    module = next(f for f in done.record("alpha")["files"] if f.endswith("alpha.py"))
    assert (done.prefix / module).read_text() == "changed = True\n"


def conda_lock(place, *, digests=True):
    """Write a conda-lock.yml of version 1 for two packages."""
    rows = []
    for name in ("pip-26.0", "python-", "alpha-1.0", "beta-1.0"):
        (path,) = folder_of(place).glob(f"*/{name}*")
        data = path.read_bytes()
        md5 = hashlib.md5(data, usedforsecurity=False).hexdigest()
        known = {"md5": md5, "sha256": hashlib.sha256(data).hexdigest()} if digests else {}
        part, version, _ = path.name.rsplit("-", 2)
        rows.append({
            "name": part, "version": version, "manager": "conda", "platform": SUBDIR,
            "dependencies": {}, "url": f"{place.channel}/{path.parent.name}/{path.name}",
            "hash": known, "category": "main", "optional": False,
        })  # fmt: skip
    head = {
        "version": 1,
        "metadata": {"platforms": [SUBDIR], "channels": [], "sources": [], "content_hash": {}},
    }
    target = place.folder / "conda-lock.yml"
    import yaml

    target.write_text(yaml.safe_dump({**head, "package": rows}, sort_keys=False))
    return target


def test_a_conda_lock_is_taken_and_its_records_are_whole(place):
    done = place.does(order(place, conda_lock(place)))
    assert done.code == 0, done.said
    beta = done.record("beta")
    assert beta["depends"] == ["python", "alpha >=1"]
    assert beta["timestamp"] == 1_700_000_000_000
    assert beta["noarch"] == "python"
    assert beta["package_type"] == "noarch_python"
    assert beta["channel"] == f"{place.channel}/noarch"
    assert any(f.endswith(".pyc") for f in beta["files"])
    assert done.record("alpha")["version"] == "1.0"


def test_a_conda_lock_without_digests_is_refused(place):
    done = place.does(order(place, conda_lock(place, digests=False)))
    assert done.code == 4
    assert not done.prefix.exists()


def test_nothing_is_fetched_for_a_lock_offline(place, lock):
    assert place.does(order(place, lock)).code == 0
    shutil.rmtree(place.folder / "envs")
    records = json.loads((folder_of(place) / "noarch" / "repodata.json").read_text())
    assert records
    done = place.does(order(place, lock, offline=True))
    assert done.code == 0, done.said
