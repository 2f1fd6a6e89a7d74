"""What is read of a notebook, cell by cell."""

from __future__ import annotations

import json

import pytest

from envboot.infer import notebook, syntax
from tests.scanning import cells, labels, scan


def modules_of(text: str | bytes) -> dict[str, bool]:
    data = text.encode() if isinstance(text, str) else text
    return {s.module: s.guarded for s in notebook.read(data).seen}


@pytest.mark.parametrize(
    "source",
    [
        "%matplotlib inline\nimport x1",
        "import x1\n!pip install y1 \\\n   y2",
        "if True:\n    %matplotlib inline\nimport x1",
        "if True: !ls\nimport x1",
        "files = !ls *.py\nimport x1",
        "found = %sql select 1\nimport x1",
        "x1?\nimport x1",
        "import x1\nx1.read??",
        "?x1\nimport x1",
        "%%time\nimport x1",
        "%%capture out\nimport x1",
        "\n%%timeit -n 10\nimport x1",
        "%time import x1",
        "%timeit -n 10 -r 3 foo(1,\n   2)\nimport x1",
        "%%writefile helper.py\nimport x1",
        "text = '''\n%d items\n'''\nimport x1",
        "print('a'\n      % (1,))\n!ls\nimport x1",
        "await thing()\nimport x1",
        ["import ", "x1\n", "x1.y"],
        "def f():\n    !ls\n    return 1\nimport x1",
        "%pip install x\n%load_ext autoreload\n%autoreload 2\nimport x1;",
    ],
)
def test_magics_hide_no_import(source):
    reading = notebook.read(cells(source).encode())
    assert [s.module for s in reading.seen if s.module != "y1"] == ["x1"]
    assert reading.errors == ()


@pytest.mark.parametrize(
    "source",
    [
        "%%bash\nimport x1",
        "%%html\n<b>import x1</b>",
        "%%R\nlibrary(x)\nimport x1",
        "%%javascript\nimport x1 from 'y'",
        "%%writefile notes.txt\nimport x1",
        "%%some_magic_of_mine\nimport x1 from",
    ],
)
def test_cells_of_other_languages_are_not_read(source):
    reading = notebook.read(cells(source).encode())
    assert reading == syntax.Reading()


def test_a_bad_cell_costs_that_cell(tmp_path):
    text = cells("import x1", "this is not python import", 'import x2\nprint "two"', "import x3")
    found = scan(tmp_path, {"n.ipynb": text})
    assert labels(found) == {"x1": "production", "x2": "guarded", "x3": "production"}
    assert [str(n).partition(": ")[0] for n in found.unreadable] == [
        "n.ipynb, cell 2, line 1",
        "n.ipynb, cell 3, line 2",
    ]
    assert str(found.modules[2].origin) == "n.ipynb, cell 4, line 1"
    assert found.notebooks == ("n.ipynb",)


def test_odd_cells_are_listed_or_passed_over():
    rows = [{"cell_type": "markdown", "source": "import y"}, {"cell_type": "code"}, 3]
    reading = notebook.read(
        json.dumps({"cells": [*rows, {"cell_type": "code", "source": 7}]}).encode()
    )
    assert reading.seen == ()
    assert reading.errors == (("not a cell", None, 3), ("the source is not text", None, 4))


def test_format_3_is_read():
    cell = {"cell_type": "code", "language": "python", "input": ["import x1\n"]}
    ruby = {"cell_type": "code", "language": "ruby", "input": ["import x2\n"]}
    sheet = json.dumps({"nbformat": 3, "worksheets": [{"cells": [cell, ruby]}]})
    assert modules_of(sheet) == {"x1": False}


@pytest.mark.parametrize(
    ("metadata", "ours"),
    [
        ({}, True),
        ({"kernelspec": {"name": "python3", "language": "python"}}, True),
        ({"kernelspec": {"name": "my-env"}}, True),
        ({"language_info": {"name": "python"}}, True),
        ({"language_info": {"name": "R"}}, False),
        ({"kernelspec": {"name": "ir", "language": "R"}}, False),
        ({"kernelspec": {"name": "julia-1.6"}}, False),
        ({"kernelspec": "broken"}, True),
    ],
)
def test_only_python_notebooks_are_read(tmp_path, metadata, ours):
    found = scan(tmp_path, {"n.ipynb": cells("import x1", **metadata)})
    assert bool(found.modules) is ours
    assert found.notebooks == ("n.ipynb",)


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"[]", b"\xff\xfe\x00", b"<<<<<<< HEAD\n{}", b"[" * 100_000, b'{"cells": 3}'],
)
def test_what_is_no_notebook_is_listed_and_the_rest_goes_on(tmp_path, data):
    found = scan(tmp_path, {"a.ipynb": data, "b.py": "import x1"})
    assert labels(found) == {"x1": "production"}
    assert len(found.unreadable) == (0 if data == b'{"cells": 3}' else 1)


def test_modules_that_a_notebook_writes_are_its_own(tmp_path):
    text = cells("%%writefile tool.py\nimport x1", "import tool")
    assert labels(scan(tmp_path, {"n.ipynb": text})) == {"x1": "production"}


def test_a_notebook_with_a_bom_is_read():
    assert modules_of(b"\xef\xbb\xbf" + cells("import x1").encode()) == {"x1": False}
