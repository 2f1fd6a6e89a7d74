"""``notebook show`` and ``notebook cloud``: what is told, what is opened, and on whose yes."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from pages import blocks, section, text_of

from envboot import cli, site
from envboot import notebook as notebooks
from envboot.errors import AnswerNeeded, EnvbootError, FallsShort, InvalidFile, UsageError
from envboot.formats.notebook import environment
from envboot.notebook import carried, values
from envboot.request import Request
from envboot.result import to_json
from envboot.shell.local import LocalShell
from envboot.testing import ScriptedConsole, ScriptedShell

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA = json.loads(text_of("docs/reference/notebook.schema.json"))
COLAB = "https://colab.research.google.com/"
PLAIN = {"env_ver": "0.2", "requirements.txt": "six==1.16.0\n"}


def write(path: Path, carried: object = None, **metadata: Any) -> Path:
    there = metadata if carried is None else {"environment": carried, **metadata}
    found = {"cells": [], "metadata": there, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(found, indent=1), encoding="utf-8")
    return path


def ask(notebook: Path, deed: str, *words: str, shell: Any = None, answers: tuple[str, ...] = ()):
    """Run one of the commands as the command line does; return what came of it, and the console."""
    options = cli.parser("envboot").parse_args(["notebook", deed, str(notebook), *words])
    request = Request(notebook.parent, yes=options.yes, dry_run=options.dry_run)
    console = ScriptedConsole(*answers)
    shell = shell or ScriptedShell(disk=True, environ={"HOME": str(notebook.parent)})
    return notebooks.notebook(options, request, shell, console), console, shell


def valid(found: object, part: str) -> dict[str, Any]:
    jsonschema = pytest.importorskip("jsonschema")
    said = json.loads(to_json(found))
    jsonschema.validate(said, {**SCHEMA, "anyOf": [{"$ref": f"#/$defs/{part}"}]})
    return dict(said)


def state_of(folder: Path) -> dict[str, bytes]:
    return {str(p): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


# ------------------------------------------------------------------ the door


@pytest.mark.parametrize(
    ("words", "message", "hint"),
    [
        (["notebook"], "does what", "one of: pack, unpack, show, diff, run, cloud"),
        (["notebook", "pak", "x.ipynb"], "does not know `pak`", "did you mean `pack`?"),
        (["notebook", "x.ipynb"], "does not know `x.ipynb`", "one of: pack, unpack"),
        (["pakage-env"], "no command `pakage-env`", "did you mean `package-env`?"),
    ],
)
def test_a_deed_that_is_missing_or_misspelt_is_named(words, message, hint, capsys):
    assert cli.main(words) == UsageError.exit_code
    said = capsys.readouterr().err
    assert message in said
    assert hint in said


@pytest.mark.parametrize(
    ("mark", "is_one"),
    [
        (".git/HEAD", True),
        (".envboot/envboot.pyz", True),
        (".envboot/environment.json", True),
        (".envboot/log/one.log", False),  # what unpacking leaves beside a notebook
    ],
)
def test_a_log_beside_a_notebook_makes_no_repository_of_its_folder(tmp_path, mark, is_one):
    (tmp_path / ".git").mkdir()
    deep = tmp_path / "deep"
    (deep / mark).parent.mkdir(parents=True)
    (deep / mark).write_text("")
    shell = ScriptedShell(disk=True)
    assert site.repository(deep, shell) == (deep if is_one else tmp_path)
    notebook = write(deep / "tour.ipynb", PLAIN)
    assert carried.repository(notebook, Request(tmp_path), shell) == (deep if is_one else tmp_path)


@pytest.mark.parametrize("deed", ["pack", "run", "cloud"])
def test_help_of_a_deed(deed, capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main(["help", "notebook", deed])
    assert ended.value.code == 0
    assert f"usage: envboot notebook {deed}" in capsys.readouterr().out


# ------------------------------------------------------------------ show


def test_all_that_it_carries_is_shown_and_nothing_is_written(tmp_path):
    carried = {
        **PLAIN,
        "environment.yaml": "dependencies: [six]\n",
        "setup.sh": "touch ~/spots\n",
        "files": {"apt.txt": "vim\n", "postBuild": "true\n"},
        "container": "docker.io/library/python:3.11",
        "machine_configuration": {"cpus": 4},
        "git": {"path": "https://github.com/ann/sunspots", "commit id": "0123abcd"},
        "cloud": {"env_name": "google", "handler_url": COLAB},
        "left": "alone",
    }
    notebook = write(tmp_path / "tour.ipynb", carried)
    (tmp_path / "apt.txt").write_text("nano\n")
    before = state_of(tmp_path)
    found, console, shell = ask(notebook, "show")
    (text,) = console.shown
    for word in ("six==1.16.0", "dependencies: [six]", "touch ~/spots", "python:3.11", "0123abcd"):
        assert word in text
    assert environment.digest(carried) in text
    assert (found.outcome, found.exit_code) == ("shown", 0)
    assert found.digest == environment.digest(carried)
    assert found.environment == carried
    assert {f["path"]: f["state"] for f in found.files}["apt.txt"] == "differs"
    assert set(found.commands) == {"setup.sh", "postBuild"}
    assert [(c["env_name"], c["handler"]) for c in found.clouds] == [("google", "google")]
    assert state_of(tmp_path) == before
    assert shell.done == []
    valid(found, "shown")


def test_a_notebook_that_carries_nothing_ends_with_3(tmp_path):
    found, console, _ = ask(write(tmp_path / "plain.ipynb"), "show")
    assert (found.outcome, found.exit_code) == ("nothing", 3)
    assert "carries no environment" in console.warned[0]
    assert console.shown == []
    valid(found, "shown")


def test_what_a_program_that_nobody_knows_put_there_is_named(tmp_path):
    found, console, _ = ask(write(tmp_path / "a.ipynb", {"python": "3.11"}), "show")
    assert found.exit_code == 3
    assert "does not know" in console.warned[0]


def test_googles_own_key_is_shown_as_what_it_means(tmp_path):
    theirs = {"kernel": "py", "name": "tf.m1", "type": "gcloud", "uri": "gcr.io/x/tf:m1"}
    found, console, _ = ask(write(tmp_path / "a.ipynb", theirs), "show")
    assert found.exit_code == 0
    assert "gcr.io/x/tf:m1" in console.shown[0]
    assert found.environment == theirs


def test_a_copy_that_stands_aside_of_googles_key_counts(tmp_path):
    theirs = {"kernel": "py", "name": "tf.m1", "type": "gcloud", "uri": "gcr.io/x/tf:m1"}
    notebook = write(tmp_path / "a.ipynb", theirs, envboot={"environment": PLAIN})
    found, _, _ = ask(notebook, "show")
    assert found.environment == PLAIN
    assert [f["path"] for f in found.files] == ["requirements.txt"]


EVIL = "six\x1b]0;gone\x07==1 # \u202egnp\u2066\u200b\x9b2J\n"


def test_nothing_that_a_terminal_obeys_or_nobody_sees_gets_out(tmp_path):
    carried = {
        "env_ver": "0.2",
        "requirements.txt": "six # caf\u00e9\n",
        "left": EVIL,
        "cloud": {"env_name": f"hub{EVIL}", "metadata": {"x": EVIL}},
    }
    notebook = write(tmp_path / "a.ipynb", carried)
    for deed in ("show", "cloud"):
        found, console, _ = ask(notebook, deed)
        said = "\n".join((*console.shown, *console.said, *console.warned, to_json(found)))
        hidden = [c for c in said if c in "\x1b\x07\u202e\u2066\u200b\x9b\r"]
        assert not hidden, deed
        assert json.loads(to_json(found))  # and the program that reads it gets what stands there
    assert json.loads(to_json(ask(notebook, "show")[0]))["environment"] == carried


def test_a_password_in_an_address_is_masked_in_what_is_shown(tmp_path):
    text = "--index-url https://ann:hunter2-secret@pypi.example/simple\nsix\n"
    notebook = write(tmp_path / "a.ipynb", {**PLAIN, "requirements.txt": text})
    said = []
    try:
        _, console, _ = ask(notebook, "show")
        said += [*console.shown, *console.warned]
    except InvalidFile as error:
        said.append(str(error))
    assert said
    assert "hunter2" not in "".join(said)


BROKEN = {
    "no JSON": b"{",
    "a list": b"[]",
    "no UTF-8": b'{"nbformat": 4, "metadata": {"x": "\xff"}}',
    "empty": b"",
    "twice": b'{"nbformat": 4, "nbformat_minor": 5, "cells": [], "metadata": {"environment": {}, '
    b'"environment": {}}}',
    "a strange value": b'{"nbformat": 4, "nbformat_minor": 5, "cells": [], "metadata": '
    b'{"environment": {"env_ver": "0.2", "requirements.txt": 7}}}',
}


@pytest.mark.parametrize("deed", ["show", "diff", "cloud"])
@pytest.mark.parametrize("data", BROKEN.values(), ids=BROKEN)
def test_what_is_no_notebook_is_an_error_that_names_the_file(tmp_path, data, deed):
    path = tmp_path / "broken.ipynb"
    path.write_bytes(data)
    with pytest.raises(InvalidFile, match=r"broken\.ipynb"):
        ask(path, deed)


@pytest.mark.parametrize("deed", ["show", "diff", "cloud"])
def test_a_notebook_that_is_not_there_is_an_error(tmp_path, deed):
    with pytest.raises(EnvbootError, match="gone"):
        ask(tmp_path / "gone.ipynb", deed)


def test_the_command_line_prints_json_alone_to_stdout(tmp_path, child_environ):
    notebook = write(tmp_path / "tour.ipynb", PLAIN)
    done = subprocess.run(
        [sys.executable, "-m", "envboot", "notebook", "show", "--json", notebook.name],
        env=child_environ,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout)["environment"] == PLAIN


# ------------------------------------------------------------------ cloud


def git(folder: Path, *words: str) -> None:
    who = ("-c", "user.name=Ann", "-c", "user.email=ann@localhost")
    home = {"HOME": str(folder), "PATH": os.environ["PATH"], "GIT_CONFIG_NOSYSTEM": "1"}
    subprocess.run(("git", *who, *words), cwd=folder, env=home, check=True, capture_output=True)


@pytest.fixture
def pushed(tmp_path):
    """A notebook in a repository that is on GitHub, as far as git knows."""
    place = tmp_path / "sunspots"
    place.mkdir()
    notebook = write(place / "tour.ipynb", {**PLAIN, "cloud": {"env_name": "google"}})
    (place / "requirements.txt").write_text("six==1.16.0\n")
    (place / "setup.py").write_text("# >>> envboot >>>\n")
    (place / ".envboot").mkdir()
    (place / ".envboot" / "envboot.pyz").write_bytes(b"")
    git(place, "init", "-q", "-b", "main")
    git(place, "add", "-A", "-f")
    git(place, "commit", "-q", "-m", "one")
    git(place, "remote", "add", "origin", "https://github.com/ann/sunspots.git")
    git(place, "update-ref", "refs/remotes/origin/main", "HEAD")
    return notebook


class Browserless(LocalShell):
    """This computer, whose browser only notes what it is given."""

    def __init__(self, environ: dict[str, str]) -> None:
        super().__init__(environ)
        self.opened: list[str] = []

    def open(self, url: str) -> None:
        self.opened.append(url)


@pytest.fixture
def here(environ):
    return Browserless(environ)


def test_the_list_has_the_sections_the_handlers_and_the_launchers(pushed, here):
    found, console, _ = ask(pushed, "cloud", shell=here)
    assert (found.outcome, found.exit_code) == ("listed", 0)
    assert [h["name"] for h in found.handlers] == ["google"]
    assert {"link", "ssh", "codespaces"} <= {row["name"] for row in found.launchers}
    link = next(row for row in found.launchers if row["name"] == "link")
    assert link["why_not"] is None
    (text,) = console.shown
    assert "Google Cloud (open)" in text
    assert valid(found, "opened")["clouds"][0]["handler"] == "google"
    assert here.opened == []


def test_a_mailed_notebook_is_listed_with_why_no_launcher_can(tmp_path):
    found, console, _ = ask(write(tmp_path / "tour.ipynb", PLAIN), "cloud")
    assert "it names no cloud" in console.shown[0]
    assert all(row["why_not"] for row in found.launchers)
    valid(found, "opened")


def test_a_handler_opens_what_was_pushed_after_a_yes(pushed, here):
    found, console, _ = ask(pushed, "cloud", "google", shell=here, answers=("yes",))
    assert found.outcome == "opened"
    assert here.opened == [found.link]
    assert found.link.startswith(f"{COLAB}github/ann/sunspots/blob/")
    assert any(found.link in line for line in console.said)  # before the question
    assert console.questions == ["do you want to open it with Google Cloud?"]
    valid(found, "opened")


@pytest.mark.parametrize(
    ("words", "answers", "outcome"),
    [
        (("--dry-run",), (), "planned"),
        ((), ("no",), "declined"),
        (("--yes",), (), "opened"),
        (("--yes", "--no-browser"), (), "opened"),
    ],
)
def test_what_opens_a_browser_and_what_does_not(pushed, here, words, answers, outcome):
    found, console, _ = ask(pushed, "cloud", "google", *words, shell=here, answers=answers)
    assert found.outcome == outcome
    assert len(here.opened) == (words == ("--yes",))
    if "--no-browser" in words:
        assert f"open this link: {found.link}" in console.said


def test_in_ci_the_link_is_printed(pushed, environ):
    shell = Browserless({**environ, "CI": "1"})
    found, console, _ = ask(pushed, "cloud", "google", "--yes", shell=shell)
    assert shell.opened == []
    assert f"open this link: {found.link}" in console.said


def test_a_notebook_of_workbenchs_goes_back_to_workbench(tmp_path, here):
    theirs = {"kernel": "py", "name": "tf.m1", "type": "gcloud", "uri": "gcr.io/x/tf:m1"}
    notebook = write(tmp_path / "a.ipynb", theirs)
    found, _, _ = ask(notebook, "cloud", "google", "-n", shell=here)
    assert found.link == "https://console.cloud.google.com/vertex-ai/workbench"


def test_who_is_asked_sees_the_plan_also_when_quiet(pushed, here):
    options = cli.parser("envboot").parse_args(["notebook", "cloud", str(pushed), "google", "-q"])
    console = ScriptedConsole("no", verbose=-1)
    notebooks.notebook(options, Request(pushed.parent), here, console)
    assert any("colab.research.google.com" in line for line in console.warned)


def test_with_nobody_to_ask_it_ends_with_5(pushed, here):
    with pytest.raises(AnswerNeeded) as raised:
        ask(pushed, "cloud", "google", shell=here)
    assert "--yes" in raised.value.hint
    assert here.opened == []


HUB = "https://hub.lab.example/user/ann"


@pytest.mark.parametrize(("name", "env_name"), [("hub", "hub"), ("google", "google")])
def test_a_link_of_the_notebooks_own_is_opened_on_a_persons_yes_alone(
    tmp_path, here, name, env_name
):
    section = {"env_name": env_name, "handler_url": HUB}
    notebook = write(tmp_path / "a.ipynb", {**PLAIN, "cloud": section})
    with pytest.raises(AnswerNeeded) as raised:
        ask(notebook, "cloud", name, "--yes", shell=here)
    assert "`--yes` does not cover" in raised.value.hint
    assert here.opened == []
    found, console, _ = ask(notebook, "cloud", name, "--yes", shell=here, answers=("no",))
    assert (found.outcome, here.opened) == ("declined", [])
    (question,) = console.questions
    assert "hub.lab.example" in question
    assert HUB in question
    found, _, _ = ask(notebook, "cloud", name, "--dry-run", shell=here)
    assert (found.outcome, here.opened) == ("planned", [])
    found, _, _ = ask(notebook, "cloud", name, shell=here, answers=("yes",))
    assert (found.outcome, found.link, here.opened) == ("opened", HUB, [HUB])
    valid(found, "opened")


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8888/lab?token=x",
        "http://169.254.169.254/computeMetadata/v1/",
        "http://localhost/",
        "https://192.168.1.1/reboot",
        "http://router.lan/",
    ],
)
def test_a_link_into_a_private_network_is_not_even_asked_about(tmp_path, here, url):
    notebook = write(
        tmp_path / "a.ipynb", {**PLAIN, "cloud": {"env_name": "hub", "handler_url": url}}
    )
    found, _, _ = ask(notebook, "cloud", shell=here)
    assert "not opened" in found.clouds[0]["why_not"]
    with pytest.raises((FallsShort, InvalidFile)) as raised:
        ask(notebook, "cloud", "hub", shell=here, answers=("yes",))
    assert "private network" in str(raised.value) or "handler_url" in str(raised.value)
    assert here.opened == []


@pytest.mark.parametrize("url", ["javascript:alert(1)", "file:///etc/passwd", "\u202ehttps://x.y/"])
def test_what_is_no_web_address_is_never_opened(tmp_path, here, url):
    notebook = write(
        tmp_path / "a.ipynb", {**PLAIN, "cloud": {"env_name": "hub", "handler_url": url}}
    )
    with pytest.raises(EnvbootError):
        ask(notebook, "cloud", "hub", shell=here, answers=("yes",))
    assert here.opened == []


def test_a_name_that_nobody_knows_is_an_error_with_the_nearest(tmp_path):
    notebook = write(tmp_path / "a.ipynb", PLAIN)
    with pytest.raises(UsageError) as raised:
        ask(notebook, "cloud", "gogle")
    assert raised.value.hint == "did you mean `google`?"
    with pytest.raises(UsageError) as raised:
        ask(notebook, "cloud", "\x1b[2Jx")
    assert "\x1b" not in str(raised.value)


@pytest.mark.parametrize("name", ["colab", "link:colab"])
def test_a_notebook_service_is_a_launcher(pushed, here, name):
    found, _, _ = ask(pushed, "cloud", name, "--yes", shell=here)
    assert found.outcome == "launched"
    assert found.link.startswith(f"{COLAB}github/ann/sunspots/blob/")
    assert found.link.endswith("/tour.ipynb")
    assert here.opened == [found.link]
    assert valid(found, "opened")["launched"]["launcher"] == "link"


def test_a_launcher_is_asked_as_launch_asks_it(pushed, here):
    found, _, _ = ask(pushed, "cloud", "link:binder", "--dry-run", shell=here)
    assert found.outcome == "planned"
    assert "labpath=tour.ipynb" in found.plan[0]
    with pytest.raises(EnvbootError):  # no host is named, and nobody can be asked
        ask(pushed, "cloud", "ssh", "--yes", shell=here)
    assert here.opened == []


def test_the_repository_of_the_notebook_is_meant_wherever_it_is_called(pushed, here, tmp_path):
    options = cli.parser("envboot").parse_args(["notebook", "cloud", str(pushed), "colab", "-n"])
    other = tmp_path / "other"
    other.mkdir()
    request = Request(other, dry_run=True)
    found = notebooks.notebook(options, request, here, ScriptedConsole())
    assert found.outcome == "planned"


PLUG = """
from envboot.plan import Open, Plan, Run
TITLE = "our hub"
ENV_NAME = "Lab-Hub"
def section(metadata, shell):
    {section}
def why_not(section, notebook, shell):
    {why_not}
def plan(section, notebook, shell):
    {plan}
"""
RIGHT = {
    "section": "return None",
    "why_not": "return None",
    "plan": "return Plan('open it', (Open('https://hub.example/' + notebook.stem),), told='slow')",
}
RUN = """
import sys
sys.path.insert(0, sys.argv.pop(1))
from envboot import cli
sys.exit(cli.main(sys.argv[1:]))
"""


def plugged(tmp_path: Path, child_environ: dict[str, str], *words: str, **wrong: str):
    """Run the command line beside a distribution that brings a handler."""
    info = tmp_path / "site" / "hub-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: hub\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[envboot.clouds]\nhub = hubplug\n")
    (tmp_path / "site" / "hubplug.py").write_text(PLUG.format(**{**RIGHT, **wrong}))
    cloud = {"env_name": "lab-hub", "handler_url": "https://evil.example/"}
    write(tmp_path / "tour.ipynb", {**PLAIN, "cloud": cloud})
    argv = [sys.executable, "-c", RUN, str(tmp_path / "site"), "notebook", "cloud", "tour.ipynb"]
    return subprocess.run(
        [*argv, *words],
        env={**child_environ, "CI": "1"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_plug_in_opens_its_own_notebooks(tmp_path, child_environ):
    done = plugged(tmp_path, child_environ, "hub", "--yes", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["outcome"], found["link"]) == ("opened", "https://hub.example/tour")
    assert "slow" in done.stderr
    assert "evil" not in done.stdout + done.stderr


def test_a_plug_in_is_listed_as_who_can_open_its_section(tmp_path, child_environ):
    done = plugged(tmp_path, child_environ, "--json")
    found = json.loads(done.stdout)
    assert [(h["name"], h["why_not"]) for h in found["handlers"]][1] == ("hub", None)
    assert found["clouds"][0]["handler"] == "hub"


@pytest.mark.parametrize(
    ("wrong", "code", "says"),
    [
        ({"plan": "return 5"}, 1, "returned no plan"),
        ({"plan": "raise KeyError('boo')"}, 1, "cannot say how to open it: 'boo'"),
        ({"why_not": "return 'it is shut'"}, 5, "it is shut"),
        ({"why_not": "raise KeyError('boo')"}, 5, "it cannot be asked: 'boo'"),
        ({"plan": "return Plan('x', (Run(('false',)),))"}, 7, "false"),
    ],
    ids=str,
)
def test_a_plug_in_that_is_wrong_ends_with_a_sentence(tmp_path, child_environ, wrong, code, says):
    done = plugged(tmp_path, child_environ, "hub", "--yes", **wrong)
    assert done.returncode == code, done.stderr
    assert says in done.stderr
    assert "Traceback" not in done.stderr


LAUNCHERS = """
from envboot.errors import EnvbootError
from envboot.jobs import Offer, Report
from envboot.plan import Open, Plan, Run
TITLE = "a room"
PAYS = "nobody"
PUSHED = False
{more}
def why_not(spec, site):
    return None
def plan(spec, site):
    order = site.order
    words = ("roomctl", order.where, order.then, order.option("notebook"))
    return Plan("go there", (Run(words),))
"""
JOBS = """
def offers(spec, site):
    return (Offer("one", "a room"),)
def look(job, shell, seen=0):
    return Report("ready")
def logs(job, shell, *, follow):
    return Plan("logs")
open = stop = delete = lambda job, shell: Plan("x")
"""


def roomed(tmp_path: Path, child_environ: dict[str, str], notebook: Path, *words: str, **more: str):
    """Run the command line beside a distribution that brings launchers."""
    info = tmp_path / "site" / "rooms-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: rooms\nVersion: 1.0\n")
    points = "".join(f"{name} = {name}\n" for name in more)
    (info / "entry_points.txt").write_text(f"[envboot.launchers]\n{points}")
    for name, text in more.items():
        (tmp_path / "site" / f"{name}.py").write_text(LAUNCHERS.format(more=text))
    argv = [sys.executable, "-c", RUN, str(tmp_path / "site"), "notebook", "cloud", str(notebook)]
    return subprocess.run(
        [*argv, *words, "--json"],
        env={**child_environ, "CI": "1"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )


def test_launchers_plug_in_each_as_it_can_open_a_notebook(tmp_path, child_environ, pushed):
    own = {"opens": 'OPTIONS = ("notebook",)', "blind": "OPTIONS = ()"}
    done = roomed(tmp_path, child_environ, pushed, **own)
    names = {row["name"] for row in json.loads(done.stdout)["launchers"]}
    assert "opens" in names
    assert "blind" not in names  # it has neither the option nor jobs that end in JupyterLab


def test_a_launcher_with_the_option_is_given_the_notebook(tmp_path, child_environ, pushed):
    own = {"opens": 'OPTIONS = ("notebook",)'}
    done = roomed(tmp_path, child_environ, pushed, "opens:attic", "-n", **own)
    found = json.loads(done.stdout)
    assert found["plan"] == [f"roomctl attic '' {pushed}"], done.stderr
    assert (found["outcome"], found["where"]) == ("planned", "opens:attic")


def test_a_launcher_that_keeps_jobs_ends_in_jupyterlab(tmp_path, child_environ, pushed):
    done = roomed(tmp_path, child_environ, pushed, "room:attic", "-n", room=JOBS)
    found = json.loads(done.stdout)
    assert found["plan"] == ["roomctl attic lab ''"], done.stderr
    assert "the notebook is tour.ipynb" in done.stderr
    assert valid(found, "opened")["launched"]["launcher"] == "room"


# ------------------------------------------------------------------ the documentation


def test_the_schema_has_the_fields_of_every_result():
    parts = {
        "packed": values.Packed,
        "shown": values.Shown,
        "unpacked": values.Unpacked,
        "differing": values.Differing,
        "opened": values.Opened,
    }
    for part, kind in parts.items():
        known = [field.name for field in dataclasses.fields(kind)]
        assert sorted(SCHEMA["$defs"][part]["properties"]) == sorted(known), part
        assert sorted(SCHEMA["$defs"][part]["required"]) == sorted(known), part


def test_what_pack_and_unpack_print_is_as_the_schema_says(tmp_path, here):
    notebook = write(tmp_path / "tour.ipynb")
    (tmp_path / "requirements.txt").write_text("six==1.16.0\n")
    for words in (("--check",), ("-n",), ("--yes",), ("--yes",)):
        found, _, _ = ask(notebook, "pack", *words, shell=here)
        valid(found, "packed")
    (tmp_path / "requirements.txt").write_text("six\n")
    found, _, _ = ask(notebook, "unpack", "--files-only", "-n", shell=here)
    valid(found, "unpacked")
    found, _, _ = ask(notebook, "unpack", "--files-only", "--yes", "--overwrite", shell=here)
    assert valid(found, "unpacked")["files"][0]["state"] == "replaced"
    found, _, _ = ask(notebook, "pack", "--remove", "--yes", shell=here)
    valid(found, "packed")


def test_json_md_shows_results_that_the_schema_allows():
    text = section(text_of("docs/reference/json.md"), "Of `notebook`")
    shown = [json.loads("\n".join(b.lines)) for b in blocks(text) if b.kind == "json"]
    parts = ("packed", "shown", "differing", "unpacked", "opened")
    jsonschema = pytest.importorskip("jsonschema")
    for example, part in zip(shown, parts):
        jsonschema.validate(example, {**SCHEMA, "anyOf": [{"$ref": f"#/$defs/{part}"}]})
        assert set(example) == set(SCHEMA["$defs"][part]["properties"])
    assert len(shown) == len(parts)
