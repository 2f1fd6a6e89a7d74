"""What a notebook carries is written as it was shown, whole or not at all, and never over mine."""

from __future__ import annotations

import json
import os
import re
import signal
import stat
import subprocess
import sys
import time
import venv
from pathlib import Path
from types import SimpleNamespace

import pytest

from envboot.cli.flags import parser
from envboot.errors import AnswerNeeded, CommandFailed, InvalidFile, NothingFound, UsageError
from envboot.formats.notebook import environment
from envboot.notebook import owned, showing, unpacking
from envboot.notebook.unpacking import agreeing, cloning, scripting
from envboot.request import Request
from envboot.shell import placing as writing
from envboot.testing import ScriptedConsole

KEYS = {
    "env_ver": "0.2",
    "requirements.txt": "six\n",
    "files": {"apt.txt": "# none\n"},
    "sources": {"requirements.txt": "binder/requirements.txt"},
}


def notebook(keys, outputs=()):
    """Return a notebook that carries ``keys``."""
    cell = {"cell_type": "raw", "metadata": {}, "source": list(outputs)}
    own = {"environment": keys} if keys is not None else {}
    return json.dumps({"cells": [cell], "metadata": own, "nbformat": 4, "nbformat_minor": 4})


@pytest.fixture
def mail(tmp_path):
    """Return a folder with a notebook in it that came by mail."""
    folder = tmp_path / "mail"
    folder.mkdir()
    path = folder / "mail.ipynb"
    path.write_text(notebook(KEYS))
    return path


@pytest.fixture
def unpack(mail, shell):
    """Return what unpacks it; ``answers`` are a person's."""

    def run(*flags, answers=(), path=mail, **request):
        words = ["notebook", "unpack", str(path), *flags]
        options = parser("envboot").parse_args(words)
        given = {"yes": options.yes, "dry_run": options.dry_run, "manual": options.manual}
        console = ScriptedConsole(*answers)
        asked = Request(**{"root": mail.parent, **given, **request})
        found = unpacking.unpack(options, asked, shell, console)
        return SimpleNamespace(found=found, console=console, said="\n".join(console.said))

    return run


def files(folder):
    """Return the text of each file below a folder."""
    return {
        p.relative_to(folder).as_posix(): p.read_text() for p in folder.rglob("*") if p.is_file()
    }


# ------------------------------------------------------------------ writing


def test_the_files_are_written_beside_it_as_they_were_shown(unpack, mail):
    done = unpack("--files-only", "--yes")
    assert (done.found.outcome, done.found.exit_code) == ("unpacked", 0)
    there = files(mail.parent)
    assert there == {
        "mail.ipynb": notebook(KEYS),
        "binder/requirements.txt": "six\n",
        "apt.txt": "# none\n",
    }
    assert [row["state"] for row in done.found.files] == ["written", "written"]
    assert "  | six" in done.said


@pytest.mark.skipif(os.name == "nt", reason="modes of POSIX")
def test_what_is_written_can_be_read_and_not_started(unpack, mail):
    mask = os.umask(0o022)
    try:
        unpack("--files-only", "--yes")
    finally:
        os.umask(mask)
    assert stat.S_IMODE((mail.parent / "apt.txt").stat().st_mode) == 0o644


def test_a_second_time_nothing_is_written(unpack, mail):
    unpack("--files-only", "--yes")
    before = {p: p.stat().st_mtime_ns for p in mail.parent.rglob("*")}
    done = unpack("--files-only", "--yes")
    assert [row["state"] for row in done.found.files] == ["unchanged", "unchanged"]
    assert {p: p.stat().st_mtime_ns for p in mail.parent.rglob("*")} == before


def test_a_file_that_differs_is_never_lost(unpack, mail):
    (mail.parent / "apt.txt").write_text("mine\n")
    before = files(mail.parent)
    with pytest.raises(AnswerNeeded, match=r"apt\.txt in .* differs") as caught:
        unpack("--files-only", "--yes")
    assert "--overwrite" in caught.value.hint
    assert "--to DIR" in caught.value.hint
    assert "`notebook unpack`" in caught.value.hint  # the flags of it: `up` has none of them
    assert files(mail.parent) == before
    done = unpack("--files-only", "--yes", "--overwrite")
    row = next(r for r in done.found.files if r["path"].endswith("apt.txt"))
    assert row["state"] == "replaced"
    assert re.fullmatch(r"apt\.txt\.\d{4}-\d\d-\d\dT\d{6}Z\.bak", Path(row["backup"]).name)
    assert Path(row["backup"]).read_text() == "mine\n"
    assert (mail.parent / "apt.txt").read_text() == "# none\n"
    (mail.parent / "apt.txt").write_text("mine again\n")
    again = unpack("--files-only", "--yes", "--overwrite").found.files
    kept = {r["backup"] for r in again if r["backup"]} | {row["backup"]}
    assert {Path(k).read_text() for k in kept} == {"mine again\n", "mine\n"}


@pytest.mark.parametrize(
    ("path", "said"), [("", "the empty path is a folder"), ("no.ipynb", r"no\.ipynb is not there")]
)
def test_what_is_no_notebook_is_named(unpack, path, said):
    with pytest.raises(NothingFound, match=said):
        unpack("--files-only", "--yes", path=path)


def test_elsewhere_goes_the_notebook_too(unpack, mail, tmp_path):
    to = tmp_path / "new" / "place"
    unpack("--files-only", "--yes", "--to", str(to))
    assert (to / "mail.ipynb").read_bytes() == mail.read_bytes()
    assert (to / "binder/requirements.txt").read_text() == "six\n"
    assert list(mail.parent.iterdir()) == [mail]
    (to / "mail.ipynb").write_text(notebook(KEYS, ["an output"]))
    done = unpack("--files-only", "--yes", "--to", str(to))
    assert {row["state"] for row in done.found.files} == {"unchanged"}
    assert "an output" in (to / "mail.ipynb").read_text()
    (to / "mail.ipynb").write_text(notebook({**KEYS, "container": "another"}))
    with pytest.raises(AnswerNeeded, match=r"mail\.ipynb in"):
        unpack("--files-only", "--yes", "--to", str(to))


def test_a_file_where_the_folder_should_be_stays(unpack, tmp_path):
    (tmp_path / "to").write_text("mine\n")
    with pytest.raises(CommandFailed, match="in the way") as caught:
        unpack("--files-only", "--yes", "--to", str(tmp_path / "to"))
    assert "--to DIR" in caught.value.hint
    assert (tmp_path / "to").read_text() == "mine\n"


@pytest.mark.parametrize("by_handle", [True, False])
def test_either_way_of_writing_writes(tmp_path, by_handle):
    """Windows has no handles of folders; its way is tried here, too."""
    if by_handle and not writing.BY_HANDLE:
        pytest.skip("this system has no handles of folders")
    root = tmp_path.resolve() / "new" / "place"
    texts = {"a/b/one": b"1", "two": b"2"}
    writing.place(root, texts, {}, by_handle=by_handle)
    writing.place(root, {"two": b"3"}, {"two": b"2"}, by_handle=by_handle)
    assert files(root) == {"a/b/one": "1", "two": "3"}
    with pytest.raises(CommandFailed, match="nothing was written"):
        writing.place(root, {"two": b"4"}, {}, by_handle=by_handle)
    with pytest.raises(CommandFailed, match="these were written: new"):
        writing.place(root, {"new": b"5", "two": b"4"}, {"two": b"2"}, by_handle=by_handle)
    assert files(root) == {"a/b/one": "1", "two": "3", "new": "5"}


def test_what_is_written_is_known_as_ours_at_the_next_save(unpack, mail, shell):
    unpack("--files-only", "--yes")
    wanted = {**KEYS, "files": {"apt.txt": "git\n"}}
    new, kept = owned.merged(KEYS, wanted, mail.parent, shell)
    assert new is not None
    assert new["files"] == {"apt.txt": "git\n"}
    assert kept == ()


# ------------------------------------------------------------------ a disk that is full, and an end

CHILD = """\
import sys
from pathlib import Path
from envboot.shell.local import LocalShell
texts = {f"file{i}": (b"%d\\n" % i) * 50_000 for i in range(12)}
new = {k: v for k, v in texts.items() if not Path(sys.argv[1], k).exists()}
LocalShell().place(Path(sys.argv[1]), new, {})
"""


@pytest.mark.skipif(os.name == "nt", reason="limits of POSIX")
def test_a_full_disk_leaves_no_half_file(mail, child_environ):
    mail.write_text(notebook({**KEYS, "setup.sh": "#" * 200_000 + "\n"}))
    before = files(mail.parent)

    import resource  # of POSIX

    def small():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    done = subprocess.run(
        [sys.executable, "-m", "envboot", "notebook", "unpack", str(mail), "--yes", "--files-only"],
        env=child_environ,
        cwd=mail.parent,
        preexec_fn=small,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 7, done.stderr
    assert "file too large; nothing was written" in done.stderr
    assert {k: v for k, v in files(mail.parent).items() if not k.startswith("binder")} == before
    assert not list(mail.parent.rglob("*.part"))


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_killed_in_the_middle_each_file_is_whole_and_the_next_run_goes_on(tmp_path, child_environ):
    folder = tmp_path.resolve() / "there"
    texts = {f"file{i}": f"{i}\n" * 50_000 for i in range(12)}
    argv = [sys.executable, "-c", CHILD, str(folder)]
    for _ in range(4):
        process = subprocess.Popen(argv, env=child_environ)
        parts = 0
        while process.poll() is None and not parts:
            parts = len(list(folder.glob(".envboot-*.part"))) if folder.is_dir() else 0
        time.sleep(0.002)
        process.kill()
        process.wait()
        there = {p.name: p.read_text() for p in folder.glob("file*")}
        assert there.items() <= texts.items()
        for left in folder.glob(".envboot-*.part"):
            left.unlink()
    subprocess.run(argv, env=child_environ, check=True)
    assert files(folder) == texts


# ------------------------------------------------------------------ consent


def test_with_nobody_to_ask_it_ends_at_the_plan(unpack, mail):
    done = unpack("--files-only")
    assert (done.found.outcome, done.found.exit_code) == ("planned", 5)
    assert "--yes" in done.found.error["hint"]
    assert any("binder/requirements.txt" in row for row in done.found.plan)
    assert "  | six" in done.said
    assert list(mail.parent.iterdir()) == [mail]


def test_a_no_ends_it(unpack, mail):
    done = unpack("--files-only", answers=["no"])
    assert (done.found.outcome, done.found.exit_code) == ("declined", 0)
    assert done.console.questions == [f"write 2 files to {mail.parent}?"]
    assert list(mail.parent.iterdir()) == [mail]


@pytest.mark.parametrize("flag", ["--dry-run", "--manual"])
def test_looking_ahead_writes_nothing(unpack, flag, tmp_path):
    before = sorted(tmp_path.rglob("*"))
    done = unpack(flag, "--yes", "--no-kernel", "--to", str(tmp_path / "new"))
    assert done.found.outcome == "planned"
    assert f"write {tmp_path / 'new' / 'mail.ipynb'}" in done.found.plan
    assert sorted(tmp_path.rglob("*")) == before


def test_the_question_says_that_it_is_executed(mail, shell):
    words = ["notebook", "run", str(mail)]
    options = parser("envboot").parse_args(words)
    console = ScriptedConsole("no")
    request = Request(mail.parent)
    sight, found = unpacking.open_up(options, request, shell, console, then_run=True)
    assert found.outcome == "declined"
    assert console.questions[0].endswith(", set up the environment, and execute the notebook?")
    assert sight.folder == mail.parent


def look(mail, shell, **keys):
    """Return the sight of a notebook that carries these, too."""
    mail.write_text(notebook({**KEYS, **keys}))
    return showing.look(mail, None, shell)


BOTH = {"setup.sh": "echo 1\n", "files": {"postBuild": "echo 2\n", "start": "echo 3\n"}}


def test_each_script_is_asked_about_by_itself(mail, shell):
    sight = look(mail, shell, **BOTH)
    console = ScriptedConsole("yes", "no", "yes")
    found = agreeing.ask("do it", sight, None, agreeing.Flags(), console)
    assert found == agreeing.Agreed(("setup.sh",))
    assert [q.split(",")[0] for q in console.questions] == [
        "do it?",
        "run postBuild",
        "run setup.sh",
    ]


def test_a_yes_beforehand_runs_no_script_and_the_digest_runs_them_all(mail, shell):
    sight = look(mail, shell, **BOTH)
    console = ScriptedConsole()
    found = agreeing.ask("do it", sight, None, agreeing.Flags(yes=True), console)
    assert found == agreeing.Agreed()
    assert f"setup.sh is not run; `--approve {sight.digest}` runs it" in console.said
    flags = agreeing.Flags(exact=True)
    found = agreeing.ask("do it", sight, None, flags, ScriptedConsole())
    assert found == agreeing.Agreed(("postBuild", "setup.sh"))
    files_only = agreeing.Flags(exact=True, sets_up=False)
    assert agreeing.ask("do it", sight, None, files_only, console) == agreeing.Agreed()


def test_the_digest_is_that_of_the_key_and_any_change_is_another(mail, shell):
    sight = look(mail, shell)
    assert sight.digest == environment.digest(KEYS)
    assert unpacking.approved(sight, sight.digest)
    assert unpacking.approved(sight, f"sha256:{sight.digest.upper()}")
    assert not unpacking.approved(sight, None)
    with pytest.raises(UsageError, match="another environment"):
        unpacking.approved(look(mail, shell, container="x"), sight.digest)


# ------------------------------------------------------------------ scripts


@pytest.fixture
def prefix(tmp_path):
    """Return an environment without packages."""
    place = tmp_path / "env"
    venv.create(place, with_pip=False)
    return place


@pytest.mark.skipif(os.name == "nt", reason="needs bash")
def test_setup_sh_runs_in_the_folder_and_inside_the_environment(mail, shell, prefix):
    text = 'printf \'%s|%s|%s\' "$PWD" "$VIRTUAL_ENV" "$(command -v python)" > ran\n'
    sight = look(mail, shell, **{"setup.sh": text})
    shell.place(sight.folder, {"setup.sh": text.encode()}, {})
    scripting.run(("setup.sh",), sight, prefix, shell, ScriptedConsole())
    said = (mail.parent / "ran").read_text()
    assert said == f"{mail.parent}|{prefix}|{prefix}/bin/python"


@pytest.mark.skipif(os.name == "nt", reason="needs bash")
def test_a_script_s_own_interpreter_is_taken_although_it_cannot_be_started(mail, shell, prefix):
    text = "#!/usr/bin/env python\nimport sys; open('ran', 'w').write(sys.prefix)\n"
    sight = look(mail, shell, files={"postBuild": text})
    shell.place(sight.folder, {"postBuild": text.encode()}, {})
    scripting.run(("postBuild",), sight, prefix, shell, ScriptedConsole())
    assert (mail.parent / "ran").read_text() == str(prefix)


@pytest.mark.skipif(os.name == "nt", reason="needs bash")
def test_a_script_that_fails_is_a_command_that_failed(mail, shell, prefix):
    text = "echo it went wrong\nexit 3\n"
    sight = look(mail, shell, **{"setup.sh": text})
    shell.place(sight.folder, {"setup.sh": text.encode()}, {})
    with pytest.raises(CommandFailed, match=r"running setup\.sh") as caught:
        scripting.run(("setup.sh",), sight, prefix, shell, ScriptedConsole())
    assert (caught.value.exit_code, caught.value.returncode) == (7, 3)
    assert "it went wrong" in caught.value.tail


@pytest.mark.skipif(os.name == "nt", reason="needs bash")
@pytest.mark.parametrize("how", ["changed", "link", "gone"])
def test_only_the_text_that_was_shown_runs(mail, shell, prefix, how, tmp_path):
    sight = look(mail, shell, **{"setup.sh": "touch ran\n"})
    place = mail.parent / "setup.sh"
    other = tmp_path / "other.sh"
    other.write_text("touch ran\n")
    if how == "changed":
        place.write_text("touch ran; touch more\n")
    elif how == "link":
        place.symlink_to(other)
    with pytest.raises(InvalidFile, match="it is not what was shown"):
        scripting.run(("setup.sh",), sight, prefix, shell, ScriptedConsole())
    assert not (mail.parent / "ran").exists()


@pytest.mark.skipif(os.name == "nt", reason="needs bash")
def test_the_whole_way_with_its_digest(mail, child_environ):
    """The command itself: written, set up, and its script run, with nobody there."""
    keys = {
        "env_ver": "0.1",
        "requirements.txt": "# nothing\n",
        "setup.sh": 'python -c "import sys; print(sys.prefix)" > ran\n',
    }
    mail.write_text(notebook(keys))
    digest = environment.digest(keys)
    flags = ["--yes", "--approve", digest, "--no-kernel", "--json"]
    beside = Path(sys.executable).parent  # uv, where it is there: it is quicker
    done = subprocess.run(
        [sys.executable, "-m", "envboot", "notebook", "unpack", str(mail), *flags],
        env={**child_environ, "PATH": f"{beside}{os.pathsep}{child_environ['PATH']}"},
        cwd=mail.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["outcome"] == "created"
    assert [Path(row["path"]).name for row in said["files"]] == ["requirements.txt", "setup.sh"]
    prefix = said["result"]["environment"]["prefix"]
    assert (mail.parent / "ran").read_text().strip() == prefix


# ------------------------------------------------------------------ what it is


def test_a_notebook_that_carries_nothing_says_how_to_help(unpack, mail):
    mail.write_text(notebook(None))
    with pytest.raises(NothingFound, match="carries no environment") as caught:
        unpack("--yes")
    assert "envboot notebook pack" in caught.value.hint


def test_what_is_no_notebook_is_said(unpack, mail, tmp_path):
    with pytest.raises(NothingFound, match="is not there"):
        unpack(path=tmp_path / "absent.ipynb")
    with pytest.raises(NothingFound, match="is a folder"):
        unpack(path=tmp_path)
    assert unpacking.notebook_of("mail.ipynb", Request(mail.parent)) == mail


# ------------------------------------------------------------------ addresses of repositories


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://x.example/o/r.git", "r"),
        ("https://x.example:8443/o/r", "r"),
        ("ssh://git@x.example:22/o/r.git", "r"),
        ("git@x.example:o/r.git", "r"),
        ("git@x.example:r", "r"),
    ],
)
def test_an_honest_address_is_taken(tmp_path, url, name):
    git = environment.Git(url, "abcdef1")
    assert cloning.wanted(git, tmp_path).place == tmp_path / name


@pytest.mark.parametrize(
    "url",
    [
        "https://x.example/..",
        "https://x.example/o/.git",
        "https://x.example/con",
        "https://x.example/o/r?a=--b",
        "https://x.example/o/r#x",
        "https://x.example/o/a b",
        "https://x.example:port/o/r",
        "https:///o/r",
        "https://x.example/",
        "git@x.example:/etc",
        "ssh://-x@x.example/r",
        "ssh://a:b@x.example/r",
        "https://git@x.example/r",
        "https://x/r\0",
    ],
)
def test_an_odd_address_is_not(tmp_path, url):
    with pytest.raises(InvalidFile, match="is not fetched"):
        cloning.wanted(environment.Git(url, "abcdef1"), tmp_path)
