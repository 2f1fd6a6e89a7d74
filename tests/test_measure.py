"""What ``measure`` says, offers and writes; the computer is scripted."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envboot import find
from envboot.errors import NothingFound, UsageError
from envboot.measure import figures, gpus, measure
from envboot.result import to_json
from envboot.shell import Answer, Usage
from envboot.survey import Request
from envboot.testing import ScriptedConsole, ScriptedShell

GB = 10**9
MIB = 2**20
SMI = "/usr/bin/nvidia-smi"


@pytest.fixture
def root(tmp_path):
    root = tmp_path / "repo"
    root.mkdir()
    (root / "requirements.txt").write_text("six\n")
    return root


def run(root, *answers, argv=("--", "train", "--fast"), usage=None, **given):
    """Measure a scripted program; return the result, the console and the shell."""
    parts = {"programs": {"train": "/usr/bin/train", **given.pop("programs", {})}}
    parts |= {"environ": {"TMPDIR": "/scratch"}, "disk": True}
    parts |= {key: given.pop(key) for key in ("answers", "files", "environ") if key in given}
    shell = ScriptedShell(usage=usage or Usage(0, 12.25, 31.0, 9_600_000_000, processes=3), **parts)
    console = ScriptedConsole(*answers)
    options = SimpleNamespace(argv=list(argv), json=False)
    return measure(options, Request(root, **given), shell, console), console, shell


def test_it_is_measured_shown_and_written_after_a_yes(root):
    found, console, shell = run(root, "yes")
    assert shell.done[0] == ("/usr/bin/train", "--fast")
    assert (found.outcome, found.exit_code, found.file) == ("written", 0, "setup.cfg")
    assert found.needs == ({"key": "memory", "text": "12 GB"},)
    assert "  memory       9.6 GB, 3 processes at most" in console.said
    assert "  written      nothing" in console.said
    assert "  time         12.2 s, 31.0 s of processor time" in console.said
    (need,) = find.look(root, shell).spec.needs
    assert (need.key, need.value, need.evidence, need.why) == (
        "memory",
        12 * GB,
        "measured",
        "train --fast",
    )
    assert "+memory = 12 GB" in "\n".join(console.said), "the difference is shown"
    assert console.questions == ["write this into setup.cfg?"]
    again, console, _ = run(root)
    assert again.outcome == "measured"
    assert "nothing has to be written" in console.said


def test_a_no_writes_nothing(root):
    found, _, _ = run(root, "no")
    assert (found.outcome, found.exit_code) == ("declined", 0)
    assert not (root / "setup.cfg").exists()


def test_with_nobody_to_ask_it_is_said_how_and_that_is_no_failure(root):
    found, console, _ = run(root)
    assert (found.outcome, found.exit_code) == ("measured", 0)
    assert console.said[-1] == "nothing was written; `--yes` writes it"
    assert not (root / "setup.cfg").exists()
    assert run(root, yes=True)[0].outcome == "written"


@pytest.mark.parametrize(
    ("usage", "outcome", "code", "said"),
    [
        (Usage(3, 1.0, memory=GB), "failed", 3, "the command ended with status 3"),
        (Usage(137, 1.0, memory=GB), "failed", 137, "the command ended with status 137"),
        (Usage(130, 1.0, memory=GB, interrupted=True), "interrupted", 130, "interrupted"),
        (Usage(0, 1.0, memory=GB, interrupted=True), "interrupted", 130, "interrupted"),
    ],
)
def test_what_did_not_end_well_keeps_its_status_and_offers_nothing(
    root, usage, outcome, code, said
):
    found, console, _ = run(root, usage=usage, yes=True)
    assert (found.outcome, found.exit_code) == (outcome, code)
    assert found.memory == GB
    assert console.said[-1] == f"{said}: nothing is offered"
    assert any(row.startswith("  memory       1.0 GB") for row in console.said)
    assert not (root / "setup.cfg").exists()


def test_a_declared_need_stays_and_the_difference_is_said(root):
    (root / "pyproject.toml").write_text('[tool.envboot.needs]\nmemory = "8 GB"\n')
    found, console, _ = run(root, yes=True)
    assert found.outcome == "measured"
    said = (
        "memory is declared as 8 GB (pyproject.toml:2), and stays; measured, with a margin: 12 GB"
    )
    assert said in console.said
    assert (root / "pyproject.toml").read_text() == '[tool.envboot.needs]\nmemory = "8 GB"\n'


def test_no_command_no_program_and_a_dry_run(root):
    with pytest.raises(UsageError, match="measure what") as caught:
        run(root, argv=())
    assert "measure -- COMMAND" in caught.value.hint
    with pytest.raises(NothingFound, match="no program `tarin`"):
        run(root, argv=("--", "tarin"))
    found, _, shell = run(root, dry_run=True)
    assert (found.outcome, found.plan) == ("planned", ("train --fast",))
    assert shell.done == []


def test_a_secret_on_the_command_line_is_not_said_and_not_written(root):
    argv = ("train", "--token", "hunter2hunter2", "x" * 300)
    found, console, _ = run(root, argv=argv, yes=True)
    everything = to_json(found) + "\n".join(console.said) + (root / "setup.cfg").read_text()
    assert "hunter2" not in everything
    assert len(found.command) <= 100
    assert json.loads(to_json(found))["needs"] == [{"key": "memory", "text": "12 GB"}]


def test_too_little_to_be_written(root):
    found, console, _ = run(root, usage=Usage(0, 0.01), yes=True)
    assert found.outcome == "measured"
    assert "  memory       not learnt: it was too short" in console.said
    assert "that is too little to be written down" in console.said


def test_what_goes_on_is_said(root):
    _, console, _ = run(root, usage=Usage(0, 1.0, memory=GB, left=1))
    assert "  left         1 process goes on, and no longer counted" in console.said


def test_written_files_count_and_those_of_git_do_not():
    before = {"a": 10, "b": 10, "c": 5}
    after = {"a": 15, "b": 3, "new/d": 100, ".git/objects/e": 1000, ".venv/f": 1000}
    assert figures.grown(before, after) == 105


def test_temporary_files_count_once(tmp_path):
    shell = ScriptedShell(environ={"TMPDIR": str(tmp_path)})
    assert figures.places(tmp_path / "repo", shell) == (tmp_path / "repo",)
    assert figures.places(Path("/repo"), shell) == (Path("/repo"), tmp_path)


@given(st.integers(1, 10**13))
def test_the_margin_is_a_quarter_in_whole_gigabytes(size):
    found = figures.margin(size)
    assert found % GB == 0
    assert 1.24 * size <= found < 1.25 * size + GB


def test_disk_is_offered_from_a_gigabyte_on():
    def keys(written, environment):
        taken = figures.Taken(Usage(0, 1.0, memory=GB), written, environment)
        return {n.key: n.text for n in figures.needs(taken, "a")}

    assert keys(10**8, None) == {"memory": "2 GB"}
    assert keys(10**8, 10**9) == {"memory": "2 GB", "disk": "2 GB"}


# ------------------------------------------------------------------------ the GPUs


def test_gpu_memory_of_the_program_is_offered(root):
    answers = {SMI: "1, 4096\n99, 20000\n1, 1024\n"}
    found, console, shell = run(root, programs={"nvidia-smi": SMI}, answers=answers, yes=True)
    assert found.gpu_memory == 5120 * MIB
    assert "  GPU memory   5.4 GB" in console.said
    needs = {n.key: n.text for n in find.look(root, shell).spec.needs}
    assert needs == {"memory": "12 GB", "gpu_memory": "7 GB"}


def asked(*texts, files=()):
    """Return what is learnt from one answer after another; the program is process 7."""
    shell = ScriptedShell(programs={"nvidia-smi": SMI}, files=dict.fromkeys(files, b""))
    ask = gpus.asking(shell)
    out = []
    for text in texts:
        shell.answers[SMI] = text
        out.append(ask(frozenset({7, 8})))
    return out, shell


def test_in_a_container_what_came_since_the_first_answer_counts():
    found, _ = asked("100, 10\n", "100, 10\n200, 50\n300, 1\n", files=["/proc/300/stat"])
    assert found == [0, 50 * MIB]


@pytest.mark.parametrize(
    "text", ["", "[N/A], [N/A]\n", "No running processes found\n", "7, [N/A]\n", "\ufffd", "7,,\n"]
)
def test_an_answer_that_says_nothing(text):
    assert asked(text)[0] == [0]


def test_a_gpu_that_does_not_answer_is_asked_three_times():
    dead = Answer(None, "nvidia-smi gave no answer in 5 s")
    found, shell = asked(*[dead] * 6)
    assert found == [None] * 6
    assert len(shell.asked) == 3
    assert gpus.asking(ScriptedShell()) is None


@given(st.text())
def test_no_answer_is_too_strange(text):
    assert all(size >= 0 for size in gpus.rows(text).values())
