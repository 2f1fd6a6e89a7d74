"""package-env from code to files: what is written, asked, kept, checked, committed, taken back."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from envboot.errors import (
    AnswerNeeded,
    CommandFailed,
    EnvbootError,
    FallsShort,
    Interrupted,
    InvalidFile,
    NothingFound,
    UsageError,
)
from envboot.formats import environment_yml, requirements_txt
from envboot.package import Packing, declaring, package_env, setupfile
from envboot.result import to_json
from envboot.shell.local import LocalShell
from envboot.spec import Origin
from envboot.testing import ScriptedConsole

if TYPE_CHECKING:
    from envboot.package import Packed

HERE = Path(__file__).parent
CODE = """\
import os

import numpy
import yaml

import mine

try:
    import uvloop
except ImportError:
    uvloop = None
print(os.environ["DATA_DIR"], os.environ.get("LEVEL", "1"))
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a repository with code and a test, and nothing declared."""
    root = tmp_path / "tides"
    (root / "tests").mkdir(parents=True)
    (root / "main.py").write_text(CODE)
    (root / "mine.py").write_text("import json\n")
    (root / "tests" / "test_main.py").write_text("import hypothesis\n")
    return root


def pack(
    root: Path, *answers: str, environ: dict[str, str] | None = None, **flags: object
) -> tuple[Packed, ScriptedConsole]:
    console = ScriptedConsole(*answers)
    request = Packing(root=root, **flags)  # type: ignore[arg-type]
    shell = LocalShell({"PATH": os.environ["PATH"], **(environ or {})})
    return package_env(request, shell, console), console


def tree(root: Path) -> dict[str, bytes]:
    return {
        p.relative_to(root).as_posix(): p.read_bytes()
        for p in root.rglob("*")
        if p.is_file() and ".git" not in p.relative_to(root).parts
    }


def names(root: Path, path: str = "requirements.txt") -> list[str]:
    reader = environment_yml if path.endswith(".yml") else requirements_txt
    return [d.name for d in reader.parse((root / path).read_text(), Origin(path)).dependencies]


def stale(root: Path) -> dict[str, str]:
    before = tree(root)
    packed, _ = pack(root, check=True)
    assert tree(root) == before
    assert packed.exit_code == (4 if packed.files else 0)
    return {row["path"]: row["why"] for row in packed.files}


# --------------------------------------------------------------------------- what is written


def test_code_alone_becomes_files_with_their_evidence(root: Path) -> None:
    packed, _ = pack(root)
    assert packed.outcome == "packed"
    lines = (root / "requirements.txt").read_text().splitlines()
    assert lines == [
        declaring.HEAD,
        "numpy  # envboot: main.py",
        "pyyaml  # envboot: yaml in main.py",
    ]
    conda = (root / "environment.yml").read_text().splitlines()
    assert conda[:3] == [declaring.HEAD, environment_yml.TWIN, "name: tides"]
    assert names(root, "environment.yml") == ["numpy", "pyyaml"]
    assert names(root, "requirements-dev.txt") == names(root, "environment-dev.yml")
    assert "-r requirements.txt" in (root / "requirements-dev.txt").read_text()
    assert names(root, "requirements-dev.txt") == ["hypothesis"]
    block = setupfile.read((root / "setup.py").read_bytes())
    assert block is not None
    for path in ("environment.yml", "requirements.txt"):
        assert block.files[path] == (root / path).read_text()
    assert packed.source == "environment.yml"


def test_the_result_tells_all_of_it_and_no_value(root: Path) -> None:
    (root / "main.py").write_text(CODE + "import clip\n")
    packed, console = pack(root, environ={"DATA_DIR": "/secret/place"})
    said = json.loads(to_json(packed))
    assert {r["name"]: r["verdict"] for r in said["rows"]} == {
        "clip": "unknown",
        "hypothesis": "undeclared",
        "numpy": "undeclared",
        "pyyaml": "undeclared",
        "uvloop": "optional",
    }
    assert [(v["name"], v["required"]) for v in said["variables"]] == [
        ("DATA_DIR", True),
        ("LEVEL", False),
    ]
    assert said["unknown"] == [{"module": "clip", "origin": "main.py:13", "namesake": True}]
    assert any("uvloop" in text for text in said["suggestions"])
    assert "/secret/place" not in json.dumps(said)
    assert any("another project has that name" in text for text in console.warned)


def test_nothing_to_pack_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("import json\n")
    with pytest.raises(NothingFound, match="no code there that imports") as caught:
        pack(tmp_path)
    assert "requirements.txt" in caught.value.hint
    assert set(tree(tmp_path)) == {"a.py"}


def test_one_kind_alone_and_back(root: Path) -> None:
    pack(root, pip_only=True)
    assert not (root / "environment.yml").exists()
    assert not (root / "environment-dev.yml").exists()
    pack(root)
    assert (root / "environment.yml").exists()
    pack(root, conda_only=True)
    assert not (root / "requirements.txt").exists(), "envboot made it, and it is not wanted"
    assert environment_yml.TWIN not in (root / "environment.yml").read_text()
    pack(root, pip_only=True)
    assert set(tree(root)) & {"environment.yml", "requirements.txt"} == {"requirements.txt"}


def test_the_kind_that_is_not_wanted_stays_when_a_person_wrote_it(root: Path) -> None:
    (root / "environment.yml").write_text("dependencies: [numpy, pyyaml]\n")
    before = (root / "environment.yml").read_bytes()
    pack(root, pip_only=True)
    assert (root / "environment.yml").read_bytes() == before


def test_what_another_file_declares_is_not_declared_again(root: Path) -> None:
    text = "[project]\nname='tides'\nversion='1'\ndependencies=['numpy', 'pyyaml']\n"
    text += "[build-system]\nrequires=['setuptools']\nbuild-backend='setuptools.build_meta'\n"
    (root / "pyproject.toml").write_text(text)
    (root / "tests" / "test_main.py").unlink()
    packed, _ = pack(root)
    assert packed.source == "pyproject.toml"
    assert not (root / "requirements.txt").exists()
    assert stale(root) == {}
    (root / "main.py").write_text(CODE + "import scipy\n")
    assert "environment.yml" in stale(root)
    pack(root)
    assert "-e ." in (root / "requirements.txt").read_text(), "it brings what it declares"
    assert names(root) == ["scipy", ""]
    assert "-e ." in (root / "environment.yml").read_text()
    assert pack(root)[0].outcome == "up-to-date"


# ------------------------------------------------------------------------ twice, by hand, by line


@pytest.mark.parametrize(
    "name",
    [
        "conda-and-pip",
        "constraints",
        "dot-binder",
        "editable",
        "environment-yaml",
        "group-file",
        "hashes",
        "latin-1",
        "needs-setup-cfg",
        "notebooks",
        "poetry",
        "project-passed-over",
        "script",
        "utf-16",
    ],
)
def test_twice_changes_nothing_and_removing_gives_all_back(tmp_path: Path, name: str) -> None:
    root = tmp_path / name
    shutil.copytree(HERE / "repos" / name, root)
    before = tree(root)
    assert pack(root, yes=True)[0].outcome == "packed"
    after = tree(root)
    assert pack(root)[0].outcome == "up-to-date", "a question is not asked twice"
    assert stale(root) == {}
    assert tree(root) == after
    assert pack(root, remove=True)[0].outcome == "removed"
    assert tree(root) == before


def test_lines_and_comments_of_a_person_stay(root: Path) -> None:
    pack(root)
    for path, line in (
        ("requirements.txt", "attrs<99  # ours"),
        ("environment.yml", "  - attrs<99"),
    ):
        file = root / path
        file.write_text("# for the sea\n\n" + file.read_text() + line + "\n")
    (root / "main.py").write_text(CODE.replace("import yaml\n", "import scipy\n"))
    assert pack(root)[0].outcome == "packed"
    text = (root / "requirements.txt").read_text()
    assert text.splitlines()[0] == declaring.HEAD
    assert "# for the sea" in text
    assert "attrs<99  # ours" in text
    assert set(names(root)) == {"numpy", "attrs", "scipy"}
    assert "attrs" in names(root, "environment.yml")
    assert pack(root)[0].outcome == "up-to-date"
    pack(root, remove=True)
    assert "attrs<99  # ours" in (root / "requirements.txt").read_text()
    assert "numpy" not in (root / "requirements.txt").read_text()


def test_a_changed_version_is_a_person_s(root: Path) -> None:
    pack(root)
    file = root / "requirements.txt"
    file.write_text(file.read_text().replace("numpy  #", "numpy<2  #"))
    pack(root)
    assert "numpy<2" in file.read_text()


@pytest.mark.parametrize("data", [b"\xef\xbb\xbfnumpy\r\npyyaml\r\n", b"numpy\r\npyyaml"])
def test_line_ends_and_marks_of_a_file_stay(root: Path, data: bytes) -> None:
    (root / "requirements.txt").write_bytes(data)
    pack(root)
    assert (root / "requirements.txt").read_bytes() == data, "nothing had to change"
    (root / "main.py").write_text(CODE + "import scipy\n")
    pack(root, yes=True)
    after = (root / "requirements.txt").read_bytes()
    assert after.startswith(data)
    assert after.count(b"\n") == after.count(b"\r\n")
    pack(root, remove=True)
    assert (root / "requirements.txt").read_bytes().strip() == data.strip()


# ---------------------------------------------------------------------------- a person's files


def test_a_person_s_file_is_changed_with_a_yes_and_kept(root: Path) -> None:
    (root / "requirements.txt").write_text("numpy>=1.20\n")
    before = tree(root)
    with pytest.raises(AnswerNeeded) as caught:
        pack(root)
    assert "--yes" in caught.value.hint
    assert tree(root) == before
    packed, console = pack(root, "no")
    assert packed.outcome == "declined"
    assert tree(root) == before
    assert "+pyyaml  # envboot: yaml in main.py" in "\n".join(console.said)
    packed, console = pack(root, "yes")
    assert packed.outcome == "packed"
    assert (root / ".envboot/backup/requirements.txt").read_text() == "numpy>=1.20\n"
    assert any("kept as .envboot/backup/requirements.txt" in text for text in console.said)
    (root / "requirements.txt").write_text("numpy>=1.21\n")
    pack(root, yes=True)
    assert (root / ".envboot/backup/requirements.txt").read_text() == "numpy>=1.20\n"
    assert (root / ".envboot/backup/requirements.txt.2").read_text() == "numpy>=1.21\n"


def test_an_edit_of_what_envboot_wrote_is_a_person_s_too(root: Path) -> None:
    pack(root)
    file = root / "test_env.py"
    file.write_text(file.read_text() + "\n\ndef test_more():\n    pass\n")
    (root / "main.py").write_text(CODE + "import scipy\n")
    with pytest.raises(AnswerNeeded, match=r"test_env\.py"):
        pack(root)
    file.write_text("def test_mine():\n    pass\n")
    assert pack(root)[0].outcome == "packed"
    assert file.read_text() == "def test_mine():\n    pass\n", "it is not envboot's"


@pytest.mark.parametrize(
    ("path", "text", "line"),
    [
        ("environment.yml", "dependencies:\n- numpy: 1\n", 2),
        ("requirements.txt", "numpy\n--nonsense\n", 2),
        ("requirements-dev.txt", "x y z\n", 1),
        ("pyproject.toml", "[project\n", 1),
        ("setup.cfg", "[envboot:package]\npin = x\n", 2),
    ],
)
def test_a_broken_file_is_named_and_nothing_is_written(
    root: Path, path: str, text: str, line: int
) -> None:
    (root / path).write_text(text)
    before = tree(root)
    with pytest.raises(InvalidFile) as caught:
        pack(root, yes=True)
    assert caught.value.origin is not None
    assert (caught.value.origin.path, caught.value.origin.line) == (path, line)
    assert tree(root) == before


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("requirements.txt", "six\n"),
        ("environment.yml", "dependencies:\n- six\n"),
        ("setup.py", "x = 1\n"),
        ("setup.cfg", "[envboot:package]\nprovides =\n"),
    ],
)
def test_nothing_is_written_through_a_link_that_leads_out(
    root: Path, tmp_path: Path, name: str, text: str
) -> None:
    outside = tmp_path / "outside"
    outside.write_text(text)
    (root / name).symlink_to(outside)
    (root / "main.py").write_text(CODE + "import clip\n")
    before = tree(root)
    with pytest.raises(EnvbootError, match="leads out of"):
        pack(root, "openai-clip", "yes")
    assert outside.read_text() == text
    assert tree(root) == before


def test_a_lock_that_cannot_be_made_leaves_everything_as_it_was(root: Path) -> None:
    """Without a network there is no py-rattler, or nothing for it to solve with."""
    before = tree(root)
    with pytest.raises((FallsShort, CommandFailed)):
        pack(root, lock=True, conda_only=True, offline=True)
    assert tree(root) == before


# ------------------------------------------------------------------------------ unknown modules


def test_a_person_knows_what_nobody_else_does(root: Path) -> None:
    (root / "main.py").write_text(CODE + "import clip\nimport strangely\n")
    packed, console = pack(root, "not a name!", "openai-clip", "")
    assert packed.outcome == "packed"
    assert [u["module"] for u in packed.unknown] == ["strangely"]
    assert "`clip` (main.py:13)" in console.questions[0]
    assert any("no name of a distribution" in text for text in console.said)
    assert "openai-clip" in names(root)
    assert "clip = openai-clip" in (root / "setup.cfg").read_text()
    assert stale(root) == {}, "CI knows the answer too"
    assert pack(root)[0].outcome == "up-to-date"


def test_a_flag_answers_and_says_how_to_settle_it(root: Path) -> None:
    (root / "main.py").write_text(CODE + "import clip\n")
    _, console = pack(root, provides=("clip=openai-clip",))
    assert "openai-clip" in names(root)
    assert any("`--provides`" in text and "[tool.envboot.package]" in text for text in console.said)


# ------------------------------------------------------------------------------------- variables


def test_a_variable_is_carried_with_its_value(root: Path) -> None:
    pack(root, variable=("DATA_DIR",), environ={"DATA_DIR": "/data: a"})
    text = (root / "environment.yml").read_text()
    spec = environment_yml.parse(text, Origin("environment.yml"))
    assert spec.variables == (("DATA_DIR", "/data: a"),)
    assert stale(root) == {}
    assert pack(root)[0].outcome == "up-to-date", "a value that is there stays"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("API_TOKEN", "plain"),
        ("DATA", "ghp_16C7e42F292c6912E7710c838347Ae178B4a"),
        ("DATA", "two\nlines"),
        ("DATA", None),
    ],
)
def test_what_must_not_be_carried_is_refused_and_not_shown(
    root: Path, name: str, value: str | None
) -> None:
    before = tree(root)
    with pytest.raises(UsageError) as caught:
        pack(root, variable=(name,), environ={name: value} if value else {})
    assert name in str(caught.value)
    assert value is None or value not in f"{caught.value} {caught.value.hint}"
    assert tree(root) == before


# ----------------------------------------------------------------------------------------- check


def test_each_way_to_be_stale_is_named(root: Path) -> None:
    pack(root)
    assert stale(root) == {}
    (root / "main.py").write_text("\n\n" + CODE)
    assert stale(root) == {}, "an import that moved is no reason"
    (root / "main.py").write_text(CODE + "import scipy\n")
    assert stale(root)["requirements.txt"] == "`scipy` is missing (main.py:13)"
    (root / "main.py").write_text(CODE.replace("import yaml\n", ""))
    assert stale(root)["requirements.txt"] == "`pyyaml` is not needed any more"
    (root / "main.py").write_text(CODE)
    (root / "test_env.py").unlink()
    assert stale(root) == {"test_env.py": "it is missing"}


def test_the_hook_for_pre_commit_runs_the_check() -> None:
    import yaml

    hooks = yaml.safe_load((HERE.parent / ".pre-commit-hooks.yaml").read_text())
    (hook,) = (one for one in hooks if "notebook" not in one["id"])
    assert {"id", "name", "entry", "language"} <= hook.keys()
    assert hook["id"] == "envboot-check"
    assert hook["language"] == "python"
    assert hook["pass_filenames"] is False
    assert hook["always_run"] is True
    words = hook["entry"].split()
    assert words == ["envboot", "package-env", "--check"]


# ---------------------------------------------------------------------------------- interruption


class Leaves(ScriptedConsole):
    """A person who presses Ctrl-C at one of the questions."""

    def __init__(self, *answers: str, at: int) -> None:
        super().__init__(*answers)
        self.left = at

    def interactive(self) -> bool:
        return True

    def _count(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise Interrupted("interrupted at a question; nothing was changed by it")

    def choose(self, *args: object, **more: object) -> str:
        self._count()
        return super().choose(*args, **more)  # type: ignore[arg-type]

    def ask(self, *args: object, **more: object) -> str:
        self._count()
        return super().ask(*args, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("at", [0, 1, 2])
def test_ctrl_c_at_each_question_leaves_all_as_it_was(root: Path, at: int) -> None:
    (root / "main.py").write_text(CODE + "import clip\nimport strangely\n")
    (root / "requirements.txt").write_text("numpy\n")
    before = tree(root)
    console = Leaves("openai-clip", "", "yes", at=at)
    with pytest.raises(Interrupted):
        package_env(Packing(root=root), LocalShell({"PATH": ""}), console)
    assert tree(root) == before
    assert len(console.questions) == at


class Stops(LocalShell):
    """A computer that is switched off before one of the writes."""

    left = 0

    def write(self, *args: object, **more: object) -> None:  # type: ignore[override]
        self.left -= 1
        if self.left < 0:
            raise KeyboardInterrupt
        super().write(*args, **more)  # type: ignore[arg-type]


def test_the_next_run_ends_what_was_interrupted_at_any_write(root: Path) -> None:
    (root / "requirements.txt").write_text("numpy\n")
    whole = root.parent / "whole" / "tides"
    shutil.copytree(root, whole)
    pack(whole, yes=True)
    for number in range(12):
        shell = Stops({"PATH": os.environ["PATH"]})
        shell.left = number
        try:
            package_env(Packing(root=root, yes=True), shell, ScriptedConsole())
        except KeyboardInterrupt:
            assert not list(root.rglob("*.part*"))
            continue
        break
    assert tree(root) == tree(whole)
    assert (root / ".envboot/backup/requirements.txt").read_text() == "numpy\n"


# ------------------------------------------------------------------------------------------- git


@pytest.fixture
def git(root: Path, tmp_path: Path):
    """Return a function that runs git in the repository, which has one commit."""
    (tmp_path / "home").mkdir()
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path / "home"),
        "GIT_CONFIG_NOSYSTEM": "1",
    }

    def run(*words: str) -> str:
        done = subprocess.run(
            ["git", "-C", str(root), *words],
            env=environ,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    run("init", "-q", "-b", "main")
    run("config", "user.name", "Ann")
    run("config", "user.email", "ann@example.org")
    run("add", "-A")
    run("commit", "-q", "-m", "as it was")
    run.environ = environ  # type: ignore[attr-defined]
    return run


def test_exactly_the_written_files_are_committed(root: Path, git) -> None:
    (root / "mine.py").write_text("import json, sys\n")
    (root / "stray").write_text("x")
    packed, console = pack(root, commit=True, message="Pack it", environ=git.environ)
    assert packed.outcome == "packed"
    assert git("log", "--format=%s").split("\n")[0] == "Pack it"
    written = {row["path"] for row in packed.files}
    assert set(git("show", "--name-only", "--format=", "HEAD").split()) == written
    assert git("status", "--short").split() == ["M", "mine.py", "??", "stray"]
    assert any("committed as" in text for text in console.said)
    head = git("rev-parse", "HEAD")
    _, console = pack(root, commit=True, environ=git.environ)
    assert git("rev-parse", "HEAD") == head
    assert "nothing to commit" in console.said


def test_a_commit_that_cannot_be_is_refused_before_anything_is_written(root: Path, git) -> None:
    (root / "stray").write_text("x")
    git("add", "stray")
    before = tree(root)
    with pytest.raises(EnvbootError, match="stray"):
        pack(root, commit=True, environ=git.environ)
    assert tree(root) == before
    git("reset", "-q")
    git("checkout", "-q", "--detach")
    with pytest.raises(EnvbootError, match="detached"):
        pack(root, commit=True, environ=git.environ)
    assert tree(root) == before


def test_a_commit_and_a_push(root: Path, tmp_path: Path, git) -> None:
    bare = tmp_path / "bare.git"
    subprocess.run(["git", "init", "-q", "--bare", str(bare)], env=git.environ, check=True)
    git("remote", "add", "origin", str(bare))
    pack(root, commit=True, push=True, environ=git.environ)
    pushed = subprocess.run(
        ["git", "-C", str(bare), "ls-tree", "-r", "--name-only", "main"],
        env=git.environ,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert {"setup.py", ".envboot/envboot.pyz", "environment.yml"} <= set(pushed)


def test_what_is_committed_needs_no_backup(root: Path, git) -> None:
    (root / "requirements.txt").write_text("numpy\n")
    git("add", "-A")
    git("commit", "-q", "-m", "more")
    _, console = pack(root, yes=True, environ=git.environ)
    assert any("its old text is in the last commit" in text for text in console.said)
    assert not (root / ".envboot" / "backup").exists()
    (root / "requirements.txt").write_text("numpy<3\n")
    pack(root, yes=True, environ=git.environ)
    assert (root / ".envboot/backup/requirements.txt").read_text() == "numpy<3\n"
    assert "backup" not in git("status", "--short", "--untracked-files=all")


# ------------------------------------------------------------------------------------ test_env.py


def test_the_test_runs_by_itself_and_under_pytest(root: Path, tmp_path: Path) -> None:
    (root / "main.py").write_text("import yaml\nimport pytest\nimport numpy_of_nobody\n")
    (root / "requirements.txt").write_text("pyyaml>=5\npytest\nnumpy>=1\n")
    (root / "platform.py").write_text("raise SystemExit('shadowed')\n")
    pack(root, yes=True)
    text = (root / "test_env.py").read_text()
    done = subprocess.run(
        [sys.executable, str(root / "test_env.py")],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        timeout=180,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert [row.split()[0] for row in done.stdout.splitlines()] == ["module", "pytest", "yaml"]
    (root / "test_env.py").write_text(text.replace("pyyaml>=5", "pyyaml>=999"))
    wrong = subprocess.run(
        [sys.executable, str(root / "test_env.py")],
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
    assert wrong.returncode == 1
    assert "another version is asked for" in wrong.stdout
    (root / "platform.py").unlink()
    under = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_env.py"],
        capture_output=True,
        text=True,
        check=False,
        cwd=root,
        timeout=180,
    )
    assert under.returncode == 1
    assert "yaml (pyyaml>=999, installed:" in under.stdout


@pytest.mark.parametrize(
    ("version", "clause", "fits"),
    [
        ("1.26.4", "~=1.26", True),
        ("2.0", "~=1.26", False),
        ("1.26.4", "~=1.26.2", True),
        ("1.27.0", "~=1.26.2", False),
        ("1.0", "==1", True),
        ("1.0.1", "==1.0.*", True),
        ("1.1", "!=1.0.*", True),
        ("2.0.dev1", ">=2", True),
        ("2.1+cu124", "<=2.1", True),
        ("3.0", "<3", False),
        ("1", ">1", False),
        ("1!2.0", ">=9", False),
        ("1.0", "===weird", True),
    ],
)
def test_versions_are_compared_without_any_package(version: str, clause: str, fits: bool) -> None:
    text = (HERE.parent / "templates" / "test_env.py").read_text()
    names_: dict[str, object] = {"__name__": "x"}
    exec(compile(text, "test_env.py", "exec"), names_)  # noqa: S102 - ours
    assert names_["_fits"](version, clause) is fits  # type: ignore[operator]


# ------------------------------------------------------------------------ what is said


def test_the_table_says_that_it_is_of_the_files_so_far(root: Path) -> None:
    _, console = pack(root)
    at = console.said.index("what the files say so far:")
    assert console.said[at + 1].startswith("distribution")


def test_variables_without_a_default_are_said_once_and_never_their_values(root: Path) -> None:
    _, console = pack(root, environ={"DATA_DIR": "/somewhere/of/hers"})
    said = [row for row in console.said if "has no default" in row]
    assert said == ["  the code reads DATA_DIR (main.py:12) and has no default for it"]
    _, console = pack(root, variable=("DATA_DIR",), environ={"DATA_DIR": "/data"}, yes=True)
    assert not [row for row in console.said if "has no default" in row], "a file gives it now"


def test_a_root_that_was_climbed_to_is_named(root: Path) -> None:
    _, console = pack(root, climbed=True)
    assert f"packing {root}, the root of this repository (`-C .` packs this folder)" in console.said
    _, console = pack(root)
    assert not any(row.startswith("packing ") for row in console.said)


def test_a_python_alone_is_nothing_to_pack(tmp_path: Path) -> None:
    """A live environment changes nothing about code that imports no package."""
    place = tmp_path / "plain"
    place.mkdir()
    (place / "main.py").write_text("import json\n")
    live = tmp_path / "live"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(live)], check=True)
    with pytest.raises(NothingFound, match="no code there that imports a package"):
        pack(place, prefix=live)
    assert tree(place) == {"main.py": b"import json\n"}


def test_what_is_gone_is_staged_where_git_knew_it(root: Path) -> None:
    def git(*words: str) -> str:
        who = ("-c", "user.name=Ada", "-c", "user.email=ada@localhost")
        argv = ["git", *who, "-C", str(root), *words]
        return subprocess.run(argv, check=True, capture_output=True, text=True).stdout

    git("init", "--quiet")
    pack(root)
    git("add", "--all")
    git("commit", "--quiet", "--message", "Packed")
    _, console = pack(root, pip_only=True)
    (line,) = [row for row in console.said if row.startswith("now commit it: ")]
    assert "environment.yml" in line
    git(*line.split("`")[1].split()[1:])
    assert not git("diff", "--name-only"), "all of it is staged"


def test_the_development_file_says_how_it_is_used(root: Path) -> None:
    pack(root)
    lines = (root / "environment-dev.yml").read_text().splitlines()
    assert lines[0] == declaring.HEAD
    assert lines[1].endswith("`conda env update -f environment-dev.yml`")
    before = tree(root)
    pack(root)
    assert tree(root) == before


def test_conda_s_base_is_passed_over_and_said(root: Path, tmp_path: Path) -> None:
    base = tmp_path / "conda"
    (base / "conda-meta").mkdir(parents=True)
    (base / "conda-meta" / "history").write_text("")
    (base / "condabin").mkdir()
    environ = {"CONDA_PREFIX": str(base), "CONDA_DEFAULT_ENV": "base"}
    _, console = pack(root, environ=environ)
    assert any("base" in row for row in console.said), console.said
