"""Going elsewhere, told with the queue of the how-to: a real program, and the person scripted."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import types
from dataclasses import replace
from pathlib import Path
from typing import get_args

import jsonschema
import pytest

from envboot import bootstrap, launchers, launching, survey
from envboot.errors import (
    AnswerNeeded,
    CommandFailed,
    EnvbootError,
    FallsShort,
    NothingFound,
    UsageError,
)
from envboot.jobs import Offer, Report, State, journal
from envboot.launching import Wish, tending, waiting
from envboot.plan import Plan
from envboot.request import Request
from envboot.result import to_json
from envboot.testing import ScriptedConsole, check_target
from tests import labq, pages
from tests.labq import PROOF, UP, Here, a_queue, checked, kept, posix, said, this_computer  # noqa: F401 - fixtures

pytestmark = posix


@pytest.fixture
def shell(here):
    return here


@pytest.fixture
def root(tmp_path):
    """Return a packed repository that needs far more than any computer of tests has."""
    root = tmp_path / "Sun Spots"
    (root / ".envboot").mkdir(parents=True)
    (root / ".envboot" / "envboot.pyz").write_bytes(b"")
    (root / "setup.py").write_text("# >>> envboot >>>\n# <<< envboot <<<\n")
    (root / "requirements.txt").write_text("six\n")
    (root / "setup.cfg").write_text("[envboot:needs]\ncpus = 4000\n")
    return root


@pytest.fixture
def go(root, shell):
    """Return a function that launches, and keeps what was said."""

    def launch(wish, *answers, **fields):
        console = ScriptedConsole(*answers)
        request = Request(root, **fields)
        assessment = survey.assess(request, survey.locate(request, shell), shell)
        launch.console = console
        done = launching.launch(wish, request, assessment, shell, console)
        checked(done)
        return done

    return launch


# ------------------------------------------------------------------------ the story


def test_from_the_menu_to_the_proof(go, queue, shell, root):
    done = go(Wish("labq"), "large", "yes")
    console = go.console
    assert (done.outcome, done.exit_code, done.state) == ("ready", 0, "ready")
    assert done.handle.startswith("sun-spots-")
    assert queue.jobs == [done.handle] == kept(shell)
    told = said(console)
    for line in (
        "who pays: the laboratory pays; see https://labq.example/prices",
        "price: see https://labq.example/prices",
        "waiting: 2 jobs before it",
        "setting up",
        "there: created: sunspots, 21 packages in /lab/sunspots/.venv (uv, Python 3.11.7)",
        "there: imported: numpy, torch",
        "opening the browser",
        "or open this link: https://labq.example/s",
        f"to stop what it costs: `envboot stop {done.handle}`",
        f"`envboot delete {done.handle}`",
        "that took ",
    ):
        assert line in told, line
    assert shell.opened == ["https://labq.example/s"]
    assert done.result == PROOF
    assert journal.read(done.handle, shell).state == "ready"
    assert journal.read(done.handle, shell).root == str(root)


def test_what_is_offered_is_judged_sorted_and_priced(go):
    done = go(Wish("labq"), dry_run=True)
    assert [(o["name"], o["closed"]) for o in done.offers] == [
        ("large", ""),
        ("tiny", "too small: cpus: x86_64, 1 core; 4000 needed, short by 3999 cores"),
        ("huge", "too small: cpus: x86_64, 64 cores; 4000 needed, short by 3936 cores"),
        ("full", "nobody gets it before Monday"),
    ]
    table = said(go.console)
    assert "4096 cores, 2048 GB of memory  price: see https://labq.example/prices" in table
    assert "short by 3936 cores" in table


def test_a_dry_run_says_the_plan_and_leaves_nothing(go, queue, shell):
    done = go(Wish("labq", command=("python", "train.py")), dry_run=True)
    assert (done.outcome, done.exit_code) == ("planned", 0)
    assert done.plan == ("asking for large",)
    assert queue.calls == []
    assert kept(shell) == []
    assert not (shell.home / ".local").exists()
    assert "nothing of it was done" in said(go.console)


def test_the_menu_has_the_smallest_that_fits_first_and_says_why_not(go):
    go(Wish("labq"), "large", "no")
    sizes = go.console.offered[0]
    assert [c.name for c in sizes] == ["large", "tiny", "huge", "full"]
    assert [bool(c.closed) for c in sizes] == [False, True, True, True]


@pytest.mark.parametrize("answers", [("large", "no"), ("large", "yes")], ids=["no", "yes"])
def test_nothing_is_asked_of_the_service_before_the_yes(go, queue, answers):
    done = go(Wish("labq"), *answers)
    assert (queue.calls != []) == (answers[1] == "yes")
    assert done.exit_code == 0


def test_without_a_person_the_plan_is_said_and_the_flag_named(go, queue):
    with pytest.raises(AnswerNeeded) as caught:
        go(Wish("labq"))
    assert "--yes" in caught.value.hint
    assert "asking for large" in said(go.console)
    assert queue.calls == []


def test_yes_takes_the_smallest_that_fits(go):
    assert go(Wish("labq"), yes=True).size == "large"


def test_a_single_offer_needs_no_menu(go, queue):
    queue.offers(labq.SIZES[2])
    go(Wish("labq"), "yes")
    assert [q for q in go.console.questions if "size" in q] == []


@pytest.mark.parametrize(
    ("size", "error", "words"),
    [
        ("tiny", FallsShort, ("3999 cores", "--anyway")),
        ("full", FallsShort, ("before Monday",)),
        ("larg", UsageError, ("did you mean `large`?",)),
        ("x", UsageError, ("sizes: large, tiny",)),
    ],
)
def test_a_size_that_cannot_be_taken(go, queue, size, error, words):
    with pytest.raises(error) as caught:
        go(Wish("labq", size=size), yes=True)
    assert all(word in f"{caught.value} {caught.value.hint}" for word in words)
    assert queue.calls == []


def test_a_size_that_is_too_small_is_taken_anyway(go):
    assert go(Wish("labq", size="tiny"), yes=True, anyway=True).size == "tiny"


def test_none_fits(go, queue):
    queue.offers(*labq.SIZES[:2])
    with pytest.raises(FallsShort) as caught:
        go(Wish("labq"), yes=True)
    assert "tiny: too small" in str(caught.value)
    assert "huge: too small" in str(caught.value)
    assert caught.value.exit_code == 6


def test_a_service_that_says_nothing_offers_nothing(go, queue):
    queue.fails("sizes", "no route to the queue")
    with pytest.raises(FallsShort, match="it offers none"):
        go(Wish("labq"), yes=True)


# -------------------------------------------------------------------- which launcher


def test_the_launchers_are_listed_with_state_and_who_pays(go):
    done = go(Wish())
    assert (done.outcome, done.exit_code) == ("listed", 5)
    names = [row["name"] for row in done.launchers]
    assert names == [*launchers.BUILT_IN, "labq"]
    told = said(go.console)
    assert "labq        our queue (open)" in told
    assert "who pays: the laboratory pays" in told
    assert "not possible: " in told
    assert "launch NAME" in done.error["hint"]


def test_a_person_is_asked_where_to_go(go):
    assert go(Wish(), "labq", "large", "yes").launcher == "labq"
    assert go(Wish(), "stop").outcome == "planned"


def test_a_launcher_that_is_not_there(go):
    with pytest.raises(UsageError) as caught:
        go(Wish("lapq"))
    assert caught.value.hint == "did you mean `labq`?"
    with pytest.raises(UsageError, match="there is no launcher `x`"):
        go(Wish("x"))


def test_a_launcher_that_cannot(go, root, shell):
    (root / ".envboot" / "envboot.pyz").unlink()
    with pytest.raises(FallsShort, match=r"envboot\.pyz is missing.*package-env"):
        go(Wish("labq"), yes=True)
    assert kept(shell) == []


def test_a_flag_that_means_nothing_there_is_refused_before_all_else(go, tmp_path, monkeypatch):
    small(tmp_path, monkeypatch, PLAIN + "PAYS, PUSHED, OPTIONS = 'x', True, ('time',)\n")
    with pytest.raises(UsageError, match="`--array` means nothing to a page"):
        go(Wish("small", options=(("array", "1-3"),), push=True), yes=True)


def test_where_comes_behind_a_colon_too(go):
    assert go(Wish("labq:room-2"), dry_run=True).where == "room-2"
    assert go(Wish("labq", "room-2"), dry_run=True).where == "room-2"


# ---------------------------------------------------------- plug-ins that have less


def small(tmp_path, monkeypatch, text):
    """Install a launcher of a few lines beside the queue's."""
    folder = tmp_path / "small"
    info = folder / "small-1.0.dist-info"
    info.mkdir(parents=True)
    (folder / "envboot_small.py").write_text(text)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: small\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[envboot.launchers]\nsmall = envboot_small\n")
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.delitem(sys.modules, "envboot_small", raising=False)
    launchers.family.cache_clear()


PLAIN = """
from envboot.plan import Open, Plan
TITLE = "a page"
def why_not(spec, site):
    return None
def plan(spec, site):
    return Plan("a page", (Open("https://page.example/" + site.order.size),))
"""


def test_a_plain_target_is_told_asked_and_carried_out(go, shell, tmp_path, monkeypatch):
    small(tmp_path, monkeypatch, PLAIN)
    assert go(Wish("small"), "no").plan == ("open https://page.example/",)
    assert shell.opened == []
    done = go(Wish("small"), "yes")
    assert (done.outcome, done.handle, shell.opened) == ("launched", "", ["https://page.example/"])
    assert kept(shell) == []


def test_offers_alone_are_chosen_from_and_no_job_is_kept(go, shell, tmp_path, monkeypatch):
    more = """
from envboot.jobs import Offer
PAYS, PUSHED = "nobody", False
def offers(spec, site):
    return (Offer("b", "the second"), Offer("a", "the first", price="1 EUR"))
"""
    small(tmp_path, monkeypatch, PLAIN + more)
    done = go(Wish("small"), "a", "yes")
    assert [o["name"] for o in done.offers] == ["b", "a"]
    assert shell.opened == ["https://page.example/a"]
    assert "price: 1 EUR" in said(go.console)
    assert kept(shell) == []


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("def offers(spec, site):\n    return 1 / 0\n", "cannot say what there is: division"),
        ("def offers(spec, site):\n    return ('large',)\n", "'large' is no offer"),
        ("def offers(spec, site):\n    return None\n", "cannot say what there is"),
        (
            "from envboot import jobs\ndef offers(*_):\n    return [jobs.Offer('a', 1)]\n",
            "is no offer",
        ),
        ("def plan(spec, site):\n    return 1 / 0\n", "no plan to launch: division"),
        ("def plan(spec, site):\n    return ()\n", "no plan to launch"),
        ("def why_not(spec, site):\n    return 1 / 0\n", "it cannot be asked: division"),
    ],
)
def test_a_launcher_that_breaks_is_a_sentence(go, tmp_path, monkeypatch, text, why):
    small(tmp_path, monkeypatch, f"{PLAIN}PAYS, PUSHED = 'x', False\n{text}")
    with pytest.raises(EnvbootError, match=why):
        go(Wish("small"), yes=True)


@pytest.mark.parametrize(
    "look",
    [
        "return 1 / 0",
        "return None",
        "return Report('well')",
        "return Report('ready', None, None, [], 'x', None, None, None)",
        "return Report('ready', facts=[1])",
        "return Report('ready', seen='many')",
    ],
)
def test_a_launcher_whose_look_breaks_ends_no_command(go, shell, tmp_path, monkeypatch, look):
    monkeypatch.setattr(waiting, "LOST", 2)
    deeds = "".join(f"def {d}(job, shell):\n    return 3\n" for d in ("open", "stop", "delete"))
    small(
        tmp_path,
        monkeypatch,
        f"{PLAIN}PAYS, PUSHED = 'x', False\nfrom envboot.plan import Run\n"
        "from envboot.jobs import Offer, Report\n"
        "def offers(spec, site):\n    return (Offer('a', 'one'),)\n"
        "def plan(spec, site):\n    return Plan('x', (Run(('true',)),))\n"
        f"def look(job, shell, seen=0):\n    {look}\n{deeds}"
        "def logs(job, shell, *, follow):\n    return 1 / 0\n",
    )
    done = go(Wish("small"), yes=True)
    assert done.state in {"unknown", "ready"}
    assert kept(shell) == [done.handle]
    console = ScriptedConsole()
    checked(tending.jobs(shell, console))
    checked(tending.status(done.handle, shell, console, wait=False))
    with pytest.raises(EnvbootError, match="no plan to delete"):
        tending.delete(done.handle, shell, console, yes=True)
    with pytest.raises(EnvbootError, match="no plan to print its log"):
        tending.logs(done.handle, shell, console, follow=False)
    assert kept(shell) == [done.handle]


# ------------------------------------------------------------------ what was pushed


def git(root, *words):
    argv = ["git", "-C", str(root), "-c", "user.name=A", "-c", "user.email=a@b.example", *words]
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def pushing(root, tmp_path, monkeypatch):
    """Make it a repository whose remote has one commit less, and a launcher that sees that one."""
    git(tmp_path, "init", "-q", "--bare", "-b", "main", "there.git")
    git(root, "init", "-q", "-b", "main")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "one")
    git(root, "remote", "add", "origin", str(tmp_path / "there.git"))
    git(root, "push", "-q", "-u", "origin", "main")
    (root / "new.py").write_text("")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "two")
    (root / "dirty.py").write_text("")
    small(tmp_path, monkeypatch, PLAIN + "PAYS, PUSHED = 'nobody', True\n")
    return tmp_path / "there.git"


@pytest.mark.usefixtures("pushing")
def test_without_a_person_the_flags_are_named(go, shell):
    with pytest.raises(AnswerNeeded) as caught:
        go(Wish("small"), yes=True)
    assert "--push" in caught.value.hint
    assert "--as-pushed" in caught.value.hint
    assert "dirty.py" in said(go.console)
    assert shell.opened == []


def test_commits_are_pushed_and_nothing_else(go, pushing, root, shell):
    go(Wish("small"), "push", "yes")
    assert git(pushing, "rev-parse", "main") == git(root, "rev-parse", "HEAD")
    assert git(root, "status", "--porcelain") == "?? dirty.py"
    assert shell.opened


def test_the_flag_pushes(go, pushing, root):
    go(Wish("small", push=True), yes=True)
    assert git(pushing, "rev-parse", "main") == git(root, "rev-parse", "HEAD")


def test_going_on_with_what_was_pushed(go, pushing, root, shell):
    go(Wish("small", as_pushed=True), yes=True)
    go(Wish("small"), "on", "yes")
    assert git(pushing, "rev-parse", "main") == git(root, "rev-parse", "HEAD~")
    assert len(shell.opened) == 2


def test_stopping_there_pushes_nothing(go, pushing, root, shell):
    assert go(Wish("small"), "stop").outcome == "planned"
    go(Wish("small", push=True), dry_run=True)
    assert git(pushing, "rev-parse", "main") == git(root, "rev-parse", "HEAD~")
    assert shell.opened == []


@pytest.mark.usefixtures("pushing")
def test_without_a_remote_nobody_can_get_it(go, root):
    git(root, "remote", "remove", "origin")
    with pytest.raises(NothingFound) as caught:
        go(Wish("small"), yes=True)
    assert "git remote add" in caught.value.hint


@pytest.mark.usefixtures("pushing")
def test_nothing_pushed_yet_has_to_be_pushed(go, root, tmp_path):
    git(root, "remote", "remove", "origin")
    git(tmp_path, "init", "-q", "--bare", "-b", "main", "empty.git")
    git(root, "remote", "add", "origin", str(tmp_path / "empty.git"))
    with pytest.raises(EnvbootError, match="nothing of this repository"):
        go(Wish("small", as_pushed=True), yes=True)
    assert go(Wish("small"), "push", "yes").outcome == "launched"


# ------------------------------------------------------------------- noted before


def test_nothing_is_launched_that_cannot_be_noted(go, queue, shell):
    (shell.home / ".local").write_text("a file")
    with pytest.raises(CommandFailed, match="nothing was launched: the job cannot be noted"):
        go(Wish("labq"), yes=True)
    assert queue.calls == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_full_disk_launches_nothing(root, queue, shell):
    class Full(Here):
        def write(self, path, *_text, **_how):
            raise CommandFailed(f"{path} cannot be written: no space left on device")

    full = Full(shell.environ)
    request = Request(root, yes=True)
    assessment = survey.assess(request, survey.locate(request, full), full)
    with pytest.raises(CommandFailed, match="no space left on device"):
        launching.launch(Wish("labq"), request, assessment, full, ScriptedConsole())
    assert queue.calls == []


def test_without_a_home_nothing_is_launched(root, queue, shell):
    lost = Here({k: v for k, v in shell.environ.items() if k != "HOME"})
    lost.home = None
    request = Request(root, yes=True)
    assessment = survey.assess(request, survey.locate(request, lost), lost)
    with pytest.raises(EnvbootError, match="no home folder"):
        launching.launch(Wish("labq"), request, assessment, lost, ScriptedConsole())
    assert queue.calls == []


# --------------------------------------------------------------- one is there already


def test_a_job_that_is_alive_is_gone_on_with(go, queue):
    first = go(Wish("labq", wait=False), yes=True)
    assert (first.outcome, first.state) == ("launched", "waiting")
    second = go(Wish("labq"), yes=True)
    assert (second.handle, second.outcome) == (first.handle, "ready")
    assert queue.calls == ["submit"]
    assert "--new" in said(go.console)


def test_new_makes_another(go, queue, shell):
    first = go(Wish("labq", wait=False), yes=True)
    second = go(Wish("labq", new=True, wait=False), yes=True)
    assert sorted([first.handle, second.handle]) == queue.jobs == sorted(kept(shell))


def test_a_person_is_asked_about_the_job_that_is_there(go):
    first = go(Wish("labq", wait=False), yes=True)
    assert go(Wish("labq"), "stop").outcome == "planned"
    assert go(Wish("labq"), "on").handle == first.handle
    assert go(Wish("labq"), "new", "large", "yes").handle != first.handle


def test_with_nobody_there_no_job_out_of_reach_is_waited_for(go, queue, shell):
    first = go(Wish("labq", wait=False), yes=True)
    queue.says({"why": "no route"})
    with pytest.raises(CommandFailed, match="cannot be asked just now") as caught:
        go(Wish("labq"), yes=True)
    assert "--new" in caught.value.hint
    assert queue.calls == ["submit"]
    assert kept(shell) == [first.handle]


def test_another_place_size_or_command_is_another_job(go, queue):
    go(Wish("labq", "room-1", wait=False), yes=True)
    for wish in (
        Wish("labq", "room-2", wait=False),
        Wish("labq", "room-1", size="large", command=("make",), wait=False),
    ):
        go(wish, yes=True)
    assert len(queue.jobs) == 3


def test_a_job_that_is_gone_is_forgotten(go, queue, shell):
    first = go(Wish("labq", wait=False), yes=True)
    (queue.home / "jobs" / first.handle).unlink()
    second = go(Wish("labq", wait=False), yes=True)
    assert f"`{first.handle}` is forgotten" in said(go.console)
    assert kept(shell) == [second.handle]


def test_a_dry_run_forgets_nothing_and_says_what_is_there(go, queue, shell):
    first = go(Wish("labq", wait=False), yes=True)
    go(Wish("labq"), dry_run=True)
    assert "it would be gone on with" in said(go.console)
    (queue.home / "jobs" / first.handle).unlink()
    go(Wish("labq"), dry_run=True)
    assert kept(shell) == [first.handle]


def test_one_that_is_stopped_is_started_by_going_there(go, queue):
    go(Wish("labq", wait=False), yes=True)
    queue.says({"state": "paused", "link": "https://labq.example/s"})
    done = go(Wish("labq"), "on")
    assert done.state == "stopped"
    assert go.console.offered[0][0].title == "start it again"


# ------------------------------------------- a folder of the person's own, used again

OWN = """
from envboot_labq import *
RENEWS = ENDS = True
def question(site):
    return "" if site.order.where else "which room?"
"""
DONE = {"state": "done", "result": PROOF, "status": 0}


@pytest.fixture
def own(go, queue, tmp_path, monkeypatch):
    """Return the queue as one of the person's own computers, where the first launch is over."""
    small(tmp_path, monkeypatch, OWN)
    queue.says(DONE)
    queue.first = go(Wish("small", "room-1", command=("a",)), yes=True)
    assert queue.first.outcome == "ended"
    return queue


def test_the_folder_of_what_is_over_is_used_again(go, own, shell):
    """Also for another command: the environment there is the same."""
    for command in (("a",), ("b",)):
        done = go(Wish("small", "room-1", command=command), yes=True)
        assert done.handle == own.first.handle
        assert f"the folder of `{done.handle}` there is used again" in said(go.console)
        assert journal.read(done.handle, shell).command == command
    assert own.calls == ["submit"] * 3
    assert kept(shell) == [own.first.handle]


@pytest.mark.parametrize("state", ["broken", "paused", "up"])
def test_one_that_failed_or_was_stopped_is_used_again_without_a_question(go, own, state):
    own.says({"state": state, "result": PROOF})
    assert go(Wish("small", "room-1"), dry_run=True).handle == own.first.handle
    assert go(Wish("small", "room-1"), "large", "no").handle == own.first.handle
    assert own.calls == ["submit"]


def test_another_place_another_repository_and_new_get_a_folder_of_their_own(go, own, shell):
    mine = own.first.handle
    assert go(Wish("small", "room-2"), dry_run=True).handle != mine
    assert go(Wish("small", "room-1", new=True), dry_run=True).handle != mine
    journal.write(replace(journal.read(mine, shell), root="/elsewhere"), shell)
    assert go(Wish("small", "room-1"), dry_run=True).handle != mine
    journal.write(replace(journal.read(mine, shell), launcher="labq"), shell)
    assert go(Wish("small", "room-1"), dry_run=True).handle != mine


def test_what_still_runs_is_gone_on_with_and_another_command_gets_another_folder(go, own):
    own.says({"state": "running"})
    same = go(Wish("small", "room-1", command=("a",), wait=False), yes=True)
    assert same.handle == own.first.handle
    assert "going on with it as it is there" in said(go.console)
    other = go(Wish("small", "room-1", command=("b",), wait=False), yes=True)
    assert other.handle != own.first.handle
    assert own.calls == ["submit", "submit"]


def test_what_cannot_be_asked_or_is_gone_is_not_used_again(go, own):
    own.says({"why": "no route"})
    assert go(Wish("small", "room-1", command=("b",)), dry_run=True).handle != own.first.handle
    (own.home / "jobs" / own.first.handle).unlink()
    own.says(DONE)
    assert go(Wish("small", "room-1"), dry_run=True).handle != own.first.handle


def test_where_is_asked_for_at_a_terminal(go, own):
    """An answer is judged as what is typed behind the name would be."""
    done = go(Wish("small"), "room-1", "large", "no")
    assert (done.where, done.handle) == ("room-1", own.first.handle)
    with pytest.raises(AnswerNeeded, match=r"an answer is needed: which room\?") as caught:
        go(Wish("small"), "", yes=True)
    assert caught.value.hint == "give it behind `launch small`"
    with pytest.raises(AnswerNeeded, match=r"which room\?"):
        go(Wish("small"))
    assert own.calls == ["submit"]


def test_an_answer_that_cannot_be_used_ends_it_before_anything_is_asked(
    go, queue, tmp_path, monkeypatch
):
    refusing = "def why_not(spec, site):\n    return site.order.where[:1] == '-' and 'no room'\n"
    small(tmp_path, monkeypatch, OWN + refusing)
    with pytest.raises(FallsShort, match="`small` cannot be used: no room"):
        go(Wish("small"), "-oProxyCommand=x")
    assert not (queue.home / "calls").exists()


def test_where_nothing_is_left_to_stop_no_command_for_it_is_said(go, own, shell):
    handle = own.first.handle
    assert f"envboot stop {handle}" not in said(go.console)
    assert f"`envboot delete {handle}`" in said(go.console)
    assert f"what it printed: `envboot logs {handle}`" in said(go.console)
    console = ScriptedConsole()
    done = tending.stop(handle, shell, console, yes=True)
    assert (done.outcome, done.exit_code) == ("stopped", 0)
    assert f"nothing of `{handle}` runs there (ended)" in said(console)
    own.says({"state": "running"})
    console = ScriptedConsole()
    tending.status(handle, shell, console, wait=False)
    assert f"to stop it there: `envboot stop {handle}`" in said(console)


# ------------------------------------------------------------------------ waiting


def test_what_is_printed_there_is_shown_once(go, queue):
    queue.says(
        {"state": "setup", "log": "one\ntwo\n", "seen": 8},
        {"state": "setup", "log": "three\n", "seen": 14},
        UP,
    )
    go(Wish("labq"), yes=True)
    assert [row for row in go.console.lines if row in {"one", "two", "three"}] == [
        "one",
        "two",
        "three",
    ]


def test_a_service_out_of_reach_is_asked_again_and_given_up(go, queue, shell, monkeypatch):
    queue.says({"state": "queued"}, *[{"why": "no route"}] * 3, UP)
    assert go(Wish("labq", new=True), yes=True).outcome == "ready"
    assert "it cannot be asked just now (no route); asked again" in said(go.console)
    monkeypatch.setattr(waiting, "LOST", 4)
    queue.says({"state": "queued"}, {"why": "no route"})
    done = go(Wish("labq", new=True), yes=True)
    assert (done.outcome, done.exit_code, done.state) == ("failed", 7, "unknown")
    assert done.handle in kept(shell)
    assert journal.read(done.handle, shell).state == "waiting"  # as it was last seen
    for word in ("status", "stop", "delete"):
        assert f"`envboot {word} {done.handle}`" in done.error["hint"]


class Pressed(Here):
    """Ctrl-C at the n-th question or deed of a program."""

    def __init__(self, environ, where, *, after=1, again=False, how=()):
        super().__init__(environ)
        self.where, self.left, self.again, self.how = where, after, again, how

    def _press(self, argv):
        if self.where in argv:
            self.left -= 1
            if self.left == 0 or (self.again and self.left < 0):
                raise KeyboardInterrupt(*self.how)

    def query(self, argv, **words):
        self._press(argv)
        return super().query(argv, **words)

    def do(self, argv, **words):
        self._press(argv)
        super().do(argv, **words)


def pressed(root, shell, *answers, **words):
    """Launch with Ctrl-C somewhere; return what came of it and the console."""
    stopped = Pressed(shell.environ, **words)
    request, console = Request(root), ScriptedConsole("large", "yes", *answers)
    assessment = survey.assess(request, survey.locate(request, stopped), stopped)
    done = launching.launch(Wish("labq"), request, assessment, stopped, console)
    checked(done)
    return done, console


def test_ctrl_c_while_waiting_leaves_it_running(root, queue, shell):
    done, console = pressed(root, shell, "leave", where="state", after=2)
    assert (done.outcome, done.exit_code) == ("launched", 130)
    assert kept(shell) == [done.handle] == queue.jobs
    for word in ("status", "stop", "delete"):
        assert f"`envboot {word} {done.handle}`" in said(console)


def test_ctrl_c_without_a_person_leaves_it_running(root, queue, shell):
    done, console = pressed(root, shell, where="state", after=2)
    assert (done.outcome, done.exit_code) == ("launched", 130)
    assert kept(shell) == [done.handle] == queue.jobs
    assert f"`envboot stop {done.handle}`" in said(console)


def test_being_told_to_end_asks_nobody(root, queue, shell):
    done, console = pressed(root, shell, "delete", where="state", after=2, how=("told to end",))
    assert console.answers == ["delete"]
    assert kept(shell) == [done.handle] == queue.jobs


def test_ctrl_c_may_stop_it(root, queue, shell):
    done, _ = pressed(root, shell, "stop", where="state", after=2)
    assert (done.outcome, done.exit_code, done.state) == ("stopped", 130, "stopped")
    assert queue.calls[-1] == "pause"
    assert journal.read(done.handle, shell).state == "stopped"


def test_ctrl_c_may_delete_it(root, queue, shell):
    done, _ = pressed(root, shell, "delete", where="state", after=2)
    assert (done.outcome, done.exit_code, done.state) == ("deleted", 130, "gone")
    assert kept(shell) == [] == queue.jobs


def test_a_deletion_that_fails_leaves_it_noted(root, queue, shell):
    queue.fails("remove", "the queue is closed")
    done, console = pressed(root, shell, "delete", where="state", after=2)
    assert (done.outcome, done.exit_code) == ("launched", 130)
    assert kept(shell) == [done.handle]
    assert "it could not be deleted" in said(console)
    assert f"`envboot delete {done.handle}`" in said(console)


def test_a_second_ctrl_c_at_the_question_leaves_it(root, shell):
    class Twice(ScriptedConsole):
        def choose(self, question, choices, **words):
            if "what shall become of it" in question:
                raise KeyboardInterrupt
            return super().choose(question, choices, **words)

    stopped = Pressed(shell.environ, "state", after=2)
    request, console = Request(root), Twice("large", "yes", "leave")
    assessment = survey.assess(request, survey.locate(request, stopped), stopped)
    done = launching.launch(Wish("labq"), request, assessment, stopped, console)
    assert (done.exit_code, kept(shell)) == (130, [done.handle])
    assert f"`envboot stop {done.handle}`" in said(console)


def test_ctrl_c_while_it_is_asked_for_is_noted_too(root, shell):
    done, console = pressed(root, shell, "leave", where="submit")
    assert (done.exit_code, kept(shell)) == (130, [done.handle])
    assert "cut in the middle" in console.questions[-1]
    assert f"`{done.handle}` is left as it is" in said(console)
    console = ScriptedConsole()
    found = tending.jobs(shell, console)  # it was never there
    assert found.jobs[0]["state"] == "gone"
    assert kept(shell) == []


# ------------------------------------------------------------------- what goes wrong


def test_a_step_that_fails_with_nothing_there_is_forgotten(go, queue, shell):
    queue.fails("submit", "your quota is used up")
    done = go(Wish("labq"), yes=True)
    assert (done.outcome, done.exit_code, done.state) == ("failed", 7, "gone")
    assert "labq" in done.error["message"]
    assert "nothing of it is left there" in said(go.console)
    assert kept(shell) == []


def test_a_step_that_fails_with_something_there_is_kept(go, queue, shell):
    queue.fails("submit-late", "the line went dead")
    queue.says({"state": "queued"})
    done = go(Wish("labq"), yes=True)
    assert (done.outcome, done.exit_code, done.state) == ("failed", 7, "waiting")
    assert kept(shell) == [done.handle]
    assert f"`envboot delete {done.handle}`" in said(go.console)


@pytest.mark.parametrize(
    ("report", "code", "words"),
    [
        ({"state": "broken", "log": "a\nb\n"}, 7, ("failed", "| b", "envboot logs ")),
        (
            {"state": "broken", "result": {"outcome": "failed", "exit_code": 3, "error": None}},
            3,
            (),
        ),
        (
            {
                "state": "broken",
                "result": {
                    **PROOF,
                    "outcome": "not-working",
                    "exit_code": 8,
                    "report": {
                        "imported": ["a"],
                        "failed": [{"module": "torch", "why": "libcudart is missing"}],
                    },
                },
            },
            8,
            ("there: not imported: torch: libcudart is missing",),
        ),
        (
            {
                "state": "broken",
                "result": {
                    **PROOF,
                    "outcome": "falls-short",
                    "exit_code": 6,
                    "environment": None,
                    "shortfalls": [{"need": "cpus", "found": "8 cores", "wanted": "4000"}],
                    "error": {"message": "too little", "hint": "take more"},
                },
            },
            6,
            ("falls short: cpus 8 cores; 4000 needed", "error: too little", "hint: take more"),
        ),
        ({"state": "done", "status": 0, "result": PROOF}, 0, ("ended with status 0",)),
        ({"state": "broken", "status": 3, "result": PROOF}, 3, ("ended with status 3",)),
        ({"state": "none"}, 7, ("nothing of it is left there",)),
        ({"state": "broken", "result": {"exit_code": "x", "environment": [], "report": 3}}, 7, ()),
        ({"state": "broken", "result": {"exit_code": 99999}}, 7, ()),
        ({"state": "broken", "status": True}, 7, ()),
        ({"state": "broken", "status": 0}, 7, ()),
        ({"state": "broken", "status": -9}, 7, ()),
    ],
)
def test_the_exit_code_and_the_proof_are_those_from_there(go, queue, report, code, words):
    queue.says(report)
    done = go(Wish("labq"), yes=True)
    assert done.exit_code == code
    assert (done.outcome == "failed") == bool(code)
    told = said(go.console)
    for word in words:
        assert word in told
    assert done.result == report.get("result")


def test_a_link_is_only_printed_where_no_browser_is_wanted(go, queue, shell):
    go(Wish("labq", browse=False), yes=True)
    assert shell.opened == []
    assert "open this link: https://labq.example/s" in said(go.console)
    queue.says({"state": "up", "link": "file:///etc/passwd"})
    go(Wish("labq"), yes=True)
    assert shell.opened == []


def test_then_goes_there_when_it_is_ready(go, queue):
    queue.says({"state": "up", "result": PROOF})
    done = go(Wish("labq", then="shell"), yes=True)
    assert (done.outcome, queue.calls) == ("ready", ["submit", "shell"])


def test_then_does_not_go_where_it_does_not_work(go, queue):
    queue.says({"state": "up", "result": {**PROOF, "exit_code": 8, "outcome": "not-working"}})
    assert go(Wish("labq", then="shell"), yes=True).exit_code == 8
    assert queue.calls == ["submit"]


# ------------------------------------------------------------- what the how-to promises


def test_the_launcher_of_the_how_to_is_a_whole_plug_in(tmp_path):
    """Run the page's own test of its own launcher, in a Python of its own."""
    text = pages.text_of(labq.PAGE)
    for block in pages.blocks(text):
        if block.title:
            (tmp_path / block.title).write_text("\n".join(block.lines) + "\n", encoding="utf-8")
    environ = {**os.environ, "PYTHONPATH": str(pages.ROOT)}
    argv = [sys.executable, "test_launcher.py"]
    done = subprocess.run(
        argv, cwd=tmp_path, env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    table = pages.section(text, "What a module has")
    for name in (
        *launchers.REQUIRED,
        *launching.KEPT,
        "PAYS",
        "PUSHED",
        "offers",
        "question",
        "RENEWS",
    ):
        assert f"`{name}" in table
    for state in get_args(State):
        assert f"`{state}`" in pages.section(text, "The rules")


def launcher(**changes):
    """Return a launcher made by hand; None takes a name out."""
    names = {
        "TITLE": "theirs",
        "PAYS": "nobody",
        "PUSHED": False,
        "why_not": lambda *_: None,
        "plan": lambda *_: Plan("x"),
        "offers": lambda *_: (Offer("a", "one"),),
        "look": lambda _job, _shell, _seen=0: Report("gone"),
        "logs": lambda _job, _shell, *, follow: Plan(str(follow)),
        "open": lambda *_: Plan("x"),
        "stop": lambda *_: Plan("x"),
        "delete": lambda *_: Plan("x"),
    }
    kept = {k: v for k, v in {**names, **changes}.items() if v is not None}
    return types.SimpleNamespace(__name__="theirs", **kept)


def test_a_proper_launcher_passes():
    asked = []

    def plan(_spec, site):
        asked.append(site.order)
        return Plan("x")

    check_target(launcher(plan=plan))
    assert (asked[0].size, asked[0].handle) == ("a", "example-7f3a")
    check_target(launcher(**dict.fromkeys(launching.KEPT)))  # offers alone


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"stop": None}, "has look, logs, open, delete, and lacks stop"),
        ({"offers": None}, "lacks offers"),
        ({"PAYS": ""}, "PAYS does not say who pays"),
        ({"PUSHED": None}, "PUSHED is neither"),
        ({"offers": lambda *_: ("large",)}, "holds what is no Offer"),
        ({"look": lambda _job: Report("gone")}, "look cannot be called"),
        ({"look": lambda *_: "gone"}, "returned no Report"),
        ({"look": lambda *_: Report("well")}, "unknown state: 'well'"),
        ({"logs": lambda _job, _shell: Plan("x")}, "logs cannot be called"),
        ({"open": lambda *_: ()}, "open.. returned no Plan"),
        ({"delete": lambda *_: Plan("x", ("rm",))}, "delete.. holds what is no step"),
        ({"look": lambda _job, shell, _seen: shell.do(("rm",))}, "returned no Report"),
        ({"stop": lambda _job, shell: shell.do(("rm",)) or Plan("x")}, "did something"),
    ],
)
def test_an_improper_launcher_is_told(changes, why):
    with pytest.raises(AssertionError, match=why):
        check_target(launcher(**changes))


def test_the_first_question_does_without_the_launchers(root, here):
    """They are most of the archive's second part; who does not fall short never unpacks it."""
    (root / "setup.cfg").unlink()
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from envboot import survey\n"
        "from envboot.request import Request\n"
        "from envboot.shell.local import LocalShell\n"
        "request, shell = Request(Path(sys.argv[1])), LocalShell()\n"
        "found = survey.assess(request, survey.locate(request, shell), shell)\n"
        "assert not found.short, found.verdict.sentence\n"
        "print(*(n for n in sys.modules if n.startswith(('envboot.launch', 'envboot.jobs'))))\n"
    )
    environ = {**here.environ, "PYTHONPATH": str(pages.ROOT)}
    argv = [sys.executable, "-c", code, str(root)]
    done = subprocess.run(argv, env=environ, capture_output=True, text=True, check=False)
    assert (done.stdout.split(), done.returncode) == ([], 0), done.stderr


def test_a_machine_that_falls_short_names_every_launcher_with_its_state(root, shell):
    request = Request(root)
    found = survey.assess(request, survey.locate(request, shell), shell)
    names = [way.name for way in found.ways]
    assert names[-2:] == ["anyway", "manual"]
    assert names[-8:-2] == [*launchers.BUILT_IN, "labq"]
    assert next(way for way in found.ways if way.name == "labq").why_not == ""


def test_the_menu_of_the_story_goes_elsewhere(root, shell, queue):
    console = ScriptedConsole("labq", "large", "yes")
    done = bootstrap.up(Request(root), shell, console)
    assert (done.outcome, done.exit_code) == ("launched", 0)
    assert done.launched["handle"] in queue.jobs
    assert done.launched["result"] == PROOF
    assert done.shortfalls
    value = json.loads(to_json(done))
    jsonschema.validate(value, json.loads(pages.text_of("docs/reference/up.schema.json")))


def test_the_flag_of_the_story_takes_a_place_too(root, shell, queue):
    done = bootstrap.up(Request(root, launch="labq:room", yes=True), shell, ScriptedConsole())
    assert journal.read(done.launched["handle"], shell).where == "room"
    done = bootstrap.up(
        Request(root, launch="labq", dry_run=True), shell, console := ScriptedConsole()
    )
    assert (done.outcome, done.launched) == ("planned", None)
    assert "asking for large" in done.plan
    assert len(queue.jobs) == 1
    assert "it would be gone on with" in said(console)


def test_the_exit_code_of_the_story_is_that_from_there(root, shell, queue):
    queue.says({"state": "broken", "result": {**PROOF, "exit_code": 8, "outcome": "not-working"}})
    done = bootstrap.up(Request(root, launch="labq", yes=True), shell, ScriptedConsole())
    assert (done.outcome, done.exit_code) == ("launched", 8)
