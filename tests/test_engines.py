"""What the engines would do, and why not: plans for scripted computers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from envboot import engines, interpreters
from envboot.engines import conda, uv, venv
from envboot.formats import environment_yml, requirements_txt
from envboot.machine import Machine
from envboot.plan import Remove, Run, Write
from envboot.shell import Answer, Platform
from envboot.site import Site
from envboot.spec import Dependency, EnvironmentSpec, Group, Lock, Origin
from envboot.testing import ScriptedShell
from envboot.virtualenv import pip_wheel

HOME, ROOT = "/home/ada", "/home/ada/repo"
MINE = interpreters.running()
REQUIREMENTS = "six==1.16.0\nnumpy>=1.20\n"
YML = "name: x\nchannels: [conda-forge]\ndependencies: [python=3.11, gdal, pip, {pip: [six]}]\n"


def computer(files=(), answers=None, programs=None, platform="Linux", read_only=(), **environ):
    return ScriptedShell(
        files={f"{ROOT}/requirements.txt": REQUIREMENTS, **dict.fromkeys(files, "")},
        answers={"uv": "uv 0.9.1 (abc)", **(answers or {})},
        programs={"uv": "/usr/bin/uv"} if programs is None else programs,
        platform=Platform(platform, "x86_64"),
        environ={"HOME": HOME, **environ},
        read_only=read_only,
    )


def place(shell, prefix=f"{ROOT}/.envboot/build", offline=False):
    return Site(
        Path(ROOT), "my env", Path(prefix), Machine("Linux", "x86_64", 2, "3.11.7"), shell, offline
    )


def from_requirements(text=REQUIREMENTS, path="requirements.txt"):
    return requirements_txt.parse(text, Origin(path))


def from_yml(text=YML, path="environment.yml"):
    return environment_yml.parse(text, Origin(path))


def runs(plan):
    return [s for s in plan.steps if isinstance(s, Run)]


def written(plan):
    return {s.path.name: s.text for s in plan.steps if isinstance(s, Write)}


# ------------------------------------------------------------------------- the family


@pytest.mark.parametrize(
    ("spec", "order"),
    [
        (from_requirements(), ["uv", "venv", "conda", "rattler"]),
        (from_yml(), ["conda", "rattler", "uv", "venv"]),
        (
            from_yml("dependencies: [python, pip, {pip: [six]}]\n"),
            ["conda", "uv", "venv", "rattler"],
        ),
        (EnvironmentSpec(), ["uv", "venv", "conda", "rattler"]),
    ],
)
def test_the_engine_that_suits_comes_first(spec, order):
    assert [name for name, _ in engines.recommended(spec)][:4] == order


def test_the_family_is_whole():
    found = engines.family()
    assert [name for name, _ in found.members][:4] == ["conda", "rattler", "uv", "venv"]
    assert found.warnings == ()
    for _, member in found.members:
        assert isinstance(member.TITLE, str)
        assert member.prefix(EnvironmentSpec(), place(computer())).is_absolute()


# ------------------------------------------------------------------------- uv and venv


@pytest.mark.parametrize("engine", [uv, venv])
def test_the_repositorys_own_file_is_handed_over(engine):
    plan = engine.plan(from_requirements(), place(computer()))
    make, install = runs(plan)
    assert str(MINE.path) in make.argv
    assert "--prompt=my env" in make.argv
    assert make.argv[-1] == f"{ROOT}/.envboot/build"
    assert make.cwd is None  # no types.py of the repository is imported by venv
    assert install.argv[-2:] == ("-r", f"{ROOT}/requirements.txt")
    assert install.cwd == Path(ROOT)
    assert "2 packages" in install.why
    assert written(plan) == {}
    assert plan.environment == Path(f"{ROOT}/.envboot/build")


@pytest.mark.parametrize("engine", [uv, venv])
def test_a_file_that_is_not_utf_8_is_written_anew(engine):
    shell = computer()
    shell.files[f"{ROOT}/requirements.txt"] = "# é\nsix\n".encode("latin-1")
    plan = engine.plan(from_requirements("six\n"), place(shell))
    assert written(plan) == {"envboot-requirements.txt": "six\n"}


@pytest.mark.parametrize("engine", [uv, venv])
def test_a_spec_that_says_something_else_is_written_and_removed_again(engine):
    limit = Dependency("numpy", "numpy<2", "pypi", Origin("constraints.txt", 1))
    spec = from_requirements("--extra-index-url https://more/simple\nsix\n")
    spec = replace(spec, as_written=False, constraints=(limit,), project=True)
    plan = engine.plan(spec, place(computer()))
    assert written(plan) == {
        "envboot-requirements.txt": "--extra-index-url https://more/simple\nsix\n",
        "envboot-constraints.txt": "numpy<2\n",
    }
    folder = f"{ROOT}/.envboot/build"
    assert runs(plan)[-1].argv[-6:] == (
        *("-r", f"{folder}/envboot-requirements.txt"),
        *("-c", f"{folder}/envboot-constraints.txt", "-e", ROOT),
    )
    removed = {s.path.name for s in plan.steps if isinstance(s, Remove)}
    assert removed >= written(plan).keys()


@pytest.mark.parametrize("engine", [uv, venv])
def test_a_file_that_is_not_there_is_written(engine):
    """setup.py carries a copy of a file that was deleted."""
    plan = engine.plan(from_requirements(path="gone.txt"), place(computer()))
    assert written(plan)["envboot-requirements.txt"] == REQUIREMENTS


@pytest.mark.parametrize("engine", [uv, venv])
def test_nothing_asked_for_installs_nothing(engine):
    assert len(runs(engine.plan(EnvironmentSpec(), place(computer())))) == 1
    project = EnvironmentSpec(project=True, source=Origin("sub/pyproject.toml"))
    install = runs(engine.plan(project, place(computer())))[1]
    assert install.argv[-2:] == ("-e", f"{ROOT}/sub")


@pytest.mark.parametrize("engine", [uv, venv])
def test_a_conda_file_of_pip_packages_alone_is_taken(engine):
    spec = from_yml(f"dependencies: [python={MINE.version[0]}, pip, {{pip: [six]}}]")
    assert engine.why_not(spec, place(computer())) is None
    assert written(engine.plan(spec, place(computer())))["envboot-requirements.txt"] == "six\n"


@pytest.mark.parametrize("engine", [uv, venv])
def test_reasons_name_file_and_line(engine):
    site = place(computer([f"{HOME}/.pyenv/versions/3.5.1/bin/python"]))
    assert "`gdal` is a conda package (environment.yml:3)" in engine.why_not(
        from_yml(YML.replace("python=3.11", "python")), site
    )
    reason = engine.why_not(from_yml("dependencies:\n  - python=2.6\n"), site)
    assert "environment.yml:2" in reason
    assert "3.5.1" in reason
    lock = EnvironmentSpec(lock=Lock("pixi.lock", "pixi.lock", "0" * 64))
    assert "pixi.lock" in engine.why_not(lock, site)
    read_only = place(computer(read_only=[ROOT]))
    assert "cannot be written" in engine.why_not(from_requirements(), read_only)
    assert engine.why_not(from_requirements(), place(computer())) is None


@pytest.mark.parametrize("engine", [uv, venv])
def test_relative_paths_are_meant_from_the_root_or_beside_their_file(engine):
    shell = computer(["/home/ada/repo/binder/requirements.txt", "/home/ada/repo/binder/pkg/a.py"])
    spec = from_requirements("-e ./pkg[dev]\n", "binder/requirements.txt")
    assert runs(engine.plan(spec, place(shell)))[1].cwd == Path(ROOT, "binder")
    shell = computer(["/home/ada/repo/binder/requirements.txt", "/home/ada/repo/pkg/a.py"])
    assert runs(engine.plan(spec, place(shell)))[1].cwd == Path(ROOT)


@pytest.mark.parametrize("engine", [uv, venv])
def test_a_name_is_no_command_and_no_option(engine):
    site = replace(place(computer()), name='-x $(touch /tmp/evil) `ls` "; é')
    argv = runs(engine.plan(from_requirements(), site))[0].argv
    assert "--prompt=-x -touch -tmp-evil- -ls- - é" in argv


def test_uv_works_without_a_cache_where_none_can_be_written():
    read_only = place(computer(read_only=[HOME]), prefix="/big/env")
    assert ("UV_NO_CACHE", "1") in runs(uv.plan(from_requirements(), read_only))[0].env
    elsewhere = place(computer(read_only=[HOME], UV_CACHE_DIR="/big/cache"), prefix="/big/env")
    assert ("UV_NO_CACHE", "1") not in runs(uv.plan(from_requirements(), elsewhere))[0].env
    assert ("UV_NO_CACHE", "1") not in runs(uv.plan(from_requirements(), place(computer())))[0].env


def test_uv_needs_an_installed_and_working_uv():
    spec = from_requirements()
    assert "not installed" in uv.why_not(spec, place(computer(programs={})))
    broken = computer(answers={"uv": Answer(None, "uv ended with status 1")})
    assert "does not work" in uv.why_not(spec, place(broken))
    old = computer(answers={"uv": "uv 0.1.40"})
    assert "0.5" in uv.why_not(spec, place(old))
    elsewhere = computer([f"{HOME}/.local/bin/uv"], programs={})
    assert uv.why_not(spec, place(elsewhere)) is None


def test_a_shim_of_uv_that_fails_is_no_uv():
    shim = f"{HOME}/.pyenv/shims/uv"
    answers = {f"{shim} --version": Answer(None, "pyenv: uv: command not found")}
    shell = computer([f"{HOME}/.cargo/bin/uv"], answers, {"uv": shim})
    assert runs(uv.plan(from_requirements(), place(shell)))[0].argv[0] == f"{HOME}/.cargo/bin/uv"


def test_uv_gets_pips_configuration_by_variables_alone():
    shell = computer(PIP_INDEX_URL="https://me:hunter2@host/simple")
    for run in runs(uv.plan(from_requirements(), place(shell))):
        env = dict(run.env)
        assert env["UV_DEFAULT_INDEX"] == "https://me:hunter2@host/simple"
        assert env["UV_PYTHON_DOWNLOADS"] == "never"
        assert "hunter2" not in " ".join(run.argv)


def test_uv_is_told_of_hashes_prereleases_and_no_network():
    spec = from_requirements(f"--pre\nsix==1.16.0 --hash=sha256:{'0' * 64}\n")
    run = runs(uv.plan(spec, place(computer(), offline=True)))[1]
    assert {"--require-hashes", "--prerelease=allow", "--no-index"} <= set(run.argv)
    assert dict(run.env)["UV_OFFLINE"] == "1"


def test_uv_is_spared_a_folder_of_wheels_that_is_gone():
    spec = from_requirements("--find-links ./gone\n--find-links ./wheels\nsix\n")
    plan = uv.plan(spec, place(computer([f"{ROOT}/wheels/a.whl"])))
    assert written(plan)["envboot-requirements.txt"] == f"--find-links file://{ROOT}/wheels\nsix\n"


def test_uv_lock_is_synced_without_groups_but_those_asked_for():
    files = {f"{ROOT}/uv.lock": "", f"{ROOT}/pyproject.toml": ""}
    lock = Lock("uv.lock", "uv.lock", "0" * 64)
    at = Origin("pyproject.toml", 1)
    six, ruff, tqdm = (Dependency(n, n, "pypi", at) for n in ("six", "ruff", "tqdm"))
    groups = (Group("dev", (ruff,)), Group("fast", (tqdm,)))
    spec = EnvironmentSpec(dependencies=(six,), groups=groups, lock=lock, project=True, source=at)
    shell = computer(files)
    run = runs(uv.plan(spec, place(shell)))[1]
    assert run.argv[1:3] == ("sync", "--locked")
    assert "--no-default-groups" in run.argv
    assert not [a for a in run.argv if a.startswith(("--group", "--extra"))]
    assert dict(run.env)["UV_PROJECT_ENVIRONMENT"] == f"{ROOT}/.envboot/build"
    shell.files[f"{ROOT}/pyproject.toml"] = b'[project.optional-dependencies]\nFast = ["tqdm"]'
    asked = replace(spec, dependencies=(six, ruff, tqdm))
    argv = runs(uv.plan(asked, place(shell)))[1].argv
    assert argv[-3:] == ("--no-default-groups", "--group=dev", "--extra=fast")


def test_uv_lock_comes_from_the_configured_index():
    shell = computer([f"{ROOT}/uv.lock"], PIP_INDEX_URL="https://mirror/simple")
    spec = EnvironmentSpec(lock=Lock("uv.lock", "uv.lock", "0" * 64), project=True)
    _, export, install = runs(uv.plan(spec, place(shell)))
    assert export.argv[1:3] == ("export", "--frozen")
    assert install.argv[1:3] == ("pip", "install")


def test_pylock_is_installed():
    shell = computer([f"{ROOT}/pylock.toml"])
    spec = EnvironmentSpec(lock=Lock("pylock.toml", "pylock.toml", "0" * 64))
    assert uv.why_not(spec, place(shell)) is None
    assert runs(uv.plan(spec, place(shell)))[1].argv[-1] == f"{ROOT}/pylock.toml"
    assert "pylock.toml" in venv.why_not(spec, place(shell))


def test_pip_is_kept_in_the_environment():
    shell = computer(["/wheels/x"], PIP_TARGET="/elsewhere", PIP_USER="1", PIP_PREFIX="/p")
    run = runs(venv.plan(from_requirements(), place(shell)))[1]
    env = dict(run.env)
    assert (env["PIP_TARGET"], env["PIP_USER"], env["PIP_PREFIX"]) == ("", "0", "")
    assert {"--target=", "--prefix"} <= set(run.argv)
    assert run.argv[1] == "-I"  # no module of the repository is imported by pip


def test_pip_offline_has_the_folders_of_this_computer():
    shell = computer(["/wheels/x"], PIP_FIND_LINKS="/wheels https://far/links")
    env = dict(runs(venv.plan(from_requirements(), place(shell, offline=True)))[1].env)
    assert env["PIP_NO_INDEX"] == "1"
    assert env["PIP_FIND_LINKS"] == "/wheels"


def test_windows_puts_the_interpreter_elsewhere():
    run = runs(venv.plan(from_requirements(), place(computer(platform="Windows"))))[1]
    assert run.argv[0].endswith("Scripts/python.exe")


def debian(parts, version="3.5.3"):
    """A computer whose only other Python says that it has these parts."""
    python = "/usr/bin/python3"
    answers = {
        f"{python} -I -c {interpreters.ASK}": (
            f'[[{version.replace(".", ",")},"final",0],"cpython","/usr","/usr",""]'
        ),
        f"{python} -I -c {venv._PARTS}": parts,
    }
    return computer(answers=answers, programs={"python3": python})


def test_without_ensurepip_pips_own_wheel_is_fetched_and_run():
    spec = replace(from_requirements(), python="==3.9.99")
    shell = debian("venv\n", "3.9.99")
    assert venv.why_not(spec, place(shell)) is None
    plan = venv.plan(spec, place(shell))
    make, fetch, pip, install = runs(plan)
    assert "--without-pip" in make.argv
    assert "envboot.virtualenv.pip_download" in fetch.argv
    assert fetch.argv[0] != "/usr/bin/python3"  # it may be too old for envboot itself
    wheel = pip_wheel.PINS[0].filename
    assert pip.argv[2] == f"{ROOT}/.envboot/build/envboot-pip/{wheel}/pip"
    assert "-r" in install.argv
    assert Remove(Path(f"{ROOT}/.envboot/build/envboot-pip")) in plan.steps


def test_a_python_too_old_for_a_pinned_pip_or_without_venv():
    spec = replace(from_requirements(), python="==3.5.*")
    assert "no pip is pinned" in venv.why_not(spec, place(debian("venv\n")))
    assert "no venv module" in venv.why_not(spec, place(debian("")))
    assert venv.why_not(spec, place(debian("venv ensurepip\n"))) is None


def test_pins_are_ordered_and_complete():
    assert pip_wheel.pin((3, 13, 0)) == pip_wheel.PINS[0]
    assert pip_wheel.pin((3, 8, 1)).version == "25.0.1"
    assert pip_wheel.pin((3, 7, 9)) is None
    assert all(len(p.sha256) == 64 for p in pip_wheel.PINS)


# ------------------------------------------------------------------------- conda


CONDA = f"{HOME}/miniconda3/bin/conda"
YML_PATH = f"{ROOT}/environment.yml"
TARGET = f"{HOME}/miniconda3/envs/x"


def test_conda_gets_the_repositorys_file_and_a_prefix():
    plan = conda.plan(from_yml(), place(computer([CONDA, YML_PATH]), TARGET))
    (run,) = runs(plan)
    assert run.argv == (CONDA, "env", "create", "-f", YML_PATH, "-p", TARGET)
    assert "yes" not in " ".join(n for n, _ in run.env).lower()  # conda must not replace anything
    assert len(plan.steps) == 1


@pytest.mark.parametrize(
    ("path", "argv"),
    [
        ("mamba", ("env", "create", "-f")),
        ("micromamba", ("create", "-y", "-f")),
    ],
)
def test_its_relatives_are_asked_in_their_own_words(path, argv):
    shell = computer([f"/opt/x/{path}", YML_PATH], programs={path: f"/opt/x/{path}"})
    (run,) = runs(conda.plan(from_yml(), place(shell, TARGET, offline=True)))
    assert run.argv[1 : 1 + len(argv)] == argv
    assert run.argv[-1] == "--offline"
    assert ("MAMBA_ALWAYS_YES", "true") in run.env


@pytest.mark.parametrize(
    ("files", "programs", "environ", "found"),
    [
        (["/c/bin/conda", CONDA], {}, {"CONDA_EXE": "/c/bin/conda"}, "/c/bin/conda"),
        ([CONDA], {}, {"CONDA_EXE": "/gone/conda"}, CONDA),
        (["/m/micromamba"], {}, {"MAMBA_EXE": "/m/micromamba"}, "/m/micromamba"),
        (["/p/mamba", CONDA], {"mamba": "/p/mamba"}, {}, "/p/mamba"),
        (["/opt/conda/bin/conda"], {}, {}, "/opt/conda/bin/conda"),
        ([f"{HOME}/.local/bin/micromamba"], {}, {}, f"{HOME}/.local/bin/micromamba"),
    ],
)
def test_places_of_conda(files, programs, environ, found):
    shell = computer([*files, YML_PATH], programs=programs, **environ)
    assert runs(conda.plan(from_yml(), place(shell, TARGET)))[0].argv[0] == found


def test_why_not_conda():
    spec = from_yml()
    reason = conda.why_not(spec, place(computer(), TARGET))
    assert "conda-forge.org/download" in reason
    assert conda.why_not(spec, place(computer([CONDA]), TARGET)) is None
    taken = place(computer([CONDA, f"{TARGET}/conda-meta/history"]), TARGET)
    assert "replace it" in conda.why_not(spec, taken)
    closed = place(computer([CONDA], read_only=[f"{HOME}/miniconda3"]), TARGET)
    assert "cannot be written" in conda.why_not(spec, closed)
    locked = EnvironmentSpec(lock=Lock("poetry.lock", "poetry.lock", "0" * 64))
    assert "poetry.lock" in conda.why_not(locked, place(computer([CONDA]), TARGET))


def customary(shell, name="x"):
    site = replace(place(shell), name=name)
    return conda.prefix(EnvironmentSpec(), site).as_posix()


def test_the_customary_place():
    assert customary(computer([CONDA])) == TARGET
    assert customary(computer([CONDA], CONDA_ENVS_PATH="/big/envs:/b")) == "/big/envs/x"
    assert customary(computer([CONDA], CONDA_ENVS_DIRS="/ro", read_only=["/ro"])) == TARGET
    shared = computer(["/opt/conda/bin/conda"], read_only=["/opt/conda"])
    assert customary(shared) == f"{HOME}/.conda/envs/x"
    micro = f"{HOME}/.local/bin/micromamba"
    assert customary(computer([micro])) == f"{HOME}/.local/share/mamba/envs/x"
    assert customary(computer([micro, f"{HOME}/micromamba/a"])) == f"{HOME}/micromamba/envs/x"
    assert customary(computer([micro], MAMBA_ROOT_PREFIX="/mr")) == "/mr/envs/x"


def test_a_condarc_moves_the_environments_and_conda_is_not_asked():
    shell = computer([CONDA])
    assert customary(shell) == TARGET
    assert shell.asked == []
    shell.files[f"{HOME}/.condarc"] = b"envs_dirs:\n  - /moved\n"
    assert customary(shell) == "/moved/x"
    assert shell.asked == []


@pytest.mark.parametrize("name", ["../../etc", "/etc/x", "a b/c", "..", "", "-n"])
def test_a_name_from_a_file_never_leaves_the_folder(name):
    found = Path(customary(computer([CONDA]), name))
    assert found.parent == Path(HOME, "miniconda3", "envs")
    assert not found.name.startswith((".", "-"))


def test_a_file_is_written_where_something_changed_and_means_the_same_there():
    at = Origin("binder/environment.yml", 2)
    spec = from_yml(
        "dependencies: [python=3.11, {pip: [-e ./p k, ./pkg, six, 'git+https://x/y']}]\n",
        "binder/environment.yml",
    )
    limit = Dependency("six", "six<2", "pypi", at)
    spec = replace(spec, as_written=False, constraints=(limit,))
    plan = conda.plan(spec, place(computer([CONDA]), TARGET))
    folder = f"{HOME}/miniconda3/envs/.envboot"
    (run,) = runs(plan)
    assert run.argv[4] == f"{folder}/x.environment.yml"
    assert "file written for it" in run.why or "is not there" in run.why
    text = written(plan)["x.environment.yml"]
    again = from_yml(text)
    texts = [d.text for d in again.dependencies if d.ecosystem == "pypi"]
    assert texts == [
        f"-e file://{ROOT}/binder/p%20k",
        f"{ROOT}/binder/pkg",
        "six",
        "git+https://x/y",
    ]
    assert [i.path for i in again.includes] == [f"{folder}/x.constraints.txt"]
    assert {s.path.name for s in plan.steps if isinstance(s, Remove)} == written(plan).keys()


def test_requirements_alone_can_be_made_by_conda_too():
    plan = conda.plan(replace(from_requirements(), project=True), place(computer([CONDA]), TARGET))
    again = from_yml(written(plan)["x.environment.yml"])
    assert [d.text for d in again.dependencies] == [
        *("python=3.11", "pip", "six==1.16.0", "numpy>=1.20", f"-e file://{ROOT}"),
    ]


@pytest.mark.parametrize(
    ("meta", "said", "stumbles"),
    [
        ("conda-26.7.1-py312_0.json", None, True),
        ("conda-26.5.3-py312_0.json", None, False),
        (None, "conda 26.7.0\n", True),
        (None, "conda 24.11.3\n", False),
        (None, None, False),
    ],
)
def test_nodefaults_is_left_out_for_the_conda_that_takes_it_for_a_channel(meta, said, stumbles):
    text = YML.replace("[conda-forge]", "[conda-forge, nodefaults]")
    files = [CONDA, YML_PATH, *([f"{HOME}/miniconda3/conda-meta/{meta}"] if meta else [])]
    shell = computer(files, answers={f"{CONDA} --version": said} if said else {})
    plan = conda.plan(from_yml(text), place(shell, TARGET))
    assert bool(written(plan)) is stumbles
    if stumbles:
        assert "nodefaults" not in next(iter(written(plan).values()))
        assert "`nodefaults`" in runs(plan)[0].why


def test_a_channels_token_is_no_argument_of_a_program():
    texts = ("conda-forge::zlib", "https://ann:s3cret-1@host.example/own::six>=1")
    asked = tuple(Dependency("x", text, "conda", Origin("environment.yml", 1)) for text in texts)
    assert conda._asked(EnvironmentSpec(dependencies=asked)) == ["conda-forge::zlib", "six>=1"]
