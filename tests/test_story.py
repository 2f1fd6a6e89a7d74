"""The forward story, really run: environments of tiny wheels, made without an index."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
from wheels import make_wheel

import envboot
from envboot import bootstrap, handover, removal, survey, transaction
from envboot.errors import AnswerNeeded, CommandFailed, NothingFound
from envboot.result import to_json
from envboot.shell.local import LocalShell
from envboot.survey import Request
from envboot.testing import ScriptedConsole

SCHEMA = json.loads(
    (Path(__file__).parent.parent / "docs/reference/up.schema.json").read_text(encoding="utf-8")
)
PYTHON = Path("Scripts/python.exe" if os.name == "nt" else "bin/python")


def tree(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def checked(result: object) -> dict[str, object]:
    """Return the result as JSON, valid by the published schema."""
    value = json.loads(to_json(result))
    jsonschema.validate(value, SCHEMA)
    return value


@pytest.fixture
def shell(tmp_path: Path) -> LocalShell:
    home = tmp_path / "home"
    home.mkdir()
    environ = {k: v for k, v in os.environ.items() if not k.startswith(("CI", "VIRTUAL_ENV"))}
    return LocalShell({**environ, "HOME": str(home), "PIP_NO_INDEX": "1", "UV_OFFLINE": "1"})


@pytest.fixture(params=["uv", "venv"])
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Return a repository whose one package, ``tiny``, comes from a wheel in it."""
    root = tmp_path / "my répository"
    root.mkdir()
    make_wheel(root / "wheels", "tiny", "1.0", scripts={"tiny-says": "tiny:__name__.upper"})
    make_wheel(root / "wheels", "tiny", "2.0")
    (root / "requirements.txt").write_text("./wheels/tiny-1.0-py3-none-any.whl\n")
    (root / "main.py").write_text("import tiny\n\nprint(tiny.__version__)\n")
    return root


def version_in(prefix: Path) -> str:
    code = "import tiny; print(tiny.__version__)"
    argv = [str(prefix / PYTHON), "-I", "-c", code]
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout.strip()


def test_create_then_up_to_date_then_update_then_remove(
    repository: Path, shell: LocalShell, engine: str
) -> None:
    request = Request(repository, yes=True, engine=engine, kernel=False)
    console = ScriptedConsole()
    result = bootstrap.up(request, shell, console)
    value = checked(result)
    prefix = repository / ".venv"
    assert (value["outcome"], value["exit_code"]) == ("created", 0)
    assert value["source"] == "requirements.txt"
    assert value["environment"]["prefix"] == str(prefix)
    assert value["environment"]["engine"] == engine
    assert value["report"]["imported"] == ["tiny"]
    assert version_in(prefix) == "1.0"
    assert "*" in (prefix / ".gitignore").read_text().splitlines()
    packages = value["environment"]["packages"]
    noun = "package" if packages == 1 else "packages"
    assert f"{packages} {noun} installed, done." in console.said
    assert packages >= 1

    before = tree(repository)
    again = bootstrap.up(Request(repository), shell, ScriptedConsole())
    assert checked(again)["outcome"] == "up-to-date"
    assert tree(repository) == before, "a look must not write"

    (repository / "requirements.txt").write_text("# newer\n./wheels/tiny-2.0-py3-none-any.whl\n")
    console = ScriptedConsole()
    updated = bootstrap.up(Request(repository, yes=True, kernel=False), shell, console)
    value = checked(updated)
    assert value["outcome"] == "updated"
    assert value["environment"]["engine"] == engine, "an update keeps its engine"
    assert value["changes"] == [
        "+ pypi ./wheels/tiny-2.0-py3-none-any.whl",
        "- pypi ./wheels/tiny-1.0-py3-none-any.whl",
    ]
    assert version_in(prefix) == "2.0"

    existing = survey.standing(Request(repository), shell)
    gone = removal.remove(Request(repository, yes=True), existing, shell, ScriptedConsole())
    assert checked(gone)["outcome"] == "removed"
    left = {p for p in tree(repository) if not p.startswith((".envboot/log/", ".envboot/.git"))}
    files = {"main.py", "requirements.txt", "wheels/tiny-1.0-py3-none-any.whl"}
    assert left - {".envboot/.venv.lock"} == files | {"wheels/tiny-2.0-py3-none-any.whl"}
    with pytest.raises(NothingFound):
        removal.remove(Request(repository), None, shell, ScriptedConsole())


def test_what_the_owner_suggests_is_said_last(repository: Path, shell: LocalShell) -> None:
    (repository / "setup.cfg").write_text("[envboot]\nnext = python main.py\n")
    console = ScriptedConsole()
    bootstrap.up(Request(repository, yes=True, kernel=False), shell, console)
    assert console.said[-1] == "next, as this repository suggests: python main.py"
    (repository / "pyproject.toml").write_text('[tool.envboot]\nnext = "make\\n all"\n')
    console = ScriptedConsole()
    bootstrap.up(Request(repository), shell, console)
    assert console.said[-1] == "next, as this repository suggests: make all"


def test_comments_change_nothing(repository: Path, shell: LocalShell) -> None:
    bootstrap.up(Request(repository, yes=True, kernel=False), shell, ScriptedConsole())
    text = (repository / "requirements.txt").read_text()
    (repository / "requirements.txt").write_text(f"# a word\n\n{text}")
    result = bootstrap.up(Request(repository), shell, ScriptedConsole())
    assert result.outcome == "up-to-date"


def test_without_a_yes_nothing_is_written(repository: Path, shell: LocalShell) -> None:
    before = tree(repository)
    with pytest.raises(AnswerNeeded) as caught:
        bootstrap.up(Request(repository), shell, ScriptedConsole())
    assert "--yes" in caught.value.hint
    result = bootstrap.up(Request(repository), shell, ScriptedConsole("no"))
    assert (result.outcome, result.exit_code) == ("planned", 0)
    result = bootstrap.up(Request(repository, dry_run=True), shell, ScriptedConsole())
    person = ScriptedConsole()
    bootstrap.up(Request(repository, dry_run=True, launch="ssh:box"), shell, person)
    assert any("so nothing is launched" in row for row in person.said)
    value = checked(result)
    assert value["outcome"] == "planned"
    assert any("requirements.txt" in row for row in value["plan"])
    assert tree(repository) == before
    assert not list(shell.home.rglob("*"))


def test_what_does_not_import_is_exit_8_and_the_old_one_stays(
    repository: Path, shell: LocalShell
) -> None:
    made = bootstrap.up(Request(repository, yes=True, kernel=False), shell, ScriptedConsole())
    assert made.outcome == "created"
    broken = {"tiny.py": "import does_not_exist_anywhere\n"}
    wheel = make_wheel(repository / "wheels", "tiny", "3.0", broken)
    (repository / "requirements.txt").write_text(f"./wheels/{wheel.name}\n")
    console = ScriptedConsole()
    result = bootstrap.up(Request(repository, yes=True, kernel=False), shell, console)
    value = checked(result)
    assert (value["outcome"], value["exit_code"]) == ("not-working", 8)
    assert value["report"]["failed"][0]["module"] == "tiny"
    assert version_in(repository / ".venv") == "1.0", "what worked before still works"
    assert not list((repository / ".envboot").glob("build-*"))


def test_a_failed_first_creation_is_kept_to_look_at_and_made_anew(
    repository: Path, shell: LocalShell
) -> None:
    broken = make_wheel(repository / "wheels", "tiny", "3.0", {"tiny.py": "raise OSError('no')\n"})
    good = (repository / "requirements.txt").read_text()
    (repository / "requirements.txt").write_text(f"./wheels/{broken.name}\n")
    first = bootstrap.up(Request(repository, yes=True, kernel=False), shell, ScriptedConsole())
    assert first.exit_code == 8
    stamp = transaction.read_stamp(repository / ".venv", shell)
    assert stamp
    assert not stamp.proved
    (repository / "requirements.txt").write_text(good)
    second = bootstrap.up(Request(repository, yes=True, kernel=False), shell, ScriptedConsole())
    assert (second.outcome, version_in(repository / ".venv")) == ("updated", "1.0")


def test_a_failing_engine_leaves_what_worked(
    repository: Path, shell: LocalShell, engine: str
) -> None:
    request = Request(repository, yes=True, engine=engine, kernel=False)
    bootstrap.up(request, shell, ScriptedConsole())
    (repository / "requirements.txt").write_text("nobody-has-this-package==1.0\n")
    with pytest.raises(CommandFailed) as caught:
        bootstrap.up(request, shell, ScriptedConsole())
    assert "nobody-has-this-package" in " ".join(caught.value.tail)
    assert Path(caught.value.log).is_file()
    assert version_in(repository / ".venv") == "1.0"
    assert not list((repository / ".envboot").glob("build-*"))
    assert not list((repository / ".envboot").glob("*.journal"))


def test_a_machine_that_falls_short(repository: Path, shell: LocalShell) -> None:
    (repository / "setup.cfg").write_text("[envboot:needs]\ncpus = 100000\nmemory = 900 TB\n")
    before = tree(repository)
    console = ScriptedConsole()
    result = bootstrap.up(Request(repository, yes=True), shell, console)
    value = checked(result)
    assert (value["outcome"], value["exit_code"]) == ("falls-short", 6)
    assert [s["evidence"] for s in value["shortfalls"]] == ["setup.cfg:2", "setup.cfg:3"]
    assert any(
        "your machine does not meet the requirements for running (insufficient CPU:" in warned
        for warned in console.warned
    )
    assert {w["name"] for w in value["ways"]} >= {"conda", "uv", "venv", "manual", "anyway"}
    assert tree(repository) == before
    checked(bootstrap.check(Request(repository), shell, ScriptedConsole()))
    manual = bootstrap.up(Request(repository), shell, ScriptedConsole("manual"))
    assert (manual.outcome, bool(manual.plan)) == ("falls-short", True)
    stopped = bootstrap.up(Request(repository), shell, ScriptedConsole("stop"))
    assert stopped.exit_code == 6
    went_on = bootstrap.up(
        Request(repository, kernel=False, subshell=False), shell, ScriptedConsole("anyway", "yes")
    )
    assert went_on.outcome == "created"


def test_a_python_that_nobody_has(repository: Path, shell: LocalShell) -> None:
    (repository / "runtime.txt").write_text("python-3.2\n")
    result = bootstrap.up(Request(repository, yes=True), shell, ScriptedConsole())
    value = checked(result)
    assert (value["outcome"], value["exit_code"]) == ("falls-short", 6)
    assert value["shortfalls"][0]["need"] == "Python"
    assert f"{sys.version_info[0]}.{sys.version_info[1]}" in value["shortfalls"][0]["found"]


def test_what_others_made_is_never_touched(repository: Path, shell: LocalShell) -> None:
    mine = repository / ".venv" / "precious.txt"
    mine.parent.mkdir()
    mine.write_text("mine")
    with pytest.raises(AnswerNeeded) as caught:
        bootstrap.up(Request(repository, yes=True, kernel=False), shell, ScriptedConsole())
    assert "--prefix" in caught.value.hint
    console = ScriptedConsole("yes", "yes")
    result = bootstrap.up(Request(repository, kernel=False, subshell=False), shell, console)
    assert result.outcome == "created"
    other = Path(result.environment.prefix)
    assert other.name == ".venv-envboot"
    assert version_in(other) == "1.0"
    assert mine.read_text() == "mine"
    again = bootstrap.up(Request(repository), shell, ScriptedConsole())
    assert (again.outcome, again.environment.prefix) == ("up-to-date", str(other))


def test_an_environment_that_the_repository_brought_is_not_believed(
    repository: Path, shell: LocalShell
) -> None:
    bootstrap.up(Request(repository, yes=True, kernel=False), shell, ScriptedConsole())
    assert bootstrap.up(Request(repository), shell, ScriptedConsole()).outcome == "up-to-date"
    git = ["git", "-C", str(repository)]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "add", "-f", ".venv/envboot-stamp.json"], check=True)
    assert survey.standing(Request(repository), shell) is None
    with pytest.raises(AnswerNeeded, match="came with the repository"):
        bootstrap.up(Request(repository, yes=True, kernel=False), shell, ScriptedConsole())


def test_run_and_variables(
    repository: Path, shell: LocalShell, capfd: pytest.CaptureFixture[str]
) -> None:
    (repository / "environment.yml").write_text(
        "name: odd\ndependencies:\n- python\n- pip\n- pip:\n"
        "  - ./wheels/tiny-1.0-py3-none-any.whl\nvariables:\n  ODD: \"a b $(x) 'q'\"\n"
    )
    result = bootstrap.up(Request(repository, yes=True, kernel=False), shell, ScriptedConsole())
    assert result.source == "environment.yml"
    existing = survey.standing(Request(repository), shell)
    code = "import os, sys, tiny; print(os.environ['ODD'], tiny.__version__); sys.exit(5)"
    status = handover.run(existing, ["python", "-c", code], repository, shell, ScriptedConsole())
    assert status == 5
    assert "a b $(x) 'q' 1.0" in capfd.readouterr().out
    with pytest.raises(NothingFound):
        handover.run(existing, ["no-such-program"], repository, shell, ScriptedConsole())
    with pytest.raises(NothingFound):
        handover.run(None, ["python"], repository, shell, ScriptedConsole())


def test_a_repository_that_moved_makes_its_environment_anew(
    repository: Path, shell: LocalShell
) -> None:
    bootstrap.up(Request(repository, yes=True, kernel=False), shell, ScriptedConsole())
    moved = repository.with_name("moved")
    repository.rename(moved)
    result = bootstrap.up(Request(moved, yes=True, kernel=False), shell, ScriptedConsole())
    assert result.outcome == "updated"
    assert version_in(moved / ".venv") == "1.0"


@pytest.fixture
def typed(shell: LocalShell) -> object:
    """Return a function that types an envboot command in a child and returns what came of it."""

    def run(*argv: str, cwd: Path) -> subprocess.CompletedProcess[str]:
        environ = {**shell.environ, "PYTHONPATH": str(Path(envboot.__file__).parent.parent)}
        return subprocess.run(
            [sys.executable, "-m", "envboot", *argv],
            cwd=cwd,
            env=environ,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=120,
            check=False,
        )

    return run


def test_command_line(repository: Path, typed: object) -> None:
    done = typed("up", "--json", cwd=repository)
    assert done.returncode == 5
    assert "`--yes`" in done.stderr
    assert checked_text(done.stdout)["exit_code"] == 5
    done = typed("--yes", "--json", "--no-kernel", cwd=repository)
    assert done.returncode == 0, done.stderr
    assert checked_text(done.stdout)["outcome"] == "created"
    done = typed("run", "--", "python", "-c", "print(1 + 1)", cwd=repository / "wheels")
    assert (done.returncode, done.stdout) == (0, "2\n")
    done = typed("doctor", "--json", cwd=repository)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["environment"]["engine"] in {"uv", "venv"}
    done = typed("doctor", cwd=repository)
    assert "last log:" in done.stdout
    for words in (["upp"], ["up", "--nonsense"], ["up", "--engine", "nix"], ["run"]):
        done = typed(*words, cwd=repository)
        assert done.returncode == (0 if words == ["up"] else 2), (words, done.stderr)
        assert "Traceback" not in done.stderr
    done = typed("remove", "--json", cwd=repository)
    assert done.returncode == 5
    done = typed("remove", "--yes", cwd=repository)
    assert done.returncode == 0
    assert not (repository / ".venv").exists()


def checked_text(text: str) -> dict[str, object]:
    value = json.loads(text)
    jsonschema.validate(value, SCHEMA)
    return value


def test_nothing_found(tmp_path: Path, typed: object) -> None:
    done = typed("up", "--yes", "--json", cwd=tmp_path)
    assert done.returncode == 3
    assert checked_text(done.stdout)["outcome"] == "failed"
    assert "hint:" in done.stderr
