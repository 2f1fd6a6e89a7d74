"""package-env: what it writes, what it asks, that it checks, and that it undoes."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from envboot import archive, cli, find, package
from envboot.archive import bundling
from envboot.errors import AnswerNeeded, InvalidFile, NothingFound, UsageError
from envboot.package import Packing, package_env, project, setupfile
from envboot.shell.local import LocalShell
from envboot.testing import ScriptedConsole

if TYPE_CHECKING:
    from pathlib import Path

    from envboot.package import Packed

HAND_WRITTEN = (
    b'"""Build it."""\nfrom setuptools import setup\n\nsetup(name="waves", version="3.1")\n'
)


REQUIREMENTS = "numpy>=1.20\nsix # é\nipykernel\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a repository with a notebook and its requirements."""
    root = tmp_path / "tide tables"
    root.mkdir()
    (root / "requirements.txt").write_text(REQUIREMENTS, encoding="utf-8")
    (root / "tides.ipynb").write_text('{"cells": [], "metadata": {}, "nbformat": 4}')
    return root


def pack(root: Path, *answers: str, **flags: bool | str) -> tuple[Packed, ScriptedConsole]:
    console = ScriptedConsole(*answers)
    request = Packing(root=root, **flags)  # type: ignore[arg-type]
    return package_env(request, LocalShell({"PATH": ""}), console), console


def tree(root: Path) -> dict[str, bytes]:
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in root.rglob("*") if p.is_file()}


# ----------------------------------------------------------------------- writing


def test_a_pile_of_notebooks_is_packed_as_the_story_tells(root: Path) -> None:
    packed, console = pack(root)
    assert packed.outcome == "packed"
    assert packed.exit_code == 0
    assert packed.source == "environment.yml"
    assert tree(root)["requirements.txt"] == REQUIREMENTS.encode()
    story = "\n".join(console.said)
    order = ["Looking for requirements", "requirements.txt", "Packaging into setup.py", "Success"]
    assert [story.index(part) for part in order] == sorted(story.index(part) for part in order)
    assert f"'setup.py' generated in {root}" in story
    files = tree(root)
    assert set(files) == {
        "environment.yml",
        "requirements.txt",
        "tides.ipynb",
        "setup.py",
        ".envboot/envboot.pyz",
        ".envboot/.gitignore",
        ".envboot/.gitattributes",
    }
    block = setupfile.read(files["setup.py"])
    assert block is not None
    assert set(block.files) == {"environment.yml", "requirements.txt"}
    assert block.files["requirements.txt"] == REQUIREMENTS
    assert block.python == (3, 9)
    assert not archive.contents_differ(files[".envboot/envboot.pyz"], bundling.bundle(LocalShell()))
    assert b'name="tide-tables"' in files["setup.py"]


def test_git_takes_the_archive_and_nothing_of_the_state(root: Path) -> None:
    pack(root)
    (root / ".envboot" / "log").mkdir()
    (root / ".envboot" / "log" / "x.log").write_text("secret")
    (root / ".envboot" / "environment.json").write_text("{}")
    git = ["git", "-C", str(root), "-c", "core.autocrlf=true", "-c", "core.safecrlf=false"]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "add", "-A"], check=True, stderr=subprocess.DEVNULL)
    listed = subprocess.run([*git, "ls-files"], check=True, capture_output=True, text=True).stdout
    assert [n for n in listed.splitlines() if n.startswith(".envboot")] == [
        ".envboot/.gitattributes",
        ".envboot/.gitignore",
        ".envboot/envboot.pyz",
    ]
    before = tree(root)[".envboot/envboot.pyz"]
    (root / ".envboot" / "envboot.pyz").unlink()
    subprocess.run([*git, "checkout", "-q", "--", "."], check=True)
    assert tree(root)[".envboot/envboot.pyz"] == before


def test_twice_changes_nothing(root: Path) -> None:
    pack(root)
    before = tree(root)
    packed, _ = pack(root)
    assert packed.outcome == "up-to-date"
    assert tree(root) == before


def test_a_dry_run_shows_the_difference_and_writes_nothing(root: Path) -> None:
    before = tree(root)
    packed, console = pack(root, dry_run=True)
    assert packed.outcome == "planned"
    assert any("setup.py" in row for row in packed.plan)
    assert "+import sys" in "\n".join(console.said)
    assert tree(root) == before


def test_nothing_to_pack_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NothingFound, match="no dependency file") as caught:
        pack(tmp_path)
    assert "requirements.txt" in caught.value.hint
    assert tree(tmp_path) == {}


def test_included_files_and_both_kinds_travel(root: Path) -> None:
    (root / "requirements.txt").write_text("-r more/base.txt\n-c limits.txt\nsix\n")
    (root / "more").mkdir()
    (root / "more" / "base.txt").write_text("attrs\n")
    (root / "limits.txt").write_text("attrs<99\n")
    (root / "environment.yml").write_text("name: tides\ndependencies: [python, numpy]\n")
    pack(root, file="requirements.txt", yes=True)
    block = setupfile.read((root / "setup.py").read_bytes())
    assert block is not None
    assert set(block.files) == {
        "environment.yml",
        "limits.txt",
        "more/base.txt",
        "requirements.txt",
    }


def test_a_clone_that_lost_its_files_still_knows_them(root: Path) -> None:
    pack(root)
    (root / "requirements.txt").unlink()
    done = subprocess.run(
        [sys.executable, "-I", str(root / "setup.py"), "--dry-run", "--json"],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    said = json.loads(done.stdout)
    assert said["source"] in {"environment.yml", "requirements.txt"}  # as conda is here or not
    pack(root)  # the only copy is written again
    asked = (root / "requirements.txt").read_text(encoding="utf-8")
    assert "numpy>=1.20" in asked
    assert "six" in asked


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbfsix\r\nipykernel\r\n",
        "six # é\nipykernel\n".encode("utf-16"),
        b"# coding: latin-1\nsix # \xe9\r\nipykernel\r\n",
    ],
    ids=["byte order mark", "utf-16", "latin-1"],
)
def test_a_copy_is_compared_as_text_whatever_the_bytes(root: Path, data: bytes) -> None:
    (root / "requirements.txt").write_bytes(data)
    pack(root)
    block = setupfile.read((root / "setup.py").read_bytes())
    assert block is not None
    copies = {name: (setupfile.sha256(text), text) for name, text in block.files.items()}
    assert "six" in copies["requirements.txt"][1]
    assert not find.look(root, LocalShell(), embedded=copies).contradictions
    (root / "requirements.txt").write_text("attrs\n")
    (said,) = find.look(root, LocalShell(), embedded=copies).contradictions
    assert "differs from the copy in setup.py" in str(said)


def test_a_binary_file_is_refused(root: Path) -> None:
    (root / "requirements.txt").write_bytes(b"six\0\n")
    with pytest.raises(InvalidFile):
        pack(root)
    assert not (root / "setup.py").exists()


def test_needs_travel_as_they_are_written(root: Path) -> None:
    (root / "setup.cfg").write_text("[envboot:needs]\nmemory = 16 GB\ncpus = 4 cores\n")
    pack(root)
    block = setupfile.read((root / "setup.py").read_bytes())
    assert block is not None
    assert block.needs == {"memory": "16 GB", "cpus": "4 cores"}
    (root / "setup.cfg").unlink()
    packed, _ = pack(root)
    assert packed.outcome == "up-to-date"


def test_a_container_s_needs_stay_in_its_file(root: Path) -> None:
    (root / ".devcontainer.json").write_text('{"hostRequirements": {"cpus": 4}}')
    pack(root)
    block = setupfile.read((root / "setup.py").read_bytes())
    assert block is not None
    assert block.needs == {}


# ------------------------------------------------------------- kinds of projects


META = "[project]\nname='x'\nversion='1'\ndependencies=['six']\n"
BUILD = "[build-system]\nrequires=['{0}']\nbuild-backend='{1}'\n"


@pytest.mark.parametrize(
    ("name", "text", "tail"),
    [
        ("pyproject.toml", "[tool.ruff]\n", "packages=[]"),
        ("pyproject.toml", "[build-system]\nrequires=['setuptools']\n", "packages=[]"),
        ("pyproject.toml", META, "\nsetup()\n"),
        ("setup.cfg", "[metadata]\nname = x\n", "\nsetup()\n"),
        ("setup.cfg", "[flake8]\nmax-line-length = 100\n", "packages=[]"),
        (
            "pyproject.toml",
            BUILD.format("hatchling", "hatchling.build") + META,
            "by hatchling.build",
        ),
        (
            "pyproject.toml",
            BUILD.format("setuptools", "own") + "backend-path=['.']\n" + META,
            "\nsetup()\n",
        ),
        (
            "pyproject.toml",
            BUILD.format("x", 'evil"); import os #') + META,
            "built by another back end",
        ),
    ],
)
def test_setuptools_finds_what_it_needs(root: Path, name: str, text: str, tail: str) -> None:
    (root / name).write_text(text)
    pack(root)
    written = (root / "setup.py").read_text()
    assert tail in written
    compile(written, "setup.py", "exec")


def test_a_pile_that_becomes_a_project_gets_another_tail(root: Path) -> None:
    pack(root)
    (root / "pyproject.toml").write_text("[project]\nname='x'\nversion='1'\n")
    assert pack(root)[0].outcome == "packed"
    assert "packages=[]" not in (root / "setup.py").read_text()


def test_a_clone_in_a_folder_of_another_name_keeps_the_name(root: Path) -> None:
    pack(root)
    moved = root.rename(root.with_name("other"))
    packed, _ = pack(moved)
    assert packed.outcome == "up-to-date"
    assert b'name="tide-tables"' in (moved / "setup.py").read_bytes()


def test_what_the_owner_adds_below_the_block_stays(root: Path) -> None:
    pack(root)
    path = root / "setup.py"
    edited = path.read_bytes().replace(b'version="0.0.0"', b'version="0.0.0", author="me"')
    path.write_bytes(edited)
    assert pack(root)[0].outcome == "up-to-date"
    (root / "requirements.txt").write_text("numpy\nipykernel\n")
    assert pack(root)[0].outcome == "packed"
    assert b'author="me"' in path.read_bytes()


def test_names_of_folders_become_names_of_distributions() -> None:
    assert project.distribution_name("Café au lait!") == "Cafe-au-lait"
    assert project.distribution_name("日本") == "repository"
    assert project.distribution_name("_x_") == "x"


# ------------------------------------------------------- what someone else wrote


def test_a_hand_written_setup_py_is_asked_for_with_the_difference(root: Path) -> None:
    (root / "setup.py").write_bytes(HAND_WRITTEN)
    with pytest.raises(AnswerNeeded) as caught:
        pack(root)
    assert "--yes" in caught.value.hint
    assert (root / "setup.py").read_bytes() == HAND_WRITTEN
    packed, console = pack(root, "no")
    assert packed.outcome == "declined"
    assert (root / "setup.py").read_bytes() == HAND_WRITTEN
    assert "+import sys" in "\n".join(console.said)
    assert "setup.py" in console.questions[0]
    packed, _ = pack(root, "yes")
    assert packed.outcome == "packed"
    assert setupfile.remove((root / "setup.py").read_bytes()) == HAND_WRITTEN
    assert pack(root)[0].outcome == "up-to-date"


def test_a_file_that_reads_argv_is_warned_of(root: Path) -> None:
    (root / "setup.py").write_bytes(HAND_WRITTEN + b"import sys\nif sys.argv[1:]: pass\n")
    _, console = pack(root, yes=True)
    assert any("setup.py:6" in text and "sys.argv" in text for text in console.warned)


def test_a_broken_setup_py_is_refused_and_nothing_is_written(root: Path) -> None:
    (root / "setup.py").write_text("print 'python 2'\n")
    before = tree(root)
    with pytest.raises(InvalidFile) as caught:
        pack(root, yes=True)
    assert caught.value.origin is not None
    assert caught.value.origin.line == 1
    assert tree(root) == before


def test_a_link_that_leads_out_of_the_repository_is_not_written_through(
    root: Path, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (root / ".envboot").symlink_to(outside, target_is_directory=True)
    with pytest.raises(Exception, match="leads out of"):
        pack(root, yes=True)
    assert list(outside.iterdir()) == []


# ------------------------------------------------------------------------ check


def stale(root: Path) -> dict[str, str]:
    before = tree(root)
    packed, _ = pack(root, check=True)
    assert tree(root) == before
    assert packed.exit_code == (4 if packed.files else 0)
    assert packed.outcome == ("stale" if packed.files else "up-to-date")
    return {row["path"]: row["why"] for row in packed.files}


def test_a_repository_that_was_never_packed_is_stale(root: Path) -> None:
    assert set(stale(root)) == {
        "environment.yml",
        "setup.py",
        ".envboot/envboot.pyz",
        ".envboot/.gitignore",
        ".envboot/.gitattributes",
    }


def test_each_stale_part_is_named(root: Path) -> None:
    pack(root)
    assert stale(root) == {}
    (root / "requirements.txt").write_text("numpy>=1.20\nipykernel\n")
    assert stale(root) == {
        "setup.py": "its copy of environment.yml is stale; its copy of requirements.txt is stale",
        "environment.yml": "`six` is not needed any more",
    }
    (root / "setup.cfg").write_text("[envboot:needs]\ncpus = 4\n")
    why = stale(root)["setup.py"]
    assert "requirements.txt" in why
    assert "needs" in why


def test_line_ends_and_formatting_are_not_stale(root: Path) -> None:
    pack(root)
    for name in ("requirements.txt", "setup.py"):
        path = root / name
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert stale(root) == {}
    path = root / "setup.py"
    path.write_bytes(path.read_bytes().replace(b"    ", b"  "))
    assert stale(root) == {}


def test_an_archive_that_is_not_the_one_named_is_stale(root: Path) -> None:
    pack(root)
    path = root / ".envboot" / "envboot.pyz"
    path.write_bytes(path.read_bytes() + b"\0")
    assert "another archive" in stale(root)["setup.py"]
    path.unlink()
    assert stale(root)[".envboot/envboot.pyz"] == "it is missing"
    path.write_bytes(b"no zip")
    assert "damaged" in stale(root)[".envboot/envboot.pyz"]


def test_an_archive_of_a_newer_envboot_is_kept(root: Path) -> None:
    import io
    import zipfile

    pack(root)
    path = root / ".envboot" / "envboot.pyz"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for name, text in archive.members(path.read_bytes()).items():
            new = text.replace(b'"envboot": "0.1.0"', b'"envboot": "99.0"')
            file.writestr(name.replace(".lzma", ""), new)
    path.write_bytes(out.getvalue())
    _, console = pack(root)
    assert any("newer" in text for text in console.warned)
    assert path.read_bytes() == out.getvalue()


# ------------------------------------------------------------------- the README


@pytest.mark.parametrize(
    "before",
    [
        "",
        "# Tides\n\nOf the North Sea.\n\n## Data\n\nx\n",
        "# Tides\n\n```console\n## no heading\n```\n\n## Data",
        "Tides\n=====\n\nno heading of the other kind",
        "# Tides\r\n\r\n## Data\r\n",
    ],
)
def test_the_section_goes_in_and_out_byte_for_byte(root: Path, before: str) -> None:
    path = root / "README.md"
    path.write_bytes(before.encode())
    pack(root, readme=True, yes=True)
    text = path.read_text()
    assert "python3 setup.py" in text
    if "## Data" in before:
        assert text.index("python3 setup.py") < text.index("## Data")
    assert pack(root, readme=True)[0].outcome == "up-to-date"
    assert pack(root)[0].outcome == "up-to-date"
    pack(root, remove=True)
    assert path.read_bytes() == before.encode()


def test_the_readme_is_touched_only_when_asked(root: Path) -> None:
    (root / "README.md").write_text("# Tides\n")
    pack(root)
    assert (root / "README.md").read_text() == "# Tides\n"
    with pytest.raises(AnswerNeeded):
        pack(root, readme=True)


def test_the_section_names_the_needs(root: Path) -> None:
    (root / "setup.cfg").write_text("[envboot:needs]\nmemory = 16 GB\n")
    pack(root, readme=True, yes=True)
    assert "memory: 16 GB" in (root / "README.md").read_text()


def test_another_kind_of_readme_is_refused(root: Path) -> None:
    (root / "README.rst").write_text("Tides\n")
    with pytest.raises(UsageError, match="Markdown"):
        pack(root, readme=True, yes=True)


# ------------------------------------------------------------------------ remove


@pytest.mark.parametrize(
    "setup",
    [None, HAND_WRITTEN, HAND_WRITTEN.replace(b"\n", b"\r\n"), b'"""x"""', b"x = 1"],
    ids=["none", "hand-written", "crlf", "docstring alone", "no newline"],
)
def test_removing_gives_back_what_was_there(root: Path, setup: bytes | None) -> None:
    if setup is not None:
        (root / "setup.py").write_bytes(setup)
    before = tree(root)
    pack(root, yes=True)
    packed, _ = pack(root, remove=True)
    assert packed.outcome == "removed"
    assert tree(root) == before
    assert not (root / ".envboot").exists()
    assert pack(root, remove=True)[0].outcome == "up-to-date"


def test_removing_leaves_the_environment_s_state_and_keeps_it_out_of_git(root: Path) -> None:
    pack(root)
    (root / ".envboot" / "environment.json").write_text("{}")
    pack(root, remove=True)
    assert {p.name for p in (root / ".envboot").iterdir()} == {".gitignore", "environment.json"}


def test_check_and_remove_do_not_go_together(root: Path) -> None:
    with pytest.raises(UsageError):
        pack(root, check=True, remove=True)


# ------------------------------------------------------------- through the doors


def test_the_command_line_says_it_as_json(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["package-env", "--json", "-q", "-C", str(root)]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["outcome"] == "packed"
    assert {"path": "setup.py", "state": "written", "why": ""} in said["files"]
    (root / "requirements.txt").write_text("x\nipykernel\n")
    assert cli.main(["package-env", "--check", "--json", "-C", str(root)]) == 4
    out, err = capsys.readouterr()
    assert [row["path"] for row in json.loads(out)["files"]] == ["environment.yml", "setup.py"]
    assert "requirements.txt" in err


def test_a_packed_clone_packs_itself_with_the_archive_it_has(root: Path, tmp_path: Path) -> None:
    pack(root)
    pyz = (root / ".envboot" / "envboot.pyz").read_bytes()
    (root / "requirements.txt").write_text("attrs\nipykernel\n")

    def run(*words: str) -> int:
        return subprocess.run(
            [sys.executable, "-I", "-S", str(root / "setup.py"), *words],
            check=False,
            timeout=120,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            cwd=tmp_path,
        ).returncode

    assert run("package_env", "--check") == 4
    assert run("package_env") == 0
    assert run("package-env", "--check") == 0
    assert (root / ".envboot" / "envboot.pyz").read_bytes() == pyz
    assert run("package-env", "--remove") == 0
    assert set(tree(root)) == {"requirements.txt", "tides.ipynb"}


def test_every_flag_of_packing_is_a_field() -> None:
    fields = set(package.Packing.__dataclass_fields__) - {"companions", "climbed"} | {"with"}
    flags = {name.replace("-", "_") for name, _, _ in cli.flags("package-env")}
    assert fields <= flags
