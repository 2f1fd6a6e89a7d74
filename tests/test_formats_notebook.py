"""A notebook's metadata: read, changed and restored with no other byte moved."""

from __future__ import annotations

import difflib
import json
import random
import sys
import warnings

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ipynb import INFO, PYTHON3, STYLES, USUAL, code, documents, markdown, messy, notebook

from envboot.errors import InvalidFile
from envboot.formats import notebook as formats_notebook
from envboot.formats.notebook import ENVIRONMENT, Notebook, put, read, take
from envboot.spec import Origin

ORIGIN = Origin("a folder/x.ipynb")
ENVIRON = {
    "env_ver": "0.2",
    "requirements.txt": 'numpy>=1.26\npandas  # "é" \\ 漢字 😀\n',
    "files": {"apt.txt": "graphviz\n", "uv.lock": ""},
    "git": {"path": "https://github.com/octocat/Hello-World", "commit id": "7fd1a60"},
    "cloud": [{"env_name": "google", "metadata": {}}],
    "machine_configuration": {"cpus": 2, "gpu": True},
}
DOCUMENTS = documents()
PATHS = (ENVIRONMENT, ("metadata", "envboot", "embed"), ("metadata", "envboot", "environment"))
QUICK = settings(max_examples=300, deadline=None, derandomize=True)


def decoded(data):
    return json.loads(data.decode("utf-8-sig"))


def at(found, path):
    for key in path:
        found = found[key]
    return found


def absent(document, path):
    for key in path:
        if not isinstance(document, dict) or key not in document:
            return True
        document = document[key]
    return False


def changed_lines(before, after):
    """Return how many lines a diff shows: those taken out, and those put in."""
    old, new = (data.decode().splitlines() for data in (before, after))
    rows = difflib.unified_diff(old, new, lineterm="", n=0)
    return [r for r in rows if r[0] in "+-" and r[:3] not in ("+++", "---")]


def refused(data, *words):
    with pytest.raises(InvalidFile) as caught:
        read(data, ORIGIN)
    error = caught.value
    assert error.hint
    assert "\n" not in str(error)
    for word in words:
        assert word in str(error), str(error)
    return error


# ------------------------------------------------------------------------ put and take


def test_there_are_enough_of_them():
    assert len(DOCUMENTS) >= 50
    assert len(STYLES) >= 7


@pytest.mark.parametrize("style", STYLES)
def test_every_notebook_in_every_style(style):
    for name, document in DOCUMENTS.items():
        data = STYLES[style](document)
        found = read(data, ORIGIN)
        assert repr(found.metadata) == repr(decoded(data)["metadata"]), name
        assert found.nbformat == (document["nbformat"], document["nbformat_minor"])
        for path in PATHS:
            new = put(data, path, ENVIRON)
            assert at(decoded(new), path) == ENVIRON, name
            assert put(new, path, ENVIRON) is new, name
            if absent(document, path):
                assert take(new, path) == data, (name, path)
                other = put(new, path, {"env_ver": "0.1", "new": [1], "files": {"apt.txt": ""}})
                assert take(other, path) == data, (name, path)
                assert put(other, path, 7) != other
                assert take(put(other, path, 7), path) == data, (name, path)


def test_nbformat_finds_what_was_written_valid():
    for name, document in DOCUMENTS.items():
        data = STYLES["jupyter"](document)
        for path in PATHS:
            new = nbformat.reads(put(data, path, ENVIRON).decode(), nbformat.NO_CONVERT)
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                nbformat.validate(new)
            assert at(new, path) == ENVIRON, name


@pytest.mark.parametrize("style", STYLES)
def test_a_diff_shows_what_was_put_in_and_nothing_else(style):
    document = notebook(code(), markdown("# x"), code("1"), minor=5)
    value = {"env_ver": "0.2", "requirements.txt": "numpy\npandas\n"}
    data = STYLES[style](document)
    rows = changed_lines(data, put(data, ENVIRONMENT, value))
    if b"\n" in data.strip():
        assert len(rows) == (1 if style == "no indentation" else 4)
        assert all(r[0] == "+" for r in rows)
    else:
        assert len(rows) == 2


def test_at_the_end_of_an_object_one_line_more_gets_its_comma():
    data = STYLES["as made"](notebook(code(), metadata={"aa": 1}))
    rows = changed_lines(data, put(data, ENVIRONMENT, {"env_ver": "0.2", "setup.sh": ""}))
    assert rows == [
        '-  "aa": 1',
        '+  "aa": 1,',
        '+  "environment": {',
        '+   "env_ver": "0.2",',
        '+   "setup.sh": ""',
        "+  }",
    ]


def test_where_keys_are_sorted_they_stay_so():
    data = STYLES["jupyter"](notebook(code(), metadata={**USUAL, "colab": {}}))
    new = put(put(data, ENVIRONMENT, {"env_ver": "0.2"}), ("metadata", "envboot", "embed"), True)
    assert list(decoded(new)["metadata"]) == sorted(decoded(new)["metadata"])
    saved = nbformat.writes(nbformat.reads(new.decode(), nbformat.NO_CONVERT)) + "\n"
    assert saved.encode() == new  # Jupyter's own save changes nothing


def test_only_what_differs_within_a_value_is_changed():
    data = STYLES["tabs"](notebook(code()))
    old = put(data, ENVIRONMENT, {"zz": 1, "a": {"x": [1, 2], "y": 2}, "env_ver": "0.2"})
    odd = old.replace(b'"zz": 1', b'"zz"  :  1')  # somebody's own way to write it
    new = put(odd, ENVIRONMENT, {"zz": 1, "a": {"x": [1, 2], "y": 3, "z": 4}, "env_ver": "0.2"})
    assert changed_lines(odd, new) == ['-\t\t\t\t"y": 2', '+\t\t\t\t"y": 3,', '+\t\t\t\t"z": 4']
    without = put(new, ENVIRONMENT, {"zz": 1, "a": {"z": 4}})
    assert b'"zz"  :  1' in without
    assert decoded(without)["metadata"]["environment"] == {"zz": 1, "a": {"z": 4}}


def test_the_order_of_keys_is_no_change():
    data = put(STYLES["jupyter"](notebook(code())), ENVIRONMENT, {"a": {"b": 1, "c": 2}, "d": 3})
    assert put(data, ENVIRONMENT, {"d": 3, "a": {"c": 2, "b": 1}}) is data


@pytest.mark.parametrize(
    ("one", "other"), [(1, True), (0, False), (1, 1.0), (0.0, -0.0), ("1", 1), (None, False)]
)
def test_what_is_equal_in_python_alone_is_a_change(one, other):
    data = put(STYLES["jupyter"](notebook(code())), ENVIRONMENT, {"a": [one]})
    new = put(data, ENVIRONMENT, {"a": [other]})
    assert new != data
    assert repr(decoded(new)["metadata"]["environment"]["a"]) == repr([other])


def test_a_value_that_is_no_number_is_the_same_again():
    data = put(STYLES["jupyter"](notebook(code())), ENVIRONMENT, {"a": float("nan")})
    assert put(data, ENVIRONMENT, {"a": float("nan")}) is data


@pytest.mark.parametrize("blank", ["", " ", "  ", "\n", "\n  ", "\r\n\t", "\t", " \n "])
@pytest.mark.parametrize("style", STYLES)
def test_what_is_empty_is_as_empty_afterwards(style, blank):
    """The white space within ``{}`` comes back, and ``envboot`` stays where it was there."""
    for metadata in ({}, {"envboot": {}}, {"envboot": {}, "a": {}}, {"envboot": {"x": {}}}):
        data = STYLES[style](notebook(code(), metadata=metadata))
        data = data.replace(b"{}", b"{" + blank.encode() + b"}")
        for path in (*PATHS, ("metadata", "envboot", "x", "y", "z"), ("metadata", "new", "b")):
            new = put(data, path, ENVIRON)
            assert at(decoded(new), path) == ENVIRON
            assert take(new, path) == data, (metadata, path)


@pytest.mark.parametrize("style", STYLES)
def test_metadata_that_is_missing_is_made_and_goes_again(style):
    document = {k: v for k, v in notebook(code()).items() if k != "metadata"}
    data = STYLES[style](document)
    assert read(data, ORIGIN) == Notebook({}, (4, 4))
    for path in PATHS:
        new = put(data, path, ENVIRON)
        assert at(decoded(new), path) == ENVIRON
        assert take(new, path) == data


@pytest.mark.parametrize("style", STYLES)
def test_two_keys_of_one_object_go_in_any_order(style):
    data = STYLES[style](notebook(code()))
    one, two = PATHS[1:]
    both = put(put(data, one, False), two, ENVIRON)
    assert take(take(both, one), two) == data
    assert take(take(both, two), one) == data


def test_taking_what_is_not_there_changes_nothing():
    data = STYLES["jupyter"](notebook(code(), metadata={"kernelspec": 3}))
    assert take(data, ENVIRONMENT) is data
    assert take(data, ("metadata", "kernelspec", "name")) is data
    assert take(data, ("nothing", "at", "all")) is data


def test_characters_are_escaped_where_the_file_does_so():
    plain = STYLES["jupyter"](notebook(code("x")))
    assert "é".encode() in put(plain, ENVIRONMENT, "é")
    escaped = STYLES["escaped"](notebook(code("é")))
    assert b'"\\u00e9"' in put(escaped, ENVIRONMENT, "é")
    assert b'"\\ud83d\\ude00"' in put(escaped, ENVIRONMENT, "\U0001f600")
    for trap in ("\u001b[0m", "\\u00e9", "\\\\u00e9"):  # escapes that say nothing on the style
        data = STYLES["escaped"](notebook(code(trap)))
        assert "é".encode() in put(data, ENVIRONMENT, "é"), trap
    both = STYLES["jupyter"](notebook(code("é"))).replace(b"os.", b"\\u00e9")
    assert "é".encode() in put(both, ENVIRONMENT, "é")


def test_half_a_surrogate_pair_is_written_as_it_was_read():
    data = put(STYLES["jupyter"](notebook(code("é"))), ENVIRONMENT, {"a": "\ud800"})
    assert b'"\\ud800"' in data
    assert read(data, ORIGIN).environment == {"a": "\ud800"}
    assert put(data, ENVIRONMENT, {"a": "\ud800"}) is data


def test_on_the_way_only_objects():
    data = STYLES["jupyter"](notebook(code(), metadata={"envboot": [1]}))
    with pytest.raises(InvalidFile, match=r"`metadata\.envboot` of the notebook is no object"):
        put(data, ("metadata", "envboot", "embed"), False)
    assert read(data, ORIGIN).own == {}


def test_what_cannot_be_written_into_is_told_with_its_line():
    broken = {
        b'{"nbformat": 4,\n"metadata": {\n"envboot": 1}}': ("metadata.envboot", 3),
        b'{"nbformat": 4,\n"metadata": {"envboot": {"embed":\n{"a": 1,\n"a": 1}}}}': ("twice", 4),
        b'{"nbformat": 4,\n"metadata": {},\n"metadata": {}}': ("twice", 3),
    }
    for data, (word, line) in broken.items():
        with pytest.raises(InvalidFile, match=word) as caught:
            put(data, ("metadata", "envboot", "embed"), False, ORIGIN)
        assert caught.value.origin == Origin(ORIGIN.path, line)
    with pytest.raises(InvalidFile) as caught:
        take(b"{", ENVIRONMENT, ORIGIN)
    assert caught.value.origin == Origin(ORIGIN.path, 1)


# ------------------------------------------------------- any JSON, with any white space

KEYS = st.sampled_from(["a", "environment", "envboot", "zz", 'q"{', "é", "\\"])
INNER = st.recursive(
    st.sampled_from([None, True, 0, -1.5, "", "x", '"}', "\\", "é\n", "[", "\U0001f600"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)
TABLES = st.dictionaries(KEYS, INNER, max_size=4)


@QUICK
@given(
    metadata=TABLES,
    value=INNER,
    other=INNER,
    path=st.lists(KEYS, min_size=1, max_size=3).map(tuple),
    seed=st.integers(0, 10_000),
    blanks=st.sampled_from(["", " ", " \n", "\r\n\t", "\n  "]),
)
def test_any_white_space_comes_back(metadata, value, other, path, seed, blanks):
    chance = random.Random(seed)  # noqa: S311 - no secret
    blank = lambda: "".join(chance.choices(blanks, k=chance.randrange(4))) if blanks else ""  # noqa: E731
    document = {"nbformat": 4, "metadata": metadata, "cells": [], "nbformat_minor": 2}
    data = (blank() + messy(document, blank) + blank()).encode()
    way = ("metadata", *path)
    try:
        new = put(data, way, value)
    except InvalidFile:
        assert isinstance(at_most(metadata, path), (list, str, int, float, bool, type(None)))
        return
    assert json.dumps(at(decoded(new), way), sort_keys=True) == json.dumps(value, sort_keys=True)
    assert put(new, way, value) == new
    second = put(new, way, other)
    assert json.dumps(at(decoded(second), way), sort_keys=True) == json.dumps(other, sort_keys=True)
    if absent(document, way):
        assert take(new, way) == data
        assert take(second, way) == data
    else:
        rest = decoded(take(new, way))
        assert absent(rest, way)


def at_most(found, path):
    """Return the first value on the way that is no object."""
    for key in path:
        if not isinstance(found, dict):
            return found
        found = found[key]
    return found


# ---------------------------------------------------------------------------- reading


def test_what_a_notebook_says_of_itself():
    metadata = {**USUAL, "environment": {"env_ver": "0.1"}, "envboot": {"embed": False}}
    found = read(STYLES["jupyter"](notebook(code(), metadata=metadata, minor=5)), ORIGIN)
    assert found.metadata["kernelspec"] == PYTHON3
    assert found.metadata["language_info"] == INFO
    assert found.environment == {"env_ver": "0.1"}
    assert found.own == {"embed": False}
    assert found.nbformat == (4, 5)
    assert read(STYLES["bom"](DOCUMENTS["3.0"]), ORIGIN).nbformat == (3, 0)
    assert read(STYLES["bom"](DOCUMENTS["3.0"]), ORIGIN).environment is None


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", ("not a notebook",)),
        (b"   ", ("not a notebook",)),
        (b"[1]", ("must be a JSON object",)),
        (b'"text"', ("must be a JSON object",)),
        (b"<html>", ("not a notebook", "x.ipynb:1")),
        (b"{}", ("no `nbformat`",)),
        (b'{"metadata": {}}', ("no `nbformat`",)),
        (b'{"nbformat": 2, "metadata": {}}', ("format 2", "x.ipynb:1")),
        (b'{\n"nbformat": 5, "metadata": {}}', ("format 5", "x.ipynb:2")),
        (b'{"nbformat": "4"}', ("`nbformat` of the notebook is no whole number",)),
        (b'{"nbformat": true}', ("no whole number",)),
        (b'{"nbformat": 4.0}', ("no whole number",)),
        (b'{"nbformat": 4,\n"nbformat_minor": null}', ("`nbformat_minor`", "x.ipynb:2")),
        (b'{"nbformat": 4,\n"metadata": []}', ("`metadata`", "no object", "x.ipynb:2")),
        (b'{"nbformat": 4,\n"metadata": {"a" 1}}', ("not valid JSON", "x.ipynb:2")),
        (b'{"nbformat": 4,\n"metadata": {\n"a": [1,]}}', ("not valid JSON", "x.ipynb:3")),
        (b'{"nbformat": 4, "metadata": {}}\n}', ("extra data", "x.ipynb:2")),
        (b'{"nbformat": 4,\n"metadata": {"a": "b}}', ("x.ipynb:2",)),
        (b'{"nbformat": 4\n"metadata": {}}', ("delimiter", "x.ipynb:2")),
        (b'{"nbformat": 4,\n"a": 1,\n"a": 1}', ('"a" stands there twice', "x.ipynb:3")),
        (b'{"nbformat": 4,\n"a": 1,\n"\\u0061": 1}', ('"a" stands there twice', "x.ipynb:3")),
        (b'{"nbformat": 4,\n"metadata": {},\n"metadata": {}}', ("twice", "x.ipynb:3")),
        (b'{"nbformat": 4, "metadata": {\n"a": 1,\n"a": 2}}', ("twice", "x.ipynb:3")),
        (
            b'{"nbformat": 4, "metadata": {"b": [1, {"c": {\n"a": {},\n\n"a": 2}}]}}',
            ('"a" stands there twice', "x.ipynb:4"),
        ),
        (b'\xff\xfe{\x00"\x00', ("not UTF-8",)),
        (b'{"nbformat": 4,\n"cells": ["\xe9"]}', ("not UTF-8", "x.ipynb:2")),
        (b'{"nbformat": 4, "metadata": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", ("deeply",)),
        (
            b'{"nbformat": 4, "metadata": {"environment": ' + b"[" * 65 + b"]" * 65 + b"}}",
            ("`metadata.environment`", "64 levels"),
        ),
        (b"{\n<<<<<<< HEAD\n", ("merge conflict", "x.ipynb:2")),
        (b'{"nbformat": 4, "cells": [', ("not a notebook", "x.ipynb:1")),
        (b"{" * 100_000, ("not a notebook",)),
        (b'{"nbformat": 4, "cells": ' + b"[" * 100_000, ("not a notebook",)),
    ],
    ids=range(32),
)
def test_what_is_no_notebook_is_told_with_its_line(data, words):
    refused(data, *words)


@pytest.mark.skipif(not hasattr(sys, "set_int_max_str_digits"), reason="this Python reads any")
def test_a_number_of_thousands_of_digits():
    digits = b"1" * 10_000
    refused(b'{"nbformat": 4,\n"metadata": {"a": ' + digits + b"}}", "too many digits", "x.ipynb:2")
    refused(b'{"nbformat": 4,\n"nbformat_minor": ' + digits + b"}", "too many digits")


def test_what_is_no_notebook_is_not_written_into():
    for data in (b"", b"[]", b"\xff", b'{"nbformat": 4, "a": 1, "a": 2}', b'{"nbformat": 4'):
        with pytest.raises(InvalidFile):
            put(data, ENVIRONMENT, {})
        with pytest.raises(InvalidFile):
            take(data, ENVIRONMENT)
    twice = b'{"nbformat": 4, "metadata": {"environment": {"a": 1, "a": 2}}}'
    with pytest.raises(InvalidFile, match="twice"):
        put(twice, ENVIRONMENT, {"a": 1})


def test_cells_are_not_decoded():
    """What is wrong in them is none of this module's business, as long as brackets pair."""
    deep = b"[" * 100_000 + b"]" * 100_000
    data = b'{"cells": [{"outputs": %s}, 1 2], "metadata": {}, "nbformat": 4}' % deep
    assert read(data, ORIGIN).metadata == {}
    assert take(put(data, ENVIRONMENT, ENVIRON), ENVIRONMENT) == data


def test_a_picture_of_many_megabytes_is_stepped_over():
    data = STYLES["jupyter"](notebook(code("1", {"data": {"image/png": "iVBOR/8+" * 1_500_000}})))
    new = put(data, ENVIRONMENT, ENVIRON)
    assert read(new, ORIGIN).environment == ENVIRON
    assert take(new, ENVIRONMENT) == data


@QUICK
@given(
    data=st.binary(max_size=40) | st.text(alphabet='{}[]":,\\ \n4a', max_size=40).map(str.encode)
)
def test_no_bytes_raise_anything_but_an_error_of_ours(data):
    for whole in (data, b'{"nbformat": 4, "metadata": ' + data + b"}"):
        for do in (
            lambda d: read(d, ORIGIN),
            lambda d: put(d, ENVIRONMENT, ENVIRON),
            lambda d: take(d, ENVIRONMENT),
        ):
            assert hint_of(do, whole)


def hint_of(do, data):
    try:
        do(data)
    except InvalidFile as error:
        return error.hint
    return "nothing is wrong"


def test_names():
    assert formats_notebook.PATTERNS == ("*.ipynb",)
    assert formats_notebook.OWN == ("metadata", "envboot")
