"""``--as-of``: which moment is meant, which is offered, and what becomes of it."""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envboot import bootstrap, interpreters, remedies, survey
from envboot.engines import conda, uv, venv
from envboot.errors import UsageError
from envboot.machine import Machine
from envboot.plan import Run
from envboot.request import Request
from envboot.shell.local import LocalShell
from envboot.site import Site
from envboot.spec import Dependency, EnvironmentSpec, Lock, Origin, fingerprint, lines
from envboot.survey import past
from envboot.testing import ScriptedConsole, ScriptedShell
from envboot.transaction import Stamp
from envboot.virtualenv import into_conda

HERE = Origin("requirements.txt")
STAMP = Stamp("", (), "x", "uv", "3.11", "/p", "/r", "0", "2026-01-01")


def packages(*texts: str) -> tuple[Dependency, ...]:
    return tuple(Dependency(t.split("=")[0].split(">")[0], t, "pypi", HERE) for t in texts)


# ------------------------------------------------------------------ moments


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2023-06-01", "2023-06-01T23:59:59Z"),
        ("2023-6-1", "2023-06-01T23:59:59Z"),
        ("2023-06", "2023-06-30T23:59:59Z"),
        ("2023-12", "2023-12-31T23:59:59Z"),
        ("2024-02", "2024-02-29T23:59:59Z"),
        ("2023-06-01T12:30:00Z", "2023-06-01T12:30:00Z"),
        ("2023-06-01T12:30:00+02:00", "2023-06-01T10:30:00Z"),
        (" 2023-06-01 12:30 ", "2023-06-01T12:30:00Z"),
        ("now", ""),
        ("NOW", ""),
    ],
)
def test_what_a_date_means(text, moment):
    assert past.moment(text) == moment


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2023", "2023-13", "2023-02-30", "2999-01-01", "0000-01-01", "--yes"]
)
def test_what_is_no_date_of_the_past(text):
    with pytest.raises(UsageError) as caught:
        past.moment(text)
    assert "2023-06-01" in caught.value.hint


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.text(max_size=30) | st.dates().map(str) | st.datetimes().map(str))
def test_any_text_is_a_moment_or_an_error_of_ours(text):
    try:
        found = past.moment(text)
    except UsageError:
        return
    assert found == "" or past.moment(found) == found


# ------------------------------------------------------------------ pins


@pytest.mark.parametrize(
    ("text", "loose"),
    [
        ("six", True),
        ("six>=1", True),
        ("six!=1.5", True),
        ("six>=1 ; python_version<'3.9'", True),
        ("six==1.16.0", False),
        ("six~=1.16", False),
        ("six>=1,<2", False),
        ("six @ https://example.org/six.zip", False),
    ],
)
def test_what_counts_as_a_pin(text, loose):
    spec = EnvironmentSpec(dependencies=(Dependency("six", text, "pypi", HERE),))
    assert bool(past.unpinned(spec)) is loose


def test_what_is_no_package_needs_no_pin():
    spec = EnvironmentSpec(
        dependencies=(
            Dependency("python", "python", "conda", HERE),
            Dependency("pip", "pip", "conda", HERE),
            Dependency("x", "-e .", "pypi", HERE),
            Dependency("", "./wheels/x.whl", "pypi", HERE),
            Dependency("numpy", "numpy", "pypi", HERE),
        ),
        constraints=(Dependency("numpy", "numpy<2", "pypi", HERE),),
    )
    assert past.unpinned(spec) == ()


# ------------------------------------------------------------------ the last commit


def git(root, *words, when=""):
    env = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(root),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_DATE": when,
        "GIT_COMMITTER_DATE": when,
    }
    who = ("-c", "user.name=A", "-c", "user.email=a@localhost")
    subprocess.run(["git", *who, *words], cwd=root, env=env, check=True, capture_output=True)


def repository(root, text="six\nidna>=2\n", when="2022-03-04T12:00:00 +0000"):
    root.mkdir(exist_ok=True)
    (root / "requirements.txt").write_text(text, encoding="utf-8")
    git(root, "init", "-q")
    git(root, "add", "requirements.txt")
    git(root, "commit", "-qm", "one", when=when)
    return root


def here(root):
    """Return this computer, with real git and an empty home."""
    return LocalShell({"PATH": os.environ["PATH"], "HOME": str(root.parent / "home")})


def offer(root, request=None):
    shell = here(root)
    request = request or Request(root)
    return past.offered(request, survey.locate(request, shell).spec, shell)


@pytest.fixture
def old(tmp_path):
    return repository(tmp_path / "old")


def test_the_last_commit_that_touched_the_files_is_offered(old):
    (old / "train.py").write_text("print()\n", encoding="utf-8")
    git(old, "add", ".")
    git(old, "commit", "-qm", "two", when="2025-01-01T00:00:00 +0000")
    assert offer(old) == "2022-03-04T23:59:59Z"


def test_windows_line_ends_are_no_change(old):
    (old / "requirements.txt").write_bytes(b"six\r\nidna>=2\r\n")
    assert offer(old) == "2022-03-04T23:59:59Z"


def test_nothing_is_offered_where_it_makes_no_sense(old, tmp_path):
    assert offer(old, Request(old, as_of="now")) == ""
    (old / "requirements.txt").write_text("six\nidna>=2\nattrs\n", encoding="utf-8")
    assert offer(old) == "", "somebody is at work on the file"
    assert offer(repository(tmp_path / "pinned", "six==1.16.0\n")) == ""
    recent = datetime.now(timezone.utc) - timedelta(days=300)
    assert offer(repository(tmp_path / "new", when=recent.isoformat())) == ""
    bare = tmp_path / "no-git"
    bare.mkdir()
    (bare / "requirements.txt").write_text("six\n", encoding="utf-8")
    assert offer(bare) == ""


def test_no_program_that_a_repository_names_is_run(old):
    trap = old / "trap.sh"
    trap.write_text(f"#!/bin/sh\ntouch {old}/caught\n", encoding="utf-8")
    trap.chmod(0o755)
    for key in ("core.fsmonitor", "gpg.program", "core.pager", "filter.x.clean", "core.sshCommand"):
        git(old, "config", key, str(trap))
    git(old, "config", "log.showSignature", "true")
    (old / ".gitattributes").write_text("* filter=x\n", encoding="utf-8")
    hook = old / ".git" / "hooks" / "post-index-change"
    hook.write_bytes(trap.read_bytes())
    hook.chmod(0o755)
    assert offer(old) == "2022-03-04T23:59:59Z"
    assert not (old / "caught").exists()


def test_a_file_whose_name_is_magic_is_meant_literally(tmp_path):
    root = tmp_path / "r"
    root.mkdir()
    (root / "requirements.txt").write_text("-r :(top)x.txt\n", encoding="utf-8")
    (root / ":(top)x.txt").write_text("six\n", encoding="utf-8")
    git(root, "init", "-q")
    git(root, "--literal-pathspecs", "add", "requirements.txt", ":(top)x.txt")
    git(root, "commit", "-qm", "one", when="2022-03-04T12:00:00 +0000")
    assert offer(root) == "2022-03-04T23:59:59Z"


# ------------------------------------------------------------------ in the story


def story(root, *answers, **flags):
    console = ScriptedConsole(*answers)
    request = Request(root, **flags)
    shell = here(root)
    result = bootstrap.up(request, shell, console)
    return result, console


def test_a_dry_run_names_the_flag_and_takes_nothing(old):
    result, console = story(old, dry_run=True)
    said = "\n".join(console.said)
    assert "requirements.txt was last touched on 2022-03-04 and pins nothing: " in said
    assert "`--as-of 2022-03-04` sets up what worked then" in said
    assert not any("exclude-newer" in row for row in result.plan)
    assert console.questions == []


def test_the_person_is_asked_before_the_yes(old):
    _, console = story(old, "yes", "no")
    assert len(console.questions) == 2
    assert console.questions[0].endswith("set up the environment as of then?")
    assert console.offered[0][0].name == "yes"


def test_some_names_are_told_where_others_are_pinned(tmp_path):
    text = "a\nb\nc\nd\ne==1\n"
    _, console = story(repository(tmp_path / "r", text), dry_run=True)
    assert any("does not pin a, b, c and 1 more" in row for row in console.said)


# ------------------------------------------------------------------ what is kept


def test_a_moment_is_a_fact_of_the_environment():
    now = EnvironmentSpec(dependencies=packages("six"))
    then = replace(now, as_of="2022-03-04T23:59:59Z")
    assert "as of 2022-03-04T23:59:59Z" in lines(then)
    assert fingerprint(now) != fingerprint(then)


def test_an_environment_keeps_its_moment_until_another_is_asked_for(tmp_path):
    stamp = replace(STAMP, lines=("pypi six", "as of 2022-03-04T23:59:59Z"))
    spec, request = EnvironmentSpec(), Request(tmp_path)
    assert past.kept(request, spec, stamp) == "2022-03-04T23:59:59Z"
    assert past.kept(request, spec, None) == ""
    assert past.kept(replace(request, as_of="now"), spec, stamp) == ""
    assert past.kept(replace(request, as_of="2023-01"), spec, stamp) == "2023-01-31T23:59:59Z"
    forged = replace(STAMP, lines=("as of --index-url=https://example.org",))
    assert past.kept(request, spec, forged) == ""
    locked = replace(spec, lock=Lock("uv.lock", "uv.lock", ""))
    assert past.kept(request, locked, stamp) == ""


# ------------------------------------------------------------------ the engines

THEN = "2022-03-04T23:59:59Z"
ROOT, HOME = "/home/ada/repo", "/home/ada"
SIX = EnvironmentSpec(dependencies=packages("six"), source=HERE)


def computer(**answers):
    return ScriptedShell(
        files={f"{ROOT}/requirements.txt": "six\n", f"{HOME}/miniconda3/bin/conda": ""},
        answers={"uv": "uv 0.9.1 (abc)", **answers},
        programs={"uv": "/usr/bin/uv"},
        environ={"HOME": HOME},
    )


def site(shell, **fields):
    machine = Machine("Linux", "x86_64", 2, "3.11.7")
    place = Site(Path(ROOT), "demo", Path(ROOT) / ".envboot/build", machine, shell)
    return replace(place, **{"as_of": THEN, **fields})


def runs(plan):
    return [step.argv for step in plan.steps if isinstance(step, Run)]


def test_uv_leaves_out_what_is_newer():
    there = site(computer())
    assert uv.why_not(SIX, there) is None
    install = runs(uv.plan(SIX, there))[-1]
    assert install[install.index("--exclude-newer") + 1] == THEN
    assert "--exclude-newer" not in runs(uv.plan(SIX, replace(there, as_of="")))[-1]


@pytest.mark.parametrize(("version", "can"), [("24.0", False), ("26.0.1", True), ("", False)])
def test_a_pip_without_dates_names_uv(version, can):
    python = "/usr/bin/python3"
    asked = f"{python} -I -c import ensurepip;print(ensurepip.version())"
    shell = computer(
        **{
            f"{python} -I -c {interpreters.ASK}": '[[3,9,99,"final",0],"cpython","/usr","/usr",""]',
            f"{python} -I -c {venv._PARTS}": "venv ensurepip\n",
            asked: version,
        }
    )
    shell.programs["python3"] = python
    spec, there = replace(SIX, python="==3.9.99"), site(shell)
    said = venv.why_not(spec, there)
    assert (said is None) is can
    assert can or "uv can: `--engine uv`" in said
    assert f"--uploaded-prior-to={THEN}" in runs(venv.plan(spec, there))[-1]
    assert venv.why_not(spec, replace(there, as_of="")) is None


def test_conda_names_the_engine_that_can():
    spec = EnvironmentSpec(dependencies=(Dependency("zlib", "zlib", "conda", HERE),))
    said = conda.why_not(spec, site(computer()))
    assert said == "conda cannot leave out what is newer than a date; `--engine rattler` can"


def test_what_pip_brings_to_conda_packages_is_of_then_too():
    mixed = (Dependency("zlib", "zlib", "conda", HERE), *packages("six"))
    spec = EnvironmentSpec(dependencies=mixed, source=HERE)
    there = site(computer(), prefix=Path("/home/ada/.conda/envs/demo"))
    install = list(into_conda.steps(spec, there))[-2]
    assert "--exclude-newer" in install.argv
    assert "--exists-action=b" in list(into_conda.steps(spec, replace(there, as_of="")))[-2].argv


def test_an_index_without_dates_is_told():
    said = ["warning: six-1.0-py3-none-any.whl is missing an upload date, but user provided it"]
    assert "PEP 700" in remedies.remedy(said, Path("/x/y"), ScriptedShell(), offline=False)
