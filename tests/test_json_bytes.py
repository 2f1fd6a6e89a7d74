"""Where a value of JSON begins and ends, nothing decoded."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envboot import json_bytes

QUICK = settings(max_examples=200, deadline=None, derandomize=True)
TEXTS = st.text(alphabet=st.sampled_from('ab"\\{}[]:, \n\té\U0001f600\u2028'), max_size=12)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)
WAYS = st.sampled_from(
    [{}, {"indent": 1}, {"indent": "\t"}, {"separators": (",", ":")}, {"ensure_ascii": False}]
)


@QUICK
@given(value=VALUES, way=WAYS)
def test_a_value_ends_where_json_says(value, way):
    data = json.dumps(value, **way).encode()
    for rest in (b"", b",", b" ]", b'}"{['):
        assert json_bytes.value_end(data + rest, 0) == len(data)
    assert json_bytes.value_end(b"[" + data + b"]", 1) == len(data) + 1


@QUICK
@given(value=st.dictionaries(TEXTS, VALUES, max_size=5), way=WAYS)
def test_the_members_of_an_object(value, way):
    data = b" \r\n" + json.dumps(value, **way).encode() + b"\n"
    found = {}
    for key, begin, inner, end in json_bytes.members(data, 3):
        assert json.loads(data[begin : json_bytes.string_end(data, begin + 1)]) == key
        found[key] = json.loads(data[inner:end])
    assert list(found) == list(value)
    assert json.dumps(found) == json.dumps(value)  # NaN is not equal to itself


@QUICK
@given(value=st.lists(VALUES, max_size=5), way=WAYS)
def test_the_values_of_an_array(value, way):
    data = json.dumps(value, **way).encode()
    found = [json.loads(data[begin:end]) for begin, end in json_bytes.items(data, 0)]
    assert json.dumps(found) == json.dumps(value)


@pytest.mark.parametrize("count", [0, 1, 62, 63, 64, 65, 255, 256, 257, 999, 1000, 1001, 5000])
@pytest.mark.parametrize("piece", ['"', "\\", "x", "{", "]", "\n", '\\"', "é"])
def test_texts_of_every_length(piece, count):
    """The bounds of the walk over many texts at once are not seen from outside."""
    value = [piece * count, [piece] * count, {piece * count: piece}, [{"a": piece}] * count]
    for data in (json.dumps(value).encode(), json.dumps(value, ensure_ascii=False).encode()):
        assert json_bytes.value_end(data + b"]]", 0) == len(data)


def test_a_key_that_stands_there_twice_is_told_twice():
    data = b'{"a": 1, "b": {"a": 2}, "\\u0061": [3]}'
    assert [(k, data[v:e]) for k, _, v, e in json_bytes.members(data, 0)] == [
        ("a", b"1"),
        ("b", b'{"a": 2}'),
        ("a", b"[3]"),
    ]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{",
        b'{"',
        b'{"a',
        b'{"a"',
        b'{"a" 1}',
        b'{"a":',
        b'{"a":}',
        b'{"a": 1',
        b'{"a": 1,',
        b'{"a": 1,}',
        b'{"a": 1 "b": 2}',
        b"{a: 1}",
        b'{"a": x}',
        b'{"a": [1}',
        b'{"a": "b\\"}',
        b'{"\\x": 1}',
        b'{"\xff": 1}',
        b'{, "a": 1}',
        b'{"a": tru}',
    ],
)
def test_what_is_no_object(data):
    with pytest.raises(ValueError, match=r"^(no|a|Invalid|'utf-8') "):
        list(json_bytes.members(data, 0))


@pytest.mark.parametrize("data", [b"", b"{}", b"[", b"[1", b"[1,", b"[,1]", b"[1 2]", b'["]'])
def test_what_is_no_array(data):
    with pytest.raises(ValueError, match=r"^(no|a|Invalid|'utf-8') "):
        list(json_bytes.items(data, 0))


@pytest.mark.parametrize("data", [b"", b"]", b"}", b":", b"abc", b'"abc', b'"abc\\"', b"-", b"[[]"])
def test_what_is_no_value(data):
    with pytest.raises(ValueError, match=r"^(no|a|Invalid|'utf-8') "):
        json_bytes.value_end(data, 0)


@pytest.mark.parametrize("data", [b"0", b"-1.5e+30", b"true", b"null", b"NaN", b"-Infinity"])
def test_numbers_and_words(data):
    assert json_bytes.value_end(data, 0) == len(data)
    assert json_bytes.value_end(data + b"\r\n}", 0) == len(data)
    assert json_bytes.value_end(data + b", 1", 0) == len(data)


def test_depth_costs_no_stack():
    data = b"[" * 200_000 + b"]" * 200_000
    assert json_bytes.value_end(data, 0) == len(data)
