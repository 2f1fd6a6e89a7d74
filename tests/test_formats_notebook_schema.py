"""The schema of `metadata.environment`, and our reading of it beside the jsonschema library's."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envboot.archive import bundling
from envboot.archive.importer import Importer
from envboot.formats.notebook import schema
from envboot.shell.local import LocalShell

VALIDATOR = jsonschema.Draft202012Validator(dict(schema.schema()))
QUICK = settings(max_examples=400, deadline=None, derandomize=True)

JUNK = st.sampled_from(
    [None, True, False, 0, 1, -1, 2.0, 1.5, "", "x", "0.2", "0.2\n", [], [1], {}, {"x": 1}]
)
TEXT = st.sampled_from([0, 5, 262_144, 262_145]).map(lambda n: "a" * n)
SIZE = st.sampled_from(["8gb", "8", "8GB", "gb", "8gb\n", "1" * 16, "8 gb"])
PATHS = [
    "a",
    "a/b",
    "../a",
    "a/..",
    "a/../b",
    "a\n/../b",
    "/a",
    "C:/a",
    "a\\b",
    "",
    "a\x00",
    ".a",
    ".",
    "a..b",
    "...",
    "a/./b",
    "é",
]
PATH = st.sampled_from(PATHS) | st.sampled_from([1024, 1025]).map(lambda n: "a" * n)
PARTS = ["https://", "ssh://", "git@", "u:p@", "h", ":22", ":", "/", "-x", "x", "@", " ", "\n"]
ADDRESS = st.lists(st.sampled_from([*PARTS, "é", "?a=b", "%20", "~"]), max_size=6).map("".join)


def keys(**known: st.SearchStrategy) -> st.SearchStrategy:
    """Return objects of some of these keys, seldom with junk, seldom with one more."""
    rare = st.integers(0, 9)
    fields = {k: rare.flatmap(lambda n, v=v: JUNK if n == 0 else v) for k, v in known.items()}
    return st.fixed_dictionaries({}, optional={**fields, "later": JUNK})


MACHINE = keys(
    cpus=st.sampled_from([1, 2, 2.0, 0, 1.5]),
    memory=SIZE,
    storage=SIZE,
    gpu=st.sampled_from([True, False, "optional", "Optional"])
    | st.fixed_dictionaries({}, optional={"cores": st.integers(0, 2), "memory": SIZE})
    | keys(cores=st.integers(0, 2)),
)
CLOUD = keys(
    env_name=st.sampled_from(["google", ""]) | st.sampled_from([128, 129]).map(lambda n: "x" * n),
    handler_url=ADDRESS,
    cloud_ver=st.sampled_from([1, 0.1, "0.1"]),
    metadata=keys(machine_configuration=MACHINE | st.just("n1"), environment_version=st.just("x")),
)
FILES = st.dictionaries(
    st.sampled_from(["apt.txt", "uv.lock", "x", "requirements.txt", "../apt.txt"]), TEXT, max_size=2
)
SOURCES = st.dictionaries(st.sampled_from(["apt.txt", "a"]), PATH, max_size=2)
FIELDS = {
    "requirements.txt": TEXT,
    "environment.yaml": TEXT,
    "environment.yml": TEXT,
    "setup.sh": TEXT,
    "files": FILES,
    "sources": SOURCES | st.just({"apt.txt": "binder/apt.txt"}),
    "container": st.sampled_from(["a", "a@sha256:0", "-a", "a b", "a\n"]),
    "machine_configuration": MACHINE,
    "git": keys(path=ADDRESS, subdir=PATH, dirty=st.booleans(), **{"commit id": st.just("a" * 7)}),
    "cloud": CLOUD | st.lists(CLOUD, max_size=2),
    "later": JUNK,
}
WHOLE = st.lists(st.sampled_from(sorted(FIELDS)), max_size=2, unique=True).flatmap(
    lambda names: st.fixed_dictionaries({name: FIELDS[name] for name in names})
)
VALUES = JUNK | st.builds(
    lambda whole, version: {**whole, **version},
    WHOLE,
    st.sampled_from([{"env_ver": "0.2"}] * 6 + [{"env_ver": "0.1"}, {}, {"env_ver": "1.0"}]),
)


@QUICK
@given(value=VALUES)
def test_the_same_values_are_valid_as_for_the_library(value):
    ours = list(schema.faults(value))
    assert (not ours) == VALIDATOR.is_valid(value), (ours, value)
    for fault in ours:
        assert fault.said
        assert fault.hint


@pytest.mark.parametrize("name", sorted(schema.schema()["properties"]))
@settings(max_examples=60, deadline=None, derandomize=True)
@given(value=JUNK | TEXT | MACHINE | CLOUD | st.lists(CLOUD, max_size=1) | FILES | SOURCES)
def test_the_same_values_of_each_key_are_valid(name, value):
    whole = {"env_ver": "0.2", name: value}
    assert (not list(schema.faults(whole))) == VALIDATOR.is_valid(whole)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(path=ADDRESS)
def test_no_address_that_is_accepted_can_be_an_option_or_hold_a_password(path):
    value = {"env_ver": "0.2", "git": {"path": path}}
    if not list(schema.faults(value)):
        assert re.match(r"(https://|ssh://(\w+@)?|\w+@)h", path), path
        assert not re.search(r"[:/]-|\s|\w:\w+@", path.replace("ssh:", "", 1)), path


def test_it_travels_in_the_archive():
    """``pkgutil`` asks the archive's importer for it as it asks a folder."""
    name = f"envboot/formats/notebook/{schema.FILE}"
    folder = Path(schema.__file__).parent
    files = dict(bundling._modules(folder, "envboot.formats.notebook", LocalShell()))
    importer = Importer("/x/envboot.pyz", {}, lambda: files)
    assert json.loads(importer.get_data(f"/x/envboot.pyz/{name}")) == schema.schema()


def test_it_is_a_schema():
    jsonschema.Draft202012Validator.check_schema(schema.schema())


def rules(rule: Any, place: str = "") -> list[tuple[str, dict]]:
    """Return every rule within a rule, by its place."""
    if not isinstance(rule, dict):
        return []
    out = [(place, rule)]
    for keyword in ("properties", "$defs"):
        for key, inner in rule.get(keyword, {}).items():
            out += rules(inner, f"{place}/{keyword}/{key}")
    for keyword in ("additionalProperties", "propertyNames", "items", "not"):
        out += rules(rule.get(keyword), f"{place}/{keyword}")
    for keyword in ("anyOf", "oneOf"):
        for number, inner in enumerate(rule.get(keyword, ())):
            out += rules(inner, f"{place}/{keyword}/{number}")
    return out


def test_no_keyword_of_it_goes_unread():
    for place, rule in rules(dict(schema.schema())):
        for keyword in rule:
            known = keyword in schema._KEYWORDS or keyword in schema._NOTES or keyword == "$ref"
            assert known, (place, keyword)
        if "$ref" in rule:
            assert rule["$ref"].removeprefix("#/$defs/") in schema.schema()["$defs"], place


def test_a_keyword_that_is_not_known_is_an_error_of_ours():
    with pytest.raises(KeyError, match="uniqueItems"):
        list(schema.faults([1, 1], {"uniqueItems": True}))


def test_every_key_is_described_and_dated():
    for place, rule in rules(dict(schema.schema())):
        for key, inner in rule.get("properties", {}).items():
            if place.endswith("/oneOf/2"):
                continue  # told in the description of `gpu`
            assert schema.resolved(inner).get("description", "").endswith("."), (place, key)
            assert inner.get("x-since") in ("0.1", "0.2"), (place, key)


def test_every_example_keeps_to_its_rule():
    for place, rule in rules(dict(schema.schema())):
        for example in rule.get("examples", ()):
            assert not list(schema.faults(example, rule)), place


@pytest.mark.parametrize("place_rule", rules(dict(schema.schema())), ids=lambda p: p[0] or "/")
def test_no_pattern_lets_a_line_end_through_at_its_end(place_rule):
    pattern = place_rule[1].get("pattern")
    if pattern:
        assert pattern.startswith("^")
        assert pattern.endswith(r"(?![\s\S])")
        assert "$" not in pattern.replace("[$]", "")


def test_every_description_is_one_line_of_a_table():
    for place, rule in rules(dict(schema.schema())):
        assert not re.search(r"[|\n]", rule.get("description", "")), place


def test_the_file_is_plain():
    text = json.dumps(schema.schema(), ensure_ascii=False)
    assert text.isascii() or all(c.isprintable() for c in text)


@pytest.mark.parametrize(
    ("rule", "value", "said"),
    [
        ({"type": ["number", "string"]}, [], "must be a number or text, and is an array"),
        ({"type": "integer"}, 1.5, "must be a whole number, and is 1.5"),
        ({"minLength": 1}, "", "must not be empty"),
        ({"maxLength": 2}, "abc", "must have at most 2 characters, and has 3"),
        ({"enum": ["a", 1]}, "b", 'must be one of "a", 1'),
        ({"const": "a"}, "b", 'must be "a"'),
        ({"minimum": 2}, 1, "must be at least 2, and is 1"),
        ({"pattern": "^a"}, "b", 'must not be "b"'),
        ({"pattern": "^a"}, "b@c", "must not be this address"),
        ({"required": ["a"]}, {}, "is missing"),
        ({"additionalProperties": False}, {"a": 1}, "must not be there"),
        ({"items": {"type": "string"}}, ["a", 3], "must be text, and is 3"),
        ({"oneOf": [{"type": "boolean"}, {"const": "x"}]}, 3, 'must be true or false or "x", and'),
    ],
)
def test_what_is_said(rule, value, said):
    fault = next(schema.faults(value, rule))
    assert fault.said.startswith(said)
    assert fault.hint
