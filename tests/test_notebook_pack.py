"""``envboot notebook pack``: into the notebook, checked, and out again byte for byte."""

from __future__ import annotations

import contextlib
import json
import os
import re
import stat
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from envboot.cli import parser
from envboot.errors import CommandFailed, InvalidFile, UsageError
from envboot.formats import notebook as nb
from envboot.formats.notebook import cells, environment
from envboot.notebook import owned, packing, pep723, trust
from envboot.notebook.packing import comparing
from envboot.request import Request
from envboot.shell.local import LocalShell
from envboot.spec import Origin
from envboot.testing import ScriptedConsole

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envboot.notebook.values import Packed

SPEC = {"display_name": "Python 3", "language": "python", "name": "python3"}
GOOGLE = {"kernel": "python3", "name": "tf2-gpu.2-11", "type": "gcloud", "uri": "gcr.io/x/y:m1"}
THREE = (
    b'{"metadata": {"name": ""}, "nbformat": 3, "nbformat_minor": 0, "worksheets": '
    b'[{"cells": [{"cell_type": "code", "collapsed": false, "input": ["import six"], '
    b'"language": "python", "metadata": {}, "outputs": []}], "metadata": {}}]}'
)
LEAKING = "-i https://ann:hunter22@pypi.example/simple\n"


def written(path: Path, *sources: str, **metadata: Any) -> Path:
    """Write a small notebook as Jupyter does."""
    rows = [
        {
            "cell_type": "code",
            "execution_count": None,
            "id": f"c{number}",
            "metadata": {},
            "outputs": [],
            "source": text.splitlines(keepends=True),
        }
        for number, text in enumerate(sources or ("import six\n",))
    ]
    found = {"cells": rows, "metadata": {"kernelspec": SPEC, **metadata}, "nbformat": 4}
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps({**found, "nbformat_minor": 5}, indent=1, ensure_ascii=False)
    path.write_bytes(f"{text}\n".encode())
    return path


@pytest.fixture
def environ(environ: dict[str, str]) -> dict[str, str]:
    """Return the variables of a person in whose PATH no Jupyter is, and so no kernel of its."""
    folders = environ["PATH"].split(os.pathsep)
    kept = [place for place in folders if not (Path(place) / "jupyter").exists()]
    return {**environ, "PATH": os.pathsep.join(kept)}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a repository with requirements and a notebook."""
    place = tmp_path / "repository"
    (place / ".git").mkdir(parents=True)
    (place / "requirements.txt").write_text("six==1.16.0\n")
    written(place / "a.ipynb")
    return place


def pack(
    shell: LocalShell, root: Path, *words: str, console: ScriptedConsole | None = None
) -> Packed:
    """Run the command as the command line does."""
    options = parser("envboot").parse_args(["notebook", "pack", *words])
    request = Request(root=root, dry_run=options.dry_run, yes=options.yes)
    return packing.pack(options, request, shell, console or ScriptedConsole())


def carried(path: Path) -> Any:
    """Return ``metadata.environment``."""
    return json.loads(path.read_bytes())["metadata"].get("environment")


def states(found: Packed) -> dict[str, str]:
    """Return the state of each notebook by name."""
    return {Path(row["path"]).name: row["state"] for row in found.notebooks}


# ---------------------------------------------------------------- in and out


def test_a_notebook_carries_what_its_folder_declares_and_nothing_else_changes(
    root: Path, shell: LocalShell
) -> None:
    path = root / "a.ipynb"
    before = path.read_bytes()
    found = pack(shell, root, str(path))
    assert (found.outcome, found.exit_code, states(found)) == ("packed", 0, {"a.ipynb": "written"})
    assert carried(path) == {"env_ver": "0.2", "requirements.txt": "six==1.16.0\n"}
    assert found.notebooks[0]["digest"] == environment.digest(carried(path))
    old, new = before.splitlines(), path.read_bytes().splitlines()
    assert [row for row in new if row not in old] == [
        b'  "environment": {',
        b'   "env_ver": "0.2",',
        b'   "requirements.txt": "six==1.16.0\\n"',
        b"  },",
    ]
    assert [row for row in old if row not in new] == []


def test_packing_again_changes_no_byte(root: Path, shell: LocalShell) -> None:
    path = root / "a.ipynb"
    pack(shell, root, str(path))
    before, when = path.read_bytes(), path.stat().st_mtime_ns
    found = pack(shell, root, str(path))
    assert (found.outcome, states(found)) == ("up-to-date", {"a.ipynb": "unchanged"})
    assert (path.read_bytes(), path.stat().st_mtime_ns) == (before, when)


@pytest.mark.parametrize("pep", [False, True])
def test_taken_out_again_the_bytes_are_those_from_before(
    root: Path, shell: LocalShell, pep: bool
) -> None:
    path = root / "a.ipynb"
    for text in (
        path.read_bytes(),
        path.read_bytes().replace(b"\n", b"\r\n"),
        json.dumps(json.loads(path.read_bytes())).encode(),
        json.dumps(json.loads(path.read_bytes()), indent="\t", sort_keys=True).encode(),
        b'{"cells":[],"metadata":{},"nbformat":4,"nbformat_minor":5}',
        THREE,
    ):
        path.write_bytes(text)
        found = pack(shell, root, str(path), *(["--pep723"] if pep else []))
        assert states(found) == {"a.ipynb": "written"}
        assert carried(path)
        found = pack(shell, root, str(path), "--remove")
        assert (found.outcome, found.exit_code) == ("removed", 0)
        assert path.read_bytes() == text
        assert pack(shell, root, str(path), "--remove").outcome == "up-to-date"


def test_removing_where_nothing_was_packed_changes_nothing(root: Path, shell: LocalShell) -> None:
    path = written(root / "a.ipynb", environment=GOOGLE, envboot={"embed": False})
    before = path.read_bytes()
    assert pack(shell, root, str(path), "--remove").outcome == "up-to-date"
    assert path.read_bytes() == before


def test_changed_files_are_taken_over_and_gone_ones_go(root: Path, shell: LocalShell) -> None:
    path = root / "a.ipynb"
    (root / "apt.txt").write_text("graphviz\n")
    pack(shell, root, str(path))
    assert carried(path)["files"] == {"apt.txt": "graphviz\n"}
    (root / "apt.txt").unlink()
    (root / "requirements.txt").write_text("six\n")
    pack(shell, root, str(path))
    assert carried(path) == {"env_ver": "0.2", "requirements.txt": "six\n"}


def test_what_a_person_packs_is_hers_and_later_saves_refresh_it(
    root: Path, shell: LocalShell
) -> None:
    theirs = {"env_ver": "0.1", "requirements.txt": "torch\n"}
    path = written(root / "a.ipynb", environment=theirs)
    wanted = {"env_ver": "0.2", "requirements.txt": "six\n"}
    assert owned.merged(theirs, wanted, root, shell)[0] is None
    pack(shell, root, str(path))
    assert carried(path) == {"env_ver": "0.2", "requirements.txt": "six==1.16.0\n"}
    assert owned.merged(carried(path), wanted, root, shell)[0] == wanted


def test_a_notebook_without_files_beside_it_carries_its_own_imports(
    tmp_path: Path, shell: LocalShell
) -> None:
    path = written(tmp_path / "mail" / "a.ipynb", "import six\n")
    console = ScriptedConsole()
    found = pack(shell, path.parent, str(path), console=console)
    assert found.outcome == "packed"
    text = carried(path)["requirements.txt"]
    assert text.splitlines()[0].endswith("wrote this from the notebook's own imports")
    assert [r.split("#")[0].strip() for r in text.splitlines()[1:]] == ["ipykernel", "six"]
    assert any("no live environment" in one for one in console.said + console.warned)
    assert pack(shell, path.parent, str(path), "--check").outcome == "up-to-date"


# ---------------------------------------------------------------- which notebooks


def test_a_notebook_has_to_be_named(root: Path, shell: LocalShell) -> None:
    with pytest.raises(UsageError, match="pack which notebook") as error:
        pack(shell, root)
    assert "--all" in error.value.hint
    with pytest.raises(UsageError, match="there is no"):
        pack(shell, root, str(root / "b.ipynb"))
    with pytest.raises(UsageError, match="is a folder"):
        pack(shell, root, str(root))


@pytest.mark.parametrize(
    "words",
    [
        ("--check", "--remove"),
        ("--remove", "--pep723"),
        ("--python", "python3", "--no-live"),
    ],
)
def test_flags_that_do_not_go_together(
    root: Path, shell: LocalShell, words: tuple[str, ...]
) -> None:
    before = (root / "a.ipynb").read_bytes()
    with pytest.raises(UsageError, match="do not go together"):
        pack(shell, root, str(root / "a.ipynb"), *words)
    assert (root / "a.ipynb").read_bytes() == before


def test_all_takes_the_repositorys_own_notebooks(root: Path, shell: LocalShell) -> None:
    for name in ("deep/b.ipynb", ".ipynb_checkpoints/a-checkpoint.ipynb", "out/c.ipynb"):
        written(root / name)
    written(root / "env" / "lib" / "d.ipynb")
    (root / "env" / "pyvenv.cfg").touch()
    (root / ".gitignore").write_text("out/\n")
    found = pack(shell, root, "--all")
    assert states(found) == {"a.ipynb": "written", "b.ipynb": "written"}
    assert carried(root / "deep" / "b.ipynb")["requirements.txt"] == "six==1.16.0\n"


def test_of_many_a_bad_one_is_reported_and_the_others_are_done(
    root: Path, shell: LocalShell
) -> None:
    (root / "bad.ipynb").write_bytes(b'{"cells": [')
    written(root / "old.ipynb", environment={"env_ver": "0.2", "requirements.txt": 7})
    (root / "deep").mkdir()
    (root / "deep" / "requirements.txt").write_text(LEAKING)
    written(root / "deep" / "leaks.ipynb")
    console = ScriptedConsole()
    found = pack(shell, root, "--all", console=console)
    assert found.exit_code == 4
    assert states(found) == {
        "a.ipynb": "written",
        "bad.ipynb": "unreadable",
        "old.ipynb": "unreadable",
        "leaks.ipynb": "unreadable",
    }
    told = "\n".join(console.warned)
    assert f"{root / 'deep' / 'requirements.txt'}:1: this line holds a password" in told
    assert told.count(f"{root / 'old.ipynb'}") == 1
    assert "hunter22" not in told + repr(found)


def test_a_strangers_names_are_told_as_escapes(root: Path, shell: LocalShell) -> None:
    path = written(root / "in\x1b[31m\u202ered" / "a\nb.ipynb")
    console = ScriptedConsole()
    for words in ([str(path), "--dry-run"], ["--all", "--check"], ["--all"]):
        pack(shell, root, *words, console=console)
    told = "\n".join((*console.said, *console.warned, *console.shown))
    assert "in\\x1b[31m\\u202ered/a\\nb.ipynb: stale" in told
    assert "\x1b" not in told
    assert "\u202e" not in told


def test_what_is_told_are_the_names_on_the_disk(root: Path, shell: LocalShell) -> None:
    (root / "environment.yml").write_text("dependencies: [six]\n")
    (root / "apt.txt").write_text("graphviz\n")
    found = pack(shell, root, str(root / "a.ipynb"))
    assert found.notebooks[0]["why"] == "requirements.txt, environment.yml, apt.txt"


def test_a_bad_one_alone_is_an_error(root: Path, shell: LocalShell) -> None:
    (root / "requirements.txt").write_text(LEAKING)
    before = (root / "a.ipynb").read_bytes()
    with pytest.raises(InvalidFile, match="password or a token"):
        pack(shell, root, str(root / "a.ipynb"))
    assert (root / "a.ipynb").read_bytes() == before


def test_where_there_is_no_notebook_that_is_said(tmp_path: Path, shell: LocalShell) -> None:
    console = ScriptedConsole()
    found = pack(shell, tmp_path, "--all", console=console)
    assert (found.outcome, found.exit_code) == ("up-to-date", 0)
    assert console.warned == [f"there is no notebook in {tmp_path}"]


def test_who_opted_out_is_passed_over_unless_she_is_named(root: Path, shell: LocalShell) -> None:
    path = written(root / "a.ipynb", envboot={"embed": False})
    before = path.read_bytes()
    for words in ((), ("--check",)):
        found = pack(shell, root, "--all", *words)
        assert (found.exit_code, states(found)) == (0, {"a.ipynb": "opted-out"})
    assert pack(shell, root, "--all", str(path)).notebooks[0]["state"] == "opted-out"
    assert path.read_bytes() == before
    found = pack(shell, root, str(path))
    assert states(found) == {"a.ipynb": "written"}
    assert any("it is packed because it was named" in one for one in found.notices)


# ---------------------------------------------------------------- somebody else's key


@pytest.mark.parametrize(
    ("there", "whose"),
    [
        (GOOGLE, "Google's notebooks"),
        ({"name": "x", "channels": [], "dependencies": ["python=3.9"]}, "`conda env attach`"),
        ({"anything": 1}, "a program that envboot does not know"),
        ("a word", "a program that envboot does not know"),
    ],
)
def test_somebody_elses_key_is_left_alone_and_put_beside_on_request(
    root: Path, shell: LocalShell, there: Any, whose: str
) -> None:
    path = written(root / "a.ipynb", environment=there)
    before = path.read_bytes()
    found = pack(shell, root, str(path))
    assert (found.exit_code, states(found)) == (4, {"a.ipynb": "kept"})
    assert whose in found.notebooks[0]["why"]
    assert "--force" in found.notebooks[0]["why"]
    assert pack(shell, root, "--all").exit_code == 0
    assert path.read_bytes() == before

    found = pack(shell, root, str(path), "--force")
    assert states(found) == {"a.ipynb": "written"}
    metadata = json.loads(path.read_bytes())["metadata"]
    assert metadata["envboot"]["environment"]["requirements.txt"] == "six==1.16.0\n"
    if isinstance(there, dict):
        assert {k: metadata["environment"][k] for k in there} == there
        assert metadata["environment"]["requirements.txt"] == "six==1.16.0\n"
    else:
        assert metadata["environment"] == there
    packed = path.read_bytes()
    assert pack(shell, root, str(path)).outcome == "up-to-date"
    assert path.read_bytes() == packed
    (root / "requirements.txt").write_text("six\n")
    assert pack(shell, root, str(path)).outcome == "packed"
    assert pack(shell, root, str(path), "--remove").outcome == "removed"
    assert path.read_bytes() == before


def test_where_google_wrote_its_key_again_ours_comes_back_without_force(
    root: Path, shell: LocalShell
) -> None:
    path = written(root / "a.ipynb", environment=GOOGLE)
    pack(shell, root, str(path), "--force")
    path.write_bytes(nb.put(path.read_bytes(), nb.ENVIRONMENT, GOOGLE))
    assert pack(shell, root, str(path)).outcome == "packed"
    assert carried(path)["requirements.txt"] == "six==1.16.0\n"
    assert carried(path)["uri"] == GOOGLE["uri"]


@pytest.mark.parametrize("there", ['{"kernel": "a" , "uri" :"b"}', "{}", "{ }", '{"zzz":\n[]}'])
def test_beside_somebody_elses_key_the_bytes_come_back(
    root: Path, shell: LocalShell, there: str
) -> None:
    path = root / "a.ipynb"
    before = f'{{"cells":[],"metadata":{{"environment":{there}}},"nbformat":4,"nbformat_minor":5}}'
    path.write_text(before)
    for text in ("six\n", "six==1.16.0\n"):
        (root / "requirements.txt").write_text(text)
        assert pack(shell, root, str(path), "--force").outcome == "packed"
    (root / "requirements.txt").unlink()
    (root / "environment.yml").write_text("dependencies: [six]\n")
    assert pack(shell, root, str(path)).outcome == "packed"
    own = json.loads(path.read_text())["metadata"]["envboot"]["environment"]
    assert "environment.yaml" in own
    assert "requirements.txt" not in own
    assert pack(shell, root, str(path), "--remove").outcome == "removed"
    assert path.read_text() == before


def test_what_cannot_be_put_in_names_the_file(root: Path, shell: LocalShell) -> None:
    path = written(root / "a.ipynb", environment=GOOGLE, envboot="a word")
    with pytest.raises(InvalidFile, match=r"a\.ipynb:\d+: `metadata.envboot` .* no object"):
        pack(shell, root, str(path), "--force")


def test_a_broken_environment_of_ours_is_replaced_on_request(root: Path, shell: LocalShell) -> None:
    path = written(root / "a.ipynb", environment={"env_ver": "0.2", "requirements.txt": 7})
    with pytest.raises(InvalidFile) as error:
        pack(shell, root, str(path))
    assert "`--force` replaces it" in error.value.hint
    assert pack(shell, root, str(path), "--force").outcome == "packed"
    assert carried(path) == {"env_ver": "0.2", "requirements.txt": "six==1.16.0\n"}


def test_keys_that_nobody_knows_stay(root: Path, shell: LocalShell) -> None:
    path = written(root / "a.ipynb", environment={"note": [1], "env_ver": "0.2"})
    pack(shell, root, str(path))
    assert carried(path) == {
        "note": [1],
        "env_ver": "0.2",
        "requirements.txt": "six==1.16.0\n",
    }


# ---------------------------------------------------------------- check and dry run


def test_check_says_which_key_is_stale_and_why_and_writes_nothing(
    root: Path, shell: LocalShell
) -> None:
    path = root / "a.ipynb"
    assert pack(shell, root, str(path), "--check").notebooks[0]["why"] == (
        "it carries no environment"
    )
    (root / "apt.txt").write_text("graphviz\n")
    (root / "runtime.txt").write_text("python-3.11\n")
    pack(shell, root, str(path))
    assert pack(shell, root, str(path), "--check").exit_code == 0
    (root / "requirements.txt").write_text("six==1.17.0\n")
    (root / "apt.txt").unlink()
    (root / "postBuild").write_text("true\n")
    (root / "setup.cfg").write_text("[envboot:notebook]\ncontainer = o/i:1\n")
    before = path.read_bytes()
    console = ScriptedConsole()
    found = pack(shell, root, str(path), "--check", console=console)
    assert (found.outcome, found.exit_code) == ("stale", 4)
    assert sorted(found.notebooks[0]["why"].split("; "), reverse=True) == [
        "requirements.txt: `- six==1.16.0`, `+ six==1.17.0`",
        "postBuild: it is not carried yet",
        "container: it is not carried yet",
        f"apt.txt: it is carried, and {root} has no such file",
    ]
    assert path.read_bytes() == before
    assert not list(root.glob("*.part"))


def test_check_needs_no_live_environment(
    tmp_path: Path, shell: LocalShell, environ: dict[str, str]
) -> None:
    site = tmp_path / "env" / "lib" / "python3.11" / "site-packages"
    for name in ("six-1.16.0", "ipykernel-6.29.5"):
        (site / f"{name}.dist-info").mkdir(parents=True)
        only, _, version = name.partition("-")
        text = f"Metadata-Version: 2.1\nName: {only}\nVersion: {version}\n"
        (site / f"{name}.dist-info" / "METADATA").write_text(text)
        (site / f"{name}.dist-info" / "RECORD").write_text(f"{only}.py,,\n")
        (site / f"{only}.py").touch()
    (tmp_path / "env" / "pyvenv.cfg").write_text("version = 3.11.4\n")
    path = written(tmp_path / "mail" / "a.ipynb")
    inside = LocalShell({**environ, "VIRTUAL_ENV": str(tmp_path / "env")})
    pack(inside, path.parent, str(path))
    assert "six~=1.16.0" in carried(path)["requirements.txt"]
    assert pack(shell, path.parent, str(path), "--check").outcome == "up-to-date"
    data = path.read_bytes().replace(b"import six", b"import attr, six")
    path.write_bytes(data)
    found = pack(shell, path.parent, str(path), "--check")
    assert found.notebooks[0]["why"] == "requirements.txt: `+ attrs`"


def test_a_commit_alone_makes_nothing_stale(root: Path, shell: LocalShell) -> None:
    path = root / "a.ipynb"
    pack(shell, root, str(path))
    value = {**carried(path), "git": {"path": "https://h.example/o/r", "commit id": "a" * 40}}
    path.write_bytes(nb.put(path.read_bytes(), nb.ENVIRONMENT, value))
    assert pack(shell, root, str(path), "--check").outcome == "up-to-date"


def test_a_dry_run_shows_the_difference_and_writes_nothing(root: Path, shell: LocalShell) -> None:
    path = root / "a.ipynb"
    before, console = path.read_bytes(), ScriptedConsole()
    found = pack(shell, root, str(path), "--dry-run", console=console)
    assert (found.outcome, found.exit_code) == ("planned", 0)
    assert '+   "requirements.txt": "six==1.16.0\\n"' in console.shown[0]
    assert path.read_bytes() == before
    assert pack(shell, root, str(path), "--dry-run", "--json").outcome == "planned"
    pack(shell, root, str(path))
    assert pack(shell, root, str(path), "--dry-run").outcome == "up-to-date"
    found = pack(shell, root, str(path), "--remove", "--dry-run")
    assert found.outcome == "planned"
    assert carried(path)


def test_a_difference_counts_lines_from_the_top_and_cuts_long_ones() -> None:
    before = [f"line {n}" for n in range(100_000)]
    after = [*before[:70_000], "new", *before[70_000:]]
    shown = comparing.diff("\n".join(before).encode(), "\n".join(after).encode(), "a.ipynb")
    assert "@@ -69998,6 +69998,7 @@" in shown
    assert len(shown.splitlines()) == 10
    long = comparing.diff(b"a", b"b" * 10_000, "a.ipynb")
    assert max(map(len, long.splitlines())) < 600


# ---------------------------------------------------------------- the kernel that travels


def test_the_kernel_of_one_computer_gives_way_to_the_one_from_before(
    root: Path, shell: LocalShell
) -> None:
    here = {"display_name": "a (envboot)", "language": "python", "name": "envboot-0123456789ab"}
    path = root / "a.ipynb"
    before = path.read_bytes()
    pack(shell, root, str(path))
    packed = path.read_bytes()
    data = nb.put(packed, ("metadata", "kernelspec"), here)
    pointed = nb.put(data, (*nb.OWN, "kernelspec"), SPEC)
    path.write_bytes(pointed)
    found = pack(shell, root, str(path), "--check")
    assert found.notebooks[0]["why"] == "kernelspec: it names a kernel of one computer alone"
    pack(shell, root, str(path))
    assert path.read_bytes() == packed
    path.write_bytes(pointed)
    pack(shell, root, str(path), "--remove")
    assert path.read_bytes() == before


def test_a_kernel_that_somebody_chose_since_stays(root: Path, shell: LocalShell) -> None:
    other = {"display_name": "Other", "language": "python", "name": "other"}
    path = written(root / "a.ipynb", kernelspec=other, envboot={"kernelspec": SPEC})
    pack(shell, root, str(path))
    metadata = json.loads(path.read_bytes())["metadata"]
    assert metadata["kernelspec"] == other
    assert "envboot" not in metadata


def test_a_notebook_begun_with_our_kernel_gets_the_usual_one(root: Path, shell: LocalShell) -> None:
    here = {"display_name": "a (envboot)", "language": "python", "name": "envboot-0123456789ab"}
    path = written(root / "a.ipynb", kernelspec=here)
    pack(shell, root, str(path))
    assert json.loads(path.read_bytes())["metadata"]["kernelspec"]["name"] == "python3"


# ---------------------------------------------------------------- the file itself


def test_the_mode_stays_and_nothing_is_left_beside(root: Path, shell: LocalShell) -> None:
    path = root / "a.ipynb"
    path.chmod(0o640)
    pack(shell, root, str(path))
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    names = {".git", "a.ipynb", "requirements.txt"}
    assert {p.name for p in root.iterdir()} == names


class Refusing(LocalShell):
    """A computer on which some deed fails, or somebody else is at work."""

    read_only = False
    full = False
    saved: Iterator[bytes] = iter(())

    def writable(self, path: Path) -> bool:
        return not self.read_only and super().writable(path)

    def write(self, path: Path, text: str | bytes, **words: bool) -> None:  # type: ignore[override]
        if self.full:
            raise CommandFailed(f"{path} cannot be written: no space left on device")
        super().write(path, text, **words)

    def writes_now(self, path: Path) -> None:
        """Let the other program save."""
        with contextlib.suppress(StopIteration):
            path.write_bytes(next(self.saved))


def test_a_read_only_notebook_and_a_full_disk_are_said_and_nothing_is_lost(
    root: Path, environ: dict[str, str]
) -> None:
    shell = Refusing(environ)
    before = (root / "a.ipynb").read_bytes()
    for name, why in (("read_only", "is read-only"), ("full", "no space left")):
        setattr(shell, name, True)
        found = pack(shell, root, str(root / "a.ipynb"))
        setattr(shell, name, False)
        assert (found.exit_code, found.outcome) == (4, "up-to-date")
        assert why in found.notebooks[0]["why"]
        assert (root / "a.ipynb").read_bytes() == before
    assert owned.merged({"env_ver": "0.2", "requirements.txt": "x"}, {}, root, shell) == (None, ())


def test_somebody_who_saves_meanwhile_is_not_overwritten(
    root: Path, environ: dict[str, str]
) -> None:
    path = root / "a.ipynb"
    text = path.read_bytes()
    versions = [text.replace(b"import six", f"import six  # {n}".encode()) for n in range(9)]

    class Saving(Refusing):
        """Somebody saves between our look and our writing."""

        def mark(self, place: Path) -> tuple[int, ...]:
            if place.name == "apt.txt":  # while the files beside it are looked at
                self.writes_now(path)
            return super().mark(place)

    shell = Saving(environ)
    shell.saved = iter(versions[:1])
    found = pack(shell, root, str(path))
    assert states(found) == {"a.ipynb": "written"}
    assert b"import six  # 0" in path.read_bytes()
    assert carried(path)["requirements.txt"] == "six==1.16.0\n"
    path.write_bytes(text)
    shell.saved = iter(versions[1:])
    found = pack(shell, root, str(path))
    assert (found.exit_code, states(found)) == (4, {"a.ipynb": "unreadable"})
    assert "is being changed by another program" in found.notebooks[0]["why"]
    assert re.search(rb"import six  # [1-8]", path.read_bytes())
    assert carried(path) is None


def test_a_link_that_leads_out_of_the_repository_is_not_written_through(
    root: Path, tmp_path: Path, shell: LocalShell
) -> None:
    outside = written(tmp_path / "outside.ipynb")
    before = outside.read_bytes()
    (root / "link.ipynb").symlink_to(outside)
    found = pack(shell, root, str(root / "link.ipynb"))
    assert (found.exit_code, states(found)) == (4, {"link.ipynb": "unreadable"})
    assert "a link leads out of" in found.notebooks[0]["why"]
    assert outside.read_bytes() == before


def test_a_notebook_that_is_larger_than_one_read_is_kept_whole(
    root: Path, shell: LocalShell
) -> None:
    path = root / "a.ipynb"
    large = written(path, "import six\n", "x = 1\n")
    data = large.read_bytes().replace(b"x = 1", b"#" * (65 << 20))  # more than `read` gives
    large.write_bytes(data)
    pack(shell, root, str(path))
    assert path.stat().st_size > 65 << 20
    pack(shell, root, str(path), "--remove")
    assert path.read_bytes() == data


# ---------------------------------------------------------------- PEP 723


def test_the_first_cell_says_what_juv_and_uv_need(root: Path, shell: LocalShell) -> None:
    (root / "requirements.txt").write_text(
        "--extra-index-url https://pypi.example/simple\n-c constraints.txt\n--find-links https://x\n"
        "six[a] == 1.16.0 ; python_version > '3'\nx @ https://h.example/x-1-py3-none-any.whl\n"
        "-e git+https://h.example/o/y@main#egg=y\n"
        f"attrs==23.1.0 --hash=sha256:{'a' * 64}\n"
    )
    (root / "constraints.txt").write_text("numpy<2\n")
    (root / "runtime.txt").write_text("python-3.11\n")
    (root / "apt.txt").write_text("graphviz\n")
    path = root / "a.ipynb"
    found = pack(shell, root, str(path), "--pep723")
    first = next(cells.cells(path.read_bytes()))
    assert first.metadata == {"envboot": {"pep723": True}}
    assert first.source == (
        "# /// script\n"
        '# requires-python = "==3.11.*"\n'
        "# dependencies = [\n"
        "#     \"six[a] == 1.16.0 ; python_version > '3'\",\n"
        '#     "x @ https://h.example/x-1-py3-none-any.whl",\n'
        '#     "y @ git+https://h.example/o/y@main#egg=y",\n'
        '#     "attrs==23.1.0",\n'
        "# ]\n"
        "#\n"
        "# [tool.uv]\n"
        "# constraint-dependencies = [\n"
        '#     "numpy<2",\n'
        "# ]\n"
        "#\n"
        "# [[tool.uv.index]]\n"
        '# url = "https://pypi.example/simple"\n'
        "# ///"
    )
    told = "\n".join(found.notices)
    assert "requirements.txt:3: a PEP 723 cell cannot say `--find-links`" in told
    assert "requirements.txt:7: its hashes are left out of the PEP 723 cell" in told
    assert "apt.txt: a PEP 723 cell has no place for it" in told


def test_the_cell_follows_what_the_notebook_carries(root: Path, shell: LocalShell) -> None:
    path = root / "a.ipynb"
    pack(shell, root, str(path), "--pep723")
    (root / "requirements.txt").write_text("six==1.17.0\n")
    found = pack(shell, root, str(path), "--check")
    assert "its PEP 723 cell says something else" in found.notebooks[0]["why"]
    pack(shell, root, str(path))
    assert '"six==1.17.0"' in next(cells.cells(path.read_bytes())).source
    assert pack(shell, root, str(path), "--check").outcome == "up-to-date"


def test_what_conda_is_asked_for_is_said_with_the_names_of_the_index() -> None:
    text = (
        "channels: [conda-forge]\ndependencies:\n  - python=3.11\n  - pytorch=2.1\n"
        "  - r-base\n  - pip:\n    - six==1.16.0\n"
    )
    source, said = pep723.source({"environment.yml": text})
    assert '"torch==2.1.*"' in source
    assert '"six==1.16.0"' in source
    assert 'requires-python = "==3.11.*"' in source
    assert any("r-base" in one for one in said)


def test_a_notebook_of_another_language_gets_no_cell(root: Path, shell: LocalShell) -> None:
    (root / "requirements.txt").unlink()
    (root / "install.R").write_text('install.packages("x")\n')
    found = pack(shell, root, str(root / "a.ipynb"), "--pep723")
    assert b"/// script" not in (root / "a.ipynb").read_bytes()
    assert any("it gets no PEP 723 cell" in one for one in found.notices)


def test_a_block_of_somebody_else_stays_alone(root: Path, shell: LocalShell) -> None:
    block = '# /// script\n# dependencies = ["six"]\n# ///\n'
    path = written(root / "a.ipynb", block, "import six\n")
    found = pack(shell, root, str(path), "--pep723")
    assert path.read_bytes().count(b"# /// script") == 1
    assert any("another cell has a `# /// script` block" in one for one in found.notices)


# ---------------------------------------------------------------- trust


@pytest.fixture
def jupyter(environ: dict[str, str]) -> LocalShell:
    """Return a computer on which Jupyter has signed notebooks before."""
    pytest.importorskip("nbformat")
    place = Path(environ["HOME"], "jupyter")
    place.mkdir()
    return LocalShell({**environ, "JUPYTER_DATA_DIR": str(place)})


def trusts(shell: LocalShell, path: Path, *, sign: bool = False) -> bool:
    """Ask Jupyter's own notary, after signing the notebook."""
    from nbformat import reads
    from nbformat import sign as signing

    notary = signing.NotebookNotary(data_dir=shell.environ["JUPYTER_DATA_DIR"])
    try:
        found = reads(path.read_text(encoding="utf-8"), as_version=4)
        if sign:
            notary.sign(found)
        return bool(notary.check_signature(found))
    finally:
        notary.store.close()


def test_a_trusted_notebook_stays_trusted_and_no_other_becomes_it(
    root: Path, jupyter: LocalShell
) -> None:
    other = written(root / "b.ipynb", "import six  # another\n")
    assert trusts(jupyter, root / "a.ipynb", sign=True)
    assert [trusts(jupyter, p) for p in (root / "a.ipynb", other)] == [True, False]
    found = pack(jupyter, root, "--all", "--pep723")
    assert set(states(found).values()) == {"written"}
    assert [trusts(jupyter, p) for p in (root / "a.ipynb", other)] == [True, False]


def test_nothing_is_signed_that_was_not_written(root: Path, jupyter: LocalShell) -> None:
    path = root / "a.ipynb"
    assert trusts(jupyter, path, sign=True)
    was = path.read_bytes()
    path.write_bytes(was.replace(b"import six", b"import evil"))
    assert trust.sign({path: was}, jupyter) == frozenset()
    assert not trusts(jupyter, path)
    path.write_bytes(was)
    assert trust.sign({path: was}, jupyter) == {path}


def test_where_jupyter_never_signed_nothing_is_asked(root: Path, shell: LocalShell) -> None:
    assert trust.trusted([root / "a.ipynb"], shell) == frozenset()
    assert not Path(shell.environ["HOME"], ".local", "share", "jupyter").exists()


def test_a_module_beside_the_notebook_is_not_imported_to_ask(
    root: Path, jupyter: LocalShell, child_environ: dict[str, str]
) -> None:
    assert trusts(jupyter, root / "a.ipynb", sign=True)
    (root / "nbformat.py").write_text("open('taken', 'w').close()\n")
    env = {**child_environ, "JUPYTER_DATA_DIR": jupyter.environ["JUPYTER_DATA_DIR"]}
    argv = [sys.executable, "-m", "envboot", "notebook", "pack", "a.ipynb"]
    env["PYTHONSAFEPATH"] = "1"
    done = subprocess.run(argv, cwd=root, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert not (root / "taken").exists()
    assert trusts(jupyter, root / "a.ipynb")


# ---------------------------------------------------------------- the command line


def test_the_command_line_says_it_in_json(
    root: Path, child_environ: dict[str, str], python: str
) -> None:
    def run(*words: str) -> subprocess.CompletedProcess[str]:
        argv = [python, "-m", "envboot", "notebook", "pack", *words]
        return subprocess.run(
            argv, cwd=root, env=child_environ, capture_output=True, text=True, check=False
        )

    done = run("a.ipynb", "--check", "--json")
    assert done.returncode == 4
    found = json.loads(done.stdout)
    assert (found["outcome"], found["exit_code"]) == ("stale", 4)
    assert found["notebooks"][0]["state"] == "stale"
    done = run("a.ipynb")
    assert done.returncode == 0
    assert "a.ipynb: packed: requirements.txt" in done.stderr
    assert not done.stdout
    assert run().returncode == 2
    (root / "requirements.txt").write_text(LEAKING)
    done = run("a.ipynb", "--json")
    assert done.returncode == 4
    assert "hunter22" not in done.stdout + done.stderr
    assert nb.read((root / "a.ipynb").read_bytes(), Origin("a")).environment
