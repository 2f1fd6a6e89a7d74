"""``envboot create``: names, the layout, and repositories made by the real git."""

from __future__ import annotations

import argparse
import keyword
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from envboot import create, needs
from envboot.create import building, github, layout, naming
from envboot.create.github import Wish
from envboot.errors import CommandFailed, FallsShort, UsageError
from envboot.formats import environment_yml, pyproject_toml, requirements_txt
from envboot.infer import stdlib
from envboot.package import onboarding
from envboot.shell import Answer
from envboot.shell.local import LocalShell
from envboot.spec import Origin
from envboot.survey import Request
from envboot.testing import ScriptedConsole, ScriptedShell

CONFIG = "[user]\nname = Ada\nemail = ada@localhost\n"


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    place = tmp_path / "her desk"
    place.mkdir()
    return place


@pytest.fixture
def shell(environ: dict[str, str], tmp_path: Path) -> LocalShell:
    """A computer with git and without gh, and a person whom git knows."""
    (Path(environ["HOME"]) / ".gitconfig").write_text(CONFIG, encoding="utf-8")
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("git", "sh", "cat", "sleep"):
        found = shutil.which(name)
        assert found, name
        (programs / name).symlink_to(found)
    return LocalShell({**environ, "PATH": str(programs)})


def typed(name: str, desk: Path, **flags: object) -> argparse.Namespace:
    usual = {
        "directory": name,
        "root": desk,
        "ml": False,
        "public": False,
        "private": False,
        "organisation": None,
        "no_github": False,
        "dry_run": False,
        "yes": False,
    }
    return argparse.Namespace(**{**usual, **flags})


def make(
    name: str,
    desk: Path,
    shell: LocalShell,
    console: ScriptedConsole | None = None,
    **flags: object,
) -> create.Created:
    made = create.create(
        typed(name, desk, **flags), Request(desk), shell, console or ScriptedConsole()
    )
    assert isinstance(made, create.Created)
    return made


def git(place: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=place, capture_output=True, text=True, check=True)
    return done.stdout.strip()


# -------------------------------------------------------------------------------- names


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("", "create NAME"),
        (" ", "create NAME"),
        ("-x", "`x` would do"),
        ("with blanks", "`with-blanks` would do"),
        ("données", "`donnees` would do"),
        ("a" * 101, "up to 100"),
        ("ends.", "`ends` would do"),
        ("aux", "letters"),
        ("NUL.txt", "letters"),
        ("thing.git", "letters"),
        ("new\nline", "`new-line` would do"),
        ("zero\0", "letters"),
        ("~nobody-has-this-name/x", ""),
        ("no/such/folder", "make it first"),
        ("/", "create NAME"),
    ],
)
def test_what_it_cannot_be_called(desk: Path, shell: LocalShell, name: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        naming.place(name, desk, shell)
    assert hint in caught.value.hint
    assert str(caught.value).isprintable()
    assert list(desk.iterdir()) == []


def test_where_it_can_be(desk: Path, shell: LocalShell) -> None:
    assert naming.place("my-net", desk, shell) == desk / "my-net"
    assert naming.place("./my.net_2/", desk, shell) == desk / "my.net_2"
    assert naming.place(str(desk / "x"), Path("/"), shell) == desk / "x"
    assert naming.place("~/x", desk, LocalShell({**shell.environ})).name == "x"


def test_a_place_that_is_taken(desk: Path, shell: LocalShell) -> None:
    (desk / "folder").mkdir()
    (desk / "file").write_text("")
    (desk / "link").symlink_to(desk / "nowhere")
    for name in ("folder", "file", "link", "folder/..", "."):
        with pytest.raises(UsageError):
            naming.place(name, desk, shell)
    closed = ScriptedShell(disk=True, read_only=[desk.as_posix()])
    with pytest.raises(UsageError, match="may not write"):
        naming.place("new", desk, closed)


@given(st.text(max_size=30))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_text_is_a_place_or_a_usage_error(tmp_path: Path, text: str) -> None:
    try:
        found = naming.place(text, tmp_path, ScriptedShell(disk=True))
    except UsageError:
        return
    assert found.is_absolute()
    assert naming.why_not(found.name) == ""


@given(st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,20}[A-Za-z0-9])?", fullmatch=True))
def test_every_name_has_a_package(name: str) -> None:
    module = naming.module(name)
    assert module.isidentifier()
    assert module.isascii()
    assert not keyword.iskeyword(module)
    assert not stdlib.is_stdlib(module)


@pytest.mark.parametrize(
    ("name", "module"),
    [
        ("My-Net.2", "my_net_2"),
        ("2048-ai", "project_2048_ai"),
        ("json", "json_project"),
        ("torch", "torch_project"),
        ("class", "class_project"),
        ("src", "src_project"),
    ],
)
def test_packages_hide_no_others(name: str, module: str) -> None:
    assert naming.module(name) == module


def test_organisations() -> None:
    assert naming.organisation("Analytical-Engines") == "Analytical-Engines"
    for text in ("", "-x", "x-", "a--b", "a/b", "a b", "x" * 40, "--public"):
        with pytest.raises(UsageError):
            naming.organisation(text)


# ------------------------------------------------------------------------------- layout


def test_the_layout_is_read_by_envboot_itself() -> None:
    texts = layout.files("My-Net", ml=True)
    assert not [path for path, text in texts.items() if "@" in text]
    conda = environment_yml.parse(texts["environment.yml"], Origin("environment.yml"))
    pip = requirements_txt.parse(texts["requirements.txt"], Origin("requirements.txt"))
    assert (conda.name, conda.twin) == ("My-Net", "requirements.txt")
    assert conda.python == f"=={sys.version_info[0]}.{sys.version_info[1]}.*"
    assert "conda-forge" in [str(c) for c in conda.channels]
    wanted = {d.text for d in conda.dependencies if d.name not in {"python", "pip"}}
    assert wanted == {d.text for d in pip.dependencies} == {"ipykernel", "-e ."}
    project = pyproject_toml.parse(texts["pyproject.toml"], Origin("pyproject.toml"))
    assert project.needs == ()
    shown = texts["pyproject.toml"].replace("# ", "")  # what it shows is what can be declared
    section = shown[shown.index("[tool.envboot.needs]") :]
    assert pyproject_toml.parse(section, Origin("pyproject.toml")).needs
    assert "src/my_net/__init__.py" in texts
    readme = texts["README.md"].encode()
    assert onboarding.insert(readme, onboarding.render(), "README.md") == readme


def test_a_plain_repository(desk: Path, shell: LocalShell) -> None:
    console = ScriptedConsole()
    made = make("plain", desk, shell, console)
    assert (made.outcome, made.exit_code, made.path) == ("created", 0, str(desk / "plain"))
    assert set(made.files) == {"README.md", ".gitignore"}
    assert f"New repository created: {desk}/plain, done" in console.said
    assert git(desk / "plain", "branch", "--show-current") == "main"
    assert git(desk / "plain", "log", "--format=%an %s") == "Ada Begin a repository"
    assert git(desk / "plain", "status", "--porcelain") == ""
    assert [p.name for p in desk.iterdir()] == ["plain"]


def test_the_branch_is_called_as_the_person_calls_it(desk: Path, shell: LocalShell) -> None:
    config = Path(shell.environ["HOME"]) / ".gitconfig"
    config.write_text(CONFIG + "[init]\ndefaultBranch = trunk\n", encoding="utf-8")
    make("plain", desk, shell)
    assert git(desk / "plain", "branch", "--show-current") == "trunk"


def test_a_repository_for_machine_learning(desk: Path, shell: LocalShell) -> None:
    """All that the person's own settings ignore is in it nevertheless; data is not."""
    home = Path(shell.environ["HOME"])
    (home / "ignored").write_text("*\n")
    config = CONFIG + f"[core]\nexcludesFile = {home}/ignored\n"
    (home / ".gitconfig").write_text(config, encoding="utf-8")
    console = ScriptedConsole()
    made = make("my-net", desk, shell, console, ml=True)
    root = desk / "my-net"
    assert set(git(root, "ls-files").splitlines()) == set(made.files)
    assert {"setup.py", ".envboot/envboot.pyz", "src/my_net/__init__.py"} <= set(made.files)
    for path in ("data/raw.csv", "models/best.pt", ".env"):
        (root / path).parent.mkdir(exist_ok=True)
        (root / path).write_text("x")
    assert git(root, "status", "--porcelain") == ""
    assert f"New ML repository created: {root}, done" in console.said
    assert str(desk / ".my-net") not in "\n".join([*console.said, *console.lines])
    assert any("100%" in line for line in console.lines)


# ------------------------------------------------------------- nothing half made, nothing lost


def hooks(shell: LocalShell, script: str) -> None:
    """Let git put that hook into every new repository."""
    home = Path(shell.environ["HOME"])
    place = home / "template" / "hooks"
    place.mkdir(parents=True)
    (place / "pre-commit").write_text(f"#!/bin/sh\n{script}\n")
    (place / "pre-commit").chmod(0o755)
    config = f"{CONFIG}[init]\ntemplateDir = {home}/template\n"
    (home / ".gitconfig").write_text(config, encoding="utf-8")


def test_a_hook_that_declines(desk: Path, shell: LocalShell) -> None:
    hooks(shell, "echo 'not today' >&2; exit 1")
    with pytest.raises(CommandFailed) as caught:
        make("plain", desk, shell)
    assert "not today" in caught.value.tail
    assert caught.value.hint
    assert list(desk.iterdir()) == []


@pytest.mark.parametrize("part", ["25%", "75%", "100%"])
def test_ctrl_c(desk: Path, shell: LocalShell, part: str) -> None:
    class Impatient(ScriptedConsole):
        def line(self, text: str) -> None:
            if part in text:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make("plain", desk, shell, Impatient())
    assert list(desk.iterdir()) == []


def test_what_a_killed_run_left_is_taken_away(desk: Path, shell: LocalShell) -> None:
    left = desk / ".plain.envboot-new" / ".git"
    left.mkdir(parents=True)
    (left / "index.lock").write_text("")
    (desk / ".plain.envboot-lock").write_text("")
    make("plain", desk, shell)
    assert [p.name for p in desk.iterdir()] == ["plain"]


def test_a_file_that_cannot_be_written(desk: Path, shell: LocalShell) -> None:
    texts = {"first.txt": "1\n", "second.txt": "2\n", "second.txt/deeper": "3\n"}
    with pytest.raises(CommandFailed):
        building.build(desk / "x", texts, "begin", shell, ScriptedConsole(), ml=False)
    assert list(desk.iterdir()) == []


def test_somebody_whom_git_does_not_know(desk: Path, shell: LocalShell) -> None:
    config = Path(shell.environ["HOME"]) / ".gitconfig"
    config.write_text("[user]\nuseConfigOnly = true\n", encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        make("plain", desk, shell)
    assert "user.email" in caught.value.hint
    assert list(desk.iterdir()) == []


def test_without_git(desk: Path) -> None:
    with pytest.raises(FallsShort, match="git is not installed"):
        make("plain", desk, LocalShell({"HOME": str(desk), "PATH": str(desk)}))


def test_inside_another_repository(desk: Path, shell: LocalShell) -> None:
    git(desk, "init", "--quiet")
    console = ScriptedConsole()
    make("plain", desk, shell, console)
    assert f"is inside another repository, {desk}" in console.warned[0]


def test_a_dry_run_writes_nothing(desk: Path, shell: LocalShell) -> None:
    console = ScriptedConsole()
    made = make("my-net", desk, shell, console, ml=True, dry_run=True)
    assert made.outcome == "planned"
    assert f"write {desk}/my-net/environment.yml" in made.plan
    assert any("git init --quiet" in row for row in made.plan)
    assert list(desk.iterdir()) == []


# ------------------------------------------------------------------------------- GitHub


def test_flags_that_do_not_go_together(desk: Path, shell: LocalShell) -> None:
    for flags in ({"public": True}, {"private": True}, {"organisation": "x"}):
        with pytest.raises(UsageError, match="--no-github"):
            make("plain", desk, shell, no_github=True, **flags)
    with pytest.raises(UsageError, match="organisation"):
        make("plain", desk, shell, organisation="--public")
    assert list(desk.iterdir()) == []


@pytest.mark.parametrize(("flags", "code"), [({}, 0), ({"public": True}, 6)])
def test_without_gh_the_commands_are_said(
    desk: Path, shell: LocalShell, flags: dict[str, bool], code: int
) -> None:
    console = ScriptedConsole()
    made = make("plain", desk, shell, console, **flags)
    visibility = "public" if flags else "private"
    assert made.exit_code == code
    assert made.commands == (
        "gh auth login",
        f"cd '{desk}/plain'",
        f"gh repo create plain --{visibility} --source . --remote origin --push",
    )
    said = "\n".join(console.said)
    assert "gh` is not installed" in said
    assert all(row in said for row in made.commands)


def test_offline_gh_is_not_asked(desk: Path, shell: LocalShell) -> None:
    request = Request(desk, offline=True)
    console = ScriptedConsole()
    made = create.create(typed("plain", desk), request, shell, console)
    assert made.exit_code == 0
    assert any("`--offline` was given" in row for row in console.said)


def test_declined_by_a_flag(desk: Path, shell: LocalShell) -> None:
    console = ScriptedConsole()
    assert make("plain", desk, shell, console, no_github=True).commands == ()
    assert "gh" not in " ".join(console.said).replace("GitHub", "").split()


ORGS = "gh api --paginate user/orgs --jq .[].login"


@pytest.mark.parametrize(
    ("orgs", "answers", "wish"),
    [
        ("", ["private"], Wish("private")),
        ("b-corp\na-corp\n", ["public", "a-corp"], Wish("public", "a-corp")),
        ("b-corp\nme\n", ["private", " me"], Wish("private")),
        ("b-corp\n", ["no"], None),
        (Answer(None, "gh ended with status 1"), ["public"], Wish("public")),
    ],
)
def test_what_a_person_is_asked(orgs: str | Answer, answers: list[str], wish: Wish | None) -> None:
    shell = ScriptedShell(answers={ORGS: orgs})
    console = ScriptedConsole(*answers)
    assert github.asked(shell, console) == wish
    assert console.answers == []


def test_an_organisation_is_part_of_the_name() -> None:
    argv = Wish("public", "a-corp").argv("net")
    assert argv[:5] == ("gh", "repo", "create", "a-corp/net", "--public")
    shown = github.commands(Path("/her desk/net"), Wish("public", "a-corp"))
    assert shown[1] == "cd '/her desk/net'"


def test_another_github_is_asked_for_by_its_host() -> None:
    asked = "gh auth status --hostname git.example.org"
    shell = ScriptedShell(
        programs={"gh": "/usr/bin/gh"},
        environ={"GH_HOST": "git.example.org"},
        answers={asked: Answer(None, "gh ended with status 1")},
    )
    assert "git.example.org" in github.why_not(shell)
    shell.answers[asked] = ""
    assert github.why_not(shell) == ""


def test_the_needs_that_the_layout_names_are_known() -> None:
    text = layout.files("x", ml=True)["pyproject.toml"]
    rows = [r[2:] for r in text.splitlines() if r.startswith("# ") and " = " in r]
    assert {row.split(" = ")[0] for row in rows} <= set(needs.KEYS)
