"""Parts of the child by themselves: places, names, records, kept files, without rattler."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envboot.conda.settings import Settings
from envboot.engines.rattler.order import Order
from envboot.engines.rattler.work import kept, marks, metadata, noarch, repodata, solving
from envboot.shell import Platform
from envboot.testing import ScriptedShell

HOME = {"HOME": "/home/ann"}
LINUX = Platform("Linux", "x86_64", "6.1")
ORDER = Order("create", prefix="/home/ann/.conda/envs/name")


@pytest.mark.parametrize(
    ("system", "environ", "place"),
    [
        ("Linux", HOME, "/home/ann/.cache/rattler/cache"),
        ("Linux", {**HOME, "XDG_CACHE_HOME": "/big/cache"}, "/big/cache/rattler/cache"),
        ("Linux", {**HOME, "XDG_CACHE_HOME": "relative"}, "/home/ann/.cache/rattler/cache"),
        ("Linux", {**HOME, "RATTLER_CACHE_DIR": "/fast"}, "/fast"),
        ("Darwin", HOME, "/home/ann/Library/Caches/rattler/cache"),
        ("Windows", {**HOME, "LOCALAPPDATA": "/local"}, "/local/rattler/cache"),
        ("Windows", HOME, "/home/ann/AppData/Local/rattler/cache"),
    ],
)
def test_packages_lie_where_rattler_and_pixi_keep_them(system, environ, place):
    shell = ScriptedShell(environ=environ, platform=Platform(system, "x86_64"))
    assert repodata.caches(ORDER, shell) == (Path(place), False)


def test_packages_lie_beside_the_environment_where_the_home_is_read_only():
    shell = ScriptedShell(environ=HOME, read_only=["/home/ann/.cache"])
    beside = Path("/home/ann/.conda/envs/.envboot", f"{Path(ORDER.prefix).name}.packages"), True
    assert repodata.caches(ORDER, shell) == beside
    assert repodata.caches(ORDER, ScriptedShell()) == beside  # nobody's home


def test_packages_lie_where_the_order_says():
    order = Order("create", prefix="/p/name", cache="/else")
    assert repodata.caches(order, ScriptedShell(environ=HOME)) == (Path("/else"), False)


KNOWN = Settings(
    alias="https://mine.example/t/tk-12345678-abcd/conda",
    custom_channels=(("pkgs/pro", "https://repo.anaconda.com"), ("team", "https://host:8443/x")),
    custom_multichannels=(("many", ("https://one.example/a", "https://two.example/b")),),
)


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("https://repo.anaconda.com/pkgs/main", "defaults"),
        ("https://repo.anaconda.com/pkgs/r/", "defaults"),
        ("https://repo.anaconda.com/pkgs/pro", "pkgs/pro"),
        ("https://host:8443/x/team", "team"),
        ("https://two.example/b", "many"),
        ("https://mine.example/conda/conda-forge", "conda-forge"),
        ("https://mine.example/t/tk-12345678-abcd/conda/label/dev", "label/dev"),
        ("https://me:secret@else.example/conda", "https://else.example/conda"),
        ("file:///some/where", "file:///some/where"),
        ("conda-forge", "conda-forge"),
    ],
)
def test_a_channel_is_called_as_conda_calls_it_without_secrets(address, name):
    assert marks.channel_name(address, KNOWN) == name


@pytest.mark.parametrize(
    ("version", "source", "target"),
    [
        ("3.11.7", "lib/a/b.py", "lib/a/__pycache__/b.cpython-311.pyc"),
        ("3.14.0rc1", "b.py", "__pycache__/b.cpython-314.pyc"),
        ("2.7.18", "lib/a/b.py", "lib/a/b.pyc"),
    ],
)
def test_compiled_files_lie_where_that_python_looks(version, source, target):
    assert noarch.compiled(source, noarch.short(version)) == target


@pytest.mark.parametrize(
    ("record", "system", "folder"),
    [
        ({"version": "3.11.7"}, "Linux", "lib/python3.11/site-packages"),
        ({"version": "3.9.1"}, "Darwin", "lib/python3.9/site-packages"),
        ({"version": "3.11.7"}, "Windows", "Lib/site-packages"),
        (
            {"version": "3.13.0", "python_site_packages_path": "lib/python3.13t/site-packages"},
            "Linux",
            "lib/python3.13t/site-packages",
        ),
    ],
)
def test_modules_lie_where_that_python_has_them(record, system, folder):
    shell = ScriptedShell(platform=Platform(system, "x86_64"))
    assert noarch.site_packages(record, shell) == folder


def test_without_a_python_nothing_is_compiled(tmp_path):
    shell = ScriptedShell()
    assert noarch.compile_all(tmp_path, [{"name": "a", "noarch": "python"}], tmp_path, shell) == {}
    assert shell.done == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), JSON, max_size=5))
def test_a_record_is_written_as_the_json_that_it_is(document):
    assert json.loads(metadata.text(document)) == document


def test_a_record_with_paths_is_written_as_the_json_that_it_is():
    paths = {"paths_version": 1, "paths": [{"_path": "a"}, {"_path": "b", "size_in_bytes": 3}]}
    document = {"name": "x", "paths_data": paths, "files": ["a", "b"]}
    text = metadata.text(document)
    assert json.loads(text) == document
    assert len(text.splitlines()) > 6


def test_several_specs_for_a_package_are_merged_as_conda_merges_them():
    document = {
        "name": "numpy",
        "subdir": "linux-64",
        "url": "https://h/c/linux-64/numpy-1-0.conda",
    }
    found = metadata.amended(document, ["numpy[version='>=1']", "numpy[version='<2']"], ())
    assert found["requested_spec"] == "numpy[version='>=1,<2']"
    assert found["requested_specs"] == ["numpy[version='>=1']", "numpy[version='<2']"]
    assert found["channel"] == "https://h/c/linux-64"
    assert metadata.amended(found, ["numpy"], ())["requested_spec"] == "numpy"
    assert "requested_spec" not in metadata.amended(found, (), ())


def test_a_compiled_file_is_listed_once():
    document = {"name": "x", "files": ["a.py"], "paths_data": {"paths": [{"_path": "a.py"}]}}
    once = metadata.amended(document, (), [("a.pyc", 3)])
    assert metadata.amended(once, (), [("a.pyc", 3)]) == once
    assert once["files"] == ["a.py", "a.pyc"]


@given(st.binary(max_size=200))
def test_kept_files_that_are_none_are_ignored(data):
    shell = ScriptedShell(files={"/kept/files.json": data})
    assert kept.restore(Path("/p"), Path("/kept"), {"a.py": "a.pyc"}, shell) == set()
    assert shell.done == []


@given(JSON)
def test_kept_files_with_another_list_are_ignored(listed):
    for value in (listed, [listed], [[listed, 1, 2, 3]], [["a.py", listed, 2, 3]]):
        shell = ScriptedShell(files={"/kept/files.json": json.dumps(value)})
        assert kept.restore(Path("/p"), Path("/kept"), {"a.py": "a.pyc"}, shell) == set()


def test_a_package_without_a_digest_is_not_kept():
    python = {"version": "3.11.7", "build": "0"}
    assert kept.place({"name": "a"}, python, Path("/kept")) is None
    assert kept.place({"sha256": "../../etc"}, python, Path("/kept")) is None
    found = kept.place({"sha256": "ab" * 32}, {"version": "3.11.7", "build": "a/b"}, Path("/kept"))
    assert found is not None
    assert found.parent == Path("/kept")


@pytest.mark.parametrize("said", ["", "soon", "0", "-1", "inf", "nan", "1e9"])
def test_a_limit_that_is_none_says_nothing(said):
    assert solving.limit({"ENVBOOT_SOLVE_LIMIT": said}) == solving.LIMIT


def test_a_person_may_wait_longer():
    assert solving.limit({"ENVBOOT_SOLVE_LIMIT": "1800"}) == 1800


def test_no_file_outside_is_compiled_or_touched_whatever_a_package_says(tmp_path):
    site = "lib/python3.11/site-packages"
    files = [f"{site}/a.py", f"{site}/../../../../hers.py", f"{site}/b\nc.py", f"{site}/d.txt"]
    assert noarch.sources_of({"files": files}, site) == [f"{site}/a.py"]
    hers = tmp_path / "hers"
    hers.write_text("hers")
    shell = ScriptedShell(disk=True)
    for path in ("../hers", str(hers)):
        entry = {"_path": path, "path_type": "unix_python_entry_point"}
        marks._programs(tmp_path / "env", {"paths_data": {"paths": [entry]}}, shell)
    assert not shell.done


def test_what_a_date_leaves_out_is_said_once():
    from envboot.engines.rattler.order import Finding
    from envboot.engines.rattler.work.running import dated

    found = (Finding("there is no `a`"), Finding("there is no `b`", "write `c`"))
    assert dated(found, "") == found
    hint = "write `c`; only packages made until 2020-01-01 were looked at: a later date has more"
    assert dated(found, "2020-01-01T23:59:59Z") == (found[0], Finding("there is no `b`", hint))
    assert dated((), "2020-01-01") == ()
