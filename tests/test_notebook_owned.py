"""The rule of ownership: what this machine wrote is refreshed, anybody else's is left alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from envboot.errors import CommandFailed
from envboot.formats.notebook import environment
from envboot.notebook import owned
from envboot.shell.local import LocalShell
from envboot.testing import ScriptedShell

OLD, NEW, THEIRS = "six==1.15\n", "six==1.16\n", "torch\n"


def value(requirements: str | None = None, **more: Any) -> dict[str, Any]:
    """Return what a notebook carries, as it stands in the notebook."""
    texts = {} if requirements is None else {"requirements.txt": requirements}
    return {"env_ver": "0.2", **texts, **more}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Return the folder whose files are packed."""
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


def notes(environ: dict[str, str]) -> list[Path]:
    """Return the files in which it is noted what was written."""
    folder = Path(environ["HOME"], ".local", "state", "envboot", "notebooks")
    return sorted(folder.iterdir()) if folder.exists() else []


# ---------------------------------------------------------------- each case of the rule


def test_a_notebook_that_carries_nothing_is_given_everything(
    place: Path, shell: LocalShell
) -> None:
    wanted = value(NEW, files={"apt.txt": "graphviz\n"})
    assert owned.merged(None, wanted, place, shell) == (wanted, ())


def test_where_nothing_is_declared_nothing_is_put_in(place: Path, shell: LocalShell) -> None:
    assert owned.merged(None, value(), place, shell) == (None, ())


def test_what_is_as_it_should_be_is_not_touched(place: Path, shell: LocalShell) -> None:
    assert owned.merged(value(NEW), value(NEW), place, shell) == (None, ())


def test_what_this_machine_wrote_is_refreshed(place: Path, shell: LocalShell) -> None:
    owned.remember(value(OLD), place, shell)
    assert owned.merged(value(OLD), value(NEW), place, shell) == (value(NEW), ())


def test_what_somebody_else_wrote_is_kept_and_named(place: Path, shell: LocalShell) -> None:
    owned.remember(value(OLD), place, shell)
    assert owned.merged(value(THEIRS), value(NEW), place, shell) == (None, ("requirements.txt",))


def test_a_received_notebook_is_never_changed_by_its_first_save(
    place: Path, shell: LocalShell
) -> None:
    there = value(THEIRS, container="theirs/image:1")
    wanted = value(NEW, files={"apt.txt": "graphviz\n"}, container="ours/image:2")
    new, kept = owned.merged(there, wanted, place, shell)
    assert new is None
    assert kept == ("container", "requirements.txt")


def test_the_same_bytes_in_another_folder_are_somebody_elses(
    place: Path, tmp_path: Path, shell: LocalShell
) -> None:
    owned.remember(value(OLD), place, shell)
    other = tmp_path / "other"
    other.mkdir()
    assert owned.merged(value(OLD), value(NEW), other, shell) == (None, ("requirements.txt",))


def test_a_link_to_the_folder_is_the_folder(place: Path, tmp_path: Path, shell: LocalShell) -> None:
    (tmp_path / "link").symlink_to(place)
    owned.remember(value(OLD), tmp_path / "link", shell)
    assert owned.merged(value(OLD), value(NEW), place, shell)[0] == value(NEW)


def test_one_of_ours_that_is_missing_is_restored(place: Path, shell: LocalShell) -> None:
    wanted = value(OLD, files={"apt.txt": "graphviz\n"})
    owned.remember(wanted, place, shell)
    assert owned.merged(value(OLD), wanted, place, shell) == (wanted, ())
    assert owned.merged(value(), wanted, place, shell) == (wanted, ())
    assert owned.merged(None, wanted, place, shell) == (wanted, ())


def test_one_of_ours_is_not_put_beside_somebody_elses(place: Path, shell: LocalShell) -> None:
    wanted = value(OLD, files={"apt.txt": "graphviz\n"})
    owned.remember(wanted, place, shell)
    assert owned.merged(value(THEIRS), wanted, place, shell) == (None, ("requirements.txt",))


def test_a_new_file_is_added_where_all_is_ours(place: Path, shell: LocalShell) -> None:
    owned.remember(value(OLD), place, shell)
    wanted = value(OLD, files={"apt.txt": "graphviz\n"})
    assert owned.merged(value(OLD), wanted, place, shell) == (wanted, ())


def test_one_of_ours_whose_file_is_gone_is_taken_out(place: Path, shell: LocalShell) -> None:
    both = value(OLD, files={"apt.txt": "graphviz\n", "postBuild": "true\n"})
    owned.remember(both, place, shell)
    one = value(OLD, files={"postBuild": "true\n"})
    assert owned.merged(both, one, place, shell) == (one, ())
    assert owned.merged(both, value(OLD), place, shell) == (value(OLD), ())


def test_a_file_of_somebody_else_that_is_not_here_stays(place: Path, shell: LocalShell) -> None:
    owned.remember(value(OLD), place, shell)
    there = value(OLD, files={"apt.txt": "their-package\n"})
    new, kept = owned.merged(there, value(NEW), place, shell)
    assert new == value(NEW, files={"apt.txt": "their-package\n"})
    assert kept == ()


def test_what_is_no_file_is_never_taken_out(place: Path, shell: LocalShell) -> None:
    there = value(OLD, container="x:1", git={"path": "https://h.example/o/r"}, theirs=[1])
    owned.remember(there, place, shell)
    new, _ = owned.merged(there, value(NEW), place, shell)
    assert new == {**there, "requirements.txt": NEW}


def test_the_order_of_the_keys_and_what_nobody_knows_stay(place: Path, shell: LocalShell) -> None:
    there = {"note": "mine", "requirements.txt": OLD, "env_ver": "0.2", "container": "x:1"}
    owned.remember(there, place, shell)
    new, _ = owned.merged(there, value(NEW, container="x:2"), place, shell)
    assert new
    assert list(new) == list(there)
    assert new["note"] == "mine"
    assert new["container"] == "x:2"


def test_who_saves_what_a_colleague_packed_from_the_same_files_owns_it(
    place: Path, shell: LocalShell
) -> None:
    assert owned.merged(value(OLD), value(OLD), place, shell) == (None, ())
    assert owned.merged(value(OLD), value(NEW), place, shell) == (value(NEW), ())


def test_two_notebooks_of_a_folder_may_be_of_different_times(
    place: Path, shell: LocalShell
) -> None:
    for text in (OLD, NEW):
        owned.remember(value(text), place, shell)
    assert owned.merged(value(OLD), value(NEW), place, shell) == (value(NEW), ())


@pytest.mark.parametrize(
    "there",
    [
        {"kernel": "conda-base", "name": "tf2", "type": "gcloud", "uri": "gcr.io/x"},
        {"name": "x", "dependencies": ["python"]},
        {"env_ver": 2},
        "a word",
        7,
        [],
        True,
    ],
)
def test_what_is_no_environment_of_ours_is_left_alone(
    place: Path, shell: LocalShell, there: object
) -> None:
    owned.remember(value(NEW), place, shell)
    assert owned.merged(there, value(NEW), place, shell) == (None, ("environment",))


def test_the_first_version_is_read_and_becomes_the_second(place: Path, shell: LocalShell) -> None:
    there = {"env_ver": "0.1", "requirements.txt": OLD}
    owned.remember(there, place, shell)
    new, _ = owned.merged(there, value(NEW), place, shell)
    assert new == value(NEW)


def test_two_spellings_are_one_key(place: Path, shell: LocalShell) -> None:
    there = {"env_ver": "0.2", "environment.yml": "a"}
    owned.remember(there, place, shell)
    wanted = {
        "env_ver": "0.2",
        "environment.yaml": "b",
        "sources": {"environment.yaml": "environment.yml"},
    }
    new, kept = owned.merged(there, wanted, place, shell)
    assert kept == ()
    assert new == wanted
    assert environment.parse(new, origin())


def origin() -> Any:
    """Return where a test's notebook is."""
    from envboot.spec import Origin

    return Origin("a.ipynb")


def test_what_a_source_is_follows_its_key(place: Path, shell: LocalShell) -> None:
    there = {
        "env_ver": "0.2",
        "environment.yaml": "a",
        "sources": {"environment.yaml": "environment.yml"},
    }
    owned.remember(there, place, shell)
    assert owned.merged(there, value(NEW), place, shell)[0] == value(NEW)
    renamed = {"env_ver": "0.2", "environment.yaml": "b"}
    assert owned.merged(there, renamed, place, shell)[0] == renamed


def test_the_commit_of_the_same_repository_is_renewed_with_its_files(
    place: Path, shell: LocalShell
) -> None:
    def git(path: str, commit: str) -> dict[str, str]:
        return {"path": path, "commit id": commit * 40}

    ours = "https://h.example/o/r"
    there, wanted = value(OLD, git=git(ours, "a")), value(OLD, git=git(ours, "b"))
    assert owned.merged(there, wanted, place, shell) == (wanted, ())
    fork = value(OLD, git=git("https://h.example/fork/r", "a"))
    assert owned.merged(fork, wanted, place, shell) == (None, ("git",))
    strange = value(THEIRS, git=git(ours, "a"))
    assert owned.merged(strange, wanted, place, shell) == (None, ("git", "requirements.txt"))


# ---------------------------------------------------------------- what is kept


def test_nothing_but_digests_is_kept(
    place: Path, shell: LocalShell, environ: dict[str, str]
) -> None:
    owned.remember(value("secret-project==1\n"), place, shell)
    (path,) = notes(environ)
    text = path.read_text()
    assert "secret-project" not in text
    assert environment.digest("secret-project==1\n") in text


def test_saving_the_same_again_writes_nothing(
    place: Path, shell: LocalShell, environ: dict[str, str]
) -> None:
    owned.remember(value(OLD), place, shell)
    (path,) = notes(environ)
    before = path.read_bytes()
    for _ in range(3):
        owned.remember(value(OLD), place, shell)
        owned.merged(value(OLD), value(OLD), place, shell)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "junk",
    [b"", b"\0\xff\xfe", b"[1", b'["requirements.txt"]\n', b"{}\n", b"[" * 100_000, b"null\n"],
)
def test_broken_notes_cost_what_they_said_and_nothing_else(
    place: Path, shell: LocalShell, environ: dict[str, str], junk: bytes
) -> None:
    owned.remember(value(OLD), place, shell)
    (path,) = notes(environ)
    path.write_bytes(junk)
    assert owned.merged(value(OLD), value(NEW), place, shell) == (None, ("requirements.txt",))
    owned.remember(value(OLD), place, shell)
    assert owned.merged(value(OLD), value(NEW), place, shell)[0] == value(NEW)


def test_a_line_that_was_cut_off_does_not_spoil_the_next_one(
    place: Path, shell: LocalShell, environ: dict[str, str]
) -> None:
    owned.remember(value(OLD), place, shell)
    (path,) = notes(environ)
    path.write_bytes(path.read_bytes() + b'["requirements.txt", "ab')
    owned.remember(value(NEW), place, shell)
    assert owned.merged(value(NEW), value(THEIRS), place, shell)[0] == value(THEIRS)
    assert owned.merged(value(OLD), value(THEIRS), place, shell)[0] == value(THEIRS)


def test_without_a_home_nothing_is_ours_and_nothing_fails(place: Path) -> None:
    shell = LocalShell({"PATH": ""})
    shell.home = None
    owned.remember(value(OLD), place, shell)
    assert owned.merged(value(OLD), value(NEW), place, shell) == (None, ("requirements.txt",))
    assert owned.merged(None, value(NEW), place, shell) == (value(NEW), ())


def test_where_nothing_can_be_written_saving_goes_on(place: Path, environ: dict[str, str]) -> None:
    class Full(ScriptedShell):
        """A computer whose disk is full."""

        def append(self, path: Path, text: str) -> None:  # noqa: ARG002
            raise CommandFailed(f"{path} cannot be written: no space left on device")

    shell = Full(environ=environ, disk=True)
    owned.remember(value(OLD), place, shell)
    assert owned.merged(value(OLD), value(OLD), place, shell) == (None, ())
    assert owned.merged(value(OLD), value(NEW), place, shell) == (None, ("requirements.txt",))


def test_a_file_in_the_place_of_the_notes_folder_is_no_error(
    place: Path, shell: LocalShell, environ: dict[str, str]
) -> None:
    state = Path(environ["HOME"], ".local", "state")
    state.mkdir(parents=True)
    (state / "envboot").write_text("in the way")
    owned.remember(value(OLD), place, shell)
    assert owned.merged(value(OLD), value(NEW), place, shell) == (None, ("requirements.txt",))


def test_the_notes_of_one_folder_do_not_grow_for_ever(
    place: Path, shell: LocalShell, environ: dict[str, str]
) -> None:
    owned.remember(value("six==0\n"), place, shell)
    (path,) = notes(environ)
    digests = [f"{number:064x}" for number in range(3500)]
    rows = [json.dumps(["requirements.txt", digest]) for digest in digests]
    path.write_text(path.read_text() + "\n".join(rows) + "\n")
    assert path.stat().st_size > 256 << 10
    owned.remember(value("six==1\n"), place, shell)
    assert path.stat().st_size < 8 << 10
    assert owned.merged(value("six==1\n"), value(NEW), place, shell)[0] == value(NEW)
    assert owned.merged(value("six==0\n"), value(NEW), place, shell)[0] is None


def test_the_folders_that_were_longest_not_written_are_forgotten(
    place: Path, tmp_path: Path, shell: LocalShell, environ: dict[str, str]
) -> None:
    owned.remember(value(OLD), place, shell)
    (path,) = notes(environ)
    for number in range(2100):
        old = path.with_name(f"{number:032x}.jsonl")
        old.touch()
        os.utime(old, ns=(10**18 + number,) * 2)
    other = tmp_path / "other"
    other.mkdir()
    owned.remember(value(OLD), other, shell)
    assert len(notes(environ)) < 2000
    for folder in (place, other):
        assert owned.merged(value(OLD), value(NEW), folder, shell)[0] == value(NEW)


def test_two_servers_that_note_at_once_lose_nothing(
    place: Path, shell: LocalShell, child_environ: dict[str, str]
) -> None:
    code = (
        "import sys\nfrom pathlib import Path\nfrom envboot.notebook import owned\n"
        "from envboot.shell.local import LocalShell\n"
        "shell = LocalShell()\n"
        "for n in range(25):\n"
        "    files = {'apt.txt': f'{sys.argv[2]}-{n}'}\n"
        "    owned.remember({'env_ver': '0.2', 'files': files}, Path(sys.argv[1]), shell)\n"
    )
    argv = [sys.executable, "-c", code, str(place)]
    both = [subprocess.Popen([*argv, name], env=child_environ) for name in ("a", "b")]
    assert [one.wait(timeout=120) for one in both] == [0, 0]
    for name in ("a", "b"):
        there = {"env_ver": "0.2", "files": {"apt.txt": f"{name}-24"}}
        wanted = {"env_ver": "0.2", "files": {"apt.txt": "new"}}
        assert owned.merged(there, wanted, place, shell)[0] == wanted
    (path,) = notes(child_environ)
    rows = [json.loads(row) for row in path.read_text().splitlines() if row]
    assert len({digest for _, digest in rows}) == 50


@pytest.mark.parametrize("deep", [{"files": {"a": [[[]]]}}, {"sources": 7}, {"files": "text"}])
def test_odd_values_of_a_stranger_are_kept_and_never_an_error(
    place: Path, shell: LocalShell, deep: dict[str, Any]
) -> None:
    assert owned.merged(value(THEIRS, **deep), value(NEW), place, shell)[0] is None
    owned.remember({"env_ver": "0.2", **deep}, place, shell)
    owned.merged(value(NEW, **deep), value(NEW), place, shell)
