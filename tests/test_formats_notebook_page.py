"""The page on the format: as new as the schema, and what it shows works."""

from __future__ import annotations

import json
import subprocess
import sys

import jsonschema
from ipynb import STYLES, code, notebook
from pages import of_kind
from renew_notebook_format import PAGE, renewed

from envboot.formats.notebook import ENVIRONMENT, put, schema
from envboot.formats.notebook.environment import parse, render
from envboot.spec import Origin

TEXT = PAGE.read_text(encoding="utf-8")
(EXAMPLE,) = (json.loads(block) for block in of_kind(TEXT, "json"))
(PROGRAM,) = of_kind(TEXT, "python")


def test_the_tables_are_those_of_the_schema():
    hint = "the schema has changed: `PYTHONPATH=. python tests/renew_notebook_format.py`"
    assert renewed(TEXT) == TEXT, hint


def test_the_example_keeps_to_the_schema_and_shows_all_that_is_new():
    jsonschema.Draft202012Validator(dict(schema.schema())).validate(EXAMPLE)
    assert list(schema.faults(EXAMPLE)) == []
    embedded = parse(EXAMPLE, Origin("x.ipynb"))
    assert set(embedded.files) == {"environment.yml", "setup.sh", "apt.txt"}
    assert render(embedded, EXAMPLE) == EXAMPLE
    assert render(embedded) == EXAMPLE


def test_the_program_writes_the_files(tmp_path):
    path = tmp_path / "x.ipynb"
    path.write_bytes(put(STYLES["bom"](notebook(code("é"))), ENVIRONMENT, EXAMPLE))
    program = tmp_path / "read.py"
    program.write_text(PROGRAM, encoding="utf-8")
    words = [sys.executable, str(program), str(path), str(tmp_path / "out")]
    subprocess.run(words, check=True)
    there = {p.name: p.read_text(encoding="utf-8") for p in (tmp_path / "out").iterdir()}
    assert there == {
        "environment.yaml": EXAMPLE["environment.yaml"],
        "setup.sh": EXAMPLE["setup.sh"],
        **EXAMPLE["files"],
    }
    assert subprocess.run(words, check=False, stderr=subprocess.PIPE).returncode == 1
    path.write_bytes(put(path.read_bytes(), (*ENVIRONMENT, "files"), {"../evil": "x"}))
    words[-1] += "2"
    failed = subprocess.run(words, check=False, stderr=subprocess.PIPE)
    assert b"a strange name" in failed.stderr
    assert not (tmp_path / "evil").exists()
