"""The main question where two engines can do it, and how long each took the last time."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envboot import bootstrap, questions, survey
from envboot.console import _match
from envboot.errors import AnswerNeeded
from envboot.result import Result
from envboot.shell import Platform
from envboot.survey import Request, durations
from envboot.testing import ScriptedConsole, ScriptedShell
from tests.test_rattler_engine import there

pytestmark = pytest.mark.skipif(
    sys.version_info < (3, 10), reason="on an older Python another one is looked for"
)
HOME, ROOT = Path("/home/ann"), Path("/srv/repo")
CONDA = f"{HOME}/miniforge3/bin/conda"
YML = "name: x\nchannels: [conda-forge, nodefaults]\ndependencies: [python, gdal]\n"


def computer(*files, text=YML, **more):
    texts = {f"{ROOT}/environment.yml": text, f"{HOME}/.profile": "", **dict.fromkeys(files, "")}
    return ScriptedShell(
        files=texts,
        platform=Platform("Linux", "x86_64", glibc="2.36"),
        environ={"HOME": str(HOME)},
        memory=(8 << 30, 8 << 30),
        disk_free=99 << 30,
        **more,
    )


def asked(shell, *answers, **flags):
    """Return the console, and what the main question came to."""
    request = Request(ROOT, **flags)
    located = survey.locate(request, shell)
    assessment = survey.assess(request, located, shell)
    console = ScriptedConsole(*answers)
    result = Result("planned", 0, source="environment.yml", plan=("a step",))
    return console, questions.consent(request, located, assessment, result, console)


def remembered(shell, **seconds):
    text = json.dumps({"prefix": "/nowhere", "name": "x", "seconds": seconds})
    shell.files[survey.pointer(ROOT).as_posix()] = text.encode()
    return shell


@pytest.mark.parametrize(
    ("answer", "engine"), [("yes", "conda"), ("rattler", "rattler"), ("no", "")]
)
def test_with_conda_and_ours_the_person_chooses_by_time(answer, engine):
    shell = remembered(there(computer(CONDA)), conda=62.4, rattler=8.2)
    console, said = asked(shell, answer)
    assert said == engine
    (question,) = console.questions
    assert question.startswith(
        "This repository uses a conda environment, do you want to create `x`"
    )
    assert question.endswith(f"`x` in {HOME}/miniforge3/envs/x?")
    assert [(c.name, c.title) for c in console.offered[0]] == [
        ("yes", "yes, with conda (62 s last time)"),
        ("rattler", "yes, with envboot's own conda engine (8 s last time)"),
        ("no", "no"),
    ]


def test_what_would_be_fetched_is_said_and_no_time_is_made_up():
    console, _ = asked(computer(CONDA), "no")
    titles = [c.title for c in console.offered[0]]
    assert titles[0] == "yes, with conda"
    assert "(py-rattler is fetched for it first, once, " in titles[1]


def test_without_conda_it_is_yes_or_no():
    console, said = asked(computer(), "yes")
    assert said == "rattler"
    assert [c.name for c in console.offered[0]] == ["yes", "no"]
    assert "with envboot's own conda engine? (py-rattler is fetched" in console.questions[0]


def test_who_named_an_engine_is_not_asked_which():
    for engine in ("conda", "rattler"):
        console, said = asked(there(computer(CONDA)), "yes", engine=engine)
        assert said == engine
        assert [c.name for c in console.offered[0]] == ["yes", "no"]


def test_pip_engines_keep_a_yes_or_no():
    shell = computer(CONDA, text="dependencies: [python, {pip: [six]}]\n")
    console, _ = asked(shell, "no", engine="venv")
    assert [c.name for c in console.offered[0]] == ["yes", "no"]


def test_with_nobody_to_ask_nothing_changes():
    shell = there(computer(CONDA))
    with pytest.raises(AnswerNeeded) as caught:
        asked(shell)
    assert "`--yes`" in caught.value.hint


def test_y_and_n_are_understood_among_three():
    console, _ = asked(there(computer(CONDA)), "no")
    choices = console.offered[0]
    for text, name in {
        "y": "yes",
        "n": "no",
        "2": "rattler",
        "rattler": "rattler",
        "": "no",
    }.items():
        assert _match(text, choices, "no").name == name
    assert _match("r", choices, "no") is None


def test_a_plan_that_is_shown_holds_no_token():
    place = "/t/to-1234567890/lab"
    shell = computer(text=YML.replace("conda-forge", f"https://ann:s3cret@h.example{place}"))
    console = ScriptedConsole()
    result = bootstrap.up(Request(ROOT, dry_run=True), shell, console)
    shown = "\n".join((*result.plan, *console.said))
    assert "h.example" in shown
    assert "s3cret" not in shown
    assert "to-1234567890" not in shown


# ------------------------------------------------------------------------- times


def test_a_repository_that_cannot_be_written_is_remembered_elsewhere():
    shell = computer()
    place = durations.elsewhere(ROOT, shell)
    assert place is not None
    assert HOME in place.parents
    assert durations.elsewhere(Path("/srv/other"), shell) != place
    shell.files[place.as_posix()] = b'{"seconds": {"uv": 3}}'
    assert durations.taken(ROOT, shell) == {"uv": 3.0}
    remembered(shell, uv=4, venv=5.5)
    assert durations.taken(ROOT, shell) == {"uv": 4.0, "venv": 5.5}


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=5),
        lambda x: st.lists(x, max_size=3) | st.dictionaries(st.text(max_size=3), x),
    )
)
def test_whatever_stands_there_is_a_time_or_nothing(value):
    shell = computer()
    shell.files[survey.pointer(ROOT).as_posix()] = json.dumps({"seconds": value}).encode()
    for seconds in durations.taken(ROOT, shell).values():
        assert durations.said(seconds)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.2, "1 s"), (8.24, "8 s"), (119.4, "119 s"), (130, "2 min"), (3600, "60 min")],
)
def test_times_as_people_say_them(seconds, text):
    assert durations.said(seconds) == text


def test_the_last_time_of_each_engine_is_kept():
    assert durations.with_one({"conda": 62.0}, "rattler", 8.236) == {"conda": 62.0, "rattler": 8.2}
    assert durations.with_one({"conda": 62.0}, "conda", 50) == {"conda": 50}
    assert durations.with_one({}, "", 3) == {}


def test_the_twin_is_named_where_no_channel_answers():
    from envboot.errors import CommandFailed
    from envboot.making import _tell_of_twin
    from envboot.spec import EnvironmentSpec

    spec = EnvironmentSpec(twin="requirements.txt")
    error = CommandFailed("h.example cannot be reached: refused", hint="is there a network?")
    _tell_of_twin(error, spec, "rattler")
    assert error.hint.startswith("is there a network?; requirements.txt asks for the same")
    assert "`--engine uv`" in error.hint
    for other, engine in ((replace(spec, twin=""), "rattler"), (spec, "uv")):
        error = CommandFailed("h.example cannot be reached: refused", hint="x")
        _tell_of_twin(error, other, engine)
        assert error.hint == "x"
