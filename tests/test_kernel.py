from __future__ import annotations

import json
from pathlib import Path
from string import Template

import pytest

from envboot import kernel
from envboot.errors import CommandFailed, EnvbootError
from envboot.plan import Write, carry_out
from envboot.shell import Answer, Platform
from envboot.shell.local import LocalShell
from envboot.testing import ScriptedShell

HOME = {"HOME": "/home/me", "PATH": "/usr/bin:/bin"}


def shell(*names: str, **environ: str) -> ScriptedShell:
    files = dict.fromkeys(("/p/pyvenv.cfg", "/p/bin/python", *names), "")
    return ScriptedShell(files=files, environ={**HOME, **environ})


@pytest.mark.parametrize(
    ("environ", "system", "wanted"),
    [
        ({"HOME": "/h"}, "Linux", "/h/.local/share/jupyter"),
        ({"HOME": "/h", "XDG_DATA_HOME": "/x"}, "Linux", "/x/jupyter"),
        ({"HOME": "/h", "JUPYTER_DATA_DIR": "/j"}, "Linux", "/j"),
        ({"HOME": "/h"}, "Darwin", "/h/Library/Jupyter"),
        ({"APPDATA": "C:/a"}, "Windows", "C:/a/jupyter"),
        ({}, "Linux", None),
        ({}, "Windows", None),
    ],
)
def test_the_data_folder_is_where_jupyter_looks(environ, system, wanted):
    found = kernel.data_dir(ScriptedShell(environ=environ, platform=Platform(system, "x")))
    assert found == (Path(wanted) if wanted else None)


def spec(*variables: tuple[str, str], prefix: str = "/p", **environ: str) -> dict[str, object]:
    (step,) = kernel.plan(Path(prefix), "my env", variables, shell(**environ)).steps
    assert isinstance(step, Write)
    assert step.path == Path(
        f"/home/me/.local/share/jupyter/kernels/{kernel.name(Path(prefix))}/kernel.json"
    )
    found: dict[str, object] = json.loads(step.text)
    return found


def test_a_kernelspec_names_its_interpreter_and_activates():
    found = spec(("A", "1"))
    assert found["argv"] == [
        "/p/bin/python",
        "-m",
        "ipykernel_launcher",
        "-f",
        "{connection_file}",
    ]
    assert found["display_name"] == "my env (envboot)"
    assert found["language"] == "python"
    assert found["env"] == {"PATH": "/p/bin:${PATH}", "VIRTUAL_ENV": "/p", "A": "1"}
    assert found["metadata"] == {"debugger": True, "envboot": {"prefix": "/p"}}


def test_a_kernelspec_is_the_same_from_inside_the_environment():
    inside = spec(("A", "1"), PATH="/p/bin:/usr/bin:/bin", VIRTUAL_ENV="/p", A="1", B="2")
    assert inside == spec(("A", "1"))


@pytest.mark.parametrize("value", ["$HOME", "${PATH}", "$$", "a$b$$c $ d", "$", "100$ {x}"])
def test_values_stay_text_in_jupyters_template(value):
    env = spec(("A", value))["env"]
    assert isinstance(env, dict)
    assert Template(env["A"]).safe_substitute({"HOME": "x", "PATH": "y", "b": "z"}) == value


def test_names_are_stable_and_one_for_each_place():
    assert kernel.name(Path("/p")) == kernel.name(Path("/p"))
    assert kernel.name(Path("/p")) != kernel.name(Path("/q"))
    assert len(kernel.name(Path("/p"))) == len("envboot-") + 12


def test_a_conda_kernel_gets_condas_variables():
    conda = ScriptedShell(
        files={"/c/envs/d/conda-meta/history": ""}, environ={**HOME, "VIRTUAL_ENV": "/old"}
    )
    (step,) = kernel.plan(Path("/c/envs/d"), "d", (), conda).steps
    assert isinstance(step, Write)
    assert json.loads(step.text)["env"] == {
        "PATH": "/c/envs/d/bin:${PATH}",
        "CONDA_PREFIX": "/c/envs/d",
        "CONDA_DEFAULT_ENV": "d",
        "CONDA_SHLVL": "1",
    }


def test_whether_ipykernel_is_there():
    assert not kernel.installed(Path("/p"), shell())
    there = shell("/p/lib/python3.11/site-packages/ipykernel_launcher.py")
    assert kernel.installed(Path("/p"), there)


def test_without_a_home_it_is_an_error_of_ours():
    with pytest.raises(EnvbootError, match="no home"):
        kernel.plan(Path("/p"), "e", (), ScriptedShell(environ={}))
    assert kernel.stale(ScriptedShell(environ={})) == ()
    assert kernel.registered(Path("/p"), ScriptedShell(environ={})) == ()


def test_a_home_that_cannot_be_written_is_an_error_of_ours(tmp_path):
    (tmp_path / "home").write_text("a file")
    here = LocalShell({"HOME": str(tmp_path / "home"), "PATH": "/usr/bin"})
    plan = kernel.plan(tmp_path / "env", "e", (), here)
    with pytest.raises(CommandFailed, match="cannot be written"):
        carry_out(plan, here, lambda _line: None)


def kernels(**files: str) -> ScriptedShell:
    base = "/home/me/.local/share/jupyter/kernels"
    named = {f"{base}/{k.replace('_', '-')}/kernel.json": v for k, v in files.items()}
    return ScriptedShell(files={**named, "/p/bin/python": ""}, environ=HOME)


def ours(prefix: object) -> str:
    return json.dumps({"metadata": {"envboot": {"prefix": prefix}}})


def test_only_our_own_kernels_of_lost_environments_are_stale():
    found = kernels(
        envboot_000000000001=ours("/p"),
        envboot_000000000002=ours("/gone"),
        envboot_000000000003="{broken",
        envboot_000000000004=json.dumps({"metadata": {}}),
        envboot_000000000005=ours("relative"),
        envboot_000000000006=ours(7),
        envboot_mine=ours("/gone"),
        python3=ours("/gone"),
    )
    base = Path("/home/me/.local/share/jupyter/kernels")
    assert kernel.stale(found) == (base / "envboot-000000000002",)
    assert kernel.registered(Path("/p"), found) == (base / "envboot-000000000001",)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ('noise\nenvboot-kernel:""', ""),
        ('envboot-kernel:"[2, \\"/other\\"]"', 'it answered [2, "/other"]'),
        ("nothing of ours", "it gave no answer"),
        (Answer(None, "python gave no answer in 130 s"), "python gave no answer in 130 s"),
    ],
)
def test_what_the_proof_of_a_kernel_says(answer, said):
    asked = ScriptedShell(environ=HOME, answers={"/p/bin/python": answer})
    assert kernel.prove(Path("/p"), asked) == said
    assert kernel.name(Path("/p")) in asked.asked[0]
