"""Front ends as people use them: a real server, a real browser, real environments.

``PICTURES=docs/pictures pytest tests/real/test_jupyter_browser.py`` also renews the pictures of the
documentation.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from pathlib import Path

import pytest

from tests import browser
from tests.wheels import make_wheel

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(sys.platform != "linux", reason="Debian's Chromium is started as on Linux"),
    pytest.mark.skipif(bool(browser.missing()), reason=browser.missing() or "nothing is missing"),
]
BUTTON = ".envboot-toolbar button"
STATUS = ".envboot-status button"
CELL = "import sys, tides\nprint('prefix', sys.prefix)\nprint('tides', tides.__version__)"
FULL = ("newest", "notebook")
"""Where the whole story is told; elsewhere that of saving."""


def notebook(**metadata):
    """Return a notebook of one cell, as Jupyter writes one."""
    cell = {"cell_type": "code", "id": "one", "metadata": {}, "execution_count": None}
    kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    whole = {
        "cells": [{**cell, "outputs": [], "source": CELL.splitlines(keepends=True)}],
        "metadata": {"kernelspec": kernel, **metadata},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(whole, indent=1) + "\n"


def picture(page, name):
    """Renew a picture of the documentation, if that was asked for."""
    if os.environ.get("PICTURES"):
        page.screenshot(path=str(Path(os.environ["PICTURES"]) / f"jupyter-{name}.png"))


@pytest.fixture(scope="session")
def chromium(tmp_path_factory):
    """The browser, one for all."""
    with browser.looking(tmp_path_factory.mktemp("browser")) as found:
        yield found


@pytest.fixture(scope="session")
def wheel(tmp_path_factory):
    """envboot's wheel, of this checkout."""
    return browser.build_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(params=browser.FRONT_ENDS, ids=lambda front: front.name)
def server(request, tmp_path, tmp_path_factory, wheel):
    """A server of each front end; its folder has a file of dependencies and a notebook."""
    front = request.param
    prefix = browser.install(front, tmp_path_factory.mktemp("front-end"), wheel)
    root, home = tmp_path / "work", tmp_path / "home"
    root.mkdir()
    (root / "requirements.txt").write_text("tides==1.0\n")
    (root / "mail.ipynb").write_text(notebook())
    wheels = tmp_path / "wheels"
    for version in ("1.0", "2.0", "3.0"):
        make_wheel(wheels, "tides", version)
    links = f"{os.environ.get('PIP_FIND_LINKS', '')} {wheels.as_uri()}".strip()
    with browser.serving(front, prefix, root, home, PIP_FIND_LINKS=links) as found:
        yield found


class Desk:
    """What a person does at a notebook in the browser, and what she sees."""

    def __init__(self, seen, server, name="mail.ipynb"):
        self.page, self.server = seen.page, server
        self.path = server.root / name
        self.page.locator(BUTTON).first.wait_for()
        self.page.locator(".jp-Notebook .jp-Cell .cm-content").first.wait_for()

    def until(self, holds):
        """Wait until ``holds()`` is true, and return what it returned."""
        until = time.monotonic() + browser.LONG / 1000
        while not (found := holds()):
            assert time.monotonic() < until, f"{holds} never held"
            self.page.wait_for_timeout(50)
        return found

    def types(self, text):
        """Add a comment to the first cell."""
        self.page.locator(".jp-Notebook .jp-Cell .cm-content").first.click()
        self.page.keyboard.press("Control+End")
        self.page.keyboard.type(text)

    def saves(self, holds):
        """Save with the keyboard, and wait until what the notebook carries on disk is right."""
        self.types("#")
        self.page.keyboard.press("Control+s")
        return self.until(lambda: holds(self.carried()))

    def runs(self):
        """Run the first cell; return what it printed, "" where it was still the old kernel."""
        output = self.page.locator(".jp-OutputArea-output").filter(has_text="tides 3.0")
        self.page.locator(".jp-Notebook .jp-Cell .cm-content").first.click()
        self.page.keyboard.press("Control+Enter")
        with contextlib.suppress(Exception):
            output.first.wait_for(timeout=3000)
        return output.first.inner_text() if output.count() else ""

    def comes_back(self):
        """Have been elsewhere: the browser says so to the page."""
        self.page.evaluate("window.dispatchEvent(new Event('focus'))")

    def carried(self):
        """Return the notebook's ``metadata.environment`` on disk."""
        with contextlib.suppress(ValueError):  # half written
            return json.loads(self.path.read_text())["metadata"].get("environment") or {}
        return {}

    def sees(self, sign):
        """Wait until the toolbar, and the status bar where there is one, show a sign."""
        shown = "s => [...document.querySelectorAll(s)].some(e => e.textContent === {0})"
        for place in (BUTTON, STATUS)[: 2 if self.server.front.app == "lab" else 1]:
            self.page.wait_for_function(shown.format(json.dumps(sign)), arg=place)

    def chooses(self, *labels):
        """Choose from the menu."""
        self.page.get_by_role("menuitem", name=labels[0], exact=True).first.click()
        self.page.get_by_role("menuitem", name=labels[1]).click()


def requirements(version):
    """Return whether a notebook carries the file that asks for a version of tides."""
    return lambda carried: carried.get("requirements.txt") == f"tides=={version}\n"


def test_a_notebook_is_saved_changed_and_recreated(server, chromium):
    """The whole story, or that of saving, in each front end."""
    with browser.opened(chromium, server, "mail.ipynb") as seen:
        desk = Desk(seen, server)
        saving(desk)
        if server.front.name in FULL:
            recreating(desk)
        assert seen.complaints == []


def saving(desk):
    """What is declared is in the notebook after a save; a change is seen, and saved."""
    assert desk.carried() == {}
    desk.saves(requirements("1.0"))
    desk.sees("env ✓")
    picture(desk.page, f"{desk.server.front.app}-agrees")
    for version in ("2.0", "3.0"):  # the second time the browser's own copy is two saves old
        (desk.server.root / "requirements.txt").write_text(f"tides=={version}\n")
        desk.comes_back()
        desk.sees("env differs")
        if version == "3.0":
            picture(desk.page, f"{desk.server.front.app}-differs")
        desk.saves(requirements(version))
        desk.sees("env ✓")


def recreating(desk):
    """The page makes the environment; the notebook goes on in it."""
    page, app = desk.page, desk.server.front.app
    desk.chooses("File", "Recreate environment…")
    frame = page.frame_locator(".envboot-page iframe")
    frame.get_by_role("heading", name="Environment of mail.ipynb").wait_for()
    assert frame.get_by_text("tides==3.0").count() >= 1
    frame.get_by_role("button", name="Recreate environment").click()
    frame.locator("#progress").filter(has_text="tides").wait_for()
    picture(page, f"{app}-recreating")
    page.get_by_role("button", name="Switch kernel").wait_for()
    assert frame.locator("body").get_attribute("data-outcome") == "created"
    picture(page, f"{app}-ready")
    page.get_by_role("button", name="Switch kernel").click()
    said = desk.until(desk.runs)
    assert Path(said.split("prefix ", 1)[1].splitlines()[0].strip()).parent == desk.server.root
    picture(page, f"{app}-recreated")
    desk.saves(requirements("3.0"))
    named = json.loads(desk.path.read_text())["metadata"]["kernelspec"]["name"]
    assert named.startswith("envboot-")
    desk.sees("env ✓")
