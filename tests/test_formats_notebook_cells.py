"""A cell of ours in front of a notebook, and the cells without their outputs."""

from __future__ import annotations

import json
import random
import warnings

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ipynb import CELLS, STYLES, code, documents, markdown, messy, notebook

from envboot.errors import InvalidFile
from envboot.formats.notebook.cells import cells, put_cell, take_cell

MARK = {"pep723": True}
SOURCE = '# /// script\n# dependencies = ["numpy"]  # é\n# ///'
DOCUMENTS = {
    name: document
    for name, document in documents().items()
    if (name in CELLS or name[0] in "34") and name != "3, no worksheet"
}


def sources(document):
    there = [document, *document.get("worksheets", ())]
    for cell in (cell for holder in there for cell in holder.get("cells", ())):
        yield "".join(cell.get("source", cell.get("input")))


@pytest.mark.parametrize("style", STYLES)
def test_put_in_and_taken_out_of_every_notebook(style):
    for name, document in DOCUMENTS.items():
        data = STYLES[style](document)
        assert [c.source for c in cells(data)] == list(sources(document)), name
        new = put_cell(data, SOURCE, MARK)
        first = next(cells(new))
        assert (first.kind, first.source, first.metadata) == ("code", SOURCE, {"envboot": MARK})
        assert [c.source for c in cells(new)][1:] == list(sources(document))
        assert put_cell(new, SOURCE, MARK) is new
        other = put_cell(new, "# one line", MARK)
        assert next(cells(other)).source == "# one line"
        assert take_cell(new, MARK) == data, name
        assert take_cell(other, MARK) == data, name


def test_nbformat_finds_what_was_written_valid():
    for document in DOCUMENTS.values():
        new = nbformat.reads(
            put_cell(STYLES["jupyter"](document), SOURCE, MARK).decode(), nbformat.NO_CONVERT
        )
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # an id that is missing, or there twice
            nbformat.validate(new)


def test_it_looks_like_the_cells_that_are_there():
    data = STYLES["as made"](notebook(code("a text"), minor=5))
    new = put_cell(data, SOURCE, MARK).decode()
    assert list(json.loads(new)["cells"][0]) == [*code(), "id"]
    assert json.loads(new)["cells"][0]["source"] == SOURCE
    saved = nbformat.writes(nbformat.reads(new, nbformat.NO_CONVERT), sort_keys=False)
    lines = put_cell(STYLES["as made"](notebook(code(), minor=5)), SOURCE, MARK).decode()
    assert json.loads(lines)["cells"][0]["source"] == SOURCE.splitlines(keepends=True)
    assert json.loads(saved)["cells"][0]["source"] == SOURCE.splitlines(keepends=True)


def test_cells_on_one_line_each():
    rows = ",\n  ".join(json.dumps(c) for c in (code(), markdown("x")))
    data = f'{{\n "cells": [\n  {rows}\n ],\n "metadata": {{}},\n "nbformat": 4\n}}\n'.encode()
    new = put_cell(data, SOURCE, MARK)
    assert len(new.splitlines()) == len(data.splitlines()) + 1
    assert take_cell(new, MARK) == data


def test_only_ours_is_taken():
    others = [
        code("a", metadata={"envboot": m}) for m in ({}, {"pep723": False}, {"x": 1}, 3, None)
    ]
    data = STYLES["jupyter"](notebook(*others, code("b"), minor=5))
    assert take_cell(data, MARK) is data
    assert take_cell(put_cell(data, SOURCE, MARK), MARK) == data


@pytest.mark.parametrize("style", STYLES)
def test_where_a_person_moved_it_it_is_still_ours(style):
    mine = code("old", metadata={"tags": [], "envboot": {**MARK, "more": 1}})
    for number in range(3):
        there = [code("a"), markdown("b")]
        there.insert(number, mine)
        data = STYLES[style](notebook(*there, minor=5))
        new = put_cell(data, SOURCE, MARK)
        assert [c.source for c in cells(new)][number] == SOURCE
        assert list(cells(new))[number].metadata == mine["metadata"]
        assert [c.source for c in cells(take_cell(new, MARK))] == ["a", "b"]


def test_its_id_is_its_own():
    there = {**code("x"), "id": "envboot-pep723"}
    document = {**notebook(), "cells": [there], "nbformat_minor": 5}
    new = json.loads(put_cell(STYLES["jupyter"](document), SOURCE, MARK))
    assert [c["id"] for c in new["cells"]] == ["envboot-pep7231", "envboot-pep723"]
    new = json.loads(put_cell(STYLES["jupyter"](notebook(minor=5)), "", {"a b": 1, "z" * 90: 2}))
    assert new["cells"][0]["id"] == ("envboot-a-b-" + "z" * 90)[:60]


def test_two_marks_are_two_cells():
    data = STYLES["jupyter"](notebook(minor=5))
    both = put_cell(put_cell(data, "1", {"a": 1}), "2", {"b": 1})
    assert [c.source for c in cells(both)] == ["2", "1"]
    assert take_cell(take_cell(both, {"a": 1}), {"b": 1}) == data
    assert take_cell(take_cell(both, {"b": 1}), {"a": 1}) == data


@pytest.mark.parametrize(
    "data",
    [
        b'{"nbformat": 4, "metadata": {}}',
        b'{"nbformat": 4, "metadata": {}, "cells": {}}',
        b'{"nbformat": 3, "metadata": {}, "worksheets": []}',
        b'{"nbformat": 3, "metadata": {}, "worksheets": [{}]}',
    ],
)
def test_a_notebook_without_a_list_of_cells(data):
    assert list(cells(data)) == []
    for do in (lambda: put_cell(data, SOURCE, MARK), lambda: take_cell(data, MARK)):
        with pytest.raises(InvalidFile, match="no list of cells") as caught:
            do()
        assert caught.value.hint


@pytest.mark.parametrize(
    "inner",
    [
        b"[1 2]",
        b"[{]",
        b'[{"source": [}]',
        b'[{"metadata": {"a": 1, "a": 2}}]',
        b'[{"source": "", "source": ""}]',
        b'[{"cell_type": tru}]',
        b"[,]",
        b'[{"metadata": ' + b"[" * 100_000 + b"]" * 100_000 + b"}]",
    ],
)
def test_broken_cells(inner):
    data = b'{"nbformat": 4, "metadata": {}, "cells": ' + inner + b', "x": "\\"envboot\\""}'
    with pytest.raises(InvalidFile) as caught:
        list(cells(data))
    assert caught.value.hint


def test_strange_cells_are_read_as_far_as_they_say_something():
    strange = [3, None, "x", [], {}, {"cell_type": 7, "source": [1, "a"], "metadata": []}]
    data = json.dumps({**notebook(), "cells": strange}).encode()
    assert [c.source for c in cells(data)] == ["", "", "", "", "", "a"]
    assert list(cells(data))[5].kind == "7"
    assert take_cell(data, MARK) is data
    ours = json.dumps({**notebook(), "cells": [{"metadata": {"envboot": MARK}}]}).encode()
    with pytest.raises(InvalidFile, match="has no source"):
        put_cell(ours, SOURCE, MARK)


def test_outputs_are_not_decoded():
    data = b'{"nbformat": 4, "cells": [{"outputs": [1 2 3], "source": "a"}], "metadata": {}}'
    assert [c.source for c in cells(data)] == ["a"]
    assert take_cell(put_cell(data, SOURCE, MARK), MARK) == data


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    there=st.lists(st.sampled_from([code(), markdown("x"), code('{"', "]"), {}]), max_size=3),
    seed=st.integers(0, 10_000),
    blanks=st.sampled_from(["", " ", " \n", "\r\n\t", "\n  "]),
)
def test_any_white_space_comes_back(there, seed, blanks):
    chance = random.Random(seed)  # noqa: S311 - no secret
    blank = lambda: "".join(chance.choices(blanks, k=chance.randrange(4))) if blanks else ""  # noqa: E731
    data = (blank() + messy({**notebook(), "cells": there}, blank) + blank()).encode()
    new = put_cell(data, SOURCE, MARK)
    assert next(cells(new)).source == SOURCE
    assert [c.source for c in cells(new)][1:] == [c.source for c in cells(data)]
    assert take_cell(new, MARK) == data
    assert take_cell(put_cell(new, "other", MARK), MARK) == data
