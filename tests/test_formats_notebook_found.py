"""Notebooks that nobody wrote for us, those which installed packages bring, in every style."""

import json
from pathlib import Path

import nbclassic
import nbdime
import nbformat
import pytest
from ipynb import STYLES

from envboot.formats.notebook import ENVIRONMENT, cells, put, read, take
from envboot.spec import Origin

ROOT = Path(__file__).parents[1]
PLACES = (Path(nbdime.__file__).parent, Path(nbclassic.__file__).parent, ROOT / "tests/repos")
FOUND = sorted(path for place in PLACES for path in place.rglob("*.ipynb"))
NAMES = ["/".join(path.parts[-3:]) for path in FOUND]
ENVIRON = {"env_ver": "0.2", "requirements.txt": "numpy>=1.26\n", "files": {"apt.txt": "git\n"}}


def test_there_are_fifty_of_them():
    assert len(FOUND) >= 50


@pytest.mark.parametrize("path", FOUND, ids=NAMES)
def test_no_other_byte_moves_in_any_style(path):
    written = path.read_bytes()
    document = json.loads(written)
    for data in (written, *(style(document) for style in STYLES.values())):
        origin = Origin(path.name)
        packed = put(data, ENVIRONMENT, ENVIRON)
        assert read(packed, origin).environment == ENVIRON
        assert put(packed, ENVIRONMENT, ENVIRON) == packed
        assert take(packed, ENVIRONMENT) == data
        with_a_cell = cells.put_cell(packed, "# /// script\n# ///\n", {"pep723": True})
        assert cells.take_cell(with_a_cell, {"pep723": True}) == packed


@pytest.mark.filterwarnings("ignore:Cell is missing an id")  # one of them is wrong on purpose
@pytest.mark.parametrize("path", FOUND, ids=NAMES)
def test_jupyter_reads_the_same_notebook_from_it(path):
    before = nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)
    packed = put(path.read_bytes(), ENVIRONMENT, ENVIRON)
    after = nbformat.reads(packed.decode("utf-8"), as_version=4)
    assert after.metadata.pop("environment") == ENVIRON
    for one in (before, after):  # ids that nbformat makes up for old notebooks
        for cell in one.cells:
            cell.pop("id", None)
    assert after == before
