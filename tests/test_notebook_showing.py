"""A stranger's texts, as a person sees them: nothing hidden, and what is doubtful pointed out."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envboot.formats.notebook import environment
from envboot.notebook import showing
from envboot.notebook.visible import brief, forbidden, rows, unseen
from envboot.shell import redact
from envboot.testing import ScriptedShell


def carrying(**keys):
    """Return a notebook with these keys in its environment."""
    own = {"environment": {"env_ver": "0.2", **keys}}
    return json.dumps({"cells": [], "metadata": own, "nbformat": 4, "nbformat_minor": 5})


@pytest.fixture
def look(tmp_path, shell):
    """Return a look at a notebook that carries what is given."""

    def see(to=None, **keys):
        path = tmp_path / "mail.ipynb"
        path.write_text(carrying(**keys))
        return showing.look(path, to, shell)

    return see


def said(sight, **how):
    """Return what a person reads."""
    return "\n".join(showing.lines(sight, **how))


# ------------------------------------------------------------------ made visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain\ttext\n", "plain\ttext\n"),
        ("grün, 日本語, é, ß, 🙂", "grün, 日本語, é, ß, 🙂"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("a\rb\r\nc", "a\\rb\nc"),
        ("a\u202eb\u2069", "a\\u202eb\\u2069"),
        ("re\u200bquests", "re\\u200bquests"),
        ("six\U000e0041", "six\\U000e0041"),
        ("\ud800", "\\ud800"),
        ("a\u2028b\x85c\x0bd\x0c", "a\\u2028b\\x85c\\x0bd\\x0c"),
        ("a\u00a0b\u3000c", "a\\xa0b\\u3000c"),
        ("\u3164\u2800\u115f", "\\u3164\\u2800\\u115f"),
        ("e\u0301", "e\u0301"),
        ("e" + "\u0301" * 5, "e" + "\u0301" * 3 + "\\u0301" * 2),
        ("\u0627\u0644\u0639", "\u0627\u0644\u0639"),
    ],
)
def test_what_a_terminal_obeys_or_hides_is_escaped(text, shown):
    assert showing.visible(text) == shown


@given(st.text(st.characters(), max_size=60))
def test_whatever_it_is_it_is_printable_and_stays_on_its_lines(text):
    shown = showing.visible(text)
    assert all(c in "\n\t" or unicodedata.category(c)[0] not in "CZ" or c == " " for c in shown)
    assert shown.count("\n") == text.count("\n")
    assert showing.visible(shown) == shown
    one = brief(text, 20)
    assert "\n" not in one
    assert len(one) <= 20


def test_a_character_that_no_honest_file_has_is_named_with_its_line():
    assert forbidden("six\nnumpy # \u202e\n") == (2, "U+202E RIGHT-TO-LEFT OVERRIDE")
    assert forbidden("\ufeffsix\n") is None  # Windows begins its files so
    assert forbidden("six\r\nnumpy # \u200f 🧑\u200d🔬\n") is None
    assert list(unseen("\ufeffsix\nnumpy # \u200f\n")) == [(2, "\\u200f")]


def test_lines_end_as_an_editor_counts_them():
    assert rows("a\r\nb\u2028c\x0bd\n") == ("a", "b\u2028c\x0bd")
    assert rows("") == ()
    assert rows("a\n\n") == ("a", "")


# ------------------------------------------------------------------ doubtful lines

DOUBTFUL = [
    ("--index-url https://x.example/simple", "packages come from another index"),
    ("-i https://x.example/simple", "packages come from another index"),
    ("--extra-index-url https://x.example/", "packages may come from another index"),
    ("--find-links https://x.example/", "packages may come from there"),
    ("-f ./wheels", "packages may come from there"),
    ("--trusted-host x.example", "that host's certificate is not checked"),
    ("--no-index", "the usual index is left out"),
    ("-e .", "an editable install runs code of that place"),
    ("--editable=git+https://x.example/r#egg=r", "an editable install runs code"),
    ("six @ https://x.example/six.whl", "from an address, not from an index"),
    ("https://x.example/six.zip", "from an address, not from an index"),
    ("six @ git+https://x.example/r", "from a repository, not from an index"),
    ("git+ssh://git@x.example/r", "from a repository, not from an index"),
    ("six @ file:///tmp/six.whl", "a path of this computer"),
    ("./six", "a path of this computer"),
    ("../six-1.0.whl", "a path of this computer"),
    ("/opt/six", "a path of this computer"),
    ("-r other.txt", "another file is read: other.txt"),
    ("-c https://x.example/c.txt", "another file is read: https://x.example/c.txt"),
    ("-i https://${HF_TOKEN}@x.example/s", "a variable of yours would go to that address"),
    ("six @ https://x.example/$AWS_KEY/six.whl", "a variable of yours would go"),
    ("six @ https://ghp_0123456789abcdef@x.example/six.whl", "a password or a token stood here"),
    ('six --config-settings="a=b"', "`--config-settings` steers how it is built"),
    ("s\u0456x", "letters that look like others"),
    ("six # \u200f", "characters that are not seen: \\u200f"),
    ("six " + " " * 100 + "# --index-url", "text far to the right, behind blanks"),
    ("six # " + "x" * 2000, "a line of 2006 characters"),
]


@pytest.mark.parametrize(("line", "why"), DOUBTFUL, ids=[line[:30] for line, _ in DOUBTFUL])
def test_a_line_that_somebody_should_look_at_is_pointed_out(line, why):
    found = showing.doubtful("requirements.txt", f"numpy\n{line}\npandas\n")
    assert any(f.startswith("requirements.txt:2: ") and why in f for f in found), found
    assert "ghp_" not in str(found)


def test_a_broken_file_is_looked_at_line_by_line():
    text = "six\n--no-such-option\n-i https://x.example/s\ngit+https://x.example/r\n./six\n"
    found = showing.doubtful("requirements.txt", text)
    assert "requirements.txt:2: it cannot be read" in found[0]
    for number, why in ((3, "another index"), (4, "from a repository"), (5, "a path of this")):
        assert any(f.startswith(f"requirements.txt:{number}: ") and why in f for f in found), found


def test_an_environment_of_conda_is_read_as_conda_reads_it():
    text = (
        "channels: [conda-forge, 'https://x.example/c']\n"
        "dependencies:\n"
        "  - python=3.11\n"
        "  - pip:\n"
        '    - "\\x2d-index-url https://x.example/s"\n'
        "    - six @ git+https://x.example/r\n"
        "prefix: /home/ann/env\n"
        "variables: {MODE: fast}\n"
    )
    found = "\n".join(showing.doubtful("environment.yml", text))
    for why in (
        "a channel that is an address: https://x.example/c",
        "environment.yml:5: packages come from another index",
        "environment.yml:6: from a repository",
        "1 by pip, not by conda",
        "environment.yml:7: a folder of its author's computer",
        "it sets the variable MODE",
    ):
        assert why in found


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("uv.lock", 'source = "https://x.example/s"\nurl = "https://pypi.org/a"\n', "uv.lock:1: "),
        ("pyproject.toml", '[build-system]\nbackend-path = ["."]\n', "`backend-path` names what"),
        ("setup.py", "import os\n", "installing the project runs it"),
        ("apt.txt", "git\n--allow-downgrades\n", "apt.txt:2: no name of a package"),
        ("Pipfile", '[packages]\nx = {path = "."}\n', ""),
        ("setup.sh", "\n" * 40 + "touch x\n", "setup.sh:41: text behind 40 empty lines"),
    ],
)
def test_what_other_files_name_is_pointed_out(name, text, why):
    found = "\n".join(showing.doubtful(name, text))
    assert why in found
    assert "pypi.org" not in found


def test_an_honest_file_has_nothing_doubtful():
    text = "# six, 日本語\nsix>=1.16  # grün\nnumpy[all]==1.26.* ; python_version < '3.13'\n"
    assert showing.doubtful("requirements.txt", text) == ()
    text = "name: x\nchannels:\n  - conda-forge\ndependencies:\n  - python=3.11\n  - six\n"
    assert showing.doubtful("environment.yml", text) == ()
    assert showing.doubtful("apt.txt", "git\nlibgl1  # for cv2\n\n") == ()


REPEATED = ["eyJ-", "a.", "\n", "://:a@", ":", "x@", "&a ", "- [", "-e ", "https://", "a\\\n"]


@pytest.mark.parametrize(
    "text",
    [n * (100_000 // len(n)) for n in REPEATED],
    ids=[ascii(n) for n in REPEATED],
)
@pytest.mark.parametrize("name", ["requirements.txt", "environment.yml", "uv.lock"])
def test_no_text_takes_long_to_look_at(name, text):
    """It ends: some patterns would take hours for one of these."""
    assert isinstance(showing.doubtful(name, text), tuple)
    assert isinstance(redact(text), str)  # as all that is said is masked


# ------------------------------------------------------------------ the whole sight


def test_all_that_it_carries_is_shown(look):
    sight = look(
        **{"requirements.txt": "six\n", "setup.sh": "echo hello\n"},
        files={"start": "exec x\n", "apt.txt": "git\n"},
        container="python:3.11",
        git={"path": "https://x.example/o/r", "commit id": "abcdef1", "dirty": True},
        cloud={"env_name": "there", "handler_url": "https://x.example/?a=1"},
        machine_configuration={"cpus": 4},
        odd={"a": "\u202e"},
    )
    text = said(sight)
    for part in (
        f"sha256 {sight.digest}",
        f"folder: {sight.folder}",
        "requirements.txt: 1 line, would be written\n  | six",
        "a script: it runs only on a yes of its own\n  | echo hello",
        "a script that envboot never runs\n  | exec x",
        f"-v {sight.folder}:/work -w /work -- python:3.11",
        'machine: {"cpus": 4}',
        "https://x.example/?a=1, which is neither fetched nor opened here",
        "git: https://x.example/o/r at abcdef1; `--clone` fetches it",
        "had changes that are in no commit",
        "`odd` is a key that envboot does not know",
        "unknown: odd: ",
    ):
        assert part in text
    assert "\u202e" not in text
    assert set(sight.scripts) == {"setup.sh", "start"}
    assert sight.digest == environment.digest(sight.raw)


def test_a_long_file_is_shown_in_part_and_its_doubtful_lines_always(look):
    text = "six\n" * 100 + "-i https://x.example/s\n" + "#" * 700 + "\n"
    sight = look(**{"requirements.txt": text, "setup.sh": "echo\n" * 100})
    short, whole = said(sight), said(sight, whole=True)
    assert short.count("| six") == 40
    assert "… and 62 more lines; `-v` shows them" in short
    assert "! requirements.txt:101: packages come from another index" in short
    assert short.count("| echo") == 100  # a script is always shown to its end
    assert whole.count("| six") == 100
    assert "| " + "#" * 700 in whole


def test_a_long_line_is_cut_and_says_so(look):
    short = said(look(**{"requirements.txt": "# " + "x" * 400 + "\n"}))
    assert "… and 102 more characters; `-v` shows them" in short


def test_what_is_there_already_is_said(look, tmp_path):
    (tmp_path / "requirements.txt").write_text("six\n")
    (tmp_path / "apt.txt").write_text("mine\n")
    (tmp_path / "setup.sh").symlink_to(tmp_path / "nowhere")
    keys = {"requirements.txt": "six\n", "setup.sh": "x\n"}
    sight = look(**keys, files={"apt.txt": "theirs\n", "start": "x\n"})
    states = {f.name: f.state for f in sight.files}
    assert states == {
        "requirements.txt": "same",
        "apt.txt": "differs",
        "setup.sh": "refused",
        "start": "absent",
    }
    assert "it cannot be written: " in said(sight)
    assert "differs from the one that is there" in said(sight)


def test_line_ends_alone_make_no_difference(look, tmp_path):
    (tmp_path / "requirements.txt").write_bytes(b"six\r\n")
    assert look(**{"requirements.txt": "six\n"}).files[0].state == "same"


def test_it_only_looks(tmp_path):
    path = tmp_path / "mail.ipynb"
    path.write_text(carrying(**{"requirements.txt": "six\n", "setup.sh": "touch x\n"}))
    shell = ScriptedShell(disk=True, environ={"HOME": str(tmp_path)})
    said(showing.look(path, tmp_path / "new" / "place", shell))
    assert (shell.done, shell.asked) == ([], [])


def test_a_folder_that_is_a_link_is_named_as_what_it_is(look, tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    sight = look(to=tmp_path / "link", **{"requirements.txt": "six\n"})
    assert sight.folder == (tmp_path / "real").resolve()


# ------------------------------------------------------------------ whose it is


def test_google_s_key_gives_what_it_has(tmp_path, shell):
    path = tmp_path / "mail.ipynb"
    theirs = {"kernel": "python3", "name": "tf2.m1", "type": "gcloud", "uri": "gcr.io/x/tf:1"}
    text = {"cells": [], "metadata": {"environment": theirs}, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(text))
    sight = showing.look(path, None, shell)
    assert sight.files == ()
    text = said(sight)
    assert "written by Google's notebooks" in text
    assert "container: gcr.io/x/tf:1" in text
    assert "tf2.m1" in text


def test_conda_s_key_is_an_environment_yml(tmp_path, shell):
    path = tmp_path / "mail.ipynb"
    theirs = {"name": "x", "channels": ["conda-forge"], "dependencies": ["six"]}
    text = {"cells": [], "metadata": {"environment": theirs}, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(text))
    sight = showing.look(path, None, shell)
    assert [f.name for f in sight.files] == ["environment.yml"]
    assert "written by `conda env attach`" in said(sight)


def test_the_copy_counts_where_somebody_else_took_the_key(tmp_path, shell):
    path = tmp_path / "mail.ipynb"
    ours = {"env_ver": "0.2", "requirements.txt": "six\n"}
    own = {"environment": {"type": "gcloud", "uri": "x"}, "envboot": {"environment": ours}}
    path.write_text(json.dumps({"cells": [], "metadata": own, "nbformat": 4, "nbformat_minor": 5}))
    sight = showing.look(path, None, shell)
    assert [f.name for f in sight.files] == ["requirements.txt"]
    assert sight.digest == environment.digest(ours)
    assert "envboot's own copy beside it counts" in said(sight)


def test_a_notebook_without_anything_is_none(tmp_path, shell):
    path = tmp_path / "mail.ipynb"
    path.write_text('{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}')
    assert showing.look(path, None, shell) is None
