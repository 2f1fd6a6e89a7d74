"""envboot's own conda engine as the family sees it: where, whether, which steps, and why not."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envboot import engines, tools
from envboot.engines import rattler
from envboot.engines.rattler.order import Answer, Finding, Order, answer_of, file_of
from envboot.errors import CommandFailed, FallsShort, InvalidFile
from envboot.formats import environment_yml, requirements_txt
from envboot.machine import Machine
from envboot.plan import Remove, Run, Write
from envboot.shell import Platform
from envboot.site import Site
from envboot.spec import EnvironmentSpec, Lock, Origin
from envboot.testing import ScriptedShell, check_target
from envboot.tools.pins import RATTLER

pytestmark = pytest.mark.skipif(
    sys.version_info < (3, 10), reason="on an older Python another one is looked for"
)
HOME, ROOT = "/home/ann", "/srv/repo"
YML = """\
name: x
channels: [conda-forge, ./own, nodefaults]
dependencies:
  - python=3.11
  - gdal>=3
  - pip:
    - six
    - -e ./pkg
"""


def computer(files=(), platform="Linux", machine="x86_64", read_only=(), programs=None, **environ):
    return ScriptedShell(
        files={f"{HOME}/.profile": "", **dict.fromkeys(files, "")},
        platform=Platform(platform, machine, glibc="2.36" if platform == "Linux" else ""),
        environ={"HOME": HOME, **environ},
        read_only=read_only,
        programs=programs or {},
    )


def there(shell):
    """Let py-rattler lie in the cache of a computer; return the computer."""
    place = tools.place(RATTLER, shell, Path("/beside"))
    shell.files[(place / tools.MARK).as_posix()] = json.dumps({"files": {"x.py": 2}}).encode()
    shell.files[(place / "x.py").as_posix()] = b"##"
    return shell


def site(shell, prefix=f"{HOME}/.conda/envs/x", **more):
    here = Machine("Linux", "x86_64", 2, "3.11.7")
    return Site(Path(ROOT), "x", Path(prefix), here, shell, **more)


def from_yml(text=YML, path="environment.yml"):
    return environment_yml.parse(text, Origin(path))


def order_in(plan):
    (text,) = [s.text for s in plan.steps if isinstance(s, Write) and "order" in s.path.name]
    return Order.read(text)


def runs(plan):
    return [s for s in plan.steps if isinstance(s, Run)]


# ------------------------------------------------------------------------- where, and whether


def test_it_is_a_member_of_the_family():
    check_target(rattler, from_yml(), site(computer()))
    assert engines.family().get("rattler") is rattler
    assert not rattler.RELOCATABLE


@pytest.mark.parametrize(
    ("shell", "expected"),
    [
        (computer(), f"{HOME}/.conda/envs/x"),
        (computer([f"{HOME}/miniforge3/bin/conda"]), f"{HOME}/miniforge3/envs/x"),
        (computer(["/opt/conda/bin/conda"], read_only=["/opt"]), f"{HOME}/.conda/envs/x"),
        (computer(CONDA_ENVS_DIRS="/big/envs"), "/big/envs/x"),
        (computer(read_only=[HOME]), f"{ROOT}/.conda/x"),
    ],
)
def test_it_goes_where_conda_keeps_its_environments(shell, expected):
    assert rattler.prefix(from_yml(), site(shell)) == Path(expected)


def test_a_computer_without_a_home_keeps_it_in_the_repository():
    shell = ScriptedShell(platform=Platform("Linux", "x86_64", glibc="2.36"))
    assert rattler.prefix(from_yml(), site(shell)) == Path(ROOT, ".conda/x")


@pytest.mark.parametrize("name", ["../../etc", "/etc/x", "a b/c", "..", "", "-n"])
def test_a_name_from_a_file_never_leaves_the_folder(name):
    found = rattler.prefix(from_yml(), replace(site(computer()), name=name))
    assert found.parent == Path(HOME, ".conda/envs")
    assert not found.name.startswith((".", "-"))


def test_why_not_is_a_sentence():
    spec = from_yml()
    assert rattler.why_not(spec, site(computer())) is None
    assert "the network" in rattler.why_not(spec, site(computer(), offline=True))
    assert "the network" in rattler.why_not(spec, site(computer(PIP_NO_INDEX="1")))
    assert rattler.why_not(spec, site(there(computer()), offline=True)) is None
    assert "s390x" in rattler.why_not(spec, site(computer(machine="s390x")))
    taken = computer([f"{HOME}/.conda/envs/x/mine"])
    assert "exists" in rattler.why_not(spec, site(taken))
    shut = there(computer(read_only=["/shut"]))
    assert "cannot be written" in rattler.why_not(spec, site(shut, "/shut/x"))
    lock = EnvironmentSpec(lock=Lock("poetry.lock", "poetry.lock", "0" * 64))
    assert "does not read" in rattler.why_not(lock, site(computer()))
    assert (
        rattler.why_not(replace(lock, lock=Lock("pixi.lock", "pixi.lock", "0")), site(computer()))
        is None
    )


def test_what_is_fetched_is_said_before_the_yes():
    assert "py-rattler is fetched for it first, once" in rattler.note(site(computer()))
    assert rattler.note(site(there(computer()))) == ""


# ------------------------------------------------------------------------- the steps


def test_as_of_a_date_the_pip_part_is_for_uv():
    plan = rattler.plan(from_yml(), site(there(computer()), as_of="2024-01-01"))
    assert order_in(plan).as_of == "2024-01-01"
    *_, install = runs(plan)
    assert install.argv[1:3] == ("pip", "install")
    assert install.argv[install.argv.index("--exclude-newer") + 1] == "2024-01-01"


def test_the_steps_of_a_whole_file():
    plan = rattler.plan(from_yml(), site(there(computer()), link_scripts=True))
    paper = file_of(plan.environment)
    kinds = [type(s).__name__ for s in plan.steps]
    assert kinds == ["Write", "Run", "Write", "Run", "Remove", "Remove", "Remove"]
    child, pip = runs(plan)
    assert child.argv[1] == "-I"
    assert "envboot.engines.rattler" in child.argv
    assert child.argv[child.argv.index("--tools") - 1] == str(paper)
    assert "2 packages" not in child.why
    assert "3 packages asked for" in child.why, "python, gdal and the pip that is added"
    assert {s.path for s in plan.steps if isinstance(s, Remove)} >= {
        *(paper, answer_of(plan.environment)),
    }
    assert all(s.private for s in plan.steps if isinstance(s, Write)), "a channel may have a token"
    order = order_in(plan)
    assert order.task == "create"
    assert [(a.text, a.at) for a in order.asked] == [
        *(("python=3.11", "environment.yml:4"), ("gdal>=3", "environment.yml:5"), ("pip", "")),
    ]
    assert order.channels == ("conda-forge", f"file://{ROOT}/own", "nodefaults")
    assert (order.link_scripts, order.as_of, order.offline) == (True, "", False)
    assert order.command == "envboot environment.yml"
    assert [(a.text, a.at) for a in order.pip] == [
        *(("six", "environment.yml:7"), ("-e ./pkg", "environment.yml:8")),
    ]
    assert pip.cwd == Path(ROOT)
    assert pip.argv[:6] == (
        *(f"{plan.environment}/bin/python", "-I", "-u", "-m", "pip", "install"),
    )
    assert pip.argv[pip.argv.index("-U") :][:2] == ("-U", "-r")
    assert pip.argv[-1] == "--exists-action=b"
    env = dict(pip.env)
    assert env["PATH"].split(":")[0] == f"{plan.environment}/bin"
    assert (env["PIP_USER"], env["CONDA_PREFIX"]) == ("0", str(plan.environment))


def test_it_is_fetched_only_where_it_is_not_there():
    absent = rattler.plan(from_yml(), site(computer()))
    assert "fetching py-rattler" in runs(absent)[0].why
    assert len(runs(absent)) == 3
    assert len(runs(rattler.plan(from_yml(), site(there(computer()))))) == 2


def test_what_lies_in_no_cache_is_removed_again():
    plan = rattler.plan(from_yml(), site(computer(read_only=[HOME]), f"{ROOT}/.conda/x"))
    into = runs(plan)[0].argv[-1]
    assert into.startswith(f"{ROOT}/.conda/.envboot/tools/")
    assert plan.steps[-1] == Remove(Path(into))
    assert Write(Path(ROOT, ".conda/x/.gitignore"), "*\n") in plan.steps


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("dependencies: [gdal]\n", ["python=3.11", "gdal"]),
        ("dependencies: [python>=3.9, gdal]\n", ["python>=3.9", "gdal"]),
        ("dependencies: [gdal, {pip: [six]}]\n", ["python=3.11", "gdal", "pip"]),
        ("dependencies: [pip=23, {pip: [six]}]\n", ["python=3.11", "pip=23"]),
        ("dependencies: ['conda-forge::gdal>=3']\n", ["python=3.11", "conda-forge::gdal>=3"]),
    ],
)
def test_python_and_pip_are_added_where_nobody_asks_for_them(text, asked):
    order = order_in(rattler.plan(from_yml(text), site(there(computer()))))
    assert [a.text for a in order.asked] == asked


def test_a_repository_without_a_conda_file_gets_python_from_conda_and_the_rest_by_pip():
    spec = requirements_txt.parse("six\n", Origin("requirements.txt"))
    spec = replace(spec, python=">=3.12,<3.14", python_origin=Origin("runtime.txt", 1))
    shell = there(computer())
    shell.files[f"{ROOT}/requirements.txt"] = b"six\n"
    plan = rattler.plan(spec, site(shell))
    order = order_in(plan)
    assert [(a.text, a.at) for a in order.asked] == [
        ("python>=3.12,<3.14", "runtime.txt:1"),
        ("pip", ""),
    ]
    assert runs(plan)[1].argv[-4:] == ("-U", "-r", f"{ROOT}/requirements.txt", "--exists-action=b")


def test_the_project_itself_is_installed_too():
    spec = EnvironmentSpec(project=True, source=Origin("pyproject.toml"))
    plan = rattler.plan(spec, site(there(computer())))
    assert [a.text for a in order_in(plan).asked] == ["python=3.11", "pip"]
    assert runs(plan)[1].argv[-4:] == ("-U", "-e", ROOT, "--exists-action=b")


def test_pip_sees_what_packages_set_where_there_is_a_bash():
    shell = there(computer(programs={"bash": "/bin/bash"}))
    argv = runs(rattler.plan(from_yml(), site(shell)))[1].argv
    assert argv[:4] == ("/bin/bash", "--noprofile", "--norc", "-c")
    assert "activate.d" in argv[4]
    assert argv[6] == f"{HOME}/.conda/envs/x/bin/python"
    plain = from_yml("dependencies: [python, {pip: [six]}]\n")
    assert runs(rattler.plan(plain, site(shell)))[1].argv[0].endswith("bin/python")


def test_offline_reaches_the_child_and_pip():
    plan = rattler.plan(from_yml(), site(there(computer()), offline=True))
    assert order_in(plan).offline
    assert dict(runs(plan)[1].env)["PIP_NO_INDEX"] == "1"


def test_no_token_of_the_settings_is_in_a_step():
    shell = there(computer())
    shell.files[f"{HOME}/.condarc"] = (
        b"channels: [https://ann:s3cret@h.example/c]\n"
        b"channel_alias: https://h.example/t/to-ken-1234\n"
    )
    assert "s3cret" not in repr(rattler.plan(from_yml(), site(shell)))
    assert "to-ken" not in repr(rattler.plan(from_yml(), site(shell)))


def test_windows_has_its_python_elsewhere():
    shell = there(computer(platform="Windows", machine="AMD64", USERPROFILE=HOME))
    pip = runs(rattler.plan(from_yml(), site(shell, "/envs/x")))[1]
    assert pip.argv[0].endswith("python.exe")
    assert "Scripts" in dict(pip.env)["PATH"].split(";")[0]


# ------------------------------------------------------------------------- its own word


def explained(answer):
    shell = computer()
    text = answer.text().encode() if isinstance(answer, Answer) else answer
    shell.files[answer_of(Path(HOME, ".conda/envs/x")).as_posix()] = text
    return rattler.explain(site(shell))


def test_one_finding_is_an_error_with_its_line():
    found = Finding("there is no package `clikky`", "did you mean `clicky`?", "environment.yml:8")
    error = explained(Answer(findings=(found,), exit_code=4))
    assert isinstance(error, InvalidFile)
    assert str(error) == "environment.yml:8: there is no package `clikky`"
    assert error.hint == "did you mean `clicky`?"
    assert error.origin == Origin("environment.yml", 8)
    assert isinstance(explained(Answer(findings=(found,), exit_code=6)), FallsShort)
    assert isinstance(explained(Answer(findings=(found,), exit_code=7)), CommandFailed)


def test_several_findings_are_all_told():
    found = tuple(
        Finding(f"there is no package `p{n}`", f"take `q{n}`", f"environment.yml:{n}")
        for n in range(1, 4)
    )
    error = explained(Answer(findings=found, exit_code=4))
    assert str(error).splitlines() == [
        "3 things in environment.yml stand in the way:",
        "  environment.yml:1: there is no package `p1`",
        "    take `q1`",
        "  environment.yml:2: there is no package `p2`",
        "    take `q2`",
        "  environment.yml:3: there is no package `p3`",
        "    take `q3`",
    ]
    many = explained(Answer(findings=found * 9, exit_code=4))
    assert str(many).splitlines()[-1] == "  and 15 more"


@pytest.mark.parametrize(
    "text",
    [b"", b"{", b"[]", b"{}", b'{"solved": [], "findings": [], "exit_code": 4}', b"\xff" * 9,
     b'{"solved": [], "findings": [{"text": 3}], "exit_code": 4}',
     b'{"solved": [], "findings": [3], "exit_code": 4}',
     b'{"solved": [], "findings": [{"text": "x", "evil": 1}], "exit_code": 4}',
     b'{"solved": 1, "findings": [], "exit_code": "x"}', b"[" * 5000],
)  # fmt: skip
def test_an_answer_that_says_nothing_explains_nothing(text):
    assert explained(text) is None


def test_what_a_stranger_wrote_is_cut():
    found = (Finding("x" * 10_000, hint="y" * 10_000, at="z:" + "1" * 50),)
    error = explained(Answer(findings=found, exit_code=4))
    assert len(str(error)) < 2000
    assert len(error.hint) < 1000


@settings(max_examples=60, deadline=None)
@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=8),
        lambda x: (
            st.lists(x, max_size=3)
            | st.dictionaries(st.sampled_from(["text", "at", "hint", "findings"]), x)
        ),
    )
)
def test_no_answer_breaks_the_explanation(value):
    whole = {"solved": [], "findings": value, "exit_code": 4}
    error = explained(json.dumps(whole).encode())
    assert error is None or isinstance(error, InvalidFile)
