"""Families: real distributions with real entry points, broken in every way."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from envboot import plugins

if TYPE_CHECKING:
    from pathlib import Path

LOAD = """
import json, sys, warnings
warnings.simplefilter("ignore")
for place in reversed(json.loads(sys.argv[1])):
    sys.path.insert(0, place)
from envboot import plugins
found = plugins.load("family", ("first", "second"), required=("TITLE", "act"), group="envboot.try")
print(json.dumps({"members": {n: m.TITLE for n, m in found.members}, "warnings": found.warnings,
                  "get": found.get("first") is not None and found.get("nonesuch") is None}))
"""
MEMBER = "TITLE = {title!r}\ndef act(): pass\n"


@pytest.fixture
def home(tmp_path):
    """A package with two built-in members."""
    package = tmp_path / "family"
    package.mkdir()
    (package / "__init__.py").write_text("")
    for name in ("first", "second"):
        (package / f"{name}.py").write_text(MEMBER.format(title=f"built-in {name}"))
    return tmp_path


def distribution(home: Path, name: str, entry_points: str, **modules: str) -> None:
    """Write an installed distribution: its modules and its dist-info."""
    info = home / f"{name.replace('-', '_')}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[envboot.try]\n{entry_points}\n")
    for module, text in modules.items():
        (home / f"{module}.py").write_text(text)


def load(home: Path, child_environ, *more: Path, python: str = sys.executable):
    done = subprocess.run(
        [python, "-c", LOAD, json.dumps([str(home), *map(str, more)])],
        env=child_environ,
        cwd=home,  # not the checkout: the metadata there is of envboot itself
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_plug_ins_follow_the_built_ins_by_name(home, child_environ):
    distribution(
        home, "more", "zebra = z\nape = a", z=MEMBER.format(title="Z"), a=MEMBER.format(title="A")
    )
    found = load(home, child_environ)
    assert list(found["members"].items()) == [
        ("first", "built-in first"),
        ("second", "built-in second"),
        ("ape", "A"),
        ("zebra", "Z"),
    ]
    assert found["warnings"] == []
    assert found["get"]


def test_an_attribute_may_be_the_member(home, child_environ):
    distribution(
        home, "more", "it = mod:it", mod="class it:\n    TITLE = 'T'\n    def act(): pass\n"
    )
    assert load(home, child_environ)["members"]["it"] == "T"


BROKEN = {
    "raises": ("raise ValueError('no licence\\nsecond row')", "cannot be loaded: no licence"),
    "exits": ("raise SystemExit('goodbye')", "cannot be loaded: goodbye"),
    "is no Python": ("def", "cannot be loaded: invalid syntax (plug.py, line 1)"),
    "needs what is not there": ("import nonesuch", "cannot be loaded: No module named 'nonesuch'"),
    "is not there": (None, "cannot be loaded: No module named 'plug'"),
    "says nothing": ("raise KeyError", "cannot be loaded: KeyError"),
    "lacks names": ("TITLE = 'T'", "lacks act"),
    "has no function": ("TITLE = 'T'\nact = 5", "lacks act"),
    "is evil when asked": (
        "TITLE = 'T'\ndef __getattr__(name): raise RuntimeError('boo')",
        "cannot be loaded: boo",
    ),
}


@pytest.mark.parametrize(("text", "why"), BROKEN.values(), ids=BROKEN)
def test_a_broken_plug_in_is_a_warning_that_names_its_distribution(home, child_environ, text, why):
    distribution(home, "their-plug-in", "plug = plug", **({"plug": text} if text else {}))
    distribution(home, "good", "good = good", good=MEMBER.format(title="G"))
    found = load(home, child_environ)
    assert list(found["members"]) == ["first", "second", "good"]
    assert len(found["warnings"]) == 1
    assert found["warnings"][0].startswith("plug-in plug of their-plug-in ")
    assert why in found["warnings"][0]
    assert "\n" not in found["warnings"][0]


def test_built_ins_win_and_the_clash_is_said(home, child_environ):
    distribution(home, "rival", "first = rival", rival=MEMBER.format(title="rival"))
    found = load(home, child_environ)
    assert found["members"]["first"] == "built-in first"
    assert found["warnings"] == ["plug-in first of rival is ignored: the name is taken"]


def test_of_two_plug_ins_the_second_is_said(home, child_environ):
    distribution(home, "one", "it = one", one=MEMBER.format(title="1"))
    distribution(home, "two", "it = two", two=MEMBER.format(title="2"))
    found = load(home, child_environ)
    assert found["members"]["it"] in {"1", "2"}
    assert len(found["warnings"]) == 1


def test_our_own_entry_points_are_no_clash(home, child_environ):
    distribution(home, "envboot-itself", "first = family.first")
    assert load(home, child_environ)["warnings"] == []


def test_a_distribution_that_is_found_twice_is_no_clash(home, child_environ, tmp_path):
    again = tmp_path / "again"
    again.mkdir()
    for place in (home, again):
        distribution(place, "more", "it = it", it=MEMBER.format(title="T"))
    found = load(home, child_environ, again)
    assert found["members"]["it"] == "T"
    assert found["warnings"] == []


@pytest.mark.parametrize(
    ("file", "data"),
    [
        ("entry_points.txt", b"[envboot.try\nx"),
        ("entry_points.txt", b"\xff\xfe\x00"),
        ("METADATA", b"\xff\xfe\x00"),
        ("METADATA", None),
        ("METADATA", b""),
    ],
    ids=str,
)
def test_broken_metadata_of_one_does_not_hide_the_others(home, child_environ, file, data):
    distribution(home, "good", "good = good", good=MEMBER.format(title="G"))
    distribution(home, "broken", "it = it", it=MEMBER.format(title="T"))
    path = home / "broken-1.0.dist-info" / file
    path.unlink()
    if data is not None:
        path.write_bytes(data)
    found = load(home, child_environ)
    assert found["members"]["good"] == "G"
    assert found["members"]["first"] == "built-in first"


def test_without_metadata_there_are_the_built_ins():
    found = plugins.load("envboot", ("errors",), required=(), group="envboot.nobody.has.this")
    assert [name for name, _ in found.members] == ["errors"]
    assert found.warnings == ()
