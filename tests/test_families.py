"""Every member of every family has the names and the manners of its Protocol."""

from __future__ import annotations

import configparser
import inspect
import types
from pathlib import Path

import pytest

import envboot
from envboot import engines, formats, launchers
from envboot.console import Console, TerminalConsole
from envboot.plan import Plan, Run
from envboot.shell import Shell
from envboot.shell.local import LocalShell
from envboot.spec import EnvironmentSpec
from envboot.testing import ScriptedConsole, ScriptedShell, check_reader, check_target

TARGETS = {
    f"{family.__name__}.{name}": member
    for family in (engines, launchers)
    for name, member in family.family().members
}
READERS = dict(formats.readers().members)
WRITERS = dict(formats.writers().members)


@pytest.mark.parametrize("member", TARGETS.values(), ids=TARGETS)
def test_a_target_looks_and_plans_and_does_nothing(member):
    check_target(member)
    check_target(member, EnvironmentSpec())


def test_there_are_engines():
    assert [name for name, _ in engines.family().members][: len(engines.BUILT_IN)] == list(
        engines.BUILT_IN
    )
    titles = [member.TITLE for member in TARGETS.values()]
    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize("member", READERS.values(), ids=READERS)
def test_a_reader_reads_or_says_what_is_wrong(member):
    check_reader(member)


def test_the_patterns_are_said_the_same_twice():
    for name, patterns in formats.BUILT_IN.items():
        assert patterns == READERS[name].PATTERNS


@pytest.mark.parametrize("member", WRITERS.values(), ids=WRITERS)
def test_a_writer_writes_what_its_reader_reads(member):
    assert isinstance(member.FILENAME, str)
    text = member.render(EnvironmentSpec(name="x"))
    assert isinstance(text, str)
    assert formats.reader_for(member.FILENAME) is member


# ------------------------------------------------------------------ the checks themselves


def target(**changes) -> types.SimpleNamespace:
    """Return a member made by hand: a plug-in of somebody else."""
    names = {
        "TITLE": "theirs",
        "why_not": lambda *_: None,
        "plan": lambda *_: Plan("x", (Run(("true",)),)),
    }
    return types.SimpleNamespace(
        __name__="theirs", **{k: v for k, v in {**names, **changes}.items() if v is not None}
    )


def test_a_proper_plug_in_passes():
    assert check_target(target()).steps[0].argv == ("true",)
    assert check_target(target(why_not=lambda *_: "no account")) is None
    check_target(target(RELOCATABLE=True, prefix=lambda _spec, site: site.root / "env"))


WRONG = {
    "no title": ({"TITLE": ""}, "TITLE is not the text"),
    "no why_not": ({"why_not": None}, "why_not is no function"),
    "another signature": ({"plan": lambda _spec: None}, "plan cannot be called as its family does"),
    "a boolean": ({"why_not": lambda *_: False}, "neither None nor a sentence"),
    "an empty reason": ({"why_not": lambda *_: " "}, "neither None nor a sentence"),
    "no plan": ({"plan": lambda *_: []}, "returned no Plan"),
    "no step": ({"plan": lambda *_: Plan("x", ("rm",))}, "holds what is no step"),
    "a deed": (
        {"why_not": lambda _spec, site: site.shell.do(("rm",))},
        "did something while it was only asked",
    ),
    "half an engine": ({"RELOCATABLE": True}, "prefix is no function"),
    "no boolean": (
        {"RELOCATABLE": "yes", "prefix": lambda _spec, site: site.root},
        "neither True nor False",
    ),
    "a relative prefix": (
        {"RELOCATABLE": True, "prefix": lambda *_: Path("env")},
        "no absolute path",
    ),
}


@pytest.mark.parametrize(("changes", "why"), WRONG.values(), ids=WRONG)
def test_an_improper_plug_in_is_told(changes, why):
    with pytest.raises(AssertionError, match=why):
        check_target(target(**changes))


def test_an_improper_reader_is_told():
    def reader(**names) -> types.SimpleNamespace:
        return types.SimpleNamespace(__name__="theirs", **names)

    with pytest.raises(AssertionError, match="PATTERNS is not a tuple"):
        check_reader(reader(PATTERNS="x.yml", parse=lambda *_: EnvironmentSpec()))
    with pytest.raises(AssertionError, match="parse is no function"):
        check_reader(reader(PATTERNS=("x.yml",)))
    with pytest.raises(AssertionError, match="returned no spec"):
        check_reader(reader(PATTERNS=("x.yml",), parse=lambda *_: None))
    with pytest.raises(ZeroDivisionError):
        check_reader(reader(PATTERNS=("x.yml",), parse=lambda *_: 1 // 0))


# ------------------------------------------------------------------ the doors


@pytest.mark.parametrize(
    ("protocol", "door"),
    [
        (Shell, LocalShell),
        (Shell, ScriptedShell),
        (Console, TerminalConsole),
        (Console, ScriptedConsole),
    ],
    ids=lambda value: value.__name__,
)
def test_doors_and_stand_ins_have_the_same_methods(protocol, door):
    for name, method in inspect.getmembers(protocol, inspect.isfunction):
        if name.startswith("_"):
            continue
        asked = list(inspect.signature(method).parameters)
        assert list(inspect.signature(getattr(door, name)).parameters) == asked, name


def test_a_scripted_shell_leaves_the_real_disk_alone(tmp_path):
    shell = ScriptedShell(files={f"{tmp_path}/a/file": "x"})
    shell.write(tmp_path / "new", "text")
    shell.rename(tmp_path / "a", tmp_path / "b")
    shell.link(tmp_path / "link", tmp_path / "b")
    assert shell.log_to(tmp_path / "log") is None
    with shell.lock(tmp_path / "lock", print):
        pass
    shell.remove(tmp_path / "new")
    assert list(tmp_path.iterdir()) == []
    assert shell.read(tmp_path / "b" / "file") == b"x"
    assert shell.kind(tmp_path / "a") == ""
    assert [deed[0] for deed in shell.done] == ["write", "rename", "link", "remove"]


def test_the_wheel_has_every_folder():
    """A package that setup.cfg does not list would be missing from every installation."""
    root = Path(envboot.__file__).parent.parent
    config = configparser.ConfigParser()
    config.read(root / "setup.cfg", encoding="utf-8")
    listed = set(config["options"]["packages"].split()) - {"envboot.templates"}
    there = {
        ".".join(folder.relative_to(root).parts)
        for folder in (root / "envboot").rglob("*")
        if folder.is_dir() and (folder / "__init__.py").exists()
    }
    assert listed == there | {"envboot"}
