from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from envboot import activation
from envboot.activation import blocks, layout, oneliner
from envboot.plan import Plan, Write, carry_out
from envboot.shell import Platform
from envboot.shell.local import LocalShell
from envboot.testing import ScriptedShell

NASTY = {
    "PLAIN": "value",
    "SUBST": "$(touch /tmp/envboot-was-here) `touch /tmp/envboot-was-here`",
    "QUOTES": "it's \"quoted\" 'twice'",
    "DOLLAR": "$HOME ${PATH} %PATH% !! ! \\ \\n",
    "UNICODE": "gr\u00fc\u00dfe \u2018typographic\u2019",
    "TWO_LINES": "first\nsecond",
    "EMPTY": "",
    "OPERATORS": "a & b | c > d ; e # f",
}
pytestmark = pytest.mark.skipif(os.name == "nt", reason="these tests start POSIX shells")


def need(name: str) -> str:
    for folder in os.environ.get("PATH", os.defpath).split(os.pathsep):
        if (Path(folder) / name).is_file():
            return str(Path(folder) / name)
    return pytest.skip(f"{name} is not installed (apt: {name})")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


def local(home: Path, **more: str) -> LocalShell:
    return LocalShell({"HOME": str(home), "PATH": "/usr/bin:/bin", "TERM": "dumb", **more})


def make(place: Path, maker: str = "venv") -> Path:
    if maker == "venv":
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", place], check=True)
    else:
        uv = Path(sys.executable).with_name("uv")
        program = str(uv) if uv.exists() else need("uv")
        subprocess.run([program, "venv", "-q", "--python", sys.executable, place], check=True)
    return place


def weave(prefix: Path, values: dict[str, str], shell: LocalShell) -> Plan:
    plan = activation.variables(prefix, tuple(values.items()), shell)
    carry_out(plan, shell, lambda _line: None)
    return plan


def dump(prefix: Path) -> str:
    """Return the command that prints all variables as JSON, whatever PATH is."""
    code = "import json, os, sys; sys.stdout.write(json.dumps(dict(os.environ)) + chr(10))"
    return f"{shlex.quote(str(prefix / 'bin' / 'python'))} -c {shlex.quote(code)}"


def told(argv: list[str], env: dict[str, str] | None = None, cwd: Path | None = None) -> list[str]:
    done = subprocess.run(
        argv, env=env, cwd=cwd, capture_output=True, text=True, check=False, timeout=180
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()


# ------------------------------------------------------------------ environ


def test_a_program_inside_a_venv_gets_its_path_and_variables():
    shell = ScriptedShell(
        environ={
            "PATH": "/usr/bin:/p/bin:/bin",
            "PYTHONHOME": "/x",
            "VIRTUAL_ENV": "/old",
            "VIRTUAL_ENV_PROMPT": "(old)",
            "KEPT": "1",
        },
        files={"/p/pyvenv.cfg": ""},
    )
    assert activation.environ(Path("/p"), (("A", "1"), ("PATH", "/evil")), shell) == {
        "PATH": "/p/bin:/usr/bin:/bin",
        "VIRTUAL_ENV": "/p",
        "KEPT": "1",
        "A": "1",
    }


def test_a_conda_environment_brings_its_own_variables():
    state = json.dumps({"env_vars": {"FROM_CONDA": "1", "BASH_ENV": "/evil"}})
    shell = ScriptedShell(
        environ={"PATH": "/usr/bin", "VIRTUAL_ENV": "/old"},
        files={"/c/envs/data/conda-meta/state": state},
    )
    found = activation.environ(Path("/c/envs/data"), (), shell)
    assert found == {
        "PATH": "/c/envs/data/bin:/usr/bin",
        "CONDA_PREFIX": "/c/envs/data",
        "CONDA_DEFAULT_ENV": "data",
        "CONDA_SHLVL": "1",
        "FROM_CONDA": "1",
    }


def test_conda_activation_scripts_are_run_and_what_they_export_is_kept(tmp_path, home):
    need("bash")
    hooks = tmp_path / "c" / "etc" / "conda" / "activate.d"
    hooks.mkdir(parents=True)
    (tmp_path / "c" / "conda-meta").mkdir()
    (hooks / "gdal.sh").write_text(
        'echo noise\nexport GDAL_DATA="$CONDA_PREFIX/share"\nexport PATH="/hook:$PATH"\nLOCAL=1\n'
    )
    (hooks / "broken.sh").write_text("fi\n")
    found = activation.environ(tmp_path / "c", (), local(home))
    assert found["GDAL_DATA"] == f"{tmp_path}/c/share"
    assert found["PATH"].startswith(f"/hook:{tmp_path}/c/bin:")
    assert not {"LOCAL", "PYTHONUNBUFFERED", "SHLVL", "_"} & set(found)


def test_windows_conda_puts_its_libraries_on_path():
    shell = ScriptedShell(
        platform=Platform("Windows", "AMD64"), files={"C:/e/conda-meta/history": ""}
    )
    names = [p.as_posix() for p in layout.folders(Path("C:/e"), shell)]
    assert names[:2] == ["C:/e", "C:/e/Library/mingw-w64/bin"]
    assert names[-2] == "C:/e/Scripts"


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("GOOD_1", "x", True),
        ("_x", "", True),
        ("PYTHONPATH", "src", True),
        ("LD_LIBRARY_PATH", "/opt", True),
        ("1BAD", "x", False),
        ("A B", "x", False),
        ("A;rm -rf /", "x", False),
        ("A\n", "x", False),
        ("\u00e4", "x", False),
        ("", "x", False),
        ("PATH", "/evil", False),
        ("Path", "/evil", False),
        ("PROMPT_COMMAND", "evil", False),
        ("BASH_ENV", "/evil", False),
        ("LD_PRELOAD", "/evil.so", False),
        ("LINES", "x[$(touch evil)]", False),
        ("RPROMPT", "$(touch evil)", False),
        ("NUL", "a\0b", False),
    ],
)
def test_names_are_checked(name, value, kept):
    found, notices = activation.checked(((name, value),))
    assert bool(found) is kept
    assert len(notices) == (0 if kept else 1)


# ------------------------------------------------------------------ activation scripts


@pytest.mark.parametrize("maker", ["venv", "uv"])
@pytest.mark.parametrize("program", ["bash", "zsh", "sh"])
def test_sh_sets_the_variables_and_gives_back_the_old_ones(tmp_path, home, program, maker):
    program = need(program)
    prefix = make(tmp_path / "a b's", maker)
    weave(prefix, NASTY, local(home))
    marker = Path("/tmp/envboot-was-here")
    marker.unlink(missing_ok=True)
    script = (
        f"set -e; export PLAIN=before; unset QUOTES; "
        f". {shlex.quote(str(prefix / 'bin' / 'activate'))}; {dump(prefix)}; "
        f". {shlex.quote(str(prefix / 'bin' / 'activate'))}; deactivate; {dump(prefix)}"
    )
    inside, outside = map(json.loads, told([program, "-c", script], dict(local(home).environ)))
    assert {k: inside.get(k) for k in NASTY} == NASTY
    assert outside["PLAIN"] == "before"
    assert not (set(NASTY) - {"PLAIN"}) & set(outside)
    assert not [k for k in outside if "ENVBOOT" in k]
    assert not marker.exists()


@pytest.mark.parametrize("maker", ["venv", "uv"])
def test_fish_sets_the_variables_and_gives_back_the_old_ones(tmp_path, home, maker):
    program = need("fish")
    prefix = make(tmp_path / "a b's", maker)
    weave(prefix, {**NASTY, "LD_LIBRARY_PATH": "/a:/b"}, local(home))
    script = (
        f"set -gx PLAIN before; source {blocks.fish(str(prefix / 'bin' / 'activate.fish'))}; "
        f"{dump(prefix)}; deactivate; {dump(prefix)}"
    )
    inside, outside = map(json.loads, told([program, "-c", script], dict(local(home).environ)))
    assert {k: inside.get(k) for k in NASTY} == NASTY
    assert inside["LD_LIBRARY_PATH"] == "/a:/b"
    assert outside["PLAIN"] == "before"
    assert not (set(NASTY) - {"PLAIN"}) & set(outside)


@pytest.mark.parametrize("maker", ["venv", "uv"])
def test_csh_sets_the_variables_and_gives_back_the_old_ones(tmp_path, home, maker):
    program = need("tcsh")
    prefix = make(tmp_path / "env", maker)
    weave(prefix, NASTY, local(home))
    script = tmp_path / "script"
    script.write_text(
        f"setenv PLAIN before\nset prompt='> '\nsource {prefix}/bin/activate.csh\n"
        f"{prefix}/bin/python {tmp_path}/dump.py\ndeactivate\n"
        f"{prefix}/bin/python {tmp_path}/dump.py\n"
    )
    (tmp_path / "dump.py").write_text("import json, os; print(json.dumps(dict(os.environ)))")
    inside, outside = map(json.loads, told([program, "-f", str(script)], dict(local(home).environ)))
    wanted = {k: v for k, v in NASTY.items() if k != "TWO_LINES"}
    assert {k: inside.get(k) for k in wanted} == wanted
    assert "TWO_LINES" not in inside
    assert outside["PLAIN"] == "before"
    assert not (set(NASTY) - {"PLAIN"}) & set(outside)


def test_batch_files_spell_only_what_cmd_can_hold():
    values = tuple(NASTY.items())
    on = blocks.weave("activate.bat", "@echo off\r\n", values)
    assert '@set "PLAIN=value"\r\n' in on
    assert '@set "OPERATORS=a & b | c > d ; e # f"\r\n' in on
    assert "%%PATH%%" in on
    assert '@set "QUOTES=' not in on
    assert '@set "TWO_LINES=' not in on
    assert "\n" not in on.replace("\r\n", "")
    off = blocks.weave("deactivate.bat", "@echo off\n", values)
    assert '@if defined _ENVBOOT_ON @set "PLAIN=%_ENVBOOT_OLD_PLAIN%"\n' in off


def test_powershell_values_are_inert_and_a_void_signature_goes():
    before = (
        "function global:deactivate ([switch]$NonDestructive) {\n}\n$x = 1\n"
        "# SIG # Begin signature block\n# abc\n# SIG # End signature block\n"
    )
    text = blocks.weave("Activate.ps1", before, tuple(NASTY.items()))
    assert "SIG #" not in text
    assert "$env:QUOTES = 'it''s \"quoted\" ''twice'''" in text
    assert "\u2018\u2018typographic\u2019\u2019" in text
    head = text.index("function global:deactivate")
    assert head < text.index("$env:PLAIN = $global:_ENVBOOT_OLD_PLAIN") < text.index("$x = 1")


@pytest.mark.parametrize("maker", ["venv", "uv"])
def test_weaving_twice_is_weaving_once_and_nothing_takes_it_out(tmp_path, home, maker):
    prefix, shell = make(tmp_path / "env", maker), local(home)
    scripts = [p for p in (prefix / "bin").iterdir() if p.name in blocks.SCRIPTS]
    assert len(scripts) >= 4
    before = {p: p.read_bytes() for p in scripts}
    assert weave(prefix, {}, shell).steps == ()
    assert weave(prefix, NASTY, shell).steps
    once = {p: p.read_bytes() for p in scripts}
    assert all(once[p] != before[p] for p in scripts)
    assert str(prefix).encode() not in b"".join(
        m for p in scripts for m in re.findall(rb"(?s)>>> envboot.*?<<< envboot", once[p])
    )
    assert weave(prefix, NASTY, shell).steps == ()
    weave(prefix, {}, shell)
    after = {p: p.read_bytes().replace(b"\r\n", b"\n").rstrip() for p in scripts}
    assert after == {p: before[p].replace(b"\r\n", b"\n").rstrip() for p in scripts}


def test_conda_keeps_variables_in_its_own_place():
    shell = ScriptedShell(
        files={"/c/conda-meta/state": json.dumps({"version": 1, "env_vars": {"OLD": "1"}})}
    )
    (step,) = activation.variables(Path("/c"), (("NEW", "2"), ("PATH", "x")), shell).steps
    assert isinstance(step, Write)
    assert step.path == Path("/c/conda-meta/state")
    assert json.loads(step.text) == {"version": 1, "env_vars": {"OLD": "1", "NEW": "2"}}
    assert activation.variables(Path("/c"), (("OLD", "1"),), shell).steps == ()


# ------------------------------------------------------------------ the one line


@pytest.mark.parametrize(
    ("environ", "system", "wanted"),
    [
        ({"SHELL": "/bin/bash"}, "Linux", "bash"),
        ({"SHELL": "/usr/local/bin/zsh"}, "Darwin", "zsh"),
        ({"SHELL": "/usr/bin/fish"}, "Linux", "fish"),
        ({"SHELL": "/bin/tcsh"}, "Linux", "csh"),
        ({"SHELL": "/usr/bin/pwsh"}, "Linux", "powershell"),
        ({"SHELL": "/bin/dash"}, "Linux", "sh"),
        ({}, "Linux", "bash"),
        ({"PROMPT": "$P$G"}, "Windows", "cmd"),
        ({"PSModulePath": "x"}, "Windows", "powershell"),
        ({"SHELL": "C:\\Program Files\\Git\\usr\\bin\\bash.exe"}, "Windows", "bash"),
    ],
)
def test_the_persons_own_shell_is_recognised(environ, system, wanted):
    shell = ScriptedShell(environ=environ, platform=Platform(system, "x86_64"))
    assert oneliner.own(shell) == wanted


def test_lines_for_a_venv_are_quoted_for_each_shell():
    shell = ScriptedShell(environ={"SHELL": "/bin/zsh"})
    assert activation.line(Path("/p/.venv"), "p", shell) == "source /p/.venv/bin/activate"
    found = activation.lines(Path("/a b/it's"), "p", shell)
    assert found["bash"] == "source '/a b/it'\"'\"'s/bin/activate'"
    assert found["fish"] == "source '/a b/it\\'s/bin/activate.fish'"
    assert found["powershell"] == "& '/a b/it''s/bin/Activate.ps1'"
    assert found["cmd"] == '"/a b/it\'s/bin/activate.bat"'


def test_lines_for_conda_fit_a_shell_that_knows_conda_and_one_that_does_not():
    programs = {"conda": "/opt/conda/bin/conda"}
    prefix = Path("/opt/conda/envs/data")
    knows = ScriptedShell(programs=programs, environ={"CONDA_SHLVL": "1"})
    assert activation.line(prefix, "data", knows) == "conda activate data"
    assert activation.line(Path("/x y/envs/z"), "other", knows) == "conda activate '/x y/envs/z'"
    found = activation.lines(prefix, "data", ScriptedShell(programs=programs))
    assert found["bash"] == 'eval "$(/opt/conda/bin/conda shell.bash hook)" && conda activate data'
    assert found["fish"].endswith("shell.fish hook | source; and conda activate data")
    small = ScriptedShell(programs={"micromamba": "/m/micromamba"})
    assert activation.lines(prefix, "data", small)["zsh"] == (
        'eval "$(/m/micromamba shell hook -s zsh)" && micromamba activate data'
    )


def test_without_any_script_path_itself_is_set():
    found = activation.lines(Path("/c/envs/d d"), "d d", ScriptedShell())
    assert found["bash"] == "export CONDA_PREFIX='/c/envs/d d' PATH='/c/envs/d d/bin':\"$PATH\""


@pytest.mark.parametrize("program", ["bash", "zsh", "sh", "fish"])
@pytest.mark.parametrize("scripts", [True, False])
def test_the_line_activates_in_the_real_shell(tmp_path, home, program, scripts):
    path = need(program)
    prefix = make(tmp_path / "gr\u00fc\u00dfe it's $HOME")
    if not scripts:
        for script in (prefix / "bin").glob("[aA]ctivate*"):
            script.unlink()
    line = activation.lines(prefix, "x", local(home))[program]
    code = "import sys; print(sys.prefix)"
    rows = told([path, "-c", f'{line}; python -c "{code}"'], dict(local(home).environ))
    assert rows == [str(prefix)]


def test_the_csh_line_activates(tmp_path, home):
    program = need("tcsh")
    prefix = make(tmp_path / "a! b")
    for script in (prefix / "bin").glob("[aA]ctivate*"):
        script.unlink()
    line = activation.lines(prefix, "x", local(home))["csh"]
    rows = told(
        [program, "-f", "-c", f'{line}; python -c "import sys; print(sys.prefix)"'],
        dict(local(home).environ),
    )
    assert rows == [str(prefix)]


# ------------------------------------------------------------------ a shell inside


def enter(prefix: Path, name: str, shell: LocalShell, command: str, **values: str) -> list[str]:
    argv, env, plan = activation.subshell(prefix, name, tuple(values.items()), shell)
    carry_out(plan, shell, lambda _line: None)
    assert activation.subshell(prefix, name, (), shell)[2].steps == ()
    return told([*argv, "-c", command], env, prefix)


HOSTILE = 'export PATH=/usr/bin:/bin\nPS1="mine> "\nexport FROM_RC=1\n'


@pytest.mark.parametrize("program", ["bash", "zsh"])
def test_a_subshell_survives_the_persons_start_up_file(tmp_path, home, program):
    path = need(program)
    (home / f".{program}rc").write_text(HOSTILE)
    prefix, shell = make(tmp_path / "a b's"), local(home, SHELL=path, A="before")
    weave(prefix, {"A": "inside"}, shell)
    show = 'echo "$PS1|$FROM_RC|$A|${ZDOTDIR-none}"; command -v python; deactivate; '
    rows = enter(prefix, "my env", shell, f'{show} echo "$PS1|$A|$PATH"', A="inside")
    assert rows == [
        "(my_env) mine> |1|inside|none",
        f"{prefix}/bin/python",
        "mine> |before|/usr/bin:/bin",
    ]


def test_a_name_never_becomes_a_command_in_the_prompt(tmp_path, home):
    prefix = make(tmp_path / "env")
    shell = local(home, SHELL=need("bash"))
    rows = enter(prefix, "$(touch x)`touch y`%n", shell, 'echo "${PS1@P}"')
    assert rows[0].startswith("(__touch_x__touch_y__n) ")
    assert not (prefix / "x").exists()


def test_a_prompt_that_is_set_anew_each_time_shows_the_name_too(tmp_path, home):
    (home / ".bashrc").write_text("PROMPT_COMMAND='PS1=\"theme> \";'\n")
    prefix = make(tmp_path / "env")
    shell = local(home, SHELL=need("bash"))
    rows = enter(prefix, "e", shell, 'eval "$PROMPT_COMMAND"; eval "$PROMPT_COMMAND"; echo "$PS1"')
    assert rows == ["(e) theme> "]


def test_a_zsh_that_keeps_its_files_elsewhere_is_respected(tmp_path, home):
    path = need("zsh")
    (home / "z").mkdir()
    (home / ".zshenv").write_text("export ZDOTDIR=$HOME/z\n")
    (home / "z" / ".zshrc").write_text(HOSTILE)
    prefix = make(tmp_path / "env")
    rows = enter(
        prefix, "e", local(home, SHELL=path), 'echo "$PS1|$ZDOTDIR|$FROM_RC"; which python'
    )
    assert rows == [f"(e) mine> |{home}/z|1", f"{prefix}/bin/python"]


def test_a_subshell_in_fish(tmp_path, home):
    path = need("fish")
    config = home / ".config" / "fish"
    config.mkdir(parents=True)
    (config / "config.fish").write_text(
        "set -gx PATH /usr/bin /bin\nfunction fish_prompt; echo 'mine> '; end\n"
    )
    prefix, shell = make(tmp_path / "a b"), local(home, SHELL=path, A="before")
    weave(prefix, {"A": "inside"}, shell)
    rows = enter(
        prefix,
        "e",
        shell,
        "fish_prompt; command -v python; echo $A; deactivate; echo $A; fish_prompt",
        A="inside",
    )
    assert rows == ["(e) mine> ", f"{prefix}/bin/python", "inside", "before", "mine> "]


@pytest.mark.parametrize("program", ["bash", "zsh"])
def test_a_subshell_in_a_conda_environment(tmp_path, home, program):
    path = need(program)
    (home / f".{program}rc").write_text(
        HOSTILE
        + "export CONDA_PREFIX=/base\nCONDA_PROMPT_MODIFIER='(base) '\nPS1='(base) mine> '\n"
    )
    prefix = tmp_path / "envs" / "data"
    (prefix / "conda-meta").mkdir(parents=True)
    rows = enter(
        prefix, "data", local(home, SHELL=path), 'echo "$PS1|$CONDA_PREFIX|$PATH|$A"', A="1"
    )
    assert rows == [f"(data) mine> |{prefix}|{prefix}/bin:/usr/bin:/bin|1"]


def test_other_shells_get_path_and_a_prompt():
    shell = ScriptedShell(
        files={"/bin/dash": "", "/p/pyvenv.cfg": ""}, environ={"SHELL": "/bin/dash", "PATH": "/bin"}
    )
    argv, env, plan = activation.subshell(Path("/p"), "e", (("A", "1"),), shell)
    assert argv == ("/bin/dash", "-i")
    assert (env["PS1"], env["PATH"], env["A"]) == ("(e) $ ", "/p/bin:/bin", "1")
    assert plan.steps == ()
    windows = ScriptedShell(
        platform=Platform("Windows", "AMD64"),
        environ={"PROMPT": "$P$G", "COMSPEC": "C:\\cmd.exe"},
        files={"/p/pyvenv.cfg": ""},
    )
    argv, env, _ = activation.subshell(Path("/p"), "a & b", (), windows)
    assert argv == ("C:\\cmd.exe", "/K", "prompt (a___b) $P$G")
    power = ScriptedShell(
        platform=Platform("Windows", "AMD64"), programs={"powershell": "C:/ps.exe"}
    )
    argv, _, _ = activation.subshell(Path("/p"), "e", (), power)
    assert argv[:3] == ("C:/ps.exe", "-NoLogo", "-NoExit")


def test_without_a_usable_shell_variable_there_is_still_a_shell():
    shell = ScriptedShell(environ={"SHELL": "/gone/zsh"}, programs={"bash": "/bin/bash"})
    argv, _, plan = activation.subshell(Path("/p"), "e", (), shell)
    assert argv == ("/bin/bash", "--rcfile", "/p/etc/envboot/bashrc", "-i")
    assert len(plan.steps) == 1
