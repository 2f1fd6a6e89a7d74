"""The examples of the two pages about lines: what they show is what comes out."""

from __future__ import annotations

import pytest
from pages import blocks, text_of

from envboot import infer
from envboot.derive import table
from envboot.freeze import Installed
from envboot.shell.local import LocalShell
from tests.witnesses import code, live, pip, written

WITNESSES = "docs/explanation/three-witnesses.md"
OWN_LINES = "docs/how-to/keep-lines-of-your-own.md"


def titled(page):
    """Return title → text of the blocks of a page."""
    return {b.title: "\n".join(b.lines) + "\n" for b in blocks(text_of(page)) if b.title}


def installed(page):
    """Return what the page's table of the live environment holds."""
    out = []
    for line in text_of(page).splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 5 and cells[2] in {"conda", "pip"}:
            name, version, by, brings, asked = cells
            out.append(
                Installed(
                    name,
                    version,
                    "conda" if by == "conda" else "pypi",
                    (brings,) if brings else (),
                    conda_name=name if by == "conda" else "",
                    requested=asked == "yes",
                    asked_as=name if asked and by == "conda" else "",
                    python=bool(brings),
                )
            )
    return out


def test_the_example_of_the_three_witnesses_is_what_comes_out(tmp_path):
    shown = titled(WITNESSES)
    for name in ("src/see.py", "tests/test_see.py"):
        path = tmp_path / name
        path.parent.mkdir()
        path.write_text(shown[name], encoding="utf-8")
    scan = infer.imports(tmp_path, LocalShell())
    environment = live(*installed(WITNESSES))
    assert len(environment.installed) == 8
    so_far = {"pip": shown["requirements.txt.before"]}
    found, files = written(scan, environment, so_far)
    assert files["pip"] == shown["requirements.txt"]
    assert files["conda"] == shown["environment.yml"]
    assert files["pip_dev"] == shown["requirements-dev.txt"]
    assert table(found.rows) == shown["table"].rstrip("\n")
    assert written(scan, environment, files)[1] == files


@pytest.mark.parametrize("edit", ["added", "changed"])
def test_edits_become_what_the_page_says(edit):
    shown = titled(OWN_LINES)
    before = shown["requirements.txt"]
    scan = code("numpy src/a.py:3 3", "pandas src/a.py:4")
    environment = live(pip("numpy", "1.26.4"), pip("pandas", "2.2.3"))
    assert written(scan, environment, {"pip": before})[1]["pip"] == before
    number = 0 if edit == "changed" else 3
    rows = before.splitlines()
    rows[number : number + 1] = [shown[edit].rstrip("\n")]
    now = {"pip": "\n".join(rows) + "\n"}
    _, files = written(scan, environment, now, remembered={"requirements.txt": before})
    assert files["pip"].splitlines()[number] == shown[f"{edit}.after"].rstrip("\n")
