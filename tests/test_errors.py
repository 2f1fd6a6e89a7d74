"""What can go wrong: one class an exit code, and a sentence that names the place."""

from __future__ import annotations

from pathlib import Path

import pytest

from envboot import errors
from envboot.errors import CommandFailed, EnvbootError, InvalidFile
from envboot.spec import Origin

DOCUMENTED = {
    "EnvbootError": 1,
    "UsageError": 2,
    "NothingFound": 3,
    "InvalidFile": 4,
    "AnswerNeeded": 5,
    "FallsShort": 6,
    "CommandFailed": 7,
    "NotWorking": 8,
    "Interrupted": 130,
}
"""The public table; 0 is done."""

CLASSES = {
    name: value
    for name, value in vars(errors).items()
    if isinstance(value, type) and issubclass(value, EnvbootError)
}


def test_the_exit_codes_are_those_that_are_documented():
    assert {name: value.exit_code for name, value in CLASSES.items()} == DOCUMENTED
    assert sorted({0, *DOCUMENTED.values()}) == [0, 1, 2, 3, 4, 5, 6, 7, 8, 130]


def test_no_class_hides_elsewhere():
    import importlib
    import pkgutil

    import envboot

    for found in pkgutil.walk_packages(envboot.__path__, "envboot."):
        if found.name != "envboot.__main__" and not found.name.startswith("envboot.templates"):
            importlib.import_module(found.name)
    own = [c for c in _below(EnvbootError) if c.__module__.startswith("envboot.")]
    assert {c.__module__ for c in own} == {"envboot.errors"}


def _below(parent):
    return [parent, *(c for child in parent.__subclasses__() for c in _below(child))]


@pytest.mark.parametrize("kind", CLASSES.values(), ids=CLASSES)
def test_every_error_is_a_sentence_with_a_place_and_a_hint(kind):
    error = kind("the file is empty", hint="fill it", origin=Origin("environment.yml", 3))
    assert str(error) == "environment.yml:3: the file is empty"
    assert (error.message, error.hint) == ("the file is empty", "fill it")
    assert str(kind("no place")) == "no place"
    assert kind.__doc__


def test_a_cell_is_a_place():
    assert str(InvalidFile("no", origin=Origin("a.ipynb", 2, 3))) == "a.ipynb, cell 3, line 2: no"
    assert str(InvalidFile("no", origin=Origin("a.ipynb", cell=3))) == "a.ipynb, cell 3: no"


def test_a_failed_program_says_more():
    error = CommandFailed("pip failed", returncode=2, tail=("a", "b"), log="/x.log")
    assert (error.returncode, error.tail, error.log) == (2, ("a", "b"), "/x.log")
    assert CommandFailed("x").tail == ()


def test_the_reference_has_the_same_table():
    page = Path(__file__).parent.parent / "docs" / "reference" / "exit-codes.md"
    text = page.read_text("utf-8")
    for code in (0, *DOCUMENTED.values()):
        assert f"| {code} |" in text or f"| `{code}` |" in text
