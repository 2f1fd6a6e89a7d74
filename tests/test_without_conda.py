"""The way into an environment of conda packages where there is no conda, in every shell here."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from envboot import activation
from envboot.plan import carry_out
from envboot.shell.local import LocalShell

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(os.name == "nt", reason="shells of POSIX")
VALUES = (("PAIR", "two 'words' $(touch /nonexistent/x) `id` \"q\""), ("KEPT", "new"))
POSIX = """\
PATH=/usr/bin:/bin; KEPT=old; export KEPT; PS1='$ '; unset CONDA_PREFIX
{line}
{line}
tool; printf '%s|' "$PAIR" "$KEPT" "$HOOKED" "$CONDA_PREFIX" "$PS1"; echo
deactivate
printf '%s|' "${PAIR-none}" "$KEPT" "${HOOKED-none}" "${CONDA_PREFIX-none}" "$PATH" "$PS1"; echo
"""
FISH = """\
set -gx PATH /usr/bin /bin; set -gx KEPT old
{line}
{line}
tool; string join '|' -- "$PAIR" "$KEPT" "$HOOKED" "$CONDA_PREFIX"
deactivate
set -q PAIR; or echo no PAIR
set -q CONDA_PREFIX; or echo no prefix
string join '|' -- "$KEPT" "$PATH"
"""


@pytest.fixture
def prefix(tmp_path: Path) -> Path:
    """Return an environment with a program and the scripts of a package."""
    prefix = tmp_path / "ann's envs" / "envs" / "näme"
    for name in ("conda-meta", "bin", "etc/conda/activate.d", "etc/conda/deactivate.d"):
        (prefix / name).mkdir(parents=True)
    (prefix / "conda-meta/history").touch()
    tool = prefix / "bin/tool"
    tool.write_text("#!/bin/sh\necho tool runs\n")
    tool.chmod(0o755)
    hooks = prefix / "etc/conda"
    (hooks / "activate.d/a b.sh").write_text("export HOOKED=hooked\n")
    (hooks / "deactivate.d/a b.sh").write_text("unset HOOKED\n")
    (hooks / "activate.d/a b.fish").write_text("set -gx HOOKED hooked\n")
    return prefix


def computer(tmp_path: Path, kind: str) -> LocalShell:
    return LocalShell({"HOME": str(tmp_path), "PATH": "/nowhere", "SHELL": f"/usr/bin/{kind}"})


def entered(prefix: Path, tmp_path: Path, kind: str, script: str) -> list[str]:
    program = shutil.which(kind)
    if program is None:
        pytest.skip(f"there is no {kind} here")
    shell = computer(tmp_path, kind)
    plan = activation.entry(prefix, "näme (x)", VALUES, shell)
    carry_out(plan, shell, lambda _line: None)
    assert activation.entry(prefix, "näme (x)", VALUES, shell).steps == (), "it is there"
    line = activation.line(prefix, "näme (x)", shell)
    assert "etc/envboot/activate" in line
    flags = {"bash": ["--norc"], "zsh": ["-f"], "fish": ["--no-config"]}.get(kind, [])
    file = tmp_path / "typed"
    file.write_text(script.replace("{line}", line), encoding="utf-8")
    environ = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
    argv = [program, *flags, str(file)]
    done = subprocess.run(argv, capture_output=True, env=environ, timeout=60, check=False)
    assert done.stderr == b""
    return done.stdout.decode().splitlines()


@pytest.mark.parametrize("kind", ["bash", "zsh", "dash", "sh"])
def test_in_and_out_again(prefix: Path, tmp_path: Path, kind: str) -> None:
    said = entered(prefix, tmp_path, kind, POSIX)
    pair = VALUES[0][1]
    assert said == [
        "tool runs",
        f"{pair}|new|hooked|{prefix}|(näme__x_) $ |",
        "none|old|none|none|/usr/bin:/bin|$ |",
    ]


def test_in_and_out_again_with_fish(prefix: Path, tmp_path: Path) -> None:
    said = entered(prefix, tmp_path, "fish", FISH)
    assert said[0] == "tool runs"
    assert said[1] == f"{VALUES[0][1]}|new|hooked|{prefix}"
    assert said[2:4] == ["no PAIR", "no prefix"]
    assert said[4].startswith("old|/usr/bin")


def test_where_conda_can_do_it_nothing_is_written(prefix: Path, tmp_path: Path) -> None:
    conda = prefix.parent.parent / "bin" / "conda"
    conda.parent.mkdir()
    conda.write_text("#!/bin/sh\n")
    shell = computer(tmp_path, "bash")
    assert activation.entry(prefix, "x", VALUES, shell).steps == ()
    assert "conda activate" in activation.line(prefix, "x", shell)


def test_virtual_environments_have_their_own(tmp_path: Path) -> None:
    (tmp_path / "pyvenv.cfg").touch()
    assert activation.entry(tmp_path, "x", VALUES, computer(tmp_path, "bash")).steps == ()


def test_without_the_script_the_line_still_leads_in(prefix: Path, tmp_path: Path) -> None:
    line = activation.line(prefix, "x", computer(tmp_path, "bash"))
    assert line.startswith("export CONDA_PREFIX=")
