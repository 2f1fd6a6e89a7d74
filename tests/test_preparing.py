"""What comes before a launcher's service can be asked: after a yes of its own, once."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from envboot.errors import AnswerNeeded, EnvbootError, FallsShort
from envboot.launching import preparing
from envboot.machine import Machine
from envboot.plan import Plan, Run
from envboot.request import Request
from envboot.site import Site
from envboot.spec import EnvironmentSpec
from envboot.testing import ScriptedConsole, ScriptedShell

LOGIN = Plan("nobody is signed in", (Run(("gh", "auth", "login"), terminal=True, why="gh asks"),))
FETCH = Plan("the SDK is missing", (Run(("fetch", "sdk"), why="fetching 45 MB"),), told="once")


class Member:
    """A launcher that wants these, one after the other."""

    def __init__(self, *wanted: Any) -> None:
        self.wanted = list(wanted)

    def prepare(self, _spec: EnvironmentSpec, _site: Site) -> Any:
        found = self.wanted.pop(0)
        if isinstance(found, Exception):
            raise found
        return found


def settle(member: Any, *answers: str, **request: Any) -> tuple[bool, Any, ScriptedConsole]:
    shell = ScriptedShell(answers={"fetch": "done\n"})
    machine = Machine("Linux", "x86_64", 2, "3.11.7")
    site = Site(Path("/repo"), "x", Path("/repo/.venv"), machine, shell)
    console = ScriptedConsole(*answers)
    wanted = Request(root=Path("/repo"), **request)
    done = preparing.settle(member, EnvironmentSpec(), site, wanted, shell, console)
    return done, shell.done, console


def test_nothing_is_wanted():
    assert settle(SimpleNamespace())[0]
    done, deeds, console = settle(Member(None))
    assert (done, deeds, console.said) == (True, [], [])


def test_it_is_said_asked_about_and_done():
    done, deeds, console = settle(Member(LOGIN, None), "yes")
    assert done
    assert deeds == [("gh", "auth", "login")]
    assert console.said[:2] == ["before that: nobody is signed in", "  gh asks"]
    done, deeds, console = settle(Member(FETCH, None), yes=True)
    assert done
    assert deeds == [("fetch", "sdk")]
    assert "  once" in console.said


def test_a_no_does_nothing():
    done, deeds, _console = settle(Member(LOGIN), "no")
    assert (done, deeds) == (False, [])


@pytest.mark.parametrize("yes", [True, False])
def test_a_terminal_is_needed_for_what_asks_there(yes):
    with pytest.raises(AnswerNeeded, match="nobody is signed in") as error:
        settle(Member(LOGIN), yes=yes)
    assert error.value.hint == "`gh auth login`, at a terminal"


def test_a_dry_run_does_not_do_it():
    with pytest.raises(AnswerNeeded) as error:
        settle(Member(FETCH), "yes", dry_run=True)
    assert "--dry-run" in error.value.hint


def test_what_is_wanted_again_is_an_error():
    with pytest.raises(FallsShort, match="is asked for again: nobody is signed in"):
        settle(Member(LOGIN, LOGIN), "yes")


def test_a_plug_in_that_breaks_is_named():
    with pytest.raises(EnvbootError, match="what has to come first: odd"):
        settle(Member(ValueError("odd")))
