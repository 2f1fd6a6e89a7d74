"""Whatever lies in a repository, a scan ends, says what it could not read, and goes on."""

from __future__ import annotations

import json
import sys
import time
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envboot import infer
from envboot.infer import back_ends, cython, notebook, rows, syntax
from envboot.infer.reading import Reading, dumped, loaded
from envboot.shell.local import LocalShell
from tests.scanning import cells, labels, scan, write

CODE = st.lists(
    st.sampled_from(
        [
            *("import pandas as pd", "from os import environ", "import subprocess, os, torch\n"),
            *("!pip install x1", "%load_ext x2", "%%bash", "%%time", "try:", "except:", "    "),
            *("pd.read_excel('a.xls')", "os.environ['X']", "x.cuda()", "if a:", "    import x3"),
            *("subprocess.run(['pip', 'install', 'x'])", "__import__('x4')", "{{ x }}", "{% if %}"),
            *(
                "'''",
                '"""',
                "\\",
                "# /// script",
                "# dependencies = ['x']",
                "# ///",
                "\r",
                "\0",
                "é",
            ),
            *(
                "print 'x'",
                "sys.path.append('..')",
                "lambda:",
                "f'{x",
                "(",
                ")",
                "os.system('",
                "= !",
            ),
        ]
    )
)


@settings(max_examples=120, deadline=None)
@given(
    st.one_of(st.binary(), CODE.map("\n".join).map(str.encode), CODE.map(" ".join).map(str.encode))
)
def test_no_bytes_are_too_odd(data):
    for read in (syntax.read, notebook.read, cython.read):
        found = read(data)
        assert isinstance(found, Reading)
        assert loaded(json.loads(json.dumps(dumped(found)))) == found


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=8)),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "cells",
                    "cell_type",
                    "source",
                    "input",
                    "worksheets",
                    "metadata",
                    "outputs",
                    "language",
                ]
            ),
            inner,
            max_size=5,
        )
    ),
)


@settings(max_examples=120, deadline=None)
@given(JSON)
def test_no_json_is_too_odd(document):
    data = json.dumps(document).encode()
    notebook.read(data)
    json.loads(notebook.without_outputs(data))


@settings(max_examples=120, deadline=None)
@given(st.lists(st.one_of(CODE.map("\n".join), st.text())))
def test_no_cell_is_too_odd(sources):
    found = notebook.read(cells(*sources).encode())
    assert all(1 <= s.cell <= len(sources) for s in found.seen)
    assert all(1 <= f.cell <= len(sources) and f.line >= 1 for f in found.facts)
    assert loaded(json.loads(json.dumps(dumped(found)))) == found


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet='ab"\\[]{}:, \n', max_size=60), st.integers(0, 60))
def test_outputs_are_cut_out_of_valid_notebooks_and_nothing_else(text, end):
    kept = {"cells": [{"source": text, "outputs": [], "attachments": {}}], "metadata": {text: 1}}
    full = {
        "cells": [
            {
                "source": text,
                "outputs": [{"a": [text, {"outputs": [1]}]}],
                "attachments": {text: {}},
            }
        ],
        "metadata": {text: 1},
    }
    for given_ in (json.dumps(full), json.dumps(full, indent=1)):
        assert json.loads(notebook.without_outputs(given_.encode())) == kept
    cut = json.dumps(full).encode()[:end]
    try:
        notebook.without_outputs(cut)
    except ValueError as error:
        assert "has no end" in str(error)  # noqa: PT017


@given(st.binary(max_size=200).map(lambda b: b.replace(b"a", b"\r").replace(b"b", b"\n")))
def test_lines_are_counted_as_python_counts_them(data):
    text = data.decode("latin-1")
    wanted = [n for n, line in enumerate(rows.plain(data).split(b"\n"), 1) if b"w" in line]
    assert rows.holding(text.encode("latin-1"), (b"w",)).numbers == wanted


N = 60_000
HOSTILE = [
    *(
        " " * N,
        "\n" * N,
        "\t!" * N,
        "a " * N,
        "a=" * N,
        "= !" * N,
        "[" * N,
        "'" * N,
        "{{" * N,
        "{%" * N,
    ),
    *("%" * N, "!" * N, "?" * N, "if :" * N, "print " * N, "except a," * N, "from " * N, ". " * N),
    *(
        "\\\n" * N,
        "\\" * N,
        "!pip install " + "a-" * N,
        "!pip install a" + "==1" * N,
        "%time -a " * N,
    ),
    *("x" + "\n" * N + "!", "!" + "a/" * N + "python", "pip install " + "=" * N, '"source":[' * N),
    *('"cell_type":"code","source":' * N, "# /// script\n" * N, "x.cuda()" + ".format()" * N),
    *(
        "y = 'a'" + ".format()" * 2500 + ".cuda()",
        "y = get_ipython()" + ".a()" * 2500 + ".system('a')",
    ),
    *("y = 'a'" + "+ 'a'" * 20_000 + "\nx.cuda()", "subprocess.run('a'" + " + str(1)" * 5000 + ")"),
]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda t: repr(t[:20]))
@pytest.mark.timeout(60)
def test_no_text_takes_time_that_grows_faster_than_itself(text):
    code = f"import subprocess, torch, os\n{text}\n"
    begin = time.perf_counter()
    syntax.read(code.encode())
    cython.read(code.encode())
    notebook.read(cells(f"{code}\n!ls", text).encode())
    notebook.read(text.encode())
    assert time.perf_counter() - begin < 30


# ------------------------------------------------------------------ which files are read how


@pytest.mark.parametrize(
    ("data", "module"),
    [
        ("import x1\nname = '{{ cookiecutter.name }}'\n{% if a %}\nimport x2\n{% endif %}", "x2"),
        ("from {{ cookiecutter.module }}.a import b\nimport x1", "x1"),
        ("from {{ cookiecutter.module }} import b\nimport x1\nclass A:\n  import x2", "x2"),
        ("import x1  # ü\n".encode("utf-16"), "x1"),
        ("if True:\n    import x1\ns = 'caf\xe9'\n".encode("latin-1"), "x1"),
    ],
)
def test_templates_and_wrong_encodings_are_read_whole_and_listed(tmp_path, data, module):
    found = scan(tmp_path, {"a.py": data})
    assert labels(found)[module] == "production"
    assert set(labels(found)) <= {"x1", "x2"}
    assert len(found.unreadable) == 1


def test_cython_is_read_by_lines(tmp_path):
    code = (
        "# cython: language_level=3\nimport x1\ncimport numpy as cnp\nfrom libc.math cimport sqrt\n"
        "from scipy.linalg cimport cython_blas\nfrom other_of_mine cimport f\ncimport cython\n"
        '"""\nimport nothing\n"""\ncdef class A:\n    def f(self):\n        import x2\n'
    )
    found = scan(tmp_path, {"pkg/a.pyx": code, "pkg/__init__.py": "from pkg import a"})
    assert labels(found) == {
        "numpy": "production",
        "scipy": "production",
        "x1": "production",
        "x2": "guarded",
    }
    assert {m.module: m.origin.line for m in found.modules}["scipy"] == 5


def test_places_are_counted_file_by_file_with_the_label_that_counts(tmp_path):
    guarded = "try:\n    import x1\nexcept ImportError:\n    pass"
    files = {"a.py": "import x1\nimport x1.y", "b.py": "import x1", "c.py": guarded}
    found = scan(tmp_path, {**files, "tests/d.py": "import x1"})
    assert [(m.module, m.label, m.places) for m in found.modules] == [("x1", "production", 2)]


def test_modules_that_exist_only_at_run_time_are_named(tmp_path):
    text = cells("%%writefile tool.py\nimport x1", "import tool\nimport model_pb2")
    found = scan(tmp_path, {"n.ipynb": text, "a.py": "import here_pb2", "here_pb2.py": ""})
    assert found.made == ("model_pb2", "tool")


def test_one_file_or_folder_can_be_read_alone(tmp_path):
    files = {
        "a.py": "import x1, helper",
        "sub/b.py": "import x2, helper",
        "sub/n.ipynb": cells("import x3"),
    }
    write(
        tmp_path,
        {**files, "helper.py": "import x4", ".gitignore": "made.py", "made.py": "import x5"},
    )

    def only(name: str) -> set[str]:
        return set(labels(infer.imports(tmp_path, LocalShell(), only=tmp_path / name)))

    assert only("a.py") == {"x1"}
    assert only("sub") == {"x2", "x3"}
    assert only("sub/n.ipynb") == {"x3"}
    assert only("made.py") == {"x5"}
    assert only("absent") == only("..") == set()
    assert only(".") == {"x1", "x2", "x3", "x4"}


def test_a_loop_of_links_ends(tmp_path):
    write(tmp_path, {"a/x.py": "import x1"})
    (tmp_path / "a" / "again").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "self.py").symlink_to(tmp_path / "self.py")
    assert labels(infer.imports(tmp_path, LocalShell())) == {"x1": "production"}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no unreadable files like that")
def test_a_pipe_and_a_folder_that_look_like_code_are_passed_over(tmp_path):
    import os

    write(tmp_path, {"a.py": "import x1", "b.py/c.py": "import x2"})
    os.mkfifo(tmp_path / "pipe.py")
    found = infer.imports(tmp_path, LocalShell())
    assert labels(found) == {"x1": "production", "x2": "production"}
    assert [str(n) for n in found.unreadable] == ["pipe.py: cannot be opened"]


def test_of_a_broken_notebook_the_whole_cells_count(tmp_path):
    whole = json.loads(cells("import x1", "!pip install x2", "import x3"))
    whole["cells"].insert(1, {"cell_type": "markdown", "source": ["import this"]})
    text = json.dumps(whole, indent=1)
    merged = text.replace('"import x1"', '\n<<<<<<< HEAD\n"import x1"')
    ruby = '{"metadata": {"kernelspec": {"language": "ruby"}},' + text[1:-1]
    files = {"cut.ipynb": text[: text.index("x3")], "merged.ipynb": merged, "ruby.ipynb": ruby}
    found = scan(
        tmp_path, {**files, "conflict.ipynb": text.replace("x1", "x4") + "\n>>>>>>> mine\n"}
    )
    assert labels(found) == dict.fromkeys(("x1", "x3", "x4"), "production")
    assert [str(m.origin) for m in found.modules if m.module == "x1"] == [
        "cut.ipynb, cell 1, line 1"
    ]
    assert [(a.text, str(a.origin)) for a in found.asked] == [
        ("x2", "conflict.ipynb, cell 3, line 1")
    ]
    assert {n.origin.path for n in found.unreadable if n.origin} == {*files, "conflict.ipynb"}


# ------------------------------------------------------------------ large ones


def large(megabytes: int, **cell: object) -> bytes:
    """Return a notebook whose picture and whose printed lines are large."""
    picture = {
        "data": {"image/png": "iVBORw0K\n" * (megabytes * 100_000)},
        "output_type": "display_data",
    }
    printed = {"output_type": "stream", "text": ['a "quoted" line\n'] * (megabytes * 2_000)}
    rows_ = [
        {"cell_type": "code", "source": "import pandas as pd", "outputs": [picture], **cell},
        {
            "cell_type": "code",
            "source": ["df.to_parquet('a')\n", "import x1"],
            "outputs": [printed],
        },
    ]
    return json.dumps({"nbformat": 4, "metadata": {}, "cells": rows_}).encode()


def test_the_outputs_of_a_large_notebook_are_not_decoded():
    data = large(10)
    assert len(data) > notebook.LARGE
    notebook.read(large(0))  # tables of names are read once
    tracemalloc.start()
    try:
        found = notebook.read(data)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert [s.module for s in found.seen] == ["pandas", "x1"]
    assert [f.text for f in found.facts] == ["pyarrow"]
    assert peak < 1_000_000


@pytest.mark.parametrize("cut", [1, 100, 5_000_000])
def test_a_large_notebook_that_was_cut_off_is_listed(cut):
    (error,) = notebook.read(large(10)[:-cut]).errors
    assert error[0].startswith("not a notebook: ")


def test_a_large_cell_is_read_by_lines(tmp_path):
    text = cells("import x1\n" + "#" * syntax.BIG, "import x2")
    assert labels(scan(tmp_path, {"n.ipynb": text})) == {"x1": "production", "x2": "production"}


def test_the_rules_of_a_module_are_made_once():
    assert back_ends.rules("pandas") is back_ends.rules("pandas")
