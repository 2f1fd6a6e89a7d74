"""The parts of benchmarks/discovery.py that decide what is counted, without the peers."""

from __future__ import annotations

import http.client
import importlib
import json
import sys
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).resolve().parent.parent / "benchmarks"


@pytest.fixture(autouse=True)
def path(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))


def module(name: str) -> Any:
    return importlib.import_module(name)


def test_the_stand_in_knows_the_names_that_it_was_given():
    index = module("loopback_index")
    kind, data = index.answer("/pypi/Some_Thing/json", {"some-thing"})
    assert kind == "application/json"
    assert json.loads(data)["info"]["name"] == "some-thing"
    assert index.answer("/simple/some-thing/", None)[0] == "text/html"
    assert index.answer("/pypi/other/json", {"some-thing"}) == ("", b"")
    assert index.answer("/other", None) == ("", b"")


def test_the_stand_in_listens_on_loopback_until_the_block_ends():
    index = module("loopback_index")
    with index.serving({"six"}) as address:
        assert address.startswith("http://127.0.0.1:")
        place = address.removeprefix("http://").rstrip("/")
        assert [status(place, f"/pypi/{name}/json") for name in ("six", "seven")] == [200, 404]
    with pytest.raises(ConnectionError):
        status(place, "/pypi/six/json")


def status(place: str, path: str) -> int:
    connection = http.client.HTTPConnection(place, timeout=60)
    connection.request("GET", path)
    return connection.getresponse().status


def test_of_what_pigar_leaves_open_the_likeliest_counts():
    rows = [
        "# made",
        "numpy",
        "# WARNING(pigar): some",
        "# WARNING(pigar): for the import name: PIL",
    ]
    rows += ["mis-modulos", "pillow", "Pillow-SIMD", "# WARNING(pigar): for the import name: yaml"]
    rows += ["pyyaml-include-more", "pyyaml"]
    assert list(module("scanners").chosen(rows)) == ["numpy", "pillow", "pyyaml"]


def test_declaration_files_are_hidden_and_the_rest_is_copied(tmp_path):
    made = tmp_path / "in" / "a__b"
    made.mkdir(parents=True)
    for name in ("requirements.txt", "a.py"):
        (made / name).write_text("")
    repos = [{"repo": "a/b", "declaration_files": ["requirements.txt", "gone.txt"]}]
    copies = module("discovery").hide(tmp_path / "in", repos, tmp_path / "out")
    assert [p.name for p in copies["a/b"].iterdir()] == ["a.py"]
    with pytest.raises(SystemExit, match="is not there"):
        module("discovery").hide(tmp_path / "in", [{**repos[0], "repo": "c/d"}], tmp_path / "out2")


@pytest.mark.skipif(sys.platform == "win32", reason="the benchmark is for Unix")
def test_what_is_installed_for_it_is_metadata_alone(tmp_path):
    peers = tmp_path / "peers"
    (peers / "lib" / "python3" / "site-packages" / "PyYAML-6.dist-info").mkdir(parents=True)
    imports = {"cv2": "opencv-python", "google.cloud.storage": "google-cloud-storage"}
    prefix = module("discovery").install({**imports, "yaml": "pyyaml"}, tmp_path / "env", peers)
    beside = {p.name.partition("-")[0] for p in (prefix / "for-peers").iterdir()}
    assert beside == {"opencv_python", "google_cloud_storage"}
    site = next(iter(prefix.glob("lib/python*/site-packages")))
    info = site / "opencv_python-1.0.dist-info"
    assert (info / "top_level.txt").read_text() == "cv2\n"
    assert "cv2/__init__.py,," in (info / "RECORD").read_text()
    assert not (site / "cv2").exists()


@pytest.mark.parametrize(
    ("module_name", "distribution", "kept"),
    [
        ("celpy", "cel-python", True),
        ("barcode", "python-barcode", True),
        ("noise", "noiseprotocol", False),
        ("mlflow", "mlflow-skinny", False),
        ("demo", "palettable", False),
        ("enum", "enum34", False),
        ("utils", "vastai-utils", False),
        ("test_thing", "test-thing-py", False),
        ("ab", "ab-py", False),
        ("cv2", "opencv-python-cv2", False),
    ],
)
def test_the_rules_for_the_wide_table_of_imports(module_name, distribution, kept):
    tables = module("name_tables")
    ranks = {"cel-python": 9, "python-barcode": 3000, "barcode": 0, "noise": 14000, "mlflow": 646}
    ranks = {"noiseprotocol": 6000, "mlflow-skinny": 635, "palettable": 5, **ranks, distribution: 1}
    rows = tables.imports({module_name: distribution}, ranks)
    assert rows == ([f"{module_name} {distribution}"] if kept else [])


def test_a_family_of_generated_modules_is_dropped():
    raw = {f"mod_{n}": "mod-sdk" for n in range(40)}
    assert module("name_tables").imports(raw, {"mod-sdk": 1}) == []


def test_only_rows_where_an_affix_differs_are_kept_for_conda():
    raw = {"annotate": "python-annotate", "thing": "other", "a_b": "a-b", "opencv-python": "x"}
    forge = {"python-annotate", "other", "a-b", "x"}
    assert module("name_tables").conda_rows(raw, forge) == ["annotate python-annotate"]
