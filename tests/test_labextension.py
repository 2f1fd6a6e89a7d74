"""The part in the browser, as files; ``tests/real/test_jupyter_browser.py`` runs it."""

from __future__ import annotations

import configparser
import json
import re
from pathlib import Path

import pytest

import envboot
from tests import browser

ROOT = Path(__file__).resolve().parent.parent
EXTENSION = ROOT / "envboot" / "jupyter" / "labextension"
STATIC = EXTENSION / "static"
MODULES = sorted(STATIC.glob("*.js"))
PACKAGE = json.loads((EXTENSION / "package.json").read_text())
TARGET = "share/jupyter/labextensions/envboot"


def test_what_a_front_end_loads_is_there():
    build = PACKAGE["jupyterlab"]["_build"]
    entry = (EXTENSION / build["load"]).read_text()
    assert f"_JUPYTERLAB ??= {{}}).{PACKAGE['name']} = container" in entry
    assert f'"{build["extension"]}"' in entry


def test_its_version_is_envboots():
    assert PACKAGE["version"] == envboot.__version__


def test_a_wheel_installs_every_file_where_jupyter_looks():
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    installed = set()
    for target, value in config["options.data_files"].items():
        if target.startswith("share/jupyter/labextensions"):
            for path in (p for pattern in value.split() for p in ROOT.glob(pattern)):
                place = Path(target).relative_to(TARGET)
                assert path.parent.relative_to(EXTENSION) == place
                installed.add(path)
    assert installed == {path for path in EXTENSION.rglob("*") if path.is_file()}


def test_every_module_is_reached_from_the_entry():
    todo, seen = ["remoteEntry.js"], set()
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            text = (STATIC / name).read_text()
            todo += re.findall(r'from "\./([^"]+)"', text)
            todo += re.findall(r"import\(`\$\{here\}([^`]+)`\)", text)
    assert seen == {path.name for path in MODULES}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_a_strangers_text_never_becomes_html_or_code(path):
    text = path.read_text()
    for door in (
        *("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "srcdoc"),
        *("eval(", "new Function", "dangerouslySetInnerHTML", "javascript:"),
    ):
        assert door not in text
    assert not re.search(r"https?://", text), "it asks its own server alone"
    assert len(text.splitlines()) <= 200


def test_every_shared_module_is_declared_with_the_major_version_that_is_asked_for():
    asked = set()
    for path in MODULES:
        asked |= set(re.findall(r'(?:needed|shared)\("([^"]+)", (\d+)\)', path.read_text()))
    declared = {
        (name, wanted[1:].split(".")[0]) for name, wanted in PACKAGE["dependencies"].items()
    }
    assert asked == declared


def test_the_menu_and_the_toolbar_name_what_there_is():
    schema = json.loads((EXTENSION / "schemas" / "envboot" / "plugin.json").read_text())
    code = "".join(path.read_text() for path in MODULES)
    for menu in schema["jupyter.lab.menus"]["main"]:
        assert all(f'"{item["command"]}"' in code for item in menu["items"])
    for item in schema["jupyter.lab.toolbars"]["Notebook"]:
        assert f'addFactory("Notebook", "{item["name"]}"' in code


def test_the_page_shows_what_is_tried():
    page = (ROOT / "docs" / "how-to" / "use-it-in-jupyter.md").read_text()
    for front in browser.FRONT_ENDS:
        assert f"| {front.title} | {', '.join(front.pins).replace('==', ' ')} |\n" in page
    assert page.count("\n| Jupyter") + page.count("\n| Notebook") + page.count("\n| with ") == len(
        browser.FRONT_ENDS
    )


def test_the_pictures_of_the_page_are_small():
    page = (ROOT / "docs" / "how-to" / "use-it-in-jupyter.md").read_text()
    pictures = sorted((ROOT / "docs" / "pictures").glob("jupyter-*.png"))
    assert {path.name for path in pictures} == set(re.findall(r"pictures/(jupyter-\S+?)\)", page))
    for path in pictures:
        assert path.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
        assert path.stat().st_size < 120_000
