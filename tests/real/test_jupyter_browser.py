"""Front ends as people use them: a real server, a real browser, real environments.

``PICTURES=docs/pictures pytest tests/real/test_jupyter_browser.py`` also renews the pictures of the
documentation.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tempfile
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
EDITOR = ".jp-Notebook .jp-Cell .cm-content"
CELL = "import sys, tides\nprint('prefix', sys.prefix)\nprint('tides', tides.__version__)"
FRONTS = {front.name: front for front in browser.FRONT_ENDS}
PICTURED = (
    "jupyter-newest-agrees.png",
    "jupyter-newest-recreating.png",
    "jupyter-newest-ready.png",
    "jupyter-notebook-recreated.png",
)
COMMANDS = ("Embed environment", "Recreate environment…", "Show environment")
HOSTILE = '<img src=x onerror="top.harmed=1"><script>top.harmed=1</script>'


def fronts(*names):
    """Let a test run on the servers of these front ends."""
    return pytest.mark.parametrize("server", names or tuple(FRONTS), indirect=True)


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


def requirements(version):
    """Return whether a notebook carries the file that asks for a version of tides."""
    return lambda carried: carried.get("requirements.txt") == f"tides=={version}\n"


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    """The browser, one for all."""
    with browser.looking(tmp_path_factory.mktemp("browser")) as found:
        yield found


@pytest.fixture(scope="module")
def prefix_of(tmp_path_factory):
    """Return a function that returns the environment of a front end, made when it is wanted."""
    return lambda front: browser.prefix(front, tmp_path_factory)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Return a function that makes a folder; in pictures its name is a person's."""
    if not os.environ.get("PICTURES"):
        yield tmp_path_factory.mktemp
        return
    with contextlib.ExitStack() as stack:
        yield lambda name: Path(
            stack.enter_context(
                tempfile.TemporaryDirectory(prefix=f"{name}-", ignore_cleanup_errors=True)
            )
        )


@pytest.fixture(scope="module")
def server(request, place, prefix_of):
    """A server of a front end; three versions of a package can be had where it is."""
    front = FRONTS[request.param]
    home, wheels = place("home"), place("wheels")
    for version in ("1.0", "2.0", "3.0"):
        make_wheel(wheels, "tides", version)
    links = f"{os.environ.get('PIP_FIND_LINKS', '')} {wheels.as_uri()}".strip()
    prefix = prefix_of(front)
    with browser.serving(front, prefix, place("ada"), home, PIP_FIND_LINKS=links) as found:
        yield found


@pytest.fixture
def desk(request, server, chromium):
    """A notebook beside a file of dependencies, open in the browser."""
    folder = server.root / request.node.originalname.rpartition("_")[2]
    folder.mkdir()
    (folder / "requirements.txt").write_text("tides==1.0\n")
    stranger = {"type": "gcloud", "name": HOSTILE, "kernel": HOSTILE, "uri": f"gcr.io/{HOSTILE}"}
    more = {"environment": stranger} if "stranger" in request.node.originalname else {}
    (folder / "mail.ipynb").write_text(notebook(**more))
    with browser.opened(chromium, server, f"{folder.name}/mail.ipynb") as seen:
        yield Desk(seen, server, folder)
        seen.page.screenshot(path=str(server.home / f"{folder.name}.png"))
        assert seen.complaints == []


class Desk:
    """What a person does at a notebook in the browser, and what she sees."""

    def __init__(self, seen, server, folder):
        self.page, self.server, self.folder = seen.page, server, folder
        self.path = folder / "mail.ipynb"
        self.frame = self.page.frame_locator(".envboot-page iframe")
        self.page.locator(BUTTON).first.wait_for()
        self.page.locator(EDITOR).first.wait_for()

    def declares(self, version):
        """Change the file of dependencies outside the browser, and come back to it."""
        (self.folder / "requirements.txt").write_text(f"tides=={version}\n")
        self.page.evaluate("window.dispatchEvent(new Event('focus'))")

    def until(self, holds):
        """Wait until ``holds()`` is true, and return what it returned."""
        until = time.monotonic() + browser.LONG / 1000
        while not (found := holds()):
            assert time.monotonic() < until, f"{holds} never held"
            self.page.wait_for_timeout(50)
        return found

    def types(self, text):
        """Add to the first cell."""
        self.page.locator(EDITOR).first.click()
        self.page.keyboard.press("Control+End")
        self.page.keyboard.type(text)

    def saves(self, holds):
        """Save with the keyboard, and wait until what the notebook carries on disk is right."""
        self.types("#")
        self.page.keyboard.press("Control+s")
        return self.until(lambda: holds(self.carried()))

    def metadata(self):
        """Return the notebook's metadata on disk."""
        with contextlib.suppress(ValueError):  # half written
            return json.loads(self.path.read_text())["metadata"]
        return {}

    def carried(self):
        """Return what the notebook carries on disk."""
        return self.metadata().get("environment") or {}

    def sees(self, sign):
        """Wait until the toolbar, and the status bar where there is one, show a sign."""
        shown = "s => [...document.querySelectorAll(s)].some(e => e.textContent === {0})"
        for place in (BUTTON, STATUS)[: 2 if self.server.front.app == "lab" else 1]:
            self.page.wait_for_function(shown.format(json.dumps(sign)), arg=place)

    def chooses(self, menu, item):
        """Choose from the menu."""
        self.page.get_by_role("menuitem", name=menu, exact=True).first.click()
        self.page.get_by_role("menuitem", name=item).click()

    def palette(self, words, *rows, click=False):
        """Look for rows in the command palette; ``click``: choose the first.

        It closes when something else takes the focus, and is opened again then.
        """
        words_in = self.page.locator(".lm-CommandPalette-input")
        shown = self.page.locator(".lm-CommandPalette-item")

        def found():
            if not words_in.is_visible():
                self.page.keyboard.press("Control+Shift+c")
            with contextlib.suppress(Exception):
                words_in.fill(words, timeout=5000)
                for row in rows:
                    shown.filter(has_text=row).first.wait_for(timeout=5000)
                if click:
                    shown.filter(has_text=rows[0]).first.click(timeout=5000)
                return True
            return False

        self.until(found)

    def answers(self, button):
        """Press a button of a dialog."""
        self.page.locator(".jp-Dialog").get_by_role("button", name=button).click()
        self.page.locator(".jp-Dialog").wait_for(state="detached")

    def runs(self):
        """Run the first cell; return what it printed, "" where it was still the old kernel."""
        output = self.page.locator(".jp-OutputArea-output").filter(has_text="tides 3.0")
        self.page.locator(EDITOR).first.click()
        self.page.keyboard.press("Control+Enter")
        with contextlib.suppress(Exception):
            output.first.wait_for(timeout=3000)
        return output.first.inner_text() if output.count() else ""

    def pictured(self, name):
        """Renew a picture of the documentation, if that was asked for and it shows this."""
        name = f"jupyter-{self.server.front.name}-{name}.png"
        if os.environ.get("PICTURES") and name in PICTURED:
            self.page.screenshot(path=str(Path(os.environ["PICTURES"]) / name))


@fronts()
def test_what_is_declared_is_in_the_notebook_when_it_is_saved(desk):
    assert desk.carried() == {}
    desk.saves(requirements("1.0"))
    desk.sees("env ✓")
    for version in ("2.0", "3.0"):  # the second time the browser's own copy is two saves old
        desk.declares(version)
        desk.sees("env differs")
        desk.saves(requirements(version))
        desk.sees("env ✓")
    said = desk.page.locator(BUTTON).first.get_attribute("aria-label")
    assert said.startswith("env ✓: This notebook carries its environment")
    desk.pictured("agrees")
    desk.palette("envboot", *(f"envboot: {command}" for command in COMMANDS))
    desk.page.keyboard.press("Escape")
    desk.page.locator(BUTTON).first.focus()
    desk.page.keyboard.press("Enter")
    desk.frame.get_by_role("heading", name="Environment of").wait_for()


@fronts("newest")
def test_the_status_bar_follows_the_current_notebook(desk):
    desk.saves(requirements("1.0"))
    desk.sees("env ✓")
    (desk.folder / "plain.ipynb").write_text(notebook(envboot={"embed": False}))
    desk.page.locator(".jp-DirListing-item", has_text="plain.ipynb").dblclick()
    desk.page.locator(STATUS).wait_for(state="hidden")
    desk.page.get_by_role("tab", name="mail.ipynb").click()
    desk.page.locator(STATUS).wait_for()
    desk.sees("env ✓")


@fronts("newest", "notebook")
def test_a_notebook_goes_on_in_an_environment_that_is_recreated(desk):
    desk.declares("3.0")
    desk.saves(requirements("3.0"))
    desk.sees("env ✓")
    desk.chooses("File", "Recreate environment…")
    desk.frame.get_by_role("heading", name="Environment of").wait_for()
    desk.frame.get_by_role("button", name="Recreate environment").click()
    desk.frame.locator("#progress").filter(has_text="tides").wait_for()
    desk.pictured("recreating")
    desk.page.get_by_role("button", name="Switch kernel").wait_for()
    assert desk.frame.locator("body").get_attribute("data-outcome") == "created"
    desk.pictured("ready")
    desk.answers("Switch kernel")
    said = desk.until(desk.runs)
    assert Path(said.split("prefix ", 1)[1].splitlines()[0].strip()).parent == desk.folder
    desk.pictured("recreated")
    desk.saves(requirements("3.0"))
    assert desk.metadata()["kernelspec"]["name"].startswith("envboot-")
    desk.sees("env ✓")


@fronts("newest")
def test_what_was_written_by_somebody_else_is_replaced_on_a_yes_alone_stranger(desk):
    before = desk.carried()
    desk.saves(lambda carried: carried == before and "__)#" in desk.path.read_text())
    desk.page.locator(BUTTON).first.click()
    desk.frame.get_by_text(HOSTILE).first.wait_for()
    desk.palette("envboot embed", "envboot: Embed environment", click=True)
    desk.answers("Cancel")
    assert desk.carried() == before
    desk.palette("envboot embed", "envboot: Embed environment", click=True)
    desk.answers("Replace")
    desk.page.get_by_text("This notebook carries its environment").first.wait_for()
    assert requirements("1.0")(desk.carried())
    desk.sees("env ✓")
    desk.declares("2.0")
    desk.saves(requirements("2.0"))  # and Jupyter does not ask which of two versions is to win
    assert desk.page.locator(".jp-Dialog").count() == 0
    assert desk.page.evaluate("window.harmed") is None


@fronts("newest")
def test_changes_that_were_not_saved_stay_when_the_page_embeds(desk):
    desk.page.locator(BUTTON).first.click()
    desk.frame.get_by_role("button", name="Embed the environment").wait_for()
    desk.types("# mine")
    desk.frame.get_by_role("button", name="Embed the environment").click()
    desk.sees("env ✓")
    assert requirements("1.0")(desk.carried())
    assert "# mine" in desk.page.locator(EDITOR).first.inner_text()


def test_a_server_without_the_extension_is_told_of_once(chromium, prefix_of, tmp_path):
    root, home = tmp_path / "work", tmp_path / "home"
    root.mkdir()
    (root / "mail.ipynb").write_text(notebook())
    off = "--ServerApp.jpserver_extensions={'envboot.jupyter': False}"
    front = FRONTS["newest"]
    with (
        browser.serving(front, prefix_of(front), root, home, off) as server,
        browser.opened(chromium, server, "mail.ipynb") as seen,
    ):
        desk = Desk(seen, server, root)
        desk.until(lambda: seen.remarks)
        desk.types("#")
        desk.page.keyboard.press("Control+s")
        desk.until(lambda: "__)#" in desk.path.read_text())
        desk.page.get_by_role("menuitem", name="File", exact=True).first.click()
        row = desk.page.get_by_role("menuitem", name="Recreate environment…")
        assert row.get_attribute("aria-disabled") == "true"
        assert len(seen.remarks) == 1
        assert seen.complaints == []
        assert desk.carried() == {}
