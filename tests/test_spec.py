"""What an environment should be: the values, and what makes two of them the same."""

from __future__ import annotations

import dataclasses
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envboot.spec import (
    Dependency,
    EnvironmentSpec,
    Group,
    Lock,
    Need,
    Notice,
    Origin,
    fingerprint,
    lines,
    normalise,
)

HERE = Origin("requirements.txt", 3)
SIX = Dependency("six", "six==1.16.0", "pypi", HERE)
SPEC = EnvironmentSpec(
    name="example",
    python=">=3.9",
    dependencies=(SIX,),
    channels=("conda-forge", "defaults"),
    options=(Dependency("--index-url", "--index-url https://pypi.example", "pypi", HERE),),
    constraints=(Dependency("six", "six<2", "pypi", HERE),),
    variables=(("MODE", "fast"), ("API_TOKEN", "hunter2secret")),
    lock=Lock("uv.lock", "uv.lock", "0" * 64),
)


def test_the_lines_say_all_that_decides():
    said = lines(SPEC)
    assert said[:6] == (
        "python >=3.9",
        "channel conda-forge",
        "channel defaults",
        "option --index-url https://pypi.example",
        "pypi six==1.16.0",
        "constraint six<2",
    )
    assert re.fullmatch(r"variable MODE \([0-9a-f]{8}\)", said[6])
    assert said[8] == f"lock uv.lock {'0' * 64}"


def test_the_value_of_a_variable_is_never_in_them():
    assert "hunter2" not in "".join(lines(SPEC))
    other = dataclasses.replace(SPEC, variables=(("MODE", "fast"), ("API_TOKEN", "another")))
    assert lines(other) != lines(SPEC)


@pytest.mark.parametrize(
    "change",
    [
        {"python": ">=3.10"},
        {"dependencies": (SIX, dataclasses.replace(SIX, ecosystem="conda"))},
        {"channels": ("defaults", "conda-forge")},
        {"options": ()},
        {"constraints": ()},
        {"variables": ()},
        {"lock": None},
        {"lock": Lock("uv.lock", "uv.lock", "1" * 64)},
    ],
    ids=str,
)
def test_what_decides_changes_the_fingerprint(change):
    assert fingerprint(dataclasses.replace(SPEC, **change)) != fingerprint(SPEC)


@pytest.mark.parametrize(
    "change",
    [
        {"name": "another"},
        {"dependencies": (dataclasses.replace(SIX, origin=Origin("other.txt", 9)),)},
        {"needs": (Need("cpus", 4, "4 cores", HERE),)},
        {"notices": (Notice("unusual", HERE),)},
        {"groups": (Group("dev", (SIX,)),)},
        {"source": HERE},
    ],
    ids=str,
)
def test_what_does_not_decide_leaves_it(change):
    assert fingerprint(dataclasses.replace(SPEC, **change)) == fingerprint(SPEC)


def test_the_fingerprint_is_64_hex_digits_and_stays_the_same():
    assert re.fullmatch("[0-9a-f]{64}", fingerprint(SPEC))
    # a change of this value makes every environment of every user look out of date
    expected = "4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945"
    assert fingerprint(EnvironmentSpec()) == expected


def test_values_that_are_no_utf_8_have_a_fingerprint_too():
    spec = EnvironmentSpec(variables=(("A", "\udcff"),))
    assert fingerprint(spec) != fingerprint(EnvironmentSpec(variables=(("A", "\udcfe"),)))


def test_conda_is_more_than_python_and_pip():
    def spec(*names, ecosystem="conda"):
        return EnvironmentSpec(dependencies=tuple(Dependency(n, n, ecosystem, HERE) for n in names))

    assert not spec("python", "pip").is_conda
    assert spec("python", "numpy").is_conda
    assert not spec("numpy", ecosystem="pypi").is_conda


def test_groups_are_found_however_they_are_spelled():
    spec = EnvironmentSpec(groups=(Group("Dev_Tools", ()),))
    assert spec.group("dev-tools") is spec.groups[0]
    assert spec.group("DEV.tools") is spec.groups[0]
    assert spec.group("dev") is None


@pytest.mark.parametrize(
    ("name", "normal"),
    [("Foo.Bar_baz", "foo-bar-baz"), ("a-_.b", "a-b"), (" six ", "six"), ("_x", "x")],
)
def test_names_are_normalised_as_pep_503_says(name, normal):
    assert normalise(name) == normal


@given(st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?", fullmatch=True))
def test_valid_names_agree_with_packaging(name):
    from packaging.utils import canonicalize_name

    assert normalise(name) == canonicalize_name(name)
    assert normalise(normalise(name)) == normalise(name)


def test_values_are_frozen_and_read_as_places():
    assert str(HERE) == "requirements.txt:3"
    assert str(Origin("setup.cfg")) == "setup.cfg"
    assert str(Notice("ignored", HERE)) == "requirements.txt:3: ignored"
    assert str(Notice("ignored")) == "ignored"
    with pytest.raises(dataclasses.FrozenInstanceError):
        SPEC.name = "other"
    assert hash(SPEC) == hash(dataclasses.replace(SPEC))
